# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Phoenix Security: GET with Basic, absolute expiry (contract §2.2)."""

from __future__ import annotations

from ansible.module_utils.basic import env_fallback
from ansible_collections.tokenflow.services.plugins.module_utils._errors import LoginFailed
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Explanation, Flow, json_or_none
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token


class PhoenixFlow(Flow):
    """``expiry`` is in Unix seconds of the server's clock and may be off: a 401 decides."""

    NAME = "phoenix"
    TITLE = "Phoenix Security"
    OPTIONS = {
        "client_id": {"type": "str", "fallback": (env_fallback, ["PHOENIX_CLIENT_ID"])},
        "client_secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["PHOENIX_CLIENT_SECRET"])},
    }
    TOKEN = "token"
    EXPIRY = "expiry"
    DEFAULT_URL = "https://api.securityphoenix.cloud"

    @property
    def principal(self) -> str:
        return str(self.params.get("client_id") or "")

    def login(self) -> Token:
        self.require("client_id", "client_secret")
        started = self.now()
        answer = self.client.send(
            "GET", "/v1/auth/access_token", authorization=self.basic(self.params["client_id"], self.params["client_secret"]), accept="application/json"
        )
        if answer.status == 401:
            raise self.rejected(answer)
        if answer.status != 200:
            hint = "Check base_url: production is https://api.securityphoenix.cloud." if answer.status == 404 else ""
            raise self.login_error(LoginFailed, answer, f"the login was answered with HTTP {answer.status}", hint)
        return self.token_from(answer, started)

    def lifetime(self, data: object, value: str, answer: Answer) -> tuple[float | None, bool]:
        seconds, assumed = super().lifetime(data, value, answer)
        # An expiry in the past is a wrong clock, not a dead token.
        return (None, False) if seconds is not None and seconds <= 0 else (seconds, assumed)

    def explain(self, answer: Answer) -> Explanation:
        """The error's text where there is one: its form is not documented (contract §2.5)."""
        data = json_or_none(answer)
        if isinstance(data, dict):
            reply = next((str(data[key]) for key in ("error", "message") if data.get(key)), answer.excerpt())
        else:
            reply = super().explain(answer).reply
        hints = {
            404: "It does not exist, or this credential may not see it: the service answers both alike.",
            413: "The gateway takes at most about 10 MB.",
        }
        return Explanation(reply, hints.get(answer.status, ""))
