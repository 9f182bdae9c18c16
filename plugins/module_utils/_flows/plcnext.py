# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""PLCnext controllers: an auth code, then user, password and code (contract §4)."""

from __future__ import annotations

import secrets
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.tokenflow.services.plugins.module_utils._errors import LoginFailed, NotFound, Unavailable
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Explanation, Flow, html_text, json_or_none
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

ROOT = "/_pxc_api"


class PlcnextFlow(Flow):
    """The controller does not say how long a token lives: the code's 600 seconds are the first assumption, a 401 corrects it."""

    NAME = "plcnext"
    TITLE = "PLCnext"
    OPTIONS = {
        "username": {"type": "str", "fallback": (env_fallback, ["PLCNEXT_USERNAME"])},
        "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["PLCNEXT_PASSWORD"])},
        "authentication": {"type": "bool", "default": True},
        "api_version": {"type": "str", "default": "v1.2"},
    }
    TOKEN = "access_token"
    ASSUMED_LIFETIME = 600.0
    DEVICE = True
    BOUND_TO_CALLER = True

    @property
    def needs_login(self) -> bool:
        return bool(self.params.get("authentication", True))

    def _auth(self, step: str) -> str:
        version = self.params.get("api_version") or "v1.2"
        return f"{ROOT}/auth/{step}" if version == "api" else f"{ROOT}/{version}/auth/{step}"

    def login(self) -> Token:
        self.require("username", "password")
        code = self._code()
        answer = self._access_token(code)
        if answer.status == 401 and challenge(answer) == "invalid_token":
            # The code had run out or was bound to another address: a fresh one tells which.
            answer = self._access_token(self._code())
            if answer.status == 401 and challenge(answer) == "invalid_token":
                hint = "The code holds only for the address that asked for it: check for several addresses or proxies between here and the controller."
                raise self.login_error(LoginFailed, answer, "the controller refused its own login code twice", hint)
        if answer.status == 401:
            raise self.rejected(answer)
        if answer.status != 200:
            raise self.login_error(LoginFailed, answer, f"the login was answered with HTTP {answer.status}")
        data = self.login_data(answer)
        roles = data.get("roles") if isinstance(data, dict) else None
        return self.token_from(answer, self.now(), {"roles": [str(role) for role in roles or []]}, data)

    def _code(self) -> str:
        state = secrets.token_hex(8)
        answer = self.client.send("POST", self._auth("auth-token"), json_body={"response_type": "code", "state": state, "scope": "variables"}, repeatable=True)
        if answer.status != 200:
            raise self.login_error(LoginFailed, answer, f"the request for a login code was answered with HTTP {answer.status}")
        data = self.login_data(answer)
        code = data.get("code") if isinstance(data, dict) else None
        if not isinstance(code, str) or not code:
            raise self.login_error(LoginFailed, answer, "the answer has no login code")
        if data.get("state") != state:
            raise self.login_error(LoginFailed, answer, "the answer does not echo the state that was sent", "Something in between answers.")
        self.client.secrets.add(code)
        return code

    def _access_token(self, code: str) -> Answer:
        body = {"code": code, "grant_type": "authorization_code", "username": self.params["username"], "password": self.params["password"]}
        return self.client.send("POST", self._auth("access-token"), json_body=body)

    def explain(self, answer: Answer) -> Explanation:
        """The error's domain, reason and values (contract §5), or what the web server in front of it means (§2.1, §3)."""
        data = json_or_none(answer)
        error = data.get("error") if isinstance(data, dict) else None
        if isinstance(error, dict):
            reply = "; ".join(_detail(entry) for entry in error.get("details") or []) or f"error {error.get('code')}"
            if "unloaded" in reply:
                return Explanation(reply, "Wait until it is loaded and run again.", "the controller is loading its project", Unavailable)
            if answer.status == 401 and not self.needs_login:
                return Explanation(reply, "The controller demands a login. Leave authentication at true.")
            return Explanation(reply, _HINTS.get(answer.status, ""))
        if answer.status == 503 and answer.path.startswith("/ehmi/"):
            return Explanation("", "Wait until it is done and run again.", "the controller is loading or changing its project (HTTP 503)")
        if answer.status in (502, 503):
            hint = (
                "Wait if it is starting or loading a project; otherwise look at Output.log or, from firmware 2025.0, Arp.Services.Ehmi.log on the controller."
            )
            return Explanation(html_text(answer), hint, f"the HMI component of the controller is not running (HTTP {answer.status})")
        if answer.status in (301, 302):
            what = f"the controller is loading its project, or has none with an HMI page (HTTP {answer.status})"
            return Explanation("", "Wait if it is loading one; otherwise download one that has an HMI page.", what, Unavailable)
        if answer.status == 404:
            hint = (
                "Check base_url, which has no path. If it is the controller's: Download a project that has an HMI page, without which the interface is "
                "not started, and check api_version."
            )
            if "/auth/" in answer.path:
                hint += " If its project does not enforce user levels, set authentication to false."
            return Explanation("", hint, "the controller does not have this part of the REST data interface (HTTP 404)", NotFound)
        return super().explain(answer)


_HINTS = {
    400: "The controller does not say which part it means: a value that a variable does not take, a name, or more variables at once than it takes.",
    401: "The user needs the role EHmiViewer to read and EHmiChanger to write.",
    403: "The user needs the role EHmiChanger to write.",
}


def challenge(answer: Answer) -> str:
    """``invalid_grant`` (wrong password) or ``invalid_token`` (code or token) from ``WWW-Authenticate`` or the body; empty if neither is there."""
    header = answer.headers.get("WWW-Authenticate", "")
    for word in ("invalid_grant", "invalid_token"):
        if word in header:
            return word
    return "invalid_grant" if b"wrongPassword" in answer.content else ""


def detail(answer: Answer) -> dict[str, Any]:
    """The first entry of an error's details: ``domain``, ``reason`` and sometimes ``values`` (contract §5); empty if there is none."""
    data = json_or_none(answer)
    error = data.get("error") if isinstance(data, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    return details[0] if isinstance(details, list) and details and isinstance(details[0], dict) else {}


def _detail(entry: Any) -> str:
    if not isinstance(entry, dict):
        return str(entry)
    text = "/".join(str(entry[key]) for key in ("domain", "reason") if entry.get(key))
    values = entry.get("values")
    return f"{text} {', '.join(str(value) for value in values)}" if values else text
