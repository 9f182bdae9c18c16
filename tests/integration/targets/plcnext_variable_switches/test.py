# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a controller does where its documentation leaves something open: a right result or a clear error, and never a wrong ``changed``."""

from __future__ import annotations

import struct
from itertools import product
from typing import Any

from tests.integration._lab import Lab, check, equal
from tests.simulators.plcnext import SIMULATOR

PREFIX = "Arp.Plc.Eclr/"
PLAY = {"hosts": "localhost", "gather_facts": False}
# Switches of sessions, groups and reports have nothing to do with variables.
ELSEWHERE = ("session", "group", "report", "uri_scheme", "timestamps")
POSITIONS: dict[str, list[Any]] = {
    "api_version": ["1.2.0.0"],
    "max_body_bytes": [150],
    "max_paths": [3],
    "token_lifetime": [1],
    "lockout_after": [0],
    "lockout_seconds": [1],
    "wrong_password_domain": ["project"],
}
"""Positions of switches that do not list theirs."""
DESIRED: dict[str, Any] = {
    "SpeedSetpoint": 1.1,
    "LevelMinimum": 20,
    "TankVolume": 0.1,
    "MachineEnabled": False,
    "RecipeNumber": 8,
    "EncoderAbsolute": 9007199254740995,
    "OperatorName": "Ada",
    "OperatingMode": "Cleaning",
    "FillTime": "T#2s",
    "CycleTime": 5000000,
    "ProductionDate": 1791417600000000000,
    "SpeedCurve": [1, 5.5, 11, 16.5, 22, 27.5, 33, 38.5, 44, 50],
    "Filler.Pump1": {"Enabled": False, "Speed": 12.5},
    "Filler.Recipe.Steps[2].Duration": "T#3s",
}
STORED = {
    **DESIRED,
    "SpeedSetpoint": struct.unpack("<f", struct.pack("<f", 1.1))[0],
    "OperatingMode": 3,
    "FillTime": 2000,
    "Filler.Recipe.Steps[2].Duration": 3000,
}
REFUSED = {("max_body_bytes", 150): "refused", ("max_paths", 3): "refused"}
"""Positions in which this much cannot be written at once, with the kind of the error."""
# Without the project's files only the controller knows what it refuses.
UNKNOWN_TO_CLIENT = {"SpeedSetpoint": 50.5, "SpeedActual": 1.5, "LevelMinimum": 21.5}
WRONG_VALUES = {"SpeedSetpoint": 51.5, "RecipeNumber": 40000, "LevelMinimum": 22.5}
LONG_TEXT = {"SpeedSetpoint": 52.5, "OperatorName": "Wolfgang Amadeus Mozart", "LevelMinimum": 23.5}


def positions() -> list[tuple[str, Any]]:
    found = []
    for name, switch in SIMULATOR.SWITCHES.items():
        if name.startswith(ELSEWHERE):
            continue
        values = POSITIONS.get(name) or [choice for choice in switch.choices if choice != switch.default]
        check(values, f"no positions for the switch {name}")
        found += [(name, value) for value in values]
    return found


def state(name: str) -> dict[str, Any]:
    return {"name": name, "simulator_control": {"simulator": "plcnext", "get_variables": {"paths": [PREFIX + path for path in DESIRED]}}}


def control(**actions: Any) -> dict[str, Any]:
    return {"name": "Control", "simulator_control": {"simulator": "plcnext", **actions}}


def write(name: str, variables: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"name": name, "tokenflow.services.plcnext_variable": {"variables": variables, **options}, "ignore_errors": True}


def holds(stored: Any, value: Any) -> bool:
    """Whether a stored value is the one asked for, of a structure its given members."""
    return all(stored[name] == member for name, member in value.items()) if isinstance(value, dict) else bool(stored == value)


def test(lab: Lab) -> None:
    with_project_files(lab)
    lab.reset()
    without_project_files(lab)
    lab.reset()
    lab.play("odd_values.yml")


def with_project_files(lab: Lab) -> None:
    """Everything is written once, the second run finds it; mistakes change nothing."""
    tasks = []
    for switch, value in positions():
        name = f"{switch}={value}"
        open_controller = {"authentication": False} if switch in ("authentication", "auth_without_enforcement") else {}
        switches = {switch: value, **({"authentication": False} if switch == "auth_without_enforcement" else {})}
        wrong = {"SpeedSetpoint": 99, "SpeedAktual": 1, "SpeedActual": 1.5, "RecipeNumber": "many"}
        tasks += [
            control(reset={}, switch=switches),
            write(f"{name}: write", DESIRED, **open_controller),
            state(f"{name}: written"),
            write(f"{name}: again", DESIRED, **open_controller),
            write(f"{name}: mistakes", wrong, **open_controller),
            state(f"{name}: after mistakes"),
        ]
    run = lab.play([{**PLAY, "tasks": tasks}])
    for switch, value in positions():
        name = f"{switch}={value}"
        first, second, mistakes = (run.result(f"{name}: {what}") for what in ("write", "again", "mistakes"))
        written = {path.removeprefix(PREFIX): stored for path, stored in run.result(f"{name}: written")["result"].items()}
        if (switch, value) in REFUSED:
            equal(first["error"]["kind"], REFUSED[switch, value], name)
            check("HTTP 4" in first["msg"] and not first["changed"] and not holds(written["SpeedSetpoint"], STORED["SpeedSetpoint"]), f"{name}: {first}")
            continue
        equal((first["_status"], first["changed"], second["_status"], second["changed"]), ("ok", True, "ok", False), name)
        equal([path for path, stored in STORED.items() if not holds(written[path], stored)], [], f"{name}: variables without their value")
        equal({entry["changed"] for entry in first["variables"].values()}, {True}, f"{name}: changed by variable")
        # In the position without case, the misspelt name is unknown all the same.
        equal((mistakes["_status"], mistakes["changed"], len(mistakes["problems"])), ("failed", False, 3), f"{name}: mistakes")
        equal(run.result(f"{name}: after mistakes")["result"], run.result(f"{name}: written")["result"], f"{name}: values after mistakes")


def without_project_files(lab: Lab) -> None:
    """The controller refuses a part of a write: the error says what it took, and that is so."""
    refusing = [
        ({"read_only_write": position}, UNKNOWN_TO_CLIENT, "SpeedActual") for position in ("refuse", "partial")
    ] + [({"wrong_value": position}, WRONG_VALUES, "RecipeNumber") for position in ("refuse", "partial")] + [
        ({"long_string": position}, LONG_TEXT, "OperatorName") for position in ("refuse", "partial", "truncate")
    ]  # fmt: skip
    cases = [
        (f"{number}", {**switches, "write_atomicity": atomicity, "missing_value": missing}, variables, bad)
        for number, ((switches, variables, bad), atomicity, missing) in enumerate(product(refusing, ("until_error", "atomic"), ("null", "absent")))
    ]
    tasks = []
    for name, switches, variables, _bad in cases:
        tasks += [
            control(reset={}, switch=switches, fault={"kind": "status", "status": 404, "path": "/ehmi/", "times": 9}),
            state(f"{name}: before"),
            write(f"{name}: write", variables),
            state(f"{name}: after"),
        ]
    run = lab.play([{**PLAY, "tasks": tasks}], environment={"ANSIBLE_HOME": str(lab.folder / "home" / "without-files")})
    for name, switches, variables, bad in cases:
        result = run.result(f"{name}: write")
        before, after = (run.result(f"{name}: {when}")["result"] for when in ("before", "after"))
        name = f"{switches}"
        equal(result["_status"], "failed", name)
        equal(result["changed"], before != after, f"{name}: changed")
        equal(result["unknown"] if "unknown" in result else [], [], f"{name}: unknown")
        taken = [PREFIX + path for path, value in variables.items() if path != bad and holds(after[PREFIX + path], value)]
        equal(sorted(result["written"]), sorted(taken), f"{name}: written")
        equal(sorted(result["not_written"]), sorted(PREFIX + path for path in variables if PREFIX + path not in taken), f"{name}: not written")
        check(bad in result["msg"] and "Traceback" not in result["msg"], f"{name}: {result['msg']}")
        equal(bool(taken), switches["write_atomicity"] == "until_error" or "partial" in switches.values() or "truncate" in switches.values(), f"{name}: taken")
