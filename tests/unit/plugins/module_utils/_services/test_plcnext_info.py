# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller tells of itself: without a login where it allows that, and what is wrong with it in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    NotAuthorised,
    NotFound,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_info import Info
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext

from tests.unit.plugins._simulated import Simulated

PARTS = ("service", "project", "dictionary", "types", "sessions")
OF_HMI = ("service", "sessions")
"""What the HMI component answers; the web server hands out the others as files."""
FILES = ("project", "dictionary", "types")
CRC = 1430805090


def info(plcnext: Simulated, pattern: str = "*", **session: Any) -> Info:
    return Info(Plcnext(plcnext.session(**session)), pattern)


def logins(plcnext: Simulated) -> int:
    return len(plcnext.journal("auth/access-token"))


def test_the_parts(plcnext: Simulated) -> None:
    found = {name: part() for name, part in info(plcnext).parts.items()}
    assert found["service"] == {"apiVersion": "1.8.0.0", "version": "v1.8"}
    assert found["project"] == {"id": "3b1f7c52-8e0d-4c57-9a41-6f2d0b9e7c18", "crc": CRC}
    assert found["dictionary"]["Arp.Plc.Eclr/SpeedSetpoint"] == {"type": "REAL", "init_value": "REAL#42.5", "read_only": False}
    assert found["dictionary"]["Arp.Plc.Eclr/SpeedActual"]["read_only"] is True
    assert {"Name": "Stopped", "Value": 0} in next(entry for entry in found["types"] if entry["Name"] == "PumpStates")["Values"]
    assert found["sessions"] == []


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("Arp.Plc.Eclr/Speed*", ["SpeedSetpoint", "SpeedActual", "SpeedCurve"]),
        ("*/Speed?etpoint", ["SpeedSetpoint"]),
        ("Arp.Plc.Eclr/Filler.Pump[12]", ["Filler.Pump1", "Filler.Pump2"]),
        ("Arp.Plc.Eclr/speed*", []),
        ("Speed*", []),
    ],
)
def test_a_pattern_chooses_variables_by_their_full_path(plcnext: Simulated, pattern: str, names: list[str]) -> None:
    assert list(info(plcnext, pattern).parts["dictionary"]()) == [f"Arp.Plc.Eclr/{name}" for name in names]


@pytest.mark.parametrize("part", PARTS)
def test_no_part_needs_a_login(plcnext: Simulated, part: str) -> None:
    info(plcnext, username=None, password=None).parts[part]()
    assert logins(plcnext) == 0
    assert all("authorization" not in entry["headers"] for entry in plcnext.journal())


def test_a_login_is_made_where_it_is_demanded(plcnext: Simulated) -> None:
    plcnext.switch(sessions_need_token=True, report_page=1)
    with Plcnext(plcnext.session(), station_id="A") as first, Plcnext(plcnext.session(), station_id="B") as second:
        for plc in (first, second):
            plc.read(["Arp.Plc.Eclr/RecipeNumber"])
        before = logins(plcnext)
        assert [entry["stationID"] for entry in info(plcnext).parts["sessions"]()] == ["A", "B"]
        assert logins(plcnext) == before + 1


def test_a_service_description_that_needs_a_login(plcnext: Simulated) -> None:
    plcnext.fault("status", "/_pxc_api/v1.2$", status=401, body="{}", content_type="application/json")
    assert info(plcnext).parts["service"]()["version"] == "v1.8"
    assert logins(plcnext) == 1


def test_a_demanded_login_that_was_turned_off(plcnext: Simulated) -> None:
    plcnext.switch(sessions_need_token=True)
    with pytest.raises(NotAuthorised) as caught:
        info(plcnext, authentication=False).parts["sessions"]()
    assert "Leave authentication at true" in caught.value.hint


def said(plcnext: Simulated, part: str) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        info(plcnext).parts[part]()
    return caught.value


@pytest.mark.parametrize("part", FILES)
@pytest.mark.parametrize("status", [503, 302])
def test_a_project_that_is_loading(plcnext: Simulated, part: str, status: int) -> None:
    plcnext.switch(loading_answer=status)
    plcnext.act("set_state", state="loading")
    error = said(plcnext, part)
    assert isinstance(error, Unavailable)
    what = "the controller is loading its project, or has none with an HMI page" if status == 302 else "the controller is loading or changing its project"
    assert error.message == f"{what} (HTTP {status})"
    assert "Wait" in error.hint
    assert "<" not in str(error)


@pytest.mark.parametrize("status", [404, 403, 408, 410])
def test_an_unloaded_project(plcnext: Simulated, status: int) -> None:
    plcnext.switch(unloaded_status=status)
    plcnext.act("set_state", state="loading")
    error = said(plcnext, "sessions")
    assert isinstance(error, Unavailable)
    assert str(error).endswith("the controller is loading its project: project/unloaded. Wait until it is loaded and run again.")


@pytest.mark.parametrize("part", PARTS)
def test_a_controller_without_an_hmi_project(plcnext: Simulated, part: str) -> None:
    plcnext.act("set_state", state="no_project")
    error = said(plcnext, part)
    assert isinstance(error, NotFound)
    assert error.message == "the controller does not have this part of the REST data interface (HTTP 404)"
    assert "Download a project that has an HMI page" in error.hint and "api_version" in error.hint


@pytest.mark.parametrize("part", OF_HMI)
@pytest.mark.parametrize("status", [502, 503])
def test_an_hmi_component_that_is_down(plcnext: Simulated, part: str, status: int) -> None:
    plcnext.switch(down_status=status)
    plcnext.act("set_state", state="down")
    error = said(plcnext, part)
    assert isinstance(error, Unavailable)
    assert error.message == f"the HMI component of the controller is not running (HTTP {status})"
    assert "Output.log" in error.hint and "Arp.Services.Ehmi.log" in error.hint
    assert "nginx" in error.reply and "<" not in error.reply


@pytest.mark.parametrize("part", FILES)
def test_files_are_there_while_the_component_is_down(plcnext: Simulated, part: str) -> None:
    plcnext.act("set_state", state="down")
    assert info(plcnext).parts[part]()


@pytest.mark.parametrize("part", PARTS)
def test_a_controller_that_is_not_there(plcnext: Simulated, part: str) -> None:
    with pytest.raises(ConnectionFailed, match=r"no connection to https://127\.0\.0\.1:9 .*refused"):
        info(plcnext, base_url="https://127.0.0.1:9").parts[part]()


def test_a_version_that_the_controller_does_not_have(plcnext: Simulated) -> None:
    with pytest.raises(NotFound, match="check api_version"):
        info(plcnext, api_version="v9.9").parts["service"]()
    assert info(plcnext, api_version="api").parts["service"]()["version"] == "v1.8"


@pytest.mark.parametrize("body", ["[]", '"text"', "<html>", "", '{"a":'])
@pytest.mark.parametrize("part", PARTS)
def test_an_answer_that_is_none(plcnext: Simulated, part: str, body: str) -> None:
    plcnext.fault("body", body=body)
    with pytest.raises(BadAnswer):
        info(plcnext).parts[part]()


def test_a_dictionary_with_odd_entries(plcnext: Simulated) -> None:
    plcnext.fault("body", "data.dictionary", body=json.dumps({"HmiVariables2": {"C/a": {"Type": "INT"}, "C/b": None}}))
    assert info(plcnext).parts["dictionary"]() == {"C/a": {"type": "INT", "init_value": None, "read_only": False}}
    plcnext.fault("body", "data.dictionary", body="{}")
    assert info(plcnext).parts["dictionary"]() == {}
