# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token modules and the lookup: they share one login with all other modules, and show a token only to whom asked for it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from tests.integration._lab import SERVICES, Lab, Run, check, equal

PATHS = {
    "plcnext": "/_pxc_api/v1.2/variables?paths=Arp.Plc.Eclr/RecipeNumber",
    "pxplus": "/services/service.pxp?id=invoices&type=CSV",
    "phoenix": "/v1/teams",
    "magento": "/rest/V1/store/storeViews",
    "appliance": "/rest/v1.2/system/status",
}
PRINCIPALS = {"plcnext": "username", "pxplus": "client_id", "phoenix": "client_id", "magento": "username", "appliance": "username"}
LIFETIMES = {"plcnext": 600, "pxplus": 3600, "phoenix": 3600, "magento": 3600, "appliance": 600}


def test(lab: Lab) -> None:
    tasks = {service: tasks_for(lab, service) for service in SERVICES}
    run = lab.play([{"hosts": "localhost", "gather_facts": False, "tasks": tasks[service]} for service in SERVICES], arguments=["-vvvv"])
    for service in SERVICES:
        outcome(lab, run, service, [task["name"].partition(": ")[2] for task in tasks[service]])
    lab.play("more.yml", warnings="less than minimum_lifetime")


def tasks_for(lab: Lab, service: str) -> list[dict[str, Any]]:
    """Present, renewed, absent, the lookup and a given token."""
    token, use = f"tokenflow.services.{service}_token", {"service": service, "path": PATHS[service]}
    lookup = f"{{{{ lookup('tokenflow.services.token', '{service}') }}}}"
    accept = "application/xml" if service == "appliance" else "*/*"
    uri = {"url": lab.variables[f"{service}_base_url"] + PATHS[service], "ca_path": lab.variables["simulators_ca_path"]}
    tasks: list[dict[str, Any]] = [
        {"name": "Present", token: {}},
        {"name": "Cached", token: {"minimum_lifetime": 60}},
        {"name": "Renewed", token: {"state": "renewed"}},
        {"name": "Used", "tokenflow.services.request": use},
        {"name": "Returned", token: {"return_token": True}, "register": "kept"},
        {"name": "By hand", "ansible.builtin.uri": {**uri, "headers": {"Authorization": "Bearer {{ kept.token }}", "Accept": accept}}, "no_log": True},
        {"name": "By lookup", "ansible.builtin.uri": {**uri, "headers": {"Authorization": f"Bearer {lookup}", "Accept": accept}}, "no_log": True},
        {"name": "Same", "ansible.builtin.assert": {"that": [f"kept.token == lookup('tokenflow.services.token', '{service}')"], "quiet": True}},
        {"name": "Given", "tokenflow.services.request": {**use, "token": "{{ kept.token }}"}},
        {"name": "Given to the token module", token: {"token": "{{ kept.token }}"}},
        {"name": "Given and renewed", token: {"token": "{{ kept.token }}", "state": "renewed"}, "ignore_errors": True},
        {"name": "Given and wrong", "tokenflow.services.request": {**use, "token": "not-a-token-at-all"}, "ignore_errors": True},
        {"name": "For the test", "ansible.builtin.copy": {"content": "{{ kept.token }}", "dest": f"{lab.folder}/{service}", "mode": "0600"}, "no_log": True},
        {"name": "Absent", token: {"state": "absent"}},
        {"name": "Absent again", token: {"state": "absent"}},
        {"name": "Used again", "tokenflow.services.request": use},
        {"name": "Async", token: {}, "async": 10, "poll": 1, "ignore_errors": True},
    ]
    return [{**task, "name": f"{service}: {task['name']}"} for task in tasks]


def outcome(lab: Lab, run: Run, service: str, names: list[str]) -> None:
    simulator, result = lab.simulators[service], {name: run.result(f"{service}: {name}") for name in names}
    obtained = {name: result[name].get("obtained") for name in ("Present", "Cached", "Renewed", "Given to the token module", "Absent")}
    renewal = "renewal" if service == "appliance" else "login"
    equal(obtained, {"Present": "login", "Cached": "cache", "Renewed": renewal, "Given to the token module": "given", "Absent": "none"}, f"obtained, {service}")
    changed = [name for name, found in result.items() if found.get("changed") and name != "For the test"]
    equal(changed, ["Renewed", "Absent"], f"changed, {service}")
    present = result["Present"]
    equal(present["principal"], lab.variables[f"{service}_{PRINCIPALS[service]}"], f"principal, {service}")
    lives = (datetime.fromisoformat(present["expires_at"][:-1]) - datetime.fromisoformat(present["issued_at"][:-1])).total_seconds()
    check(abs(lives - LIFETIMES[service]) <= 2, f"lifetime, {service}: {present}")
    for name, text in {"Given and renewed": "Leave token out", "Given and wrong": "given token was not accepted", "Async": "async"}.items():
        check(result[name]["_status"] == "failed" and text in result[name]["msg"], f"{name}, {service}: {result[name]}")

    # Login, then a renewal or another login; two uses, two by hand, the given one and the wrong one; a login after the token was forgotten.
    logins, renewals = (2, 1) if service == "appliance" else (3, 0)
    equal(simulator.journal(clear=False).differences(logins=logins, renewals=renewals, calls=6), [], f"requests, {service}")
    value = (lab.folder / service).read_text(encoding="utf-8")
    check(f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:12]}" in simulator.journal().fingerprints(), f"the returned token was not used, {service}")
    check("censored" in result["Returned"] and "token" not in result["Returned"], f"the result with the token is shown, {service}")
    check(value not in run.output, f"the token is in the output, {service}")
