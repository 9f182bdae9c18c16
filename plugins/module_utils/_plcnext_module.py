# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the PLCnext modules have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_station import OPTIONS as STATION_OPTIONS
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import PREFIX, Plcnext, full_path

PATH_PREFIX: dict[str, Any] = {"type": "str", "default": PREFIX}

__all__ = ["PATH_PREFIX", "STATION_OPTIONS", "connect", "full_paths"]


def connect(invocation: Invocation) -> Plcnext:
    """The controller of a task, as a station if the task names one; in check mode no session is opened, because that is a write."""
    station_id = None if invocation.check_mode else invocation.params.get("station_id")
    return Plcnext(invocation.session, invocation.cache_folder, station_id=station_id, station_timeout=invocation.params.get("station_timeout") or 30.0)


def full_paths(invocation: Invocation) -> dict[str, str]:
    """The option ``paths`` as full paths by name, each once. Raises ``InvalidInput`` if there is none."""
    names: Sequence[str] = invocation.params["paths"] or []
    if not names:
        raise InvalidInput("paths names no variable")
    return {name: full_path(name, invocation.params["path_prefix"]) for name in names}
