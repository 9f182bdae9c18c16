# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of every type get their values, a second run sends one request a task, and nothing is written when something is wrong."""

from __future__ import annotations

import struct
from typing import Any

from tests.integration._lab import Lab, check, equal

PREFIX = "Arp.Plc.Eclr/"
PLAY = {"hosts": "localhost", "gather_facts": False}
MODULE = "tokenflow.services.plcnext_variable"

# As a user writes a value, and what the controller then has; scalars of every type, arrays, structures, their parts, another component.
VALUES: dict[str, tuple[Any, Any]] = {
    "MachineEnabled": (False, False),
    "TemperatureOffset": (-128, -128),
    "RecipeNumber": ("16#7F", 127),
    "EncoderPosition": (-2147483648, -2147483648),
    "EncoderAbsolute": (9007199254740995, 9007199254740995),
    "ValveNumber": (255, 255),
    "ProductCounter": (4294967295, 4294967295),
    "BatchNumber": (18446744073709551615, 18446744073709551615),
    "DeviceMask": ("16#A5", 165),
    "AlarmWord": (65535, 65535),
    "SerialMask": (18446744073709551615, 18446744073709551615),
    "SpeedSetpoint": (1.1, 1.1),
    "LevelMinimum": (16777217, 16777216),
    "TankVolume": (0.1, 0.1),
    "OrderNumber": ("AUF-2026-\u00e4\u00f6\u00fc \u20ac", "AUF-2026-\u00e4\u00f6\u00fc \u20ac"),
    "OperatorName": ('{{ no }} "a" \\ one', '{{ no }} "a" \\ one'),
    "FillTime": ("T#1m30s500ms", 90500),
    "CycleTime": ("LTIME#4ms500us", 4500000),
    "ProductionDate": (1791417600000000000, 1791417600000000000),
    "ShiftStart": (25200000000000, 25200000000000),
    "LastService": (1790000000123456790, 1790000000123456790),
    "OperatingMode": ("Cleaning", 3),
    "SpeedCurve[3]": (17.25, 17.25),
    "ValveStates": ([index % 2 == 0 for index in range(16)], [index % 2 == 0 for index in range(16)]),
    "Totals": ([0, 9007199254740995, 18446744073709551615, 7], [0, 9007199254740995, 18446744073709551615, 7]),
    "ProductNames": (["Spring water", "Apple juice", "Orange juice"], ["Spring water", "Apple juice", "Orange juice"]),
    "Matrix[1]": ([4, 5, 6], [4, 5, 6]),
    "Filler.Pump1.Speed": (36.5, 36.5),
    "Filler.Pump2.Pressure[2]": (2.5, 2.5),
    "ConveyorComponent1/Conveyor.Velocity": (0.8, 0.8),
}
RECIPE = {"Number": 8, "Name": "Apple juice 0.33 l", "FillVolume": 0.33}
SINGLE = {"SpeedSetpoint"}
"""Values that the controller holds in single precision."""


def full(name: str) -> str:
    return name if "/" in name else PREFIX + name


def single(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def values_of(lab: Lab, names: list[str]) -> dict[str, Any]:
    found = lab.simulators["plcnext"].control("get_variables", paths=[full(name) for name in names])
    return {name: found[full(name)] for name in names}


def unsafe(value: Any) -> Any:
    """Text that is not a template is given as such."""
    return "{% raw %}" + value + "{% endraw %}" if isinstance(value, str) and "{{" in value else value


def task(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, MODULE: arguments}


def test(lab: Lab) -> None:
    every_type(lab)
    mistakes(lab)
    lab.reset()
    (lab.folder / "vault-password").write_text("a vault password", encoding="utf-8")
    lab.play("files.yml", arguments=["--vault-password-file", str(lab.folder / "vault-password")])
    lab.reset()
    lab.play("options.yml")


def every_type(lab: Lab) -> None:
    """One by one and all in one; both in a second run of ansible-playbook again."""
    plcnext = lab.simulators["plcnext"]
    one_by_one = [task(name, variables={name: unsafe(value)}) for name, (value, _stored) in VALUES.items()]
    recipe = task("Recipe", variables={"Filler.Recipe": RECIPE, "Filler.Recipe.Steps[2]": {"Duration": "T#2s"}})
    before = values_of(lab, list(VALUES))
    first = lab.play([{**PLAY, "tasks": [*one_by_one, recipe]}])
    for name, (_value, stored) in VALUES.items():
        result = first.result(name)
        expected = single(stored) if name in SINGLE else stored
        equal(values_of(lab, [name])[name], expected, f"the controller's value of {name}")
        equal((result["changed"], result["variables"][name]["changed"]), (True, True), f"changed of {name}")
        check(result["variables"][name]["before"] == before[name] or str(before[name]) == result["variables"][name]["before"], f"before of {name}: {result}")
    equal(first.result("Recipe")["variables"]["Filler.Recipe"]["after"]["Name"], "Apple juice 0.33 l", "after of a structure")
    stored = values_of(lab, ["Filler.Recipe"])["Filler.Recipe"]
    equal({**RECIPE, "Steps": stored["Steps"]}, stored, "a structure of which some members were given")
    equal([step["Duration"] for step in stored["Steps"]], [800, 2000, 400, 0], "the other steps stay")
    equal(plcnext.journal().differences(logins=1, writes=len(VALUES) + 1), [], "first run")

    # The same again, and at the end all in one task. The controller is asked once by each, and types that are in the project's files are known by now.
    everything = task("Everything", variables={name: unsafe(value) for name, (value, _stored) in VALUES.items()})
    second = lab.play([{**PLAY, "tasks": [*one_by_one, recipe, everything]}])
    for name in (*VALUES, "Recipe", "Everything"):
        result = second.result(name)
        equal((result["changed"], {entry["changed"] for entry in result["variables"].values()}), (False, {False}), f"changed of {name} in a second run")
    equal(plcnext.journal().differences(logins=1, calls=[r"GET /_pxc_api/v1.2/variables"] * (len(VALUES) + 2)), [], "second run")


def mistakes(lab: Lab) -> None:
    """All mistakes in one message, nothing written, also not what is right."""
    plcnext = lab.simulators["plcnext"]
    wrong = {
        "SpeedSetpoint": 50,
        "SpeedSetpiont": 50,
        "SpeedActual": 1.5,
        "Filler.Diagnostics.Errors": 0,
        "RecipeNumber": 32768,
        "MachineEnabled": "perhaps",
        "OperatingMode": "Sleeping",
        "FillTime": "T#1us",
        "SpeedCurve": [1, 2, 3],
        "SpeedCurve[10]": 1,
        "Filler.Recipe": {"Number": 1, "Colour": "red"},
        "Filler.Pump2": {"Enabled": True, "State": "Starting"},
        "OrderNumber": True,
        "OperatorName": "Wolfgang Amadeus Mozart",
    }
    before = values_of(lab, ["SpeedSetpoint", "RecipeNumber", "Filler.Recipe"])
    tasks = [
        task("Mistakes", variables=wrong),
        task("Twice", variables={"SpeedSetpoint": 1, "Arp.Plc.Eclr/SpeedSetpoint": 1}),
        task("Empty", variables={"SpeedSetpoint": None}),
        task("Range", variables={"SpeedCurve[1; 2]": [1, 2]}),
        task("Project", variables={"SpeedSetpoint": 1}, expected_project_crc=1),
        task("Both", variables={"SpeedSetpoint": 1}, src="setpoints.json"),
        task("Neither"),
        task("Missing file", src="nothing.json"),
    ]
    run = lab.play([{**PLAY, "tasks": [{**entry, "ignore_errors": True} for entry in tasks]}])
    for entry in tasks:
        equal(run.result(entry["name"])["_status"], "failed", entry["name"])
        check("Traceback" not in str(run.result(entry["name"])), f"{entry['name']}: {run.result(entry['name'])}")
    result = run.result("Mistakes")
    problems = {problem.split(" ")[0].rstrip(":").removeprefix(PREFIX): problem for problem in result["problems"]}
    equal(sorted(problems), sorted(name for name in wrong if name != "SpeedSetpoint"), "variables that are named")
    for name, text in {
        "SpeedSetpiont": "unknown",
        "SpeedActual": "read-only",
        "Filler.Diagnostics.Errors": "read-only",
        "RecipeNumber": "out of range of INT",
        "MachineEnabled": "true or false",
        "OperatingMode": "Off, Manual, Automatic, Cleaning",
        "FillTime": "finer than the millisecond",
        "SpeedCurve": "has 10 elements",
        "Filler.Recipe": "no member Colour",
        "OperatorName": "STRING20 takes 20",
        "Filler.Pump2": "'Starting' is not a number",
    }.items():
        check(text in problems[name], f"{name}: {problems[name]}")
    check("nothing was written" in result["msg"] and all(problem in result["msg"] for problem in result["problems"]), result["msg"])
    equal(run.result("Project")["error"]["kind"], "project_changed", "another project than expected")
    equal(values_of(lab, list(before)), before, "values after the mistakes")
    equal(plcnext.journal().writes(), [], "writes of tasks with mistakes")
