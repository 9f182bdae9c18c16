# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Reads variables, once or until they are as asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, TimedOut
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext

SHORTEST_INTERVAL = 0.05


def read_until(plc: Plcnext, paths: Mapping[str, str], until: str | None, timeout: float, interval: float) -> tuple[dict[str, Any], int]:
    """The values by name and the number of readings.

    ``timeout`` and ``interval`` are in seconds. Raises ``NotFound`` with all that cannot be read, and ``TimedOut`` with the last values.
    """
    if interval < SHORTEST_INTERVAL:
        raise InvalidInput(f"until_interval is less than {SHORTEST_INTERVAL:g} seconds")
    end = time.monotonic() + timeout
    readings = 0
    while True:
        values = read_values(plc, paths)
        readings += 1
        if not until or _true(search(until, values)):
            return values, readings
        left = end - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"{until!r} was not true within {timeout:g} seconds and {readings} readings; the last values were {json.dumps(values, ensure_ascii=False)}",
                service=plc.session.flow.TITLE,
                hint="Raise until_timeout, or check the condition: it is a JMESPath expression over the names given in paths.",
                details={"variables": values, "readings": readings},
            )
        plc.pause(min(interval, left))


def _true(result: Any) -> bool:
    # In JMESPath 0 is true.
    return not (result is None or result is False or result in ("", [], {}))


def read_values(plc: Plcnext, paths: Mapping[str, str]) -> dict[str, Any]:
    """The values by name. Raises ``NotFound`` with all that cannot be read."""
    reading = plc.read(list(dict.fromkeys(paths.values())))
    if reading.refused:
        raise plc.unreadable(reading.refused)
    return {name: reading.values[path] for name, path in paths.items()}
