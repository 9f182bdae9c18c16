# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline: a scan and a bill of materials are imported, from here and from another host, waited for, and a gate stops what is too risky."""

from __future__ import annotations

import json
from typing import Any

from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "phoenix")
IMPORT, INFO = "tokenflow.services.phoenix_import", "tokenflow.services.phoenix_info"
TELNET = {"name": "Telnet is open", "description": "Port 23 answers", "remedy": "Turn it off", "severity": "9.8"}
SCAN = {
    "importType": "delta",
    "assessment": {"assetType": "INFRA", "name": "Nightly"},
    "assets": [{"attributes": {"ip": "10.40.8.50", "hostname": "lathe-2"}, "findings": [{**TELNET, "name": f"Telnet {{{{ {n} }}}}"} for n in range(40)]}],
}
BOM = {"bomFormat": "CycloneDX", "components": [{"name": "parser", "version": "2.4.1"}], "vulnerabilities": [{"id": "CVE-2026-7", "ratings": [{"score": 9.9}]}]}
GATE = {"environment": "Workshop Network", "gather": ["postures"], "fail_when": "posture.findings.openByRisk.critical > `5`"}


def task(name: str, module: str, arguments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, module: arguments, **more}


def journal(name: str, **expected: Any) -> dict[str, Any]:
    return {"name": f"Requests: {name}", "simulator_journal": {"simulator": "phoenix", **expected}, "delegate_to": "localhost"}


def arrived(name: str, filters: dict[str, Any], number: int) -> dict[str, Any]:
    """The service does not tell when assets are there: a task can look until they are."""
    condition = {"register": "found", "until": f"found.findings | length == {number}", "retries": 40, "delay": 0.1}
    return task(name, INFO, {"gather": ["findings"], "finding_filters": filters, "query": "findings[].data[].name"}, **condition)


def test(lab: Lab) -> None:
    scan, bom = lab.folder / "scan.yml", lab.folder / "cart.cdx.json"
    scan.write_text(json.dumps(SCAN), encoding="utf-8")
    bom.write_text(json.dumps(BOM), encoding="utf-8")
    hosts = lab.hosts({"far": {"jump": {"ansible_connection": "elsewhere"}}})
    document = {"sbom_file": str(bom), "repository": "northwind/cart", "wait_timeout": 20}
    lab.simulators["phoenix"].control("switch", import_seconds=0.4)
    pipeline = [
        task("Gate before", INFO, GATE),
        task("Scan in check mode", IMPORT, {"src": str(scan)}, check_mode=True),
        journal("nothing sent", logins=1, calls=2),
        task("Scan", IMPORT, {"src": str(scan), "request_limit": 3000}),
        arrived("Scan arrived", {"severityScoreFrom": "980"}, 40),
        task("Gate after", INFO, GATE, ignore_errors=True),
        task("Document", IMPORT, document),
        task("Document again", IMPORT, document),
        task("Document from another host", IMPORT, {**document, "run_on": "target"}, delegate_to="jump"),
        task("Scan from another host", IMPORT, {"src": str(scan), "assessment": {"name": "From afar"}}, delegate_to="jump"),
        arrived("Document arrived", {"cves": ["CVE-2026-7"]}, 1),
        task("Too large", IMPORT, {"src": str(scan), "import_type": "merge", "request_limit": 3000}, ignore_errors=True),
    ]
    run = lab.play([{"hosts": "localhost", "gather_facts": False, "tasks": pipeline}], inventory=hosts)
    judged(run)
    names = ("Scan in check mode", "Scan", "Document", "Document again", "Document from another host", "Scan from another host")
    equal([run.result(name)["changed"] for name in names], [True, True, True, False, False, True], "what changed")
    check(run.result("Scan")["requests"] > 1 and run.result("Scan from another host")["requests"] == 1, "the scan in parts")
    # What a file says is data, not a template.
    check("Telnet {{ 7 }}" in run.result("Scan arrived")["result"], "names from the file")
    check("would close the findings of the others" in run.result("Too large")["msg"], run.result("Too large")["msg"])
    imports = lab.simulators["phoenix"].control("get_state", kind="imports")
    equal([entry["kind"] for entry in imports].count("sbom"), 1, "imports of the document")
    for secret in (lab.variables["phoenix_client_secret"], "Bearer"):
        check(secret not in run.output, "a secret in the output")


def judged(run: Run) -> None:
    closed = run.result("Gate after")
    equal((run.result("Gate before")["_status"], closed["_status"], closed["closed_by"]), ("ok", "failed", ["environment Workshop Network"]), "the gate")
    check("41 critical" in closed["msg"] and closed["error"]["kind"] == "gate_closed", closed["msg"])
