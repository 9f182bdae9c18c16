# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first data of the Magento simulator: a fresh installation, an outdoor gear shop in it, or the shop of the recorded exchanges."""

from __future__ import annotations

from typing import Any

from . import _magento_attributes as attributes
from . import _magento_categories as categories
from . import _magento_cms as cms
from . import _magento_customers as customers
from . import _magento_inventory as inventory
from . import _magento_products as products
from . import _magento_salesrules as salesrules
from . import _magento_sets as sets
from ._magento_access import ROOT
from ._magento_errors import url_key
from ._magento_shop import ADMIN_STORE, AdminUser, Call, Caller, Integration, Shop

ADMINISTRATORS, EDITORS = "Administrators", "Catalogue editors"
EDITOR_RESOURCES = {"Magento_Catalog::products", "Magento_Catalog::categories", "Magento_Cms::block"}
MODULES = (
    "Magento_AsynchronousOperations Magento_Authorization Magento_Backend Magento_Catalog Magento_CatalogInventory Magento_Cms Magento_Config"
    " Magento_Customer Magento_Directory Magento_Eav Magento_Integration Magento_Inventory Magento_InventoryApi Magento_InventoryCatalog"
    " Magento_InventorySales Magento_ReCaptchaWebapiRest Magento_SalesRule Magento_Security Magento_Store Magento_Swagger Magento_Tax Magento_User"
    " Magento_Webapi Magento_WebapiAsync Magento_WebapiSecurity"
).split()
# Number, code, label, input type, storage, scope and whether it is required.
SYSTEM_ATTRIBUTES: tuple[tuple[int, str, str, str, str, str, bool], ...] = (
    (73, "name", "Product Name", "text", "varchar", "store", True),
    (74, "sku", "SKU", "text", "static", "global", True),
    (75, "description", "Description", "textarea", "text", "store", False),
    (76, "short_description", "Short Description", "textarea", "text", "store", False),
    (77, "price", "Price", "price", "decimal", "global", True),
    (78, "special_price", "Special Price", "price", "decimal", "global", False),
    (79, "special_from_date", "Special Price From Date", "date", "datetime", "website", False),
    (80, "special_to_date", "Special Price To Date", "date", "datetime", "website", False),
    (81, "cost", "Cost", "price", "decimal", "global", False),
    (82, "weight", "Weight", "text", "decimal", "global", False),
    (83, "manufacturer", "Manufacturer", "select", "int", "global", False),
    (84, "meta_title", "Meta Title", "text", "varchar", "store", False),
    (85, "meta_keyword", "Meta Keywords", "textarea", "text", "store", False),
    (86, "meta_description", "Meta Description", "textarea", "varchar", "store", False),
    (87, "image", "Base", "media_image", "varchar", "store", False),
    (88, "small_image", "Small", "media_image", "varchar", "store", False),
    (89, "thumbnail", "Thumbnail", "media_image", "varchar", "store", False),
    (93, "color", "Color", "select", "int", "global", False),
    (94, "news_from_date", "Set Product as New from Date", "date", "datetime", "website", False),
    (95, "news_to_date", "Set Product as New to Date", "date", "datetime", "website", False),
    (97, "status", "Enable Product", "select", "int", "website", False),
    (99, "visibility", "Visibility", "select", "int", "store", False),
    (104, "category_ids", "Categories", "text", "static", "global", False),
    (106, "options_container", "Display Product Options In", "select", "varchar", "store", False),
    (107, "required_options", "Required options", "text", "static", "store", False),
    (108, "has_options", "Has options", "text", "static", "store", False),
    (114, "country_of_manufacture", "Country of Manufacture", "select", "varchar", "website", False),
    (118, "msrp", "Manufacturer's Suggested Retail Price", "price", "decimal", "global", False),
    (119, "msrp_display_actual_price_type", "Display Actual Price", "select", "varchar", "website", False),
    (121, "url_key", "URL Key", "text", "varchar", "store", False),
    (132, "gift_message_available", "Allow Gift Message", "select", "varchar", "website", False),
    (136, "tax_class_id", "Tax Class", "select", "int", "website", False),
)
OUTDOOR_CATEGORIES = (
    (2, "Camping", ("Tents", "Sleeping bags", "Cooking")),
    (2, "Hiking", ("Backpacks", "Boots")),
    (2, "Climbing", ()),
)
# Sku, name, price, weight in kg, category, quantity, colour.
OUTDOOR_PRODUCTS: tuple[tuple[str, str, float, float, str, int, str], ...] = (
    ("tent-fjell-2", "Fjell Two-Person Tent", 349.0, 2.4, "Tents", 18, "Green"),
    ("tent-fjell-4", "Fjell Family Tent", 549.5, 5.1, "Tents", 7, "Green"),
    ("tarp-skog", "Skog Tarp 3 x 3", 89.95, 0.7, "Tents", 40, "Grey"),
    ("bag-natt-0", "Natt Down Sleeping Bag", 279.0, 1.1, "Sleeping bags", 25, "Blue"),
    ("bag-natt-10", "Natt Winter Sleeping Bag", 389.0, 1.6, "Sleeping bags", 0, "Blue"),
    ("mat-lett", "Lett Inflatable Mat", 129.0, 0.45, "Sleeping bags", 60, "Orange"),
    ("stove-ild", "Ild Gas Stove", 74.9, 0.095, "Cooking", 120, "Grey"),
    ("pot-set-ild", "Ild Titanium Pot Set", 94.0, 0.31, "Cooking", 33, "Grey"),
    ("pack-topp-45", "Topp 45 Backpack", 189.0, 1.3, "Backpacks", 22, "Orange"),
    ("pack-topp-65", "Topp 65 Backpack", 229.0, 1.8, "Backpacks", 14, "Green"),
    ("boot-stein", "Stein Leather Boots", 249.95, 1.5, "Boots", 31, "Grey"),
    ("rope-vegg-60", "Vegg 60 m Climbing Rope", 199.0, 3.8, "Climbing", 12, "Blue"),
)
PASSWORDS = {
    "admin": "mag-Admin-Change-me-42!",
    "restricted": "mag-Editor-Change-me-42!",
    "norole": "mag-Norole-Change-me-42!",
    "inactive": "mag-Former-Change-me-42!",
    "customer": "mag-Customer-Change-me-42!",
}
RECORDED_PASSWORDS = {"admin": "fake-admin-pw", "restricted": "fake-restricted-pw", "norole": "fake-norole-pw", "inactive": "fake-inactive-pw"}
OTP_SECRETS = {
    "admin": "M5UXMZLOMFZWK3TUMVZHK43FOJZQ2ZLO",
    "restricted": "OJSXG5DSNFRXIZLEN52XG2LTORUGC4TE",
    "norole": "NZXXE33MMVXG653JMRSWC5DBNRWGIYLZ",
    "inactive": "NFXGCY3UNF3GKZDPNZTSA43VMFXGIYLN",
}


def installation(shop: Shop, passwords: dict[str, str]) -> None:
    """What a fresh installation has, with the four admin users."""
    shop.websites = [
        {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
        {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
    ]
    shop.groups = [
        {"id": 0, "website_id": 0, "root_category_id": 0, "default_store_id": 0, "name": "Default", "code": "default"},
        {"id": 1, "website_id": 1, "root_category_id": 2, "default_store_id": 1, "name": "Main Website Store", "code": "main_website_store"},
    ]
    shop.views = [
        {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1, "locale": "en_US"},
        {"id": 1, "code": "default", "name": "Default Store View", "website_id": 1, "store_group_id": 1, "is_active": 1, "locale": "en_US"},
    ]
    shop.modules = list(MODULES)
    shop.roles = {ADMINISTRATORS: {ROOT}, EDITORS: set(EDITOR_RESOURCES)}
    roles = {"admin": ADMINISTRATORS, "restricted": EDITORS, "norole": None, "inactive": ADMINISTRATORS}
    shop.admins = [
        AdminUser(number, name, passwords[name], f"{name}@example.com", role, OTP_SECRETS[name], name != "inactive")
        for number, (name, role) in enumerate(roles.items(), 1)
    ]
    for number, code, label, kind, backend, scope, required in SYSTEM_ATTRIBUTES:
        attributes.add(shop, number, code, label, kind, backend_type=backend, scope=scope, is_required=required)
    shop.attributes.find(attribute_code="color")["is_user_defined"] = True  # type: ignore[index]
    shop.attributes.next_id = 150
    for number in (1, 2, 3, 5, 6, 7, 8):
        shop.attribute_sets.add({"attribute_set_name": "Default", "sort_order": 1, "entity_type_id": number}, "attribute_set_id", number)
    sets.add_set(shop, sets.DEFAULT_SET, {"attribute_set_name": "Default", "sort_order": 1}, [row["attribute_code"] for row in shop.attributes])
    categories.add(shop, 0, {"name": "Root Catalog", "is_active": True, "include_in_menu": True, "is_anchor": None}, 1)
    categories.add(shop, 1, {"name": "Default Category", "is_active": True, "include_in_menu": True, "is_anchor": "1"}, 2)
    for identifier, title, layout in (
        ("no-route", "404 Not Found", "2columns-right"),
        ("home", "Home page", "1column"),
        ("enable-cookies", "Enable Cookies", "1column"),
        ("privacy-policy-cookie-restriction-mode", "Privacy and Cookie Policy", "1column"),
    ):
        cms.add_page(shop, identifier, title, f"<p>{title}</p>\r\n", page_layout=layout, content_heading=title)
    shop.tax_classes.add({"class_name": "Taxable Goods", "class_type": "PRODUCT"}, "class_id", 2)
    shop.tax_classes.add({"class_name": "Retail Customer", "class_type": "CUSTOMER"}, "class_id", 3)
    for number, code in enumerate(("NOT LOGGED IN", "General", "Wholesale", "Retailer")):
        shop.customer_groups.add({"code": code, "tax_class_id": 3}, number=number)
    for state, region, percent in (("CA", 12, 8.25), ("NY", 43, 8.375)):
        values = {"tax_country_id": "US", "tax_region_id": region, "tax_postcode": "*", "rate": percent, "code": f"US-{state}-*-Rate 1", "titles": []}
        shop.tax_rates.add(values)
    place = {"country_id": "US", "postcode": "00000", "latitude": 0.0, "longitude": 0.0}
    inventory.add_source(shop, {"source_code": "default", "name": "Default Source", "description": "Default Source", **place})
    channels = {"sales_channels": [{"type": "website", "code": "base"}]}
    shop.stocks.add({"name": "Default Stock", "extension_attributes": channels}, "stock_id", 1)
    shop.stock_source_links[1, "default"] = {"stock_id": 1, "source_code": "default", "priority": 1}


def outdoor(shop: Shop, services: Any) -> None:
    """An outdoor gear shop with two store views, three warehouses and a few of everything."""
    installation(shop, PASSWORDS)
    shop.views.append({"id": 2, "code": "de", "name": "Deutsch", "website_id": 1, "store_group_id": 1, "is_active": 1, "locale": "de_DE"})
    shop.integrations = [
        Integration(
            1,
            "Warehouse sync",
            "c4k7v1q9x2m8z3b6n5l0w7t4r1y8p2s6",
            "h8d3f6j1g9a4e7u2i5o0k3c6v9b1n4m7",
            "x2z8l5w1t7r4y0p6s3d9f2g5h8j1k4q7",
            "b9n2m6v4c1x7z3l8w5t0r2y9p4s6d1f3",
            ADMINISTRATORS,
        )
    ]
    numbers: dict[str, int] = {}
    for parent, name, inner in OUTDOOR_CATEGORIES:
        numbers[name] = _category(shop, parent, name, "")
        for sub in inner:
            numbers[sub] = _category(shop, numbers[name], sub, url_key(name) + "/")
    _outdoor_attributes(shop)
    colours = {option["label"]: option["value"] for option in attributes.need(shop, "color")["options"]}
    call = Call(shop, Caller(), ADMIN_STORE, services)
    for sku, name, price, weight, category, quantity, colour in OUTDOOR_PRODUCTS:
        product = {
            "sku": sku,
            "name": name,
            "attribute_set_id": 9,
            "price": price,
            "weight": weight,
            "extension_attributes": {
                "category_links": [{"category_id": str(numbers[category]), "position": 0}],
                "stock_item": {"qty": float(quantity), "is_in_stock": quantity > 0},
            },
            "custom_attributes": [
                {"attribute_code": "description", "value": f"<p>{name}: made for long days outside.</p>"},
                {"attribute_code": "color", "value": colours[colour]},
            ],
        }
        products.save_product(call, product, False)
    products.find(shop, "tent-fjell-2")["values"].setdefault(2, {})["name"] = "Fjell Zelt für zwei"  # type: ignore[index]
    cms.add_page(shop, "about-us", "About us", "<p>We walk, climb and sleep outside.</p>", content_heading="About us", page_layout="1column")
    cms.add_page(shop, "shipping-and-returns", "Shipping and returns", "<p>Thirty days to change your mind.</p>", page_layout="1column")
    cms.add_block(shop, "footer-links", "Footer links", '<ul><li><a href="/about-us">About us</a></li></ul>')
    cms.add_block(shop, "winter-banner", "Winter banner", "<p>Sleeping bags for the cold half of the year.</p>")
    _outdoor_people(shop)
    _outdoor_rules(shop)
    germany = {"country_id": "DE", "region_id": 82, "region": "Berlin", "city": "Berlin", "postcode": "10115", "street": "Chausseestraße 1"}
    inventory.add_source(shop, {"source_code": "berlin", "name": "Berlin warehouse", **germany})
    netherlands = {"country_id": "NL", "city": "Utrecht", "postcode": "3511 AX", "street": "Oudegracht 1"}
    inventory.add_source(shop, {"source_code": "utrecht", "name": "Utrecht warehouse", **netherlands})
    shop.stocks.add({"name": "Europe", "extension_attributes": {"sales_channels": []}}, "stock_id")
    for priority, code in enumerate(("berlin", "utrecht"), 1):
        shop.stock_source_links[2, code] = {"stock_id": 2, "source_code": code, "priority": priority}
    for sku, amount in (("tent-fjell-2", 6.0), ("boot-stein", 11.0)):
        shop.source_items[sku, "berlin"] = {"sku": sku, "source_code": "berlin", "quantity": amount, "status": 1}


def _category(shop: Shop, parent: int, name: str, outer: str) -> int:
    key = url_key(name)
    values = {"name": name, "is_active": True, "include_in_menu": True, "url_key": key, "url_path": outer + key}
    return int(categories.add(shop, parent, values)["id"])


def _outdoor_attributes(shop: Shop) -> None:
    color = attributes.need(shop, "color")
    for order, label in enumerate(("Green", "Blue", "Orange", "Grey")):
        color["options"].append({"label": label, "value": str(shop.number("attribute_option")), "sort_order": order, "is_default": False})
    attributes.add(shop, None, "waterproof", "Waterproof", "boolean", scope="global", is_user_defined=True)
    season = attributes.add(shop, None, "season", "Season", "multiselect", scope="global", is_user_defined=True)
    for order, label in enumerate(("Spring", "Summer", "Autumn", "Winter")):
        season["options"].append({"label": label, "value": str(shop.number("attribute_option")), "sort_order": order, "is_default": False})
    sets.add_set(shop, 9, {"attribute_set_name": "Outdoor gear", "sort_order": 2}, [row["attribute_code"] for row in shop.attributes])


def _outdoor_people(shop: Shop) -> None:
    home = {
        "firstname": "Ada",
        "lastname": "Hill",
        "street": ["12 Ridge Road"],
        "city": "Boulder Creek",
        "postcode": "95006",
        "telephone": "555-0134",
        "country_id": "US",
        "region": {"region_id": 12},
        "default_billing": True,
        "default_shipping": True,
    }
    ada = {"email": "ada.hill@example.com", "firstname": "Ada", "lastname": "Hill", "addresses": [home]}
    customers.add(shop, 1, ada, PASSWORDS["customer"])
    customers.add(shop, 1, {"email": "bo.lake@example.com", "firstname": "Bo", "lastname": "Lake", "group_id": 2}, None)
    customers.add(shop, 2, {"email": "cleo.berg@example.com", "firstname": "Cleo", "lastname": "Berg"}, None)


def _outdoor_rules(shop: Shop) -> None:
    rule = {"code": "US goods", "priority": 0, "position": 0, "customer_tax_class_ids": [3], "product_tax_class_ids": [2], "tax_rate_ids": [1, 2]}
    shop.tax_rules.add({**rule, "calculate_subtotal": False})
    call = Call(shop, Caller(), ADMIN_STORE, None)
    salesrules.save_rule(
        call,
        {
            "name": "Ten per cent for wholesale",
            "description": "Wholesale customers pay less",
            "website_ids": [1],
            "customer_group_ids": [2],
            "is_active": True,
            "simple_action": "by_percent",
            "discount_amount": 10.0,
        },
    )


def recorded(shop: Shop) -> None:
    """The shop of the recorded exchanges: a fresh installation with its fake passwords and tokens."""
    installation(shop, RECORDED_PASSWORDS)
    shop.integrations = [
        Integration(
            1,
            "Recorded",
            "fake0consumer0key000000000000000",
            "fake0consumer0secret000000000000",
            "fake0integration0access0token000",
            "fake0integration0token0secret000",
            ADMINISTRATORS,
        )
    ]
