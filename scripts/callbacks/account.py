# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ansible-core callback that notes each task's outcome as a line of JSON in the file named by DEMO_ACCOUNT."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: account
type: aggregate
short_description: Notes each task's outcome
description: Writes the name, the status and the result of each task, and the name that it is registered under.
"""


class CallbackModule(CallbackBase):
    """See the module's documentation."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "account"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, result: Any, status: str) -> None:
        # The public names came with ansible-core 2.19, and several names for one result with 2.22.
        task = getattr(result, "task", None) or result._task
        outcome = getattr(result, "result", None) or result._result
        register = task.register
        line = {
            "task": task.get_name(),
            "register": register if isinstance(register, str) else next(iter(register or ()), ""),
            "status": status,
            "changed": bool(outcome.get("changed")),
            "result": outcome,
        }
        with open(os.environ["DEMO_ACCOUNT"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task that succeeded."""
        self._note(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task that failed."""
        self._note(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host that could not be reached."""
        self._note(result, "unreachable")
