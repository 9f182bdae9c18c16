# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Products of the Magento simulator (contract §2.1, §6.2)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from . import _magento_scope as scope
from ._magento_errors import URL_KEY, PhpError, bad_request, not_found, url_key
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import ADMIN_STORE, Call, Row, Shop
from ._magento_types import php_string

RESOURCE = "Magento_Catalog::products"
REPOSITORY = "Catalog\\Api\\ProductRepositoryInterface"
MISSING = "The product that was requested doesn't exist. Verify the product and try again."
OWN_VALUES = ("name", "price", "status", "visibility", "weight")
"""Attributes that are members of a product; all others are custom attributes."""
DEFAULTS: Row = {"status": 1, "visibility": 4}
CUSTOM_DEFAULTS = {
    "options_container": "container2",
    "url_key": None,
    "msrp_display_actual_price_type": "0",
    "required_options": "0",
    "has_options": "0",
    "tax_class_id": "2",
}
"""Custom attributes that every new product has, in the order of the answer; ``category_ids`` comes behind them."""
STOCK_DEFAULTS: Row = {
    "stock_id": 1,
    "qty": None,
    "is_in_stock": False,
    "is_qty_decimal": False,
    "show_default_notification_message": False,
    "use_config_min_qty": True,
    "min_qty": 0,
    "use_config_min_sale_qty": 1,
    "min_sale_qty": 1,
    "use_config_max_sale_qty": True,
    "max_sale_qty": 10000,
    "use_config_backorders": True,
    "backorders": 0,
    "use_config_notify_stock_qty": True,
    "notify_stock_qty": 1,
    "use_config_qty_increments": True,
    "qty_increments": 0,
    "use_config_enable_qty_inc": True,
    "enable_qty_increments": False,
    "use_config_manage_stock": True,
    "manage_stock": True,
    "low_stock_date": None,
    "is_decimal_divided": False,
    "stock_status_changed_auto": 0,
}
LINK_TYPES = ("related", "upsell", "crosssell", "associated")
IMAGE_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif"}
IMAGE_TYPES = ("image/png", "image/jpg", "image/jpeg", "image/gif")
ENTITY_FIELDS = ("entity_id", "id", "sku", "attribute_set_id", "type_id", "created_at", "updated_at")


def find(shop: Shop, sku: str) -> Row | None:
    """A product by sku, which the database compares without regard to case."""
    return next((row for row in shop.products if row["sku"].lower() == sku.lower()), None)


def need(shop: Shop, sku: str) -> Row:
    row = find(shop, sku)
    if row is None:
        raise not_found(MISSING)
    return row


def category_positions(shop: Shop, product_id: int) -> dict[int, int]:
    """The categories of a product with its position in each."""
    return {category["id"]: category["products"][product_id] for category in shop.categories if product_id in category["products"]}


def present(shop: Shop, row: Row, store_id: int, saved: bool = False, listed: bool = False) -> Row:
    """A product as an answer shows it. After a save links and tier prices that are not there are left out; a list has no stock item."""
    values = scope.all_of(row["values"], store_id)
    positions = category_positions(shop, row["id"])
    custom = [{"attribute_code": code, "value": value} for code, value in values.items() if code not in OWN_VALUES and value is not None]
    custom.append({"attribute_code": "category_ids", "value": [str(number) for number in positions]})
    links = [{"position": position, "category_id": str(number)} for number, position in positions.items()]
    return {
        **row,
        **{code: values.get(code) for code in OWN_VALUES},
        "extension_attributes": {
            "website_ids": row["website_ids"],
            "category_links": links or None,
            "stock_item": None if listed else row["stock_item"],
        },
        "product_links": row["product_links"] or (None if saved else []),
        "tier_prices": row["tier_prices"] or (None if saved else []),
        "custom_attributes": custom,
    }


@route(
    "GET",
    "products/:sku",
    f"{REPOSITORY}::get",
    RESOURCE,
    parameters="sku:string editMode:bool=false storeId:int=null forceReload:bool=false",
    returns="Product",
)
def get_product(call: Call, sku: str, edit_mode: bool, store_id: int | None, force_reload: bool) -> Row:
    return present(call.shop, need(call.shop, sku), call.store_id if store_id is None else store_id)


@route("DELETE", "products/:sku", f"{REPOSITORY}::deleteById", RESOURCE, parameters="sku:string", returns="boolean")
def delete_product(call: Call, sku: str) -> bool:
    shop, row = call.shop, need(call.shop, sku)
    shop.products.remove(row["id"])
    for category in shop.categories:
        category["products"].pop(row["id"], None)
    for key in [key for key in shop.source_items if key[0].lower() == row["sku"].lower()]:
        del shop.source_items[key]
    return True


@route("GET", "products", f"{REPOSITORY}::getList", RESOURCE, parameters="searchCriteria:SearchCriteria", returns="ProductList")
def list_products(call: Call, search_criteria: Row) -> Row:
    shop = call.shop
    fields = {*ENTITY_FIELDS, "category_id", "website_id", "store_id", *(attribute["attribute_code"] for attribute in shop.attributes)}

    def value_of(row: Row, field: str) -> Any:
        if field in ("entity_id", "id"):
            return row["id"]
        if field == "category_id":
            return list(category_positions(shop, row["id"])) or None
        if field in ("website_id", "store_id"):
            return row["website_ids"] if field == "website_id" else call.store_id
        return row[field] if field in ENTITY_FIELDS else scope.read(row["values"], field, call.store_id)

    result = search(call, shop.products, search_criteria, fields, value_of, eav=True, exact_paging=True)
    result["items"] = [present(shop, row, call.store_id, listed=True) for row in result["items"]]
    return result


@route("POST", "products", f"{REPOSITORY}::save", RESOURCE, parameters="product:Product saveOptions:boolean=false", returns="Product")
@route("PUT", "products/:sku", f"{REPOSITORY}::save", RESOURCE, parameters="product:Product saveOptions:boolean=false", returns="Product")
def save_product(call: Call, product: Row, save_options: bool) -> Row:
    """Creates a product or changes the one with this sku, whatever the method (contract §6.2)."""
    shop = call.shop
    if product.get("sku") is None:
        raise PhpError("a product without a sku")
    row = find(shop, product["sku"])
    created = row is None
    checked = _checked(call, product, row)
    if row is None:
        row = _new(call, product)
    row["updated_at"] = shop.timestamp()
    row["sku"] = product["sku"]
    for name in ("attribute_set_id", "type_id"):
        if product.get(name) is not None:
            row[name] = product[name]
    _write_values(call, row, checked, created)
    _write_parts(call, row, product)
    return present(shop, row, call.store_id, saved=True)


def _checked(call: Call, product: Row, row: Row | None) -> Row:
    """The attribute values to write, by code.

    :raises WebapiError: 400 if the product would not be valid.
    """
    shop = call.shop
    attribute_set = product.get("attribute_set_id") or (row or {}).get("attribute_set_id")
    known_set = shop.attribute_sets.get(attribute_set)
    if known_set is None or known_set["entity_type_id"] != 4:
        raise bad_request("Invalid product data: %1", parameters=["Invalid attribute set entity type"])
    codes = shop.set_members[known_set["attribute_set_id"]]
    values = {code: product[code] for code in OWN_VALUES if product.get(code) is not None}
    for pair in product.get("custom_attributes") or []:
        if pair["attribute_code"] in codes:  # A code that is not in the set is dropped without a word.
            values[pair["attribute_code"]] = _stored(pair["value"])
    if row is None:
        values = {**DEFAULTS, **values}
        labels = {"sku": "SKU", "name": "Product Name", "price": "Price"}
        given = {**values, "sku": product["sku"]}
        empty = [label for code, label in labels.items() if given.get(code) in (None, "")]
        if empty:
            texts = [f'The "{label}" attribute value is empty. Set the attribute and try again.' for label in empty]
            raise bad_request("Invalid product data: %1", parameters=[",".join(texts)])
        values.setdefault("url_key", url_key(values["name"]))
    if values.get("url_key"):
        _check_url_key(shop, values["url_key"], row)
    _check_parts(shop, product, row)
    return values


def _check_parts(shop: Shop, product: Row, row: Row | None) -> None:
    """:raises WebapiError: 400 or 404 for a website, link or picture that is not there or no good."""
    for number in (product.get("extension_attributes") or {}).get("website_ids") or []:
        if number not in shop.website_ids():
            raise not_found("The website with id %1 that was requested wasn't found. Verify the website and try again.", parameters=[number])
    for link in product.get("product_links") or []:
        _check_link(shop, link)
    known = [entry["id"] for entry in (row or {}).get("media_gallery_entries", [])]
    for entry in product.get("media_gallery_entries") or []:
        if entry.get("id") is None or entry.get("content"):
            _check_image(entry.get("content"))
        elif entry["id"] not in known:
            raise not_found("No such entity.")


def _stored(value: Any) -> Any:
    """A custom attribute's value as the database gives it back: text, and a list joined by commas."""
    if isinstance(value, list):
        return value if value and isinstance(value[0], dict) else ",".join(php_string(item) for item in value)
    return value if value is None or isinstance(value, dict) else php_string(value)


def _check_url_key(shop: Shop, key: str, row: Row | None) -> None:
    for other in shop.products:
        if other is not row and key in [values.get("url_key") for values in other["values"].values()]:
            raise bad_request(URL_KEY)


def _check_link(shop: Shop, link: Row) -> None:
    if link.get("link_type") not in LINK_TYPES:
        raise not_found('The "%1" link type wasn\'t found. Verify the type and try again.', parameters=[link.get("link_type")])
    if find(shop, link.get("linked_product_sku") or "") is None:
        raise not_found('The Product with the "%1" SKU doesn\'t exist.', parameters=[link.get("linked_product_sku")])


def _check_image(content: Row | None) -> None:
    if not content:
        raise bad_request("The image content is invalid. Verify the content and try again.")
    try:
        data = base64.b64decode(content.get("base64_encoded_data") or "", validate=True)
    except binascii.Error:
        data = b""
    if not any(data.startswith(signature) for signature in IMAGE_SIGNATURES):
        raise bad_request("The image content must be valid base64 encoded data.")
    if content.get("type") not in IMAGE_TYPES:
        raise bad_request("The image MIME type is not valid or not supported.")
    if not re.fullmatch(r"[^\\/?*:\";<>()|{}]+", content.get("name") or ""):
        raise bad_request("Provided image name contains forbidden characters.")


def _new(call: Call, product: Row) -> Row:
    shop = call.shop
    websites = shop.website_ids() if call.store_id == ADMIN_STORE else [shop.view(call.store_id)["website_id"]]
    row = shop.products.add(
        {
            "sku": product["sku"],
            "attribute_set_id": product.get("attribute_set_id"),
            "type_id": product.get("type_id") or "simple",
            "created_at": shop.timestamp(),
            "values": {ADMIN_STORE: {}},
            "website_ids": websites,
            "product_links": [],
            "options": [],
            "media_gallery_entries": [],
            "tier_prices": [],
        }
    )
    row["stock_item"] = {"item_id": shop.number("stock_item"), "product_id": row["id"], **STOCK_DEFAULTS}
    return row


def _write_values(call: Call, row: Row, values: Row, created: bool) -> None:
    shop, all_values = call.shop, row["values"]
    category_ids = values.pop("category_ids", None)
    if created:
        # A new product's values are the global ones; whether the view gets its own copy too is a switch.
        defaults = {**dict.fromkeys(OWN_VALUES), **CUSTOM_DEFAULTS}
        all_values[ADMIN_STORE] = {**defaults, **{code: value for code, value in values.items() if value is not None}}
        if shop.on("product_create_scope") == "store" and call.store_id != ADMIN_STORE:
            created = False
    if not created:
        scopes = {attribute["attribute_code"]: attribute["scope"] for attribute in shop.attributes}
        for code, value in values.items():
            scope.write(shop, all_values, code, value, call.store_id, scopes.get(code, "store"))
    if category_ids is not None:
        positions = category_positions(shop, row["id"])
        _assign(shop, row["id"], {_number(text): positions.get(_number(text), 0) for text in category_ids.split(",")})


def _number(text: str | None) -> int:
    """A number as PHP casts it; what is none is 0, which no category has."""
    return int(text) if text and text.isdecimal() else 0


def _assign(shop: Shop, product_id: int, positions: dict[int, int]) -> None:
    """Puts a product into exactly these categories."""
    for category in shop.categories:
        if category["id"] in positions:
            category["products"][product_id] = positions[category["id"]]
        else:
            category["products"].pop(product_id, None)


def _write_parts(call: Call, row: Row, product: Row) -> None:
    shop, extension = call.shop, product.get("extension_attributes") or {}
    if extension.get("website_ids") is not None:
        row["website_ids"] = list(extension["website_ids"])
    if extension.get("category_links") is not None:
        links = {_number(link.get("category_id")): link.get("position") or 0 for link in extension["category_links"]}
        # Links are added to those that are there, or that category_ids has left; only an empty list takes them all away.
        _assign(shop, row["id"], {**category_positions(shop, row["id"]), **links} if links else {})
    if extension.get("stock_item") is not None:
        row["stock_item"].update({name: value for name, value in extension["stock_item"].items() if name not in ("item_id", "product_id", "stock_id")})
        _sync_default_source(shop, row)
    if product.get("product_links") is not None:
        types = {link["linked_product_sku"]: need(shop, link["linked_product_sku"])["type_id"] for link in product["product_links"]}
        row["product_links"] = [
            {**link, "sku": row["sku"], "linked_product_type": types[link["linked_product_sku"]], "position": link.get("position") or 0}
            for link in product["product_links"]
        ]
    if product.get("tier_prices") is not None:
        row["tier_prices"] = [_tier_price(price) for price in product["tier_prices"]]
    if product.get("options") is not None:
        row["options"] = [_option(shop, row, option) for option in product["options"]]
    if product.get("media_gallery_entries") is not None:
        _write_gallery(shop, row, product["media_gallery_entries"])


def _sync_default_source(shop: Shop, row: Row) -> None:
    stock = row["stock_item"]
    if stock["qty"] is not None:
        quantity, status = stock["qty"], int(bool(stock["is_in_stock"]))
        shop.source_items[row["sku"], "default"] = {"sku": row["sku"], "source_code": "default", "quantity": quantity, "status": status}


def _tier_price(price: Row) -> Row:
    return {**price, "extension_attributes": {"website_id": 0, **(price.get("extension_attributes") or {})}}


def _option(shop: Shop, row: Row, option: Row) -> Row:
    values = [{**value, "option_type_id": value.get("option_type_id") or shop.number("option_value")} for value in option.get("values") or []]
    return {**option, "product_sku": row["sku"], "option_id": option.get("option_id") or shop.number("option"), "values": values or None}


def _write_gallery(shop: Shop, row: Row, entries: list[Row]) -> None:
    old = {entry["id"]: entry for entry in row["media_gallery_entries"]}
    kept = []
    for position, entry in enumerate(entries, 1):
        entry = {"media_type": "image", "label": None, "position": position, "disabled": False, "types": [], **entry}
        content = entry.pop("content", None)
        if entry.get("id") in old:
            kept.append({**old[entry["id"]], **entry})
        else:
            name = re.sub(r"[^a-z0-9_.-]", "_", content["name"].lower())
            kept.append({**entry, "id": shop.number("media"), "file": f"/{name[0]}/{name[1:2] or '_'}/{name}"})
    row["media_gallery_entries"] = kept
    values = row["values"][ADMIN_STORE]
    for role in ("image", "small_image", "thumbnail"):
        file = next((entry["file"] for entry in kept if role in (entry.get("types") or [])), None)
        values.pop(role, None)
        if file:
            values[role] = file
