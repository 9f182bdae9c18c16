# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same small inventory in every position of every switch: made once, left alone afterwards, and never a wrong ``changed``."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.unit.plugins._phoenix import ADA, LENA, POSITIONS, PRIYA, SWITCHES, Run, run

__all__ = ["run"]

BOM = base64.b64encode(json.dumps({"bomFormat": "CycloneDX", "components": []}).encode()).decode()
NOOR = {"email": "noor.haddad@northwind-bikes.example", "first_name": "Noor", "last_name": "Haddad", "role": "ORG_USER"}
TAGS = [{"key": "bu", "value": "retail"}, {"value": "beta"}]
CLOUD = {"name": "Staging Cloud", "type": "ENVIRONMENT", "sub_type": "CLOUD", "criticality": 2, "owner": ADA}
SHOP = {"name": "Spare Parts", "criticality": 7, "owner": PRIYA.lower(), "tags": TAGS, "responsible_users": [LENA]}
PARTS = [
    {"application": "Spare Parts", "name": "search", "criticality": 5, "tags": TAGS},
    {"environment": "Staging Cloud", "name": "parts-cluster"},
    {"application": "Web Shop", "name": "cart", "criticality": 8, "tags": [{"key": "lang", "value": "go"}]},
]
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "user": ("user", {"users": [NOOR, {"email": LENA, "state": "inactive"}]}),
    "team": ("team", {"name": "Parts Crew", "type": "GENERAL", "members": [ADA, NOOR["email"]], "application_links": {"match": "ALL", "tags": TAGS}}),
    "application": ("application", {"applications": [SHOP, CLOUD, {"name": "Web Shop", "criticality": 10, "tags": TAGS}], "return_ids": True}),
    "component": ("component", {"components": PARTS, "return_ids": True}),
    "rule": ("rule", {"application": "Spare Parts", "component": "search", "rules": [{"name": "r", "filter": {"repository": ["northwind/spare-parts"]}}]}),
    "deployment": ("deployment", {"application": "Spare Parts", "services": [{"environment": "Staging Cloud", "name": "parts-cluster"}]}),
    "sbom": ("import", {"content": BOM}),
    "info": ("info", {"gather": ["applications", "components", "users", "findings"], "query": "length(users)"}),
}
VALUES: list[tuple[str, Any]] = [
    ("token_ttl", 1), ("expiry_skew", -4000), ("expiry_skew", 4000), ("max_page_size", 3), ("propagation_delay", 6), ("rules_count_key", "n"),
    ("keylike_max", 40), ("default_value", 2000), ("org_threshold", 1), ("import_seconds", 20), ("max_body", 4000),
]  # fmt: skip
THROTTLED = [("throttle", value) for name, value in POSITIONS if name == "throttle"]
OTHERS = [position for position in POSITIONS if position[0] not in ("throttle", "deploy_unchanged")]


def play(run: Run) -> dict[str, dict[str, Any]]:
    """All tasks once, the later ones with the ids that the earlier ones returned."""
    known: dict[str, Any] = {}
    results = {}
    for name, (module, options) in TASKS.items():
        handed = {"component": ("application_ids",), "rule": ("application_ids", "component_ids"), "deployment": ("application_ids", "component_ids")}
        results[name] = run.good(module, **options, **{option: known[option] for option in handed.get(name, ())})
        if name in ("application", "component"):
            known[f"{name}_ids"] = results[name]["ids"]
        run.clock.advance(0.5)
    return results


def twice(run: Run) -> None:
    first, before = play(run), run.state("applications")
    assert {name: result["changed"] for name, result in first.items()} == {name: name != "info" for name in TASKS}
    second = play(run)
    assert {name: result["changed"] for name, result in second.items()} == dict.fromkeys(TASKS, False)
    assert run.state("applications") == before and second["info"]["result"] == 7
    assert len(second["info"]["applications"]) == 10 and len(second["info"]["components"]) == 16
    held = run.named("applications", "Spare Parts")
    assert sorted(map(tuple, held["tags"]), key=str) == [("bu", "retail"), (None, "beta")] and len(run.state("imports")) == 1
    assert [rule["name"] for rule in run.state("rules") if rule["component"] == "search"] == ["r"]


@pytest.mark.parametrize(("name", "value"), [("create_status", 201), *OTHERS, *VALUES])
def test_everything_is_made_once(run: Run, name: str, value: Any) -> None:
    run.simulated.switch(**{name: value})
    twice(run)
    # What is wrong is told with the status, whatever else the service says.
    assert "HTTP 400" in run.refused("application", "HTTP 400", name="Wrong One", criticality=3, owner="nobody@example.test")["msg"]


@pytest.mark.parametrize(("name", "value"), THROTTLED)
def test_a_busy_service_is_waited_for(run: Run, name: str, value: Any) -> None:
    run.simulated.switch(**{name: value, "throttle_limit": 4, "throttle_window": 5})
    run.retries = 0
    run.refused("component", f"HTTP {str(value)[:3]}", components=[{"application": "Web Shop", "name": f"part {n}"} for n in range(9)])
    run.simulated.advance(10)
    run.retries = 4
    done = run.good("component", components=[{"application": "Web Shop", "name": f"part {n}"} for n in range(9)])
    assert done["changed"] and run.waits and max(run.waits) <= 5
    assert len([item for item in run.state("components") if item["name"].startswith("part ")]) == 9


@pytest.mark.parametrize("status", [429, 503])
def test_a_read_is_repeated_as_often_as_asked_for(run: Run, status: int) -> None:
    run.retries = 1
    run.simulated.fault("status", "^/v1/users", status=status, times=99, headers={"Retry-After": "0"})
    assert run.task("user", email=ADA)["error"]["kind"] == "unavailable" and run.waits == []
    assert run.calls() == ["GET users"] * 2
    run.simulated.act("clear_faults")
    run.simulated.fault("status", "^/v1/users", status=status, times=2)
    assert not run.good("user", email=ADA)["changed"] and run.waits == [5.0]


@pytest.mark.parametrize("switches", [{}, {"gateway_403": True}, {"gateway_403": True, "error_body": "html"}, {"www_authenticate": True}])
def test_a_token_that_dies_costs_one_login(run: Run, switches: dict[str, Any]) -> None:
    run.simulated.switch(**switches)
    run.good("user", email=ADA)
    run.simulated.act("expire_tokens")
    run.good("user", email=ADA)
    assert len(run.simulated.journal("access_token")) == 2
    # Also in the middle of a task.
    run.simulated.act("clear_journal")
    run.simulated.switch(token_ttl=3)
    run.simulated.act("revoke_tokens")
    run.simulated.switch(propagation_delay=5)
    run.good("application", **SHOP)
    assert run.good("component", application="Spare Parts", name="search")["changed"]
    assert 2 <= len(run.simulated.journal("access_token")) <= 5


def test_a_credential_that_may_do_nothing_costs_one_login(run: Run) -> None:
    run.good("user", email=ADA)
    run.simulated.act("clear_journal")
    run.simulated.fault("status", "^/v1/users", status=403, times=9)
    assert run.task("user", email=ADA)["error"]["kind"] == "not_authorised"
    assert len(run.simulated.journal("access_token")) == 1 and len(run.simulated.journal("users")) == 2


def test_a_given_token_that_is_refused(run: Run) -> None:
    run.simulated.switch(gateway_403=True)
    assert run.task("user", email=ADA, token="not-a-token")["error"]["kind"] == "not_authorised"
    assert run.simulated.journal("access_token") == []


@pytest.mark.parametrize("value", [200, 409])
def test_a_deployment_that_is_replaced_by_itself(run: Run, value: int) -> None:
    run.simulated.switch(deploy_unchanged=value)
    options = {"application": "Order Hub", "services": [{"environment": "Production Cloud", "name": "data-lake"}], "replace": True}
    assert [run.good("deployment", **options)["changed"] for _task in range(2)] == [True, value == 200]


def test_every_switch_has_been_turned() -> None:
    turned = {name for name, _value in (*POSITIONS, *VALUES)} | {"throttle_limit", "throttle_window"}
    assert turned == set(SWITCHES)
