# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Keeps secrets out of every text that leaves the collection."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

try:
    from ansible.module_utils.secrets import register_secret  # ansible-core 2.22 and later
except ImportError:
    register_secret = None

MASK = "********"
MASKED_BY_CORE = register_secret is not None
"""Whether ansible-core itself keeps registered secrets out of all output."""


def basic(user: str, password: str) -> str:
    """The value of a Basic ``Authorization`` header, without the scheme."""
    return b64encode(f"{user}:{password}".encode()).decode("ascii")


_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+")


def _forms(value: str) -> Iterable[str]:
    """How a value may look in an address, a form and JSON; one without special characters looks the same everywhere."""
    if _PLAIN.fullmatch(value):
        return (value,)
    escaped = (json.dumps(value, ensure_ascii=only_ascii)[1:-1] for only_ascii in (True, False))
    return dict.fromkeys((value, quote(value, safe=""), quote_plus(value), *escaped))


class Secrets:
    """The secret values of one task: what was given, what was received, and the forms in which they travel."""

    def __init__(self, values: Iterable[str | None] = ()) -> None:
        self._values: set[str] = set()
        self.add(*values)

    def add(self, *values: str | None) -> None:
        """Adds secrets; from ansible-core 2.22 on they are also masked in all output of the run."""
        for value in values:
            if not value or value in self._values:
                continue
            for form in _forms(value):
                self._values.add(form)
                if register_secret is not None:
                    register_secret(form)

    def add_basic(self, user: str, password: str) -> str:
        """Adds a Basic value and returns it."""
        value = basic(user, password)
        self.add(value)
        return value

    @property
    def values(self) -> frozenset[str]:
        """All secret strings in all their forms."""
        return frozenset(self._values)

    def redact(self, text: str) -> str:
        """The text with every secret replaced."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text
