# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two-step login of the PLCnext simulator: users, auth codes, access tokens, penalties (contract §4)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from ._core import ControlError
from ._plcnext_wire import Call, Controller, NotThere, Refusal

CODE_LIFETIME = 600
INVALID_TOKEN = 'Bearer realm="pxcapi", error="invalid_token"'
INVALID_GRANT = 'Bearer realm="pxcapi", error="invalid_grant"'


@dataclass
class User:
    """A PLCnext user with its roles; only ``EHmiLevel1`` to ``EHmiLevel10`` are shown to clients."""

    password: str
    roles: tuple[str, ...]

    @property
    def reads(self) -> bool:
        return self.writes or "EHmiViewer" in self.roles

    @property
    def writes(self) -> bool:
        return "Admin" in self.roles or "EHmiChanger" in self.roles

    @property
    def levels(self) -> list[str]:
        return [role for role in self.roles if role.startswith("EHmiLevel")]


@dataclass
class _Code:
    client: str
    expires: float


@dataclass
class _Token:
    user: str
    client: str
    issued: float
    used: float
    withdrawn: bool = False


@dataclass
class _Penalty:
    failures: int = 0
    until: float = 0.0


def denied() -> Refusal:
    """A data request without a good token (contract §4.3)."""
    return Refusal(401, "authorization", "accessDenied", challenge=INVALID_TOKEN)


class Login:
    """Everything about who may do what."""

    def __init__(self, controller: Controller, users: dict[str, User]) -> None:
        self.controller, self.users = controller, users
        self.codes: dict[str, _Code] = {}
        self.tokens: dict[str, _Token] = {}
        self.penalties: dict[str, _Penalty] = {}
        self.secrets = [user.password for user in users.values()]

    def serve(self, call: Call) -> dict[str, Any]:
        """Both auth endpoints."""
        on = self.controller.on
        if (call.base == "api" and not on("auth_alias")) or (not on("authentication") and on("auth_without_enforcement") == "not_found"):
            raise NotThere
        return self._auth_token(call) if call.resource == "auth/auth-token" else self._access_token(call)

    def _auth_token(self, call: Call) -> dict[str, Any]:
        members, now = call.json, self.controller.clock.now()
        state = members.get("state")
        if members.get("scope") != "variables" or members.get("response_type", "code") != "code" or not isinstance(state, (str, type(None))):
            raise call.malformed()
        self.codes = {text: code for text, code in self.codes.items() if code.expires > now}
        text = None
        if self.controller.on("code_per_request") == "same":
            text = next((text for text, code in self.codes.items() if code.client == call.client), None)
        if text is None:
            text = secrets.token_hex(8)
            self.secrets.append(text)
            self.codes[text] = _Code(call.client, now + CODE_LIFETIME)
        answer: dict[str, Any] = {"code": text, "expires_in": round(self.codes[text].expires - now)}
        if state is not None:
            answer["state"] = state
        return answer

    def _access_token(self, call: Call) -> dict[str, Any]:
        members, now, on = call.json, self.controller.clock.now(), self.controller.on
        text, name, password = (members.get(key) for key in ("code", "username", "password"))
        state = members.get("state")
        if not (isinstance(text, str) and isinstance(name, str) and isinstance(password, str) and isinstance(state, (str, type(None)))):
            raise call.malformed()
        if members.get("grant_type") != "authorization_code":
            raise call.malformed()
        code = self.codes.get(text)
        if code is None or code.expires <= now or (on("code_ip_bound") and code.client != call.client):
            raise denied()
        if on("code_use") == "single":
            del self.codes[text]
        user = self._check(name, password, now)
        self.codes.pop(text, None)
        if not on("parallel_tokens"):
            self.tokens = {value: token for value, token in self.tokens.items() if token.user != name}
        value = secrets.token_hex(on("token_digits") // 2)
        self.secrets.append(value)
        self.tokens[value] = _Token(name, call.client, now, now)
        answer: dict[str, Any] = {"state": state if state is not None and on("access_state") == "echo" else text}
        if on("access_state") == "omit":
            del answer["state"]
        return {**answer, "token_type": "Bearer", "access_token": value, "roles": user.levels}

    def _check(self, name: str, password: str, now: float) -> User:
        """The user, or a refusal; failures in a row block a user for a growing time, also with the right password."""
        on, penalty, user = self.controller.on, self.penalties.setdefault(name, _Penalty()), self.users.get(name)
        blocked = bool(on("lockout_after")) and now < penalty.until
        right = user is not None and secrets.compare_digest(user.password.encode(), password.encode("utf-8", "surrogatepass"))
        if user is None or not right or blocked:
            penalty.failures += 1
            if on("lockout_after") and penalty.failures >= on("lockout_after"):
                penalty.until = now + on("lockout_seconds") * (penalty.failures - on("lockout_after") + 1)
        elif user.reads:
            del self.penalties[name]
            return user
        raise Refusal(401, on("wrong_password_domain"), "wrongPassword", challenge=INVALID_GRANT)

    def authorize(self, call: Call, write: bool = False) -> None:
        """Lets a request with a good token pass (contract §4.3)."""
        on = self.controller.on
        if not on("authentication"):
            return
        token = self._token(call)
        if token is None:
            raise denied()
        if write and not self.users[token.user].writes:
            raise denied() if on("viewer_write") == 401 else Refusal(403, "authorization", "accessDenied")

    def _token(self, call: Call) -> _Token | None:
        on, now, header = self.controller.on, self.controller.clock.now(), call.authorization or ""
        scheme, _blank, value = header.partition(" ")
        if scheme != "Bearer" or not value:
            value = header if on("accept_bare_token") else ""
        token = self.tokens.get(value)
        if token is None or token.withdrawn or (on("token_ip_bound") and token.client != call.client):
            return None
        expiry = on("token_expiry")
        lifetime = on("session_timeout") / 1000 if expiry == "session_timeout" else on("token_lifetime")
        if now >= (token.issued if expiry == "absolute" else token.used) + lifetime:
            return None
        token.used = now
        return token

    def change_password(self, name: str, password: str) -> None:
        if name not in self.users:
            raise ControlError(f"no user {name!r}; there are {', '.join(self.users)}")
        self.users[name].password = password
        self.secrets.append(password)
