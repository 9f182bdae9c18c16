# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the nox sessions of ``make test``, two at a time, and sums them up.

Each step's output goes to build/logs/<step>.log, and to the terminal if the step fails. The last line counts the steps.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from _workspace import BUILD, ROOT

# The longest first, so that the two lanes end together.
STEPS = ("sanity", "integration", "units", "galaxy", "ansible_lint", "demo", "types", "docs_check", "lint", "licenses")

LOGS = BUILD / "logs"
_TIMEOUT = 1300
_SHOWN_LINES = 150


@dataclass
class Step:
    """A running session."""

    name: str
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.log = LOGS / f"{self.name}.log"
        self._report = LOGS / f"{self.name}.json"
        self._report.unlink(missing_ok=True)
        command = [sys.executable, "-E", "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), "--report", str(self._report), "-s", self.name]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"}, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def outcome(self) -> str:
        """``passed``, ``failed`` or ``skipped``, or nothing while the session runs."""
        late = time.monotonic() - self.started > _TIMEOUT
        if late:
            self.stop()
            with open(self.log, "a", encoding="utf-8") as log:
                log.write(f"\nStopped after {_TIMEOUT} s.\n")
        code = self.process.poll()
        if code is None:
            return ""
        self.stop()
        if late or code != 0 or not self._report.exists():
            return "failed"
        results = [session["result"] for session in json.loads(self._report.read_text(encoding="utf-8"))["sessions"]]
        return {"success": "passed", "skipped": "skipped"}.get(results[0] if len(results) == 1 else "", "failed")

    def stop(self) -> None:
        """Ends the session with everything that it started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(timeout=10)
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def tail(log: Path) -> str:
    """The end of a log, with its length in lines if that is not all."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    dropped = len(lines) - _SHOWN_LINES
    return "\n".join([f"... ({dropped} lines before: see {log.relative_to(ROOT)})"] * (dropped > 0) + lines[-_SHOWN_LINES:])


def run(names: list[str], lanes: int) -> dict[str, str]:
    """Runs the steps and prints a line for each as it ends; returns the outcome of each."""
    waiting = list(names)
    running: list[Step] = []
    outcomes: dict[str, str] = {}
    try:
        while waiting or running:
            while waiting and len(running) < lanes:
                running.append(Step(waiting.pop(0)))
            time.sleep(0.1)
            for step in list(running):
                if outcome := step.outcome():
                    running.remove(step)
                    outcomes[step.name] = outcome
                    print(f"{outcome:<8} {step.name:<13} {time.monotonic() - step.started:6.1f} s", flush=True)
    finally:
        for step in running:
            step.stop()
    return outcomes


def main() -> None:
    """Runs the steps named on the command line, or all; exits with 1 if one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=f"of {', '.join(STEPS)}; all if not given")
    parser.add_argument("-j", "--lanes", type=int, default=2, help="steps at a time")
    options = parser.parse_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    LOGS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    names = options.steps or list(STEPS)
    print(f"{len(names)} steps, {options.lanes} at a time: {', '.join(names)}", flush=True)
    outcomes = run(names, max(1, options.lanes))
    for name, outcome in outcomes.items():
        if outcome != "passed":
            print(f"\n===== {outcome}: {name} =====\n{tail(LOGS / f'{name}.log')}")
    count = {word: list(outcomes.values()).count(word) for word in ("passed", "failed", "skipped")}
    print(f"\n{time.monotonic() - started:.0f} s; logs in {LOGS.relative_to(ROOT)}/")
    print(f"{count['passed']} passed, {count['failed']} failed" + (f", {count['skipped']} skipped" if count["skipped"] else ""))
    sys.exit(1 if count["failed"] else 0)


if __name__ == "__main__":
    main()
