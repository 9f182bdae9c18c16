# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of the Magento simulator: JWT and opaque, their lifetimes and their revocation (contract §3.4 to §3.6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import string
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from ._magento_shop import ADMIN, CUSTOMER, INTEGRATION, Caller, Shop

CRYPT_KEY = "2f9d6c1b8a7e4053b6d1c0e9f8a7b6c5"
KEY_ID = "1"
PADDED_LENGTH = 2048
OPAQUE_LENGTH = 32
FALLBACK_SECONDS = 1800
"""Lifetime of a JWT when the configured one is zero or less (contract §3.4)."""
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}
JWT_ALGORITHMS = (*DIGESTS, "A256KW")


@dataclass
class OpaqueToken:
    value: str
    caller: Caller
    issued: int


def padded_key(key: str) -> bytes:
    """The HMAC key: ``crypt/key`` padded with ``&`` on both sides to 2048 characters, the odd one on the right (contract §3.4)."""
    missing = max(PADDED_LENGTH - len(key), 0)
    return ("&" * (missing // 2) + key + "&" * (missing - missing // 2)).encode()


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


class Tokens:
    """Issues, reads and revokes tokens of admins and customers; knows the integrations' tokens too."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.opaque: dict[str, OpaqueToken] = {}
        self.revoked_before: dict[Caller, int] = {}
        # Every value ever issued, and those that a control action ended; a value that is issued anew lives again.
        self.issued: set[str] = set()
        self.ended: set[str] = set()

    def issue(self, caller: Caller) -> str:
        """A new token. Two JWTs of one caller within one second are the same text (contract §3.4)."""
        value = self._jwt(caller) if self.shop.on("profile") == "jwt" else self._opaque(caller)
        self.issued.add(value)
        self.ended.discard(value)
        return value

    def lifetime(self, caller: Caller) -> int | None:
        """Seconds a token lives; None for ever (contract §3.4)."""
        minutes = self.shop.on("admin_token_minutes" if caller.type == ADMIN else "customer_token_minutes")
        profile = self.shop.on("profile")
        if profile == "jwt":
            seconds = 3600 if minutes is None else int(minutes * 60)
            return seconds if seconds > 0 else FALLBACK_SECONDS
        if profile == "legacy":
            return None
        if minutes is None:
            return 4 * 3600 if caller.type == ADMIN else 3600
        if minutes <= 0:
            # Up to 2.4.3 an empty lifetime means no end, later an end at once.
            return None if self.shop.release < (2, 4, 4) else 0
        return int(minutes * 60)

    def read(self, value: str) -> Caller | None:
        """The caller of a bearer token; None if it is expired, revoked, forged or unknown, which is all the same (contract §3.5)."""
        if value in self.ended:
            return None
        for integration in self.shop.integrations:
            if integration.active and hmac.compare_digest(integration.token.encode(), value.encode()):
                return Caller(INTEGRATION, integration.id) if self._integration_as_bearer() else None
        if self.shop.on("profile") == "jwt":
            return self._read_jwt(value)
        return self._read_opaque(value)

    def _integration_as_bearer(self) -> bool:
        return self.shop.release < (2, 4, 4) or bool(self.shop.on("integration_bearer"))

    def revoke(self, caller: Caller) -> int:
        """Ends all tokens of a caller; a login within the same second yields a dead JWT (contract §3.6). Returns how many opaque ones there were."""
        if self.shop.on("profile") == "jwt":
            self.revoked_before[caller] = self.shop.now()
            return 0
        values = [token.value for token in self.opaque.values() if token.caller == caller]
        for value in values:
            del self.opaque[value]
        return len(values)

    def end_all(self) -> None:
        """Ends every token issued so far, whatever the second."""
        self.ended |= self.issued

    def _opaque(self, caller: Caller) -> str:
        alphabet = string.ascii_lowercase + string.digits
        value = "".join(secrets.choice(alphabet) for _count in range(OPAQUE_LENGTH))
        self.opaque[value] = OpaqueToken(value, caller, self.shop.now())
        return value

    def _read_opaque(self, value: str) -> Caller | None:
        token = self.opaque.get(value)
        if token is None:
            return None
        lifetime = self.lifetime(token.caller)
        if lifetime is not None and token.issued + lifetime <= self.shop.now():
            return None
        return token.caller

    def _jwt(self, caller: Caller) -> str:
        now = self.shop.now()
        claims = compact({"uid": caller.id, "utypid": caller.type, "iat": now, "exp": now + (self.lifetime(caller) or 0)})
        algorithm = self.shop.on("jwt_algorithm")
        if algorithm in DIGESTS:
            signed = f"{encode(compact({'kid': KEY_ID, 'alg': algorithm}))}.{encode(claims)}"
            return f"{signed}.{encode(self._signature(signed, algorithm))}"
        return self._jwe(claims, algorithm)

    def _signature(self, signed: str, algorithm: str) -> bytes:
        return hmac.new(padded_key(CRYPT_KEY), signed.encode(), DIGESTS[algorithm]).digest()

    def _read_jwt(self, value: str) -> Caller | None:
        algorithm = self.shop.on("jwt_algorithm")
        try:
            claims = self._signed_claims(value, algorithm) if algorithm in DIGESTS else self._encrypted_claims(value, algorithm)
            if claims is None or int(claims["exp"]) <= self.shop.now():
                return None
            caller = Caller(int(claims["utypid"]), int(claims["uid"]))
            issued = int(claims["iat"])
        except (ValueError, KeyError, TypeError):
            return None
        if caller.type not in (ADMIN, CUSTOMER) or issued <= self.revoked_before.get(caller, -1):
            return None
        return caller

    def _signed_claims(self, value: str, algorithm: str) -> dict[str, Any] | None:
        header, payload, signature = value.split(".")
        head = json.loads(decode(header))
        if head.get("alg") != algorithm or head.get("kid") != KEY_ID:
            return None
        if not hmac.compare_digest(encode(self._signature(f"{header}.{payload}", algorithm)), signature):
            return None
        return json.loads(decode(payload))

    # The service can be set to encrypted tokens; the contract gives no bytes for them, so this is RFC 7516 with the key's digest.
    def _jwe(self, claims: bytes, algorithm: str) -> str:
        header = encode(compact({"kid": KEY_ID, "alg": algorithm, "enc": "A256GCM"}))
        content_key, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
        sealed = AESGCM(content_key).encrypt(nonce, claims, header.encode())
        wrapped = aes_key_wrap(self._wrapping_key(), content_key)
        return ".".join([header, encode(wrapped), encode(nonce), encode(sealed[:-16]), encode(sealed[-16:])])

    def _encrypted_claims(self, value: str, algorithm: str) -> dict[str, Any] | None:
        header, wrapped, nonce, text, tag = value.split(".")
        if json.loads(decode(header)).get("alg") != algorithm:
            return None
        try:
            content_key = aes_key_unwrap(self._wrapping_key(), decode(wrapped))
            return json.loads(AESGCM(content_key).decrypt(decode(nonce), decode(text) + decode(tag), header.encode()))
        except (InvalidUnwrap, InvalidTag) as error:
            raise ValueError("not a token of this service") from error

    def _wrapping_key(self) -> bytes:
        return hashlib.sha256(padded_key(CRYPT_KEY)).digest()
