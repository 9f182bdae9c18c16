# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret stands in any output, log, callback, fact cache, process list or file that is left: of no module, whether it succeeds or fails."""

from __future__ import annotations

import json
import os
import re
import time
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyotp

from tests.integration._cases import CASES, PREPARATION, SETPOINTS, Case
from tests.integration._lab import SERVICES, Lab, check, equal
from tests.simulators._core import fingerprint

PLAY = {"hosts": "localhost", "gather_facts": False}
KEY = "cache-key-of-the-user-3391"
WRONG = "Not-the-Password-4402!"
WORDS = [re.compile(pattern) for pattern in (r"[A-Za-z0-9+/_.~%-]{8,}={0,2}", r"[A-Za-z0-9_-]{8,}", r"[A-Za-z0-9+/]{8,}={0,2}")]
"""What can be a token: the characters of base64, base64url, JWT and hexadecimal numbers, and their percent-encoding."""


class Watch:
    """Collects the command lines of all processes for as long as it is called."""

    def __init__(self) -> None:
        self.lines: set[str] = set()
        self._seen: dict[tuple[str, float], float] = {}

    def __call__(self) -> None:
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                now = time.monotonic()
                # A process has another command line after exec: for a second it is looked at again.
                if now - self._seen.setdefault((entry.name, entry.stat().st_mtime), now) < 1:
                    self.lines.add(Path(f"/proc/{entry.name}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:
                continue


class Finder:
    """Knows the secrets of a run and looks for them."""

    def __init__(self, lab: Lab, started: float) -> None:
        values = {value for name, value in lab.variables.items() if isinstance(value, str) and re.search(r"password|secret|token", name)}
        self.values = {*values, KEY, WRONG}
        self.values |= {b64encode(f"{user}:{password}".encode()).decode() for user, password in accounts(lab)}
        # Tokens, login codes and Basic values, of which only the simulators know the text.
        self.fingerprints = {name for simulator in lab.simulators.values() for name in simulator.control("secret_fingerprints")}
        for simulator in lab.simulators.values():
            self.fingerprints |= simulator.journal(clear=False).fingerprints()
        totp = pyotp.TOTP(lab.variables["magento_otp_secret"])
        self.codes = {totp.at(moment) for moment in range(int(started) - 30, int(time.time()) + 31, 30)}

    def find(self, text: str) -> set[str]:
        """Names of the secrets in a text: the first characters of a value, or a fingerprint."""
        plain = unquote(text)
        found = {value[:6] + "..." for value in self.values if value in text or value in plain or json.dumps(value)[1:-1] in text}
        words = {word for pattern in WORDS for source in (text, plain) for word in pattern.findall(source)}
        words |= {part for word in words for part in (word.strip(".-~%/"), word.rpartition("=")[2], word.rstrip("="))}
        found |= {fingerprint(word) for word in words} & self.fingerprints
        return found | {f"code {code}" for code in self.codes if re.search(rf"(?<![\d.:]){code}(?![\d.])", text)}


def accounts(lab: Lab) -> list[tuple[str, str]]:
    found = []
    for service in SERVICES:
        user, secret = ("client_id", "client_secret") if service in ("pxplus", "phoenix") else ("username", "password")
        for name, value in lab.variables.items():
            if name.startswith(service) and name.endswith(user):
                found += [(str(value), str(lab.variables[name.removesuffix(user) + secret])), (str(value), WRONG)]
    return found


def test(lab: Lab) -> None:
    started = time.time()
    places = {**everything(lab), **refused(lab), **given_in_tasks(lab)}
    places |= {f"left file {path.relative_to(lab.folder)}": path.read_text(encoding="utf-8", errors="replace") for path in left(lab)}
    finder = Finder(lab, started)
    check(len(finder.fingerprints) > 20 and len(finder.values) > 25, f"too few secrets to look for: {len(finder.fingerprints)}, {len(finder.values)}")
    for place in ("output of everything", "record of everything", "log", "cache", "processes"):
        check(len(places[place]) > 100, f"nothing to look at: {place}")
    leaks = {place: sorted(found) for place, text in places.items() if (found := finder.find(text))}
    equal(leaks, {}, "secrets that were found")
    planted(lab, finder)


def first_of_each_module() -> dict[str, Case]:
    return {case.module: case for case in reversed(CASES)}


def left(lab: Lab) -> list[Path]:
    """Files of the runs' home and temporary folders, and facts; nothing of this test's own."""
    return [path for name in ("home", "tmp", "facts") for path in (lab.folder / name).rglob("*") if path.is_file()]


def everything(lab: Lab) -> dict[str, str]:
    """Every module here and on another host, with what was registered shown again; services that send secrets back."""
    (lab.folder / "setpoints.json").write_text(json.dumps(SETPOINTS), encoding="utf-8")
    here: list[dict[str, Any]] = []
    for number, case in enumerate(CASES):
        if case.name == "Token, plcnext":
            here += ECHOES
        here += [case.task(register=f"result_{number}"), {"name": "Show", "ansible.builtin.debug": {"var": f"result_{number}"}}]
    one_each = first_of_each_module()
    there = [{**case.task(), f"tokenflow.services.{case.module}": {**case.arguments, "run_on": "target"}} for case in one_each.values()]
    facts = {"name": "Show all", "ansible.builtin.debug": {"msg": "{{ tokenflow_tokens | default('') }} {{ hostvars[inventory_hostname] | string | length }}"}}
    hosts = lab.hosts({"far": {"elsewhere": {"ansible_connection": "elsewhere"}}})
    environment = {
        "TOKENFLOW_CACHE_KEY": KEY,
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(lab.folder / "facts"),
        "ANSIBLE_LOG_PATH": str(lab.folder / "ansible.log"),
        "RECORD_FIELDS": "1",
    }
    plant_echoes(lab)
    watch = Watch()
    plays = [{**PLAY, "tasks": PREPARATION}, {**PLAY, "tasks": [*here, facts]}, {**PLAY, "hosts": "far", "tasks": [*there, facts]}]
    run = lab.play(plays, inventory=hosts, environment=environment, arguments=["-vvvv", "--diff"], warnings=".", watch=watch)
    for case in CASES:
        check(all(result["_status"] == "ok" for result in run.results(case.name)), case.name)
    for task in ECHOES:
        shown = json.dumps(run.result(task["name"]))
        check(re.search(r"\*{8}|NO_LOG|REDACTED", shown), f"there was nothing to mask: {task['name']}: {shown}")
    return {
        "output of everything": run.output,
        "record of everything": json.dumps(run.record),
        "log": (lab.folder / "ansible.log").read_text(encoding="utf-8"),
        "cache": "".join(path.read_text(encoding="utf-8") for path in (lab.folder / "facts").rglob("*") if path.is_file()),
        "processes": "\n".join(line for line in watch.lines if "simulators" not in line),
        "commands elsewhere": (lab.folder / "elsewhere.jsonl").read_text(encoding="utf-8"),
    }


def plant_echoes(lab: Lab) -> None:
    """Services that repeat a secret: in the answer to a login, in a value, in a page, and in a header."""
    values = lab.variables
    basic = b64encode(f"{values['phoenix_client_id']}:{values['phoenix_client_secret']}".encode()).decode()
    error = json.dumps({"error": f"no {values['phoenix_client_secret']} via Basic {basic}"})
    lab.simulators["phoenix"].control("fault", kind="status", status=500, path="access_token", skip=1, body=error, content_type="application/json")
    lab.simulators["magento"].control("fault", kind="status", status=200, path="/echo", body=f"<html>{values['magento_password']}")
    lab.simulators["plcnext"].control("generate", count=1, type="STRING", prefix="Arp.Plc.Eclr/Echo")
    lab.simulators["plcnext"].control("set_variables", values={"Arp.Plc.Eclr/Echo00000": values["plcnext_password"]})
    location = {"location": f"https://192.0.2.1/?p={values['appliance_password']}"}
    lab.simulators["appliance"].control("fault", kind="status", status=302, path="/echo", headers=location)


ECHOES: list[dict[str, Any]] = [
    {"name": "Echo in a login", "tokenflow.services.phoenix_token": {"state": "renewed"}, "ignore_errors": True},
    {"name": "Echo in a page", "tokenflow.services.request": {"service": "magento", "path": "/rest/V1/echo"}, "ignore_errors": True},
    {"name": "Echo in a value", "tokenflow.services.plcnext_variable_info": {"paths": ["Echo00000"]}},
    {"name": "Echo in a value that differs", "tokenflow.services.plcnext_variable": {"variables": {"Echo00000": "ORD-1"}}},
    {"name": "Echo in a header", "tokenflow.services.request": {"service": "appliance", "path": "/rest/v1.2/echo"}, "ignore_errors": True},
]


def refused(lab: Lab) -> dict[str, str]:
    """Every module with wrong credentials from the environment, here and in a loop on another host."""
    secrets = {f"{service}_{name}".upper(): WRONG for service in SERVICES for name in ("password", "client_secret")}
    # Here and there are two callers for a controller, which blocks the user after two failures.
    lab.simulators["plcnext"].control("switch", lockout_after=0)
    tasks = [case.task(ignore_errors=True) for module, case in first_of_each_module().items() if module != "request"]
    loop = {"service": "{{ item }}", "path": "/", "run_on": "target"}
    tasks.append({"name": "Looped", "tokenflow.services.request": loop, "loop": list(SERVICES), "ignore_errors": True})
    hosts = lab.hosts({"far": {"elsewhere": {"ansible_connection": "elsewhere"}}})
    environment = {**lab.credentials(), **secrets, "RECORD_FIELDS": "1"}
    run = lab.play([{**PLAY, "hosts": "far", "tasks": tasks}], inventory=hosts, environment=environment, arguments=["-vvvv"], credentials=False, warnings=".")
    # What plcnext_info reads is open to everybody.
    failed = {line["task"] for line in run.record if line["status"] == "failed"}
    equal([task["name"] for task in tasks if task["name"] not in failed and "tokenflow.services.plcnext_info" not in task], [], "tasks that did not fail")
    return {"output of refusals": run.output, "record of refusals": json.dumps(run.record)}


def given_in_tasks(lab: Lab) -> dict[str, str]:
    """Credentials and tokens in options, from variables: whatever records a task's arguments has them from Ansible itself, so only results are looked at."""
    lab.simulators["magento"].control("switch", two_factor="enrolled")
    run = lab.play("options.yml", variables={"wrong": WRONG}, credentials=False, arguments=["-vvvv", "--diff"], warnings=".")
    return {"output of options": run.output, "results of options": json.dumps(run.record)}


def planted(lab: Lab, finder: Finder) -> None:
    """What is looked for would be found, in each of the places."""
    token = (lab.folder / "token").read_text(encoding="utf-8")
    secret = lab.variables["pxplus_client_secret"]
    tasks = [
        {"name": "Plant a secret", "ansible.builtin.debug": {"msg": f"password={secret}"}},
        {"name": "Plant a token", "ansible.builtin.debug": {"msg": f"Authorization: Bearer {token}, and so on."}},
        {"name": "Plant a process", "ansible.builtin.command": {"argv": ["sh", "-c", "sleep 0.5", secret]}},
        {"name": "Plant a fact", "ansible.builtin.set_fact": {"planted": token, "cacheable": True}},
        {
            "name": "Plant a file",
            "ansible.builtin.copy": {"content": f"x={token}", "dest": "{{ lookup('ansible.builtin.env', 'TMPDIR') }}/left", "mode": "0600"},
        },
    ]
    environment = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(lab.folder / "facts"),
        "ANSIBLE_LOG_PATH": str(lab.folder / "planted.log"),
    }
    watch = Watch()
    run = lab.play([{**PLAY, "tasks": tasks}], environment=environment, watch=watch, warnings=".")
    both, name = {secret[:6] + "...", fingerprint(token)}, fingerprint(token)
    equal(finder.find(run.output) >= both, True, "planted secrets found in the output")
    equal(finder.find(json.dumps(run.record)) >= both, True, "planted secrets found by a callback")
    equal(finder.find((lab.folder / "planted.log").read_text(encoding="utf-8")) >= both, True, "planted secrets found in the log")
    equal(finder.find("\n".join(watch.lines)) >= {secret[:6] + "..."}, True, "planted secret found among the processes")
    files = {path.name: finder.find(path.read_text(encoding="utf-8", errors="replace")) for path in left(lab)}
    equal([name in files["left"], any(name in found for file, found in files.items() if "localhost" in file)], [True, True], "planted token found in files")
