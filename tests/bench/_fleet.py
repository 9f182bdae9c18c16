# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated controllers that the benchmark works on, in a process outside of what is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
_START_TIMEOUT = 60


class Fleet:
    """Running controllers by name, in order."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self._instances: dict[str, dict[str, Any]] = description["simulators"]
        self.names = list(self._instances)
        self.ca_path = str(description["simulators_ca_path"])
        first = self._instances[self.names[0]]
        self.username, self.password = str(first["username"]), str(first["password"])
        self._control = requests.Session()
        self._control.trust_env = False

    def url(self, name: str) -> str:
        """Where a controller's service listens."""
        return str(self._instances[name]["base_url"])

    def act(self, name: str, action: str, **arguments: Any) -> Any:
        """Does a control action and returns its result."""
        answer = self._control.post(f"{self._instances[name]['control_url']}/{action}", json=arguments, timeout=30)
        answer.raise_for_status()
        return answer.json()["result"]

    def journal(self, name: str) -> list[dict[str, Any]]:
        """The requests that a controller got."""
        answer = self._control.get(f"{self._instances[name]['control_url']}/journal", timeout=30)
        answer.raise_for_status()
        entries: list[dict[str, Any]] = answer.json()
        return entries


@contextmanager
def fleet(count: int, folder: Path) -> Iterator[Fleet]:
    """Runs that many controllers; their addresses and credentials are in a file in ``folder`` while they run."""
    file = folder / "simulators.json"
    file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.simulators", "--only", "plcnext", "--count", f"plcnext={count}", "--write", str(file)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + _START_TIMEOUT
        while not file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit("The simulators did not start.")
            time.sleep(0.05)
        yield Fleet(json.loads(file.read_text(encoding="utf-8")))
    finally:
        process.terminate()
        process.wait(timeout=20)
