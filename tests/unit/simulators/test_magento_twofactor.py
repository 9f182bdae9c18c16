# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: two-factor authentication, its states, codes and enrolment (contract §4)."""

from __future__ import annotations

import base64
import io
from typing import Any

import pyotp
import pytest
from PIL import Image

from tests.simulators._core import ControlError

from ._magento import SIGN_IN, START, Client, claims

GOOGLE = "V1/tfa/provider/google"
USE_PROVIDER = "Please use the 2fa provider-specific endpoints to obtain a token."
MUST_ENROL = "You are required to configure personal Two-Factor Authorization in order to login. Please check your email."


@pytest.fixture
def shop() -> Client:
    return Client()


def authenticate(shop: Client, otp: Any, **more: Any) -> Any:
    body = {"username": "admin", "password": shop.settings["password"], "otp": otp, **more}
    return shop.call("POST", f"{GOOGLE}/authenticate", {name: value for name, value in body.items() if value is not None}, "")


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("no_provider", {"message": "Please ask an administrator with sufficient access to configure 2FA first"}),
        ("not_enrolled", {"message": MUST_ENROL, "parameters": {"providers": ["google"], "active_providers": []}}),
        ("mail_fails", {"message": "Failed to send the message. Please contact the administrator"}),
        ("enrolled", {"message": USE_PROVIDER, "parameters": {"active_providers": ["google"]}}),
    ],
)
def test_the_plain_endpoint_under_two_factor(shop: Client, state: str, error: dict[str, Any]) -> None:
    shop.simulator.set_two_factor(state)
    assert shop.login("admin", "bad").status == 401
    answer = shop.login("admin", shop.settings["password"])
    assert (answer.status, answer.json()) == (400, error)
    assert not shop.simulator.services.logins.throttle.rows  # Right credentials reset the count.
    assert shop.token("customer_", "customer")


def test_the_login_with_a_code(shop: Client) -> None:
    shop.simulator.set_two_factor("enrolled")
    code = shop.simulator.otp("admin")
    assert code == pyotp.TOTP(shop.settings["otp_secret"]).at(START)
    assert claims(authenticate(shop, code).json()) == {"uid": 1, "utypid": 2, "iat": START, "exp": START + 3600}
    assert authenticate(shop, code).status == 200  # A code can be used again.
    wrong = authenticate(shop, "000000")
    assert (wrong.status, wrong.json()) == (401, {"message": "Invalid code."})
    assert authenticate(shop, None).json()["parameters"] == {"fieldName": "otp"}
    assert authenticate(shop, code, password="wrong").json() == {"message": SIGN_IN}


def test_a_code_as_a_number_loses_its_leading_zeros(shop: Client) -> None:
    shop.simulator.set_two_factor("enrolled")
    totp = pyotp.TOTP(shop.settings["otp_secret"])
    shop.moment = next(moment for moment in range(START, START + 10**6, 30) if totp.at(moment).startswith("0"))
    code = shop.simulator.otp("admin")
    assert authenticate(shop, int(code)).status == 401
    assert authenticate(shop, code).status == 200


@pytest.mark.parametrize(
    ("switches", "late", "accepted"),
    [
        ({}, 29, True),
        ({}, 58, True),
        ({}, 59, False),
        ({"release": "2.4.6"}, 59, True),
        ({"release": "2.4.6"}, 60, False),
        ({"otp_leeway": "window"}, 59, True),
        ({"release": "2.4.6", "otp_leeway": "seconds"}, 59, False),
    ],
)
def test_how_old_a_code_may_be(shop: Client, switches: dict[str, Any], late: int, accepted: bool) -> None:
    shop.simulator.set_two_factor("enrolled")
    shop.simulator.switch(**switches)
    shop.moment = START - START % 30
    code = shop.simulator.otp("admin")
    shop.moment += late
    assert (authenticate(shop, code).status == 200) is accepted


def test_wrong_credentials_at_the_code_login_count(shop: Client) -> None:
    shop.simulator.set_two_factor("enrolled")
    for _count in range(6):
        assert authenticate(shop, "000000", password="wrong").status == 401
    assert authenticate(shop, shop.simulator.otp("admin")).json() == {"message": SIGN_IN}


@pytest.mark.parametrize(("state", "message"), [("no_provider", "Provider is not allowed."), ("not_enrolled", "Provider is not configured.")])
def test_the_code_login_without_enrolment(shop: Client, state: str, message: str) -> None:
    shop.simulator.set_two_factor(state)
    answer = authenticate(shop, "123456")
    assert (answer.status, answer.json()) == (400, {"message": message})


def test_without_the_module_there_is_no_route(shop: Client) -> None:
    assert authenticate(shop, "123456").status == 404
    shop.simulator.switch(two_factor="enrolled", profile="opaque", release="2.3.7")
    assert authenticate(shop, "123456").status == 404
    assert shop.token()


def test_the_state_of_one_user(shop: Client) -> None:
    with pytest.raises(ControlError, match="whole shop"):
        shop.simulator.set_two_factor("enrolled", "admin")
    shop.simulator.set_two_factor("not_enrolled")
    shop.simulator.set_two_factor("enrolled", "admin")
    assert shop.login("admin", shop.settings["password"]).json()["message"] == USE_PROVIDER
    assert shop.login("restricted", shop.settings["restricted_password"]).json()["message"] == MUST_ENROL
    with pytest.raises(ControlError, match="two-factor state"):
        shop.simulator.set_two_factor("maybe")


def test_enrolment(shop: Client) -> None:
    shop.simulator.set_two_factor("not_enrolled")
    assert shop.login("admin", shop.settings["password"]).status == 400
    (mail,) = shop.simulator.mails()
    assert mail["to"] == "admin@example.com"
    given = {"tfaToken": mail["tfa_token"]}
    configuration = shop.call("POST", f"{GOOGLE}/configure", given, "").json()
    assert configuration["secret_code"] == shop.settings["otp_secret"]
    assert Image.open(io.BytesIO(base64.b64decode(configuration["qr_code_base64"]))).size == (400, 400)
    assert [one["code"] for one in shop.call("GET", f"V1/tfa/tfat-providers-to-activate?tfaToken={mail['tfa_token']}", token="").json()] == ["google"]
    wrong = shop.call("POST", f"{GOOGLE}/activate", {**given, "otp": "000000"}, "")
    assert (wrong.status, wrong.json()) == (401, {"message": "Invalid code."})
    assert shop.call("POST", f"{GOOGLE}/activate", {**given, "otp": shop.simulator.otp("admin")}, "").text == "[]"
    assert authenticate(shop, shop.simulator.otp("admin")).status == 200
    again = shop.call("POST", f"{GOOGLE}/configure", given, "")
    assert (again.status, again.json()) == (400, {"message": "Provider is already configured."})


def test_bad_enrolment_tokens(shop: Client) -> None:
    shop.simulator.set_two_factor("not_enrolled")
    shop.login("admin", shop.settings["password"])
    good = shop.simulator.mails()[0]["tfa_token"]
    forged = base64.b64encode(base64.b64decode(good)[:-4] + b"0000").decode()
    shop.simulator.set_two_factor("no_provider", "admin")
    assert shop.call("POST", f"{GOOGLE}/configure", {"tfaToken": good}, "").json() == {"message": "Provider is not allowed."}
    shop.simulator.set_two_factor("not_enrolled", "admin")
    for bad in ("garbage", forged):
        answer = shop.call("POST", f"{GOOGLE}/configure", {"tfaToken": bad}, "")
        assert (answer.status, answer.json()) == (401, {"message": "Invalid two-factor authorization token"})
    assert shop.call("GET", "V1/tfa/tfat-providers-to-activate?tfaToken=garbage", token="").status == 500
    shop.moment += 3601
    assert shop.call("POST", f"{GOOGLE}/configure", {"tfaToken": good}, "").status == 401


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("authy/authenticate", {"otp": "1"}),
        ("authy/send-token/sms", {}),
        ("authy/authenticate-onetouch", {}),
        ("u2fkey/authentication-challenge", {}),
        ("u2fkey/verify", {"publicKeyCredentialJson": "{}"}),
        ("duo_security/authenticate", {"signatureResponse": "x"}),
        ("duo_security/get-authentication-data", {}),
    ],
)
def test_other_providers_are_not_forced_here(shop: Client, path: str, more: dict[str, str]) -> None:
    shop.simulator.set_two_factor("enrolled")
    body = {"username": "admin", "password": shop.settings["password"], **more}
    answer = shop.call("POST", f"V1/tfa/provider/{path}", body, "")
    assert (answer.status, answer.json()) == (400, {"message": "Provider is not allowed."})
    assert shop.call("POST", f"V1/tfa/provider/{path}", {**body, "password": "wrong"}, "").json() == {"message": SIGN_IN}


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("authy/configure", {"deviceData": {"country": "NL"}}),
        ("authy/activate", {"otp": "1"}),
        ("u2fkey/configure", {}),
        ("u2fkey/activate", {"publicKeyCredentialJson": "{}"}),
        ("duo_security/configure", {}),
        ("duo_security/activate", {"signatureResponse": "x"}),
    ],
)
def test_enrolment_with_other_providers(shop: Client, path: str, more: dict[str, Any]) -> None:
    shop.simulator.set_two_factor("not_enrolled")
    shop.login("admin", shop.settings["password"])
    token = shop.simulator.mails()[0]["tfa_token"]
    answer = shop.call("POST", f"V1/tfa/provider/{path}", {"tfaToken": token, **more}, "")
    assert (answer.status, answer.json()) == (400, {"message": "Provider is not allowed."})
    assert shop.call("POST", f"V1/tfa/provider/{path}", {"tfaToken": "x", **more}, "").status == 401
    assert shop.call("POST", f"V1/tfa/provider/{path}", {}, "").status == 400


def test_a_duo_route_that_went_with_2_4_8(shop: Client) -> None:
    shop.simulator.set_two_factor("enrolled")
    shop.simulator.switch(release="2.4.8")
    assert shop.call("POST", "V1/tfa/provider/duo_security/get-authentication-data", {}, "").status == 404


def test_provider_lists(shop: Client) -> None:
    shop.bearer = shop.token()
    shop.simulator.set_two_factor("not_enrolled")
    assert [one["code"] for one in shop.ok("GET", "V1/tfa/installed-providers")] == ["google", "duo_security", "authy", "u2fkey"]
    assert [one["enabled"] for one in shop.ok("GET", "V1/tfa/forced-providers")] == [True]
    assert [one["code"] for one in shop.ok("GET", "V1/tfa/user-providers/1")] == ["google"]
    assert [one["code"] for one in shop.ok("GET", "V1/tfa/providers-to-activate/1")] == ["google"]
    assert shop.ok("GET", "V1/tfa/default-provider-code/1") == ""
    assert shop.ok("PUT", "V1/tfa/default-provider-code/1", {"providerCode": "google"}) is True
    assert shop.ok("GET", "V1/tfa/default-provider-code/1") == "google"
    assert shop.ok("PUT", "V1/tfa/user-providers/1", {"providersCodes": "google"}) is True
    assert shop.call("GET", "V1/tfa/user-providers/99").status == 404
    shop.simulator.set_two_factor("enrolled")
    assert shop.ok("GET", "V1/tfa/providers-to-activate/1") == []
    shop.simulator.set_two_factor("no_provider")
    assert shop.ok("GET", "V1/tfa/forced-providers") == []
    assert shop.call("GET", "V1/tfa/installed-providers", token="").json()["parameters"] == {"resources": "Magento_TwoFactorAuth::tfa"}
