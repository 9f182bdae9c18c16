# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and answers of the PLCnext simulator: what the web server and the eHMI component put on the wire (contract §2, §5)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl

from starlette.responses import Response

from ._core import Clock
from ._plcnext_project import Project

REQUEST_LINE_LIMIT = 8192
_NO_CACHE = "max-age=0, no-cache, no-store, must-revalidate"
_PHRASES = {414: "Request-URI Too Large", 413: "Request Entity Too Large", 503: "Service Temporarily Unavailable", 302: "Found", 405: "Not Allowed"}


class Controller(Protocol):
    """What the parts of the simulator need of the whole."""

    clock: Clock
    project: Project

    def on(self, switch: str) -> Any: ...

    def envelope(self) -> dict[str, Any]: ...

    def stamp(self, moment: float) -> int: ...


class Refusal(Exception):
    """An answer with an error body (contract §5)."""

    def __init__(self, status: int, domain: str, reason: str, values: list[str] | None = None, challenge: str = "") -> None:
        super().__init__(f"{status} {domain}/{reason}")
        self.status, self.domain, self.reason, self.values, self.challenge = status, domain, reason, values, challenge


class NotThere(Exception):
    """A URI that the eHMI component does not have: 404 without a body."""


@dataclass
class Call:
    """A request as the eHMI component sees it."""

    method: str
    base: str
    resource: str
    rest: str
    query: dict[str, str]
    body: bytes
    client: str
    host: str
    authorization: str | None
    domain: str = field(init=False)

    def __post_init__(self) -> None:
        self.domain = "authorization" if self.resource.startswith("auth/") else self.resource or "project"

    def malformed(self) -> Refusal:
        return Refusal(400, self.domain, "invalidRequest")

    @cached_property
    def content(self) -> str:
        try:
            return self.body.decode().strip()
        except UnicodeDecodeError:
            raise self.malformed() from None

    @cached_property
    def json(self) -> dict[str, Any]:
        """The members of a JSON body."""
        try:
            members = json.loads(self.content, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise self.malformed() from None
        if not isinstance(members, dict):
            raise self.malformed()
        return members

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The members of a JSON or form body, whatever its Content-Type says (contract §2.2)."""
        if self.content.startswith(("{", "[")):
            return self.json
        return form(self.content, self) if self.content else {}

    def paths(self) -> tuple[str, list[str]] | None:
        """``pathPrefix`` and ``paths`` of the query (GET) or the body; None without paths."""
        fields = self.query if self.method == "GET" else self.fields
        prefix, paths = text(fields, "pathPrefix", self), fields.get("paths")
        if isinstance(paths, str) and (self.method == "GET" or not self.content.startswith("{")):
            paths = paths.split(",") if paths else []
        if paths in (None, []):
            return None
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise self.malformed()
        return prefix, paths

    def session_id(self) -> str:
        """``sessionID`` of the query or the body; empty without one."""
        return text(self.query, "sessionID", self) or (text(self.fields, "sessionID", self) if self.method in ("POST", "PUT") else "")

    def uri(self, path: str, scheme: bool) -> str:
        """A URI as reports show it: with the port and, depending on a switch, the scheme (contract §7)."""
        port = "" if self.host.rpartition("]")[2].count(":") else ":443"
        return f"{'https://' if scheme else ''}{self.host}{port}/_pxc_api/api/{path}"

    def location(self, path: str) -> str:
        return f"https://{self.host}/_pxc_api/{self.base}/{path}/"


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def text(fields: dict[str, Any], name: str, call: Call) -> str:
    """An optional text member; null counts as absent."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise call.malformed()
    return value


def form(content: str, call: Call) -> dict[str, str]:
    """A query or form body; a name that comes twice is refused."""
    try:
        pairs = parse_qsl(content, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise call.malformed() from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise call.malformed()
    return fields


def page(items: list[dict[str, Any]], size: int, uri: str, call: Call) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a report and the URI of the next one (contract §6)."""
    start = call.query.get("offset", "0")
    if not start.isascii() or not start.isdigit() or len(start) > 9:
        raise call.malformed()
    if not size:
        return items, None
    end = int(start) + size
    return items[int(start) : end], f"{uri}?offset={end}" if end < len(items) else None


def _response(status: int, content: bytes, headers: Iterable[tuple[str, str]]) -> Response:
    response = Response(content, status)
    response.raw_headers = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return response


def answer(status: int, body: Any = None, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """An answer of the eHMI component: compact JSON, ``status`` header, no caching (contract §2.1)."""
    content = b"" if body is None else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    lines = [("server", "nginx")]
    if body is not None:
        lines.append(("content-type", "application/json"))
    if status != 204:
        lines.append(("content-length", str(len(content))))
    return _response(status, content, [*lines, ("status", f"{status} {HTTPStatus(status).phrase}"), ("cache-control", _NO_CACHE), *headers])


def static(content: bytes) -> Response:
    """A file that the web server hands out itself."""
    return _response(200, content, [("server", "nginx"), ("content-type", "application/json"), ("content-length", str(len(content)))])


def web_server(status: int, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """An answer that the web server makes itself: a small HTML page."""
    title = f"{status} {_PHRASES.get(status, HTTPStatus(status).phrase)}"
    lines = [
        "<html>",
        f"<head><title>{title}</title></head>",
        "<body>",
        f"<center><h1>{title}</h1></center>",
        "<hr><center>nginx</center>",
        "</body>",
        "</html>",
        "",
    ]
    content = "\r\n".join(lines)
    return _response(status, content.encode(), [("server", "nginx"), ("content-type", "text/html"), ("content-length", str(len(content))), *headers])
