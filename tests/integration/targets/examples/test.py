# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of a module or lookup, and every playbook in the README, runs as it stands, twice."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.integration._lab import ROOT, SERVICES, Lab, Run, check, equal

PLAY = {"hosts": "localhost", "gather_facts": False}
# Examples that need more than one machine, with the condition that stands on them.
CONDITIONAL = {"appliance_system": "appliance_has_peer"}
# The appliance makes a signing request once and does not show it again.
ONCE = {"appliance_certificate"}
SETPOINTS = {"SpeedSetpoint": 44.5, "LevelMaximum": 80}
"""For ``src: setpoints.json``, which an example takes from beside the playbook."""
README_OTHERS = {"collections", "env"}
"""Keys of the README's snippets that are neither plays nor tasks: a requirements file, and the injector of a credential type."""


def examples() -> Iterator[tuple[str, str]]:
    """Name and text of each plugin's examples."""
    for file in sorted([*(ROOT / "plugins" / "modules").glob("*.py"), *(ROOT / "plugins" / "lookup").glob("*.py")]):
        if file.name.startswith("_"):
            continue
        texts = [
            ast.literal_eval(node.value)
            for node in ast.parse(file.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == "EXAMPLES" for target in node.targets)
        ]
        equal(len(texts), 1, f"blocks of examples in {file.name}")
        yield file.stem, texts[0]


def snippets() -> list[str]:
    """The YAML in README.md that is plays or tasks."""
    found = []
    for text in re.findall(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        data = yaml.safe_load(text)
        if isinstance(data, list) and all(isinstance(entry, dict) and "name" in entry for entry in data):
            found.append(text)
        else:
            check(isinstance(data, dict) and set(data) <= README_OTHERS, f"a snippet in README.md that this test does not know:\n{text}")
    return found


def tasks_in(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        inner = [part for section in ("block", "rescue", "always") for part in task.get(section, [])]
        yield from tasks_in(inner) if inner else [task]


def variables(lab: Lab) -> dict[str, Any]:
    """What the examples take from variables, beside the simulators' own: names as in the documentation."""
    return {"report_folder": str(lab.folder), **{f"{service}_ca_path": lab.variables["simulators_ca_path"] for service in SERVICES}}


def test(lab: Lab) -> None:
    (lab.folder / "setpoints.json").write_text(json.dumps(SETPOINTS), encoding="utf-8")
    lab.simulators["appliance"].control("switch", job_seconds=0.2)
    every_plugin(lab)
    if (ROOT / "README.md").exists():
        lab.reset()
        readme(lab)


def written(lab: Lab, name: str, text: str) -> Path:
    path = lab.folder / f"example-{name}.yml"
    path.write_text(text, encoding="utf-8")
    return path


def every_plugin(lab: Lab) -> None:
    found = dict(examples())
    files = {name: written(lab, name, text) for name, text in found.items()}
    for number, names in (("first", set(found)), ("second", set(found) - ONCE)):
        tasks = {name: [{"name": f"Examples of {name}", "ansible.builtin.include_tasks": str(files[name])}] for name in sorted(names)}
        run = lab.play([{**PLAY, "name": name, "tasks": tasks[name]} for name in tasks], variables=variables(lab))
        for name in tasks:
            done = outcomes(run, name, yaml.safe_load(found[name]))
            check(name in CONDITIONAL or "ok" in done, f"the {number} run did none of the examples of {name}: {done}")


def outcomes(run: Run, name: str, tasks: list[dict[str, Any]]) -> list[str]:
    """How the tasks ended; none may be left out without a condition of its own."""
    found: list[str] = []
    for task in tasks_in(tasks):
        statuses = {result["_status"] for result in run.results(task["name"])}
        check(statuses <= {"ok", "skipped"} and statuses, f"{name}: {task['name']}: {statuses or 'not run'}")
        check("skipped" not in statuses or "when" in task, f"{name}: {task['name']} was skipped")
        found += statuses
    return found


def readme(lab: Lab) -> None:
    texts = snippets()
    check(texts, "README.md shows no playbook")
    plays: list[dict[str, Any]] = []
    for number, text in enumerate(texts):
        file = written(lab, f"readme-{number}", text)
        data = yaml.safe_load(text)
        if "hosts" in data[0]:
            plays.append({"name": f"Snippet {number}", "ansible.builtin.import_playbook": str(file)})
        else:
            plays.append({**PLAY, "name": f"Snippet {number}", "tasks": [{"name": f"Snippet {number}", "ansible.builtin.include_tasks": str(file)}]})
    for _number in ("first", "second"):
        run = lab.play(plays, variables=variables(lab))
        for text in texts:
            data = yaml.safe_load(text)
            tasks = [task for play in data for task in play.get("tasks", [])] if "hosts" in data[0] else data
            check("ok" in outcomes(run, "README.md", tasks), f"nothing was done by:\n{text}")
