# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A token and what is known of it."""

from __future__ import annotations

import binascii
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

LAST_SECOND = 253402300799.0
"""The end of the year 9999 in Unix seconds."""


@dataclass(frozen=True)
class Token:
    """A bearer token.

    ``issued_at`` and ``expires_at`` are Unix seconds on the client's clock. ``expires_at`` is None where nothing is known of the lifetime, and
    ``assumed`` is true where it is a guess. ``service``, ``base_url``, ``principal`` and ``scope`` say what it was issued for. ``notes`` is what the flow
    keeps with it (roles, a held lock, a learnt lifetime), as JSON values.
    """

    value: str = field(repr=False)
    service: str
    base_url: str
    principal: str
    scope: str
    issued_at: float
    expires_at: float | None = None
    assumed: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def lifetime(self) -> float | None:
        """Seconds from issue to expiry, if known."""
        return None if self.expires_at is None else self.expires_at - self.issued_at

    def remaining(self, now: float) -> float | None:
        """Seconds left, if known."""
        return None if self.expires_at is None else self.expires_at - now

    def lives(self, now: float, at_least: float = 0.0) -> bool:
        """Whether it should be good for that many seconds more."""
        return self.expires_at is None or self.expires_at - now > at_least

    def noting(self, **notes: Any) -> Token:
        """The same token with other notes."""
        return replace(self, notes={**self.notes, **notes})

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Token:
        return cls(**json.loads(text))


def identity(key: bytes, *, service: str, base_url: str, principal: str, scope: str, origin: str, credentials: Sequence[str]) -> str:
    """The name under which a login is kept: 64 hexadecimal digits.

    It changes with everything that makes another login of it, the credential included. It is keyed, so that a fact cache does not help to guess a password.
    """
    parts = json.dumps([service, base_url, principal, scope, origin, list(credentials)])
    return hmac.digest(key, parts.encode(), "sha256").hex()


def jwt_times(value: str) -> tuple[float, float] | None:
    """``iat`` and ``exp`` of a JWT in Unix seconds on the server's clock, or None where the value is no readable JWT.

    The signature is not checked: the times only say when to log in again.
    """
    parts = value.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["iat"]), float(claims["exp"])
    except (binascii.Error, UnicodeDecodeError, ValueError, KeyError, TypeError):
        return None


def timestamp(seconds: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC; None where nothing is known."""
    if seconds is None:
        return None
    # What a service says may lie beyond the last year that there is.
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
