# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PLCnext simulator: sessions and groups."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from tests.simulators._core import ControlError
from tests.unit.simulators._plcnext import BASE, OTHER, PREFIX, Plc, connect, failure, offenders

GONE = (410, "sessions", "invalidSessionID")


@pytest.fixture
def plc() -> Plc:
    plc = Plc()
    plc.login()
    return plc


def create(plc: Plc, station: str = "1", **members: Any) -> str:
    answer = plc.request("POST", "sessions", json={"stationID": station, **members})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sessionID"])


def register(plc: Plc, *paths: str, **members: Any) -> httpx.Response:
    return plc.request("POST", "groups", json={"pathPrefix": PREFIX, "paths": list(paths), **members})


# Sessions


def test_create_session(plc: Plc) -> None:
    plc.token = ""
    answer = plc.request("POST", "sessions/", content=b"stationID=1&timeout=10800000")
    session = answer.json()["sessionID"]
    assert (answer.status_code, answer.headers["status"]) == (201, "201 Created")
    assert re.fullmatch(r"s1\d{13}", session)
    assert answer.headers["location"] == f"https://plc.example{BASE}/sessions/{session}/"
    head = '{"apiVersion":"1.8.0.0","projectCRC":1430805090,"userAuthenticationRequired":true,'
    assert answer.text == head + f'"sessionID":"{session}","timeout":"10800000"}}'


@pytest.mark.parametrize(
    ("content", "timeout"),
    [(b"stationID=a%20b", "5000"), (b'{"stationID":10,"timeout":50000}', "50000"), (b'{"stationID":"10","timeout":"50000"}', "50000")],
)
def test_session_body_forms(plc: Plc, content: bytes, timeout: str) -> None:
    answer = plc.request("POST", "/_pxc_api/api/sessions", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["timeout"]) == (201, timeout)


BAD_SESSIONS = [
    *(b"", b"timeout=5", b"stationID=", b"stationID=1&timeout=0", b"stationID=1&timeout=86400001", b"stationID=1&timeout=x"),
    *(b"stationID=1&stationID=2", b"{", b"%ff=1&stationID=1", b'{"stationID":true}', b'{"stationID":"1","timeout":1.5}', b'{"sessionID":0,"stationID":"1"}'),
]


@pytest.mark.parametrize("content", BAD_SESSIONS)
def test_session_refuses_bad_requests(plc: Plc, content: bytes) -> None:
    assert failure(plc.request("POST", "sessions", content=content)) == (400, "sessions", "invalidRequest")


def test_session_timeout_switches(plc: Plc) -> None:
    plc.switch(session_timeout=20000, session_timeout_type="number")
    assert plc.request("POST", "sessions", json={"stationID": "1"}).json()["timeout"] == 20000
    plc.switch(session_timeout_type="string")
    assert plc.request("POST", "sessions", json={"stationID": "2"}).json()["timeout"] == "20000"


def test_station_in_use(plc: Plc) -> None:
    session = create(plc)
    answer = plc.request("POST", "sessions", json={"stationID": 1})
    assert failure(answer) == (409, "sessions", "duplicateSessionID")
    assert offenders(answer) == [session]
    plc.simulator.advance(5.5)
    assert create(plc) != session


def test_maintained_session_lives_on(plc: Plc) -> None:
    session = create(plc)
    for path in (f"sessions/{session}", f"sessions/{session}/"):
        plc.simulator.advance(4)
        answer = plc.request("POST", path)
        assert answer.status_code == 200
        assert list(answer.json()) == ["apiVersion", "projectCRC", "userAuthenticationRequired", "sessionID"]
        assert answer.json()["sessionID"] == session
    plc.simulator.advance(4)
    plc.request("GET", f"variables?sessionID={session}&paths={PREFIX}RealVar")
    plc.simulator.advance(4)
    assert plc.request("POST", f"sessions/{session}").status_code == 200
    plc.simulator.advance(5.1)
    assert failure(plc.request("POST", f"sessions/{session}")) == GONE


def test_session_put_switch(plc: Plc) -> None:
    session = create(plc)
    assert failure(plc.request("PUT", f"sessions/{session}")) == (405, "sessions", "invalidRequest")
    plc.switch(session_put="refresh")
    plc.simulator.advance(4)
    assert plc.request("PUT", f"sessions/{session}").status_code == 200
    plc.simulator.advance(4)
    assert plc.request("POST", f"sessions/{session}").status_code == 200


def test_reassign_session(plc: Plc) -> None:
    first, second = create(plc, "1"), create(plc, "2")
    answer = plc.request("POST", f"sessions/{first}", content=b"stationID=3&timeout=70000")
    new = answer.json()["sessionID"]
    assert (answer.status_code, answer.json()["timeout"]) == (201, "70000")
    assert answer.headers["location"].endswith(f"/sessions/{new}/")
    assert new not in (first, second)
    assert failure(plc.request("POST", f"sessions/{first}")) == GONE
    taken = plc.request("POST", f"sessions/{new}", json={"stationID": "2"})
    assert failure(taken) == (409, "sessions", "duplicateSessionID")
    assert offenders(taken) == [second]
    assert plc.request("POST", f"sessions/{new}", json={"stationID": "3"}).status_code == 201
    assert failure(plc.request("POST", f"sessions/{second}", content=b"timeout=5")) == (400, "sessions", "invalidRequest")


def test_delete_session(plc: Plc) -> None:
    session = create(plc)
    answer = plc.request("DELETE", f"sessions/{session}")
    assert (answer.status_code, answer.content, answer.headers["status"]) == (204, b"", "204 No Content")
    assert failure(plc.request("DELETE", f"sessions/{session}")) == GONE
    create(plc)


def test_stale_session_on_any_request(plc: Plc) -> None:
    code, stale = plc.code(), "s11442666828"
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", f"?sessionID={stale}", {}),
        ("GET", f"variables?sessionID={stale}&paths=A", {}),
        ("POST", "variables", {"content": f"paths=A&sessionID={stale}"}),
        ("PUT", "variables", {"json": {"sessionID": stale, "variables": []}}),
        ("POST", "groups", {"json": {"sessionID": stale, "paths": ["A"]}}),
        ("GET", f"groups?sessionID={stale}", {}),
        ("POST", f"auth/auth-token?sessionID={stale}", {"json": {"scope": "variables"}}),
        ("POST", "auth/access-token", {"json": {"sessionID": stale, "code": code}}),
        ("GET", f"sessions?sessionID={stale}", {}),
    ]
    for method, path, arguments in calls:
        assert failure(plc.request(method, path, **arguments)) == GONE, path
    assert plc.request("GET", "groups?sessionID=").status_code == 200
    assert failure(plc.request("POST", "variables", json={"sessionID": 5, "paths": ["A"]})) == (400, "variables", "invalidRequest")


def test_sessions_need_token_switch(plc: Plc) -> None:
    plc.token = ""
    session = create(plc)
    plc.switch(sessions_need_token=True)
    for method, path in (("GET", "sessions"), ("POST", "sessions"), ("POST", f"sessions/{session}"), ("DELETE", f"sessions/{session}")):
        assert failure(plc.request(method, path)) == (401, "authorization", "accessDenied")


@pytest.mark.parametrize("status", [503, 403, 404])
def test_session_table_is_full(plc: Plc, status: int) -> None:
    plc.switch(session_full_status=status)
    for number in range(256):
        create(plc, str(number))
    refused = plc.request("POST", "sessions", json={"stationID": "one more"})
    assert failure(refused) == (status, "sessions", "serviceUnavailable")
    plc.switch(session_limit=257)
    create(plc, "one more")
    plc.simulator.advance(6)
    create(plc, "after all have gone")


def test_session_report(plc: Plc) -> None:
    session = create(plc, "222", timeout=50000)
    plc.simulator.advance(2)
    plc.request("POST", f"sessions/{session}")
    answer = connect(plc.simulator, OTHER).get("/_pxc_api/api/sessions")
    report = answer.json()
    assert list(report) == ["apiVersion", "projectCRC", "userAuthenticationRequired", "sessions", "next"]
    (entry,) = report["sessions"]
    created, used = entry.pop("createdTimestamp"), entry.pop("usedTimestamp")
    assert 1900 < int(used) - int(created) < 2500
    assert session == f"s1{created}"
    assert json.dumps(entry) == json.dumps(
        {
            "id": session,
            "stationID": "222",
            "ipAddress": "192.168.1.50",
            "uri": f"plc.example:443/_pxc_api/api/sessions/{session}",
            "timeout": "50000",
            "anonymous": False,
            "disabled": False,
        }
    )
    assert report["next"] is None


def test_timestamps_switch(plc: Plc) -> None:
    plc.switch(timestamps="uptime")
    session = create(plc)
    created = int(plc.request("GET", "sessions").json()["sessions"][0]["createdTimestamp"])
    assert session == f"s1{created}"
    assert 6 * 3_600_000 <= created < 6 * 3_600_000 + 60_000
    plc.switch(timestamps="epoch")
    assert abs(int(plc.request("GET", "sessions").json()["sessions"][0]["createdTimestamp"]) / 1000 - plc.simulator.clock.now()) < 60


def test_report_pages_and_uri_scheme(plc: Plc) -> None:
    plc.switch(report_page=2, uri_scheme=True)
    sessions = [create(plc, str(number)) for number in range(5)]
    seen, uri = [], "sessions"
    for _page in range(3):
        report = plc.request("GET", uri).json()
        seen += [entry["id"] for entry in report["sessions"]]
        uri = (report["next"] or "").removeprefix("https://plc.example:443")
    assert (seen, uri) == (sessions, "")
    assert plc.request("GET", "sessions").json()["sessions"][0]["uri"] == f"https://plc.example:443/_pxc_api/api/sessions/{sessions[0]}"
    assert failure(plc.request("GET", "sessions?offset=-1")) == (400, "sessions", "invalidRequest")
    for path in ("RealVar", "RecipeNumber", "LevelMinimum"):
        register(plc, path)
    assert plc.request("GET", "groups").json()["next"] == "https://plc.example:443/_pxc_api/api/groups?offset=2"


def test_disabled_session(plc: Plc) -> None:
    session, other = create(plc, "1"), create(plc, "2")
    assert plc.simulator.disable_session(station_id="1") == session
    assert failure(plc.request("POST", f"sessions/{session}")) == (403, "sessions", "disabledSessionID")
    assert failure(plc.request("GET", f"variables?paths=A&sessionID={session}")) == (403, "sessions", "disabledSessionID")
    assert plc.request("POST", f"sessions/{other}").status_code == 200
    assert [entry["disabled"] for entry in plc.request("GET", "sessions").json()["sessions"]] == [True, False]
    plc.simulator.disable_session(session_id=session, disabled=False)
    assert plc.request("POST", f"sessions/{session}").status_code == 200
    with pytest.raises(ControlError, match="no live session"):
        plc.simulator.disable_session(station_id="9")


# Groups


@pytest.mark.parametrize(
    "content",
    [
        b'{"pathPrefix":"Arp.Plc.Eclr/","paths":["StatusWord","FillTime","MachineEnabled"]}',
        b"pathPrefix=Arp.Plc.Eclr/&paths=StatusWord,FillTime,MachineEnabled",
        b"pathPrefix=Arp.Plc.Eclr%2F&paths=StatusWord%2CFillTime%2CMachineEnabled&",
    ],
)
def test_register_group(plc: Plc, content: bytes) -> None:
    answer = plc.request("POST", "groups/", content=content)
    group = answer.json()["id"]
    assert re.fullmatch(r"g1\d{13}", group)
    assert (answer.status_code, answer.headers["location"]) == (201, f"https://plc.example{BASE}/groups/{group}/")
    head = '{"apiVersion":"1.8.0.0","projectCRC":1430805090,"userAuthenticationRequired":true,'
    variables = '[{"path":"StatusWord","type":"DWORD"},{"path":"FillTime","type":"TIME"},{"path":"MachineEnabled","type":"BOOL"}]'
    assert answer.text == head + f'"id":"{group}","variablePathPrefix":"Arp.Plc.Eclr/","variables":{variables}}}'
    read = plc.request("GET", f"groups/{group}/?sessionID=&summary=x&")
    assert read.status_code == 200
    assert read.json() == answer.json() | {
        "variables": [
            {"path": "StatusWord", "type": "DWORD", "value": 2387},
            {"path": "FillTime", "type": "TIME", "value": 1500},
            {"path": "MachineEnabled", "type": "BOOL", "value": True},
        ]
    }
    assert list(read.json()["variables"][0]) == ["path", "type", "value"]


def test_group_refuses_bad_requests(plc: Plc) -> None:
    for content in (b"", b"pathPrefix=A", b'{"paths":[]}', b"paths="):
        assert failure(plc.request("POST", "groups", content=content)) == (400, "groups", "missingPaths")
    for content in (b"{", b'{"paths":"A,B"}', b'{"paths":[1]}', b'{"pathPrefix":1,"paths":["A"]}', b"[]", b"\xff"):
        assert failure(plc.request("POST", "groups", content=content)) == (400, "groups", "invalidRequest")
    assert failure(plc.request("DELETE", "groups")) == (400, "groups", "missingGroupID")
    unknown = register(plc, "RealVar", "Nothing", "RealVar.x")
    assert failure(unknown) == (404, "variables", "invalidNames")
    assert offenders(unknown) == [PREFIX + "Nothing", PREFIX + "RealVar.x"]
    assert plc.request("GET", "groups").json()["groups"] == []


def test_group_follows_values(plc: Plc) -> None:
    group = register(plc, "RecipeNumber", "Filler.Recipe.Steps[2].Dose", "SpeedCurve[1; 3]").json()["id"]
    plc.write(("RecipeNumber", 12))
    values = [entry["value"] for entry in plc.request("GET", f"groups/{group}").json()["variables"]]
    assert values == [12, 0.20000000298023224, [5.5, 16.5]]


def test_group_dedup_switch(plc: Plc) -> None:
    first = register(plc, "RealVar", "RecipeNumber")
    again = register(plc, "RealVar", "RecipeNumber")
    assert (again.status_code, again.json()) == (201, first.json())
    assert register(plc, "RecipeNumber", "RealVar").json()["id"] != first.json()["id"]
    plc.switch(group_dedup=False)
    assert register(plc, "RealVar", "RecipeNumber").json()["id"] != first.json()["id"]
    assert len(plc.request("GET", "groups").json()["groups"]) == 3


def test_unregister_group(plc: Plc) -> None:
    group = register(plc, "RealVar").json()["id"]
    answer = plc.request("DELETE", f"groups/{group}?sessionID=")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "DELETE"):
        assert failure(plc.request(method, f"groups/{group}")) == (404, "groups", "invalidGroupID")


def test_group_lifetime_switch(plc: Plc) -> None:
    plc.switch(authentication=False)
    group = register(plc, "RealVar").json()["id"]
    plc.simulator.advance(3599)
    assert plc.request("GET", f"groups/{group}").status_code == 200
    plc.simulator.advance(3601)
    assert failure(plc.request("GET", f"groups/{group}")) == (404, "groups", "invalidGroupID")
    plc.switch(group_lifetime=0)
    group = register(plc, "RealVar").json()["id"]
    plc.simulator.advance(1e6)
    assert plc.request("GET", f"groups/{group}").status_code == 200


@pytest.mark.parametrize(("position", "status"), [(True, 404), (False, 200)])
def test_group_ends_with_session_switch(plc: Plc, position: bool, status: int) -> None:
    plc.switch(group_ends_with_session=position)
    first, second = create(plc, "1"), create(plc, "2")
    group = register(plc, "RealVar", sessionID=first).json()["id"]
    register(plc, "RealVar", sessionID=second)
    plc.request("DELETE", f"sessions/{first}")
    assert plc.request("GET", f"groups/{group}?sessionID={second}").status_code == 200
    plc.simulator.advance(5.5)
    assert plc.request("GET", f"groups/{group}").status_code == status


def test_anonymous_group_outlives_sessions(plc: Plc) -> None:
    group = register(plc, "RealVar").json()["id"]
    register(plc, "RealVar", sessionID=create(plc))
    plc.simulator.advance(60)
    assert plc.request("GET", f"groups/{group}").status_code == 200


def test_group_limits(plc: Plc) -> None:
    plc.switch(group_limit=1, group_variable_limit=2)
    assert failure(register(plc, "RealVar", "RecipeNumber", "LevelMinimum")) == (400, "groups", "invalidRequest")
    assert register(plc, "RealVar", "RecipeNumber").status_code == 201
    assert register(plc, "RealVar", "RecipeNumber").status_code == 201, "the same group again is no new one"
    assert failure(register(plc, "RealVar")) == (400, "groups", "invalidRequest")


def test_group_duplicates(plc: Plc) -> None:
    assert failure(register(plc, "RealVar", "RealVar")) == (400, "groups", "invalidRequest")
    plc.switch(duplicates="repeat")
    assert len(register(plc, "RealVar", "RealVar").json()["variables"]) == 2


def test_group_report(plc: Plc) -> None:
    group = register(plc, "RealVar", "RecipeNumber", "LevelMinimum").json()["id"]
    plc.simulator.advance(3)
    for _read in range(2):
        plc.request("GET", f"groups/{group}")
    (entry,) = plc.request("GET", "/_pxc_api/api/groups/").json()["groups"]
    assert list(entry) == [
        *("id", "variableCount", "uri", "createdTimestamp", "usedTimestamp", "accessCount"),
        *("totalTimeAverage", "totalTimeMax", "ehmiTimeAverage", "ehmiTimeMax", "gdsTimeAverage", "gdsTimeMax"),
    ]
    assert group == f"g1{entry['createdTimestamp']}"
    assert int(entry["usedTimestamp"]) - int(entry["createdTimestamp"]) >= 2900
    assert (entry["variableCount"], entry["accessCount"]) == (3, "2")
    assert entry["uri"] == f"plc.example:443/_pxc_api/api/groups/{group}"
    assert all(entry[name].isdigit() for name in entry if "Time" in name)
    plc.switch(group_statistics="number", group_variable_count="string")
    (entry,) = plc.request("GET", "groups").json()["groups"]
    assert (entry["variableCount"], entry["accessCount"]) == ("3", 2)
    assert all(isinstance(entry[name], int) for name in entry if "Time" in name)


def test_group_statistics_measure_the_controllers_time(plc: Plc, monkeypatch: pytest.MonkeyPatch) -> None:
    group = register(plc, "RealVar").json()["id"]
    values = plc.simulator.variables.values

    def slow(paths: list[str]) -> tuple[list[Any], list[str]]:
        plc.simulator.advance(2)
        return values(paths)

    plc.request("GET", f"groups/{group}")
    monkeypatch.setattr(plc.simulator.variables, "values", slow)
    plc.request("GET", f"groups/{group}")
    (entry,) = plc.request("GET", "groups").json()["groups"]
    assert 2000 <= int(entry["gdsTimeMax"]) <= int(entry["totalTimeMax"]) < 3000
    assert 1000 <= int(entry["gdsTimeAverage"]) < 1500
    assert int(entry["ehmiTimeMax"]) < 1000
