# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules and deployment links: only the answer tells whether something was new, and check mode says that it cannot know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plugins._phoenix import ADA, Run, run

__all__ = ["run"]

CART: dict[str, Any] = {
    "application": "Web Shop",
    "component": "cart",
    "rules": [
        {"name": "more", "filter": {"asset_type": "REPOSITORY", "repository": ["northwind/cart-events"], "negate_filter": {"key_like": "*archive*"}}},
        {"name": "net", "filter": {"ip_ranges": [{"from": "10.0.0.1", "to": "10.0.0.9"}], "tags": [{"key": "team", "value": "shop"}]}},
    ],
}
LAKE = {"application": "Order Hub", "services": [{"environment": "Production Cloud", "name": "data-lake"}]}


def rules(run: Run, component: str) -> dict[str, Any]:
    return {rule["name"]: rule["filter"] for rule in run.state("rules") if rule["component"] == component}


def links(run: Run, application: str, component: str | None = None) -> Any:
    found = [item for item in run.state("deployments") if (item["application"], item["component"]) == (application, component)]
    return (found[0]["inherits"] or found[0]["links"]) if found else []


def test_rules_are_added_once(run: Run) -> None:
    told = run.good("rule", check=True, **CART)
    assert told["changed"] and told["uncertain"] == ["cart of Web Shop"] and "Only the service knows" in told["warnings"][0]
    assert run.calls() == ["GET applications", "GET components"]
    result = run.good("rule", **CART)
    assert (result["changed"], result["summary"], result["diff"]) == (True, {"added": 1, "replaced": 0, "unchanged": 0}, told["diff"])
    assert rules(run, "cart") == {
        "cart": {"repository": ["northwind/cart"]},
        "more": {"assetType": "REPOSITORY", "repository": ["northwind/cart-events"], "negateFilter": {"keyLike": "*archive*"}},
        "net": {"ipRanges": [{"from": "10.0.0.1", "to": "10.0.0.9"}], "tags": [{"key": "team", "value": "shop"}]},
    }
    again = run.good("rule", **CART)
    assert (again["changed"], again["changes"], again["summary"]["unchanged"]) == (False, [], 1)
    other_name = {**CART, "rules": [{**CART["rules"][0], "name": "another name"}]}
    assert not run.good("rule", **other_name)["changed"]


def test_rules_are_replaced(run: Run) -> None:
    assert [run.good("rule", **CART, replace=True)["summary"]["replaced"] for _task in range(2)] == [1, 1]
    assert set(rules(run, "cart")) == {"more", "net"}
    assert "uncertain" not in run.good("rule", check=True, **CART, replace=True)
    assert run.good("rule", application="Web Shop", component="cart", replace=True)["changed"] and rules(run, "cart") == {}


def test_many_rules_cost_a_call_for_each_component(run: Run) -> None:
    ids = run.good("application", name="Web Shop", return_ids=True)["ids"]
    names = ("cart", "storefront", "payment-gateway")
    component_ids = run.good("component", components=[{"application": "Web Shop", "name": name} for name in names], return_ids=True)["ids"]
    run.calls()
    entries = [{**CART, "component": name} for name in names]
    result = run.good("rule", components=entries, application_ids=ids, component_ids=component_ids)
    assert len(run.calls()) == 3 and result["summary"]["added"] == 3
    assert run.good("rule", components=entries, application_ids=ids, component_ids=component_ids)["summary"] == {"added": 0, "replaced": 0, "unchanged": 3}
    # Names that are not among the ids are looked up.
    run.calls()
    run.good("rule", components=[{**CART, "application": "Order Hub", "component": "order-api"}], component_ids=component_ids)
    assert run.calls()[:2] == ["GET applications", "GET components"]


@pytest.mark.parametrize(("options", "text"), [
    ({**CART, "component": "cartt"}, "no component or service 'cartt' in Web Shop (but 'cart')"),
    ({**CART, "rules": []}, "cart has no rules to add"),
    ({**CART, "environment": "Production Cloud"}, "either application or environment"),
    ({**CART, "rules": [{"name": "all", "filter": {"hostnames": []}}]}, "a filter has no condition"),
    ({**CART, "rules": [{"name": "no", "filter": {"negate_filter": {"negate_filter": {"key_like": "a"}}}}]}, "has no field negate_filter"),
    ({"components": [CART, CART]}, "several entries for cart of Web Shop"),
])  # fmt: skip
def test_what_a_rule_cannot_be_is_said_before_anything_is_sent(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("rule", text, **options)
    assert all(call.startswith("GET") for call in run.calls())


def test_what_the_service_says_about_a_rule(run: Run) -> None:
    run.simulated.switch(keylike_max=10)
    run.refused("rule", "key_like of these rules is too long", **{**CART, "rules": [{"name": "long", "filter": {"key_like": "x" * 11}}]})
    run.refused("rule", "must be a valid CIDR range", **{**CART, "rules": [{"name": "net", "filter": {"cidr": "10.0.0.0/99"}}]})


def test_deployments_are_added_once(run: Run) -> None:
    told = run.good("deployment", check=True, **LAKE)
    assert told["changed"] and told["uncertain"] == ["Order Hub"]
    result = run.good("deployment", **LAKE)
    assert result["diff"] == told["diff"] == {"before": {}, "after": {"Order Hub": {"services": ["Production Cloud/data-lake"]}}}
    assert links(run, "Order Hub") == ["Production Cloud/data-lake"]
    run.calls()
    assert not run.good("deployment", **LAKE)["changed"]
    assert len(run.calls()) == 3
    more = {"application": "Order Hub", "services": [{"environment": "Production Cloud", "name": "shop-cluster"}]}
    assert run.good("deployment", **more)["changed"] and len(links(run, "Order Hub")) == 2
    assert run.good("deployment", **more, replace=True)["summary"]["replaced"] == 1 and links(run, "Order Hub") == ["Production Cloud/shop-cluster"]


def test_components_are_deployed_by_tags_and_by_inheritance(run: Run) -> None:
    web = {"application": "Dealer Portal", "component": "dealer-web"}
    assert run.good("deployment", **web, service_tags=[{"key": "stage", "value": "production"}])["changed"]
    assert links(run, "Dealer Portal", "dealer-web") == ["Production Cloud/shop-cluster"]
    assert not run.good("deployment", **web, service_tags=[{"key": "stage", "value": "production"}], match_asset_tags=False)["changed"]
    assert run.good("deployment", **web, inherit=True)["changed"] and links(run, "Dealer Portal", "dealer-web") is True
    run.refused("deployment", "No service has one of these tags", **web, service_tags=[{"value": "nowhere"}])
    assert run.waits == []


@pytest.mark.parametrize(("options", "text"), [
    ({"application": "Order Hub"}, "needs one of services, service_tags and inherit, not none"),
    ({**LAKE, "inherit": True}, "not services and inherit"),
    ({"application": "Order Hub", "inherit": True}, "only a component inherits"),
    ({**LAKE, "application": "Default Application"}, "is a default entity, which is protected"),
    ({"application": "Order Hub", "services": [{"environment": "Production Cloud", "name": "lake"}]}, "'lake' in Production Cloud (but 'data-lake')"),
    ({"application": "Order Hub", "services": [{"environment": "Default Environment", "name": "Default Service"}]}, "is a default entity"),
    ({"application": "Order Hub", "services": [{"environment": "Moon", "name": "lake"}]}, "there is no environment 'Moon'"),
    ({"deployments": [LAKE, LAKE]}, "several entries for Order Hub"),
])  # fmt: skip
def test_what_a_deployment_cannot_be_is_said_before_anything_is_sent(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("deployment", text, **options)
    assert all(call.startswith("GET") for call in run.calls())


def test_check_mode_knows_what_earlier_tasks_would_make(run: Run) -> None:
    known = run.good("application", check=True, name="New Shop", criticality=3, owner=ADA, return_ids=True)["ids"]
    entry = {"application": "New Shop", "component": "new-cart"}
    made = run.good("component", check=True, application="New Shop", name="new-cart", application_ids=known, return_ids=True)
    assert made["changed"] and made["ids"] == {}
    for module, options in (("rule", {**CART, **entry}), ("deployment", {**LAKE, **entry})):
        told = run.good(module, check=True, **options, application_ids=known, component_ids=made["ids"])
        assert told["changed"] and "uncertain" not in told and told["warnings"] == []
    told = run.good("rule", check=True, **{**CART, "component": "new-cart"})
    assert told["changed"] and "There is no component or service 'new-cart' in Web Shop" in told["warnings"][0]
    assert all(call.startswith("GET") for call in run.calls())


def test_what_was_made_a_moment_ago_gets_rules_and_links(run: Run) -> None:
    run.simulated.switch(propagation_delay=4)
    ids = run.good("application", name="New Shop", criticality=3, owner=ADA, return_ids=True)["ids"]
    entry = {"application": "New Shop", "component": "new-cart"}
    component_ids = run.good("component", application="New Shop", name="new-cart", application_ids=ids, return_ids=True)["ids"]
    given = {"application_ids": ids, "component_ids": component_ids}
    assert run.good("rule", **{**CART, **entry}, **given)["changed"]
    assert run.good("deployment", **{**LAKE, **entry}, **given)["changed"]
    # The same without the ids: what this run made is known.
    run.simulated.switch(propagation_delay=4 + sum(run.waits))
    assert not run.good("rule", **{**CART, **entry})["changed"]
