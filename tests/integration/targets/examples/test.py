# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every EXAMPLES block, and every play or list of tasks in the README, runs as it stands, and again where that makes sense."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import yaml

from tests.integration._lab import ROOT, Lab, Run, check, equal


def examples(path: Path) -> str:
    """The text of ``EXAMPLES`` in a module or plugin."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "EXAMPLES":
            return str(ast.literal_eval(statement.value))
    raise AssertionError(f"{path} has no EXAMPLES")


def readme_blocks() -> list[str]:
    """The YAML blocks of the README that are lists: plays, or tasks."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [block for block in blocks if isinstance(yaml.safe_load(block), list)]


def as_plays(name: str, text: str) -> list[dict[str, Any]]:
    """Plays as they are; a list of tasks as a play for this machine."""
    entries = yaml.safe_load(text)
    check(isinstance(entries, list) and entries, f"{name} is no list of plays or tasks")
    if all("hosts" in entry for entry in entries):
        return entries
    return [{"name": name, "hosts": "localhost", "gather_facts": False, "tasks": entries}]


def tasks_of(plays: list[dict[str, Any]]) -> set[str]:
    """The names of all tasks, those in blocks included."""
    found: set[str] = set()
    waiting = [task for play in plays for task in play["tasks"]]
    while waiting:
        task = waiting.pop()
        inner = [each for part in ("block", "rescue", "always") for each in task.get(part, [])]
        waiting.extend(inner)
        if not inner:
            found.add(task["name"])
    return found


def test(lab: Lab) -> None:
    (lab.folder / "setpoints.json").write_text(json.dumps({"SpeedSetpoint": 44.4, "LevelMinimum": 12.5}), encoding="utf-8")
    sources = sorted([*(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "lookup").glob("*.py")])
    plays = [play for path in sources for play in as_plays(path.stem, examples(path))]
    check(len(plays) >= len(sources) > 10, "there are fewer examples than modules")
    readme = [play for number, block in enumerate(readme_blocks(), 1) for play in as_plays(f"README, block {number}", block)]
    check(len(readme) > 3, "the README shows fewer plays and tasks than it did")
    ran(lab, [*plays, *readme])
    # The appliance refuses a second signing request for the same record.
    ran(lab, [play for play in [*plays, *readme] if play["name"] != "appliance_certificate"])


def ran(lab: Lab, plays: list[dict[str, Any]]) -> Run:
    """Runs the plays and sees that no task was left out."""
    run = lab.play(plays, variables={"report_folder": str(lab.folder), "phoenix_ca_path": lab.variables["simulators_ca_path"]})
    done = {line["task"] for line in run.record if line["status"] in ("ok", "skipped")}
    equal(sorted(tasks_of(plays) - done), [], "tasks that did not run")
    return run
