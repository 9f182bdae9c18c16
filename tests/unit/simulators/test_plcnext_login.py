# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PLCnext simulator: the two-step login, tokens and roles."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.unit.simulators._plcnext import BASE, OTHER, PREFIX, Plc, connect, failure

DENIED = (401, "authorization", "accessDenied")
WRONG_PASSWORD = (401, "authorization", "wrongPassword")
TOKEN_CHALLENGE = 'Bearer realm="pxcapi", error="invalid_token"'
GRANT_CHALLENGE = 'Bearer realm="pxcapi", error="invalid_grant"'


@pytest.fixture
def plc() -> Plc:
    return Plc()


def probe(plc: Plc) -> int:
    return plc.request("GET", f"variables?paths={PREFIX}RealVar").status_code


# Login


def test_auth_token_answers(plc: Plc) -> None:
    plain = plc.request("POST", "auth/auth-token", json={"scope": "variables"})
    assert re.fullmatch(r'\{"code":"[0-9a-f]{16}","expires_in":600\}', plain.text)
    assert len(plain.content) == 44
    full = plc.request("POST", "auth/auth-token", json={"response_type": "code", "state": "s-é1", "scope": "variables"})
    assert full.json()["state"] == "s-é1"
    untyped = plc.request("POST", "/_pxc_api/auth/auth-token/", content=b'{"scope":"variables"}', headers={"Content-Type": "text/plain"})
    assert untyped.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"scope=variables",
        b"{}",
        b'{"scope":"x"}',
        b'{"scope":"variables","response_type":"token"}',
        b'{"scope":"variables","state":1}',
        b"\xff",
    ],
)
def test_auth_token_refuses_what_is_not_documented(plc: Plc, body: bytes) -> None:
    assert failure(plc.request("POST", "auth/auth-token", content=body)) == (400, "authorization", "invalidRequest")


def test_access_token_answer(plc: Plc) -> None:
    code = plc.code()
    answer = plc.access(code, "admin")
    assert re.fullmatch(rf'\{{"state":"{code}","token_type":"Bearer","access_token":"[0-9a-f]{{32}}","roles":\[\]\}}', answer.text)
    assert len(answer.content) == 111
    assert plc.access(plc.code()).json()["roles"] == ["EHmiLevel1", "EHmiLevel3"]
    assert plc.access(plc.code(), "viewer").json()["roles"] == ["EHmiLevel1"]


@pytest.mark.parametrize("members", [{"grant_type": "password"}, {"username": 1}, {"password": None}, {"state": 5}])
def test_access_token_refuses_a_malformed_request(plc: Plc, members: dict[str, Any]) -> None:
    assert failure(plc.access(plc.code(), **members)) == (400, "authorization", "invalidRequest")
    assert failure(plc.request("POST", "auth/access-token", json={"grant_type": "authorization_code"})) == (400, "authorization", "invalidRequest")


@pytest.mark.parametrize(("position", "sent", "unsent"), [("echo", "mine", "code"), ("code", "code", "code"), ("omit", None, None)])
def test_access_state_switch(plc: Plc, position: str, sent: str | None, unsent: str | None) -> None:
    plc.switch(access_state=position)
    code = plc.code(state="first")
    assert plc.access(code, state="mine").json().get("state") == (code if sent == "code" else sent)
    code = plc.code(state="first")
    assert plc.access(code).json().get("state") == (code if unsent == "code" else unsent)


def test_code_lives_600_seconds_and_until_success(plc: Plc) -> None:
    old, fresh = plc.code(), plc.code()
    plc.simulator.advance(599)
    assert plc.access(fresh, password="wrong").status_code == 401
    assert plc.access(fresh).status_code == 200
    again = plc.access(fresh)
    assert failure(again) == DENIED
    assert again.headers["www-authenticate"] == TOKEN_CHALLENGE
    plc.simulator.advance(1.5)
    assert failure(plc.access(old)) == DENIED
    assert failure(plc.access("0123456789abcdef")) == DENIED


def test_code_use_single(plc: Plc) -> None:
    plc.switch(code_use="single")
    code = plc.code()
    assert failure(plc.access(code, password="wrong")) == WRONG_PASSWORD
    assert failure(plc.access(code)) == DENIED
    assert plc.access(plc.code()).status_code == 200


@pytest.mark.parametrize(("position", "status"), [(True, 401), (False, 200)])
def test_code_ip_bound_switch(plc: Plc, position: bool, status: int) -> None:
    plc.switch(code_ip_bound=position)
    answer = plc.access(plc.code(), http=connect(plc.simulator, OTHER))
    assert answer.status_code == status
    assert answer.headers.get("www-authenticate") == (TOKEN_CHALLENGE if position else None)


def test_code_per_request_switch(plc: Plc) -> None:
    assert plc.code() != plc.code()
    plc.simulator.reset()
    plc.switch(code_per_request="same")
    code = plc.code()
    plc.simulator.advance(100)
    again = plc.request("POST", "auth/auth-token", json={"scope": "variables"}).json()
    assert again == {"code": code, "expires_in": 500}
    assert plc.code(connect(plc.simulator, OTHER)) != code
    assert plc.access(code).status_code == 200
    assert plc.code() != code


def test_wrong_credentials(plc: Plc) -> None:
    attempts: tuple[dict[str, Any], ...] = ({"password": "plc-Change-me-43!"}, {"username": "nobody"})
    for members in attempts:
        answer = plc.access(plc.code(), **members)
        assert failure(answer) == WRONG_PASSWORD
        assert answer.headers["www-authenticate"] == GRANT_CHALLENGE
        assert answer.headers["status"] == "401 Unauthorized"
    plc.switch(wrong_password_domain="users")
    assert failure(plc.access(plc.code(), "admin", password="no")) == (401, "users", "wrongPassword")


def test_user_without_hmi_role_cannot_log_in(plc: Plc) -> None:
    answer = plc.access(plc.code(), "nohmi")
    assert failure(answer) == WRONG_PASSWORD
    assert answer.headers["www-authenticate"] == GRANT_CHALLENGE


def test_repeated_failures_block_the_user_for_a_growing_time(plc: Plc) -> None:
    plc.login()
    assert plc.access(plc.code(), password="wrong").status_code == 401
    assert plc.access(plc.code()).status_code == 200, "one failure is no block, and success forgets it"
    for _attempt in range(2):
        plc.access(plc.code(), password="wrong")
    assert failure(plc.access(plc.code())) == WRONG_PASSWORD, "blocked with the right password"
    assert probe(plc) == 200, "who is logged in stays so"
    assert plc.access(plc.code(), "admin").status_code == 200, "other users are not concerned"
    plc.simulator.advance(10)
    assert plc.access(plc.code()).status_code == 401, "the attempt while blocked made it longer"
    plc.simulator.advance(30)
    assert plc.access(plc.code()).status_code == 200


def test_lockout_switches(plc: Plc) -> None:
    plc.switch(lockout_after=0)
    for _attempt in range(20):
        plc.access(plc.code(), password="wrong")
    assert plc.access(plc.code()).status_code == 200
    plc.switch(lockout_after=3, lockout_seconds=100)
    for _attempt in range(3):
        plc.access(plc.code(), password="wrong")
    plc.simulator.advance(99)
    assert plc.access(plc.code()).status_code == 401
    plc.simulator.advance(200)
    assert plc.access(plc.code()).status_code == 200


# Tokens


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer 0123", "bearer {}", "Basic {}", "{}", "Bearer  {}"])
def test_requests_without_a_good_token(plc: Plc, header: str | None) -> None:
    token = plc.login()
    headers = {} if header is None else {"Authorization": header.format(token)}
    plc.token = ""
    for method, path in (
        ("GET", "variables?paths=A"),
        ("POST", "variables"),
        ("PUT", "variables"),
        ("GET", "groups"),
        ("POST", "groups"),
        ("DELETE", "groups/g1"),
    ):
        answer = plc.request(method, path, headers=headers)
        assert answer.text == (
            '{"apiVersion":"1.8.0.0","projectCRC":1430805090,"error":{"code":401,"details":[{"domain":"authorization","reason":"accessDenied"}]}}'
        )
        assert answer.headers["www-authenticate"] == TOKEN_CHALLENGE


@pytest.mark.parametrize(("position", "status"), [(False, 401), (True, 200)])
def test_accept_bare_token_switch(plc: Plc, position: bool, status: int) -> None:
    token = plc.login()
    plc.token = ""
    plc.switch(accept_bare_token=position)
    assert plc.request("GET", "groups", headers={"Authorization": token}).status_code == status
    assert plc.request("GET", "groups", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert token not in json.dumps(plc.simulator.journal)


@pytest.mark.parametrize("digits", [32, 16])
def test_token_digits_switch(plc: Plc, digits: int) -> None:
    plc.switch(token_digits=digits)
    assert len(plc.login()) == digits
    assert probe(plc) == 200


def test_token_expires_absolutely(plc: Plc) -> None:
    plc.login()
    plc.simulator.advance(400)
    assert probe(plc) == 200
    plc.simulator.advance(201)
    assert probe(plc) == 401
    plc.login()
    plc.switch(token_lifetime=30)
    plc.simulator.advance(31)
    assert probe(plc) == 401


def test_token_expiry_sliding_and_by_session_timeout(plc: Plc) -> None:
    plc.switch(token_expiry="sliding")
    plc.login()
    for _use in range(3):
        plc.simulator.advance(599)
        assert probe(plc) == 200
    plc.simulator.advance(600)
    assert probe(plc) == 401
    plc.switch(token_expiry="session_timeout", session_timeout=20000)
    plc.login()
    for _use in range(3):
        plc.simulator.advance(19)
        assert probe(plc) == 200
    plc.simulator.advance(20)
    assert probe(plc) == 401


@pytest.mark.parametrize(("position", "status"), [(True, 200), (False, 401)])
def test_parallel_tokens_switch(plc: Plc, position: bool, status: int) -> None:
    plc.switch(parallel_tokens=position)
    first = plc.login()
    plc.login("admin")
    assert plc.request("GET", "groups", headers={"Authorization": f"Bearer {first}"}).status_code == 200
    plc.login()
    assert plc.request("GET", "groups", headers={"Authorization": f"Bearer {first}"}).status_code == status
    assert probe(plc) == 200


@pytest.mark.parametrize(("position", "status"), [(True, 401), (False, 200)])
def test_token_ip_bound_switch(plc: Plc, position: bool, status: int) -> None:
    plc.switch(token_ip_bound=position)
    plc.login()
    assert connect(plc.simulator, OTHER).get(f"{BASE}/groups", headers={"Authorization": f"Bearer {plc.token}"}).status_code == status


@pytest.mark.parametrize("action", ["expire_tokens", "revoke_tokens"])
def test_tokens_taken_away(plc: Plc, action: str) -> None:
    plc.login()
    getattr(plc.simulator, action)()
    assert probe(plc) == 401
    plc.login()
    assert probe(plc) == 200


@pytest.mark.parametrize("status", [401, 403])
def test_viewer_reads_and_does_not_write(plc: Plc, status: int) -> None:
    plc.switch(viewer_write=status)
    plc.login("viewer")
    assert plc.read("RecipeNumber") == [7]
    answer = plc.write(("RecipeNumber", 8))
    assert failure(answer) == (status, "authorization", "accessDenied")
    assert answer.headers.get("www-authenticate") == (TOKEN_CHALLENGE if status == 401 else None)
    assert plc.stored("RecipeNumber") == 7
    plc.login("admin")
    assert plc.write(("RecipeNumber", 8)).status_code == 200


def test_authentication_off(plc: Plc) -> None:
    assert plc.request("GET", "sessions").json()["userAuthenticationRequired"] is True
    plc.switch(authentication=False)
    assert plc.read("RecipeNumber") == [7]
    assert plc.write(("RecipeNumber", 8)).json()["userAuthenticationRequired"] is False
    plc.token = "ffff"
    assert plc.read("RecipeNumber") == [8]
    plc.token = ""
    assert plc.access(plc.code(), password="wrong").status_code == 401
    plc.login()
    plc.switch(auth_without_enforcement="not_found")
    assert plc.request("POST", "auth/auth-token", json={"scope": "variables"}).status_code == 404


def test_changed_password(plc: Plc) -> None:
    plc.login()
    plc.simulator.change_password("automation", "plc-Fresh-start-5!")
    assert probe(plc) == 200
    assert plc.access(plc.code(), password="plc-Change-me-42!").status_code == 401
    plc.login()
    with pytest.raises(ControlError, match="no user"):
        plc.simulator.change_password("nobody", "x")
