# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Product attributes and their options of the Magento simulator (contract §6.2)."""

from __future__ import annotations

import re
from typing import Any

from ._magento_errors import ALREADY_EXISTS, bad_request, invalid_value, not_found, required, url_key
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import ADMIN_STORE, Call, Row, Shop

ATTRIBUTES = "Magento_Catalog::attributes_attributes"
REPOSITORY = "Catalog\\Api\\ProductAttributeRepositoryInterface"
OPTIONS = "Catalog\\Api\\ProductAttributeOptionManagementInterface"
PRODUCT_ENTITY = 4
BACKEND_TYPES = {
    "text": "varchar",
    "textarea": "text",
    "texteditor": "text",
    "pagebuilder": "text",
    "date": "datetime",
    "datetime": "datetime",
    "boolean": "int",
    "select": "int",
    "swatch_visual": "int",
    "swatch_text": "int",
    "multiselect": "text",
    "price": "decimal",
    "weee": "static",
    "media_image": "varchar",
    "gallery": "varchar",
}
"""The storage of an attribute by its input type."""
WITH_OPTIONS = ("select", "multiselect", "swatch_visual", "swatch_text")
BLANK_OPTION = {"label": " ", "value": ""}
YES_NO = [{"label": "Yes", "value": "1"}, {"label": "No", "value": "0"}]
DEFAULTS: Row = {
    "is_wysiwyg_enabled": False,
    "is_html_allowed_on_front": False,
    "used_for_sort_by": False,
    "is_filterable": False,
    "is_filterable_in_search": False,
    "is_used_in_grid": False,
    "is_visible_in_grid": False,
    "is_filterable_in_grid": False,
    "position": 0,
    "apply_to": [],
    "is_searchable": "0",
    "is_visible_in_advanced_search": "0",
    "is_comparable": "0",
    "is_used_for_promo_rules": "0",
    "is_visible_on_front": "0",
    "used_in_product_listing": "0",
    "is_visible": True,
    "scope": "store",
    "entity_type_id": str(PRODUCT_ENTITY),
    "is_required": False,
    "is_user_defined": False,
    "frontend_labels": [],
    "is_unique": "0",
    "validation_rules": [],
    "options": [],
}
SEARCHABLE = {*DEFAULTS, "attribute_id", "attribute_code", "frontend_input", "backend_type", "default_frontend_label", "frontend_label", "default_value"}


def add(shop: Shop, number: int | None, code: str, label: str | None, frontend_input: str, **more: Any) -> Row:
    """Adds an attribute with the given number (the next one if None)."""
    row = {
        **DEFAULTS,
        "attribute_code": code,
        "default_frontend_label": label,
        "frontend_input": frontend_input,
        "backend_type": BACKEND_TYPES.get(frontend_input, "varchar"),
        **more,
    }
    row["options"] = list(row["options"])
    return shop.attributes.add(row, "attribute_id", number)


def need(shop: Shop, code: str) -> Row:
    row = shop.attributes.find(attribute_code=code)
    if row is None:
        raise not_found('The attribute with a "%1" attributeCode doesn\'t exist. Verify the attribute and try again.', parameters=[code])
    return row


def shown_options(row: Row) -> list[Row]:
    """The options as a list shows them: with a blank one first, yes and no for a boolean."""
    if row["frontend_input"] == "boolean":
        return YES_NO
    if row["frontend_input"] not in WITH_OPTIONS:
        return []
    return [BLANK_OPTION, *({"label": option["label"], "value": option["value"]} for option in sorted(row["options"], key=lambda o: o["sort_order"]))]


def present(row: Row) -> Row:
    return {**row, "options": shown_options(row)}


@route("GET", "products/attributes", f"{REPOSITORY}::getList", ATTRIBUTES, parameters="searchCriteria:SearchCriteria", returns="AttributeList")
def list_attributes(call: Call, search_criteria: Row) -> Row:
    names = {"frontend_label": "default_frontend_label"}
    result = search(call, call.shop.attributes, search_criteria, SEARCHABLE, lambda row, field: row.get(names.get(field, field)))
    result["items"] = [present(row) for row in result["items"]]
    return result


@route("GET", "products/attributes/:attributeCode", f"{REPOSITORY}::get", ATTRIBUTES, parameters="attributeCode:string", returns="Attribute")
def get_attribute(call: Call, attribute_code: str) -> Row:
    return present(need(call.shop, attribute_code))


@route("DELETE", "products/attributes/:attributeCode", f"{REPOSITORY}::deleteById", ATTRIBUTES, parameters="attributeCode:string", returns="boolean")
def delete_attribute(call: Call, attribute_code: str) -> bool:
    row = need(call.shop, attribute_code)
    call.shop.attributes.remove(row["attribute_id"])
    for members in call.shop.set_members.values():
        members.pop(attribute_code, None)
    for product in call.shop.products:
        for values in product["values"].values():
            values.pop(attribute_code, None)
    return True


@route(
    "POST",
    "products/attributes",
    f"{REPOSITORY}::save",
    ATTRIBUTES,
    parameters="attribute:Attribute",
    returns="Attribute",
    implementation="Catalog\\Model\\Product\\Attribute\\Repository",
)
@route(
    "PUT",
    "products/attributes/:attributeCode",
    f"{REPOSITORY}::save",
    ATTRIBUTES,
    parameters="attribute:Attribute",
    returns="Attribute",
    implementation="Catalog\\Model\\Product\\Attribute\\Repository",
)
def save_attribute(call: Call, attribute: Row) -> Row:
    """Without ``attribute_id`` it is a new attribute, whatever the method (contract §6.2)."""
    shop = call.shop
    if attribute.get("attribute_id"):
        row = need(shop, attribute.get("attribute_code") or "")
        fixed = ("attribute_id", "attribute_code", "frontend_input", "backend_type", "is_user_defined", "entity_type_id", "options")
        row.update({name: value for name, value in attribute.items() if name not in fixed})
    else:
        row = _create(shop, attribute)
    for option in attribute.get("options") or []:
        if (option.get("label") or "").strip():
            _put_option(shop, row, option)
    return present(row)


def _create(shop: Shop, attribute: Row) -> Row:
    labels = {label.get("store_id"): label.get("label") for label in attribute.get("frontend_labels") or []}
    if not labels and not attribute.get("default_frontend_label"):
        raise required("frontend_label")
    label = attribute.get("default_frontend_label") or labels.get(ADMIN_STORE)
    if not label:
        raise invalid_value("frontend_label", None)
    code = attribute.get("attribute_code") or url_key(label).replace("-", "_")[:30]
    if not re.fullmatch(r"[a-z][a-z_0-9]{0,59}", code):
        raise invalid_value("attribute_code", code)
    if attribute.get("frontend_input") not in BACKEND_TYPES:
        raise invalid_value("frontend_input", attribute.get("frontend_input"))
    if shop.attributes.find(attribute_code=code):
        raise bad_request(ALREADY_EXISTS, parameters=["Attribute with the same code"])
    fixed = ("attribute_id", "attribute_code", "frontend_input", "backend_type", "options", "default_frontend_label", "entity_type_id")
    given = {name: value for name, value in attribute.items() if name not in fixed}
    own_labels = [{"store_id": store, "label": text} for store, text in labels.items() if store != ADMIN_STORE]
    return add(shop, None, code, label, attribute["frontend_input"], **{**given, "is_user_defined": True, "frontend_labels": own_labels})


def _put_option(shop: Shop, row: Row, option: Row) -> Row:
    """Adds an option, or changes the one with its value."""
    known = next((one for one in row["options"] if one["value"] == option.get("value")), None)
    fresh = {
        "label": option["label"].strip(),
        "sort_order": option.get("sort_order") or 0,
        "is_default": option.get("is_default") or False,
        "store_labels": option.get("store_labels"),
    }
    if known:
        known.update(fresh)
    else:
        known = {"value": str(shop.number("attribute_option")), **fresh}
        row["options"].append(known)
    if fresh["is_default"]:
        row["default_value"] = known["value"]
    return known


def _with_options(shop: Shop, code: str) -> Row:
    row = need(shop, code)
    if row["frontend_input"] not in (*WITH_OPTIONS, "boolean"):
        raise bad_request('The "%1" attribute doesn\'t work with options.', parameters=[code])
    return row


def _labelled(row: Row, label: str) -> Row | None:
    return next((option for option in row["options"] if option["label"].upper() == label.strip().upper()), None)


@route("GET", "products/attributes/:attributeCode/options", f"{OPTIONS}::getItems", ATTRIBUTES, parameters="attributeCode:string", returns="AttributeOption[]")
def list_options(call: Call, attribute_code: str) -> list[Row]:
    return shown_options(need(call.shop, attribute_code))


@route(
    "POST",
    "products/attributes/:attributeCode/options",
    f"{OPTIONS}::add",
    ATTRIBUTES,
    parameters="attributeCode:string option:AttributeOption",
    returns="string",
    implementation="Catalog\\Model\\Product\\Attribute\\OptionManagement",
)
def add_option(call: Call, attribute_code: str, option: Row) -> str:
    row = _with_options(call.shop, attribute_code)
    if not (option.get("label") or "").strip():
        raise bad_request("The attribute option label is empty. Enter the value and try again.")
    if _labelled(row, option["label"]):
        raise bad_request('Admin store attribute option label "%1" already exists.', parameters=[option["label"]])
    return _put_option(call.shop, row, {**option, "value": None})["value"]


@route(
    "PUT",
    "products/attributes/:attributeCode/options/:optionId",
    "Catalog\\Api\\ProductAttributeOptionUpdateInterface::update",
    ATTRIBUTES,
    parameters="attributeCode:string optionId:int option:AttributeOption",
    returns="boolean",
    available=lambda shop: shop.release >= (2, 4),
)
def change_option(call: Call, attribute_code: str, option_id: int, option: Row) -> bool:
    row = _with_options(call.shop, attribute_code)
    if not (option.get("label") or "").strip():
        raise bad_request("The attribute option label is empty. Enter the value and try again.")
    if not any(one["value"] == str(option_id) for one in row["options"]):
        raise bad_request("The '%1' attribute doesn't include an option id '%2'.", parameters=[attribute_code, option_id])
    same = _labelled(row, option["label"])
    if same and same["value"] != str(option_id):
        raise bad_request("Admin store attribute option label '%1' already exists.", parameters=[option["label"]])
    _put_option(call.shop, row, {**option, "value": str(option_id)})
    return True


@route(
    "DELETE",
    "products/attributes/:attributeCode/options/:optionId",
    f"{OPTIONS}::delete",
    ATTRIBUTES,
    parameters="attributeCode:string optionId:string",
    returns="boolean",
)
def delete_option(call: Call, attribute_code: str, option_id: str) -> bool:
    row = _with_options(call.shop, attribute_code)
    option = next((one for one in row["options"] if one["value"] == option_id), None)
    if option is None:
        raise not_found('The "%1" attribute doesn\'t include an option with "%2" ID.', parameters=[attribute_code, option_id])
    row["options"].remove(option)
    return True
