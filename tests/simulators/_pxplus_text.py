# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text as the bytes of a charset, and rows as CSV, JSON, XML and HTML (contract §5.1, §5.2, §5.4)."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ._pxplus_expression import Value

CHARSETS = ("windows-1252", "utf-8", "iso-8859-1")


def decode(data: bytes, charset: str) -> str:
    """Bytes as text; a byte that the charset does not have comes back unchanged from ``encode``."""
    return data.decode(charset, "surrogateescape")


def encode(text: str, charset: str) -> bytes:
    """Text as bytes; a character that the charset does not have becomes a question mark."""
    try:
        return text.encode(charset, "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(encode(c, charset) if "\udc80" <= c <= "\udcff" else c.encode(charset, "replace") for c in text)


@dataclass(frozen=True)
class Column:
    """A column of a result. ``decimals`` is its display mask in HTML and PDF: digits after the point, with thousands separators."""

    name: str
    title: str = ""
    numeric: bool = False
    decimals: int | None = None
    hidden: bool = False

    def heading(self) -> str:
        return self.title or self.name

    def masked(self, value: Value) -> str:
        return f"{value:,.{self.decimals}f}" if self.decimals is not None and not isinstance(value, str) else f"{value}"


@dataclass
class Rows:
    """A result: its name, its visible columns and its rows."""

    name: str
    title: str
    columns: list[Column]
    rows: list[dict[str, Value]]

    def cells(self) -> Iterable[list[Value]]:
        return ([row[column.name] for column in self.columns] for row in self.rows)


def to_csv(result: Rows, header: bool) -> str:
    """Lines with quotes where needed; the first one holds the column names if ``header``."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if header:
        writer.writerow([column.name for column in result.columns])
    writer.writerows(result.cells())
    return stream.getvalue()


def _looks_numeric(value: Value) -> Value:
    if isinstance(value, str) and re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?", value):
        return float(value) if "." in value else int(value)
    return value


_JSON_VALUE: dict[str, Callable[[Value], Value]] = {"by_field": lambda v: v, "quoted": lambda v: f"{v}", "by_look": _looks_numeric}


def json_text(value: Any, pretty: bool = False) -> str:
    """JSON as PxPlus writes it: sorted keys, no blank after the colon, text not escaped to ASCII (contract §5.4)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), indent=2 if pretty else None)


def to_json(result: Rows, shape: str, numbers: str, pretty: bool) -> str:
    """``shape``: ``list`` of objects, ``wrapped`` in an object under ``data``, or ``single``: one object where there is one row."""
    objects = [{name: _JSON_VALUE[numbers](value) for name, value in row.items()} for row in result.rows]
    shaped: Any = {"data": objects} if shape == "wrapped" else objects[0] if shape == "single" and len(objects) == 1 else objects
    return json_text(shaped, pretty)


def _tag(name: str) -> str:
    tag = re.sub(r"[^\w.-]", "_", name.rstrip("$"))
    return tag if re.match(r"[A-Za-z_]", tag) else f"_{tag}"


def _xml_text(value: Value) -> str:
    return escape(re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", f"{value}"))


def to_xml(result: Rows, shape: str, charset: str) -> str:
    """``root_data``: as in write requests, one ``data`` element a row; ``named``: the result's own name around ``record`` elements."""
    outer, inner = ("root", "data") if shape == "root_data" else (_tag(result.name), "record")
    rows = (
        "<{0}>{1}</{0}>\n".format(inner, "".join(f"<{_tag(c.name)}>{_xml_text(row[c.name])}</{_tag(c.name)}>" for c in result.columns)) for row in result.rows
    )
    return f"<?xml version={quoteattr('1.0')} encoding={quoteattr(charset)}?>\n<{outer}>\n{''.join(rows)}</{outer}>\n"


def to_table(result: Rows, header: bool) -> str:
    """The inside of an HTML table (contract §5.1: TABLE)."""
    lines = []
    if header:
        lines.append("<tr>" + "".join(f"<th>{html.escape(column.heading())}</th>" for column in result.columns) + "</tr>")
    for cells in result.cells():
        lines.append("<tr>" + "".join(f"<td>{html.escape(c.masked(v))}</td>" for c, v in zip(result.columns, cells)) + "</tr>")
    return "\n".join(lines) + "\n"
