# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a PxPlus web service request fails: one exception, told apart by its kind."""

from __future__ import annotations


class ServiceFailure(Exception):
    """A request that ends in an error page. The simulator turns ``kind`` into a status (contract §3.4, §4, §10).

    Kinds of the server itself: ``unauthorized``, ``security_class``, ``no_file``, ``forbidden``, ``method``. Kinds of a PxPlus
    program: ``no_service``, ``no_record``, ``force_id``, ``override``, ``parameter``, ``runtime``, ``write``.
    """

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message)
        self.kind, self.message = kind, message


def runtime(number: int, text: str) -> ServiceFailure:
    """A PxPlus run-time error, by its number."""
    return ServiceFailure("runtime", f"Error #{number}: {text}")


def parameter(text: str) -> ServiceFailure:
    """A parameter that the service does not take as it was given."""
    return ServiceFailure("parameter", text)
