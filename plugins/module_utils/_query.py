# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""JMESPath, with errors that a user can act on."""

from __future__ import annotations

from typing import Any

try:
    import jmespath

    HAS_JMESPATH = True
except ImportError:
    HAS_JMESPATH = False

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput


def search(expression: str, data: Any) -> Any:
    """The result of a JMESPath expression over plain data. Raises ``InvalidInput`` for an expression that cannot be used."""
    if not HAS_JMESPATH:
        raise InvalidInput("the Python package jmespath is needed", hint="Install it for the Python that runs this task.")
    try:
        return jmespath.search(expression, data)
    except jmespath.exceptions.JMESPathError as error:
        raise InvalidInput(f"the JMESPath expression {expression!r} cannot be used: {str(error).splitlines()[0]}") from error
