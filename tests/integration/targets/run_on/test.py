# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module also runs on another host, with the token that is kept here, and gives a new one back.

The other host is this machine behind a connection plugin of its own, which goes the way of SSH: files are put there and commands are run.
"""

from __future__ import annotations

import json
import venv
from pathlib import Path
from typing import Any

from tests.integration._cases import CASES, PREPARATION, SETPOINTS, Case
from tests.integration._lab import SERVICES, Lab, check, equal

PLAY = {"hosts": "far", "gather_facts": False}
PATHS = {
    "plcnext": "/_pxc_api/v1.2/variables?paths=Arp.Plc.Eclr/RecipeNumber",
    "pxplus": "/stock.pxp?sku=1001",
    "phoenix": "/v1/teams",
    "magento": "/rest/V1/store/storeViews",
    "appliance": "/rest/v1.2/system/status",
}
THERE = {"run_on": "target"}


def inventory(lab: Lab) -> Path:
    bare = lab.folder / "bare"
    venv.create(bare, symlinks=True)
    far = {"ansible_connection": "elsewhere", "ansible_host": "far.example.com"}
    hosts = dict.fromkeys(("far", "far2", "far3", "far4"), far)
    return lab.hosts({"everywhere": {**hosts, "bare": {**far, "ansible_python_interpreter": str(bare / "bin" / "python")}, "near": {}}})


def commands(lab: Lab) -> list[str]:
    """What was run on the other hosts since the last time."""
    file = Path(lab.folder / "elsewhere.jsonl")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [json.loads(line)["command"] for line in lines]


def read(service: str, name: str, **options: Any) -> dict[str, Any]:
    return {"name": f"{name}, {service}", "tokenflow.services.request": {"service": service, "path": PATHS[service], **options}}


def there(case: Case, **more: Any) -> dict[str, Any]:
    return {**case.task(**more), f"tokenflow.services.{case.module}": {**case.arguments, **THERE}}


def test(lab: Lab) -> None:
    hosts = inventory(lab)
    every_module(lab, hosts)
    one_token(lab, hosts)
    refusals(lab, hosts)
    many_hosts(lab, hosts)


def every_module(lab: Lab, hosts: Path) -> None:
    """The same results as here; in check mode nothing is written from there either."""
    (lab.folder / "setpoints.json").write_text(json.dumps(SETPOINTS), encoding="utf-8")
    lab.play([{**PLAY, "hosts": "localhost", "tasks": PREPARATION}], inventory=hosts)
    # One case of every module, one that changes something if there is one: a run of a module elsewhere takes its time.
    possible = [case for case in CASES if not case.name.startswith(("Write by request", "Lock", "Unlock", "New token", "No token"))]
    cases = list({case.module: case for case in sorted(possible, key=lambda case: case.changed)}.values())
    writers = [case for case in cases if case.changed]
    for simulator in lab.simulators.values():
        simulator.journal()
    checked = lab.play(
        [{**PLAY, "tasks": [there(case) for case in writers]}], inventory=hosts, arguments=["--check"], environment={"ANSIBLE_PIPELINING": "true"}
    )
    for case in writers:
        equal(checked.result(case.name)["changed"], True, f"check mode there: {case.name}")
    equal([simulator.journal().writes() for simulator in lab.simulators.values()], [[]] * 5, "writes in check mode from there")
    commands(lab)
    run = lab.play([{**PLAY, "tasks": [there(case) for case in cases]}], inventory=hosts, environment={"ANSIBLE_PIPELINING": "true"})
    equal(sum("python" in command and "/bin/sh -c" in command for command in commands(lab)) >= len(cases), True, "commands on the other host")
    for case in cases:
        result = run.result(case.name)
        equal((result["_status"], result["changed"]), ("ok", case.changed), f"there: {case.name}")
        equal([name for name in result if name.startswith(("tokenflow_", "invocation"))], [], f"internal values in the result: {case.name}")


def one_token(lab: Lab, hosts: Path) -> None:
    """A token from here is used there; one from there is used here. Only a PLCnext controller binds it to the caller."""
    lab.reset()
    away = {"name": "Away", "simulator_control": {}, "delegate_to": "localhost"}
    tasks = []
    for service in SERVICES:
        tasks += [
            read(service, "Here"),
            read(service, "There", **THERE),
            {**read(service, "Delegated"), "delegate_to": "far2"},
            {**read(service, "Delegated, but here", run_on="controller"), "delegate_to": "far2"},
            {**read(service, "Delegated to a local one", **THERE), "delegate_to": "near"},
            {**away, "simulator_control": {"simulator": service, "expire_tokens": {}}},
            read(service, "There with a dead token", **THERE),
            read(service, "Here with the new one"),
            {"name": f"Absent there, {service}", f"tokenflow.services.{service}_token": {"state": "absent", **THERE}},
            read(service, "Here without a token"),
        ]
    lab.play([{**PLAY, "hosts": "far", "tasks": tasks}], inventory=hosts, environment={"ANSIBLE_PIPELINING": "true"})
    for service in SERVICES:
        journal = lab.simulators[service].journal()
        if service == "plcnext":
            # Here, far and far2 are callers of their own; the token of far is replaced, and so is that of here, because all had ended.
            equal(journal.differences(logins=5, calls=10), [], service)
        else:
            # The first, one for the dead token, and one after it was forgotten.
            equal(journal.differences(logins=3, calls=9), [], service)


def refusals(lab: Lab, hosts: Path) -> None:
    """A refused login is remembered wherever it was tried; what the other host lacks is said."""
    lab.reset()
    wrong = {"client_secret": "pat1-wrong-secret-5512"}
    ignoring = {"ignore_errors": True}
    tasks = [
        {**read("phoenix", "Wrong there", **THERE, **wrong), **ignoring},
        {**read("phoenix", "Wrong here", **wrong), **ignoring},
        {**read("phoenix", "Wrong there again", **THERE, **wrong), **ignoring},
        {**read("magento", "Wrong here", password="mag-Wrong-1"), **ignoring},
        {**read("magento", "Wrong there", password="mag-Wrong-1", **THERE), **ignoring},
        {**read("appliance", "Without packages", **THERE), "delegate_to": "bare", **ignoring},
    ]
    commands(lab)
    run = lab.play([{**PLAY, "tasks": tasks}], inventory=hosts)
    check(any("AnsiballZ" in command for command in commands(lab)), "no module was put on the other host")
    first, *rest = (run.result(name) for name in ("Wrong there, phoenix", "Wrong here, phoenix", "Wrong there again, phoenix", "Wrong there, magento"))
    equal(first["error"]["kind"], "credentials_rejected", "the first refusal")
    check(all("earlier in this run" in result["msg"] for result in rest), f"refusals: {[result['msg'] for result in rest]}")
    equal([lab.simulators[name].journal().differences(logins=1, calls=0) for name in ("phoenix", "magento")], [[], []], "refused logins")
    bare = run.result("Without packages, appliance")
    check("requests" in bare["msg"] and "Traceback" not in bare["msg"], f"a host without the packages: {bare}")


def many_hosts(lab: Lab, hosts: Path) -> None:
    """Hosts that need a token at once: one of them logs in, the others wait for it."""
    lab.reset()
    tasks = [read("phoenix", "All at once", **THERE), read("plcnext", "All at once", **THERE)]
    lab.play([{**PLAY, "hosts": "far,far2,far3,far4", "tasks": tasks}], inventory=hosts, environment={"ANSIBLE_PIPELINING": "true", "ANSIBLE_FORKS": "4"})
    equal(lab.simulators["phoenix"].journal().differences(logins=1, calls=4), [], "four hosts, one service")
    equal(lab.simulators["plcnext"].journal().differences(logins=4, calls=4), [], "four callers of a controller")
