# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The appliance's asynchronous work on its configuration stores (contract §7)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, JobFailed, TimedOut
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import TELL_EVERY, TITLE, Appliance

MANAGEMENT = "configuration/management"
METHODS = {"save": "PUT", "verify": "PUT", "restore": "PUT", "activate": "POST", "backup": "POST"}
INTERVAL = 1.0
WAIT = "Try again when it has ended, or raise job_timeout, for which it is waited for."
AFTER_FAILURE = {"verify": "Correct what it names and verify again, or undo all edits with action: restore."}


@dataclass(frozen=True)
class Status:
    """The state of the most recent job of the whole appliance, whoever started it: no ``operation`` if there was none."""

    operation: str = ""
    status: str = ""
    messages: list[str] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return self.status == "inProgress"


class Jobs:
    """Starts jobs and waits for them. ``progress`` is told every few seconds what is waited for."""

    def __init__(self, appliance: Appliance, timeout: float, progress: Callable[[str], None] = lambda _text: None) -> None:
        self._appliance = appliance
        self._timeout = timeout
        self._progress = progress

    def status(self) -> Status:
        """The appliance's job status (contract §7.2); an appliance that had no job yet may answer with nothing or 404."""
        answer = self._appliance.call("GET", "admin/asyncstatus", expect=(200, 404))
        data = answer.xml().find("data") if answer.status == 200 else None
        state = data.find(".//operationState") if data is not None else None
        if data is None or state is None:
            return Status()
        lines = (line.strip() for element in data.iter("errorMessage") for line in (element.text or "").splitlines())
        messages = list(dict.fromkeys(line for line in lines if line))
        text = "\n".join(messages)
        for entry in data.iter("verify"):
            place = (entry.findtext("object") or "").strip()
            if not place or place not in text:
                messages.append(_verification(entry))
        return Status(state.findtext("operation") or "", state.findtext("status") or "", [line for line in messages if line])

    def run(self, action: str, **query: Any) -> Status:
        """Starts a job and waits for its end. Raises ``JobFailed`` with the appliance's messages, ``TimedOut``, or ``Conflict`` for another operator's job."""
        end = time.monotonic() + self._timeout
        self._wait_for_others(action, end)
        # One that somebody starts in between is waited for too.
        while True:
            answer = self._appliance.call(METHODS[action], MANAGEMENT, query={"action": action, **query}, body=None, expect=(202, 409))
            if answer.status == 202:
                break
            if time.monotonic() + INTERVAL > end:
                raise self._appliance.session.error(answer)
            time.sleep(INTERVAL)
        return self._wait(action, time.monotonic() + self._timeout)

    def _wait_for_others(self, action: str, end: float) -> None:
        told = time.monotonic()
        while (status := self.status()).running:
            if time.monotonic() > end:
                raise Conflict(f"{action} was not started: {status.operation} of somebody else is still at work", service=TITLE, hint=WAIT)
            told = self._tell(f"waiting for {status.operation} of somebody else to end", told)
            time.sleep(INTERVAL)

    def _wait(self, action: str, end: float) -> Status:
        started = told = time.monotonic()
        while True:
            status = self.status()
            if status.operation and status.operation != action:
                hint = "Look at the appliance before going on: only its last job can be asked for."
                raise Conflict(f"{action} was started, but {status.operation} of somebody else hides how it ended", service=TITLE, hint=hint)
            if status.status == "success":
                return status
            if status.status == "fail":
                text = "; ".join(status.messages) or "the appliance gave no reason"
                details = {"operation": action, "status": "fail", "messages": status.messages}
                raise JobFailed(f"{action} failed: {text}", service=TITLE, hint=AFTER_FAILURE.get(action, ""), details=details)
            if time.monotonic() > end:
                hint = "It may still end well: look with appliance_info, and raise job_timeout."
                details = {"operation": action, "status": "inProgress"}
                raise TimedOut(f"{action} had not ended after {self._timeout:g} seconds", service=TITLE, hint=hint, details=details)
            told = self._tell(f"{action} in progress for {time.monotonic() - started:.0f} s", told)
            time.sleep(INTERVAL)

    def _tell(self, text: str, told: float) -> float:
        now = time.monotonic()
        if now - told < TELL_EVERY:
            return told
        self._progress(text)
        return now


def _verification(entry: Any) -> str:
    """An entry of a verification's summary as one line; its names differ between releases (contract §7.2)."""
    parts = {child.tag: (child.text or "").strip() for child in entry if child.tag != "errorMessage"}
    return ", ".join(f"{name} {text}" for name, text in parts.items() if text)
