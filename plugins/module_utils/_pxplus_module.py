# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the modules for records of PxPlus tables have in common."""

from __future__ import annotations

from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_records import FORMATS

PLACE_OPTIONS: dict[str, dict[str, Any]] = {
    "read_service": {"type": "str"},
    "directory": {"type": "str"},
    "dictionary": {"type": "str"},
    "format": {"type": "str", "choices": FORMATS, "default": "json"},
    "encoding": {"type": "str"},
}
PLACE_CONSTRAINTS: dict[str, Any] = {
    "required_one_of": [("read_service", "dictionary")],
    "mutually_exclusive": [("read_service", "dictionary"), ("read_service", "directory")],
}
