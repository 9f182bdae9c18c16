# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, tokens and the configuration lock of the simulated appliance (contract §4, §6)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import unquote, unquote_plus

from ._appliance_wire import Refused, media_type
from ._core import fingerprint

LIFETIME = 600
"""Seconds that a token lives (contract §4)."""

FORM_TYPES = ("x-www-form-urlencoded", "application/x-www-form-urlencoded")
NOT_AUTHORISED = "Client not authorized"
NOT_HELD = "User does not have the lock"
HELD_BY_OTHER = "Resource locked by another user"
HELD_ALREADY = "Configuration is already locked by the current session"


@dataclass
class Account:
    password: str
    user_class: str


@dataclass
class Token:
    """An access token; times in Unix seconds."""

    value: str
    user: str
    user_class: str
    issued: float
    expires: float


@dataclass
class Lock:
    """The one configuration lock: held by a token, by somebody at the command line, or by nobody."""

    token: Token | None = None
    other: str = ""
    until: float | None = None

    @property
    def free(self) -> bool:
        return self.token is None and not self.other


class Access:
    """Who may do what. ``on`` reads a switch; ``lost`` is called when a lock goes without having been released."""

    def __init__(self, accounts: dict[str, Account], on: Callable[[str], Any], lost: Callable[[], None]) -> None:
        self.accounts, self.on, self.lost = accounts, on, lost
        self.tokens: dict[str, Token] = {}
        self.issued: list[str] = []
        self.lock = Lock()

    def expire(self, now: float) -> None:
        """Drops tokens whose time is over, and the lock with its token."""
        self.tokens = {value: token for value, token in self.tokens.items() if token.expires > now}
        if self.lock.token and self.lock.token.value not in self.tokens:
            self.lock = Lock()
            self.lost()
        elif self.lock.until is not None and self.lock.until <= now:
            self.lock = Lock()

    def forget_tokens(self) -> None:
        """Withdraws all tokens and whatever lock one of them holds."""
        for token in self.tokens.values():
            token.expires = float("-inf")
        self.expire(0)

    def login(self, authorization: str | None, content_type: str | None, body: bytes, now: float) -> Token:
        """The answer to ``auth/token``: a new token, which takes over the lock of the live token in the body (contract §4)."""
        user = self._user(authorization)
        account = self.accounts[user]
        old = None
        if body.strip():
            if media_type(content_type) not in FORM_TYPES:
                raise Refused(415, "Content-Type must be x-www-form-urlencoded")
            old = self._old_token(body.decode("utf-8", "replace").strip(), user)
        token = Token(self._new_value(user, account, now), user, account.user_class, now, now + LIFETIME)
        self.tokens[token.value] = token
        self.issued.append(token.value)
        if old:
            if self.lock.token is old:
                self.lock.token = token
            if self.on("refresh_old_token") == "dies":
                del self.tokens[old.value]
        return token

    def _user(self, authorization: str | None) -> str:
        scheme, _blank, encoded = (authorization or "").partition(" ")
        if scheme != "Basic" or not encoded.strip():
            raise Refused(400, "Authorization header is missing or malformed")
        try:
            user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused(400, "Authorization header is missing or malformed") from error
        if not colon:
            raise Refused(400, "Authorization header is missing or malformed")
        account = self.accounts.get(user)
        if account is None or not hmac.compare_digest(account.password.encode(), password.encode()):
            raise Refused(403, "Invalid user name or password")
        return user

    def _old_token(self, text: str, user: str) -> Token | None:
        for field, value in self.readings(text):
            if self.on("refresh_field") in ("any", field or "raw") and value in self.tokens and self.tokens[value].user == user:
                return self.tokens[value]
        if self.on("refresh_bad_token") == 400:
            raise Refused(400, "Access token in request body is not valid")
        return None

    @staticmethod
    def readings(text: str) -> list[tuple[str, str]]:
        """How a body can be read: as the raw token (no field name) and as one form field."""
        found = [("", text), ("", unquote(text))]
        match = re.fullmatch(r"([A-Za-z0-9_.\-]+)=([^&]*)", text)
        if match:
            found.append((match[1], unquote_plus(match[2])))
        return found

    def refresh_form(self, text: str) -> str:
        """Which form of refresh a body is: ``raw`` or a field name; empty if it holds no token that was ever issued."""
        return next((field or "raw" for field, value in self.readings(text) if value in self.issued), "")

    def _new_value(self, user: str, account: Account, now: float) -> str:
        moment = datetime.fromtimestamp(now, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        while True:
            value = base64.b64encode(f"{user},{account.user_class},{moment},".encode() + secrets.token_bytes(20)).decode()
            # Every token has the characters that must be percent-encoded in a form, so that a client that forgets it is found out.
            if "+" in value and "/" in value and value.endswith("="):
                return value

    def authenticate(self, authorization: str | None, now: float) -> Token:
        """The live token of a request; 401 if there is none."""
        scheme, _blank, value = (authorization or "").partition(" ")
        token = self.tokens.get(value) if scheme == "Bearer" else None
        if token is None or token.expires <= now:
            raise Refused(401, NOT_AUTHORISED)
        if self.on("token_lifetime") == "sliding":
            token.expires = now + LIFETIME
        return token

    def take_lock(self, token: Token) -> None:
        if self.lock.token is token:
            if self.on("relock") == 423:
                raise Refused(423, HELD_ALREADY)
            return
        if not self.lock.free:
            raise Refused(423, HELD_BY_OTHER)
        self.lock = Lock(token)

    def release_lock(self, token: Token) -> None:
        self.need_lock(token)
        self.lock = Lock()

    def need_lock(self, token: Token) -> None:
        """423 with the text of the case unless this token holds the lock."""
        if self.lock.token is not token:
            raise Refused(423, NOT_HELD if self.lock.free else HELD_BY_OTHER)

    def lock_state(self, now: float) -> dict[str, Any]:
        """Who holds the lock: ``holder`` (user or name, None if free), ``seconds_left``, ``token`` (fingerprint)."""
        lock = self.lock
        if lock.token:
            return {"holder": lock.token.user, "seconds_left": lock.token.expires - now, "token": fingerprint(lock.token.value)}
        left = lock.until - now if lock.until is not None else None
        return {"holder": lock.other or None, "seconds_left": left, "token": None}
