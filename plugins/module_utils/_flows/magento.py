# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Magento: user and password in JSON or XML, a bare string back (contract §3, §4)."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import quote

from ansible.module_utils.basic import env_fallback
from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput, LoginFailed
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Explanation, Flow
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, jwt_times

try:
    import pyotp

    HAS_PYOTP = True
except ImportError:
    HAS_PYOTP = False

NO_ROUTE = "Request does not match any route."
NO_PROCESSOR = "Specified request cannot be processed."
_TRACE = re.compile(r"\s*#0 .*", re.DOTALL)
_HINTS = {
    NO_ROUTE: "There is no such endpoint, or not with this method: check its spelling, and that the shop has the module that it belongs to.",
    NO_PROCESSOR: "Check the code of the store view (option store), and that base_url ends before /rest.",
}


class MagentoFlow(Flow):
    """A 401 never tells a dead token from a missing permission: after one fresh login it means "not permitted" (contract §3.5)."""

    NAME = "magento"
    TITLE = "Magento"
    OPTIONS = {
        "username": {"type": "str", "fallback": (env_fallback, ["MAGENTO_USERNAME"])},
        "password": {"type": "str", "no_log": True, "fallback": (env_fallback, ["MAGENTO_PASSWORD"])},
        "account": {"type": "str", "default": "admin", "choices": ["admin", "customer", "guest"]},
        "otp": {"type": "str", "no_log": True},
        "otp_secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["MAGENTO_OTP_SECRET"])},
        "store": {"type": "str"},
        "media_type": {"type": "str", "default": "json", "choices": ["json", "xml"]},
        "show_trace": {"type": "bool", "default": False},
    }
    TOKEN = "@"

    @property
    def needs_login(self) -> bool:
        return self.params.get("account") != "guest"

    @property
    def scope(self) -> str:
        return str(self.params.get("account") or "admin")

    def credentials(self) -> list[str]:
        # A one-time code changes with every login and is no part of who logs in.
        return [str(self.params[name]) for name in ("password", "otp_secret") if self.params.get(name)]

    def path(self, route: str) -> str:
        """The path of a ``V1`` route below the store code, if one is set (contract §2.1)."""
        store = self.params.get("store")
        return f"/rest/{quote(store, safe='')}/V1/{route}" if store else f"/rest/V1/{route}"

    def login(self) -> Token:
        self.require("username", "password")
        body = {"username": self.params["username"], "password": self.params["password"]}
        otp = self._otp()
        if otp and self.scope == "customer":
            raise InvalidInput("otp and otp_secret are for admin accounts: customers have no two-factor login in Magento")
        if otp:
            body["otp"] = otp
        route = "tfa/provider/google/authenticate" if otp else f"integration/{self.scope}/token"
        started = self.now()
        if self.params.get("media_type") == "xml":
            answer = self.client.send("POST", self.path(route), body=_xml.from_data("login", body), content_type="application/xml", accept="application/xml")
        else:
            answer = self.client.send("POST", self.path(route), json_body=body, accept="application/json")
        if answer.status == 200:
            return self.token_from(answer, started)
        raise self._refused(answer)

    def _otp(self) -> str | None:
        if self.params.get("otp"):
            return str(self.params["otp"])
        secret = self.params.get("otp_secret")
        if not secret:
            return None
        if not HAS_PYOTP:
            raise InvalidInput("the Python package pyotp is needed for otp_secret", hint="Install it for the Python that runs this task.")
        try:
            return str(pyotp.TOTP(secret.replace(" ", "")).now())
        except ValueError:
            raise InvalidInput("otp_secret is not a base32 secret", hint="It is the text under the QR code of the two-factor set-up.") from None

    def _refused(self, answer: Answer) -> Exception:
        reply = self.explain(answer).reply
        if answer.status == 401 and "Invalid code" in reply:
            return self.rejected(answer, "The one-time code was wrong: check otp_secret and this machine's clock, or give a fresh otp.")
        if answer.status == 401 and "More permissions" in reply:
            return self.rejected(answer, "The password is right, but the user has no role: assign one in the admin panel.")
        if answer.status == 401:
            return self.rejected(
                answer,
                "Wrong password, unknown or inactive user, and a locked account are answered alike; six failures lock a name for 30 minutes. "
                "It was sent once and is not sent again in this run.",
            )
        hint = ""
        if "2fa provider-specific endpoints" in reply:
            hint = "The user has two-factor authentication: give otp_secret (or a fresh otp)."
        elif "configure 2FA first" in reply or "configure personal Two-Factor" in reply:
            hint = "Two-factor authentication is on, but this user is not enrolled: enrol it with the Google provider and give otp_secret."
        elif "Failed to send the message" in reply:
            hint = (
                "Two-factor authentication is on, and the shop cannot send the mail with which this user would enrol: let it send mail, or set the user's "
                "secret with bin/magento security:tfa:google:set-secret, and give it as otp_secret."
            )
        elif "Provider is not" in reply:
            hint = "The user is not enrolled with the Google provider, or that provider is not on: leave otp and otp_secret out, or enrol the user."
        elif answer.status == 404:
            hint = "Check base_url and store; a shop without two-factor authentication takes neither otp nor otp_secret."
        elif "ReCaptcha" in reply:
            hint = "reCAPTCHA is on for this login: turn it off for the API, or use an admin account."
        return self.login_error(LoginFailed, answer, f"the login as {self.principal!r} was answered with HTTP {answer.status}", hint)

    def lifetime(self, data: Any, value: str, answer: Answer) -> tuple[float | None, bool]:
        """From a JWT's own times, which are relative to each other; unknown for an opaque token (contract §3.4)."""
        times = jwt_times(value)
        return (None, False) if times is None else (times[1] - times[0], False)

    def revoke(self, token: Token) -> bool:
        """Withdraws all tokens of a customer, where the version can (contract §3.6); admin tokens cannot be withdrawn over REST."""
        if self.scope != "customer":
            return False
        answer = self.client.send("POST", self.path("integration/customer/revoke-customer-token"), authorization=self.authorization(token), json_body={})
        if answer.status == 404:
            return False
        if answer.status in (200, 401):
            # A token issued in the same second would be born revoked.
            time.sleep(1.1)
            return True
        raise self.login_error(LoginFailed, answer, f"the revocation was answered with HTTP {answer.status}")

    def refusal(self, answer: Answer) -> str:
        resources = _parameters(error_body(answer)).get("resources")
        return str(resources) if resources else super().refusal(answer)

    def explain(self, answer: Answer) -> Explanation:
        """The message with its parameters filled in, and each entry of ``errors`` (contract §5)."""
        body = error_body(answer)
        if not isinstance(body, dict) or "message" not in body:
            return self._explain_page(answer)
        entries = body.get("errors")
        if isinstance(entries, dict):
            entries = entries.get("item", [])
        texts = [fill(body)] + [fill(entry) for entry in (entries if isinstance(entries, list) else [entries]) if isinstance(entry, dict)]
        if self.params.get("show_trace") and body.get("trace"):
            texts.append(f"trace: {body['trace']}")
        hint = _HINTS.get(str(body["message"]), "")
        if body["message"] == NO_PROCESSOR and "/async/" in answer.path:
            hint += " Asynchronous and bulk requests are there from release 2.3 on."
        if answer.status == 401:
            hint = self._unauthorised(_parameters(body).get("resources"))
        elif answer.status == 500:
            hint = "The cause is in the log of the shop (var/log/exception.log, or var/report), under the report ID if there is one."
        return Explanation("; ".join(texts), hint)

    def _explain_page(self, answer: Answer) -> Explanation:
        reply = super().explain(answer).reply
        if answer.status == 503:
            return Explanation(reply, "The shop is in maintenance mode.")
        if answer.status == 404:
            hint = (
                "This did not come from Magento's interface: check base_url. A web server may also refuse a slash in a name, which is sent as %2F "
                "(Apache: AllowEncodedSlashes NoDecode)."
            )
            return Explanation(reply, hint)
        if not self.params.get("show_trace"):
            reply = _TRACE.sub("", reply)
        return Explanation(reply, "The cause is in the log of the shop (var/log, or var/report)." if answer.status == 500 else "")

    def _unauthorised(self, resources: Any) -> str:
        needs = f" It needs the resource {resources}." if resources else ""
        if self.params.get("token"):
            return (
                "From 2.4.4 on Magento takes the access token of an integration only with oauth/consumer/enable_integration_as_bearer = 1 in its "
                f"configuration, and otherwise answers as if there were none. Or the account is not permitted to do this.{needs}"
            )
        if self.needs_login:
            return f"The login is fresh, so the account is not permitted to do this.{needs}"
        return f"Guests are not permitted to do this.{needs}"


def error_body(answer: Answer) -> Any:
    """The decoded error envelope, or None where the body is a page or text."""
    try:
        return None if answer.is_html() else answer.data()
    except BadAnswer:
        return None


def fill(error: dict[str, Any]) -> str:
    """A message template with its parameters: ``%name`` from an object, ``%1`` from a list."""
    parameters = _parameters(error)
    return re.sub(r"%(\w+)", lambda match: str(parameters.get(match.group(1), match.group(0))), str(error.get("message", "")))


def _parameters(error: Any) -> dict[str, Any]:
    parameters = error.get("parameters") if isinstance(error, dict) else None
    if isinstance(parameters, dict) and isinstance(parameters.get("item"), list):
        parameters = parameters["item"]
    if isinstance(parameters, list):
        return {str(place): value for place, value in enumerate(parameters, 1)}
    return parameters if isinstance(parameters, dict) else {}
