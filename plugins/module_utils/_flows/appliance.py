# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The Oracle SBC appliance: Basic to XML, ten minutes, renewed with the live token so that a configuration lock survives (contract §4, §6)."""

from __future__ import annotations

from urllib.parse import quote

from ansible.module_utils.basic import env_fallback
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, LoginFailed
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Explanation, Flow
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, timestamp

HOLDS_LOCK = "holds_lock"
LIFETIME = 600.0
"""Seconds that a token lives (contract §4)."""
LOCK = "/configuration/lock"
UNLOCK = "/configuration/unlock"


def lock_ends(token: Token) -> str:
    """When a lock that hangs on this token ends by itself, as a sentence (contract §6; whether use prolongs a token is not known, §10)."""
    when = f"at {timestamp(token.expires_at)}" if token.expires_at else "ten minutes after that was issued"
    return f"It ends with its token, {when}; where a token is prolonged by its use, ten minutes after the last request."


class ApplianceFlow(Flow):
    """The configuration lock hangs on the token: a plain login in its place would leave the lock behind, out of reach, for up to ten minutes."""

    NAME = "appliance"
    TITLE = "Appliance"
    OPTIONS = {
        "username": {"type": "str", "fallback": (env_fallback, ["APPLIANCE_USERNAME"])},
        "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["APPLIANCE_PASSWORD"])},
        "api_version": {"type": "str", "default": "v1.2"},
        "renewal_body": {"type": "str", "default": "raw"},
    }
    TOKEN = "data.accessToken"
    ASSUMED_LIFETIME = LIFETIME
    RENEW_AHEAD = 120.0
    DEVICE = True
    CAN_RENEW = True

    @property
    def scope(self) -> str:
        return str(self.params.get("api_version") or "v1.2")

    def path(self, resource: str) -> str:
        """The path of a resource below the API version."""
        return f"/rest/{self.scope}/{resource}"

    def login(self) -> Token:
        return self._request_token(None)

    def renew(self, token: Token) -> Token:
        """The same login with the live token in the body: the lock moves to the new token (contract §4, refresh)."""
        return self._request_token(token)

    def _request_token(self, live: Token | None) -> Token:
        self.require("username", "password")
        started = self.now()
        form = str(self.params.get("renewal_body") or "raw")
        body = None
        if live is not None:
            body = (live.value if form == "raw" else f"{form}={quote(live.value, safe='')}").encode()
        answer = self.client.send(
            "POST",
            self.path("auth/token"),
            authorization=self.basic(self.params["username"], self.params["password"]),
            body=body,
            content_type="x-www-form-urlencoded" if body else None,
            accept="application/xml",
        )
        if answer.status == 200:
            return self.token_from(answer, started, notes=dict(live.notes) if live else None)
        if answer.status in (401, 403):
            raise self.rejected(answer)
        if answer.status == 404:
            hint = "Check base_url, which has no path, and set api_version to one that the software has: v1.0 from 8.2, v1.1 from 8.3, v1.2 from 8.4."
            raise self.login_error(LoginFailed, answer, f"the appliance does not know {self.path('auth/token')}", hint)
        if answer.status == 400:
            what = "the renewal was refused as malformed" if live else "the login was refused as malformed"
            hint = "The appliance may want the token in a form field: set renewal_body to its name." if live else ""
            raise self.login_error(LoginFailed, answer, what, hint)
        raise self.login_error(LoginFailed, answer, f"the login was answered with HTTP {answer.status}")

    def held_by(self, token: Token) -> str:
        return "configuration lock" if token.notes.get(HOLDS_LOCK) else ""

    def observe(self, answer: Answer, token: Token) -> Token:
        """Notes whether this token holds the lock, from the answers to lock, unlock and refused changes (contract §6)."""
        held = bool(token.notes.get(HOLDS_LOCK))
        now_held = held
        if answer.method == "POST" and answer.status == 204:
            if answer.path.rstrip("/").endswith(LOCK):
                now_held = True
            elif answer.path.rstrip("/").endswith(UNLOCK):
                now_held = False
        elif answer.status == 423 and not answer.path.rstrip("/").endswith(LOCK):
            # Taking the lock again may be answered with 423 to its holder too (contract §10): that says nothing.
            now_held = False
        return token if now_held == held else token.noting(**{HOLDS_LOCK: now_held})

    def explain(self, answer: Answer) -> Explanation:
        """The texts of ``errorMessage``, at whatever depth (contract §5)."""
        try:
            reply = "; ".join(element.text.strip() for element in answer.xml().iter("errorMessage") if element.text and element.text.strip())
        except BadAnswer:
            reply = ""
        if not reply and (answer.is_html() or answer.media_type != "application/xml"):
            reply = super().explain(answer).reply
        hints = {
            403: "The user has no administrator privileges: use one of the class admin.",
            423: "Changes need the configuration lock: take it first, or wait until its holder releases it (a lost token's lock ends within ten minutes).",
            426: "Use https in base_url.",
        }
        return Explanation(reply, hints.get(answer.status, ""))
