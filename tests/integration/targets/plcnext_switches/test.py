# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever position a switch of the simulator has: the right result or a clear error, and what a module says of a variable is so.

The positions are spread over controllers, on which the same tasks run. After each run the controllers' values are compared with what was said.
"""

from __future__ import annotations

import re
import shutil
import struct
from typing import Any

from tests.integration._journal import Simulator
from tests.integration._lab import Lab, Run, check, equal
from tests.integration._plcnext_positions import NO_LOGIN, OK, failures, label, positions

POSITIONS = positions()
# One more does not demand a login, and is told so.
TOLD = "told"
SIMULATORS = ("--only", "plcnext", "--count", f"plcnext={len(POSITIONS) + 1}")
WITHOUT_LOGIN = label({"authentication": False, "auth_without_enforcement": "not_found"})
OF_STATES = {"down_status", "unloaded_status", "loading_answer", "no_project_answer"}
STATES = [name for name, switches in POSITIONS.items() if not switches or OF_STATES & set(switches)]
DOWNLOADS = [name for name, switches in POSITIONS.items() if not switches or {"download_drops_tokens", "write_atomicity"} & set(switches)]
PREFIX = "Arp.Plc.Eclr/"
MODULE = "tokenflow.services.plcnext_"


def single(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


# What each task sets, and what the controller has then; no variable is set by two of them. From the unknown name on they are of the second run.
SETS: dict[str, dict[str, tuple[Any, Any]]] = {
    "Set": {
        "SpeedSetpoint": (1.1, single(1.1)),
        "LevelMinimum": (16, 16),
        "TankVolume": (0.1, 0.1),
        "MachineEnabled": (False, False),
        "EncoderAbsolute": (9007199254740995, 9007199254740995),
        "BatchNumber": ("18446744073709551615", 18446744073709551615),
        "SerialMask": ("16#FF", 255),
        "OrderNumber": ("Ä 417", "Ä 417"),
        "FillTime": ("T#1m30s", 90000),
        "CycleTime": ("LTIME#5ms", 5000000),
        "ShiftStart": (25200000000000, 25200000000000),
        "OperatingMode": ("Cleaning", 3),
        "SpeedCurve[3]": (17.3, single(17.3)),
        "ProductNames": (["Spring water", "Apple juice", "Orange juice"], ["Spring water", "Apple juice", "Orange juice"]),
        "Filler.Pump1.Speed": (36.5, 36.5),
        "ConveyorComponent1/Conveyor.Velocity": (0.8, 0.8),
    },
    "Set as a station": {"Filler.BottlesPerMinute": (90, 90)},
    "Set as a viewer": {"RecipeNumber": (8, 8)},
    "Set what is no number": {"RealVar": (5.5, 5.5)},
    "Set a name that is unknown": {"Filler.Pump2.RunHours": (1, 1), "NoSuchName": (1, None)},
    "Set what is read-only": {"ValveNumber": (13, 13), "SpeedActual": (1.5, None), "ProductCounter": (5, 5)},
    "Set what is out of range": {"EncoderPosition": (5, 5), "TemperatureOffset": (1000, None), "AlarmWord": (7, 7)},
    "Set what is too long": {"DeviceMask": (9, 9), "OperatorName": ("x" * 30, None), "LevelMaximum": (90, 90)},
    "Set only what is too long": {"Filler.Recipe.Name": ("y" * 30, None)},
    "Set whole arrays": {
        "Matrix": ([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        "ValveStates": ([index % 2 == 0 for index in range(16)], [index % 2 == 0 for index in range(16)]),
    },
    "Set an array that begins elsewhere": {"Totals": ([0, 2, 4, 2**64 - 1], [0, 2, 4, 2**64 - 1])},
}
CHANGED_AGAIN = {"Set again": "Set", "Set in the next run": "Set"}


def full(name: str) -> str:
    return name if "/" in name else PREFIX + name


def task(name: str, module: str, **options: Any) -> dict[str, Any]:
    return {"name": name, MODULE + module: options, "ignore_errors": True}


def setting(name: str, what: str = "", **options: Any) -> dict[str, Any]:
    return task(name, "variable", variables={key: given for key, (given, _stored) in SETS[what or name].items()}, **options)


def first_run() -> list[dict[str, Any]]:
    group = ["LevelMaximum", "RecipeNumber", "Filler.Pump1.State"]
    return [
        task("Tell", "info", gather=["service", "project", "dictionary", "types", "sessions"]),
        task("Read", "variable_info", paths=["RecipeNumber", PREFIX + "RecipeNumber", "Filler.Recipe", "SpeedCurve[2; 4; 6-8]", "LastService", "SpeedActual"]),
        task("Read with another version", "variable_info", paths=["RecipeNumber"], api_version="v9.9"),
        task("Read with the newest version", "variable_info", paths=["RecipeNumber"], api_version="api"),
        task("Read in another case", "variable_info", paths=["filler.recipe.number"]),
        task("Read what is no number", "variable_info", paths=["RealVar"]),
        task("Read with a login of its own", "variable_info", paths=["RecipeNumber"], cache_token=False),
        setting("Set"),
        setting("Set again", "Set"),
        setting("Set what is no number"),
        setting("Set as a station", station_id="Panel", verify=True),
        task("Read as a station", "variable_info", paths=["RecipeNumber"], station_id="Panel", until="RecipeNumber == `7`", until_timeout=0),
        task("Group", "group", paths=group),
        task("Group again", "group", paths=group),
        task("Read the group", "group_info", paths=group),
        task("Group in another order", "group", paths=group[::-1]),
        task("Group as a station", "group_info", paths=group[:2], station_id="Panel"),
        task("Remove the group", "group", paths=group, state="absent"),
        task("Remove the group again", "group", paths=group, state="absent"),
        task("Read a group that is gone", "group_info", group_id="g1{{ 0 }}00"),
        task("Sessions that are left", "info", gather=["sessions"]),
        setting("Set as a viewer", username="{{ plcnext_viewer_username }}", password="{{ plcnext_viewer_password }}"),
        task("Read with a wrong password", "variable_info", paths=["RecipeNumber"], password="plc-Wrong-pass-1!"),
    ]


def second_run() -> list[dict[str, Any]]:
    """Without the project's dictionaries, so that the controller refuses and not the module."""
    blind = list(SETS)[list(SETS).index("Set a name that is unknown") :]
    # Without their types these are given as they are shown.
    same = {key: stored if key in ("OperatingMode", "CycleTime", "SerialMask") else given for key, (given, stored) in SETS["Set"].items()}
    read = task("Read back", "variable_info", paths=[*SETS["Set whole arrays"], "OrderNumber", "FillTime", "CycleTime"])
    return [task("Set in the next run", "variable", variables=same), *(setting(name) for name in blind), read]


class Yard:
    """The controllers, by position."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        names = [*POSITIONS, TOLD]
        self.controllers: dict[str, Simulator] = dict(zip(names, lab.simulators.values()))
        hosts = {}
        for name, instance in zip(names, lab.simulators):
            hosts[name] = {"controller_url": self.controllers[name].settings["base_url"], "instance": instance, "log_in": name != TOLD}
        self.inventory = lab.hosts({"plcs": hosts, "states": {name: {} for name in STATES}, "downloads": {name: {} for name in DOWNLOADS}})

    def values(self) -> dict[str, dict[str, Any]]:
        """The real values of all controllers, whole variables and the parts that are set."""
        parts = [full(name) for variables in SETS.values() for name in variables if name != "NoSuchName"]
        found = {}
        for name, controller in self.controllers.items():
            found[name] = {**controller.control("get_variables", paths=parts)}
        return found

    def play(self, hosts: str, tasks: list[dict[str, Any]]) -> Run:
        defaults = {"base_url": "{{ controller_url }}", "authentication": "{{ log_in }}", "retries": 0}
        play = {"name": "Positions", "hosts": hosts, "gather_facts": False, "module_defaults": {"group/tokenflow.services.plcnext": defaults}, "tasks": tasks}
        return self.lab.play([play], inventory=self.inventory, environment={"ANSIBLE_FORKS": "6"})


Results = dict[str, dict[str, dict[str, Any]]]


def results(run: Run) -> Results:
    """Per position and task."""
    found: Results = {}
    for line in run.record:
        if line["status"] in ("ok", "failed"):
            found.setdefault(line["host"], {})[line["task"]] = {**line["result"], "_status": line["status"]}
    return found


def test(lab: Lab) -> None:
    yard = Yard(lab)
    for name, controller in yard.controllers.items():
        controller.control("switch", **POSITIONS.get(name, POSITIONS[WITHOUT_LOGIN]))
        controller.control("set_variables", values={PREFIX + "RealVar": "NaN"})
    before = yard.values()
    found = results(yard.play("plcs", first_run()))
    after = yard.values()
    for name in yard.controllers:
        outcomes(name, found[name])
        values_as_said(name, found[name], before[name], after[name])
        groups_as_said(name, found[name], yard.controllers[name])
        right_results(name, found[name])

    shutil.rmtree(lab.folder / "home" / ".ansible" / "tmp" / "tokenflow")
    for controller in yard.controllers.values():
        controller.control("fault", kind="status", status=404, path="/ehmi/", times=1_000_000)
        controller.control("advance", seconds=3600)
    before = after
    found = results(yard.play("plcs", second_run()))
    after = yard.values()
    for name, controller in yard.controllers.items():
        outcomes(name, found[name])
        values_as_said(name, found[name], before[name], after[name])
        parts_as_said(name, found[name], controller)

    states(yard, after)
    downloads(yard)


def outcomes(name: str, found: dict[str, dict[str, Any]]) -> None:
    """Each task succeeds or fails as it must, and a failure says what it is about."""
    failing = failures(POSITIONS.get(name, {}))
    for what, result in found.items():
        expected = failing.get(what, OK)
        if name == WITHOUT_LOGIN and what != "Tell" and what != "Sessions that are left":
            expected = NO_LOGIN
        elif name == TOLD and what in ("Set as a viewer", "Read with a wrong password"):
            expected = OK
        equal(result["_status"], "failed" if expected else "ok", f"{what} with {name} ({result.get('msg')})")
        check(not expected or re.search(expected, result["msg"]), f"{what} with {name}: {result.get('msg')}")
        check("Traceback" not in str(result) and (not expected or result["error"]["kind"] != "bad_answer"), f"{what} with {name}: {result}")


def values_as_said(name: str, found: dict[str, dict[str, Any]], before: dict[str, Any], after: dict[str, Any]) -> None:
    """What is said to be changed is changed, to what was asked for, and nothing else is."""
    touched = set()
    for what, variables in SETS.items():
        if what not in found:
            continue
        result, paths = found[what], [full(key) for key in variables if full(key) in before]
        touched.update(paths)
        differing = [path for path in paths if before[path] != after[path]]
        equal(bool(result.get("changed")), bool(differing), f"changed of {what} with {name}: {result}; in fact {differing}")
        if result["_status"] == "ok":
            for key, (_given, stored) in variables.items():
                equal(after[full(key)], stored, f"{key} after {what} with {name}")
                equal(result["variables"][key]["changed"], full(key) in differing, f"changed of {key} after {what} with {name}")
    for what, first in CHANGED_AGAIN.items():
        if what in found and found[what]["_status"] == "ok":
            equal((found[what]["changed"], {entry["changed"] for entry in found[what]["variables"].values()}), (False, {False}), f"{what} with {name}")
            check(what == "Set in the next run" or found[first]["_status"] == "ok", f"{first} with {name}")
    equal([path for path in before if before[path] != after[path] and path not in touched], [], f"other variables with {name}")


def leaves(path: str, value: Any) -> dict[str, Any]:
    """The elements of a value by path, as they are written."""
    start = int(path == PREFIX + "ValveStates")
    # Where its first index is not known an array is written whole.
    if not isinstance(value, list) or path == PREFIX + "Totals":
        return {path: value}
    return {inner: leaf for index, item in enumerate(value, start) for inner, leaf in leaves(f"{path}[{index}]", item).items()}


def parts_as_said(name: str, found: dict[str, dict[str, Any]], controller: Simulator) -> None:
    """What a failure says to be written is there, and what it says not to be written is not."""
    for what, variables in SETS.items():
        if what not in found or found[what]["_status"] == "ok":
            continue
        result = found[what]
        wanted = {path: leaf for key, (given, stored) in variables.items() for path, leaf in leaves(full(key), given if stored is None else stored).items()}
        written, missing = result.get("written", []), result.get("not_written", [])
        # A controller that takes few variables at once cannot be asked for them either.
        equal(bool(result.get("unknown")), name == "max_paths=4" and what == "Set whole arrays", f"unknown, {what} with {name}")
        real = controller.control("get_variables", paths=[*written, *missing])
        equal({path: real[path] for path in written}, {path: wanted[path] for path in written}, f"written, {what} with {name}")
        check(all(real[path] != wanted[path] for path in missing), f"not written, {what} with {name}: {missing}")


def groups_as_said(name: str, found: dict[str, dict[str, Any]], controller: Simulator) -> None:
    """Groups that are said to be registered or removed were, no others, and every session was deleted."""
    journal = controller.journal()
    statuses = [(entry["method"], entry["path"].split("/")[3], entry["status"]) for entry in journal.calls() if entry["path"].count("/") > 2]
    said = [bool(found[what].get("changed")) for what in ("Group", "Group again", "Group in another order")]
    said.append(bool(found["Group as a station"].get("registered")))
    equal(statuses.count(("POST", "groups", 201)), sum(said), f"registered groups with {name}")
    removed = [bool(found[what].get("changed")) for what in ("Remove the group", "Remove the group again")]
    equal(statuses.count(("DELETE", "groups", 204)), sum(removed), f"removed groups with {name}")
    if found["Group"]["_status"] == "ok":
        others = [found[what]["_status"] == "ok" for what in ("Group in another order", "Group as a station")]
        equal((said, removed), ([True, False, *others], [True, False]), f"groups with {name}")
        equal({found[what]["group_id"] for what in ("Group", "Group again", "Read the group")}, {found["Group"]["group_id"]}, f"the group's id with {name}")
        values = {PREFIX + "LevelMaximum": 85, PREFIX + "RecipeNumber": 7, PREFIX + "Filler.Pump1.State": 2}
        equal((found["Read the group"]["variables"], found["Read the group"]["registered"]), (values, False), f"the group with {name}")
    equal(statuses.count(("POST", "sessions", 201)), statuses.count(("DELETE", "sessions", 204)), f"sessions with {name}")
    equal(found["Sessions that are left"]["sessions"], [], f"sessions that are left with {name}")


def right_results(name: str, found: dict[str, dict[str, Any]]) -> None:
    """What was read is what is there."""
    tell = found["Tell"]
    read_only = [path.removeprefix(PREFIX) for path, entry in tell["dictionary"].items() if entry["read_only"] and "Speed" in path]
    equal((tell["project"]["crc"], read_only, len(tell["types"]) > 20), (1430805090, ["SpeedActual"], True), f"info with {name}")
    version = POSITIONS.get(name, {}).get("api_version", "1.8.0.0")
    equal((tell["service"]["apiVersion"], tell["service"]["version"]), (version, "v" + ".".join(version.split(".")[:2])), f"service with {name}")
    if found["Read"]["_status"] == "ok":
        read = found["Read"]["variables"]
        equal((read["RecipeNumber"], read[PREFIX + "RecipeNumber"], read["Filler.Recipe"]["Steps"][1]["Duration"]), (7, 7, 1500), f"values with {name}")
        equal((read["SpeedCurve[2; 4; 6-8]"], int(read["LastService"])), ([11, 22, 33, 38.5, 44], 1790000000123456789), f"values with {name}")


# What a task says in each state of the controller.
STATE_SAYS = {
    "loading": r"is loading (its|or changing its) project",
    "down": r"the HMI component of the controller is not running \(HTTP 50[23]\)",
    "no_project": r"has none with an HMI page|does not have this part of the REST data interface.*Download a project that has an HMI page",
}


def states(yard: Yard, values: dict[str, dict[str, Any]]) -> None:
    """A controller that loads its project, has none, or whose HMI component is down: nothing succeeds by mistake."""
    tasks: list[dict[str, Any]] = [{"name": "Mend", "simulator_control": {"simulator": "{{ instance }}", "clear_faults": {}}}]
    for state in STATE_SAYS:
        tasks += [
            {"name": "State", "simulator_control": {"simulator": "{{ instance }}", "set_state": {"state": state}}},
            task(f"Project, {state}", "info", gather=["project"]),
            task(f"Sessions, {state}", "info", gather=["sessions"]),
            task(f"Read, {state}", "variable_info", paths=["RecipeNumber"]),
            task(f"Set, {state}", "variable", variables={"RecipeNumber": 9}),
            task(f"Set as a station, {state}", "variable", variables={"RecipeNumber": 9}, station_id="Panel"),
            task(f"Group, {state}", "group", paths=["RecipeNumber"]),
            task(f"Remove, {state}", "group", paths=["RecipeNumber"], state="absent"),
            task(f"Remove by id, {state}", "group", group_id="g1", state="absent"),
        ]
    tasks.append({"name": "Running", "simulator_control": {"simulator": "{{ instance }}", "set_state": {"state": "running"}}})
    tasks.append(task("Read afterwards", "variable_info", paths=["RecipeNumber"]))
    found = results(yard.play("states", tasks))
    after = yard.values()
    for name in STATES:
        equal(after[name], values[name], f"values with {name}")
        equal(found[name].pop("Read afterwards")["_status"], "ok", f"afterwards with {name}")
        for what, result in found[name].items():
            state = what.rpartition(", ")[2]
            if what == "Project, down":
                # The web server has the file.
                equal(result["project"]["crc"], 1430805090, f"{what} with {name}")
            elif state in STATE_SAYS:
                equal((result["_status"], bool(result.get("changed"))), ("failed", False), f"{what} with {name}")
                check(re.search(STATE_SAYS[state], result["msg"]), f"{what} with {name}: {result['msg']}")
                equal(result["error"]["kind"], "not_found" if "REST data interface" in result["msg"] else "unavailable", f"kind of {what} with {name}")


def downloads(yard: Yard) -> None:
    """A download between reading and writing, which may also withdraw the token."""
    download = {"crc": 4711, "after_requests": 1}
    # The token is there before the download counts requests.
    tasks = [
        task("Read", "variable_info", paths=["RecipeNumber"]),
        {"name": "Download", "simulator_control": {"simulator": "{{ instance }}", "download_project": download}},
        task("Set", "variable", variables={"RecipeNumber": 9, "ValveNumber": 14}),
        task("Read afterwards", "variable_info", paths=["RecipeNumber", "ValveNumber"]),
    ]
    found = results(yard.play("downloads", tasks))
    for name in DOWNLOADS:
        result = found[name]["Set"]
        equal((result["error"]["kind"], result["changed"], result["not_written"]), ("project_changed", True, []), f"a download with {name}: {result}")
        equal(sorted(result["written"]), [PREFIX + "RecipeNumber", PREFIX + "ValveNumber"], f"written with {name}")
        equal(found[name]["Read afterwards"]["variables"], {"RecipeNumber": 9, "ValveNumber": 14}, f"values with {name}")
