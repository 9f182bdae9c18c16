# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Compares PDF and PNG files without what a program writes anew each time; in pieces, however large they are (contract §8)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import HEAD, kind_of

PIECE = 1 << 20
LONGEST = 1024
"""Bytes that no match of the expression exceeds."""
_STRING = rb"\((?:\\.|[^\\)]){0,128}\)"
_HEXADECIMAL = rb"<[0-9A-Fa-f\s]{0,256}>"
_PDF_CHANGES = re.compile(
    rb"/(?:CreationDate|ModDate)\s{0,8}(?:%(string)s|%(hexadecimal)s)"
    rb"|/ID\s{0,8}\[\s{0,8}(?:%(string)s|%(hexadecimal)s)\s{0,8}(?:%(string)s|%(hexadecimal)s)\s{0,8}\]"
    rb"|<xmp(?::(?:CreateDate|ModifyDate|MetadataDate)|MM:(?:DocumentID|InstanceID))>[^<]{0,128}<"
    rb"|[\r\n]\d{10} \d{5} [nf]\b|startxref\s{1,8}\d{1,20}" % {b"string": _STRING, b"hexadecimal": _HEXADECIMAL}
)
_PNG_CHANGES = (b"tIME", b"tEXt", b"iTXt", b"zTXt", b"eXIf")


def same_content(one: Path, other: Path) -> bool:
    """Whether two files differ only in what is written anew each time: dates, ids and offsets of a PDF, times and texts of a PNG."""
    with open(one, "rb") as first, open(other, "rb") as second:
        kinds = {kind_of(stream.read(HEAD)) for stream in (first, second)}
        if kinds == {"pdf"}:
            # What is equal up to here is equal also without matches, and none reaches from before into what differs.
            start = max(0, _equal_bytes(first, second) - LONGEST)
            return _digest(_pdf_without_changes(first, start)) == _digest(_pdf_without_changes(second, start))
        return kinds == {"png"} and _digest(_png_without_changes(first)) == _digest(_png_without_changes(second))


def _equal_bytes(first: BinaryIO, second: BinaryIO) -> int:
    """How many bytes at the start are equal, in whole pieces."""
    first.seek(0)
    second.seek(0)
    count = 0
    while (piece := first.read(PIECE)) and piece == second.read(PIECE):
        count += len(piece)
    return count


def _digest(parts: Iterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def _pdf_without_changes(stream: BinaryIO, start: int) -> Iterator[bytes]:
    stream.seek(start)
    held = b""
    while piece := stream.read(PIECE):
        held += piece
        # What begins before the end by more than its greatest length has been seen as a whole.
        safe, done = len(held) - LONGEST, 0
        for match in _PDF_CHANGES.finditer(held):
            if match.start() >= safe:
                break
            yield held[done : match.start()]
            done = match.end()
        yield held[done : max(done, safe)]
        held = held[max(done, safe, 0) :]
    yield _PDF_CHANGES.sub(b"", held)


def _png_without_changes(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(8)
    while len(head := stream.read(8)) == 8:
        left = int.from_bytes(head[:4], "big") + 4
        if head[4:] in _PNG_CHANGES:
            stream.seek(left, 1)
            continue
        yield head
        while left > 0 and (part := stream.read(min(left, PIECE))):
            left -= len(part)
            yield part
