# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of entity of a Magento shop: made, changed, left alone and removed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput

from tests.unit.plugins._shop import ADDRESS, SALE, TENT, Shop
from tests.unit.plugins._simulated import Simulated

PLACE = {"country_id": "DE", "postcode": "10115", "city": "Berlin"}
RULE = {"code": "EU goods", "priority": 0, "position": 1, "customer_tax_class_ids": [3], "product_tax_class_ids": [2]}

# Endpoint, what is made, what is changed, and the number of requests of the change.
KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "products": ({"sku": "lamp/1 é", "name": "Lamp", "attribute_set_id": 4, "price": 10.5, "custom_attributes": {"meta_title": "A lamp"}}, {"price": 11.0}),
    "products/attributes": (
        {"attribute_code": "fabric", "frontend_input": "select", "default_frontend_label": "Fabric", "options": ["Wool", {"label": "Linen", "sort_order": 1}]},
        {"default_frontend_label": "Cloth", "options": ["Wool", "Silk"]},
    ),
    "products/attribute-sets": ({"attribute_set_name": "Clothes"}, {"sort_order": 7}),
    "categories": (
        {"path": "Default Category/Camping/Lights", "is_active": True, "custom_attributes": {"description": "<p>Lights</p>", "meta_title": "Light"}},
        {"include_in_menu": False},
    ),
    "cmsPage": ({"identifier": "hours", "title": "Hours", "content": "<p>Nine to five</p>", "active": True, "page_layout": "1column"}, {"title": "When"}),
    "cmsBlock": ({"identifier": "hours", "title": "Hours", "content": "Nine to five", "active": True}, {"content": "Ten to four"}),
    "customers": (
        {"email": "dora.field@example.com", "website_id": 1, "firstname": "Dora", "lastname": "Field", "addresses": [ADDRESS]},
        {"lastname": "Meadow", "addresses": [{**ADDRESS, "telephone": "555-0101"}]},
    ),
    "customerGroups": ({"code": "Staff", "tax_class_id": 3}, {}),
    "taxClasses": ({"class_name": "Books", "class_type": "PRODUCT"}, {}),
    "taxRates": ({"code": "DE 19", "tax_country_id": "DE", "tax_postcode": "*", "rate": 19}, {"rate": 19.50}),
    "taxRules": ({**RULE, "tax_rate_ids": [{"id_of": "taxRates", "code": "US-CA-*-Rate 1"}]}, {"priority": 2, "tax_rate_ids": [2, 1]}),
    "salesRules": (SALE, {"discount_amount": 7.5, "customer_group_ids": [1, 0, 2]}),
    "coupons": ({"code": "SPRING", "rule_id": {"id_of": "salesRules", "name": "Ten per cent for wholesale"}}, {"is_primary": True}),
    "inventory/sources": ({"source_code": "hamburg", "name": "Hamburg", **PLACE}, {"enabled": False}),
    "inventory/stocks": ({"name": "North"}, {"extension_attributes": {"sales_channels": [{"type": "website", "code": "base"}]}}),
    "inventory/source-items": ({"sku": TENT, "source_code": "utrecht", "quantity": 4, "status": 1}, {"quantity": 5.0}),
    "inventory/stock-source-links": ({"stock_id": 2, "source_code": "hamburg", "priority": 3}, {"priority": 4}),
}
KEPT = {"inventory/sources"}
ALL_KINDS = pytest.mark.parametrize("endpoint", list(KINDS))
FORMATS = pytest.mark.parametrize("media_type", ["json", "xml"])


def prepare(shop: Shop, endpoint: str) -> None:
    if endpoint == "inventory/stock-source-links":
        shop.run("inventory/sources", KINDS["inventory/sources"][0])
    if endpoint == "coupons":
        shop.run("salesRules", {"name": "Ten per cent for wholesale", "coupon_type": "SPECIFIC_COUPON"})
    shop.writes()


@ALL_KINDS
@FORMATS
def test_every_kind_is_made_changed_left_alone_and_removed(magento: Simulated, endpoint: str, media_type: str) -> None:
    shop = Shop(magento, media_type=media_type)
    prepare(shop, endpoint)
    made, change = KINDS[endpoint]
    told = shop.run(endpoint, made, check=True)
    assert not shop.writes()
    first = shop.run(endpoint, made)
    assert (first["action"], first["before"], told["action"], told["before"]) == ("create", None, "create", None)
    assert (told["differences"], told["diff"]) == (first["differences"], first["diff"])
    assert len(shop.writes()) == 1
    again = shop.run(endpoint, made)
    assert (again["changed"], again["action"], again["differences"], shop.writes()) == (False, "none", [], [])
    if change:
        key = {name: value for name, value in made.items() if name in ("sku", "attribute_code", "attribute_set_name", "path", "identifier", "email", "code")}
        key = key or {name: made[name] for name in ("name", "class_name", "class_type", "source_code", "stock_id") if name in made}
        key.update({name: made[name] for name in ("source_code", "stock_id") if name in made})
        told = shop.run(endpoint, {**key, **change}, check=True)
        assert not shop.writes()
        changed = shop.run(endpoint, {**key, **change})
        assert (changed["action"], changed["differences"]) == ("update", told["differences"])
        assert changed["diff"] == told["diff"] and changed["diff"]["before"] != changed["diff"]["after"]
        assert shop.writes()
        assert not shop.run(endpoint, {**key, **change})["changed"]
        rest = {name: value for name, value in made.items() if name not in change}
        assert not shop.run(endpoint, rest)["changed"], "what was not given has stayed"
        assert not shop.writes()
    if endpoint in KEPT:
        error = shop.failed(endpoint, made, state="absent")
        assert isinstance(error, InvalidInput) and "enabled: false" in str(error) and not shop.writes()
        return
    if endpoint == "inventory/stocks":
        shop.run(endpoint, {"name": "North", "extension_attributes": {"sales_channels": []}}, media_type="json")
        shop.writes()
    assert shop.run(endpoint, made, state="absent", check=True)["action"] == "delete" and not shop.writes()
    gone = shop.run(endpoint, made, state="absent")
    assert (gone["changed"], gone["after"], len(shop.writes())) == (True, None, 1)
    assert not shop.run(endpoint, made, state="absent")["changed"] and not shop.writes()


@pytest.mark.parametrize("endpoint", ["categories", "cmsPage", "cmsBlock"])
def test_nothing_is_lost_where_a_release_loses_what_is_not_sent(magento: Simulated, endpoint: str) -> None:
    magento.switch(omitted_members="lost")
    test_every_kind_is_made_changed_left_alone_and_removed(magento, endpoint, "json")
