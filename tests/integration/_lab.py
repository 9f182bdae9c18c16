# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test works with: simulators of its own, a folder of its own, and ansible-playbook in a clean environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from ._journal import Simulator

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).resolve().parent
SERVICES = ("plcnext", "pxplus", "phoenix", "magento", "appliance")
CREDENTIALS = ("username", "password", "client_id", "client_secret")
_START_TIMEOUT = 30
_RUN_TIMEOUT = 240


class Skip(Exception):
    """The machine lacks something that the target needs; the text says what."""


def check(condition: Any, what: str) -> None:
    """Fails with the text unless the condition holds."""
    if not condition:
        raise AssertionError(what)


def equal(found: Any, expected: Any, what: str) -> None:
    """Fails with both values unless they are equal."""
    if found != expected:
        raise AssertionError(f"{what}: {found!r}, not {expected!r}")


@dataclass
class Run:
    """One run of ansible-playbook."""

    status: int
    output: str
    seconds: float
    record: list[dict[str, Any]]
    """What the callback ``record`` wrote: host, task, status, result and fields of each task."""

    def results(self, task: str) -> list[dict[str, Any]]:
        """The results of all tasks of that name, in the order of their ends; each with ``status`` of the task as ``_status``."""
        found = [line for line in self.record if line["task"] == task and line["status"] in ("ok", "failed", "skipped", "unreachable")]
        return [{**line["result"], "_status": line["status"]} for line in found]

    def result(self, task: str) -> dict[str, Any]:
        """The result of the one task of that name."""
        found = self.results(task)
        equal(len(found), 1, f"results of task {task!r}")
        return found[0]


class Lab:
    """The simulators and the folder of one target."""

    def __init__(self, target: Path, folder: Path, collections: Path, simulator_options: Sequence[str] = ()) -> None:
        self.target, self.folder, self._collections = target, folder, collections
        self._options = list(simulator_options)
        self._described = folder / "simulators.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._playing: subprocess.Popen[bytes] | None = None
        self.simulators: dict[str, Simulator] = {}
        self.variables: dict[str, Any] = {}
        self.last: Run | None = None
        self._runs = 0
        self.clock = folder / "clock-offset"

    def start(self) -> None:
        """Starts the simulators; they choose free ports."""
        command = [sys.executable, "-m", "tests.simulators", "--write", str(self._described), *self._options]
        with open(self.folder / "simulators.log", "wb") as log:
            environment = self._environment({"TMPDIR": str(self.folder)})
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._described.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the simulators did not start: {(self.folder / 'simulators.log').read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.02)
        self.variables = json.loads(self._described.read_text(encoding="utf-8"))
        self.simulators = {name: Simulator(entry) for name, entry in self.variables["simulators"].items()}
        for folder in ("home", "tmp"):
            (self.folder / folder).mkdir(exist_ok=True)
        (self.folder / "ansible.cfg").touch()
        self.reset()

    def stop(self) -> None:
        """Stops the simulators, and a playbook that is running."""
        for process in (self._playing, self._process):
            if process is None or process.poll() is not None:
                continue
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def reset(self) -> None:
        """Every simulator and every clock as at the start."""
        for simulator in self.simulators.values():
            simulator.control("reset")
        self.clock.write_text("0", encoding="ascii")

    def credentials(self) -> dict[str, str]:
        """The connection of all services as environment variables, as a credential store would give them."""
        found = {}
        for service in SERVICES:
            names = [name for name in ("base_url", *CREDENTIALS) if f"{service}_{name}" in self.variables]
            found.update({f"{service}_{name}".upper(): self.variables[f"{service}_{name}"] for name in names})
            found[f"{service}_CA_PATH".upper()] = self.variables["simulators_ca_path"]
        return found

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """Nothing of the user's own but the search path; ``more`` comes on top."""
        binaries = str(Path(sys.executable).parent)
        return {
            "PATH": os.pathsep.join([binaries, os.environ.get("PATH", os.defpath)]),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder / "tmp"),
            "PYTHONPATH": str(ROOT),
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "home" / ".ansible"),
            "ANSIBLE_REMOTE_TMP": str(self.folder / "home" / "remote-tmp"),
            "ANSIBLE_COLLECTIONS_PATH": str(self._collections),
            "ANSIBLE_ACTION_PLUGINS": str(HERE / "_plugins" / "action"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "_plugins" / "callback"),
            "ANSIBLE_CONNECTION_PLUGINS": str(HERE / "_plugins" / "connection"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOLOR": "1",
            "SIMULATORS": str(self._described),
            "CLOCK_OFFSET_FILE": str(self.clock),
            "ELSEWHERE_FILE": str(self.folder / "elsewhere.jsonl"),
            **more,
        }

    def hosts(self, groups: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Path:
        """An inventory file of ``{group: {host: variables}}``; every host is this machine."""
        path = self.folder / "hosts.json"
        shared = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        listed = {group: {"hosts": {name: {**shared, **values} for name, values in hosts.items()}} for group, hosts in groups.items()}
        path.write_text(json.dumps({"all": {"hosts": {"localhost": shared}, "children": listed}}), encoding="utf-8")
        return path

    def play(
        self,
        playbook: str | list[dict[str, Any]],
        *,
        inventory: Path | None = None,
        environment: Mapping[str, str] | None = None,
        variables: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
        credentials: bool = True,
        moving_clock: bool = False,
        status: int | None = 0,
        warnings: str = "",
        watch: Callable[[], None] | None = None,
    ) -> Run:
        """Runs a playbook: a file of the target, or plays as data.

        The services' connection comes from the environment unless ``credentials`` is false; the simulators' description is there as variables.
        ``watch`` is called all the time while it runs. Fails unless the exit status is ``status`` (None: any), and for every warning in which the
        regular expression ``warnings`` is not found.
        """
        self._runs += 1
        path = self.target / playbook if isinstance(playbook, str) else self._write(f"play-{self._runs}.yml", playbook)
        record, given = (
            self.folder / f"record-{self._runs}.jsonl",
            self._write(f"variables-{self._runs}.json", {"folder": str(self.folder), "foreign_ca_path": DEFAULT_CA_BUNDLE_PATH, **(variables or {})}),
        )
        record.touch()
        more = {"RECORD_FILE": str(record), **(self.credentials() if credentials else {}), **(environment or {})}
        if moving_clock:
            more["PYTHONPATH"] = os.pathsep.join([str(HERE / "_clock"), str(ROOT)])
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory or self.hosts({}))]
        command += ["-e", f"@{self._described}", "-e", f"@{given}", *arguments, str(path)]
        started = time.monotonic()
        output = self.folder / f"output-{self._runs}.txt"
        with open(output, "wb") as stream:
            process = self._playing = subprocess.Popen(
                command, cwd=self.folder, env=self._environment(more), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
            )
            try:
                _wait(process, watch, started)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        lines = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        self.last = Run(process.returncode, output.read_text(encoding="utf-8", errors="replace"), time.monotonic() - started, lines)
        if status is not None:
            equal(self.last.status, status, f"exit status of {playbook if isinstance(playbook, str) else path.name}")
        shown = [" ".join(text.split()) for text in re.findall(r"^\[(?:DEPRECATION )?WARNING\]: .*(?:\n(?![A-Z\[]|\n).*)*", self.last.output, re.MULTILINE)]
        equal([text for text in shown if not warnings or not re.search(warnings, text)], [], "warnings")
        return self.last

    def shell(self, script: str, variables: Mapping[str, str] | None = None) -> str:
        """Runs a script of commands that a user would type, with the services' connection in the environment; returns its output.

        Fails at the first command that does.
        """
        environment = self._environment({"RECORD_FILE": os.devnull, **self.credentials(), **(variables or {})})
        command = ["bash", "-euo", "pipefail", "-c", script]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_RUN_TIMEOUT, text=True, check=False
        )
        output = f"{done.stdout}{done.stderr}"
        check(done.returncode == 0, f"the script ended with status {done.returncode}:\n{script}\n{output}")
        return output

    def signal(self, number: int, group: bool = False) -> None:
        """Sends a signal to the playbook that is running: to its first process, or as a terminal does to its whole process group."""
        if self._playing is None:
            raise RuntimeError("no playbook has been run")
        (os.killpg if group else os.kill)(self._playing.pid, number)

    def _write(self, name: str, data: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(data, indent=1), encoding="utf-8")
        return path


def _wait(process: subprocess.Popen[bytes], watch: Callable[[], None] | None, started: float) -> None:
    while process.poll() is None:
        if time.monotonic() - started > _RUN_TIMEOUT:
            raise TimeoutError(f"ansible-playbook did not end within {_RUN_TIMEOUT} seconds")
        if watch:
            watch()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02 if watch else 0.2)
