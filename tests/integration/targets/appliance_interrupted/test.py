# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change that is broken off, wherever it is, leaves the appliance without a lock, or says until when the lock stays. Nothing goes on after that."""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass
from typing import Any

from tests.integration._journal import Journal, Simulator, line_of
from tests.integration._lab import Lab, Run, check, equal

# Two, so that one can be watched for what comes late while the other is at work.
SIMULATORS = ("--only", "appliance", "--count", "appliance=2")
HELD = 0.5
"""Seconds for which a request is held up, so that the signal comes while it is under way. The appliance acts on it after that."""
STATUS = {signal.SIGINT: 99, signal.SIGTERM: -signal.SIGTERM, signal.SIGHUP: -signal.SIGHUP, signal.SIGKILL: -signal.SIGKILL}
RELEASED = r"released the configuration lock of https://\S+, which admin held at the end of the run; edits that were not saved remain"
ENDS = r"(It ends with its token, at|it stays until) 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"


@dataclass(frozen=True)
class Point:
    """A request of the change: the ``skip``-th of those that match. ``held``: whether the run holds the lock then, None if it may not hold it at its end."""

    name: str
    method: str
    path: str
    skip: int = 0
    held: bool | None = True
    playbook: str = "change.yml"


POINTS = (
    Point("logging in", "POST", "auth/token", held=False),
    Point("reading before the lock", "GET", "configElements", held=False),
    Point("asking for the lock", "POST", "configuration/lock", held=None),
    Point("reading under the lock", "GET", "configElements", skip=3),
    Point("making the element", "POST", "configElements"),
    Point("starting the verification", "PUT", "management"),
    Point("waiting for the verification", "GET", "asyncstatus", skip=1),
    Point("saving", "PUT", "management", skip=1),
    Point("activating", "POST", "management"),
    Point("releasing the lock", "POST", "configuration/unlock"),
    Point("renewing the token", "POST", "auth/token", skip=1, playbook="renewal.yml"),
    # The task may release it by itself when it is ended, or the run does.
    Point("making an element under a lock of its own", "POST", "configElements", held=None, playbook="single.yml"),
)


class Bench:
    """The appliances, used in turn."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.names = list(lab.simulators)
        self.checks: dict[str, tuple[str, int]] = {}

    def appliance(self) -> Simulator:
        """The next one, as at the start. What came to it late must not have changed anything."""
        self.names.append(self.names.pop(0))
        self.late(self.names[0])
        simulator = self.lab.simulators[self.names[0]]
        simulator.control("reset")
        simulator.control("switch", job_seconds=0)
        self.lab.clock.write_text("0", encoding="ascii")
        return simulator

    def late(self, name: str) -> None:
        """Fails if a run went on after its end."""
        what, last = self.checks.pop(name, ("", 0))
        journal = self.lab.simulators[name].journal(clear=False)
        late = [line_of(entry) for entry in journal.entries if entry["number"] > last] if what else []
        equal(late, [], f"requests after the end of {what}")
        if what:
            equal(self.lab.simulators[name].control("lock_state")["holder"], None, f"holder of the lock long after {what}")

    def broken_off(self, point: Point, number: int, group: bool = False, again: bool = False, **more: Any) -> tuple[Run, Simulator]:
        """Runs the change and sends a signal when its request is under way."""
        sent: list[float] = []
        simulator = self.appliance()
        simulator.control("fault", kind="delay", method=point.method, path=point.path, skip=point.skip, seconds=HELD)

        def watch() -> None:
            if not sent and any("fault" in entry for entry in simulator.journal(clear=False).entries):
                sent.append(time.monotonic())
                self.lab.signal(number, group)
                if again:
                    time.sleep(0.05)
                    self.lab.signal(number, group)

        environment = {"APPLIANCE_BASE_URL": simulator.settings["base_url"]}
        run = self.lab.play(point.playbook, environment=environment, moving_clock=True, status=None, warnings=".", watch=watch, **more)
        what = f"{signal.Signals(number).name} while {point.name}"
        check(sent, f"{what}: the request never came\n{simulator.journal(clear=False)}")
        last = max(entry["number"] for entry in simulator.journal(clear=False).entries)
        self.checks[self.names[0]] = (what, last)
        return run, simulator


def test(lab: Lab) -> None:
    bench = Bench(lab)
    for point in POINTS:
        for number, group in ((signal.SIGINT, True), (signal.SIGTERM, False)):
            run, simulator = bench.broken_off(point, number, group)
            equal(run.status, STATUS[number], f"status after {number.name} while {point.name}")
            look(point, number.name, run, simulator)
    terminal_is_closed(bench)
    impatient(bench)
    timeout_of_the_shell(bench)
    killed(bench)
    for name in bench.names:
        time.sleep(HELD)
        bench.late(name)


def look(point: Point, how: str, run: Run, simulator: Simulator) -> None:
    """The lock is free, and what was said of it is true."""
    what, output = f"{how} while {point.name}", " ".join(run.output.split())
    holder = simulator.control("lock_state")["holder"]
    said = bool(re.search(RELEASED, output))
    check(holder is None or re.search(ENDS, output), f"{what}: {holder} holds the lock, and the run does not say until when:\n{run.output}")
    equal(holder, None, f"{what}: holder of the lock")
    if point.held is not None:
        equal(said, point.held, f"{what}: whether a released lock is spoken of\n{run.output}")
    check("Traceback" not in run.output, f"{what}:\n{run.output}")
    unlocks = [entry["status"] for entry in _lines(simulator.journal(clear=False), "POST .*/unlock")]
    equal(unlocks.count(204) if point.held is not False else len(unlocks), int(point.held is not False), f"{what}: locks that were released, {unlocks}")


def _lines(journal: Journal, pattern: str) -> list[dict[str, Any]]:
    return [entry for entry in journal.entries if re.fullmatch(pattern, line_of(entry))]


def _point(name: str) -> Point:
    return next(point for point in POINTS if point.name == name)


def terminal_is_closed(bench: Bench) -> None:
    """SIGHUP, as when a remote session breaks off."""
    for name in ("asking for the lock", "making the element"):
        run, simulator = bench.broken_off(_point(name), signal.SIGHUP, group=True)
        equal(run.status, -signal.SIGHUP, "status after SIGHUP")
        look(_point(name), "SIGHUP", run, simulator)


def impatient(bench: Bench) -> None:
    """A second Ctrl-C shortly after the first does not cost the lock."""
    point = _point("waiting for the verification")
    run, simulator = bench.broken_off(point, signal.SIGINT, group=True, again=True)
    check(run.status in (99, -signal.SIGINT), f"status after two interrupts: {run.status}")
    look(point, "two interrupts", run, simulator)


def timeout_of_the_shell(bench: Bench) -> None:
    """``timeout`` ends the command that it runs with all of its process group."""
    point = _point("saving")
    run, simulator = bench.broken_off(point, signal.SIGTERM, group=True)
    equal(run.status, -signal.SIGTERM, "status after SIGTERM to the process group")
    look(point, "timeout", run, simulator)


def killed(bench: Bench) -> None:
    """Nobody can do anything about SIGKILL: the lock stays until its token ends. The same change waits for that, and makes good what is left."""
    point = _point("making the element")
    run, simulator = bench.broken_off(point, signal.SIGKILL)
    equal(run.status, -signal.SIGKILL, "status after SIGKILL")
    state = simulator.control("lock_state")
    equal(state["holder"], "admin", "holder of the lock after SIGKILL")
    check(590 < state["seconds_left"] <= 600, f"the lock stays for {state['seconds_left']} seconds")
    simulator.control("clear_journal")
    tried: list[int] = []

    def watch() -> None:
        refused = [entry for entry in _lines(simulator.journal(clear=False), "POST .*/configuration/lock") if entry["status"] == 423]
        if refused and not tried:
            tried.append(len(refused))
            simulator.control("advance", seconds=601)

    environment = {"APPLIANCE_BASE_URL": simulator.settings["base_url"]}
    bench.lab.play("change.yml", environment=environment, variables={"appliance_change_wait": 660}, watch=watch)
    check(tried, f"the second run did not wait for the lock\n{simulator.journal(clear=False)}")
    equal(simulator.control("lock_state")["holder"], None, "holder of the lock after the second run")
    routes = [route["attributes"]["dest-network"] for route in simulator.control("get_store", store="running")["host-route"]]
    check("203.0.113.0" in routes, f"the route does not run: {routes}")
    bench.checks.clear()
