# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every Phoenix endpoint needs: the call, checks of its body, pages and errors (contract §2.4, §2.5, §2.7)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ._phoenix_model import Organisation, Tag

if TYPE_CHECKING:
    from .phoenix import PhoenixSimulator

Entity = TypeVar("Entity")
Handler = Callable[["Call"], Response]
Routes = list[tuple[str, dict[str, Handler]]]
"""Paths with what answers each method; ``twins`` makes the id-less form of a path (contract §3.1)."""

NAME_RANGE = (3, 255)
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class ApiError(Exception):
    """An answer that is not a success. ``gateway`` marks the ones of the edge in front of the service."""

    def __init__(self, status: int | None, text: str, headers: dict[str, str] | None = None, gateway: bool = False) -> None:
        super().__init__(text)
        self.status, self.text, self.headers, self.gateway = status, text, headers, gateway


class Invalid(ApiError):
    """Input out of its range or form; the switch ``validation_status`` says with which status."""

    def __init__(self, text: str) -> None:
        super().__init__(None, text)


class NotFound(ApiError):
    """Missing, or not visible to the credential (contract §2.3)."""

    def __init__(self, what: str) -> None:
        super().__init__(404, f"{what} not found")


class Conflict(ApiError):
    def __init__(self, text: str) -> None:
        super().__init__(409, text)


class InvalidUser(ApiError):
    def __init__(self) -> None:
        super().__init__(400, "Invalid user email")


def absent(status: int, allowed: str = "") -> ApiError:
    """The answer of a path or method that is not there: 404, or 405 with the methods that are."""
    return ApiError(405, "Method Not Allowed", {"Allow": allowed}) if status == 405 else ApiError(404, "Not Found")


def render(error: ApiError, error_body: str, validation_status: int) -> Response:
    """The answer for an error, in the shape that ``error_body`` names."""
    status = error.status or validation_status
    if error_body == "empty":
        return Response(status_code=status, headers=error.headers)
    if error_body == "html":
        title = f"{status} {HTTPStatus(status).phrase}"
        page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        return HTMLResponse(page, status_code=status, headers=error.headers)
    key = "message" if error.gateway else error_body
    return JSONResponse({key: error.text}, status_code=status, headers=error.headers)


def empty(status: int = 200) -> Response:
    """A success without a body."""
    return Response(status_code=status)


@dataclass
class Call:
    """One authenticated request."""

    sim: PhoenixSimulator
    org: Organisation
    request: Request
    raw: bytes
    fields: dict[str, str] = field(default_factory=dict)
    """The text fields of a multipart form."""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """The files of a multipart form: name and content."""

    @property
    def parameters(self) -> dict[str, str]:
        """The variable segments of the path, decoded."""
        return self.request.path_params

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object that came with the request."""
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.raw and kind != "application/json":
            raise ApiError(415, "Unsupported Media Type")
        try:
            value = json.loads(self.raw.decode("utf-8"), parse_constant=_refuse)
        except ValueError:
            raise ApiError(400, "Malformed JSON request" if self.raw else "Required request body is missing") from None
        if not isinstance(value, dict):
            raise ApiError(400, "Malformed JSON request")
        return value

    def on(self, switch: str) -> Any:
        return self.sim.on(switch)

    @property
    def now(self) -> float:
        return self.sim.clock.now()

    def visible(self, objects: Iterable[Entity]) -> list[Entity]:
        """Those that were made long enough ago to be seen (switch ``propagation_delay``)."""
        latest = self.now - self.on("propagation_delay")
        return [item for item in objects if item.created <= latest]  # type: ignore[attr-defined]

    def query_flag(self, name: str) -> bool:
        """A boolean query parameter, false if absent."""
        text = self.request.query_params.get(name, "false").lower()
        if text not in ("true", "false"):
            raise Invalid(f"{name} must be true or false")
        return text == "true"

    def query_choice(self, name: str, choices: Iterable[str]) -> str | None:
        value = self.request.query_params.get(name)
        if value is not None and value not in choices:
            raise Invalid(f"{name} must be one of {', '.join(choices)}")
        return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def page(call: Call, items: list[Entity], shape: Callable[[Entity], dict[str, Any]], size: int) -> Response:
    """A page of a list; ``size`` is the default page size. Only the objects of the page are shaped."""
    number = _whole(call, "pageNumber", 0, 0)
    size = _whole(call, "pageSize", size, 1)
    largest = int(call.on("max_page_size") or size)
    if size > largest and "pageSize" in call.request.query_params and call.on("page_size_excess") == 400:
        raise Invalid(f"pageSize must not be greater than {largest}")
    size = min(size, largest)
    if call.on("list_order") == "shuffled":
        # The identifiers are hashes: their order is stable and has nothing to do with names or age.
        items = sorted(items, key=lambda item: item.id)  # type: ignore[attr-defined]
    pages = -(-len(items) // size) if items else call.on("empty_total_pages")
    content = [shape(item) for item in items[number * size : (number + 1) * size]]
    return JSONResponse(
        {
            "content": content,
            "first": number == 0,
            "last": number + 1 >= pages,
            "pageNumber": number,
            "pageNumberOfElements": len(content),
            "pageSize": size,
            "totalElements": len(items),
            "totalPages": pages,
        }
    )


def _whole(call: Call, name: str, default: int, minimum: int) -> int:
    text = call.request.query_params.get(name, "")
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < minimum:
        raise Invalid(f"{name} must be a number of at least {minimum}")
    return int(text)


def given(body: dict[str, Any], name: str) -> Any:
    """A field that must be there and not null."""
    if body.get(name) is None:
        raise Invalid(f"{name} is required")
    return body[name]


def text_of(body: dict[str, Any], name: str, required: bool = True, limits: tuple[int, int] = (1, 4096)) -> Any:
    """A string of a permitted length, or none where it may be left out."""
    value = given(body, name) if required else body.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Invalid(f"{name} must be a string")
    if not limits[0] <= len(value) <= limits[1] or (limits[0] and not value.strip()):
        raise Invalid(f"{name} must have {limits[0]} to {limits[1]} characters")
    return value


def number_of(body: dict[str, Any], name: str, limits: tuple[float, float], required: bool = False) -> Any:
    """A number in a closed range, or none where it may be left out."""
    value = given(body, name) if required else body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not limits[0] <= value <= limits[1]:
        raise Invalid(f"{name} must be a number from {limits[0]} to {limits[1]}")
    return value


def flag_of(body: dict[str, Any], name: str, default: bool) -> bool:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise Invalid(f"{name} must be true or false")
    return value


def choice_of(body: dict[str, Any], name: str, choices: Iterable[str], required: bool = True) -> Any:
    value = given(body, name) if required else body.get(name)
    if value is not None and value not in choices:
        raise Invalid(f"{name} must be one of {', '.join(choices)}")
    return value


def object_of(body: dict[str, Any], name: str, required: bool = True) -> Any:
    value = given(body, name) if required else body.get(name)
    if value is not None and not isinstance(value, dict):
        raise Invalid(f"{name} must be an object")
    return value


def list_of(body: dict[str, Any], name: str, required: bool = True, filled: bool = True) -> list[Any]:
    """A list; ``filled`` lists that are required must not be empty."""
    value = given(body, name) if required else body.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Invalid(f"{name} must be a list")
    if required and filled and not value:
        raise Invalid(f"{name} must not be empty")
    return value


def texts_of(body: dict[str, Any], name: str, required: bool = False) -> list[str]:
    value = list_of(body, name, required)
    if not all(isinstance(item, str) and item for item in value):
        raise Invalid(f"{name} must be a list of strings")
    return value


def tags_of(body: dict[str, Any], name: str = "tags", required: bool = False, filled: bool = True) -> list[Tag]:
    """Tags to write: ``value`` is required, ``key`` is not (contract §3.2). Repeated ones count once."""
    found: dict[Tag, None] = {}
    for item in list_of(body, name, required, filled):
        if not isinstance(item, dict):
            raise Invalid(f"{name} must be a list of objects")
        key = text_of(item, "key", required=False, limits=(0, 255)) or None
        value = text_of(item, "value", limits=(1, 255))
        found[key, value] = None
    return list(found)


def twins(path: str, tail: str, handlers: dict[str, Handler]) -> Routes:
    """An operation with the id in the path, and its twin with a selector in the body (contract §3.1)."""
    return [(f"{path}/{{id}}{tail}", handlers), (f"{path}{tail}", handlers)]
