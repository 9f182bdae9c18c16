# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the PxPlus simulator for its tests."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx
from starlette.testclient import TestClient

from tests.simulators.pxplus import PxPlusSimulator

TOKEN_PATH = "/services/oauth2/token.pxp"


class Site:
    """A fresh simulator and an HTTP client for it."""

    def __init__(self, **switches: Any) -> None:
        self.simulator = PxPlusSimulator()
        self.simulator.switch(**switches)
        self.http = TestClient(cast(Any, self.simulator), base_url="https://testserver")
        settings = self.simulator.settings()
        self.admin = settings["client_id"], settings["client_secret"]
        self.user = settings["user_client_id"], settings["user_client_secret"]

    def ask_token(self, credentials: tuple[str, str] | None = None, grant: str = "client_credentials") -> httpx.Response:
        return self.http.post(TOKEN_PATH, data={"grant_type": grant}, auth=credentials or self.admin)

    def token(self, credentials: tuple[str, str] | None = None) -> str:
        answer = self.ask_token(credentials)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def bearer(self, credentials: tuple[str, str] | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(credentials)}"}

    def get(self, service_id: str, secured: bool = False, **parameters: Any) -> httpx.Response:
        """A stored service by GET."""
        headers = self.bearer() if secured else {}
        return self.http.get("/services/service.pxp", params={"id": service_id, **parameters}, headers=headers)

    def post(self, requests: Any, service_id: str = "records_write") -> httpx.Response:
        """A write of these requests as JSON."""
        headers = {**self.bearer(), "Content-Type": "application/json"}
        return self.http.post("/services/service.pxp", params={"id": service_id}, content=json.dumps({"requests": requests}), headers=headers)


def decoded(answer: httpx.Response, charset: str = "windows-1252") -> Any:
    """The JSON of an answer in the site's charset."""
    assert answer.status_code == 200, answer.text
    return json.loads(answer.content.decode(charset))


def is_page(answer: httpx.Response, status: int, *words: str) -> bool:
    """Whether this is an HTML error page of that status, with these words."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "text/html"
    assert "<html>" in answer.text and "\r\n" in answer.text
    missing = [word for word in words if word not in answer.text]
    assert not missing, (missing, answer.text)
    return True
