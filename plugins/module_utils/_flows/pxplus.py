# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""PxPlus web services: OAuth 2 client credentials (contract §3)."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.tokenflow.services.plugins.module_utils._errors import LoginFailed
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Explanation, Flow, html_text, json_or_none
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

APACHE_HINT = (
    "Under Apache this is also what happens when the Authorization header is not passed on: it needs 'SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1'."
)


class PxplusFlow(Flow):
    """Without ``client_id`` nothing logs in: services without a security class are open."""

    NAME = "pxplus"
    TITLE = "PxPlus"
    OPTIONS = {
        "client_id": {"type": "str", "fallback": (env_fallback, ["PXPLUS_CLIENT_ID"])},
        "client_secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["PXPLUS_CLIENT_SECRET"])},
    }
    TOKEN = "access_token"
    LIFETIME = "expires_in"
    ASSUMED_LIFETIME = 3600.0

    @property
    def needs_login(self) -> bool:
        return bool(self.params.get("client_id"))

    @property
    def principal(self) -> str:
        return str(self.params.get("client_id") or "")

    def login(self) -> Token:
        self.require("client_id", "client_secret")
        started = self.now()
        answer = self.client.send(
            "POST",
            "/services/oauth2/token.pxp",
            form={"grant_type": "client_credentials"},
            authorization=self.basic(self.params["client_id"], self.params["client_secret"]),
            accept="application/json",
        )
        if answer.status == 200:
            data = self.login_data(answer)
            kind = data.get("token_type") if isinstance(data, dict) else None
            if str(kind).lower() != "bearer":
                raise self.login_error(LoginFailed, answer, "the login was answered without a bearer token")
            return self.token_from(answer, started, data=data)
        error = _error_code(answer)
        if error == "invalid_client" or (answer.status == 401 and not error):
            raise self.rejected(answer, f"Check client_id and client_secret; they are not sent again in this run. {APACHE_HINT}")
        if error == "unsupported_grant_type":
            raise self.login_error(LoginFailed, answer, "the server does not give tokens for client credentials", "PxPlus 2021 or later is needed.")
        hint = "Check base_url, and that the server is PxPlus 2021 or later." if answer.status == 404 else ""
        raise self.login_error(LoginFailed, answer, f"the login was answered with HTTP {answer.status}", hint)

    def explain(self, answer: Answer) -> Explanation:
        """The text of the error page (contract §3.4), or the error of the token endpoint."""
        reply = _error_code(answer) or (html_text(answer) if answer.is_html() else answer.excerpt())
        if answer.status == 401:
            if not self.needs_login:
                return Explanation(reply, "The service has a security class: give client_id and client_secret.")
            return Explanation(reply, f"The client's security class may not run this service. {APACHE_HINT}")
        if answer.status == 404:
            return Explanation(reply, "Check the service id, which is case-sensitive, and base_url.")
        return Explanation(reply)


def _error_code(answer: Answer) -> str:
    data: Any = json_or_none(answer)
    return str(data["error"]) if isinstance(data, dict) and data.get("error") else ""
