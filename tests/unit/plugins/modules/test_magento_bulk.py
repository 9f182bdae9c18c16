# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bulk writes of a Magento shop: only what differs, what becomes of each item, and a consumer that does not run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    InvalidInput,
    JobFailed,
    NotAuthorised,
    NotConfirmed,
    RequestRefused,
    TimedOut,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._services import _magento_bulk
from ansible_collections.tokenflow.services.plugins.modules import magento_bulk

from tests.unit.plugins._simulated import Simulated, invoke

PRODUCTS = [{"sku": f"peg-{number}", "name": f"Peg {number}", "attribute_set_id": 4, "price": number + 1} for number in range(5)]
BROKEN = {"sku": "peg-x", "name": "Peg", "attribute_set_id": 9999, "price": 1}


def bulk(magento: Simulated, items: list[dict[str, Any]], endpoint: str = "products", check: bool = False, **options: Any) -> dict[str, Any]:
    connection = {"base_url": magento.entry["base_url"], "ca_path": magento.ca_path, "retries": 0, **magento.credentials()}
    return invoke(magento_bulk, {**connection, "endpoint": endpoint, "items": items, "interval": 0.05, **options}, check=check)


def failure(magento: Simulated, items: list[dict[str, Any]], **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        bulk(magento, items, **options)
    return caught.value


def told(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(entry["key"], entry["action"], entry["status"]) for entry in result["operations"]]


def writes(magento: Simulated) -> list[str]:
    found = [f"{entry['method']} {entry['path']}" for entry in magento.journal("/rest/(?!.*/token$)") if entry["method"] != "GET"]
    magento.act("clear_journal")
    return found


@pytest.fixture
def quick(magento: Simulated) -> Simulated:
    magento.switch(consumer_seconds=0.1)
    return magento


def test_only_what_is_missing_or_differs_is_handed_in(quick: Simulated) -> None:
    items = [*PRODUCTS, {"sku": "tent-fjell-2", "price": 349}, {"sku": "TENT-FJELL-4", "price": 500}]
    planned = bulk(quick, items, check=True)
    assert planned["changed"] and not writes(quick) and not planned["bulk_uuids"]
    done = bulk(quick, items, batch_size=2)
    assert [entry[:2] for entry in told(planned)] == [entry[:2] for entry in told(done)]
    assert told(done) == [
        *((f"peg-{number}", "create", "complete") for number in range(5)),
        ("tent-fjell-2", "none", "unchanged"),
        ("TENT-FJELL-4", "update", "complete"),
    ]
    assert writes(quick) == [*["POST /rest/all/async/bulk/V1/products"] * 3, "PUT /rest/all/async/bulk/V1/products/bySku"]
    assert len(done["bulk_uuids"]) == 4 and done["changed"]
    assert quick.act("get_entity", kind="product", key="peg-4")["price"] == 5
    again = bulk(quick, [entry for entry in items if entry["sku"] != "TENT-FJELL-4"])
    assert not again["changed"] and {entry[2] for entry in told(again)} == {"unchanged"}
    assert not writes(quick)


def test_entities_are_removed_once(quick: Simulated) -> None:
    items = [{"sku": "tent-fjell-2"}, {"sku": "nothing"}]
    assert told(bulk(quick, items, state="absent")) == [("tent-fjell-2", "delete", "complete"), ("nothing", "none", "unchanged")]
    assert writes(quick) == ["DELETE /rest/all/async/bulk/V1/products/bySku"]
    assert not bulk(quick, items, state="absent")["changed"]


@pytest.mark.parametrize(
    ("endpoint", "new", "change"),
    [
        ("customers", {"email": "gus@example.com", "website_id": 1, "firstname": "Gus", "lastname": "Moor"}, {"lastname": "Fen"}),
        ("cmsBlock", {"identifier": "hours", "title": "Hours", "content": "x"}, {"content": "y"}),
        ("cmsPage", {"identifier": "hours", "title": "Hours", "content": "x"}, {"title": "y"}),
        ("customerGroups", {"code": "Staff", "tax_class_id": 3}, {"code": "STAFF"}),
        ("taxRates", {"code": "DE 19", "tax_country_id": "DE", "tax_postcode": "*", "rate": 19}, {"rate": 20}),
        ("products/attribute-sets", {"attribute_set_name": "Clothes"}, {"sort_order": 3}),
        ("inventory/source-items", {"sku": "boot-stein", "source_code": "utrecht", "quantity": 1, "status": 1}, {"quantity": 2}),
        ("inventory/sources", {"source_code": "bonn", "name": "Bonn", "country_id": "DE", "postcode": "53111"}, {"enabled": False}),
    ],
)
def test_other_resources(quick: Simulated, endpoint: str, new: dict[str, Any], change: dict[str, Any]) -> None:
    assert told(bulk(quick, [new], endpoint))[0][1:] == ("create", "complete")
    assert not bulk(quick, [new], endpoint)["changed"]
    assert told(bulk(quick, [{**new, **change}], endpoint))[0][1:] == ("update", "complete")
    assert not bulk(quick, [{**new, **change}], endpoint)["changed"]
    if endpoint == "inventory/sources":
        assert isinstance(failure(quick, [new], endpoint=endpoint, state="absent"), InvalidInput)
        return
    assert told(bulk(quick, [new], endpoint, state="absent"))[0][1:] == ("delete", "complete")
    assert not bulk(quick, [new], endpoint, state="absent")["changed"]


def test_with_a_method_all_is_sent_as_it_is(quick: Simulated) -> None:
    for _run in range(2):
        assert bulk(quick, [{"sku": "tent-fjell-2", "price": 349}], method="PUT")["changed"]
    customer = {"email": "gus@example.com", "website_id": 1, "firstname": "Gus", "lastname": "Moor"}
    bulk(quick, [{"customer": customer, "password": "Sturdy-pass-1"}], "customers", method="POST")
    quick.flow(account="customer", username="gus@example.com", password="Sturdy-pass-1").login()
    error = failure(quick, [{"customer": customer, "password": "Sturdy-pass-1"}], endpoint="customers", method="POST")
    assert isinstance(error, JobFailed) and "same email" in str(error) and "Sturdy-pass-1" not in str(error.as_result())
    assert told(bulk(quick, [{"sku": "tent-fjell-2"}], method="DELETE")) == [("tent-fjell-2", "delete", "complete")]
    # An endpoint as the interface has it.
    bulk(quick, [{"product": {"sku": "tarp-skog", "price": 1}}], "products/:sku", method="PUT")
    assert quick.act("get_entity", kind="product", key="tarp-skog")["price"] == 1


def test_each_failure_is_told_and_the_others_are_done(quick: Simulated) -> None:
    error = failure(quick, [PRODUCTS[0], BROKEN, PRODUCTS[1]])
    assert isinstance(error, JobFailed) and error.message.startswith("1 of 3 operations failed: peg-x: Invalid product data")
    assert [entry["status"] for entry in error.details["operations"]] == ["complete", "failed", "complete"] and error.details["changed"]


@pytest.mark.parametrize(("outcome", "status"), [("retriable", "failed_retriable"), ("rejected", "rejected")])
def test_other_outcomes(quick: Simulated, outcome: str, status: str) -> None:
    quick.switch(consumer_outcome=outcome)
    error = failure(quick, PRODUCTS[:1])
    assert isinstance(error, JobFailed) and error.details["operations"][0]["status"] == status


def test_a_consumer_that_does_not_run_is_named(quick: Simulated) -> None:
    quick.switch(consumer="stopped")
    error = failure(quick, PRODUCTS, start_timeout=0.2)
    assert isinstance(error, TimedOut) and "async.operations.all" in error.message and "queue:consumers:start" in error.hint
    assert {entry["status"] for entry in error.details["operations"]} == {"open"} and len(error.details["bulk_uuids"]) == 1
    quick.act("run_consumer")
    assert not bulk(quick, PRODUCTS)["changed"]


def test_what_stays_open_is_told(quick: Simulated) -> None:
    # Without a sku PHP ends the consumer.
    error = failure(quick, [PRODUCTS[0], {"product": {"name": "x"}}], method="POST", job_timeout=0.6, start_timeout=0.5)
    assert isinstance(error, TimedOut) and "1 of 2 operations were still open" in error.message
    assert [entry["status"] for entry in error.details["operations"]] == ["complete", "open"]


def test_what_was_done_but_not_stored_is_told(quick: Simulated) -> None:
    error = failure(quick, [{"sku": "tarp-skog", "price": 7, "custom_attributes": {"colour": "red"}}, {"sku": "boot-stein", "price": 7}])
    assert isinstance(error, NotConfirmed) and "tarp-skog (custom_attributes.colour)" in error.message
    assert [entry["status"] for entry in error.details["operations"]] == ["not_stored", "complete"]


def test_what_a_list_does_not_show_is_read_by_itself(quick: Simulated) -> None:
    items = [{"sku": sku, "extension_attributes": {"stock_item": {"qty": 3, "is_in_stock": True}}} for sku in ("tarp-skog", "boot-stein")]
    assert [entry["differences"] for entry in bulk(quick, items)["operations"]] == [["extension_attributes.stock_item.qty"]] * 2
    assert not bulk(quick, items)["changed"]


def test_progress_is_told(quick: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_magento_bulk, "TELL_EVERY", 0.0)
    quick.switch(consumer_seconds=0.4)
    params = magento_bulk.DEFINITION.validate({"base_url": "https://unused.example", "endpoint": "products", "items": PRODUCTS, "interval": 0.1})
    told: list[str] = []
    magento_bulk.run(Invocation(params.validated_parameters, quick.session(), Secrets(), progress=told.append))
    assert told and set(told) == {"0 of 5 operations done"}


def test_without_waiting(quick: Simulated) -> None:
    result = bulk(quick, PRODUCTS, wait=False)
    assert result["changed"] and {entry["status"] for entry in result["operations"]} == {"open"}
    assert not quick.journal("/V1/bulk/")


def test_a_batch_that_is_refused_says_what_was_accepted(quick: Simulated) -> None:
    error = failure(quick, [*({"product": entry} for entry in PRODUCTS[:2]), {"bad": 1}], method="POST", batch_size=2)
    assert isinstance(error, RequestRefused) and error.reply == '"Bad" is not supported. Correct the field name and try again.'
    assert len(error.details["bulk_uuids"]) == 1 and error.details["changed"]


def test_an_account_that_may_not_look(quick: Simulated) -> None:
    connection = {"base_url": quick.entry["base_url"], "ca_path": quick.ca_path, "retries": 0, **quick.credentials("restricted")}
    with pytest.raises(NotAuthorised) as caught:
        invoke(magento_bulk, {**connection, "endpoint": "products", "items": PRODUCTS})
    assert "bulk_operations" in caught.value.hint and caught.value.details["changed"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"items": [{"path": "Default Category/X"}], "endpoint": "categories"}, "magento_resource"),
        ({"items": [{"name": "x"}]}, "no sku"),
        ({"items": [{"sku": "a,b"}]}, "comma"),
        ({"items": [{"x": 1}], "endpoint": "vendor/things"}, "cannot be compared"),
        ({"items": [{"id": 1}], "endpoint": "vendor/things", "method": "PUT"}, "path variable"),
        ({"items": [], "endpoint": "store/websites"}, "bin/magento"),
        ({"items": [], "batch_size": 0}, "batch_size"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(quick: Simulated, options: dict[str, Any], said: str) -> None:
    error = failure(quick, options.pop("items"), **options)
    assert isinstance(error, InvalidInput) and said in str(error) and not quick.journal("/rest/all")


def test_nothing_is_sent_of_nothing(quick: Simulated) -> None:
    assert bulk(quick, []) == {"changed": False, "operations": [], "bulk_uuids": []}
    assert not quick.journal()
