# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps logins between tasks: sealed in a host fact, and sealed in a directory of the run that all workers share."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any

from ansible import constants as C
from ansible_collections.tokenflow.services.plugins.module_utils._errors import CredentialsRejected, LoginFailed, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, identity, timestamp
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import identity_key, seal, unseal

FACT = "tokenflow_tokens"
CONTROLLER = "controller"


def kept_facts(task_vars: Mapping[str, Any]) -> dict[str, Any]:
    """The host's kept logins, by identity: a variable from ansible-core 2.21 on, a fact before."""
    facts = task_vars.get(FACT) or (task_vars.get("ansible_facts") or {}).get(FACT)
    return dict(facts) if isinstance(facts, Mapping) else {}


def identity_of(flow: Flow, origin: str = CONTROLLER) -> str:
    """The identity of a flow's login; ``origin`` counts only where the service binds a login to its caller."""
    return identity(
        identity_key(),
        service=flow.NAME,
        base_url=flow.client.connection.base_url,
        principal=flow.principal,
        scope=flow.scope,
        origin=origin if flow.BOUND_TO_CALLER else CONTROLLER,
        credentials=flow.credentials(),
    )


def run_path() -> str:
    """Where the folder for this run's logins is, made or not."""
    return os.path.join(C.DEFAULT_LOCAL_TMP, "tokenflow")


def run_directory() -> str:
    """The folder for this run's logins, which ansible removes at its end; 0700."""
    return _made(run_path())


@functools.cache
def _made(folder: str) -> str:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder


class TokenStore:
    """The kept login of one identity.

    The run's directory counts first: it has what other hosts and failed tasks did. The fact counts where the directory knows nothing, which is when a fact
    cache brought it from an earlier run and ``TOKENFLOW_CACHE_KEY`` opens it.
    """

    def __init__(self, name: str, facts: Mapping[str, Any]) -> None:
        self.name = name
        self._facts = facts
        self._path = os.path.join(run_directory(), f"{name}.json")
        self._depth = 0
        self._written: dict[str, Any] | None = None

    def load(self) -> Token | None:
        entry = self._read()
        if entry is None:
            entry = self._facts.get(self.name)
        if not isinstance(entry, Mapping):
            return None
        rejected = entry.get("rejected")
        if isinstance(rejected, Mapping) and "message" in rejected:
            kind = LoginFailed if rejected.get("kind") == LoginFailed.KIND else CredentialsRejected
            values = {name: rejected[name] for name in ("service", "method", "path", "status", "reply", "hint") if name in rejected}
            raise kind(f"{rejected['message']}, earlier in this run", **values)
        text = unseal(str(entry.get("sealed", "")))
        try:
            return Token.from_json(text) if text else None
        except (TypeError, ValueError):
            # Kept by another version of the collection, which knew other fields.
            return None

    def save(self, token: Token) -> None:
        self._write(public_part(token) | {"sealed": seal(token.to_json())})

    def forget(self) -> None:
        self._write({})

    def reject(self, error: TokenflowError) -> None:
        self._write({"rejected": error.as_result()["error"]})

    def fact(self) -> dict[str, Any] | None:
        """The entry for the host's fact, None where there is no login."""
        entry = self._read() if self._written is None else self._written
        if entry is None:
            entry = self._facts.get(self.name)
        return {str(key): value for key, value in entry.items()} if isinstance(entry, Mapping) and entry.get("sealed") else None

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        descriptor = os.open(self._path + ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._depth = 1
            try:
                yield
            finally:
                self._depth = 0
        finally:
            os.close(descriptor)

    def _read(self) -> dict[str, Any] | None:
        try:
            with open(self._path, encoding="utf-8") as stream:
                entry = json.load(stream)
        except (FileNotFoundError, ValueError):
            return None
        return entry if isinstance(entry, dict) else None

    def _write(self, entry: dict[str, Any]) -> None:
        name = f"{self._path}.{os.getpid()}"
        with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            json.dump(entry, stream)
        os.replace(name, self._path)
        self._written = entry


def public_part(token: Token) -> dict[str, Any]:
    """What anybody may know of a kept login."""
    return {
        "service": token.service,
        "base_url": token.base_url,
        "principal": token.principal,
        "issued_at": timestamp(token.issued_at),
        "expires_at": timestamp(token.expires_at),
    }


def merged(facts: Mapping[str, Any], store: TokenStore) -> dict[str, Any] | None:
    """The host's kept logins with this one brought up to date, None where nothing changed; those that have run out are left out."""
    entry = store.fact()
    if entry == facts.get(store.name):
        return None
    now = timestamp(time.time()) or ""
    others = {str(name): dict(kept) for name, kept in facts.items() if name != store.name and isinstance(kept, Mapping)}
    live = {name: kept for name, kept in others.items() if (kept.get("expires_at") or now) >= now}
    if entry:
        live[store.name] = entry
    return live
