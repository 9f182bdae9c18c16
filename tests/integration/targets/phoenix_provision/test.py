# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook: 50 applications with 400 components converge with one list of each kind and one call for each difference, and then stay."""

from __future__ import annotations

import json
from typing import Any

from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "phoenix")
ROLE = "tokenflow.services.phoenix_provision : "
ADA, LENA = (f"{name}@northwind-bikes.example" for name in ("ada.lindqvist", "lena.fischer"))
NUMBERS = range(50)
CMDB: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"email": "noor.haddad@northwind-bikes.example", "first_name": "Noor", "last_name": "Haddad", "role": "ORG_SEC_DEV"},
        {"email": "jonas.berg@northwind-bikes.example", "state": "active"},
    ],
    "teams": [
        {
            "name": "Fleet Crew",
            "type": "GENERAL",
            "members": ["noor.haddad@northwind-bikes.example", LENA],
            "application_links": {"tags": [{"key": "bu", "value": "fleet"}]},
        },
        {"name": "Workshop IT", "members": [LENA]},
    ],
    "applications": [{"name": f"Fleet {n:02}", "criticality": 1 + n % 10, "owner": ADA, "tags": [{"key": "bu", "value": "fleet"}]} for n in NUMBERS],
    "environments": [{"name": "Fleet Cloud", "sub_type": "CLOUD", "criticality": 8, "owner": ADA}],
    "components": [
        {"application": f"Fleet {n:02}", "name": f"part-{part}", "criticality": 1 + part, "tags": [{"value": f"p{part}"}]} for n in NUMBERS for part in range(8)
    ],
    "services": [{"environment": "Fleet Cloud", "name": "fleet-cluster"}],
    "rules": [{"application": f"Fleet {n:02}", "component": "part-0", "rules": [{"name": "code", "filter": {"repository": [f"fleet/{n}"]}}]} for n in range(5)],
    "deployments": [{"application": f"Fleet {n:02}", "services": [{"environment": "Fleet Cloud", "name": "fleet-cluster"}]} for n in range(3)],
}  # fmt: skip
LISTS = 4
"""Of users, teams, applications and components."""
UNREADABLE = 1 + len(CMDB["rules"]) + len(CMDB["deployments"])
"""Links, rules and deployments, which are sent in each run."""
FIRST = LISTS + 1 + 2 + 3 + 51 + 401 + UNREADABLE - 1
"""The lists, the members of one team, two calls for users, three for the new team, and one for each object."""
SECOND = LISTS + 2 + UNREADABLE


PLAYBOOK = {"import_playbook": "tokenflow.services.phoenix_cmdb"}


def given(**changes: Any) -> dict[str, Any]:
    """The variables of the role: the inventory with changes."""
    return {f"phoenix_provision_{name}": value for name, value in {**CMDB, **changes}.items()}


def journal(name: str, **expected: Any) -> dict[str, Any]:
    return {"hosts": "localhost", "gather_facts": False, "tasks": [{"name": name, "simulator_journal": {"simulator": "phoenix", **expected}}]}


def said(run: Run) -> list[str]:
    return [str(result["msg"]) for result in run.results(f"{ROLE}Say what was done")]


def test(lab: Lab) -> None:
    simulator = lab.simulators["phoenix"]
    checked = lab.play([PLAYBOOK], variables=given(), arguments=["--check"])
    # Of new applications there are no components to read, but of one team the members.
    equal(simulator.journal().differences(logins=1, calls=LISTS), [], "check mode of a new inventory")
    everything = (
        "users: 1 created, 1 updated; teams: 1 created, 1 unchanged; applications: 51 created; components: 401 created; rules: 5 added; deployments: 3 added"
    )
    equal(said(checked), [f"Check mode, this would come of it: {everything}"], "what check mode tells")
    run = lab.play(
        [PLAYBOOK, journal("First", logins=1, calls=FIRST, writes=FIRST - LISTS - 1), PLAYBOOK, journal("Second", calls=SECOND, writes=UNREADABLE)],
        variables=given(),
        arguments=["--diff"],
    )
    nothing = "users: 2 unchanged; teams: 2 unchanged; applications: 51 unchanged; components: 401 unchanged; rules: 5 unchanged; deployments: 3 unchanged"
    equal(said(run), [everything, nothing], "what the two runs say")
    changed = [result for task in ("users", "teams", "applications and environments", "components and services", "rules", "deployments")
               for result in run.results(f"{ROLE}See to the {task}")[1:]]  # fmt: skip
    equal([result["changed"] for result in changed], [False] * 6, "tasks of the second run")
    # With hundreds of objects a result without changes stays a few lines.
    sizes = [len(json.dumps({name: value for name, value in result.items() if name != "ids"})) for result in changed]
    check(max(sizes) < 600, f"sizes of results: {sizes}")
    equal({item["team"]: item["applications"] for item in simulator.control("get_state", kind="auto_links")}["Fleet Crew"],
          {"match": "ANY", "tags": [{"key": "bu", "value": "fleet"}]}, "links of the team")  # fmt: skip
    differences(lab)


def differences(lab: Lab) -> None:
    """Only what differs is written; an empty inventory asks nothing; a wrong name is told before anything of its kind is written."""
    other = [{**entry, "criticality": 9} if entry["name"] == "Fleet 07" else entry for entry in CMDB["applications"]]
    lab.play([PLAYBOOK, journal("One", logins=1, calls=SECOND + 1, writes=UNREADABLE + 1)], variables=given(applications=other))
    nothing: dict[str, Any] = {kind: [] for kind in CMDB}
    lab.play([PLAYBOOK, journal("None", logins=0, calls=0)], variables=given(**nothing, summary=False))
    wrong = {**CMDB["components"][0], "application": "Fleet 99"}
    failed = lab.play([PLAYBOOK], variables=given(components=[*CMDB["components"], wrong]), status=2)
    message = failed.result(f"{ROLE}See to the components and services")["msg"]
    check("there is no application 'Fleet 99' (but 'Fleet" in message, message)
    # The links of the team and the application that differed.
    equal(len(lab.simulators["phoenix"].journal().writes()), 2, "writes before the wrong name was found")
