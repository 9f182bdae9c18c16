# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two-factor logins to Magento against the simulator (contract §4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import CredentialsRejected, InvalidInput, LoginFailed, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows import magento as magento_flow

from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Simulated

AUTHENTICATE = "/rest/V1/tfa/provider/google/authenticate"
ADMIN = "/rest/V1/integration/admin/token"


def failed(magento: Simulated, **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        magento.flow(**options).login()
    return caught.value


@pytest.fixture
def guarded(magento: Simulated) -> Simulated:
    """A shop whose admin is enrolled."""
    magento.switch(two_factor="enrolled")
    return magento


@pytest.mark.parametrize("media_type", ["json", "xml"])
@pytest.mark.parametrize("leeway", ["window", "seconds"])
def test_a_secret_makes_the_code(guarded: Simulated, media_type: str, leeway: str) -> None:
    guarded.switch(otp_leeway=leeway)
    flow = guarded.flow(otp_secret=guarded.entry["otp_secret"], media_type=media_type)
    token = flow.login()
    (entry,) = guarded.journal()
    assert (entry["method"], entry["path"], entry["headers"]["content-type"]) == ("POST", AUTHENTICATE, f"application/{media_type}")
    assert token.lifetime == 3600
    assert {token.value, guarded.entry["otp_secret"]} <= flow.client.secrets.values
    assert guarded.entry["otp_secret"] not in json.dumps(entry)


def test_a_secret_may_be_written_in_groups(guarded: Simulated) -> None:
    secret = guarded.entry["otp_secret"]
    grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)).lower()
    guarded.flow(otp_secret=grouped).login()


def test_a_code_that_is_given_is_used(guarded: Simulated) -> None:
    guarded.flow(otp=guarded.act("otp", username="admin")).login()
    assert guarded.journal()[0]["path"] == AUTHENTICATE


def test_a_code_that_is_given_goes_before_the_secret(guarded: Simulated) -> None:
    error = failed(guarded, otp="000000", otp_secret=guarded.entry["otp_secret"])
    assert (type(error), error.reply) == (CredentialsRejected, "Invalid code.")


def test_leading_zeros_are_kept(guarded: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    flow = guarded.flow(otp="000123")
    monkeypatch.setattr(flow.client, "send", lambda method, path, **request: sent.append(request["json_body"]["otp"]) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        flow.login()
    assert sent == ["000123"]


@pytest.mark.parametrize("media_type", ["json", "xml"])
@pytest.mark.parametrize("otp", ["000000", "1"])
def test_a_wrong_code_is_rejected_and_named(guarded: Simulated, media_type: str, otp: str) -> None:
    error = failed(guarded, otp=otp, media_type=media_type)
    assert (type(error), error.status, error.reply) == (CredentialsRejected, 401, "Invalid code.")
    assert "otp_secret and this machine's clock" in error.hint


def test_a_clock_that_is_off_is_named(guarded: Simulated) -> None:
    guarded.advance(3600)
    assert "clock" in failed(guarded, otp_secret=guarded.entry["otp_secret"]).hint


def test_a_wrong_password_is_told_from_a_wrong_code(guarded: Simulated) -> None:
    error = failed(guarded, otp_secret=guarded.entry["otp_secret"], password="not-it-1")
    assert error.KIND == CredentialsRejected.KIND
    assert "locked" in error.hint
    assert "clock" not in error.hint


@pytest.mark.parametrize("media_type", ["json", "xml"])
@pytest.mark.parametrize(
    ("state", "reply", "hint"),
    [
        ("no_provider", "configure 2FA first", "not enrolled"),
        ("not_enrolled", "configure personal Two-Factor", "not enrolled"),
        ("mail_fails", "Failed to send the message", ""),
        ("enrolled", "2fa provider-specific endpoints", "give otp_secret"),
    ],
)
def test_a_login_without_a_code_is_a_failed_login_that_says_what_to_do(magento: Simulated, media_type: str, state: str, reply: str, hint: str) -> None:
    magento.switch(two_factor=state)
    error = failed(magento, media_type=media_type)
    assert (type(error), error.status) == (LoginFailed, 400)
    assert reply in error.reply
    assert hint in error.hint
    assert magento.journal()[0]["path"] == ADMIN


def test_a_login_without_a_code_is_not_repeated(guarded: Simulated) -> None:
    store = CountingStore()
    for _task in range(5):
        with pytest.raises(LoginFailed):
            guarded.session(store=store).token()
    assert len(guarded.journal()) == 1


@pytest.mark.parametrize("state", ["no_provider", "not_enrolled", "mail_fails"])
def test_a_login_with_a_code_of_a_user_that_is_not_enrolled(magento: Simulated, state: str) -> None:
    magento.switch(two_factor=state)
    error = failed(magento, otp_secret=magento.entry["otp_secret"])
    assert (type(error), error.status) == (LoginFailed, 400)
    assert "Provider is not" in error.reply
    assert "leave otp and otp_secret out" in error.hint


def test_a_shop_without_two_factor_does_not_know_the_login_with_a_code(magento: Simulated) -> None:
    error = failed(magento, otp_secret=magento.entry["otp_secret"])
    assert (type(error), error.status, error.reply) == (LoginFailed, 404, "Request does not match any route.")
    assert "otp" in error.hint


def test_a_secret_that_is_none_sends_nothing(guarded: Simulated) -> None:
    error = failed(guarded, otp_secret="not base32!")
    assert error.KIND == InvalidInput.KIND
    assert "not base32!" not in str(error)
    assert not guarded.journal()


@pytest.mark.parametrize("options", [{"otp": "123456"}, {"otp_secret": "JBSWY3DPEHPK3PXP"}])
def test_customers_have_no_codes(guarded: Simulated, options: dict[str, str]) -> None:
    error = failed(guarded, account="customer", **options)
    assert error.KIND == InvalidInput.KIND
    assert not guarded.journal()


def test_the_library_is_asked_for_if_it_is_not_there(guarded: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magento_flow, "HAS_PYOTP", False)
    with pytest.raises(InvalidInput, match="pyotp is needed"):
        guarded.flow(otp_secret="JBSWY3DPEHPK3PXP").login()
    assert guarded.flow(otp=guarded.act("otp", username="admin")).login().value


def test_a_code_is_no_part_of_who_logs_in(guarded: Simulated) -> None:
    assert guarded.flow(otp="123456").credentials() == guarded.flow(otp="654321").credentials() == [guarded.entry["password"]]
    assert len(guarded.flow(otp_secret="JBSWY3DPEHPK3PXP").credentials()) == 2
