# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records in playbooks: one read and one write for a list, check mode and diff, several segments, half a write told record by record, on another host."""

from __future__ import annotations

from typing import Any

from tests.integration._lab import Lab, check, equal

SIMULATORS = ("--only", "pxplus")
RECORD, INFO = "tokenflow.services.pxplus_record", "tokenflow.services.pxplus_record_info"
STATES: dict[str, Any] = {"read_service": "records_read", "write_service": "records_write", "table": "states", "key_fields": ["stateCode$"]}
FORTY = [{"fields": {"stateCode$": f"X{n:02}", "stateName$": f"State {n}", "country$": "Xanadu", "taxRate": n / 4}} for n in range(40)]
MIXED = [*FORTY[1:], {"key": "X00", "state": "absent"}, {"key": "ON", "fields": {"taxRate": 14}}]
INVOICE = {"read_service": "read", "write_service": "write", "table": "invoices", "key": ["C001", "INV-1008"]}
PARTLY = [{"key": "AB", "fields": {"taxRate": 6}}, {"key": "ZZ", "fields": {"taxRate": 1}}, {"key": "BC", "state": "absent"}]


def task(name: str, arguments: dict[str, Any], module: str = RECORD, **more: Any) -> dict[str, Any]:
    return {"name": name, module: arguments, **more}


def journal(name: str, calls: int, writes: int, logins: int = 0) -> dict[str, Any]:
    return {"name": f"Requests of {name}", "simulator_journal": {"simulator": "pxplus", "calls": calls, "writes": writes, "logins": logins}}


def test(lab: Lab) -> None:
    simulator = lab.simulators["pxplus"]
    hosts = lab.hosts({"far": {"jump": {"ansible_connection": "elsewhere"}}})
    before = simulator.control("get_table", table="states")
    lists = [
        task("Check", {**STATES, "records": FORTY}, check_mode=True, diff=True),
        journal("check", 1, 0, logins=1),
        task("Forty", {**STATES, "records": FORTY}, diff=True),
        journal("forty", 3, 1),
        task("Forty again", {**STATES, "records": FORTY}),
        journal("forty again", 1, 0),
        task("Mixed in XML", {**STATES, "records": MIXED, "format": "xml"}),
        journal("mixed", 3, 1),
        task("Mixed again", {**STATES, "records": MIXED}),
        task("Invoice", {**INVOICE, "fields": {"reference$": "PO 8, corrected", "paid": False}}, diff=True),
        task("Invoice again", {**INVOICE, "fields": {"reference$": "PO 8, corrected", "paid": False}}),
        task("Read it", {"read_service": "read", "table": "invoices", "key": "C001:INV-1008", "query": '[0]."reference$"'}, INFO),
        task("No more", {**INVOICE, "state": "absent"}),
        task("Read nothing", {"read_service": "read", "table": "invoices", "key": ["C001", "INV-1008"]}, INFO),
        task("From another host", {**STATES, "key": "QC", "fields": {"taxRate": 15}}, delegate_to="jump"),
        task("Half", {**STATES, "records": PARTLY}, ignore_errors=True),
    ]
    run = lab.play([{"hosts": "localhost", "gather_facts": False, "tasks": lists}], inventory=hosts)
    changed = {
        name: run.result(name)["changed"]
        for name in ("Check", "Forty", "Forty again", "Mixed in XML", "Mixed again", "Invoice", "Invoice again", "No more", "From another host")
    }
    equal([name for name, value in changed.items() if not value], ["Forty again", "Mixed again", "Invoice again"], "tasks that changed nothing")
    equal(run.result("Check")["diff"], run.result("Forty")["diff"], "diff in check mode and in reality")
    equal(run.result("Forty")["diff"]["after"]["X03"], FORTY[3]["fields"], "a record of the diff")
    equal(run.result("Invoice")["before"]["amount"], run.result("Invoice")["after"]["amount"], "a field that was not given")
    equal((run.result("Read it")["result"], run.result("Read nothing")["records"]), ("PO 8, corrected", []), "what was read")
    half = run.result("Half")
    equal(
        [(entry["key"], entry["action"], entry["failed"]) for entry in half["records"]],
        [("AB", "update", False), ("ZZ", "none", True), ("BC", "none", True)],
        "half a write",
    )
    check("1 of 3 records were written, not ZZ, BC" in half["msg"] and "Field(s) missing" in half["msg"], half["msg"])
    wanted = {**before, **{entry["fields"]["stateCode$"]: entry["fields"] for entry in FORTY[1:]}}
    for code, rate in (("ON", 14), ("QC", 15), ("AB", 6)):
        wanted[code] = {**before[code], "taxRate": rate}
    equal(simulator.control("get_table", table="states"), wanted, "the table")
    for secret in (lab.variables["pxplus_client_secret"], "Bearer"):
        check(secret not in run.output, "a secret in the output")
