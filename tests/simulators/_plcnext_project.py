# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project in the simulated controller: its HMI variables, how paths find them, its static dictionaries (contract §8)."""

from __future__ import annotations

import copy
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from ._core import ControlError
from ._plcnext_types import ELEMENTARY, Array, Forms, IecType, Real, String, Structure, TooLong, WrongValue

_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[\s*([0-9\s;-]+?)\s*\]", re.ASCII)
_BOUNDARY = re.compile(r"[.\[]")
_ARRAY = re.compile(r"ARRAY\s*\[\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\]\s*OF\s+(.+)")
_STRING = re.compile(r"STRING\s*\[\s*(\d+)\s*\]")
_INDEX = re.compile(r"-?[0-9]{1,9}")
_RANGE = re.compile(r"(-?[0-9]{1,9})(?:\s*-\s*(-?[0-9]{1,9}))?")
_LONGEST_PATH = 2000
_PLAIN = Forms(non_finite="string", long_types="number")


class Variable:
    """An HMI tag with its current and its initial value; ``source`` makes the value anew at each read."""

    __slots__ = ("path", "type", "start", "read_only", "source", "_value")

    def __init__(self, path: str, iec: IecType, start: Any, read_only: bool = False, source: Callable[[], Any] | None = None) -> None:
        self.path, self.type, self.start, self.read_only, self.source = path, iec, start, read_only, source
        self.restart()

    @property
    def value(self) -> Any:
        return self._value if self.source is None else self.source()

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value

    def restart(self) -> None:
        """Back to the initial value, as at a project download."""
        self._value = self.start if self.type.plain else copy.deepcopy(self.start)


class Place:
    """What a path names: a variable, one of its members or elements, or a selection of elements (``indices``)."""

    __slots__ = ("variable", "type", "steps", "indices")

    def __init__(self, variable: Variable, iec: IecType, steps: tuple[str | int, ...] = (), indices: tuple[int, ...] | None = None) -> None:
        self.variable, self.type, self.steps, self.indices = variable, iec, steps, indices

    @property
    def whole(self) -> bool:
        """Whether the path names more than one scalar."""
        return self.indices is not None or isinstance(self.type, (Array, Structure))

    def _holder(self, steps: tuple[str | int, ...]) -> Any:
        value = self.variable.value
        for step in steps:
            value = value[step]
        return value

    def get(self) -> Any:
        value = self._holder(self.steps)
        return value if self.indices is None else [value[index] for index in self.indices]

    def wire(self, forms: Forms) -> Any:
        """The JSON form of the value; a selection of elements is an array of them."""
        value = self.get()
        if self.indices is not None and isinstance(self.type, Array):
            return [self.type.element.wire(item, forms) for item in value]
        return self.type.wire(value, forms)

    def convert(self, value: Any) -> Any:
        """The stored form of a JSON value for this place; ``WrongValue`` if it does not take it."""
        if self.indices is None or not isinstance(self.type, Array):
            return self.type.convert(value)
        if not isinstance(value, list) or len(value) != len(self.indices):
            raise WrongValue(self.type.name)
        return [self.type.element.convert(item) for item in value]

    def set(self, stored: Any) -> None:
        if self.indices is not None:
            holder = self._holder(self.steps)
            for index, item in zip(self.indices, stored):
                holder[index] = item
        elif self.steps:
            self._holder(self.steps[:-1])[self.steps[-1]] = stored
        else:
            self.variable.value = stored


class Project:
    """Variables by full path, the types they use, the checksum."""

    def __init__(self, identifier: str, checksum: int) -> None:
        self.identifier, self.checksum = identifier, checksum
        self.types: dict[str, IecType] = dict(ELEMENTARY)
        self.variables: dict[str, Variable] = {}
        self._changed()

    def _changed(self) -> None:
        self._found: dict[str, Place | None] = {}
        self._folded: dict[str, str] | None = None
        self._files: dict[str, bytes] = {}

    def type(self, text: str) -> IecType:
        """The type of a declaration: a name, ``STRING[20]`` or ``ARRAY[0..9] OF REAL``."""
        if text in self.types:
            return self.types[text]
        if match := _STRING.fullmatch(text):
            return self.define(String(f"STRING{match[1]}", int(match[1])))
        if (match := _ARRAY.fullmatch(text)) and int(match[1]) <= int(match[2]):
            element = self.type(match[3])
            return self.define(Array(f"ARRAY_{match[1]}_{match[2]}_OF_{element.name}", int(match[1]), int(match[2]), element))
        raise ControlError(f"no type {text!r}; there are {', '.join(self.types)}, STRING[n] and ARRAY[a..b] OF type")

    def define(self, iec: IecType) -> IecType:
        """Adds a user type, unless there is one of that name."""
        return self.types.setdefault(iec.name, iec)

    def make(self, path: str, type_text: str, value: Any = None, read_only: bool = False) -> Variable:
        """A variable of a type of this project, not yet added to it; ``value`` in JSON form."""
        iec = self.type(type_text)
        return Variable(path, iec, iec.initial() if value is None else _stored(iec.convert, iec, value, path), read_only)

    def add(self, variables: list[Variable]) -> None:
        """Adds or replaces variables."""
        self.variables.update((variable.path, variable) for variable in variables)
        self._changed()

    def remove(self, path: str) -> None:
        if self.variables.pop(path, None) is None:
            raise ControlError(f"no variable {path!r}")
        self._changed()

    def download(self, checksum: int | None, new: list[Variable], old: list[str]) -> None:
        """A new checksum, variables added and left out, and every variable starts anew."""
        self.checksum = zlib.crc32(b"%d" % self.checksum) if checksum is None else checksum
        self.variables.update((variable.path, variable) for variable in new)
        for path in old:
            self.variables.pop(path, None)
        for variable in self.variables.values():
            variable.restart()
        self._changed()

    def find(self, path: str, case_sensitive: bool = True) -> Place | None:
        """What a full path names, or None (contract §8.1)."""
        if not case_sensitive:
            path = self._respell(path)
        if path not in self._found:
            if len(self._found) > 100_000:
                self._found.clear()
            self._found[path] = self._search(path)
        return self._found[path]

    def _respell(self, path: str) -> str:
        if self._folded is None:
            self._folded = {known.lower(): known for known in self.variables}
        for root, rest in _splits(path):
            if (known := self._folded.get(root.lower())) is not None:
                return known + _respell_members(self.variables[known].type, rest)
        return path

    def _search(self, path: str) -> Place | None:
        for root, rest in _splits(path):
            if (variable := self.variables.get(root)) is not None:
                return _descend(variable, rest)
        return None

    def read(self, path: str) -> Any:
        """A value behind the service's back; NaN and infinities as strings."""
        if (place := self.find(path)) is None:
            raise ControlError(f"no variable {path!r}")
        return place.wire(_PLAIN)

    def write(self, path: str, value: Any) -> None:
        """Sets a value behind the service's back: also a read-only one, a whole array or structure, NaN or an infinity."""
        if (place := self.find(path)) is None or place.variable.source:
            raise ControlError(f"no variable {path!r} that can be set")
        if isinstance(place.type, Real) and value in ("NaN", "Infinity", "-Infinity"):
            place.set(float(value))
        else:
            place.set(_stored(place.convert, place.type, value, path))

    def file(self, name: str) -> bytes | None:
        """A static file under /ehmi (contract §8.5), or None."""
        makers = {"data.dictionary.json": self._data, "type.dictionary.json": self._types, "project.checksum.json": self._checksum}
        if name not in makers:
            return None
        if name not in self._files:
            self._files[name] = makers[name]()
        return self._files[name]

    def _data(self) -> bytes:
        entries: dict[str, dict[str, Any]] = {}
        for path, variable in self.variables.items():
            entries[path] = {"Type": variable.type.name, "InitValue": variable.type.literal(variable.start)}
            if variable.read_only:
                entries[path]["ReadOnly"] = True
        return _static("DataDictionary", "HmiVariables2", entries)

    def _types(self) -> bytes:
        used: dict[str, IecType] = {}

        def use(iec: IecType) -> None:
            if iec.name not in used:
                for part in iec.parts():
                    use(part)
                used[iec.name] = iec

        for variable in self.variables.values():
            use(variable.type)
        return _static("TypeDictionary", "Types", [iec.entry() for iec in used.values()])

    def _checksum(self) -> bytes:
        return json.dumps({"id": self.identifier, "checksum": self.checksum}, separators=(",", ":")).encode()


def _static(title: str, member: str, content: Any) -> bytes:
    text = json.dumps({"$schema": "http://json-schema.org/draft-0/schema#", "title": title, member: content}, separators=(",", ":"), ensure_ascii=False)
    # The real file escapes the slashes of the first member only.
    return text.replace("http://json-schema.org/draft-0/", r"http:\/\/json-schema.org\/draft-0\/", 1).encode()


def _stored(convert: Callable[[Any], Any], iec: IecType, value: Any, path: str) -> Any:
    try:
        return convert(value)
    except TooLong:
        raise ControlError(f"{path}: the text is too long for {iec.name}") from None
    except WrongValue:
        raise ControlError(f"{path}: {value!r} is no {iec.name}") from None


def _splits(path: str) -> Iterator[tuple[str, str]]:
    """Every way to cut a path into a variable and what follows, the longest variable first."""
    if len(path) <= _LONGEST_PATH:
        for end in [len(path), *(match.start() for match in reversed(list(_BOUNDARY.finditer(path))))]:
            yield path[:end], path[end:]


def _descend(variable: Variable, rest: str) -> Place | None:
    iec, position = variable.type, 0
    steps: list[str | int] = []
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None:
            return None
        position = match.end()
        if match[1] is not None:
            if not isinstance(iec, Structure) or match[1] not in iec.members:
                return None
            steps.append(match[1])
            iec = iec.members[match[1]]
            continue
        if not isinstance(iec, Array):
            return None
        if _INDEX.fullmatch(match[2]) is None:
            # A selection is a list of values; nothing can follow it.
            indices = _indices(match[2], iec)
            return Place(variable, iec, tuple(steps), indices) if indices and position == len(rest) else None
        if not iec.low <= int(match[2]) <= iec.high:
            return None
        steps.append(int(match[2]) - iec.low)
        iec = iec.element
    return Place(variable, iec, tuple(steps))


def _indices(text: str, array: Array) -> tuple[int, ...] | None:
    """``2; 4; 6-8`` as offsets into the array, or None if one is not there."""
    found: list[int] = []
    for part in text.split(";"):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if not array.low <= first <= last <= array.high:
            return None
        found.extend(range(first - array.low, last - array.low + 1))
    return tuple(found)


def _respell_members(iec: IecType, rest: str) -> str:
    spelled, position = "", 0
    while (match := _STEP.match(rest, position)) is not None:
        position = match.end()
        name = match[1]
        if name is not None and isinstance(iec, Structure):
            name = next((known for known in iec.members if known.lower() == name.lower()), name)
            iec = iec.members.get(name, iec)
        elif name is None and isinstance(iec, Array):
            iec = iec.element
        spelled += f".{name}" if name is not None else match[0]
    return spelled + rest[position:]
