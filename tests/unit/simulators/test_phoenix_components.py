# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components, services and rules of the Phoenix simulator (contract §4.2, §4.3)."""

from __future__ import annotations

from typing import Any

import pytest

from ._phoenix import JIRA, SLACK, Tenant, api, links, rules_of, simulator

__all__ = ["api", "simulator"]


def test_the_shape_of_a_component(api: Tenant) -> None:
    shop = api.named("applications", "Web Shop")
    made = api(201, "POST", "components", {"applicationSelector": {"id": shop["id"]}, "name": "wish-list", "criticality": 6, "tags": [{"value": "tier1"}]})
    assert list(made) == ["id", "organizationId", "applicationId", "name", "criticality", "tags", "default", "effectiveExposure"]
    assert (made["applicationId"], made["criticality"], made["default"], made["effectiveExposure"]) == (shop["id"], 6, False, None)
    assert list(made["tags"][0]) == ["id", "key", "value"]
    assert api(200, "GET", f"components/{made['id']}") == made
    assert api.component("Production Cloud", "edge")["criticality"] is None


def test_components_by_parent_and_type(api: Tenant) -> None:
    shop, cloud = (api.named("applications", name)["id"] for name in ("Web Shop", "Production Cloud"))
    assert [item["name"] for item in api.every("components", f"&parentId={shop}")] == ["storefront", "cart", "payment-gateway"]
    assert [item["name"] for item in api.every("components", f"&parentId={cloud}&type=SERVICE")] == ["shop-cluster", "data-lake"]
    assert api.every("components", f"&parentId={cloud}&type=COMPONENT") == []
    assert len(api.every("components", "&type=SERVICE")) == 5
    assert len(api.every("components", f"&applicationId={shop}")) == 14
    api(400, "GET", "components?parentId=shop")
    api(400, "GET", "components?type=APPLICATION")


@pytest.mark.parametrize(
    ("status", "text", "fields"),
    [
        (409, "must be unique", {"name": "cart"}),
        (404, "not found", {"applicationSelector": {"name": "Nowhere"}}),
        (400, "applicationSelector", {"applicationSelector": None}),
        (400, "name", {"name": "ab"}),
        (400, "criticality", {"criticality": 0}),
        (400, "value", {"tags": [{"key": "x"}]}),
        (400, "Integration not found", {"ticketing": {**JIRA, "integrationType": "ADO"}}),
        (400, "Channel not found", {"messaging": {"channelName": "#nope"}}),
    ],
)
def test_components_that_are_refused(api: Tenant, status: int, text: str, fields: dict[str, Any]) -> None:
    api.refused(status, text, "POST", "components", {"applicationSelector": {"name": "Web Shop"}, "name": "wish-list", **fields})
    assert len(api.state("components")) == 14


def test_component_names_are_unique_in_their_parent(api: Tenant) -> None:
    api.component("Order Hub", "cart")
    api.component("Web Shop", "CART")
    api.component("Workshop Network", "shop-cluster")
    body = {"applicationSelector": {"name": "Production Cloud"}, "name": "assembly-line"}
    api.switch(global_service_names=True)
    api.refused(409, "must be unique", "POST", "components", body)
    api.component("Order Hub", "assembly-line")
    api.switch(global_service_names=False, name_conflict_ignore_case=True)
    api.refused(409, "must be unique", "POST", "components", {**body, "name": "Data-Lake"})


def test_a_component_can_be_changed(api: Tenant) -> None:
    path = f"components/{api.named('components', 'cart')['id']}"
    change = {"name": "basket", "criticality": 3, "tags": [{"key": "lang", "value": "kotlin"}, {"value": "tier1"}], "messaging": SLACK}
    made = api(200, "PATCH", path, change)
    assert (made["name"], made["criticality"], [tag["value"] for tag in made["tags"]]) == ("basket", 3, ["kotlin", "tier1"])
    assert api(200, "PATCH", path, {"tags": [{"value": "tier1"}]}) == made
    api.refused(409, "must be unique", "PATCH", path, {"name": "storefront"})
    api.refused(400, "Channel not found", "PATCH", path, {"name": "other", "messaging": {"channelName": "#x"}})
    assert api(200, "GET", path) == made
    assert api(204, "PATCH", f"{path}/tags", {"action": "delete", "tags": [{"value": "tier1"}]}) is None
    api.refused(404, "No tags matched", "PATCH", f"{path}/tags", {"action": "delete", "tags": [{"value": "tier1"}]})
    api(204, "PATCH", f"{path}/tags", {"action": "delete", "tags": [{"id": made["tags"][0]["id"]}]})
    assert api(200, "GET", path)["tags"] == []


def test_a_component_can_be_deleted(api: Tenant) -> None:
    cluster = api.named("components", "shop-cluster")["id"]
    assert api(204, "DELETE", f"components/{cluster}") is None
    api(404, "DELETE", f"components/{cluster}")
    assert links(api, "Web Shop") == []
    selectors: dict[str, Any] = {"applicationSelector": {"name": "Web Shop"}, "componentSelector": {"name": "CART", "caseSensitive": False}}
    api(404, "DELETE", "components", {**selectors, "componentSelector": {"name": "CART"}})
    assert api(204, "DELETE", "components", selectors) is None
    api(404, "DELETE", "components", selectors)
    api(400, "DELETE", "components")
    api(400, "DELETE", "components", {"applicationSelector": {"name": "Web Shop"}})
    assert "cart" not in {item["name"] for item in api.every("components")}
    assert rules_of(api, "cart") == []


def test_deployment_of_a_component_and_its_exposure(api: Tenant) -> None:
    sync = api.named("components", "stock-sync")
    path = f"components/{sync['id']}/deploy"
    assert sync["effectiveExposure"] is None
    assert api(200, "PATCH", path, {"serviceSelectors": {"names": ["test-bench", "assembly-line"]}}) is None
    assert api.named("components", "stock-sync")["effectiveExposure"] == "DMZ"
    api(200, "PATCH", path, {"serviceSelectors": {"names": ["shop-cluster"]}, "replaceExisting": False})
    assert api.named("components", "stock-sync")["effectiveExposure"] == "EXTERNAL"
    api.refused(409, "already exists", "PATCH", path, {"serviceSelectors": {"names": ["shop-cluster"]}, "replaceExisting": False})
    api(200, "PATCH", path, {"inheritFromApp": True, "serviceSelectors": "ignored"})
    assert links(api, "Order Hub", "stock-sync") is True
    api(200, "PATCH", path, {"serviceSelectors": {"names": ["shop-cluster"]}, "replaceExisting": False})
    assert len(links(api, "Order Hub", "stock-sync")) == 3
    api(200, "PATCH", path, {"inheritFromApp": True})
    assert api.named("components", "stock-sync")["effectiveExposure"] is None
    api.refused(404, "No service found", "PATCH", path, {"serviceSelectors": {"names": ["nothing"]}})
    api(400, "PATCH", path, {"inheritFromApp": False})
    bench = api.named("components", "test-bench")["id"]
    api.refused(400, "COMPONENT", "PATCH", f"components/{bench}/deploy", {"serviceSelectors": {"names": ["shop-cluster"]}})
    lone = api.component("Workshop Network", "new-line")
    assert lone["effectiveExposure"] is None
    api(200, "PATCH", path, {"serviceSelectors": {"names": ["new-line"]}})
    assert api.named("components", "new-line")["effectiveExposure"] == "DMZ"


# Rules (contract §4.3)

SELECTOR = {"selector": {"applicationSelector": {"name": "Order Hub"}, "componentSelector": {"name": "stock-sync"}}}


def test_rules_are_added_once_by_their_definition(api: Tenant) -> None:
    path = f"components/{api.named('components', 'stock-sync')['id']}/rules"
    one = {"name": "one", "filter": {"assetType": "REPOSITORY", "repository": ["northwind/spare-parts", "northwind/cart"]}}
    same = {"name": "other name", "filter": {"repository": ["northwind/cart", "northwind/spare-parts"], "assetType": "REPOSITORY"}}
    two = {"name": "one", "filter": {"keyLike": "*pricing*", "negateFilter": {"tags": [{"key": "team", "value": "shop"}]}}}
    assert api(201, "POST", "components/rules", {**SELECTOR, "rules": [one, same]}) == {"rulesAdded": 1}
    api.refused(409, "already exist", "POST", path, {"rules": [same]})
    assert api(201, "POST", path, {"rules": [same, two], "selector": "ignored"}) == {"rulesAdded": 1}
    assert len(rules_of(api, "stock-sync")) == 2
    assert api(200, "GET", path.replace("/rules", "/posture"))["posture"]["assets"] == {"total": 3}
    api.switch(rules_count_key="count")
    assert api(201, "POST", path, {"rules": [one], "resetRules": True}) == {"count": 1}
    assert len(rules_of(api, "stock-sync")) == 1
    assert api(201, "POST", path, {"rules": [], "resetRules": True}) == {"count": 0}
    assert rules_of(api, "stock-sync") == []


@pytest.mark.parametrize(
    ("parent", "rule_filter", "keys"),
    [
        ("Order Hub", {"keyLike": "*spare*"}, {"northwind/spare-parts"}),
        ("Order Hub", {"keyLike": "spare"}, {"northwind/spare-parts"}),
        ("Order Hub", {"keyLike": "*SPARE*"}, set()),
        ("Order Hub", {"keyLike": "northwind*src"}, {"northwind/payment-gateway:src"}),
        ("Order Hub", {"tags": [{"key": "team", "value": "shop"}, {"value": "none"}]}, {"northwind/cart"}),
        ("Order Hub", {"assetType": "BUILD"}, {"northwind/cart/build.gradle.kts"}),
        ("Order Hub", {"repository": ["northwind/cart"], "negateFilter": {"assetType": "BUILD"}}, {"northwind/cart"}),
        ("Order Hub", {"cidr": "203.0.113.0/24"}, {"shop.northwind-bikes.example"}),
        ("Order Hub", {"fqdn": ["dealers.northwind-bikes.example"]}, {"dealers.northwind-bikes.example"}),
        ("Order Hub", {"assetType": "INFRA"}, set()),
        ("Production Cloud", {"providerAccountName": ["analytics"]}, {"arn:aws:s3:::northwind-ride-data"}),
        ("Production Cloud", {"resourceGroup": ["none"]}, set()),
        ("Workshop Network", {"cidr": "10.40.9.0/24"}, {"bench-01"}),
        ("Workshop Network", {"cidrs": ["10.40.9.0/24", "10.40.8.21/32"]}, {"bench-01", "paint-hmi-01"}),
        ("Workshop Network", {"ipRanges": [{"from": "10.40.8.10", "to": "10.40.8.20"}]}, {"weld-robot-03"}),
        ("Workshop Network", {"osNames": ["Debian 12"]}, {"bench-01", "paint-hmi-01"}),
        ("Workshop Network", {"hostnames": ["weld-robot-03"]}, {"weld-robot-03"}),
        ("Workshop Network", {"netbios": ["WELD"]}, set()),
        ("Workshop Network", {"assetType": "CONTAINER"}, {"registry.northwind-bikes.example/mes:4.2"}),
    ],
)
def test_what_a_rule_selects(api: Tenant, parent: str, rule_filter: dict[str, Any], keys: set[str]) -> None:
    made = api.component(parent, "ruled")
    api(201, "POST", f"components/{made['id']}/rules", {"rules": [{"name": "r", "filter": rule_filter}]})
    types = ["CLOUD", "INFRA", "CONTAINER", "WEBSITE_API", "REPOSITORY", "SOURCE_CODE", "BUILD"]
    found = api.search("assets", {"requests": [{"types": types, "componentServiceId": made["id"]}]})
    assert {asset["key"] for asset in found} == keys


def test_a_rule_by_ids(api: Tenant) -> None:
    asset = api.search("assets", {"requests": [{"types": ["BUILD"]}]})[0]
    api(201, "POST", "components/rules", {**SELECTOR, "rules": [{"name": "r", "filter": {"ids": [asset["id"]], "keyLike": "*nothing*"}}]})
    found = api.search("assets", {"requests": [{"types": ["BUILD"], "componentServiceId": api.named("components", "stock-sync")["id"]}]})
    assert [item["id"] for item in found] == [asset["id"]]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"name": "r"}, "filter"),
        ({"filter": {"keyLike": "*x*"}}, "name"),
        ({"name": "r", "filter": {}}, "filter"),
        ({"name": "r", "filter": {"colour": "red"}}, "filter"),
        ({"name": "r", "filter": {"keyLike": "**"}}, "keyLike"),
        ({"name": "r", "filter": {"keyLike": "x" * 256}}, "keyLike"),
        ({"name": "r", "filter": {"keyLike": 5}}, "keyLike"),
        ({"name": "r", "filter": {"repository": "northwind/cart"}}, "repository"),
        ({"name": "r", "filter": {"repository": []}}, "repository"),
        ({"name": "r", "filter": {"assetType": "WEB"}}, "assetType"),
        ({"name": "r", "filter": {"cidr": "10.0.0.0/99"}}, "cidr"),
        ({"name": "r", "filter": {"cidrs": ["net"]}}, "cidrs"),
        ({"name": "r", "filter": {"ipRanges": [{"from": "10.0.0.9", "to": "10.0.0.1"}]}}, "ipRanges"),
        ({"name": "r", "filter": {"ipRanges": [{"from": 5, "to": "x"}]}}, "ipRanges"),
        ({"name": "r", "filter": {"ipRanges": ["10.0.0.1-10.0.0.9"]}}, "ipRanges"),
        ({"name": "r", "filter": {"ipRanges": {"from": "10.0.0.1", "to": "10.0.0.9"}}}, "ipRanges"),
        ({"name": "r", "filter": {"ipRanges": [{"from": "10.0.0.1", "to": "fe80::1"}]}}, "ipRanges"),
        ({"name": "r", "filter": {"ipRanges": [{"from": "first", "to": "10.0.0.9"}]}}, "ipRanges"),
        ({"name": "r", "filter": {"tags": "x"}}, "tags"),
        ({"name": "r", "filter": {"keyLike": None}}, "filter"),
        ({"name": "r", "filter": {"keyLike": "a", "negateFilter": "b"}}, "filter"),
        ({"name": "r", "filter": {"tags": [{"key": "x"}]}}, "tags"),
        ({"name": "r", "filter": {"keyLike": "a", "negateFilter": {"keyLike": "b", "negateFilter": {"keyLike": "c"}}}}, "negateFilter"),
        ("rule", "rules"),
    ],
)
def test_rules_that_are_refused(api: Tenant, rule: Any, text: str) -> None:
    api.refused(400, text, "POST", "components/rules", {**SELECTOR, "rules": [{"name": "good", "filter": {"keyLike": "*y*"}}, rule]})
    assert rules_of(api, "stock-sync") == []


def test_rules_need_a_component(api: Tenant) -> None:
    rules = {"rules": [{"name": "r", "filter": {"keyLike": "*x*"}}]}
    api.refused(400, "selector", "POST", "components/rules", rules)
    api(400, "POST", "components/rules", {**SELECTOR, "rules": []})
    api(400, "POST", "components/rules", SELECTOR)
    selector = {"applicationSelector": {"name": "Order Hub"}, "componentSelector": {"name": "cart"}}
    api(404, "POST", "components/rules", {"selector": selector, **rules})
    api.switch(keylike_max=4)
    api.refused(400, "keyLike", "POST", "components/rules", {**SELECTOR, "rules": [{"name": "r", "filter": {"keyLike": "*xyz*"}}]})
