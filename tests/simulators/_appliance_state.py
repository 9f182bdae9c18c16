# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the simulated appliance remembers, and what time does to it (contract §4, §6, §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._appliance_access import Access, Account, Lock
from ._appliance_configuration import Configuration
from ._appliance_elements import catalogue
from ._appliance_jobs import Job, Jobs, Outcome
from ._appliance_metadata import ElementType
from ._appliance_references import Finding, verify
from ._appliance_system import Machine
from ._core import Clock


class State:
    """Accounts, tokens, lock, stores, operations, backups and the machine. ``on`` reads a switch."""

    def __init__(self, clock: Clock, on: Callable[[str], Any], accounts: dict[str, Account]) -> None:
        self.clock, self.on = clock, on
        self.access = Access(accounts, on, self._lock_lost)
        self.machine = Machine(clock.now())
        self.jobs = Jobs()
        self.editing = Configuration()
        self.saved = Configuration()
        self.running = Configuration()
        self.backups: dict[str, Configuration] = {}
        self.verify_errors: list[Finding] = []
        self.failures: dict[str, str] = {}
        """Operation and error message of the next operation of that name that is to fail."""
        self.down = False

    @property
    def kinds(self) -> dict[str, ElementType]:
        return catalogue(self.on("ntp_type"), self.on("access_control_destination_key"))

    def store(self, name: str) -> Configuration:
        return {"editing": self.editing, "saved": self.saved, "running": self.running}[name]

    def tick(self) -> None:
        """Brings everything up to the clock: restarts, operations that are over, tokens that have expired."""
        now = self.clock.now()
        outage = self.machine.due(now)
        self.jobs.settle(outage.begins if outage else now)
        self.access.expire(outage.begins if outage else now)
        if outage:
            self._restart(outage.kind, outage.begins)
            self.jobs.settle(now)
            self.access.expire(now)
        self.down = self.machine.down(now)

    def _restart(self, kind: str, now: float) -> None:
        if self.on("after_restart") == "lost":
            self.access.forget_tokens()
            self.access.lock = Lock()
        if kind == "reboot":
            # A system that boots reads its saved configuration; what was being edited in memory is gone.
            self.editing = self.saved.copy()
            self.jobs.lose()
        else:
            self.machine.change_role({"active": "standby"}.get(self.machine.role, "active"), now, "switchover requested over REST")

    def _lock_lost(self) -> None:
        if self.on("edits_at_lock_loss") == "rolled_back":
            self.editing = self.saved.copy()

    def start(self, operation: str, work: Callable[[], Outcome], owner: str) -> None:
        """Starts an operation that takes effect after ``job_seconds``."""
        failure = self.failures.pop(operation, "")
        planned = (lambda: Outcome(failure)) if failure else work
        self.jobs.start(Job(operation, self.clock.now() + float(self.on("job_seconds")), planned, owner))

    def save(self) -> Callable[[], Outcome]:
        """Work: what is being edited now becomes the saved configuration."""
        edited, unchanged = self.editing.copy(), self.editing.same(self.saved)

        def work() -> Outcome:
            if unchanged and self.on("save_without_changes") == "fail":
                return Outcome("There are no changes to save")
            self.saved = edited
            return Outcome()

        return work

    def verify(self) -> Callable[[], Outcome]:
        """Work: checks what is being edited now."""
        findings = verify(self.editing, self.kinds) + self.verify_errors

        def work() -> Outcome:
            return Outcome("\n".join(finding.message for finding in findings), findings)

        return work

    def activate(self) -> Callable[[], Outcome]:
        """Work: the saved configuration becomes the running one."""
        unsaved = not self.editing.same(self.saved)

        def work() -> Outcome:
            if unsaved and self.on("activate_without_save") == "fail":
                return Outcome("Configuration has unsaved changes")
            self.running = self.saved.copy()
            return Outcome()

        return work

    def restore(self, source: str, filename: str = "") -> Callable[[], Outcome]:
        """Work: the running, the saved or a backed up configuration is what is being edited."""

        def work() -> Outcome:
            found = self.backups.get(filename) if source == "backupFile" else self.store(source)
            if found is None:
                return Outcome(f"Backup file {filename} not found")
            self.editing = found.copy()
            return Outcome()

        return work

    def backup(self, source: str, filename: str) -> Callable[[], Outcome]:
        """Work: a copy of a store in a file that must not exist yet."""
        copied = self.store(source).copy()

        def work() -> Outcome:
            if filename in self.backups:
                return Outcome(f"Backup file {filename} already exists")
            self.backups[filename] = copied
            return Outcome()

        return work
