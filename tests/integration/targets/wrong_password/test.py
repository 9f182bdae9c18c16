# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A refused login is sent once in a run, however many tasks and hosts need it; another password is another login."""

from __future__ import annotations

from typing import Any

from tests.integration._lab import Lab, check, equal

REQUEST = "tokenflow.services.request"
PATHS = {
    "plcnext": "/_pxc_api/v1.2/variables?paths=Arp.Plc.Eclr/RecipeNumber",
    "pxplus": "/services/service.pxp?id=invoices&type=CSV",
    "phoenix": "/v1/teams",
    "magento": "/rest/V1/store/storeViews",
    "appliance": "/rest/v1.2/system/status",
}
EARLIER = "earlier in this run"


def read(service: str, name: str, **options: Any) -> dict[str, Any]:
    """A task that reads from a service and may fail."""
    return {"name": name, REQUEST: {"service": service, "path": PATHS[service], **options}, "ignore_errors": True}


def control(simulator: str, **actions: Any) -> dict[str, Any]:
    return {"name": "Behind the service's back", "simulator_control": {"simulator": simulator, **actions}}


def secret(service: str) -> str:
    return "client_secret" if service in ("pxplus", "phoenix") else "password"


def play(*tasks: dict[str, Any], hosts: str = "localhost") -> dict[str, Any]:
    return {"name": "Play", "hosts": hosts, "gather_facts": False, "tasks": list(tasks)}


def refused_once(results: list[dict[str, Any]], kind: str, count: int, what: str) -> None:
    """All failed alike; all but the one that tried say that it was tried before."""
    equal([result["error"]["kind"] for result in results], [kind] * count, what)
    equal(sum(EARLIER not in result["msg"] for result in results), 1, f"{what}: tasks that tried themselves")


def test(lab: Lab) -> None:
    fifty_tasks(lab)
    fifty_hosts(lab)
    every_service(lab)
    other_reasons(lab)


def fifty_tasks(lab: Lab) -> None:
    """A wrong password, then the right one, then another that is right since it was changed."""
    wrong = {"name": "Wrong", "tokenflow.services.plcnext_variable": {"variables": {"RecipeNumber": 8}, "password": "plc-Wrong-pass-1!"}, "ignore_errors": True}
    changed = read("plcnext", "Changed", password="plc-New-pass-2!")
    change = control("plcnext", change_password={"user": "automation", "password": "plc-New-pass-2!"})
    run = lab.play([play(*[wrong] * 50), play(read("plcnext", "Right"), change, read("plcnext", "Old"), changed, changed)])
    refused_once(run.results("Wrong"), "credentials_rejected", 50, "fifty tasks")
    for name in ("Right", "Old", "Changed"):
        check(all(result["_status"] == "ok" for result in run.results(name)), f"{name}: {run.results(name)}")
    journal = lab.simulators["plcnext"].journal()
    # The wrong one, the right one and the changed one; the token of the old one stays good.
    equal(journal.differences(logins=3, calls=4), [], "fifty tasks")
    equal([entry["status"] for entry in journal.logins()], [401, 200, 200], "answers to the logins")


def fifty_hosts(lab: Lab) -> None:
    """All at once."""
    lab.reset()
    hosts = lab.hosts({"many": {f"host{number}": {} for number in range(50)}})
    wrong = read("phoenix", "Wrong", client_secret="pat1_wrong-secret-Zq8")
    run = lab.play([play(wrong, hosts="many"), play(read("phoenix", "Right"), hosts="many")], inventory=hosts, environment={"ANSIBLE_FORKS": "10"})
    refused_once(run.results("Wrong"), "credentials_rejected", 50, "fifty hosts")
    equal({result["_status"] for result in run.results("Right")}, {"ok"}, "the right secret")
    equal(lab.simulators["phoenix"].journal().differences(logins=2, calls=50), [], "fifty hosts")


def every_service(lab: Lab) -> None:
    """Ten tasks, by which no account gets locked; a loop counts as one task. A second run tries again."""
    lab.reset()
    wrong = {service: read(service, f"Wrong {service}", **{secret(service): "Not-this-one-77!"}) for service in PATHS}
    looped = {service: {**wrong[service], "name": f"Looped {service}", "loop": [1, 2]} for service in PATHS}
    tasks = [task for service in PATHS for task in [*[wrong[service]] * 10, looped[service], read(service, f"Right {service}")]]
    for _run in range(2):
        run = lab.play([play(*tasks)])
        for service in PATHS:
            refused_once(run.results(f"Wrong {service}"), "credentials_rejected", 10, service)
            equal([EARLIER in item["msg"] for item in run.result(f"Looped {service}")["results"]], [True, True], f"loop, {service}")
            equal(run.result(f"Right {service}")["_status"], "ok", f"the right password, {service}")
            journal = lab.simulators[service].journal()
            equal(journal.differences(logins=2, calls=1), [], service)
            equal(200 <= journal.logins()[0]["status"] < 400, False, f"the first login, {service}")


def other_reasons(lab: Lab) -> None:
    """A locked name and a missing second factor are remembered too; a service that is down is asked again."""
    lab.reset()
    magento = read("magento", "Locked")
    run = lab.play(
        [
            play(control("magento", lock={"username": "admin"}), magento, magento, read("magento", "Restricted", username="restricted")),
            play(
                control("magento", switch={"two_factor": "enrolled"}),
                read("magento", "No code", username="restricted", password=lab.variables["magento_restricted_password"]),
                read("magento", "No code", username="restricted", password=lab.variables["magento_restricted_password"]),
            ),
            play(
                control("appliance", fault={"kind": "status", "status": 503, "path": "auth/token", "times": 2}),
                *[read("appliance", "Down", retries=0)] * 3,
            ),
        ]
    )
    refused_once(run.results("Locked"), "credentials_rejected", 2, "a locked name")
    refused_once(run.results("No code"), "login_failed", 2, "a missing second factor")
    check("otp_secret" in run.results("No code")[0]["msg"], f"no advice: {run.results('No code')[0]['msg']}")
    equal([result.get("error", {}).get("kind") for result in run.results("Down")], ["unavailable", "unavailable", None], "a service that is down")
    equal(lab.simulators["magento"].journal().differences(logins=3, calls=0), [], "Magento")
    equal(lab.simulators["appliance"].journal().differences(logins=3, calls=1), [], "appliance")
