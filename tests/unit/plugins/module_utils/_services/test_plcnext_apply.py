# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making variables have given values, against the simulated controller: what is written, and what is said when it does not come about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    ConnectionFailed,
    InvalidInput,
    NotConfirmed,
    ProjectChanged,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services import plcnext as service
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_apply import plan, settings, write
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import PREFIX, Plcnext

from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Simulated


class Machine:
    """A run of several tasks with one controller."""

    def __init__(self, plcnext: Simulated, folder: Path) -> None:
        self.plcnext, self.folder, self.store = plcnext, folder, CountingStore()

    def apply(self, variables: dict[str, Any], text: bool = False, verify: bool = False) -> list[str]:
        """Names of what was written."""
        controller = Plcnext(self.plcnext.session(store=self.store), self.folder)
        wanted = settings(variables, PREFIX)
        differing = plan(controller, wanted)
        if differing:
            write(controller, differing, text=text, verify=verify)
        return [setting.name for setting in differing]

    def failure(self, kind: type[TokenflowError], variables: dict[str, Any], **options: Any) -> TokenflowError:
        with pytest.raises(kind) as caught:
            self.apply(variables, **options)
        return caught.value

    def held(self, *names: str) -> list[Any]:
        paths = [PREFIX + name for name in names]
        found = self.plcnext.act("get_variables", paths=paths)
        return [found[path] for path in paths]

    def requests(self) -> list[str]:
        found = [entry["method"] for entry in self.plcnext.journal("/variables")]
        self.plcnext.act("clear_journal")
        return found


@pytest.fixture
def machine(plcnext: Simulated, tmp_path: Path) -> Machine:
    return Machine(plcnext, tmp_path / "cache")


BULK = {f"Bulk.V{number:05d}": 7 for number in range(30)}


@pytest.fixture
def bulk(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Thirty variables, written in three requests."""
    machine.plcnext.act("generate", count=30, type="DINT", value=1)
    monkeypatch.setattr(service, "BODY_LIMIT", 1000)
    machine.apply({"Bulk.V00000": 1})
    machine.requests()
    return machine


# What is given


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"A,B": 1}, "not one variable"),
        ({"A[1; 2]": 1}, "not one variable"),
        ({"A": None}, "has no value"),
        ({"A": 1, PREFIX + "A": 2}, "are the same variable"),
    ],
)
def test_what_cannot_be_set_is_refused_before_anything_is_sent(variables: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        settings(variables, PREFIX)


def test_an_empty_name_is_refused() -> None:
    with pytest.raises(InvalidInput):
        settings({"": 1}, "")


def test_names_get_their_prefix() -> None:
    assert [(setting.name, setting.path) for setting in settings({"A": 1, "X/B": 2}, "P/")] == [("A", "P/A"), ("X/B", "X/B")]


# The main way


VALUES: dict[str, Any] = {
    "SpeedSetpoint": 1.1,
    "TankVolume": 0.1,
    "RecipeNumber": 12,
    "EncoderAbsolute": -(2**53) - 3,
    "BatchNumber": 2**64 - 1,
    "OperatingMode": "Cleaning",
    "MachineEnabled": False,
    "FillTime": "T#1m30s",
    "CycleTime": "T#5ms",
    "OperatorName": "Ann",
    "AlarmWord": "16#FF",
    "SpeedCurve": [0, 5.5, 11, 16.5, 22, 27.5, 33, 38.5, 44, 1.1],
    "ValveStates[3]": True,
    "Totals": [1, 2, 3, 2**53 + 2],
    "Filler.Recipe": {"Number": 8, "FillVolume": 0.33},
    "Filler.Pump1.Speed": 12.7,
    "Filler.Pumps": [{"Speed": 9.9}, {"Enabled": True}],
    "Matrix": [[1, 0, 0], [0, 5, 0], [0, 0, 1]],
}


@pytest.mark.parametrize("string64", [False, True])
@pytest.mark.parametrize("integral", ["0", "0.0"])
@pytest.mark.parametrize("text", [False, True])
def test_the_second_time_nothing_is_written_and_one_request_is_sent(machine: Machine, string64: bool, integral: str, text: bool) -> None:
    machine.plcnext.switch(string64=string64, integral_real=integral)
    assert machine.apply(VALUES, text=text) == list(VALUES)
    machine.requests()
    assert machine.apply(VALUES, text=text) == []
    assert machine.requests() == ["GET"]
    assert not machine.plcnext.journal("/ehmi/")


def test_only_what_differs_is_written(machine: Machine) -> None:
    assert machine.apply({"SpeedSetpoint": 42.5, "RecipeNumber": 8, "Filler.Recipe": {"Number": 7, "Name": "Still"}}) == ["RecipeNumber", "Filler.Recipe"]
    (entry,) = [entry for entry in machine.plcnext.journal("/variables") if entry["method"] == "PUT"]
    assert '"path":"RecipeNumber"' in entry["body"]
    assert '"path":"Filler.Recipe.Name"' in entry["body"]
    assert entry["body"].count('"path"') == 2
    assert machine.held("RecipeNumber", "Filler.Recipe.Name", "Filler.Recipe.Number") == [8, "Still", 7]


def test_before_and_after_are_told(machine: Machine) -> None:
    controller = Plcnext(machine.plcnext.session(), machine.folder)
    wanted = settings({"SpeedSetpoint": 1.1, "OperatingMode": "Manual", "Filler.Pump1": {"Speed": 3}, "RecipeNumber": 7}, PREFIX)
    plan(controller, wanted)
    pump = wanted[2].before
    assert [setting.as_result() for setting in wanted] == [
        {"before": 42.5, "after": 1.1, "changed": True},
        {"before": 2, "after": 1, "changed": True},
        {"before": pump, "after": {**pump, "Speed": 3}, "changed": True},
        {"before": 7, "after": 7, "changed": False},
    ]
    assert machine.requests() == ["GET"]


def test_without_a_dictionary_values_are_set_all_the_same(machine: Machine) -> None:
    machine.plcnext.fault("status", "/ehmi/", status=404, times=99)
    values = {name: value for name, value in VALUES.items() if name not in ("OperatingMode", "CycleTime", "Matrix", "Totals")}
    machine.apply(values)
    assert machine.held("SpeedSetpoint", "FillTime", "BatchNumber", "ValveStates[3]") == [1.100000023841858, 90_000, 2**64 - 1, True]
    assert machine.apply(values) == []


def test_what_was_written_is_read_back_when_asked_for(machine: Machine) -> None:
    machine.apply({"RecipeNumber": 8}, verify=True)
    assert machine.requests() == ["GET", "PUT", "GET"]


# What cannot be set


@pytest.mark.parametrize("position", ["refuse", "partial"])
def test_everything_that_cannot_be_set_is_named_together_and_nothing_is_written(machine: Machine, position: str) -> None:
    machine.plcnext.switch(bad_names=position, wrong_value=position, read_only_write=position)
    bad = {
        "Nosuch": "cannot be read",
        "Filler.Nosuch": "cannot be read",
        "SpeedActual": "is read-only",
        "Filler.Diagnostics": "is read-only",
        "ValveNumber": "out of range of USINT",
        "MachineEnabled": "true or false",
        "OperatingMode": "not one of Off, Manual, Automatic, Cleaning",
        "SpeedCurve": "has 10 elements",
        "Filler.Recipe": "no member Nosuch",
        "OperatorName": "is no text",
    }
    values: dict[str, Any] = {
        "Nosuch": 1,
        "Filler.Nosuch": 2,
        "SpeedActual": 3,
        "Filler.Diagnostics": {"Errors": 5},
        "ValveNumber": 256,
        "MachineEnabled": 5,
        "OperatingMode": "Turbo",
        "SpeedCurve": [1, 2],
        "Filler.Recipe": {"Nosuch": 1},
        "OperatorName": 5,
    }
    error = machine.failure(InvalidInput, {"RecipeNumber": 99, **values})
    assert f"{len(bad)} of {len(bad) + 1} variables" in error.message
    problems = error.details["problems"]
    assert len(problems) == len(bad)
    for name, text in bad.items():
        assert any(problem.startswith(PREFIX + name) and text in problem for problem in problems), (name, problems)
    assert machine.held("RecipeNumber") == [7]
    assert "PUT" not in machine.requests()


def test_a_read_only_variable_that_has_its_value_already_is_no_problem(machine: Machine) -> None:
    assert machine.apply({"EmergencyStopOk": True, "PressureRaw": 27648, "Filler.Diagnostics": {"Errors": 3}}) == []


@pytest.mark.parametrize(("name", "value"), [("OrderNumber", "x" * 200), ("OperatorName", "é" * 15)])
@pytest.mark.parametrize("missing", ["null", "absent"])
def test_a_value_that_only_the_controller_refuses_is_not_confirmed(machine: Machine, name: str, value: str, missing: str) -> None:
    machine.plcnext.switch(long_string="partial", missing_value=missing)
    error = machine.failure(NotConfirmed, {"RecipeNumber": 9, name: value})
    assert "1 of 2 values were not taken" in error.message
    assert error.details == {"changed": True, "written": [PREFIX + "RecipeNumber"], "not_written": [PREFIX + name]}
    assert machine.held("RecipeNumber") == [9]


def test_an_echo_of_another_value_is_not_confirmed(machine: Machine) -> None:
    machine.plcnext.switch(long_string="truncate")
    error = machine.failure(NotConfirmed, {"OperatorName": "é" * 15})
    assert error.details["not_written"] == [PREFIX + "OperatorName"]
    assert "in place of" in error.message


def test_a_value_that_the_program_takes_back_is_found_by_reading(machine: Machine) -> None:
    session = machine.plcnext.session()
    controller = Plcnext(session, machine.folder)
    wanted = settings({"RecipeNumber": 9, "ValveNumber": 13}, PREFIX)
    differing = plan(controller, wanted)
    original = controller.write

    def program(values: Any, text: bool = False) -> Any:
        yield from original(values, text)
        machine.plcnext.act("set_variables", values={PREFIX + "ValveNumber": 1})

    controller.write = program  # type: ignore[method-assign]
    with pytest.raises(NotConfirmed, match="has 1 in place of 13") as caught:
        write(controller, differing, text=False, verify=True)
    assert caught.value.details == {"changed": True, "written": [PREFIX + "RecipeNumber"], "not_written": [PREFIX + "ValveNumber"]}


# What breaks in the middle


def truth(machine: Machine) -> tuple[list[str], list[str]]:
    """What has its new value and what has not."""
    held = dict(zip(BULK, machine.held(*BULK)))
    return [PREFIX + name for name in BULK if held[name] == 7], [PREFIX + name for name in BULK if held[name] != 7]


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("kind", ["reset", "reset_after", "truncate"])
def test_a_broken_connection_says_what_was_written_and_what_was_not(bulk: Machine, kind: str, skip: int) -> None:
    bulk.plcnext.fault(kind, "/variables", method="PUT", skip=skip)
    error = bulk.failure(ConnectionFailed, BULK)
    written, missing = truth(bulk)
    assert (error.details["written"], error.details["not_written"], error.details["unknown"]) == (written, missing, [])
    assert error.details["changed"] is bool(written)
    assert 0 < len(missing) < len(BULK) or (kind != "reset" and skip == 2) or (kind == "reset" and skip == 0)
    for path in written[:1] + missing[:1]:
        assert path in error.message
    assert "PUT" in bulk.requests()
    assert sorted(PREFIX + name for name in bulk.apply(BULK)) == sorted(missing)


def test_a_controller_that_does_not_come_back_leaves_values_unknown(bulk: Machine) -> None:
    bulk.plcnext.fault("reset_after", "/variables", method="PUT", skip=1)
    bulk.plcnext.fault("reset", "/variables", method="GET", skip=1, times=99)
    bulk.plcnext.fault("reset", "/variables", method="POST", times=99)
    error = bulk.failure(ConnectionFailed, BULK)
    written, unknown = error.details["written"], error.details["unknown"]
    assert written
    assert unknown
    assert error.details["not_written"] == []
    assert written + unknown == [PREFIX + name for name in BULK]
    assert set(written) <= set(truth(bulk)[0])
    assert "unknown:" in error.message


@pytest.mark.parametrize("status", [503, 500, 400])
def test_a_refused_request_in_the_middle_says_what_was_written(bulk: Machine, status: int) -> None:
    bulk.plcnext.fault("status", "/variables", method="PUT", skip=1, status=status)
    error = bulk.failure(TokenflowError, BULK)
    assert error.status == status
    assert (error.details["written"], error.details["not_written"], error.details["unknown"]) == (*truth(bulk), [])
    assert isinstance(error, Unavailable) is (status == 503)


@pytest.mark.parametrize("atomicity", ["until_error", "atomic"])
def test_a_write_that_is_refused_half_way_says_how_far_it_came(machine: Machine, atomicity: str) -> None:
    machine.plcnext.switch(write_atomicity=atomicity)
    error = machine.failure(TokenflowError, {"RecipeNumber": 9, "OperatorName": "é" * 15, "ValveNumber": 13})
    assert error.status == 400
    first = [PREFIX + "RecipeNumber"] if atomicity == "until_error" else []
    assert error.details["written"] == first
    assert set(error.details["not_written"]) == {PREFIX + name for name in ("RecipeNumber", "OperatorName", "ValveNumber")} - set(first)
    assert machine.held("RecipeNumber", "ValveNumber") == [9 if first else 7, 12]


def test_a_project_that_is_exchanged_in_the_middle_is_an_error(bulk: Machine) -> None:
    bulk.plcnext.act("download_project", crc=4711, after_requests=2)
    error = bulk.failure(ProjectChanged, BULK)
    assert "1430805090 became 4711" in error.message
    assert (error.details["written"], error.details["not_written"]) == truth(bulk)


def test_a_token_that_ends_in_the_middle_costs_one_login(bulk: Machine) -> None:
    controller = Plcnext(bulk.plcnext.session(store=bulk.store), bulk.folder)
    differing = plan(controller, settings(BULK, PREFIX))
    bulk.plcnext.act("expire_tokens")
    write(controller, differing, text=False, verify=False)
    assert truth(bulk)[1] == []
    assert len(bulk.plcnext.journal("access-token")) == 1
