# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare client of the PLCnext simulator for its tests."""

from __future__ import annotations

import warnings
from typing import Any

import httpx

with warnings.catch_warnings():
    # Starlette announces another client library that not every supported version knows.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from tests.simulators.plcnext import PlcnextSimulator

BASE = "/_pxc_api/v1.8"
PREFIX = "Arp.Plc.Eclr/"
OWN = "192.168.1.50"
OTHER = "192.168.1.66"


def connect(simulator: PlcnextSimulator, address: str = OWN, scheme: str = "https") -> TestClient:
    """A client at an address; redirects are not followed."""
    application: Any = simulator
    return TestClient(application, base_url=f"{scheme}://plc.example", client=(address, 40000), follow_redirects=False)


class Plc:
    """The simulator with a client that may be logged in."""

    def __init__(self) -> None:
        self.simulator = PlcnextSimulator()
        self.http = connect(self.simulator)
        self.token = ""

    def switch(self, **values: Any) -> None:
        self.simulator.switch(**values)

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.request(method, path if path.startswith("/") else f"{BASE}/{path}", headers=headers | arguments.pop("headers", {}), **arguments)

    def code(self, http: TestClient | None = None, **members: Any) -> str:
        answer = (http or self.http).post(f"{BASE}/auth/auth-token", json={"scope": "variables", **members})
        assert answer.status_code == 200
        return str(answer.json()["code"])

    def access(self, code: str, role: str = "", http: TestClient | None = None, **members: Any) -> httpx.Response:
        prefix, settings = f"{role}_" if role else "", self.simulator.settings()
        body = {"code": code, "grant_type": "authorization_code", "username": settings[f"{prefix}username"], "password": settings[f"{prefix}password"]}
        return (http or self.http).post(f"{BASE}/auth/access-token", json=body | members)

    def login(self, role: str = "") -> str:
        answer = self.access(self.code(), role)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self.token

    def read(self, *paths: str, prefix: str = PREFIX) -> list[Any]:
        answer = self.request("POST", "variables", json={"pathPrefix": prefix, "paths": list(paths)})
        assert answer.status_code == 200, answer.text
        assert [entry["path"] for entry in answer.json()["variables"]] == [prefix + path for path in paths]
        return [entry["value"] for entry in answer.json()["variables"]]

    def write(self, *entries: tuple[str, Any], **extra: Any) -> httpx.Response:
        variables = [{"path": path, "value": value, **extra} for path, value in entries]
        return self.request("PUT", "variables", json={"pathPrefix": PREFIX, "variables": variables})

    def stored(self, path: str) -> Any:
        """A value as it is in the controller."""
        return self.simulator.get_variables([PREFIX + path])[PREFIX + path]


def failure(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, domain and reason of an error answer whose body has the documented form."""
    body = answer.json()
    assert list(body) == ["apiVersion", "projectCRC", "error"]
    assert list(body["error"]) == ["code", "details"]
    assert body["error"]["code"] == answer.status_code
    (detail,) = body["error"]["details"]
    assert list(detail) in (["domain", "reason"], ["domain", "reason", "values"])
    return answer.status_code, detail["domain"], detail["reason"]


def offenders(answer: httpx.Response) -> Any:
    return answer.json()["error"]["details"][0].get("values")
