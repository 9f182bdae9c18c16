# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Stored services of a PxPlus server (contract §4, §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination, Outcome
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import html_text
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import (
    HEAD,
    decode,
    fits,
    is_error_page,
    kind_of,
    rows,
    same_content,
)
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

PATH = "/services/service.pxp"


class Pxplus:
    """Runs stored services. What comes back is judged by its bytes, because the headers do not tell (contract §5.4)."""

    def __init__(self, session: Session, encoding: str | None = None) -> None:
        self.session = session
        self._encoding = encoding

    def rows(self, service_id: str, kind: str, parameters: Mapping[str, Any], columns: Sequence[str] | None = None) -> tuple[list[Any], Answer]:
        """The records of a service in CSV, JSON or XML."""
        answer = self._run(service_id, kind, parameters)
        self._check(kind, answer, answer.content[:HEAD])
        try:
            return rows(kind, self._text(answer), columns), answer
        except BadAnswer as error:
            raise answer.bad(error.message) from error

    def text(self, service_id: str, kind: str, parameters: Mapping[str, Any]) -> tuple[str, Answer]:
        """A page or a fragment of one, as text."""
        answer = self._run(service_id, kind, parameters)
        self._check(kind, answer, answer.content[:HEAD])
        return self._text(answer), answer

    def file(self, service_id: str, kind: str, parameters: Mapping[str, Any], destination: Destination, ignore_dates: bool) -> tuple[Outcome, Answer]:
        """The answer of a service as a file, put in place only if it is what was asked for and differs from what is there."""
        with destination.fetching() as stream:
            answer = self._run(service_id, kind, parameters, sink=stream)
            stream.flush()
            with open(stream.name, "rb") as fetched:
                self._check(kind, answer, fetched.read(HEAD))
            return destination.put(stream, same_content if ignore_dates else None), answer

    def _run(self, service_id: str, kind: str, parameters: Mapping[str, Any], **request: Any) -> Answer:
        query = {"id": service_id, "type": kind.upper(), **{name: _value(value) for name, value in parameters.items()}}
        return self.session.call("GET", PATH, query=query, **request)

    def _check(self, kind: str, answer: Answer, head: bytes) -> None:
        if fits(kind, head) and not (kind == "html" and is_error_page(head)):
            return
        found = kind_of(head)
        title = self.session.flow.TITLE
        if found == "html":
            # The page may have gone to a file.
            page = Answer(answer.method, answer.path, answer.status, answer.headers, head, answer.size, answer.seconds)
            text = html_text(page)
            hint = "Give only parameters that the service's record lets the caller override." if "override" in text else ""
            message = "the service answered with an error page" if is_error_page(head) else f"the service answered with a web page in place of {kind.upper()}"
            raise BadAnswer(message, service=title, method=answer.method, path=answer.path, status=answer.status, reply=text, hint=hint)
        what = "nothing" if not head.strip() else f"{found} that begins with {head[:40]!r}"
        raise BadAnswer(f"{kind.upper()} was asked for, the service sent {what}", service=title, method=answer.method, path=answer.path, status=answer.status)

    def _text(self, answer: Answer) -> str:
        return decode(answer.content, answer.headers.get("Content-Type", ""), self._encoding)


def _value(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value
