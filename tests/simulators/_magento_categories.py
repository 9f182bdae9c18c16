# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Categories of the Magento simulator: tree, list and single ones (contract §6.2)."""

from __future__ import annotations

from typing import Any

from . import _magento_scope as scope
from ._magento_errors import URL_KEY, WebapiError, bad_request, no_such_entity, url_key
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import ADMIN_STORE, Call, Row, Shop
from ._magento_types import php_string

RESOURCE = "Magento_Catalog::categories"
REPOSITORY = "Catalog\\Api\\CategoryRepositoryInterface"
ROOT = 1
ENTITY_FIELDS = ("entity_id", "id", "parent_id", "path", "position", "level", "created_at", "updated_at", "children_count")
OWN_VALUES = ("name", "is_active", "include_in_menu", "available_sort_by")
CUSTOM = ("description", "display_mode", "is_anchor", "url_key", "url_path", "meta_title", "meta_keywords", "meta_description", "image", "default_sort_by")


def add(shop: Shop, parent_id: int, values: Row, number: int | None = None) -> Row:
    """Adds a category at the end of its parent's children. ``values`` are the global ones."""
    parent = shop.categories.get(parent_id)
    siblings = [row["position"] for row in shop.categories if row["parent_id"] == parent_id]
    row = shop.categories.add(
        {
            "parent_id": parent_id,
            "position": max(siblings, default=0) + 1 if parent else 0,
            "level": parent["level"] + 1 if parent else 0,
            "created_at": shop.timestamp(),
            "updated_at": shop.timestamp(),
            "values": {ADMIN_STORE: {"is_anchor": "1", **values}},
            "products": {},
        },
        number=number,
    )
    row["path"] = f"{parent['path']}/{row['id']}" if parent else str(row["id"])
    return row


def children(shop: Shop, number: int) -> list[Row]:
    return sorted((row for row in shop.categories if row["parent_id"] == number), key=lambda row: row["position"])


def descendants(shop: Shop, row: Row) -> list[Row]:
    return [other for other in shop.categories if other["path"].startswith(row["path"] + "/")]


def need(shop: Shop, number: Any) -> Row:
    row = shop.categories.get(number)
    if row is None:
        raise no_such_entity("id", number)
    return row


def present(shop: Shop, row: Row, store_id: int) -> Row:
    """A category as an answer shows it."""
    values = scope.all_of(row["values"], store_id)
    custom: Row = {"is_anchor": values.get("is_anchor"), "path": row["path"], "children_count": str(len(descendants(shop, row)))}
    custom.update({code: values[code] for code in ("url_key", "url_path") if values.get(code)})
    custom.update({code: value for code, value in values.items() if code not in (*OWN_VALUES, *custom) and value is not None})
    return {
        **row,
        **{code: values.get(code) for code in OWN_VALUES},
        "children": ",".join(str(child["id"]) for child in children(shop, row["id"])),
        "custom_attributes": [{"attribute_code": code, "value": value} for code, value in custom.items()],
    }


@route(
    "GET",
    "categories/:categoryId",
    f"{REPOSITORY}::get",
    RESOURCE,
    parameters="categoryId:int storeId:int=null",
    returns="Category",
)
def get_category(call: Call, category_id: int, store_id: int | None) -> Row:
    return present(call.shop, need(call.shop, category_id), call.store_id if store_id is None else store_id)


@route(
    "GET",
    "categories",
    "Catalog\\Api\\CategoryManagementInterface::getTree",
    RESOURCE,
    parameters="rootCategoryId:int=null depth:int=null",
    returns="CategoryTree",
)
def get_tree(call: Call, root_category_id: int | None, depth: int | None) -> Row:
    shop = call.shop
    root = need(shop, shop.root_category(call.store_id) if root_category_id is None else root_category_id)
    return _tree(call, root, depth)


def _tree(call: Call, row: Row, depth: int | None) -> Row:
    shop = call.shop
    values = scope.all_of(row["values"], call.store_id)
    below = [] if depth is not None and depth <= 0 else children(shop, row["id"])
    products = {number for category in [row, *descendants(shop, row)] for number in category["products"]}
    return {
        **row,
        "name": values.get("name"),
        "is_active": values.get("is_active"),
        "product_count": len(products),
        "children_data": [_tree(call, child, None if depth is None else depth - 1) for child in below],
    }


@route(
    "GET",
    "categories/list",
    "Catalog\\Api\\CategoryListInterface::getList",
    RESOURCE,
    parameters="searchCriteria:SearchCriteria",
    returns="CategoryList",
)
def list_categories(call: Call, search_criteria: Row) -> Row:
    shop = call.shop

    def value_of(row: Row, field: str) -> Any:
        if field in ("entity_id", "id"):
            return row["id"]
        if field == "children_count":
            return len(descendants(shop, row))
        return row[field] if field in ENTITY_FIELDS else scope.read(row["values"], field, call.store_id)

    result = search(call, shop.categories, search_criteria, {*ENTITY_FIELDS, *OWN_VALUES, *CUSTOM}, value_of, eav=True)
    result["items"] = [present(shop, row, call.store_id) for row in result["items"]]
    return result


@route("POST", "categories", f"{REPOSITORY}::save", RESOURCE, parameters="category:Category", returns="Category")
@route("PUT", "categories/:id", f"{REPOSITORY}::save", RESOURCE, parameters="category:Category", returns="Category")
def save_category(call: Call, category: Row) -> Row:
    """Creates a category, or changes the one with the given number; its parent stays (contract §6.2)."""
    shop = call.shop
    values = {code: category[code] for code in OWN_VALUES if category.get(code) is not None}
    values.update({pair["attribute_code"]: php_string(pair["value"]) for pair in category.get("custom_attributes") or [] if pair["attribute_code"] in CUSTOM})
    if category.get("id"):
        row = need(shop, category["id"])
        if call.store_id == ADMIN_STORE and shop.on("omitted_members") == "lost":
            values = {**dict.fromkeys(row["values"][ADMIN_STORE]), **values}
            if not values.get("name"):
                raise _could_not_save('The "Name" attribute value is empty. Set the attribute and try again.')
        if values.get("url_key"):
            _check_url_key(shop, values["url_key"], row["parent_id"], row)
        for code, value in values.items():
            scope.write(shop, row["values"], code, value, call.store_id, "store")
        if category.get("position") is not None:
            row["position"] = category["position"]
        row["updated_at"] = shop.timestamp()
    else:
        row = _create(call, category, values)
    return present(shop, row, call.store_id)


def _create(call: Call, category: Row, values: Row) -> Row:
    shop = call.shop
    parent = need(shop, category.get("parent_id") or shop.root_category(call.store_id))
    if not values.get("name"):
        raise _could_not_save('The "Name" attribute value is empty. Set the attribute and try again.')
    values.setdefault("url_key", url_key(values["name"]))
    _check_url_key(shop, values["url_key"], parent["id"], None)
    outer = scope.read(parent["values"], "url_path", ADMIN_STORE)
    values["url_path"] = f"{outer}/{values['url_key']}" if outer else values["url_key"]
    row = add(shop, parent["id"], {"is_active": False, "include_in_menu": True, **values})
    if category.get("position") is not None:
        row["position"] = category["position"]
    return row


def _check_url_key(shop: Shop, key: str, parent_id: int, own: Row | None) -> None:
    for sibling in children(shop, parent_id):
        if sibling is not own and key in [values.get("url_key") for values in sibling["values"].values()]:
            raise _could_not_save(URL_KEY)


def _could_not_save(reason: str) -> WebapiError:
    return bad_request("Could not save category: %1", [reason])


@route("DELETE", "categories/:categoryId", f"{REPOSITORY}::deleteByIdentifier", RESOURCE, parameters="categoryId:int", returns="boolean")
def delete_category(call: Call, category_id: int) -> bool:
    shop, row = call.shop, need(call.shop, category_id)
    if category_id == ROOT or category_id in [group["root_category_id"] for group in shop.groups]:
        raise bad_request("Cannot delete category with id %1", parameters=[category_id])
    for below in [row, *descendants(shop, row)]:
        shop.categories.remove(below["id"])
    return True


@route(
    "PUT",
    "categories/:categoryId/move",
    "Catalog\\Api\\CategoryManagementInterface::move",
    RESOURCE,
    parameters="categoryId:int parentId:int afterId:int=null",
    returns="boolean",
)
def move_category(call: Call, category_id: int, parent_id: int, after_id: int | None) -> bool:
    shop, row, parent = call.shop, need(call.shop, category_id), need(call.shop, parent_id)
    if parent["path"] == row["path"] or parent["path"].startswith(row["path"] + "/"):
        raise bad_request("Operation do not allow to move a parent category to any of children category")
    moved = [row, *descendants(shop, row)]
    old_path, new_path = row["path"], f"{parent['path']}/{row['id']}"
    siblings = [child for child in children(shop, parent_id) if child is not row]
    place = next((index + 1 for index, child in enumerate(siblings) if child["id"] == after_id), len(siblings) if after_id is None else 0)
    siblings.insert(place, row)
    for position, child in enumerate(siblings, 1):
        child["position"] = position
    row["parent_id"] = parent_id
    for below in moved:
        below["path"] = new_path + below["path"][len(old_path) :]
        below["level"] = below["path"].count("/")
    return True
