# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PxPlus login against its simulator (contract §3)."""

from __future__ import annotations

import json
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
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import basic
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.simulators._core import fingerprint
from tests.simulators._pxplus_switches import SWITCHES
from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Clock, Simulated

TOKEN = "/services/oauth2/token.pxp"
SERVICE = "/services/service.pxp"


def run(session: Session, service: str = "invoices") -> str:
    return session.call("GET", SERVICE, query={"id": service, "type": "JSON"}).text("windows-1252")


def failed(pxplus: Simulated, role: str = "", **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        pxplus.flow(role, **options).login()
    assert caught.value.service == "PxPlus"
    assert str(pxplus.entry["client_secret"]) not in str(caught.value.as_result())
    return caught.value


# What is sent and what comes back


def test_the_login_is_one_request(pxplus: Simulated) -> None:
    flow = pxplus.flow()
    token = flow.login()
    (entry,) = pxplus.journal()
    assert (entry["method"], entry["path"], entry["query"], entry["body"]) == ("POST", TOKEN, "", "grant_type=client_credentials")
    assert entry["headers"]["content-type"] == "application/x-www-form-urlencoded"
    credentials = basic(flow.params["client_id"], flow.params["client_secret"])
    assert entry["headers"]["authorization"] == f"Basic {fingerprint(credentials)}"
    assert (token.service, token.principal, token.assumed, token.notes) == ("pxplus", flow.params["client_id"], False, {})
    assert {token.value, credentials, flow.params["client_secret"]} <= flow.client.secrets.values


@pytest.mark.parametrize("skew", [-7200, 0, 7200])
def test_the_lifetime_is_that_of_the_answer_on_the_own_clock(pxplus: Simulated, skew: float) -> None:
    pxplus.advance(skew)
    clock = Clock()
    clock.advance(1000)
    before = clock()
    token = pxplus.flow(clock=clock).login()
    assert before <= token.issued_at <= clock()
    assert token.lifetime == 3600


@pytest.mark.parametrize(
    ("member", "lifetime", "assumed"),
    [('"expires_in":60', 60, False), ('"expires_in":"60"', 60, False), ('"expires_in":null', 3600, True), ('"x":1', 3600, True)],
)
def test_a_lifetime_that_is_not_told_is_the_documented_one(pxplus: Simulated, member: str, lifetime: float, assumed: bool) -> None:
    pxplus.fault("body", TOKEN, body=f'{{"access_token":"abc","token_type":"Bearer",{member}}}')
    token = pxplus.flow().login()
    assert (token.lifetime, token.assumed) == (lifetime, assumed)


@pytest.mark.parametrize(("kind", "accepted"), [("Bearer", True), ("bearer", True), ("BEARER", True), ("MAC", False), (None, False)])
def test_the_token_must_be_a_bearer_token(pxplus: Simulated, kind: str | None, accepted: bool) -> None:
    pxplus.fault("body", TOKEN, body=json.dumps({"access_token": "abc", "token_type": kind, "expires_in": 3600}))
    if accepted:
        assert pxplus.flow().login().value == "abc"
    else:
        assert "without a bearer token" in failed(pxplus).message


@pytest.mark.parametrize("body", ["{}", "[]", "null", '{"token_type":"Bearer"}', '{"token_type":"Bearer","access_token":""}'])
def test_an_answer_without_a_token_is_an_error(pxplus: Simulated, body: str) -> None:
    pxplus.fault("body", TOKEN, body=body)
    assert failed(pxplus).KIND == LoginFailed.KIND


def test_an_answer_that_cannot_be_read_shows_no_token(pxplus: Simulated) -> None:
    pxplus.fault("body", TOKEN, body='{"access_token":"deadbeef","token_type":"Bearer"')
    error = failed(pxplus)
    assert error.KIND == BadAnswer.KIND
    assert "deadbeef" not in str(error.as_result())


LOGIN = "server|apache|token|auth|no_store|credentials|class|content_types|charset|error|force_id|head"
POSITIONS = [(name, value) for name, switch in SWITCHES.items() for value in switch.choices if re.search(LOGIN, name) and value != "dropped"]


@pytest.mark.parametrize(("name", "value"), POSITIONS)
def test_login_and_reading_work_in_every_position(pxplus: Simulated, name: str, value: Any) -> None:
    pxplus.switch(**{"server": "apache" if name.startswith("apache") else "ezweb", name: value})
    store = MemoryStore()
    for _task in range(2):
        assert "INV-1001" in run(pxplus.session(store=store))
    assert len(pxplus.journal(TOKEN)) == 1


# Refusals


@pytest.mark.parametrize(("mapping", "status"), [("mixed", 401), ("all_400", 400), ("all_401", 401)])
@pytest.mark.parametrize("challenged", [False, True])
@pytest.mark.parametrize("options", [{"client_secret": "not-it-1"}, {"client_id": "nobody"}])
def test_wrong_credentials_are_rejected_at_400_and_at_401(pxplus: Simulated, mapping: str, status: int, challenged: bool, options: dict[str, str]) -> None:
    pxplus.switch(token_error_mapping=mapping, www_authenticate=challenged)
    error = failed(pxplus, **options)
    assert (type(error), error.status, error.reply) == (CredentialsRejected, status, "invalid_client")
    assert "not sent again" in error.hint
    assert "SetEnvIf" in error.hint
    assert len(pxplus.journal(TOKEN)) == 1


@pytest.mark.parametrize("mapping", ["mixed", "all_400", "all_401"])
def test_wrong_credentials_are_remembered(pxplus: Simulated, mapping: str) -> None:
    pxplus.switch(token_error_mapping=mapping)
    store = CountingStore()
    for _task in range(5):
        with pytest.raises(CredentialsRejected):
            run(pxplus.session(store=store, client_secret="not-it-1"))
    assert len(pxplus.journal(TOKEN)) == 1


@pytest.mark.parametrize("status", [400, 401])
def test_a_server_without_this_grant_is_no_wrong_password(pxplus: Simulated, status: int) -> None:
    pxplus.fault("status", TOKEN, status=status, content_type="application/json", body='{"error":"unsupported_grant_type"}')
    error = failed(pxplus)
    assert (type(error), error.status, error.reply) == (LoginFailed, status, "unsupported_grant_type")
    assert "2021" in error.hint


def test_an_authorization_header_that_does_not_arrive_is_named(pxplus: Simulated) -> None:
    pxplus.switch(server="apache", apache_authorization="dropped")
    error = failed(pxplus)
    assert error.KIND == CredentialsRejected.KIND
    assert "HTTP_AUTHORIZATION" in error.hint


def test_a_401_page_is_a_rejection(pxplus: Simulated) -> None:
    pxplus.fault("status", TOKEN, status=401, body="<html><body><h1>Error 401</h1><p>Denied</p></body></html>")
    error = failed(pxplus)
    assert (type(error), error.reply) == (CredentialsRejected, "Error 401: Denied")


def test_a_server_without_the_endpoint_is_named(pxplus: Simulated) -> None:
    error = failed(pxplus, base_url=f"{pxplus.entry['base_url']}/elsewhere")
    assert (type(error), error.status) == (LoginFailed, 404)
    assert "base_url" in error.hint


@pytest.mark.parametrize(("status", "kind"), [(400, LoginFailed), (403, LoginFailed), (500, LoginFailed), (503, Unavailable), (429, Unavailable)])
def test_other_statuses_are_failed_logins(pxplus: Simulated, status: int, kind: type[TokenflowError]) -> None:
    pxplus.fault("status", TOKEN, status=status, body="<html><title>Oops</title><body>No licence free</body></html>", times=9)
    error = failed(pxplus, retries=3)
    assert (type(error), error.status, error.reply) == (kind, status, "Oops: No licence free")
    assert len(pxplus.journal(TOKEN)) == 1


def test_a_secret_that_may_have_arrived_is_not_sent_again(pxplus: Simulated) -> None:
    pxplus.fault("reset_after", TOKEN, times=5)
    with pytest.raises(ConnectionFailed):
        pxplus.flow(retries=3).login()
    assert len(pxplus.journal(TOKEN)) == 1


def test_missing_credentials_send_nothing(pxplus: Simulated) -> None:
    with pytest.raises(InvalidInput, match="PxPlus needs client_secret") as caught:
        pxplus.flow(client_secret=None).login()
    assert "PXPLUS_CLIENT_SECRET" in caught.value.hint
    assert not pxplus.journal()


# Sessions


def test_open_services_need_no_login(pxplus: Simulated) -> None:
    session = pxplus.session(client_id=None, client_secret=None)
    assert "Check meters" in run(session, "tasks")
    assert [entry["headers"].get("authorization") for entry in pxplus.journal()] == [None]
    assert session.needs_new_token() is False


def test_a_secured_service_without_a_login_says_what_is_missing(pxplus: Simulated) -> None:
    with pytest.raises(NotAuthorised) as caught:
        run(pxplus.session(client_id=None, client_secret=None))
    assert "client_id and client_secret" in caught.value.hint
    assert "Access to the requested service is denied" in caught.value.reply
    assert len(pxplus.journal()) == 1


@pytest.mark.parametrize("style", ["page", "short", "json"])
@pytest.mark.parametrize(("status", "kind", "tokens"), [(401, NotAuthorised, 1), (404, NotFound, 1)])
def test_a_wrong_security_class_is_an_error_and_no_loop(pxplus: Simulated, style: str, status: int, kind: type[TokenflowError], tokens: int) -> None:
    pxplus.switch(class_mismatch_status=status, error_html=style)
    store = CountingStore()
    for _task in range(3):
        with pytest.raises(kind) as caught:
            run(pxplus.session("user", store=store), "states_write")
    assert caught.value.status == status
    assert "<" not in caught.value.reply
    assert len(pxplus.journal(TOKEN)) == tokens
    if status == 401:
        assert "security class may not run this service" in caught.value.hint


@pytest.mark.parametrize("end", ["expire_tokens", "revoke_tokens"])
def test_a_token_that_ended_costs_one_login(pxplus: Simulated, end: str) -> None:
    store = CountingStore()
    run(pxplus.session(store=store))
    pxplus.act(end)
    for _task in range(2):
        assert "INV-1001" in run(pxplus.session(store=store))
    assert [entry["status"] for entry in pxplus.journal(SERVICE)] == [200, 401, 200, 200]
    assert len(pxplus.journal(TOKEN)) == 2


def test_a_token_is_replaced_before_it_runs_out(pxplus: Simulated) -> None:
    store, clock = CountingStore(), Clock()
    run(pxplus.session(store=store, clock=clock))
    for seconds, tokens in ((3500, 1), (75, 2)):
        clock.advance(seconds)
        pxplus.advance(seconds)
        run(pxplus.session(store=store, clock=clock))
        assert len(pxplus.journal(TOKEN)) == tokens
    assert {entry["status"] for entry in pxplus.journal(SERVICE)} == {200}


@pytest.mark.parametrize(("survives", "tokens"), [(True, 1), (False, 2)])
def test_a_changed_secret_matters_only_if_tokens_end_with_it(pxplus: Simulated, survives: bool, tokens: int) -> None:
    pxplus.switch(tokens_survive_rotation=survives)
    store = CountingStore()
    run(pxplus.session(store=store))
    pxplus.act("rotate_secret", client="automation", secret="Another-Secret-1")
    session = pxplus.session(store=store)
    if survives:
        run(session)
    else:
        with pytest.raises(CredentialsRejected):
            run(session)
    assert len(pxplus.journal(TOKEN)) == tokens


def test_an_unknown_service_is_named(pxplus: Simulated) -> None:
    with pytest.raises(NotFound) as caught:
        run(pxplus.session(), "Invoices")
    assert "case-sensitive" in caught.value.hint
    assert "Invoices" in caught.value.reply
    assert len(pxplus.journal(TOKEN)) == 1
