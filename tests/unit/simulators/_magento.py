# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare client of the Magento simulator for its tests: it sends exactly the bytes it is given, at a time that stands still."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.simulators.magento import Magento

JSON = {"Content-Type": "application/json"}
SIGN_IN = "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."
START = 1_700_000_000
CREDENTIALS = {"username": "admin", "password": "mag-Admin-Change-me-42!"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class Client:
    """The simulator, with a clock that only the test moves."""

    def __init__(self, simulator: Magento | None = None, recorded: bool = False) -> None:
        self.simulator = simulator or Magento()
        self.moment: float = START
        self.simulator.clock.now = lambda: self.moment  # type: ignore[method-assign]
        self.simulator.reset()
        if recorded:
            self.simulator.seed_recorded()
        self.settings = self.simulator.settings()
        self.bearer = ""

    def send(self, method: str, target: str, headers: dict[str, str] | None = None, body: str | bytes | None = None) -> Answer:
        """Sends one request; brackets and the like may stand in the target as they are."""
        path, _mark, query = target.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "scheme": "https",
            "path": path,
            "raw_path": path.encode(),
            "query_string": quote(query, safe="=&[]%+").encode(),
            "headers": [(b"host", b"magento.example.com"), *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items())],
            "client": ("192.0.2.1", 40000),
        }
        sent: list[dict[str, Any]] = []
        content = body.encode() if isinstance(body, str) else body or b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def collect(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.simulator(scope, receive, collect))
        fields = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], fields, b"".join(message.get("body", b"") for message in sent[1:]).decode())

    def login(self, username: str, password: str, kind: str = "admin") -> Answer:
        return self.send("POST", f"/rest/V1/integration/{kind}/token", JSON, json.dumps({"username": username, "password": password}))

    def token(self, account: str = "", kind: str = "admin") -> str:
        """A token of one of the settings' accounts: the admin, or ``restricted_``, ``customer_``."""
        answer = self.login(self.settings[f"{account}username"], self.settings[f"{account}password"], kind)
        assert answer.status == 200, answer.text
        return str(answer.json())

    def call(self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str) -> Answer:
        """A call with a token (the admin's if none is given, none if it is empty), ``path`` behind ``/rest/``."""
        if token is None:
            self.bearer = token = self.bearer or self.token()
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
        content = body if isinstance(body, (str, bytes)) or body is None else json.dumps(body)
        return self.send(method, f"/rest/{path}", fields, content)

    def ok(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The decoded answer of an admin's call that succeeds."""
        answer = self.call(method, path, body)
        assert answer.status == status, f"{answer.status} {answer.text}"
        return answer.json()

    def refused(self, status: int, message: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The error body of an admin's call that fails with this message."""
        answer = self.call(method, path, body)
        assert answer.status == status, f"{answer.status} {answer.text}"
        error: dict[str, Any] = answer.json()
        assert error["message"] == message
        return error


def claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, unchecked."""
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def criteria(*filters: tuple[str, str, str] | list[tuple[str, str, str]], **more: str) -> str:
    """A search query: every argument is a filter, or a list of alternatives; ``pageSize``, ``currentPage``, ``fields``, ``sort`` by name."""
    pairs: list[tuple[str, str]] = [("searchCriteria", "")] if not filters and not more else []
    for group, given in enumerate(filters):
        for number, (field, condition, value) in enumerate(given if isinstance(given, list) else [given]):
            base = f"searchCriteria[filter_groups][{group}][filters][{number}]"
            pairs += [(f"{base}[field]", field), (f"{base}[value]", value), (f"{base}[condition_type]", condition)]
    sort = more.pop("sort", "")
    for number, order in enumerate(sort.split(",") if sort else []):
        field, _blank, direction = order.partition(" ")
        pairs += [(f"searchCriteria[sortOrders][{number}][field]", field), (f"searchCriteria[sortOrders][{number}][direction]", direction or "ASC")]
    fields = more.pop("fields", None)
    pairs += [(f"searchCriteria[{name}]", value) for name, value in more.items()] or ([] if filters or sort else [("searchCriteria", "")])
    return urlencode(pairs) + (f"&fields={fields}" if fields else "")


def product(sku: str, **more: Any) -> dict[str, Any]:
    return {"product": {"sku": sku, "name": f"Name of {sku}", "attribute_set_id": 4, "price": 1, **more}}


def custom(entity: dict[str, Any]) -> dict[str, Any]:
    """The custom attributes of an entity, by code."""
    return {pair["attribute_code"]: pair["value"] for pair in entity["custom_attributes"]}
