# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a controller and its project are, without a login; and what is said of one that cannot tell."""

from __future__ import annotations

import re
from typing import Any

from tests.integration._lab import Lab, check, equal

SIMULATORS = ("--only", "plcnext")
INFO = "tokenflow.services.plcnext_info"
FILES = ["project", "dictionary", "types"]
NO_HMI = r"does not have this part of the REST data interface \(HTTP 404\)\. Check base_url.*: Download a project that has an HMI page"
# State of the controller, its switches, what is asked for, and what the failure says.
TROUBLES: list[tuple[str, dict[str, Any], str, str, str]] = [
    *[("loading", {"loading_answer": 503}, part, "unavailable", r"loading or changing its project \(HTTP 503\)\. Wait until") for part in FILES],
    *[("loading", {"loading_answer": 302}, part, "unavailable", r"loading its project, or has none with an HMI page \(HTTP 302\)\. Wait if") for part in FILES],
    ("no_project", {"no_project_answer": 302}, "project", "unavailable", r"has none with an HMI page \(HTTP 302\).* download one that has an HMI page"),
    *[("no_project", {}, part, "not_found", NO_HMI) for part in ("service", "sessions", *FILES)],
    *[
        ("down", {"down_status": status}, part, "unavailable", rf"HMI component of the controller is not running \(HTTP {status}\).*Output\.log")
        for status in (502, 503)
        for part in ("service", "sessions")
    ],
    *[
        ("loading", {"unloaded_status": status}, "sessions", "unavailable", r"is loading its project: project/unloaded\. Wait until it is loaded")
        for status in (404, 403, 408, 410)
    ],
]


def test(lab: Lab) -> None:
    connection = {"base_url": lab.variables["plcnext_base_url"], "ca_path": lab.variables["simulators_ca_path"], "retries": 0}
    lab.play("without_login.yml", credentials=False)
    lab.reset()
    lab.play("with_login.yml")
    lab.reset()
    troubles(lab, connection)


def troubles(lab: Lab, connection: dict[str, Any]) -> None:
    """Nothing is said of a part in vain: which state it is, and what to do."""
    tasks: list[dict[str, Any]] = []
    for number, (state, switches, part, _kind, _text) in enumerate(TROUBLES):
        control = {"simulator": "plcnext", "reset": {}, "switch": switches, "set_state": {"state": state}}
        tasks += [
            {"name": "State", "simulator_control": control},
            {"name": f"Trouble {number}", INFO: {**connection, "gather": [part]}, "ignore_errors": True},
        ]
    run = lab.play([{"name": "Troubles", "hosts": "localhost", "gather_facts": False, "tasks": tasks}], credentials=False)
    for number, (state, switches, part, kind, text) in enumerate(TROUBLES):
        result, what = run.result(f"Trouble {number}"), f"{part} while {state} with {switches}"
        equal((result["_status"], result["error"]["kind"]), ("failed", kind), what)
        check(re.search(text, result["msg"]) and "<" not in result["msg"], f"{what}: {result['msg']}")
