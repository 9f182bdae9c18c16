# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the simulated appliance for its tests."""

from __future__ import annotations

import base64
from typing import Any, cast
from urllib.parse import quote
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from defusedxml.ElementTree import fromstring
from httpx import Response
from starlette.testclient import TestClient

from tests.simulators.appliance import Appliance

ELEMENTS = "/configuration/configElements"
MANAGEMENT = "/configuration/management"
ADMIN, VIEWER, SECOND = "admin", "viewer", "netops"


class Box:
    """The simulator, reached in process."""

    def __init__(self) -> None:
        self.simulator = Appliance()
        self.client = TestClient(cast(Any, self.simulator), base_url="https://sbc.example.com")
        self.passwords = {name: account.password for name, account in self.simulator._accounts().items()}

    def basic(self, user: str, password: str | None = None) -> str:
        text = f"{user}:{self.passwords[user] if password is None else password}"
        return "Basic " + base64.b64encode(text.encode()).decode()

    def post_token(self, user: str = ADMIN, body: str = "", content_type: str = "x-www-form-urlencoded", version: str = "v1.2") -> Response:
        headers = {"Authorization": self.basic(user)}
        if body:
            headers["Content-Type"] = content_type
        return self.client.post(f"/rest/{version}/auth/token", content=body, headers=headers)

    def login(self, user: str = ADMIN) -> str:
        return token_in(self.post_token(user))

    def call(self, method: str, path: str, token: str | None = None, body: str = "", version: str = "v1.2", **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return self.client.request(method, f"/rest/{version}{path}", content=body, headers=sent)

    def locked(self, user: str = ADMIN) -> str:
        """A token that holds the lock."""
        token = self.login(user)
        assert self.call("POST", "/configuration/lock", token).status_code == 204
        return token

    def get(self, token: str, kind: str, keys: dict[str, Any] | None = None, **more: str) -> Response:
        return self.call("GET", f"{ELEMENTS}?{query(kind, keys, **more)}", token)

    def post(self, token: str, kind: str, attributes: dict[str, Any], subs: Any = ()) -> Response:
        return self.call("POST", ELEMENTS, token, element(kind, attributes, subs))

    def put(self, token: str, kind: str, attributes: dict[str, Any], subs: Any = ()) -> Response:
        return self.call("PUT", ELEMENTS, token, element(kind, attributes, subs))

    def delete(self, token: str, kind: str, keys: dict[str, Any] | None = None) -> Response:
        return self.call("DELETE", f"{ELEMENTS}?{query(kind, keys)}", token)

    def job(self, token: str, action: str, **parameters: str) -> Element:
        """Starts an operation, waits until it is over, and returns asyncstatus."""
        method = "POST" if action in ("activate", "backup") else "PUT"
        text = "".join(f"&{name}={quote(value)}" for name, value in parameters.items())
        started = self.call(method, f"{MANAGEMENT}?action={action}{text}", token)
        assert started.status_code == 202, started.text
        self.simulator.advance(2.5)
        return self.status(token)

    def status(self, token: str) -> Element:
        answer = self.call("GET", "/admin/asyncstatus", token)
        assert answer.status_code == 200
        return parsed(answer)


def query(kind: str, keys: dict[str, Any] | None = None, **more: str) -> str:
    parts = [("elementType", kind)]
    for name, value in {**(keys or {}), **more}.items():
        parts += [(name, one) for one in (value if isinstance(value, list) else [value])]
    return "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in parts)


def element(kind: str, attributes: dict[str, Any], subs: Any = (), root: str = "configElement", tag: str = "elementType") -> str:
    """The XML of an element; ``subs`` is a list of ``(type, attributes, subs)``."""
    text = f"<{root}><{tag}>{kind}</{tag}>"
    for name, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        text += f"<attribute><name>{name}</name>" + "".join(f"<value>{escape(one)}</value>" for one in values) + "</attribute>"
    for sub_kind, sub_attributes, below in subs:
        text += element(sub_kind, sub_attributes, below, "subElement", "subElementType")
    return text + f"</{root}>"


def parsed(answer: Response) -> Element:
    """The envelope; checks its outer form."""
    assert answer.text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>')
    root: Element = fromstring(answer.text)
    assert [child.tag for child in root] == ["data", "messages", "links"]
    return root


def token_in(answer: Response) -> str:
    assert answer.status_code == 200, answer.text
    return parsed(answer).findtext("data/accessToken") or ""


def error_in(answer: Response, path: str = "messages/errorMessage") -> str:
    root = parsed(answer)
    data = root.find("data")
    assert data is not None and len(data) == 0 and not (data.text or "").strip()
    return root.findtext(path) or ""


def elements_in(answer: Response) -> list[dict[str, Any]]:
    """The answer's elements as ``{attribute: value or list}``, sub-elements as lists under their type."""
    assert answer.status_code == 200, answer.text
    return [_element_in(one) for one in parsed(answer).findall("data/configElement")]


def _element_in(one: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for attribute in one.findall("attribute"):
        values = [value.text or "" for value in attribute.findall("value")]
        found[attribute.findtext("name") or ""] = values[0] if len(values) == 1 else values
    for sub in one.findall("subElement"):
        found.setdefault(sub.findtext("subElementType") or "", []).append(_element_in(sub))
    return found
