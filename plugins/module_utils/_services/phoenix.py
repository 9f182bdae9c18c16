# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The Phoenix Security API: calls that wait where the service asks for it, and whole lists (contract §2)."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, RequestRefused, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import json_or_none
from ansible_collections.tokenflow.services.plugins.module_utils._http import RETRY_AFTER_CAP, Answer
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

PAGE_SIZE = 1000
SMALL_PAGE_SIZE = 100
"""The largest page size that the documentation itself uses; the maximum is not documented (contract §8, 11)."""
READINGS = 3
"""How often a list is read that changes while its pages are read."""
BUSY = (429, 503)
BUSY_WAIT = 5.0
"""Seconds to wait where a busy service does not say how long (contract §2.4)."""
PROPAGATION = 30.0
"""Seconds in which an object that was just made may still be answered with 404 (contract §2.6)."""


class NotPossible(TokenflowError):
    """The interface of the service has no call for what is asked for."""

    KIND = "not_possible"


class Phoenix:
    """One organisation, as an API credential sees it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.title = session.flow.TITLE
        self._retries = session.client.connection.retries
        self._accepted = False
        self._patient = True

    def call(
        self, method: str, path: str, *, expect: Collection[int] = (200,), patient: bool = False, repeat: bool = True, write: bool | None = None, **request: Any
    ) -> Answer:
        """A request below ``/v1/``. Raises the errors of ``_errors``.

        While the service is busy it waits, and sends again what was refused with 429, and with 503 if sending twice does no harm (``repeat``). With
        ``patient``, a 404 is waited for, because the object was made a moment ago.
        """
        busy, waited, pause, renewed = 0, 0.0, 1.0, False
        while True:
            answer = self.session.call(method, f"/v1/{path}", expect=(), write=write, accept="application/json", **request)
            # A gateway may refuse a dead token with 403, which is documented for nothing else (contract §8, 1).
            if answer.status == 403 and not renewed and self.session.obtained != "given" and (self._accepted or self.session.obtained == "cache"):
                self.session.force()
                renewed = True
                continue
            if answer.status not in (401, 403):
                self._accepted, renewed = True, False
            # A read that says how long to wait has been repeated already, after that time.
            waits = "Retry-After" not in answer.headers or not (method == "GET" or request.get("repeatable"))
            if answer.status in BUSY and waits and busy < self._retries and (repeat or answer.status == 429):
                busy += 1
                time.sleep(_seconds_to_wait(answer))
                continue
            if answer.status == 404 and patient and self._patient:
                # What is not there after all this is not there: no other object is waited for as long again.
                self._patient = waited + pause < PROPAGATION
                time.sleep(pause)
                waited, pause = waited + pause, min(pause * 2, 8.0)
                continue
            if answer.status in expect:
                return answer
            raise self.session.error(answer)

    def object(self, path: str, **request: Any) -> dict[str, Any]:
        """The object at a path."""
        answer = self.call("GET", path, **request)
        found = answer.json()
        if not isinstance(found, dict):
            raise answer.bad("the answer is not an object")
        return found

    def array(self, path: str, **request: Any) -> list[dict[str, Any]]:
        """The list at a path that has no pages (contract §4.4: the members of a team)."""
        answer = self.call("GET", path, **request)
        found = answer.json()
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise answer.bad("the answer is not a list of objects")
        return found

    def listing(self, path: str, search: Mapping[str, Any] | None = None, **query: Any) -> list[dict[str, Any]]:
        """All objects of a list, page by page, in the order of the service; with ``search``, of a search by POST (contract §2.7)."""
        for _reading in range(READINGS):
            found, total = self._pages(path, search, query)
            # Fewer than there are: an object moved from a page to come to one that was read.
            if total is None or len(found) >= total:
                return found
        raise BadAnswer(
            f"the list has {total} entries, of which {len(found)} came, although it was read {READINGS} times",
            service=self.title,
            method="GET" if search is None else "POST",
            path=f"/v1/{path}",
            hint="It is changed at the same time: try again.",
        )

    def _pages(self, path: str, search: Mapping[str, Any] | None, query: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
        found: dict[Any, dict[str, Any]] = {}
        number, size = 0, PAGE_SIZE
        while True:
            paging = {**query, "pageNumber": number, "pageSize": size}
            try:
                answer = self._page(path, search, paging)
            except RequestRefused:
                if number or size == SMALL_PAGE_SIZE:
                    raise
                size = SMALL_PAGE_SIZE
                continue
            page = answer.json()
            content = page.get("content") if isinstance(page, dict) else None
            if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
                raise answer.bad("the answer is not a page of a list")
            for place, item in enumerate(content):
                found[item.get("id", (number, place))] = item
            number += 1
            pages, total = page.get("totalPages"), page.get("totalElements")
            if page.get("last") is True or not content or (isinstance(pages, int) and number >= pages):
                return list(found.values()), total if isinstance(total, int) else None

    def _page(self, path: str, search: Mapping[str, Any] | None, paging: Mapping[str, Any]) -> Answer:
        if search is None:
            return self.call("GET", path, query=paging)
        return self.call("POST", path, query=paging, json_body=dict(search), write=False, repeatable=True)


def object_of(answer: Answer) -> dict[str, Any]:
    """The object in the answer to a write; empty where there is none, which is no error (contract §2.4)."""
    found = json_or_none(answer) if answer.content else None
    return found if isinstance(found, dict) else {}


def _seconds_to_wait(answer: Answer) -> float:
    try:
        return min(max(float(answer.headers["Retry-After"]), 0.0), RETRY_AFTER_CAP)
    except (KeyError, ValueError):
        return BUSY_WAIT
