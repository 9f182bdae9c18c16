# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading Phoenix Security: whole lists, filters, postures, and a gate that closes and cannot be left open by a slip."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import READINGS, Phoenix

from tests.unit.plugins._phoenix import NW, Run, run

__all__ = ["run"]

EVERYTHING = ["applications", "components", "teams", "members", "users", "assets", "findings", "postures"]
GATE = "posture.findings.openByRisk.critical > `0`"


def names(items: list[dict[str, Any]]) -> list[str]:
    return sorted(item["name"] for item in items)


@pytest.mark.parametrize("switches", [
    {},
    {"max_page_size": 4, "list_order": "shuffled"},
    {"max_page_size": 200, "page_size_excess": 400},
    {"max_page_size": 200, "page_size_excess": 400, "validation_status": 422},
])  # fmt: skip
def test_everything_is_read_to_its_end(run: Run, switches: dict[str, Any]) -> None:
    run.simulated.act("generate", applications=30, components_per_application=10, users=130)
    run.simulated.switch(**switches)
    found = run.good("info", gather=[name for name in EVERYTHING if name != "postures"], query="length(users)")
    held = {kind: len(run.state(kind)) for kind in ("applications", "components", "teams", "users", "assets", "findings")}
    assert {kind: len(found[kind]) for kind in held} == held and found["result"] == held["users"] == 136
    assert [member["email"] for member in found["members"]["Workshop IT"]] == [f"lena.fischer@{NW}"]


def test_an_empty_list(run: Run) -> None:
    for pages in (0, 1):
        run.simulated.switch(empty_total_pages=pages)
        assert run.good("info", gather=["findings"], finding_filters={"cves": ["CVE-1999-1"]})["findings"] == []


def test_one_application_or_component(run: Run) -> None:
    found = run.good("info", gather=EVERYTHING, application="Web Shop")
    assert names(found["applications"]) == ["Web Shop"] == names(found["postures"]) and names(found["components"]) == ["cart", "payment-gateway", "storefront"]
    assert {asset["key"] for asset in found["assets"]} >= {"northwind/cart", "shop.northwind-bikes.example"} and len(found["findings"]) == 8
    one = run.good("info", gather=EVERYTHING, application="web shop", component="CART", case_sensitive=False)
    assert names(one["components"]) == ["cart"] == names(one["postures"]) and len(one["findings"]) == 3
    network = run.good("info", gather=["components", "assets"], environment="Workshop Network", asset_types=["INFRA"])
    assert names(network["components"]) == ["assembly-line", "test-bench"] and len(network["assets"]) == 3
    assert names(run.good("info", gather=["components"], type="ENVIRONMENT")["components"])[:2] == ["Default Service", "assembly-line"]
    assert len(run.good("info", gather=["applications"], type="ENVIRONMENT")["applications"]) == 3
    assert run.good("info", gather=["components"], application="Default Application", component="Default Component")["components"][0]["default"]


def test_filters(run: Run) -> None:
    found = run.good("info", gather=["assets", "findings"], asset_filters=[{"repository": ["northwind/cart"]}, {"hostnames": ["bench-01"]}],
                     finding_filters={"status": ["OPEN"], "severityScoreFrom": "900"})  # fmt: skip
    assert {asset["key"] for asset in found["assets"]} == {"northwind/cart", "northwind/cart/build.gradle.kts", "bench-01"}
    assert sorted(finding["severityScore"] for finding in found["findings"]) == [910, 930, 960]
    assert "northwind/spare-parts" in {asset["key"] for asset in run.good("info", gather=["assets"], only_unassigned=True)["assets"]}
    run.refused("info", "cves must start with CVE-", gather=["findings"], finding_filters={"cves": ["1999-1"]})


def test_the_gate_closes(run: Run) -> None:
    closed = run.refused("info", "1 of 1 postures meet fail_when", gather=[], application="Web Shop", fail_when=GATE)
    assert closed["error"]["kind"] == "gate_closed" and closed["closed_by"] == ["application Web Shop"] and len(closed["postures"]) == 1
    assert "application Web Shop (risk 912, threshold 500, 7 open findings: 1 critical" in closed["msg"]
    several = run.refused("info", "meet fail_when", type="APPLICATION", fail_when="aboveThreshold", query="postures[].name")
    assert set(several["closed_by"]) < {f"application {name}" for name in several["result"]} and len(several["applications"]) == 5
    assert run.calls()[-6:] == ["GET applications", *[f"GET applications/{item['id']}/posture" for item in several["applications"]]]


def test_the_gate_lets_pass(run: Run) -> None:
    passed = run.good("info", gather=["teams"], application="Bike Configurator", fail_when=GATE)
    assert len(passed["postures"]) == 1 and not passed["changed"]
    assert run.calls() == ["GET applications", "GET teams", f"GET applications/{passed['postures'][0]['id']}/posture"]
    counted = [
        run.good("info", gather=["postures"], application="Bike Configurator", exclude_risk_accepted=excluded)["postures"][0]["posture"]["findings"]["open"]
        for excluded in (False, True)
    ]
    assert counted == [2, 1]


@pytest.mark.parametrize("expression", ["aboveTreshold", "posture.findings.critical > `0`", "risk.value"])
def test_a_gate_that_says_nothing_is_an_error(run: Run, expression: str) -> None:
    told = run.refused("info", "fail_when gives nothing", application="Bike Configurator", fail_when=expression)
    assert "A posture has aboveThreshold" in told["msg"] and told["error"]["kind"] == "invalid_input"
    run.refused("info", "cannot be used", application="Bike Configurator", fail_when="risk >")


@pytest.mark.parametrize(("options", "text"), [
    ({"application": "Nothing"}, "there is no application 'Nothing'"),
    ({"application": "Web Shop", "component": "kart"}, "'kart' in Web Shop (but 'cart')"),
    ({"component": "cart"}, "either application or environment"),
])  # fmt: skip
def test_what_is_not_there(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("info", text, **options)


class Pages:
    """A session whose list changes while it is read: every second page comes too late."""

    def __init__(self, pages: list[list[str]]) -> None:
        self.pages, self.sent = pages, 0
        self.flow = types.SimpleNamespace(TITLE="Phoenix Security")
        self.client = types.SimpleNamespace(connection=types.SimpleNamespace(retries=0))
        self.obtained = "login"

    def call(self, method: str, path: str, **request: Any) -> Answer:
        number = request["query"]["pageNumber"]
        content = [{"id": identifier} for identifier in self.pages[min(self.sent, len(self.pages) - 1)]]
        self.sent += 1
        page = {"content": content, "last": number == 1, "totalElements": 4, "totalPages": 2}
        return Answer(method, path, 200, {}, json.dumps(page).encode(), 0, 0.0)


def test_a_list_that_moves_while_it_is_read_is_read_again() -> None:
    moved = Pages([["a", "b"], ["b", "c"], ["a", "b"], ["c", "d"]])
    assert [item["id"] for item in Phoenix(moved).listing("users")] == ["a", "b", "c", "d"]  # type: ignore[arg-type]
    moving = Pages([["a", "b"], ["b", "c"]] * READINGS)
    with pytest.raises(BadAnswer, match="4 entries, of which 3 came"):
        Phoenix(moving).listing("users")  # type: ignore[arg-type]


@pytest.mark.parametrize("body", ["[]", '{"content": 1}', '{"content": [1]}', "<html></html>", ""])
def test_an_answer_that_is_no_list(run: Run, body: str) -> None:
    run.simulated.fault("body", "^/v1/users", body=body)
    assert run.task("info", gather=["users"])["error"]["kind"] == "bad_answer"
