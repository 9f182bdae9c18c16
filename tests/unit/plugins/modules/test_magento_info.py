# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of a Magento shop: searches, all pages in a stable order, limits of the shop, plain lists and single entities."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, InvalidInput, NotFound, RequestRefused, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import RESOURCES
from ansible_collections.tokenflow.services.plugins.modules import magento_info

from tests.unit.plugins._simulated import Simulated, invoke

FORMATS = pytest.mark.parametrize("media_type", ["json", "xml"])
TENTS = {"filters": [{"field": "sku", "condition": "like", "value": "tent-%"}]}


def read(magento: Simulated, endpoint: str = "products", **options: Any) -> dict[str, Any]:
    connection = {"base_url": magento.entry["base_url"], "ca_path": magento.ca_path, "retries": 0, **magento.credentials()}
    return invoke(magento_info, {**connection, "endpoint": endpoint, **options})


def skus(magento: Simulated, **options: Any) -> list[str]:
    return [entry["sku"] for entry in read(magento, fields=["sku"], **options)["entities"]]


def failure(magento: Simulated, endpoint: str = "products", **options: Any) -> TokenflowError:
    with pytest.raises(TokenflowError) as caught:
        read(magento, endpoint, **options)
    return caught.value


@FORMATS
@pytest.mark.parametrize("page_size", [1, 5, 17, 50])
@pytest.mark.parametrize("past_end", ["repeat", "empty"])
def test_all_pages_come_once_and_in_one_order(magento: Simulated, media_type: str, page_size: int, past_end: str) -> None:
    magento.switch(past_end=past_end)
    found = read(magento, "products/attributes", page_size=page_size, media_type=media_type, max_pages=1000)
    codes = [entry["attribute_code"] for entry in found["entities"]]
    assert len(codes) == len(set(codes)) == found["total_count"]
    assert codes == [entry["attribute_code"] for entry in read(magento, "products/attributes")["entities"]]
    pages = [entry for entry in magento.journal("/products/attributes") if f"pageSize%5D={page_size}&" in entry["query"]]
    assert len(pages) == -(-found["total_count"] // page_size)


def test_a_search_becomes_criteria(magento: Simulated) -> None:
    search = {
        "filters": [
            {"field": "price", "condition": "gt", "value": 100},
            {"field": "sku", "condition": "in", "value": ["tent-fjell-2", "tarp-skog", "rope-vegg-60"]},
        ],
        "groups": [[{"field": "name", "condition": "like", "value": "%Tent%"}, {"field": "sku", "value": "rope-vegg-60"}]],
        "sort": [{"field": "price", "direction": "desc"}],
    }
    assert skus(magento, search=search) == ["tent-fjell-2", "rope-vegg-60"]
    query = unquote(magento.journal("/products$")[0]["query"])
    start = "searchCriteria[filter_groups][2][filters]"
    assert f"{start}[0][field]=name&{start}[0][value]=%Tent%&{start}[0][condition_type]=like&{start}[1][field]=sku" in query
    assert "[filter_groups][1][filters][0][value]=tent-fjell-2,tarp-skog,rope-vegg-60" in query
    assert "[sortOrders][0][field]=price&searchCriteria[sortOrders][0][direction]=DESC&searchCriteria[sortOrders][1][field]=entity_id" in query
    assert query.endswith("fields=items[sku],total_count")


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ([{"field": "sku", "condition": "nin", "value": ["tent-fjell-2"]}], 11),
        ([{"field": "color", "condition": "null"}], 0),
        ([{"field": "color", "condition": "notnull"}], 12),
        ([{"field": "status", "value": True}], 12),
        ([{"field": "sku", "value": "nothing"}], 0),
    ],
)
def test_conditions(magento: Simulated, filters: list[dict[str, Any]], count: int) -> None:
    found = read(magento, search={"filters": filters})
    assert (len(found["entities"]), found["total_count"]) == (count, count)


@pytest.mark.parametrize("largest", [3, 300])
def test_a_limit_of_the_shop_is_kept(magento: Simulated, largest: int) -> None:
    magento.switch(input_limits=True, maximum_page_size=largest)
    assert len(skus(magento)) == 12
    assert len(magento.journal("/products$")) == (1 + 4 if largest == 3 else 1)


def test_a_list_that_is_too_long_is_an_error_and_not_cut_short(magento: Simulated) -> None:
    error = failure(magento, page_size=5, max_pages=2)
    assert isinstance(error, InvalidInput) and "12 entries on 3 pages" in str(error)
    assert len(skus(magento, page_size=6, max_pages=2)) == 12
    assert isinstance(failure(magento, page_size=0), InvalidInput)


def test_a_list_that_changes_is_read_anew_and_given_up_in_the_end(magento: Simulated) -> None:
    body = '{"items":[{"sku":"x"}],"total_count":99}'
    magento.fault("body", "/products$", body=body, times=1)
    assert len(skus(magento, page_size=5)) == 12
    for total in range(20, 27):
        magento.fault("body", "/products$", body=f'{{"items":[{{"sku":"x"}}],"total_count":{total}}}', times=1)
    assert isinstance(failure(magento, page_size=5), Conflict)


def test_what_is_counted_and_not_shown_is_a_warning(magento: Simulated) -> None:
    magento.fault("body", "/products$", body='{"items":[{"sku":"x"}],"total_count":12}', times=2)
    found, warnings = warned(magento, "products", page_size=5)
    assert len(found["entities"]) == 1 + 1 + 2 and len(warnings) == 1 and "counts 12 entries and shows 4" in warnings[0]


def test_an_order_that_is_not_known_is_a_warning(magento: Simulated) -> None:
    search = {"sort": [{"field": "attribute_set_id"}]}
    for options, count in (({}, 0), ({"page_size": 2}, 1), ({"page_size": 2, "search": search}, 0)):
        assert len(warned(magento, "eav/attribute-sets/list", **options)[1]) == count


def warned(magento: Simulated, endpoint: str, **options: Any) -> tuple[dict[str, Any], list[str]]:
    params = magento_info.DEFINITION.validate({"base_url": magento.entry["base_url"], "endpoint": endpoint, **options}).validated_parameters
    invocation = Invocation(params, magento.session(), Secrets())
    return magento_info.run(invocation), invocation.warnings


@FORMATS
@pytest.mark.parametrize("order", ["id", "reversed"])
def test_plain_lists_have_a_stable_order(magento: Simulated, media_type: str, order: str) -> None:
    magento.switch(plain_list_order=order)
    found = read(magento, "store/storeViews", media_type=media_type, query="[].code")
    assert (found["result"], found["total_count"]) == (["admin", "default", "de"], 3)
    names = read(magento, "modules", media_type=media_type)["entities"]
    assert names == sorted(names) and "Magento_Catalog" in names


@FORMATS
def test_one_entity_and_one_that_is_not_there(magento: Simulated, media_type: str) -> None:
    found = read(magento, "products/tent-fjell-2", media_type=media_type, store="de")
    assert found["entities"][0]["name"] == "Fjell Zelt für zwei"
    assert read(magento, "products/nothing", media_type=media_type) == {"changed": False, "entities": [], "total_count": 0}
    assert len(read(magento, "products/attributes/color/options", media_type=media_type)["entities"]) == 5


def test_every_known_list_can_be_read(magento: Simulated) -> None:
    for endpoint, resource in RESOURCES.items():
        found = read(magento, endpoint, page_size=2)
        # There is no coupon at first.
        assert len(found["entities"]) == found["total_count"] >= (endpoint != "coupons"), endpoint
        if resource.listing:
            assert read(magento, resource.listing, search={"sort": [{"field": resource.order[0], "direction": "desc"}]})["total_count"] == found["total_count"]


def test_a_list_that_is_not_known_is_found_out(magento: Simulated) -> None:
    assert read(magento, "eav/attribute-sets/list")["total_count"] > 0
    assert [entry["query"] == "" for entry in magento.journal("/eav/")] == [True, False]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"endpoint": "store/storeViews", "search": TENTS}, "has no search"),
        ({"search": {"filters": [{"field": "sku"}]}}, "no value"),
        ({"search": {"groups": [{"field": "sku"}]}}, "no list of filters"),
        ({"search": {"groups": [[{"feld": "sku"}]]}}, "no filter"),
        ({"search": {"groups": [[{"field": "sku", "condition": "is", "value": 1}]]}}, "not known"),
        ({"query": "[?"}, "JMESPath"),
    ],
)
def test_what_is_no_search_is_said(magento: Simulated, options: dict[str, Any], said: str) -> None:
    error = failure(magento, **options)
    assert isinstance(error, InvalidInput) and said in str(error)


def test_refusals_have_their_texts(magento: Simulated) -> None:
    error = failure(magento, search={"filters": [{"field": "colour", "value": 1}]})
    assert isinstance(error, RequestRefused) and error.reply == 'The "colour" attribute name is invalid. Reset the name and try again.'
    assert isinstance(failure(magento, "no/such/route"), NotFound)
    error = failure(magento, store="nowhere")
    assert error.reply == "Specified request cannot be processed." and "store view" in error.hint


def test_a_guest_reads_what_anybody_may(magento: Simulated) -> None:
    found = read(magento, "directory/countries", account="guest", username=None, password=None, query="[].id")
    assert found["result"] == sorted(found["result"]) and "NL" in found["result"]
    assert not magento.journal("/token$")
