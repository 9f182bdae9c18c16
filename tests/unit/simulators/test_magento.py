# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: URLs, order of checks, permissions, modes, control actions and journal (contract §2, §5, §7)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.simulators._core import ControlError
from tests.simulators._magento_routes import ROUTES
from tests.simulators._magento_shop import RELEASES
from tests.simulators._magento_types import INTERFACES
from tests.simulators.magento import Magento

from ._magento import CREDENTIALS, SIGN_IN, Client, criteria

NO_PROCESSOR = '{"message":"Specified request cannot be processed."}'
NO_ROUTE = '{"message":"Request does not match any route."}'
TOKEN = "V1/integration/admin/token"


@pytest.fixture
def shop() -> Client:
    return Client()


@pytest.mark.parametrize("prefix", ["/rest/V1", "/rest/default/V1", "/rest/all/V1", "/index.php/rest/V1", "/rest//V1", "/rest/de/V1"])
@pytest.mark.parametrize("end", ["", "/"])
def test_url_forms_that_are_accepted(shop: Client, prefix: str, end: str) -> None:
    answer = shop.send("GET", f"{prefix}/modules{end}", {"Authorization": f"Bearer {shop.token()}"})
    assert (answer.status, answer.headers["x-frame-options"], answer.headers["cache-control"]) == (200, "SAMEORIGIN", "no-store")


@pytest.mark.parametrize("path", ["nosuchstore/V1/modules", "admin/V1/modules", "", "/", "v1/modules", "default", "async/V1x"])
def test_url_forms_without_a_processor(shop: Client, path: str) -> None:
    answer = shop.send("GET", f"/rest/{path}" if path else "/rest")
    assert (answer.status, answer.text) == (400, NO_PROCESSOR)
    assert "x-frame-options" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["V2/modules", "V1/nosuch", "V1/products/a/b/c/d", "V1/integration/admin/token", "V1//modules"])
def test_unknown_paths_and_wrong_methods_have_no_route(shop: Client, method: str, path: str) -> None:
    answer = shop.call(method, path)
    assert (answer.status, answer.text) == (404, NO_ROUTE)


@pytest.mark.parametrize(
    ("release", "status", "message"), [("2.4.4", 400, "Request method is invalid."), ("2.4.5", 405, "The PATCH HTTP method is not supported.")]
)
def test_other_methods(shop: Client, release: str, status: int, message: str) -> None:
    shop.simulator.switch(release=release)
    answer = shop.call("PATCH", TOKEN, {}, token="")
    assert (answer.status, answer.json()) == (status, {"message": message})
    assert "allow" not in answer.headers
    assert shop.call("OPTIONS", "V1/nosuch", token="").status == status
    head = shop.call("HEAD", "V1/modules", token="")
    assert (head.status, head.text) == (status, "")


def test_method_override_is_ignored(shop: Client) -> None:
    assert shop.call("POST", "V1/store/websites", X_HTTP_Method_Override="GET").status == 404


def test_the_storefront_is_not_the_service(shop: Client) -> None:
    answer = shop.send("GET", "/V1/modules")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=UTF-8")


def test_path_variables_are_decoded_once(shop: Client) -> None:
    shop.ok("POST", "V1/products", {"product": {"sku": "sim/3 é", "name": "x", "attribute_set_id": 4, "price": 1}})
    assert shop.ok("GET", "V1/products/sim%2F3%20%C3%A9")["sku"] == "sim/3 é"
    assert "sim\\/3 \\u00e9" in shop.call("GET", "V1/products/sim%2F3%20%C3%A9").text
    assert shop.call("GET", "V1/products/sim%252F3%2520%25C3%25A9").status == 404


def test_authorization_comes_before_the_body_and_after_the_route(shop: Client) -> None:
    broken = shop.call("POST", "V1/products", "{", token="")
    assert (broken.status, broken.json()["parameters"]) == (401, {"resources": "Magento_Catalog::products"})
    assert shop.call("POST", "V1/nosuch", "{", token="").status == 404
    assert shop.call("POST", "V1/products", "{").json() == {"message": "Decoding error."}


def test_a_literal_path_wins_over_a_variable(shop: Client) -> None:
    assert "items" in shop.ok("GET", f"V1/products/attributes?{criteria(pageSize='1')}")
    assert shop.ok("GET", "V1/products/tent-fjell-2")["sku"] == "tent-fjell-2"
    assert shop.call("GET", "V1/customers/me").json()["parameters"] == {"fieldName": "customerId"}


def test_the_session_cookie(shop: Client) -> None:
    cookie = re.compile(r"PHPSESSID=[a-z0-9]{26}; path=/; secure; HttpOnly; SameSite=Lax")
    assert cookie.fullmatch(shop.login("admin", "wrong").headers["set-cookie"])
    assert cookie.fullmatch(shop.login(CREDENTIALS["username"], CREDENTIALS["password"]).headers["set-cookie"])
    unauthorized = shop.call("GET", "V1/modules", token="")
    assert cookie.fullmatch(unauthorized.headers["set-cookie"])
    assert not {"www-authenticate", "retry-after"} & set(unauthorized.headers)
    assert "set-cookie" not in shop.call("GET", "V1/modules").headers


def test_developer_mode_shows_traces_but_none_of_routing(shop: Client) -> None:
    shop.simulator.switch(mode="developer")
    assert shop.call("GET", "V1/nosuch").text == '{"message":"Request does not match any route.","trace":null}'
    assert shop.call("PATCH", "V1/modules").json()["trace"] is None
    missing = shop.call("GET", "V1/cmsPage/999").json()
    assert list(missing) == ["message", "parameters", "trace"]
    assert missing["parameters"] == [999]


def test_maintenance_mode(shop: Client) -> None:
    shop.simulator.switch(mode="maintenance")
    for path in ("/rest/V1/modules", "/rest", "/"):
        answer = shop.send("GET", path)
        assert (answer.status, answer.headers["content-type"], answer.headers["x-frame-options"]) == (503, "text/html; charset=UTF-8", "SAMEORIGIN")
        assert "retry-after" not in answer.headers


def test_the_forms_of_an_internal_error(shop: Client) -> None:
    token = shop.token()
    shop.simulator.switch(failure="json")
    masked = shop.call("GET", "V1/modules", token=token)
    assert masked.status == 500
    assert re.fullmatch(r"Internal Error\. Details are available in Magento log file\. Report ID: webapi-[0-9a-f]{13}", masked.json()["message"])
    assert shop.call("GET", "V1/modules", token="").status == 401
    shop.simulator.switch(mode="developer")
    assert shop.call("GET", "V1/modules", token=token).json()["message"].startswith("SQLSTATE")
    shop.simulator.switch(mode="production", failure="text")
    text = shop.call("GET", "V1/modules", token=token)
    assert (text.status, text.headers["content-type"]) == (500, "text/plain;charset=UTF-8")
    assert text.text == "An error has happened during application run. See exception log for details.\n"
    shop.simulator.switch(failure="html")
    assert shop.call("GET", "V1/modules", token=token).headers["content-type"] == "text/html; charset=UTF-8"


def test_plain_lists(shop: Client) -> None:
    assert [view["code"] for view in shop.ok("GET", "V1/store/storeViews")] == ["admin", "default", "de"]
    assert shop.ok("GET", "V1/store/storeGroups")[1]["root_category_id"] == 2
    configs = shop.ok("GET", "V1/store/storeConfigs?storeCodes[]=de")
    assert [(config["code"], config["locale"]) for config in configs] == [("de", "de_DE")]
    assert len(shop.ok("GET", "V1/store/storeConfigs")) == 2
    modules = shop.ok("GET", "V1/modules")
    assert "Magento_JwtUserToken" in modules
    shop.simulator.switch(plain_list_order="reversed")
    assert shop.ok("GET", "V1/modules") == modules[::-1]
    assert [view["code"] for view in shop.ok("GET", "V1/store/storeViews")] == ["de", "default", "admin"]


def test_directory(shop: Client) -> None:
    country = shop.call("GET", "V1/directory/countries/US", token="").json()
    assert {"id": "12", "code": "CA", "name": "California"} in country["available_regions"]
    assert len(shop.call("GET", "V1/directory/countries", token="").json()) > 3
    assert shop.call("GET", "V1/directory/countries/XX", token="").status == 404


def test_schema_shows_what_the_caller_may_use(shop: Client) -> None:
    guest = shop.call("GET", "default/schema?services=all", token="", Accept="application/xml")
    assert (guest.status, guest.headers["content-type"]) == (200, "application/json")
    admin = shop.call("GET", "all/schema").json()
    assert "/V1/customers" in guest.json()["paths"]
    assert "/V1/products/{sku}" not in guest.json()["paths"]
    assert set(admin["paths"]["/V1/products/{sku}"]) == {"get", "put", "delete"}
    assert (admin["swagger"], admin["basePath"]) == ("2.0", "/rest/all")
    assert list(admin["definitions"]["error-response"]["properties"]) == ["message", "errors", "code", "parameters", "trace"]
    assert admin["definitions"]["error-response"]["required"] == ["message"]
    assert admin["definitions"]["catalog-data-product-interface"]["properties"]["price"] == {"type": "number"}
    one = shop.call("GET", "default/schema?services=catalogProductRepositoryV1").json()
    assert set(one["paths"]) == {"/V1/products", "/V1/products/{sku}"}
    asynchronous = shop.call("GET", "default/async/schema").json()
    assert set(asynchronous["paths"]["/async/V1/products"]) == {"post"}
    assert shop.call("GET", "default/schema?services=noSuchV1").status == 500


def test_permissions(shop: Client) -> None:
    restricted = shop.token("restricted_")
    assert shop.call("GET", f"V1/products?{criteria()}", token=restricted).status == 200
    assert shop.call("GET", "V1/categories", token=restricted).status == 200
    assert shop.call("GET", "V1/cmsBlock/1", token=restricted).status == 200
    for method, path, resource in (
        ("GET", "V1/modules", "Backend::admin"),
        ("GET", "V1/store/websites", "Backend::store"),
        ("GET", "V1/customers/1", "Customer::customer"),
        ("PUT", "V1/customers/1", "Customer::manage"),
        ("DELETE", "V1/customers/1", "Customer::delete"),
        ("GET", "V1/customerGroups/1", "Customer::group"),
        ("GET", "V1/cmsPage/1", "Cms::page"),
        ("POST", "V1/cmsPage", "Cms::save"),
        ("DELETE", "V1/cmsPage/1", "Cms::page_delete"),
        ("GET", "V1/products/attributes/color", "Catalog::attributes_attributes"),
        ("GET", "V1/products/attribute-sets/4", "Catalog::sets"),
        ("GET", "V1/taxRules/1", "Tax::manage_tax"),
        ("GET", "V1/salesRules/1", "SalesRule::quote"),
        ("GET", "V1/inventory/sources", "InventoryApi::source"),
        ("POST", "V1/inventory/sources", "InventoryApi::source_edit"),
        ("GET", "V1/inventory/stocks", "InventoryApi::stock"),
        ("PUT", "V1/inventory/stocks/1", "InventoryApi::stock_edit"),
        ("DELETE", "V1/inventory/stocks/2", "InventoryApi::stock_delete"),
        ("GET", "V1/inventory/stock-source-links", "InventoryApi::stock_source_link"),
        ("GET", "V1/inventory/source-items", "InventoryApi::source"),
        ("POST", "V1/inventory/source-items", "InventoryApi::stock_source_item_assign"),
        ("GET", "V1/bulk", "Logging::system_magento_logging_bulk_operations"),
    ):
        refused = shop.call(method, path, token=restricted)
        assert refused.status == 401, path
        assert refused.json() == {"message": "The consumer isn't authorized to access %resources.", "parameters": {"resources": f"Magento_{resource}"}}
        assert shop.call(method, path, token="").text == refused.text


def test_a_role_that_allows_a_node_allows_what_is_below_it(shop: Client) -> None:
    shop.simulator.shop.roles["Catalogue editors"] = {"Magento_Backend::admin"}
    restricted = shop.token("restricted_")
    assert shop.call("GET", "V1/taxRules/1", token=restricted).status == 200
    # Only the role that allows everything passes a resource that is not in the tree.
    assert shop.call("GET", "V1/customers/me", token=restricted).json()["parameters"] == {"resources": "self"}
    assert shop.call("GET", "V1/customers/me").json()["parameters"] == {"fieldName": "customerId"}


@pytest.mark.parametrize("release", RELEASES)
def test_texts_by_release(shop: Client, release: str) -> None:
    shop.simulator.switch(profile="jwt" if release >= "2.4.4" else "legacy" if release == "2.1.8" else "opaque", release=release)
    old = release < "2.3"
    failed = shop.login("admin", "wrong").json()["message"]
    assert failed == ("You did not sign in correctly or your account is temporarily disabled." if old else SIGN_IN)
    missing = shop.call("POST", TOKEN, {"username": "admin"}, "").json()["message"]
    assert missing == ("%fieldName is a required field." if old else '"%fieldName" is required. Enter and try again.')
    unauthorized = shop.call("GET", "V1/modules", token="").json()["message"]
    assert unauthorized == ("Consumer is not authorized to access %resources" if old else "The consumer isn't authorized to access %resources.")
    assert shop.call("PATCH", "V1/modules", token="").status == (405 if release >= "2.4.5" else 400)
    revoke = shop.call("POST", "V1/integration/customer/revoke-customer-token", token="")
    assert revoke.status == (401 if release >= "2.4.6" else 404)


def test_profiles_and_releases_that_do_not_fit(shop: Client) -> None:
    with pytest.raises(ControlError, match="no tokens of the profile 'jwt'"):
        shop.simulator.switch(release="2.4.3")
    with pytest.raises(ControlError, match="legacy"):
        shop.simulator.switch(profile="legacy", release="2.1.9")
    shop.simulator.switch(profile="opaque", release="2.4.7")
    assert shop.simulator.shop.release == (2, 4, 7)
    shop.simulator.switch(profile="legacy", release="")
    assert shop.simulator.shop.release == (2, 1, 8)


def test_every_switch_is_read_and_says_what_it_does() -> None:
    simulator = Magento()
    for name, switch in simulator.SWITCHES.items():
        assert switch.about, name
        for choice in switch.choices:
            assert switch.check(name, choice) == choice


def test_route_table() -> None:
    assert {route.method for route in ROUTES} == {"GET", "POST", "PUT", "DELETE"}
    for route in ROUTES:
        types = [route.returns.removesuffix("[]"), *(parameter.type.removesuffix("[]") for parameter in route.parameters)]
        assert all(type_ in (*INTERFACES, "", "int", "string", "boolean", "bool", "array") for type_ in types), route
        assert route.implementation.startswith("Magento\\")
        variables = [part[1:] for part in route.path.split("/") if part.startswith(":")]
        names = {parameter.name for parameter in route.parameters}
        assert all(name in names or route.method == "PUT" for name in variables), route.path


def test_reset_and_seed_recorded(shop: Client) -> None:
    shop.ok("DELETE", "V1/products/tarp-skog")
    shop.simulator.seed_recorded()
    assert (len(shop.simulator.shop.products), shop.simulator.settings()["password"]) == (0, "fake-admin-pw")
    assert "customer_username" not in shop.simulator.settings()
    shop.simulator.reset()
    assert shop.simulator.get_entity("product", "tarp-skog")["name"] == "Skog Tarp 3 x 3"


@pytest.mark.parametrize(
    ("kind", "key", "member", "value"),
    [
        ("product", "TENT-fjell-2", "sku", "tent-fjell-2"),
        ("category", 2, "name", "Default Category"),
        ("attribute", "color", "attribute_id", 93),
        ("attribute_set", 9, "attribute_set_name", "Outdoor gear"),
        ("page", "2", "identifier", "home"),
        ("block", 1, "identifier", "footer-links"),
        ("customer", 1, "email", "ada.hill@example.com"),
        ("customer_group", 3, "code", "Retailer"),
        ("tax_class", 2, "class_type", "PRODUCT"),
        ("tax_rate", 1, "region_name", "CA"),
        ("tax_rule", 1, "code", "US goods"),
        ("sales_rule", 1, "discount_amount", 10),
        ("source", "berlin", "city", "Berlin"),
        ("stock", 2, "name", "Europe"),
    ],
)
def test_get_entity(shop: Client, kind: str, key: str | int, member: str, value: Any) -> None:
    assert shop.simulator.get_entity(kind, key)[member] == value


def test_get_entity_of_a_store_and_of_nothing(shop: Client) -> None:
    assert shop.simulator.get_entity("product", "tent-fjell-2", "de")["name"] == "Fjell Zelt für zwei"
    for arguments in (("product", "none"), ("nokind", 1), ("product", "tarp-skog", "nostore")):
        with pytest.raises(ControlError):
            shop.simulator.get_entity(*arguments)


def test_actions_are_offered_on_the_control_port() -> None:
    wanted = "lock unlock set_two_factor otp run_consumer get_entity revoke_admin change_password seed_recorded mails set_active switch reset"
    assert set(wanted.split()) <= set(Magento.actions())
    assert all(Magento.actions().values())


def test_the_journal_shows_no_secret(shop: Client) -> None:
    shop.simulator.set_two_factor("enrolled")
    code = shop.simulator.otp("admin")
    body = {**CREDENTIALS, "otp": code}
    token = shop.call("POST", "V1/tfa/provider/google/authenticate", body, "").json()
    shop.call("GET", "V1/modules", token=token)
    shop.send("POST", f"/rest/{TOKEN}?username=admin&password=mag-Admin-Change-me-42!")
    shop.call("POST", TOKEN, "<x><username>admin</username><password>mag-Admin-Change-me-43!</password></x>", "", Content_Type="text/xml")
    shop.call("POST", "V1/customers", {"customer": {"email": "n@example.com"}, "password": 'New"pass/word1'}, "")
    shop.call("POST", TOKEN, {"username": "admin", "password": "aGuess99"}, "")
    text = json.dumps(shop.simulator.journal)
    for secret in (CREDENTIALS["password"], "Admin-Change-me-43", "pass/word1", "pass\\\\/word1", "aGuess99", token, f'otp\\": \\"{code}'):
        assert secret not in text, secret
    assert [entry["status"] for entry in shop.simulator.journal] == [200, 200, 400, 401, 400, 401]
    assert shop.simulator.journal[1]["headers"]["authorization"].startswith("Bearer sha256:")
    assert shop.simulator.journal[2]["query"] == "username=admin&password=***"


def test_settings_have_a_distinct_secret_for_every_account(shop: Client) -> None:
    secrets = [value for name, value in shop.settings.items() if name.endswith(("password", "secret"))]
    assert len(secrets) == len(set(secrets)) >= 8
    assert all(len(secret) > 20 for secret in secrets)
    assert len(shop.settings["integration_token"]) == 32
