# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a PxPlus service sends: recognised by its bytes and decoded into rows (contract §5.4)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput

KINDS = ["csv", "json", "xml", "html", "table", "pdf", "png"]
ROWS = ("csv", "json", "xml")
HEAD = 4096
_ALLOWED = {
    "csv": ("text", "json"),
    "json": ("json",),
    "xml": ("markup",),
    "html": ("html", "markup"),
    "table": ("markup",),
    "pdf": ("pdf",),
    "png": ("png",),
}
_ERROR_TITLE = re.compile(r"<title[^>]*>\s*(?:error\W*(?:\d|</title>)|error:|[45]\d\d\b|[^<]*\berror\s*</title>)")
_ERROR_TEXT = re.compile(r"<body[^>]*>\s*(?:<h\d>\s*)?error\W*\d|does not allow the override")


def kind_of(head: bytes) -> str:
    """What the first bytes are: ``pdf``, ``png``, ``html``, ``markup`` (XML or a fragment of HTML), ``json`` or ``text``."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF-"):
        return "pdf"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if re.match(rb"(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", start, re.IGNORECASE | re.DOTALL):
        return "html"
    if start.startswith(b"<"):
        return "markup"
    return "json" if start[:1] in (b"{", b"[") else "text"


def fits(kind: str, head: bytes) -> bool:
    """Whether content that begins so can be what was asked for."""
    return kind_of(head) in _ALLOWED[kind] or (not head.strip() and kind in ("csv", "table"))


def is_error_page(head: bytes) -> bool:
    """Whether a web page is an error page, though its status is 200: by its title, or by how its text begins (contract §3.4, §4)."""
    text = head.decode("latin-1").lower()
    return bool(_ERROR_TITLE.search(text) or _ERROR_TEXT.search(text))


def is_site_error(head: bytes) -> bool:
    """Whether content is the JSON that a site puts in place of error pages (contract §3.4); no record has an object as its first field."""
    return re.match(rb"(?:\xef\xbb\xbf)?\s*\{\s*\"error\"\s*:\s*\{", head) is not None


def decode(content: bytes, header: str, encoding: str | None) -> str:
    """The text: in the given encoding, the one that the header names, or UTF-8 and else windows-1252."""
    charset = re.search(r"charset=\"?([\w.:-]+)", header, re.IGNORECASE)
    for name in [encoding] if encoding else [charset[1] if charset else "utf-8", "utf-8", "windows-1252"]:
        try:
            return content.decode(name).removeprefix("\ufeff")
        except LookupError:
            if encoding:
                raise InvalidInput(f"there is no encoding {encoding!r}") from None
        except UnicodeError as error:
            if encoding:
                where = f"{error.reason} at byte {error.start}" if isinstance(error, UnicodeDecodeError) else str(error)
                raise BadAnswer(f"the answer is not text in {encoding} ({where})") from error
    return content.decode("windows-1252", "replace")


def rows(kind: str, text: str, columns: Sequence[str] | None = None, number: Callable[[str], Any] | None = None) -> list[Any]:
    """The records of CSV, JSON or XML. ``number`` makes values of the numbers in JSON. Raises ``BadAnswer``."""
    if kind == "csv":
        return _csv_rows(text, columns)
    if kind == "xml":
        # The declaration names the encoding that was decoded just now.
        return _records(_xml.to_data(_xml.parse(re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1).encode())))
    try:
        return _records(json.loads(text, parse_int=number, parse_float=number))
    except ValueError as error:
        raise BadAnswer(f"the answer is not JSON ({error})") from error


def _csv_rows(text: str, columns: Sequence[str] | None) -> list[dict[str, str]]:
    limit = csv.field_size_limit(len(text) + 1)
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    except csv.Error as error:
        raise BadAnswer(f"the answer is not CSV ({error})") from error
    finally:
        csv.field_size_limit(limit)
    names = list(columns) if columns else [name.strip() for name in lines.pop(0)] if lines else []
    if len(set(names)) != len(names):
        raise BadAnswer(f"the CSV has columns of the same name: {', '.join(names)}")
    for number, line in enumerate(lines, 1 if columns else 2):
        if len(line) != len(names):
            raise BadAnswer(f"line {number} of the CSV has {len(line)} fields, there are {len(names)} columns")
    return [dict(zip(names, line)) for line in lines]


def _records(data: Any) -> list[Any]:
    """The list of records, however deep it is wrapped (contract §10, 1); a single record is a list of one."""
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        return [data] if data is not None and str(data).strip() else []
    lists = [value for value in data.values() if isinstance(value, list)]
    if len(lists) == 1:
        return lists[0]
    inner = [value for value in data.values() if isinstance(value, dict)]
    if len(data) == 1 and inner:
        return _records(inner[0])
    return [data] if data else []
