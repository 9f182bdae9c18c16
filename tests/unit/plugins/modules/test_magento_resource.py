# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entities of a Magento shop: what is sent, what is compared, what the shop makes of it, and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    Conflict,
    InvalidInput,
    NotAuthorised,
    NotConfirmed,
    NotFound,
    RequestRefused,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from ansible_collections.tokenflow.services.plugins.modules import magento_resource

from tests.unit.plugins._shop import ADDRESS, SALE, TENT, Shop
from tests.unit.plugins._simulated import Simulated

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"pixel").decode()


@pytest.fixture
def shop(magento: Simulated) -> Shop:
    return Shop(magento)


def custom(entity: dict[str, Any]) -> dict[str, Any]:
    return {pair["attribute_code"]: pair["value"] for pair in entity["custom_attributes"]}


# Products


def test_only_what_differs_is_sent_of_a_product(shop: Shop) -> None:
    body = {"sku": TENT, "price": "349.0000", "weight": 3, "custom_attributes": {"color": "1", "meta_title": "Tent"}}
    done = shop.run("products", body)
    assert done["differences"] == ["weight", "custom_attributes.meta_title"]
    assert [set(done["diff"][side]) for side in ("before", "after")] == [{"weight", "custom_attributes"}] * 2
    assert done["diff"]["after"] == {"weight": 3, "custom_attributes": [{"attribute_code": "meta_title", "value": "Tent"}]}
    (entry,) = shop.magento.journal("/products/", "PUT")
    assert entry["path"] == f"/rest/all/V1/products/{TENT}"
    assert entry["body"] == '{"product":{"sku":"tent-fjell-2","weight":3,"custom_attributes":[{"attribute_code":"meta_title","value":"Tent"}]}}'


def test_categories_of_a_product_are_those_that_are_given(shop: Shop) -> None:
    def links(*paths: str) -> dict[str, Any]:
        found = [{"category_id": {"id_of": "categories", "path": f"Default Category/{path}"}} for path in paths]
        return {"sku": TENT, "extension_attributes": {"category_links": found}}

    def there() -> int:
        return len(shop.product()["extension_attributes"].get("category_links", []))

    for paths in (("Camping", "Camping/Tents"), ("Hiking",), ("Hiking", "Climbing"), ()):
        assert shop.run("products", links(*paths))["changed"]
        assert there() == len(paths)
        assert not shop.run("products", links(*paths))["changed"]
    assert shop.run("products", {"sku": TENT, "custom_attributes": {"category_ids": [4, 3]}})["changed"]
    assert not shop.run("products", {"sku": TENT, "custom_attributes": {"category_ids": ["3", 4]}})["changed"]


def test_lists_of_a_product_replace_and_pictures_are_known_by_name(shop: Shop) -> None:
    content = {"base64_encoded_data": PIXEL, "type": "image/png", "name": "Front.png"}
    pictures = [{"media_type": "image", "label": "Front", "position": 1, "disabled": False, "types": ["image"], "content": content}]
    prices = [{"customer_group_id": 1, "qty": 3, "value": 300}]
    related = [{"link_type": "related", "linked_product_sku": "tarp-skog"}]
    options = [{"title": "Engraving", "type": "field", "sort_order": 1, "is_require": False, "price": 5, "price_type": "fixed"}]
    body: dict[str, Any] = {"sku": TENT, "media_gallery_entries": pictures, "tier_prices": prices, "product_links": related, "options": options}
    result = shop.run("products", body)
    assert result["differences"] == ["media_gallery_entries", "tier_prices", "product_links", "options"]
    assert PIXEL not in str(result)
    before = shop.product()
    assert not shop.run("products", body)["changed"]
    body["media_gallery_entries"][0]["label"] = "The front"
    body["options"][0]["price"] = 6
    assert shop.run("products", body)["differences"] == ["media_gallery_entries", "options"]
    after = shop.product()
    assert [one["id"] for one in after["media_gallery_entries"]] == [one["id"] for one in before["media_gallery_entries"]]
    assert [one["option_id"] for one in after["options"]] == [one["option_id"] for one in before["options"]]
    assert shop.run("products", {"sku": TENT, "name": "Tent"})["changed"]
    assert len(shop.product()["tier_prices"]) == len(shop.product()["product_links"]) == len(shop.product()["media_gallery_entries"]) == 1
    empty: dict[str, Any] = {"media_gallery_entries": [], "tier_prices": [], "product_links": [], "options": []}
    assert shop.run("products", {"sku": TENT, **empty})["changed"]
    assert not shop.run("products", {"sku": TENT, **empty})["changed"]
    assert not shop.product()["tier_prices"]


def test_an_empty_list_cannot_be_sent_in_xml(magento: Simulated) -> None:
    shop = Shop(magento, media_type="xml")
    shop.run("products", {"sku": TENT, "tier_prices": [{"customer_group_id": 1, "qty": 3, "value": 300}]})
    error = shop.failed("products", {"sku": TENT, "tier_prices": []})
    assert isinstance(error, InvalidInput) and "tier_prices" in str(error)


@pytest.mark.parametrize("price", ["349", "349.00", 349, 349.0, "349.0000"])
def test_numbers_are_compared_by_value(shop: Shop, price: Any) -> None:
    assert not shop.run("products", {"sku": TENT, "price": price, "status": True, "visibility": "4"})["changed"]


def test_stock_is_compared_member_by_member(shop: Shop) -> None:
    body = {"sku": TENT, "extension_attributes": {"stock_item": {"qty": 5, "is_in_stock": True}}}
    assert shop.run("products", body)["differences"] == ["extension_attributes.stock_item.qty"]
    assert not shop.run("products", body)["changed"]


def test_values_of_a_store_view_and_global_ones(magento: Simulated) -> None:
    shop = Shop(magento)
    assert shop.run("products", {"sku": TENT, "name": "Zelt"}, store="de")["changed"]
    assert not shop.run("products", {"sku": TENT, "name": "Zelt"}, store="de")["changed"]
    assert (shop.product()["name"], shop.product(store="de")["name"]) == ("Fjell Two-Person Tent", "Zelt")
    shop.run("products", {"sku": TENT, "name": "Own"}, store="")
    assert magento.journal("/products/", "PUT")[-1]["path"] == f"/rest/V1/products/{TENT}"


def test_a_hidden_global_value_is_a_warning(magento: Simulated) -> None:
    shop = Shop(magento)
    shop.run("products", {"sku": TENT, "name": "Own"}, store="default")
    params = {"endpoint": "products", "body": {"sku": TENT, "name": "For all", "weight": 9}}
    warnings = warned(magento, **params)
    assert len(warnings) == 1 and "default store view" in warnings[0] and "weight" not in warnings[0] and "name" in warnings[0]
    assert not warned(magento, **params), "nothing changed, nothing is said"


def warned(magento: Simulated, **options: Any) -> list[str]:
    from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
    from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets

    params = magento_resource.DEFINITION.validate({"base_url": magento.entry["base_url"], **options}).validated_parameters
    invocation = Invocation(params, magento.session(), Secrets())
    magento_resource.run(invocation)
    return invocation.warnings


def test_what_the_shop_drops_is_an_error(shop: Shop) -> None:
    error = shop.failed("products", {"sku": TENT, "weight": 3, "custom_attributes": {"colour": "red"}})
    assert isinstance(error, NotConfirmed) and "custom_attributes.colour" in str(error) and "weight" not in error.message
    assert error.details["changed"] and error.details["after"]["weight"] == 3


# Categories


def test_categories_are_found_by_names_and_named_when_a_parent_is_missing(shop: Shop) -> None:
    assert shop.run("categories", {"path": ["Default Category", "Camping", "Tents"]})["changed"] is False
    error = shop.failed("categories", {"path": "Default Category/Boats/Oars"})
    assert isinstance(error, NotFound) and "'Default Category/Boats'" in str(error)
    assert shop.run("categories", {"path": "Default Category/Boats/Oars"}, check=True)["action"] == "create"
    assert not shop.writes()


def test_a_category_has_a_name_of_its_own_in_a_store_view(shop: Shop) -> None:
    body = {"path": "Default Category/Camping/Tents", "name": "Zelte"}
    assert isinstance(shop.failed("categories", body), InvalidInput)
    assert shop.run("categories", body, store="de")["changed"]
    assert not shop.run("categories", body, store="de")["changed"]
    error = shop.failed("categories", {"path": "Default Category/Boats", "name": "Boote"}, store="de")
    assert isinstance(error, NotFound) and "store: all" in error.hint
    number = shop.run("categories", {"path": "Default Category/Camping/Tents"})["id"]
    assert shop.run("categories", {"id": number, "name": "Big tents"})["changed"]
    assert isinstance(shop.failed("categories", {"path": "Default Category/Camping/Tents", "parent_id": 4}), InvalidInput)
    assert isinstance(shop.failed("categories", {"path": "Default Category//Tents"}), InvalidInput)


def test_the_root_category_stays(shop: Shop) -> None:
    error = shop.failed("categories", {"path": "Default Category"}, state="absent")
    assert isinstance(error, RequestRefused) and error.reply == "Cannot delete category with id 2"


# Pages and blocks


@pytest.mark.parametrize("endpoint", ["cmsPage", "cmsBlock"])
def test_pages_belong_to_store_views(shop: Shop, endpoint: str) -> None:
    body = {"identifier": "view", "title": "View", "content": "x"}
    assert shop.run(endpoint, body, store="de")["changed"]
    assert not shop.run(endpoint, body, store="de")["changed"]
    assert shop.run(endpoint, {**body, "content": "y"}, store="de")["differences"] == ["content"]
    assert not shop.run(endpoint, {**body, "content": "y"}, store="de")["changed"]
    assert shop.run(endpoint, body, state="absent")["changed"] is False
    assert shop.run(endpoint, body, state="absent", store="de")["changed"]
    assert isinstance(shop.failed(endpoint, body, store="nowhere"), InvalidInput)


def test_a_page_keeps_its_identifier(shop: Shop) -> None:
    number = shop.run("cmsPage", {"identifier": "about-us", "title": "Who we are"})["id"]
    assert shop.magento.act("get_entity", kind="page", key=number)["identifier"] == "about-us"
    assert shop.run("cmsPage", {"id": number, "identifier": "who-we-are"})["changed"]


# Customers, rules, references


def test_a_password_is_for_a_new_customer_and_seen_nowhere(magento: Simulated) -> None:
    shop, password = Shop(magento), "Sturdy-pass-1"
    body = {"email": "eve@example.com", "website_id": 1, "firstname": "Eve", "lastname": "Stone"}
    result = shop.run("customers", body, parameters={"password": password})
    assert result["changed"] and password not in str(result)
    magento.flow(account="customer", username="eve@example.com", password=password).login()
    assert not shop.run("customers", body, parameters={"password": "Another-pass-1"})["changed"]


def test_addresses_that_are_given_are_all_there_are(shop: Shop) -> None:
    person = {"email": "ada.hill@example.com"}
    shop.run("customers", {**person, "addresses": [ADDRESS, {**ADDRESS, "street": ["2 Valley Road"]}]})
    first = shop.run("customers", {**person, "addresses": [{**ADDRESS, "city": "Dallas"}]})
    assert [(one["city"], one["street"]) for one in first["after"]["addresses"]] == [("Dallas", ["1 Valley Road"])]
    assert first["after"]["addresses"][0]["id"] == first["before"]["addresses"][0]["id"]
    assert not shop.run("customers", {**person, "firstname": "Ada"})["changed"]
    flagged = {**person, "addresses": [{**ADDRESS, "city": "Dallas", "default_shipping": False, "default_billing": True}]}
    assert [shop.run("customers", flagged)["changed"] for _run in range(2)] == [True, False]


def test_two_rules_of_one_name_are_not_guessed_between(shop: Shop) -> None:
    shop.magento.session().call("POST", "/rest/V1/salesRules", json_body={"rule": {**SALE, "name": "Ten per cent for wholesale"}})
    error = shop.failed("salesRules", {"name": "Ten per cent for wholesale", "discount_amount": 11})
    assert isinstance(error, Conflict) and "rule_id 1, 2" in str(error)
    assert shop.run("salesRules", {"rule_id": 2, "discount_amount": 11})["changed"]


def test_the_limits_of_a_coupon_are_those_of_its_rule(shop: Shop) -> None:
    body = {"code": "SPRING", "rule_id": 1, "usage_limit": 5}
    error = shop.failed("coupons", body)
    assert isinstance(error, RequestRefused) and error.reply == "Error occurred when saving coupon: Specified rule does not allow coupons"
    shop.run("salesRules", {"rule_id": 1, "coupon_type": "SPECIFIC_COUPON", "uses_per_coupon": 9})
    error = shop.failed("coupons", body)
    assert isinstance(error, NotConfirmed) and "usage_limit" in error.message
    assert not shop.run("coupons", {**body, "usage_limit": 9})["changed"]


def test_a_number_that_is_not_there_is_no_new_entity(shop: Shop) -> None:
    assert isinstance(shop.failed("customerGroups", {"id": 99, "code": "X"}), NotFound)
    assert not shop.run("customerGroups", {"id": 99}, state="absent")["changed"]


def test_references_become_numbers(shop: Shop) -> None:
    body: dict[str, Any] = {"sku": TENT, "custom_attributes": {"color": {"option_of": "color", "label": "orange"}}}
    body["attribute_set_id"] = {"id_of": "products/attribute-sets", "attribute_set_name": "Outdoor gear"}
    assert shop.run("products", body)["differences"] == ["custom_attributes.color"]
    assert not shop.run("products", body)["changed"]
    for missing in ({"option_of": "color", "label": "Pink"}, {"option_of": "scent", "label": "x"}, {"id_of": "taxRates", "code": "none"}):
        assert isinstance(shop.failed("products", {"sku": TENT, "weight": missing}), NotFound)
        assert shop.run("products", {"sku": TENT, "weight": missing}, check=True)["changed"]
    assert isinstance(shop.failed("products", {"sku": TENT, "weight": {"id_of": "inventory/sources", "source_code": "berlin"}}), InvalidInput)


def test_options_of_an_attribute_are_added(shop: Shop) -> None:
    assert not shop.run("products/attributes", {"attribute_code": "color", "options": ["GREEN"]})["changed"]
    result = shop.run("products/attributes", {"attribute_code": "color", "options": ["Green", {"label": "Red", "sort_order": 9}]})
    assert result["differences"] == ["options.Red"]
    assert shop.writes() == ["POST /rest/all/V1/products/attributes/color/options"]


def test_attributes_are_put_into_a_set_and_then_kept_by_products(shop: Shop) -> None:
    shop.run("products/attributes", {"attribute_code": "fabric", "frontend_input": "text", "default_frontend_label": "Fabric"})
    product = {"sku": TENT, "custom_attributes": {"fabric": "Silk"}}
    assert isinstance(shop.failed("products", product), NotConfirmed), "an attribute that is not in the set of the product"
    gear = {"attribute_set_name": "Outdoor gear", "attributes": ["season", {"attribute_code": "fabric", "group": "Content", "sort_order": 5}]}
    shop.writes()
    assert shop.run("products/attribute-sets", gear, check=True)["differences"] == ["attributes.fabric"] and not shop.writes()
    assert shop.run("products/attribute-sets", gear)["differences"] == ["attributes.fabric"]
    assert shop.writes() == ["POST /rest/all/V1/products/attribute-sets/attributes"]
    assert not shop.run("products/attribute-sets", gear)["changed"] and not shop.writes()
    assert shop.run("products", product)["changed"] and not shop.run("products", product)["changed"]
    new = {"attribute_set_name": "Clothes", "attributes": ["fabric"]}
    assert shop.run("products/attribute-sets", new)["action"] == "create"
    assert not shop.run("products/attribute-sets", new)["changed"]
    error = shop.failed("products/attribute-sets", {**new, "attributes": [{"attribute_code": "season", "group": "Nowhere"}]})
    assert isinstance(error, NotFound) and "Product Details" in error.hint
    error = shop.failed("products/attribute-sets", {"attribute_set_name": "Rags", "attributes": ["waterproof", "nothing"]})
    assert isinstance(error, NotFound) and error.details["written"] == ["create", "attributes.waterproof"]


def test_what_was_written_before_a_failure_is_told(shop: Shop) -> None:
    shop.magento.fault("status", "/options", status=500, content_type="application/json", body='{"message":"Broken"}')
    error = shop.failed("products/attributes", {"attribute_code": "color", "default_frontend_label": "Paint", "options": ["Red"]})
    assert error.details["changed"] and error.details["written"] == ["default_frontend_label"]
    assert "var/log" in error.hint


# Other endpoints and refusals


def test_an_endpoint_that_is_not_known_needs_a_key_and_an_envelope(shop: Shop) -> None:
    options = {"key": ["sku"], "envelope": "product"}
    assert isinstance(shop.failed("vendor/things", {"sku": "x"}), InvalidInput)
    error = shop.failed("vendor/things", {"sku": "x"}, **options)
    assert isinstance(error, NotFound) and "no such endpoint" in error.hint
    assert isinstance(shop.failed("vendor/things", {"sku": "x"}, key=["sku"], search_endpoint="products", id_field="id"), InvalidInput)


def test_a_known_endpoint_by_another_key(shop: Shop) -> None:
    assert shop.run("customerGroups", {"tax_class_id": 3, "code": "Wholesale"}, key=["code"])["changed"] is False
    assert isinstance(shop.failed("customerGroups", {"tax_class_id": 3}, key=["tax_class_id"]), Conflict)


@pytest.mark.parametrize("endpoint", ["/rest/all/V1/products", "products?x=1", "", "a b"])
def test_an_endpoint_is_no_path(shop: Shop, endpoint: str) -> None:
    assert isinstance(shop.failed(endpoint, {"sku": TENT}), InvalidInput)
    assert not shop.magento.journal()


def test_an_endpoint_may_begin_with_its_version_and_a_body_with_its_envelope(shop: Shop) -> None:
    assert shop.run("/V1/products", {"product": {"sku": TENT, "price": 349}})["changed"] is False


@pytest.mark.parametrize(
    ("endpoint", "body", "said"),
    [
        ("store/websites", {"code": "x"}, "bin/magento"),
        ("products", {"name": "x"}, "no sku"),
        ("taxClasses", {"class_name": "x"}, "no class_type"),
        ("products", {"sku": TENT, "tier_prices": [3]}, "no list of mappings"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_sent(shop: Shop, endpoint: str, body: dict[str, Any], said: str) -> None:
    error = shop.failed(endpoint, body)
    assert isinstance(error, InvalidInput) and said in str(error) and not shop.magento.journal("/rest/all")


def test_refusals_have_their_texts(shop: Shop) -> None:
    error = shop.failed("products", {"sku": TENT, "price": "abc"})
    assert isinstance(error, RequestRefused) and 'Error occurred during "price" processing' in error.reply
    error = shop.failed("products", {"sku": TENT, "nosuchfield": 1})
    assert error.reply == '"Nosuchfield" is not supported. Correct the field name and try again.'
    error = shop.failed("inventory/sources", {"source_code": "x", "name": "X"})
    assert error.reply == 'Validation Failed; "postcode" can not be empty.; "country_id" can not be empty.'
    shop.magento.switch(mode="maintenance")
    assert isinstance(shop.failed("products", {"sku": TENT}), Unavailable)


@pytest.mark.parametrize("form", ["json", "text", "html"])
@pytest.mark.parametrize("mode", ["production", "developer"])
@pytest.mark.parametrize("show_trace", [False, True])
def test_a_trace_is_shown_only_when_asked_for(magento: Simulated, form: str, mode: str, show_trace: bool) -> None:
    shop = Shop(magento, show_trace=show_trace)
    shop.run("products", {"sku": TENT})
    magento.switch(failure=form, mode=mode)
    error = shop.failed("products", {"sku": TENT})
    assert error.status == 500 and "var/log" in error.hint and "<" not in error.reply
    assert ("#0" in error.reply) == (show_trace and form == "json" and mode == "developer")


def test_a_missing_permission_costs_one_login_and_names_the_resource(magento: Simulated) -> None:
    store = MemoryStore()
    for _task in range(3):
        with pytest.raises(NotAuthorised) as caught:
            magento.invoke(magento_resource, role="restricted", store=store, endpoint="taxRates", body={"code": "x"})
        assert "Magento_Tax::manage_tax" in caught.value.hint
    assert len(magento.journal("/token$")) == 1


def test_a_given_token_of_an_integration(magento: Simulated) -> None:
    options = {"endpoint": "products", "body": {"sku": TENT, "price": 349}, "token": magento.entry["integration_token"]}
    with pytest.raises(NotAuthorised) as caught:
        magento.invoke(magento_resource, **options)
    assert "enable_integration_as_bearer" in caught.value.hint and "Magento_Catalog::products" in caught.value.hint
    magento.switch(integration_bearer=True)
    assert magento.invoke(magento_resource, **options)["changed"] is False
    assert not magento.journal("/token$")


def test_a_slash_that_a_web_server_refuses_is_no_missing_product(shop: Shop) -> None:
    shop.magento.fault("status", "/products/", status=404, content_type="text/html", body="<html><body>Not Found</body></html>")
    error = shop.failed("products", {"sku": "a/b"}, state="absent")
    assert isinstance(error, NotFound) and "%2F" in error.hint
