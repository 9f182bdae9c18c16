# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a simulator was asked: logins told from other requests, reads from writes."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import requests

LOGINS = {
    "plcnext": r"POST /_pxc_api/(\S+/)?auth/access-token",
    "pxplus": r"POST /services/oauth2/token\.pxp",
    "phoenix": r"GET /v1/auth/access_token",
    "magento": r"POST /rest/(\w+/)?V1/(integration/(admin|customer)/token|tfa/provider/google/authenticate)",
    "appliance": r"POST /rest/v1\.\d/auth/token",
}
"""The request that brings a token, per service."""
LOGIN_CODES = r"POST /_pxc_api/(\S+/)?auth/auth-token"
_READS_BY_POST = r"POST (/_pxc_api/\S+/variables|/v1/(assets|findings))"


def line_of(entry: dict[str, Any]) -> str:
    """Method and path of a request."""
    return f"{entry['method']} {entry['path']}"


class Journal:
    """The requests that one simulator got, in their order."""

    def __init__(self, service: str, entries: list[dict[str, Any]]) -> None:
        self.service, self.entries = service, entries

    def _tokens(self) -> list[dict[str, Any]]:
        return [entry for entry in self.entries if re.fullmatch(LOGINS[self.service], line_of(entry))]

    def codes(self) -> list[dict[str, Any]]:
        """Requests for a login code, which a login needs first."""
        return [entry for entry in self.entries if re.fullmatch(LOGIN_CODES, line_of(entry))]

    def renewals(self) -> list[dict[str, Any]]:
        """Logins that hand in the live token."""
        return [entry for entry in self._tokens() if "refresh_form" in entry]

    def logins(self) -> list[dict[str, Any]]:
        """Logins with nothing but credentials, refused ones too."""
        return [entry for entry in self._tokens() if "refresh_form" not in entry]

    def calls(self) -> list[dict[str, Any]]:
        """All requests that are no part of a login."""
        login = {entry["number"] for entry in (*self._tokens(), *self.codes())}
        return [entry for entry in self.entries if entry["number"] not in login]

    def lines(self) -> list[str]:
        """Method and path of each call."""
        return [line_of(entry) for entry in self.calls()]

    def writes(self) -> list[dict[str, Any]]:
        """Calls that may change something."""
        return [entry for entry in self.calls() if entry["method"] not in ("GET", "HEAD", "OPTIONS") and not re.fullmatch(_READS_BY_POST, line_of(entry))]

    def fingerprints(self) -> set[str]:
        """Names of all secrets that came in an Authorization header."""
        return {entry["headers"]["authorization"].rpartition(" ")[2] for entry in self.entries if "authorization" in entry["headers"]}

    def differences(self, logins: int = 0, calls: int | list[str] | None = None, renewals: int = 0, writes: int | None = None) -> list[str]:
        """How this journal differs from what is expected; a list for ``calls`` holds regular expressions over method and path.

        A login of a PLCnext controller is a code and then the login itself. Without ``writes`` there must be none, but those that ``calls`` names.
        """
        found = []
        for what, number, wanted in (("logins", len(self.logins()), logins), ("renewals", len(self.renewals()), renewals)):
            if number != wanted:
                found.append(f"{number} {what}, not {wanted}")
        if self.service == "plcnext" and len(self.codes()) != logins:
            found.append(f"{len(self.codes())} login codes, not {logins}")
        lines = self.lines()
        if isinstance(calls, list):
            if len(calls) != len(lines) or not all(re.fullmatch(wanted, line) for wanted, line in zip(calls, lines)):
                found.append(f"the calls are not {calls}")
        elif calls is not None and len(lines) != calls:
            found.append(f"{len(lines)} calls, not {calls}")
        if writes is None and not isinstance(calls, list):
            writes = 0
        if writes is not None and len(self.writes()) != writes:
            found.append(f"{len(self.writes())} writes, not {writes}")
        return found

    def __str__(self) -> str:
        shown = []
        for entry in self.entries:
            query = f"?{entry['query'][:100]}" if entry["query"] else ""
            shown.append(f"  {line_of(entry)}{query} -> {entry['status']} {entry['headers'].get('authorization', '')}")
        return "\n".join(shown) or "  (no requests)"


class Simulator:
    """One running simulator: its settings as ``{option: value}``, its journal and its control actions."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.settings = entry
        self.service = str(entry["service"])
        self._url = str(entry["control_url"])
        self._session = requests.Session()
        self._session.trust_env = False

    def control(self, action: str, **arguments: Any) -> Any:
        """Performs a control action and returns its result."""
        answer = self._session.post(f"{self._url}/{action}", json=arguments, timeout=30)
        if answer.status_code != 200:
            raise RuntimeError(f"{self.service} {action}: {answer.text}")
        return answer.json()["result"]

    def journal(self, clear: bool = True) -> Journal:
        """What it was asked since the journal was last emptied."""
        answer = self._session.get(f"{self._url}/journal", timeout=30)
        answer.raise_for_status()
        if clear:
            self.control("clear_journal")
        return Journal(self.service, answer.json())

    def switches(self) -> dict[str, Any]:
        """The positions of its switches."""
        answer = self._session.get(self._url, timeout=30)
        answer.raise_for_status()
        return dict(answer.json()["switches"])


def running() -> dict[str, Simulator]:
    """The simulators of this test, by instance; for plugins in a playbook, which find their description in the environment."""
    with open(os.environ["SIMULATORS"], encoding="utf-8") as stream:
        return {name: Simulator(entry) for name, entry in json.load(stream)["simulators"].items()}
