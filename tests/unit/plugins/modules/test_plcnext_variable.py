# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for variables of a controller, as a task has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, NotFound, ProjectChanged, TimedOut
from ansible_collections.tokenflow.services.plugins.modules import plcnext_variable, plcnext_variable_info

from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Simulated


def put(plcnext: Simulated, variables: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    return plcnext.invoke(plcnext_variable, variables=variables, **options)


def get(plcnext: Simulated, *paths: str, **options: Any) -> dict[str, Any]:
    return plcnext.invoke(plcnext_variable_info, paths=list(paths), **options)


def methods(plcnext: Simulated) -> list[str]:
    return [entry["method"] for entry in plcnext.journal("/variables")]


def test_variables_are_set_once(plcnext: Simulated) -> None:
    store = CountingStore()
    variables = {"RecipeNumber": 9, "SpeedSetpoint": 1.1}
    first = put(plcnext, variables, store=store)
    assert first == {
        "changed": True,
        "variables": {"RecipeNumber": {"before": 7, "after": 9, "changed": True}, "SpeedSetpoint": {"before": 42.5, "after": 1.1, "changed": True}},
        "checked": 2,
        "project_crc": 1430805090,
    }
    second = put(plcnext, variables, store=store)
    assert second["changed"] is False
    assert second["variables"]["RecipeNumber"] == {"before": 9, "after": 9, "changed": False}
    assert methods(plcnext) == ["GET", "PUT", "GET"]


def test_check_mode_tells_and_does_not_write(plcnext: Simulated) -> None:
    result = put(plcnext, {"RecipeNumber": 9, "ValveNumber": 12}, check=True, diff=True)
    assert (result["changed"], result["diff"]) == (True, {"before": {"RecipeNumber": 7}, "after": {"RecipeNumber": 9}})
    assert methods(plcnext) == ["GET"]


def test_nothing_to_set_sends_nothing(plcnext: Simulated) -> None:
    assert put(plcnext, {}) == {"changed": False, "variables": {}, "checked": 0, "project_crc": None}
    assert not plcnext.journal()


def test_values_may_come_from_a_file(plcnext: Simulated, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("RecipeNumber: 9\nOperatorName: '{{ who }}'\n")
    assert put(plcnext, src=str(tmp_path / "a.yml"))["variables"]["OperatorName"]["after"] == "{{ who }}"


@pytest.mark.parametrize("everything", [None, True, False])
@pytest.mark.parametrize("from_file", [True, False])
def test_what_did_not_change_is_left_out_if_it_may_be_thousands(plcnext: Simulated, tmp_path: Path, everything: bool | None, from_file: bool) -> None:
    (tmp_path / "a.yml").write_text("RecipeNumber: 9\nValveNumber: 12\n")
    given: dict[str, Any] = {"src": str(tmp_path / "a.yml")} if from_file else {"variables": {"RecipeNumber": 9, "ValveNumber": 12}}
    for changed in (["RecipeNumber"], []):
        result = put(plcnext, return_unchanged=everything, **given)
        whole = everything if everything is not None else not from_file
        assert list(result["variables"]) == (["RecipeNumber", "ValveNumber"] if whole else changed)
        assert (result["checked"], result["changed"]) == (2, bool(changed))


def test_a_prefix_is_put_before_names_without_a_slash(plcnext: Simulated) -> None:
    put(plcnext, {"Pump1.Speed": 5.5, "ConveyorComponent1/Conveyor.Velocity": 0.5}, path_prefix="Arp.Plc.Eclr/Filler.")
    assert get(plcnext, "Filler.Pump1.Speed", "ConveyorComponent1/Conveyor.Velocity")["variables"] == {
        "Filler.Pump1.Speed": 5.5,
        "ConveyorComponent1/Conveyor.Velocity": 0.5,
    }


@pytest.mark.parametrize(("verify", "found"), [(False, ["GET", "PUT"]), (True, ["GET", "PUT", "GET"])])
def test_values_are_read_back_when_asked_for(plcnext: Simulated, verify: bool, found: list[str]) -> None:
    put(plcnext, {"RecipeNumber": 9}, verify=verify)
    assert methods(plcnext) == found


def test_values_may_be_sent_as_text(plcnext: Simulated) -> None:
    put(plcnext, {"RecipeNumber": 9}, value_format="text")
    assert '"value":"9"' in plcnext.journal("/variables")[-1]["body"]


def test_values_for_another_project_are_not_written(plcnext: Simulated) -> None:
    with pytest.raises(ProjectChanged, match="not 4711 as expected; nothing was written") as caught:
        put(plcnext, {"RecipeNumber": 9}, expected_project_crc=4711)
    assert caught.value.details == {"project_crc": 1430805090}
    assert put(plcnext, {"RecipeNumber": 9}, expected_project_crc=1430805090)["changed"] is True


def test_what_cannot_be_set_is_told(plcnext: Simulated) -> None:
    with pytest.raises(InvalidInput) as caught:
        put(plcnext, {"Nosuch": 1, "SpeedActual": 2})
    assert len(caught.value.details["problems"]) == 2


def test_variables_are_read_by_the_names_given(plcnext: Simulated) -> None:
    result = get(plcnext, "RecipeNumber", "Arp.Plc.Eclr/RecipeNumber", "SpeedCurve[2; 4; 6-8]")
    assert result == {
        "changed": False,
        "variables": {"RecipeNumber": 7, "Arp.Plc.Eclr/RecipeNumber": 7, "SpeedCurve[2; 4; 6-8]": [11, 22, 33, 38.5, 44]},
        "readings": 1,
        "project_crc": 1430805090,
    }
    assert methods(plcnext) == ["GET"]


def test_a_query_over_the_values(plcnext: Simulated) -> None:
    assert get(plcnext, "Filler.Recipe", query='"Filler.Recipe".Steps[].Duration')["result"] == [800, 1500, 400, 0]
    with pytest.raises(InvalidInput, match="JMESPath"):
        get(plcnext, "RecipeNumber", query="[")


@pytest.mark.parametrize("position", ["refuse", "partial"])
def test_everything_that_cannot_be_read_is_named(plcnext: Simulated, position: str) -> None:
    plcnext.switch(bad_names=position)
    with pytest.raises(NotFound) as caught:
        get(plcnext, "Nosuch1", "RecipeNumber", "Nosuch2")
    assert [problem.split()[0] for problem in caught.value.details["problems"]] == ["Arp.Plc.Eclr/Nosuch1", "Arp.Plc.Eclr/Nosuch2"]
    assert "marked for the HMI" in caught.value.hint


def test_waiting_ends_with_the_values_or_with_the_time(plcnext: Simulated) -> None:
    assert get(plcnext, "RecipeNumber", until="RecipeNumber == `7`")["readings"] == 1
    with pytest.raises(TimedOut):
        get(plcnext, "RecipeNumber", until="RecipeNumber == `8`", until_timeout=0.2, until_interval=0.1)


def test_without_a_login_where_none_is_needed(plcnext: Simulated) -> None:
    plcnext.switch(authentication=False)
    result = get(plcnext, "RecipeNumber", authentication=False, username=None, password=None)
    assert result["variables"] == {"RecipeNumber": 7}
    assert not plcnext.journal("auth/")
