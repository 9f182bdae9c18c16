# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the ``*_token`` modules do, which is the same for every service."""

from __future__ import annotations

from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, timestamp

OPTIONS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "default": "present", "choices": ["present", "renewed", "absent"]},
    "minimum_lifetime": {"type": "float", "default": 0.0},
    "return_token": {"type": "bool", "default": False},
}


def definition(name: str, flow: type[Flow]) -> Definition:
    """The definition of a service's token module."""
    return Definition(name=name, flows=(flow,), options=OPTIONS)


def run(invocation: Invocation) -> dict[str, Any]:
    """Makes sure that a valid token is kept, renews it, or forgets it."""
    session, state = invocation.session, invocation.params["state"]
    if not session.flow.needs_login:
        return {"changed": False, "obtained": "none", "expires_at": None}
    if state == "absent":
        existed, revoked = session.end()
        return {"changed": existed, "obtained": "none", "expires_at": None, "revoked": revoked}
    forced = state == "renewed" and not invocation.check_mode
    token = session.force() if forced else session.token()
    result = {
        "changed": state == "renewed",
        "obtained": session.obtained,
        "issued_at": timestamp(token.issued_at),
        "expires_at": timestamp(token.expires_at),
        "principal": token.principal,
        **_notes(token),
    }
    if invocation.params["return_token"]:
        result["token"] = token.value
    return result


def _notes(token: Token) -> dict[str, Any]:
    return {"roles": token.notes["roles"]} if "roles" in token.notes else {}
