# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""PxPlus web services: OAuth 2 client credentials (contract §3)."""

from __future__ import annotations

import re
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.tokenflow.services.plugins.module_utils._errors import LoginFailed, RequestRefused, Unavailable
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Explanation, Flow, html_text, json_or_none
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

_SET = "'SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1'"
APACHE_HINT = f"Under Apache this is also what happens when the Authorization header is not passed on: it needs {_SET}."
_ON_APACHE = (
    f"The server is Apache. If the credentials are right, it does not pass the Authorization header on to PxPlus, which needs {_SET} in its configuration."
)
_UNDERSTOOD = (
    (
        r"allow.{0,20}\boverride|\boverride.{0,40}parameter",
        Explanation(
            "",
            "Give only parameters that the service's record lets the caller override, or turn 'Allow Override' on for them in Web Services Maintenance.",
            "the service's record does not allow the override of a parameter",
            RequestRefused,
        ),
    ),
    (
        r"force id|service id is required",
        Explanation(
            "", "Run a stored service by its id: the server has 'Force ID in URL' on.", "the server runs only services that are named by id", RequestRefused
        ),
    ),
    (
        r"\b(?:task|licen[cs]e)s?\b.{0,40}\b(?:limit|maximum|exceeded|in use)|\b(?:limit|maximum|too many)\b.{0,40}\b(?:task|licen[cs]e)s?\b",
        Explanation(
            "", "Wait until tasks have ended, run fewer side by side, or raise the task limit.", "all PxPlus tasks of the licence are in use", Unavailable
        ),
    ),
    (
        r"(?:run[- ]?time|time) limit|task (?:was )?killed|time[d ]*out",
        Explanation(
            "", "Ask for less, or raise the run-time limit, which is 30 seconds under Apache.", "the service ran longer than the server allows", Unavailable
        ),
    ),
    (r"error #?12\b", Explanation("", "Check the names of table, dictionary, library, query or report.", "PxPlus did not find a file", RequestRefused)),
)
"""Regular expressions over the text of error pages, with what they mean; the first that is found counts."""


def advice(text: str) -> Explanation:
    """What an error of PxPlus means to a user, from the text of its page; empty where it says nothing that is known."""
    return next((found for expression, found in _UNDERSTOOD if re.search(expression, text, re.IGNORECASE)), Explanation(""))


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
            apache = _ON_APACHE if _is_apache(answer) else APACHE_HINT
            raise self.rejected(answer, f"Check client_id and client_secret; they are not sent again in this run. {apache}")
        if error == "unsupported_grant_type":
            raise self.login_error(LoginFailed, answer, "the server does not give tokens for client credentials", "PxPlus 2021 or later is needed.")
        hint = "Check base_url, and that the server is PxPlus 2021 or later." if answer.status == 404 else ""
        raise self.login_error(LoginFailed, answer, f"the login was answered with HTTP {answer.status}", hint)

    def explain(self, answer: Answer) -> Explanation:
        """The text of the error page (contract §3.4) and what it means, or the error of the token endpoint."""
        reply = _error_code(answer) or (html_text(answer) if answer.is_html() else answer.excerpt())
        found = advice(reply)
        if answer.status == 401 and not found.hint:
            if not self.needs_login:
                return Explanation(reply, "The service has a security class: give client_id and client_secret.")
            return Explanation(
                reply,
                f"The client's security class may not run this service, or base_url is another server's. {_ON_APACHE if _is_apache(answer) else APACHE_HINT}",
            )
        if answer.status == 404 and not found.hint:
            return Explanation(reply, "Check the service id, which is case-sensitive, base_url, and whether the client's security class may run the service.")
        return Explanation(reply, found.hint, found.message, found.kind)

    def refusal(self, answer: Answer) -> str:
        """Services share a path: the id is part of what was refused."""
        return f"{answer.method} {answer.path.partition('&')[0]}"


def _is_apache(answer: Answer) -> bool:
    return "apache" in answer.headers.get("Server", "").lower()


def _error_code(answer: Answer) -> str:
    data: Any = json_or_none(answer)
    error = data.get("error") if isinstance(data, dict) else None
    return str((error.get("message") if isinstance(error, dict) else None) or error or "")
