# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports of the Phoenix simulator: accepted at once, in the data later (contract §4.6).

A file is translated for real when it is a CycloneDX document (its components and vulnerabilities); of any other report
only the target asset is made. No scanner runs here: a bill of materials without vulnerabilities brings no findings.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

from ._phoenix_model import FINDING_TYPES, Asset, Finding, ImportJob, Organisation
from ._phoenix_shapes import today
from ._phoenix_wire import (
    ApiError,
    Call,
    Invalid,
    NotFound,
    Routes,
    choice_of,
    list_of,
    object_of,
    tags_of,
    text_of,
    texts_of,
)

IMPORT_TYPES = ("new", "merge", "delta")
ASSESSMENT_TYPES = {
    "INFRA": "INFRA",
    "WEB": "WEBSITE_API",
    "CLOUD": "CLOUD",
    "CONTAINER": "CONTAINER",
    "REPOSITORY": "REPOSITORY",
    "CODE": "SOURCE_CODE",
    "BUILD": "BUILD",
}
"""Asset types of an import, with the names that the same types have elsewhere."""
REQUIRED = {
    "INFRA": ("ip", "hostname"),
    "WEB": (),
    "CLOUD": ("providerType", "providerAccountId"),
    "CONTAINER": ("dockerfile",),
    "REPOSITORY": ("repository",),
    "CODE": ("scannerSource",),
    "BUILD": ("buildFile",),
}
KEYS = {
    "INFRA": ("hostname",),
    "WEB": ("fqdn", "ip"),
    "CLOUD": ("providerResourceId", "providerAccountId"),
    "CONTAINER": ("dockerfile",),
    "REPOSITORY": ("repository",),
    "CODE": ("scannerSource",),
    "BUILD": ("buildFile",),
}
"""The attributes that make the key of an asset: the first that is given."""
PROVIDERS = ("AWS", "AZURE", "GCP")
ARTEFACT_TYPES = ("BUILD_FILE", "CONTAINER")
SEVERITIES = {"critical": 9.5, "high": 8.0, "medium": 5.5, "low": 2.5}


def import_assets(call: Call) -> Response:
    """Takes a report; what it changes is seen after the switch's ``import_seconds``."""
    body = call.body
    kind = choice_of(body, "importType", IMPORT_TYPES)
    assessment = object_of(body, "assessment")
    asset_type = choice_of(assessment, "assetType", tuple(ASSESSMENT_TYPES))
    name = text_of(assessment, "name", limits=(1, 255))
    assets = [_checked_asset(item, asset_type) for item in list_of(body, "assets")]
    enqueue(call, "assets", {"importType": kind, "assessment": name, "assetType": asset_type, "assets": assets})
    if call.on("import_response") == "json":
        return JSONResponse({"status": "accepted"}, call.on("import_status"))
    return Response(status_code=call.on("import_status"))


def _checked_asset(item: Any, asset_type: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise Invalid("assets must be a list of objects")
    attributes = object_of(item, "attributes")
    for name in (*REQUIRED[asset_type], *KEYS[asset_type]):
        text_of(attributes, name, required=name in REQUIRED[asset_type])
    if asset_type == "WEB" and not (attributes.get("ip") or attributes.get("fqdn")):
        raise Invalid("ip or fqdn is required")
    if asset_type == "CLOUD" and choice_of(attributes, "providerType", PROVIDERS) == "AZURE":
        text_of(attributes, "region")
    software = list_of(item, "installedSoftware", required=False)
    for entry in software:
        if not isinstance(entry, dict):
            raise Invalid("installedSoftware must be a list of objects")
        for name in ("vendor", "name", "version"):
            text_of(entry, name)
    return {
        "id": text_of(item, "id", required=False),
        "attributes": attributes,
        "tags": tags_of(item),
        "software": software,
        "findings": [_checked_finding(finding, asset_type) for finding in list_of(item, "findings", required=False)],
    }


def _checked_finding(item: Any, asset_type: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise Invalid("findings must be a list of objects")
    published = text_of(item, "publishedDateTime", required=False)
    try:
        opened = datetime.strptime(published, "%Y:%m:%d %H:%M:%S").date().isoformat() if published else None
    except ValueError:
        raise Invalid("publishedDateTime must be of the form YYYY:MM:DD HH:MM:SS") from None
    cwes = texts_of(item, "cwes")
    if not all(re.fullmatch(r"CWE-[0-9]+", cwe) for cwe in cwes):
        raise Invalid("cwes must be of the form CWE-xxxx")
    return {
        "name": text_of(item, "name"),
        "description": text_of(item, "description", limits=(1, 1 << 20)),
        "remedy": text_of(item, "remedy", limits=(1, 1 << 20)),
        "score": _score(item.get("severity")),
        "location": text_of(item, "location", required=asset_type == "CODE") or "",
        "references": texts_of(item, "referenceIds"),
        "cwes": cwes,
        "opened": opened,
        "details": object_of(item, "details", required=False) or {},
    }


def _score(severity: Any) -> int:
    """Severity 1.0 to 10.0, a string or a number (contract §3.3), as a score to 1000."""
    try:
        value = float(severity) if isinstance(severity, (str, int, float)) and not isinstance(severity, bool) else 0.0
    except ValueError:
        value = 0.0
    if not 1.0 <= value <= 10.0:
        raise Invalid("severity must be from 1.0 to 10.0")
    return round(value * 100)


def translate(call: Call) -> Response:
    name, content = _file(call)
    kind = choice_of(call.fields, "importType", IMPORT_TYPES)
    automatic = choice_of(call.fields, "autoImport", ("true", "false"), required=False) != "false"
    scan_type, assessment = (text_of(call.fields, field, limits=(1, 255)) for field in ("scanType", "assessmentName"))
    report = {"importType": kind, "assessment": assessment, "scanType": scan_type, **_artefact(call.fields, name)}
    job = enqueue(call, "translate", report, content, automatic)
    return JSONResponse({"id": job.id, "status": job.status(call.now)})


def import_sbom(call: Call) -> Response:
    """Takes a CycloneDX file; the same ``Idempotency-Key`` again gives the first request's answer."""
    key = call.request.headers.get("idempotency-key")
    if key and key in call.org.idempotency:
        job = call.org.jobs[call.org.idempotency[key]]
        return JSONResponse({"id": job.id, "status": job.status(call.now)})
    name, content = _file(call)
    kind = choice_of(call.fields, "importType", IMPORT_TYPES, required=False) or "new"
    assessment = text_of(call.fields, "assessmentName", required=False, limits=(1, 255)) or name
    report = {"importType": kind, "assessment": assessment, "scanType": "PhxSbomSca:sbom", **_artefact(call.fields, name)}
    job = enqueue(call, "sbom", report, content)
    if key:
        call.org.idempotency[key] = job.id
    return JSONResponse({"id": job.id, "status": job.status(call.now)})


def _file(call: Call) -> tuple[str, bytes]:
    if not call.request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ApiError(415, "Unsupported Media Type")
    if "file" not in call.files or not call.files["file"][1]:
        raise Invalid("file is required")
    return call.files["file"]


def _artefact(fields: dict[str, str], file_name: str) -> dict[str, Any]:
    """The asset that a file speaks of: a build file, unless the form describes a container."""
    kind = (fields.get("artefactType") or "BUILD_FILE").upper()
    repository = {"repository": fields["repository"]} if fields.get("repository") else {}
    if kind not in ARTEFACT_TYPES:
        raise Invalid(f"artefactType must be one of {', '.join(ARTEFACT_TYPES)}")
    if kind == "CONTAINER":
        image = text_of(fields, "containerName") + (f":{fields['containerVersion']}" if fields.get("containerVersion") else "")
        digest = fields.get("containerDigest", "")
        if digest and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise Invalid("containerDigest must be of the form sha256:<64 hexadecimal digits>")
        return {"assetType": "CONTAINER", "attributes": {"dockerfile": image, **repository}}
    build = fields.get("buildFile") or fields.get("scanTarget") or file_name
    if fields.get("buildFile") and (build.startswith("/") or ".." in build.split("/")):
        raise Invalid("buildFile must be a relative path")
    return {"assetType": "BUILD", "attributes": {"buildFile": build, **repository}}


def get_status(kind: str) -> Any:
    """The handler that tells the state of a request of this kind."""

    def status(call: Call) -> Response:
        job = call.org.jobs.get(call.parameters["id"])
        if job is None or job.kind != kind:
            raise NotFound("Import request")
        state = job.status(call.now)
        return JSONResponse({"status": state, **({"error": job.error} if state == "ERROR" else {})})

    return status


def translated(report: dict[str, Any], content: bytes) -> dict[str, Any]:
    """The report with the assets that a file brings. Raises ``ValueError`` if a CycloneDX file cannot be read."""
    asset = {"id": None, "attributes": report["attributes"], "tags": [], "software": [], "findings": []}
    if "cyclonedx" in report["scanType"].lower() or report["scanType"].startswith("PhxSbomSca:"):
        document = json.loads(content)
        if not isinstance(document, dict) or document.get("bomFormat") != "CycloneDX":
            raise ValueError("not a CycloneDX document")
        asset["software"] = [
            {"vendor": c.get("group") or c.get("name"), "name": c.get("name"), "version": c.get("version")} for c in document.get("components", [])
        ]
        asset["findings"] = [_vulnerability(item) for item in document.get("vulnerabilities", [])]
    return {**report, "assets": [asset]}


def _vulnerability(item: dict[str, Any]) -> dict[str, Any]:
    ratings = item.get("ratings", [])
    scores = [float(r["score"]) for r in ratings if "score" in r] or [SEVERITIES.get(r.get("severity", ""), 1.0) for r in ratings] or [1.0]
    return {
        "name": item["id"],
        "description": item.get("description") or item["id"],
        "remedy": item.get("recommendation") or "",
        "score": round(max(scores) * 100),
        "location": next((affected.get("ref", "") for affected in item.get("affects", [])), ""),
        "references": [item["id"]],
        "cwes": [f"CWE-{number}" for number in item.get("cwes", [])],
        "opened": None,
        "details": {},
    }


def apply_report(org: Organisation, report: dict[str, Any], now: float) -> None:
    """Brings a report into the data; ``new`` and ``merge`` close what the assessment no longer has (contract §4.6)."""
    assessment = report["assessment"]
    day = today(now).isoformat()
    previous = {(f.asset, f.name, f.location): f for f in org.findings.values() if f.assessment == assessment}
    seen = set()
    for item in report["assets"]:
        asset = _upsert_asset(org, item, report["assetType"])
        for entry in item["findings"]:
            identity = (asset.id, entry["name"], entry["location"])
            seen.add(identity)
            known = previous.get(identity)
            if known and report["importType"] == "new":
                org.remove_finding(known)
                known = None
            if known:
                known.score, known.description, known.remedy, known.details = entry["score"], entry["description"], entry["remedy"], entry["details"]
                known.status, known.closed = "OPEN", None
            else:
                previous[identity] = org.add_finding(_finding(org, asset, entry, assessment, day))
    if report["importType"] != "delta":
        for identity, finding in previous.items():
            if identity not in seen and finding.status == "OPEN":
                finding.status, finding.closed = "CLOSED", day


def _upsert_asset(org: Organisation, item: dict[str, Any], asset_type: str) -> Asset:
    kind, attributes = ASSESSMENT_TYPES[asset_type], item["attributes"]
    key = next(attributes[name] for name in KEYS[asset_type] if attributes.get(name))
    asset = org.assets.get(item["id"] or "") or org.asset_by_key(kind, key)
    if asset is None:
        locality = "EXTERNAL" if kind == "WEBSITE_API" else "INTERNAL"
        asset = org.add_asset(Asset(org.new_id("asset"), kind, key, key, kind, locality, "Phoenix Import", {}))
    asset.attributes.update(attributes)
    for tag in item["tags"]:
        org.tag_id(tag)
        asset.tags.setdefault(tag, set()).add("REST_API_IMPORT")
    asset.software = item["software"] or asset.software
    return asset


def _finding(org: Organisation, asset: Asset, entry: dict[str, Any], assessment: str, day: str) -> Finding:
    return Finding(
        id=org.new_id("finding"),
        asset=asset.id,
        name=entry["name"],
        score=entry["score"],
        type=FINDING_TYPES[asset.type],
        opened=entry["opened"] or day,
        description=entry["description"],
        remedy=entry["remedy"],
        location=entry["location"],
        cves=[reference for reference in entry["references"] if reference.startswith("CVE-")],
        assessment=assessment,
        details={**entry["details"], **({"cwes": entry["cwes"]} if entry["cwes"] else {})},
    )


def settle(org: Organisation, now: float) -> None:
    """Applies the imports whose time has come."""
    for job in org.jobs.values():
        if not job.applied and job.status(now) == "IMPORTED":
            job.applied = True
            apply_report(org, job.report, job.due)


def enqueue(call: Call, kind: str, report: dict[str, Any], content: bytes | None = None, automatic: bool = True) -> ImportJob:
    """Accepts an import; it is translated after half of ``import_seconds`` and in the data after all of them."""
    outcome, error = call.sim.next_outcome()
    if content is not None:
        try:
            report = translated(report, content)
        except (ValueError, KeyError, TypeError, AttributeError):
            outcome, error = "ERROR", "The file could not be translated"
    seconds = call.on("import_seconds")
    job = ImportJob(call.org.new_id("import"), kind, call.now + seconds / 2, call.now + seconds, report, outcome, error, automatic)
    call.org.jobs[job.id] = job
    return job


ROUTES: Routes = [
    ("/v1/import/assets", {"POST": import_assets}),
    ("/v1/import/assets/file/translate", {"POST": translate}),
    ("/v1/import/assets/file/translate/request/{id}", {"GET": get_status("translate")}),
    ("/v1/import/sboms", {"POST": import_sbom}),
    ("/v1/import/sboms/{id}", {"GET": get_status("sbom")}),
]
