# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assets, findings, posture and campaigns of the Phoenix simulator, and its control actions (contract §3.4, §4.6)."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.simulators.phoenix import PhoenixSimulator

from ._phoenix import MISSING, Tenant, api, asset, assets, other, simulator

__all__ = ["api", "other", "simulator"]


def findings(api: Tenant, **body: Any) -> list[str]:
    return sorted(item["data"][0]["name"] for item in api.search("findings", body))


# Assets


def test_the_shape_of_an_asset(api: Tenant) -> None:
    listed = asset(api, "northwind/cart")
    assert list(listed) == ["id", "key", "name", "type", "resourceType", "locality", "data", "tags"]
    assert listed["data"] == [{"source": "Snyk", "attributes": {"repository": "northwind/cart", "origin": "github"}}]
    assert listed["tags"] == [{"key": "team", "value": "shop"}]
    single = api(200, "GET", f"assets/{listed['id']}")
    assert single == {**{key: value for key, value in listed.items() if key != "resourceType"}, "resource_type": listed["resourceType"]}


@pytest.mark.parametrize(
    ("filters", "keys"),
    [
        ([{"region": ["eu-north-1"]}], ["northwind-ride-data", "shop"]),
        ([{"providerAccountId": ["410022339900"]}], ["northwind-ride-data"]),
        ([{"resourceType": ["S3_BUCKET", "IMAGE"]}], ["mes:4.2", "northwind-ride-data"]),
        ([{"vpc": ["none"]}], []),
        ([{"cidr": "10.40.8.0/24"}], ["paint-hmi-01", "weld-robot-03"]),
        ([{"hostnames": ["bench-01"]}, {"fqdn": ["shop.northwind-bikes.example"]}], ["bench-01", "shop.northwind-bikes.example"]),
        ([{"osNames": ["Debian 12"], "locality": ["DMZ"]}], ["bench-01"]),
        ([{"repository": ["northwind/cart"], "build": ["build.gradle.kts"]}], ["build.gradle.kts"]),
        ([{"dockerfile": ["mes/Dockerfile"]}], ["mes:4.2"]),
        ([{"tagKeys": ["pci"]}], ["payment-gateway"]),
        ([{"tagValues": ["production", "shop"]}], ["cart", "shop"]),
        ([{"key": "*pricing*"}], ["pricing-engine"]),
        ([{"locality": ["DMZ"], "colour": "ignored", "vpc": None}], ["bench-01"]),
    ],
)
def test_asset_filters(api: Tenant, filters: list[dict[str, Any]], keys: list[str]) -> None:
    assert assets(api, filters=filters) == keys


def test_asset_scopes(api: Tenant) -> None:
    shop, cart = api.named("applications", "Web Shop")["id"], api.named("components", "cart")["id"]
    hub = api.named("applications", "Order Hub")["id"]
    assert assets(api, applicationEnvironmentId=hub) == ["order-api"]
    assert assets(api, componentServiceId=cart, applicationEnvironmentId=hub) == ["build.gradle.kts", "cart"]
    assert len(assets(api, applicationEnvironmentId=shop)) == 5
    assert assets(api, onlyUnassigned=True) == ["mes:4.2", "spare-parts"]
    assert assets(api, componentServiceId=api.named("components", "Default Component")["id"]) == ["spare-parts"]
    assert assets(api, applicationEnvironmentId=MISSING) == []
    assert api.search("assets", {"requests": [{"types": ["BUILD"]}, {"type": "CONTAINER"}]})[1]["type"] == "CONTAINER"


def test_asset_types(api: Tenant) -> None:
    for kind, long in (("WEB", "WEBSITE_API"), ("CODE", "SOURCE_CODE")):
        api.switch(asset_type_aliases=False)
        api.refused(400, "types", "POST", "assets", {"requests": [{"types": [kind]}]})
        api.switch(asset_type_aliases=True)
        assert {item["type"] for item in api.search("assets", {"requests": [{"types": [kind]}]})} == {long}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"requests": []},
        {"requests": ["CLOUD"]},
        {"requests": [{}]},
        {"requests": [{"types": []}]},
        {"requests": [{"types": ["HOUSE"]}]},
        {"requests": [{"types": ["CLOUD"], "onlyUnassigned": "yes"}]},
        {"requests": [{"types": ["CLOUD"], "componentServiceId": "cart"}]},
        {"requests": [{"types": ["CLOUD"], "filters": ["x"]}]},
        {"requests": [{"types": ["CLOUD"], "filters": [{"region": "eu"}]}]},
        {"requests": [{"types": ["INFRA"], "filters": [{"cidr": "net"}]}]},
    ],
)
def test_asset_searches_that_are_refused(api: Tenant, body: dict[str, Any]) -> None:
    api(400, "POST", "assets", body)


@pytest.mark.parametrize("bulk", [True, False])
def test_asset_tags(api: Tenant, bulk: bool) -> None:
    cart = asset(api, "northwind/cart")["id"]
    path, more = ("assets/tags", {"assetIds": [cart]}) if bulk else (f"assets/{cart}/tags", {"assetIds": [MISSING]})
    tags = [{"key": "team", "value": "shop"}, {"key": "owner", "value": "crew"}]
    assert api(200, "PUT", path, {**more, "tags": tags}) is None
    owned = next(item["tags"] for item in api.state("assets") if item["id"] == cart)
    assert [tag["ownership"] for tag in owned] == [["REST_API_TAG", "SCANNER_OR_SYSTEM"], ["REST_API_TAG"]]
    wanted = [*tags, {"value": "crew"}]
    first = api(200, "PATCH", path, {**more, "tags": wanted})["results"]
    assert [list(result) for result in first] == [["entityId", "tag", "status", "remainingOwnership"]] * 3
    assert [(r["status"], r["remainingOwnership"]) for r in first] == [("SOURCE_REMOVED", ["SCANNER_OR_SYSTEM"]), ("DELETED", []), ("NOT_FOUND", [])]
    assert first[0]["entityId"] == cart
    second = api(200, "PATCH", path, {**more, "tags": wanted})["results"]
    assert [result["status"] for result in second] == ["PROTECTED", "NOT_FOUND", "NOT_FOUND"]
    assert asset(api, "northwind/cart")["tags"] == tags[:1]
    wrong: dict[str, Any]
    for method in ("PUT", "PATCH"):
        for wrong in ({}, {"tags": []}, {"tags": [{"key": "x"}]}):
            api(400, method, path, {**more, **wrong})


def test_assets_of_others_refuse_the_whole_request(api: Tenant, other: Tenant) -> None:
    foreign = other.search("assets", {"requests": [{"types": ["REPOSITORY"]}]})[0]["id"]
    body = {"tags": [{"value": "x"}], "assetIds": [asset(api, "northwind/cart")["id"], foreign]}
    before = api.state("assets")
    api(404, "PUT", "assets/tags", body)
    api(400, "PATCH", "assets/tags", body)
    for method in ("PUT", "PATCH"):
        api(400, method, "assets/tags", {"tags": [{"value": "x"}]})
    assert api.state("assets") == before


@pytest.mark.parametrize("status", [200, 201, 204])
def test_asset_tag_status(api: Tenant, status: int) -> None:
    api.switch(asset_tag_status=status)
    assert api(status, "PUT", f"assets/{asset(api, 'northwind/cart')['id']}/tags", {"tags": [{"value": "x"}]}) is None


# Findings


def test_the_shape_of_a_finding(api: Tenant) -> None:
    found = api.search("vulnerabilities", {"cves": ["CVE-2026-40112"]})[0]
    assert found == api(200, "GET", f"findings/{found['id']}") == api(200, "GET", f"vulnerabilities/{found['id']}")
    assert found["data"][0].items() >= {"name": "Padding oracle in TLS library", "cve": "CVE-2026-40112", "type": "FOSS"}.items()
    assert found["parents"][0].items() >= {"applicationName": "Web Shop", "componentName": "payment-gateway"}.items()
    assert (found["status"], found["severityScore"], found["scannerType"]) == ("OPEN", 960, "SNYK")
    assert found["tags"] == [{"key": "severity", "value": "urgent", "category": "ALERT"}]
    assert found["workflowTickets"][0]["externalName"].startswith("SEC-")


def test_days_open_follow_the_clock(api: Tenant, simulator: PhoenixSimulator) -> None:
    before = api.search("findings", {"cves": ["CVE-2026-40112"]})[0]["daysOpen"]
    simulator.advance(30 * 86400)
    api.token = api.login()
    found = api.search("findings", {"cves": ["CVE-2026-40112"]})[0]
    assert found["daysOpen"] == before + 30
    assert found["slaPolicy"]["vulnerability"] == {"targetDays": 7, "targetDate": "2026-10-05", "breach": True}


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({}, 21),
        ({"status": ["OPEN"]}, 19),
        ({"status": ["CLOSED"]}, 2),
        ({"type": "INFRA"}, 4),
        ({"severityScoreFrom": "900"}, 3),
        ({"severityScoreFrom": 700, "severityScoreTo": "800"}, 3),
        ({"epssScoreFrom": "0.4"}, 3),
        ({"epssScoreTo": "0.0"}, 11),
        ({"cves": ["CVE-2026-20417", "CVE-2026-11873", "CVE-0"]}, 2),
        ({"scannerTypes": ["PROWLER", "TRIVY"]}, 3),
        ({"assetLocalities": ["DMZ"]}, 1),
        ({"assetLocalities": ["EXTERNAL"], "status": ["OPEN"]}, 4),
        ({"assetAssignedStatus": "UNASSIGNED"}, 2),
        ({"assetAssignedStatus": "ASSIGNED"}, 19),
        ({"suggestedToFix": True}, 6),
        ({"zeroDayAlert": True}, 1),
        ({"zeroDayAlert": False}, 20),
        ({"dateFrom": "2026-09-01", "dateTo": "2026-09-30"}, 3),
        ({"tagKeys": ["severity"]}, 3),
        ({"tagValues": ["urgent"], "tagCategories": ["GENERAL"]}, 0),
        ({"tagCategories": ["GENERAL"]}, 21),
        ({"workflowTicketStatuses": ["To Do"]}, 2),
        ({"slaBreach": "true", "type": "SAST"}, 1),
        ({"workflowTicketSlaBreach": "true"}, 2),
        ({"colour": "red", "type": None}, 21),
        ({"assetId": MISSING}, 0),
        ({"applicationEnvironmentId": MISSING}, 0),
        ({"teamIds": [MISSING]}, 0),
    ],
)
def test_finding_filters(api: Tenant, simulator: PhoenixSimulator, body: dict[str, Any], count: int) -> None:
    simulator.advance(datetime(2026, 12, 1, tzinfo=timezone.utc).timestamp() - simulator.clock.now())
    api.token = api.login()
    assert len(findings(api, **body)) == count


def test_finding_scopes(api: Tenant) -> None:
    cart = api.named("components", "cart")["id"]
    assert len(findings(api, componentServiceId=cart)) == 3
    assert len(findings(api, applicationEnvironmentId=api.named("applications", "Web Shop")["id"])) == 8
    assert len(findings(api, assetId=asset(api, "weld-robot-03")["id"])) == 2


def test_findings_of_a_team(api: Tenant) -> None:
    team = api.named("teams", "Shop Crew")["id"]
    assert findings(api, teamIds=[team]) == []
    api(200, "POST", f"teams/{team}/components/auto-link/tags", {"tags": [{"key": "lang", "value": "kotlin"}]})
    assert len(findings(api, teamIds=[team])) == 3
    tags = [{"key": "bu", "value": "retail"}, {"key": "tier", "value": "1"}]
    api(200, "POST", f"teams/{team}/applications/auto-link/tags", {"match": "ALL", "tags": tags})
    assert len(findings(api, teamIds=[team])) == 8
    api(200, "POST", f"teams/{team}/applications/auto-link/users")
    assert len(findings(api, teamIds=[team])) == 14


@pytest.mark.parametrize(
    "body",
    [
        {"status": "OPEN"},
        {"status": ["DONE"]},
        {"type": "BUILD"},
        {"cves": ["GHSA-1"]},
        {"dateFrom": "01/02/2026"},
        {"dateTo": "20260102"},
        {"severityScoreFrom": "1001"},
        {"severityScoreTo": "high"},
        {"epssScoreFrom": "1.1"},
        {"epssScoreTo": True},
        {"slaBreach": True},
        {"assetLocalities": ["OUTSIDE"]},
        {"assetAssignedStatus": "MAYBE"},
        {"tagCategories": ["NONE"], "tagKeys": ["x"]},
        {"assetId": "x"},
        {"zeroDayAlert": "true"},
    ],
)
def test_finding_searches_that_are_refused(api: Tenant, body: dict[str, Any]) -> None:
    api.refused(400, next(iter(body)), "POST", "findings", body)


# Posture


def test_the_posture_of_an_application(api: Tenant) -> None:
    shop = api.named("applications", "Web Shop")
    posture = api(200, "GET", f"applications/{shop['id']}/posture")
    assert list(posture) == [
        *("id", "organizationId", "name", "criticality", "value", "risk", "riskMagnitude", "threshold", "aboveThreshold"),
        *("type", "default", "posture"),
    ]
    risks = {"critical": 1, "high": 2, "medium": 3, "low": 1, "none": 0}
    assert posture["posture"] == {"findings": {"open": 7, "closed": 1, "openByRisk": risks}, "assets": {"total": 5}} == shop["stats"]
    assert (posture["risk"], posture["threshold"], posture["aboveThreshold"]) == (912, 500, True)
    assert api(200, "POST", "applications/posture", {"applicationSelector": {"name": "Web Shop"}}) == posture
    accepted = api(200, "GET", f"applications/{shop['id']}/posture?excludeRiskAccepted=true")
    assert accepted["posture"]["findings"]["open"] == 6
    assert api(200, "POST", "applications/posture", {"applicationSelector": {"id": shop["id"]}, "excludeRiskAccepted": True}) == accepted
    api(400, "GET", f"applications/{shop['id']}/posture?excludeRiskAccepted=1")
    api(400, "POST", "applications/posture", {"applicationSelector": {"id": shop["id"]}, "excludeRiskAccepted": "true"})


def test_the_posture_of_a_component(api: Tenant) -> None:
    storefront = api.named("components", "storefront")
    assert storefront["effectiveExposure"] == "EXTERNAL"
    posture = api(200, "GET", f"components/{storefront['id']}/posture")
    assert list(posture) == ["id", "organizationId", "applicationId", "name", "criticality", "risk", "riskMagnitude", "default", "posture"]
    assert (posture["posture"]["findings"]["open"], posture["posture"]["assets"]["total"], posture["riskMagnitude"]) == (2, 1, 950)
    selector = {"applicationSelector": {"name": "Web Shop"}, "componentSelector": {"name": "STOREFRONT", "caseSensitive": False}}
    assert api(200, "POST", "components/posture", {"selector": selector}) == posture
    assert api(200, "POST", "components/posture", {"selector": selector, "excludeRiskAccepted": True})["posture"]["findings"]["open"] == 1
    api(404, "POST", "components/posture", {"selector": {**selector, "applicationSelector": {"name": "Order Hub"}}})
    api(400, "POST", "components/posture", selector)


def test_posture_is_not_empty_anywhere_that_matters(api: Tenant) -> None:
    stats = {item["name"]: item["stats"]["findings"]["open"] for item in api.every("applications")}
    assert all(stats.values()), stats


# Campaigns and control actions


def test_campaigns(api: Tenant) -> None:
    first, second = (api(200, "GET", f"campaigns/{campaign['id']}/stats") for campaign in api.state("campaigns"))
    assert first["stats"]["findings"]["open"] == 9
    assert second["stats"] is None
    api(404, "GET", f"campaigns/{MISSING}/stats")


def test_findings_can_be_added(api: Tenant, simulator: PhoenixSimulator) -> None:
    before = api.named("applications", "Order Hub")["stats"]["findings"]
    made = simulator.add_finding("northwind/order-api", "Hidden door", score=990, cve="CVE-2026-9")
    simulator.add_finding(asset(api, "northwind/order-api")["id"], "Old door", status="CLOSED", opened="2026-01-01")
    after = api.named("applications", "Order Hub")["stats"]["findings"]
    assert (after["open"], after["closed"], after["openByRisk"]["critical"]) == (before["open"] + 1, before["closed"] + 1, 1)
    assert api(200, "GET", f"findings/{made}")["data"][0]["cve"] == "CVE-2026-9"
    for arguments in ({"asset": "nothing"}, {"score": 1001}, {"status": "DONE"}):
        with pytest.raises(ControlError):
            simulator.add_finding(**{"asset": "northwind/order-api", "name": "x", **arguments})


def test_every_state_can_be_read(api: Tenant, simulator: PhoenixSimulator) -> None:
    kinds = ["applications", "assets", "auto_links", "campaigns", "components", "deployments", "emails", "findings", "imports", "members", "rules"]
    for kind in [*kinds, "teams", "tokens", "users", "workflows"]:
        assert isinstance(json.loads(json.dumps(simulator.get_state(kind))), list)
    assert api.token not in json.dumps(simulator.get_state("tokens"))
    assert [item["name"] for item in simulator.get_state("applications", 1)] == ["Booking"]
    with pytest.raises(ControlError, match="deployments"):
        simulator.get_state("secrets")


def test_the_control_actions_are_found() -> None:
    assert {"add_finding", "generate", "get_state", "set_credential", "set_import_outcome", "expire_tokens", "revoke_tokens"} <= set(PhoenixSimulator.actions())
    assert all(PhoenixSimulator.actions()[name] for name in ("add_finding", "generate", "get_state", "set_credential", "set_import_outcome"))
