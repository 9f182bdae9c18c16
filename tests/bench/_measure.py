# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a play, measures the whole process tree, and checks that every controller got what was intended."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import _cases
from ._cases import Case
from ._fleet import ROOT, Fleet

_HERE = Path(__file__).resolve().parent
_RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)
# What a user has set for Ansible, the service or requests must not change what is measured.
_DROPPED = re.compile(r"(ANSIBLE|PLCNEXT|TOKENFLOW)_.*|(REQUESTS|CURL)_CA_BUNDLE|.*_proxy|PYTHON(DONTWRITEBYTECODE|HOME|PATH|STARTUP|WARNINGS)", re.IGNORECASE)
_TIMEOUT = 900


class WrongRun(Exception):
    """A run that failed, or that did something else than intended."""


@dataclass(frozen=True)
class Run:
    """One run of a play: wall seconds, and user and system seconds of its process tree. ``requests`` is what the first controller got."""

    case: str
    size: int
    round: int
    wall: float
    user: float
    system: float
    requests: tuple[str, ...]

    @property
    def cpu(self) -> float:
        """CPU seconds."""
        return self.user + self.system


class Bench:
    """Runs the cases on a fleet; everything that it writes is in ``folder``."""

    def __init__(self, fleet: Fleet, groups: Mapping[str, int], folder: Path) -> None:
        self._fleet = fleet
        self._folder = folder
        names = iter(fleet.names)
        self._groups = {group: [next(names) for _place in range(count)] for group, count in groups.items()}
        self._environment = self._prepared_environment()
        self._write_files()
        for group, total in _cases.GROUPS.items():
            for name in self._groups[group] if total else ():
                for kind, count in _cases.shares(total).items():
                    fleet.act(name, "generate", count=count, type=kind, prefix=_cases.PREFIX + _cases.bulk_prefix(kind))
                fleet.act(name, "set_variables", values=_full(_cases.bulk(total)))

    def _prepared_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _DROPPED.fullmatch(name)}
        settings = self._folder / "ansible.cfg"
        settings.write_text("", encoding="utf-8")
        return {
            **kept,
            "ANSIBLE_COLLECTIONS_PATH": str(self._folder / "collections"),
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_HOME": str(self._folder / "home"),
            "ANSIBLE_NOCOLOR": "1",
            "PLCNEXT_USERNAME": self._fleet.username,
            "PLCNEXT_PASSWORD": self._fleet.password,
            "PLCNEXT_CA_PATH": self._fleet.ca_path,
        }

    def _write_files(self) -> None:
        """The collections, the inventory, the plays and the files with values."""
        collections = self._folder / "collections" / "ansible_collections"
        for folder in (collections / "tokenflow", collections / "bench/empty/plugins/action"):
            folder.mkdir(parents=True)
        (collections / "tokenflow/services").symlink_to(ROOT)
        shutil.copy(_HERE / "empty_action.py", collections / "bench/empty/plugins/action/nothing.py")
        shutil.copy(_HERE / "uri.yml", self._folder / "uri.yml")
        for name, play in _cases.PLAYS.items():
            (self._folder / f"{name}.yml").write_text(json.dumps(play, indent=1), encoding="utf-8")
        inventory = {group: {"hosts": {name: _host(self._fleet.url(name)) for name in names}} for group, names in self._groups.items()}
        variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "wanted": _full(_cases.WANTED)}
        (self._folder / "inventory.yml").write_text(json.dumps({"all": {"vars": variables, "children": inventory}}, indent=1), encoding="utf-8")
        for name, count in _cases.FILES.items():
            values = _cases.bulk(count)
            (self._folder / f"{name}.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
            (self._folder / f"{name}.yml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")

    def run(self, case: Case, size: int, number: int) -> Run:
        """Runs a case on that many controllers. Raises ``WrongRun``."""
        names = self._groups[case.group][:size]
        for name in names:
            self._fleet.act(name, "set_variables", values=_full(case.before))
            self._fleet.act(name, "clear_journal")
        environment = self._environment
        if case.fresh:
            home = self._folder / "fresh"
            shutil.rmtree(home, ignore_errors=True)
            environment = {**environment, "ANSIBLE_HOME": str(home)}
        command = [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.yml", "--limit", f"{case.group}[0:{size - 1}]", f"{case.play}.yml"]
        log = self._folder / "play.log"
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        with open(log, "wb") as output:
            done = subprocess.run(
                command, cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=_TIMEOUT, check=False
            )
        wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        text = log.read_text(encoding="utf-8", errors="replace")
        try:
            if done.returncode != 0:
                raise WrongRun(f"ansible-playbook ended with {done.returncode}")
            _check_recap(case, names, text)
            sent = self._check_controllers(case, names)
        except WrongRun as error:
            raise WrongRun(f"{case.title}, {size} hosts, round {number}: {error}\n{text[-4000:]}") from None
        return Run(case.name, size, number, wall, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, sent)

    def _check_controllers(self, case: Case, names: list[str]) -> tuple[str, ...]:
        """Every controller got the requests of the case, answered all well, and has the values; returns the requests of the first."""
        sent: tuple[str, ...] = ()
        wanted = {path: _stored(value) for path, value in _full(case.wanted).items()}
        for name in names:
            journal = self._fleet.journal(name)
            got = tuple(f"{entry['method']} {entry['path']}" for entry in journal)
            if got != case.requests:
                raise WrongRun(f"{name} got {', '.join(got) or 'nothing'}")
            if refused := [f"{entry['path']} with {entry['status']}" for entry in journal if entry["status"] != 200]:
                raise WrongRun(f"{name} answered {', '.join(refused)}")
            found = self._fleet.act(name, "get_variables", paths=list(wanted))
            if found != wanted:
                wrong = {path: value for path, value in found.items() if value != wanted.get(path)}
                raise WrongRun(f"{name} has {dict(list(wrong.items())[:10])}")
            sent = sent or got
        return sent


def _check_recap(case: Case, names: list[str], text: str) -> None:
    found = {match[1]: tuple(int(match[group]) for group in range(2, 6)) for match in _RECAP.finditer(text)}
    expected = dict.fromkeys(names, (case.ok, case.changed, 0, 0))
    if found != expected:
        wrong = [f"{name}: {found.get(name)}" for name in {*found, *expected} if found.get(name) != expected.get(name)]
        raise WrongRun(f"ok, changed, unreachable, failed are not {(case.ok, case.changed, 0, 0)} but {'; '.join(sorted(wrong)[:5])}")


def _host(url: str) -> dict[str, str]:
    return {"plcnext_url": url, "ansible_host": url.removeprefix("https://")}


def _full(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_cases.PREFIX + name: value for name, value in values.items()}


def _stored(value: Any) -> Any:
    """A number with a fraction as a REAL holds it."""
    return struct.unpack("<f", struct.pack("<f", value))[0] if isinstance(value, float) else value
