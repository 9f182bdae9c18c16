# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of Phoenix modules against the simulator, and what the simulator holds."""

from __future__ import annotations

import json
import types
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_uploads
from ansible_collections.tokenflow.services.plugins.module_utils._services import phoenix as phoenix_service
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.simulators.phoenix import PhoenixSimulator
from tests.unit.plugins._simulated import Clock, Simulated

MODULES = "ansible_collections.tokenflow.services.plugins.modules"
NW = "northwind-bikes.example"
ADA, MARC, PRIYA, LENA, JONAS = (f"{name}@{NW}" for name in ("ada.lindqvist", "marc.oyelaran", "Priya.Raman", "lena.fischer", "jonas.berg"))
SWITCHES = PhoenixSimulator.SWITCHES
POSITIONS = [(name, value) for name, switch in SWITCHES.items() for value in switch.choices if value != switch.default]
"""Every position of every switch that is not the default one."""
Result = dict[str, Any]


class Run:
    """Tasks of one run, which share the login and what the run has made. Waiting moves the simulator's clock."""

    def __init__(self, simulated: Simulated, folder: Path | None, monkeypatch: pytest.MonkeyPatch) -> None:
        self.simulated, self.folder = simulated, folder
        self.store, self.clock, self.waits = MemoryStore(), Clock(), list[float]()
        self.retries = 3
        pause = types.SimpleNamespace(sleep=self._sleep, monotonic=lambda: sum(self.waits))
        for module in (phoenix_service, _phoenix_uploads):
            monkeypatch.setattr(module, "time", pause)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.simulated.advance(seconds)

    def task(self, module_name: str, /, check: bool = False, **options: Any) -> Result:
        """The result of a module, also of a task that fails; with ``warnings``."""
        module = import_module(f"{MODULES}.phoenix_{module_name}")
        given = {"base_url": self.simulated.entry["base_url"], "ca_path": self.simulated.ca_path, **self.simulated.credentials(), **options}
        definition = module.DEFINITION
        validation = ArgumentSpecValidator(definition.argument_spec(), **definition.constraints).validate(json.loads(json.dumps(given)))
        assert not validation.errors.errors, validation.errors.msg
        session = self.simulated.session(store=self.store, clock=self.clock, check_mode=check, retries=self.retries, token=options.get("token"))
        invocation = Invocation(validation.validated_parameters, session, session.client.secrets, check, True, run_folder=self.folder)
        try:
            result = dict(module.run(invocation))
        except TokenflowError as error:
            result = error.as_result()
        finally:
            session.client.close()
        return {**result, "warnings": [*session.warnings, *invocation.warnings]}

    def good(self, module_name: str, /, **options: Any) -> Result:
        """The result of a task that must not fail."""
        result = self.task(module_name, **options)
        assert not result.get("failed"), result["msg"]
        return result

    def refused(self, module_name: str, text: str, /, **options: Any) -> Result:
        """The result of a task that must fail with this text."""
        result = self.task(module_name, **options)
        assert result.get("failed") and text in result["msg"], result.get("msg", result)
        return result

    def calls(self) -> list[str]:
        """What was asked since the last time, without logins."""
        found = [f"{entry['method']} {entry['path'].removeprefix('/v1/')}" for entry in self.simulated.journal("^/v1/(?!auth)")]
        self.simulated.act("clear_journal")
        return found

    def state(self, kind: str) -> list[dict[str, Any]]:
        return list(self.simulated.act("get_state", kind=kind))

    def named(self, kind: str, name: str) -> dict[str, Any]:
        """The one object of this name."""
        found = [item for item in self.state(kind) if item["name"] == name]
        assert len(found) == 1, (name, len(found))
        return found[0]


@pytest.fixture
def run(phoenix: Simulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(phoenix, tmp_path, monkeypatch)
