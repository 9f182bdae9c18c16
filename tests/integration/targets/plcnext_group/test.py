# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A read group is there or not: registered once, found again, gone after a download, and what the controller did is what is said."""

from __future__ import annotations

import re

from tests.integration._lab import Lab, equal

SIMULATORS = ("--only", "plcnext")


def test(lab: Lab) -> None:
    for position in ({}, {"group_dedup": False, "report_page": 1, "uri_scheme": True}):
        lab.reset()
        plcnext = lab.simulators["plcnext"]
        plcnext.control("switch", **position)
        run = lab.play("group.yml", arguments=["--diff"])
        journal = plcnext.journal()
        statuses = [(entry["method"], entry["status"]) for entry in journal.calls() if re.search("/groups", entry["path"])]
        # Registered: both orders, after the download, with a station, and one that breaks. Removed: by paths, by id, and the broken one.
        equal((statuses.count(("POST", 201)), statuses.count(("DELETE", 204))), (5, 3), f"registered and removed with {position}")
        equal(len(journal.logins()), 0, f"logins after the first with {position}")
        diffs = [result["diff"] for result in run.results("Registered") + run.results("Removed by its paths") + run.results("Removed by its id")]
        paths = {"paths": ["LevelCurrent", "LevelMinimum", "Filler.Pump1.State"]}
        equal(diffs[:2], [{"before": {}, "after": paths}, {"before": paths, "after": {}}], f"diffs with {position}")
        equal((list(diffs[2]["before"]), diffs[2]["after"]), (["group_id"], {}), f"diff of a removal by id with {position}")
