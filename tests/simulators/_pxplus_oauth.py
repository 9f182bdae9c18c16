# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth2 clients of PxPlus and their tokens (contract §3, §7)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

SEPARATOR = b"\x8a"
LIFETIME = 3600
_MAC_SIZE = hashlib.sha256().digest_size


@dataclass
class Client:
    """A client of OAuth2 Client Maintenance. The token key signs its tokens; the secret does not (contract §3.3)."""

    name: str
    client_id: str
    secret: str
    security_class: str
    token_key: bytes


class Clients:
    """All clients. A token is one base64url text that carries the client, its class and its expiry, signed with the client's token key."""

    def __init__(self) -> None:
        self.by_name: dict[str, Client] = {}
        self.issued: list[str] = []
        self._serial = 0
        self._expired_up_to = 0

    def add(self, name: str, client_id: str, secret: str, security_class: str) -> None:
        self.by_name[name] = Client(name, client_id, secret, security_class, secrets.token_bytes(32))

    def find(self, name: str) -> Client | None:
        """A client by its name or its id."""
        return self.by_name.get(name) or next((c for c in self.by_name.values() if c.client_id == name), None)

    def authenticate(self, client_id: str, secret: str) -> Client | None:
        client = next((c for c in self.by_name.values() if c.client_id == client_id), None)
        if client and hmac.compare_digest(client.secret.encode(), secret.encode()):
            return client
        return None

    def issue(self, client: Client, now: float) -> str:
        self._serial += 1
        claims = {"client": client.client_id, "class": client.security_class, "serial": self._serial, "expires": now + LIFETIME}
        signed = json.dumps(claims, separators=(",", ":")).encode() + SEPARATOR
        token = base64.urlsafe_b64encode(signed + _mac(client, signed)).rstrip(b"=").decode()
        self.issued.append(token)
        return token

    def validate(self, token: str, now: float) -> str | None:
        """The security class that the token grants; None if it is malformed, foreign, run out, or its client is gone."""
        bare = token.strip(" ").rstrip("=")
        try:
            raw = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        signed, mac = raw[:-_MAC_SIZE], raw[-_MAC_SIZE:]
        if not signed.endswith(SEPARATOR):
            return None
        try:
            claims = json.loads(signed[:-1])
        except ValueError:
            return None
        client = next((c for c in self.by_name.values() if c.client_id == claims.get("client")), None) if isinstance(claims, dict) else None
        if not client or not hmac.compare_digest(mac, _mac(client, signed)):
            return None
        if claims["serial"] <= self._expired_up_to or now >= claims["expires"]:
            return None
        return str(claims["class"])

    def expire(self) -> None:
        """Every token issued so far has run out."""
        self._expired_up_to = self._serial

    def revoke(self) -> None:
        """Every client gets a new token key."""
        for client in self.by_name.values():
            client.token_key = secrets.token_bytes(32)


def _mac(client: Client, signed: bytes) -> bytes:
    return hmac.new(client.token_key, signed, hashlib.sha256).digest()


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """``client_id`` and ``client_secret`` of a Basic header, taken as they stand (contract §3.2); None if there are none."""
    scheme, _blank, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(value.strip(), validate=True).decode("latin-1").partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if colon else None


def bearer_token(header: str | None) -> str | None:
    """The text after ``Bearer ``; the scheme word has no case (contract §3.3)."""
    scheme, blank, value = (header or "").partition(" ")
    return value.strip(" ") if blank and scheme.lower() == "bearer" else None
