# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role and the playbook: new files, nothing on a second run, only what differs, old files pruned when asked and never after a failure; progress at -v."""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Any

from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "pxplus")
SERVICES: list[dict[str, Any]] = [
    {"service_id": "daily_sales", "type": "pdf"},
    {"service_id": "tasks", "type": "csv", "file": "open tasks.csv", "parameters": {"assignee": "Élodie Tremblay"}, "encoding": "windows-1252", "mode": "0600"},
    {"service_id": "invoices", "type": "json", "program": "do", "arguments": ["json", "", "C001"], "file": "invoices.json"},
    {"service_id": "stock_chart", "type": "png"},
    {"service_id": "CLIENT LIST", "type": "xml"},
]
FILES = ["CLIENT LIST.xml", "daily_sales.pdf", "invoices.json", "open tasks.csv", "stock_chart.png"]
ROLE = "tokenflow.services.pxplus_reports : "
BROKEN = {"service_id": "old_report", "type": "pdf", "send_type": False}


def reports(lab: Lab, *arguments: str, status: int = 0, **variables: Any) -> Run:
    """Runs the playbook of the collection."""
    values = {
        "pxplus_reports_folder": "~/reports/",
        "pxplus_reports_services": SERVICES,
        **{f"pxplus_reports_{name}": value for name, value in variables.items()},
    }
    return lab.play([{"import_playbook": "tokenflow.services.pxplus_reports"}], variables=values, arguments=arguments, status=status)


def fetched(run: Run) -> list[bool]:
    return [item["changed"] for item in run.result(f"{ROLE}Fetch what differs")["results"]]


def said(run: Run) -> str:
    return str(run.result(f"{ROLE}Say what was done")["msg"])


def test(lab: Lab) -> None:
    folder = lab.folder / "home" / "reports"
    simulator = lab.simulators["pxplus"]
    run = reports(lab, "--check")
    equal((folder.exists(), simulator.journal().calls()), (False, []), "after check mode without a folder")
    check(said(run).startswith("5 of 5 files would be replaced or made: daily_sales.pdf, open tasks.csv"), said(run))
    run = reports(lab)
    equal((fetched(run), names(folder)), ([True] * 5, FILES), "the first run")
    equal([stat.S_IMODE((folder / name).stat().st_mode) for name in ("daily_sales.pdf", "open tasks.csv")], [0o640, 0o600], "modes")
    equal(simulator.journal().differences(logins=1, calls=5), [], "the first run")
    times = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    simulator.control("advance", seconds=300)
    run = reports(lab)
    equal((fetched(run), said(run)), ([False] * 5, "0 of 5 files replaced or made"), "the second run")
    equal({path.name: path.stat().st_mtime_ns for path in folder.iterdir()}, times, "times of the files")

    simulator.control("set_record", table="products", key="1001", record={"onHand": 3})
    equal(fetched(reports(lab, "--check")), [False, False, False, True, False], "check mode after a change")
    equal(fetched(reports(lab)), [False, False, False, True, False], "after a change")
    pruning(lab, folder)
    progress(lab)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def pruning(lab: Lab, folder: Path) -> None:
    for name in ("old.pdf", "notes.txt", ".hidden.pdf"):
        (folder / name).write_text("old", encoding="utf-8")
    (folder / "sub.pdf").mkdir()
    kept = sorted([*FILES, "notes.txt", ".hidden.pdf", "sub.pdf"])
    reports(lab)
    equal(names(folder), sorted([*kept, "old.pdf"]), "files without pruning")
    # A service that fails keeps what is there, and the file of its own.
    run = reports(lab, prune=True, services=[*SERVICES, BROKEN], status=2)
    check("PxPlus did not find a file" in run.output, run.output)
    reports(lab, prune=True, prune_age="1d")
    equal(names(folder), sorted([*kept, "old.pdf"]), "files after a failure, and younger than a day")
    run = reports(lab, "--check", prune=True)
    equal((said(run), "old.pdf" in names(folder)), ("0 of 5 files would be replaced or made; 1 would be removed: old.pdf", True), "pruning in check mode")
    run = reports(lab, prune=True)
    equal((said(run), names(folder)), ("0 of 5 files replaced or made; 1 removed: old.pdf", kept), "pruning")
    run = reports(lab, prune=True, services=SERVICES[1:])
    equal(names(folder), [name for name in kept if name != "daily_sales.pdf"], "a report that is no longer wanted")
    for wrong in ("../evil.pdf", ".evil.pdf", "stock_chart.png"):
        run = reports(lab, services=[*SERVICES, {**SERVICES[0], "file": wrong}], status=2)
        check("needs a file name of its own" in run.output, run.output)


def progress(lab: Lab) -> None:
    lab.reset()
    lab.simulators["pxplus"].control("switch", report_size_mb=70)
    for verbosity, lines in (((), 0), (("-v",), 2)):
        run = reports(lab, *verbosity, services=[{"service_id": "sales_archive", "type": "pdf"}], folder=str(lab.folder))
        equal(len(re.findall(r"sales_archive: \d+ MB in \d+ s", run.output)), lines, f"lines of progress with {verbosity}")
