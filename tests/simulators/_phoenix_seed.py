# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first data of the Phoenix simulator: a bicycle maker, and a second organisation that it must never see."""

from __future__ import annotations

from typing import Any

from ._phoenix_model import FINDING_TYPES, Application, Asset, Campaign, Component, Finding, Integration, Organisation, Rule, Tag, Team, User

DOMAIN = "northwind-bikes.example"
OTHER_DOMAIN = "harbour-lines.example"

USERS = (
    ("ada.lindqvist", "Ada", "Lindqvist", "ORG_ADMIN", True),
    ("marc.oyelaran", "Marc", "Oyelaran", "ORG_APP_ADMIN", True),
    ("Priya.Raman", "Priya", "Raman", "ORG_SEC_ADMIN", True),
    ("tomasz.wrona", "Tomasz", "Wrona", "ORG_SEC_DEV", True),
    ("lena.fischer", "Lena", "Fischer", "ORG_USER", True),
    ("jonas.berg", "Jonas", "Berg", "ORG_USER", False),
)
TEAMS = (
    ("Platform Security", "SECURITY", ("ada.lindqvist", "Priya.Raman")),
    ("Shop Crew", "GENERAL", ("marc.oyelaran", "tomasz.wrona", "lena.fischer")),
    ("Workshop IT", "GENERAL", ("lena.fischer",)),
)

APPLICATIONS: tuple[dict[str, Any], ...] = (
    {"name": "Default Application", "type": "APPLICATION", "criticality": 1, "owner": "ada.lindqvist", "default": True},
    {"name": "Default Environment", "type": "ENVIRONMENT", "criticality": 1, "owner": "ada.lindqvist", "default": True},
    {
        "name": "Web Shop",
        "type": "APPLICATION",
        "criticality": 9,
        "value": 500000,
        "owner": "marc.oyelaran",
        "responsible": ("tomasz.wrona",),
        "tags": (("bu", "retail"), ("tier", "1")),
        "deployed_to": ("Production Cloud/shop-cluster",),
    },
    {"name": "Bike Configurator", "type": "APPLICATION", "criticality": 6, "owner": "marc.oyelaran", "tags": (("bu", "retail"),)},
    {
        "name": "Dealer Portal",
        "type": "APPLICATION",
        "criticality": 7,
        "threshold": 300,
        "owner": "Priya.Raman",
        "tags": (("bu", "wholesale"), (None, "partner")),
    },
    {"name": "Order Hub", "type": "APPLICATION", "criticality": 8, "value": 250000, "owner": "ada.lindqvist", "tags": (("bu", "operations"),)},
    {"name": "Production Cloud", "type": "ENVIRONMENT", "sub_type": "CLOUD", "criticality": 9, "owner": "ada.lindqvist", "tags": (("stage", "production"),)},
    {"name": "Workshop Network", "type": "ENVIRONMENT", "sub_type": "INFRA", "criticality": 7, "owner": "lena.fischer", "tags": (("site", "malmo"),)},
)

COMPONENTS: tuple[dict[str, Any], ...] = (
    {"in": "Default Application", "name": "Default Component", "default": True},
    {"in": "Default Environment", "name": "Default Service", "default": True},
    {"in": "Web Shop", "name": "storefront", "criticality": 8, "tags": (("lang", "typescript"),), "filter": {"fqdn": ["shop.northwind-bikes.example"]}},
    {"in": "Web Shop", "name": "cart", "criticality": 7, "tags": (("lang", "kotlin"),), "filter": {"repository": ["northwind/cart"]}},
    {"in": "Web Shop", "name": "payment-gateway", "criticality": 10, "tags": (("pci", "yes"),), "filter": {"repository": ["northwind/payment-gateway"]}},
    {"in": "Bike Configurator", "name": "configurator-ui", "filter": {"repository": ["northwind/configurator-ui"]}},
    {"in": "Bike Configurator", "name": "pricing-engine", "criticality": 6, "filter": {"repository": ["northwind/pricing-engine"]}},
    {"in": "Dealer Portal", "name": "dealer-web", "criticality": 7, "filter": {"assetType": "WEBSITE_API", "fqdn": ["dealers.northwind-bikes.example"]}},
    {"in": "Order Hub", "name": "order-api", "criticality": 8, "filter": {"repository": ["northwind/order-api"]}},
    {"in": "Order Hub", "name": "stock-sync"},
    {"in": "Production Cloud", "name": "shop-cluster", "tags": (("stage", "production"),), "filter": {"providerAccountId": ["410022337788"]}},
    {"in": "Production Cloud", "name": "data-lake", "filter": {"providerAccountId": ["410022339900"]}},
    {"in": "Workshop Network", "name": "assembly-line", "criticality": 8, "filter": {"cidrs": ["10.40.8.0/24"]}},
    {"in": "Workshop Network", "name": "test-bench", "filter": {"hostnames": ["bench-01"]}},
)

# Type, key, resource type, locality, source, attributes, tags.
ASSETS: tuple[tuple[str, str, str, str, str, dict[str, Any], tuple[Tag, ...]], ...] = (
    ("WEBSITE_API", "shop.northwind-bikes.example", "WEBSITE", "EXTERNAL", "Burp Suite", {"fqdn": "shop.northwind-bikes.example", "ip": "203.0.113.20"}, ()),
    ("WEBSITE_API", "dealers.northwind-bikes.example", "WEBSITE", "EXTERNAL", "Burp Suite", {"fqdn": "dealers.northwind-bikes.example"}, ()),
    ("REPOSITORY", "northwind/cart", "GIT", "INTERNAL", "Snyk", {"repository": "northwind/cart", "origin": "github"}, (("team", "shop"),)),
    ("BUILD", "northwind/cart/build.gradle.kts", "GRADLE", "INTERNAL", "Snyk", {"repository": "northwind/cart", "buildFile": "build.gradle.kts"}, ()),
    ("REPOSITORY", "northwind/payment-gateway", "GIT", "INTERNAL", "Snyk", {"repository": "northwind/payment-gateway"}, (("pci", "yes"),)),
    ("SOURCE_CODE", "northwind/payment-gateway:src", "SONAR_PROJECT", "INTERNAL", "SonarQube", {"repository": "northwind/payment-gateway"}, ()),
    ("REPOSITORY", "northwind/configurator-ui", "GIT", "INTERNAL", "Snyk", {"repository": "northwind/configurator-ui"}, ()),
    ("REPOSITORY", "northwind/pricing-engine", "GIT", "INTERNAL", "Snyk", {"repository": "northwind/pricing-engine"}, ()),
    ("REPOSITORY", "northwind/order-api", "GIT", "INTERNAL", "Snyk", {"repository": "northwind/order-api"}, ()),
    ("REPOSITORY", "northwind/spare-parts", "GIT", "INTERNAL", "Snyk", {"repository": "northwind/spare-parts"}, ()),
    (
        "CLOUD",
        "arn:aws:eks:eu-north-1:410022337788:cluster/shop",
        "EKS_CLUSTER",
        "EXTERNAL",
        "Prowler",
        {"providerType": "AWS", "providerAccountId": "410022337788", "providerAccountName": "shop-production", "region": "eu-north-1"},
        (("stage", "production"),),
    ),
    (
        "CLOUD",
        "arn:aws:s3:::northwind-ride-data",
        "S3_BUCKET",
        "INTERNAL",
        "Prowler",
        {"providerType": "AWS", "providerAccountId": "410022339900", "providerAccountName": "analytics", "region": "eu-north-1"},
        (),
    ),
    ("INFRA", "weld-robot-03", "HOST", "INTERNAL", "Qualys", {"hostname": "weld-robot-03", "ip": "10.40.8.13", "os": "Windows 10 IoT"}, ()),
    ("INFRA", "paint-hmi-01", "HOST", "INTERNAL", "Qualys", {"hostname": "paint-hmi-01", "ip": "10.40.8.21", "os": "Debian 12"}, ()),
    ("INFRA", "bench-01", "HOST", "DMZ", "Qualys", {"hostname": "bench-01", "ip": "10.40.9.5", "os": "Debian 12"}, ()),
    ("CONTAINER", "registry.northwind-bikes.example/mes:4.2", "IMAGE", "INTERNAL", "Trivy", {"dockerfile": "mes/Dockerfile"}, ()),
)

# Asset key, name, score, opened, CVE, EPSS, remedy, what else is true of it.
FINDINGS: tuple[tuple[str, str, int, str, str | None, float, str, dict[str, Any]], ...] = (
    ("shop.northwind-bikes.example", "Reflected cross-site scripting in search", 640, "2026-08-03", None, 0.0, "Encode the search term", {"suggested": True}),
    ("shop.northwind-bikes.example", "Missing content security policy", 310, "2026-05-11", None, 0.0, "Send a policy header", {"accepted": True}),
    ("dealers.northwind-bikes.example", "SQL injection in order export", 930, "2026-10-01", None, 0.0, "Bind the parameters", {"suggested": True}),
    ("northwind/cart", "Unsafe deserialization in jackson-databind", 810, "2026-07-19", "CVE-2026-20417", 0.41, "Upgrade to 2.19.4", {"suggested": True}),
    ("northwind/cart", "Log injection in logback", 420, "2026-06-30", "CVE-2026-11873", 0.03, "Upgrade to 1.5.22", {}),
    ("northwind/cart/build.gradle.kts", "Outdated netty codec", 560, "2026-09-14", "CVE-2026-31020", 0.12, "Upgrade to 4.2.9", {}),
    (
        "northwind/payment-gateway",
        "Padding oracle in TLS library",
        960,
        "2026-09-28",
        "CVE-2026-40112",
        0.87,
        "Upgrade to 3.5.6",
        {"zero_day": True, "suggested": True},
    ),
    (
        "northwind/payment-gateway",
        "Denial of service in XML parser",
        530,
        "2026-03-02",
        "CVE-2025-66301",
        0.08,
        "Upgrade to 2.0.9",
        {"status": "CLOSED", "closed": "2026-04-20"},
    ),
    ("northwind/payment-gateway:src", "Hard-coded initialisation vector", 740, "2026-08-22", None, 0.0, "Use a random vector", {}),
    ("northwind/configurator-ui", "Prototype pollution in lodash", 690, "2026-02-17", "CVE-2025-59871", 0.22, "Upgrade to 4.18.1", {"accepted": True}),
    ("northwind/pricing-engine", "Path traversal in zip handling", 580, "2026-07-01", "CVE-2026-18840", 0.05, "Upgrade to 1.28.0", {}),
    ("northwind/order-api", "Request smuggling in HTTP server", 770, "2026-10-12", "CVE-2026-42519", 0.31, "Upgrade to 12.1.4", {"suggested": True}),
    (
        "northwind/order-api",
        "Information leak in error page",
        220,
        "2026-01-25",
        None,
        0.0,
        "Turn off stack traces",
        {"status": "CLOSED", "closed": "2026-02-10"},
    ),
    ("northwind/spare-parts", "Secret in commit history", 610, "2026-06-05", None, 0.0, "Rotate the secret", {}),
    ("arn:aws:eks:eu-north-1:410022337788:cluster/shop", "Public cluster endpoint", 720, "2026-04-08", None, 0.0, "Restrict the endpoint", {}),
    ("arn:aws:s3:::northwind-ride-data", "Bucket without default encryption", 450, "2026-04-08", None, 0.0, "Turn on encryption", {}),
    ("weld-robot-03", "SMB signing not required", 510, "2026-05-30", None, 0.0, "Require signing", {}),
    ("weld-robot-03", "Remote code execution in print spooler", 910, "2026-09-02", "CVE-2026-38063", 0.64, "Install the September update", {"suggested": True}),
    ("paint-hmi-01", "Weak SSH key exchange", 260, "2026-03-15", None, 0.0, "Remove the old algorithms", {}),
    ("bench-01", "Default SNMP community", 660, "2026-06-21", None, 0.0, "Change the community", {}),
    ("registry.northwind-bikes.example/mes:4.2", "Heap overflow in libxml2", 830, "2026-08-15", "CVE-2026-29044", 0.19, "Rebuild on the new base image", {}),
)

CAMPAIGN_STATS = {
    "date": "2026-11-01",
    "risk": 612,
    "findings": {"open": 9, "closed": 14},
    "assets": {"total": 6},
    "sla": {"breached": 2, "withinTarget": 7},
    "tickets": {"open": 4, "closed": 11},
}


def northwind() -> Organisation:
    """The organisation of ``client_id``."""
    org = Organisation("Northwind Bikes")
    people = {row[0]: _user(org, DOMAIN, *row) for row in USERS}
    for name, kind, members in TEAMS:
        team = Team(org.new_id("team"), name, kind, [people[member].id for member in members])
        org.teams[team.id] = team
    org.ticketing.append(Integration(org.new_id("integration"), "Northwind Jira", "JIRA", {"10001": "SEC", "10002": "SHOP"}))
    org.messaging.append(Integration(org.new_id("integration"), "Northwind Slack", "SLACK", {"C024BE91L": "#appsec-alerts", "C024BE92M": "#shop"}))
    parents = {}
    for entry in APPLICATIONS:
        fields = {k: v for k, v in entry.items() if k not in ("owner", "responsible", "tags", "deployed_to")}
        application = Application(
            org.new_id("application"),
            **fields,
            owner=people[entry["owner"]].id,
            responsible=[people[name].id for name in entry.get("responsible", ())],
            tags=list(entry.get("tags", ())),
        )
        org.applications[application.id] = parents[application.name] = application
    components = {}
    for entry in COMPONENTS:
        rules = [Rule(org.new_id("rule"), entry["name"], entry["filter"])] if "filter" in entry else []
        component = Component(
            org.new_id("component"),
            parents[entry["in"]].id,
            entry["name"],
            entry.get("criticality"),
            list(entry.get("tags", ())),
            rules=rules,
            default=entry.get("default", False),
        )
        components[f"{entry['in']}/{entry['name']}"] = org.add_component(component)
    for entry in APPLICATIONS:
        parents[entry["name"]].deployed_to = [components[place].id for place in entry.get("deployed_to", ())]
    for name in ("storefront", "cart", "payment-gateway"):
        components[f"Web Shop/{name}"].inherits = True
    _inventory(org)
    _register_tags(org)
    for name, stats in (("Critical findings of 2026", CAMPAIGN_STATS), ("Workshop hardening", None)):
        campaign = Campaign(org.new_id("campaign"), name, stats)
        org.campaigns[campaign.id] = campaign
    return org


def _user(org: Organisation, domain: str, local: str, first: str, last: str, role: str, active: bool) -> User:
    user = User(org.new_id("user"), f"{local}@{domain}", first, last, role, active)
    org.users[user.id] = user
    return user


def _inventory(org: Organisation) -> None:
    assets = {}
    for kind, key, resource, locality, source, attributes, tags in ASSETS:
        owned: dict[Tag, set[str]] = {tag: {"SCANNER_OR_SYSTEM"} for tag in tags}
        assets[key] = org.add_asset(
            Asset(org.new_id("asset"), kind, key, key.rpartition("/")[2].rpartition(":::")[2], resource, locality, source, dict(attributes), owned)
        )
    for key, name, score, opened, cve, epss, remedy, more in FINDINGS:
        asset = assets[key]
        finding = org.add_finding(
            Finding(
                id=org.new_id("finding"),
                asset=asset.id,
                name=name,
                score=score,
                type=FINDING_TYPES[asset.type],
                opened=opened,
                description=f"{name}.",
                remedy=remedy,
                location=key,
                cves=[cve] if cve else [],
                epss=epss,
                scanner=asset.source,
                tags=[("severity", "urgent", "ALERT")] if score >= 900 else [],
                **more,
            )
        )
        if cve and score >= 900:
            finding.tickets.append(_ticket(org, finding))


def _ticket(org: Organisation, finding: Finding) -> dict[str, Any]:
    number = 4200 + len(org.findings)
    return {
        "integrationWorkflowId": org.ticketing[0].id,
        "workflowId": org.new_id("workflow"),
        "workflowType": "JIRA",
        "externalLink": True,
        "externalName": f"SEC-{number}",
        "externalUrl": f"https://jira.{DOMAIN}/browse/SEC-{number}",
        "details": {"status": "To Do"},
        "createdDateTime": f"{finding.opened}T09:00:00Z",
    }


def _register_tags(org: Organisation) -> None:
    for holder in org.holders():
        for tag in holder.tags:
            org.tag_id(tag)


def harbour_lines() -> Organisation:
    """The organisation of ``other_client_id``: one of each kind."""
    org = Organisation("Harbour Lines")
    owner = _user(org, OTHER_DOMAIN, "ines.duarte", "Ines", "Duarte", "ORG_ADMIN", True)
    team = Team(org.new_id("team"), "Harbour Security", "SECURITY", [owner.id])
    org.teams[team.id] = team
    application = Application(org.new_id("application"), "Booking", "APPLICATION", criticality=8, owner=owner.id, tags=[("bu", "ferries")])
    org.applications[application.id] = application
    component = Component(org.new_id("component"), application.id, "booking-api", 8, [("bu", "ferries")])
    component.rules.append(Rule(org.new_id("rule"), "booking-api", {"repository": ["harbour/booking-api"]}))
    org.add_component(component)
    attributes = {"repository": "harbour/booking-api"}
    asset = org.add_asset(Asset(org.new_id("asset"), "REPOSITORY", "harbour/booking-api", "booking-api", "GIT", "INTERNAL", "Snyk", attributes))
    org.add_finding(Finding(org.new_id("finding"), asset.id, "Open redirect after login", 480, "FOSS", "2026-09-09", location=asset.key, scanner="Snyk"))
    campaign = Campaign(org.new_id("campaign"), "Autumn clean-up", None)
    org.campaigns[campaign.id] = campaign
    _register_tags(org)
    return org
