# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode sends no write, predicts what the real run says, and leaves files alone: every module, every service."""

from __future__ import annotations

import json
from typing import Any

from tests.integration._cases import CASES, PREPARATION, SETPOINTS, forgotten
from tests.integration._lab import Lab, Run, check, equal

OLD_FILE = b"what was there before"
PLAY = {"hosts": "localhost", "gather_facts": False}
PATHS = ("SpeedSetpoint", "FillTime", "RecipeNumber", "LevelMinimum", "LevelMaximum", "Filler.Recipe", "SpeedCurve")


def state(lab: Lab) -> dict[str, Any]:
    """What the services hold, without asking them."""
    return {
        "plcnext": lab.simulators["plcnext"].control("get_variables", paths=["Arp.Plc.Eclr/" + name for name in PATHS]),
        "pxplus": lab.simulators["pxplus"].control("get_table", table="products"),
        "phoenix": lab.simulators["phoenix"].control("get_state", kind="teams"),
        "appliance": lab.simulators["appliance"].control("get_store"),
        "files": sorted(path.name for path in lab.folder.iterdir() if path.suffix in (".csv", ".pdf") or path.name == "applications.json"),
    }


def play(lab: Lab, *arguments: str) -> Run:
    run = lab.play([{**PLAY, "tasks": [case.task() for case in CASES]}], arguments=["--diff", *arguments])
    for case in CASES:
        equal(run.result(case.name)["_status"], "ok", case.name)
    return run


def test(lab: Lab) -> None:
    (lab.folder / "setpoints.json").write_text(json.dumps(SETPOINTS), encoding="utf-8")
    (lab.folder / "old.pdf").write_bytes(OLD_FILE)
    lab.play([{**PLAY, "tasks": PREPARATION}])
    lab.simulators["plcnext"].journal()
    before = state(lab)
    predicted = checked(lab)
    equal(state(lab), before, "the services' data after check mode")
    equal((lab.folder / "old.pdf").read_bytes(), OLD_FILE, "the old file after check mode")

    real = play(lab)
    for case in CASES:
        result = real.result(case.name)
        equal(result["changed"], case.changed, f"changed in reality: {case.name}")
        shown, expected = result.get("diff", {}), predicted.result(case.name).get("diff", {})
        # No two reports are equal byte by byte.
        sides = ("before",) if case.name == "Old file" else ("before", "after")
        equal([shown.get(side) for side in sides], [expected.get(side) for side in sides], f"diff in reality and in check mode: {case.name}")
    after = state(lab)
    check(after != before and all(after[part] != before[part] for part in before), "the real run changed too little to prove anything")
    for name, simulator in lab.simulators.items():
        check(simulator.journal().writes(), f"the real run wrote nothing to {name}")

    again = checked(lab, again=True)
    equal(again.result("Variables that differ").get("diff"), {"before": {}, "after": {}}, "diff of variables that are right")
    equal(state(lab), after, "the services' data after check mode of a second run")
    diffs(predicted)
    equal(list(forgotten()), [], "modules without a case in tests/integration/_cases.py")


def checked(lab: Lab, again: bool = False) -> Run:
    run = play(lab, "--check")
    for case in CASES:
        equal(run.result(case.name)["changed"], case.again if again else case.changed, f"changed in check mode{', again' if again else ''}: {case.name}")
    for name, simulator in lab.simulators.items():
        journal = simulator.journal()
        # One login for all tasks: in check mode tokens are neither renewed nor forgotten.
        equal(journal.differences(logins=1), [], f"{name} in check mode")
        check(journal.calls(), f"{name} was not asked at all")
    return run


def diffs(run: Run) -> None:
    """What --diff shows."""
    equal(
        run.result("Variables that differ")["diff"],
        {"before": {"SpeedSetpoint": 42.5, "FillTime": 1500}, "after": {"SpeedSetpoint": 48.1, "FillTime": 2000}},
        "diff of variables",
    )
    recipe = run.result("Variables from a file")["diff"]
    equal({name: (recipe["before"]["Filler.Recipe"][name], recipe["after"]["Filler.Recipe"][name]) for name in ("Number", "Name")},
          {"Number": (7, 8), "Name": ("Spring water 0.5 l", "Spring water 0.5 l")}, "diff of a structure")  # fmt: skip
    equal(run.result("New file")["diff"]["before"], {}, "diff of a new file")
    check(run.result("Old file")["diff"]["before"]["checksum"] != run.result("Old file")["diff"]["after"]["checksum"], "diff of a file")
