# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CMS pages and blocks of the Magento simulator (contract §6.2)."""

from __future__ import annotations

import re

from ._magento_errors import URL_KEY, WebapiError, bad_request, not_found, url_key
from ._magento_routes import route
from ._magento_search import search
from ._magento_shop import ADMIN_STORE, Call, Row, Shop, Table

PAGES, BLOCKS = "Cms\\Api\\PageRepositoryInterface", "Cms\\Api\\BlockRepositoryInterface"
READ, SAVE, DELETE, BLOCK = "Magento_Cms::page", "Magento_Cms::save", "Magento_Cms::page_delete", "Magento_Cms::block"
PAGE_COLUMNS = (
    "page_id",
    "id",
    "identifier",
    "title",
    "page_layout",
    "meta_title",
    "meta_keywords",
    "meta_description",
    "content_heading",
    "content",
    "creation_time",
    "update_time",
    "sort_order",
    "is_active",
    "active",
    "store_id",
)
BLOCK_COLUMNS = ("block_id", "id", "identifier", "title", "content", "creation_time", "update_time", "is_active", "active", "store_id")


def _value(row: Row, field: str) -> object:
    if field in ("page_id", "block_id"):
        return row["id"]
    if field == "store_id":
        return row["stores"]
    return row.get("active" if field == "is_active" else field)


def _overlaps(table: Table, identifier: str, stores: list[int], own: Row | None) -> bool:
    """Whether another row has this identifier in one of these stores; the global scope is all of them."""
    return any(
        row is not own and row["identifier"] == identifier and (set(row["stores"]) & set(stores) or ADMIN_STORE in (*row["stores"], *stores)) for row in table
    )


def _kept(shop: Shop, row: Row | None) -> Row:
    """What a change leaves of the members that are not sent: all, or nothing but when it was made and where it belongs."""
    if row is None or shop.on("omitted_members") == "kept":
        return dict(row or {})
    return {name: value if name in ("id", "stores", "creation_time", "sort_order", "active") else None for name, value in row.items()}


def add_page(shop: Shop, identifier: str, title: str, content: str, stores: list[int] | None = None, **more: object) -> Row:
    now = shop.timestamp()
    return shop.pages.add(
        {
            "identifier": identifier,
            "title": title,
            "content": content,
            "sort_order": "0",
            "active": True,
            "creation_time": now,
            "update_time": now,
            "stores": stores or [ADMIN_STORE],
            **more,
        }
    )


def add_block(shop: Shop, identifier: str, title: str, content: str, stores: list[int] | None = None) -> Row:
    now = shop.timestamp()
    values = {"identifier": identifier, "title": title, "content": content, "active": True, "creation_time": now, "update_time": now}
    return shop.blocks.add({**values, "stores": stores or [ADMIN_STORE]})


def need_page(shop: Shop, number: object) -> Row:
    row = shop.pages.get(number)
    if row is None:
        raise not_found('The CMS page with the "%1" ID doesn\'t exist.', parameters=[number])
    return row


def need_block(shop: Shop, number: object) -> Row:
    row = shop.blocks.get(number)
    if row is None:
        raise not_found('The CMS block with the "%1" ID doesn\'t exist.', parameters=[number])
    return row


@route("GET", "cmsPage/:pageId", f"{PAGES}::getById", READ, parameters="pageId:int", returns="Page")
def get_page(call: Call, page_id: int) -> Row:
    return need_page(call.shop, page_id)


@route("GET", "cmsPage/search", f"{PAGES}::getList", READ, parameters="searchCriteria:SearchCriteria", returns="PageList")
def list_pages(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.pages, search_criteria, PAGE_COLUMNS, _value, exact_paging=True)


@route("DELETE", "cmsPage/:pageId", f"{PAGES}::deleteById", DELETE, parameters="pageId:int", returns="boolean")
def delete_page(call: Call, page_id: int) -> bool:
    call.shop.pages.remove(need_page(call.shop, page_id)["id"])
    return True


@route("POST", "cmsPage", f"{PAGES}::save", SAVE, parameters="page:Page", returns="Page")
@route("PUT", "cmsPage/:id", f"{PAGES}::save", SAVE, parameters="page:Page", returns="Page")
def save_page(call: Call, page: Row) -> Row:
    """The answer to a new page is what was sent; that to a changed one has all but the time of the change (contract §6.2)."""
    shop = call.shop
    row = need_page(shop, page["id"]) if page.get("id") else None
    given = {name: value for name, value in page.items() if value is not None and name != "id"}
    merged = {**_kept(shop, row), **given}
    # Without an identifier the page gets one from its title, also when it had one.
    merged["identifier"] = given.get("identifier") or url_key(merged.get("title") or "")
    stores = row["stores"] if row else [call.store_id]
    _check_identifier(shop, merged["identifier"], stores, row)
    if row:
        row.update(merged, update_time=shop.timestamp())
        return {**row, "update_time": None}
    defaults = {"sort_order": "0", "active": True, "creation_time": shop.timestamp(), "update_time": shop.timestamp(), "stores": stores}
    row = shop.pages.add({**defaults, **merged})
    return {"active": False, **merged, "id": row["id"]}  # The answer does not know the column's default.


def _check_identifier(shop: Shop, identifier: str, stores: list[int], own: Row | None) -> None:
    reason = ""
    if re.fullmatch(r"[0-9]+", identifier):
        reason = "The page URL key can't use only numbers. Add letters or symbols and try again."
    elif not re.fullmatch(r"[a-z0-9][a-z0-9_/-]+(\.[a-z0-9_-]+)?", identifier):
        reason = "The page URL key can't use capital letters or disallowed symbols. Remove the letters and symbols and try again."
    elif _overlaps(shop.pages, identifier, stores, own):
        reason = URL_KEY
    if reason:
        raise _could_not_save(reason)


def _could_not_save(reason: str) -> WebapiError:
    return bad_request("Could not save the page: %1", [reason])


@route("GET", "cmsBlock/:blockId", f"{BLOCKS}::getById", BLOCK, parameters="blockId:int", returns="Block")
def get_block(call: Call, block_id: int) -> Row:
    return need_block(call.shop, block_id)


@route("GET", "cmsBlock/search", f"{BLOCKS}::getList", BLOCK, parameters="searchCriteria:SearchCriteria", returns="BlockList")
def list_blocks(call: Call, search_criteria: Row) -> Row:
    return search(call, call.shop.blocks, search_criteria, BLOCK_COLUMNS, _value)


@route("DELETE", "cmsBlock/:blockId", f"{BLOCKS}::deleteById", BLOCK, parameters="blockId:int", returns="boolean")
def delete_block(call: Call, block_id: int) -> bool:
    call.shop.blocks.remove(need_block(call.shop, block_id)["id"])
    return True


@route("POST", "cmsBlock", f"{BLOCKS}::save", BLOCK, parameters="block:Block", returns="Block")
@route("PUT", "cmsBlock/:id", f"{BLOCKS}::save", BLOCK, parameters="block:Block", returns="Block")
def save_block(call: Call, block: Row) -> Row:
    shop = call.shop
    row = need_block(shop, block["id"]) if block.get("id") else None
    given = {name: value for name, value in block.items() if value is not None and name != "id"}
    # A change puts the block into the store view of the URL, and out of all others.
    stores = [call.store_id]
    merged = {**_kept(shop, row), **given, "stores": stores}
    if _overlaps(shop.blocks, merged.get("identifier") or "", stores, row):
        raise bad_request("A block identifier with the same properties already exists in the selected store.")
    if row:
        row.update(merged, update_time=shop.timestamp())
        return {**row, "update_time": None}
    defaults = {"identifier": "", "active": True, "creation_time": shop.timestamp(), "update_time": shop.timestamp(), "stores": stores}
    row = shop.blocks.add({**defaults, **merged})
    return {"active": False, **merged, "id": row["id"]}  # The answer does not know the column's default.
