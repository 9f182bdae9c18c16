# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks what a simulator was asked since the last time, and empties its journal.

``simulator`` is the instance; ``logins``, ``renewals``, ``calls`` and ``writes`` are what ``Journal.differences`` compares. Returns ``requests``.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from tests.integration._journal import running


class ActionModule(ActionBase):
    """An assertion about the journal of one simulator."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        expected = dict(self._task.args)
        name = str(expected.pop("simulator"))
        calls = expected.get("calls")
        for option, value in expected.items():
            # Templates of older versions are text.
            expected[option] = [str(line) for line in value] if isinstance(value, list) else int(value)
        journal = running()[name].journal()
        found = journal.differences(**expected)
        if found:
            return {"failed": True, "msg": f"{name}: {'; '.join(found)}. It was asked:\n{journal}"}
        return {"changed": False, "requests": journal.entries, "calls": calls}
