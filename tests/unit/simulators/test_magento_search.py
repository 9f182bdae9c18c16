# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: search criteria, projection and input limits (contract §6.1)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from ._magento import Client, criteria, product

LISTS = {
    "products": 12,
    "products/attributes": 34,
    "products/attribute-sets/sets/list": 2,
    "eav/attribute-sets/list": 9,
    "categories/list": 10,
    "cmsPage/search": 6,
    "cmsBlock/search": 2,
    "customers/search": 3,
    "customerGroups/search": 4,
    "taxClasses/search": 2,
    "taxRates/search": 2,
    "taxRules/search": 1,
    "salesRules/search": 1,
    "inventory/sources": 3,
    "inventory/stocks": 2,
    "inventory/source-items": 14,
    "inventory/stock-source-links": 3,
    "bulk": 0,
}


@pytest.fixture
def shop() -> Client:
    return Client()


def skus(shop: Client, *filters: Any, **more: str) -> list[str]:
    found = shop.ok("GET", f"V1/products?{criteria(*filters, **more)}")
    assert found["total_count"] == len(found["items"]) or more
    return [item["sku"] for item in found["items"]]


@pytest.mark.parametrize(("path", "count"), LISTS.items())
def test_every_list(shop: Client, path: str, count: int) -> None:
    error = shop.refused(400, '"%fieldName" is required. Enter and try again.', "GET", f"V1/{path}")
    assert error["parameters"] == {"fieldName": "searchCriteria"}
    for query in ("searchCriteria", "searchCriteria=", "search_criteria="):
        found = shop.ok("GET", f"V1/{path}?{query}")
        assert list(found) == ["items", "search_criteria", "total_count"]
        assert (len(found["items"]), found["total_count"], found["search_criteria"]) == (count, count, {"filter_groups": []})
    assert len(shop.ok("GET", f"V1/{path}?{criteria(pageSize='1')}")["items"]) == min(count, 1)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("eq", "rope-vegg-60", ["rope-vegg-60"]),
        ("eq", "ROPE-VEGG-60", ["rope-vegg-60"]),
        ("like", "tent-%", ["tent-fjell-2", "tent-fjell-4"]),
        ("like", "TENT-fjell-_", ["tent-fjell-2", "tent-fjell-4"]),
        ("in", "tarp-skog,mat-lett,none", ["tarp-skog", "mat-lett"]),
        ("gt", "tarp-skog", ["tent-fjell-2", "tent-fjell-4"]),
        ("gteq", "tent-fjell-2", ["tent-fjell-2", "tent-fjell-4"]),
        ("moreq", "tent-fjell-4", ["tent-fjell-4"]),
        ("from", "tent-fjell-4", ["tent-fjell-4"]),
        ("lt", "bag-natt-10", ["bag-natt-0"]),
        ("lteq", "bag-natt-10", ["bag-natt-0", "bag-natt-10"]),
        ("to", "bag-natt-0", ["bag-natt-0"]),
        ("finset", "mat-lett", ["mat-lett"]),
        ("null", "", []),
        ("nosuchcondition", "mat-lett", []),
        ("EQ", "mat-lett", []),
    ],
)
def test_conditions_on_texts(shop: Client, condition: str, value: str, expected: list[str]) -> None:
    assert skus(shop, ("sku", condition, value)) == expected


@pytest.mark.parametrize(
    ("field", "condition", "value", "count"),
    [
        ("price", "gt", "89.95", 10),
        ("price", "lteq", "94", 3),
        ("price", "eq", "74.90", 1),
        ("sku", "neq", "tarp-skog", 11),
        ("sku", "nin", "tarp-skog,mat-lett", 10),
        ("sku", "nlike", "%fjell%", 10),
        ("sku", "nfinset", "tarp-skog", 11),
        ("sku", "notnull", "", 12),
        ("special_price", "null", "", 12),
        ("special_price", "neq", "5", 0),
        ("category_id", "eq", "4", 3),
        ("category_id", "in", "4,5", 6),
        ("website_id", "eq", "1", 12),
        ("color", "eq", "1", 3),
        ("entity_id", "gteq", "11", 2),
        ("status", "eq", "1", 12),
        ("created_at", "gt", "2023-01-01 00:00:00", 12),
    ],
)
def test_conditions_on_attributes(shop: Client, field: str, condition: str, value: str, count: int) -> None:
    assert len(skus(shop, (field, condition, value))) == count


def test_filters_in_a_group_are_alternatives_and_groups_add_up(shop: Client) -> None:
    either = [("sku", "like", "tent%"), ("sku", "eq", "tarp-skog")]
    assert skus(shop, either) == ["tent-fjell-2", "tent-fjell-4", "tarp-skog"]
    assert skus(shop, either, ("price", "lt", "400")) == ["tent-fjell-2", "tarp-skog"]


def test_the_default_condition_and_camel_case(shop: Client) -> None:
    query = "searchCriteria[filterGroups][0][filters][0][field]=sku&searchCriteria[filterGroups][0][filters][0][value]=tarp-skog"
    found = shop.ok("GET", f"V1/products?{query}")
    assert [item["sku"] for item in found["items"]] == ["tarp-skog"]
    shown = [{"filters": [{"field": "sku", "value": "tarp-skog", "condition_type": "eq"}]}]
    assert found["search_criteria"] == {"filter_groups": shown}


def test_sorting(shop: Client) -> None:
    assert skus(shop, sort="price DESC", pageSize="2") == ["tent-fjell-4", "bag-natt-10"]
    assert skus(shop, sort="price asc", pageSize="1") == ["stove-ild"]
    assert skus(shop, ("sku", "like", "%tent%"), sort="weight DESC,sku ASC") == ["tent-fjell-4", "tent-fjell-2"]
    found = shop.ok("GET", f"V1/products?{criteria(sort='name desc', pageSize='1')}")
    assert found["search_criteria"] == {"filter_groups": [], "sort_orders": [{"field": "name", "direction": "DESC"}], "page_size": 1}
    text = "The sort order has to be specified as %1 for ascending order or %2 for descending order."
    assert shop.refused(400, text, "GET", f"V1/products?{criteria(sort='name up')}")["parameters"] == ["ASC", "DESC"]


def test_sorting_puts_missing_values_first(shop: Client) -> None:
    shop.ok("PUT", "all/V1/products/mat-lett", {"product": {"custom_attributes": [{"attribute_code": "special_price", "value": "99"}]}})
    assert skus(shop, sort="special_price ASC")[-1] == "mat-lett"


def test_unknown_fields(shop: Client) -> None:
    text = 'The "%1" attribute name is invalid. Reset the name and try again.'
    for path in ("products", "customers/search", "categories/list"):
        assert shop.refused(400, text, "GET", f"V1/{path}?{criteria(('nosuch', 'eq', '1'))}")["parameters"] == ["nosuch"]
    assert shop.refused(400, text, "GET", f"V1/products?{criteria(sort='nosuch ASC')}")["parameters"] == ["nosuch"]
    # In a plain table it is an error of the database, which the service masks.
    assert shop.call("GET", f"V1/cmsPage/search?{criteria(('nosuch', 'eq', '1'))}").status == 500
    unsupported = '"%fieldName" is not supported. Correct the field name and try again.'
    assert shop.refused(400, unsupported, "GET", "V1/products?searchCriteria[bogus]=1")["parameters"] == {"fieldName": "Bogus"}


def test_pages(shop: Client) -> None:
    first = shop.ok("GET", f"V1/products?{criteria(pageSize='5', currentPage='1', fields='items[sku],search_criteria,total_count')}")
    assert (len(first["items"]), first["total_count"]) == (5, 12)
    assert first["search_criteria"] == {"filter_groups": [], "page_size": 5, "current_page": 1}
    pages = [skus(shop, pageSize="5", currentPage=str(number)) for number in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert pages[0] + pages[1] + pages[2] == skus(shop)
    assert len(skus(shop, pageSize="0")) == 12
    text = 'Error occurred during "pageSize" processing. The "many" value\'s type is invalid. The "int" type was expected. Verify and try again.'
    shop.refused(400, text, "GET", "V1/products?searchCriteria[pageSize]=many")


def test_past_the_end(shop: Client) -> None:
    query = criteria(pageSize="2", currentPage="9")
    for path, count in (("products", 12), ("cmsPage/search", 6)):
        found = shop.ok("GET", f"V1/{path}?{query}")
        assert (found["items"], found["total_count"]) == ([], count)
    last = shop.ok("GET", f"V1/customers/search?{query}")
    assert ([item["id"] for item in last["items"]], last["total_count"]) == ([3], 3)
    shop.simulator.switch(past_end="empty")
    assert shop.ok("GET", f"V1/customers/search?{query}")["items"] == []
    assert shop.call("GET", f"V1/customers/search?{query}&fields=items").json() == {"items": []}
    assert shop.call("GET", f"V1/customers/search?{query}&fields=items[id]").json() == {"items": None}


def test_projection_of_answers(shop: Client) -> None:
    sku = ("sku", "eq", "tarp-skog")
    nested = shop.ok("GET", f"V1/products?{criteria(sku, fields='items[sku,extension_attributes[website_ids]],total_count')}")
    assert nested == {"items": [{"sku": "tarp-skog", "extension_attributes": {"website_ids": [1]}}], "total_count": 1}
    assert shop.call("GET", "V1/products/tarp-skog?fields=bogus").text == "[]"
    assert shop.call("GET", "V1/products/tarp-skog?fields=sku[").text == "[]"
    assert shop.call("GET", "V1/products/tarp-skog?fields[]=sku").text == "[]"
    assert shop.call("GET", "V1/store/websites?fields=code").text == '[{"code":"admin"},{"code":"base"}]'
    assert shop.call("GET", f"V1/products?{criteria(('sku', 'eq', 'x'))}").json()["items"] == []
    written = shop.ok("PUT", "V1/products/tarp-skog?fields=price", {"product": {"sku": "tarp-skog", "price": 5}})
    assert written == {"price": 5}
    assert shop.call("GET", "V1/directory/currency?fields=available_currency_codes[x]", token="").status == 500


def test_input_limits(shop: Client) -> None:
    shop.simulator.switch(input_limits=True, maximum_page_size=10, default_page_size=4, complex_array_limit=3)
    error = shop.refused(400, "Maximum SearchCriteria pageSize is %max", "GET", f"V1/products?{criteria(pageSize='11')}")
    assert error["parameters"] == {"max": 10}
    assert len(skus(shop, pageSize="10")) == 10
    found = shop.ok("GET", f"V1/products?{criteria()}")
    assert (len(found["items"]), found["search_criteria"], found["total_count"]) == (4, {"filter_groups": [], "page_size": 4}, 12)
    many = [{"sku": str(number), "source_code": "default", "quantity": 1, "status": 1} for number in range(4)]
    error = shop.refused(400, 'Maximum items of type "%type" is %max', "POST", "V1/inventory/source-items", {"sourceItems": many})
    assert error["parameters"] == {"type": "\\Magento\\InventoryApi\\Api\\Data\\SourceItemInterface", "max": 3}
    assert shop.ok("POST", "V1/inventory/source-items", {"sourceItems": many[:3]}) == []
    shop.simulator.switch(profile="legacy", release="")
    shop.bearer = ""
    assert len(skus(shop, pageSize="11")) == 11


def test_many_rows_are_seen_page_by_page(shop: Client) -> None:
    shop.simulator.seed_recorded()
    shop.settings = shop.simulator.settings()
    for number in range(45):
        shop.ok("POST", "all/V1/products", product(f"p{number:02}"))
    seen: list[str] = []
    page = 1
    while True:
        found = shop.ok("GET", f"V1/products?{criteria(pageSize='20', currentPage=str(page))}")
        seen += [item["sku"] for item in found["items"]]
        page += 1
        if len(seen) >= found["total_count"]:
            break
    assert seen == [f"p{number:02}" for number in range(45)]


def test_brackets_may_be_encoded_or_not(shop: Client) -> None:
    plain = "searchCriteria[filter_groups][0][filters][0][field]=sku&searchCriteria[filter_groups][0][filters][0][value]=tarp-skog"
    encoded = quote(plain, safe="=&")
    assert shop.ok("GET", f"V1/products?{plain}") == shop.ok("GET", f"V1/products?{encoded}")
    assert json.dumps(shop.ok("GET", f"V1/products?{plain}")["items"][0]).startswith('{"id": 3, "sku": "tarp-skog"')
