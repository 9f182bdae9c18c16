# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Records of a table by File Access: how they are read and written (contract §5.2, §5.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput, NotFound, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import Call, Pxplus

FORMATS = ["json", "xml"]
LONGEST_FILTER = 900
"""Characters of a filter; the contract names no limit, a line of PxPlus has one."""
Key = tuple[str, ...]
Record = dict[str, str]
"""A record's values as text, as they are written; numbers without needless digits."""


class Number(str):
    """A number as it stands in JSON."""


@dataclass(frozen=True)
class Place:
    """Where records are: stored services to read and to write with, or the program ``fileaccess`` with directory and dictionary.

    Without ``write_service`` the same service does both and is told which. With ``send_table`` the table is named when reading; a write always names it.
    """

    table: str | None
    read_service: str | None = None
    write_service: str | None = None
    directory: str | None = None
    dictionary: str | None = None
    send_table: bool = True

    @classmethod
    def from_options(cls, params: Mapping[str, Any]) -> Place:
        """The place that a module's options name; one that only reads has no ``write_service``."""
        written = params.get("write_service", params["read_service"])
        return cls(params["table"], params["read_service"], written, params["directory"], params["dictionary"], params.get("send_table", True))

    def call(self, kind: str, selection: Mapping[str, Any]) -> Call:
        """A read of the selected records."""
        table = {"table": self.table} if self.table and self.send_table else {}
        if self.read_service:
            function = {} if self.write_service else {"function": "read"}
            return Call(kind, self.read_service, {**function, **table, **selection})
        return Call(kind, parameters={"function": "read", **self._files(), **table, **selection}, program="fileaccess")

    def write(self) -> Call:
        """A write, without its requests."""
        service = self.write_service or self.read_service
        parameters = {} if self.write_service else {"function": "write"}
        if service:
            return Call("", service, parameters, send_type=False)
        return Call("", parameters={**parameters, **self._files()}, program="fileaccess", send_type=False)

    def _files(self) -> dict[str, str]:
        return {name: value for name, value in (("dir", self.directory), ("dict", self.dictionary)) if value}


class Fields:
    """What is known of a table's fields: the names that the task uses. Names of text end in a dollar sign, which XML cannot hold."""

    def __init__(self, kind: str, names: Collection[str] = ()) -> None:
        self._xml = kind == "xml"
        self._names = {name.rstrip("$"): name for name in names}

    def record(self, row: Any) -> Record:
        """A record that was read. Raises ``BadAnswer``."""
        if not isinstance(row, dict):
            raise BadAnswer("the answer holds something that is no record")
        return {self.name(name): self._read(self.name(name), value) for name, value in row.items()}

    def name(self, read: str) -> str:
        """The full name for one that was read."""
        return self._names.get(read, read) if self._xml else read

    def is_number(self, name: str) -> bool:
        """Whether a field is known to hold a number."""
        return not name.endswith("$") and (not self._xml or name in self._names.values())

    def wanted(self, name: str, value: Any) -> str:
        """A value that a task gives. Raises ``InvalidInput``."""
        if isinstance(value, (dict, list)) or (name.endswith("$") and isinstance(value, bool)):
            raise InvalidInput(f"{name} cannot have the value {value!r}", hint="A field holds a text, or a number.")
        if name.endswith("$"):
            return "" if value is None else str(value)
        found = number_text(int(value) if isinstance(value, bool) else value)
        if found is None:
            raise InvalidInput(f"{name} is a number and cannot have the value {value!r}", hint="Names of text fields end in a dollar sign.")
        return found

    def as_data(self, record: Record | None) -> dict[str, Any] | None:
        """A record for a task's result, with numbers as numbers."""
        if record is None:
            return None
        return {name: _number(value) if self.is_number(name) else value for name, value in record.items()}

    def _read(self, name: str, value: Any) -> str:
        if isinstance(value, (dict, list, bool)):
            raise BadAnswer(f"the field {name} of a record has the value {value!r}")
        if self.is_number(name):
            found = number_text(value)
            if found is None:
                raise BadAnswer(f"the field {name} of a record holds {value!r}, which is no number")
            return found
        if isinstance(value, Number) and re.search("[.eE]", value):
            # 7.10 and 7.1 would be the same.
            raise BadAnswer(f"the server writes the text of {name} as the number {value}, so that it cannot be told exactly", hint="Set format to xml.")
        return "" if value is None else str(value)


class Records:
    """Reads and writes records of one table. ``key_names`` are the fields of its primary key, if they are known."""

    def __init__(self, pxplus: Pxplus, place: Place, fields: Fields, kind: str = "json", key_names: Sequence[str] = ()) -> None:
        self._pxplus, self._place, self._fields, self._kind, self._key_names = pxplus, place, fields, kind, list(key_names)

    def find(self, keys: Sequence[Key]) -> dict[Key, Record]:
        """The records with these keys, in as few reads as possible. Raises ``BadAnswer`` where a key leads to several."""
        found: dict[Key, Record] = {}
        single = list(keys)
        if self._key_names and len(keys) > 1:
            together = [key for key in keys if not any('"' in part for part in key)]
            for selection in self._selections(together):
                for record in self._read(selection):
                    found[self.key_of(record)] = record
            single = [key for key in keys if key not in together]
        for key in single:
            records = self._read({"key": key_text(key)})
            if len(records) > 1:
                raise BadAnswer(f"the key {key_text(key)} leads to {len(records)} records", hint="Give all segments of the primary key.")
            if records and self._key_names and self.key_of(records[0]) != key:
                raise BadAnswer(f"the key {key_text(key)} leads to the record with {key_text(self.key_of(records[0]))}", hint="Check key_fields.")
            if records:
                found[key] = records[0]
        return {key: found[key] for key in keys if key in found}

    def key_of(self, record: Mapping[str, str]) -> Key:
        """The key that a record has in its fields. Raises ``InvalidInput`` if the fields are not there."""
        missing = [name for name in self._key_names if name not in record]
        if missing:
            raise InvalidInput(f"a record has no key field {', '.join(missing)}", hint=f"It has {', '.join(record)}.")
        return tuple(record[name] for name in self._key_names)

    def write(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """Sends ``{type, key, record}`` requests in one write. What the answer says is raised if it is an error, otherwise it counts for nothing."""
        found = [{"type": request["type"], "table": self._place.table, "key": key_text(request["key"])} for request in requests]
        for data, request in zip(found, requests):
            if request["type"] != "remove":
                data["data"] = self._data(request["record"])
        # ASCII only, so that it does not matter in which encoding the server reads it.
        if self._kind == "xml":
            body, content_type = _xml.from_data("root", {"requests": {"request": found}}).decode().encode("ascii", "xmlcharrefreplace"), "text/xml"
        else:
            body, content_type = json.dumps({"requests": found}).encode(), "application/json"
        self._pxplus.post(self._place.write(), body, content_type)

    def _data(self, record: Record) -> Any:
        return {name.rstrip("$"): value for name, value in record.items()} if self._kind == "xml" else [record]

    def _read(self, selection: Mapping[str, Any]) -> list[Record]:
        rows = read_rows(self._pxplus, self._place, self._kind, selection, Number)
        return [self._fields.record(row) for row in rows]

    def _selections(self, keys: Sequence[Key]) -> list[dict[str, str]]:
        """Filters for these keys, or their range where one filter cannot hold them and their order is certain."""
        filters = list(self._filters(keys))
        orderly = all(name.endswith("$") for name in self._key_names) and all(part.isascii() for key in keys for part in key)
        if len(filters) > 1 and orderly:
            return [{"beg_key": key_text(min(keys)), "end_key": key_text(max(keys))}]
        return [{"filter": text} for text in filters]

    def _filters(self, keys: Sequence[Key]) -> Iterator[str]:
        # A name that is in no record is empty to PxPlus: then all records come, and show it, instead of none.
        held = start = " OR ".join(f'{name}=""' if name.endswith("$") else f"{name}=0" for name in self._key_names)
        for key in keys:
            parts = (f'{name}="{part}"' if name.endswith("$") else f"{name}={part}" for name, part in zip(self._key_names, key))
            condition = f" OR ({' AND '.join(parts)})"
            if held != start and len(held) + len(condition) > LONGEST_FILTER:
                yield held
                held = start
            held += condition
        if held != start:
            yield held


def read_rows(pxplus: Pxplus, place: Place, kind: str, selection: Mapping[str, Any], number: Any = None) -> list[Any]:
    """The selected records as the server shows them; none where a key is not there. Raises ``NotFound`` for a service that is not there."""
    try:
        return pxplus.rows(place.call(kind, selection), number=number)[0]
    except TokenflowError as error:
        if "key" not in selection:
            raise
        if re.search(r"record.{0,10}not found|error #?11\b", error.reply, re.IGNORECASE):
            return []
        if not isinstance(error, NotFound):
            raise
    # A range that holds nothing is no error: this one tells whether it is the record or the service that is not there (contract §10, 16).
    key = selection["key"]
    rest = {name: value for name, value in selection.items() if name != "key"}
    pxplus.rows(place.call(kind, {**rest, "beg_key": key, "end_key": key}))
    return []


def key_from(value: Any) -> Key:
    """A key as a task gives it: a text or whole number, or a list of those. Raises ``InvalidInput``."""
    parts = value if isinstance(value, list) else [value]
    if any(isinstance(part, bool) or not isinstance(part, (str, int)) for part in parts):
        raise InvalidInput(f"the key {value!r} is not made of texts", hint="Put what looks like another type in quotes.")
    if not any(str(part) for part in parts):
        raise InvalidInput("a key is empty")
    if len(parts) > 1 and any(":" in str(part) for part in parts):
        raise InvalidInput(f"the key {value!r} has a segment with a colon, which is what separates segments")
    return tuple(str(part) for part in parts)


def key_text(key: Key) -> str:
    """A key as it is sent (contract §5.2)."""
    return ":".join(key)


def number_text(value: Any) -> str | None:
    """A number without needless digits; None if it is none. Nothing at all is zero, as in PxPlus."""
    text = str(value).strip() if value is not None else ""
    try:
        number = Decimal(text or "0")
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 100:
        return None
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def _number(text: str) -> Any:
    return float(text) if "." in text else int(text)
