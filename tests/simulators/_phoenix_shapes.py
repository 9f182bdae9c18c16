# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Phoenix simulator shows its objects on the wire (contract §3.4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timezone
from typing import Any

from ._phoenix_model import Application, Asset, Component, Finding, Organisation, Tag, Team, User
from ._phoenix_wire import Call

BUCKETS = (("critical", 900), ("high", 700), ("medium", 400), ("low", 100), ("none", 0))
"""Risk buckets with the lowest score of each; the limits are not documented."""
SLA_DAYS = {"critical": 7, "high": 30, "medium": 90, "low": 180, "none": 365}


def bucket(score: float) -> str:
    return next(name for name, lowest in BUCKETS if score >= lowest)


def risk(findings: Iterable[Finding], criticality: float) -> int:
    """0 to 1000: the worst open finding, weighed with the criticality. The real formula is not public."""
    worst = max((finding.score for finding in findings if finding.status == "OPEN"), default=0)
    return round(worst * (0.5 + criticality / 20))


def statistics(findings: list[Finding], assets: int, exclude_accepted: bool = False) -> dict[str, Any]:
    counted = [f for f in findings if not (exclude_accepted and f.accepted)]
    opened = [f for f in counted if f.status == "OPEN"]
    by_risk = {name: sum(bucket(f.score) == name for f in opened) for name, _lowest in BUCKETS}
    return {"findings": {"open": len(opened), "closed": len(counted) - len(opened), "openByRisk": by_risk}, "assets": {"total": assets}}


def tag_list(org: Organisation, tags: Iterable[Tag], with_ids: bool) -> list[dict[str, Any]]:
    return [{**({"id": org.tag_id(tag)} if with_ids else {}), "key": tag[0], "value": tag[1]} for tag in tags]


def user_reference(org: Organisation, identifier: str | None) -> dict[str, str] | None:
    return {"id": identifier, "email": org.users[identifier].email} if identifier else None


def _limits(call: Call, application: Application) -> tuple[float, float]:
    value = call.on("default_value") if application.value is None else application.value
    threshold = call.on("org_threshold") if application.threshold is None else application.threshold
    return value, threshold


def application_object(call: Call, application: Application) -> dict[str, Any]:
    org = call.org
    assets = org.assets_in(application)
    findings = org.findings_on(assets)
    value, threshold = _limits(call, application)
    current = risk(findings, application.criticality)
    return {
        "id": application.id,
        "organizationId": org.id,
        "name": application.name,
        "owner": user_reference(org, application.owner),
        "criticality": application.criticality,
        "value": value,
        "risk": current,
        "threshold": threshold,
        "aboveThreshold": current > threshold,
        "type": application.type,
        "subType": application.sub_type,
        "responsibleUsers": [user_reference(org, identifier) for identifier in application.responsible],
        "tags": tag_list(org, application.tags, call.on("application_tag_ids")),
        "stats": statistics(findings, len(assets)),
        "default": application.default,
    }


def application_posture(call: Call, application: Application, exclude_accepted: bool) -> dict[str, Any]:
    org = call.org
    assets = org.assets_in(application)
    findings = org.findings_on(assets)
    value, threshold = _limits(call, application)
    current = risk(findings, application.criticality)
    return {
        "id": application.id,
        "organizationId": org.id,
        "name": application.name,
        "criticality": application.criticality,
        "value": value,
        "risk": current,
        "riskMagnitude": _magnitude(findings),
        "threshold": threshold,
        "aboveThreshold": current > threshold,
        "type": application.type,
        "default": application.default,
        "posture": statistics(findings, len(assets), exclude_accepted),
    }


def component_posture(call: Call, component: Component, exclude_accepted: bool) -> dict[str, Any]:
    org = call.org
    assets = org.assets_of(component)
    findings = org.findings_on(assets)
    weight = component.criticality or org.applications[component.application].criticality
    return {
        "id": component.id,
        "organizationId": org.id,
        "applicationId": component.application,
        "name": component.name,
        "criticality": component.criticality,
        "risk": risk(findings, weight),
        "riskMagnitude": _magnitude(findings),
        "default": component.default,
        "posture": statistics(findings, len(assets), exclude_accepted),
    }


def _magnitude(findings: list[Finding]) -> int:
    return sum(finding.score for finding in findings if finding.status == "OPEN")


def component_object(call: Call, component: Component) -> dict[str, Any]:
    org = call.org
    return {
        "id": component.id,
        "organizationId": org.id,
        "applicationId": component.application,
        "name": component.name,
        "criticality": component.criticality,
        "tags": tag_list(org, component.tags, True),
        "default": component.default,
        "effectiveExposure": org.exposure(component),
    }


def team_object(team: Team) -> dict[str, Any]:
    return {"id": team.id, "name": team.name, "type": team.type, "usersCount": len(team.members)}


def user_object(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "active": user.active,
        "role": user.role,
    }


def asset_object(org: Organisation, asset: Asset, single: bool = False) -> dict[str, Any]:
    """An asset; alone it has ``resource_type`` where a list has ``resourceType`` (contract §3.4)."""
    return {
        "id": asset.id,
        "key": asset.key,
        "name": asset.name,
        "type": asset.type,
        "resource_type" if single else "resourceType": asset.resource_type,
        "locality": asset.locality,
        "data": [{"source": asset.source, "attributes": asset.attributes}],
        "tags": tag_list(org, asset.tags, False),
    }


def today(now: float) -> date:
    return datetime.fromtimestamp(now, timezone.utc).date()


def days_open(finding: Finding, now: float) -> int:
    last = date.fromisoformat(finding.closed) if finding.closed else today(now)
    return max(0, (last - date.fromisoformat(finding.opened)).days)


def sla(finding: Finding, now: float) -> dict[str, Any]:
    """The targets for the finding and for its ticket, with whether each is missed."""
    days = SLA_DAYS[bucket(finding.score)]
    passed = days_open(finding, now)
    targets = {"vulnerability": (days, finding.status == "OPEN"), "workflowTicket": (days // 2, bool(finding.tickets) and finding.status == "OPEN")}
    opened = date.fromisoformat(finding.opened).toordinal()
    return {
        name: {"targetDays": target, "targetDate": date.fromordinal(opened + target).isoformat(), "breach": counts and passed > target}
        for name, (target, counts) in targets.items()
    }


def finding_object(call: Call, finding: Finding) -> dict[str, Any]:
    """A finding, as the vendor's OpenAPI names its fields."""
    org, asset = call.org, call.org.assets[finding.asset]
    parents = org.parents_of(asset)
    cves: list[str | None] = [*finding.cves] or [None]
    common = {"spid": f"SPID-{finding.id[:8].upper()}", "name": finding.name, "description": finding.description, "remedy": finding.remedy}
    return {
        "id": finding.id,
        "organizationId": org.id,
        "status": finding.status,
        "data": [{**common, "cve": cve, "type": finding.type} for cve in cves],
        "assetId": finding.asset,
        "parents": [
            {
                "applicationId": parent.application,
                "applicationName": org.applications[parent.application].name,
                "componentId": parent.id,
                "componentName": parent.name,
            }
            for parent in parents
        ],
        "severityScore": finding.score,
        "exposed": asset.locality == "EXTERNAL",
        "location": finding.location,
        "dateFrom": finding.opened,
        "dateTo": finding.closed,
        "suggestedToFix": finding.suggested,
        "epssScore": finding.epss,
        "daysOpen": days_open(finding, call.now),
        "duplicate": False,
        "scannerName": finding.scanner,
        "scannerType": scanner_type(finding),
        "hasFalsePositiveRequest": False,
        "assetLocality": asset.locality,
        "slaPolicy": sla(finding, call.now),
        "workflowTickets": finding.tickets,
        "tags": [{"key": key, "value": value, "category": category} for key, value, category in finding.tags],
    }


def scanner_type(finding: Finding) -> str:
    return finding.scanner.upper().replace(" ", "_")
