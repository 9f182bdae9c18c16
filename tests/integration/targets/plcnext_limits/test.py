# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To the limits: ten thousand variables on one controller, the ends of each type's range, and a project that is exchanged in the middle."""

from __future__ import annotations

import json
import re
import struct
from typing import Any

from tests.integration._journal import Journal
from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "plcnext")
PREFIX = "Arp.Plc.Eclr/"
PLAY = {"name": "Limits", "hosts": "localhost", "gather_facts": False}
SET = "tokenflow.services.plcnext_variable"
READ = "tokenflow.services.plcnext_variable_info"
COUNT = 10_000
LONG = "Hall1.Line2.Machine3." + "A" * 180 + "."
REQUEST_LINE = 8192
BODY = 512 * 1024


def test(lab: Lab) -> None:
    ten_thousand(lab)
    long_names(lab)
    request_lines(lab)
    ends_of_ranges(lab)
    parts_and_forms(lab)
    another_project(lab)
    exchanged(lab)


def task(name: str, module: str, **options: Any) -> dict[str, Any]:
    return {"name": name, module: options, "ignore_errors": True}


def play(lab: Lab, *tasks: dict[str, Any]) -> Run:
    return lab.play([{**PLAY, "tasks": list(tasks)}])


def values_of(lab: Lab, paths: list[str]) -> dict[str, Any]:
    return dict(lab.simulators["plcnext"].control("get_variables", paths=paths))


def single(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def ordered(result: dict[str, Any], status: str = "ok") -> dict[str, Any]:
    equal(result["_status"], status, f"status ({result.get('msg')})")
    return result


def sizes(journal: Journal) -> list[int]:
    """Bytes of the bodies about variables; no request line may be longer than the web server takes."""
    for entry in journal.entries:
        line = len(f"{entry['method']} {entry['path']}?{entry['query']} HTTP/1.1\r\n")
        check(line <= REQUEST_LINE, f"a request line of {line} bytes")
    return [entry["size"] for entry in journal.calls() if entry["size"]]


def bulk(lab: Lab, prefix: str, shift: float) -> dict[str, float]:
    """The wanted values, also as a file for ``src``."""
    wanted = {f"{prefix}{number:05d}": number / 8 + shift for number in range(COUNT)}
    (lab.folder / "bulk.json").write_text(json.dumps(wanted), encoding="utf-8")
    return wanted


def ten_thousand(lab: Lab) -> None:
    """Two reads of the same, one write of half of them, all with one login."""
    plcnext = lab.simulators["plcnext"]
    plcnext.control("generate", count=COUNT)
    plcnext.control("download_project", crc=4711)
    wanted = bulk(lab, "Bulk.V", 0)
    plcnext.control("set_variables", values={PREFIX + name: value for name, value in list(wanted.items())[::2]})
    written = task("Write", SET, src="{{ folder }}/bulk.json", verify=True)
    read = task("Read", READ, paths="{{ names }}")
    run = lab.play([{**PLAY, "tasks": [written, {**written, "name": "Write again"}, read]}], variables={"names": list(wanted)})
    first, second, values = (ordered(run.result(name)) for name in ("Write", "Write again", "Read"))
    equal((first["changed"], second["changed"]), (True, False), "changed")
    # Every other one has its value already.
    equal(sum(entry["changed"] for entry in first["variables"].values()), COUNT // 2, "changed variables")
    equal(values["variables"], wanted, "read values")
    equal(values_of(lab, [PREFIX + name for name in wanted]), {PREFIX + name: value for name, value in wanted.items()}, "the controller's values")
    journal = plcnext.journal()
    variables = [entry["method"] for entry in journal.calls() if entry["path"].endswith("/variables")]
    # Read, write, read back; read; read.
    equal((variables, len(journal.logins())), (["POST", "PUT", "POST", "POST", "POST"], 1), "requests")
    check(max(sizes(journal)) <= BODY + 1024, f"bodies: {sizes(journal)}")


def long_names(lab: Lab) -> None:
    """Requests are as large as their limit allows, whatever the number of variables in them."""
    lab.reset()
    plcnext = lab.simulators["plcnext"]
    plcnext.control("generate", count=COUNT, prefix=PREFIX + LONG, type="LREAL")
    plcnext.control("download_project", crc=4715)
    wanted = bulk(lab, LONG, 0.5)
    written = task("Write", SET, src="{{ folder }}/bulk.json")
    run = play(lab, written, {**written, "name": "Write again"})
    equal([ordered(run.result(name))["changed"] for name in ("Write", "Write again")], [True, False], "changed")
    equal(values_of(lab, [PREFIX + name for name in wanted]), {PREFIX + name: value for name, value in wanted.items()}, "the controller's values")
    journal = plcnext.journal()
    for method, total in (("POST", 2 * COUNT * (len(LONG) + 5)), ("PUT", COUNT * (len(LONG) + 5))):
        bodies = [entry["size"] for entry in journal.calls() if entry["method"] == method and entry["path"].endswith("/variables")]
        check(len(bodies) >= total / BODY and max(bodies) <= BODY + 1024, f"bodies with {method}: {bodies}")
        # All but the last of each pass are nearly full.
        check(sum(size > BODY * 0.8 for size in bodies) >= len(bodies) - 2, f"bodies with {method} are small: {bodies}")
    sizes(journal)


def request_lines(lab: Lab) -> None:
    """Few variables are read with GET, more with POST; a request line is never too long, also with a session and names that grow when encoded."""
    lab.reset()
    plcnext = lab.simulators["plcnext"]
    plcnext.control("generate", count=400, prefix=PREFIX + "Z\u00e4hler[1].V", type="INT")
    plcnext.control("download_project", crc=4716)
    tasks = [
        task(f"Read {count}", READ, paths=[f"Z\u00e4hler[1].V{number:05d}" for number in range(count)], **station)
        for count in (1, 60, 100, 120, 130, 140, 160, 200, 300, 400)
        for station in ({}, {"station_id": "A station with a rather long name"})
    ]
    run = play(lab, *tasks)
    for entry in tasks:
        for result in run.results(entry["name"]):
            equal(len(ordered(result)["variables"]), int(entry["name"].split()[1]), entry["name"])
    journal = plcnext.journal()
    sizes(journal)
    methods = [entry["method"] for entry in journal.calls() if entry["path"].endswith("/variables")]
    equal(sorted(set(methods), key=methods.index), ["GET", "POST"], "methods")


# Type: the lowest and the highest value, and one beyond each.
ENDS: dict[str, tuple[Any, Any, Any, Any]] = {
    **{
        f"{sign}{name}": ends
        for name, bits in (("SINT", 8), ("INT", 16), ("DINT", 32), ("LINT", 64))
        for sign, ends in (
            ("", (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, -(2 ** (bits - 1)) - 1, 2 ** (bits - 1))),
            ("U", (0, 2**bits - 1, -1, 2**bits)),
        )
    },
    **{name: (0, 2**bits - 1, -1, f"16#1{'0' * (bits // 4)}") for name, bits in (("BYTE", 8), ("WORD", 16), ("DWORD", 32), ("LWORD", 64))},
    "REAL": (-3.4028234663852886e38, 3.4028234663852886e38, -3.5e38, 1e39),
    "LREAL": (-1.7976931348623157e308, 5e-324, "-1e309", "NaN"),
    "TIME": (-(2**31), "T#24d20h31m23s647ms", "T#-24d20h31m23s649ms", 2**31),
    "LTIME": (-(2**63), 2**63 - 1, -(2**63) - 1, "LTIME#106752d"),
    "BOOL": (False, "TRUE", "yes", 2),
    "STRING[20]": ("", "x" * 20, "x" * 21, 20),
}
SHOWN = {"T#24d20h31m23s647ms": 2**31 - 1, "TRUE": True}


def ends_of_ranges(lab: Lab) -> None:
    """What fits is written and read back, what does not is refused before the write, with the type."""
    lab.reset()
    plcnext = lab.simulators["plcnext"]
    new = {f"{PREFIX}{side}{number}": {"type": name} for number, name in enumerate(ENDS) for side in ("Low", "High")}
    plcnext.control("download_project", crc=4712, variables=new)
    ends = {f"{side}{number}": (name, values) for number, (name, values) in enumerate(ENDS.items()) for side in ("Low", "High")}
    fitting = {name: values[not name.startswith("Low")] for name, (_type, values) in ends.items()}
    beyond = {name: values[2 + (not name.startswith("Low"))] for name, (_type, values) in ends.items()}
    tasks = [task("Beyond", SET, variables=beyond), task("Fitting", SET, variables=fitting), task("Again", SET, variables=fitting, value_format="text")]
    run = play(lab, tasks[0])
    refused = ordered(run.result("Beyond"), "failed")
    equal((refused["error"]["kind"], len(refused["problems"])), ("invalid_input", len(beyond)), "values beyond the ends")
    for name, (type_name, _values) in ends.items():
        (problem,) = [text for text in refused["problems"] if text.startswith(f"{PREFIX}{name}:")]
        check(re.search(rf"\b{type_name.replace('[20]', '20')}\b", problem), f"no type: {problem}")
    equal(plcnext.journal().writes(), [], "writes of values beyond the ends")

    run = play(lab, *tasks[1:])
    equal([ordered(run.result(name))["changed"] for name in ("Fitting", "Again")], [True, False], "changed")
    expected = {PREFIX + name: SHOWN.get(value, value) if isinstance(value, str) else value for name, value in fitting.items()}
    equal(values_of(lab, list(expected)), expected, "the controller's values")


def parts_and_forms(lab: Lab) -> None:
    """Arrays and structures whole and by element, a duration in both forms, an enumeration by name and by number: the same is the same."""
    lab.reset()
    pairs = {
        "a duration": ({"FillTime": "T#1m30s"}, {"FillTime": 90000}, {"FillTime": "90000"}),
        "an enumeration": ({"OperatingMode": "Cleaning"}, {"OperatingMode": 3}, {"OperatingMode": "3"}),
        "an array": ({"Totals": [5, 6, 7, 2**64 - 1]}, {"Totals[-1]": 5, "Totals[2]": 2**64 - 1}, {"Totals": ["5", 6, 7.0, str(2**64 - 1)]}),
        "an array of arrays": ({"Matrix": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}, {"Matrix[1]": [4, 5, 6], "Matrix[2][2]": 9}, {"Matrix[0]": [1, 2, 3]}),
        "a structure": (
            {"Filler.Pumps": [{"State": 10, "Pressure": [1, 2, 3.3]}, {"Speed": 7.1}]},
            {"Filler.Pumps[1].State": 10, "Filler.Pumps[1].Pressure[3]": 3.3, "Filler.Pumps[2].Speed": 7.1},
            {"Filler.Pumps[1]": {"Pressure": [1, 2, 3.3]}, "Filler.Pumps[2]": {"Speed": "7.1"}},
        ),
    }
    before = values_of(lab, [PREFIX + "Filler.Pumps"])[PREFIX + "Filler.Pumps"]
    tasks = [task(f"{what} {number}", SET, variables=variables) for what, forms in pairs.items() for number, variables in enumerate(forms)]
    run = play(lab, *tasks)
    for what, forms in pairs.items():
        equal([ordered(run.result(f"{what} {number}"))["changed"] for number in range(len(forms))], [True, False, False], f"changed of {what}")
    first, second = values_of(lab, [PREFIX + "Filler.Pumps"])[PREFIX + "Filler.Pumps"]
    # The other members stay as they were.
    equal(first, {**before[0], "State": 10, "Pressure": [1, 2, single(3.3)]}, "the first pump")
    equal(second, {**before[1], "Speed": single(7.1)}, "the second pump")
    bodies = [json.loads(entry["body"])["variables"] for entry in lab.simulators["plcnext"].journal().writes()]
    # Only what differs is sent; 7 of 9 elements of the matrix were others.
    equal([len(entries) for entries in bodies], [1, 1, 4, 8, 5], "written elements")


def another_project(lab: Lab) -> None:
    """Nothing is written into another project than expected, also where it does not even have the variables."""
    lab.reset()
    plcnext = lab.simulators["plcnext"]
    right = task("Right", SET, variables={"RecipeNumber": 8}, expected_project_crc=1430805090)
    play(lab, right)
    plcnext.control("download_project", crc=4713, variables={PREFIX + "RecipeNumber": None})
    plcnext.journal()
    wrong = [
        task("Wrong", SET, variables={"ValveNumber": 13}, expected_project_crc=1430805090),
        task("Wrong and without the variable", SET, variables={"RecipeNumber": 9}, expected_project_crc=1430805090),
        task("Wrong and equal", SET, variables={"ValveNumber": 12}, expected_project_crc=1430805090),
    ]
    run = play(lab, *wrong)
    for entry in wrong:
        result = ordered(run.result(entry["name"]), "failed")
        equal((result["error"]["kind"], result["project_crc"]), ("project_changed", 4713), entry["name"])
        check("has the checksum 4713, not 1430805090 as expected; nothing was written" in result["msg"], result["msg"])
    equal(plcnext.journal().writes(), [], "writes")


# After how many requests the download happens, whether the last variable is missing then, and whether the task reads back: three requests read, four write.
DOWNLOADS = [(after, gone, after > 6) for after in (1, 3, 5, 7) for gone in (False, True)]


def exchanged(lab: Lab) -> None:
    """A download while a task writes: what it says of each variable is so."""
    lab.reset()
    names = [f"Hall1.{'A' * 1500}{number:05d}" for number in range(1000)]
    lab.simulators["plcnext"].control("generate", count=1000, prefix=PREFIX + names[0][:-5], type="INT")
    wanted = {name: 1 + number for number, name in enumerate(names)}
    (lab.folder / "bulk.json").write_text(json.dumps(wanted), encoding="utf-8")
    tasks = []
    for case, (after, gone, verify) in enumerate(DOWNLOADS):
        download = {"crc": 5000 + case, "after_requests": after, "variables": {PREFIX + names[-1]: None} if gone else {}}
        before = {"crc": 4714, "variables": {PREFIX + names[-1]: {"type": "INT"}}}
        tasks += [
            {"name": "The project that is there", "simulator_control": {"simulator": "plcnext", "download_project": before}},
            {"name": "The download that comes", "simulator_control": {"simulator": "plcnext", "download_project": download}},
            task(f"Write {case}", SET, src="{{ folder }}/bulk.json", verify=verify),
            {"name": f"Values {case}", "simulator_control": {"simulator": "plcnext", "get_variables": {}}},
        ]
    run = play(lab, *tasks)
    for case, (after, gone, verify) in enumerate(DOWNLOADS):
        what = f"a download after {after} requests" + (", without the last variable" if gone else "") + (", read back" if verify else "")
        real = run.result(f"Values {case}")["result"]
        arrived = {PREFIX + name for name, value in wanted.items() if real.get(PREFIX + name) == value}
        result = run.result(f"Write {case}")
        equal((result["_status"], result.get("error", {}).get("kind")), ("failed", "project_changed"), f"{what} ({result.get('msg', '')[:300]})")
        check(f"checksum 4714 became {5000 + case}" in result["msg"] and len(result["msg"]) < 80_000, f"{what}: {result['msg'][:300]}")
        equal(bool(result.get("changed")), bool(result.get("written")), f"changed, {what}")
        written, missing = result.get("written", []), result.get("not_written", [])
        equal((len(written), set(written) == arrived, result.get("unknown", [])), (len(arrived), True, []), f"written, {what}")
        if after >= 3:
            equal({*written, *missing} == {PREFIX + name for name in wanted}, True, f"the variables of which something is said, {what}")
            check(f"not written: {PREFIX}Hall1" in result["msg"], f"{what}: {result['msg'][:300]}")
    # The request by which the download is noticed has written into the new project; after reading back nothing is left.
    written = [bool(run.result(f"Write {case}").get("written")) for case in range(len(DOWNLOADS))]
    equal(written, [3 <= after < 7 for after, _gone, _verify in DOWNLOADS], "written")
