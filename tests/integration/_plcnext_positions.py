# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The positions of the PLCnext simulator's switches, spread over controllers, and which tasks fail there."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from tests.simulators._plcnext_switches import SWITCHES

OK = ""
NUMBERS: dict[str, tuple[Any, ...]] = {
    "api_version": ("1.1.0.3", "1.13.0.0"),
    "max_body_bytes": (400,),
    "max_paths": (4,),
    "token_lifetime": (5,),
    "lockout_after": (0, 1),
    "lockout_seconds": (600,),
    "wrong_password_domain": ("login",),
    "session_timeout": (100,),
    "session_limit": (0,),
    "report_page": (1,),
    "group_lifetime": (0, 86400),
    "group_limit": (1,),
    "group_variable_limit": (2,),
}
"""Values for the switches that take any."""
ALONE = (
    {"max_body_bytes": 400},
    {"max_paths": 4},
    {"authentication": False},
    {"authentication": False, "auth_without_enforcement": "not_found"},
    {"session_limit": 0},
    {"session_limit": 0, "session_full_status": 403},
    {"session_limit": 0, "session_full_status": 404},
    {"group_limit": 1},
    {"group_variable_limit": 2},
    {"bad_names": "partial", "wrong_value": "partial", "read_only_write": "partial", "long_string": "partial", "missing_value": "absent"},
    {"string64": True, "long_types": "number", "integral_real": "0.0", "write_atomicity": "atomic"},
    {"token_expiry": "session_timeout", "session_timeout": 5000, "code_use": "single", "code_per_request": "same", "group_dedup": False, "report_page": 1},
)
"""Positions that keep others from having an effect, and switches that have one only together."""
_PARTS = ("transport", "login", "sessions", "groups", "variables")
_FIRST = {"api_version": 0, "authentication": 1, "sessions_need_token": 2, "group_dedup": 3, "bad_names": 4}
"""The first switch of each part of the simulator."""


def positions() -> dict[str, dict[str, Any]]:
    """Switches by label, so that each switch comes in each position; those of different parts, which do not meet, share a controller."""
    alone = [next(iter(switches.items())) for switches in ALONE if len(switches) == 1] + [("auth_without_enforcement", "not_found")]
    lines: list[list[tuple[str, Any]]] = [[] for _part in _PARTS]
    part = 0
    for name, switch in SWITCHES.items():
        part = _FIRST.get(name, part)
        lines[part] += [(name, value) for value in switch.choices or NUMBERS[name] if value != switch.default and (name, value) not in alone]
    together = [dict(filter(None, column)) for column in zip_longest(*lines)]
    return {label(switches): switches for switches in ({}, *together, *ALONE)}


def label(switches: dict[str, Any]) -> str:
    return ",".join(f"{name}={value}" for name, value in switches.items()) or "default"


def failures(switches: dict[str, Any]) -> dict[str, str]:
    """What tasks say that fail with these switches."""
    found = dict(USUALLY)
    for name, value in switches.items():
        found.update(FAILURES.get(f"{name}={value}", {}))
    return found


UNKNOWN = r"cannot be read \((unknown|invalidNames)\)"
REFUSED = r"HTTP 400.*(written|not written)"
NOT_TAKEN = r"values were not taken"
LOGIN = r"the login as 'automation' was rejected \(HTTP 401\)"
NO_ROOM = r"the controller has no room for another session"
NO_LOGIN = r"If its project does not enforce user levels, set authentication to false"

# Tasks that fail everywhere unless FAILURES says otherwise, by name, with what they say.
USUALLY = {
    "Read with another version": r"check api_version",
    "Read in another case": UNKNOWN,
    "Read what is no number": r"cannot be read \(the controller gave no value\).*NaN",
    "Set what is no number": r"cannot be read \(the controller gave no value\).*NaN",
    "Read with a wrong password": LOGIN,
    "Set as a viewer": r"not permitted \(HTTP 401, also after a fresh login\).*EHmiChanger to write",
    "Read a group that is gone": r"there is no group g1",
    "Set a name that is unknown": UNKNOWN,
    "Set what is read-only": REFUSED,
    "Set what is out of range": REFUSED,
    "Set what is too long": REFUSED,
    "Set only what is too long": REFUSED,
    "Set an array that begins elsewhere": REFUSED,
}

_WITH_STATION = ("Set as a station", "Read as a station", "Group as a station")
_TOO_LARGE = r"HTTP 413"
_TOO_MANY = r"HTTP 400.*more variables at once than it takes"
FAILURES: dict[str, dict[str, str]] = {
    "unknown_version=accept": {"Read with another version": OK},
    "case_sensitive=False": {"Read in another case": OK},
    "non_finite=string": {"Read what is no number": OK, "Set what is no number": OK},
    "non_finite=bare": {"Read what is no number": OK, "Set what is no number": OK},
    "viewer_write=403": {"Set as a viewer": r"HTTP 403.*EHmiChanger to write"},
    "authentication=False": {"Set as a viewer": OK},
    "read_only_write=partial": {"Set what is read-only": NOT_TAKEN},
    "wrong_value=partial": {"Set what is out of range": NOT_TAKEN, "Set an array that begins elsewhere": NOT_TAKEN},
    "whole_writes=True": {"Set an array that begins elsewhere": OK},
    **{f"long_string={value}": {"Set what is too long": NOT_TAKEN, "Set only what is too long": NOT_TAKEN} for value in ("partial", "truncate")},
    "max_body_bytes=400": {"Set": _TOO_LARGE, "Set again": _TOO_LARGE, "Set in the next run": _TOO_LARGE, "Set whole arrays": _TOO_LARGE},
    "max_paths=4": dict.fromkeys(("Read", "Set", "Set again", "Set in the next run", "Read back", "Set whole arrays"), _TOO_MANY),
    "session_limit=0": dict.fromkeys(_WITH_STATION, NO_ROOM),
    "group_limit=1": dict.fromkeys(("Group in another order", "Group as a station"), r"HTTP 400.*groups/invalidRequest"),
    "group_variable_limit=2": dict.fromkeys(("Group", "Group again", "Read the group", "Group in another order"), r"HTTP 400.*groups/invalidRequest"),
}
"""What differs from ``USUALLY``, by position of a switch: task and what it says, or nothing where it succeeds."""
