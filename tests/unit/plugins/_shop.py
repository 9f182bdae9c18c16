# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of magento_resource in one run against the simulator, and what the simulator holds."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from ansible_collections.tokenflow.services.plugins.modules import magento_resource

from tests.unit.plugins._simulated import Simulated, invoke

READS = ("GET",)
TENT = "tent-fjell-2"
ADDRESS = {
    "firstname": "Dora",
    "lastname": "Field",
    "street": ["1 Valley Road"],
    "city": "Austin",
    "postcode": "73301",
    "telephone": "555-0100",
    "country_id": "US",
    "region": {"region_id": 57},
}
SALE = {"name": "Spring", "website_ids": [1], "customer_group_ids": [0, 1], "is_active": True, "simple_action": "by_percent", "discount_amount": 5}


class Shop:
    """Tasks of one run: they share a login."""

    def __init__(self, magento: Simulated, **options: Any) -> None:
        self.magento, self.options, self.store = magento, options, MemoryStore()

    def run(self, endpoint: str, body: dict[str, Any], check: bool = False, **options: Any) -> dict[str, Any]:
        connection = {"base_url": self.magento.entry["base_url"], "ca_path": self.magento.ca_path, "retries": 0, **self.magento.credentials()}
        given = {**connection, **self.options, "endpoint": endpoint, "body": body, **options}
        return invoke(magento_resource, given, self.store, check, diff=True)

    def failed(self, endpoint: str, body: dict[str, Any], **options: Any) -> TokenflowError:
        with pytest.raises(TokenflowError) as caught:
            self.run(endpoint, body, **options)
        return caught.value

    def writes(self) -> list[str]:
        """The writes since the last call, without logins."""
        found = [f"{entry['method']} {entry['path']}" for entry in self.magento.journal("/rest/(?!.*/token$)") if entry["method"] not in READS]
        self.magento.act("clear_journal")
        return found

    def product(self, sku: str = TENT, store: str = "all") -> dict[str, Any]:
        return dict(self.magento.act("get_entity", kind="product", key=sku, store=store))
