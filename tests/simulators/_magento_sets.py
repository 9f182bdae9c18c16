# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attribute sets of the Magento simulator: their groups and the attributes in them (contract §6.2)."""

from __future__ import annotations

from typing import Any

from ._magento_attributes import PRODUCT_ENTITY, need, present
from ._magento_errors import bad_request, invalid_value, no_such_entity, not_found, required
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import Call, Row, Shop

SETS = "Magento_Catalog::sets"
MANAGEMENT, GROUPS = "Catalog\\Api\\ProductAttributeManagementInterface", "Catalog\\Api\\ProductAttributeGroupRepositoryInterface"
DEFAULT_SET = 4
FIRST_GROUPS = (("product-details", "Product Details"), ("content", "Content"), ("image-management", "Images"), ("advanced-pricing", "Advanced Pricing"))
"""Codes and names of the groups of a set."""


def add_set(shop: Shop, number: int | None, values: Row, members: list[str]) -> Row:
    """Adds a set for products, with the usual groups and all these attributes in the first one."""
    row = shop.attribute_sets.add({"sort_order": 0, **values, "entity_type_id": PRODUCT_ENTITY}, "attribute_set_id", number)
    groups = [add_group(shop, row["attribute_set_id"], name, code, order) for order, (code, name) in enumerate(FIRST_GROUPS, 1)]
    shop.set_members[row["attribute_set_id"]] = {code: int(groups[0]["attribute_group_id"]) for code in members}
    return row


def add_group(shop: Shop, set_id: int, name: str, code: str, order: int) -> Row:
    values = {"attribute_group_name": name, "attribute_set_id": set_id, "extension_attributes": {"attribute_group_code": code, "sort_order": str(order)}}
    return shop.attribute_groups.add(values, "attribute_group_id")


def need_set(shop: Shop, number: int) -> Row:
    row = shop.attribute_sets.get(number)
    if row is None:
        raise no_such_entity("id", number)
    if row["entity_type_id"] != PRODUCT_ENTITY:
        raise bad_request("Provided Attribute set non product Attribute set.")
    return row


def _check_set_name(shop: Shop, name: str | None, own: Row | None) -> None:
    if not (name or "").strip():
        raise bad_request("The attribute set name is empty. Enter the name and try again.")
    for row in shop.attribute_sets:
        if row is not own and row["entity_type_id"] == PRODUCT_ENTITY and row["attribute_set_name"].lower() == (name or "").lower():
            raise bad_request(f'A "{name}" attribute set name already exists. Create a new name and try again.')


def _list_sets(call: Call, criteria: Row, rows: list[Row]) -> Row:
    return search(call, rows, criteria, ("attribute_set_id", "attribute_set_name", "sort_order", "entity_type_id", "entity_type_code"))


@route(
    "GET",
    "products/attribute-sets/sets/list",
    "Catalog\\Api\\AttributeSetRepositoryInterface::getList",
    SETS,
    parameters="searchCriteria:SearchCriteria",
    returns="AttributeSetList",
)
def list_product_sets(call: Call, search_criteria: Row) -> Row:
    return _list_sets(call, search_criteria, [row for row in call.shop.attribute_sets if row["entity_type_id"] == PRODUCT_ENTITY])


@route(
    "GET",
    "eav/attribute-sets/list",
    "Eav\\Api\\AttributeSetRepositoryInterface::getList",
    SETS,
    parameters="searchCriteria:SearchCriteria",
    returns="AttributeSetList",
)
def list_sets(call: Call, search_criteria: Row) -> Row:
    return _list_sets(call, search_criteria, list(call.shop.attribute_sets))


@route(
    "GET",
    "products/attribute-sets/:attributeSetId",
    "Catalog\\Api\\AttributeSetRepositoryInterface::get",
    SETS,
    parameters="attributeSetId:int",
    returns="AttributeSet",
)
def get_set(call: Call, attribute_set_id: int) -> Row:
    return need_set(call.shop, attribute_set_id)


@route(
    "POST",
    "products/attribute-sets",
    "Catalog\\Api\\AttributeSetManagementInterface::create",
    SETS,
    parameters="attributeSet:AttributeSet skeletonId:int",
    returns="AttributeSet",
    implementation="Catalog\\Model\\Product\\Attribute\\SetManagement",
)
def create_set(call: Call, attribute_set: Row, skeleton_id: int) -> Row:
    shop, skeleton = call.shop, call.shop.attribute_sets.get(skeleton_id)
    if skeleton_id == 0 or skeleton is None:
        raise bad_request("Can not create attribute set based on not existing attribute set")
    if skeleton["entity_type_id"] != PRODUCT_ENTITY:
        raise bad_request("Can not create attribute set based on non product attribute set.")
    if attribute_set.get("attribute_set_id") is not None:
        raise invalid_value("id", attribute_set["attribute_set_id"])
    _check_set_name(shop, attribute_set.get("attribute_set_name"), None)
    row = shop.attribute_sets.add({"sort_order": 0, **attribute_set, "entity_type_id": PRODUCT_ENTITY}, "attribute_set_id")
    copies = {}
    for group in [group for group in shop.attribute_groups if group["attribute_set_id"] == skeleton_id]:
        extension = group["extension_attributes"]
        copy = add_group(shop, row["attribute_set_id"], group["attribute_group_name"], extension["attribute_group_code"], int(extension["sort_order"]))
        copies[group["attribute_group_id"]] = copy["attribute_group_id"]
    shop.set_members[row["attribute_set_id"]] = {code: copies[group] for code, group in shop.set_members[skeleton_id].items()}
    return row


@route(
    "PUT",
    "products/attribute-sets/:attributeSetId",
    "Catalog\\Api\\AttributeSetRepositoryInterface::save",
    SETS,
    parameters="attributeSet:AttributeSet",
    returns="AttributeSet",
    implementation="Catalog\\Model\\Product\\Attribute\\SetRepository",
)
def save_set(call: Call, attribute_set: Row) -> Row:
    row = need_set(call.shop, attribute_set.get("attribute_set_id") or 0)
    merged = {**row, **{name: value for name, value in attribute_set.items() if value is not None and name != "entity_type_id"}}
    _check_set_name(call.shop, merged["attribute_set_name"], row)
    row.update(merged)
    return row


@route(
    "DELETE",
    "products/attribute-sets/:attributeSetId",
    "Catalog\\Api\\AttributeSetRepositoryInterface::deleteById",
    SETS,
    parameters="attributeSetId:int",
    returns="boolean",
)
def delete_set(call: Call, attribute_set_id: int) -> bool:
    need_set(call.shop, attribute_set_id)
    if attribute_set_id == DEFAULT_SET:
        raise bad_request("The default attribute set can't be deleted.")
    call.shop.attribute_sets.remove(attribute_set_id)
    del call.shop.set_members[attribute_set_id]
    for product in [product for product in call.shop.products if product["attribute_set_id"] == attribute_set_id]:
        call.shop.products.remove(product["id"])  # The shop deletes the products of a set with it.
    return True


@route(
    "GET",
    "products/attribute-sets/:attributeSetId/attributes",
    f"{MANAGEMENT}::getAttributes",
    SETS,
    parameters="attributeSetId:string",
    returns="Attribute[]",
)
def list_members(call: Call, attribute_set_id: str) -> list[Row]:
    number = need_set(call.shop, int(attribute_set_id) if attribute_set_id.isdecimal() else 0)["attribute_set_id"]
    return [present(need(call.shop, code)) for code in call.shop.set_members[number]]


@route(
    "POST",
    "products/attribute-sets/attributes",
    f"{MANAGEMENT}::assign",
    SETS,
    parameters="attributeSetId:int attributeGroupId:int attributeCode:string sortOrder:int",
    returns="int",
)
def assign(call: Call, attribute_set_id: int, attribute_group_id: int, attribute_code: str, sort_order: int) -> int:
    """Puts an attribute into a group of a set, also if it was in another one; returns a number of its own."""
    shop = call.shop
    if shop.attribute_sets.get(attribute_set_id) is None:
        raise not_found('The AttributeSet with a "%1" ID doesn\'t exist. Verify the attributeSet and try again.', parameters=[attribute_set_id])
    if attribute_set_id not in shop.set_members:
        raise bad_request("The attribute set ID is incorrect. Verify the ID and try again.")
    group = shop.attribute_groups.get(attribute_group_id)
    if group is None:
        raise not_found('The group with the "%1" ID doesn\'t exist. Verify the ID and try again.', parameters=[attribute_group_id])
    if group["attribute_set_id"] != attribute_set_id:
        raise bad_request("The attribute group doesn't belong to the attribute set.")
    shop.set_members[attribute_set_id][need(shop, attribute_code)["attribute_code"]] = attribute_group_id
    return shop.number("entity_attribute")


@route(
    "DELETE",
    "products/attribute-sets/:attributeSetId/attributes/:attributeCode",
    f"{MANAGEMENT}::unassign",
    SETS,
    parameters="attributeSetId:string attributeCode:string",
    returns="boolean",
)
def unassign(call: Call, attribute_set_id: str, attribute_code: str) -> bool:
    number = need_set(call.shop, int(attribute_set_id) if attribute_set_id.isdecimal() else 0)["attribute_set_id"]
    row = need(call.shop, attribute_code)
    if attribute_code not in call.shop.set_members[number]:
        raise bad_request(
            'The "%1" attribute wasn\'t found in the "%2" attribute set. Enter the attribute and try again.', parameters=[attribute_code, attribute_set_id]
        )
    if not row["is_user_defined"]:
        raise bad_request("The system attribute can't be deleted.")
    del call.shop.set_members[number][attribute_code]
    return True


@route(
    "GET",
    "products/attribute-sets/groups/list",
    f"{GROUPS}::getList",
    SETS,
    parameters="searchCriteria:SearchCriteria",
    returns="AttributeGroupList",
)
def list_groups(call: Call, search_criteria: Row) -> Row:
    """The groups of one set, all on one page: of the criteria only the set and a group's code count."""
    filters = {entry["field"]: entry["value"] for group in search_criteria.get("filter_groups") or [] for entry in group.get("filters") or []}
    if not filters.get("attribute_set_id"):
        raise required("attribute_set_id")
    number = str(filters["attribute_set_id"])
    if not number.isdecimal() or call.shop.attribute_sets.get(number) is None:
        raise no_such_entity("attributeSetId", number)
    code = filters.get("attribute_group_code")
    rows: list[Any] = [row for row in call.shop.attribute_groups if str(row["attribute_set_id"]) == number]
    rows = [row for row in rows if code in (None, row["extension_attributes"]["attribute_group_code"])]
    return {"items": rows, "search_criteria": search_criteria, "total_count": len(rows)}
