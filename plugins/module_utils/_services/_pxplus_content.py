# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a PxPlus service sends: recognised by its bytes, decoded into rows, and compared without what changes by itself (contract §5.4)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from pathlib import Path
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
_PDF_CHANGES = re.compile(
    rb"/(?:CreationDate|ModDate)\s*(?:\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f\s]*>)"
    rb"|/ID\s*\[\s*(?:<[0-9A-Fa-f\s]*>|\((?:\\.|[^\\)])*\))\s*(?:<[0-9A-Fa-f\s]*>|\((?:\\.|[^\\)])*\))\s*\]"
    rb"|<(?:xmp:(?:CreateDate|ModifyDate|MetadataDate)|xmpMM:(?:DocumentID|InstanceID))>[^<]*<"
    rb"|\d{10} \d{5} [nf]\s|startxref\s+\d+"
)
_PNG_CHANGES = (b"tIME", b"tEXt", b"iTXt", b"zTXt", b"eXIf")


def kind_of(head: bytes) -> str:
    """What the first bytes are: ``pdf``, ``png``, ``html``, ``markup`` (XML or a fragment of HTML), ``json`` or ``text``."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF-"):
        return "pdf"
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if re.match(rb"(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", start, re.IGNORECASE | re.DOTALL):
        return "html"
    if start.startswith(b"<"):
        return "markup"
    return "json" if start[:1] in (b"{", b"[") else "text"


def fits(kind: str, head: bytes) -> bool:
    """Whether content that begins so can be what was asked for."""
    return kind_of(head) in _ALLOWED[kind] or (not head.strip() and kind in ("csv", "table"))


def is_error_page(head: bytes) -> bool:
    """Whether a web page is an error page of the server, though its status is 200: by its title, or by the text about a refused override (contract §4)."""
    text = head.decode("latin-1").lower()
    title = re.search(r"<title[^>]*>\s*(.*?)\s*</title>", text, re.DOTALL)
    return bool(title and re.search(r"\berror\b|\b[45]\d\d\b", title[1])) or "does not allow the override" in text


def decode(content: bytes, header: str, encoding: str | None) -> str:
    """The text: in the given encoding, the one that the header names, or UTF-8 and else windows-1252."""
    charset = re.search(r"charset=\"?([\w.:-]+)", header, re.IGNORECASE)
    for name in [encoding] if encoding else [charset[1] if charset else "utf-8", "utf-8", "windows-1252"]:
        try:
            return content.decode(name).removeprefix("\ufeff")
        except LookupError:
            if encoding:
                raise InvalidInput(f"there is no encoding {encoding!r}") from None
        except UnicodeDecodeError as error:
            if encoding:
                raise BadAnswer(f"the answer is not text in {encoding} ({error.reason} at byte {error.start})") from error
    return content.decode("windows-1252", "replace")


def rows(kind: str, text: str, columns: Sequence[str] | None) -> list[Any]:
    """The records of CSV, JSON or XML. Raises ``BadAnswer``."""
    if kind == "csv":
        return _csv_rows(text, columns)
    if kind == "xml":
        # The declaration names the encoding that was decoded just now.
        return _records(_xml.to_data(_xml.parse(re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1).encode())))
    try:
        return _records(json.loads(text))
    except ValueError as error:
        raise BadAnswer(f"the answer is not JSON ({error})") from error


def _csv_rows(text: str, columns: Sequence[str] | None) -> list[dict[str, str]]:
    lines = [line for line in csv.reader(io.StringIO(text, newline="")) if line]
    names = list(columns) if columns else [name.strip() for name in lines.pop(0)] if lines else []
    for number, line in enumerate(lines, 1 if columns else 2):
        if len(line) != len(names):
            raise BadAnswer(f"line {number} of the CSV has {len(line)} fields, there are {len(names)} columns")
    return [dict(zip(names, line)) for line in lines]


def _records(data: Any) -> list[Any]:
    """The list of records, however deep it is wrapped (contract §10, 1); a single record is a list of one."""
    if isinstance(data, list):
        return data
    if not isinstance(data, dict):
        return [data] if data not in ("", None) else []
    lists = [value for value in data.values() if isinstance(value, list)]
    if len(lists) == 1:
        return lists[0]
    inner = [value for value in data.values() if isinstance(value, dict)]
    if len(data) == 1 and inner:
        return _records(inner[0])
    return [data] if data else []


def same_content(one: Path, other: Path) -> bool:
    """Whether two files differ only in what a program writes anew each time: dates and ids of a PDF, times and texts of a PNG."""
    first, second = one.read_bytes(), other.read_bytes()
    kind = kind_of(first[:HEAD])
    if kind != kind_of(second[:HEAD]):
        return False
    if kind == "pdf":
        return _PDF_CHANGES.sub(b"", first) == _PDF_CHANGES.sub(b"", second)
    return kind == "png" and _png_chunks(first) == _png_chunks(second)


def _png_chunks(content: bytes) -> list[bytes]:
    chunks, place = [], 8
    while place + 12 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        if content[place + 4 : place + 8] not in _PNG_CHANGES:
            chunks.append(content[place : place + 12 + length])
        place += 12 + length
    return chunks
