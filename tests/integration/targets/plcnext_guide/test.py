# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the PLCnext guide shows runs as it stands, and changes nothing the second time."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

import yaml

from tests.integration._lab import ROOT, Lab, check, equal

SIMULATORS = ("--only", "plcnext", "--count", "plcnext=2")
GUIDE = ROOT / "docs" / "docsite" / "rst" / "plcnext_guide.rst"
_BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1  .*\n|\n)+)", re.MULTILINE)


def blocks(language: str) -> list[str]:
    text = GUIDE.read_text(encoding="utf-8")
    return [textwrap.dedent(match[3]) for match in _BLOCK.finditer(text) if match[2] == language]


def test(lab: Lab) -> None:
    shown = [yaml.safe_load(block) for block in blocks("yaml")]
    hosts = inventory(lab, [block for block in shown if "plcnext" in block])
    (lab.folder / "setpoints").mkdir()
    for host in ("filler1", "filler2"):
        (lab.folder / "setpoints" / f"{host}.json").write_text(blocks("json")[0], encoding="utf-8")
    plays = [play for block in shown if isinstance(block, list) for play in as_plays(block)]
    equal(len(plays), 8, "plays in the guide")
    given = {"plcnext_base_url": "{{ controller_url }}"}
    lab.play(plays, inventory=hosts, variables=given, arguments=["--check", "--diff"])
    run = lab.play([play for each in plays for play in (each, each)], inventory=hosts, variables=given)
    outcomes: dict[tuple[str, str], list[bool]] = {}
    for line in run.record:
        if line["status"] == "ok":
            outcomes.setdefault((line["host"], line["task"]), []).append(bool(line["result"].get("changed")))
    check(any(changed[0] for changed in outcomes.values()), "nothing was changed")
    # Each play comes twice.
    equal([task for task, changed in outcomes.items() if any(changed[1::2])], [], "changed by a second run")


def inventory(lab: Lab, shown: list[dict[str, Any]]) -> Path:
    """The last inventory of the guide, with the simulators' addresses and certificate."""
    group = shown[-1]["plcnext"]
    equal(sorted(group["hosts"]), ["filler1", "filler2"], "hosts in the guide")
    for entry, simulator in zip(group["hosts"].values(), lab.simulators.values()):
        entry["controller_url"] = simulator.settings["base_url"]
    group["vars"]["plcnext_certificate_fingerprint"] = lab.variables["simulators_certificate_fingerprint"]
    path = lab.folder / "inventory.json"
    path.write_text(json.dumps({"plcnext": group}), encoding="utf-8")
    return path


def as_plays(block: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A block of plays as it is, one of tasks in a play."""
    if "import_playbook" in block[0]:
        return block
    if "hosts" in block[0]:
        # In place of ansible_host, which has no port.
        return [
            {**play, "module_defaults": {name: {**options, "base_url": "{{ plcnext_base_url }}"} for name, options in play["module_defaults"].items()}}
            for play in block
        ]
    defaults = {"group/tokenflow.services.plcnext": {"certificate_fingerprint": "{{ plcnext_certificate_fingerprint }}", "base_url": "{{ plcnext_base_url }}"}}
    return [{"name": "Tasks", "hosts": "plcnext", "gather_facts": False, "module_defaults": defaults, "tasks": block}]
