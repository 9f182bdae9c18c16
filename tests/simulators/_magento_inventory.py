# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources, stocks, their links and source items of the Magento simulator (contract §6.2)."""

from __future__ import annotations

import re

from ._magento_errors import CANNOT_BE_EMPTY, Parameters, bad_request, not_found, validation_failed
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import Call, Row, Shop

SOURCE, SOURCE_EDIT = "Magento_InventoryApi::source", "Magento_InventoryApi::source_edit"
STOCK, STOCK_EDIT, STOCK_DELETE = "Magento_InventoryApi::stock", "Magento_InventoryApi::stock_edit", "Magento_InventoryApi::stock_delete"
LINK, ASSIGN = "Magento_InventoryApi::stock_source_link", "Magento_InventoryApi::stock_source_item_assign"
SOURCES, STOCKS = "InventoryApi\\Api\\SourceRepositoryInterface", "InventoryApi\\Api\\StockRepositoryInterface"
SOURCE_MODEL, STOCK_MODEL = "Inventory\\Model\\SourceRepository", "Inventory\\Model\\StockRepository"
DEFAULT_SOURCE, DEFAULT_STOCK = "default", 1
STATUSES = (0, 1)
SOURCE_DEFAULTS: Row = {"enabled": True, "use_default_carrier_config": True, "carrier_links": []}
SOURCE_COLUMNS = (
    "source_code",
    "name",
    "enabled",
    "description",
    "latitude",
    "longitude",
    "country_id",
    "region_id",
    "region",
    "city",
    "street",
    "postcode",
    "contact_name",
    "email",
    "phone",
    "fax",
)
Errors = list[tuple[str, Parameters]]


def _empty(field: str) -> tuple[str, Parameters]:
    return CANNOT_BE_EMPTY, {"field": field}


def _code_errors(value: object) -> Errors:
    code = str(value or "")
    errors: Errors = [] if code.strip() else [_empty("source_code")]
    if re.search(r"\s", code):
        errors.append(('"%field" can not contain whitespaces.', {"field": "source_code"}))
    return errors


def add_source(shop: Shop, source: Row) -> Row:
    """Adds a source, or changes the one with this code."""
    code = source["source_code"]
    old = shop.sources.get(code, SOURCE_DEFAULTS)
    row = {**old, **{name: value for name, value in source.items() if value is not None}}
    row["extension_attributes"] = {
        "is_pickup_location_active": False,
        "frontend_name": row["name"],
        **(old.get("extension_attributes") or {}),
        **(source.get("extension_attributes") or {}),
    }
    shop.sources[code] = row
    return row


def need_source(shop: Shop, code: str) -> Row:
    if code not in shop.sources:
        raise not_found('Source with code "%value" does not exist.', parameters={"value": code})
    return shop.sources[code]


def need_stock(shop: Shop, number: int) -> Row:
    row = shop.stocks.get(number)
    if row is None:
        raise not_found(
            'There is no stock with "%fieldValue" for "%fieldName". Verify and try again.', parameters={"fieldName": "stock_id", "fieldValue": number}
        )
    return row


@route("GET", "inventory/sources", f"{SOURCES}::getList", SOURCE, parameters="searchCriteria:SearchCriteria", returns="SourceList")
def list_sources(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.sources.values(), search_criteria, SOURCE_COLUMNS)


@route("GET", "inventory/sources/:sourceCode", f"{SOURCES}::get", SOURCE, parameters="sourceCode:string", returns="Source")
def get_source(call: Call, source_code: str) -> Row:
    return need_source(call.shop, source_code)


@route("POST", "inventory/sources", f"{SOURCES}::save", SOURCE_EDIT, parameters="source:Source", implementation=SOURCE_MODEL)
@route("PUT", "inventory/sources/:sourceCode", f"{SOURCES}::save", SOURCE_EDIT, parameters="source:Source", implementation=SOURCE_MODEL)
def save_source(call: Call, source: Row) -> None:
    """Creates or changes; a change is checked as it was sent, so it needs what a new source needs (contract §6.2)."""
    errors = _code_errors(source.get("source_code"))
    errors += [_empty(field) for field in ("name", "postcode", "country_id") if not (source.get(field) or "").strip()]
    if errors:
        raise validation_failed(errors)
    add_source(call.shop, source)


@route("GET", "inventory/stocks", f"{STOCKS}::getList", STOCK, parameters="searchCriteria:SearchCriteria", returns="StockList")
def list_stocks(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.stocks, search_criteria, ("stock_id", "name"))


@route("GET", "inventory/stocks/:stockId", f"{STOCKS}::get", STOCK, parameters="stockId:int", returns="Stock")
def get_stock(call: Call, stock_id: int) -> Row:
    return need_stock(call.shop, stock_id)


@route("POST", "inventory/stocks", f"{STOCKS}::save", STOCK_EDIT, parameters="stock:Stock", returns="int", implementation=STOCK_MODEL)
@route("PUT", "inventory/stocks/:stockId", f"{STOCKS}::save", STOCK_EDIT, parameters="stock:Stock", returns="int", implementation=STOCK_MODEL)
def save_stock(call: Call, stock: Row) -> int:
    """Returns the number; a sales channel that another stock had moves."""
    shop = call.shop
    row = need_stock(shop, stock["stock_id"]) if stock.get("stock_id") else None
    name = (stock.get("name") or "").strip()
    if not name:
        raise validation_failed([_empty("name")])
    if any(other is not row and other["name"].lower() == name.lower() for other in shop.stocks):
        raise bad_request("Could not save Stock")
    if row is None:
        row = shop.stocks.add({"extension_attributes": {"sales_channels": []}}, "stock_id")
    row["name"] = name
    channels = (stock.get("extension_attributes") or {}).get("sales_channels")
    if channels is not None:
        for other in shop.stocks:
            kept = [channel for channel in other["extension_attributes"]["sales_channels"] if channel not in channels]
            other["extension_attributes"]["sales_channels"] = kept
        row["extension_attributes"]["sales_channels"] = list(channels)
    return int(row["stock_id"])


@route("DELETE", "inventory/stocks/:stockId", f"{STOCKS}::deleteById", STOCK_DELETE, parameters="stockId:int", implementation=STOCK_MODEL)
def delete_stock(call: Call, stock_id: int) -> None:
    shop = call.shop
    if stock_id == DEFAULT_STOCK:
        raise bad_request("Default Stock could not be deleted.")
    if need_stock(shop, stock_id)["extension_attributes"]["sales_channels"]:
        raise bad_request("Stock has at least one sale channel and could not be deleted.")
    shop.stocks.remove(stock_id)
    for key in [key for key in shop.stock_source_links if key[0] == stock_id]:
        del shop.stock_source_links[key]


@route(
    "GET",
    "inventory/source-items",
    "InventoryApi\\Api\\SourceItemRepositoryInterface::getList",
    SOURCE,
    parameters="searchCriteria:SearchCriteria",
    returns="SourceItemList",
)
def list_source_items(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.source_items.values(), search_criteria, ("sku", "source_code", "quantity", "status"))


@route(
    "POST",
    "inventory/source-items",
    "InventoryApi\\Api\\SourceItemsSaveInterface::execute",
    ASSIGN,
    parameters="sourceItems:SourceItem[]",
    implementation="Inventory\\Model\\SourceItem\\Command\\SourceItemsSave",
)
def save_source_items(call: Call, source_items: list[Row]) -> None:
    shop = call.shop
    _check_any(source_items)
    errors: Errors = []
    for item in source_items:
        if not (item.get("sku") or "").strip():
            errors.append(_empty("sku"))
        errors += _code_errors(item.get("source_code"))
        if item.get("quantity") is None:
            errors.append(('"%field" should be numeric.', {"field": "quantity"}))
        if item.get("status") not in STATUSES:
            errors.append(('"%field" should a known status.', {"field": "status"}))
    if errors:
        raise validation_failed(errors)
    if any(item["source_code"] not in shop.sources for item in source_items):
        raise bad_request("Could not save Source Item")
    for item in source_items:
        shop.source_items[item["sku"], item["source_code"]] = {name: item[name] for name in ("sku", "source_code", "quantity", "status")}


@route(
    "POST",
    "inventory/source-items-delete",
    "InventoryApi\\Api\\SourceItemsDeleteInterface::execute",
    ASSIGN,
    parameters="sourceItems:SourceItem[]",
    implementation="Inventory\\Model\\SourceItem\\Command\\SourceItemsDelete",
)
def delete_source_items(call: Call, source_items: list[Row]) -> None:
    _check_any(source_items)
    for item in source_items:
        call.shop.source_items.pop((item.get("sku") or "", item.get("source_code") or ""), None)


def _check_any(rows: list[Row]) -> None:
    if not rows:
        raise bad_request("Input data is empty")


@route(
    "GET",
    "inventory/stock-source-links",
    "InventoryApi\\Api\\GetStockSourceLinksInterface::execute",
    LINK,
    parameters="searchCriteria:SearchCriteria",
    returns="StockSourceLinkList",
)
def list_links(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.stock_source_links.values(), search_criteria, ("link_id", "stock_id", "source_code", "priority"))


@route(
    "POST",
    "inventory/stock-source-links",
    "InventoryApi\\Api\\StockSourceLinksSaveInterface::execute",
    LINK,
    parameters="links:StockSourceLink[]",
    implementation="Inventory\\Model\\StockSourceLink\\Command\\StockSourceLinksSave",
)
def save_links(call: Call, links: list[Row]) -> None:
    shop = call.shop
    _check_any(links)
    errors: Errors = []
    for link in links:
        if not link.get("stock_id"):
            errors.append(_empty("stock_id"))
        errors += _code_errors(link.get("source_code"))
        if (link.get("priority") or 0) <= 0:
            errors.append(('"%field" should be greater then 0.', {"field": "priority"}))
        if link.get("stock_id") == DEFAULT_STOCK or link.get("source_code") == DEFAULT_SOURCE:
            errors.append(("Can not save link related to Default Source or Default Stock", []))
    if errors:
        raise validation_failed(errors)
    if any(shop.stocks.get(link["stock_id"]) is None or link["source_code"] not in shop.sources for link in links):
        raise bad_request("Could not save StockSourceLinks")
    for link in links:
        shop.stock_source_links[link["stock_id"], link["source_code"]] = {name: link[name] for name in ("stock_id", "source_code", "priority")}


@route(
    "POST",
    "inventory/stock-source-links-delete",
    "InventoryApi\\Api\\StockSourceLinksDeleteInterface::execute",
    LINK,
    parameters="links:StockSourceLink[]",
    implementation="Inventory\\Model\\StockSourceLink\\Command\\StockSourceLinksDelete",
)
def delete_links(call: Call, links: list[Row]) -> None:
    _check_any(links)
    if any(link.get("stock_id") == DEFAULT_STOCK or link.get("source_code") == DEFAULT_SOURCE for link in links):
        raise validation_failed([("Can not delete link related to Default Source or Default Stock", [])])
    for link in links:
        call.shop.stock_source_links.pop((link.get("stock_id") or 0, link.get("source_code") or ""), None)
