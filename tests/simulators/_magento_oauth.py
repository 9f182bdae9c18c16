# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OAuth 1.0a signed calls of integrations to the Magento simulator (contract §3.7)."""

from __future__ import annotations

import base64
import hmac
import re
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from ._magento_errors import REQUIRED_FIELD, WebapiError, bad_request, input_errors
from ._magento_shop import INTEGRATION, Caller, Integration, Shop

REQUIRED_PARAMETERS = ("oauth_consumer_key", "oauth_signature", "oauth_signature_method", "oauth_nonce", "oauth_timestamp", "oauth_token")
TIME_DEVIATION = 600
"""How many seconds a timestamp may lie in the future."""
TOKEN_LENGTH = KEY_LENGTH = 32
DIGESTS = {"HMAC-SHA256": "sha256", "HMAC-SHA1": "sha1"}


def signature_methods(shop: Shop) -> tuple[str, ...]:
    return ("HMAC-SHA256",) if shop.release >= (2, 4, 4) else ("HMAC-SHA1", "HMAC-SHA256")


def parameters(authorization: str, url: str) -> dict[str, str]:
    """The OAuth parameters of the header and the query parameters of the URL, decoded; empty if the header is not OAuth's."""
    position = authorization.lower().find("oauth ")
    if position < 0:
        return {}
    found: dict[str, str] = {}
    for part in authorization[position + 6 :].split(","):
        name, equals, value = part.strip().partition("=")
        if equals and re.search("oauth_[a-z_-]+", name):
            found[unquote(name)] = unquote(value.strip('"'))
    for pair in urlsplit(url).query.split("&"):
        halves = pair.split("=")
        if len(halves) == 2 and not re.search("oauth_[a-z_-]+", halves[0]):
            found[unquote_plus(halves[0])] = unquote_plus(halves[1])
    return found


def encode(text: str) -> str:
    return quote(text, safe="~")


def signature(method: str, url: str, signed: dict[str, str], algorithm: str, consumer_secret: str, token_secret: str) -> str:
    """The signature in base64 of everything but ``oauth_signature`` itself."""
    parts = urlsplit(url)
    default_port = {"https": 443, "http": 80}[parts.scheme]
    host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in (None, default_port) else "")
    pairs = sorted((encode(name), encode(value)) for name, value in signed.items() if name != "oauth_signature")
    text = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join([method.upper(), encode(f"{parts.scheme}://{host}{parts.path}"), encode(text)])
    key = f"{encode(consumer_secret)}&{encode(token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), DIGESTS[algorithm]).digest()).decode()


class OAuth:
    """Verifies signed calls and remembers nonces."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.nonces: set[tuple[str, int]] = set()

    def caller(self, method: str, url: str, authorization: str) -> Caller | None:
        """The integration that signed a call; None if the header is not OAuth's.

        :raises WebapiError: 400 or 401 as in the table of contract §3.7.
        """
        given = parameters(authorization, url)
        if not given:
            return None
        integration = self._protocol(given)
        token_owner = next((known for known in self.shop.integrations if known.token == given["oauth_token"]), None)
        if token_owner is None:
            raise WebapiError(401, "Specified token does not exist")
        if token_owner.id != integration.id:
            raise WebapiError(401, "Token is not associated with the specified consumer")
        algorithm = given["oauth_signature_method"]
        expected = signature(method, url, given, algorithm, integration.consumer_secret, integration.token_secret)
        if not hmac.compare_digest(expected.encode(), given["oauth_signature"].encode()):
            raise WebapiError(401, "The signature is invalid. Verify and try again.")
        return Caller(INTEGRATION, integration.id) if integration.active else None

    def _protocol(self, given: dict[str, str]) -> Integration:
        version = given.get("oauth_version", "1.0")
        if version != "1.0":
            raise bad_request('The "%1" Oauth version isn\'t supported.', parameters=[version])
        missing = [name for name in REQUIRED_PARAMETERS if name not in given]
        if missing:
            raise input_errors([(REQUIRED_FIELD, {"fieldName": name}) for name in missing])
        if len(given["oauth_token"]) != TOKEN_LENGTH:
            raise bad_request("The token length is invalid. Check the length and try again.")
        if given["oauth_signature_method"] not in signature_methods(self.shop):
            raise bad_request("Signature method %1 is not supported", parameters=[given["oauth_signature_method"]])
        if len(given["oauth_consumer_key"]) != KEY_LENGTH:
            raise WebapiError(401, "Consumer key is not the correct length")
        integration = next((known for known in self.shop.integrations if known.consumer_key == given["oauth_consumer_key"]), None)
        if integration is None:
            raise WebapiError(401, "A consumer having the specified key does not exist")
        self._check_nonce(integration, given["oauth_nonce"], given["oauth_timestamp"])
        return integration

    def _check_nonce(self, integration: Integration, nonce: str, timestamp: str) -> None:
        match = re.match(r"\s*[+-]?\d+", timestamp)
        seconds = int(match[0]) if match else 0
        if seconds <= 0 or seconds > self.shop.now() + TIME_DEVIATION:
            raise WebapiError(401, "An error occurred validating the nonce")
        if (nonce, integration.id) in self.nonces:
            raise WebapiError(401, "The nonce is already being used by the consumer with ID %1", [str(integration.id)])
        self.nonces.add((nonce, integration.id))
