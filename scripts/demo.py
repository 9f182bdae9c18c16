# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts the five simulators, runs playbooks/demo.yml against them twice and tells what happened.

What was read and changed comes from the results of the tasks; how often there was a login, a read and a write comes from the simulators' journals.
Exits with 1 unless the first run changes every service, the second run changes none, and each run logs in once to each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from _workspace import BUILD, ROOT

TITLES = {
    "plcnext": "PLCnext controller",
    "pxplus": "PxPlus web services",
    "phoenix": "Phoenix Security",
    "magento": "Magento",
    "appliance": "Oracle SBC appliance",
}
_FOREIGN = (*(f"{service.upper()}_" for service in TITLES), "TOKENFLOW_")
# The request that asks for a token, per service.
_LOGIN = {
    "plcnext": r"POST .*/auth/access-token",
    "pxplus": r"POST .*/oauth2/token\.pxp",
    "phoenix": r"GET .*/auth/access_token",
    "magento": r"POST .*/(integration/(admin|customer)/token|tfa/provider/\w+/authenticate)",
    "appliance": r"POST .*/auth/token",
}
# The code that a PLCnext login begins with.
_LOGIN_PART = r"POST .*/auth/auth-token"
_READS = ("GET", "HEAD")
_CREDENTIALS = ("username", "password", "client_id", "client_secret")
_PLAYBOOK = "playbooks/demo.yml"
_FOLDER = BUILD / "demo"
_START_TIMEOUT = 30
_RUN_TIMEOUT = 300
_WIDTH = 110


@dataclass(frozen=True)
class Journal:
    """What one service saw of a run: requests by kind. ``refused`` are those that it did not answer with success."""

    logins: int
    login_requests: int
    reads: int
    writes: int
    refused: list[str]

    @classmethod
    def of(cls, service: str, entries: list[dict[str, Any]]) -> Journal:
        """Sorts the entries of a simulator's journal."""
        sent = [f"{entry['method']} {entry['path']}" for entry in entries]
        logins = [request for request in sent if re.fullmatch(_LOGIN[service], request)]
        work = [request.split()[0] for request in sent if not re.fullmatch(f"{_LOGIN[service]}|{_LOGIN_PART}", request)]
        reads = sum(method in _READS for method in work)
        refused = [f"{request} ({entry['status']})" for request, entry in zip(sent, entries) if not 200 <= (entry["status"] or 0) < 300]
        return cls(len(logins), len(sent) - len(work), reads, len(work) - reads, refused)


@dataclass(frozen=True)
class Run:
    """One run of the playbook: its exit status, how long it took, its tasks, and each service's journal."""

    status: int
    seconds: float
    tasks: list[dict[str, Any]]
    journals: dict[str, Journal]
    log: Path

    @property
    def results(self) -> dict[str, Any]:
        """Results by the name that they are registered under."""
        return {task["register"]: task["result"] for task in self.tasks if task["register"] and task["status"] == "ok"}


@dataclass(frozen=True)
class Account:
    """What a run read of a service and changed there, in words."""

    read: list[str]
    changed: list[str]


def _plain(value: Any) -> str:
    """A value for people: numbers with the digits of a single-precision one, truth values as in YAML."""
    return f"{value:.7g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def _plcnext(results: Mapping[str, Any]) -> Account:
    state, setpoints = results["line_state"]["variables"], results["setpoints"]["variables"]
    changed = [f"{name}: {_plain(it['before'])} -> {_plain(it['after'])}" for name, it in setpoints.items() if it["changed"]]
    right = len(setpoints) - len(changed)
    return Account([", ".join(f"{name} {_plain(value)}" for name, value in state.items()), f"{len(setpoints)} setpoints, {right} already right"], changed)


def _pxplus(results: Mapping[str, Any]) -> Account:
    unpaid, rows = results["unpaid"]["result"], results["unpaid"]["rows"]
    files = [results["table"], results["report"]]
    return Account(
        [f"{len(rows)} invoices, {len(unpaid)} of them not paid", *(f"{file['content_type']} of {file['size']:,} bytes" for file in files)],
        [f"{_shown(it['dest'])}: {'other content' if it['diff']['before'] else 'none'} -> {it['size']:,} bytes" for it in files if it["changed"]],
    )


def _phoenix(results: Mapping[str, Any]) -> Account:
    names, application = results["applications"]["result"], results["application"]
    what = f"application {application['after']['name']}"
    found = [f"{len(names)} applications: {', '.join(names)}", f"{what}: {'there' if application['before'] else 'none'}"]
    return Account(found, [f"{what}: {entry['action']}d" for entry in application["changes"]])


def _magento(results: Mapping[str, Any]) -> Account:
    block, tent = results["cms_block"], results["tent"]
    made, price = f"CMS block {block['key']}", f"price of {tent['key']}"
    before, after = (_plain(tent[side]["price"]) for side in ("before", "after"))
    changed = [f"{made}: {block['action']}d"] * block["changed"] + [f"{price}: {before} -> {after}"] * tent["changed"]
    return Account([f"{made}: {'there' if block['before'] else 'none'}", f"{price}: {before}"], changed)


def _appliance(results: Mapping[str, Any]) -> Account:
    state, agent = results["state"]["status"], results["agent"]
    what = f"max-sessions of session agent {agent['key']['hostname']}"
    before, after = (agent[side]["max-sessions"] for side in ("before", "after"))
    return Account(
        [f"{state['hostName']} is {state['systemState']}, its role is {state['role']}", f"{what}: {before}"],
        [f"{what}: {before} -> {after}, under the configuration lock"] if agent["changed"] else [],
    )


_TELLERS: dict[str, Callable[[Mapping[str, Any]], Account]] = {
    "plcnext": _plcnext,
    "pxplus": _pxplus,
    "phoenix": _phoenix,
    "magento": _magento,
    "appliance": _appliance,
}


def _shown(path: str | Path) -> str:
    return os.path.relpath(path, ROOT)


@contextmanager
def simulators(described: Path) -> Iterator[dict[str, Any]]:
    """Runs the simulators on free ports and gives what they write about themselves."""
    log = _FOLDER / "simulators.log"
    with open(log, "wb") as output:
        process = subprocess.Popen([sys.executable, "-m", "tests.simulators", "--write", str(described)], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + _START_TIMEOUT
        while not described.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"The simulators did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.05)
        yield json.loads(described.read_text(encoding="utf-8"))
    finally:
        process.terminate()
        process.wait(timeout=10)


def play(name: str, description: dict[str, Any], folder: Path) -> Run:
    """Runs the playbook once, with credentials in the environment as a job template would have them."""
    instances = description["simulators"]
    control = requests.Session()
    control.trust_env = False
    for service in TITLES:
        control.post(f"{instances[service]['control_url']}/clear_journal", timeout=10).raise_for_status()
    account, log = folder / f"{name}.jsonl", _FOLDER / f"{name}.log"
    account.touch()
    environment = {
        # A real token or certificate of whoever runs this is no business of the simulators.
        **{variable: value for variable, value in os.environ.items() if not variable.startswith(_FOREIGN)},
        **{f"{service}_{option}".upper(): instances[service][option] for service in TITLES for option in _CREDENTIALS if option in instances[service]},
        "REQUESTS_CA_BUNDLE": description["simulators_ca_path"],
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "scripts" / "callbacks"),
        "ANSIBLE_CALLBACKS_ENABLED": "account",
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_NOCOLOR": "1",
        "DEMO_ACCOUNT": str(account),
    }
    variables = {f"{service}_base_url": instances[service]["base_url"] for service in TITLES} | {"demo_directory": str(_FOLDER)}
    command = ["ansible-playbook", "--diff", "-e", json.dumps(variables), _PLAYBOOK]
    started = time.monotonic()
    with open(log, "wb") as output:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=_RUN_TIMEOUT, check=False
        )
    seconds = time.monotonic() - started
    journals = {service: Journal.of(service, control.get(f"{instances[service]['control_url']}/journal", timeout=10).json()) for service in TITLES}
    tasks = [json.loads(line) for line in account.read_text(encoding="utf-8").splitlines()]
    return Run(done.returncode, seconds, tasks, journals, log)


def heading(text: str) -> None:
    """Prints a heading."""
    print(f"\n{text}\n{'=' * len(text)}")


def entry(label: str, texts: list[str]) -> None:
    """Prints a label with what belongs to it, one text a line."""
    for number, text in enumerate(texts or ["nothing"]):
        first = f"  {label if number == 0 else '':<10} "
        print(textwrap.fill(text, _WIDTH, initial_indent=first, subsequent_indent=" " * 13, break_on_hyphens=False, break_long_words=False))


def tell(run: Run, description: dict[str, Any]) -> None:
    """Prints what a run did, service by service."""
    for service, title in TITLES.items():
        instance, journal, account = description["simulators"][service], run.journals[service], _TELLERS[service](run.results)
        user = instance.get("username") or f"client {instance['client_id']}"
        print(f"\n{title}, {instance['base_url']}")
        entry("logged in", [f"{'once' if journal.logins == 1 else f'{journal.logins} times'}, as {user}"])
        entry("read", account.read)
        entry("changed", account.changed)
        entry("requests", [f"{journal.login_requests} to log in, {journal.reads} to read, {journal.writes} to write"])


def compare(first: Run, second: Run) -> None:
    """Prints both runs' requests side by side."""
    print(f"\n{'':<23}{'logins':>8}{'reads':>8}{'writes':>8}   changed")
    for service, title in TITLES.items():
        journal, account = second.journals[service], _TELLERS[service](second.results)
        print(f"{title:<23}{journal.logins:>8}{journal.reads:>8}{journal.writes:>8}   {', '.join(account.changed) or 'nothing'}")
    sums = [(sum(j.logins for j in run.journals.values()), sum(j.reads + j.writes for j in run.journals.values())) for run in (first, second)]
    print(f"\nFirst run: {sums[0][0]} logins and {sums[0][1]} other requests. Second run: {sums[1][0]} logins and {sums[1][1]} other requests.")


def problems(name: str, run: Run, changes: bool) -> list[str]:
    """What a run did not do as it should."""
    failed = [f"{task['task']}: {str(task['result'].get('msg', '')).rstrip('.')}" for task in run.tasks if task["status"] != "ok"]
    if run.status != 0 or failed:
        return [f"The {name} run failed: {'; '.join(failed) or f'exit status {run.status}'}. See {_shown(run.log)}"]
    found = []
    for service, title in TITLES.items():
        journal, account = run.journals[service], _TELLERS[service](run.results)
        if journal.logins != 1:
            found.append(f"The {name} run logged in {journal.logins} times to {title}.")
        if journal.refused:
            found.append(f"{title} refused requests of the {name} run: {', '.join(journal.refused)}.")
        if not journal.reads:
            found.append(f"The {name} run read nothing from {title}.")
        if changes and not account.changed:
            found.append(f"The {name} run changed nothing of {title}.")
        if not changes and (journal.writes or account.changed):
            found.append(f"The {name} run changed {title}: {journal.writes} writing requests, {', '.join(account.changed) or 'nothing told'}.")
    if not changes:
        found += [f"The {name} run changed something: {task['task']}." for task in run.tasks if task["changed"]]
    return found


def stop_if(found: list[str]) -> None:
    """Ends the program with status 1 if there are problems."""
    if found:
        sys.exit("\nNot as it should be:\n" + "\n".join(f"  {text}" for text in found))


def main() -> None:
    """Runs the demo."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
    _FOLDER.mkdir(parents=True)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    print(f"Five simulated services start on this machine, each with its own way to log in. {_PLAYBOOK} is run against them twice.")
    with tempfile.TemporaryDirectory(prefix="demo-") as name, simulators(Path(name) / "simulators.json") as description:
        first = play("first-run", description, Path(name))
        heading(f"First run, {first.seconds:.1f} s")
        if first.status == 0:
            tell(first, description)
        stop_if(problems("first", first, changes=True))
        second = play("second-run", description, Path(name))
        heading(f"Second run, {second.seconds:.1f} s")
        if second.status == 0:
            compare(first, second)
        stop_if(problems("second", second, changes=False))
    print("The second run logged in once to each service, found everything as described, and changed nothing.")
    print("Within a run a token is kept, encrypted, for all tasks that follow; when the run ends, nobody can open it any more.")
    print(f"\nThe files that were fetched, and what ansible-playbook said (first-run.log, second-run.log), are in {_shown(_FOLDER)}/.")
    print("To try a playbook of your own, start the simulators and leave them running:")
    print("  .venv/bin/python -m tests.simulators --write build/simulators.json")
    print("and in another terminal, with the first playbook of README.md or your own:")
    print("  .venv/bin/ansible-playbook -e @build/simulators.json build/my-playbook.yml")


if __name__ == "__main__":
    main()
