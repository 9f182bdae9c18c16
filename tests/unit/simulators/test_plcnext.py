# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PLCnext simulator: transport, versions, states, downloads, dictionaries, control actions and journal."""

from __future__ import annotations

import json
import time

import pytest

from tests.simulators._core import ControlError
from tests.simulators.plcnext import PlcnextSimulator
from tests.unit.simulators._plcnext import BASE, OWN, PREFIX, Plc, connect, failure


@pytest.fixture
def plc() -> Plc:
    return Plc()


def probe(plc: Plc) -> int:
    return plc.request("GET", f"variables?paths={PREFIX}RealVar").status_code


# Transport and versions


def test_service_description_needs_no_token_and_takes_a_slash(plc: Plc) -> None:
    for uri in ("/_pxc_api/api", "/_pxc_api/api/", "/_pxc_api/v1.0", "/_pxc_api/v1.13/"):
        answer = plc.request("GET", uri)
        assert (answer.status_code, answer.text) == (200, '{"apiVersion":"1.8.0.0","version":"v1.8"}')


def test_headers_are_those_of_the_controller(plc: Plc) -> None:
    answer = plc.request("GET", BASE)
    headers = dict(answer.headers)
    headers.pop("date")
    assert headers == {
        "server": "nginx",
        "content-type": "application/json",
        "content-length": str(len(answer.content)),
        "status": "200 OK",
        "cache-control": "max-age=0, no-cache, no-store, must-revalidate",
    }


def test_api_version_switch(plc: Plc) -> None:
    plc.switch(api_version="1.13.0.0")
    assert plc.request("GET", BASE).json() == {"apiVersion": "1.13.0.0", "version": "v1.13"}
    plc.login()
    assert plc.request("GET", "groups").json()["apiVersion"] == "1.13.0.0"
    assert plc.request("GET", "groups/g1").json()["apiVersion"] == "1.13.0.0"


@pytest.mark.parametrize(
    "uri", ["/_pxc_api", "/_pxc_api/variables", "/_pxc_api/v1.14", "/_pxc_api/v2.0/variables", BASE + "/nothing", BASE + "/auth/auth-token/x"]
)
def test_unknown_uris_are_answered_without_a_body(plc: Plc, uri: str) -> None:
    answer = plc.request("POST", uri)
    assert (answer.status_code, answer.content) == (404, b"")


def test_unknown_version_switch(plc: Plc) -> None:
    assert plc.request("GET", "/_pxc_api/v3.1").status_code == 404
    plc.switch(unknown_version="accept")
    assert plc.request("GET", "/_pxc_api/v3.1").status_code == 200


@pytest.mark.parametrize(("position", "status"), [(True, 200), (False, 404)])
def test_auth_alias_switch(plc: Plc, position: bool, status: int) -> None:
    plc.switch(auth_alias=position)
    assert plc.request("POST", "/_pxc_api/api/auth/auth-token", json={"scope": "variables"}).status_code == status
    assert plc.request("POST", "/_pxc_api/auth/auth-token", json={"scope": "variables"}).status_code == 200


@pytest.mark.parametrize("status", [405, 404, 400])
def test_unsupported_method_switch(plc: Plc, status: int) -> None:
    plc.switch(unsupported_method=status)
    plc.login()
    assert failure(plc.request("DELETE", "variables")) == (status, "variables", "invalidRequest")
    assert failure(plc.request("PUT", "groups")) == (status, "groups", "invalidRequest")
    assert failure(plc.request("POST", "groups/g1")) == (status, "groups", "invalidRequest")
    assert failure(plc.request("DELETE", "sessions")) == (status, "sessions", "invalidRequest")
    assert failure(plc.request("GET", "sessions/s1")) == (status, "sessions", "invalidRequest")
    assert failure(plc.request("GET", "auth/auth-token")) == (status, "authorization", "invalidRequest")
    assert plc.request("POST", BASE).status_code == status


def test_request_line_over_8_kib_is_refused_by_the_web_server(plc: Plc) -> None:
    plc.login()
    around = len(f"GET {BASE}/variables?paths= HTTP/1.1\r\n")
    longest = plc.request("GET", "variables?paths=" + "x" * (8192 - around))
    assert failure(longest) == (404, "variables", "invalidNames")
    refused = plc.request("GET", "variables?paths=" + "x" * (8193 - around))
    assert refused.status_code == 414
    assert refused.headers["content-type"] == "text/html"
    assert refused.headers["connection"] == "close"
    assert "status" not in refused.headers
    assert "<center>nginx</center>" in refused.text


def test_body_size_switch(plc: Plc) -> None:
    plc.login()
    body = {"pathPrefix": PREFIX, "paths": ["RealVar"]}
    plc.switch(max_body_bytes=len(json.dumps(body)))
    assert plc.request("POST", "variables", content=json.dumps(body)).status_code == 200
    assert plc.request("POST", "variables", content=json.dumps(body) + " ").status_code == 413


def test_plain_http_leads_to_https(plc: Plc) -> None:
    answer = connect(plc.simulator, scheme="http").get(f"{BASE}/variables?paths=A", headers={"Host": "plc.example:8080"})
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://plc.example{BASE}/variables?paths=A"


def test_web_server_knows_nothing_else(plc: Plc) -> None:
    for uri in ("/", "/redirect", "/ehmi/other.json", "/ehmi/"):
        answer = plc.request("GET", uri)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html")
    assert plc.request("POST", "/ehmi/data.dictionary.json").status_code == 405


# States and downloads


@pytest.mark.parametrize("status", [502, 503])
def test_ehmi_down(plc: Plc, status: int) -> None:
    plc.login()
    plc.switch(down_status=status)
    plc.simulator.set_state("down")
    for uri in (BASE, f"{BASE}/variables?paths=A", "/_pxc_api/auth/auth-token", "/_pxc_api/unknown"):
        answer = plc.request("GET", uri)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html")
    assert plc.request("GET", "/ehmi/project.checksum.json").status_code == 200
    plc.simulator.set_state("running")
    assert probe(plc) == 200


@pytest.mark.parametrize("status", [404, 403, 408, 410])
def test_loading_unloads_the_project(plc: Plc, status: int) -> None:
    plc.login()
    plc.switch(unloaded_status=status)
    plc.simulator.set_state("loading")
    for method, path in (("GET", "variables?paths=A"), ("PUT", "variables"), ("GET", "groups"), ("POST", "sessions")):
        assert failure(plc.request(method, path)) == (status, "project", "unloaded")
    assert plc.request("GET", BASE).status_code == 200
    plc.login()


@pytest.mark.parametrize("status", [503, 302])
def test_static_files_while_loading(plc: Plc, status: int) -> None:
    plc.switch(loading_answer=status)
    plc.simulator.set_state("loading")
    answer = plc.request("GET", "/ehmi/data.dictionary.json")
    assert (answer.status_code, answer.headers.get("location")) == (status, "/redirect" if status == 302 else None)
    assert answer.headers["content-type"] == "text/html"


@pytest.mark.parametrize("status", [404, 302])
def test_no_hmi_project(plc: Plc, status: int) -> None:
    plc.switch(no_project_answer=status)
    plc.simulator.set_state("no_project")
    answer = plc.request("GET", "/ehmi/project.checksum.json")
    assert (answer.status_code, answer.headers.get("location")) == (status, "/redirect" if status == 302 else None)
    answer = plc.request("POST", "auth/auth-token", json={"scope": "variables"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html")


def test_unknown_state(plc: Plc) -> None:
    with pytest.raises(ControlError, match="state is one of"):
        plc.simulator.set_state("asleep")


def test_download_brings_a_new_checksum_and_initial_values(plc: Plc) -> None:
    plc.login()
    plc.write(("RecipeNumber", 9), ("Filler.Recipe.Steps[1].Valve", 9))
    session = plc.request("POST", "sessions", json={"stationID": "1"}).json()["sessionID"]
    group = plc.request("POST", "groups", json={"pathPrefix": PREFIX, "paths": ["RealVar"]}).json()["id"]
    before = plc.request("GET", "/ehmi/project.checksum.json").json()
    checksum = plc.simulator.download_project()
    after = plc.request("GET", "/ehmi/project.checksum.json").json()
    assert checksum == after["checksum"] != before["checksum"]
    assert after["id"] == before["id"]
    assert 0 <= checksum < 2**32
    assert plc.request("GET", "groups").json()["projectCRC"] == checksum
    assert failure(plc.request("GET", f"groups/{group}")) == (404, "groups", "invalidGroupID")
    assert failure(plc.request("POST", f"sessions/{session}")) == (410, "sessions", "invalidSessionID")
    assert plc.read("RecipeNumber", "Filler.Recipe.Steps[1].Valve") == [7, 1]
    assert plc.simulator.download_project(crc=77) == 77
    assert plc.request("GET", "/ehmi/project.checksum.json").json()["checksum"] == 77


@pytest.mark.parametrize(("position", "status"), [(False, 200), (True, 401)])
def test_download_drops_tokens_switch(plc: Plc, position: bool, status: int) -> None:
    plc.switch(download_drops_tokens=position)
    plc.login()
    plc.simulator.download_project()
    assert probe(plc) == status


def test_download_takes_its_time(plc: Plc) -> None:
    plc.login()
    plc.simulator.download_project(loading_seconds=30)
    assert probe(plc) == 404
    plc.simulator.advance(29)
    assert plc.request("GET", "/ehmi/data.dictionary.json").status_code == 503
    plc.simulator.advance(1.5)
    assert plc.request("GET", "/ehmi/data.dictionary.json").status_code == 200
    assert probe(plc) == 200


def test_download_changes_variables(plc: Plc) -> None:
    plc.login()
    new = {"type": "ARRAY[1..2] OF STRING[5]", "value": ["a", "b"], "read_only": True}
    plc.simulator.download_project(variables={PREFIX + "New": new, PREFIX + "RealVar": None, PREFIX + "RecipeNumber": {"type": "LREAL"}})
    assert plc.read("New", "RecipeNumber") == [["a", "b"], 0]
    assert probe(plc) == 404
    entry = plc.request("GET", "/ehmi/data.dictionary.json").json()["HmiVariables2"][PREFIX + "New"]
    assert entry == {"Type": "ARRAY_1_2_OF_STRING5", "InitValue": "", "ReadOnly": True}
    for bad in ({"type": "FLOAT"}, {"type": "INT", "value": "x"}, {"value": 1}, {"type": "INT", "init": 1}, 5, {"type": "STRING[2]", "value": "abc"}):
        with pytest.raises(ControlError):
            plc.simulator.download_project(variables={"X": bad}, after_requests=1)


def test_variables_without_a_value_start_at_their_types_initial_one(plc: Plc) -> None:
    plc.login()
    types = ["BOOL", "ULINT", "LREAL", "STRING", "LTIME", "OperatingModes", "ARRAY[1..2] OF REAL", "RecipeStep"]
    plc.simulator.download_project(variables={f"New{number}": {"type": text} for number, text in enumerate(types)})
    step = {"Duration": 0, "Valve": 0, "Dose": 0, "Limits": [0, 0]}
    assert plc.read(*map(str, range(len(types))), prefix="New") == [False, 0, 0, "", "0", 0, [0, 0], step]


def test_download_in_the_middle_of_a_task(plc: Plc) -> None:
    plc.login()
    before = plc.request("GET", "groups").json()["projectCRC"]
    assert plc.simulator.download_project(crc=5, after_requests=2) is None
    plc.login()
    plc.request("GET", "/ehmi/data.dictionary.json")
    seen = [plc.request("GET", "groups").json()["projectCRC"] for _request in range(4)]
    assert seen == [before, before, 5, 5]


# Dictionaries


def test_dictionaries_need_no_token(plc: Plc) -> None:
    data = plc.request("GET", "/ehmi/data.dictionary.json")
    head = '{"$schema":"http:\\/\\/json-schema.org\\/draft-0\\/schema#","title":"DataDictionary","HmiVariables2":{'
    assert data.text.startswith(head + '"Arp.Plc.Eclr/ESM_DATA.ESM_INFOS[1].TICK_COUNT":{"Type":"DINT","InitValue":"0","ReadOnly":true},')
    assert data.headers["content-type"] == "application/json"
    variables = data.json()["HmiVariables2"]
    assert list(variables) == list(plc.simulator.get_variables())
    assert variables[PREFIX + "DeviceMask"] == {"Type": "BYTE", "InitValue": "BYTE#16#5A"}
    assert variables[PREFIX + "MachineEnabled"] == {"Type": "BOOL", "InitValue": "TRUE"}
    assert variables[PREFIX + "SpeedCurve"]["InitValue"] == variables[PREFIX + "Filler.Recipe"]["InitValue"] == ""
    kinds = plc.request("GET", "/ehmi/type.dictionary.json")
    assert kinds.text.startswith('{"$schema":"http:\\/\\/json-schema.org\\/draft-0\\/schema#","title":"TypeDictionary","Types":[{"Name":"DINT",')
    types = {entry["Name"]: entry for entry in kinds.json()["Types"]}
    assert {entry["Kind"] for entry in types.values()} == {"Elementary", "Array", "Structure", "UserString", "Enumeration"}
    assert {entry["Type"] for entry in variables.values()} <= set(types)
    assert types["DINT"] == {"Name": "DINT", "RuntimeType": "System.Int32", "RuntimeSize": 4, "RuntimeAlignment": 4, "Kind": "Elementary"}
    assert types["ARRAY_-1_2_OF_ULINT"]["Dimensions"] == [{"StartIndex": -1, "Length": 4}]
    assert types["OperatingModes"]["ElementType"] == "INT"
    assert types["OperatingModes"]["Values"][2] == {"Name": "Automatic", "Value": 2}
    checksum = plc.request("GET", "/ehmi/project.checksum.json").text
    assert checksum == '{"id":"3b1f7c52-8e0d-4c57-9a41-6f2d0b9e7c18","checksum":1430805090}'


def test_head_of_a_static_file(plc: Plc) -> None:
    assert plc.request("HEAD", "/ehmi/project.checksum.json").status_code == 200


# Control actions and journal


def test_generated_variables(plc: Plc) -> None:
    plc.login()
    started = time.perf_counter()
    assert plc.simulator.generate(10_000) == {"count": 10_000, "first": PREFIX + "Bulk.V00000", "last": PREFIX + "Bulk.V09999"}
    names = [f"Bulk.V{number:05d}" for number in range(10_000)]
    assert plc.read(*names) == [0] * 10_000
    assert plc.write(*((name, 1.5) for name in names)).status_code == 200
    assert plc.read(names[0], names[-1]) == [1.5, 1.5]
    assert PREFIX + "Bulk.V09999" in plc.request("GET", "/ehmi/data.dictionary.json").json()["HmiVariables2"]
    assert time.perf_counter() - started < 5
    plc.simulator.generate(2, type="ARRAY[1..2] OF INT", prefix=PREFIX + "Lists.L", value=[1, 2])
    plc.write(("Lists.L00000[1]", 5))
    assert plc.read("Lists.L00000", "Lists.L00001") == [[5, 2], [1, 2]]
    for arguments in ({"count": 0}, {"count": 1, "type": "NONE"}, {"count": 1, "value": "x"}):
        with pytest.raises(ControlError):
            plc.simulator.generate(**arguments)


def test_variables_behind_the_back_of_the_service(plc: Plc) -> None:
    plc.login()
    plc.simulator.set_variables({PREFIX + "SpeedActual": 12.5, PREFIX + "Filler.Diagnostics.CycleTimes": [5, 4, 3, 2, 1], PREFIX + "Filler.Pump1.Speed": 7})
    assert plc.read("SpeedActual", "Filler.Diagnostics.CycleTimes[2]", "Filler.Pump1.Speed") == [12.5, 3, 7]
    assert plc.simulator.get_variables([PREFIX + "CycleTime"]) == {PREFIX + "CycleTime": 4_000_000}
    assert len(plc.simulator.get_variables()) == len(plc.request("GET", "/ehmi/data.dictionary.json").json()["HmiVariables2"])
    for values in ({"None": 1}, {PREFIX + "RecipeNumber": 70000}, {PREFIX + "ESM_DATA.ESM_INFOS[1].TICK_COUNT": 1}):
        with pytest.raises(ControlError):
            plc.simulator.set_variables(values)
    with pytest.raises(ControlError):
        plc.simulator.get_variables(["None"])


def test_removed_variable(plc: Plc) -> None:
    plc.login()
    group = plc.request("POST", "groups", json={"pathPrefix": PREFIX, "paths": ["RealVar"]}).json()["id"]
    plc.simulator.remove_variable(PREFIX + "RealVar")
    assert probe(plc) == 404
    assert failure(plc.request("GET", f"groups/{group}")) == (404, "variables", "invalidNames")
    with pytest.raises(ControlError):
        plc.simulator.remove_variable(PREFIX + "RealVar")


def test_journal_shows_no_secret(plc: Plc) -> None:
    code = plc.code()
    plc.access(code, password='a-Wrong-one\\ with " in it')
    token = plc.access(code).json()["access_token"]
    plc.request("GET", f"variables?paths=A&token={token}", headers={"Authorization": f"Bearer {token}"})
    plc.http.post(f"{BASE}/auth/access-token", content=b'{"password": "cut-off-passw')
    plc.simulator.change_password("panel", "plc-Other-glass-6!")
    plc.request("POST", "variables", content="plc-Other-glass-6!")
    journal = json.dumps(plc.simulator.journal)
    for secret in (
        code,
        token,
        "a-Wrong-one",
        "in it",
        "cut-off",
        "plc-Other-glass-6!",
        *(value for key, value in plc.simulator.settings().items() if "password" in key),
    ):
        assert secret not in journal
    steps = [(entry["method"], entry["path"], entry["status"], entry["client"]) for entry in plc.simulator.journal[:3]]
    assert steps == [
        ("POST", f"{BASE}/auth/auth-token", 200, OWN),
        ("POST", f"{BASE}/auth/access-token", 401, OWN),
        ("POST", f"{BASE}/auth/access-token", 200, OWN),
    ]


def test_settings_and_reset() -> None:
    plc = Plc()
    settings = plc.simulator.settings()
    assert set(settings) == {f"{role}{key}" for role in ("", "admin_", "viewer_", "nohmi_") for key in ("username", "password")}
    assert len(set(settings.values())) == 8
    plc.login()
    plc.write(("RecipeNumber", 9))
    plc.simulator.change_password("automation", "other")
    plc.switch(string64=True)
    plc.simulator.set_state("down")
    plc.simulator.reset()
    assert plc.simulator.settings() == settings
    assert probe(plc) == 401
    plc.login()
    assert plc.read("RecipeNumber") == [7]


def test_simulators_do_not_share_state() -> None:
    first, second = PlcnextSimulator("one"), PlcnextSimulator("two")
    first.set_variables({PREFIX + "SpeedCurve[0]": 9, PREFIX + "RecipeNumber": 1})
    assert second.get_variables([PREFIX + "SpeedCurve[0]", PREFIX + "RecipeNumber"]) == {PREFIX + "SpeedCurve[0]": 0, PREFIX + "RecipeNumber": 7}
