# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PLCnext login against its simulator (contract §4)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    ConnectionFailed,
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    NotAuthorised,
    NotFound,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow, challenge, detail
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.simulators._plcnext_switches import SWITCHES
from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Clock, Simulated

CODE, ACCESS = "auth/auth-token", "auth/access-token"
VARIABLES = "/_pxc_api/v1.2/variables"
INVALID_TOKEN = {"www-authenticate": 'Bearer realm="pxcapi", error="invalid_token"'}


def read(session: Session) -> Any:
    answer = session.call("GET", VARIABLES, query={"pathPrefix": "Arp.Plc.Eclr/", "paths": "RecipeNumber"})
    return answer.json()["variables"][0]["value"]


def write(session: Session) -> None:
    body = {"pathPrefix": "Arp.Plc.Eclr/", "variables": [{"path": "RecipeNumber", "value": 8, "valueType": "Constant"}]}
    session.call("PUT", VARIABLES, json_body=body)


def failed(plcnext: Simulated, **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        plcnext.flow(**options).login()
    assert caught.value.service == "PLCnext"
    assert str(plcnext.entry["password"]) not in str(caught.value.as_result())
    return caught.value


def refuse(plcnext: Simulated, step: str, status: int, times: int = 1, headers: dict[str, str] | None = None, body: Any = None) -> None:
    plcnext.fault("status", step, status=status, times=times, headers=headers or {}, content_type="application/json", body=json.dumps(body) if body else "")


# What is sent and what comes back


def test_the_login_is_a_code_and_then_the_password(plcnext: Simulated) -> None:
    flow = plcnext.flow()
    token = flow.login()
    first, second = plcnext.journal()
    assert [entry["method"] + " " + entry["path"] for entry in (first, second)] == [f"POST /_pxc_api/v1.2/{CODE}", f"POST /_pxc_api/v1.2/{ACCESS}"]
    asked, given = json.loads(first["body"]), json.loads(second["body"])
    assert set(asked) == {"response_type", "state", "scope"}
    assert (asked["response_type"], asked["scope"]) == ("code", "variables")
    assert re.fullmatch("[0-9a-f]{16}", asked["state"])
    assert set(given) == {"code", "grant_type", "username", "password"}
    assert (given["grant_type"], given["username"]) == ("authorization_code", "automation")
    assert all("authorization" not in entry["headers"] for entry in (first, second))
    assert re.fullmatch("[0-9a-f]{32}", token.value)
    assert token.notes == {"roles": ["EHmiLevel1", "EHmiLevel3"]}
    assert (token.service, token.base_url, token.principal, token.scope) == ("plcnext", plcnext.entry["base_url"], "automation", "")


def test_the_state_is_another_one_each_time(plcnext: Simulated) -> None:
    for _round in range(2):
        plcnext.flow().login()
    one, other = (json.loads(entry["body"])["state"] for entry in plcnext.journal(CODE))
    assert one != other


def test_an_admin_has_no_roles_to_show(plcnext: Simulated) -> None:
    assert plcnext.flow("admin").login().notes == {"roles": []}


def test_everything_secret_is_registered(plcnext: Simulated) -> None:
    flow = plcnext.flow()
    code: list[str] = []
    original = flow.client.send

    def noting(method: str, path: str, **request: Any) -> Answer:
        answer = original(method, path, **request)
        code.append(answer.json().get("code", ""))
        return answer

    flow.client.send = noting  # type: ignore[method-assign]
    token = flow.login()
    assert {token.value, code[0], flow.params["password"]} <= flow.client.secrets.values


@pytest.mark.parametrize(("version", "base"), [("v1.2", "/_pxc_api/v1.2/"), ("v1.8", "/_pxc_api/v1.8/"), ("api", "/_pxc_api/"), (None, "/_pxc_api/v1.2/")])
def test_the_version_is_pinned(plcnext: Simulated, version: str | None, base: str) -> None:
    plcnext.flow(api_version=version).login()
    assert [entry["path"] for entry in plcnext.journal()] == [f"{base}{CODE}", f"{base}{ACCESS}"]


def test_an_unknown_version_is_named(plcnext: Simulated) -> None:
    error = failed(plcnext, api_version="v9.9")
    assert (type(error), error.status) == (NotFound, 404)
    assert "api_version" in error.hint


@pytest.mark.parametrize("skew", [-86_400, 86_400])
def test_the_lifetime_is_assumed_on_the_own_clock(plcnext: Simulated, skew: float) -> None:
    plcnext.advance(skew)
    clock = Clock()
    token = plcnext.flow(clock=clock).login()
    assert (token.lifetime, token.assumed) == (600, True)
    assert token.issued_at == pytest.approx(clock(), abs=5)


LOGIN = "auth|code|access_state|token|lockout|viewer|version|session|method|down_|unloaded|loading|no_project"
POSITIONS = [(name, value) for name, switch in SWITCHES.items() for value in switch.choices if re.search(LOGIN, name)]


@pytest.mark.parametrize(("name", "value"), POSITIONS)
def test_login_and_reading_work_in_every_position(plcnext: Simulated, name: str, value: Any) -> None:
    plcnext.switch(**{name: value})
    store = MemoryStore()
    for _task in range(2):
        assert read(plcnext.session(store=store)) == 7
    assert len(plcnext.journal(ACCESS)) == 1


# Refusals


@pytest.mark.parametrize("domain", ["authorization", "users"])
@pytest.mark.parametrize("options", [{"password": "not-it-1"}, {"username": "nobody"}, {"role": "nohmi"}])
def test_wrong_credentials_are_sent_once(plcnext: Simulated, options: dict[str, Any], domain: str) -> None:
    plcnext.switch(wrong_password_domain=domain)
    error = failed(plcnext, **options)
    assert (type(error), error.status, error.reply) == (CredentialsRejected, 401, f"{domain}/wrongPassword")
    assert error.path.endswith(ACCESS)
    assert "not sent again" in error.hint
    assert len(plcnext.journal(ACCESS)) == 1


def test_a_blocked_user_is_refused_like_a_wrong_password(plcnext: Simulated) -> None:
    for _round in range(2):
        failed(plcnext, password="not-it-1")
    assert isinstance(failed(plcnext), CredentialsRejected)
    plcnext.advance(60)
    plcnext.flow().login()


def test_a_wrong_password_is_known_without_its_challenge(plcnext: Simulated) -> None:
    body = {"error": {"code": 401, "details": [{"domain": "authorization", "reason": "wrongPassword"}]}}
    refuse(plcnext, ACCESS, 401, body=body)
    assert isinstance(failed(plcnext), CredentialsRejected)
    assert len(plcnext.journal(ACCESS)) == 1


def test_a_code_that_is_refused_is_replaced_once(plcnext: Simulated) -> None:
    refuse(plcnext, ACCESS, 401, headers=INVALID_TOKEN)
    assert plcnext.flow().login().value
    codes = [json.loads(entry["body"])["code"] for entry in plcnext.journal(ACCESS)]
    assert (len(plcnext.journal(CODE)), len(codes)) == (2, 2)


def test_a_second_code_that_is_refused_is_an_error_about_addresses(plcnext: Simulated) -> None:
    refuse(plcnext, ACCESS, 401, times=5, headers=INVALID_TOKEN)
    error = failed(plcnext)
    assert error.KIND == LoginFailed.KIND
    assert "refused its own login code twice" in error.message
    assert "address" in error.hint
    assert len(plcnext.journal(ACCESS)) == 2


def test_a_code_that_is_refused_and_then_a_wrong_password(plcnext: Simulated) -> None:
    refuse(plcnext, ACCESS, 401, headers=INVALID_TOKEN)
    assert isinstance(failed(plcnext, password="not-it-1"), CredentialsRejected)
    assert len(plcnext.journal(ACCESS)) == 2


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"code": "5b6e598dfd90faed", "expires_in": 600}, "does not echo the state"),
        ({"code": "5b6e598dfd90faed", "state": "another", "expires_in": 600}, "does not echo the state"),
        ({"expires_in": 600}, "no login code"),
        ({"code": "", "expires_in": 600}, "no login code"),
        ({"code": 7, "expires_in": 600}, "no login code"),
        ([], "no login code"),
    ],
)
def test_an_odd_answer_to_the_first_step_ends_the_login(plcnext: Simulated, body: Any, problem: str) -> None:
    """The password is not sent then."""
    plcnext.fault("body", CODE, body=json.dumps(body))
    error = failed(plcnext)
    assert error.KIND == LoginFailed.KIND
    assert problem in error.message
    assert not plcnext.journal(ACCESS)
    assert "5b6e598dfd90faed" not in str(error)


@pytest.mark.parametrize("body", ["", "{}", '{"access_token": ""}', '{"token_type": "Bearer"}', '{"access_token": 7}'])
def test_an_answer_without_a_token_is_an_error(plcnext: Simulated, body: str) -> None:
    plcnext.fault("body", ACCESS, body=body)
    assert "without a token" in failed(plcnext).message


@pytest.mark.parametrize("step", [CODE, ACCESS])
@pytest.mark.parametrize("body", ['{"code": "deadbeefdeadbeef", "access_token": "deadbeefdeadbeef"', "<html><body>Sign in here</body></html>"])
def test_an_answer_that_cannot_be_read_shows_no_token(plcnext: Simulated, step: str, body: str) -> None:
    plcnext.fault("body", step, body=body)
    error = failed(plcnext)
    assert "deadbeef" not in str(error.as_result())
    assert ("Sign in here" in str(error)) is body.startswith("<")


@pytest.mark.parametrize("status", [502, 503])
def test_a_component_that_is_down_is_unavailable(plcnext: Simulated, status: int) -> None:
    plcnext.switch(down_status=status)
    plcnext.act("set_state", state="down")
    error = failed(plcnext)
    assert (type(error), error.status) == (Unavailable, status)
    assert "HMI component of the controller is not running" in error.message
    assert "<" not in error.reply
    assert ".log" in error.hint


def test_a_controller_without_an_hmi_project_is_named(plcnext: Simulated) -> None:
    plcnext.act("set_state", state="no_project")
    error = failed(plcnext)
    assert (type(error), error.status) == (NotFound, 404)
    assert "HMI page" in error.hint


@pytest.mark.parametrize("status", [403, 404, 408, 410])
def test_a_project_that_is_being_loaded_is_named(plcnext: Simulated, status: int) -> None:
    plcnext.switch(unloaded_status=status)
    plcnext.act("set_state", state="loading")
    with pytest.raises(TokenflowError) as caught:
        read(plcnext.session())
    assert (caught.value.status, caught.value.reply, caught.value.KIND) == (status, "project/unloaded", "unavailable")
    assert "Wait" in caught.value.hint


@pytest.mark.parametrize(("step", "status"), [(CODE, 400), (CODE, 500), (ACCESS, 400), (ACCESS, 403), (ACCESS, 500)])
def test_other_statuses_are_failed_logins(plcnext: Simulated, step: str, status: int) -> None:
    body = {"error": {"code": status, "details": [{"domain": "sessions", "reason": "invalidRequest", "values": ["a", "b"]}]}}
    refuse(plcnext, step, status, body=body)
    error = failed(plcnext)
    assert (type(error), error.status, error.reply) == (LoginFailed, status, "sessions/invalidRequest a, b")
    assert f"HTTP {status}" in error.message


def test_the_code_is_asked_for_again_when_busy_and_the_password_is_not(plcnext: Simulated, waits: list[float]) -> None:
    plcnext.fault("status", CODE, status=503)
    plcnext.flow(retries=2).login()
    assert len(plcnext.journal(CODE)) == 2
    plcnext.fault("status", ACCESS, status=503)
    assert isinstance(failed(plcnext, retries=2), Unavailable)
    assert len(plcnext.journal(ACCESS)) == 2


def test_a_password_that_may_have_arrived_is_not_sent_again(plcnext: Simulated) -> None:
    plcnext.fault("reset_after", ACCESS, times=5)
    with pytest.raises(ConnectionFailed) as caught:
        plcnext.flow(retries=3).login()
    assert caught.value.may_have_arrived is True
    assert len(plcnext.journal(ACCESS)) == 1


@pytest.mark.parametrize("missing", ["username", "password"])
def test_missing_credentials_send_nothing(plcnext: Simulated, missing: str) -> None:
    with pytest.raises(InvalidInput, match=f"PLCnext needs {missing}") as caught:
        plcnext.flow(**{missing: None}).login()
    assert f"PLCNEXT_{missing.upper()}" in caught.value.hint
    assert not plcnext.journal()


# Sessions with the controller


def test_without_enforcement_nobody_logs_in(plcnext: Simulated) -> None:
    plcnext.switch(authentication=False, auth_without_enforcement="not_found")
    assert read(plcnext.session(authentication=False, username=None, password=None)) == 7
    (entry,) = plcnext.journal()
    assert "authorization" not in entry["headers"]


def test_without_a_login_where_one_is_needed_the_refusal_is_plain(plcnext: Simulated) -> None:
    with pytest.raises(NotAuthorised) as caught:
        read(plcnext.session(authentication=False))
    assert (caught.value.status, caught.value.reply) == (401, "authorization/accessDenied")
    assert not plcnext.journal("auth/")


@pytest.mark.parametrize("end", ["expire_tokens", "revoke_tokens"])
def test_a_token_that_ended_costs_one_login(plcnext: Simulated, end: str) -> None:
    store = CountingStore()
    read(plcnext.session(store=store))
    plcnext.act(end)
    session = plcnext.session(store=store)
    assert [read(session), read(session)] == [7, 7]
    assert [entry["status"] for entry in plcnext.journal("variables")] == [200, 401, 200, 200]
    assert len(plcnext.journal(ACCESS)) == 2


@pytest.mark.parametrize("expiry", ["absolute", "session_timeout"])
def test_a_token_that_ran_out_early_teaches_its_lifetime(plcnext: Simulated, expiry: str) -> None:
    plcnext.switch(token_expiry=expiry, token_lifetime=300, session_timeout=300_000)
    store, clock = CountingStore(), Clock()
    read(plcnext.session(store=store, clock=clock))
    clock.advance(310)
    plcnext.advance(310)
    read(plcnext.session(store=store, clock=clock))
    assert store.token is not None
    assert store.token.lifetime == pytest.approx(310, abs=5)
    clock.advance(290)
    plcnext.advance(290)
    plcnext.act("clear_journal")
    read(plcnext.session(store=store, clock=clock))
    assert [entry["status"] for entry in plcnext.journal("variables")] == [200]


def test_a_login_elsewhere_that_ends_ours_costs_one_login(plcnext: Simulated) -> None:
    plcnext.switch(parallel_tokens=False)
    store = CountingStore()
    read(plcnext.session(store=store))
    plcnext.flow().login()
    assert read(plcnext.session(store=store)) == 7
    assert len(plcnext.journal(ACCESS)) == 3


@pytest.mark.parametrize(("status", "logins"), [(401, 2), (403, 1)])
def test_a_viewer_that_writes_is_not_permitted(plcnext: Simulated, status: int, logins: int) -> None:
    plcnext.switch(viewer_write=status)
    store = CountingStore()
    read(plcnext.session("viewer", store=store))
    for _task in range(3):
        with pytest.raises(NotAuthorised) as caught:
            write(plcnext.session("viewer", store=store))
        assert (caught.value.status, caught.value.reply) == (status, "authorization/accessDenied")
        assert "EHmiChanger" in caught.value.hint
    assert len(plcnext.journal(ACCESS)) == logins
    assert read(plcnext.session("viewer", store=store)) == 7


def test_the_scheme_is_always_sent(plcnext: Simulated) -> None:
    plcnext.switch(accept_bare_token=True)
    read(plcnext.session())
    (entry,) = plcnext.journal("variables")
    assert entry["headers"]["authorization"].startswith("Bearer ")


# Parts


def answer(headers: dict[str, str], body: bytes = b"") -> Answer:
    return Answer("POST", "/", 401, headers, body, len(body), 0.0)


@pytest.mark.parametrize(
    ("headers", "body", "found"),
    [
        ({"WWW-Authenticate": 'Bearer realm="pxcapi", error="invalid_grant"'}, b"", "invalid_grant"),
        (INVALID_TOKEN | {"WWW-Authenticate": 'Bearer error="invalid_token"'}, b"", "invalid_token"),
        ({}, b'{"error":{"details":[{"reason":"wrongPassword"}]}}', "invalid_grant"),
        ({}, b"{}", ""),
        ({"WWW-Authenticate": "Basic"}, b"", ""),
    ],
)
def test_challenges(headers: dict[str, str], body: bytes, found: str) -> None:
    assert challenge(answer(headers, body)) == found


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"error": 1}', b'{"error": {}}', b'{"error": {"details": {}}}', b'{"error": {"details": []}}', b'{"error": {"details": ["x"]}}'],
)
def test_odd_error_bodies_have_no_detail_and_break_nothing(plcnext: Simulated, body: bytes) -> None:
    assert detail(answer({}, body)) == {}
    assert isinstance(plcnext.flow().explain(answer({}, body)).reply, str)


def test_what_the_flow_says_of_itself() -> None:
    assert (PlcnextFlow.DEVICE, PlcnextFlow.BOUND_TO_CALLER, PlcnextFlow.CAN_RENEW) == (True, True, False)
