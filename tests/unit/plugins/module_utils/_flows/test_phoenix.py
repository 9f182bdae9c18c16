# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Phoenix Security login against its simulator (contract §2.2, §2.3)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    NotAuthorised,
    NotFound,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import basic
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.simulators._core import fingerprint
from tests.simulators.phoenix import PhoenixSimulator
from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Clock, Simulated

TOKEN = "/v1/auth/access_token"
TEAMS = "/v1/teams"


def count(session: Session) -> int:
    return int(session.call("GET", TEAMS).json()["totalElements"])


def failed(phoenix: Simulated, **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        phoenix.flow(**options).login()
    assert caught.value.service == "Phoenix Security"
    assert str(phoenix.entry["client_secret"]) not in str(caught.value.as_result())
    return caught.value


# What is sent and what comes back


def test_the_login_is_one_request(phoenix: Simulated) -> None:
    flow = phoenix.flow()
    token = flow.login()
    (entry,) = phoenix.journal()
    assert (entry["method"], entry["path"], entry["query"], entry["body"]) == ("GET", TOKEN, "", "")
    credentials = basic(flow.params["client_id"], flow.params["client_secret"])
    assert entry["headers"]["authorization"] == f"Basic {fingerprint(credentials)}"
    assert (token.service, token.principal) == ("phoenix", flow.params["client_id"])
    assert {token.value, credentials, flow.params["client_secret"]} <= flow.client.secrets.values


@pytest.mark.parametrize("server", [-90_000, -40, 0, 40, 90_000])
@pytest.mark.parametrize("ttl", [120, 3600])
def test_the_expiry_is_corrected_by_the_clock_of_the_server(phoenix: Simulated, server: float, ttl: int) -> None:
    phoenix.switch(token_ttl=ttl)
    phoenix.advance(server)
    clock = Clock()
    clock.advance(555)
    token = phoenix.flow(clock=clock).login()
    assert token.issued_at == pytest.approx(clock(), abs=3)
    assert token.lifetime == pytest.approx(ttl, abs=3)
    assert token.assumed is False


@pytest.mark.parametrize("skew", [-7200, -3600])
def test_an_expiry_in_the_past_is_a_wrong_clock_and_no_dead_token(phoenix: Simulated, skew: int) -> None:
    phoenix.switch(expiry_skew=skew)
    store = CountingStore()
    for _task in range(3):
        count(phoenix.session(store=store))
    assert store.token is not None
    assert store.token.expires_at is None
    assert len(phoenix.journal(TOKEN)) == 1


def test_an_expiry_that_is_not_told_is_not_known(phoenix: Simulated) -> None:
    phoenix.switch(omit_expiry=True)
    token = phoenix.flow().login()
    assert (token.expires_at, token.assumed) == (None, False)


@pytest.mark.parametrize("expiry", ["never", None, True, [], "NaN"])
def test_an_expiry_that_is_no_number_is_not_known(phoenix: Simulated, expiry: Any) -> None:
    phoenix.fault("body", TOKEN, body=json.dumps({"token": "abc", "expiry": expiry}))
    assert phoenix.flow().login().expires_at is None


LOGIN = "error|auth|gateway|expiry|token|slash|method|order|validation"
POSITIONS = [(name, value) for name, switch in PhoenixSimulator.SWITCHES.items() for value in switch.choices if re.search(LOGIN, name)]


@pytest.mark.parametrize(("position", "value"), POSITIONS)
def test_login_and_reading_work_in_every_position(phoenix: Simulated, position: str, value: Any) -> None:
    phoenix.switch(**{position: value})
    store = MemoryStore()
    for _task in range(2):
        assert count(phoenix.session(store=store)) > 0
    assert len(phoenix.journal(TOKEN)) == 1


@pytest.mark.parametrize(("throttle", "status"), [(429, 429), ("429-bare", 429), (503, 503), ("503-bare", 503)])
def test_a_throttled_login_is_tried_again_and_then_unavailable(phoenix: Simulated, throttle: Any, status: int, waits: list[float]) -> None:
    """It is a GET, which does no harm."""
    phoenix.switch(throttle=throttle, throttle_limit=0, throttle_window=5)
    error = failed(phoenix, retries=2)
    assert (type(error), error.status) == (Unavailable, status)
    assert len(phoenix.journal(TOKEN)) == 3
    assert waits == ([1.0] if str(throttle).endswith("bare") else [pytest.approx(5, abs=2)] * 2)
    phoenix.switch(throttle="off")
    phoenix.flow().login()


# Refusals


@pytest.mark.parametrize(("style", "reply"), [("error", "bad credentials"), ("message", "bad credentials"), ("empty", ""), ("html", "401 Unauthorized")])
@pytest.mark.parametrize("challenged", [False, True])
def test_wrong_credentials_are_rejected(phoenix: Simulated, style: str, reply: str, challenged: bool) -> None:
    phoenix.switch(error_body=style, www_authenticate=challenged)
    error = failed(phoenix, client_secret="not-it-1", retries=3)
    assert (type(error), error.status, error.reply) == (CredentialsRejected, 401, reply)
    assert "not sent again" in error.hint
    assert len(phoenix.journal(TOKEN)) == 1


def test_a_deactivated_credential_is_rejected_and_remembered(phoenix: Simulated) -> None:
    phoenix.act("set_credential", client_id=phoenix.entry["client_id"], active=False)
    store = CountingStore()
    for _task in range(5):
        with pytest.raises(CredentialsRejected):
            count(phoenix.session(store=store))
    assert len(phoenix.journal(TOKEN)) == 1


def test_a_wrong_address_is_named(phoenix: Simulated) -> None:
    phoenix.fault("status", TOKEN, status=404)
    error = failed(phoenix)
    assert (type(error), error.status) == (LoginFailed, 404)
    assert "https://api.securityphoenix.cloud" in error.hint


@pytest.mark.parametrize(
    ("status", "kind"), [(400, LoginFailed), (403, LoginFailed), (500, LoginFailed), (502, Unavailable), (503, Unavailable), (504, Unavailable)]
)
def test_other_statuses_are_failed_logins(phoenix: Simulated, status: int, kind: type[TokenflowError]) -> None:
    phoenix.fault("status", TOKEN, status=status, content_type="application/json", body='{"message":"later"}')
    error = failed(phoenix)
    assert (type(error), error.status, error.reply) == (kind, status, "later")


@pytest.mark.parametrize("body", ["", "{}", '{"token":""}', '{"token":null,"expiry":1}', '{"access_token":"deadbeef"}'])
def test_an_answer_without_a_token_is_an_error(phoenix: Simulated, body: str) -> None:
    phoenix.fault("body", TOKEN, body=body)
    error = failed(phoenix)
    assert error.KIND == LoginFailed.KIND
    assert "without a token" in error.message
    assert "deadbeef" not in str(error)


def test_an_answer_that_cannot_be_read_shows_no_token(phoenix: Simulated) -> None:
    phoenix.fault("body", TOKEN, body='{"token":"deadbeef"')
    error = failed(phoenix)
    assert error.KIND == BadAnswer.KIND
    assert "deadbeef" not in str(error.as_result())


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_missing_credentials_send_nothing(phoenix: Simulated, missing: str) -> None:
    with pytest.raises(InvalidInput, match=f"Phoenix Security needs {missing}") as caught:
        phoenix.flow(**{missing: None}).login()
    assert f"PHOENIX_{missing.upper()}" in caught.value.hint
    assert not phoenix.journal()


# Sessions


@pytest.mark.parametrize("end", ["expire_tokens", "revoke_tokens"])
@pytest.mark.parametrize("style", ["error", "empty", "html"])
def test_a_token_that_ended_costs_one_login_whatever_the_expiry_said(phoenix: Simulated, end: str, style: str) -> None:
    phoenix.switch(error_body=style, expiry_skew=86_400)
    store = CountingStore()
    count(phoenix.session(store=store))
    phoenix.act(end)
    for _task in range(2):
        count(phoenix.session(store=store))
    assert [entry["status"] for entry in phoenix.journal(TEAMS)] == [200, 401, 200, 200]
    assert len(phoenix.journal(TOKEN)) == 2


def test_a_token_that_still_lives_is_used_although_the_expiry_was_too_early(phoenix: Simulated) -> None:
    """One login a while too early, but no failure."""
    phoenix.switch(expiry_skew=-3000)
    store, clock = CountingStore(), Clock()
    count(phoenix.session(store=store, clock=clock))
    clock.advance(700)
    phoenix.advance(700)
    count(phoenix.session(store=store, clock=clock))
    assert len(phoenix.journal(TOKEN)) == 2
    assert {entry["status"] for entry in phoenix.journal()} == {200}


def test_a_gateway_that_answers_403_is_not_logged_in_for_again(phoenix: Simulated) -> None:
    phoenix.switch(gateway_403=True)
    store = CountingStore()
    count(phoenix.session(store=store))
    phoenix.act("expire_tokens")
    with pytest.raises(NotAuthorised) as caught:
        count(phoenix.session(store=store))
    assert (caught.value.status, caught.value.reply) == (403, "Forbidden")
    assert len(phoenix.journal(TOKEN)) == 1


def test_organisations_do_not_share_a_login(phoenix: Simulated) -> None:
    assert count(phoenix.session()) != count(phoenix.session("other"))


@pytest.mark.parametrize(("style", "reply"), [("error", "Team not found"), ("message", "Team not found"), ("empty", ""), ("html", "404 Not Found")])
def test_what_is_not_there_may_only_be_invisible(phoenix: Simulated, style: str, reply: str) -> None:
    phoenix.switch(error_body=style)
    with pytest.raises(NotFound) as caught:
        phoenix.session().call("GET", f"{TEAMS}/7c0b9f52-3d51-4f0e-9a86-2f6f1f1c8e01")
    assert caught.value.reply == reply
    assert "may not see it" in caught.value.hint


def test_a_body_that_is_too_large_is_named(phoenix: Simulated) -> None:
    phoenix.switch(max_body=1000)
    with pytest.raises(TokenflowError) as caught:
        phoenix.session().call("POST", TEAMS, json_body={"name": "x" * 2000})
    assert (caught.value.status, caught.value.KIND) == (413, "refused")
    assert "10 MB" in caught.value.hint


def test_the_production_service_is_the_default() -> None:
    assert PhoenixFlow.DEFAULT_URL == "https://api.securityphoenix.cloud"
