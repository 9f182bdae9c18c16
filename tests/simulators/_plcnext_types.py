# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IEC 61131-3 types of the PLCnext simulator: stored form, conversion of written values, JSON form (contract §8.3, §8.4).

Stored forms: BOOL ``bool``; integers, bit strings, times, dates and enumerations ``int``; REAL and LREAL ``float`` (REAL
rounded to single precision); STRING ``str``; arrays ``list``; structures ``dict``.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import Any

_INTEGER = re.compile(r"-?[0-9]{1,20}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
STRING_LENGTH = 80


class WrongValue(ValueError):
    """A value that a type does not take."""


class TooLong(WrongValue):
    """A string with more bytes than its type holds."""


@dataclass(frozen=True)
class Forms:
    """How the values of some types look in JSON; the fields are the switches of the same names."""

    integral_real: str = "0"
    non_finite: str = "null"
    string64: bool = False
    long_types: str = "string"


class IecType:
    """A type; ``plain`` says that the stored form is the JSON form."""

    kind = "Elementary"
    plain = True

    def __init__(self, name: str, runtime: str, size: int, alignment: int | None = None) -> None:
        self.name, self.runtime, self.size, self.alignment = name, runtime, size, alignment or size

    def initial(self) -> Any:
        """The value without an initialisation."""
        return 0

    def convert(self, value: Any) -> Any:
        """The stored form of a JSON value; ``WrongValue`` if the type does not take it."""
        raise NotImplementedError

    def wire(self, value: Any, forms: Forms) -> Any:
        """The JSON form of a stored value."""
        return value

    def literal(self, value: Any) -> str:
        """``InitValue`` of the data dictionary (contract §8.5)."""
        return str(value)

    def parts(self) -> list[IecType]:
        """The types that this one is made of."""
        return []

    def entry(self) -> dict[str, Any]:
        """The entry of the type dictionary (contract §8.5)."""
        return {"Name": self.name, "RuntimeType": self.runtime, "RuntimeSize": self.size, "RuntimeAlignment": self.alignment, "Kind": self.kind}


class Boolean(IecType):
    def initial(self) -> bool:
        return False

    def convert(self, value: Any) -> bool:
        if isinstance(value, str):
            value = {"true": True, "false": False}.get(value)
        if not isinstance(value, bool):
            raise WrongValue(self.name)
        return value

    def literal(self, value: bool) -> str:
        return "TRUE" if value else "FALSE"


class Integer(IecType):
    """Integers, bit strings and TIME (ms)."""

    def __init__(self, name: str, runtime: str, size: int, signed: bool, style: str = "") -> None:
        super().__init__(name, runtime, size)
        self.low = -(1 << (8 * size - 1)) if signed else 0
        self.high = (1 << (8 * size - int(signed))) - 1
        self.style = style

    def convert(self, value: Any) -> int:
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise WrongValue(self.name)
        return value

    def literal(self, value: int) -> str:
        if self.style == "bits":
            return f"{self.name}#16#{value:X}"
        return f"{self.name}#{value}{self.style}" if self.style else str(value)


class LongInteger(Integer):
    """LINT, ULINT and LWORD: a number or a string in JSON."""

    plain = False

    def wire(self, value: int, forms: Forms) -> int | str:
        return str(value) if forms.string64 else value


class LongTime(Integer):
    """LTIME, LDATE, LTIME_OF_DAY and LDATE_AND_TIME: nanoseconds, a string or a number in JSON."""

    plain = False

    def wire(self, value: int, forms: Forms) -> int | str:
        return str(value) if forms.long_types == "string" else value


class Real(IecType):
    """REAL (single precision) and LREAL."""

    plain = False

    def initial(self) -> float:
        return 0.0

    def convert(self, value: Any) -> float:
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise WrongValue(self.name)
        try:
            number = float(value)
            if self.size == 4:
                number = struct.unpack("<f", struct.pack("<f", number))[0]
        except OverflowError:
            raise WrongValue(self.name) from None
        if not math.isfinite(number):
            raise WrongValue(self.name)
        return number

    def wire(self, value: float, forms: Forms) -> Any:
        if value.is_integer():
            return int(value) if forms.integral_real == "0" and abs(value) < 1e15 else value
        if math.isfinite(value) or forms.non_finite == "bare":
            return value
        if forms.non_finite == "null":
            return None
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"

    def literal(self, value: float) -> str:
        return f"{self.name}#{value!r}"


class String(IecType):
    """STRING and user string types; the length counts bytes."""

    def __init__(self, name: str, length: int) -> None:
        super().__init__(name, "System.String", length + 6, 2)
        self.length = length
        self.kind = "Elementary" if name == "STRING" else "UserString"

    def initial(self) -> str:
        return ""

    def convert(self, value: Any) -> str:
        if not isinstance(value, str) or "\0" in value:
            raise WrongValue(self.name)
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise WrongValue(self.name) from None
        if size > self.length:
            raise TooLong(self.name)
        return value

    def truncate(self, value: str) -> str:
        """As much of a text as the type holds, cut between characters."""
        return value.encode()[: self.length].decode("utf-8", "ignore")

    def literal(self, value: str) -> str:
        return f"'{value}'"


class Enumeration(Integer):
    """A number out of a list of named ones."""

    kind = "Enumeration"

    def __init__(self, name: str, values: dict[str, int], base: Integer) -> None:
        super().__init__(name, base.runtime, base.size, signed=True)
        self.values, self.base = values, base

    def initial(self) -> int:
        return next(iter(self.values.values()))

    def convert(self, value: Any) -> int:
        number = super().convert(value)
        if number not in self.values.values():
            raise WrongValue(self.name)
        return number

    def parts(self) -> list[IecType]:
        return [self.base]

    def entry(self) -> dict[str, Any]:
        values = [{"Name": name, "Value": value} for name, value in self.values.items()]
        return {**super().entry(), "ElementType": self.base.name, "Values": values}


class Array(IecType):
    """A one-dimensional array from index ``low`` to ``high``; more dimensions are arrays of arrays."""

    kind = "Array"
    plain = False

    def __init__(self, name: str, low: int, high: int, element: IecType) -> None:
        super().__init__(name, name, (high - low + 1) * element.size, element.alignment)
        self.low, self.high, self.element = low, high, element

    def __len__(self) -> int:
        return self.high - self.low + 1

    def initial(self) -> list[Any]:
        return [self.element.initial() for _index in range(len(self))]

    def convert(self, value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) != len(self):
            raise WrongValue(self.name)
        return [self.element.convert(item) for item in value]

    def wire(self, value: list[Any], forms: Forms) -> list[Any]:
        return value if self.element.plain else [self.element.wire(item, forms) for item in value]

    def literal(self, value: list[Any]) -> str:
        return ""

    def parts(self) -> list[IecType]:
        return [self.element]

    def entry(self) -> dict[str, Any]:
        return {**super().entry(), "ElementType": self.element.name, "Dimensions": [{"StartIndex": self.low, "Length": len(self)}]}


class Structure(IecType):
    """Named members of any types."""

    kind = "Structure"
    plain = False

    def __init__(self, name: str, members: dict[str, IecType]) -> None:
        super().__init__(name, name, sum(member.size for member in members.values()), max(member.alignment for member in members.values()))
        self.members = members

    def initial(self) -> dict[str, Any]:
        return {name: member.initial() for name, member in self.members.items()}

    def convert(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict) or set(value) != set(self.members):
            raise WrongValue(self.name)
        return {name: member.convert(value[name]) for name, member in self.members.items()}

    def wire(self, value: dict[str, Any], forms: Forms) -> dict[str, Any]:
        return {name: self.members[name].wire(item, forms) for name, item in value.items()}

    def literal(self, value: dict[str, Any]) -> str:
        return ""

    def parts(self) -> list[IecType]:
        return list(self.members.values())


ELEMENTARY: dict[str, IecType] = {
    iec.name: iec
    for iec in (
        Boolean("BOOL", "System.Boolean", 1),
        Integer("SINT", "System.SByte", 1, signed=True),
        Integer("INT", "System.Int16", 2, signed=True),
        Integer("DINT", "System.Int32", 4, signed=True),
        LongInteger("LINT", "System.Int64", 8, signed=True),
        Integer("USINT", "System.Byte", 1, signed=False),
        Integer("UINT", "System.UInt16", 2, signed=False),
        Integer("UDINT", "System.UInt32", 4, signed=False),
        LongInteger("ULINT", "System.UInt64", 8, signed=False),
        Integer("BYTE", "System.Byte", 1, signed=False, style="bits"),
        Integer("WORD", "System.UInt16", 2, signed=False, style="bits"),
        Integer("DWORD", "System.UInt32", 4, signed=False, style="bits"),
        LongInteger("LWORD", "System.UInt64", 8, signed=False, style="bits"),
        Real("REAL", "System.Single", 4),
        Real("LREAL", "System.Double", 8),
        String("STRING", STRING_LENGTH),
        Integer("TIME", "System.Int32", 4, signed=True, style="ms"),
        LongTime("LTIME", "System.Int64", 8, signed=True, style="ns"),
        LongTime("LDATE", "System.Int64", 8, signed=True, style="ns"),
        LongTime("LTIME_OF_DAY", "System.Int64", 8, signed=True, style="ns"),
        LongTime("LDATE_AND_TIME", "System.Int64", 8, signed=True, style="ns"),
        Integer("DATE_AND_TIME", "System.Int64", 8, signed=True, style="ms"),
    )
}
