# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ansible-core callback that writes each task's result as a line of JSON into the file named by RECORD_FILE."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: aggregate
short_description: Records each task's result
description: Writes host, task name, status and the whole result, as a log shipper would; with RECORD_FIELDS in the environment also the task's fields.
"""


class CallbackModule(CallbackBase):
    """See the module's documentation."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def _note(self, result: Any, status: str) -> None:
        # The public names came with ansible-core 2.19.
        task = getattr(result, "task", None) or result._task
        host = getattr(result, "host", None) or result._host
        outcome = getattr(result, "result", None) or result._result
        line = {"host": host.get_name(), "task": task.get_name(), "status": status, "result": outcome}
        if "RECORD_FIELDS" in os.environ:
            # Deprecated since 2.21, but what log shippers take.
            line["fields"] = getattr(result, "task_fields", None) or result._task_fields
        with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps(line, default=str) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task that succeeded."""
        self._note(result, "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task that failed."""
        self._note(result, "failed")

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task that was skipped."""
        self._note(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host that could not be reached."""
        self._note(result, "unreachable")

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """An item of a loop that succeeded."""
        self._note(result, "item ok")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """An item of a loop that failed."""
        self._note(result, "item failed")

    def v2_runner_retry(self, result: Any) -> None:
        """A try that is going to be repeated."""
        self._note(result, "retry")
