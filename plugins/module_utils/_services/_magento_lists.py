# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Reads what an endpoint of a Magento shop shows: a list with search criteria, a plain list, or one entity (contract §6.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, RequestRefused
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import known
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import CONDITIONS, Filter, Listing, Magento, Search

_WITHOUT_VALUE = ("null", "notnull")
_FILTER_MEMBERS = {"field", "condition", "value"}


def search_from(options: Mapping[str, Any] | None, fields: Sequence[str] = ()) -> Search | None:
    """The search that options describe; None if there are none. Raises ``InvalidInput``."""
    if options is None and not fields:
        return None
    options = options or {}
    groups = [[_filter(entry)] for entry in options.get("filters") or []]
    for group in options.get("groups") or []:
        if not isinstance(group, list) or not group:
            raise InvalidInput(f"search.groups has {group!r}, which is no list of filters", hint="Each group is a list, of whose filters one must hold.")
        groups.append([_filter(entry) for entry in group])
    order = [("-" if entry["direction"] == "desc" else "") + entry["field"] for entry in options.get("sort") or []]
    return Search(groups, order, list(fields))


def _filter(entry: Any) -> Filter:
    if not isinstance(entry, Mapping) or not entry.get("field") or set(entry) - _FILTER_MEMBERS:
        raise InvalidInput(f"{entry!r} is no filter", hint="It has a field, and may have a condition (eq if not given) and a value.")
    condition = entry.get("condition") or "eq"
    if condition not in CONDITIONS:
        # The shop finds nothing for one that it does not know.
        raise InvalidInput(f"the condition {condition!r} is not known", hint=f"There are {', '.join(CONDITIONS)}.")
    if entry.get("value") is None and condition not in _WITHOUT_VALUE:
        raise InvalidInput(f"the filter of {entry['field']!r} has no value")
    return Filter(str(entry["field"]), entry.get("value"), condition)


def read(magento: Magento, route: str, search: Search | None, page_size: int, max_pages: int, warn: Callable[[str], None] = lambda _text: None) -> Listing:
    """All entries, in a stable order. Raises ``InvalidInput`` for a search where there is none, and the errors of the shop."""
    if page_size < 1 or max_pages < 1:
        raise InvalidInput("page_size and max_pages are at least 1")
    resource = known(route)
    listing = resource.listing if resource else ""
    if search is None and not listing:
        try:
            return _plain(magento.get(route))
        except RequestRefused as error:
            if not magento.needs_criteria(error):
                raise
    if resource is not None and not listing:
        raise InvalidInput(f"{route} has no search", hint="Leave search and fields out, and choose with query.")
    search = search or Search()
    columns = [column.lstrip("-") for column in search.order]
    # What is equal in the given order would come as it pleases, page by page.
    rest = [column for column in (resource.order if resource else ()) if column not in columns]
    found = magento.rows(listing or route, replace(search, order=[*search.order, *rest]), page_size, max_pages)
    if len(found.items) < found.total:
        warn(f"The shop counts {found.total} entries and shows {len(found.items)}: it counts some that it does not show here.")
    if found.pages > 1 and not (columns or rest):
        warn(f"The order of {route} is not known, so that entries may be missing or there twice: give search.sort with a field that no two entries share.")
    return found


def _plain(data: Any) -> Listing:
    """A list without search, which has no order of its own, or one entity."""
    if data is None:
        return Listing()
    entries = data if isinstance(data, list) else [data]
    if all(isinstance(entry, str) for entry in entries):
        entries = sorted(entries)
    elif all(isinstance(entry, dict) and entry.get("id") is not None for entry in entries):
        entries = sorted(entries, key=lambda entry: (len(str(entry["id"])), str(entry["id"])))
    return Listing(entries, len(entries), 1)
