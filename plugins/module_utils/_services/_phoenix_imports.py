# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Imports of assets with findings: checked here first, and split where the gateway's limit asks for it and the import type allows it (contract §4.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import ConnectionFailed, InvalidInput, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import json_or_none, number
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import SHOWN, refused_before
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

REQUIRED = {
    "INFRA": ("ip", "hostname"),
    "WEB": (),
    "CLOUD": ("providerType", "providerAccountId"),
    "CONTAINER": ("dockerfile",),
    "REPOSITORY": ("repository",),
    "CODE": ("scannerSource",),
    "BUILD": ("buildFile",),
}
"""Asset types of an import, with the attributes that an asset must have."""
SEVERITY = (1.0, 10.0)
Data = dict[str, Any]


def carry_out(phoenix: Phoenix, params: Mapping[str, Any], given: Mapping[str, Any], check_mode: bool) -> Data:
    """Imports the assets of a module's options, or of a file (``given``); in check mode only checks them. What was sent, for the task's result."""
    body = import_body(params, given)
    check(body, phoenix.title)
    bodies = parts(body, params["request_limit"])
    found = {"requests": len(bodies), "assets": len(body["assets"]), "findings": sum(len(asset.get("findings") or []) for asset in body["assets"])}
    return found if check_mode else {**found, "answers": [answer for answer in send(phoenix, bodies) if answer]}


def import_body(params: Mapping[str, Any], given: Mapping[str, Any]) -> Data:
    """The body of an import: ``given`` is a file with ``assets``, which may be a whole body; options go before it. Raises ``InvalidInput``."""
    options = params["assessment"] or {}
    names = {"asset_type": "assetType", "name": "name", "asset_sub_type": "assetSubType"}
    assessment = {**(given.get("assessment") or {}), **{names[name]: value for name, value in options.items() if value is not None}}
    body = {
        "importType": params["import_type"] or given.get("importType"),
        "assessment": assessment,
        "assets": given["assets"] if params["assets"] is None and "assets" in given else params["assets"],
    }
    missing = [what for what, value in (("import_type", body["importType"]), ("assessment.name", assessment.get("name"))) if not value]
    missing += ["assessment.asset_type"] if not assessment.get("assetType") else []
    if missing:
        raise InvalidInput(f"an import of assets needs {' and '.join(missing)}")
    if assessment["assetType"] not in REQUIRED:
        raise InvalidInput(f"{assessment['assetType']!r} is not a type of assets that can be imported", hint=f"There are {', '.join(REQUIRED)}.")
    if not isinstance(body["assets"], list) or not all(isinstance(asset, dict) for asset in body["assets"]):
        raise InvalidInput("assets is not a list of objects")
    if not body["assets"] and not params["allow_empty"]:
        closes = "" if body["importType"] == "delta" else f", and one of type {body['importType']} would close all findings of the assessment"
        raise InvalidInput(f"the import has no assets{closes}", hint="If that is what you want, set allow_empty: true.")
    return body


def check(body: Mapping[str, Any], title: str) -> None:
    """Raises ``InvalidInput`` with what the service would refuse: it takes all of an import or nothing, and may tell nothing about why."""
    kind, problems = body["assessment"]["assetType"], []
    for place, asset in enumerate(body["assets"], 1):
        problems += [f"asset {place} {problem}" for problem in _asset_problems(asset, kind)]
    if problems:
        more = f" and {len(problems) - SHOWN} more" if len(problems) > SHOWN else ""
        error = refused_before(problems[:SHOWN], title)
        error.message += more
        raise error


def _asset_problems(asset: Mapping[str, Any], kind: str) -> Iterator[str]:
    attributes = asset.get("attributes")
    if not isinstance(attributes, dict):
        yield "has no attributes"
        return
    missing = [name for name in REQUIRED[kind] if not attributes.get(name)]
    if kind == "CLOUD" and attributes.get("providerType") == "AZURE" and not attributes.get("region"):
        missing.append("region")
    if kind == "WEB" and not (attributes.get("ip") or attributes.get("fqdn")):
        missing.append("ip or fqdn")
    if missing:
        yield f"has no {' and no '.join(missing)} among its attributes"
    for finding in asset.get("findings") or []:
        severity = number(finding.get("severity")) if isinstance(finding, dict) else None
        if severity is None or not SEVERITY[0] <= severity <= SEVERITY[1]:
            name = finding.get("name") if isinstance(finding, dict) else finding
            yield f"has a finding {str(name)[:60]!r} whose severity is not {SEVERITY[0]} to {SEVERITY[1]}"


def parts(body: Mapping[str, Any], limit: int) -> list[Data]:
    """The body as requests within the limit. Raises ``InvalidInput`` where it cannot be split."""
    if _size(body) <= limit:
        return [dict(body)]
    if body["importType"] != "delta":
        raise InvalidInput(
            f"the import has {_size(body)} bytes, and the gateway takes {limit}; an import of type {body['importType']} cannot be split, because each part "
            "would close the findings of the others",
            hint="Import it as delta, which closes nothing and is split, or as several assessments.",
        )
    rest = limit - _size({**body, "assets": []})
    groups: list[list[Data]] = [[]]
    used = 0
    for asset in body["assets"]:
        for part in _asset_parts(asset, rest):
            size = _size(part) + 1
            if groups[-1] and used + size > rest:
                groups.append([])
                used = 0
            groups[-1].append(part)
            used += size
    return [{**body, "assets": group} for group in groups]


def _asset_parts(asset: Mapping[str, Any], limit: int) -> Iterator[Data]:
    """An asset that fits, or the same asset several times with some of its findings each: a delta adds them up."""
    findings = asset.get("findings") or []
    if _size(asset) + 1 <= limit:
        yield dict(asset)
    elif len(findings) > 1:
        middle = len(findings) // 2
        for half in (findings[:middle], findings[middle:]):
            yield from _asset_parts({**asset, "findings": half}, limit)
    else:
        attributes = ", ".join(f"{name} {value}" for name, value in list((asset.get("attributes") or {}).items())[:3])
        raise InvalidInput(f"an asset ({attributes}) has {_size(asset)} bytes with no more than one finding, and the gateway takes {limit}")


def _size(data: Any) -> int:
    return len(json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode())


def send(phoenix: Phoenix, bodies: Sequence[Data]) -> list[Any]:
    """Sends the parts of an import and returns the answers, which may be nothing. An error says how many were taken."""
    answers: list[Any] = []
    for body in bodies:
        try:
            # Sending it twice would import it twice (contract §4.6).
            answer = phoenix.call("POST", "import/assets", json_body=body, expect=(200, 201, 202), repeat=False)
        except TokenflowError as error:
            if len(bodies) > 1:
                error.message = f"{len(answers)} of {len(bodies)} parts of the import were taken, the next one was not: {error.message}"
            arrived = isinstance(error, ConnectionFailed) and error.may_have_arrived
            error.details = {**error.details, "changed": bool(answers) or arrived, "requests": len(answers)}
            raise
        answers.append(json_or_none(answer) if answer.content else None)
    return answers
