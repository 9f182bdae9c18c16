# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the modules for resources of a Magento shop have in common."""

from __future__ import annotations

from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import GLOBAL, Magento

PLACE_OPTIONS: dict[str, dict[str, Any]] = {
    "endpoint": {"type": "str", "required": True},
    "store": {"type": "str", "default": GLOBAL},
}


def shop(invocation: Invocation) -> Magento:
    """The shop in the scope that the options name."""
    return Magento(invocation.session, invocation.params["store"], invocation.params["media_type"])


def hide(invocation: Invocation, data: Any, name: str = "") -> None:
    """Takes what is called a password or secret for one, however deep it is."""
    if isinstance(data, dict):
        for member, value in data.items():
            hide(invocation, value, str(member).lower())
    elif isinstance(data, list):
        for value in data:
            hide(invocation, value, name)
    elif isinstance(data, str) and ("password" in name or "secret" in name):
        invocation.secrets.add(data)
