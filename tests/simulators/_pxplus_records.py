# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stored service records, the arguments of a URL, and which of them a record lets through (contract §2.3, §4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from ._pxplus_errors import ServiceFailure, parameter
from ._pxplus_expression import Value, compile_expression
from ._pxplus_text import decode

QUERY, CHART, REPORT, MAINTENANCE, FILE_ACCESS = "Query", "Chart", "Report", "Maintenance", "File Access"
MAXIMUM_ID = 20

STANDARD: dict[str, tuple[str, ...]] = {
    QUERY: ("qry", "lib", "dir", "type", "sort", "descending", "records", "limit", "header"),
    CHART: ("qry", "lib", "chart", "dir", "type", "animate", "width", "height", "style", "data", "max", "labels", "title1", "xaxistitle", "yaxistitle"),
    REPORT: ("rpt", "dir", "type"),
    MAINTENANCE: ("dir", "dict", "table", "key_field"),
    FILE_ACCESS: ("function", "dir", "dict", "table", "kno", "key", "beg_key", "end_key", "filter", "type", "data"),
}


@dataclass
class Parameter:
    """A parameter of a record: its stored value, its place in a ``/do/`` URL, whether a URL may override it, whether the user defined it."""

    value: str = ""
    order: int | None = None
    override: bool = False
    user_defined: bool = False


@dataclass
class ServiceRecord:
    """A record of Web Services Maintenance. ``security`` holds the classes that may use it; none: open to all."""

    service_id: str
    kind: str
    title: str
    parameters: dict[str, Parameter]
    security: tuple[str, ...] = ()

    def names(self) -> set[str]:
        return {*STANDARD[self.kind], *self.parameters}

    def positional(self, arguments: list[str]) -> dict[str, str]:
        """``/do/`` arguments by URL Order; an empty one is not given. File Access writes take the data last, with or without a key."""
        while arguments and not arguments[-1]:
            arguments = arguments[:-1]
        ordered = sorted((p.order, name) for name, p in self.parameters.items() if p.order is not None)
        names = [name for _order, name in ordered]
        if "data" in names and "key" in names and len(arguments) < len(names):
            names.remove("key")
        if len(arguments) > len(names):
            raise parameter(f"Too many arguments for Web Service ID {self.service_id}")
        return {name: value for name, value in zip(names, arguments) if value}


@dataclass
class Arguments:
    """URL arguments by lower-case name. ``bare`` names came without a value: numeric 1 (contract §2.3)."""

    values: dict[str, str] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)
    spelled: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, query: bytes, charset: str) -> Arguments:
        found = cls()
        for unit in query.split(b"&"):
            name, equals, value = unit.partition(b"=")
            # A unit with a plus and no equals sign is command-line arguments, which no service reads.
            if not unit or (not equals and b"+" in unit):
                continue
            found.put(_unquote(name, charset), _unquote(value, charset) if equals else None)
        return found

    def put(self, name: str, value: str | None) -> None:
        lower = name.lower()
        self.values[lower], self.spelled[lower] = "1" if value is None else value, name
        (self.bare.add if value is None else self.bare.discard)(lower)

    def pop(self, name: str) -> str | None:
        self.bare.discard(name)
        return self.values.pop(name, None)

    def update(self, other: Arguments) -> None:
        for name, value in other.values.items():
            self.put(other.spelled[name], None if name in other.bare else value)

    def globals(self, names: set[str]) -> Iterator[tuple[str, Value]]:
        """These arguments as global variables: ``%NAME$``, or numeric ``%NAME`` for a bare name."""
        for name in names & set(self.values):
            yield (f"%{name}", 1) if name in self.bare else (f"%{name}$", self.values[name])


def _unquote(part: bytes, charset: str) -> str:
    return decode(unquote_to_bytes(part.replace(b"+", b" ")), charset)


@dataclass
class Call:
    """What a service runs with: standard parameters by lower-case name (only those given), and global variables."""

    parameters: dict[str, str]
    variables: dict[str, Value]
    stored: bool

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def stored_call(record: ServiceRecord, arguments: Arguments, refuse_unknown: bool) -> Call:
    """The parameters of a record with the overrides that it allows. Raises ``override`` or ``parameter`` failures (contract §4)."""
    given = set(arguments.values)
    unknown = given - record.names()
    refused = sorted(arguments.spelled[n] for n in given - unknown if not record.parameters.get(n, Parameter()).override)
    if refused:
        raise ServiceFailure("override", f"Web Service ID {record.service_id} does not allow the override of the specified parameter(s): {', '.join(refused)}")
    if unknown and refuse_unknown:
        raise parameter(f"Invalid parameter(s): {', '.join(sorted(arguments.spelled[n] for n in unknown))}")
    standard = set(STANDARD[record.kind])
    variables: dict[str, Value] = {f"%{name}$": stored_value(p.value) for name, p in record.parameters.items() if name not in standard}
    variables.update(arguments.globals(given - unknown - standard))
    values = {name: stored_value(p.value) for name, p in record.parameters.items() if name in standard and p.value}
    values.update({name: arguments.values[name] for name in given & standard if arguments.values[name]})
    return Call(values, variables, True)


def stored_value(value: str) -> str:
    """A stored value; one that begins with ``=`` is an expression (contract §4)."""
    return f"{compile_expression(value[1:])({})}" if value.startswith("=") else value


def free_call(kind: str, arguments: Arguments, refuse_unknown: bool) -> Call:
    """The parameters of a call without a record; further names become global variables of queries, charts and reports."""
    standard, given = set(STANDARD[kind]), set(arguments.values)
    unknown = given - standard
    if unknown and refuse_unknown and kind in (MAINTENANCE, FILE_ACCESS):
        raise parameter(f"Invalid parameter(s): {', '.join(sorted(arguments.spelled[n] for n in unknown))}")
    return Call({n: arguments.values[n] for n in given & standard if arguments.values[n]}, dict(arguments.globals(unknown)), False)
