# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: integrations, as bearer and with OAuth 1.0a signatures (contract §3.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import pytest

from ._magento import JSON, START, Answer, Client

HOST = "https://magento.example.com"


@pytest.fixture
def shop() -> Client:
    return Client()


def escape(text: str) -> str:
    return quote(text, safe="-._~")


def header(shop: Client, method: str, target: str, query: dict[str, str] | None = None, digest: str = "sha256", **changes: Any) -> str:
    """An Authorization header signed as RFC 5849 says; ``changes`` to the parameters are made before signing, ``late`` ones after."""
    late = changes.pop("late", {})
    secrets = changes.pop("secrets", (shop.settings["oauth_consumer_secret"], shop.settings["oauth_token_secret"]))
    parameters: dict[str, str | None] = {
        "oauth_consumer_key": shop.settings["oauth_consumer_key"],
        "oauth_nonce": f"nonce{shop.simulator.services.oauth.nonces and len(shop.simulator.services.oauth.nonces)}",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(shop.moment)),
        "oauth_token": shop.settings["oauth_token"],
        "oauth_version": "1.0",
        **changes,
    }
    given = {name: value for name, value in parameters.items() if value is not None}
    text = "&".join(f"{name}={value}" for name, value in sorted((escape(n), escape(v)) for n, v in {**given, **(query or {})}.items()))
    base = "&".join([method, escape(HOST + target), escape(text)])
    key = "&".join(escape(secret) for secret in secrets)
    given["oauth_signature"] = base64.b64encode(hmac.new(key.encode(), base.encode(), getattr(hashlib, digest)).digest()).decode()
    given = {name: value for name, value in {**given, **late}.items() if value is not None}
    return "OAuth " + ", ".join(f'{name}="{escape(value)}"' for name, value in given.items())


def signed(shop: Client, method: str = "GET", target: str = "/rest/V1/modules", **changes: Any) -> Answer:
    return shop.send(method, target, {"Authorization": header(shop, method, target, **changes)})


def test_a_signed_call(shop: Client) -> None:
    assert signed(shop).status == 200
    assert signed(shop).status == 200
    assert "Magento_Webapi" in signed(shop).json()


def test_the_query_is_part_of_the_signature(shop: Client) -> None:
    query = {"searchCriteria[pageSize]": "2", "fields": "items[sku],total_count"}
    target = "/rest/default/V1/products"
    text = "&".join(f"{escape(name)}={escape(value)}" for name, value in query.items())
    answer = shop.send("GET", f"{target}?{text}", {"Authorization": header(shop, "GET", target, query)})
    assert (answer.status, len(answer.json()["items"])) == (200, 2)
    forged = shop.send("GET", f"{target}?{text.replace('=2', '=3')}", {"Authorization": header(shop, "GET", target, query)})
    assert (forged.status, forged.json()["message"]) == (401, "The signature is invalid. Verify and try again.")


def test_a_signed_write(shop: Client) -> None:
    target = "/rest/all/V1/products/tarp-skog"
    headers = {"Authorization": header(shop, "PUT", target), **JSON}
    assert shop.send("PUT", target, headers, '{"product":{"price":99}}').json()["price"] == 99
    assert shop.send("GET", target, {"Authorization": header(shop, "PUT", target)}).status == 401


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        (
            {"oauth_signature_method": "HMAC-SHA1", "digest": "sha1"},
            400,
            {"message": "Signature method %1 is not supported", "parameters": ["HMAC-SHA1"]},
        ),
        ({"oauth_signature_method": "PLAINTEXT"}, 400, {"message": "Signature method %1 is not supported", "parameters": ["PLAINTEXT"]}),
        ({"oauth_token": "x" * 32}, 401, {"message": "Specified token does not exist"}),
        ({"oauth_token": "short"}, 400, {"message": "The token length is invalid. Check the length and try again."}),
        ({"oauth_consumer_key": "x" * 32}, 401, {"message": "A consumer having the specified key does not exist"}),
        ({"oauth_consumer_key": "short"}, 401, {"message": "Consumer key is not the correct length"}),
        ({"secrets": ("a", "b")}, 401, {"message": "The signature is invalid. Verify and try again."}),
        ({"late": {"oauth_signature": "AAAA"}}, 401, {"message": "The signature is invalid. Verify and try again."}),
        ({"oauth_timestamp": str(START + 601)}, 401, {"message": "An error occurred validating the nonce"}),
        ({"oauth_timestamp": "0"}, 401, {"message": "An error occurred validating the nonce"}),
        ({"oauth_timestamp": "soon"}, 401, {"message": "An error occurred validating the nonce"}),
        ({"oauth_version": "2.0"}, 400, {"message": 'The "%1" Oauth version isn\'t supported.', "parameters": ["2.0"]}),
    ],
)
def test_what_is_refused(shop: Client, changes: dict[str, Any], status: int, error: dict[str, Any]) -> None:
    answer = signed(shop, **changes)
    assert (answer.status, answer.json()) == (status, error)


def test_timestamps(shop: Client) -> None:
    assert signed(shop, oauth_timestamp=str(START + 600)).status == 200
    assert signed(shop, oauth_timestamp="1").status == 200
    shop.moment += 10
    assert signed(shop, oauth_timestamp=str(START + 610)).status == 200


def test_a_nonce_is_good_once(shop: Client) -> None:
    assert signed(shop, oauth_nonce="same").status == 200
    answer = signed(shop, oauth_nonce="same")
    error = {"message": "The nonce is already being used by the consumer with ID %1", "parameters": ["1"]}
    assert (answer.status, answer.json()) == (401, error)


def test_missing_parameters(shop: Client) -> None:
    names = ("oauth_signature", "oauth_signature_method", "oauth_nonce", "oauth_timestamp", "oauth_token")
    answer = shop.send("GET", "/rest/V1/modules", {"Authorization": f'OAuth oauth_consumer_key="{shop.settings["oauth_consumer_key"]}"'})
    assert answer.status == 400
    assert answer.json()["message"] == "One or more input exceptions have occurred."
    assert [error["parameters"]["fieldName"] for error in answer.json()["errors"]] == list(names)
    assert signed(shop, late={"oauth_nonce": None}).json()["parameters"] == {"fieldName": "oauth_nonce"}


def test_an_anonymous_route_does_not_look_at_the_signature(shop: Client) -> None:
    assert signed(shop, target="/rest/V1/directory/currency", secrets=("a", "b")).status == 200


def test_sha1_in_older_releases(shop: Client) -> None:
    shop.simulator.switch(profile="opaque", release="2.4.3")
    assert signed(shop, oauth_signature_method="HMAC-SHA1", digest="sha1").status == 200
    assert signed(shop).status == 200


def test_a_token_of_another_consumer_and_an_inactive_integration(shop: Client) -> None:
    (integration,) = shop.simulator.shop.integrations
    other = type(integration)(2, "Other", "k" * 32, "secret", "t" * 32, "secret", "Administrators")
    shop.simulator.shop.integrations.append(other)
    assert signed(shop, oauth_token="t" * 32).json() == {"message": "Token is not associated with the specified consumer"}
    integration.active = False
    assert signed(shop).json()["parameters"] == {"resources": "Magento_Backend::admin"}


def test_an_integration_token_as_bearer(shop: Client) -> None:
    token = shop.settings["integration_token"]
    refused = shop.call("GET", "V1/modules", token=token)
    assert (refused.status, refused.json()["parameters"]) == (401, {"resources": "Magento_Backend::admin"})
    shop.simulator.switch(integration_bearer=True)
    assert shop.call("GET", "V1/modules", token=token).status == 200
    shop.moment += 10**9
    assert shop.call("GET", "V1/modules", token=token).status == 200
    shop.simulator.switch(integration_bearer=False, profile="opaque", release="2.4.3")
    assert shop.call("GET", "V1/modules", token=token).status == 200
