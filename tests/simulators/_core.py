# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every simulator has: a clock, switches, a journal, faults and control actions."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from typing import Any, ClassVar

JOURNAL_BODY_LIMIT = 4096
FAULT_KINDS = ("status", "delay", "reset", "reset_after", "truncate", "content_type", "body")


class ControlError(ValueError):
    """A control request that cannot be served; the control port answers it with 400."""


class Clock:
    """The simulated time in Unix seconds: the machine's own, moved by an offset."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds


@dataclass(frozen=True)
class Switch:
    """One thing that the contract leaves open: its default and the other answers (no choices: any value of that type)."""

    default: Any
    choices: tuple[Any, ...] = ()
    about: str = ""

    def check(self, name: str, value: Any) -> Any:
        if self.choices and value not in self.choices:
            raise ControlError(f"switch {name} takes one of {list(self.choices)}, not {value!r}")
        if not self.choices and self.default is not None and not isinstance(value, (type(self.default), int, float)):
            raise ControlError(f"switch {name} takes a {type(self.default).__name__}, not {value!r}")
        return value


@dataclass
class Fault:
    """A fault for the next matching requests.

    ``status`` answers with ``status`` and ``body`` in place of the service; ``delay`` waits ``seconds`` first; ``reset`` drops
    the connection before the service sees the request and ``reset_after`` once it has acted; ``truncate`` sends half the
    answer's body; ``content_type`` changes only that header; ``body`` changes only the body.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    skip: int = 0
    status: int = 503
    body: str = ""
    content_type: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ControlError(f"fault kind {self.kind!r} is not one of {', '.join(FAULT_KINDS)}")

    def takes(self, method: str, path: str) -> bool:
        """Whether this request gets the fault; counts it if so."""
        if self.times <= 0 or (self.method and self.method.upper() != method.upper()) or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def control(method: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a simulator's method as an action of the control port; its arguments come from a JSON object."""
    method.is_control = True  # type: ignore[attr-defined]
    return method


class Simulator:
    """Base of the five services: ``app`` is the service itself, everything else is the same for all.

    A subclass gives ``NAME``, ``SWITCHES``, ``app()``, ``seed()``, ``settings()``, ``expire_tokens()`` and ``revoke_tokens()``.
    """

    NAME: ClassVar[str]
    SWITCHES: ClassVar[dict[str, Switch]] = {}
    PLAIN_HTTP: ClassVar[str] = ""
    """Why the service also listens on plain HTTP, where the real one does (an answer that only says: use HTTPS)."""

    def __init__(self, instance: str | None = None) -> None:
        self.instance = instance or self.NAME
        self.clock = Clock()
        self._application = self.app()
        self.reset()

    def app(self) -> Callable[..., Any]:
        """The ASGI application of the service."""
        raise NotImplementedError

    def seed(self) -> None:
        """Sets the service's data to its first state."""
        raise NotImplementedError

    def settings(self) -> dict[str, Any]:
        """What a client needs beside the URL: credentials and names, as ``{option: value}``."""
        raise NotImplementedError

    def secrets(self) -> list[str]:
        """Values that stand in no journal."""
        return [v for k, v in self.settings().items() if isinstance(v, str) and re.search("password|secret", k)]

    @control
    def reset(self) -> None:
        """Everything as at the start: data, tokens, switches, faults, journal and clock."""
        self.clock.offset = 0.0
        self.switches = {name: switch.default for name, switch in self.SWITCHES.items()}
        self.faults: list[Fault] = []
        self.journal: list[dict[str, Any]] = []
        self._requests = 0
        self.seed()

    @control
    def expire_tokens(self) -> None:
        """Lets every live token run out now."""
        raise NotImplementedError

    @control
    def revoke_tokens(self) -> None:
        """Withdraws every live token."""
        raise NotImplementedError

    @control
    def advance(self, seconds: float) -> float:
        """Moves this service's clock; returns the new time in Unix seconds."""
        self.clock.advance(seconds)
        return self.clock.now()

    @control
    def switch(self, **values: Any) -> dict[str, Any]:
        """Sets switches; returns all of them."""
        for name, value in values.items():
            if name not in self.SWITCHES:
                raise ControlError(f"{self.NAME} has no switch {name!r}; it has {', '.join(sorted(self.SWITCHES))}")
            self.switches[name] = self.SWITCHES[name].check(name, value)
        return dict(self.switches)

    @control
    def fault(self, **values: Any) -> dict[str, Any]:
        """Adds a fault (see ``Fault``)."""
        try:
            self.faults.append(Fault(**values))
        except TypeError as error:
            raise ControlError(str(error)) from error
        return asdict(self.faults[-1])

    @control
    def clear_faults(self) -> None:
        """Removes the faults that are still waiting."""
        self.faults.clear()

    @control
    def clear_journal(self) -> None:
        """Empties the journal."""
        self.journal.clear()

    @control
    def secret_fingerprints(self) -> list[str]:
        """Fingerprints of all secrets, issued ones too: what looks for leaks need not know them."""
        return sorted({fingerprint(value) for value in self.secrets()})

    @classmethod
    def actions(cls) -> dict[str, str]:
        """Names of the control actions with their first line of documentation."""
        found = {}
        for name in sorted(dir(cls)):
            method = getattr(cls, name)
            # An overriding method need not repeat the decorator.
            if any(getattr(vars(base).get(name), "is_control", False) for base in cls.__mro__):
                found[name] = (method.__doc__ or "").strip().splitlines()[0] if method.__doc__ else ""
        return found

    def on(self, switch: str) -> Any:
        """The position of a switch."""
        return self.switches[switch]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = await _read_body(receive)
        entry = self._enter(scope, body)
        fault = next((f for f in self.faults if f.takes(entry["method"], entry["path"])), None)
        if fault:
            entry["fault"] = fault.kind
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        if fault and fault.kind == "reset":
            _drop(transport)
            return
        answer = _Answer(self.clock, entry, send, fault, transport)
        if fault and fault.kind == "status":
            headers = {"content-type": fault.content_type, **fault.headers}
            await answer({"type": "http.response.start", "status": fault.status, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]})
            await answer({"type": "http.response.body", "body": fault.body.encode()})
            return
        await self._application(scope, _replay(body, receive), answer)

    def _enter(self, scope: dict[str, Any], body: bytes) -> dict[str, Any]:
        self._requests += 1
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        if "authorization" in headers:
            scheme, blank, value = headers["authorization"].partition(" ")
            # Without a scheme the whole value is the secret.
            headers["authorization"] = f"{scheme} {fingerprint(value)}" if blank else fingerprint(scheme)
        text = body.decode("utf-8", "replace")
        query = scope["query_string"].decode("latin-1")
        for secret in self.secrets():
            text, query = text.replace(secret, "***"), query.replace(secret, "***")
        # Cut last, so that no part of a secret is left at the edge.
        text = text[:JOURNAL_BODY_LIMIT]
        entry = {
            "number": self._requests,
            "time": self.clock.now(),
            "method": scope["method"],
            "path": scope["raw_path"].decode("latin-1"),
            "query": query,
            "headers": headers,
            "body": text,
            "size": len(body),
            "client": scope["client"][0] if scope.get("client") else None,
            "status": None,
        }
        self.journal.append(entry)
        return entry


class _Answer:
    """The ``send`` of one request: adds ``Date``, notes the status, applies the faults that change an answer."""

    def __init__(self, clock: Clock, entry: dict[str, Any], send: Any, fault: Fault | None, transport: Any) -> None:
        self.clock, self.entry, self.send, self.fault, self.transport = clock, entry, send, fault, transport
        self.kind = fault.kind if fault else ""
        self.start: dict[str, Any] = {}
        self.held = b""

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.entry["status"] = message["status"]
            headers = [(k, v) for k, v in message["headers"] if k.lower() != b"date"]
            if self.kind == "content_type" and self.fault:
                headers = [(k, v) for k, v in headers if k.lower() != b"content-type"]
                headers.append((b"content-type", self.fault.content_type.encode()))
            headers.append((b"date", formatdate(self.clock.now(), usegmt=True).encode()))
            message = {**message, "headers": headers}
            if self.kind in ("reset_after", "truncate", "body"):
                self.start = message
                return
        elif self.start:
            self.held += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish()
            return
        await self.send(message)

    async def _finish(self) -> None:
        if self.kind == "reset_after":
            _drop(self.transport)
            return
        replaced = self.fault.body.encode() if self.kind == "body" and self.fault else self.held
        headers = [(k, v) for k, v in self.start["headers"] if k.lower() != b"content-length"]
        headers.append((b"content-length", str(len(replaced)).encode()))
        await self.send({**self.start, "headers": headers})
        if self.kind == "truncate":
            await self.send({"type": "http.response.body", "body": replaced[: len(replaced) // 2], "more_body": True})
            _drop(self.transport, abort=False)
            return
        await self.send({"type": "http.response.body", "body": replaced})


def _drop(transport: Any, abort: bool = True) -> None:
    if transport is None:
        raise RuntimeError("the server does not show its transport: this fault needs uvicorn's h11 protocol")
    if abort:
        transport.abort()
    else:
        transport.close()


async def _read_body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _replay(body: bytes, receive: Any) -> Any:
    sent = False

    async def replay() -> dict[str, Any]:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def fingerprint(value: str) -> str:
    """A short name for a secret value, so that a test can tell two of them apart."""
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:12]
