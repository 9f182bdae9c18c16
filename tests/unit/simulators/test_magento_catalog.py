# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: products, attributes and attribute sets (contract §2.1, §6.2)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ._magento import Client, criteria, custom, product

MISSING = "The product that was requested doesn't exist. Verify the product and try again."
URL_KEY = "URL key for specified store already exists."
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrest of the picture").decode()


@pytest.fixture
def shop() -> Client:
    return Client()


def test_post_and_put_of_a_product_create_or_change(shop: Client) -> None:
    made = shop.ok("POST", "V1/products", product("lamp", price=10.5))
    assert (made["price"], made["status"], made["visibility"], made["type_id"]) == (10.5, 1, 4, "simple")
    again = shop.ok("POST", "V1/products", {"product": {"sku": "lamp", "price": 11.0}})
    assert (again["id"], again["price"], again["name"]) == (made["id"], 11, "Name of lamp")
    assert '"price":11,' in shop.call("GET", "V1/products/lamp").text
    created = shop.ok("PUT", "V1/products/candle", {"product": {"name": "Candle", "attribute_set_id": 4, "price": 3}})
    assert created["sku"] == "candle"
    shop.moment += 60
    changed = shop.ok("PUT", "V1/products/candle", {"product": {"sku": "ignored", "price": 4}})
    assert (changed["sku"], changed["price"], changed["name"]) == ("candle", 4, "Candle")
    assert changed["updated_at"] > changed["created_at"]
    assert shop.call("GET", "V1/products/ignored").status == 404


def test_a_query_parameter_takes_the_place_of_the_path_variable_in_a_put(shop: Client) -> None:
    answer = shop.call("PUT", "V1/products/tarp-skog?fields=sku", {"product": {"price": 4}})
    assert (answer.status, answer.text) == (500, "An error has happened during application run. See exception log for details.\n")


def test_deleting_a_product(shop: Client) -> None:
    assert shop.ok("DELETE", "V1/products/boot-stein") is True
    for method in ("DELETE", "GET"):
        shop.refused(404, MISSING, method, "V1/products/boot-stein")
    assert all(item["sku"] != "boot-stein" for item in shop.ok("GET", f"V1/inventory/source-items?{criteria()}")["items"])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "x", "price": 1}, "Invalid attribute set entity type"),
        ({"name": "x", "price": 1, "attribute_set_id": 999}, "Invalid attribute set entity type"),
        ({"name": "x", "price": 1, "attribute_set_id": 3}, "Invalid attribute set entity type"),
        ({"price": 1, "attribute_set_id": 4}, 'The "Product Name" attribute value is empty. Set the attribute and try again.'),
        (
            {"attribute_set_id": 4},
            'The "Product Name" attribute value is empty. Set the attribute and try again.,'
            'The "Price" attribute value is empty. Set the attribute and try again.',
        ),
    ],
)
def test_products_that_are_not_valid(shop: Client, given: dict[str, Any], reason: str) -> None:
    error = shop.refused(400, "Invalid product data: %1", "POST", "V1/products", {"product": {"sku": "new", **given}})
    assert error["parameters"] == [reason]
    assert shop.call("GET", "V1/products/new").status == 404


def test_the_scope_trap(shop: Client) -> None:
    shop.ok("POST", "all/V1/products", product("lamp", name="Lamp"))
    shop.ok("PUT", "V1/products/lamp", {"product": {"name": "Shop lamp", "price": 7}})
    names = [shop.ok("GET", f"{store}V1/products/lamp")["name"] for store in ("", "default/", "all/", "de/")]
    assert names == ["Shop lamp", "Shop lamp", "Lamp", "Lamp"]
    # The price is global, whatever the store.
    assert [shop.ok("GET", f"{store}V1/products/lamp")["price"] for store in ("", "all/", "de/")] == [7, 7, 7]
    shop.ok("PUT", "all/V1/products/lamp", {"product": {"name": "Lamp 2"}})
    names = [shop.ok("GET", f"{store}V1/products/lamp")["name"] for store in ("default/", "all/", "de/")]
    assert names == ["Shop lamp", "Lamp 2", "Lamp 2"]
    assert shop.ok("GET", "V1/products/lamp?storeId=0")["name"] == "Lamp 2"
    # A website's attribute goes to all views of the website.
    shop.ok("PUT", "de/V1/products/lamp", {"product": {"status": 2}})
    assert [shop.ok("GET", f"{store}V1/products/lamp")["status"] for store in ("default/", "de/", "all/")] == [2, 2, 1]


def test_null_in_a_store_view_takes_the_global_value_back(shop: Client) -> None:
    body = {"product": {"custom_attributes": [{"attribute_code": "description", "value": "for Germany"}]}}
    shop.ok("PUT", "de/V1/products/tarp-skog", body)
    assert custom(shop.ok("GET", "de/V1/products/tarp-skog"))["description"] == "for Germany"
    body["product"]["custom_attributes"][0]["value"] = None  # type: ignore[assignment]
    shop.ok("PUT", "de/V1/products/tarp-skog", body)
    assert custom(shop.ok("GET", "de/V1/products/tarp-skog"))["description"].startswith("<p>Skog")


@pytest.mark.parametrize(("scope", "name"), [("global", "Lamp 2"), ("store", "Lamp")])
def test_where_a_new_product_gets_its_values(shop: Client, scope: str, name: str) -> None:
    shop.simulator.switch(product_create_scope=scope)
    shop.ok("POST", "V1/products", product("lamp", name="Lamp"))
    assert shop.ok("GET", "all/V1/products/lamp")["name"] == "Lamp"
    shop.ok("PUT", "all/V1/products/lamp", {"product": {"name": "Lamp 2"}})
    assert shop.ok("GET", "V1/products/lamp")["name"] == name


def test_custom_attributes(shop: Client) -> None:
    given = [{"attribute_code": "color", "value": 2}, {"attribute_code": "nosuch", "value": "x"}, {"attribute_code": "meta_title", "value": "T"}]
    made = shop.ok("POST", "V1/products", product("lamp", custom_attributes=given))
    values = custom(made)
    assert (values["color"], values["meta_title"], values["url_key"], "nosuch" in values) == ("2", "T", "name-of-lamp", False)
    assert custom(shop.ok("PUT", "V1/products/lamp", {"product": {"customAttributes": {"color": "3"}}}))["color"] == "3"


def test_url_keys_are_unique(shop: Client) -> None:
    shop.refused(400, URL_KEY, "POST", "V1/products", product("other", name="Skog Tarp 3 x 3"))
    body = {"product": {"custom_attributes": [{"attribute_code": "url_key", "value": "skog-tarp-3-x-3"}]}}
    shop.refused(400, URL_KEY, "PUT", "V1/products/mat-lett", body)
    assert shop.ok("PUT", "V1/products/tarp-skog", body)


def test_categories_of_a_product(shop: Client) -> None:
    made = shop.ok("POST", "V1/products", product("lamp", custom_attributes=[{"attribute_code": "category_ids", "value": ["4", "5"]}]))
    assert custom(made)["category_ids"] == ["4", "5"]
    assert made["extension_attributes"]["category_links"] == [{"position": 0, "category_id": "4"}, {"position": 0, "category_id": "5"}]

    def links(*numbers: str) -> dict[str, Any]:
        return {"category_links": [{"category_id": number, "position": 7} for number in numbers]}

    # Links are added to those that are there; category_ids beside them takes the others away, and so does an empty list.
    changed = shop.ok("PUT", "V1/products/lamp", {"product": {"extension_attributes": links("5", "6")}})
    assert [(link["category_id"], link["position"]) for link in changed["extension_attributes"]["category_links"]] == [("4", 0), ("5", 7), ("6", 7)]
    attributes = [{"attribute_code": "category_ids", "value": ["6"]}]
    changed = shop.ok("PUT", "V1/products/lamp", {"product": {"extension_attributes": links("6"), "custom_attributes": attributes}})
    assert custom(changed)["category_ids"] == ["6"]
    changed = shop.ok("PUT", "V1/products/lamp", {"product": {"extension_attributes": links()}})
    assert custom(changed)["category_ids"] == []


def test_the_stock_item(shop: Client) -> None:
    stock = shop.ok("GET", "V1/products/tent-fjell-2")["extension_attributes"]["stock_item"]
    assert (stock["qty"], stock["is_in_stock"], stock["max_sale_qty"]) == (18, True, 10000)
    body = {"product": {"extension_attributes": {"stock_item": {"qty": 2.5, "is_in_stock": True, "item_id": 99}}}}
    changed = shop.ok("PUT", "V1/products/tent-fjell-2", body)["extension_attributes"]["stock_item"]
    assert (changed["qty"], changed["item_id"]) == (2.5, stock["item_id"])
    found = shop.ok("GET", f"V1/inventory/source-items?{criteria(('sku', 'eq', 'tent-fjell-2'), ('source_code', 'eq', 'default'))}")
    assert found["items"] == [{"sku": "tent-fjell-2", "source_code": "default", "quantity": 2.5, "status": 1}]
    listed = shop.ok("GET", f"V1/products?{criteria(('sku', 'eq', 'tent-fjell-2'))}")["items"][0]
    assert "stock_item" not in listed["extension_attributes"]


def test_websites_of_a_product(shop: Client) -> None:
    assert shop.ok("POST", "all/V1/products", product("lamp"))["extension_attributes"]["website_ids"] == [1]
    changed = shop.ok("PUT", "V1/products/lamp", {"product": {"extension_attributes": {"website_ids": []}}})
    assert changed["extension_attributes"]["website_ids"] == []
    assert shop.call("PUT", "V1/products/lamp", {"product": {"extension_attributes": {"website_ids": [9]}}}).status == 404


def test_a_product_that_is_refused_leaves_nothing_behind(shop: Client) -> None:
    before = shop.ok("GET", f"V1/products?{criteria()}")
    link = {"sku": "x", "link_type": "related", "linked_product_sku": "x"}
    for part in (
        {"extension_attributes": {"website_ids": [9]}},
        {"product_links": [link]},
        {"media_gallery_entries": [{"id": 5}]},
        {"extension_attributes": {"category_links": [{"category_id": "abc"}, {"position": 1}], "website_ids": [9]}},
    ):
        assert shop.call("POST", "V1/products", product("lamp", **part)).status == 404
        assert shop.call("PUT", "V1/products/tarp-skog", {"product": {"price": 1, **part}}).status == 404
    assert shop.ok("GET", f"V1/products?{criteria()}") == before
    links = {"extension_attributes": {"category_links": [{"category_id": "abc"}, {"position": 1}, {"category_id": "99"}]}}
    assert "category_links" not in shop.ok("POST", "V1/products", product("lamp", **links))["extension_attributes"]


def test_links_between_products(shop: Client) -> None:
    link = {"sku": "tarp-skog", "link_type": "related", "linked_product_sku": "mat-lett", "position": 1}
    made = shop.ok("PUT", "V1/products/tarp-skog", {"product": {"product_links": [link]}})
    assert made["product_links"] == [{**link, "linked_product_type": "simple"}]
    assert list(made["product_links"][0])[3] == "linked_product_type"
    unknown = shop.refused(
        404,
        'The Product with the "%1" SKU doesn\'t exist.',
        "PUT",
        "V1/products/tarp-skog",
        {"product": {"product_links": [{**link, "linked_product_sku": "x"}]}},
    )
    assert unknown["parameters"] == ["x"]
    assert shop.call("PUT", "V1/products/tarp-skog", {"product": {"product_links": [{**link, "link_type": "y"}]}}).status == 404
    assert "product_links" not in shop.ok("PUT", "V1/products/tarp-skog", {"product": {"product_links": []}})
    assert shop.ok("GET", "V1/products/tarp-skog")["product_links"] == []


def test_pictures(shop: Client) -> None:
    content = {"base64_encoded_data": PNG, "type": "image/png", "name": "Front View.png"}
    entry = {"media_type": "image", "label": "Front", "position": 1, "disabled": False, "types": ["image", "thumbnail"], "content": content}
    made = shop.ok("PUT", "V1/products/tarp-skog", {"product": {"media_gallery_entries": [entry]}})
    (picture,) = made["media_gallery_entries"]
    assert (picture["file"], "content" in picture) == ("/f/r/front_view.png", False)
    assert custom(made)["thumbnail"] == "/f/r/front_view.png"
    kept = shop.ok("PUT", "V1/products/tarp-skog", {"product": {"media_gallery_entries": [{"id": picture["id"], "label": "Side", "types": []}]}})
    assert (kept["media_gallery_entries"][0]["label"], "thumbnail" in custom(kept)) == ("Side", False)
    for change, message in (
        (None, "The image content is invalid. Verify the content and try again."),
        ({"base64_encoded_data": "%%%"}, "The image content must be valid base64 encoded data."),
        ({"type": "image/bmp"}, "The image MIME type is not valid or not supported."),
        ({"name": "a/b.png"}, "Provided image name contains forbidden characters."),
    ):
        bad = {**entry, "content": change and {**content, **change}}
        shop.refused(400, message, "PUT", "V1/products/tarp-skog", {"product": {"media_gallery_entries": [bad]}})
    gone = {"product": {"media_gallery_entries": [{"id": 12345}]}}
    assert shop.call("PUT", "V1/products/tarp-skog", gone).status == 404
    assert shop.ok("GET", "V1/products/tarp-skog")["media_gallery_entries"][0]["label"] == "Side"


def test_options_and_tier_prices(shop: Client) -> None:
    option = {"title": "Engraving", "type": "field", "sort_order": 1, "is_require": False, "price": 5, "price_type": "fixed", "max_characters": 20}
    select = {
        "title": "Size",
        "type": "drop_down",
        "sort_order": 2,
        "is_require": True,
        "values": [{"title": "L", "price": 1, "price_type": "fixed", "sort_order": 1}],
    }
    price = {"customer_group_id": 2, "qty": 10, "value": 80}
    made = shop.ok("PUT", "V1/products/tarp-skog", {"product": {"options": [option, select], "tier_prices": [price]}})
    assert [(one["option_id"], one["product_sku"]) for one in made["options"]] == [(1, "tarp-skog"), (2, "tarp-skog")]
    assert made["options"][1]["values"][0]["option_type_id"] == 1
    assert made["tier_prices"] == [{**price, "extension_attributes": {"website_id": 0}}]


def test_an_attribute(shop: Client) -> None:
    body = {"attribute": {"attribute_code": "fabric", "frontend_input": "select", "default_frontend_label": "Fabric", "options": [{"label": "Silk"}]}}
    made = shop.ok("POST", "V1/products/attributes", body)
    assert (made["attribute_id"], made["backend_type"], made["is_user_defined"], made["entity_type_id"]) == (152, "int", True, "4")
    assert [option["label"] for option in made["options"]] == [" ", "Silk"]
    duplicate = "%1 already exists."
    for method, path in (("POST", ""), ("PUT", "/fabric")):
        assert shop.refused(400, duplicate, method, f"V1/products/attributes{path}", body)["parameters"] == ["Attribute with the same code"]
    changed = shop.ok("PUT", "V1/products/attributes/fabric", {"attribute": {"attribute_id": 152, "default_frontend_label": "Cloth", "frontend_input": "text"}})
    assert (changed["default_frontend_label"], changed["frontend_input"], changed["attribute_code"]) == ("Cloth", "select", "fabric")
    missing = 'The attribute with a "%1" attributeCode doesn\'t exist. Verify the attribute and try again.'
    assert shop.refused(404, missing, "PUT", "V1/products/attributes/nosuch", {"attribute": {"attribute_id": 152}})["parameters"] == ["nosuch"]
    assert shop.ok("DELETE", "V1/products/attributes/fabric") is True
    shop.refused(404, missing, "DELETE", "V1/products/attributes/fabric")
    shop.refused(404, missing, "GET", "V1/products/attributes/fabric")


@pytest.mark.parametrize(
    ("attribute", "message", "parameters"),
    [
        ({"attribute_code": "a1", "frontend_input": "text"}, '"%fieldName" is required. Enter and try again.', {"fieldName": "frontend_label"}),
        (
            {"attribute_code": "1a", "frontend_input": "text", "default_frontend_label": "A"},
            'Invalid value of "%value" provided for the %fieldName field.',
            {"fieldName": "attribute_code", "value": "1a"},
        ),
        (
            {"attribute_code": "a1", "frontend_input": "knob", "default_frontend_label": "A"},
            'Invalid value of "%value" provided for the %fieldName field.',
            {"fieldName": "frontend_input", "value": "knob"},
        ),
        (
            {"attribute_code": "a1", "frontend_input": "text", "frontend_labels": [{"store_id": 1, "label": "A"}]},
            'Invalid value of "%value" provided for the %fieldName field.',
            {"fieldName": "frontend_label", "value": None},
        ),
    ],
)
def test_attributes_that_are_not_valid(shop: Client, attribute: dict[str, Any], message: str, parameters: dict[str, Any]) -> None:
    assert shop.refused(400, message, "POST", "V1/products/attributes", {"attribute": attribute})["parameters"] == parameters


def test_a_code_from_the_label(shop: Client) -> None:
    body = {"attribute": {"frontend_input": "text", "frontend_labels": [{"store_id": 0, "label": "Water Column"}, {"store_id": 2, "label": "Wassersäule"}]}}
    made = shop.ok("POST", "V1/products/attributes", body)
    assert (made["attribute_code"], made["frontend_labels"]) == ("water_column", [{"store_id": 2, "label": "Wassersäule"}])


def test_options_of_an_attribute(shop: Client) -> None:
    path = "V1/products/attributes/color/options"
    assert shop.ok("GET", path)[:2] == [{"label": " ", "value": ""}, {"label": "Green", "value": "1"}]
    answer = shop.call("POST", path, {"option": {"label": "Red", "sort_order": 9, "is_default": True}})
    assert answer.text == '"9"'
    assert shop.ok("GET", "V1/products/attributes/color")["default_value"] == "9"
    duplicate = 'Admin store attribute option label "%1" already exists.'
    assert shop.refused(400, duplicate, "POST", path, {"option": {"label": "red"}})["parameters"] == ["red"]
    empty = "The attribute option label is empty. Enter the value and try again."
    shop.refused(400, empty, "POST", path, {"option": {"label": " "}})
    assert shop.ok("PUT", f"{path}/9", {"option": {"label": "Crimson"}}) is True
    shop.refused(400, "Admin store attribute option label '%1' already exists.", "PUT", f"{path}/9", {"option": {"label": "Blue"}})
    shop.refused(400, "The '%1' attribute doesn't include an option id '%2'.", "PUT", f"{path}/999", {"option": {"label": "x"}})
    shop.refused(400, empty, "PUT", f"{path}/9", {"option": {"label": ""}})
    assert shop.ok("DELETE", f"{path}/9") is True
    assert shop.refused(404, 'The "%1" attribute doesn\'t include an option with "%2" ID.', "DELETE", f"{path}/9")["parameters"] == ["color", "9"]
    shop.refused(400, 'The "%1" attribute doesn\'t work with options.', "POST", "V1/products/attributes/sku/options", {"option": {"label": "x"}})
    assert shop.ok("GET", "V1/products/attributes/waterproof/options") == [{"label": "Yes", "value": "1"}, {"label": "No", "value": "0"}]
    assert shop.ok("GET", "V1/products/attributes/sku/options") == []


def test_attribute_sets(shop: Client) -> None:
    path = "V1/products/attribute-sets"
    made = shop.ok("POST", path, {"attributeSet": {"attribute_set_name": "AS1", "sort_order": 3}, "skeletonId": 4})
    assert made == {"attribute_set_id": 10, "attribute_set_name": "AS1", "sort_order": 3, "entity_type_id": 4}
    taken = 'A "AS1" attribute set name already exists. Create a new name and try again.'
    shop.refused(400, taken, "POST", path, {"attributeSet": {"attribute_set_name": "AS1"}, "skeletonId": 4})
    shop.refused(400, taken, "PUT", f"{path}/9", {"attributeSet": {"attribute_set_name": "AS1"}})
    required = '"%fieldName" is required. Enter and try again.'
    error = shop.refused(400, required, "POST", path, {"attributeSet": {"attribute_set_name": "AS2"}})
    assert error["parameters"] == {"fieldName": "skeletonId"}
    shop.refused(400, "The attribute set name is empty. Enter the name and try again.", "POST", path, {"attributeSet": {"sort_order": 1}, "skeletonId": 4})
    for skeleton, text in ((99, "not existing"), (0, "not existing"), (3, "non product")):
        answer = shop.call("POST", path, {"attributeSet": {"attribute_set_name": "AS2"}, "skeletonId": skeleton})
        assert (answer.status, text in answer.text) == (400, True)
    assert shop.ok("PUT", f"{path}/10", {"attributeSet": {"sort_order": 8}})["attribute_set_name"] == "AS1"
    assert shop.ok("DELETE", f"{path}/10") is True
    assert shop.refused(404, "No such entity with %fieldName = %fieldValue", "GET", f"{path}/10")["parameters"] == {"fieldName": "id", "fieldValue": 10}
    shop.refused(400, "Provided Attribute set non product Attribute set.", "GET", f"{path}/3")
    assert shop.call("DELETE", f"{path}/4").status == 400
    shop.ok("DELETE", f"{path}/9")
    assert shop.ok("GET", f"V1/products?{criteria()}")["total_count"] == 0


def test_attributes_of_a_set(shop: Client) -> None:
    shop.ok("POST", "V1/products/attributes", {"attribute": {"attribute_code": "fabric", "frontend_input": "text", "default_frontend_label": "Fabric"}})
    silk = {"product": {"custom_attributes": [{"attribute_code": "fabric", "value": "Silk"}]}}
    assert "fabric" not in custom(shop.ok("PUT", "V1/products/tent-fjell-2", silk)), "it is in no set yet"
    made = shop.ok("POST", "V1/products/attribute-sets", {"attributeSet": {"attribute_set_name": "Copy"}, "skeletonId": 9})["attribute_set_id"]
    found = shop.ok("GET", f"V1/products/attribute-sets/groups/list?{criteria(('attribute_set_id', 'eq', str(made)))}")["items"]
    assert [group["extension_attributes"]["attribute_group_code"] for group in found][:2] == ["product-details", "content"]
    (other,) = shop.ok("GET", f"V1/products/attribute-sets/groups/list?{criteria(('attribute_set_id', 'eq', '9'), ('attribute_group_code', 'eq', 'content'))}")[
        "items"
    ]
    body = {"attributeSetId": 9, "attributeGroupId": int(other["attribute_group_id"]), "attributeCode": "fabric", "sortOrder": 0}
    assert isinstance(shop.ok("POST", "V1/products/attribute-sets/attributes", body), int)
    assert custom(shop.ok("PUT", "V1/products/tent-fjell-2", silk))["fabric"] == "Silk"
    codes = [
        [entry["attribute_code"] for entry in shop.ok("GET", f"V1/products/attribute-sets/{number}/attributes?fields=attribute_code")] for number in (9, made)
    ]
    assert ("fabric" in codes[0], "fabric" in codes[1], "season" in codes[1]) == (True, False, True)
    shop.refused(
        400, "The attribute group doesn't belong to the attribute set.", "POST", "V1/products/attribute-sets/attributes", {**body, "attributeSetId": made}
    )
    assert shop.ok("DELETE", "V1/products/attribute-sets/9/attributes/fabric") is True
    shop.refused(400, "The system attribute can't be deleted.", "DELETE", "V1/products/attribute-sets/9/attributes/name")
    missing = shop.refused(400, '"%fieldName" is required. Enter and try again.', "GET", "V1/products/attribute-sets/groups/list?searchCriteria")
    assert missing["parameters"] == {"fieldName": "attribute_set_id"}
