# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Values of IEC 61131-3 types as the REST data interface shows them (contract §8.4): converting, comparing, checking."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

INTEGERS = {
    "SINT": (-(2**7), 2**7 - 1),
    "INT": (-(2**15), 2**15 - 1),
    "DINT": (-(2**31), 2**31 - 1),
    "LINT": (-(2**63), 2**63 - 1),
    "USINT": (0, 2**8 - 1),
    "UINT": (0, 2**16 - 1),
    "UDINT": (0, 2**32 - 1),
    "ULINT": (0, 2**64 - 1),
    "BYTE": (0, 2**8 - 1),
    "WORD": (0, 2**16 - 1),
    "DWORD": (0, 2**32 - 1),
    "LWORD": (0, 2**64 - 1),
}
DURATIONS = {"TIME": 10**6, "LTIME": 1}
"""Nanoseconds in the unit in which a duration is shown: TIME in milliseconds, LTIME in nanoseconds."""
DURATION_SIZES = {"TIME": "DINT", "LTIME": "LINT"}
"""The integers as large as a duration."""
DATES = ("LDATE", "LTIME_OF_DAY", "LDATE_AND_TIME", "DATE_AND_TIME")
_NANOSECONDS = {"d": 86_400 * 10**9, "h": 3_600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_DURATION = re.compile(r"(?:L?TIME|L?T)#(-?)((?:\d+(?:\.\d+)?(?:ms|us|ns|[dhms])_?)+)", re.IGNORECASE)
_CAPACITY = re.compile(r"STRING\D?(\d+)")
_BASED = re.compile(r"(?:[A-Z]+#)?(2|8|16)#([0-9A-F_]+)", re.IGNORECASE)


class WrongValue(ValueError):
    """A value that a variable of its type cannot take; the text says why."""


class Verdict(Enum):
    """Whether a variable has the value asked for. ``UNSURE``: it depends on its type, which is not known yet."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True)
class IecType:
    """A type of the project's type dictionary. ``element`` and ``start`` are those of an array, ``values`` those of an enumeration."""

    name: str
    kind: str = "Elementary"
    element: IecType | None = None
    start: int | None = None
    values: Mapping[str, int] = field(default_factory=dict)

    @property
    def capacity(self) -> int | None:
        """Characters that a text takes, where its name tells: ``STRING[20]``."""
        match = _CAPACITY.search(self.name)
        return int(match[1]) if match else None

    @property
    def is_text(self) -> bool:
        return self.kind == "UserString" or self.name.split("[")[0] in ("STRING", "WSTRING")


def to_float32(value: float) -> float:
    """The value as a REAL holds it, widened again."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        raise WrongValue(f"{value!r} is out of range of REAL") from None


def duration(text: str) -> int | None:
    """Nanoseconds of a duration literal such as ``T#1m30s``, None for other text."""
    match = _DURATION.fullmatch(text.strip().replace("_", ""))
    if not match:
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|us|ns|[dhms])", match[2].lower())
    total = sum(round(float(amount) * _NANOSECONDS[unit]) if "." in amount else int(amount) * _NANOSECONDS[unit] for amount, unit in parts)
    return -total if match[1] else total


def integer(value: Any) -> int | None:
    """An exact integer from a number or from text such as ``12`` or ``16#FF``; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        text = value.strip()
        based = _BASED.fullmatch(text)
        try:
            return int(based[2].replace("_", ""), int(based[1])) if based else int(text)
        except ValueError:
            return None
    return None


def real(value: Any) -> float | None:
    """A finite float from a number or numeric text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def boolean(value: Any) -> bool | None:
    """A truth value from ``true``, ``false`` or their text; None for anything else."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    return None


def convert(value: Any, iec: IecType) -> Any:
    """The value as the interface shows a variable of this elementary type. Raises ``WrongValue``."""
    name = iec.name
    if iec.kind == "Enumeration":
        return _enumerated(value, iec)
    if iec.is_text:
        if not isinstance(value, str):
            raise WrongValue(f"{value!r} is no text, which {name} takes")
        if iec.capacity is not None and len(value) > iec.capacity:
            raise WrongValue(f"{value!r} has {len(value)} characters, {name} takes {iec.capacity}")
        return value
    if name == "BOOL":
        return _known(boolean(value), value, name, "true or false")
    if name in INTEGERS:
        number = _known(integer(value), value, name, "a whole number")
        low, high = INTEGERS[name]
        if not low <= number <= high:
            raise WrongValue(f"{value!r} is out of range of {name} ({low} to {high})")
        return number
    if name in ("REAL", "LREAL"):
        number = _known(real(value), value, name, "a number")
        return to_float32(number) if name == "REAL" else number
    if name in DURATIONS:
        return _duration_in(value, name)
    if name in DATES:
        return _as_number(value, iec)
    return value


def _known(converted: Any, value: Any, name: str, wanted: str) -> Any:
    if converted is None:
        raise WrongValue(f"{value!r} is not {wanted}, which {name} takes")
    return converted


def _enumerated(value: Any, iec: IecType) -> int:
    if isinstance(value, str) and value in iec.values:
        return iec.values[value]
    number = integer(value)
    if number is None or (iec.values and number not in iec.values.values()):
        raise WrongValue(f"{value!r} is not one of {', '.join(iec.values)}, which {iec.name} takes")
    return number


def _duration_in(value: Any, name: str) -> int:
    unit, measure = DURATIONS[name], "milliseconds" if name == "TIME" else "nanoseconds"
    nanoseconds = duration(value) if isinstance(value, str) else None
    if nanoseconds is None:
        number = int(_known(integer(value), value, name, f"a duration such as T#1m30s, or a number of {measure}"))
    elif nanoseconds % unit:
        raise WrongValue(f"{value!r} is finer than the millisecond that {name} takes")
    else:
        number = nanoseconds // unit
    low, high = INTEGERS[DURATION_SIZES[name]]
    if not low <= number <= high:
        raise WrongValue(f"{value!r} is out of range of {name} ({low} to {high} {measure})")
    return number


def compare(desired: Any, current: Any, iec: IecType | None = None) -> Verdict:
    """Whether ``current``, as read, is ``desired``. Lists are compared element by element, of a dict only the members given.

    Raises ``WrongValue`` where the two cannot be compared.
    """
    if isinstance(current, (list, dict)) or isinstance(desired, (list, dict)):
        verdicts = [compare(wanted, found, inner) for _path, wanted, found, inner in parts("", desired, current, iec)]
        if Verdict.DIFFERENT in verdicts:
            return Verdict.DIFFERENT
        return Verdict.UNSURE if Verdict.UNSURE in verdicts else Verdict.EQUAL
    if type(desired) is type(current) and desired == current:
        return Verdict.EQUAL
    if iec is not None:
        return _verdict(_shown(convert(desired, iec), iec) == _shown(_as_number(current, iec), iec))
    return _compare_untyped(desired, current)


def _as_number(current: Any, iec: IecType) -> Any:
    # 64-bit integers, long durations and dates may be shown as text (contract §8.4).
    if isinstance(current, str) and (iec.name in INTEGERS or iec.name in DURATIONS or iec.name in DATES or iec.kind == "Enumeration"):
        number = integer(current)
        return current if number is None else number
    return current


def _shown(value: Any, iec: IecType) -> Any:
    if iec.name == "REAL" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return to_float32(value)
    return value


def _verdict(equal: bool) -> Verdict:
    return Verdict.EQUAL if equal else Verdict.DIFFERENT


def _compare_untyped(desired: Any, current: Any) -> Verdict:
    if isinstance(current, bool):
        return _verdict(_known(boolean(desired), desired, "the variable", "true or false") == current)
    if isinstance(current, str):
        if isinstance(desired, str):
            # A duration or based number may be the same in other words.
            return Verdict.EQUAL if desired == current else Verdict.UNSURE
        return Verdict.UNSURE
    whole, found = integer(desired), integer(current)
    # A based number such as 16#FF is whole, but no real.
    number = real(desired if whole is None else whole)
    if number is None or not isinstance(current, (int, float)):
        # The name of an enumeration's value, a duration, or a wrong value: the type tells.
        return Verdict.UNSURE
    if whole is not None and found is not None:
        if whole == found:
            return Verdict.EQUAL
    elif number == current:
        return Verdict.EQUAL
    try:
        return Verdict.UNSURE if to_float32(number) == current else Verdict.DIFFERENT
    except WrongValue:
        return Verdict.DIFFERENT


def assume(desired: Any, current: Any) -> Verdict:
    """The verdict for a value whose type cannot be had: numbers count as REAL, because LREAL is rare and a REAL never becomes the exact number."""
    verdict = compare(desired, current)
    if verdict is not Verdict.UNSURE:
        return verdict
    if isinstance(current, (list, dict)):
        inner = [assume(wanted, found) for _path, wanted, found, _type in parts("", desired, current, None)]
        return Verdict.DIFFERENT if Verdict.DIFFERENT in inner else Verdict.EQUAL
    if isinstance(current, str):
        if isinstance(desired, bool):
            raise WrongValue(f"{desired!r} is no text, which the variable takes")
        return _verdict(integer(desired) == integer(current) if integer(current) is not None and not isinstance(desired, str) else desired == current)
    if isinstance(desired, str) and duration(desired) is not None:
        return _verdict(_untyped_duration(desired) == current)
    if real(desired) is None and integer(desired) is None:
        raise WrongValue(f"{desired!r} is not a number, which the variable takes; names of values can be used only where its type is known")
    # Two whole numbers that differ are no REAL's doing.
    return _verdict(integer(desired) is None or not isinstance(current, int))


def parts(path: str, desired: Any, current: Any, iec: IecType | None) -> Iterator[tuple[str, Any, Any, IecType | None]]:
    """The elements or members that are asked for, as (path, desired, current, type). Raises ``WrongValue`` where the shapes differ."""
    named = f" ({iec.name})" if iec else ""
    if isinstance(current, list):
        if not isinstance(desired, list):
            raise WrongValue(f"{desired!r} is no list, which the array{named} takes")
        if len(desired) != len(current):
            raise WrongValue(f"a list of {len(desired)} was given, the array{named} has {len(current)} elements")
        element = iec.element if iec else None
        start = iec.start if iec and iec.start is not None else 0
        for index, (wanted, found) in enumerate(zip(desired, current)):
            yield f"{path}[{start + index}]", wanted, found, element
    elif isinstance(current, dict):
        if not isinstance(desired, dict):
            raise WrongValue(f"{desired!r} is no mapping, which the structure{named} takes")
        unknown = [str(name) for name in desired if name not in current]
        if unknown:
            raise WrongValue(f"the structure{named} has no member {', '.join(unknown)}; it has {', '.join(current)}")
        for name, wanted in desired.items():
            yield f"{path}.{name}", wanted, current[name], None
    else:
        raise WrongValue(f"{desired!r} was given for a variable{named} that is neither an array nor a structure")


def writes(
    path: str, desired: Any, current: Any, iec: IecType | None, first_index: Callable[[str, int], int | None]
) -> Iterator[tuple[str, Any, IecType | None]]:
    """What to write so that the variable gets its value: the elements and members that differ, each by its own path.

    ``first_index`` is asked for an array of unknown type, with its path and length. One whose first index cannot be had is written whole.
    """
    if isinstance(current, list) and (iec is None or iec.start is None):
        start = first_index(path, len(current)) if iec is None else None
        if start is None:
            yield path, desired, iec
            return
        iec = IecType("", "Array", start=start)
    if isinstance(current, (list, dict)):
        for inner_path, wanted, found, inner in parts(path, desired, current, iec):
            if decide(wanted, found, inner) is Verdict.DIFFERENT:
                yield from writes(inner_path, wanted, found, inner, first_index)
    else:
        yield path, _in_form_of(_writable(desired, iec), current), iec


def _untyped_duration(text: str) -> int:
    """A duration literal in the unit of the type that it is written for: LT# is an LTIME, T# a TIME."""
    return _duration_in(text, "LTIME" if text.strip().upper().startswith("L") else "TIME")


def _writable(desired: Any, iec: IecType | None) -> Any:
    if iec is None:
        return desired
    # The controller rounds a REAL by itself.
    return real(desired) if iec.name == "REAL" else convert(desired, iec)


def decide(desired: Any, current: Any, iec: IecType | None) -> Verdict:
    """The final verdict: by type where it is known, otherwise by the likeliest one."""
    verdict = compare(desired, current, iec)
    return assume(desired, current) if verdict is Verdict.UNSURE else verdict


def merged(desired: Any, current: Any, iec: IecType | None) -> Any:
    """The whole value that a variable has once ``desired`` is written: members that were not given keep theirs. Raises ``WrongValue``."""
    if isinstance(current, (list, dict)):
        inner = [merged(wanted, found, element) for _path, wanted, found, element in parts("", desired, current, iec)]
        return inner if isinstance(current, list) else {**current, **dict(zip(desired, inner))}
    if iec is None:
        # A member that differs from the start hides those after it from ``compare``: each is looked at here.
        decide(desired, current, None)
        return _in_form_of(desired, current)
    # A REAL is shown as it was given, not with the digits of its single precision.
    return desired if iec.name == "REAL" else convert(desired, iec)


def _in_form_of(value: Any, current: Any) -> Any:
    # Where numbers are shown as text they are also written so.
    if isinstance(current, str) and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if isinstance(current, bool):
        converted = boolean(value)
        return value if converted is None else converted
    if isinstance(current, (int, float)) and isinstance(value, str):
        if duration(value) is not None:
            return _untyped_duration(value)
        whole = integer(value)
        return real(value) if whole is None else whole
    return value
