# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for values in one task: over one connection, with one login, until the condition holds or the time is up."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from tests.integration._journal import Simulator
from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "plcnext")
PREFIX = "Arp.Plc.Eclr/"
WAIT = "tokenflow.services.plcnext_variable_info"


class Relay:
    """Passes connections on to a simulator, and counts them."""

    def __init__(self, url: str) -> None:
        host, _colon, port = url.removeprefix("https://").rpartition(":")
        self._target = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                self.connections += 1
                service = socket.create_connection(self._target)
                for source, sink in ((client, service), (service, client)):
                    threading.Thread(target=_pass_on, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        self._listening.close()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def relayed(lab: Lab) -> Iterator[Relay]:
    found = Relay(lab.variables["plcnext_base_url"])
    try:
        yield found
    finally:
        found.close()


def test(lab: Lab) -> None:
    until_it_holds(lab)
    until_the_time_is_up(lab)
    what_ends_it(lab)
    lab.reset()
    lab.play("mistakes.yml")


def wait(lab: Lab, program: Any = None, **options: Any) -> tuple[Run, dict[str, Any]]:
    """Waits for ``options``; ``program`` is called with the simulator and the number of readings so far, again and again."""
    lab.reset()
    plcnext = lab.simulators["plcnext"]

    def watch() -> None:
        if program:
            program(plcnext, sum("/variables" in line for line in plcnext.journal(clear=False).lines()))

    arguments = {"paths": ["RecipeNumber", "SpeedActual"], "until_interval": 0.1, "until_timeout": 20, **options}
    task = {"name": "Wait", WAIT: arguments, "ignore_errors": True}
    run = lab.play([{"name": "Wait", "hosts": "localhost", "gather_facts": False, "tasks": [task]}], watch=watch)
    return run, run.result("Wait")


def until_it_holds(lab: Lab) -> None:
    def program(plcnext: Simulator, readings: int) -> None:
        plcnext.control("set_variables", values={PREFIX + "RecipeNumber": 8 if readings >= 3 else 7, PREFIX + "SpeedActual": readings})

    with relayed(lab) as relay:
        _run, result = wait(lab, program, base_url=relay.url, until="RecipeNumber == `8` && SpeedActual > `2`", query="RecipeNumber")
        equal((result["_status"], result["changed"], result["result"]), ("ok", False, 8), "a condition that comes true")
        check(result["readings"] > 3 and result["variables"]["SpeedActual"] > 2, f"readings and values: {result}")
        journal = lab.simulators["plcnext"].journal()
        equal(journal.differences(logins=1, calls=result["readings"]), [], "one login for all readings")
        equal(relay.connections, 1, "connections")


def until_the_time_is_up(lab: Lab) -> None:
    with relayed(lab) as relay:
        run, result = wait(lab, base_url=relay.url, until="RecipeNumber == `99`", until_timeout=1)
        equal(result["error"]["kind"], "timed_out", "a condition that never holds")
        last = {"RecipeNumber": 7, "SpeedActual": result["variables"]["SpeedActual"]}
        equal((result["variables"], round(last["SpeedActual"], 2)), (last, 41.97), "the last values")
        wanted = f'was not true within 1 seconds and {result["readings"]} readings; the last values were {{"RecipeNumber": 7, "SpeedActual": 41.97'
        check(wanted in result["msg"] and "Raise until_timeout" in result["msg"], result["msg"])
        check(1 < run.seconds < 15 and 4 <= result["readings"] <= 12, f"{result['readings']} readings in {run.seconds} seconds")
        equal(relay.connections, 1, "connections")


def what_ends_it(lab: Lab) -> None:
    """Another project ends it, a token that runs out does not."""

    done: list[str] = []

    def download(plcnext: Simulator, readings: int) -> None:
        if readings >= 2 and "download" not in done:
            done.append("download")
            plcnext.control("download_project", crc=4711)

    _run, result = wait(lab, download, until="RecipeNumber == `99`")
    equal(result["error"]["kind"], "project_changed", "a download while waiting")
    check("checksum 1430805090 became 4711" in result["msg"], result["msg"])

    def expire(plcnext: Simulator, readings: int) -> None:
        if readings >= 2 and "expire" not in done:
            done.append("expire")
            plcnext.control("expire_tokens")
            plcnext.control("set_variables", values={PREFIX + "RecipeNumber": 99})

    _run, result = wait(lab, expire, until="RecipeNumber == `99`")
    equal(result["_status"], "ok", f"a token that ran out while waiting: {result}")
    equal(len(lab.simulators["plcnext"].journal().logins()), 2, "logins")
