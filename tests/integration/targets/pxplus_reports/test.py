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


def reports(**variables: Any) -> dict[str, Any]:
    """The playbook of the collection."""
    values = {"folder": "~/reports/", "services": SERVICES, **variables}
    return {"import_playbook": "tokenflow.services.pxplus_reports", "vars": {f"pxplus_reports_{name}": value for name, value in values.items()}}


def play(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}


def control(**actions: Any) -> dict[str, Any]:
    return play({"name": "Behind the server's back", "simulator_control": {"simulator": "pxplus", **actions}})


def listing(name: str) -> dict[str, Any]:
    return play({"name": name, "ansible.builtin.find": {"paths": "~/reports", "file_type": "any", "hidden": True}})


def refused(name: str, **variables: Any) -> dict[str, Any]:
    """The role, whose failure does not end the run."""
    values = {**reports(**variables)["vars"], "pxplus_reports_summary": False}
    role = {"name": "Fail", "ansible.builtin.include_role": {"name": "tokenflow.services.pxplus_reports"}, "vars": values}
    return play({"block": [role], "rescue": [{"name": name, "ansible.builtin.debug": {"var": "ansible_failed_result"}}]})


def fetched(run: Run) -> list[list[bool]]:
    return [[item["changed"] for item in result["results"]] for result in run.results(f"{ROLE}Fetch what differs")]


def said(run: Run) -> list[str]:
    return [str(result["msg"]) for result in run.results(f"{ROLE}Say what was done")]


def listed(run: Run, name: str) -> list[str]:
    return sorted(Path(entry["path"]).name for entry in run.result(name)["files"])


def test(lab: Lab) -> None:
    folder = lab.folder / "home" / "reports"
    simulator = lab.simulators["pxplus"]
    run = lab.play([reports()], arguments=["--check"])
    equal((folder.exists(), simulator.journal().calls()), (False, []), "after check mode without a folder")
    check(said(run)[0].startswith("5 of 5 files would be replaced or made: daily_sales.pdf, open tasks.csv"), f"{said(run)}")
    steps = (reports(), listing("First"), control(advance={"seconds": 300}), reports(), listing("Second"))
    change = control(set_record={"table": "products", "key": "1001", "record": {"onHand": 3}})
    run = lab.play([*steps, change, reports()])
    equal(fetched(run), [[True] * 5, [False] * 5, [False, False, False, True, False]], "what was fetched")
    equal(said(run)[1:], ["0 of 5 files replaced or made", "1 of 5 files replaced or made: stock_chart.png"], "what was said")
    equal((listed(run, "First"), listed(run, "Second")), (FILES, FILES), "files")
    times = [{entry["path"]: (entry["mtime"], entry["inode"]) for entry in run.result(name)["files"]} for name in ("First", "Second")]
    equal(times[0], times[1], "times of the files")
    equal([stat.S_IMODE((folder / name).stat().st_mode) for name in ("daily_sales.pdf", "open tasks.csv")], [0o640, 0o600], "modes")
    equal(simulator.journal().differences(logins=1, calls=15), [], "three runs of the role")
    pruning(lab, folder)


def pruning(lab: Lab, folder: Path) -> None:
    for name in ("old.pdf", "notes.txt", ".hidden.pdf"):
        (folder / name).write_text("old", encoding="utf-8")
    (folder / "sub.pdf").mkdir()
    kept = sorted([*FILES, "notes.txt", ".hidden.pdf", "sub.pdf"])
    run = lab.play([reports(prune=True)], arguments=["--check"])
    equal(
        (said(run), "old.pdf" in {path.name for path in folder.iterdir()}),
        (["0 of 5 files would be replaced or made; 1 would be removed: old.pdf"], True),
        "check mode",
    )
    wrong = ("../evil.pdf", ".evil.pdf", "stock_chart.png")
    archive = reports(services=[{"service_id": "sales_archive", "type": "pdf"}], folder=str(lab.folder))
    run = lab.play(
        [
            reports(),
            # What fails keeps everything, and nothing is removed after it.
            refused("Gone", prune=True, services=[*SERVICES, BROKEN]),
            reports(prune=True, prune_age="1d"),
            listing("Unpruned"),
            reports(prune=True),
            listing("Pruned"),
            reports(prune=True, services=SERVICES[1:]),
            listing("Not wanted"),
            *(refused(f"Wrong {file}", services=[*SERVICES, {**SERVICES[0], "file": file}]) for file in wrong),
            control(switch={"report_size_mb": 70}),
            archive,
        ]
    )
    equal(listed(run, "Unpruned"), sorted([*kept, "old.pdf"]), "files that are not pruned, are too young, or stay after a failure")
    equal(listed(run, "Pruned"), kept, "files after pruning")
    equal(listed(run, "Not wanted"), [name for name in kept if name != "daily_sales.pdf"], "a report that is no longer wanted")
    check("0 of 5 files replaced or made; 1 removed: old.pdf" in said(run), f"{said(run)}")
    check("PxPlus did not find a file" in str(run.result("Gone")), f"{run.result('Gone')}")
    for file in wrong:
        check("needs a file name of its own" in str(run.result(f"Wrong {file}")), f"{run.result(f'Wrong {file}')}")
    told = r"sales_archive: \d+ MB in \d+ s"
    equal(re.findall(told, run.output), [], "progress without -v")
    (lab.folder / "sales_archive.pdf").unlink()
    run = lab.play([archive], arguments=["-v"])
    equal(len(re.findall(told, run.output)), 2, "lines of progress with -v")
