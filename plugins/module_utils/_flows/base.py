# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a token flow is: how one kind of service gives, renews and revokes a token, and how it says no."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any, ClassVar

from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._http import RETRY_STATUSES, Answer, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token


@dataclass(frozen=True)
class Explanation:
    """What a service said in an unexpected answer, and what a user can do about it.

    ``message`` is what that means, where it is more than the status, and ``kind`` its error, where the status would give another.
    """

    reply: str
    hint: str = ""
    message: str = ""
    kind: type[TokenflowError] | None = None


class Flow:
    """Base of the token flows.

    ``TOKEN``, ``LIFETIME`` (seconds) and ``EXPIRY`` (Unix seconds on the server's clock) are JMESPath expressions over the decoded login answer.
    ``params`` are the validated options of the task. A flow knows neither tasks nor resources.
    """

    NAME: ClassVar[str]
    TITLE: ClassVar[str]
    OPTIONS: ClassVar[dict[str, dict[str, Any]]]
    """Argument spec of the credentials and of what belongs to the login; secret options have ``no_log``."""
    TOKEN: ClassVar[str]
    LIFETIME: ClassVar[str] = ""
    EXPIRY: ClassVar[str] = ""
    ASSUMED_LIFETIME: ClassVar[float | None] = None
    """Seconds that a token is taken to live where its answer does not say."""
    RENEW_AHEAD: ClassVar[float] = 30.0
    """Seconds before its end from which a token is not used any more."""
    DEFAULT_URL: ClassVar[str] = ""
    """The service's own address, where it has one for everybody."""
    DEVICE: ClassVar[bool] = False
    """Whether the service is an inventory host of its own, so that its address is the default of ``base_url``."""
    BOUND_TO_CALLER: ClassVar[bool] = False
    """Whether a login holds only for the address that it came from."""
    CAN_RENEW: ClassVar[bool] = False

    def __init__(self, params: Mapping[str, Any], client: HttpClient, now: Callable[[], float] = time.time) -> None:
        self.params = params
        self.client = client
        self.now = now

    @classmethod
    def secret_options(cls) -> list[str]:
        """Names of the options that are secret."""
        return [name for name, option in cls.OPTIONS.items() if option.get("no_log")]

    @property
    def needs_login(self) -> bool:
        """Whether requests carry a token at all."""
        return True

    @property
    def principal(self) -> str:
        """Who logs in."""
        return str(self.params.get("username") or "")

    @property
    def scope(self) -> str:
        """What else tells one login of a principal from another."""
        return ""

    def credentials(self) -> list[str]:
        """The secrets that the login rests on."""
        return [str(self.params[name]) for name in self.secret_options() if self.params.get(name)]

    def login(self) -> Token:
        """Logs in. Raises ``CredentialsRejected``, ``LoginFailed`` and the errors of ``HttpClient.send``."""
        raise NotImplementedError

    def renew(self, token: Token) -> Token:
        """A new token for a live one, where the service has that."""
        raise NotImplementedError

    def revoke(self, token: Token) -> bool:
        """Withdraws the token; False where the service has no such call."""
        return False

    def authorization(self, token: Token) -> str:
        """The value of the ``Authorization`` header."""
        return f"Bearer {token.value}"

    def refusal(self, answer: Answer) -> str:
        """What a 401 was about, so that the same refusal of a fresh token is known again."""
        return f"{answer.method} {answer.path.partition('?')[0]}"

    def observe(self, answer: Answer, token: Token) -> Token:
        """The token with what an answer tells of its state."""
        return token

    def held_by(self, token: Token) -> str:
        """What hangs on this token and would be lost with a plain login in its place, in words; empty if nothing does."""
        return ""

    def explain(self, answer: Answer) -> Explanation:
        """What the service said, from the body of an unexpected answer."""
        return Explanation(html_text(answer) if answer.is_html() else answer.excerpt())

    def require(self, *names: str) -> None:
        """Raises ``InvalidInput`` if one of the options is not set."""
        missing = [name for name in names if not self.params.get(name)]
        if missing:
            variables = ", ".join(f"{self.NAME}_{name}".upper() for name in missing)
            raise InvalidInput(
                f"{self.TITLE} needs {' and '.join(missing)} to log in",
                hint=f"Give the option, set it in module_defaults, or set the environment variable {variables}.",
            )

    def basic(self, user: str, password: str) -> str:
        """A Basic ``Authorization`` value; it is secret from now on."""
        return f"Basic {self.client.secrets.add_basic(user, password)}"

    def login_data(self, answer: Answer) -> Any:
        """The decoded body of a login answer. Raises ``BadAnswer``, which shows the text of a web page and nothing else: it may have a token in it."""
        try:
            return answer.data()
        except BadAnswer as error:
            reply = html_text(answer) if answer.is_html() else ""
            hint = "Check base_url, and what stands between here and the service."
            raise BadAnswer(error.message, service=self.TITLE, method=answer.method, path=answer.path, status=answer.status, reply=reply, hint=hint) from None

    def token_from(self, answer: Answer, issued_at: float, notes: dict[str, Any] | None = None, data: Any = None) -> Token:
        """The token of a login answer. ``issued_at`` is when the request went out."""
        data = self.login_data(answer) if data is None else data
        value = search(self.TOKEN, data) if data is not None else None
        if not isinstance(value, str) or not value.strip():
            raise self.login_error(LoginFailed, answer, "the login was answered without a token")
        self.client.secrets.add(value)
        lifetime, assumed = self.lifetime(data, value, answer)
        return Token(
            value=value,
            service=self.NAME,
            base_url=self.client.connection.base_url,
            principal=self.principal,
            scope=self.scope,
            issued_at=issued_at,
            expires_at=None if lifetime is None else issued_at + lifetime,
            assumed=assumed,
            notes=notes or {},
        )

    def lifetime(self, data: Any, value: str, answer: Answer) -> tuple[float | None, bool]:
        """Seconds that the token lives, and whether that is only assumed."""
        if self.LIFETIME:
            seconds = number(search(self.LIFETIME, data))
            if seconds is not None:
                return seconds, False
        if self.EXPIRY:
            expiry = number(search(self.EXPIRY, data))
            if expiry is not None:
                return expiry - server_time(answer, self.now()), False
        return self.ASSUMED_LIFETIME, self.ASSUMED_LIFETIME is not None

    def login_error(self, kind: type[TokenflowError], answer: Answer, message: str, hint: str = "") -> TokenflowError:
        """An error about a login answer; the body is shown only where it cannot be a token."""
        if answer.status in RETRY_STATUSES and kind is LoginFailed:
            kind = Unavailable
        explanation = Explanation("") if answer.status == 200 else self.explain(answer)
        if explanation.kind and kind is LoginFailed:
            kind = explanation.kind
        return kind(
            f"{message}: {explanation.message}" if explanation.message else message,
            service=self.TITLE,
            method=answer.method,
            path=answer.path,
            status=answer.status,
            reply=self.client.secrets.redact(explanation.reply),
            hint=hint or explanation.hint,
        )

    def rejected(self, answer: Answer, hint: str = "") -> TokenflowError:
        """The error for refused credentials."""
        hint = hint or "It was sent once and is not sent again in this run, so that no account is locked. Correct the credentials."
        return self.login_error(CredentialsRejected, answer, f"the login as {self.principal!r} was rejected (HTTP {answer.status})", hint)


def number(value: Any) -> float | None:
    """A finite JSON number, or one in a string; otherwise None."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        found = float(value)
    except (OverflowError, TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def server_time(answer: Answer, otherwise: float) -> float:
    """The service's own time in Unix seconds, from ``Date``; ``otherwise`` where there is none."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return otherwise


def json_or_none(answer: Answer) -> Any:
    """The decoded body, or None where it is not JSON."""
    try:
        return answer.json()
    except BadAnswer:
        return None


class _PageText(HTMLParser):
    """Collects the text of a page, without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag in ("script", "style"):
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self._hidden and self.parts[-1:] != [text]:
            self.parts.append(text)


def html_text(answer: Answer, limit: int = 300) -> str:
    """The readable text of a web page: its title and body without markup."""
    reader = _PageText()
    reader.feed(answer.text())
    text = ": ".join(reader.parts)
    return text[:limit] + ("..." if len(text) > limit else "")
