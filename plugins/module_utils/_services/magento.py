# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The REST interface of a Magento shop: calls in the scope of a store view, in JSON or XML, and lists page by page (contract §2, §6.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, Conflict, InvalidInput, RequestRefused, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import NO_ROUTE, error_body
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

GLOBAL = "all"
DEFAULT_VIEW = ""
CONDITIONS = [
    "eq",
    "neq",
    "gt",
    "gteq",
    "lt",
    "lteq",
    "moreq",
    "like",
    "nlike",
    "in",
    "nin",
    "finset",
    "nfinset",
    "null",
    "notnull",
    "from",
    "to",
]
_RESTARTS = 3


@dataclass(frozen=True)
class Filter:
    """One condition of a search; a list as ``value`` is joined by commas."""

    column: str
    value: Any = None
    condition: str = "eq"


@dataclass(frozen=True)
class Search:
    """A search: all ``groups`` must hold, of a group one filter. ``order`` are columns, ``-`` before one turns it round; ``fields`` are all that is shown."""

    groups: Sequence[Sequence[Filter]] = ()
    order: Sequence[str] = ()
    fields: Sequence[str] = ()

    def query(self, page_size: int, page: int) -> dict[str, str]:
        """The search criteria as parameters of a URL (contract §6.1)."""
        found = {}
        for number, group in enumerate(self.groups):
            for place, one in enumerate(group):
                start = f"searchCriteria[filter_groups][{number}][filters][{place}]"
                found[f"{start}[field]"] = one.column
                found[f"{start}[value]"] = _text(one.value)
                found[f"{start}[condition_type]"] = one.condition
        for number, column in enumerate(self.order):
            found[f"searchCriteria[sortOrders][{number}][field]"] = column.lstrip("-")
            found[f"searchCriteria[sortOrders][{number}][direction]"] = "DESC" if column.startswith("-") else "ASC"
        found["searchCriteria[pageSize]"] = str(page_size)
        found["searchCriteria[currentPage]"] = str(page)
        if self.fields:
            found["fields"] = f"items[{','.join(self.fields)}],total_count"
        return found


@dataclass
class Listing:
    """The rows of a list, and how many the shop has."""

    items: list[Any] = field(default_factory=list)
    total: int = 0
    pages: int = 0


class Magento:
    """Calls to one shop. ``store`` is the code of a store view, ``all`` for global values, or nothing for the default store view."""

    def __init__(self, session: Session, store: str = GLOBAL, media_type: str = "json") -> None:
        self.session = session
        self.store = store
        self.xml = media_type == "xml"

    def within(self, store: str) -> Magento:
        """The same shop in the scope of another store view."""
        return Magento(self.session, store, "xml" if self.xml else "json")

    @property
    def is_global(self) -> bool:
        """Whether values of all store views are read and written."""
        return self.store == GLOBAL

    def path(self, route: str, mode: str = "") -> str:
        """The path of a route; ``mode`` is that of asynchronous calls (contract §2.1, §6.3)."""
        return "/".join(["/rest", *([quote(self.store, safe="")] if self.store else []), *([mode] if mode else []), "V1", route])

    def get(self, route: str, query: Mapping[str, Any] | None = None) -> Any:
        """What a route shows; None if there is no such entity. A route that the shop does not have is an error."""
        answer = self.session.call("GET", self.path(route), query=query, expect=(), **self._format())
        if answer.status == 200:
            return self.decoded(answer)
        if answer.status == 404 and _is_entity(answer):
            return None
        raise self.session.error(answer)

    def send(self, method: str, route: str, body: Any = None, *, expect: Sequence[int] = (200,), mode: str = "") -> Any:
        """Sends a write and returns the decoded answer. PUT and DELETE may be repeated, because they do the same twice."""
        answer = self.session.call(
            method, self.path(route, mode), expect=expect, repeatable=method in ("PUT", "DELETE") and not mode, **self._format(body, method != "DELETE" or body)
        )
        return self.decoded(answer)

    def remove(self, route: str) -> None:
        """Deletes an entity, which may be gone already."""
        answer = self.session.call("DELETE", self.path(route), expect=(), repeatable=True, **self._format())
        if answer.status != 200 and not (answer.status == 404 and _is_entity(answer)):
            raise self.session.error(answer)

    def _format(self, body: Any = None, has_body: Any = False) -> dict[str, Any]:
        if not self.xml:
            return {"accept": "application/json", **({"json_body": body if body is not None else {}} if has_body else {})}
        content = {"body": _xml.from_data("request", _with_items(body)), "content_type": "application/xml"} if has_body and body is not None else {}
        return {"accept": "application/xml", **content}

    def decoded(self, answer: Answer) -> Any:
        """The body as data. In XML all values are text, and what is empty is an empty text."""
        if answer.is_html():
            raise answer.bad("the shop answered with a web page")
        try:
            return _without_items(answer.data())
        except BadAnswer as error:
            error.service = self.session.flow.TITLE
            raise

    # Lists

    def rows(self, route: str, search: Search, page_size: int = 100, max_pages: int | None = None) -> Listing:
        """All rows of a list with search criteria, page by page until as many are there as the shop says it has (contract §6.1).

        If that number changes on the way, everything is read anew. Raises ``InvalidInput`` where there are more than ``max_pages`` pages, and ``Conflict``
        where the list does not keep still.
        """
        for _attempt in range(_RESTARTS):
            try:
                found = self._rows(route, search, page_size, max_pages)
            except _PageSize as limit:
                # The shop has a limit of its own, and says which.
                page_size = limit.size
                found = self._rows(route, search, page_size, max_pages)
            if found is not None:
                return found
        hint = "Try again when nobody else writes to it, or filter for what does not change."
        raise Conflict(f"the list changed {_RESTARTS} times while it was read", service=self.session.flow.TITLE, method="GET", path=self.path(route), hint=hint)

    def _rows(self, route: str, search: Search, page_size: int, max_pages: int | None) -> Listing | None:
        found = Listing()
        while True:
            found.pages += 1
            page, total = self._page(route, search, page_size, found.pages)
            if found.pages > 1 and total != found.total:
                return None
            found.total = total
            found.items.extend(page[: total - len(found.items)])
            # A page may be short in the middle: some shops count what they do not show.
            pages = -(-total // page_size)
            if len(found.items) >= total or found.pages >= pages:
                return found
            if max_pages is not None and found.pages >= max_pages:
                raise InvalidInput(
                    f"{route} has {total} entries on {pages} pages, more than max_pages ({max_pages})",
                    hint="Raise max_pages or page_size, or filter for less.",
                )

    def _page(self, route: str, search: Search, page_size: int, page: int) -> tuple[list[Any], int]:
        answer = self.session.call("GET", self.path(route), query=search.query(page_size, page), expect=(), **self._format())
        if answer.status == 400:
            limit = _largest_page(answer)
            if limit is not None and limit < page_size:
                raise _PageSize(limit)
        if answer.status != 200:
            raise self.session.error(answer)
        data = self.decoded(answer)
        if not isinstance(data, dict) or "total_count" not in data:
            raise answer.bad("the answer is no list with total_count")
        return list(data.get("items") or []), int(data["total_count"])

    def first(self, route: str, filters: Mapping[str, Any], limit: int = 2, order: Sequence[str] = ()) -> list[Any]:
        """The first few rows whose columns have these values."""
        search = Search([[Filter(column, value)] for column, value in filters.items()], order)
        try:
            return self._page(route, search, limit, 1)[0]
        except _PageSize as allowed:
            return self._page(route, search, allowed.size, 1)[0]

    def plain(self, route: str) -> Any:
        """What a route without search criteria shows. Raises ``NotFound``."""
        answer = self.session.call("GET", self.path(route), expect=(200,), **self._format())
        return self.decoded(answer)

    @staticmethod
    def needs_criteria(error: TokenflowError) -> bool:
        """Whether a refusal means that the route is a list with search criteria; the second wording is that of releases up to 2.2."""
        return isinstance(error, RequestRefused) and error.reply.startswith(('"searchCriteria" is required', "searchCriteria is a required field"))


class _PageSize(Exception):
    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


def _is_entity(answer: Answer) -> bool:
    """Whether a 404 is about the entity and not about the route, and comes from Magento at all."""
    body = error_body(answer)
    return isinstance(body, dict) and bool(body.get("message")) and body["message"] != NO_ROUTE


def _largest_page(answer: Answer) -> int | None:
    body = error_body(answer)
    if not isinstance(body, dict) or "pageSize" not in str(body.get("message")):
        return None
    size = str((body.get("parameters") or {}).get("max", "")) if isinstance(body.get("parameters"), dict) else ""
    return int(size) if re.fullmatch(r"[1-9]\d*", size) else None


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_text(item) for item in value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return "" if value is None else str(value)


def _with_items(data: Any, name: str = "") -> Any:
    """Data for XML, where the members of a list are called ``item`` (contract §2.4), and custom attributes by their codes. Raises ``InvalidInput``."""
    if isinstance(data, dict):
        return {member: _with_items(value, member) for member, value in data.items() if value is not None}
    if not isinstance(data, list):
        return data
    if not data:
        raise InvalidInput(f"XML cannot carry the empty list {name}", hint="Use media_type: json.")
    if name == "custom_attributes":
        # Only an item that is a pair by itself is understood there, and of several items none.
        return {str(pair["attribute_code"]): {**pair, "value": _text(pair.get("value"))} for pair in data}
    return {"item": [_with_items(value, "item") for value in data]}


def _without_items(data: Any) -> Any:
    if isinstance(data, dict):
        if set(data) == {"item"}:
            items = data["item"] if isinstance(data["item"], list) else [data["item"]]
            return [_without_items(value) for value in items]
        return {name: _without_items(value) for name, value in data.items()}
    return [_without_items(value) for value in data] if isinstance(data, list) else data


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """The values in parts of at most ``size``."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
