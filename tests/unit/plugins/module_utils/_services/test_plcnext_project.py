# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a project, from its dictionaries and from the copy on disk (contract §8.5)."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import ConnectionFailed
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_project import Project
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import PREFIX, Plcnext
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins._simulated import Simulated

URL = "https://plc.example"


@pytest.fixture(scope="module")
def project(town: Any) -> Project:
    """The project of the simulated controller."""
    simulated = town.fresh("plcnext")
    found = Plcnext(simulated.session()).project()
    assert found is not None
    return found


def of(project: Project, name: str) -> tuple[str, bool]:
    found = project.find(PREFIX + name)
    assert found is not None
    return (found.iec.name if found.iec else ""), found.read_only


# Finding


@pytest.mark.parametrize(
    ("name", "type_name", "read_only"),
    [
        ("SpeedSetpoint", "REAL", False),
        ("SpeedActual", "REAL", True),
        ("OperatorName", "STRING20", False),
        ("SpeedCurve", "ARRAY_0_9_OF_REAL", False),
        ("SpeedCurve[2]", "REAL", False),
        ("AlarmCodes[1]", "DINT", True),
        ("Matrix[1]", "ARRAY_0_2_OF_INT", False),
        ("Matrix[1][2]", "INT", False),
        ("Totals[-1]", "ULINT", False),
        ("Filler.Recipe", "RecipeData", False),
        ("Filler.Recipe.Name", "", False),
        ("Filler.Recipe.Steps[2].Dose", "", False),
        ("Filler.Diagnostics.LastError", "", True),
        ("Filler.Pumps[1]", "PumpData", False),
        ("Filler.Pumps[1].Speed", "", False),
        ("ESM_DATA.ESM_INFOS[1].TICK_COUNT", "DINT", True),
        ("Robot.Test_Var", "INT", False),
    ],
)
def test_variables_and_parts_of_them_are_found(project: Project, name: str, type_name: str, read_only: bool) -> None:
    assert of(project, name) == (type_name, read_only)


@pytest.mark.parametrize(
    "path",
    [
        "",
        PREFIX,
        PREFIX + "Nosuch",
        "SpeedSetpoint",
        PREFIX + "Nosuch[1]",
        PREFIX + "Nosuch.x",
        PREFIX + "speedsetpoint",
        "Other/SpeedSetpoint",
        PREFIX + ".",
        "[1]",
    ],
)
def test_what_is_not_there_is_not_found(project: Project, path: str) -> None:
    assert project.find(path) is None


@given(st.text(max_size=60))
def test_no_path_breaks_the_search(project: Project, path: str) -> None:
    project.find(path)
    project.find(PREFIX + "SpeedCurve" + path)


def test_other_components_have_their_own_variables(project: Project) -> None:
    found = project.find("ConveyorComponent1/Conveyor.BeltCurrent")
    assert found is not None
    assert (found.iec.name if found.iec else "", found.read_only) == ("REAL", True)


def test_types_have_what_a_comparison_needs(project: Project) -> None:
    curve = project.type("ARRAY_1_8_OF_DINT")
    assert (curve.kind, curve.start, curve.element) == ("Array", 1, project.type("DINT"))
    assert project.type("ARRAY_M1_2_OF_ULINT").name == "ARRAY_M1_2_OF_ULINT"
    modes = project.type("OperatingModes")
    assert (modes.kind, modes.values) == ("Enumeration", {"Off": 0, "Manual": 1, "Automatic": 2, "Cleaning": 3})
    assert (project.type("STRING20").is_text, project.type("RecipeData").kind, project.type("NoSuch").kind) == (True, "Structure", "Elementary")


# Odd dictionaries


@pytest.mark.parametrize("data", [None, [], "x", {}, {"HmiVariables2": None}, {"HmiVariables2": []}])
def test_what_is_no_data_dictionary_is_no_project(data: Any) -> None:
    assert Project.from_dictionaries(1, data, {"Types": []}) is None


@pytest.mark.parametrize("types", [None, [], "x", {}, {"Types": None}, {"Types": ["x", {}]}])
def test_without_types_there_are_only_names(types: Any) -> None:
    project = Project.from_dictionaries(1, {"HmiVariables2": {"A/x": {"Type": "REAL"}, "A/y": "odd"}}, types)
    assert project is not None
    found = project.find("A/x")
    assert found is not None
    assert (found.iec.name if found.iec else "", found.read_only) == ("REAL", False)
    assert project.find("A/y") is None


def test_dimensions() -> None:
    types = [
        {"Name": "ONE", "Kind": "Array", "ElementType": "INT", "Dimensions": [{"StartIndex": -3, "Length": 2}]},
        {"Name": "TWO", "Kind": "Array", "ElementType": "INT", "Dimensions": [{"StartIndex": 1, "Length": 2}, {"StartIndex": 1, "Length": 2}]},
        {"Name": "SELF", "Kind": "Array", "ElementType": "SELF", "Dimensions": []},
    ]
    project = Project(1, {"A/one": ["ONE", False], "A/two": ["TWO", True]}, types)
    assert (project.type("ONE").start, project.type("TWO").start, project.type("SELF").element) == (-3, None, None)
    two = project.find("A/two[1,2]")
    assert two is not None
    assert (two.iec, two.read_only) == (None, True)


# The copy on disk


def test_a_copy_is_the_same_project(project: Project, tmp_path: Path) -> None:
    project.store(tmp_path / "deep" / "folder", URL)
    (copy,) = (tmp_path / "deep" / "folder").iterdir()
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    loaded = Project.load(tmp_path / "deep" / "folder", URL, project.crc)
    assert loaded is not None
    for name in ("SpeedSetpoint", "SpeedActual", "SpeedCurve[2]", "Matrix", "OperatingMode"):
        assert loaded.find(PREFIX + name) == project.find(PREFIX + name)


def test_a_copy_counts_for_its_url_and_checksum_only(project: Project, tmp_path: Path) -> None:
    project.store(tmp_path, URL)
    assert Project.load(tmp_path, URL, project.crc + 1) is None
    assert Project.load(tmp_path, URL + "2", project.crc) is None
    assert Project.load(tmp_path / "nosuch", URL, project.crc) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"\xff", b'{"crc": 1}', b"null", b'"x"'])
def test_a_damaged_copy_is_as_if_it_were_not_there(project: Project, tmp_path: Path, content: bytes) -> None:
    project.store(tmp_path, URL)
    (copy,) = tmp_path.iterdir()
    copy.write_bytes(content)
    assert Project.load(tmp_path, URL, 1) is None


def test_a_folder_that_cannot_be_written_to_is_no_error(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    project.store(tmp_path / "file" / "below", URL)
    project.store(Path("/proc/tokenflow"), URL)
    assert Project.load(tmp_path / "file" / "below", URL, project.crc) is None


# From the controller


def fetched(plcnext: Simulated) -> list[str]:
    return [entry["path"] for entry in plcnext.journal("/ehmi/")]


def test_the_dictionaries_are_fetched_once_and_without_a_token(plcnext: Simulated) -> None:
    controller = Plcnext(plcnext.session())
    assert controller.project() is controller.project()
    assert fetched(plcnext) == ["/ehmi/data.dictionary.json", "/ehmi/type.dictionary.json"]
    assert all("authorization" not in entry["headers"] for entry in plcnext.journal())


def test_the_dictionaries_are_fetched_once_a_project(plcnext: Simulated, tmp_path: Path) -> None:
    for crc, requests in ((None, 2), (None, 2), (4711, 4), (4711, 4)):
        if crc and requests > len(fetched(plcnext)):
            plcnext.act("download_project", crc=crc)
        controller = Plcnext(plcnext.session(), tmp_path)
        controller.read([PREFIX + "RecipeNumber"])
        found = controller.project()
        assert found is not None
        assert found.crc == (crc or 1430805090)
        assert len(fetched(plcnext)) == requests
    assert len(list(tmp_path.iterdir())) == 1


def test_without_a_checksum_nothing_is_kept(plcnext: Simulated, tmp_path: Path) -> None:
    assert Plcnext(plcnext.session(), tmp_path).project() is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("position", [404, 302])
def test_a_controller_without_dictionaries_has_no_project(plcnext: Simulated, position: int) -> None:
    plcnext.switch(no_project_answer=position)
    plcnext.act("set_state", state="no_project")
    controller = Plcnext(plcnext.session())
    assert controller.project() is None
    assert controller.project() is None
    assert len(fetched(plcnext)) == 2


@pytest.mark.parametrize("body", ["", "<html></html>", "{", "[]"])
def test_a_dictionary_that_cannot_be_read_is_none(plcnext: Simulated, body: str) -> None:
    plcnext.fault("body", "data.dictionary", body=body)
    assert Plcnext(plcnext.session()).project() is None


def test_without_a_type_dictionary_names_are_known_all_the_same(plcnext: Simulated) -> None:
    plcnext.fault("status", "type.dictionary", status=503)
    found = Plcnext(plcnext.session()).project()
    assert found is not None
    assert of(found, "SpeedActual") == ("REAL", True)


def test_a_broken_connection_is_an_error(plcnext: Simulated) -> None:
    plcnext.fault("reset", "data.dictionary", times=5)
    with pytest.raises(ConnectionFailed):
        Plcnext(plcnext.session()).project()


def test_the_file_holds_no_values(project: Project, tmp_path: Path) -> None:
    project.store(tmp_path, URL)
    (copy,) = tmp_path.iterdir()
    kept = json.loads(copy.read_text())
    assert kept["variables"][PREFIX + "OperatorName"] == ["STRING20", False]
    assert "plc.example" not in copy.name
