# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asynchronous operations of the simulated appliance and their one status (contract §7.2)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ._appliance_references import Finding
from ._appliance_wire import node, nodes

OPERATIONS = ("activate", "save", "verify", "restore", "backup")


@dataclass
class Outcome:
    """How an operation ended: no error message means success."""

    error: str = ""
    findings: Sequence[Finding] = ()


@dataclass
class Job:
    """One operation: ``work`` takes effect at ``ends`` (Unix seconds) and says how it went."""

    operation: str
    ends: float
    work: Callable[[], Outcome]
    owner: str
    outcome: Outcome | None = None

    @property
    def status(self) -> str:
        if self.outcome is None:
            return "inProgress"
        return "fail" if self.outcome.error else "success"


@dataclass
class Jobs:
    """All operations that still run, and the newest one, which is the only one whose status can be seen."""

    newest: Job | None = None
    running: list[Job] = field(default_factory=list)

    def start(self, job: Job) -> None:
        self.newest = job
        self.running.append(job)

    def settle(self, now: float) -> None:
        """Lets operations take effect whose time is over, in the order in which they end."""
        for job in sorted((job for job in self.running if job.ends <= now), key=lambda job: job.ends):
            self.running.remove(job)
            job.outcome = job.work()

    def lose(self) -> None:
        """Forgets everything, as a restart does."""
        self.newest = None
        self.running.clear()

    def status(self) -> list[ET.Element]:
        """Content of ``data`` for ``admin/asyncstatus``; empty before the first operation."""
        if self.newest is None:
            return []
        job = self.newest
        state = {"operation": job.operation, "status": job.status}
        if job.outcome and job.outcome.error:
            state["errorMessage"] = job.outcome.error
        found = [node("operationState", nodes(state))]
        if job.outcome and job.outcome.findings:
            entries = [node("verify", nodes({"field": finding.field, "object": finding.object})) for finding in job.outcome.findings]
            found.append(node("additionalInfo", [node("verifySummary", entries)]))
        return found
