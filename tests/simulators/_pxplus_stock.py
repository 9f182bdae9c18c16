# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``/stock.pxp``: an example of a site's own REST program, with its own methods, statuses and JSON errors (contract §5.5)."""

from __future__ import annotations

import json
from typing import Any

from ._pxplus_errors import ServiceFailure
from ._pxplus_records import Arguments
from ._pxplus_tables import Tables
from ._pxplus_text import decode, json_text

METHODS = ("GET", "POST", "PUT", "DELETE")


def stock(tables: Tables, method: str, security_class: str | None, arguments: Arguments, body: bytes, charset: str) -> tuple[int, str]:
    """Status and JSON text for a request about the table products. Reading wants any valid token, writing one of class ADMIN."""
    if security_class is None:
        return _error(401, "token required")
    if method not in METHODS:
        return _error(501, f"{method} is not supported")
    if method != "GET" and security_class != "ADMIN":
        return _error(403, "class ADMIN required")
    table, sku = tables["products"], arguments.values.get("sku", "")
    if method == "GET" and not sku:
        return 200, json_text({"items": [record for _key, record in table.in_order(table.keys[0])]})
    given: Any = None
    if method in ("POST", "PUT"):
        try:
            given = json.loads(decode(body, charset))
        except (ValueError, RecursionError):
            return _error(400, "JSON expected")
        if not isinstance(given, dict):
            return _error(400, "an object expected")
    if method == "POST":
        sku = str(given.get("sku$", ""))
        if not sku:
            return _error(400, "sku$ expected")
        if (sku,) in table.rows:
            return _error(400, f"item {sku} exists")
    elif (sku,) not in table.rows:
        return _error(404, f"no item {sku}")
    if method == "DELETE":
        del table.rows[(sku,)]
        return 204, ""
    if method in ("POST", "PUT"):
        try:
            table.put({**table.rows.get((sku,), {}), **given, "sku$": sku}, (sku,))
        except ServiceFailure as failure:
            return _error(400, failure.message)
    return 201 if method == "POST" else 200, json_text(table.rows[(sku,)])


def _error(status: int, message: str) -> tuple[int, str]:
    return status, json_text({"error": {"code": status, "message": message}})
