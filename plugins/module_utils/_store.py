# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Where a session keeps its login: what it needs of a store, and those that last for one task."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token


class Store(Protocol):
    """Where the login of one identity is kept between tasks."""

    def load(self) -> Token | None:
        """The kept token. Raises ``CredentialsRejected`` or ``LoginFailed`` if the same login failed before in this run."""

    def save(self, token: Token) -> None:
        """Keeps a token in place of what was there."""

    def forget(self) -> None:
        """Drops the token."""

    def reject(self, error: TokenflowError) -> None:
        """Remembers that the service refused this login."""

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Held while a login is made, so that nobody else makes the same one."""


class MemoryStore:
    """Keeps the token for one task only; ``token`` is the latest, ``rejection`` the refusal if there was one."""

    def __init__(self, token: Token | None = None) -> None:
        self.token = token
        self.changed = False
        self.rejection: TokenflowError | None = None

    def load(self) -> Token | None:
        return self.token

    def save(self, token: Token) -> None:
        self.token, self.changed = token, True

    def forget(self) -> None:
        self.token, self.changed = None, True

    def reject(self, error: TokenflowError) -> None:
        self.rejection = error

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        yield


class UnkeptStore(MemoryStore):
    """Keeps the token for one task only, but remembers a refused login for all, so that no account is locked; ``kept`` makes the store of the run."""

    def __init__(self, kept: Callable[[], Store]) -> None:
        super().__init__()
        self._make = kept
        self._kept: Store | None = None

    def _store(self) -> Store:
        self._kept = self._kept or self._make()
        return self._kept

    def load(self) -> Token | None:
        if self.token is None:
            # For the refusal that it may raise: its token is left alone.
            self._store().load()
        return self.token

    def reject(self, error: TokenflowError) -> None:
        super().reject(error)
        self._store().reject(error)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        with self._store().lock():
            yield
