# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: customers, groups, tax, sales rules and inventory (contract §6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from ._magento import Client, criteria

NO_ENTITY = "No such entity with %fieldName = %fieldValue"
REQUIRED = '"%fieldName" is required. Enter and try again.'
SEVERAL = "One or more input exceptions have occurred."
EMPTY = '"%field" can not be empty.'
INVALID = 'Invalid value of "%value" provided for the %fieldName field.'
NEW = {"email": "new@example.com", "firstname": "N", "lastname": "W"}
HOME = {"firstname": "N", "lastname": "W", "street": ["1 Road"], "city": "Town", "telephone": "1", "postcode": "1", "country_id": "US"}


@pytest.fixture
def shop() -> Client:
    return Client()


def test_anyone_may_make_a_customer(shop: Client) -> None:
    made = shop.call("POST", "V1/customers", {"customer": NEW, "password": "Fresh-start-1"}, "")
    assert (made.status, made.json()["id"], made.json()["group_id"], made.json()["created_in"]) == (200, 4, 1, "Default Store View")
    assert shop.login("new@example.com", "Fresh-start-1", "customer").status == 200
    assert shop.call("POST", "de/V1/customers", {"customer": {**NEW, "email": "de@example.com"}}, "").json()["store_id"] == 2
    taken = "A customer with the same email address already exists in an associated website."
    shop.refused(400, taken, "POST", "V1/customers", {"customer": {**NEW, "email": "NEW@example.com"}})
    shop.refused(400, taken, "PUT", "V1/customers/1", {"customer": {"email": "new@example.com"}})
    group = {"customer": {**NEW, "email": "g@example.com", "group_id": 2}}
    refused = shop.call("POST", "V1/customers", group, "")
    assert (refused.status, refused.json()["parameters"]) == (401, {"resources": "Magento_Customer::manage"})
    assert shop.ok("POST", "V1/customers", group)["group_id"] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email": None}, "The customer email is missing. Enter and try again."),
        ({"firstname": None}, '"First Name" is a required value.'),
        ({"firstname": "", "lastname": " "}, '"First Name" is a required value.\n"Last Name" is a required value.'),
        ({"email": "nobody"}, '"Email" is not a valid email address.'),
        ({"group_id": 99}, "The specified customer group id does not exist."),
        ({"website_id": 9, "store_id": 1}, "The store view is not in the associated website."),
        ({"addresses": [{**HOME, "city": ""}]}, REQUIRED),
    ],
)
def test_customers_that_are_not_valid(shop: Client, change: dict[str, Any], message: str) -> None:
    shop.refused(400, message, "POST", "V1/customers", {"customer": {**NEW, **change}})
    assert shop.ok("GET", f"V1/customers/search?{criteria()}")["total_count"] == 3


def test_a_customer_of_a_store_that_is_not_there(shop: Client) -> None:
    message = "The store that was requested wasn't found. Verify the store and try again."
    shop.refused(404, message, "POST", "V1/customers", {"customer": {**NEW, "store_id": 99}})


def test_a_change_with_a_bad_address_changes_nothing(shop: Client) -> None:
    before = shop.ok("GET", "V1/customers/1")
    shop.moment += 60
    shop.refused(400, REQUIRED, "PUT", "V1/customers/1", {"customer": {"firstname": "x", "addresses": [{**HOME, "street": []}]}})
    assert shop.ok("GET", "V1/customers/1") == before


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("Short-1", "The password needs at least %1 characters. Create a new password and try again."),
        (" Blank-space-1", "The password can't begin or end with a space. Verify the password and try again."),
        ("alllowercase", "Minimum of different classes of characters in password is %1."),
        ("x" * 257, "Please enter a password with at most 256 characters."),
        ("new@example.com", "The password can't be the same as the email address."),
    ],
)
def test_passwords_that_are_not_good_enough(shop: Client, password: str, message: str) -> None:
    answer = shop.call("POST", "V1/customers", {"customer": NEW, "password": password}, "")
    assert (answer.status, answer.json()["message"].startswith(message)) == (400, True)


def test_changing_a_customer(shop: Client) -> None:
    shop.moment += 60
    changed = shop.ok("PUT", "V1/customers/2", {"customer": {"firstname": "Bob", "custom_attributes": [], "extension_attributes": {"is_subscribed": True}}})
    assert (changed["firstname"], changed["lastname"], changed["extension_attributes"]) == ("Bob", "Lake", {"is_subscribed": True})
    assert changed["updated_at"] > changed["created_at"]
    assert shop.ok("PUT", "V1/customers/2", {"customer": {"id": 3, "firstname": "Clio"}})["id"] == 3
    for method, body in (("GET", None), ("PUT", {"customer": {"firstname": "x"}}), ("DELETE", None)):
        assert shop.refused(404, NO_ENTITY, method, "V1/customers/99", body)["parameters"] == {"fieldName": "customerId", "fieldValue": 99}
    assert shop.refused(400, REQUIRED, "PUT", "V1/customers/2", {})["parameters"] == {"fieldName": "customer"}
    assert shop.ok("DELETE", "V1/customers/2") is True
    shop.refused(404, NO_ENTITY, "DELETE", "V1/customers/2")


def test_addresses(shop: Client) -> None:
    ada = shop.ok("GET", "V1/customers/1")
    assert ada["addresses"][0]["region"] == {"region_code": "CA", "region": "California", "region_id": 12}
    assert ada["default_billing"] == str(ada["addresses"][0]["id"])
    second = {**ada["addresses"][0], "id": None, "city": "Utrecht", "country_id": "NL", "region": None, "region_id": None, "default_billing": True}
    ada["addresses"][0]["default_billing"] = False
    changed = shop.ok("PUT", "V1/customers/1", {"customer": {"addresses": [ada["addresses"][0], second]}})
    assert [address["city"] for address in changed["addresses"]] == ["Boulder Creek", "Utrecht"]
    assert (changed["default_billing"], changed["default_shipping"]) == ("2", "2")
    assert [address.get("default_shipping") for address in changed["addresses"]] == [None, True]
    bad = {"customer": {"addresses": [{"firstname": "x"}]}}
    fields = [error["parameters"]["fieldName"] for error in shop.refused(400, SEVERAL, "PUT", "V1/customers/1", bad)["errors"]]
    assert fields == ["lastname", "street", "city", "telephone", "postcode", "countryId"]
    assert len(shop.ok("GET", "V1/customers/1")["addresses"]) == 2


def test_a_customer_sees_and_changes_only_itself(shop: Client) -> None:
    token = shop.token("customer_", "customer")
    me = shop.call("GET", "V1/customers/me", token=token).json()
    assert me["email"] == "ada.hill@example.com"
    changed = shop.call("PUT", "V1/customers/me", {"customer": {"id": 2, "firstname": "Adele"}}, token).json()
    assert (changed["id"], changed["firstname"]) == (1, "Adele")
    assert shop.call("GET", "V1/customers/1", token=token).status == 401
    assert shop.call("PUT", "V1/customers/me", {"customer": {"firstname": "x"}}, "").json()["parameters"] == {"resources": "self"}


def test_customer_search(shop: Client) -> None:
    found = shop.ok("GET", f"V1/customers/search?{criteria(('email', 'like', '%berg%'), ('website_id', 'eq', '1'))}")
    assert [customer["firstname"] for customer in found["items"]] == ["Cleo"]
    assert shop.ok("GET", f"V1/customers/search?{criteria(('entity_id', 'in', '1,2'))}")["total_count"] == 2


def test_customer_groups(shop: Client) -> None:
    made = shop.ok("POST", "V1/customerGroups", {"group": {"code": "Guides"}})
    assert made == {"id": 4, "code": "Guides", "tax_class_id": 3, "tax_class_name": "Retail Customer"}
    shop.refused(400, "Customer Group already exists.", "POST", "V1/customerGroups", {"group": {"code": "guides"}})
    assert shop.refused(400, REQUIRED, "POST", "V1/customerGroups", {"group": {"tax_class_id": 3}})["parameters"] == {"fieldName": "code"}
    assert shop.ok("PUT", "V1/customerGroups/4", {"group": {"code": "Leaders", "tax_class_id": 3}})["code"] == "Leaders"
    error = shop.refused(400, INVALID, "PUT", "V1/customerGroups/4", {"group": {"code": "Leaders"}})
    assert error["parameters"] == {"fieldName": "taxClassId", "value": None}
    assert shop.refused(400, INVALID, "POST", "V1/customerGroups", {"group": {"code": "x", "tax_class_id": 2}})["parameters"]["value"] == 2
    found = shop.ok("GET", f"V1/customerGroups/search?{criteria(('code', 'eq', 'Leaders'))}")
    assert found["items"][0]["id"] == 4
    shop.ok("PUT", "V1/customers/2", {"customer": {"group_id": 4}})
    assert shop.ok("DELETE", "V1/customerGroups/4") is True
    assert shop.ok("GET", "V1/customers/2")["group_id"] == 1
    shop.refused(404, NO_ENTITY, "GET", "V1/customerGroups/4")
    shop.refused(400, "Cannot delete group.", "DELETE", "V1/customerGroups/0")


def test_tax_classes(shop: Client) -> None:
    reduced = {"class_name": "Reduced", "class_type": "PRODUCT"}
    assert shop.ok("POST", "V1/taxClasses", {"taxClass": reduced}) == "4"
    taken = "A class with the same name already exists for ClassType %1."
    assert shop.refused(400, taken, "POST", "V1/taxClasses", {"taxClass": reduced})["parameters"] == ["PRODUCT"]
    assert shop.ok("POST", "V1/taxClasses", {"taxClass": {**reduced, "class_type": "CUSTOMER"}}) == "5"
    error = shop.refused(400, INVALID, "POST", "V1/taxClasses", {"taxClass": {**reduced, "class_type": "PET"}})
    assert error["parameters"] == {"fieldName": "class_type", "value": "PET"}
    fields = [one["parameters"]["fieldName"] for one in shop.refused(400, SEVERAL, "POST", "V1/taxClasses", {"taxClass": {}})["errors"]]
    assert fields == ["class_name", "class_type"]
    assert shop.ok("PUT", "V1/taxClasses/4", {"taxClass": {**reduced, "class_name": "Low"}}) == "4"
    shop.refused(400, "Updating classType is not allowed.", "PUT", "V1/taxClasses/4", {"taxClass": {**reduced, "class_type": "CUSTOMER"}})
    assert shop.ok("GET", "V1/taxClasses/4") == {"class_id": 4, "class_name": "Low", "class_type": "PRODUCT"}
    assert shop.ok("DELETE", "V1/taxClasses/4") is True
    shop.refused(404, NO_ENTITY, "GET", "V1/taxClasses/4")
    assert "Tax Rules" in shop.call("DELETE", "V1/taxClasses/2").text
    shop.ok("DELETE", "V1/taxRules/1")
    assert shop.call("DELETE", "V1/taxClasses/2").json()["parameters"] == ["product"]
    assert shop.call("DELETE", "V1/taxClasses/3").json()["parameters"] == ["customer group"]


def test_tax_rates(shop: Client) -> None:
    rate = {"tax_country_id": "DE", "tax_postcode": "*", "rate": 19.0, "code": "DE 19"}
    made = shop.call("POST", "V1/taxRates", {"taxRate": rate})
    assert made.text == '{"id":3,"tax_country_id":"DE","tax_postcode":"*","rate":19,"code":"DE 19","titles":[]}'
    assert shop.refused(400, "%1 already exists.", "POST", "V1/taxRates", {"taxRate": rate})["parameters"] == ["Code"]
    assert shop.ok("PUT", "V1/taxRates", {"taxRate": {**rate, "id": 3, "rate": 7}})["rate"] == 7
    assert shop.call("PUT", "V1/taxRates/3", {"taxRate": rate}).status == 404
    assert shop.refused(404, NO_ENTITY, "PUT", "V1/taxRates", {"taxRate": {**rate, "id": 99}})["parameters"]["fieldValue"] == 99
    fields = [one["parameters"]["fieldName"] for one in shop.refused(400, SEVERAL, "POST", "V1/taxRates", {"taxRate": {}})["errors"]]
    assert fields == ["country_id", "percentage_rate", "code", "postcode"]
    bad = {**rate, "code": "x", "tax_country_id": "XX", "tax_region_id": 9999, "zip_is_range": 1, "zip_from": 9, "zip_to": 1}
    texts = [one["message"] for one in shop.refused(400, SEVERAL, "POST", "V1/taxRates", {"taxRate": bad})["errors"]]
    assert texts == [INVALID, INVALID, "Range To should be equal or greater than Range From."]
    assert shop.ok("GET", "V1/taxRates/2")["region_name"] == "NY"
    found = shop.ok("GET", f"V1/taxRates/search?{criteria(('tax_country_id', 'eq', 'DE'))}")
    assert found["total_count"] == 1
    shop.refused(400, "The tax rate can't be removed because it exists in a tax rule.", "DELETE", "V1/taxRates/1")
    assert shop.ok("DELETE", "V1/taxRates/3") is True
    shop.refused(404, NO_ENTITY, "DELETE", "V1/taxRates/3")


def test_tax_rules(shop: Client) -> None:
    rule = {"code": "Export", "priority": 0, "position": 0, "customer_tax_class_ids": [3], "product_tax_class_ids": [2], "tax_rate_ids": [1]}
    made = shop.ok("POST", "V1/taxRules", {"rule": rule})
    assert made == {"id": 2, **rule}
    assert shop.refused(400, "%1 already exists.", "POST", "V1/taxRules", {"rule": rule})["parameters"] == ["Code"]
    assert shop.ok("PUT", "V1/taxRules", {"rule": {**rule, "id": 2, "priority": 5}})["priority"] == 5
    assert shop.ok("GET", "V1/taxRules/2")["calculate_subtotal"] is False
    shop.refused(400, "No such entity with customer_tax_class_ids = 2", "POST", "V1/taxRules", {"rule": {**rule, "code": "x", "customer_tax_class_ids": [2]}})
    shop.refused(400, "No such entity with tax_rate_ids = 77", "POST", "V1/taxRules", {"rule": {**rule, "code": "x", "tax_rate_ids": [77]}})
    text = shop.call("POST", "V1/taxRules", {"rule": {"code": "x"}}).json()["message"]
    assert text.count("\n") == 4
    assert '"tax_rate_ids" is required' in text
    found = shop.ok("GET", f"V1/taxRules/search?{criteria(('tax_rate_ids', 'eq', '2'))}")
    assert [one["code"] for one in found["items"]] == ["US goods"]
    assert shop.ok("DELETE", "V1/taxRules/2") is True
    shop.refused(404, NO_ENTITY, "GET", "V1/taxRules/2")


def test_sales_rules_have_no_key(shop: Client) -> None:
    rule = {"name": "Spring", "website_ids": [1], "customer_group_ids": [0, 1], "is_active": True, "discount_amount": 5, "simple_action": "by_percent"}
    first, second = (shop.ok("POST", "V1/salesRules", {"rule": rule}) for _count in range(2))
    assert (first["rule_id"], second["rule_id"], first["coupon_type"]) == (2, 3, "NO_COUPON")
    assert first["condition"] == {
        "condition_type": "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine",
        "aggregator_type": "all",
        "operator": None,
        "value": "1",
    }
    changed = shop.ok("PUT", "V1/salesRules/2", {"rule": {"name": "Summer", "website_ids": [1], "customer_group_ids": [1]}})
    # What a change does not send is written as zero.
    assert (changed["name"], changed["is_active"], changed["discount_amount"], changed["simple_action"]) == ("Summer", False, 0, "by_percent")
    shop.refused(400, "Please specify a website.; Please specify Customer Groups.; ", "PUT", "V1/salesRules/2", {"rule": {"name": "x"}})
    late = {**rule, "from_date": "2026-02-01", "to_date": "2026-01-01"}
    shop.refused(400, "End Date must follow Start Date.; ", "POST", "V1/salesRules", {"rule": late})
    found = shop.ok("GET", f"V1/salesRules/search?{criteria(('name', 'eq', 'Spring'))}")
    assert [one["rule_id"] for one in found["items"]] == [3]
    assert shop.ok("DELETE", "V1/salesRules/3") is True
    for method in ("GET", "DELETE"):
        shop.refused(404, "No such entity.", method, "V1/salesRules/3")


def test_sources(shop: Client) -> None:
    oslo = {"source_code": "oslo", "name": "Oslo", "postcode": "0150", "country_id": "NL"}
    assert shop.ok("POST", "V1/inventory/sources", {"source": oslo}) == []
    read = shop.ok("GET", "V1/inventory/sources/oslo")
    assert (read["enabled"], read["carrier_links"], read["extension_attributes"]["frontend_name"]) == (True, [], "Oslo")
    assert shop.ok("POST", "V1/inventory/sources", {"source": {**oslo, "city": "Oslo"}}) == []
    assert shop.ok("PUT", "V1/inventory/sources/oslo", {"source": {**oslo, "enabled": False}}) == []
    read = shop.ok("GET", "V1/inventory/sources/oslo")
    assert (read["enabled"], read["city"]) == (False, "Oslo")
    assert shop.call("DELETE", "V1/inventory/sources/oslo").json() == {"message": "Request does not match any route."}
    error = shop.refused(400, "Validation Failed", "POST", "V1/inventory/sources", {"source": {"source_code": "a b"}})
    assert [one["parameters"]["field"] for one in error["errors"]] == ["source_code", "name", "postcode", "country_id"]
    missing = shop.refused(404, 'Source with code "%value" does not exist.', "GET", "V1/inventory/sources/none")
    assert missing["parameters"] == {"value": "none"}


def test_stocks(shop: Client) -> None:
    assert shop.ok("POST", "V1/inventory/stocks", {"stock": {"name": "Asia"}}) == 3
    shop.refused(400, "Could not save Stock", "POST", "V1/inventory/stocks", {"stock": {"name": "asia"}})
    assert shop.refused(400, "Validation Failed", "POST", "V1/inventory/stocks", {"stock": {}})["errors"] == [
        {"message": EMPTY, "parameters": {"field": "name"}}
    ]
    channels = {"sales_channels": [{"type": "website", "code": "base"}]}
    assert shop.ok("PUT", "V1/inventory/stocks/3", {"stock": {"name": "East", "extension_attributes": channels}}) == 3
    assert shop.ok("GET", "V1/inventory/stocks/1")["extension_attributes"] == {"sales_channels": []}
    shop.refused(400, "Stock has at least one sale channel and could not be deleted.", "DELETE", "V1/inventory/stocks/3")
    shop.refused(400, "Default Stock could not be deleted.", "DELETE", "V1/inventory/stocks/1")
    assert shop.ok("DELETE", "V1/inventory/stocks/2") == []
    missing = 'There is no stock with "%fieldValue" for "%fieldName". Verify and try again.'
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"stock": {"name": "x"}})):
        assert shop.refused(404, missing, method, "V1/inventory/stocks/2", body)["parameters"] == {"fieldName": "stock_id", "fieldValue": 2}
    assert shop.ok("GET", f"V1/inventory/stock-source-links?{criteria()}")["total_count"] == 1


def test_source_items(shop: Client) -> None:
    item = {"sku": "tarp-skog", "source_code": "utrecht", "quantity": 4, "status": 1}
    assert shop.ok("POST", "V1/inventory/source-items", {"sourceItems": [item]}) == []
    assert shop.ok("POST", "V1/inventory/source-items", {"sourceItems": [{**item, "quantity": 5}]}) == []
    query = criteria(("sku", "eq", "tarp-skog"), ("source_code", "eq", "utrecht"))
    assert shop.ok("GET", f"V1/inventory/source-items?{query}")["items"] == [{**item, "quantity": 5}]
    error = shop.refused(400, "Validation Failed", "POST", "V1/inventory/source-items", {"sourceItems": [{"quantity": 1, "status": 7}]})
    assert [one["parameters"]["field"] for one in error["errors"]] == ["sku", "source_code", "status"]
    shop.refused(400, "Could not save Source Item", "POST", "V1/inventory/source-items", {"sourceItems": [{**item, "source_code": "none"}]})
    shop.refused(400, "Input data is empty", "POST", "V1/inventory/source-items", {"sourceItems": []})
    assert shop.ok("POST", "V1/inventory/source-items-delete", {"sourceItems": [item]}) == []
    assert shop.ok("POST", "V1/inventory/source-items-delete", {"sourceItems": [item]}) == []
    assert shop.ok("GET", f"V1/inventory/source-items?{query}")["total_count"] == 0


def test_links_of_stocks_and_sources(shop: Client) -> None:
    link = {"stock_id": 2, "source_code": "berlin", "priority": 3}
    assert shop.ok("POST", "V1/inventory/stock-source-links", {"links": [link]}) == []
    found = shop.ok("GET", f"V1/inventory/stock-source-links?{criteria(('stock_id', 'eq', '2'), sort='priority ASC')}")
    assert [(one["source_code"], one["priority"]) for one in found["items"]] == [("utrecht", 2), ("berlin", 3)]
    for wrong in ({"stock_id": 1}, {"source_code": "default"}):
        error = shop.refused(400, "Validation Failed", "POST", "V1/inventory/stock-source-links", {"links": [{**link, **wrong}]})
        assert error["errors"] == [{"message": "Can not save link related to Default Source or Default Stock", "parameters": []}]
        assert shop.call("POST", "V1/inventory/stock-source-links-delete", {"links": [{**link, **wrong}]}).status == 400
    error = shop.refused(400, "Validation Failed", "POST", "V1/inventory/stock-source-links", {"links": [{}]})
    assert [one["parameters"]["field"] for one in error["errors"]] == ["stock_id", "source_code", "priority"]
    shop.refused(400, "Could not save StockSourceLinks", "POST", "V1/inventory/stock-source-links", {"links": [{**link, "source_code": "none"}]})
    assert shop.ok("POST", "V1/inventory/stock-source-links-delete", {"links": [link]}) == []
    assert shop.ok("GET", f"V1/inventory/stock-source-links?{criteria(('stock_id', 'eq', '2'))}")["total_count"] == 1


def test_lists_in_xml_may_have_item_nodes_or_not(shop: Client) -> None:
    one = "<sku>x</sku><source_code>default</source_code><quantity>2</quantity><status>1</status>"
    two = "<sku>y</sku><source_code>default</source_code><quantity>3</quantity><status>1</status>"
    for items in (f"<item>{one}</item>", f"<item>{one}</item><item>{two}</item>"):
        answer = shop.call("POST", "V1/inventory/source-items", f"<r><sourceItems>{items}</sourceItems></r>", Content_Type="application/xml")
        assert (answer.status, answer.text) == (200, "[]")
    found = shop.ok("GET", f"V1/inventory/source-items?{criteria(('sku', 'in', 'x,y'))}")
    assert [item["quantity"] for item in found["items"]] == [2, 3]
    answer = shop.call("POST", "V1/inventory/source-items", "<r><sourceItems>text</sourceItems></r>", Content_Type="application/xml")
    assert (answer.status, answer.json()) == (400, {"message": "Not all parameters valid."})


def test_a_coupon_has_the_limits_of_its_rule(shop: Client) -> None:
    coupon = {"coupon": {"code": "SPRING", "rule_id": 1, "usage_limit": 5}}
    failed = "Error occurred when saving coupon: %1"
    assert shop.refused(400, failed, "POST", "V1/coupons", coupon)["parameters"] == ["Specified rule does not allow coupons"]
    rule = shop.ok("GET", "V1/salesRules/1")
    shop.ok("PUT", "V1/salesRules/1", {"rule": {**rule, "coupon_type": "SPECIFIC_COUPON", "uses_per_coupon": 2}})
    made = shop.ok("POST", "V1/coupons", coupon)
    assert (made["coupon_id"], made["usage_limit"], made["type"], made["times_used"]) == (1, 2, 0, 0)
    assert shop.refused(400, "%1 already exists.", "POST", "V1/coupons", coupon)["parameters"] == ["Coupon with the same code"]
    assert shop.ok("PUT", "V1/coupons/1", {"coupon": {"code": "SUMMER"}})["rule_id"] == 1
    assert [row["code"] for row in shop.ok("GET", f"V1/coupons/search?{criteria(('rule_id', 'eq', '1'))}")["items"]] == ["SUMMER"]
    missing = {"coupon": {"code": "X", "rule_id": 77}}
    assert shop.refused(400, failed, "POST", "V1/coupons", missing)["parameters"] == ["No such entity with rule_id = 77"]
    generated = {"coupon": {"code": "X", "rule_id": 1, "type": 1}}
    assert shop.refused(400, failed, "POST", "V1/coupons", generated)["parameters"] == ["Specified rule does not allow auto generated coupons"]
    assert shop.ok("DELETE", "V1/salesRules/1") is True
    assert shop.call("GET", "V1/coupons/1").status == 404
