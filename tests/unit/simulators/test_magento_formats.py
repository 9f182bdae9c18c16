# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: request bodies, answers in JSON and XML, types and PHP's own forms (contract §2.3, §2.4, §5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulators._magento_errors import fill
from tests.simulators._magento_wire import parse_query, php_float, project, renderer, to_json, to_xml

from ._magento import CREDENTIALS, JSON, Client, criteria

TOKEN = "V1/integration/admin/token"
XML_CREDENTIALS = "<x><username>admin</username><password>mag-Admin-Change-me-42!</password></x>"


@pytest.fixture
def shop() -> Client:
    return Client()


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"])
def test_json_bodies(shop: Client, content_type: str) -> None:
    assert shop.call("POST", TOKEN, CREDENTIALS, "", Content_Type=content_type).status == 200


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "application/xhtml+xml", "text/xml; charset=utf-8"])
@pytest.mark.parametrize("prolog", ["", '<?xml version="1.0"?>'])
def test_xml_bodies(shop: Client, content_type: str, prolog: str) -> None:
    assert shop.call("POST", TOKEN, prolog + XML_CREDENTIALS, "", Content_Type=content_type).status == 200


@pytest.mark.parametrize(
    ("content_type", "message"),
    [
        ("application/json; charset=latin1", "UTF-8 is the only supported charset."),
        ("", "Content-Type header is empty."),
        ("application/json; boundary=x", "Content-Type header is invalid."),
        ("text/plain", "Server cannot understand Content-Type HTTP header media type text/plain"),
        ("application/x-www-form-urlencoded", "Server cannot understand Content-Type HTTP header media type application/x-www-form-urlencoded"),
    ],
)
def test_content_types_that_are_refused(shop: Client, content_type: str, message: str) -> None:
    answer = shop.call("POST", TOKEN, json.dumps(CREDENTIALS), "", Content_Type=content_type)
    assert (answer.status, answer.json()) == (400, {"message": message})
    if "/" in message:
        assert message.replace("/", "\\/") in answer.text


@pytest.mark.parametrize(
    ("body", "content_type"), [("{", JSON["Content-Type"]), ("<a>", "text/xml"), (b"\xff", JSON["Content-Type"]), ('{"a":NaN}', JSON["Content-Type"])]
)
def test_malformed_bodies(shop: Client, body: Any, content_type: str) -> None:
    assert shop.call("POST", TOKEN, body, "", Content_Type=content_type).json() == {"message": "Decoding error."}
    shop.simulator.switch(mode="developer")
    longer = shop.call("POST", TOKEN, body, "", Content_Type=content_type).json()
    assert longer["message"].lower().startswith("decoding error:")
    assert longer["trace"].endswith("{main}")


def test_an_xml_body_with_a_document_type_is_not_read(shop: Client) -> None:
    body = '<!DOCTYPE x [<!ENTITY e "admin">]><x><username>&e;</username><password>p</password></x>'
    assert shop.call("POST", TOKEN, body, "", Content_Type="text/xml").json() == {"message": "Decoding error."}


@pytest.mark.parametrize("body", [None, "[]", '"text"', "{}", "null"])
def test_bodies_that_count_as_empty(shop: Client, body: str | None) -> None:
    answer = shop.call("POST", TOKEN, body, "")
    assert [error["parameters"] for error in answer.json()["errors"]] == [{"fieldName": "username"}, {"fieldName": "password"}]


def test_an_empty_body_needs_no_content_type(shop: Client) -> None:
    assert shop.send("POST", f"/rest/{TOKEN}").json()["message"] == "One or more input exceptions have occurred."


def test_query_parameters_win_over_the_body_and_unknown_ones_are_ignored(shop: Client) -> None:
    target = f"/rest/{TOKEN}?username=admin&password=mag-Admin-Change-me-42!"
    assert shop.send("POST", target, JSON, '{"username":"nobody","password":"x","more":1}').status == 200


def test_names_in_snake_and_camel_case(shop: Client) -> None:
    body = {"attribute_set": {"attributeSetName": "Camel"}, "skeleton_id": 4}
    assert shop.ok("POST", "V1/products/attribute-sets", body)["attribute_set_name"] == "Camel"
    answer = shop.call("POST", TOKEN, {"Username": "admin", "password": "x"}, "")
    assert answer.json()["parameters"] == {"fieldName": "username"}


def test_a_wrapper_that_is_missing(shop: Client) -> None:
    assert shop.refused(400, '"%fieldName" is required. Enter and try again.', "POST", "V1/products", {"sku": "x"})["parameters"] == {"fieldName": "product"}


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [("abc", "float", "abc"), (True, "float", "1"), ([1], "float", "array"), ({"a": 1}, "float", "array"), ("", "float", "")],
)
def test_a_member_of_the_wrong_type(shop: Client, value: Any, type_: str, shown: str) -> None:
    text = f'Error occurred during "price" processing. The "{shown}" value\'s type is invalid. The "{type_}" type was expected. Verify and try again.'
    shop.refused(400, text, "POST", "V1/products", {"product": {"sku": "x", "price": value}})


def test_wrong_types_in_old_releases(shop: Client) -> None:
    shop.simulator.switch(profile="opaque", release="2.2.11")
    text = 'Error occurred during "price" processing. Invalid type for value: "abc". Expected Type: "float".'
    shop.refused(400, text, "POST", "V1/products", {"product": {"sku": "x", "price": "abc"}})


def test_values_are_cast_where_the_service_casts_them(shop: Client) -> None:
    given = {"sku": 77, "name": "Seventy-seven", "attribute_set_id": "4", "price": "12.50", "status": "1", "weight": 2}
    made = shop.ok("POST", "V1/products", {"product": given})
    assert (made["sku"], made["price"], made["weight"], made["status"]) == ("77", 12.5, 2, 1)


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ([{}], "An empty custom attribute is specified. Enter the attribute and try again."),
        ([{"value": "1"}], "A custom attribute is specified with a missing attribute code. Verify the code and try again."),
        ([{"attribute_code": "color"}], 'The "color" attribute code doesn\'t have a value set. Enter the value and try again.'),
        (
            {"color": "red"},
            'Attribute "color" has invalid value. The "red" value\'s type is invalid. The "int" type was expected. Verify and try again.',
        ),
    ],
)
def test_custom_attributes_that_cannot_be_read(shop: Client, attributes: Any, text: str) -> None:
    body = {"product": {"sku": "x", "custom_attributes": attributes}}
    shop.refused(400, f'Error occurred during "custom_attributes" processing. {text}', "POST", "V1/products", body)


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("application/*", "application/json; charset=utf-8"),
        ("text/xml", "application/xml; charset=utf-8"),
        ("application/xhtml+xml", "application/xml; charset=utf-8"),
        ("application/xml;q=0.5, application/json;q=0.9", "application/json; charset=utf-8"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/xml; charset=utf-8"),
        ("text/html, application/json;q=0.1", "application/json; charset=utf-8"),
    ],
)
def test_the_format_of_an_answer(shop: Client, accept: str, content_type: str) -> None:
    assert shop.call("GET", "V1/directory/currency", token="", Accept=accept).headers["content-type"] == content_type


def test_an_accept_header_that_nothing_renders(shop: Client) -> None:
    answer = shop.call("POST", TOKEN, {"username": "admin", "password": "wrong"}, "", Accept="text/html")
    assert (answer.status, answer.headers["content-type"], answer.headers["x-frame-options"]) == (500, "text/html; charset=UTF-8", "SAMEORIGIN")
    shop.simulator.switch(mode="developer")
    plain = shop.call("GET", "V1/modules", Accept="text/html")
    assert (plain.status, plain.headers["content-type"]) == (500, "text/plain;charset=UTF-8")


def test_xml_answers(shop: Client) -> None:
    root = '<?xml version="1.0"?>\n'
    assert shop.call("DELETE", "V1/products/tarp-skog", Accept="text/xml").text == f"{root}<response>true</response>\n"
    items = {"sourceItems": [{"sku": "a", "source_code": "default", "quantity": 1, "status": 1}]}
    assert shop.call("POST", "V1/inventory/source-items", items, Accept="text/xml").text == f"{root}<response/>\n"
    empty = shop.call("GET", f"V1/products?{criteria(('sku', 'eq', 'none'), fields='items,total_count')}", Accept="text/xml").text
    assert empty == f"{root}<response>\n  <items/>\n  <total_count>0</total_count>\n</response>\n"
    german = shop.call("GET", "de/V1/products/tent-fjell-2?fields=name", Accept="text/xml").text
    assert german == f"{root}<response>\n  <name>Fjell Zelt f&#xFC;r zwei</name>\n</response>\n"
    listed = shop.call("GET", "V1/modules", Accept="text/xml").text
    assert listed.startswith(f"{root}<response>\n  <item>Magento_AsynchronousOperations</item>\n")
    shop.ok("POST", "V1/products", {"product": {"sku": "noqty", "name": "No quantity", "attribute_set_id": 4, "price": 1}})
    assert "\n      <qty></qty>\n      <is_in_stock>false</is_in_stock>\n" in shop.call("GET", "V1/products/noqty", Accept="text/xml").text


def test_xml_errors_with_a_list(shop: Client) -> None:
    text = shop.call("POST", TOKEN, {}, "", Accept="application/xml").text
    item = '    <item>\n      <message>"%fieldName" is required. Enter and try again.</message>\n      <parameters>\n        <fieldName>username</fieldName>\n'
    assert "  <errors>\n" + item in text


def test_results_that_are_no_objects(shop: Client) -> None:
    assert shop.call("DELETE", "V1/products/tarp-skog").text == "true"
    assert shop.call("POST", "V1/taxClasses", {"taxClass": {"class_name": "Reduced", "class_type": "PRODUCT"}}).text == '"4"'
    assert shop.call("POST", "V1/inventory/stocks", {"stock": {"name": "Asia"}}).text == "3"
    source = {"source_code": "oslo", "name": "Oslo", "postcode": "0150", "country_id": "NL"}
    assert shop.call("POST", "V1/inventory/sources", {"source": source}).text == "[]"


def test_php_numbers_and_texts() -> None:
    assert to_json({"a": 11.0, "b": 0.1, "c": [], "d": {}, "e": "/é\u2028", "f": None, "g": True, "h": -0.5}) == (
        '{"a":11,"b":0.1,"c":[],"d":[],"e":"\\/\\u00e9\\u2028","f":null,"g":true,"h":-0.5}'
    )
    assert (php_float(1e25, 17), php_float(1e-7, 17), php_float(0.1 + 0.2, 14)) == ("1.0e+25", "1.0e-7", "0.3")
    with pytest.raises(ValueError, match="cannot write"):
        php_float(float("inf"), 17)
    assert to_xml({"a b": "<&>", "1": 2.0}) == '<?xml version="1.0"?>\n<response>\n  <a_b>&lt;&amp;&gt;</a_b>\n  <item_1>2</item_1>\n</response>\n'


def test_php_query_strings() -> None:
    assert parse_query("a[b][c]=1&a[b][d]=2&e[]=x&e[]=y&f.g=+z&h") == {"a": {"b": {"c": "1", "d": "2"}}, "e": {"0": "x", "1": "y"}, "f_g": " z", "h": ""}
    assert parse_query("a=1&a[b]=2&c[d=3") == {"a": {"b": "2"}, "c_d": "3"}


def test_projection() -> None:
    data = {"items": [{"sku": "a", "n": {"x": 1, "y": 2}}], "total": 1, "none": []}
    assert project(data, "items[sku,n[y]],none[z]") == {"items": [{"sku": "a", "n": {"y": 2}}], "none": None}
    assert project(data, "bogus") == {}
    assert [project(data, text) for text in ("items[sku", "items]", "it-ems", "")] == [[], [], [], []]


def test_renderers_and_templates() -> None:
    assert (renderer("application/json;charset=utf-8"), renderer("nonsense"), renderer("text/*")) == ("json", None, "xml")
    assert fill("%1 and %10", list("abcdefghij")) == "a and j"
    assert fill("%field of %fieldName", {"field": 1, "fieldName": "n"}) == "1 of n"
