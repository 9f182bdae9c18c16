# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare client of the Phoenix simulator for its tests."""

from __future__ import annotations

import warnings
from typing import Any

import httpx
import pytest

with warnings.catch_warnings():
    # Starlette announces another client library that not every supported version knows.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from tests.simulators.phoenix import PhoenixSimulator

TOKEN_PATH = "/v1/auth/access_token"
MISSING = "00000000-0000-4000-8000-000000000000"
NW = "northwind-bikes.example"
MARC, LENA, PRIYA = (f"{name}@{NW}" for name in ("marc.oyelaran", "lena.fischer", "Priya.Raman"))
JIRA = {"projectName": "SEC", "integrationType": "JIRA"}
SLACK = {"channelName": "#shop"}

EVERY_TYPE = ["CLOUD", "INFRA", "CONTAINER", "WEBSITE_API", "REPOSITORY", "SOURCE_CODE", "BUILD"]


class Tenant:
    """The simulator with a client of one of its organisations."""

    def __init__(self, simulator: PhoenixSimulator, account: str = "") -> None:
        self.simulator = simulator
        settings = simulator.settings()
        self.credential = (settings[f"{account}client_id"], settings[f"{account}client_secret"])
        application: Any = simulator
        self.http = TestClient(application, base_url="https://phoenix.example")
        self.token = self.login()

    def login(self) -> str:
        answer = self.http.get(TOKEN_PATH, auth=self.credential)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def request(self, method: str, path: str, body: Any = None, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **arguments.pop("headers", {})}
        if body is not None:
            arguments["json"] = body
        answer: httpx.Response = self.http.request(method, f"/v1/{path}", headers=headers, **arguments)
        return answer

    def __call__(self, expected: int, method: str, path: str, body: Any = None, **arguments: Any) -> Any:
        """The decoded answer of a request that must have this status; none if it has no body."""
        answer = self.request(method, path, body, **arguments)
        assert answer.status_code == expected, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def refused(self, expected: int, text: str, method: str, path: str, body: Any = None) -> None:
        """Asserts the status and the error text of a request."""
        error = self(expected, method, path, body)["error"]
        assert text in error, error

    def every(self, path: str, query: str = "") -> list[dict[str, Any]]:
        return list(self(200, "GET", f"{path}?pageSize=1000{query}")["content"])

    def named(self, path: str, name: str) -> dict[str, Any]:
        return next(item for item in self.every(path) if item["name"] == name)

    def search(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        return list(self(200, "POST", f"{path}?pageSize=1000", body)["content"])

    def switch(self, **values: Any) -> None:
        self.simulator.switch(**values)

    def state(self, kind: str) -> list[dict[str, Any]]:
        return self.simulator.get_state(kind)

    def application(self, name: str, expected: int = 201, **fields: Any) -> dict[str, Any]:
        """Creates an application."""
        body = {"name": name, "type": "APPLICATION", "criticality": 5, "owner": {"email": "marc.oyelaran@northwind-bikes.example"}, **fields}
        return dict(self(expected, "POST", "applications", {key: value for key, value in body.items() if value is not None}))

    def component(self, parent: str, name: str, **fields: Any) -> dict[str, Any]:
        """Creates a component or service in a parent given by its name."""
        return dict(self(201, "POST", "components", {"applicationSelector": {"name": parent}, "name": name, **fields}))


@pytest.fixture
def simulator() -> PhoenixSimulator:
    return PhoenixSimulator()


@pytest.fixture
def api(simulator: PhoenixSimulator) -> Tenant:
    return Tenant(simulator)


@pytest.fixture
def other(simulator: PhoenixSimulator) -> Tenant:
    """The organisation whose objects the first one must not see."""
    return Tenant(simulator, "other_")


def links(api: Tenant, application: str, component: str | None = None) -> Any:
    """Where an application or component is deployed; true if the component inherits that."""
    found = [item for item in api.state("deployments") if (item["application"], item["component"]) == (application, component)]
    return (found[0]["inherits"] or found[0]["links"]) if found else []


def rules_of(api: Tenant, component: str) -> list[dict[str, Any]]:
    """The filters of a component's rules."""
    return [rule["filter"] for rule in api.state("rules") if rule["component"] == component]


def assets(api: Tenant, **request: Any) -> list[str]:
    """Names of the assets that one request selects."""
    return sorted(item["name"] for item in api.search("assets", {"requests": [{"types": EVERY_TYPE, **request}]}))


def asset(api: Tenant, key: str) -> dict[str, Any]:
    """The asset of this key, as a search shows it."""
    return next(item for item in api.search("assets", {"requests": [{"types": EVERY_TYPE}]}) if item["key"] == key)
