# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento modules in each position of each switch of the simulator: the right result, or an error that says what is the matter."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    CredentialsRejected,
    JobFailed,
    LoginFailed,
    RequestRefused,
    TimedOut,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from ansible_collections.tokenflow.services.plugins.modules import magento_bulk, magento_info, magento_resource

from tests.simulators.magento import Magento
from tests.unit.plugins._simulated import Simulated, invoke

Position = dict[str, Any]
OTHERS = {
    "admin_token_minutes": [1],
    "customer_token_minutes": [1],
    "max_failures": [1],
    "lock_seconds": [1],
    "maximum_page_size": [3],
    "default_page_size": [1],
    "complex_array_limit": [1],
    "consumer_seconds": [0.3],
}
"""Positions of switches that take any value."""
TENT = {"sku": "tent-fjell-2", "price": 319.5, "custom_attributes": {"meta_title": "Tent"}}
TENTS = {"filters": [{"field": "sku", "condition": "like", "value": "tent-%"}]}


def positions() -> list[Position]:
    """The defaults, and every other position by itself, with what it needs to have an effect."""
    found: list[Position] = [{}]
    for name, switch in Magento.SWITCHES.items():
        for value in [choice for choice in switch.choices if choice != switch.default] or OTHERS.get(name, []):
            needs: Position = {"input_limits": True} if name.endswith("_size") or name == "complex_array_limit" else {}
            if name == "release":
                needs = {"profile": "jwt" if value >= "2.4.4" else "legacy" if value == "2.1.8" else "opaque"}
            if name == "otp_leeway":
                needs = {"two_factor": "enrolled"}
            found.append({**needs, name: value})
    return found


POSITIONS = pytest.mark.parametrize("position", positions(), ids=lambda position: ",".join(f"{name}={value}" for name, value in position.items()) or "defaults")


class Client:
    """Tasks that share a login."""

    def __init__(self, magento: Simulated, position: Position) -> None:
        magento.switch(**{"consumer_seconds": 0.1, **position})
        self.magento, self.store = magento, MemoryStore()
        self.more = {"otp_secret": magento.entry["otp_secret"]} if position.get("two_factor") == "enrolled" else {}

    def run(self, module: types.ModuleType, **options: Any) -> dict[str, Any]:
        connection = {"base_url": self.magento.entry["base_url"], "ca_path": self.magento.ca_path, "retries": 0, **self.magento.credentials()}
        return invoke(module, {**connection, **self.more, **options}, self.store)


def test_every_switch_has_positions() -> None:
    assert {name for position in positions() for name in position} == set(Magento.SWITCHES)


@POSITIONS
def test_resource_info_and_bulk(magento: Simulated, position: Position) -> None:
    client = Client(magento, position)
    if reason := refused(position):
        for run in (write(client), read(client), bulk(client)):
            with pytest.raises(TokenflowError) as caught:
                run()
            assert isinstance(caught.value, reason[0]) and reason[1] in str(caught.value), caught.value
        return
    assert [write(client)()["changed"] for _run in range(2)] == [True, False]
    assert read(client)()["entities"] == [{"sku": "tent-fjell-2", "price": 319.5}, {"sku": "tent-fjell-4", "price": 549.5}]
    if expected := unfinished(position):
        with pytest.raises(TokenflowError) as caught:
            bulk(client)()
        assert isinstance(caught.value, expected[0]) and expected[1] in str(caught.value), caught.value
        return
    assert [bulk(client)()["changed"] for _run in range(2)] == [True, False]


def write(client: Client) -> Callable[[], dict[str, Any]]:
    return lambda: client.run(magento_resource, endpoint="products", body=TENT)


def read(client: Client) -> Callable[[], dict[str, Any]]:
    return lambda: client.run(magento_info, endpoint="products", search=TENTS, fields=["sku", "price"], page_size=5)


def bulk(client: Client) -> Callable[[], dict[str, Any]]:
    items = [{"sku": f"peg-{number}", "name": f"Peg {number}", "attribute_set_id": 4, "price": 1} for number in range(4)]
    return lambda: client.run(magento_bulk, endpoint="products", items=items, interval=0.05, start_timeout=0.3, job_timeout=5)


def refused(position: Position) -> tuple[type[TokenflowError], str] | None:
    """The error of every task in this position, if it is one."""
    if position.get("mode") == "maintenance":
        return Unavailable, "maintenance mode"
    if "failure" in position:
        return LoginFailed, "HTTP 500"
    if position.get("two_factor") not in (None, "enrolled"):
        return LoginFailed, "Two-factor authentication is on"
    return None


def unfinished(position: Position) -> tuple[type[TokenflowError], str] | None:
    """The error of a bulk write in this position, if it is one."""
    if position.get("consumer") == "stopped":
        return TimedOut, "async.operations.all"
    if "consumer_outcome" in position:
        return JobFailed, "4 of 4 operations failed"
    if position.get("profile") == "legacy" or position.get("release", "2.4") < "2.3":
        return RequestRefused, "from release 2.3 on"
    return None


def test_a_lock_is_not_made_worse(magento: Simulated) -> None:
    client = Client(magento, {})
    magento.act("lock", username="admin")
    with pytest.raises(CredentialsRejected) as caught:
        write(client)()
    assert "30 minutes" in str(caught.value)
