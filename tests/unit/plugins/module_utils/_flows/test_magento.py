# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento login against its simulator: forms, lifetimes, refusals, revocation (contract §3)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    NotAuthorised,
    NotFound,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows import magento as magento_flow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import fill
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.simulators.magento import Magento
from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Clock, Simulated

ADMIN, CUSTOMER = "/rest/V1/integration/admin/token", "/rest/V1/integration/customer/token"
STORES = "/rest/V1/store/storeViews"
ME = "/rest/V1/customers/me"
SIGN_IN = "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."


def views(session: Session) -> int:
    return len(session.call("GET", STORES).json())


def failed(magento: Simulated, role: str = "", **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        magento.flow(role, **options).login()
    assert caught.value.service == "Magento"
    assert str(magento.entry["password"]) not in str(caught.value.as_result())
    return caught.value


# What is sent and what comes back


@pytest.mark.parametrize(("role", "account", "path"), [("", "admin", ADMIN), ("customer", "customer", CUSTOMER)])
@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_the_login_is_one_request_in_either_format(magento: Simulated, role: str, account: str, path: str, media_type: str) -> None:
    flow = magento.flow(role, account=account, media_type=media_type)
    token = flow.login()
    (entry,) = magento.journal()
    assert (entry["method"], entry["path"], entry["query"]) == ("POST", path, "")
    assert entry["headers"]["content-type"] == entry["headers"]["accept"] == f"application/{media_type}"
    assert "authorization" not in entry["headers"]
    name = flow.params["username"]
    if media_type == "json":
        assert entry["body"] == f'{{"username":"{name}","password":"***"}}'
    else:
        assert f"<login><username>{name}</username><password>***</password></login>" in entry["body"]
    assert re.fullmatch(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", token.value)
    assert (token.service, token.principal, token.scope, token.notes) == ("magento", name, account, {})
    assert {token.value, flow.params["password"]} <= flow.client.secrets.values


@pytest.mark.parametrize("password", ['q"<&>\\ é%+', "  blanks  ", "日本"])
@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_special_characters_arrive(magento: Simulated, password: str, media_type: str) -> None:
    magento.act("change_password", username="admin", password=password)
    magento.flow(password=password, media_type=media_type).login()


@pytest.mark.parametrize(("store", "base"), [(None, "/rest/V1"), ("", "/rest/V1"), ("default", "/rest/default/V1"), ("all", "/rest/all/V1")])
def test_the_store_code_stands_in_the_path(magento: Simulated, store: str | None, base: str) -> None:
    magento.flow(store=store).login()
    assert magento.journal()[0]["path"] == f"{base}/integration/admin/token"


def test_a_store_code_is_encoded_and_a_wrong_one_named(magento: Simulated) -> None:
    error = failed(magento, store="no/such")
    assert magento.journal()[0]["path"].startswith("/rest/no%2Fsuch/V1/")
    assert (type(error), error.status, error.reply) == (LoginFailed, 400, "Specified request cannot be processed.")


@pytest.mark.parametrize("skew", [-86_400, 0, 86_400])
@pytest.mark.parametrize(("minutes", "seconds"), [(None, 3600), (240, 14_400), (1, 60), (0, 1800)])
def test_the_lifetime_of_a_jwt_does_not_depend_on_clocks(magento: Simulated, skew: float, minutes: int | None, seconds: float) -> None:
    magento.switch(admin_token_minutes=minutes)
    magento.advance(skew)
    clock = Clock()
    clock.advance(-5000)
    before = clock()
    token = magento.flow(clock=clock).login()
    assert before <= token.issued_at <= clock()
    assert (token.lifetime, token.assumed) == (seconds, False)


@pytest.mark.parametrize("settings", [{"profile": "opaque"}, {"profile": "legacy"}, {"jwt_algorithm": "A256KW"}, {"profile": "opaque", "release": "2.4.4"}])
def test_the_lifetime_of_a_token_that_cannot_be_read_is_not_known(magento: Simulated, settings: dict[str, str]) -> None:
    magento.switch(**settings)
    store, clock = CountingStore(), Clock()
    assert magento.flow().login().expires_at is None
    views(magento.session(store=store, clock=clock))
    clock.advance(100_000)
    views(magento.session(store=store, clock=clock))
    assert len(magento.journal(ADMIN)) == 2


LOGIN = "profile|jwt|otp|cron|bearer|confirmation|captcha|limits|order"
POSITIONS = [(name, value) for name, switch in Magento.SWITCHES.items() for value in switch.choices if re.search(LOGIN, name)]


@pytest.mark.parametrize(("name", "value"), [*POSITIONS, ("mode", "developer"), ("max_failures", 1), ("admin_token_minutes", 5)])
@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_login_and_reading_work_in_every_position(magento: Simulated, name: str, value: Any, media_type: str) -> None:
    magento.switch(**{name: value})
    store = MemoryStore()
    for _task in range(2):
        assert views(magento.session(store=store, media_type=media_type)) > 0
    assert len(magento.journal(ADMIN)) == 1


@pytest.mark.parametrize("release", ["2.1.8", "2.1.9", "2.2.5", "2.3.7", "2.4.3", "2.4.4", "2.4.5", "2.4.6", "2.4.7", "2.4.8"])
def test_login_and_refusal_in_every_release(magento: Simulated, release: str) -> None:
    profile = "legacy" if release == "2.1.8" else "jwt" if release >= "2.4.4" else "opaque"
    magento.switch(profile=profile, release=release)
    assert views(magento.session()) > 0
    assert failed(magento, password="not-it-1").KIND == CredentialsRejected.KIND


# Refusals


@pytest.mark.parametrize(
    ("role", "options"),
    [
        ("", {"password": "not-it-1"}),
        ("", {"username": "nobody"}),
        ("inactive", {}),
        ("customer", {"account": "admin"}),
        ("", {"account": "customer"}),
        ("customer", {"account": "customer", "password": "not-it-1"}),
    ],
)
@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_all_refused_credentials_look_alike(magento: Simulated, role: str, options: dict[str, str], media_type: str) -> None:
    error = failed(magento, role, media_type=media_type, **options)
    assert (type(error), error.status, error.reply) == (CredentialsRejected, 401, SIGN_IN)
    assert "locked" in error.hint
    assert "not sent again" in error.hint
    assert len(magento.journal()) == 1


@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_a_user_without_a_role_is_told_apart(magento: Simulated, media_type: str) -> None:
    error = failed(magento, "norole", media_type=media_type)
    assert (type(error), error.reply) == (CredentialsRejected, "More permissions are needed to access this.")
    assert "role" in error.hint


def test_a_locked_name_is_refused_also_with_the_right_password(magento: Simulated) -> None:
    magento.act("lock", username="admin")
    assert failed(magento).KIND == CredentialsRejected.KIND
    magento.act("unlock", username="admin")
    magento.flow().login()


def test_a_wrong_password_in_many_tasks_does_not_lock_the_name(magento: Simulated) -> None:
    store = CountingStore()
    for _task in range(50):
        with pytest.raises(CredentialsRejected):
            views(magento.session(store=store, password="not-it-1"))
    assert len(magento.journal()) == 1
    magento.flow().login()


@pytest.mark.parametrize("media_type", ["json", "xml"])
@pytest.mark.parametrize(
    ("params", "reply"),
    [({"username": "  "}, '"username" is required. Enter and try again.'), ({"password": "   "}, '"password" is required. Enter and try again.')],
)
def test_messages_have_their_parameters(magento: Simulated, media_type: str, params: dict[str, str], reply: str) -> None:
    error = failed(magento, media_type=media_type, **params)
    assert (type(error), error.status, error.reply) == (LoginFailed, 400, reply)


@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_several_messages_have_all_their_parameters(magento: Simulated, media_type: str) -> None:
    error = failed(magento, username="\t", password="\t", media_type=media_type)
    assert '"username" is required' in error.reply
    assert '"password" is required' in error.reply


def test_recaptcha_is_named(magento: Simulated) -> None:
    magento.switch(recaptcha_customer_login=True)
    error = failed(magento, "customer", account="customer")
    assert (type(error), error.status) == (LoginFailed, 400)
    assert "reCAPTCHA" in error.hint


def test_maintenance_is_unavailable(magento: Simulated) -> None:
    magento.switch(mode="maintenance")
    error = failed(magento)
    assert (type(error), error.status) == (Unavailable, 503)
    assert "maintenance" in error.hint
    assert "<" not in error.reply


@pytest.mark.parametrize("form", ["json", "text", "html"])
@pytest.mark.parametrize("media_type", ["json", "xml"])
def test_an_error_of_the_shop_is_a_failed_login(magento: Simulated, form: str, media_type: str) -> None:
    magento.switch(failure=form)
    error = failed(magento, media_type=media_type)
    assert (type(error), error.status) == (LoginFailed, 500)
    assert error.reply
    assert "<" not in error.reply


@pytest.mark.parametrize("body", ["", '""', "null", "[]", '{"token": "deadbeef"}', "<response/>", "7"])
def test_an_answer_without_a_token_is_an_error(magento: Simulated, body: str) -> None:
    magento.fault("body", ADMIN, body=body)
    error = failed(magento)
    assert error.KIND == LoginFailed.KIND
    assert "deadbeef" not in str(error)


@pytest.mark.parametrize("body", ['"deadbeef', "deadbeef", "<response>deadbeef"])
def test_an_answer_that_cannot_be_read_shows_no_token(magento: Simulated, body: str) -> None:
    magento.fault("body", ADMIN, body=body)
    error = failed(magento)
    assert error.KIND == BadAnswer.KIND
    assert "deadbeef" not in str(error.as_result())


def test_a_password_that_may_have_arrived_is_not_sent_again(magento: Simulated) -> None:
    magento.fault("reset_after", ADMIN, times=5)
    with pytest.raises(ConnectionFailed):
        magento.flow(retries=3).login()
    assert len(magento.journal(ADMIN)) == 1


@pytest.mark.parametrize("missing", ["username", "password"])
def test_missing_credentials_send_nothing(magento: Simulated, missing: str) -> None:
    with pytest.raises(InvalidInput, match=f"Magento needs {missing}"):
        magento.flow(**{missing: None}).login()
    assert not magento.journal()


# Sessions


def test_a_guest_does_not_log_in(magento: Simulated) -> None:
    session = magento.session(account="guest", username=None, password=None)
    assert session.call("GET", "/rest/V1/directory/countries", expect=()).status in (200, 404)
    with pytest.raises(NotAuthorised) as caught:
        views(session)
    assert "Guests are not permitted" in caught.value.hint
    assert "Magento_Backend::store" in caught.value.hint
    assert all("authorization" not in entry["headers"] for entry in magento.journal())
    assert len(magento.journal()) == 2


@pytest.mark.parametrize("end", ["expire_tokens", "revoke_tokens"])
@pytest.mark.parametrize("profile", ["jwt", "opaque"])
def test_a_token_that_ended_costs_one_login(magento: Simulated, end: str, profile: str) -> None:
    magento.switch(profile=profile)
    store = CountingStore()
    views(magento.session(store=store))
    magento.act(end)
    for _task in range(2):
        views(magento.session(store=store))
    assert [entry["status"] for entry in magento.journal(STORES)] == [200, 401, 200, 200]
    assert len(magento.journal(ADMIN)) == 2


def test_a_jwt_is_replaced_before_it_runs_out(magento: Simulated) -> None:
    store, clock = CountingStore(), Clock()
    for seconds in (0, 3500, 75):
        clock.advance(seconds)
        magento.advance(seconds)
        views(magento.session(store=store, clock=clock))
    assert len(magento.journal(ADMIN)) == 2
    assert {entry["status"] for entry in magento.journal(STORES)} == {200}


def test_a_missing_permission_is_named_and_logged_in_for_no_more_than_once(magento: Simulated) -> None:
    """A 401 never tells it from a dead token (contract §3.5)."""
    store = CountingStore()
    for _task in range(4):
        with pytest.raises(NotAuthorised, match="not permitted") as caught:
            magento.session("restricted", store=store).call("GET", "/rest/V1/taxRates/1")
    assert "Magento_Tax::manage_tax" in caught.value.hint
    assert "The login is fresh" in caught.value.hint
    assert len(magento.journal(ADMIN)) == 1


def test_a_refusal_is_known_by_its_resource(magento: Simulated) -> None:
    store = CountingStore()
    for path in ("/rest/V1/taxRates/1", "/rest/V1/taxRates/2", "/rest/V1/taxRules/1"):
        with pytest.raises(NotAuthorised):
            magento.session("restricted", store=store).call("GET", path)
    assert len(magento.journal(ADMIN)) == 1


def test_what_is_missing_is_no_permission(magento: Simulated) -> None:
    with pytest.raises(NotFound) as caught:
        magento.session().call("GET", "/rest/V1/customers/9999")
    assert caught.value.reply == "No such entity with customerId = 9999"


# Revocation


@pytest.mark.parametrize(("release", "revoked"), [("2.4.4", False), ("2.4.5", False), ("2.4.6", True), ("2.4.8", True)])
def test_a_customer_is_logged_out_where_the_release_can(magento: Simulated, release: str, revoked: bool) -> None:
    magento.switch(release=release)
    session = magento.session("customer", account="customer")
    session.call("GET", ME)
    token = session.token()
    assert session.end() == (True, revoked)
    assert magento.flow("customer", account="customer").client.send("GET", ME, authorization=f"Bearer {token.value}").status == (401 if revoked else 200)


def test_a_login_right_after_a_revocation_is_good(magento: Simulated) -> None:
    """One in the same second would be born revoked (contract §3.6)."""
    session = magento.session("customer", account="customer")
    session.token()
    session.end()
    session.call("GET", ME)
    assert [entry["status"] for entry in magento.journal(ME)] == [200]


def test_a_dead_token_counts_as_withdrawn(magento: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(magento_flow.time, "sleep", lambda _seconds: None)
    session = magento.session("customer", account="customer")
    session.token()
    magento.act("revoke_tokens")
    assert session.end() == (True, True)


def test_an_admin_cannot_be_logged_out(magento: Simulated) -> None:
    session = magento.session()
    session.token()
    assert session.end() == (True, False)
    assert not magento.journal("revoke")


def test_a_revocation_that_fails_is_an_error(magento: Simulated) -> None:
    session = magento.session("customer", account="customer")
    session.token()
    magento.fault("status", "revoke", status=500, content_type="application/json", body='{"message":"Broken %1","parameters":["x"]}')
    with pytest.raises(LoginFailed, match="revocation was answered with HTTP 500") as caught:
        session.end()
    assert caught.value.reply == "Broken x"


# Texts


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"message": "plain"}, "plain"),
        ({"message": "%fieldName and %value", "parameters": {"fieldName": "a", "value": 7}}, "a and 7"),
        ({"message": "%1, %2 of %10", "parameters": list("abcdefghij")}, "a, b of j"),
        ({"message": "%1", "parameters": {"item": ["x"]}}, "x"),
        ({"message": "100% of %missing", "parameters": {}}, "100% of %missing"),
        ({"message": "%name", "parameters": "odd"}, "%name"),
        ({}, ""),
    ],
)
def test_templates_are_filled(error: dict[str, Any], text: str) -> None:
    assert fill(error) == text
