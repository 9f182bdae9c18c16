# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices of the inventory need no ``base_url``: it is their address."""

from __future__ import annotations

import socket

from tests.integration._lab import Lab, Skip, equal

CONTROLLER, APPLIANCE = "127.0.0.2", "127.0.0.3"
SIMULATORS = ("--listen", f"plcnext={CONTROLLER}:443", "--listen", f"appliance={APPLIANCE}:443")


def possible() -> None:
    """Raises ``Skip`` where the simulators could not listen on these addresses."""
    for address in (CONTROLLER, APPLIANCE):
        with socket.socket() as trial:
            try:
                trial.bind((address, 443))
            except OSError as error:
                raise Skip(f"port 443 of {address} cannot be bound ({error.strerror})") from error


def test(lab: Lab) -> None:
    hosts = lab.hosts({"devices": {"filler": {"ansible_host": CONTROLLER}, APPLIANCE: {}}})
    environment = {name: value for name, value in lab.credentials().items() if not name.endswith("BASE_URL")}
    run = lab.play("devices.yml", inventory=hosts, credentials=False, environment=environment)
    equal(run.result("Read variables")["variables"], {"RecipeNumber": 7}, "the controller's variable")
    equal(run.result("Read the status")["result"], "standalone", "the appliance's role")
    for name in ("plcnext", "appliance"):
        equal(lab.simulators[name].journal().differences(logins=1, calls=2), [], name)
    wrong = run.result("A service that is no host")
    equal((wrong["_status"], wrong["error"]["kind"]), ("failed", "invalid_input"), "a service that is no host of the inventory")
    local = run.result("No address for localhost")
    equal((local["_status"], local["error"]["kind"]), ("failed", "invalid_input"), "localhost is no device")
