# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Customers and customer groups of the Magento simulator (contract §6.2)."""

from __future__ import annotations

import re
import secrets
from typing import Any

from ._magento_access import is_allowed
from ._magento_errors import REQUIRED_FIELD, bad_request, input_errors, invalid_value, no_such_entity, not_authorized, not_found, required
from ._magento_routes import ANONYMOUS, SELF, route
from ._magento_search import search
from ._magento_shop import CUSTOMER, Call, Caller, Row, Shop
from ._magento_store import regions

READ, MANAGE, DELETE, GROUP = "Magento_Customer::customer", "Magento_Customer::manage", "Magento_Customer::delete", "Magento_Customer::group"
REPOSITORY, GROUPS = "Customer\\Api\\CustomerRepositoryInterface", "Customer\\Api\\GroupRepositoryInterface"
IMPLEMENTATION, GROUP_IMPLEMENTATION = "Customer\\Model\\ResourceModel\\CustomerRepository", "Customer\\Model\\ResourceModel\\GroupRepository"
SAME_EMAIL = "A customer with the same email address already exists in an associated website."
PASSWORD_LENGTH, PASSWORD_CLASSES = 8, 3
FIELDS = {
    "entity_id",
    "id",
    "email",
    "firstname",
    "lastname",
    "middlename",
    "prefix",
    "suffix",
    "dob",
    "gender",
    "taxvat",
    "group_id",
    "store_id",
    "website_id",
    "created_at",
    "updated_at",
    "created_in",
    "confirmation",
}
ADDRESS_REQUIRED = ("firstname", "lastname", "street", "city", "telephone", "postcode", "country_id")
DEFAULT_TAX_CLASS = 3
SECURITY: Row = {"password": None, "failures_num": 0, "first_failure": 0, "lock_expires": 0, "confirmation_key": None}


def add(shop: Shop, store_id: int, customer: Row, password: str | None) -> Row:
    """Adds a customer with the defaults of a new account."""
    view, now = shop.view(store_id), shop.timestamp()
    row = shop.customers.add(
        {
            **SECURITY,
            "group_id": 1,
            "created_at": now,
            "updated_at": now,
            "created_in": view["name"],
            "store_id": view["id"],
            "website_id": view["website_id"],
            "disable_auto_group_change": 0,
            **customer,
            "addresses": [],
            "extension_attributes": {"is_subscribed": False, **(customer.get("extension_attributes") or {})},
            "password": password,
        }
    )
    _set_addresses(shop, row, _merged_addresses(row, customer.get("addresses") or []))
    return row


def need(shop: Shop, number: Any) -> Row:
    row = shop.customers.get(number)
    if row is None:
        raise no_such_entity("customerId", number)
    return row


@route(
    "POST",
    "customers",
    "Customer\\Api\\AccountManagementInterface::createAccount",
    ANONYMOUS,
    parameters='customer:Customer password:string=null redirectUrl:string=""',
    returns="Customer",
)
def create_customer(call: Call, customer: Row, password: str | None, redirect_url: str) -> Row:
    shop = call.shop
    given = {name: value for name, value in customer.items() if value is not None and name != "id"}
    if given.get("group_id") is not None and not is_allowed(shop, call.caller, (MANAGE,)):
        raise not_authorized(MANAGE)
    if password is not None:
        _check_password(password, given.get("email", ""))
    store_id = given.get("store_id") or call.store_id or shop.store_codes()["default"]
    if store_id not in [view["id"] for view in shop.views]:
        raise not_found("The store that was requested wasn't found. Verify the store and try again.")
    _check(shop, given, None, given.get("website_id") or shop.view(store_id)["website_id"])
    _merged_addresses({"addresses": []}, given.get("addresses") or [])
    row = add(shop, store_id, given, password)
    if shop.on("email_confirmation"):
        row["confirmation_key"] = secrets.token_hex(16)
    return row


@route("GET", "customers/:customerId", f"{REPOSITORY}::getById", READ, parameters="customerId:int", returns="Customer")
@route("GET", "customers/me", f"{REPOSITORY}::getById", SELF, parameters="customerId:int", returns="Customer", forced="customerId")
def get_customer(call: Call, customer_id: int) -> Row:
    return need(call.shop, customer_id)


@route("GET", "customers/search", f"{REPOSITORY}::getList", READ, parameters="searchCriteria:SearchCriteria", returns="CustomerList")
def list_customers(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.customers, search_criteria, FIELDS, lambda row, field: row.get("id" if field == "entity_id" else field), eav=True)


@route(
    "PUT",
    "customers/:customerId",
    f"{REPOSITORY}::save",
    MANAGE,
    parameters="customer:Customer passwordHash:string=null",
    returns="Customer",
    implementation=IMPLEMENTATION,
)
@route(
    "PUT",
    "customers/me",
    f"{REPOSITORY}::save",
    SELF,
    parameters="customer:Customer passwordHash:string=null",
    returns="Customer",
    implementation=IMPLEMENTATION,
    forced="customer.id",
)
def save_customer(call: Call, customer: Row, password_hash: str | None) -> Row:
    """Changes what is given; a number in the body wins over the one in the URL."""
    shop = call.shop
    number = customer.get("id") or call.parameters.get("customerId") or 0
    row = need(shop, int(number) if str(number).isdecimal() else number)
    given = {name: value for name, value in customer.items() if value is not None and name not in ("id", "created_at", "created_in")}
    _check(shop, {**row, **given}, row, given.get("website_id") or row["website_id"])
    addresses = given.pop("addresses", None)
    merged = None if addresses is None else _merged_addresses(row, addresses)
    extension = {**row["extension_attributes"], **given.pop("extension_attributes", {})}
    row.update(given, extension_attributes=extension, updated_at=shop.timestamp())
    if merged is not None:
        _set_addresses(shop, row, merged)
    return row


@route("DELETE", "customers/:customerId", f"{REPOSITORY}::deleteById", DELETE, parameters="customerId:int", returns="boolean")
def delete_customer(call: Call, customer_id: int) -> bool:
    call.shop.customers.remove(need(call.shop, customer_id)["id"])
    call.services.tokens.revoke(Caller(CUSTOMER, customer_id))
    return True


def _check(shop: Shop, customer: Row, own: Row | None, website_id: int) -> None:
    """:raises WebapiError: 400 if the customer is not valid or the address is taken in this website."""
    email = customer.get("email") or ""
    if not email:
        raise bad_request("The customer email is missing. Enter and try again.")
    if any(row is not own and row["website_id"] == website_id and row["email"].lower() == email.lower() for row in shop.customers):
        raise bad_request(SAME_EMAIL)
    labels = {"firstname": "First Name", "lastname": "Last Name"}
    texts = [f'"{label}" is a required value.' for name, label in labels.items() if not (customer.get(name) or "").strip()]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", email):
        texts.append('"Email" is not a valid email address.')
    if texts:
        raise bad_request("\n".join(texts))
    if customer.get("group_id") and shop.customer_groups.get(customer["group_id"]) is None:
        raise bad_request("The specified customer group id does not exist.")
    if customer.get("store_id") and next((view["website_id"] for view in shop.views if view["id"] == customer["store_id"]), None) != website_id:
        raise bad_request("The store view is not in the associated website.")


def _check_password(password: str, email: str) -> None:
    if len(password) > 256:
        raise bad_request("Please enter a password with at most 256 characters.")
    if len(password) < PASSWORD_LENGTH:
        raise bad_request("The password needs at least %1 characters. Create a new password and try again.", parameters=[str(PASSWORD_LENGTH)])
    if password != password.strip():
        raise bad_request("The password can't begin or end with a space. Verify the password and try again.")
    if password.lower() == email.lower():
        raise bad_request("The password can't be the same as the email address. Create a new password and try again.")
    if sum(bool(re.search(pattern, password)) for pattern in ("[0-9]", "[A-Z]", "[a-z]", "[^a-zA-Z0-9]")) < PASSWORD_CLASSES:
        text = "Minimum of different classes of characters in password is %1. Classes of characters: Lower Case, Upper Case, Digits, Special Characters."
        raise bad_request(text, parameters=[str(PASSWORD_CLASSES)])


def _merged_addresses(row: Row, addresses: list[Row]) -> list[Row]:
    """The addresses given, those with a known number on top of what is stored.

    :raises WebapiError: 400 for what an address lacks.
    """
    old = {address["id"]: address for address in row["addresses"]}
    result = []
    for given in addresses:
        address = {**old.get(given.get("id"), {"id": None}), **{name: value for name, value in given.items() if value is not None and name != "id"}}
        missing = [name for name in ADDRESS_REQUIRED if not address.get(name)]
        if missing:
            raise input_errors([(REQUIRED_FIELD, {"fieldName": "countryId" if name == "country_id" else name}) for name in missing])
        result.append(address)
    return result


def _set_addresses(shop: Shop, row: Row, addresses: list[Row]) -> None:
    """Replaces a customer's addresses; of several default ones the last counts."""
    for address in addresses:
        address.update(id=address["id"] or shop.number("address"), customer_id=row["id"], region=_region(address))
        address["region_id"] = address["region"]["region_id"]
    row["addresses"] = addresses
    for kind in ("default_billing", "default_shipping"):
        chosen = next((address["id"] for address in reversed(addresses) if address.get(kind)), None)
        row[kind] = None if chosen is None else str(chosen)
        for address in addresses:
            address[kind] = True if address["id"] == chosen else None


def _region(address: Row) -> Row:
    given = address.get("region") or {}
    number = given.get("region_id") or address.get("region_id") or 0
    known = regions().get(number)
    if known:
        return {"region_code": known[1], "region": known[2], "region_id": number}
    return {"region_code": given.get("region_code"), "region": given.get("region"), "region_id": 0}


def present_group(shop: Shop, row: Row) -> Row:
    return {**row, "tax_class_name": (shop.tax_classes.get(row["tax_class_id"]) or {}).get("class_name")}


def need_group(shop: Shop, number: Any) -> Row:
    row = shop.customer_groups.get(number)
    if row is None:
        raise no_such_entity("id", number)
    return row


@route("GET", "customerGroups/:id", f"{GROUPS}::getById", GROUP, parameters="id:int", returns="Group")
def get_group(call: Call, id: int) -> Row:
    return present_group(call.shop, need_group(call.shop, id))


@route("GET", "customerGroups/search", f"{GROUPS}::getList", GROUP, parameters="searchCriteria:SearchCriteria", returns="GroupList")
def list_groups(call: Call, search_criteria: Row) -> Row:
    names = {"customer_group_code": "code", "customer_group_id": "id"}
    rows = [present_group(call.shop, row) for row in call.shop.customer_groups]
    fields = ("id", "code", "tax_class_id", "tax_class_name", *names)
    return search(call, rows, search_criteria, fields, lambda row, field: row.get(names.get(field, field)))


@route("POST", "customerGroups", f"{GROUPS}::save", GROUP, parameters="group:Group", returns="Group", implementation=GROUP_IMPLEMENTATION)
@route("PUT", "customerGroups/:id", f"{GROUPS}::save", GROUP, parameters="group:Group", returns="Group", implementation=GROUP_IMPLEMENTATION)
def save_group(call: Call, group: Row) -> Row:
    """A change needs code and tax class too."""
    shop = call.shop
    if not group.get("code"):
        raise required("code")
    number = group.get("id")
    tax_class_id = group.get("tax_class_id") if number is not None else group.get("tax_class_id") or DEFAULT_TAX_CLASS
    tax_class = shop.tax_classes.get(tax_class_id)
    if tax_class is None or tax_class["class_type"] != "CUSTOMER":
        raise invalid_value("taxClassId", group.get("tax_class_id"))
    row = None if number is None else need_group(shop, number)
    code = group["code"][:32]
    if any(other is not row and other["code"].lower() == code.lower() for other in shop.customer_groups):
        raise bad_request("Customer Group already exists.")
    if row is None:
        row = shop.customer_groups.add({})
    row.update(code=code, tax_class_id=tax_class_id)
    return present_group(shop, row)


@route("DELETE", "customerGroups/:id", f"{GROUPS}::deleteById", GROUP, parameters="id:int", returns="boolean")
def delete_group(call: Call, id: int) -> bool:
    need_group(call.shop, id)
    if id in (0, 1):
        raise bad_request("Cannot delete group.")
    call.shop.customer_groups.remove(id)
    for customer in call.shop.customers:
        if customer["group_id"] == id:
            customer["group_id"] = 1
    return True
