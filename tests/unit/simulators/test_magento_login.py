# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: tokens, their lifetime and revocation, the throttle (contract §3.1 to §3.6)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.simulators._magento_request import RECAPTCHA_TOKEN
from tests.simulators._magento_tokens import CRYPT_KEY, padded_key

from ._magento import SIGN_IN, START, Client, claims

ME = "V1/customers/me"
REVOKE = "V1/integration/customer/revoke-customer-token"


@pytest.fixture
def shop() -> Client:
    return Client()


def works(shop: Client, token: str, path: str = "V1/modules") -> bool:
    answer = shop.call("GET", path, token=token)
    assert answer.status in (200, 401)
    return answer.status == 200


def signed(header: dict[str, str], payload: dict[str, Any], key: bytes) -> str:
    text = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, payload))
    return text + "." + base64.urlsafe_b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).rstrip(b"=").decode()


def test_a_jwt(shop: Client) -> None:
    token = shop.token()
    header, _payload, signature = token.split(".")
    assert header == base64.urlsafe_b64encode(b'{"kid":"1","alg":"HS256"}').rstrip(b"=").decode()
    assert claims(token) == {"uid": 1, "utypid": 2, "iat": START, "exp": START + 3600}
    assert list(claims(token)) == ["uid", "utypid", "iat", "exp"]
    assert re.fullmatch(r"[\w-]{43}", signature)
    assert claims(shop.token("customer_", "customer")) == {"uid": 1, "utypid": 3, "iat": START, "exp": START + 3600}
    assert shop.token() == token
    shop.moment += 1
    assert shop.token() != token


def test_the_key_is_padded_on_both_sides() -> None:
    key = padded_key(CRYPT_KEY)
    assert (len(key), key.count(b"&"), key.index(CRYPT_KEY.encode())) == (2048, 2016, 1008)
    assert padded_key("a" * 31)[-1009:] == b"&" * 1009


def test_a_token_made_with_the_key_is_accepted_and_forged_ones_are_not(shop: Client) -> None:
    good = {"uid": 1, "utypid": 2, "iat": START, "exp": START + 10}
    head = {"kid": "1", "alg": "HS256"}
    assert works(shop, signed(head, good, padded_key(CRYPT_KEY)))
    for token in (
        signed(head, good, CRYPT_KEY.encode()),
        signed({"kid": "1", "alg": "none"}, good, padded_key(CRYPT_KEY)),
        signed({"kid": "0", "alg": "HS256"}, good, padded_key(CRYPT_KEY)),
        signed(head, {**good, "exp": START}, padded_key(CRYPT_KEY)),
        signed(head, {**good, "utypid": 1}, padded_key(CRYPT_KEY)),
        signed(head, {"uid": 1}, padded_key(CRYPT_KEY)),
        shop.token()[:-3] + "AAA",
        shop.token() + ".x",
        "garbage",
        "a.b.c",
    ):
        assert not works(shop, token), token


@pytest.mark.parametrize(("algorithm", "parts"), [("HS384", 3), ("HS512", 3), ("A256KW", 5)])
def test_other_algorithms(shop: Client, algorithm: str, parts: int) -> None:
    old = shop.token()
    shop.simulator.switch(jwt_algorithm=algorithm)
    token = shop.token()
    assert len(token.split(".")) == parts
    assert works(shop, token)
    assert not works(shop, old)
    assert not works(shop, token[:-4] + "AAAA")
    shop.moment += 3600
    assert not works(shop, token)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_of_a_bearer_token(shop: Client, scheme: str) -> None:
    token = shop.token()
    assert shop.send("GET", "/rest/V1/modules", {"Authorization": f"{scheme} {token}"}).status == 200
    for value in (f"{scheme}  {token}", f'{scheme} "{token}"', f"{scheme}{token}", f"Token {token}", token, f"{scheme} {token} x"):
        assert shop.send("GET", "/rest/V1/modules", {"Authorization": value}).status == 401


@pytest.mark.parametrize(("minutes", "seconds"), [(None, 3600), (1, 60), (0, 1800), (-5, 1800)])
def test_lifetime_of_jwts(shop: Client, minutes: int | None, seconds: int) -> None:
    shop.simulator.switch(admin_token_minutes=minutes, customer_token_minutes=minutes)
    admin, customer = shop.token(), shop.token("customer_", "customer")
    shop.moment += seconds - 1
    assert (works(shop, admin), works(shop, customer, ME)) == (True, True)
    shop.moment += 1
    assert (works(shop, admin), works(shop, customer, ME)) == (False, False)


@pytest.mark.parametrize(
    ("profile", "release", "minutes", "admin_seconds", "customer_seconds"),
    [
        ("opaque", "", None, 14400, 3600),
        ("opaque", "2.4.7", None, 14400, 3600),
        ("opaque", "2.4.7", 0, 0, 0),
        ("opaque", "2.4.3", 0, None, None),
        ("opaque", "2.4.3", 2, 120, 120),
        ("legacy", "", None, None, None),
    ],
)
def test_lifetime_of_opaque_tokens(
    shop: Client, profile: str, release: str, minutes: int | None, admin_seconds: int | None, customer_seconds: int | None
) -> None:
    shop.simulator.switch(profile=profile, release=release, admin_token_minutes=minutes, customer_token_minutes=minutes)
    tokens = (shop.token(), "V1/modules", admin_seconds), (shop.token("customer_", "customer"), ME, customer_seconds)
    for token, path, seconds in tokens:
        assert re.fullmatch("[a-z0-9]{32}", token)
        shop.moment = START + (10**9 if seconds is None else max(seconds - 1, 0))
        assert works(shop, token, path) == (seconds != 0)
        if seconds is not None:
            shop.moment = START + seconds
            assert not works(shop, token, path)


def test_opaque_tokens_differ_and_live_side_by_side(shop: Client) -> None:
    shop.simulator.switch(profile="opaque")
    first, second = shop.token(), shop.token()
    assert first != second
    assert works(shop, first)
    assert works(shop, second)


@pytest.mark.parametrize(
    ("username", "password", "kind"),
    [
        ("admin", "wrong", "admin"),
        ("nobody", "mag-Admin-Change-me-42!", "admin"),
        ("inactive", "mag-Former-Change-me-42!", "admin"),
        (" admin", "mag-Admin-Change-me-42!", "admin"),
        ("ada.hill@example.com", "mag-Customer-Change-me-42!", "admin"),
        ("admin", "mag-Admin-Change-me-42!", "customer"),
        ("ada.hill@example.com", "wrong", "customer"),
        ("bo.lake@example.com", "anything", "customer"),
        ("nobody@example.com", "x", "customer"),
    ],
)
def test_logins_that_fail_alike(shop: Client, username: str, password: str, kind: str) -> None:
    answer = shop.login(username, password, kind)
    assert (answer.status, answer.json()) == (401, {"message": SIGN_IN})


def test_other_failures_of_a_login(shop: Client) -> None:
    answer = shop.login("norole", shop.settings["norole_password"])
    assert (answer.status, answer.json()) == (401, {"message": "More permissions are needed to access this."})
    for one in ({"username": "admin"}, {"username": "admin", "password": None}, {"username": "admin", "password": ""}):
        assert shop.call("POST", "V1/integration/admin/token", one, "").json()["parameters"] == {"fieldName": "password"}
    body = {"username": ["admin"], "password": "x"}
    text = 'The "array" value\'s type is invalid. The "string" type was expected. Verify and try again.'
    assert shop.call("POST", "V1/integration/admin/token", body, "").json() == {"message": text}
    assert shop.call("POST", "V1/integration/admin/token", {"username": "admin", "password": 12}, "").status == 401


def test_admin_names_are_case_insensitive(shop: Client) -> None:
    assert claims(shop.login("ADMIN", shop.settings["password"]).json())["uid"] == 1


def fail(shop: Client, times: int, username: str = "restricted", kind: str = "admin") -> None:
    for _count in range(times):
        assert shop.login(username, "bad", kind).status == 401


def right(shop: Client, account: str = "restricted_", kind: str = "admin") -> bool:
    return shop.login(shop.settings[f"{account}username"], shop.settings[f"{account}password"], kind).status == 200


def test_six_failures_lock_a_name(shop: Client) -> None:
    token = shop.token("restricted_")
    fail(shop, 5)
    assert right(shop)  # Which resets the count.
    fail(shop, 5)
    assert right(shop)
    fail(shop, 6)
    assert not right(shop)
    assert works(shop, token, "V1/categories")
    shop.moment += 1799
    assert not right(shop)  # Blocked calls do not prolong the lock.
    shop.moment += 1
    assert right(shop)


def test_the_lock_slides_with_every_counted_failure(shop: Client) -> None:
    fail(shop, 5)
    shop.moment += 1000
    fail(shop, 1)
    shop.moment += 1799
    assert not right(shop)
    shop.moment += 1
    assert right(shop)


def test_names_are_counted_as_sent_and_by_user_type(shop: Client) -> None:
    fail(shop, 6, "Restricted")
    assert right(shop)
    fail(shop, 6, "restricted", "customer")
    assert right(shop)
    fail(shop, 6, "unknown")
    assert ("unknown", 2) in shop.simulator.services.logins.throttle.rows


def test_a_lapsed_lock_stays_until_cron_removes_it(shop: Client) -> None:
    shop.simulator.switch(cron=False)
    fail(shop, 6)
    shop.moment += 1800
    fail(shop, 1)  # One failure locks again at once.
    assert not right(shop)
    shop.moment += 1800
    assert right(shop)
    fail(shop, 6)
    shop.simulator.switch(cron=True)
    shop.moment = (shop.moment + 1800) // 60 * 60 + 60
    fail(shop, 1)
    assert right(shop)


def test_failures_of_inactive_users_and_of_those_without_role_are_not_counted(shop: Client) -> None:
    for _count in range(7):
        assert shop.login("norole", shop.settings["norole_password"]).json()["message"].startswith("More permissions")
    assert not shop.simulator.services.logins.throttle.rows


def test_throttle_switches_and_actions(shop: Client) -> None:
    shop.simulator.switch(max_failures=2, lock_seconds=10)
    fail(shop, 2)
    assert not right(shop)
    shop.moment += 10
    assert right(shop)
    shop.simulator.lock(username="restricted")
    assert not right(shop)
    shop.simulator.unlock(username="restricted")
    assert right(shop)


def test_the_lock_of_a_customer_itself(shop: Client) -> None:
    password = shop.settings["customer_password"]
    for name in ("ada.hill@example.com", "Ada.Hill@example.com"):
        fail(shop, 5, name, "customer")
    # The throttle counts names as sent, so a third spelling is not blocked by it.
    assert shop.login("ADA.hill@example.com", password, "customer").status == 401
    shop.moment += 599
    assert shop.login("ADA.hill@example.com", password, "customer").status == 401
    shop.moment += 1
    assert shop.login("ADA.hill@example.com", password, "customer").status == 200
    fail(shop, 5, "Ada.HILL@example.com", "customer")
    assert right(shop, "customer_", "customer")


def test_customer_failures_that_are_far_apart_do_not_lock(shop: Client) -> None:
    for number in range(12):
        shop.simulator.unlock("ada.hill@example.com")
        shop.moment = START + number * 61
        fail(shop, 1, "ada.hill@example.com", "customer")
    shop.simulator.unlock("ada.hill@example.com")
    assert not right(shop, "customer_", "customer")
    shop.moment += 601
    shop.simulator.unlock("ada.hill@example.com")
    assert right(shop, "customer_", "customer")


def test_a_customer_revokes_tokens(shop: Client) -> None:
    first = shop.token("customer_", "customer")
    shop.moment += 1
    second = shop.token("customer_", "customer")
    assert shop.call("POST", REVOKE, token=second).text == "true"
    assert not works(shop, first, ME)
    assert not works(shop, second, ME)
    assert shop.call("POST", REVOKE, token=second).json()["parameters"] == {"resources": "self"}
    assert not works(shop, shop.token("customer_", "customer"), ME)  # The same second.
    shop.moment += 1
    assert works(shop, shop.token("customer_", "customer"), ME)


def test_revocation_by_others(shop: Client) -> None:
    assert shop.call("POST", REVOKE, {}).json()["parameters"] == {"fieldName": "customerId"}
    assert shop.call("POST", REVOKE, token="").status == 401
    shop.simulator.switch(profile="opaque", release="2.4.7")
    token = shop.token("customer_", "customer")
    assert shop.call("POST", REVOKE, {}, token).text == "true"
    assert not works(shop, token, ME)
    assert works(shop, shop.token("customer_", "customer"), ME)


def test_admin_tokens_are_revoked_behind_the_service_only(shop: Client) -> None:
    token = shop.token()
    shop.simulator.revoke_admin(username="admin")
    assert not works(shop, token)
    assert not works(shop, shop.token())
    shop.moment += 1
    assert works(shop, shop.token())
    shop.simulator.switch(profile="opaque")
    with pytest.raises(ControlError, match="This user has no tokens"):
        shop.simulator.revoke_admin(username="restricted")
    token = shop.token("restricted_")
    shop.simulator.revoke_admin(username="restricted")
    assert not works(shop, token, "V1/categories")
    with pytest.raises(ControlError, match="no admin user"):
        shop.simulator.revoke_admin(username="nobody")


def test_inactive_users_and_deleted_customers_lose_their_tokens(shop: Client) -> None:
    token, customer = shop.token("restricted_"), shop.token("customer_", "customer")
    shop.simulator.set_active(username="restricted", active=False)
    assert not works(shop, token, "V1/categories")
    assert not right(shop)
    shop.simulator.set_active(username="restricted", active=True)
    assert right(shop)
    shop.ok("DELETE", "V1/customers/1")
    assert not works(shop, customer, ME)


def test_a_changed_password_leaves_tokens_alone(shop: Client) -> None:
    admin, customer = shop.token(), shop.token("customer_", "customer")
    shop.simulator.change_password(username="admin", password="Another-one-7")
    shop.simulator.change_password(username="ada.hill@example.com", password="Another-one-8")
    assert works(shop, admin)
    assert works(shop, customer, ME)
    assert (right(shop, ""), shop.login("admin", "Another-one-7").status) == (False, 200)
    assert shop.login("ada.hill@example.com", "Another-one-8", "customer").status == 200


@pytest.mark.parametrize("profile", ["jwt", "opaque", "legacy"])
@pytest.mark.parametrize("action", ["expire_tokens", "revoke_tokens"])
def test_control_actions_end_all_tokens_but_not_the_next_one(shop: Client, profile: str, action: str) -> None:
    shop.simulator.switch(profile=profile)
    token = shop.token()
    getattr(shop.simulator, action)()
    assert not works(shop, token)
    assert works(shop, shop.token())


def test_recaptcha(shop: Client) -> None:
    shop.simulator.switch(recaptcha_customer_login=True)
    body = {"username": shop.settings["customer_username"], "password": shop.settings["customer_password"]}
    path = "V1/integration/customer/token"
    for headers in ({}, {"X_ReCaptcha": "wrong"}):
        answer = shop.call("POST", path, "{", "", **headers)
        assert (answer.status, answer.json()) == (400, {"message": "ReCaptcha validation failed, please try again"})
    assert shop.call("POST", path, body, "", X_ReCaptcha=RECAPTCHA_TOKEN).status == 200
    assert right(shop, "")
    shop.simulator.switch(profile="opaque", release="2.3.7")
    assert shop.call("POST", path, body, "").status == 200


@pytest.mark.parametrize(("release", "message"), [("2.4.7", SIGN_IN), ("2.4.8", "This account isn't confirmed. Verify and try again.")])
def test_an_unconfirmed_address(shop: Client, release: str, message: str) -> None:
    shop.simulator.switch(email_confirmation=True, release=release)
    customer = {"email": "new@example.com", "firstname": "N", "lastname": "W"}
    assert shop.call("POST", "V1/customers", {"customer": customer, "password": "Fresh-start-1"}, "").status == 200
    answer = shop.login("new@example.com", "Fresh-start-1", "customer")
    assert (answer.status, answer.json()["message"]) == (401, message)
