# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Magento guide shows runs as it stands, changes nothing the second time, and writes nothing in check mode."""

from __future__ import annotations

import re
import textwrap
from typing import Any

import yaml

from tests.integration._lab import ROOT, Lab, check, equal

SIMULATORS = ("--only", "magento")
GUIDE = ROOT / "docs" / "docsite" / "rst" / "magento_guide.rst"
_BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1  .*\n|\n)+)", re.MULTILINE)
EXTENSION = "store-locator/branches"
"""The endpoint of an extension, which a plain shop does not have."""


def blocks(language: str) -> list[str]:
    return [textwrap.dedent(match[3]).strip() for match in _BLOCK.finditer(GUIDE.read_text(encoding="utf-8")) if match[2] == language]


def test(lab: Lab) -> None:
    simulator = lab.simulators["magento"]
    simulator.control("switch", consumer_seconds=0.2)
    texts = blocks("yaml")
    files = [text for text in texts if text.startswith("# shop/")]
    tasks = [task for text in texts if text not in files and EXTENSION not in text for task in yaml.safe_load(text)]
    equal((len(files), len(tasks)), (1, 4), "files and tasks in the guide")
    folder = lab.folder / "shop"
    folder.mkdir()
    (folder / "catalogue.yml").write_text(files[0], encoding="utf-8")
    commands = [line for text in blocks("shell") for line in text.splitlines() if line.startswith("ansible-playbook")]
    equal(
        [line.split()[1:4] for line in commands], [["tokenflow.services.magento_catalogue", "-e", "magento_catalogue_folder=shop"]] * 2, "commands in the guide"
    )
    shop: dict[str, Any] = {"import_playbook": "tokenflow.services.magento_catalogue", "vars": {"magento_catalogue_folder": str(folder)}}
    plays = [{"name": "Tasks", "hosts": "localhost", "gather_facts": False, "tasks": tasks}, shop]
    lab.play(plays, arguments=["--check", "--diff"])
    equal(simulator.journal().writes(), [], "writes in check mode")
    run = lab.play([*plays, *plays])
    outcomes: dict[str, list[bool]] = {}
    for line in run.record:
        if line["status"] == "ok":
            outcomes.setdefault(line["task"], []).append(bool(line["result"].get("changed")))
    again = [task for task, changed in outcomes.items() if any(changed[len(changed) // 2 :])]
    equal(again, [], "changed by a second run")
    check(all(outcomes[task["name"]][0] for task in tasks if "magento_info" not in str(task)), f"nothing was changed: {outcomes}")
    equal(run.results("Find what is dear or German")[0]["result"], ["tent-fjell-4", "bag-natt-10", "tent-fjell-2"], "found")
