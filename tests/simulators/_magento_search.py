# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the Magento simulator: filters, sorting and paging (contract §6.1)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ._magento_errors import InternalError, bad_request
from ._magento_shop import Call, Row
from ._magento_types import php_string

UNKNOWN_ATTRIBUTE = 'The "%1" attribute name is invalid. Reset the name and try again.'
Getter = Callable[[Row, str], Any]


def search(
    call: Call,
    rows: Iterable[Row],
    criteria: Row,
    fields: Sequence[str] | set[str],
    value_of: Getter | None = None,
    eav: bool = False,
    exact_paging: bool = False,
) -> Row:
    """The rows that the criteria ask for, with the criteria and the count of all matches.

    ``fields`` are the names that can be filtered and sorted by. In a collection of attributes (``eav``) any other name is a 400; in a plain
    table it is a database error, which the service masks. ``exact_paging`` collections give no rows past the end, the others as the switch says.
    """
    get = value_of or (lambda row, field: row.get(field))
    groups = [list(group.get("filters") or []) for group in criteria.get("filter_groups") or []]
    orders = list(criteria.get("sort_orders") or [])
    for name in [entry.get("field") or "" for entry in [entry for group in groups for entry in group] + orders]:
        if name not in fields:
            raise bad_request(UNKNOWN_ATTRIBUTE, [name]) if eav else InternalError(f"Unknown column '{name}' in 'where clause'")
    found = [row for row in rows if all(not group or any(_matches(get(row, entry["field"]), entry) for entry in group) for group in groups)]
    for order in reversed(orders):
        found.sort(key=functools.cmp_to_key(_comparison(get, order["field"])), reverse=(order.get("direction") or "").upper() == "DESC")
    return {"items": _page(call, found, criteria, exact_paging), "search_criteria": _shown(criteria), "total_count": len(found)}


def _page(call: Call, rows: list[Row], criteria: Row, exact_paging: bool) -> list[Row]:
    size, page = criteria.get("page_size") or 0, criteria.get("current_page") or 1
    if size <= 0:
        return rows
    last = max(-(-len(rows) // size), 1)
    page = max(page, 1)
    if page > last and not exact_paging and call.shop.on("past_end") == "repeat":
        page = last
    return rows[(page - 1) * size : page * size]


def _shown(criteria: Row) -> Row:
    """The criteria as the answer repeats them: conditions with their default, directions in capitals."""
    groups = [
        {"filters": [{**entry, "condition_type": entry.get("condition_type") or "eq"} for entry in group.get("filters") or []]}
        for group in criteria.get("filter_groups") or []
    ]
    orders = criteria.get("sort_orders")
    return {
        **criteria,
        "filter_groups": groups,
        "sort_orders": orders and [{**order, "direction": (order.get("direction") or "").upper()} for order in orders],
    }


def _matches(value: Any, entry: Row) -> bool:
    condition, wanted = entry.get("condition_type") or "eq", entry.get("value") or ""
    if condition == "null":
        return value is None
    if condition == "notnull":
        return value is not None
    if value is None or condition not in CONDITIONS:
        # NULL compares with nothing, and the service makes an unknown condition one that no row meets.
        return False
    return CONDITIONS[condition](value, wanted)


def compare(left: Any, right: Any) -> int:
    """MySQL's comparison: as numbers if both are, else as texts without regard to case."""
    first, second = _number(left), _number(right)
    if first is None or second is None:
        return (_text(left) > _text(right)) - (_text(left) < _text(right))
    return (first > second) - (first < second)


def _number(value: Any) -> float | None:
    try:
        return float(php_string(value)) if not isinstance(value, (list, dict)) else None
    except ValueError:
        return None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(php_string(item) for item in value)
    return ("1" if value else "0") if isinstance(value, bool) else php_string(value).casefold()


def _same(value: Any, wanted: str) -> bool:
    if isinstance(value, list):
        return any(_same(item, wanted) for item in value)
    return compare(int(value) if isinstance(value, bool) else value, wanted) == 0


def _like(value: Any, pattern: str) -> bool:
    parts = [".*" if c == "%" else "." if c == "_" else re.escape(c) for c in pattern.casefold()]
    return re.fullmatch("".join(parts), _text(value), re.DOTALL) is not None


def _in_set(value: Any, wanted: str) -> bool:
    return wanted.casefold() in _text(value).split(",")


CONDITIONS: dict[str, Callable[[Any, str], bool]] = {
    "eq": _same,
    "neq": lambda value, wanted: not _same(value, wanted),
    "gt": lambda value, wanted: compare(value, wanted) > 0,
    "gteq": lambda value, wanted: compare(value, wanted) >= 0,
    "moreq": lambda value, wanted: compare(value, wanted) >= 0,
    "from": lambda value, wanted: compare(value, wanted) >= 0,
    "lt": lambda value, wanted: compare(value, wanted) < 0,
    "lteq": lambda value, wanted: compare(value, wanted) <= 0,
    "to": lambda value, wanted: compare(value, wanted) <= 0,
    "like": _like,
    "nlike": lambda value, wanted: not _like(value, wanted),
    "in": lambda value, wanted: any(_same(value, one) for one in wanted.split(",")),
    "nin": lambda value, wanted: not any(_same(value, one) for one in wanted.split(",")),
    "finset": _in_set,
    "nfinset": lambda value, wanted: not _in_set(value, wanted),
}
"""The conditions that compare with a value; ``null`` and ``notnull`` do not."""


def _comparison(get: Getter, field: str) -> Callable[[Row, Row], int]:
    def order(first: Row, second: Row) -> int:
        left, right = get(first, field), get(second, field)
        if left is None or right is None:
            return (left is not None) - (right is not None)
        return compare(left, right)

    return order
