# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stores, modules and directory of the Magento simulator: plain lists without search (contract §6.1, §6.2, §6.4)."""

from __future__ import annotations

from typing import Any

from ._magento_errors import not_found
from ._magento_routes import ANONYMOUS, route
from ._magento_shop import Call, Row

STORE = "Magento_Backend::store"
COUNTRIES: dict[str, tuple[str, str, dict[str, tuple[str, str]]]] = {
    "AT": ("AUT", "Austria", {"95": ("WI", "Wien"), "102": ("TI", "Tirol")}),
    "DE": ("DEU", "Germany", {"81": ("BAY", "Bayern"), "82": ("BER", "Berlin")}),
    "GB": ("GBR", "United Kingdom", {}),
    "NL": ("NLD", "Netherlands", {}),
    "US": ("USA", "United States", {"12": ("CA", "California"), "43": ("NY", "New York"), "57": ("TX", "Texas")}),
}
"""Countries by two-letter code: three letters, name, regions by number."""


def regions() -> dict[int, tuple[str, str, str]]:
    """Country, code and name of every region by its number."""
    return {int(number): (country, code, name) for country, (_three, _name, known) in COUNTRIES.items() for number, (code, name) in known.items()}


def plain_list(call: Call, rows: list[Any]) -> list[Any]:
    """A list that has no order of its own: the switch turns it round."""
    return rows[::-1] if call.shop.on("plain_list_order") == "reversed" else rows


@route("GET", "store/websites", "Store\\Api\\WebsiteRepositoryInterface::getList", STORE, returns="Website[]")
def websites(call: Call) -> list[Row]:
    return plain_list(call, call.shop.websites)


@route("GET", "store/storeViews", "Store\\Api\\StoreRepositoryInterface::getList", STORE, returns="StoreView[]")
def store_views(call: Call) -> list[Row]:
    return plain_list(call, call.shop.views)


@route("GET", "store/storeGroups", "Store\\Api\\GroupRepositoryInterface::getList", STORE, returns="StoreGroup[]")
def store_groups(call: Call) -> list[Row]:
    return plain_list(call, call.shop.groups)


@route(
    "GET",
    "store/storeConfigs",
    "Store\\Api\\StoreConfigManagerInterface::getStoreConfigs",
    STORE,
    parameters="storeCodes:string[]=null",
    returns="StoreConfig[]",
)
def store_configs(call: Call, store_codes: list[str] | None) -> list[Row]:
    views = [view for view in call.shop.views if view["id"] != 0 and (store_codes is None or view["code"] in store_codes)]
    return plain_list(call, [_store_config(call, view) for view in views])


def _store_config(call: Call, view: Row) -> Row:
    base = call.shop.base_url
    urls = {"base_url": base, "base_link_url": base, "base_static_url": f"{base}static/version1/", "base_media_url": f"{base}media/"}
    return {
        **{name: view[name] for name in ("id", "code", "website_id", "locale")},
        "base_currency_code": "USD",
        "default_display_currency_code": "USD",
        "timezone": "UTC",
        "weight_unit": "kgs",
        **urls,
        **{f"secure_{name}": url for name, url in urls.items()},
    }


@route("GET", "modules", "Backend\\Service\\V1\\ModuleServiceInterface::getModules", "Magento_Backend::admin", returns="string[]")
def modules(call: Call) -> list[str]:
    names = list(call.shop.modules)
    if call.shop.has_two_factor:
        names.append("Magento_TwoFactorAuth")
    if call.shop.on("profile") == "jwt":
        names.append("Magento_JwtUserToken")
    return plain_list(call, sorted(names))


@route("GET", "directory/currency", "Directory\\Api\\CurrencyInformationAcquirerInterface::getCurrencyInfo", ANONYMOUS, returns="CurrencyInformation")
def currency(call: Call) -> Row:
    return {
        "base_currency_code": "USD",
        "base_currency_symbol": "$",
        "default_display_currency_code": "USD",
        "default_display_currency_symbol": "$",
        "available_currency_codes": ["USD"],
        "exchange_rates": [{"currency_to": "USD", "rate": 1}],
    }


@route("GET", "directory/countries", "Directory\\Api\\CountryInformationAcquirerInterface::getCountriesInfo", ANONYMOUS, returns="CountryInformation[]")
def countries(call: Call) -> list[Row]:
    return plain_list(call, [_country(code) for code in COUNTRIES])


@route(
    "GET",
    "directory/countries/:countryId",
    "Directory\\Api\\CountryInformationAcquirerInterface::getCountryInfo",
    ANONYMOUS,
    parameters="countryId:string",
    returns="CountryInformation",
)
def country(call: Call, country_id: str) -> Row:
    if country_id not in COUNTRIES:
        raise not_found("The country isn't available.")
    return _country(country_id)


def _country(code: str) -> Row:
    three, name, known = COUNTRIES[code]
    available = [{"id": number, "code": region_code, "name": region} for number, (region_code, region) in known.items()]
    return {
        "id": code,
        "two_letter_abbreviation": code,
        "three_letter_abbreviation": three,
        "full_name_locale": name,
        "full_name_english": name,
        "available_regions": available or None,
    }
