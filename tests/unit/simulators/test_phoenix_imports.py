# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports of the Phoenix simulator: reports, files and bills of materials (contract §4.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.simulators.phoenix import PhoenixSimulator

from ._phoenix import MISSING, Tenant, api, asset, assets, other, simulator

__all__ = ["api", "other", "simulator"]

FINDING = {"name": "Open port", "description": "Telnet is open.", "remedy": "Close it", "severity": "7.5", "referenceIds": ["CVE-2026-1", "GHSA-2"]}


def report(kind: str = "merge", *findings_: dict[str, Any], asset_type: str = "INFRA", **more: Any) -> dict[str, Any]:
    attributes = more.pop("attributes", {"ip": "10.40.9.77", "hostname": "bench-77"})
    item = {"attributes": attributes, "findings": list(findings_), **more}
    return {"importType": kind, "assessment": {"assetType": asset_type, "name": "Plant scan"}, "assets": [item]}


def imported(api: Tenant) -> dict[str, str]:
    return {item["name"]: item["status"] for item in api.state("findings") if item["assessment"] == "Plant scan"}


def test_an_import_takes_effect_later(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(import_seconds=60)
    software = [{"vendor": "busybox", "name": "busybox", "version": "1.37.0"}]
    body = report("new", FINDING, tags=[{"key": "line", "value": "2"}], installedSoftware=software)
    answer = api.request("POST", "import/assets", body)
    assert (answer.status_code, answer.content) == (200, b"")
    assert imported(api) == {}
    assert assets(api, filters=[{"hostnames": ["bench-77"]}]) == []
    simulator.advance(59)
    assert imported(api) == {}
    simulator.advance(1)
    found = api.search("findings", {"cves": ["CVE-2026-1"]})[0]
    assert (found["severityScore"], found["status"], found["data"][0]["type"]) == (750, "OPEN", "INFRA")
    made = next(item for item in api.state("assets") if item["key"] == "bench-77")
    assert made["tags"] == [{"key": "line", "value": "2", "ownership": ["REST_API_IMPORT"]}]
    assert made["software"] == software
    removal = api(200, "PATCH", f"assets/{made['id']}/tags", {"tags": [{"key": "line", "value": "2"}]})["results"][0]
    assert (removal["status"], removal["remainingOwnership"]) == ("PROTECTED", ["REST_API_IMPORT"])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("new", {"Open port": "OPEN", "Weak cipher": "CLOSED", "New hole": "OPEN"}),
        ("merge", {"Open port": "OPEN", "Weak cipher": "CLOSED", "New hole": "OPEN"}),
        ("delta", {"Open port": "OPEN", "Weak cipher": "OPEN", "New hole": "OPEN"}),
    ],
)
def test_import_types(api: Tenant, kind: str, expected: dict[str, str]) -> None:
    api.switch(import_seconds=0)
    api(200, "POST", "import/assets", report("new", FINDING, {**FINDING, "name": "Weak cipher"}))
    first = {item["name"]: item["id"] for item in api.state("findings") if item["assessment"] == "Plant scan"}
    api(200, "POST", "import/assets", report(kind, {**FINDING, "severity": 9.1}, {**FINDING, "name": "New hole"}))
    assert imported(api) == expected
    second = {item["name"]: (item["id"], item["score"]) for item in api.state("findings") if item["assessment"] == "Plant scan"}
    assert second["Open port"][1] == 910
    assert (second["Open port"][0] == first["Open port"]) is (kind != "new")
    api(200, "POST", "import/assets", report("merge", {**FINDING, "name": "Weak cipher"}))
    assert imported(api)["Weak cipher"] == "OPEN"
    assert len([item for item in api.state("assets") if item["key"] == "bench-77"]) == 1


def test_an_import_closes_only_its_own_assessment(api: Tenant) -> None:
    api.switch(import_seconds=0)
    before = [item["id"] for item in api.state("findings") if item["status"] == "OPEN"]
    api(200, "POST", "import/assets", report("new", FINDING, attributes={"ip": "10.40.8.13", "hostname": "weld-robot-03"}))
    assert {item["id"] for item in api.state("findings") if item["status"] == "OPEN"} > set(before)
    assert len(api.search("findings", {"assetId": asset(api, "weld-robot-03")["id"]})) == 3


@pytest.mark.parametrize(
    ("asset_type", "attributes", "missing", "kind"),
    [
        ("INFRA", {"ip": "10.0.0.1", "hostname": "h"}, "hostname", "INFRA"),
        ("WEB", {"fqdn": "w.example"}, "fqdn", "WEBSITE_API"),
        ("WEB", {"ip": "192.0.2.1"}, "ip", "WEBSITE_API"),
        ("CLOUD", {"providerType": "GCP", "providerAccountId": "p"}, "providerType", "CLOUD"),
        ("CLOUD", {"providerType": "AZURE", "providerAccountId": "p", "region": "westeurope"}, "region", "CLOUD"),
        ("CONTAINER", {"dockerfile": "Dockerfile"}, "dockerfile", "CONTAINER"),
        ("REPOSITORY", {"repository": "r/s"}, "repository", "REPOSITORY"),
        ("BUILD", {"buildFile": "pom.xml"}, "buildFile", "BUILD"),
        ("CODE", {"scannerSource": "a.jar"}, "scannerSource", "SOURCE_CODE"),
    ],
)
def test_required_attributes(api: Tenant, asset_type: str, attributes: dict[str, str], missing: str, kind: str) -> None:
    api.switch(import_seconds=0)
    api(200, "POST", "import/assets", report("delta", asset_type=asset_type, attributes=attributes))
    made = api.search("assets", {"requests": [{"types": [kind]}]})[-1]
    assert (made["type"], made["data"][0]["attributes"]) == (kind, attributes)
    body = report("delta", asset_type=asset_type, attributes={key: value for key, value in attributes.items() if key != missing})
    api.refused(400, missing, "POST", "import/assets", body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({**report("merge"), "importType": "replace"}, "importType"),
        ({**report("merge"), "importType": None}, "importType"),
        ({**report("merge"), "assessment": None}, "assessment"),
        ({**report("merge"), "assessment": {"assetType": "INFRA"}}, "name"),
        ({**report("merge"), "assessment": {"assetType": "SOURCE_CODE", "name": "x"}}, "assetType"),
        ({**report("merge"), "assets": []}, "assets"),
        ({**report("merge"), "assets": ["bench"]}, "assets"),
        (report("merge", {**FINDING, "name": None}), "name"),
        (report("merge", {**FINDING, "description": None}), "description"),
        (report("merge", {**FINDING, "remedy": None}), "remedy"),
        (report("merge", {**FINDING, "severity": None}), "severity"),
        (report("merge", {**FINDING, "severity": "0.9"}), "severity"),
        (report("merge", {**FINDING, "severity": 10.1}), "severity"),
        (report("merge", {**FINDING, "severity": "high"}), "severity"),
        (report("merge", {**FINDING, "cwes": ["787"]}), "cwes"),
        (report("merge", {**FINDING, "publishedDateTime": "2026-05-01 09:00:00"}), "publishedDateTime"),
        (report("merge", FINDING, asset_type="CODE", attributes={"scannerSource": "a.jar"}), "location"),
        (report("merge", tags=[{"key": "x"}]), "value"),
        (report("merge", tags=["x"]), "tags"),
        (report("merge", installedSoftware=["busybox"]), "installedSoftware"),
        ({**report("merge"), "assets": [{"findings": []}]}, "attributes"),
        ({**report("merge"), "assets": [{"attributes": {"ip": "10.0.0.1", "hostname": "h"}, "findings": ["x"]}]}, "findings"),
        (report("merge", installedSoftware=[{"vendor": "v", "name": "n"}]), "version"),
    ],
)
def test_imports_that_are_refused(api: Tenant, body: dict[str, Any], text: str) -> None:
    api.refused(400, text, "POST", "import/assets", body)
    assert api.state("imports") == []


def test_import_answers(api: Tenant) -> None:
    api.switch(import_status=201, import_response="json", import_seconds=0)
    assert api(201, "POST", "import/assets", report("delta", {**FINDING, "publishedDateTime": "2026:05:01 09:00:00"})) == {"status": "accepted"}
    assert api.search("findings", {"cves": ["CVE-2026-1"]})[0]["dateFrom"] == "2026-05-01"


def test_an_import_may_fail_unseen(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(import_seconds=0)
    assert simulator.set_import_outcome("ERROR", times=1)["error"] == "Translation failed"
    api(200, "POST", "import/assets", report("delta", FINDING))
    assert imported(api) == {}
    api(200, "POST", "import/assets", report("delta", FINDING))
    assert imported(api) == {"Open port": "OPEN"}
    with pytest.raises(ControlError):
        simulator.set_import_outcome("DONE")


SBOM = {
    "bomFormat": "CycloneDX",
    "components": [{"group": "com.example", "name": "codec", "version": "1.2.0"}],
    "vulnerabilities": [
        {"id": "CVE-2026-7", "ratings": [{"score": 9.8}, {"score": 7.0}], "recommendation": "Upgrade", "affects": [{"ref": "pkg:maven/codec"}], "cwes": [79]},
        {"id": "GHSA-8", "ratings": [{"severity": "medium"}]},
    ],
}
FORM = {"scanType": "CycloneDX Scan", "assessmentName": "Nightly", "importType": "new", "scanTarget": "northwind/cart:main", "autoImport": "true"}


def upload(api: Tenant, path: str, content: Any = None, form: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> Any:
    data = content if isinstance(content, bytes) else json.dumps(SBOM if content is None else content).encode()
    files = {"file": ("sbom.cdx.json", data, "application/json")}
    return api.request("POST", path, data={k: v for k, v in (form or {}).items() if v is not None}, files=files, headers=headers or {})


def test_a_file_is_translated_and_imported(api: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(import_seconds=60)
    answer = upload(api, "import/assets/file/translate", form=FORM)
    assert answer.status_code == 200
    assert list(answer.json()) == ["id", "status"]
    path = f"import/assets/file/translate/request/{answer.json()['id']}"
    for seconds, status in ((29, "TRANSLATING"), (2, "READY_FOR_IMPORT"), (30, "IMPORTED")):
        simulator.advance(seconds)
        assert api(200, "GET", path) == {"status": status}
    found = api.search("findings", {"cves": ["CVE-2026-7"]})[0]
    assert (found["severityScore"], found["location"], found["data"][0]["remedy"]) == (980, "pkg:maven/codec", "Upgrade")
    assert api(200, "GET", f"assets/{found['assetId']}")["data"][0]["attributes"] == {"buildFile": "northwind/cart:main"}
    assert next(item["software"] for item in api.state("assets") if item["id"] == found["assetId"])[0]["version"] == "1.2.0"
    api(404, "GET", path.replace("assets/file/translate/request", "sboms"))
    api(404, "GET", f"import/assets/file/translate/request/{MISSING}")


def test_a_translation_can_wait_for_review(api: Tenant, simulator: PhoenixSimulator) -> None:
    answer = upload(api, "import/assets/file/translate", form={**FORM, "autoImport": "false"})
    simulator.advance(600)
    assert api(200, "GET", f"import/assets/file/translate/request/{answer.json()['id']}") == {"status": "READY_FOR_IMPORT"}
    assert api.search("findings", {"cves": ["CVE-2026-7"]}) == []


def test_translations_that_fail(api: Tenant, simulator: PhoenixSimulator) -> None:
    path = "import/assets/file/translate"

    def end(answer: Any) -> Any:
        simulator.advance(3500)
        api.token = api.login()
        return api(200, "GET", f"{path}/request/{answer.json()['id']}")

    for content in (b"<xml/>", b"[]", {"bomFormat": "SPDX"}, {**SBOM, "vulnerabilities": [{}]}):
        assert end(upload(api, path, content, FORM)) == {"status": "ERROR", "error": "The file could not be translated"}
    simulator.set_import_outcome("ERROR", error="ResourceAccessException")
    assert end(upload(api, path, form=FORM)) == {"status": "ERROR", "error": "ResourceAccessException"}
    simulator.set_import_outcome("TRANSLATING")
    assert end(upload(api, path, form=FORM)) == {"status": "TRANSLATING"}
    assert end(upload(api, path, b"any report", {**FORM, "scanType": "Trivy Scan", "scanTarget": None})) == {"status": "IMPORTED"}
    assert asset(api, "sbom.cdx.json")["type"] == "BUILD"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"scanType": None}, "scanType"),
        ({"assessmentName": None}, "assessmentName"),
        ({"importType": None}, "importType"),
        ({"importType": "all"}, "importType"),
        ({"autoImport": "yes"}, "autoImport"),
        ({"artefactType": "JAR"}, "artefactType"),
        ({"artefactType": "CONTAINER"}, "containerName"),
        ({"artefactType": "CONTAINER", "containerName": "a", "containerDigest": "sha256:1"}, "containerDigest"),
        ({"buildFile": "/etc/passwd"}, "buildFile"),
        ({"buildFile": "a/../b"}, "buildFile"),
    ],
)
def test_uploads_that_are_refused(api: Tenant, change: dict[str, Any], text: str) -> None:
    answer = upload(api, "import/assets/file/translate", form={**FORM, **change})
    assert (answer.status_code, text in answer.json()["error"]) == (400, True)
    assert api.state("imports") == []


def test_uploads_need_a_form_with_a_file(api: Tenant) -> None:
    for path in ("import/assets/file/translate", "import/sboms"):
        api(415, "POST", path, FORM)
        assert upload(api, path, b"", FORM).status_code == 400
        assert api.request("POST", path, files={"other": ("a", b"b")}, data=FORM).status_code == 400
        assert api.request("POST", path, content=b"--", headers={"Content-Type": "multipart/form-data"}).status_code == 400
    assert upload(api, "import/assets", form=FORM).status_code == 415


def test_a_container_can_be_named(api: Tenant) -> None:
    api.switch(import_seconds=0)
    digest = "sha256:" + "a" * 64
    form = {**FORM, "artefactType": "container", "containerName": "mes", "containerVersion": "4.3", "containerDigest": digest, "repository": "northwind/mes"}
    assert upload(api, "import/assets/file/translate", form=form).status_code == 200
    assert asset(api, "mes:4.3")["data"][0]["attributes"] == {"dockerfile": "mes:4.3", "repository": "northwind/mes"}


def test_sboms(api: Tenant, other: Tenant, simulator: PhoenixSimulator) -> None:
    api.switch(import_seconds=60)
    first = upload(api, "import/sboms", form={"repository": "northwind/cart"}, headers={"Idempotency-Key": "build-17"})
    assert first.status_code == 200
    path = f"import/sboms/{first.json()['id']}"
    again = upload(api, "import/sboms", headers={"Idempotency-Key": "build-17"})
    assert again.json() == first.json()
    foreign = upload(other, "import/sboms", headers={"Idempotency-Key": "build-17"})
    assert foreign.json()["id"] != first.json()["id"]
    other(404, "GET", path)
    assert len(api.state("imports")) == 1
    assert upload(api, "import/sboms").json()["id"] != first.json()["id"]
    assert upload(api, "import/sboms").json()["id"] != first.json()["id"]
    assert len(api.state("imports")) == 3
    for seconds, status in ((45, "TRANSLATING"), (15, "IMPORTED")):
        simulator.advance(seconds)
        assert api(200, "GET", path) == {"status": status}
    assert upload(api, "import/sboms", headers={"Idempotency-Key": "build-17"}).json() == {"id": first.json()["id"], "status": "IMPORTED"}
    broken = upload(api, "import/sboms", b"no json").json()["id"]
    simulator.advance(60)
    assert api(200, "GET", f"import/sboms/{broken}")["status"] == "ERROR"
