# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services and records in playbooks, in each position of each switch of the simulator: the right result or a clear error, and ``changed`` as the table says."""

from __future__ import annotations

from typing import Any

from tests.integration._lab import Lab, check, equal
from tests.simulators._pxplus_switches import SWITCHES

SIMULATORS = ("--only", "pxplus")
SERVICE, RECORD = "tokenflow.services.pxplus_service", "tokenflow.services.pxplus_record"
ANY = {"read_service": "records_read", "write_service": "records_write", "table": "states", "key_fields": ["stateCode$"]}
YUKON = {"stateCode$": "YÜ", "stateName$": "Yukón", "country$": "Canada", "taxRate": 5}
RECORDS = [{"fields": YUKON}, {"key": "AB", "fields": {"taxRate": 6}}, {"key": "ON", "fields": {"taxRate": 13}}, {"key": "BC", "state": "absent"}]
Position = dict[str, Any]


def positions() -> list[Position]:
    """The defaults, and every other position by itself; those of Apache with Apache."""
    found: list[Position] = [{}]
    for name, switch in SWITCHES.items():
        others = [value for value in switch.choices if value != switch.default] or ([3.0] if not switch.choices else [])
        found.extend({"server": "apache", name: value} if name.startswith("apache_") else {name: value} for value in others)
    return found


def tasks(number: int, position: Position) -> list[dict[str, Any]]:
    """What is done in one position; a task that may fail goes on."""
    columns = {"columns": ["SKU", "DESCRIPTION", "PRICE", "ON_HAND"]} if position.get("csv_header") is False else {}
    found: list[tuple[str, str, dict[str, Any]]] = [
        ("control", "simulator_control", {"simulator": "pxplus", "reset": {}, "switch": position}),
        ("rows", SERVICE, {"service_id": "products", "type": "csv", **columns}),
        ("override", SERVICE, {"service_id": "tasks", "type": "html", "parameters": {"lib": "other.en"}}),
        ("records", RECORD, {**ANY, "encoding": position.get("charset", "windows-1252"), "records": RECORDS}),
        ("table", "simulator_control", {"simulator": "pxplus", "get_table": {"table": "states"}}),
    ]
    return [{"name": f"{number} {name}", module: arguments, "ignore_errors": True} for name, module, arguments in found]


def test(lab: Lab) -> None:
    simulator = lab.simulators["pxplus"]
    equal(set(simulator.switches()), set(SWITCHES), "switches")
    start = dict(simulator.control("get_table", table="states"))
    written = {**start, "YÜ": YUKON, "AB": {**start["AB"], "taxRate": 6}}
    del written["BC"]
    # A login that is refused is remembered for the run, so that position is last.
    dropped = {"server": "apache", "apache_authorization": "dropped"}
    listed = [*(position for position in positions() if position != dropped), dropped]
    run = lab.play(
        [{"hosts": "localhost", "gather_facts": False, "tasks": [task for number, position in enumerate(listed) for task in tasks(number, position)]}]
    )
    for number, position in enumerate(listed):
        results = {name: run.result(f"{number} {name}") for name in ("rows", "override", "records", "table")}
        what = f"at {position}: {results}"
        check(
            (results["override"]["_status"] == "failed" and "does not allow the override" in results["override"]["msg"]) or position == dropped,
            f"override {what}",
        )
        if position == dropped:
            for name in ("rows", "records"):
                check("The server is Apache" in results[name]["msg"] and "SetEnvIf Authorization" in results[name]["msg"], f"{name} {what}")
            equal(results["table"]["result"], start, f"the table {what}")
            continue
        equal([row["SKU"] for row in results["rows"]["rows"]], ["1001", "1002", "1003", "1004", "1005"], f"rows {what}")
        equal([entry["action"] for entry in results["records"]["records"]], ["insert", "update", "none", "remove"], f"records {what}")
        equal(results["table"]["result"], written, f"the table {what}")
        equal(results["records"]["changed"], True, f"changed {what}")
