# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service in memory with its flow, for tests of what is the same for all services."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

START = 1_000_000.0
LOCKED = "holds"


class Service:
    """What the service knows: which tokens are good, and what is not permitted to anybody. It is also the client that reaches it."""

    def __init__(self) -> None:
        self.time = START
        self.good: set[str] = set()
        self.forbidden: set[str] = set()
        self.statuses: dict[str, int] = {}
        self.sent: list[tuple[str, str, str | None]] = []
        self.headers: dict[str, str] = {}
        self.logins = 0
        self.renewals = 0
        self.revoked: list[str] = []
        self.login_errors: list[TokenflowError] = []
        self.renewal_errors: list[TokenflowError] = []
        self.secrets = Secrets()
        self.connection = types.SimpleNamespace(base_url="https://service.example", as_data=lambda: {"base_url": "https://service.example"})

    def send(self, method: str, path: str, *, authorization: str | None = None, **request: Any) -> Answer:
        self.sent.append((method, path, authorization))
        status = self.statuses.get(path, 200)
        if authorization is not None and (authorization.removeprefix("Bearer ") not in self.good or path in self.forbidden):
            status = 401
        body = f"answer to {path}".encode()
        return Answer(method, path, status, self.headers, body, len(body), 0.0)

    def expire(self) -> None:
        self.good.clear()


class FakeFlow(Flow):
    """Logs in to a ``Service``; what flows differ in are plain attributes."""

    NAME = "fake"
    TITLE = "Fake"
    OPTIONS = {"username": {"type": "str"}, "password": {"type": "str", "no_log": True}}
    RENEW_AHEAD = 30.0

    def __init__(
        self, service: Service, lifetime: float | None = 600.0, assumed: bool = False, can_renew: bool = False, login_needed: bool = True, **params: Any
    ) -> None:
        super().__init__({"username": "automation", "password": "hush", **params}, service, lambda: service.time)  # type: ignore[arg-type]
        self.service, self.token_lifetime, self.assumed, self.login_needed = service, lifetime, assumed, login_needed
        self.CAN_RENEW = can_renew  # type: ignore[misc]

    @property
    def needs_login(self) -> bool:
        return self.login_needed

    def _issue(self, value: str, notes: dict[str, Any]) -> Token:
        self.service.good.add(value)
        now = self.service.time
        end = None if self.token_lifetime is None else now + self.token_lifetime
        return Token(value, self.NAME, "https://service.example", self.principal, self.scope, now, end, self.assumed, notes)

    def login(self) -> Token:
        self.service.logins += 1
        if self.service.login_errors:
            raise self.service.login_errors.pop(0)
        return self._issue(f"login-{self.service.logins}", {})

    def renew(self, token: Token) -> Token:
        self.service.renewals += 1
        if self.service.renewal_errors:
            raise self.service.renewal_errors.pop(0)
        self.service.good.discard(token.value)
        return self._issue(f"renewal-{self.service.renewals}", dict(token.notes))

    def revoke(self, token: Token) -> bool:
        self.service.revoked.append(token.value)
        self.service.good.discard(token.value)
        return True

    def held_by(self, token: Token) -> str:
        return "configuration lock" if token.notes.get(LOCKED) else ""

    def observe(self, answer: Answer, token: Token) -> Token:
        if answer.status == 200 and answer.path in ("/lock", "/unlock"):
            return token.noting(**{LOCKED: answer.path == "/lock"})
        return token


class CountingStore(MemoryStore):
    """A memory store that remembers a rejection as the real one does, and counts how often it was locked."""

    def __init__(self) -> None:
        super().__init__()
        self.locks = 0
        self.held = 0
        self.saves: list[str] = []

    def load(self) -> Token | None:
        if self.rejection:
            raise self.rejection
        return super().load()

    def save(self, token: Token) -> None:
        assert self.held, "the store is changed without its lock"
        self.saves.append(token.value)
        self.rejection = None
        super().save(token)

    def forget(self) -> None:
        assert self.held, "the store is changed without its lock"
        super().forget()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        self.locks += 1
        self.held += 1
        try:
            yield
        finally:
            self.held -= 1


class Run:
    """A run of several tasks with one service, which share the kept login."""

    def __init__(self, **flow: Any) -> None:
        self.service = Service()
        self.store = CountingStore()
        self.flow_settings = flow

    def task(self, check_mode: bool = False, minimum_lifetime: float = 0.0, **params: Any) -> Session:
        flow = FakeFlow(self.service, **{**self.flow_settings, **params})
        return Session(flow, self.store, check_mode=check_mode, minimum_lifetime=minimum_lifetime)

    def pass_time(self, seconds: float) -> None:
        self.service.time += seconds

    @property
    def used(self) -> list[str]:
        """The tokens that were sent, one a request."""
        return [(authorization or "").removeprefix("Bearer ") for _method, _path, authorization in self.service.sent]
