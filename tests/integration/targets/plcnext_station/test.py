# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that is a station has a session for its length: refused where the name is in use, kept alive, opened anew, deleted whatever happens."""

from __future__ import annotations

import re
from typing import Any

from tests.integration._journal import Simulator
from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "plcnext")
PLAY = {"name": "Stations", "hosts": "localhost", "gather_facts": False}
WAIT = "tokenflow.services.plcnext_variable_info"
OPEN = ("POST", 201)
KEEP = ("POST", 200)
DELETE = ("DELETE", 204)


def test(lab: Lab) -> None:
    run = lab.play("station.yml", warnings="session of station 'Panel 9' could not be deleted")
    equal(run.output.count("[WARNING]"), 1, "warnings")
    kept_alive(lab)
    dropped(lab)
    disabled(lab)


def sessions(plcnext: Simulator) -> list[tuple[str, int]]:
    """Method and status of each request about sessions."""
    return [(entry["method"], entry["status"]) for entry in plcnext.journal().calls() if re.search("/sessions", entry["path"])]


def wait(lab: Lab, seconds: float, when_open: Any, warnings: str = "") -> Run:
    """A task that waits in vain as the station Line 1; ``when_open`` is done once its session is there."""
    lab.reset()
    plcnext = lab.simulators["plcnext"]
    pending = [when_open]

    def watch() -> None:
        if pending and plcnext.journal(clear=False).lines().count("GET /_pxc_api/v1.2/variables"):
            pending.pop()(plcnext)

    options = {"paths": ["RecipeNumber"], "until": "RecipeNumber == `99`", "until_timeout": seconds, "until_interval": 0.2, "station_id": "Line 1"}
    task = {"name": "Wait", WAIT: {**options, "station_timeout": 30}, "ignore_errors": True}
    run = lab.play([{**PLAY, "tasks": [task]}], watch=watch, warnings=warnings)
    check(not pending, "nothing was done while the task waited")
    return run


def kept_alive(lab: Lab) -> None:
    """Two seconds without a request would end it; the pause is longer."""
    lab.reset()
    options = {"paths": ["RecipeNumber"], "until": "RecipeNumber == `99`", "until_timeout": 3, "until_interval": 3}
    run = lab.play([{**PLAY, "tasks": [{"name": "Wait", WAIT: {**options, "station_id": "Line 1", "station_timeout": 2}, "ignore_errors": True}]}])
    equal(run.result("Wait")["error"]["kind"], "timed_out", "a wait in vain")
    equal(sessions(lab.simulators["plcnext"]), [OPEN, *[KEEP] * 2, DELETE], "kept alive after one and two seconds")


def dropped(lab: Lab) -> None:
    """The controller drops the session; the task goes on in another."""
    run = wait(lab, 1.5, lambda plcnext: plcnext.control("download_project", crc=1430805090))
    equal(run.result("Wait")["error"]["kind"], "timed_out", "a wait in vain")
    equal(sessions(lab.simulators["plcnext"]), [OPEN, OPEN, DELETE], "opened anew once")


def disabled(lab: Lab) -> None:
    """The PLC program throws the station out."""
    run = wait(lab, 20, lambda plcnext: plcnext.control("disable_session", station_id="Line 1"), warnings="could not be deleted")
    result = run.result("Wait")
    equal(result["error"]["kind"], "not_authorised", "a disabled station")
    check("the PLC program has disabled the session of station 'Line 1'. It does so with HMI_CONTROL" in result["msg"], result["msg"])
    # It cannot be deleted either, and ends by itself.
    equal(sessions(lab.simulators["plcnext"]), [OPEN, ("DELETE", 403)], "a disabled session")
    check("could not be deleted and ends by itself after 30 seconds" in " ".join(run.output.split()), "nothing is said of the session that stays")
