# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data tables of a PxPlus installation: fields, keys, records (contract §5.2, §5.3)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._pxplus_errors import ServiceFailure, runtime
from ._pxplus_expression import Value, finite, parse_number

Record = dict[str, str | float]
KeyParts = tuple[str, ...]

DIRECTORY = "/opt/pxplus/demo"
DICTIONARY = "providex.ddf"

RECORD_NOT_FOUND = "Error #11: Record not found or Duplicate key on write"


@dataclass(frozen=True)
class Key:
    """A key of a table: key 0 is the primary key, which is unique; the others need not be."""

    name: str
    fields: KeyParts


@dataclass
class Table:
    """A table of the data dictionary. String fields end in ``$``.

    ``external`` says where the primary key comes from: ``no`` (built by PxPlus from the fields), ``fields`` (given from outside, but
    its segments are also fields) or ``apart`` (given from outside and in no field).
    """

    name: str
    title: str
    fields: tuple[str, ...]
    keys: tuple[Key, ...]
    external: str = "no"
    rows: dict[KeyParts, Record] = field(default_factory=dict)

    def field_named(self, name: str) -> str | None:
        """The field of this name; names have no case, and XML leaves the ``$`` out."""
        wanted = name.lower().rstrip("$")
        return next((f for f in self.fields if f.lower().rstrip("$") == wanted and (not name.endswith("$") or f.endswith("$"))), None)

    def key_numbered(self, kno: str) -> Key:
        """The key ``#n`` or of that name (contract §5.2: kno)."""
        if kno.startswith("#"):
            if kno[1:].isdecimal() and int(kno[1:]) < len(self.keys):
                return self.keys[int(kno[1:])]
        else:
            for key in self.keys:
                if key.name.lower() == kno.lower():
                    return key
        raise ServiceFailure("parameter", f"Invalid key {kno} for table {self.name}")

    def split_key(self, text: str, key: Key | None = None) -> KeyParts:
        """A key as its segments; one colon between two segments, none to split where there is one segment."""
        segments = len((key or self.keys[0]).fields)
        return tuple(text.split(":")) if segments > 1 else (text,)

    def key_of(self, record: Mapping[str, Any]) -> KeyParts:
        """The primary key that the fields of a record give; only where the key is in the fields."""
        return tuple(str(record[name]) for name in self.keys[0].fields)

    def parts_of(self, key: Key, primary: KeyParts) -> KeyParts:
        """The value of a key for the stored record of this primary key."""
        return primary if key is self.keys[0] else tuple(str(self.rows[primary][name]) for name in key.fields)

    def in_order(self, key: Key) -> list[tuple[KeyParts, Record]]:
        """All records with this key's value, in its order."""
        return sorted(((self.parts_of(key, primary), record) for primary, record in self.rows.items()), key=lambda pair: pair[0])

    def convert(self, values: Mapping[str, Any], missing: str) -> Record:
        """A full record from given values. Numbers may come as strings (contract §5.3). ``missing``: ``refused`` or ``blanked``."""
        record: Record = {}
        for name, value in values.items():
            known = self.field_named(name)
            if known is None or known in record:
                raise ServiceFailure("write", f"Field {name} is not in table {self.name}")
            record[known] = self._convert(known, value)
        absent = [name for name in self.fields if name not in record]
        if absent and missing == "refused":
            raise ServiceFailure("write", f"Field(s) missing for table {self.name}: {', '.join(absent)}")
        return {name: record.get(name, "" if name.endswith("$") else 0) for name in self.fields}

    def _convert(self, name: str, value: Any) -> Value:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ServiceFailure("write", f"Error #26: Variable type invalid ({name})")
        try:
            if name.endswith("$"):
                return value if isinstance(value, str) else str(finite(value))
            return parse_number(value) if isinstance(value, str) else finite(value)
        except ServiceFailure as failure:
            raise ServiceFailure("write", f"{failure.message} ({name})") from failure

    def put(self, record: Mapping[str, Any], key: KeyParts | None = None) -> None:
        """Stores a record, new or not."""
        converted = self.convert(record, "blanked")
        self.rows[key or self.key_of(converted)] = converted


class Tables:
    """All tables of the data dictionary."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.by_name = {table.name: table for table in tables}

    def __getitem__(self, name: str) -> Table:
        if name not in self.by_name:
            raise runtime(12, f"File does not exist (table {name})")
        return self.by_name[name]

    def state(self) -> dict[str, dict[KeyParts, Record]]:
        """All records, to go back to with ``restore``."""
        return {name: copy.deepcopy(table.rows) for name, table in self.by_name.items()}

    def restore(self, state: dict[str, dict[KeyParts, Record]]) -> None:
        for name, rows in state.items():
            self.by_name[name].rows = rows


def variables(record: Mapping[str, Any]) -> dict[str, Value]:
    """A record's fields as variables of an expression."""
    return {name.lower(): value for name, value in record.items()}
