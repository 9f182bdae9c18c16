# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: asynchronous and bulk operations (contract §6.3)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ._magento import Client, criteria, product

TOPIC = "async.magento.catalog.api.productrepositoryinterface.save.post"
SUCCESS = "Service execution success Magento\\Catalog\\Model\\ProductRepository\\Interceptor::save"
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


@pytest.fixture
def shop() -> Client:
    return Client()


def accept(shop: Client, method: str, path: str, body: Any) -> str:
    answer = shop.call(method, path, body)
    assert answer.status == 202, answer.text
    assert "x-frame-options" not in answer.headers
    accepted = answer.json()
    assert re.fullmatch(UUID4, accepted["bulk_uuid"])
    assert accepted["errors"] is False
    for number, item in enumerate(accepted["request_items"]):
        assert (item["id"], item["status"]) == (number, "accepted")
        assert re.fullmatch("[0-9a-f]{64}", item["data_hash"])
    return str(accepted["bulk_uuid"])


def statuses(shop: Client, number: str) -> list[int]:
    return [operation["status"] for operation in shop.ok("GET", f"V1/bulk/{number}/status")["operations_list"]]


def test_one_item(shop: Client) -> None:
    number = accept(shop, "POST", "async/V1/products", product("as-1"))
    assert statuses(shop, number) == [4]
    assert shop.call("GET", "V1/products/as-1").status == 404
    shop.moment += 1
    assert statuses(shop, number) == [1]
    assert shop.ok("GET", "V1/products/as-1")["name"] == "Name of as-1"


def test_the_status_of_a_bulk(shop: Client) -> None:
    number = accept(shop, "POST", "async/bulk/V1/products", [product("bk-1"), product("bk-2", attribute_set_id=9999)])
    open_ = shop.ok("GET", f"V1/bulk/{number}/status")
    assert open_["operations_list"][0] == {"id": 0, "status": 4, "result_message": None, "error_code": None}
    shop.moment += 1
    status = shop.ok("GET", f"V1/bulk/{number}/status")
    failure = "Invalid product data: Invalid attribute set entity type"
    assert status == {
        "operations_list": [
            {"id": 0, "status": 1, "result_message": SUCCESS, "error_code": None},
            {"id": 1, "status": 3, "result_message": failure, "error_code": 0},
        ],
        "user_type": 2,
        "bulk_id": number,
        "description": f"Topic {TOPIC}",
        "start_time": "2023-11-14 22:13:20",
        "user_id": 1,
        "operation_count": 2,
    }
    detailed = shop.ok("GET", f"V1/bulk/{number}/detailed-status")["operations_list"]
    assert detailed[0]["topic_name"] == TOPIC
    assert '"sku":"bk-1"' in detailed[0]["result_serialized_data"]
    assert detailed[0]["serialized_data"].startswith('{"entity_id":null,"entity_link":"","meta_information":"{\\"product\\":')
    counts = [shop.ok("GET", f"V1/bulk/{number}/operation-status/{code}") for code in (1, 2, 3, 4, 5)]
    assert counts == [1, 0, 1, 0, 0]


def test_a_stopped_consumer(shop: Client) -> None:
    shop.simulator.switch(consumer="stopped")
    number = accept(shop, "POST", "async/bulk/V1/products", [product("bk-1"), product("bk-2")])
    shop.moment += 10**6
    shop.bearer = ""
    assert statuses(shop, number) == [4, 4]
    assert shop.simulator.run_consumer() == 2
    assert statuses(shop, number) == [1, 1]
    assert shop.simulator.run_consumer() == 0


@pytest.mark.parametrize(("outcome", "status"), [("retriable", 2), ("rejected", 5)])
def test_outcomes_of_an_operation(shop: Client, outcome: str, status: int) -> None:
    shop.simulator.switch(consumer_outcome=outcome, consumer_seconds=0)
    number = accept(shop, "POST", "async/V1/products", product("as-1"))
    assert statuses(shop, number) == [status]
    assert shop.call("GET", "V1/products/as-1").status == 404


def test_how_long_an_operation_takes(shop: Client) -> None:
    shop.simulator.switch(consumer_seconds=30.5)
    number = accept(shop, "POST", "async/V1/products", product("as-1"))
    shop.moment += 30
    assert statuses(shop, number) == [4]
    shop.moment += 0.5
    assert shop.simulator.get_entity("product", "as-1")["sku"] == "as-1"


def test_other_methods_and_stores(shop: Client) -> None:
    accept(shop, "PUT", "de/async/V1/products/tarp-skog", {"product": {"name": "Plane"}})
    accept(shop, "PUT", "all/async/bulk/V1/products/bySku", [{"product": {"sku": "mat-lett", "price": 5}}])
    accept(shop, "DELETE", "async/V1/products/rope-vegg-60", None)
    accept(shop, "DELETE", "async/bulk/V1/products/bySku", [{"sku": "stove-ild"}, {"sku": "none"}])
    shop.moment += 1
    assert shop.simulator.get_entity("product", "tarp-skog", "de")["name"] == "Plane"
    assert shop.simulator.get_entity("product", "tarp-skog", "default")["name"] == "Skog Tarp 3 x 3"
    assert shop.simulator.get_entity("product", "mat-lett")["price"] == 5
    assert [shop.call("GET", f"V1/products/{sku}").status for sku in ("rope-vegg-60", "stove-ild")] == [404, 404]
    last = list(shop.simulator.shop.bulks.values())[-1]["operations_list"]
    assert [operation["status"] for operation in last] == [1, 3]
    assert last[1]["result_message"].startswith("The product that was requested doesn't exist.")


def test_what_is_refused(shop: Client) -> None:
    for path in ("async/V1/products", "async/bulk/V1/products", "default/async/V1/products"):
        assert shop.refused(400, "Specified request cannot be processed.", "GET", path)
    assert shop.call("PATCH", "async/V1/products").status == 405
    assert shop.call("PUT", "async/bulk/V1/products/:sku", [product("x")]).status == 404
    assert shop.call("PUT", "async/bulk/V1/products/tarp-skog", [product("x")]).status == 404
    assert shop.call("POST", "async/V1/nosuch", {}).status == 404
    assert shop.call("POST", "async/bulk/V1/products", "[", token="").status == 401
    required = '"%fieldName" is required. Enter and try again.'
    for body in ([product("x"), {"bad": 1}], product("x")):
        assert shop.refused(400, required, "POST", "async/bulk/V1/products", body)["parameters"] == {"fieldName": "product"}
    assert not shop.simulator.shop.bulks


def test_an_empty_bulk(shop: Client) -> None:
    answer = shop.call("POST", "async/bulk/V1/products", [])
    assert (answer.status, answer.json()["request_items"]) == (202, [])
    assert shop.ok("GET", f"V1/bulk/{answer.json()['bulk_uuid']}/status")["operation_count"] == 0


def test_an_operation_that_ends_the_consumer_stays_open(shop: Client) -> None:
    number = accept(shop, "POST", "async/bulk/V1/products", [{"product": {"name": "no sku"}}, product("bk-1")])
    shop.moment += 1
    assert statuses(shop, number) == [4, 1]


def test_unknown_bulks(shop: Client) -> None:
    for end in ("status", "detailed-status", "operation-status/1"):
        error = shop.refused(404, "Bulk uuid %bulkUuid not exist", "GET", f"V1/bulk/none/{end}")
        assert error["parameters"] == {"bulkUuid": "none"}


def test_the_list_of_operations(shop: Client) -> None:
    accept(shop, "POST", "async/bulk/V1/products", [product("bk-1"), product("bk-2", attribute_set_id=9999)])
    shop.moment += 1
    failed = shop.ok("GET", f"V1/bulk?{criteria(('status', 'eq', '3'))}")
    assert (failed["total_count"], failed["items"][0]["id"], failed["items"][0]["topic_name"]) == (1, 1, TOPIC)
    assert shop.ok("GET", f"V1/bulk?{criteria()}")["total_count"] == 2


def test_other_resources_and_void_results(shop: Client) -> None:
    items = {"sourceItems": [{"sku": "tarp-skog", "source_code": "utrecht", "quantity": 9, "status": 1}]}
    number = accept(shop, "POST", "async/V1/inventory/source-items", items)
    page = accept(shop, "POST", "async/V1/cmsPage", {"page": {"identifier": "async-page", "title": "Async"}})
    shop.moment += 1
    status = shop.ok("GET", f"V1/bulk/{number}/detailed-status")["operations_list"][0]
    assert (status["status"], status["result_serialized_data"]) == (1, None)
    assert statuses(shop, page) == [1]
    assert shop.ok("GET", f"V1/bulk/{page}/status")["description"] == "Topic async.magento.cms.api.pagerepositoryinterface.save.post"


def test_the_restricted_user_may_start_a_bulk_but_not_look_at_it(shop: Client) -> None:
    restricted = shop.token("restricted_")
    answer = shop.call("POST", "async/V1/products", product("as-1"), restricted)
    assert answer.status == 202
    refused = shop.call("GET", f"V1/bulk/{answer.json()['bulk_uuid']}/status", token=restricted)
    assert refused.json()["parameters"] == {"resources": "Magento_Logging::system_magento_logging_bulk_operations"}
    assert shop.ok("GET", f"V1/bulk/{answer.json()['bulk_uuid']}/status")["user_id"] == 2
