# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide to the appliance shows runs as it stands: its plays, the commands of its checklist, and the message that it quotes."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import yaml

from tests.integration._lab import ROOT, Lab, check, equal

SIMULATORS = ("--only", "appliance", "--count", "appliance=2")
GUIDE = ROOT / "docs" / "docsite" / "rst" / "appliance_guide.rst"
_BLOCK = re.compile(r"^( *)\.\. code-block:: (\w+)\n\n((?:\1  .*\n|\n)+)", re.MULTILINE)
EACH_TIME = {"Take the lock", "Take the lock, and wait up to five minutes for somebody else", "Begin another ten minutes", "Release the lock"}
"""Tasks that are a change in each run."""
NOT_RUN = ("openssl ", "export ")
"""Commands that need a real appliance or a terminal."""
DANGLING = {"element_type": "sip-interface", "attributes": {"realm-id": "lab"}, "sub_elements": {"sip-port": [{"address": "192.0.2.9"}]}}


def blocks(language: str) -> list[str]:
    return [textwrap.dedent(match[3]).strip() for match in _BLOCK.finditer(GUIDE.read_text(encoding="utf-8")) if match[2] == language]


def test(lab: Lab) -> None:
    shown = [yaml.safe_load(block) for block in blocks("yaml")]
    equal([sorted(block) for block in shown if isinstance(block, dict)], [["appliance"], ["env"]], "what is neither play nor task in the guide")
    hosts = inventory(lab, shown[0]["appliance"])
    plays(lab, hosts, [play for block in shown if isinstance(block, list) for play in block])
    checklist(lab)
    message(lab)


def settle(lab: Lab) -> None:
    """Appliances as at the start, and quick."""
    lab.reset()
    for simulator in lab.simulators.values():
        simulator.control("switch", job_seconds=0)


def inventory(lab: Lab, group: dict[str, Any]) -> Path:
    """The inventory of the guide, with the simulators' addresses and certificate."""
    equal(sorted(group["hosts"]), ["sbc1", "sbc2"], "hosts in the guide")
    for entry, simulator in zip(group["hosts"].values(), lab.simulators.values()):
        entry["sbc_url"] = simulator.settings["base_url"]
        entry["appliance_certificate_fingerprint"] = lab.variables["simulators_certificate_fingerprint"]
    group["vars"] = {"appliance_base_url": "{{ sbc_url }}"}
    path = lab.folder / "sites.yml"
    path.write_text(yaml.safe_dump({"appliance": group}), encoding="utf-8")
    return path


def plays(lab: Lab, hosts: Path, shown: list[dict[str, Any]]) -> None:
    """Each play twice: the second time it changes nothing but the lock. No lock stays."""
    settle(lab)
    group = "group/tokenflow.services.appliance"
    # In place of ansible_host, which has no port.
    given = [{**play, "module_defaults": {group: {**play["module_defaults"][group], "base_url": "{{ sbc_url }}"}}} for play in shown]
    variables = {"pause_seconds": 0}
    lab.play(given, inventory=hosts, variables=variables, arguments=["--check", "--diff"])
    for simulator in lab.simulators.values():
        equal(simulator.journal().writes(), [], "writes in check mode")
    run = lab.play([play for each in given for play in (each, each)], inventory=hosts, variables=variables)
    outcomes: dict[tuple[str, str, str], list[bool]] = {}
    for line in run.record:
        if line["status"] == "ok":
            outcomes.setdefault((line["host"], line["task"].rpartition(" : ")[2], str(line["result"].get("item"))), []).append(
                line["result"].get("changed", False)
            )
    again = {task for (_host, task, _item), changed in outcomes.items() if len(changed) > 1 and any(changed[len(changed) // 2 :])}
    equal(again - EACH_TIME, set(), "changed by a second run")
    for host in ("sbc1", "sbc2"):
        check(outcomes[host, "Let it run", "None"] == [True], f"the change of {host} was not activated once: {outcomes}")
    for simulator in lab.simulators.values():
        equal(simulator.control("lock_state")["holder"], None, "holder of the lock")
        agents = [agent["attributes"]["hostname"] for agent in simulator.control("get_store", store="running")["session-agent"]]
        check("trunk2.carrier.example" in agents, f"the trunk does not run: {agents}")


def checklist(lab: Lab) -> None:
    """The commands, one after the other; at the end everything is as it was before."""
    settle(lab)
    simulator = next(iter(lab.simulators.values()))
    change = next(block for block in blocks("yaml") if block.startswith("# change.yml"))
    (lab.folder / "change.yml").write_text(change, encoding="utf-8")
    commands = [block for block in blocks("shell") if not block.startswith(NOT_RUN)]
    # The first is no part of the checklist; it makes a route on all appliances.
    lab.shell(commands[0])
    made = [[route["attributes"]["dest-network"] for route in one.control("get_store", store="running")["host-route"]] for one in lab.simulators.values()]
    equal(["198.51.100.0" in routes for routes in made], [True, True], "whether the route runs")
    before = simulator.control("get_store", store="running")
    pin, *steps = commands[1:]
    check(pin.startswith("pin="), "the checklist does not begin with the pin")
    said = [lab.shell(f"{pin}\n{step}") for step in steps]
    expected = (
        (r'"systemState": "online"',),
        (r"CHANGED", r"released the configuration lock"),
        (r'SUCCESS.*"changed": false.*"status": "skipped"',),
        (r"CHANGED.*elements\s+would change, to be verified",),
        (r"3 of 4 elements\s+changed, everything runs",),
        (r'("status": "success".*){4}',),
        (r"CHANGED", r"released the configuration lock"),
    )
    equal(len(said), len(expected), "commands of the checklist")
    for step, output, patterns in zip(steps, said, expected):
        for pattern in patterns:
            check(re.search(pattern, output, re.DOTALL), f"{pattern} is not in what this says:\n{step}\n{output}")
    equal(simulator.control("lock_state")["holder"], None, "holder of the lock")
    equal(simulator.control("get_store", store="running"), before, "what runs after all was taken back")


def message(lab: Lab) -> None:
    """The message that the guide quotes is what the role says."""
    settle(lab)
    role = {"name": "Change", "ansible.builtin.include_role": {"name": "tokenflow.services.appliance_change"}}
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"appliance_change_elements": [DANGLING]}, "tasks": [role]}
    run = lab.play([play], status=2)
    quoted = next(block for block in blocks("text") if block.startswith("Verify the edited configuration failed"))
    equal(" ".join(run.result("tokenflow.services.appliance_change : Say what failed and how things stand")["msg"].split()), quoted, "the message")
