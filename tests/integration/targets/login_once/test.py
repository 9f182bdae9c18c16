# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two logins never happen where one would do: across tasks, loops, plays, retries, failures, delegation and hosts."""

from __future__ import annotations

from pathlib import Path

from tests.integration._lab import Lab, equal

HOSTS = 10
SIMULATORS = ("--count", f"plcnext={HOSTS}")
SHARED = ("pxplus", "phoenix", "magento", "appliance")


def controllers(lab: Lab) -> Path:
    """An inventory of ten controllers."""
    entries = [entry for entry in lab.variables["simulators"].values() if entry["service"] == "plcnext"]
    return lab.hosts({"plcs": {f"plc{number}": {"controller_url": entry["base_url"]} for number, entry in enumerate(entries, 1)}})


def test(lab: Lab) -> None:
    hosts = controllers(lab)
    # Each construct is the first to use its controller; the connection comes from module_defaults.
    lab.play("constructs.yml", inventory=hosts, credentials=False)
    lab.reset()
    lab.play("constructs.yml", inventory=hosts, credentials=False, environment={"ANSIBLE_INJECT_FACT_VARS": "false"})
    # Ten hosts at once; the connection comes from the environment.
    many_hosts(lab, hosts, {"ANSIBLE_FORKS": "5"})
    many_hosts(lab, hosts, {"ANSIBLE_FORKS": "10", "ANSIBLE_STRATEGY": "free", "ANSIBLE_INJECT_FACT_VARS": "false"})


def many_hosts(lab: Lab, hosts: Path, environment: dict[str, str]) -> None:
    lab.reset()
    run = lab.play("hosts.yml", inventory=hosts, environment=environment)
    for name, simulator in lab.simulators.items():
        # Three reads by each host, on a service of its own or on the one that all share, and three by run_once.
        calls = 3 if simulator.service == "plcnext" else 3 * HOSTS + 1
        equal(simulator.journal().differences(logins=1, calls=calls), [], f"{name} with {environment}")
    roles = [result["roles"] for result in run.results("Know the roles")]
    equal(roles, [["EHmiLevel1", "EHmiLevel3"]] * HOSTS, "roles from the kept tokens")
