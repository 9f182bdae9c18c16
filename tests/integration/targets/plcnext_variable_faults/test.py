# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many variables at once, a project that is exchanged in the middle, and connections that break: what the task says is what happened."""

from __future__ import annotations

import json
from typing import Any

from tests.integration._lab import Lab, Run, check, equal

PREFIX = "Arp.Plc.Eclr/"
PLAY = {"hosts": "localhost", "gather_facts": False}
VALUES = {"RecipeNumber": 8, "LevelMinimum": 20.5, "MachineEnabled": False}
START = {PREFIX + "RecipeNumber": 7, PREFIX + "LevelMinimum": 15, PREFIX + "MachineEnabled": True}
PATHS = [PREFIX + name for name in VALUES]
COUNT = 3000
# So long that all together are more than one request holds.
LONG_PREFIX = PREFIX + "Bulk." + "Segment." * 24 + "V"
PUT = {"method": "PUT", "path": "/variables"}
GET = {"method": "GET", "path": "/variables"}

# Faults with the kind of the error, None where the task succeeds all the same, and whether the values are written then.
FAULTS: dict[str, tuple[dict[str, Any], str | None, bool]] = {
    "read, connection reset": ({"kind": "reset", **GET}, None, True),
    "read, busy twice": ({"kind": "status", "status": 503, "headers": {"retry-after": "0"}, "times": 2, **GET}, None, True),
    "read, busy for good": ({"kind": "status", "status": 503, "headers": {"retry-after": "0"}, "times": 9, **GET}, "unavailable", False),
    "read, cut short": ({"kind": "truncate", **GET}, "connection", False),
    "read, a web page": ({"kind": "body", "body": "<html><title>Router login</title></html>", **GET}, "bad_answer", False),
    "read, another content type": ({"kind": "content_type", **GET}, None, True),
    "read, not all of it": ({"kind": "body", "body": '{"projectCRC":1430805090,"variables":[]}', **GET}, "bad_answer", False),
    "write, connection reset before": ({"kind": "reset", **PUT}, "connection", False),
    "write, connection reset after": ({"kind": "reset_after", **PUT}, "connection", True),
    "write, echo cut short": ({"kind": "truncate", **PUT}, "connection", True),
    "write, echo is a web page": ({"kind": "body", "body": "<html>", **PUT}, "bad_answer", True),
    "write, busy": ({"kind": "status", "status": 503, **PUT}, "unavailable", False),
    "write, too large": ({"kind": "status", "status": 413, **PUT}, "refused", False),
    "write, gateway": ({"kind": "status", "status": 502, **PUT}, "unavailable", False),
}


def test(lab: Lab) -> None:
    many(lab)
    faults(lab)
    downloads(lab)


def control(**actions: Any) -> dict[str, Any]:
    return {"name": "Control", "simulator_control": {"simulator": "plcnext", **actions}}


def write(name: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "tokenflow.services.plcnext_variable": {"variables": VALUES, **options}, "ignore_errors": True}


def state(name: str) -> dict[str, Any]:
    return {"name": name, "simulator_control": {"simulator": "plcnext", "get_variables": {"paths": PATHS}}}


def truthful(run: Run, name: str, kind: str) -> dict[str, Any]:
    """The failed result, whose account of each value is checked against the controller."""
    result, before, after = run.result(name), run.result(f"{name}: before")["result"], run.result(f"{name}: after")["result"]
    equal((result["_status"], result["error"]["kind"]), ("failed", kind), name)
    check("Traceback" not in result["msg"], f"{name}: {result['msg']}")
    equal(result["changed"], before != after, f"{name}: changed")
    written = [path for path, value in zip(PATHS, VALUES.values()) if after[path] == value]
    equal(sorted(result.get("written", [])), sorted(written), f"{name}: written")
    if "not_written" in result:
        equal(sorted(result["not_written"]), sorted(set(PATHS) - set(written)), f"{name}: not written")
    equal(result.get("unknown", []), [], f"{name}: unknown")
    return result


def faults(lab: Lab) -> None:
    tasks: list[dict[str, Any]] = [{"name": "Log in", "tokenflow.services.plcnext_token": {}}]
    for name, (fault, kind, _written) in FAULTS.items():
        writes = int(fault["method"] == "PUT" or kind is None)
        tasks += [
            control(clear_faults={}, clear_journal={}, fault=fault, set_variables={"values": START}),
            state(f"{name}: before"),
            write(name),
            state(f"{name}: after"),
            # A write is sent once, whatever comes of it.
            {"name": f"{name}: requests", "simulator_journal": {"simulator": "plcnext", "writes": writes}},
        ]
    run = lab.play([{**PLAY, "tasks": tasks}])
    for name, (_fault, kind, written) in FAULTS.items():
        if kind is None:
            equal((run.result(name)["_status"], run.result(name)["changed"]), ("ok", True), name)
        else:
            truthful(run, name, kind)
        equal(list(run.result(f"{name}: after")["result"].values()) == list(VALUES.values()), written, f"{name}: values are there")


def downloads(lab: Lab) -> None:
    """The project is exchanged between the read and the write."""
    slow_loading = {"after_requests": 1, "loading_seconds": 60}
    cases: dict[str, tuple[dict[str, Any], bool, str | None]] = {
        "the same project again": ({"after_requests": 1, "crc": 1430805090}, False, None),
        "another project": ({"after_requests": 1}, False, "project_changed"),
        "another project without a variable": ({"after_requests": 1, "variables": {PATHS[1]: None}}, False, "project_changed"),
        "another project, tokens gone": ({"after_requests": 1}, True, "project_changed"),
        "another project, still loading": (slow_loading, False, "project_changed"),
    }
    tasks = []
    for name, (download, drops_tokens, _kind) in cases.items():
        after = control(set_state={"state": "running"}) if download is slow_loading else {"name": "Nothing", "ansible.builtin.meta": "noop"}
        if "variables" in download:
            # Put back, so that its value can be looked at.
            after = control(download_project={"variables": {PATHS[1]: {"type": "REAL", "value": 15}}})
        tasks += [
            control(download_project={"crc": 1430805090}, switch={"download_drops_tokens": drops_tokens}),
            {"name": "Log in", "tokenflow.services.plcnext_variable_info": {"paths": ["RecipeNumber"]}},
            state(f"{name}: before"),
            control(download_project=download),
            write(name),
            after,
            state(f"{name}: after"),
        ]
    run = lab.play([{**PLAY, "tasks": tasks}], environment={"ANSIBLE_HOME": str(lab.folder / "home" / "fresh")})
    equal((run.result("the same project again")["_status"], run.result("the same project again")["changed"]), ("ok", True), "the same project again")
    for name, (_download, _drops_tokens, kind) in cases.items():
        if kind:
            equal((run.result(name)["_status"], run.result(name)["error"]["kind"]), ("failed", kind), name)
    for name in ("another project", "another project, tokens gone"):
        result = truthful(run, name, "project_changed")
        check("checksum" in result["msg"] and "run again" in result["msg"], result["msg"])
    loading = run.result("another project, still loading")
    equal((loading["_status"], loading["changed"], loading["unknown"]), ("failed", False, PATHS), "a controller that cannot be asked")


def many(lab: Lab) -> None:
    """Three thousand variables, of short names and of names that make more than one request of them."""
    plcnext = lab.simulators["plcnext"]
    for prefix, reads, writes in ((PREFIX + "Bulk.V", 1, 1), (LONG_PREFIX, 2, 2)):
        lab.reset()
        plcnext.control("generate", count=COUNT, prefix=prefix)
        values = {f"{prefix}{number:05d}": number / 4 for number in range(COUNT)}
        (lab.folder / "many.json").write_text(json.dumps(values), encoding="utf-8")
        play = [{**PLAY, "tasks": [{"name": "Many", "tokenflow.services.plcnext_variable": {"src": str(lab.folder / "many.json")}}]}]
        result = lab.play(play).result("Many")
        # The first is 0 already.
        equal((result["changed"], sum(entry["changed"] for entry in result["variables"].values())), (True, COUNT - 1), "written variables")
        equal(list(plcnext.control("get_variables", paths=list(values)).values()), list(values.values()), "values of many variables")
        journal = plcnext.journal()
        equal(len(journal.writes()), writes, "requests that write")
        equal(sum(line == "POST /_pxc_api/v1.2/variables" for line in journal.lines()), reads, "requests that read")
        equal(lab.play(play).result("Many")["changed"], False, "many variables again")
        equal(plcnext.journal().differences(logins=1, calls=["POST /_pxc_api/v1.2/variables"] * reads), [], "many variables again")
    between_chunks(lab, values)


def between_chunks(lab: Lab, values: dict[str, float]) -> None:
    """The project is exchanged after the first of two requests that write."""
    plcnext = lab.simulators["plcnext"]
    plcnext.control("set_variables", values=dict.fromkeys(values, 1000))
    plcnext.control("download_project", after_requests=3)
    play = [{**PLAY, "tasks": [{"name": "Many", "tokenflow.services.plcnext_variable": {"src": str(lab.folder / "many.json")}, "ignore_errors": True}]}]
    result = lab.play(play).result("Many")
    equal((result["_status"], result["error"]["kind"], result["changed"]), ("failed", "project_changed", True), "exchanged between two requests")
    # The download put all variables back to their start, so the first part is gone again.
    found = plcnext.control("get_variables", paths=list(values))
    there = {path for path, value in values.items() if found[path] == value}
    check(0 < len(there) < COUNT, f"{len(there)} values are there")
    claimed, denied = set(result["written"]), set(result["not_written"])
    equal((claimed | denied, claimed & denied, result["unknown"]), (set(values), set(), []), "an account of each value")
    equal((len(claimed ^ there), len(denied & there)), (0, 0), "values of which the task says wrong things")
