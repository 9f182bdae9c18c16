# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook on an inventory of controllers, of which three cannot be set: the others are, and each failure says why."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from tests.integration._journal import Simulator
from tests.integration._lab import Lab, Run, check, equal
from tests.unit.plugins._web import free_port

GOOD = 20
SIMULATORS = ("--only", "plcnext", "--count", f"plcnext={GOOD + 2}")
PREFIX = "Arp.Plc.Eclr/"
NAMES = [f"filler{number:02d}" for number in range(1, GOOD + 1)]
FAILURES = {
    "other_project": r"the project on the controller has the checksum 99, not 1430805090 as expected; nothing was written\. Check which project it is",
    "unknown_variable": r"nothing was written, because 1 of 6 variables cannot be set: Arp\.Plc\.Eclr/SpeedLimit cannot be read \(unknown\)\. A variable is",
    "unreachable": r"no connection to https://127\.0\.0\.1:\d+ \(.*refused\)\. Check base_url, the network, and the system",
}
MANY = {"ANSIBLE_FORKS": "6"}


def test(lab: Lab) -> None:
    hosts = controllers(lab)
    playbook(lab, hosts)
    lab.reset()
    role(lab, hosts)


def simulator(lab: Lab, name: str) -> Simulator:
    return list(lab.simulators.values())[[*NAMES, "other_project", "unknown_variable"].index(name)]


def controllers(lab: Lab) -> Path:
    """An inventory with a host for each controller, and one behind which nothing is."""
    urls = {name: simulator(lab, name).settings["base_url"] for name in (*NAMES, *FAILURES) if name != "unreachable"}
    urls["unreachable"] = f"https://127.0.0.1:{free_port()}"
    values: dict[str, dict[str, Any]] = {name: {"controller_url": url} for name, url in urls.items()}
    for number, entries in enumerate(values.values()):
        entries |= {"fill_volume": round(0.3 + number / 100, 2), "plcnext_provision_expected_project_crc": 1430805090}
    return lab.hosts({"plcnext": values})


def wanted(number: int) -> dict[str, Any]:
    """What the file of a controller says."""
    return {
        "SpeedSetpoint": 40 + number,
        "FillTime": f"T#1m{number}s",
        "OperatingMode": "Manual",
        "OrderNumber": f"ORD-{number}",
        "Filler.Pump1": {"Enabled": number % 2 == 0, "State": 1},
    }


def stored(number: int) -> dict[str, Any]:
    """What the controller has then."""
    pump = {"Enabled": number % 2 == 0, "Speed": 35.5, "RunHours": 18231, "State": 1, "Pressure": [2.5, 2.25, 1.899999976158142]}
    values = {"SpeedSetpoint": 40 + number, "FillTime": 60_000 + 1000 * number, "OperatingMode": 1, "OrderNumber": f"ORD-{number}", "Filler.Pump1": pump}
    return {PREFIX + name: value for name, value in values.items()}


def differences(lab: Lab, writes: int, reads: int) -> list[str]:
    """How the journals of those that can be set differ from one login and so many requests each."""
    found = []
    for name in NAMES:
        journal = simulator(lab, name).journal()
        read = [entry for entry in journal.calls() if entry["path"].endswith("/variables") and entry["method"] != "PUT"]
        found += [f"{name}: {text}" for text in journal.differences(logins=1, writes=writes)]
        found += [f"{name}: {len(read)} reads"] if len(read) != reads else []
    return found


def failed(lab: Lab, run: Run, task: str) -> None:
    """Exactly those fail that must, each for its own reason, and nothing was written there."""
    results = {line["host"]: line["result"] for line in run.record if line["task"] == task and line["status"] == "failed"}
    equal(sorted(results), sorted(FAILURES), "controllers that failed")
    for name, text in FAILURES.items():
        check(re.search(text, results[name]["msg"]), f"{name}: {results[name]['msg']}")
        if name != "unreachable":
            equal(simulator(lab, name).journal().writes(), [], f"writes to {name}")


def done(run: Run, task: str) -> dict[str, bool]:
    return {line["host"]: bool(line["result"].get("changed")) for line in run.record if line["task"] == task and line["status"] == "ok"}


def playbook(lab: Lab, hosts: Path) -> None:
    """A file for each controller; first in check mode, then twice."""
    folder = lab.folder / "setpoints"
    folder.mkdir()
    for number, name in enumerate((*NAMES, *FAILURES)):
        (folder / f"{name}.json").write_text(json.dumps(wanted(number) | ({"SpeedLimit": 1} if name == "unknown_variable" else {})), encoding="utf-8")
    simulator(lab, "other_project").control("download_project", crc=99)
    task = "tokenflow.services.plcnext_provision : Set the variables that differ"
    summaries = {
        "--check": f"{GOOD} of {GOOD + 3} controllers would be changed: {', '.join(NAMES)}; failed: other_project, unknown_variable, unreachable",
        "--diff": f"{GOOD} of {GOOD + 3} controllers changed: {', '.join(NAMES)}; failed: other_project, unknown_variable, unreachable",
        "--verbose": f"0 of {GOOD + 3} controllers changed; failed: other_project, unknown_variable, unreachable",
    }
    before = {name: simulator(lab, name).control("get_variables", paths=list(stored(0))) for name in NAMES}
    for argument, summary in summaries.items():
        # The host's own address goes before the one of the simulators' description.
        given = {"plcnext_setpoints_folder": folder.name, "plcnext_base_url": "{{ controller_url }}"}
        run = lab.play(
            [{"import_playbook": "tokenflow.services.plcnext_setpoints"}], inventory=hosts, variables=given, environment=MANY, arguments=[argument], status=2
        )
        equal(done(run, task), dict.fromkeys(NAMES, argument != "--verbose"), f"changed with {argument}")
        equal(run.result("Sum up")["msg"], summary, f"summary with {argument}")
        failed(lab, run, task)
        for number, name in enumerate(NAMES):
            values = simulator(lab, name).control("get_variables", paths=list(stored(0)))
            equal(values, before[name] if argument == "--check" else stored(number), f"values of {name} with {argument}")
        # Read, write, read back.
        equal(differences(lab, *((1, 2) if argument == "--diff" else (0, 1))), [], f"journals with {argument}")


def role(lab: Lab, hosts: Path) -> None:
    """Values from the inventory; the summary of each controller; what failed is rescued, so that the play goes on."""
    simulator(lab, "other_project").control("download_project", crc=99)
    bulk = {f"Bulk.V{number:05d}": number for number in range(30)}
    simulator(lab, NAMES[0]).control("generate", count=30, type="INT")
    variables = {
        "recipe": {"Filler.Recipe.FillVolume": "{{ fill_volume }}", "RecipeNumber": 8, "LevelMinimum": 1.1, "FillTime": "T#2s", "MachineEnabled": False},
        "plcnext_provision_variables": (
            "{{ recipe | combine({'SpeedLimit': 1} if inventory_hostname == 'unknown_variable' else {}, bulk if inventory_hostname == 'filler01' else {}) }}"
        ),
        "bulk": bulk,
        "plcnext_provision_verify": False,
    }
    applied = {"name": "Apply", "ansible.builtin.include_role": {"name": "tokenflow.services.plcnext_provision"}}
    rescue = {"name": "Afterwards", "ansible.builtin.debug": {"msg": "{{ plcnext_provision_result.error.kind }}"}}
    play = {
        "name": "Provision",
        "hosts": "plcnext",
        "gather_facts": False,
        "module_defaults": {"group/tokenflow.services.plcnext": {"base_url": "{{ controller_url }}", "retries": 0}},
        "tasks": [{"name": "Apply and go on", "block": [applied], "rescue": [rescue]}],
    }
    task = "tokenflow.services.plcnext_provision : Set the variables that differ"
    for mode, changes in (("check", 5), ("change", 5), ("again", 0)):
        run = lab.play([play], inventory=hosts, variables=variables, environment=MANY, arguments=["--check", "--diff"] if mode == "check" else ["--diff"])
        equal(done(run, task), dict.fromkeys(NAMES, bool(changes)), f"changed, {mode}")
        failed(lab, run, task)
        said = {line["host"]: line["result"]["msg"] for line in run.record if line["task"].endswith("Say what was done") and line["status"] == "ok"}
        verb, names = "Would change" if mode == "check" else "Changed", "Filler.Recipe.FillVolume, RecipeNumber, LevelMinimum, FillTime, MachineEnabled"
        for name in NAMES[1:]:
            equal(said[name], f"{verb} {changes} of 5 variables in project 1430805090" + (f": {names}" if changes else ""), f"summary of {name}, {mode}")
        if changes:
            # V00000 is 0 already; twenty are named.
            long = f"{verb} 34 of 35 variables in project 1430805090: {names}, {', '.join(list(bulk)[1:16])} and 14 more"
            equal(said[NAMES[0]], long, f"a long summary, {mode}")
        results = {line["host"]: line["result"] for line in run.record if line["task"] == task and line["status"] == "ok"}
        equal(results[NAMES[3]].get("diff"), DIFF if changes else {"before": {}, "after": {}}, f"diff, {mode}")
        kinds = {line["host"]: line["result"]["msg"] for line in run.record if line["task"] == "Afterwards"}
        equal(kinds, {"other_project": "project_changed", "unknown_variable": "invalid_input", "unreachable": "connection"}, "rescued")
        volumes = [simulator(lab, name).control("get_variables", paths=[PREFIX + "Filler.Recipe.FillVolume"]) for name in NAMES]
        expected = [0.502] * GOOD if mode == "check" else [0.3 + number / 100 for number in range(GOOD)]
        equal([round(next(iter(volume.values())), 3) for volume in volumes], [round(volume, 3) for volume in expected], f"volumes, {mode}")
        equal(differences(lab, int(mode == "change"), 1), [], f"journals, {mode}")


DIFF = {
    "before": {"Filler.Recipe.FillVolume": 0.502, "RecipeNumber": 7, "LevelMinimum": 15, "FillTime": 1500, "MachineEnabled": True},
    "after": {"Filler.Recipe.FillVolume": 0.33, "RecipeNumber": 8, "LevelMinimum": 1.1, "FillTime": 2000, "MachineEnabled": False},
}
