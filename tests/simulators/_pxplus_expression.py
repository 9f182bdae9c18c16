# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PxPlus expressions: filters of File Access, selections of queries, ``=`` values of service records (contract §4, §5.2).

A value is a string or a number; true is any number but zero. Names end in ``$`` for strings, begin with ``%`` when global, and
have no case. A name that is not defined is an empty string or zero, as in PxPlus.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ._pxplus_errors import runtime

Value = str | float
Evaluate = Callable[[Mapping[str, Value]], Value]

MAXIMUM_LENGTH = 1000
MAXIMUM_DEPTH = 40

_TOKEN = re.compile(
    r'\s*(?:(?P<string>"(?:[^"]|"")*")|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<name>%?[A-Za-z_][\w.]*\$?)|(?P<sign><=|=<|>=|=>|<>|><|[=<>+\-*/^|(),]))'
)
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "><": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    "=<": operator.le,
    ">=": operator.ge,
    "=>": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "|": operator.mod,
    "^": math.pow,
}


def compile_expression(text: str) -> Evaluate:
    """The expression as a function of its variables (names in lower case). Raises error 20 (syntax) as a run-time failure."""
    if len(text) > MAXIMUM_LENGTH:
        raise runtime(20, "Syntax error")
    return _Parser(text).parse()


def is_true(value: Value) -> bool:
    """Whether a condition holds; a string where a condition is wanted is error 26."""
    return _number(value) != 0


def parse_number(text: str) -> float:
    """The number in a string, an integer where it is one; error 26 if it is none."""
    if not re.fullmatch(r"\s*([-+]?(\d+\.?\d*|\.\d+))?\s*", text, re.ASCII):
        raise runtime(26, "Variable type invalid")
    return finite(float(text.strip() or 0))


def finite(value: float) -> float:
    """The number, tidied; error 40 if it is too large or none."""
    try:
        if math.isfinite(value):
            return tidy(value)
    except OverflowError:
        pass
    raise runtime(40, "Divide check or numeric overflow")


def tidy(value: float) -> float:
    """The same number, as ``int`` where it is whole."""
    return int(value) if float(value).is_integer() else value


def _number(value: Value) -> float:
    if isinstance(value, str):
        raise runtime(26, "Variable type invalid")
    return value


def _string(value: Value) -> str:
    if not isinstance(value, str):
        raise runtime(26, "Variable type invalid")
    return value


def _integer(value: Value) -> int:
    number = _number(value)
    if number != int(number):
        raise runtime(41, "Invalid integer encountered (range error or non-integer)")
    return int(number)


def _substring(value: Value, start: Value, length: Value | None = None) -> Value:
    text, first = _string(value), _integer(start)
    size = len(text) - first + 1 if length is None else _integer(length)
    if first < 1 or size < 0 or first - 1 + size > len(text):
        raise runtime(47, "Substring reference out of string")
    return text[first - 1 : first - 1 + size]


def _mid(value: Value, start: Value, length: Value | None = None) -> Value:
    text, first = _string(value), _integer(start)
    if first < 1:
        raise runtime(41, "Invalid integer encountered (range error or non-integer)")
    return text[first - 1 :] if length is None else text[first - 1 : first - 1 + max(0, _integer(length))]


def _strip(value: Value, where: Value = 1) -> Value:
    text, side = _string(value), _integer(where)
    return {0: text.lstrip(" "), 1: text.rstrip(" ")}.get(side, text.strip(" "))


def _compare(sign: str, left: Value, right: Value) -> float:
    if isinstance(left, str) != isinstance(right, str):
        raise runtime(26, "Variable type invalid")
    return int(_COMPARISONS[sign](left, right))


def _position(sign: str, needle: Value, text: Value) -> float:
    wanted, within = _string(needle), _string(text)
    size = max(1, len(wanted))
    return next((i + 1 for i in range(len(within) - size + 1) if _COMPARISONS[sign](wanted, within[i : i + size])), 0)


_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    "ucs": (1, 1, lambda v: _string(v).upper()),
    "lcs": (1, 1, lambda v: _string(v).lower()),
    "len": (1, 1, lambda v: len(_string(v))),
    "num": (1, 1, lambda v: parse_number(_string(v))),
    "str": (1, 1, lambda v: f"{tidy(_number(v))}"),
    "stp": (1, 2, _strip),
    "mid": (2, 3, _mid),
    "int": (1, 1, lambda v: int(_number(v))),
    "abs": (1, 1, lambda v: abs(_number(v))),
    "sgn": (1, 1, lambda v: (_number(v) > 0) - (_number(v) < 0)),
    "not": (1, 1, lambda v: int(not is_true(v))),
}


def _constant(value: Value) -> Evaluate:
    return lambda _names: value


class _Parser:
    """Recursive descent over the tokens; every rule returns a function of the variables."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.at = self.depth = 0
        place, end = 0, len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if not match:
                raise runtime(20, "Syntax error")
            self.tokens.append((str(match.lastgroup), match[match.lastgroup or 0]))
            place = match.end()

    def parse(self) -> Evaluate:
        result = self._either()
        if self.at != len(self.tokens):
            raise runtime(20, "Syntax error")
        return result

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self.at += 1
        return token

    def _take(self, *signs: str) -> str:
        kind, text = self._peek()
        if kind in ("sign", "name") and text.lower() in signs:
            self.at += 1
            return text.lower()
        return ""

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise runtime(20, "Syntax error")

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise runtime(20, "Syntax error")

    def _either(self) -> Evaluate:
        self._deeper()
        left = self._both()
        while self._take("or"):
            left = self._or(left, self._both())
        self.depth -= 1
        return left

    @staticmethod
    def _or(left: Evaluate, right: Evaluate) -> Evaluate:
        return lambda names: int(is_true(left(names)) or is_true(right(names)))

    def _both(self) -> Evaluate:
        left = self._comparison()
        while self._take("and"):
            left = self._and(left, self._comparison())
        return left

    @staticmethod
    def _and(left: Evaluate, right: Evaluate) -> Evaluate:
        return lambda names: int(is_true(left(names)) and is_true(right(names)))

    def _comparison(self) -> Evaluate:
        left = self._sum()
        sign = self._take(*_COMPARISONS)
        if not sign:
            return left
        right = self._sum()
        return lambda names: _compare(sign, left(names), right(names))

    def _sum(self) -> Evaluate:
        left = self._product()
        while sign := self._take("+", "-"):
            left = self._arithmetic(sign, left, self._product())
        return left

    def _product(self) -> Evaluate:
        left = self._signed()
        while sign := self._take("*", "/", "|", "^"):
            left = self._arithmetic(sign, left, self._signed())
        return left

    @staticmethod
    def _arithmetic(sign: str, left: Evaluate, right: Evaluate) -> Evaluate:
        def evaluate(names: Mapping[str, Value]) -> Value:
            a, b = left(names), right(names)
            if sign == "+" and isinstance(a, str) and isinstance(b, str):
                return a + b
            x, y = _number(a), _number(b)
            try:
                return finite(round(_ARITHMETIC[sign](x, y), 12))
            except (ArithmeticError, ValueError) as error:
                raise runtime(40, "Divide check or numeric overflow") from error

        return evaluate

    def _signed(self) -> Evaluate:
        negative = False
        while sign := self._take("-", "+"):
            negative ^= sign == "-"
        value = self._value()
        return (lambda names: -_number(value(names))) if negative else value

    def _value(self) -> Evaluate:
        kind, text = self._next()
        if kind == "string":
            return _constant(text[1:-1].replace('""', '"'))
        if kind == "number":
            return _constant(finite(float(text)))
        if (kind, text) == ("sign", "("):
            inner = self._either()
            self._expect(")")
            return inner
        if kind != "name" or text.lower() in ("and", "or"):
            raise runtime(20, "Syntax error")
        return self._named(text.lower())

    def _named(self, name: str) -> Evaluate:
        called = self._peek() == ("sign", "(")
        if called and name == "pos":
            return self._pos()
        if name == "not" and not called:
            self._deeper()
            value = self._comparison()
            self.depth -= 1
            return lambda names: int(not is_true(value(names)))
        if called and name in _FUNCTIONS:
            least, most, function = _FUNCTIONS[name]
            arguments = self._arguments(least, most)
            return lambda names: function(*(argument(names) for argument in arguments))
        empty: Value = "" if name.endswith("$") else 0
        if called:
            if not name.endswith("$"):
                raise runtime(20, "Syntax error")
            bounds = self._arguments(1, 2)
            return lambda names: _substring(names.get(name, empty), *(bound(names) for bound in bounds))
        return lambda names: names.get(name, empty)

    def _arguments(self, least: int, most: int) -> list[Evaluate]:
        self._expect("(")
        found = [self._either()]
        while self._take(","):
            found.append(self._either())
        self._expect(")")
        if not least <= len(found) <= most:
            raise runtime(20, "Syntax error")
        return found

    def _pos(self) -> Evaluate:
        self._expect("(")
        needle = self._sum()
        sign = self._take(*_COMPARISONS)
        if not sign:
            raise runtime(20, "Syntax error")
        text = self._sum()
        self._expect(")")
        return lambda names: _position(sign, needle(names), text(names))
