# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulators in a process of their own, and sessions with them as a task would open them."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, open_session
from ansible_collections.tokenflow.services.plugins.module_utils._registry import FLOWS
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore, Store

START_SECONDS = 30


class Clock:
    """The client's time, which a test may move."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        self.offset += seconds


class Simulated:
    """One simulated service: its control port, its journal, and sessions with it."""

    def __init__(self, control: requests.Session, entry: Mapping[str, Any], ca_path: str) -> None:
        self.name = str(entry["service"])
        self.entry = dict(entry)
        self.ca_path = ca_path
        self._control = control

    def act(self, action: str, **arguments: Any) -> Any:
        answer = self._control.post(f"{self.entry['control_url']}/{action}", json=arguments, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def switch(self, **values: Any) -> None:
        self.act("switch", **values)

    def fault(self, kind: str, path: str = "", **values: Any) -> None:
        self.act("fault", kind=kind, path=path, **values)

    def advance(self, seconds: float) -> None:
        self.act("advance", seconds=seconds)

    def journal(self, path: str = "", method: str = "") -> list[dict[str, Any]]:
        """The requests so far whose path has this expression in it."""
        answer = self._control.get(f"{self.entry['control_url']}/journal", timeout=10)
        return [entry for entry in answer.json() if re.search(path, entry["path"]) and method in ("", entry["method"])]

    def calls(self, path: str = "") -> list[str]:
        """The requests so far as ``METHOD path status``."""
        return [f"{entry['method']} {entry['path']} {entry['status']}" for entry in self.journal(path)]

    @property
    def flow_class(self) -> type[Flow]:
        return next(flow for flow in FLOWS if flow.NAME == self.name)

    def credentials(self, role: str = "") -> dict[str, str]:
        """The credentials of an account, by its prefix in the settings."""
        prefix = f"{role}_" if role else ""
        names = ("username", "password", "client_id", "client_secret")
        return {name: self.entry[prefix + name] for name in names if prefix + name in self.entry}

    def params(self, role: str = "", **given: Any) -> dict[str, Any]:
        """Validated options of a task; None leaves one out."""
        options = {"base_url": self.entry["base_url"], "ca_path": self.ca_path, "retries": 0, **self.credentials(role), **given}
        definition = Definition("test", (self.flow_class,), {})
        validation = ArgumentSpecValidator(definition.argument_spec()).validate({name: value for name, value in options.items() if value is not None})
        assert not validation.errors.errors, validation.errors.msg
        return dict(validation.validated_parameters)

    def flow(self, role: str = "", clock: Any = time.time, **given: Any) -> Flow:
        """A flow as a task with these options has it."""
        params = self.params(role, **given)
        secrets = Secrets([str(params[name]) for name in [*self.flow_class.secret_options(), "token"] if params.get(name)])
        names = ("base_url", "validate_certs", "ca_path", "certificate_fingerprint", "proxy", "timeout", "retries", "allow_plain_http")
        client = HttpClient(self.flow_class.TITLE, Connection(**{name: params[name] for name in names}), secrets)
        return self.flow_class(params, client, clock)

    def session(self, role: str = "", store: Store | None = None, clock: Any = time.time, check_mode: bool = False, **given: Any) -> Session:
        """A session as one task has it; tasks that share a ``store`` share the login."""
        return Session(self.flow(role, clock, **given), store or MemoryStore(), check_mode=check_mode)

    def invoke(self, module: Any, role: str = "", store: Store | None = None, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        """The result of a module as one task has it, without Ansible. Raises the errors of the module."""
        given = {"base_url": self.entry["base_url"], "ca_path": self.ca_path, "retries": 0, **self.credentials(role), **options}
        return invoke(module, given, store, check, diff)


def invoke(module: Any, given: Mapping[str, Any], store: Store | None = None, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """The result of a module with these options; None leaves one out."""
    definition: Definition = module.DEFINITION
    options = {name: value for name, value in given.items() if value is not None}
    validation = ArgumentSpecValidator(definition.argument_spec(options), **definition.constraints).validate(options)
    assert not validation.errors.errors, validation.errors.msg
    params = validation.validated_parameters
    secrets = Secrets(definition.secrets(params))
    session = open_session(definition, params, lambda _flow: store or MemoryStore(), secrets, check_mode=check)
    return dict(module.run(Invocation(params, session, secrets, check, diff)))


class Town:
    """All simulated services."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.ca_path = str(description["simulators_ca_path"])
        self.fingerprint = str(description["simulators_certificate_fingerprint"])
        control = requests.Session()
        control.trust_env = False
        self._services = {name: Simulated(control, entry, self.ca_path) for name, entry in description["simulators"].items()}

    def fresh(self, name: str) -> Simulated:
        """A service in its first state."""
        self._services[name].act("reset")
        return self._services[name]


@contextlib.contextmanager
def started(python: str, folder: Path, root: Path) -> Iterator[Town]:
    """Runs ``python -m tests.simulators`` and ends it."""
    written = folder / "simulators.json"
    log = folder / "log.txt"
    with open(log, "wb") as output:
        process = subprocess.Popen([python, "-m", "tests.simulators", "--write", str(written)], cwd=root, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not written.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the simulators did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield Town(json.loads(written.read_text()))
    finally:
        process.terminate()
        process.wait(10)
