# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance's login and renewal against its simulator (contract §4 to §6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    CredentialsRejected,
    InvalidInput,
    Locked,
    LockLost,
    LoginFailed,
    NotAuthorised,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import HOLDS_LOCK
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import basic
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.simulators._appliance_switches import SWITCHES
from tests.simulators._core import fingerprint
from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Clock, Simulated

BASE = "/rest/v1.2"
TOKEN, LOCK, UNLOCK = f"{BASE}/auth/token", f"{BASE}/configuration/lock", f"{BASE}/configuration/unlock"
STATUS, TYPES = f"{BASE}/system/status", f"{BASE}/configuration/elementTypes"
NTP = b"<configElement><elementType>ntp-config</elementType><attribute><name>server</name><value>192.0.2.9</value></attribute></configElement>"


class Box:
    """A run of several tasks with one appliance, and one clock for both."""

    def __init__(self, appliance: Simulated, role: str = "", **options: Any) -> None:
        self.appliance, self.role, self.options = appliance, role, options
        self.store, self.clock = CountingStore(), Clock()

    def task(self) -> Session:
        return self.appliance.session(self.role, store=self.store, clock=self.clock, **self.options)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.appliance.advance(seconds)

    def lock(self) -> None:
        self.task().call("POST", LOCK, expect=(204,), accept="application/xml", content_type="application/xml")

    def unlock(self) -> None:
        self.task().call("POST", UNLOCK, expect=(204,), accept="application/xml", content_type="application/xml")

    def status(self) -> int:
        return self.task().call("GET", STATUS, accept="application/xml").status

    def holder(self) -> Any:
        return self.appliance.act("lock_state")["holder"]

    @property
    def logins(self) -> list[str]:
        """How each login was made: empty for a plain one, otherwise the form of the renewal."""
        return [entry.get("refresh_form", "") for entry in self.appliance.journal("auth/token")]


@pytest.fixture
def box(appliance: Simulated) -> Box:
    return Box(appliance)


def failed(appliance: Simulated, **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        appliance.flow(**options).login()
    assert caught.value.service == "Appliance"
    assert str(appliance.entry["password"]) not in str(caught.value.as_result())
    return caught.value


# Login


def test_the_login_is_one_request(appliance: Simulated) -> None:
    clock = Clock()
    clock.advance(-3000)
    appliance.advance(9000)
    flow = appliance.flow(clock=clock)
    token = flow.login()
    (entry,) = appliance.journal()
    assert (entry["method"], entry["path"], entry["query"], entry["size"]) == ("POST", TOKEN, "", 0)
    assert entry["headers"]["accept"] == "application/xml"
    assert "content-type" not in entry["headers"]
    credentials = basic("admin", flow.params["password"])
    assert entry["headers"]["authorization"] == f"Basic {fingerprint(credentials)}"
    assert (token.service, token.principal, token.scope, token.notes) == ("appliance", "admin", "v1.2", {})
    assert (token.lifetime, token.assumed) == (600, True)
    assert token.issued_at == pytest.approx(clock(), abs=3)
    assert {token.value, credentials, flow.params["password"]} <= flow.client.secrets.values


LOGIN = "refresh|token|lock|restart|content_type|nesting|redundancy|while_down|extra"
POSITIONS = [(name, value) for name, switch in SWITCHES.items() for value in switch.choices if re.search(LOGIN, name)]


@pytest.mark.parametrize(("name", "value"), POSITIONS)
def test_login_and_lock_work_in_every_position(box: Box, name: str, value: Any) -> None:
    box.appliance.switch(**{name: value})
    renews = name != "refresh_field" or value in ("any", "raw")
    box.status()
    box.lock()
    if (name, value) == ("relock", 423):
        with pytest.raises(Locked):
            box.lock()
    else:
        box.lock()
    if renews:
        box.pass_time(500)
    assert box.status() == 200
    box.unlock()
    assert box.logins == (["", "raw"] if renews else [""])
    assert box.holder() is None


@pytest.mark.parametrize(("latest", "version"), [("v1.0", "v1.0"), ("v1.1", "v1.0"), ("v1.1", "v1.1"), ("v1.2", "v1.0"), ("v1.2", "v1.2")])
def test_the_version_stands_in_the_path(appliance: Simulated, latest: str, version: str) -> None:
    appliance.switch(latest_version=latest)
    appliance.flow(api_version=version).login()
    assert appliance.journal()[0]["path"] == f"/rest/{version}/auth/token"


@pytest.mark.parametrize(("latest", "version"), [("v1.0", "v1.2"), ("v1.1", "v1.2"), ("v1.2", "v9")])
def test_an_unknown_version_is_named(appliance: Simulated, latest: str, version: str) -> None:
    appliance.switch(latest_version=latest)
    error = failed(appliance, api_version=version)
    assert (type(error), error.status, error.reply) == (LoginFailed, 404, "Unsupported versionId in URI")
    assert f"/rest/{version}/auth/token" in error.message
    assert "api_version" in error.hint


@pytest.mark.parametrize("nesting", ["messages/errorMessage", "messages/message/errorMessage"])
@pytest.mark.parametrize("options", [{"password": "not-it-1"}, {"username": "nobody"}])
def test_wrong_credentials_are_403(appliance: Simulated, nesting: str, options: dict[str, str]) -> None:
    appliance.switch(error_nesting=nesting)
    error = failed(appliance, retries=3, **options)
    assert (type(error), error.status, error.reply) == (CredentialsRejected, 403, "Invalid user name or password")
    assert "not sent again" in error.hint
    assert "administrator" not in error.hint
    assert len(appliance.journal()) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_remembered(appliance: Simulated, status: int) -> None:
    box = Box(appliance, password="not-it-1")
    appliance.fault("status", "auth/token", status=status)
    for _task in range(5):
        with pytest.raises(CredentialsRejected):
            box.status()
    assert len(appliance.journal()) == 1


def test_a_malformed_login_is_400_and_no_wrong_password(appliance: Simulated) -> None:
    appliance.fault(
        "status",
        "auth/token",
        status=400,
        content_type="application/xml",
        body="<response><messages><errorMessage>Bad header</errorMessage></messages></response>",
    )
    error = failed(appliance)
    assert (type(error), error.status, error.reply) == (LoginFailed, 400, "Bad header")
    assert "the login was refused as malformed" in error.message
    assert "renewal_body" not in error.hint


@pytest.mark.parametrize(("status", "kind"), [(405, LoginFailed), (426, LoginFailed), (500, LoginFailed), (503, Unavailable)])
def test_other_statuses_are_failed_logins(appliance: Simulated, status: int, kind: type[TokenflowError]) -> None:
    appliance.fault("status", "auth/token", status=status, body="<html><body>Busy</body></html>", times=5)
    error = failed(appliance, retries=3)
    assert (type(error), error.status, error.reply) == (kind, status, "Busy")
    assert len(appliance.journal()) == 1


def test_plain_http_is_refused_by_the_appliance(appliance: Simulated) -> None:
    error = failed(appliance, base_url=appliance.entry["plain_url"])
    assert (error.status, error.reply) == (426, "Client must connect with HTTPS")
    assert "https" in error.hint


@pytest.mark.parametrize("body", ["<response/>", "<response><data/></response>", "<response><data><accessToken/></data></response>", "", "{}"])
def test_an_answer_without_a_token_is_an_error(appliance: Simulated, body: str) -> None:
    appliance.fault("body", "auth/token", body=body)
    assert "without a token" in failed(appliance).message


@pytest.mark.parametrize("body", ["<response><data><accessToken>deadbeef", "deadbeef", '<!DOCTYPE r [<!ENTITY a "deadbeef">]><r>&a;</r>'])
def test_an_answer_that_cannot_be_read_shows_no_token(appliance: Simulated, body: str) -> None:
    appliance.fault("body", "auth/token", body=body)
    error = failed(appliance)
    assert error.KIND == BadAnswer.KIND
    assert "deadbeef" not in str(error.as_result())


def test_missing_credentials_send_nothing(appliance: Simulated) -> None:
    with pytest.raises(InvalidInput, match="Appliance needs username and password"):
        appliance.flow(username=None, password=None).login()
    assert not appliance.journal()


@pytest.mark.parametrize("end", ["expire_tokens", "revoke_tokens"])
def test_a_token_that_ended_costs_one_login(box: Box, end: str) -> None:
    box.status()
    box.appliance.act(end)
    assert [box.status(), box.status()] == [200, 200]
    assert [entry["status"] for entry in box.appliance.journal(STATUS)] == [200, 401, 200, 200]
    assert box.logins == ["", ""]


def test_a_restart_costs_one_login(box: Box) -> None:
    box.appliance.switch(reboot_delay_seconds=0, reboot_seconds=10)
    box.task().call("POST", f"{BASE}/admin/reboot", expect=(202,), accept="application/xml")
    with pytest.raises(ConnectionFailed):
        box.status()
    box.appliance.advance(30)
    assert box.status() == 200
    assert len(box.logins) == 2


def test_an_operator_is_not_permitted_to_lock(appliance: Simulated) -> None:
    box = Box(appliance, "operator")
    for _task in range(3):
        with pytest.raises(NotAuthorised) as caught:
            box.lock()
    assert (caught.value.status, "administrator" in caught.value.hint) == (403, True)
    assert box.logins == [""]
    assert box.status() == 200


# Renewal


@pytest.mark.parametrize(("age", "logins"), [(470, [""]), (490, ["", "raw"]), (599, ["", "raw"]), (601, ["", ""])])
def test_a_token_is_renewed_two_minutes_before_its_end(box: Box, age: float, logins: list[str]) -> None:
    box.status()
    box.pass_time(age)
    box.status()
    assert box.logins == logins
    assert {entry["status"] for entry in box.appliance.journal()} == {200}


@pytest.mark.parametrize("form", ["raw", "token", "accessToken", "access_token"])
@pytest.mark.parametrize("strict", [False, True])
def test_the_live_token_goes_into_the_body_in_the_form_asked_for(appliance: Simulated, form: str, strict: bool) -> None:
    """Percent-encoded in a field: tokens have plus signs, slashes and equals signs."""
    appliance.switch(refresh_field=form if strict else "any")
    box = Box(appliance, renewal_body=form)
    box.lock()
    for _round in range(4):
        box.pass_time(500)
        box.status()
    assert box.logins == ["", form, form, form, form]
    assert appliance.journal("auth/token")[1]["headers"]["content-type"] == "x-www-form-urlencoded"
    assert box.holder() == "admin"
    box.unlock()
    assert box.holder() is None


@pytest.mark.parametrize("old", ["dies", "valid"])
def test_the_new_token_is_used_after_a_renewal(box: Box, old: str) -> None:
    box.appliance.switch(refresh_old_token=old)
    box.lock()
    box.pass_time(500)
    box.status()
    box.unlock()
    before, after = (entry["headers"]["authorization"] for entry in box.appliance.journal("configuration/"))
    assert before != after
    assert {entry["status"] for entry in box.appliance.journal()} <= {200, 204}


@pytest.mark.parametrize("wrong", ["token", "access_token"])
def test_a_renewal_in_the_wrong_form_is_a_login_where_nothing_is_held(appliance: Simulated, wrong: str) -> None:
    appliance.switch(refresh_field="accessToken")
    box = Box(appliance, renewal_body=wrong)
    box.status()
    box.pass_time(500)
    session = box.task()
    session.call("GET", STATUS, accept="application/xml")
    (warning,) = session.warnings
    assert "renewal_body" in warning
    assert len(box.logins) == 3


def test_a_renewal_in_the_wrong_form_leaves_the_lock_with_its_token(appliance: Simulated) -> None:
    appliance.switch(refresh_field="accessToken")
    box = Box(appliance, renewal_body="token")
    box.lock()
    box.pass_time(500)
    session = box.task()
    session.call("GET", STATUS, accept="application/xml")
    (warning,) = session.warnings
    assert "configuration lock" in warning
    assert "renewal_body" in warning
    assert (len(box.logins), box.holder()) == (2, "admin")
    box.unlock()
    assert (len(box.logins), box.holder()) == (2, None)


def test_a_password_changed_while_the_lock_is_held_does_not_give_it_up(box: Box) -> None:
    box.lock()
    box.appliance.act("change_password", user="admin", password="Another-Secret-1")
    box.pass_time(500)
    assert box.status() == 200
    assert box.holder() == "admin"
    box.unlock()
    assert len(box.logins) == 2


def test_a_renewal_after_one_that_failed_can_be_renewed_again(appliance: Simulated) -> None:
    appliance.switch(refresh_field="accessToken")
    box = Box(appliance, renewal_body="raw")
    box.lock()
    box.pass_time(490)
    box.status()
    appliance.switch(refresh_field="any")
    box.task().force()
    for renewals in (2, 3, 4):
        assert box.logins == [""] + ["raw"] * renewals
        assert box.holder() == "admin"
        box.pass_time(500)
        box.status()


# The lock


def test_the_lock_survives_an_hour(box: Box) -> None:
    box.lock()
    for _round in range(36):
        box.pass_time(100)
        box.status()
    assert box.holder() == "admin"
    assert set(box.logins[1:]) == {"raw"}
    box.task().call("PUT", f"{BASE}/configuration/configElements", body=NTP, content_type="application/xml", expect=())
    assert box.appliance.journal("configElements")[-1]["status"] != 423


def test_a_lock_that_was_lost_is_never_logged_in_over(box: Box) -> None:
    box.lock()
    box.appliance.act("revoke_tokens")
    with pytest.raises(LockLost):
        box.task().call("DELETE", f"{BASE}/configuration/configElements", query={"elementType": "ntp-config"}, expect=(204,))
    assert box.logins == [""]
    assert box.status() == 200
    assert box.logins == ["", ""]


def test_the_lock_is_noted_from_the_answers(box: Box) -> None:
    def noted() -> bool:
        assert box.store.token is not None
        return bool(box.store.token.notes.get(HOLDS_LOCK))

    box.status()
    found = [noted()]
    for step in (box.lock, box.status, box.unlock):
        step()
        found.append(noted())
    assert found == [False, True, True, False]


@pytest.mark.parametrize("path", [LOCK, f"{LOCK}/"])
def test_a_refused_second_lock_says_nothing(box: Box, path: str) -> None:
    box.appliance.switch(relock=423)
    box.lock()
    with pytest.raises(Locked):
        box.lock()
    assert box.task().kept().notes[HOLDS_LOCK] is True  # type: ignore[union-attr]


def test_a_refused_change_says_that_the_lock_is_gone(box: Box) -> None:
    box.lock()
    token = box.task().token()
    box.appliance.act("reset")
    box.appliance.act("other_operator_lock", held=True)
    flow = box.task().flow
    answer = flow.client.send("POST", TOKEN, authorization=flow.basic("admin", box.appliance.entry["password"]))
    assert answer.status == 200
    refused = flow.client.send("POST", UNLOCK, authorization=f"Bearer {answer.data()['data']['accessToken']}")
    assert refused.status == 423
    assert flow.held_by(flow.observe(refused, token)) == ""
    assert "take it first" in flow.explain(refused).hint


@pytest.mark.parametrize(("held", "reply"), [(True, "Resource locked by another user"), (False, "User does not have the lock")])
def test_a_lock_of_somebody_else_is_told_from_none(box: Box, held: bool, reply: str) -> None:
    if held:
        box.appliance.act("other_operator_lock", held=True)
    with pytest.raises(Locked) as caught:
        box.unlock()
    assert (caught.value.status, caught.value.reply) == (423, reply)


@pytest.mark.parametrize("nesting", ["messages/errorMessage", "messages/message/errorMessage"])
def test_error_texts_are_found_at_any_depth(box: Box, nesting: str) -> None:
    box.appliance.switch(error_nesting=nesting)
    with pytest.raises(TokenflowError) as caught:
        box.task().call("GET", f"{BASE}/nosuch", accept="application/xml")
    assert caught.value.reply == "Resource not found"


def test_a_given_token_is_used_for_reading(box: Box) -> None:
    token = box.task().token().value
    session = box.appliance.session(store=MemoryStore(), token=token, username=None, password=None)
    assert session.call("GET", TYPES, accept="application/xml").status == 200
    assert box.logins == [""]
