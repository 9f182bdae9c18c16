# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services and records in each position of each switch of the simulator: the right result or a clear error, and ``changed`` as the tables say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration._lab import Lab, Run, check, equal
from tests.simulators._pxplus_switches import SWITCHES

SIMULATORS = ("--only", "pxplus")
SERVICE, RECORD, INFO = (f"tokenflow.services.pxplus_{name}" for name in ("service", "record", "record_info"))
ANY = {"read_service": "records_read", "write_service": "records_write", "table": "states", "key_fields": ["stateCode$"]}
YUKON = {"stateCode$": "YÜ", "stateName$": "Yukón", "country$": "Canada", "taxRate": 5}
COLUMNS = ["INVOICE", "CLIENT", "NAME", "INV_DATE", "AMOUNT", "PAID"]
REFUSED = [{"key": "AB", "fields": {"taxRate": 6}}, {"key": "ZZ", "fields": {"taxRate": 1}}, {"key": "BC", "state": "absent"}]
Position = dict[str, Any]


def positions() -> list[Position]:
    """The defaults, and every other position by itself; those of Apache with Apache."""
    found: list[Position] = [{}]
    for name, switch in SWITCHES.items():
        others = [value for value in switch.choices if value != switch.default] or ([3.0] if not switch.choices else [])
        for value in others:
            found.append({"server": "apache", name: value} if name.startswith("apache_") else {name: value})
    return [position for position in found if position.get("apache_authorization") != "dropped"]


def tasks(number: int, position: Position) -> list[dict[str, Any]]:
    """What is done in one position; a task that may fail goes on."""
    encoding = position.get("charset", "windows-1252")
    record = {**ANY, "encoding": encoding}
    columns = {"columns": COLUMNS} if position.get("csv_header") is False else {}
    found: list[tuple[str, str, dict[str, Any]]] = [
        ("csv", SERVICE, {"service_id": "invoices", "type": "csv", "parameters": {"invoice": "INV-1007"}, **columns}),
        ("xml", SERVICE, {"service_id": "tasks", "type": "xml", "encoding": encoding, "parameters": {"assignee": "Élodie Tremblay"}}),
        ("do", SERVICE, {"program": "do", "service_id": "invoices", "type": "json", "arguments": ["json", "INV-1007"]}),
        ("page", SERVICE, {"service_id": "tasks", "type": "html"}),
        ("report", SERVICE, {"service_id": "daily_sales", "type": "pdf", "dest": f"{{{{ folder }}}}/{number}.pdf", "compare": "content"}),
        ("report again", SERVICE, {"service_id": "daily_sales", "type": "pdf", "dest": f"{{{{ folder }}}}/{number}.pdf", "compare": "content"}),
        ("ad hoc", SERVICE, {"program": "qry", "type": "json", "parameters": {"qry": "tasks", "lib": "sales.en"}}),
        ("override", SERVICE, {"service_id": "tasks", "type": "html", "parameters": {"lib": "other.en"}}),
        ("unknown parameter", SERVICE, {"service_id": "tasks", "type": "json", "parameters": {"colour": "red"}}),
        ("no service", SERVICE, {"service_id": "Invoices", "type": "csv"}),
        ("no file", SERVICE, {"service_id": "old_report", "type": "pdf", "send_type": False, "dest": f"{{{{ folder }}}}/{number}-gone.pdf"}),
        ("bad value", SERVICE, {"service_id": "tasks", "type": "html", "parameters": {"sort": "NOTHING"}}),
        ("no record", INFO, {"read_service": "states_read", "key": "ZZ"}),
        ("other class", SERVICE, {"service_id": "client_panel", "type": "html", "send_type": False, "client_id": "{{ pxplus_user_client_id }}", "client_secret": "{{ pxplus_user_client_secret }}"}),
    ]  # fmt: skip
    for kind in ("json", "xml"):
        key = {**record, "format": kind, "key": "YÜ"}
        found += [
            (f"present {kind}", RECORD, {**record, "format": kind, "fields": YUKON}),
            (f"present again {kind}", RECORD, {**record, "format": kind, "fields": YUKON}),
            (f"update {kind}", RECORD, {**key, "fields": {"taxRate": 5.5}}),
            (f"absent {kind}", RECORD, {**key, "state": "absent"}),
        ]
    found += [("refused", RECORD, {**record, "records": REFUSED}), ("refused again", RECORD, {**record, "records": [{"key": "AB", "fields": {"taxRate": 6}}]})]
    listed: list[dict[str, Any]] = [{"name": f"{number} position", "simulator_control": {"simulator": "pxplus", "reset": {}, "switch": position}}]
    for name, module, arguments in found:
        listed.append({"name": f"{number} {name}", module: arguments, "ignore_errors": True})
        if module == RECORD:
            listed.append({"name": f"{number} {name} table", "simulator_control": {"simulator": "pxplus", "get_table": {"table": "states"}}})
    return listed


def test(lab: Lab) -> None:
    simulator = lab.simulators["pxplus"]
    equal(set(simulator.switches()), set(SWITCHES), "switches")
    (lab.folder / "files").mkdir()
    all_positions = positions()
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"ansible_verbosity": 0}}
    run = lab.play([{**play, "tasks": [task for number, position in enumerate(all_positions) for task in tasks(number, position)]}])
    start = None
    for number, position in enumerate(all_positions):
        found = Found(run, number, position)
        start = start or simulator_start(lab)
        services(found)
        errors(found)
        records(found, start)
    lab.reset()
    simulator.control("switch", server="apache", apache_authorization="dropped")
    run = lab.play([{**play, "tasks": tasks(0, {"server": "apache", "apache_authorization": "dropped"})[1:]}])
    for name in ("csv", "report", "present json", "absent xml"):
        result = run.result(f"0 {name}")
        check(
            result["_status"] == "failed" and "SetEnvIf Authorization" in result["msg"] and "The server is Apache" in result["msg"], f"{name}: {result['msg']}"
        )
    equal(simulator.control("get_table", table="states"), start, "the table without an Authorization header")


def simulator_start(lab: Lab) -> dict[str, Any]:
    lab.reset()
    return dict(lab.simulators["pxplus"].control("get_table", table="states"))


class Found:
    """The results in one position."""

    def __init__(self, run: Run, number: int, position: Position) -> None:
        self._run, self._number, self.position = run, number, position

    def result(self, name: str) -> dict[str, Any]:
        return self._run.result(f"{self._number} {name}")

    def table(self, name: str) -> dict[str, Any]:
        return dict(self.result(f"{name} table")["result"])

    def worked(self, name: str, changed: bool, see: Callable[[dict[str, Any]], Any] = lambda _result: True) -> None:
        result = self.result(name)
        equal(
            (result["_status"], result.get("changed"), bool(result["_status"] == "ok" and see(result))),
            ("ok", changed, True),
            f"{name} at {self.position}: {result}",
        )

    def failed(self, name: str, *said: str) -> None:
        result = self.result(name)
        check(result["_status"] == "failed" and "Traceback" not in result["msg"], f"{name} at {self.position} did not fail: {result}")
        equal([text for text in said if text not in result["msg"]], [], f"missing in the message of {name} at {self.position}: {result['msg']}")


def services(found: Found) -> None:
    found.worked("csv", False, lambda result: [(row["INVOICE"], row["CLIENT"]) for row in result["rows"]] == [("INV-1007", "C004")])
    found.worked("xml", False, lambda result: [row["TASK"] for row in result["rows"]] == ["T1", "T3"])
    found.worked("do", False, lambda result: [row["INVOICE"] for row in result["rows"]] == ["INV-1007"])
    found.worked("page", False, lambda result: "<h1>Tasks</h1>" in result["content"] and "Élodie" in result["content"])
    found.worked("report", True)
    found.worked("report again", False)
    found.worked("no record", False, lambda result: result["records"] == [])


def errors(found: Found) -> None:
    position, bare = found.position, found.position.get("error_html") == "short"
    if position.get("force_id") == "off":
        found.worked("ad hoc", False, lambda result: len(result["rows"]) == 4)
    else:
        found.failed("ad hoc", "named by id")
    found.failed("override", "does not allow the override", "lib")
    if position.get("unknown_params") == "refused":
        found.failed("unknown parameter", "colour")
    else:
        found.worked("unknown parameter", False, lambda result: len(result["rows"]) == 4)
    if position.get("service_id_case_sensitive") is False:
        found.worked("no service", False, lambda result: len(result["rows"]) == 40)
    else:
        found.failed("no service", "id=Invoices", "case-sensitive")
    found.failed("no file", "PxPlus did not find a file", "Error #12")
    found.failed("bad value", "Invalid sort column NOTHING")
    found.failed("other class", "security class may", *([] if bare else ["id=client_panel"]))


def records(found: Found, start: dict[str, Any]) -> None:
    """What each write said is what the table has."""
    stored = {**YUKON, "stateCode$": "YÜ"}
    for kind in ("json", "xml"):
        expected = (("present", True, stored), ("present again", False, stored), ("update", True, {**stored, "taxRate": 5.5}), ("absent", True, None))
        for name, changed, record in expected:
            found.worked(f"{name} {kind}", changed)
            table = found.table(f"{name} {kind}")
            equal(table, {**start, **({"YÜ": record} if record else {})}, f"the table after {name} {kind} at {found.position}")
    if found.position.get("missing_fields") == "blanked":
        found.worked("refused", True, lambda result: [entry["action"] for entry in result["records"]] == ["update", "insert", "remove"])
    else:
        written = 0 if found.position.get("write_atomic") else 1
        found.failed("refused", f"{written} of 3 records were written", "Field(s) missing")
        equal(
            [entry["changed"] for entry in found.result("refused")["records"]], [bool(written), False, False], f"records of a refused write at {found.position}"
        )
    table = found.table("refused")
    equal(found.result("refused")["changed"], table != start, f"changed of a refused write at {found.position}")
    equal(table["AB"]["taxRate"], 5 if found.position.get("write_atomic") else 6, f"the first record of a refused write at {found.position}")
    found.worked("refused again", table["AB"]["taxRate"] == 5)
