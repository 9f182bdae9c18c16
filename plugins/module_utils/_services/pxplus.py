# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Web services of a PxPlus server: how they are called, and whether what comes back is what was asked for (contract §2.2, §4, §5)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import quote

from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination, Outcome
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, ConnectionFailed, InvalidInput, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import html_text
from ansible_collections.tokenflow.services.plugins.module_utils._flows.pxplus import advice
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_compare import same_content
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import (
    HEAD,
    decode,
    fits,
    is_error_page,
    is_site_error,
    kind_of,
    rows,
)
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

PROGRAMS = ["service", "do", "qry", "chart", "rpt", "maint", "fileaccess"]
WITH_ID = ("service", "do")
_TOLD_BYTES = 32 * 1024 * 1024
_TOLD_SECONDS = 10.0


@dataclass(frozen=True)
class Call:
    """What is to run: a stored service by its id (``service``), by its id and ``arguments`` in URL Order (``do``), or a program with parameters only.

    ``kind`` is what its answer must be. ``send_type`` says whether it is also sent as parameter ``type``; None: where the program takes it by name.
    """

    kind: str
    service_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    program: str = "service"
    arguments: Sequence[str] = ()
    send_type: bool | None = None

    @property
    def name(self) -> str:
        """The service's id, or the program."""
        return self.service_id or self.program

    def path(self, encoding: str | None) -> str:
        """The path, with the id of a stored service. Raises ``InvalidInput``."""
        if self.program == "do":
            return "/do/" + "/".join(quote(to_bytes(part, encoding), safe="") for part in (self.service_id or "", *self.arguments))
        place = f"/services/{self.program}.pxp"
        return f"{place}?id={quote(to_bytes(self.service_id, encoding), safe='')}" if self.service_id else place

    def query(self, encoding: str | None) -> dict[str, bytes]:
        """The parameters but the id, as the server reads them. Raises ``InvalidInput``."""
        by_name = self.program not in ("do", "maint") if self.send_type is None else self.send_type
        found = {"type": self.kind.upper()} if by_name else {}
        found.update({name: _text(value) for name, value in self.parameters.items() if value is not None})
        if self.program == "fileaccess":
            found.setdefault("function", "read")
        return {name: to_bytes(value, encoding) for name, value in found.items()}


class Pxplus:
    """Runs services. What comes back is judged by its bytes, because the headers do not tell (contract §5.4).

    ``encoding`` is that of text in answers and in URLs. ``detail`` is told how a large answer gets on.
    """

    def __init__(self, session: Session, encoding: str | None = None, detail: Callable[[str], None] = lambda _text: None) -> None:
        self.session = session
        self.encoding = encoding
        self._detail = detail

    def rows(self, call: Call, columns: Sequence[str] | None = None, number: Callable[[str], Any] | None = None) -> tuple[list[Any], Answer]:
        """The records of a service in CSV, JSON or XML. ``number`` makes values of the numbers in JSON."""
        text, answer = self.text(call)
        try:
            return rows(call.kind, text, columns, number), answer
        except BadAnswer as error:
            raise answer.bad(error.message) from error

    def text(self, call: Call) -> tuple[str, Answer]:
        """The answer of a service as text."""
        answer = self._send("GET", call)
        self._check(call.kind, answer, answer.content[:HEAD])
        return decode(answer.content, answer.headers.get("Content-Type", ""), self.encoding), answer

    def file(self, call: Call, destination: Destination, ignore_dates: bool) -> tuple[Outcome, Answer]:
        """The answer of a service as a file, put in place only if it is what was asked for and differs from what is there."""
        with destination.fetching() as stream:
            answer = self._send("GET", call, sink=_Counted(stream, call.name, self._detail))
            stream.flush()
            with open(stream.name, "rb") as fetched:
                self._check(call.kind, answer, fetched.read(HEAD))
            return destination.put(stream, same_content if ignore_dates else None), answer

    def post(self, call: Call, body: bytes, content_type: str) -> Answer:
        """Sends a write. Its answer says nothing reliable (contract §5.3), but an error page in it is raised."""
        answer = self._send("POST", call, expect=(200, 201, 202, 204), body=body, content_type=content_type)
        head = answer.content[:HEAD]
        if is_site_error(head) or kind_of(head) == "html":
            raise self._refused("the write was answered with an error page", answer, head)
        return answer

    def _send(self, method: str, call: Call, **request: Any) -> Answer:
        try:
            return self.session.call(method, call.path(self.encoding), query=call.query(self.encoding), **request)
        except ConnectionFailed as error:
            if error.message.startswith("no answer within"):
                error.hint += " Under Apache, a request waits for as long as all PxPlus tasks of the licence are in use."
            raise

    def _check(self, kind: str, answer: Answer, head: bytes) -> None:
        found = kind_of(head)
        if is_site_error(head) or (found == "html" and (kind != "html" or is_error_page(head))):
            page = is_site_error(head) or is_error_page(head)
            raise self._refused(
                "the service answered with an error page" if page else f"the service answered with a web page in place of {kind.upper()}", answer, head
            )
        if not fits(kind, head):
            what = "nothing" if not head.strip() else f"{found} that begins with {head[:40]!r}"
            message = f"{kind.upper()} was asked for, the service sent {what}"
            raise BadAnswer(message, service=self.session.flow.TITLE, method=answer.method, path=answer.path, status=answer.status)

    def _refused(self, message: str, answer: Answer, head: bytes) -> TokenflowError:
        # The page may have gone to a file.
        page = Answer(answer.method, answer.path, answer.status, answer.headers, head, answer.size, answer.seconds)
        text = html_text(page) if kind_of(head) == "html" else page.excerpt()
        found = advice(text)
        reply = self.session.client.secrets.redact(text)
        error = found.kind or BadAnswer
        return error(
            found.message or message,
            service=self.session.flow.TITLE,
            method=answer.method,
            path=answer.path,
            status=answer.status,
            reply=reply,
            hint=found.hint,
        )


class _Counted:
    """A stream that tells now and then how much has come."""

    def __init__(self, stream: BinaryIO, name: str, detail: Callable[[str], None]) -> None:
        self._stream, self._name, self._detail = stream, name, detail
        self._size = self._told = 0
        self._started = self._last = time.monotonic()

    def write(self, part: bytes) -> None:
        self._stream.write(part)
        self._size += len(part)
        now = time.monotonic()
        if self._size - self._told >= _TOLD_BYTES or now - self._last >= _TOLD_SECONDS:
            self._detail(f"{self._name}: {self._size / 1e6:.0f} MB in {now - self._started:.0f} s")
            self._told, self._last = self._size, now


def to_bytes(text: Any, encoding: str | None) -> bytes:
    """A text of a URL as the server reads it. Raises ``InvalidInput`` for one beyond ASCII while the encoding is not known."""
    try:
        return str(text).encode(encoding or "ascii")
    except LookupError:
        raise InvalidInput(f"there is no encoding {encoding!r}") from None
    except UnicodeEncodeError:
        if encoding:
            raise InvalidInput(f"{text!r} cannot be written in {encoding}") from None
        hint = "Set encoding to that of the server: windows-1252, or utf-8 where UTF-8 processing is on."
        raise InvalidInput(f"{text!r} has characters beyond ASCII, which PxPlus servers read in different encodings", hint=hint) from None


def _text(value: Any) -> str:
    return str(int(value) if isinstance(value, bool) else value)
