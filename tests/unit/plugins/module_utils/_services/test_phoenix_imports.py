# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports: checked before they are sent, split only where that closes nothing, never sent twice, and waited for."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_imports import parts
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_uploads import without_files
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins._phoenix import Run, run

__all__ = ["run"]

SCAN = {"asset_type": "INFRA", "name": "Workshop scan"}
TELNET = {"name": "Telnet is open", "description": "Port 23 answers", "remedy": "Turn it off", "severity": "7.5"}
HOST: dict[str, Any] = {"attributes": {"ip": "10.40.8.77", "hostname": "press-07"}, "tags": [{"value": "press"}], "findings": [TELNET]}
BOM: dict[str, Any] = {
    "bomFormat": "CycloneDX",
    "components": [{"group": "org.example", "name": "parser", "version": "2.4.1"}],
    "vulnerabilities": [{"id": "CVE-2026-1", "ratings": [{"score": 9.1}]}],
}


def encoded(data: Any) -> str:
    return base64.b64encode(json.dumps(data).encode()).decode()


def findings(run: Run, name: str) -> list[dict[str, Any]]:
    run.simulated.advance(5)
    return [finding for finding in run.state("findings") if finding["name"] == name]


# Assets


@pytest.mark.parametrize("switches", [{}, {"import_status": 201, "import_response": "json"}])
def test_assets_are_imported(run: Run, switches: dict[str, Any]) -> None:
    run.simulated.switch(**switches)
    options = {"import_type": "delta", "assessment": SCAN, "assets": [HOST]}
    told = run.good("import", check=True, **options)
    assert told["changed"] and run.calls() == []
    done = run.good("import", **options)
    assert (done["requests"], done["assets"], done["findings"]) == (1, 1, 1) == (told["requests"], told["assets"], told["findings"])
    assert done["answers"] == ([{"status": "accepted"}] if switches else [])
    assert run.calls() == ["POST import/assets"] and [finding["score"] for finding in findings(run, "Telnet is open")] == [750]
    run.good("import", **{**options, "import_type": "merge", "assets": [{**HOST, "findings": []}]})
    assert [finding["status"] for finding in findings(run, "Telnet is open")] == ["CLOSED"]


@pytest.mark.parametrize("suffix", ["json", "yml"])
def test_assets_come_from_a_file(run: Run, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"scan.{suffix}"
    file.write_text(json.dumps({"importType": "delta", "assessment": {"assetType": "INFRA", "name": "From a file"}, "assets": [HOST]}), encoding="utf-8")
    assert run.good("import", src=str(file))["assets"] == 1
    assert findings(run, "Telnet is open")[0]["assessment"] == "From a file"
    run.good("import", src=str(file), import_type="new", assessment={"name": "By option"})
    assert {finding["assessment"] for finding in findings(run, "Telnet is open")} == {"From a file", "By option"}


@pytest.mark.parametrize(("options", "text"), [
    ({"import_type": None}, "needs import_type"),
    ({"assessment": {"name": "x"}}, "needs assessment.asset_type"),
    ({"assessment": {"asset_type": "INFRA"}}, "needs assessment.name"),
    ({"assets": []}, "the import has no assets"),
    ({"import_type": "merge", "assets": []}, "would close all findings of the assessment"),
    ({"assets": [HOST, {"attributes": {"ip": "10.0.0.1"}}]}, "asset 2 has no hostname among its attributes"),
    ({"assets": [{"findings": []}]}, "asset 1 has no attributes"),
    ({"assets": [{**HOST, "findings": [{**TELNET, "severity": "11"}]}]}, "whose severity is not 1.0 to 10.0"),
    ({"assessment": {"asset_type": "CLOUD", "name": "x"}, "assets": [{"attributes": {"providerType": "AZURE", "providerAccountId": "1"}}]}, "has no region"),
    ({"assessment": {"asset_type": "WEB", "name": "x"}}, None),
    ({"assets": [{**HOST, "attributes": {}}] * 9}, "and 4 more"),
])  # fmt: skip
def test_what_the_service_would_refuse_is_found_before(run: Run, options: dict[str, Any], text: str | None) -> None:
    options = {name: value for name, value in {"import_type": "delta", "assessment": SCAN, "assets": [HOST], **options}.items() if value is not None}
    if text is None:
        assert run.good("import", **options)["changed"]
    else:
        run.refused("import", text, **options)
        assert run.calls() == []


def test_a_large_delta_is_split_and_nothing_else_is(run: Run) -> None:
    limit = 4000
    run.simulated.switch(max_body=limit)
    many = [{"attributes": {"ip": f"10.1.0.{n}", "hostname": f"host-{n}"}, "findings": [{**TELNET, "name": f"Ä {n} {f}"} for f in range(n)]} for n in range(12)]
    big = {"attributes": {"ip": "10.2.0.1", "hostname": "big"}, "findings": [{**TELNET, "name": f"big {f}"} for f in range(90)]}
    options = {"assessment": SCAN, "assets": [*many, big], "request_limit": limit}
    run.refused("import", "would close the findings of the others", import_type="merge", **options)
    assert run.calls() == []
    done = run.good("import", import_type="delta", **options)
    sent = run.simulated.journal("import/assets")
    assert done["requests"] == len(sent) > 4 and max(entry["size"] for entry in sent) <= limit and {entry["status"] for entry in sent} == {200}
    run.simulated.advance(5)
    assert len([finding for finding in run.state("findings") if finding["assessment"] == "Workshop scan"]) == 66 + 90
    lonely = {**HOST, "findings": [{**TELNET, "description": "x" * limit}]}
    run.refused("import", "with no more than one finding", import_type="delta", **{**options, "assets": [lonely]})


def test_the_gateway_refuses_what_is_too_large(run: Run) -> None:
    run.simulated.switch(max_body=300)
    assert "at most about 10 MB" in run.refused("import", "HTTP 413", import_type="new", assessment=SCAN, assets=[HOST] * 3)["msg"]


def test_how_far_an_import_came_is_told(run: Run) -> None:
    many = [{"attributes": {"ip": f"10.1.0.{n}", "hostname": f"host-{n}"}} for n in range(30)]
    run.simulated.fault("status", "import/assets", status=500, skip=1)
    result = run.refused("import", "1 of 3 parts", import_type="delta", assessment=SCAN, assets=many, request_limit=900)
    assert (result["changed"], result["requests"]) == (True, 1)


def test_an_import_that_may_have_arrived_is_not_repeated(run: Run) -> None:
    run.simulated.fault("status", "import/assets", status=503)
    run.refused("import", "HTTP 503", import_type="delta", assessment=SCAN, assets=[HOST])
    run.simulated.fault("reset_after", "import/assets")
    run.refused("import", "may have carried the request out", import_type="delta", assessment=SCAN, assets=[HOST])
    assert run.calls() == ["POST import/assets"] * 2
    # What was refused because of too many requests was not taken.
    run.simulated.fault("status", "import/assets", status=429)
    assert run.good("import", import_type="delta", assessment=SCAN, assets=[HOST])["changed"] and run.waits == [5.0]


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(max_size=30), max_size=6), min_size=1, max_size=12), st.integers(400, 900))
def test_parts_have_everything_once_and_fit(names: list[list[str]], limit: int) -> None:
    assets: list[dict[str, Any]] = [
        {"attributes": {"hostname": f"h{n}"}, "findings": [{"name": name, "number": f} for f, name in enumerate(found)]} for n, found in enumerate(names)
    ]
    body = {"importType": "delta", "assessment": {"name": "x"}, "assets": assets}
    found = parts(body, limit)
    assert all(len(json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()) <= limit for part in found)
    assert all({name: part[name] for name in body if name != "assets"} == {name: body[name] for name in body if name != "assets"} for part in found)
    merged: dict[str, list[Any]] = {}
    for part in found:
        for asset in part["assets"]:
            merged.setdefault(asset["attributes"]["hostname"], []).extend(asset["findings"])
    assert merged == {asset["attributes"]["hostname"]: asset["findings"] for asset in assets}


# Files


def test_a_report_is_waited_for(run: Run) -> None:
    run.simulated.switch(import_seconds=30)
    options = {"content": encoded(BOM), "file_name": "cart.json", "scan_type": "CycloneDX Scan", "import_type": "new", "assessment": {"name": "Scan of cart"},
               "artefact": {"type": "CONTAINER", "container_name": "cart", "container_version": "1.2"}, "repository": "northwind/cart"}  # fmt: skip
    assert run.good("import", check=True, **options)["changed"] and run.calls() == []
    done = run.good("import", **options)
    assert (done["changed"], done["status"]) == (True, "IMPORTED") and 25 <= sum(run.waits) <= 45 and max(run.waits) <= 10
    (finding,) = [finding for finding in run.state("findings") if finding["name"] == "CVE-2026-1"]
    assert (finding["score"], finding["assessment"]) == (910, "Scan of cart")
    assert run.good("import", **options, auto_import=False)["status"] == "READY_FOR_IMPORT"
    started = run.good("import", **options, wait=False)
    assert (started["changed"], started["status"]) == (True, "TRANSLATING") and started["request_id"]


def test_a_report_that_fails_or_takes_too_long(run: Run) -> None:
    options = {"content": encoded({}), "scan_type": "Trivy Scan", "import_type": "merge", "assessment": {"name": "Trivy"}}
    run.simulated.act("set_import_outcome", outcome="ERROR", error="Unknown format")
    failed = run.refused("import", "failed: Unknown format", **options)
    assert (failed["error"]["kind"], failed["status"]) == ("job_failed", "ERROR")
    run.simulated.act("set_import_outcome", outcome="TRANSLATING")
    late = run.refused("import", "still TRANSLATING after 60 seconds", **options, wait_timeout=60)
    assert (late["error"]["kind"], late["changed"]) == ("timed_out", True) and late["request_id"]


def test_a_bill_of_materials_is_imported_once(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bom.json"
    file.write_text(json.dumps(BOM), encoding="utf-8")
    options: dict[str, Any] = {"sbom_file": str(file), "repository": "northwind/cart", "artefact": {"build_file": "pom.xml"}}
    told = run.good("import", check=True, **options)
    assert told["changed"] and "Only the service knows" in told["warnings"][0]
    first, second = (run.good("import", **options) for _task in range(2))
    assert (first["changed"], second["changed"]) == (True, False)
    assert first["request_id"] == second["request_id"] and first["idempotency_key"] == second["idempotency_key"] == told["idempotency_key"]
    assert len(run.state("imports")) == 1 and {entry["headers"]["idempotency-key"] for entry in run.simulated.journal("sboms$")} == {first["idempotency_key"]}
    assert run.good("import", **{**options, "repository": "northwind/other"})["changed"]
    assert run.good("import", **options, idempotency_key="again")["changed"] and len(run.state("imports")) == 3


def test_a_bill_of_materials_is_sent_again_after_a_broken_connection(run: Run) -> None:
    for kind, fault in (("reset_after", {}), ("reset", {}), ("status", {"status": 503})):
        run.simulated.fault(kind, "sboms$", **fault)
        assert run.good("import", content=encoded({**BOM, "serialNumber": kind}))["status"] == "IMPORTED"
    assert len(run.state("imports")) == 3


def test_a_bill_of_materials_that_failed_stays_failed_until_it_has_another_key(run: Run) -> None:
    run.simulated.act("set_import_outcome", outcome="ERROR", error="Bad document")
    for _task in range(2):
        assert "set idempotency_key" in run.refused("import", "failed: Bad document", content=encoded(BOM))["msg"]
    assert run.good("import", content=encoded(BOM), idempotency_key="second")["status"] == "IMPORTED"


@pytest.mark.parametrize(("options", "text"), [
    ({"content": "%%%"}, "content is not base64"),
    ({"content": ""}, "is empty"),
    ({"content": encoded({"a": 1})}, "is not a CycloneDX document"),
    ({"content": encoded(BOM), "artefact": {"type": "CONTAINER"}}, "needs container_name"),
    ({"content": encoded(BOM), "artefact": {"container_digest": "sha256:1"}}, "container_digest"),
    ({"content": encoded(BOM), "artefact": {"build_file": "../pom.xml"}}, "not a relative path"),
    ({"content": encoded(BOM), "scan_type": "Trivy Scan"}, "needs import_type and assessment.name"),
    ({"content": encoded(BOM), "request_limit": 300}, "a file cannot be split"),
    ({"sbom_file": "/nowhere/bom.json"}, "cannot be read"),
])  # fmt: skip
def test_a_file_that_cannot_be_sent(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("import", text, **options)
    assert run.calls() == []


def test_what_is_taken_without_an_id_cannot_be_waited_for(run: Run) -> None:
    run.simulated.fault("body", "sboms$", body="")
    done = run.good("import", content=encoded(BOM))
    assert done["changed"] and "gave no id" in done["warnings"][0]


def test_files_are_read_before_a_module_is_sent_elsewhere(tmp_path: Path) -> None:
    report, data = tmp_path / "r.json", tmp_path / "d.json"
    report.write_bytes(b"\x00report")
    data.write_text(json.dumps({"assets": [HOST], "importType": "new", "assessment": {"assetType": "INFRA", "name": "x"}}), encoding="utf-8")
    empty: dict[str, Any] = dict.fromkeys(("src", "scan_file", "sbom_file", "file_name", "import_type", "assessment"))
    sent = without_files({**empty, "scan_file": str(report)})
    assert (base64.b64decode(sent["content"]), sent["file_name"], sent["scan_file"]) == (b"\x00report", "r.json", None)
    moved = without_files({**empty, "src": str(data), "assessment": {"name": "y", "asset_type": None, "asset_sub_type": None}})
    assert (moved["assets"], moved["import_type"], moved["assessment"]["name"], moved["assessment"]["asset_type"]) == ([HOST], "new", "y", "INFRA")
