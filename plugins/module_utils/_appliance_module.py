# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the appliance modules have in common."""

from __future__ import annotations

import contextlib
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance

LOCK_OPTIONS: dict[str, dict[str, Any]] = {
    "lock": {"type": "str", "choices": ["auto", "required"], "default": "auto"},
    "wait": {"type": "float", "default": 0.0},
}


def connect(invocation: Invocation) -> Appliance:
    """The appliance of a task."""
    return Appliance(invocation.session, invocation.run_folder)


def locked(invocation: Invocation, appliance: Appliance) -> contextlib.AbstractContextManager[None]:
    """The lock for a change, as the options ``lock`` and ``wait`` want it."""
    return appliance.locked(invocation.params["lock"], invocation.params["wait"], invocation.progress)
