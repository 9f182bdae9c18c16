# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assets, findings and campaigns of the Phoenix simulator (contract §4.6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from starlette.responses import JSONResponse, Response

from ._phoenix_filters import in_network, key_like
from ._phoenix_model import ASSET_TYPES, EXPOSURES, FINDING_TYPES, Asset, Finding, Tag
from ._phoenix_shapes import asset_object, finding_object, scanner_type, sla
from ._phoenix_wire import (
    UUID,
    ApiError,
    Call,
    Invalid,
    NotFound,
    Routes,
    choice_of,
    flag_of,
    list_of,
    page,
    tags_of,
    text_of,
    texts_of,
)

ALIASES = {"WEB": "WEBSITE_API", "CODE": "SOURCE_CODE"}
ATTRIBUTE_FILTERS = {
    "providerAccountId": "providerAccountId",
    "vpc": "vpc",
    "subnet": "subnet",
    "region": "region",
    "hostnames": "hostname",
    "osNames": "os",
    "netbios": "netbios",
    "macAddress": "macAddress",
    "fqdn": "fqdn",
    "repository": "repository",
    "build": "buildFile",
    "dockerfile": "dockerfile",
    "scannerSource": "scannerSource",
}
"""Asset filters that list accepted values of an attribute."""
REMOVABLE = {"USER", "REST_API_TAG"}
TAG_CATEGORIES = ("TECH_STACK", "ALERT", "COMPLIANCE", "BUSINESS_UNIT", "GENERAL")


def search_assets(call: Call) -> Response:
    """The assets that one of the requests selects."""
    requests = [_asset_request(call, item) for item in list_of(call.body, "requests")]
    found = [asset for asset in call.org.assets.values() if any(request(asset) for request in requests)]
    return page(call, found, lambda asset: asset_object(call.org, asset), 20)


def _asset_request(call: Call, request: Any) -> Callable[[Asset], bool]:
    if not isinstance(request, dict):
        raise Invalid("requests must be a list of objects")
    names = texts_of(request, "types") + ([text_of(request, "type")] if request.get("type") is not None else [])
    if not names:
        raise Invalid("types is required")
    aliases = ALIASES if call.on("asset_type_aliases") else {}
    types = {aliases.get(name, name) for name in names}
    if not types <= set(ASSET_TYPES):
        raise Invalid(f"types must be of {', '.join(ASSET_TYPES)}")
    scope = _scope(call, request)
    unassigned = flag_of(request, "onlyUnassigned", False)
    filters = [_asset_filter(item) for item in list_of(request, "filters", required=False)]

    def selects(asset: Asset) -> bool:
        if asset.type not in types or (scope is not None and asset.id not in scope):
            return False
        if unassigned and call.org.is_assigned(asset):
            return False
        return not filters or any(matches(asset) for matches in filters)

    return selects


def _scope(call: Call, body: dict[str, Any]) -> set[str] | None:
    """Identifiers of the assets of a component or service, which wins, or of an application or environment."""
    org = call.org
    component, application = (_uuid(body, name) for name in ("componentServiceId", "applicationEnvironmentId"))
    if component:
        return {asset.id for asset in org.assets_of(org.components[component])} if component in org.components else set()
    if application:
        return {asset.id for asset in org.assets_in(org.applications[application])} if application in org.applications else set()
    return None


def _uuid(body: dict[str, Any], name: str) -> Any:
    value = text_of(body, name, required=False)
    if value is not None and not UUID.fullmatch(value):
        raise Invalid(f"{name} must be a UUID")
    return value


def _asset_filter(given_filter: Any) -> Callable[[Asset], bool]:
    """All fields of a filter must hold; fields that the service does not know are ignored."""
    if not isinstance(given_filter, dict):
        raise Invalid("filters must be a list of objects")
    checks: list[Callable[[Asset], bool]] = []
    for field, value in given_filter.items():
        if value is None:
            continue
        if field == "key":
            checks.append(_key_check(text_of(given_filter, field)))
        elif field == "cidr":
            checks.append(_network_check(text_of(given_filter, field)))
        elif field in ("locality", "resourceType", "tagKeys", "tagValues") or field in ATTRIBUTE_FILTERS:
            checks.append(_value_check(field, set(texts_of(given_filter, field))))
    return lambda asset: all(check(asset) for check in checks)


def _key_check(pattern: str) -> Callable[[Asset], bool]:
    return lambda asset: key_like(pattern, asset.key)


def _value_check(field: str, wanted: set[str]) -> Callable[[Asset], bool]:
    return lambda asset: bool(wanted & _values(asset, field))


def _network_check(network: str) -> Callable[[Asset], bool]:
    def inside(asset: Asset) -> bool:
        try:
            return in_network(asset, network)
        except ValueError:
            raise Invalid("cidr must be a valid CIDR range") from None

    return inside


def _values(asset: Asset, field: str) -> set[Any]:
    if field == "tagKeys":
        return {key for key, _value in asset.tags}
    if field == "tagValues":
        return {value for _key, value in asset.tags}
    if field == "locality":
        return {asset.locality}
    if field == "resourceType":
        return {asset.resource_type}
    return {asset.attributes.get(ATTRIBUTE_FILTERS[field])}


def get_asset(call: Call) -> Response:
    return JSONResponse(asset_object(call.org, _asset(call), single=True))


def _asset(call: Call) -> Asset:
    if call.parameters["id"] not in call.org.assets:
        raise NotFound("Asset")
    return call.org.assets[call.parameters["id"]]


def _assets(call: Call, error: ApiError) -> list[Asset]:
    """The asset of the path, or those of ``assetIds``: one that is not visible refuses the whole request."""
    if "id" in call.parameters:
        return [_asset(call)]
    identifiers = texts_of(call.body, "assetIds", required=True)
    if not set(identifiers) <= set(call.org.assets):
        raise error
    return [call.org.assets[identifier] for identifier in dict.fromkeys(identifiers)]


def put_asset_tags(call: Call) -> Response:
    assets, tags = _assets(call, NotFound("Asset")), tags_of(call.body, required=True)
    for asset in assets:
        for tag in tags:
            call.org.tag_id(tag)
            asset.tags.setdefault(tag, set()).add("REST_API_TAG")
    return Response(status_code=call.on("asset_tag_status"))


def remove_asset_tags(call: Call) -> Response:
    """Takes away what users and the REST tags own; scanners' and imports' tags stay (contract §4.6)."""
    assets, tags = _assets(call, ApiError(400, "Asset not found")), tags_of(call.body, required=True)
    return JSONResponse({"results": [_remove_tag(asset, tag) for asset in assets for tag in tags]})


def _remove_tag(asset: Asset, tag: Tag) -> dict[str, Any]:
    owners = asset.tags.get(tag)
    if owners is None:
        status = "NOT_FOUND"
    elif not owners & REMOVABLE:
        status = "PROTECTED"
    else:
        owners -= REMOVABLE
        status = "SOURCE_REMOVED" if owners else "DELETED"
    if owners is not None and not owners:
        del asset.tags[tag]
    return {"entityId": asset.id, "tag": {"key": tag[0], "value": tag[1]}, "status": status, "remainingOwnership": sorted(owners or ())}


def search_findings(call: Call) -> Response:
    checks = _finding_checks(call)
    found = [finding for finding in call.org.findings.values() if all(check(finding) for check in checks)]
    return page(call, found, lambda finding: finding_object(call, finding), 20)


def get_finding(call: Call) -> Response:
    if call.parameters["id"] not in call.org.findings:
        raise NotFound("Finding")
    return JSONResponse(finding_object(call, call.org.findings[call.parameters["id"]]))


def _finding_checks(call: Call) -> list[Callable[[Finding], bool]]:
    """One check for each filter that the body gives, besides those on tags."""
    org, body = call.org, call.body
    checks: list[Callable[[Finding], bool]] = []

    def add(name: str, value: Any, check: Callable[[Finding], bool]) -> None:
        if body.get(name) is not None and (not isinstance(value, (list, set)) or value):
            checks.append(check)

    scope = _scope(call, body)
    if scope is not None:
        checks.append(lambda f: f.asset in scope)
    asset = _uuid(body, "assetId")
    add("assetId", asset, lambda f: f.asset == asset)
    assigned = choice_of(body, "assetAssignedStatus", ("ASSIGNED", "UNASSIGNED"), required=False)
    add("assetAssignedStatus", assigned, lambda f: org.is_assigned(org.assets[f.asset]) == (assigned == "ASSIGNED"))
    localities = _choices(body, "assetLocalities", EXPOSURES)
    add("assetLocalities", localities, lambda f: org.assets[f.asset].locality in localities)
    kind = choice_of(body, "type", tuple(dict.fromkeys(FINDING_TYPES.values())), required=False)
    add("type", kind, lambda f: f.type == kind)
    scanners = texts_of(body, "scannerTypes")
    add("scannerTypes", scanners, lambda f: scanner_type(f) in scanners)
    states = _choices(body, "status", ("OPEN", "CLOSED"))
    add("status", states, lambda f: f.status in states)
    suggested, zero_day = flag_of(body, "suggestedToFix", False), flag_of(body, "zeroDayAlert", False)
    add("suggestedToFix", suggested, lambda f: f.suggested == suggested)
    add("zeroDayAlert", zero_day, lambda f: f.zero_day == zero_day)
    first, last = _day(body, "dateFrom"), _day(body, "dateTo")
    add("dateFrom", first, lambda f: f.opened >= first)
    add("dateTo", last, lambda f: f.opened <= last)
    for field, limit in (("severityScore", 1000), ("epssScore", 1)):
        low, high = _decimal(body, f"{field}From", limit), _decimal(body, f"{field}To", limit)
        add(f"{field}From", low, _range_check(field, low, limit))
        add(f"{field}To", high, _range_check(field, 0, high))
    cves = texts_of(body, "cves")
    if not all(cve.startswith("CVE-") for cve in cves):
        raise Invalid("cves must start with CVE-")
    add("cves", cves, lambda f: bool(set(cves) & set(f.cves)))
    tickets = texts_of(body, "workflowTicketStatuses")
    add("workflowTicketStatuses", tickets, lambda f: any(ticket["details"].get("status") in tickets for ticket in f.tickets))
    for name, target in (("slaBreach", "vulnerability"), ("workflowTicketSlaBreach", "workflowTicket")):
        wanted = choice_of(body, name, ("true", "false"), required=False)
        add(name, wanted, _sla_check(call, target, wanted == "true"))
    teams = texts_of(body, "teamIds")
    covered = {part for team in teams if team in org.teams for part in org.scope_of(org.teams[team])}
    add("teamIds", teams, lambda f: any(parent.id in covered for parent in org.parents_of(org.assets[f.asset])))
    return checks + _tag_checks(body)


def _range_check(field: str, low: float, high: float) -> Callable[[Finding], bool]:
    return lambda f: low <= (f.score if field == "severityScore" else f.epss) <= high


def _sla_check(call: Call, target: str, wanted: bool) -> Callable[[Finding], bool]:
    return lambda f: bool(sla(f, call.now)[target]["breach"] == wanted)


def _tag_checks(body: dict[str, Any]) -> list[Callable[[Finding], bool]]:
    """Categories only narrow the search by key and value."""
    keys, values = texts_of(body, "tagKeys"), texts_of(body, "tagValues")
    categories = _choices(body, "tagCategories", TAG_CATEGORIES) or TAG_CATEGORIES

    def tagged(finding: Finding) -> bool:
        tags = [tag for tag in finding.tags if tag[2] in categories]
        return (not keys or any(tag[0] in keys for tag in tags)) and (not values or any(tag[1] in values for tag in tags))

    return [tagged] if keys or values else []


def _choices(body: dict[str, Any], name: str, choices: tuple[str, ...]) -> list[str]:
    found = texts_of(body, name)
    if not set(found) <= set(choices):
        raise Invalid(f"{name} must be of {', '.join(choices)}")
    return found


def _day(body: dict[str, Any], name: str) -> str:
    text = text_of(body, name, required=False) or ""
    try:
        # Newer Pythons also read other forms: the day must come back as it was written.
        if text and date.fromisoformat(text).isoformat() != text:
            raise ValueError(text)
    except ValueError:
        raise Invalid(f"{name} must be a date of the form yyyy-MM-dd") from None
    return str(text)


def _decimal(body: dict[str, Any], name: str, limit: int) -> float:
    """A number, which the vendor's OpenAPI types as a string; both are taken."""
    if body.get(name) is None:
        return 0.0
    try:
        value = -1.0 if isinstance(body[name], bool) else float(body[name])
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= limit:
        raise Invalid(f"{name} must be a number from 0 to {limit}")
    return value


def campaign_stats(call: Call) -> Response:
    """The daily snapshot of a campaign, null before the first one."""
    campaign = call.org.campaigns.get(call.parameters["id"])
    if campaign is None:
        raise NotFound("Campaign")
    return JSONResponse({"id": campaign.id, "name": campaign.name, "stats": campaign.stats})


FINDING_PATHS = ("/v1/findings", "/v1/vulnerabilities")
"""Two names of the same resource."""

ROUTES: Routes = [
    ("/v1/assets", {"POST": search_assets}),
    ("/v1/assets/tags", {"PUT": put_asset_tags, "PATCH": remove_asset_tags}),
    ("/v1/assets/{id}", {"GET": get_asset}),
    ("/v1/assets/{id}/tags", {"PUT": put_asset_tags, "PATCH": remove_asset_tags}),
    ("/v1/campaigns/{id}/stats", {"GET": campaign_stats}),
]
for path in FINDING_PATHS:
    ROUTES += [(path, {"POST": search_findings}), (f"{path}/{{id}}", {"GET": get_finding})]
