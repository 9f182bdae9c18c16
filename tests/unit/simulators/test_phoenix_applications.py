# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications and environments of the Phoenix simulator (contract §3, §4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from ._phoenix import JIRA, LENA, MARC, MISSING, NW, PRIYA, SLACK, Tenant, api, links, rules_of, simulator

__all__ = ["api", "simulator"]


def test_the_shape_of_an_application(api: Tenant) -> None:
    made = api.application("Rental Desk", criticality=7, tags=[{"key": "bu", "value": "retail"}, {"value": "pilot"}])
    assert list(made) == [
        *("id", "organizationId", "name", "owner", "criticality", "value", "risk", "threshold", "aboveThreshold", "type", "subType"),
        *("responsibleUsers", "tags", "stats", "default"),
    ]
    assert made["owner"] == {"id": next(u["id"] for u in api.every("users") if u["email"] == MARC), "email": MARC}
    known = {"criticality": 7, "value": 1000, "risk": 0, "threshold": 500, "aboveThreshold": False, "type": "APPLICATION", "subType": None}
    assert known.items() <= made.items()
    assert [(list(tag), tag["key"], tag["value"]) for tag in made["tags"]] == [
        (["id", "key", "value"], "bu", "retail"),
        (["id", "key", "value"], None, "pilot"),
    ]
    risks = {"critical": 0, "high": 0, "medium": 0, "low": 0, "none": 0}
    assert made["stats"] == {"findings": {"open": 0, "closed": 0, "openByRisk": risks}, "assets": {"total": 0}}
    assert made["default"] is False
    assert api(200, "GET", f"applications/{made['id']}") == made


def test_applications_by_type(api: Tenant) -> None:
    assert [item["name"] for item in api.every("applications", "&type=ENVIRONMENT")] == ["Default Environment", "Production Cloud", "Workshop Network"]
    assert len(api.every("applications", "&type=APPLICATION")) == 5
    api.refused(400, "type", "GET", "applications?type=SERVICE")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": None}, "name"),
        ({"name": 5}, "name"),
        ({"type": "SERVICE"}, "type"),
        ({"type": None}, "type"),
        ({"type": "ENVIRONMENT"}, "subType"),
        ({"type": "ENVIRONMENT", "subType": "CLOWN"}, "subType"),
        ({"criticality": None}, "criticality"),
        ({"criticality": 0}, "criticality"),
        ({"criticality": 11}, "criticality"),
        ({"criticality": "7"}, "criticality"),
        ({"criticality": True}, "criticality"),
        ({"threshold": -1}, "threshold"),
        ({"threshold": 1001}, "threshold"),
        ({"value": 999}, "value"),
        ({"value": 10000001}, "value"),
        ({"owner": None}, "owner"),
        ({"owner": "marc"}, "owner"),
        ({"owner": {}}, "id or an email"),
        ({"owner": {"email": f"nobody@{NW}"}}, "Invalid user email"),
        ({"owner": {"id": MISSING}}, "Invalid user email"),
        ({"responsibleUsers": [{"email": f"nobody@{NW}"}]}, "Invalid user email"),
        ({"tags": [{"key": "bu"}]}, "value"),
        ({"tags": {"key": "bu", "value": "x"}}, "tags"),
        ({"ticketing": {}}, "projectName"),
        ({"ticketing": {**JIRA, "integrationType": "TRELLO"}}, "integrationType"),
        ({"ticketing": {**JIRA, "integrationType": "GITHUB"}}, "Integration not found"),
        ({"ticketing": {**JIRA, "integrationName": "Other Jira"}}, "Integration not found"),
        ({"ticketing": {**JIRA, "integrationId": MISSING}}, "Integration not found"),
        ({"ticketing": {"projectName": "NOPE"}}, "Project not found"),
        ({"messaging": {"channelName": "#nope"}}, "Channel not found"),
        ({"messaging": {"channelName": "#shop", "channelId": "C0"}}, "Channel not found"),
        ({"messaging": {"channelName": "#shop", "integrationName": "Teams"}}, "Integration not found"),
    ],
)
def test_applications_that_are_refused(api: Tenant, fields: dict[str, Any], text: str) -> None:
    before = api.state("applications")
    assert text in api.application(**{"name": "Rental Desk", "expected": 400, **fields})["error"]
    assert api.state("applications") == before


def test_names_are_unique_in_their_type(api: Tenant) -> None:
    assert "must be unique" in api.application("Web Shop", 409)["error"]
    api.application("WEB SHOP")
    environment: dict[str, Any] = {"type": "ENVIRONMENT", "subType": "INFRA"}
    assert api.application("Web Shop", **environment)["subType"] == "INFRA"
    api.switch(shared_namespace=True)
    api.application("Order Hub", 409, **environment)
    api.switch(shared_namespace=False, name_conflict_ignore_case=True)
    api.application("order HUB", 409)
    api.application("order HUB", **environment)


def test_create_status(api: Tenant) -> None:
    api.switch(create_status=200)
    assert api.application("Rental Desk", 200)["name"] == "Rental Desk"
    api(200, "POST", "teams", {"name": "Rental", "type": "GENERAL"})
    api(200, "POST", "applications/repository", {"applicationSelector": {"name": "Rental Desk"}, "repository": "northwind/rental"})
    api.component("Rental Desk", "desk")


def test_owner_switches(api: Tenant) -> None:
    assert api.application("One", owner={"email": PRIYA.lower()})["owner"]["email"] == PRIYA
    api.switch(owner_email_case_sensitive=True)
    assert api.application("Two", 400, owner={"email": PRIYA.lower()}) == {"error": "Invalid user email"}
    api.application("Two", owner={"email": PRIYA})
    api.refused(400, "Invalid user email", "PATCH", "applications", {"applicationSelector": {"name": "Two"}, "owner": {"email": MARC.upper()}})
    api.switch(owner_required=False)
    assert api.application("Three", owner=None)["owner"] is None
    api.application("Four", 400, owner={"email": f"nobody@{NW}"})


def test_unset_value_and_threshold(api: Tenant) -> None:
    api.switch(default_value=2500, org_threshold=650)
    made = api.application("Rental Desk")
    assert (made["value"], made["threshold"]) == (2500, 650)
    made = api.application("Rental Store", value=9000, threshold=0)
    assert (made["value"], made["threshold"]) == (9000, 0)


@pytest.mark.parametrize("form", ["id", "selector", "selector with id"])
def test_an_application_can_be_changed(api: Tenant, form: str) -> None:
    known = api.named("applications", "Dealer Portal")
    selector = {"id": known["id"]} if form == "selector with id" else {"name": "dealer portal", "caseSensitive": False}
    change = {"name": "Dealers", "threshold": 700, "value": 4000, "criticality": 3, "owner": {"email": LENA}, "ticketing": JIRA, "messaging": SLACK}
    body = change if form == "id" else {"applicationSelector": selector, **change}
    made = api(200, "PATCH", f"applications/{known['id']}" if form == "id" else "applications", body)
    expected = {**known, "name": "Dealers", "threshold": 700, "value": 4000, "criticality": 3, "owner": made["owner"], "risk": made["risk"]}
    assert made == {**expected, "aboveThreshold": made["risk"] > 700}
    assert made["owner"]["email"] == LENA
    assert {"application": "Dealers", "component": None, "ticketing": JIRA, "messaging": SLACK} in api.state("workflows")
    api(200, "PATCH", f"applications/{known['id']}", {})
    api.refused(409, "must be unique", "PATCH", f"applications/{known['id']}", {"name": "Web Shop"})
    api.refused(400, "criticality", "PATCH", f"applications/{known['id']}", {"criticality": 70, "name": "Half done"})
    assert api(200, "GET", f"applications/{known['id']}") == made


def test_patch_application_by_id_can_be_absent(api: Tenant) -> None:
    path = f"applications/{api.named('applications', 'Web Shop')['id']}"
    api.switch(patch_application_by_id=False)
    for status in (405, 404):
        api.switch(absent_method_status=status)
        api(status, "PATCH", path, {"criticality": 3})
    api(200, "PATCH", "applications", {"applicationSelector": {"name": "Web Shop"}, "criticality": 3})


def test_null_and_unknown_fields(api: Tenant) -> None:
    path = f"applications/{api.named('applications', 'Dealer Portal')['id']}"
    known = api(200, "GET", path)
    assert api(200, "PATCH", path, {"threshold": None, "name": None, "subType": "CLOUD", "colour": "red"}) == known
    api.switch(patch_unknown_fields=400)
    api.refused(400, "colour", "PATCH", path, {"colour": "red"})
    api.switch(patch_null=400)
    api.refused(400, "threshold", "PATCH", path, {"threshold": None})
    api.switch(patch_null="clear")
    assert api(200, "PATCH", path, {"threshold": None})["threshold"] == 500
    api.refused(400, "name", "PATCH", path, {"name": None})
    cart = f"components/{api.named('components', 'cart')['id']}"
    assert api(200, "PATCH", cart, {"criticality": None})["criticality"] is None


def test_selectors(api: Tenant) -> None:
    shop = api.named("applications", "Web Shop")["id"]

    def posture(status: int, **selector: Any) -> Any:
        return api(status, "POST", "applications/posture", {"applicationSelector": selector})

    assert posture(200, name="Web Shop")["id"] == shop
    assert posture(200, name="WEB shop", caseSensitive=False)["id"] == shop
    assert posture(200, id=shop, name="Order Hub")["id"] == shop
    posture(404, name="WEB shop")
    posture(404, name="WEB shop", caseSensitive=True)
    posture(404, id=MISSING, name="Web Shop")
    posture(400)
    posture(400, caseSensitive=False)
    posture(400, name="Web Shop", caseSensitive="no")
    api(400, "POST", "applications/posture", {})
    api(400, "POST", "applications/posture", {"applicationSelector": "Web Shop"})


def test_ambiguous_selectors(api: Tenant) -> None:
    first = api.named("applications", "Web Shop")["id"]
    api.application("WEB SHOP")
    body = {"applicationSelector": {"name": "web shop", "caseSensitive": False}}
    assert api(200, "POST", "applications/posture", body)["id"] == first
    for status in (400, 404, 409):
        api.switch(ambiguous_selector=status)
        api(status, "POST", "applications/posture", body)
    assert api(200, "POST", "applications/posture", {"applicationSelector": {"name": "Web Shop"}})["id"] == first


@pytest.mark.parametrize("selector", [True, False])
def test_tags_of_an_application(api: Tenant, selector: bool) -> None:
    known = api.named("applications", "Web Shop")
    path = "applications/tags" if selector else f"applications/{known['id']}/tags"
    more = {"applicationSelector": {"name": "Web Shop"}} if selector else {}

    def tags(status: int, method: str, **body: Any) -> Any:
        return api(status, method, path, {**more, **body})

    added = [{"key": "tier", "value": "1"}, {"key": "RiskFactor:PCI", "value": "yes"}, {"value": "pilot"}]
    made = tags(200, "PUT", tags=added)["tags"]
    assert [(t["key"], t["value"]) for t in made] == [("bu", "retail"), ("tier", "1"), ("RiskFactor:PCI", "yes"), (None, "pilot")]
    assert tags(200, "PUT", tags=added)["tags"] == made
    assert tags(204, "PATCH", action="delete", tags=[{"id": made[0]["id"], "key": "tier", "value": "1"}, {"value": "pilot"}, {"value": "pilot"}]) is None
    left = api(200, "GET", f"applications/{known['id']}")["tags"]
    assert [(t["key"], t["value"]) for t in left] == [("tier", "1"), ("RiskFactor:PCI", "yes")]
    for missing in ({"value": "pilot"}, {"value": "yes"}, {"key": "tier", "value": "2"}, {"id": made[0]["id"]}):
        tags(404, "PATCH", action="delete", tags=[missing])
    wrong: dict[str, Any]
    for wrong in (
        {"action": "remove", "tags": [{"value": "x"}]},
        {"tags": [{"value": "x"}]},
        {"action": "delete"},
        {"action": "delete", "tags": [{"key": "tier"}]},
    ):
        tags(400, "PATCH", **wrong)
    for wrong in ({}, {"tags": []}, {"tags": [{"key": "tier"}]}, {"tags": ["x"]}):
        tags(400, "PUT", **wrong)


def test_tag_switches(api: Tenant) -> None:
    path = f"applications/{api.named('applications', 'Web Shop')['id']}/tags"
    api.switch(tag_put_duplicate=409, application_tag_ids=False)
    api.refused(409, "already exists", "PUT", path, {"tags": [{"key": "tier", "value": "1"}]})
    made = api(200, "PUT", path, {"tags": [{"key": "tier", "value": "1"}, {"key": "new", "value": "1"}]})
    assert made["tags"][-1] == {"key": "new", "value": "1"}
    assert "id" in api.named("components", "cart")["tags"][0]


@pytest.mark.parametrize("selector", [True, False])
def test_responsible_users_are_added(api: Tenant, selector: bool) -> None:
    known = api.named("applications", "Web Shop")
    path = "applications/responsible-users" if selector else f"applications/{known['id']}/responsible-users"
    more = {"applicationSelector": {"name": "Web Shop"}} if selector else {}
    users = [{"email": LENA}, {"email": LENA.upper()}, {"id": known["responsibleUsers"][0]["id"]}]
    made = api(200, "PUT", path, {**more, "responsibleUsers": users})
    assert [user["email"] for user in made["responsibleUsers"]] == [f"tomasz.wrona@{NW}", LENA]
    assert api(200, "PUT", path, {**more, "responsibleUsers": users}) == made
    api.refused(400, "Invalid user email", "PUT", path, {**more, "responsibleUsers": [{"email": MARC}, {"email": f"nobody@{NW}"}]})
    api(400, "PUT", path, {**more, "responsibleUsers": []})
    assert api(200, "GET", f"applications/{known['id']}") == made


def test_deployment_of_an_application(api: Tenant) -> None:
    hub = api.named("applications", "Order Hub")
    path = f"applications/{hub['id']}/deploy"
    assert api(200, "PATCH", path, {"serviceSelectors": {"names": ["shop-cluster", "DATA-LAKE"], "caseSensitive": False}})["id"] == hub["id"]
    assert links(api, "Order Hub") == ["Production Cloud/shop-cluster", "Production Cloud/data-lake"]
    api(200, "PATCH", path, {"serviceSelector": {"name": "test-bench"}})
    assert links(api, "Order Hub") == ["Workshop Network/test-bench"]
    add = {"serviceSelectors": {"tags": [{"key": "stage", "value": "production"}]}, "replaceExisting": False}
    api(200, "PATCH", "applications/deploy", {"applicationSelector": {"name": "Order Hub"}, **add})
    assert links(api, "Order Hub") == ["Workshop Network/test-bench", "Production Cloud/shop-cluster"]
    api.refused(409, "already exists", "PATCH", path, add)
    replace = {**add, "replaceExisting": True}
    api(200, "PATCH", path, replace)
    api(200, "PATCH", path, replace)
    assert links(api, "Order Hub") == ["Production Cloud/shop-cluster"]
    api.switch(deploy_unchanged=409)
    api.refused(409, "already exists", "PATCH", path, replace)
    bench = api.named("components", "test-bench")["id"]
    api(200, "PATCH", path, {"serviceSelectors": {"ids": [bench, MISSING], "names": ["shop-cluster"]}})
    assert links(api, "Order Hub") == ["Workshop Network/test-bench"]


def test_service_selectors(api: Tenant) -> None:
    path = f"applications/{api.named('applications', 'Order Hub')['id']}/deploy"
    api.component("Workshop Network", "shop-cluster", tags=[{"value": "spare"}])
    api(200, "PATCH", path, {"serviceSelector": {"name": "shop-cluster"}})
    assert links(api, "Order Hub") == ["Production Cloud/shop-cluster"]
    api(200, "PATCH", path, {"serviceSelectors": {"names": ["shop-cluster"]}})
    assert links(api, "Order Hub") == ["Production Cloud/shop-cluster", "Workshop Network/shop-cluster"]
    asset = next(item for item in api.search("assets", {"requests": [{"types": ["INFRA"]}]}) if item["key"] == "bench-01")
    api(200, "PUT", f"assets/{asset['id']}/tags", {"tags": [{"value": "spare"}]})
    by_tag = {"tags": [{"value": "spare"}]}
    api(200, "PATCH", path, {"serviceSelectors": by_tag})
    assert links(api, "Order Hub") == ["Workshop Network/test-bench", "Workshop Network/shop-cluster"]
    api(200, "PATCH", path, {"serviceSelectors": {**by_tag, "matchAssetTags": False}})
    assert links(api, "Order Hub") == ["Workshop Network/shop-cluster"]
    for selectors in ({"names": ["cart"]}, {"names": ["SHOP-CLUSTER"]}, {"ids": [MISSING]}, {"tags": [{"value": "none"}]}, {"names": ["Default Service"]}):
        api.refused(404, "No service found", "PATCH", path, {"serviceSelectors": selectors})
    wrong: dict[str, Any]
    for wrong in (
        {},
        {"serviceSelectors": {}},
        {"serviceSelectors": {"tags": [{"key": "x"}]}},
        {"serviceSelector": {"id": 5}},
        {"serviceSelectors": {"names": "x"}},
    ):
        api(400, "PATCH", path, wrong)
    cloud = api.named("applications", "Production Cloud")["id"]
    api.refused(400, "APPLICATION", "PATCH", f"applications/{cloud}/deploy", {"serviceSelectors": {"names": ["shop-cluster"]}})


def test_repository_links(api: Tenant) -> None:
    hub = api.named("applications", "Order Hub")
    path = f"applications/{hub['id']}/repository"
    assert api(201, "POST", path, {"repository": "northwind/spare-parts", "search": "parts"})["stats"]["assets"] == {"total": 2}
    assert rules_of(api, "northwind/spare-parts") == [{"repository": ["northwind/spare-parts"], "keyLike": "*parts*"}]
    api.refused(409, "already exists", "POST", path, {"repository": "northwind/spare-parts"})
    api.refused(409, "already exists", "POST", path, {"repository": "northwind/spare-parts", "component": {"name": "another"}})
    component = {"name": "stock-sync", "criticality": 4, "tags": [{"key": "lang", "value": "go"}]}
    api(201, "POST", "applications/repository", {"applicationSelector": {"name": "Order Hub"}, "repository": "northwind/stock", "component": component})
    made = api.named("components", "stock-sync")
    assert (made["criticality"], made["tags"][0]["value"]) == (4, "go")
    api.refused(409, "already exists", "POST", path, {"repository": "northwind/stock", "component": {"id": made["id"]}})
    api(201, "POST", path, {"repository": "northwind/returns", "component": {"name": "returns"}})
    assert api.named("components", "returns")["applicationId"] == hub["id"]
    api.component("Order Hub", "northwind/invoices")
    api.refused(409, "must be unique", "POST", path, {"repository": "northwind/invoices"})
    api(404, "POST", path, {"repository": "x/yz", "component": {"id": api.named("components", "cart")["id"]}})
    for wrong in ({}, {"repository": "x/yz", "component": {}}, {"repository": "x/yz", "component": {"name": "new", "criticality": 11}}):
        api(400, "POST", path, wrong)


@pytest.mark.parametrize("status", [400, 404, 409])
def test_default_entities_are_protected(api: Tenant, status: int) -> None:
    api.switch(default_entity_status=status)
    application, component, service = (
        api.named(*key) for key in (("applications", "Default Application"), ("components", "Default Component"), ("components", "Default Service"))
    )
    assert application["default"] is component["default"] is service["default"] is True
    before = [api.state(kind) for kind in ("applications", "components", "rules", "deployments")]
    target = f"applications/{application['id']}"
    removal = {"action": "delete", "tags": [{"value": "x"}]}
    deploy = {"serviceSelectors": {"names": ["shop-cluster"]}}
    selected = {"applicationSelector": {"name": "Default Application"}, "componentSelector": {"name": "Default Component"}}
    for method, path, body in (
        ("PATCH", target, {"criticality": 2}),
        ("PATCH", "applications", {**selected, "name": "Mine"}),
        ("PUT", f"{target}/tags", {"tags": [{"value": "x"}]}),
        ("PATCH", f"{target}/tags", removal),
        ("PUT", f"{target}/responsible-users", {"responsibleUsers": [{"email": LENA}]}),
        ("PATCH", f"{target}/deploy", deploy),
        ("POST", f"{target}/repository", {"repository": "x/yz"}),
        ("PATCH", f"components/{component['id']}", {"criticality": 2}),
        ("PATCH", f"components/{component['id']}/tags", removal),
        ("PATCH", f"components/{component['id']}/deploy", deploy),
        ("DELETE", f"components/{component['id']}", None),
        ("DELETE", f"components/{service['id']}", None),
        ("DELETE", "components", selected),
    ):
        api(status, method, path, body)
    assert [api.state(kind) for kind in ("applications", "components", "rules", "deployments")] == before
