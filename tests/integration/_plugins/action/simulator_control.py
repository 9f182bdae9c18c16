# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Performs control actions of a simulator: ``simulator`` is the instance, every other option an action with its arguments.

Ansible does not keep the order of options: ``reset`` comes first, then what clears something, then the others.
A list of arguments performs an action several times. ``advance_all: SECONDS`` moves the clocks of all simulators and of Ansible itself.
``journal`` is the simulator's journal as it is then.
Returns ``result``, that of the last action, and ``results`` as lists by action.
"""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.action import ActionBase

from tests.integration._journal import running


class ActionModule(ActionBase):
    """What happens behind a service's back."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        options, simulators = dict(self._task.args), running()
        results: dict[str, list[Any]] = {}
        result = None
        if "advance_all" in options:
            _advance(float(options.pop("advance_all")), simulators)
        if options:
            simulator = simulators[str(options.pop("simulator"))]
            for action in sorted(options, key=lambda name: (name != "reset", not name.startswith("clear_"), name)):
                for arguments in options[action] if isinstance(options[action], list) else [options[action]]:
                    result = simulator.journal(clear=False).entries if action == "journal" else simulator.control(action, **(arguments or {}))
                    results.setdefault(action, []).append(result)
        return {"changed": False, "result": result, "results": results}


def _advance(seconds: float, simulators: dict[str, Any]) -> None:
    for simulator in simulators.values():
        simulator.control("advance", seconds=seconds)
    with open(os.environ["CLOCK_OFFSET_FILE"], "r+", encoding="ascii") as stream:
        moved = float(stream.read()) + seconds
        stream.seek(0)
        stream.write(f"{moved}")
