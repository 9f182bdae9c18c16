# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A session with one service: the token is fetched once, renewed ahead of its end, and once after a 401."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    CredentialsRejected,
    InvalidInput,
    Locked,
    LockLost,
    LoginFailed,
    NotAuthorised,
    TokenflowError,
    Unavailable,
    error_for_status,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._http import READS, Answer
from ansible_collections.tokenflow.services.plugins.module_utils._store import Store
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, timestamp

REFUSED = "refused"
NOT_RENEWABLE = "not_renewable"
INTENT = "intent"
RENEWING = "renewing"
CONNECTION = "connection"
LEARNT_LIFETIME = "learnt_lifetime"
SHORTEST_LIFETIME = 60.0
"""Seconds below which no lifetime is learnt: a token that died so young was more likely withdrawn."""


class Session:
    """Requests to one service with its token.

    ``obtained`` says where the token came from: ``cache``, ``login``, ``renewal``, or ``given`` for one that the task brought along.
    """

    def __init__(self, flow: Flow, store: Store, *, check_mode: bool = False, minimum_lifetime: float = 0.0) -> None:
        self.flow = flow
        self.client = flow.client
        self.obtained = ""
        self.warnings: list[str] = []
        self.store = store
        self._check_mode = check_mode
        self._minimum = minimum_lifetime
        self._now: Callable[[], float] = flow.now
        self._token: Token | None = None
        self._given = str(flow.params.get("token") or "")
        self._fresh = False

    # The token

    def token(self) -> Token:
        """A token that is good now: the kept one, a renewed one, or one from a login."""
        if self._given:
            return self._given_token()
        token = self._token or self.store.load()
        if token is None or not self._usable(token):
            with self.store.lock():
                # Somebody else may have logged in while we waited.
                token = self.store.load()
                if token is None or not self._usable(token):
                    token = self._replacement(token)
        self.client.secrets.add(token.value)
        self._token = token
        self.obtained = self.obtained or "cache"
        return token

    def force(self) -> Token:
        """A new token whatever is kept: renewed where the service can, otherwise from a login."""
        self._not_given("renewed")
        with self.store.lock():
            kept = self.store.load()
            if kept is not None:
                self.client.secrets.add(kept.value)
            if kept is not None and self.flow.CAN_RENEW and kept.lives(self._now()):
                return self._renewal(kept, forced=True)
            if kept is not None and self.flow.held_by(kept):
                self.warnings.append(f"The token that held the {self.flow.held_by(kept)} had run out, and the {self.flow.held_by(kept)} with it.")
            return self._login(None)

    def end(self) -> tuple[bool, bool]:
        """Forgets the token and withdraws it where the service can: whether there was one, and whether it was withdrawn."""
        self._not_given("absent")
        with self.store.lock():
            kept = self.store.load()
            if kept is None:
                return False, False
            self.client.secrets.add(kept.value)
            if self.flow.held_by(kept) and kept.lives(self._now()):
                held = self.flow.held_by(kept)
                raise Locked(f"this token holds the {held}, which nobody could release without it", service=self.flow.TITLE, hint=f"Release the {held} first.")
            revoked = False
            if not self._check_mode:
                revoked = kept.lives(self._now()) and self.flow.revoke(kept)
                self.store.forget()
                self._token = None
            return True, revoked

    def drop(self) -> None:
        """Forgets the token and that a login was refused, without telling the service: it has forgotten both."""
        if not self._given:
            with self.store.lock():
                self.store.forget()
            self._token = None

    def needs_new_token(self) -> bool:
        """Whether the next request would log in or renew first."""
        if self._given or not self.flow.needs_login:
            return False
        kept = self.store.load()
        return kept is None or not self._usable(kept)

    def kept(self) -> Token | None:
        """The kept token without asking the service for one."""
        return self.store.load()

    def _usable(self, token: Token) -> bool:
        if token.notes.get(NOT_RENEWABLE):
            return True
        ahead = self.flow.RENEW_AHEAD if token.lifetime is None else min(self.flow.RENEW_AHEAD, token.lifetime * 0.2)
        if token.lifetime is not None and self.flow.CAN_RENEW and self.flow.held_by(token):
            # So that what hangs on it outlasts a pause between two tasks.
            ahead = token.lifetime / 2
        if token.lifetime is not None and self._minimum >= token.lifetime - ahead:
            # More than the service gives: a new login would not help.
            return token.lives(self._now(), ahead)
        return token.lives(self._now(), max(ahead, self._minimum))

    def _replacement(self, old: Token | None) -> Token:
        """A new token for one that is about to run out or has; the lock of the store is held."""
        if old is None:
            return self._login(None)
        self.client.secrets.add(old.value)
        if self.flow.CAN_RENEW and old.lives(self._now()):
            return self._renewal(old)
        if self.flow.held_by(old):
            # Only the service knows whether it really ended: a 401 will tell. A login in its place would give up what it holds.
            return old
        learnt = old.notes.get(LEARNT_LIFETIME)
        # It lasted as long as was learnt: the next one may last longer again.
        return self._login(old.noting(**{LEARNT_LIFETIME: learnt * 2}) if learnt else old)

    def _renewal(self, old: Token, forced: bool = False) -> Token:
        held = self.flow.held_by(old)
        try:
            with self._noting_renewal(old) if held else contextlib.nullcontext():
                token = self.flow.renew(old)
            # A flow hands on what is noted, but this one shows that it can be renewed, and was.
            outdated = [name for name in (NOT_RENEWABLE, RENEWING) if token.notes.get(name)]
            return self._keep(token.noting(**dict.fromkeys(outdated, False)) if outdated else token, "renewal")
        except (ConnectionFailed, Unavailable) as error:
            arrived = isinstance(error, ConnectionFailed) and error.may_have_arrived
            if held and arrived:
                error.hint += f" If it was, the {held} hangs on a token that nobody has, and ends with it."
            if held and not arrived and not forced and old.lives(self._now(), self.flow.RENEW_AHEAD):
                # There is time for another try.
                return old
            raise
        except (CredentialsRejected, LoginFailed) as error:
            if held and not forced:
                # The live token can still release what it holds.
                self.warnings.append(f"The token that holds the {held} could not be renewed and ends at {timestamp(old.expires_at)}: {error}")
                return self._keep(old.noting(**{NOT_RENEWABLE: True}), "cache")
            if isinstance(error, CredentialsRejected) and not held:
                self.store.reject(error)
            if isinstance(error, CredentialsRejected) or forced:
                raise
            self.warnings.append(f"The token could not be renewed, so there was a new login: {error}")
            return self._login(old)

    @contextlib.contextmanager
    def _noting_renewal(self, old: Token) -> Iterator[None]:
        """Keeps in mind, until the answer is known, that what the token holds may have moved to one that nobody has: a run that ends in between says so."""
        self.store.save(old.noting(**{RENEWING: True}))
        try:
            yield
        except TokenflowError as error:
            if not isinstance(error, BadAnswer) and not (isinstance(error, ConnectionFailed) and error.may_have_arrived):
                self.store.save(old.noting(**{RENEWING: False}))
            raise

    def _login(self, old: Token | None) -> Token:
        try:
            token = self.flow.login()
        except (CredentialsRejected, LoginFailed) as error:
            if error.status is not None and 400 <= error.status < 500:
                self.store.reject(error)
            raise
        learnt = old.notes.get(LEARNT_LIFETIME) if old else None
        if learnt and token.assumed and token.lifetime and learnt < token.lifetime:
            token = replace(token, expires_at=token.issued_at + learnt, notes={**token.notes, LEARNT_LIFETIME: learnt})
        if self._minimum and token.lifetime is not None and token.lifetime < self._minimum:
            self.warnings.append(f"{self.flow.TITLE} gives tokens for {token.lifetime:.0f} seconds, less than minimum_lifetime ({self._minimum:.0f}).")
        return self._keep(token, "login")

    def _keep(self, token: Token, obtained: str) -> Token:
        self.store.save(token)
        self._token, self.obtained, self._fresh = token, obtained, obtained != "cache"
        return token

    def _given_token(self) -> Token:
        if self._token is None:
            self.client.secrets.add(self._given)
            self.obtained = "given"
            url = self.client.connection.base_url
            self._token = Token(self._given, self.flow.NAME, url, self.flow.principal, self.flow.scope, self._now())
        return self._token

    def _not_given(self, state: str) -> None:
        if self._given:
            raise InvalidInput(f"a token that is given with the token option cannot be {state} here", hint="Leave token out.")

    # Requests

    def call(self, method: str, path: str, *, expect: Collection[int] = (200,), write: bool | None = None, **request: Any) -> Answer:
        """Sends a request with the token and returns an answer whose status is one of ``expect`` (any, if that is empty).

        A 401 leads to one fresh login and one repetition. ``write`` says whether the request changes something on the service; it may be left out for
        GET and for the writing methods. Further arguments are those of ``HttpClient.send``. Raises the errors of ``_errors``.
        """
        if (method.upper() not in READS if write is None else write) and self._check_mode:
            raise RuntimeError(f"{method} {path} must not be sent in check mode")
        answer = self._authorised(method, path, request)
        if not expect or answer.status in expect:
            return answer
        raise self.error(answer)

    @contextlib.contextmanager
    def noting_intent(self) -> Iterator[None]:
        """Keeps in mind, until the answer is known, that the token may come to hold something: a run that ends in between gives it back."""
        self.token()
        self._note(**{INTENT: True, CONNECTION: self.client.connection.as_data()})
        try:
            yield
        except ConnectionFailed as error:
            if not error.may_have_arrived:
                self._note(**{INTENT: False})
            raise
        except TokenflowError:
            self._note(**{INTENT: False})
            raise
        self._note(**{INTENT: False})

    def _note(self, **notes: Any) -> None:
        # There is none any more if it was lost meanwhile.
        if self._token is not None:
            self._remember(self._token.noting(**notes))

    def _remember(self, token: Token) -> None:
        """Keeps what was learnt of a token, unless somebody else has replaced it meanwhile and nothing hangs on it."""
        self._token = token
        if self._given:
            return
        with self.store.lock():
            kept = self.store.load()
            if kept is None or kept.issued_at <= token.issued_at or self.flow.held_by(token):
                self.store.save(token)

    def error(self, answer: Answer) -> TokenflowError:
        """The error for an answer that was not expected."""
        explanation = self.flow.explain(answer)
        kind = explanation.kind or error_for_status(answer.status)
        message = explanation.message or f"the service answered with HTTP {answer.status}"
        hint = explanation.hint
        if answer.status in (301, 302, 303, 307, 308) and not explanation.message:
            target = answer.headers.get("Location", "nowhere")
            message = f"the service redirects to {target} (HTTP {answer.status}), which is not followed with credentials"
            hint = hint or "If that is the right address, set base_url to it."
        return kind(
            self.client.secrets.redact(message),
            service=self.flow.TITLE,
            method=answer.method,
            path=self.client.secrets.redact(answer.path),
            status=answer.status,
            reply=self.client.secrets.redact(explanation.reply),
            hint=hint,
        )

    def _authorised(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        if not self.flow.needs_login and not self._given:
            return self.client.send(method, path, **request)
        token = self.token()
        answer = self._send(method, path, request, token)
        # Somebody else's newer token, then one from a login: more cannot help.
        for _attempt in range(2):
            if answer.status != 401:
                return answer
            token = self._after_401(token, answer)
            answer = self._send(method, path, request, token)
        if answer.status == 401:
            raise self._refused(token, answer)
        return answer

    def _send(self, method: str, path: str, request: dict[str, Any], token: Token) -> Answer:
        answer = self.client.send(method, path, authorization=self.flow.authorization(token), **request)
        if answer.status != 401:
            self._fresh = False
        observed = self.flow.observe(answer, token)
        if observed is not token:
            self._remember(observed.noting(**{CONNECTION: self.client.connection.as_data()}))
        return answer

    def _after_401(self, dead: Token, answer: Answer) -> Token:
        """The token to try next. Raises ``LockLost`` or ``NotAuthorised`` where there is none."""
        if self._given:
            raise self._not_permitted(answer, "The token was given with the task: it may have run out or been withdrawn. ")
        with self.store.lock():
            kept = self.store.load()
            if kept is not None and kept.value != dead.value and self._usable(kept):
                self.client.secrets.add(kept.value)
                self._token = kept
                return kept
            if self.flow.held_by(dead):
                self.store.forget()
                self._token = None
                raise self._lock_lost(dead, "is no longer accepted by the service")
            # A token from a login just now that was never accepted is not dead: it is not enough.
            if self._fresh or self.flow.refusal(answer) in dead.notes.get(REFUSED, ()):
                raise self._refused(dead, answer)
            if dead.assumed:
                dead = dead.noting(**{LEARNT_LIFETIME: max(self._now() - dead.issued_at, SHORTEST_LIFETIME)})
            return self._login(dead)

    def _refused(self, token: Token, answer: Answer) -> TokenflowError:
        """The error for a 401 that is not about the token; it is remembered, so that the next task needs no login to know."""
        refusal, known = self.flow.refusal(answer), token.notes.get(REFUSED, [])
        if refusal not in known:
            self._remember(token.noting(**{REFUSED: [*known, refusal]}))
        return self._not_permitted(answer)

    def _not_permitted(self, answer: Answer, prefix: str = "") -> TokenflowError:
        error = self.error(answer)
        if not isinstance(error, NotAuthorised):
            return error
        error.message = "not permitted (HTTP 401, also after a fresh login)" if not prefix else "the given token was not accepted (HTTP 401)"
        error.hint = f"{prefix}{error.hint}".strip()
        return error

    def _lock_lost(self, token: Token, what: str) -> LockLost:
        held = self.flow.held_by(token)
        return LockLost(
            f"the token that held the {held} {what}, and the {held} with it",
            service=self.flow.TITLE,
            hint="This request was not carried out. Edits that were not saved may remain: look at them, take the lock again, and repeat or undo the change.",
        )
