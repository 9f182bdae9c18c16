# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the five simulators, runs playbooks/demo.yml against them twice and tells what happened.

The playbook gets the simulators' addresses and credentials as variables, and ``demo_directory`` for files that it writes. The account of
logins and requests comes from the simulators' journals, that of tasks from ansible-playbook. Fails unless the first run changes something, the
second changes nothing, and each run logs in once to each service.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from _workspace import BUILD, ROOT

# The request that brings the token, per service.
LOGINS = {
    "plcnext": r"POST .*/auth/access-token",
    "pxplus": r"POST .*/oauth2/token\.pxp",
    "phoenix": r"GET .*/auth/access_token",
    "magento": r"POST .*(/integration/(admin|customer)/token|/tfa/provider/\w+/authenticate)",
    "appliance": r"POST .*/auth/token",
}
# What a login sends besides; it is neither a login of its own nor work.
_LOGIN_PART = r"POST .*/auth/auth-token"
TITLES = {
    "plcnext": "PLCnext controller",
    "pxplus": "PxPlus web services",
    "phoenix": "Phoenix Security",
    "magento": "Magento",
    "appliance": "Oracle SBC appliance",
}
_START_TIMEOUT = 20
_PLAYBOOK = "playbooks/demo.yml"


@dataclass
class Run:
    """What one run of the playbook did."""

    status: int
    output: str
    seconds: float
    tasks: list[dict[str, Any]]
    requests: dict[str, list[str]]
    """Method and path of each request that a service got."""

    def logins(self, service: str) -> int:
        """How often the run logged in to a service."""
        return sum(1 for request in self.requests[service] if re.fullmatch(LOGINS[service], request))

    def methods(self, service: str) -> Counter[str]:
        """Number of requests by method, without those of the login."""
        login = f"{LOGINS[service]}|{_LOGIN_PART}"
        return Counter(request.split()[0] for request in self.requests[service] if not re.fullmatch(login, request))

    def tasks_of(self, service: str) -> list[dict[str, Any]]:
        """The tasks that worked on a service."""
        return [task for task in self.tasks if service_of(task) == service]

    def changed(self) -> int:
        """Number of tasks that changed something on a service or in a file."""
        return sum(task["changed"] for task in self.tasks)


def service_of(task: dict[str, Any]) -> str:
    """The service that a task of the collection works on; nothing for other tasks."""
    namespace, _dot, name = task["action"].rpartition(".")
    if namespace != "tokenflow.services":
        return ""
    return str(task["service"]) if name == "request" else str(name.split("_")[0])


@contextmanager
def simulators(folder: Path) -> Iterator[Path]:
    """Runs the simulators and gives the file with their addresses and credentials."""
    file = folder / "simulators.json"
    process = subprocess.Popen([sys.executable, "-m", "tests.simulators", "--write", str(file)], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _START_TIMEOUT
        while not file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("The simulators did not start.")
            time.sleep(0.05)
        yield file
    finally:
        process.terminate()
        process.wait(timeout=10)


def play(number: int, folder: Path, described: Path) -> Run:
    """Runs the playbook once."""
    instances = json.loads(described.read_text(encoding="utf-8"))["simulators"]
    control = requests.Session()
    control.trust_env = False
    for service in LOGINS:
        control.post(f"{instances[service]['control_url']}/clear_journal", timeout=10).raise_for_status()
    account = folder / f"tasks-{number}.jsonl"
    account.touch()
    environment = {
        **os.environ,
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "scripts" / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "account",
        "ANSIBLE_NOCOLOR": "1",
        "DEMO_ACCOUNT": str(account),
    }
    command = ["ansible-playbook", "-e", f"@{described}", "-e", json.dumps({"demo_directory": str(folder)}), _PLAYBOOK]
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    seconds = time.monotonic() - started
    sent = {}
    for service in LOGINS:
        journal = control.get(f"{instances[service]['control_url']}/journal", timeout=10).json()
        sent[service] = [f"{entry['method']} {entry['path']}" for entry in journal]
    tasks = [json.loads(line) for line in account.read_text(encoding="utf-8").splitlines()]
    return Run(done.returncode, done.stdout, seconds, tasks, sent)


def tell(run: Run, title: str) -> None:
    """Prints the account of a run."""
    heading = f"{title}, {run.seconds:.1f} s"
    print(f"\n{heading}\n{'=' * len(heading)}")
    for service, name in TITLES.items():
        logins, methods = run.logins(service), run.methods(service)
        sent = " and ".join(f"{count} {method}" for method, count in sorted(methods.items())) or "nothing"
        print(f"\n{name}: {logins} login{'s' * (logins != 1)}, then {sent}")
        for task in run.tasks_of(service):
            print(f"  {'changed' if task['changed'] else task['status']:<8} {task['task']}" + (f": {task['message']}" if task["message"] else ""))


def problems(first: Run, second: Run) -> list[str]:
    """What did not go as it should."""
    found = []
    for title, run in (("first", first), ("second", second)):
        if run.status != 0:
            found.append(f"The {title} run failed; its output:\n{run.output}")
        found += [f"The {title} run logged in {run.logins(s)} times to {TITLES[s]}." for s in LOGINS if run.logins(s) != 1]
    if not first.changed():
        found.append("The first run changed nothing.")
    found += [f"The second run changed something: {task['task']}" for task in second.tasks if task["changed"]]
    return found


def main() -> None:
    """Runs the demo and exits with 1 if it does not show what it should."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-", dir=BUILD) as name:
        folder = Path(name)
        print(f"Five simulated services are started on this machine, and {_PLAYBOOK} is run against them twice.")
        with simulators(folder) as described:
            first = play(1, folder, described)
            tell(first, "First run")
            second = play(2, folder, described)
            tell(second, "Second run")
    if found := problems(first, second):
        sys.exit("\n" + "\n".join(found))
    count = sum(len(second.tasks_of(service)) for service in LOGINS)
    print(f"\nOf {count} tasks, {first.changed()} changed something in the first run. The second run found everything as described and changed nothing.")
    print("Each run logged in once to each service: the token is kept, encrypted, as a fact, and the tasks that follow use it.")


if __name__ == "__main__":
    main()
