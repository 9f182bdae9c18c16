# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated appliance: envelope, versions, tokens, user classes, lock, journal and control actions."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators._appliance_operations import OPERATIONS
from tests.simulators._core import ControlError, fingerprint

from ._appliance_box import ADMIN, ELEMENTS, SECOND, VIEWER, Box, element, elements_in, error_in, parsed, token_in

LOCK, UNLOCK = "/configuration/lock", "/configuration/unlock"
ROUTE = {"dest-network": "192.0.2.64", "netmask": "255.255.255.192", "gateway": "192.0.2.1"}


@pytest.fixture
def box() -> Box:
    return Box()


def test_login_answers_a_token(box: Box) -> None:
    answer = box.post_token()
    assert [child.tag for child in parsed(answer).findall("data/*")] == ["accessToken"]
    token = token_in(answer)
    assert base64.b64decode(token).startswith(b"admin,admin,20")
    assert "+" in token and "/" in token and token.endswith("=")
    assert box.call("GET", "/system/status", token).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic", "Basic ", "Basic !!!", "Basic YWRtaW4=", "Basic //79", "Bearer abc", "basic YWRtaW46eA=="],
    ids=["absent", "empty", "no value", "blank value", "not base64", "no colon", "not text", "other scheme", "lower case"],
)
def test_malformed_basic_is_400(box: Box, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = box.client.post("/rest/v1.2/auth/token", headers=headers)
    assert answer.status_code == 400 and error_in(answer)


@pytest.mark.parametrize(("user", "password"), [("admin", "wrong"), ("nobody", "x"), ("admin", "")])
def test_wrong_credentials_are_403(box: Box, user: str, password: str) -> None:
    answer = box.client.post("/rest/v1.2/auth/token", headers={"Authorization": box.basic(user, password)})
    assert answer.status_code == 403 and error_in(answer)
    assert not box.simulator.state.access.tokens


@pytest.mark.parametrize(("switch", "status"), [(405, 405), (401, 401)])
def test_get_token(box: Box, switch: int, status: int) -> None:
    box.simulator.switch(get_token=switch)
    assert box.call("GET", "/auth/token").status_code == status
    assert box.call("DELETE", "/auth/token").status_code == 405


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "bearer {}", "{}", "Basic {}", "Bearer  {}", "Bearer {}x"])
def test_bad_bearer_is_401(box: Box, authorization: str) -> None:
    headers = {"Authorization": authorization.format(box.login())}
    answer = box.client.get("/rest/v1.2/system/status", headers=headers)
    assert answer.status_code == 401 and error_in(answer) == "Client not authorized"


@pytest.mark.parametrize("content_type", ["x-www-form-urlencoded", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"])
@pytest.mark.parametrize("form", ["{raw}", "{quoted}", "token={quoted}", "accessToken={quoted}", "access_token={quoted}", "anything={quoted}"])
def test_refresh_moves_the_lock(box: Box, form: str, content_type: str) -> None:
    old = box.locked()
    new = token_in(box.post_token(body=form.format(raw=old, quoted=quote(old, safe="")), content_type=content_type))
    assert new != old
    assert box.call("GET", "/system/status", old).status_code == 401
    assert box.simulator.lock_state()["token"] == fingerprint(new)
    assert box.post(new, "host-route", ROUTE).status_code == 200
    assert box.call("POST", UNLOCK, new).status_code == 204


@pytest.mark.parametrize("body", ["token={raw}", "token={quoted}&more=1", "token=", "nonsense", "token={quoted}x"])
def test_refresh_that_does_not_carry_the_token_is_400(box: Box, body: str) -> None:
    old = box.locked()
    answer = box.post_token(body=body.format(raw=old, quoted=quote(old, safe="")))
    assert answer.status_code == 400 and error_in(answer)
    assert box.simulator.lock_state()["token"] == fingerprint(old)


@pytest.mark.parametrize("content_type", ["application/xml", "text/plain", "application/json"])
def test_refresh_with_another_content_type_is_415(box: Box, content_type: str) -> None:
    assert box.post_token(body=box.login(), content_type=content_type).status_code == 415


@pytest.mark.parametrize("strict", ["raw", "token", "accessToken", "access_token"])
def test_refresh_field_strict(box: Box, strict: str) -> None:
    box.simulator.switch(refresh_field=strict)
    for field in ("raw", "token", "accessToken", "access_token", "other"):
        old = box.login()
        body = old if field == "raw" else f"{field}={quote(old, safe='')}"
        assert box.post_token(body=body).status_code == (200 if field == strict else 400)


def test_refresh_old_token_stays_valid(box: Box) -> None:
    box.simulator.switch(refresh_old_token="valid")
    old = box.locked()
    new = token_in(box.post_token(body=old))
    assert box.call("GET", "/system/status", old).status_code == 200
    assert box.post(old, "host-route", ROUTE).status_code == 423
    assert box.post(new, "host-route", ROUTE).status_code == 200


@pytest.mark.parametrize("case", ["unknown", "expired", "another user's"])
@pytest.mark.parametrize("position", [400, "new_login"])
def test_refresh_with_a_bad_token(box: Box, case: str, position: Any) -> None:
    box.simulator.switch(refresh_bad_token=position)
    bad = "bm8gc3VjaCB0b2tlbg==" if case == "unknown" else box.locked(SECOND if case == "another user's" else ADMIN)
    if case == "expired":
        box.simulator.advance(601)
    answer = box.post_token(body=bad)
    if position == 400:
        assert answer.status_code == 400
        return
    token = token_in(answer)
    assert box.post(token, "host-route", ROUTE).status_code == 423
    assert box.simulator.lock_state()["holder"] == (SECOND if case == "another user's" else None)


def test_refresh_keeps_the_lock_beyond_thirty_minutes(box: Box) -> None:
    token = box.locked()
    for _minute in range(4):
        box.simulator.advance(8 * 60)
        token = token_in(box.post_token(body=f"token={quote(token, safe='')}"))
        assert box.simulator.lock_state()["holder"] == ADMIN
        assert box.simulator.lock_state()["seconds_left"] == pytest.approx(600, abs=2)


def test_a_second_login_does_not_inherit_the_lock(box: Box) -> None:
    first = box.locked()
    second = box.login()
    assert box.call("GET", "/system/status", first).status_code == 200
    answer = box.post(second, "host-route", ROUTE)
    assert answer.status_code == 423 and error_in(answer) == "Resource locked by another user"


@pytest.mark.parametrize(("position", "alive"), [("absolute", False), ("sliding", True)])
def test_token_lifetime(box: Box, position: str, alive: bool) -> None:
    box.simulator.switch(token_lifetime=position)
    token = box.login()
    for seconds in (590, 9):
        box.simulator.advance(seconds)
        assert box.call("GET", "/system/status", token).status_code == 200
    box.simulator.advance(2)
    answer = box.call("GET", "/system/status", token)
    assert (answer.status_code == 200) is alive
    box.simulator.advance(601)
    assert box.call("GET", "/system/status", token).status_code == 401


def test_the_user_class_reads_and_changes_nothing(box: Box) -> None:
    viewer = box.login(VIEWER)
    for path in ("/system/status", f"{ELEMENTS}?elementType=realm-config", "/configuration/elementTypes", "/statistics/kpiTypes", "/configuration/bootparams"):
        assert box.call("GET", path, viewer).status_code == 200, path
    refused = 0
    for path, verbs in OPERATIONS.items():
        for verb, operation in verbs.items():
            if operation.admin and (verb, path) != ("POST", "/configuration/certificates/import"):
                answer = box.call(verb, path, viewer)
                assert answer.status_code == 403 and "administrator privileges" in error_in(answer), (verb, path)
                refused += 1
    assert refused == 15


def test_every_operation_needs_a_token(box: Box) -> None:
    for path, verbs in OPERATIONS.items():
        for verb in verbs:
            if (verb, path) != ("POST", "/configuration/certificates/import"):
                assert box.call(verb, path).status_code == 401, (verb, path)


def test_every_locked_operation_is_423_without_the_lock(box: Box) -> None:
    token = box.login()
    for held, text in ((False, "User does not have the lock"), (True, "Resource locked by another user")):
        box.simulator.other_operator_lock(held)
        for path, verbs in OPERATIONS.items():
            for verb, operation in verbs.items():
                if operation.lock and (verb, path) != ("POST", "/configuration/certificates/import"):
                    answer = box.call(verb, path, token)
                    assert answer.status_code == 423 and error_in(answer) == text, (verb, path)


@pytest.mark.parametrize("verb", ["PATCH", "HEAD", "OPTIONS"])
def test_other_verbs_are_405(box: Box, verb: str) -> None:
    token = box.login()
    assert box.call(verb, "/system/status", token).status_code == 405
    assert box.call("POST", "/system/status", token).status_code == 405
    assert box.call("GET", LOCK, token).status_code == 405
    assert box.call("GET", "/admin/asyncStatus", token).status_code == 404


@pytest.mark.parametrize(
    ("path", "version", "status"),
    [
        ("/statistics/kpiTypes", "v1.0", 404),
        ("/statistics/kpiTypes", "v1.1", 200),
        ("/configuration/management/files", "v1.0", 404),
        ("/configuration/management/files", "v1.1", 200),
        ("/configuration/certificates?recordName=defaultSelfSignedRestCert&format=pem", "v1.1", 404),
        ("/configuration/certificates?recordName=defaultSelfSignedRestCert&format=pem", "v1.2", 200),
        ("/system/status", "v1.0", 200),
        ("/system/status", "v1.3", 404),
        ("/system/status", "v1", 404),
    ],
)
def test_what_each_version_has(box: Box, path: str, version: str, status: int) -> None:
    assert box.call("GET", path, box.login(), version=version).status_code == status


def test_version_gates_of_writes(box: Box) -> None:
    token = box.locked()
    assert box.call("DELETE", "/configuration/configReferences?elementType=realm-config&identifier=core", token, version="v1.1").status_code == 404
    assert box.call("POST", "/admin/switchover", token, version="v1.0").status_code == 404
    assert box.call("POST", "/configuration/management?action=backup&backupSource=saved&filename=a.gz", token, version="v1.0").status_code == 400
    assert box.post_token(version="v1.9").status_code == 404


@pytest.mark.parametrize(("latest", "others"), [("v1.2", ["v1.0", "v1.1"]), ("v1.1", ["v1.0"]), ("v1.0", [])])
def test_supported_versions(box: Box, latest: str, others: list[str]) -> None:
    box.simulator.switch(latest_version=latest)
    token = token_in(box.post_token(version="v1.0"))
    answer = box.client.get("/rest/api/supportedversions", headers={"Authorization": f"Bearer {token}"})
    root = parsed(answer)
    assert root.findtext("data/supportedVersions/latestVersion") == latest
    assert [one.text for one in root.findall("data/supportedVersions/otherVersions/version")] == others
    assert box.call("GET", "/system/status", token, version=latest).status_code == 200
    if latest != "v1.2":
        assert box.call("GET", "/system/status", token, version="v1.2").status_code == 404
        assert error_in(box.call("GET", "/system/status", token, version="v1.2")) == "Unsupported versionId in URI"


@pytest.mark.parametrize("position", [401, 200])
def test_supported_versions_without_token(box: Box, position: int) -> None:
    box.simulator.switch(supportedversions_without_token=position)
    assert box.client.get("/rest/api/supportedversions").status_code == position
    assert box.client.get("/rest/api/supportedversions", headers={"Authorization": "Bearer no"}).status_code == 401
    assert box.client.post("/rest/api/supportedversions").status_code == 405
    answer = box.call("GET", "/api/supportedversions", box.login())
    assert answer.status_code == 404 and error_in(answer) == "This API must not contain a version number"


@pytest.mark.parametrize("path", ["/", "/rest", "/rest/v1.2", "/rest/v1.2/", "/rest/v1.2/nothing", "/rest/v1.2/auth/tokens", "/other/v1.2/system/status"])
def test_unknown_paths_are_404(box: Box, path: str) -> None:
    answer = box.client.get(path, headers={"Authorization": f"Bearer {box.login()}"})
    assert answer.status_code == 404 and error_in(answer)


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 406),
        ("application/json, text/json", 406),
        ("application/xml;q=0, application/json", 406),
        ("application/xml", 200),
        ("application/json, */*;q=0.1", 200),
        ("application/*", 200),
        ("", 200),
    ],
)
def test_accept(box: Box, accept: str, status: int) -> None:
    token = box.login()
    answer = box.call("GET", "/system/status", token, Accept=accept)
    assert answer.status_code == status
    if status == 406:
        assert error_in(answer)
        assert box.client.post("/rest/v1.2/auth/token", headers={"Authorization": box.basic(ADMIN), "Accept": accept}).status_code == 406


def test_content_type_is_not_checked_by_default(box: Box) -> None:
    token = box.locked()
    body = element("host-route", ROUTE)
    assert box.call("POST", ELEMENTS, token, body, Content_Type="application/x-www-form-urlencoded").status_code == 200


def test_content_type_strict(box: Box) -> None:
    box.simulator.switch(content_type_check="strict")
    token = box.login()
    assert box.call("POST", LOCK, token).status_code == 415
    assert box.call("POST", LOCK, token, Content_Type="application/xml").status_code == 204
    body = element("host-route", ROUTE)
    for content_type in ("application/json", "text/xml", "application/x-www-form-urlencoded"):
        answer = box.call("POST", ELEMENTS, token, body, Content_Type=content_type)
        assert answer.status_code == 415 and error_in(answer)
    assert box.call("POST", ELEMENTS, token, body, Content_Type="application/xml; charset=UTF-8").status_code == 200
    assert box.call("GET", "/system/status", token).status_code == 200


@pytest.mark.parametrize("path", ["messages/errorMessage", "messages/message/errorMessage"])
def test_error_nesting(box: Box, path: str) -> None:
    box.simulator.switch(error_nesting=path)
    answer = box.call("GET", "/system/status")
    assert error_in(answer, path) == "Client not authorized"
    assert parsed(answer).findtext(".//errorMessage") == "Client not authorized"


def test_plain_http_is_426(box: Box) -> None:
    answer = box.client.post("http://sbc.example.com/rest/v1.2/auth/token", headers={"Authorization": box.basic(ADMIN)})
    assert answer.status_code == 426 and error_in(answer) == "Client must connect with HTTPS"
    assert not box.simulator.state.access.tokens


def test_headers(box: Box) -> None:
    box.simulator.advance(86400)
    answers = [box.post_token(), box.call("GET", "/system/status")]
    for number, answer in enumerate(answers, 1):
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"] == "application/xml"
        assert answer.headers["keep-alive"] == "timeout=60, max=99"
        assert answer.headers["x-appweb-seq"] == str(number)
        date = parsedate_to_datetime(answer.headers["date"]).timestamp()
        assert date == pytest.approx(box.simulator.clock.now(), abs=3)
        assert parsedate_to_datetime(answer.headers["last-modified"]).timestamp() == pytest.approx(date, abs=1)
    locked = box.call("POST", LOCK, token_in(answers[0]))
    assert locked.status_code == 204 and not locked.content and "content-type" not in locked.headers


def test_lock_and_unlock(box: Box) -> None:
    token, other = box.login(), box.login(SECOND)
    assert box.simulator.lock_state() == {"holder": None, "seconds_left": None, "token": None}
    assert error_in(box.call("POST", UNLOCK, token)) == "User does not have the lock"
    assert box.call("POST", LOCK, token).status_code == 204
    state = box.simulator.lock_state()
    assert state["holder"] == ADMIN and state["token"] == fingerprint(token) and 590 < state["seconds_left"] <= 600
    for verb in (LOCK, UNLOCK):
        answer = box.call("POST", verb, other)
        assert answer.status_code == 423 and error_in(answer) == "Resource locked by another user"
    assert box.call("POST", UNLOCK, token).status_code == 204
    assert box.call("POST", LOCK, other).status_code == 204


@pytest.mark.parametrize("position", [204, 423])
def test_relock(box: Box, position: int) -> None:
    box.simulator.switch(relock=position)
    token = box.locked()
    answer = box.call("POST", LOCK, token)
    assert answer.status_code == position
    if position == 423:
        assert "already locked" in error_in(answer)
    assert box.simulator.lock_state()["holder"] == ADMIN


def test_lock_goes_with_its_token(box: Box) -> None:
    token, other = box.locked(), box.login(SECOND)
    box.simulator.advance(300)
    other = token_in(box.post_token(SECOND, body=other))
    box.simulator.advance(299)
    assert box.call("POST", LOCK, other).status_code == 423
    box.simulator.advance(2)
    assert box.call("POST", UNLOCK, token).status_code == 401
    assert box.call("POST", LOCK, other).status_code == 204


@pytest.mark.parametrize(("position", "kept"), [("kept", True), ("rolled_back", False)])
@pytest.mark.parametrize("how", ["expiry", "expire_tokens", "revoke_tokens"])
def test_edits_at_lock_loss(box: Box, position: str, kept: bool, how: str) -> None:
    box.simulator.switch(edits_at_lock_loss=position)
    token = box.locked()
    assert box.post(token, "host-route", ROUTE).status_code == 200
    if how == "expiry":
        box.simulator.advance(601)
    else:
        getattr(box.simulator, how)()
    found = box.get(box.login(), "host-route", {"dest-network": ROUTE["dest-network"]})
    assert found.status_code == (200 if kept else 404)
    assert box.simulator.lock_state()["holder"] is None


def test_unlock_keeps_edits_in_either_position(box: Box) -> None:
    box.simulator.switch(edits_at_lock_loss="rolled_back")
    token = box.locked()
    box.post(token, "host-route", ROUTE)
    box.call("POST", UNLOCK, token)
    assert box.get(token, "host-route", {"dest-network": ROUTE["dest-network"]}).status_code == 200


def test_other_operator_lock(box: Box) -> None:
    token = box.login()
    assert box.simulator.other_operator_lock(seconds=30)["holder"] == "acli"
    assert box.call("POST", LOCK, token).status_code == 423
    box.simulator.advance(31)
    assert box.call("POST", LOCK, token).status_code == 204
    with pytest.raises(ControlError):
        box.simulator.other_operator_lock()
    box.simulator.other_operator_lock(held=False)
    assert box.simulator.lock_state()["holder"] == ADMIN
    box.call("POST", UNLOCK, token)
    box.simulator.other_operator_lock()
    box.simulator.advance(5000)
    assert box.simulator.lock_state()["holder"] == "acli"
    box.simulator.other_operator_lock(held=False)
    assert box.call("POST", LOCK, box.login()).status_code == 204


def test_expire_and_revoke(box: Box) -> None:
    for action in (box.simulator.expire_tokens, box.simulator.revoke_tokens):
        token = box.login()
        action()
        assert box.call("GET", "/system/status", token).status_code == 401
        assert box.login()


def test_change_password(box: Box) -> None:
    token = box.login()
    box.simulator.change_password(ADMIN, "sbc-New-pass-12!")
    assert box.call("GET", "/system/status", token).status_code == 200
    assert box.post_token().status_code == 403
    box.passwords[ADMIN] = "sbc-New-pass-12!"
    assert box.post_token().status_code == 200
    assert "sbc-New-pass-12!" in box.simulator.secrets()
    with pytest.raises(ControlError):
        box.simulator.change_password("nobody", "x")


def test_journal_shows_no_secret(box: Box) -> None:
    token = box.locked()
    token = token_in(box.post_token(body=f"token={quote(token, safe='')}"))
    token = token_in(box.post_token(body=token))
    secret = [("auth-attribute", {"auth-realm": "x", "username": "u", "password": "posted-Secret-1"}, ())]
    assert box.put(token, "realm-config", {"identifier": "access"}, secret).status_code == 200
    swapped = "<configElement><elementType>ntp-config</elementType><subElement><subElementType>auth-servers</subElementType>"
    swapped += "<attribute><name>ip-address</name><value>192.0.2.9</value></attribute>"
    swapped += "<attribute><value>posted-Secret-2</value><name>key</name></attribute></subElement></configElement>"
    assert box.call("POST", ELEMENTS, token, swapped).status_code == 200
    boot = box.call("GET", "/configuration/bootparams", token).text
    assert "sbc-Boot-fetch-31!" in boot
    text = json.dumps(box.simulator.journal)
    for value in [*box.simulator.secrets(), "posted-Secret-1", "posted-Secret-2"]:
        assert value not in text and quote(value, safe="") not in text
    assert [entry["refresh_form"] for entry in box.simulator.journal if "refresh_form" in entry] == ["token", "raw"]
    assert (
        fingerprint(token) in text and box.simulator.get_store()["ntp-config"][0]["sub_elements"]["auth-servers"][0]["attributes"]["key"] == "posted-Secret-2"
    )


def test_settings_and_reset(box: Box) -> None:
    settings = box.simulator.settings()
    assert len({settings["password"], settings["operator_password"], settings["second_password"]}) == 3
    token = box.locked()
    box.post(token, "host-route", ROUTE)
    box.simulator.reset()
    assert box.call("GET", "/system/status", token).status_code == 401
    assert box.simulator.get_store() == box.simulator.get_store("running")
    assert box.simulator.lock_state()["holder"] is None


def test_switches_describe_themselves(box: Box) -> None:
    for name, switch in box.simulator.SWITCHES.items():
        assert switch.about, name
        assert len(switch.choices) != 1 and (not switch.choices or switch.default in switch.choices), name
        for choice in switch.choices:
            box.simulator.switch(**{name: choice})
    with pytest.raises(ControlError):
        box.simulator.switch(relock=500)


def test_control_actions_refuse_nonsense(box: Box) -> None:
    calls: list[Callable[[], object]] = [
        lambda: box.simulator.get_store("draft"),
        lambda: box.simulator.other_operator_job("reboot"),
        lambda: box.simulator.other_operator_job("save", outcome="maybe"),
        lambda: box.simulator.fail_job("reboot"),
        lambda: box.simulator.set_role("boss"),
        lambda: box.simulator.set_element("no-type", {}),
        lambda: box.simulator.set_element("host-route", {}),
        lambda: box.simulator.set_element("host-route", {"nonsense": "1"}),
        lambda: box.simulator.set_element("sip-interface", {"realm-id": "x"}, {"no-port": [{}]}),
    ]
    for call in calls:
        with pytest.raises(ControlError):
            call()


def test_set_and_remove_element(box: Box) -> None:
    token = box.locked()
    box.simulator.set_element("host-route", ROUTE)
    assert box.post(token, "host-route", ROUTE).status_code == 409
    box.simulator.set_element("host-route", {**ROUTE, "gateway": "192.0.2.2"}, store="running")
    assert elements_in(box.get(token, "host-route", {"dest-network": ROUTE["dest-network"]}, running="true"))[0]["gateway"] == "192.0.2.2"
    box.simulator.set_element("sip-interface", {"realm-id": "access"}, {"sip-port": [{"address": "198.51.100.11"}]})
    assert elements_in(box.get(token, "sip-interface", {"realm-id": "access"}))[0]["sip-port"][0]["port"] == "5060"
    assert box.simulator.remove_element("host-route", {"dest-network": ROUTE["dest-network"]})
    assert not box.simulator.remove_element("host-route", {"dest-network": ROUTE["dest-network"]})
    assert not box.simulator.remove_element("host-route", {})
    assert box.post(token, "host-route", ROUTE).status_code == 200


DOCUMENTED = {200, 202, 204, 400, 401, 403, 404, 405, 406, 409, 415, 423, 426}


@settings(max_examples=150)
@given(
    path=st.sampled_from([*OPERATIONS, "/auth/token", "/api/supportedversions", "/x"]),
    verb=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    query=st.dictionaries(
        st.sampled_from(["elementType", "realm-id", "name", "action", "filename", "type", "offset", "running", "recordName", "format", "x\x00"]),
        st.one_of(st.text(max_size=8), st.sampled_from(["sip-interface", "ntp-config", "save", "core", "true", "pem", "defaultTlsProfile"])),
        max_size=3,
    ),
    body=st.one_of(
        st.binary(max_size=40),
        st.builds(
            element,
            st.sampled_from(["sip-interface", "ntp-config", "x"]),
            st.dictionaries(st.sampled_from(["realm-id", "state", "x"]), st.text("ab<&1 ", max_size=4)),
        ),
    ),
)
def test_any_request_gets_a_documented_answer(path: str, verb: str, query: dict[str, str], body: bytes | str) -> None:
    box = Box()
    token = box.locked()
    headers = {"Authorization": f"Bearer {token}"}
    answer = box.client.request(verb, f"/rest/v1.2{path}", params=query, content=body, headers=headers)
    assert answer.status_code in DOCUMENTED
    if answer.status_code == 204:
        assert not answer.content
    else:
        message = parsed(answer).findtext("messages/errorMessage")
        assert bool(message) is (answer.status_code >= 400)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    path = tmp_path_factory.mktemp("town") / "town.json"
    root = Path(__file__).parents[3]
    arguments = ["--only", "appliance", "--write", str(path), "--switch", "appliance.reboot_delay_seconds=0", "--switch", "appliance.relock=423"]
    process = subprocess.Popen([sys.executable, "-m", "tests.simulators", *arguments], cwd=root, env={**os.environ}, stdout=subprocess.DEVNULL)
    try:
        for _attempt in range(200):
            if path.exists():
                break
            time.sleep(0.05)
        yield json.loads(path.read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_over_the_network(town: dict[str, Any]) -> None:
    base = town["appliance_base_url"] + "/rest/v1.2"
    plain = httpx.post(town["appliance_plain_url"] + "/rest/v1.2/auth/token", auth=(town["appliance_username"], town["appliance_password"]), trust_env=False)
    assert plain.status_code == 426
    with requests.Session() as session:
        session.trust_env, session.verify = False, town["simulators_ca_path"]
        token = session.post(f"{base}/auth/token", auth=(town["appliance_username"], town["appliance_password"]))
        assert token.status_code == 200 and token.headers["connection"] == "keep-alive" and "x-appweb-seq" in token.headers
        headers = {"Authorization": f"Bearer {token_in(httpx.Response(200, text=token.text))}"}
        assert session.post(f"{base}{LOCK}", headers=headers).status_code == 204
        assert session.post(f"{base}{LOCK}", headers=headers).status_code == 423
        started = session.put(f"{base}/configuration/management?action=save", headers=headers)
        assert f"<link>{base}/admin/asyncstatus</link>" in started.text
        rebooting = session.post(f"{base}/admin/reboot", headers=headers)
        assert rebooting.status_code == 202 and "<data>Rebooting in 5 seconds</data>" in rebooting.text
        with pytest.raises(requests.ConnectionError):
            session.get(f"{base}/system/status", headers=headers)
        control = town["simulators_control_url"] + "/appliance"
        requests.post(f"{control}/switch", json={"while_down": 503}).raise_for_status()
        assert session.get(f"{base}/system/status", headers=headers).status_code == 503
        requests.post(f"{control}/advance", json={"seconds": 121}).raise_for_status()
        assert session.get(f"{base}/system/status", headers=headers).status_code == 401
