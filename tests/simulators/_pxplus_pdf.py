# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PDF files: catalogue, page tree, standard fonts, one content stream a page, document information, cross-reference table."""

from __future__ import annotations

import hashlib
import itertools
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 595, 842, 40
LINE_HEIGHT = 12
LINES_ON_PAGE = 56
_CATALOGUE, _PAGES, _BODY_FONT, _TITLE_FONT, _INFORMATION, _FIRST_FREE = 1, 2, 3, 4, 5, 6
# Courier: every glyph is 0.6 of the font size wide.
_GLYPH = 0.6
_LARGEST = 9.0


@dataclass(frozen=True)
class Stamp:
    """What differs between two renderings of the same content: the time, and a number for two within one second."""

    now: float
    number: int

    def date(self) -> str:
        return time.strftime("D:%Y%m%d%H%M%SZ", time.gmtime(self.now))

    def identity(self) -> str:
        return hashlib.md5(f"{self.now!r}/{self.number}".encode(), usedforsecurity=False).hexdigest().upper()


def document(title: str, lines: Iterable[str], stamp: Stamp) -> bytes:
    """A PDF of text lines, its pages compressed."""
    rest = iter(lines)
    pages: list[bytes] = []
    while page := list(itertools.islice(rest, LINES_ON_PAGE)):
        pages.append(_content(title, page, f"{len(pages) + 1}"))
    return b"".join(_Writer(title, stamp, compress=True).write(pages or [_content(title, [], "1")]))


def large_document(title: str, block: list[str], mark: str, size: int, stamp: Stamp) -> Iterator[bytes]:
    """A PDF of at least ``size`` bytes, in parts: a page of these lines again and again, with the page's number in place of ``mark``.

    It holds no more than the offsets of its objects, and does not compress, so that it is cheap to make.
    """
    writer, content = _Writer(title, stamp, compress=False), _content(title, block, mark)

    def pages() -> Iterator[bytes]:
        for number in itertools.count(1):
            yield content.replace(mark.encode(), f"{number:0{len(mark)}d}".encode())
            if writer.size >= size:
                return

    return writer.write(pages())


def align(header: list[str], right: list[bool], rows: list[list[str]]) -> list[str]:
    """Rows as lines of equal width: a header, a rule, the rows."""
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows)]

    def line(cells: list[str]) -> str:
        return "  ".join(cell.rjust(width) if r else cell.ljust(width) for cell, width, r in zip(cells, widths, right)).rstrip()

    return [line(header), "-" * (sum(widths) + 2 * (len(widths) - 1)), *(line(row) for row in rows)]


def _text(value: str) -> bytes:
    encoded = value.encode("cp1252", "replace")
    return b"(" + encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _content(title: str, lines: list[str], number: str) -> bytes:
    """The content stream of a page."""
    longest = max((len(line) for line in lines), default=1) or 1
    size = min(_LARGEST, (PAGE_WIDTH - 2 * MARGIN) / (_GLYPH * longest))
    parts = [b"BT /F2 14 Tf %d %d Td %s Tj ET" % (MARGIN, PAGE_HEIGHT - 60, _text(title))]
    parts.append(b"BT /F1 %.2f Tf %d TL %d %d Td" % (size, LINE_HEIGHT, MARGIN, PAGE_HEIGHT - 90))
    parts += [_text(line) + b" Tj T*" for line in lines]
    parts += [b"ET", b"BT /F1 8 Tf %d 30 Td %s Tj ET" % (PAGE_WIDTH - MARGIN - 60, _text(f"Page {number}"))]
    return b"\n".join(parts)


class _Writer:
    def __init__(self, title: str, stamp: Stamp, compress: bool) -> None:
        self.title, self.stamp, self.compress = title, stamp, compress
        self.offsets: dict[int, int] = {}
        self.size = 0
        self.pages: list[int] = []
        self.next = _FIRST_FREE

    def write(self, pages: Iterable[bytes]) -> Iterator[bytes]:
        yield self._count(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
        for content in pages:
            yield self._page(content)
        yield self._end()

    def _count(self, part: bytes) -> bytes:
        self.size += len(part)
        return part

    def _object(self, number: int, body: bytes) -> bytes:
        self.offsets[number] = self.size
        return self._count(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def _page(self, content: bytes) -> bytes:
        number, self.next = self.next, self.next + 2
        self.pages.append(number)
        filtered = b""
        if self.compress:
            content, filtered = zlib.compress(content), b" /Filter /FlateDecode"
        stream = b"<< /Length %d%s >>\nstream\n%s\nendstream" % (len(content), filtered, content)
        described = b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F1 %d 0 R /F2 %d 0 R >> >> /Contents %d 0 R >>" % (
            (_PAGES, PAGE_WIDTH, PAGE_HEIGHT, _BODY_FONT, _TITLE_FONT, number + 1)
        )
        return self._object(number, described) + self._object(number + 1, stream)

    def _end(self) -> bytes:
        kids = b" ".join(b"%d 0 R" % number for number in self.pages)
        date = _text(self.stamp.date())
        parts = [
            self._object(_CATALOGUE, b"<< /Type /Catalog /Pages %d 0 R >>" % _PAGES),
            self._object(_PAGES, b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(self.pages), kids)),
            self._object(_BODY_FONT, b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"),
            self._object(_TITLE_FONT, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"),
            self._object(
                _INFORMATION, b"<< /Title %s /Producer %s /CreationDate %s /ModDate %s >>" % (_text(self.title), _text("PxPlus PDF simulation"), date, date)
            ),
        ]
        start, identity = self.size, self.stamp.identity().encode()
        table = [b"xref\n0 %d\n0000000000 65535 f \n" % self.next]
        table += [b"%010d 00000 n \n" % self.offsets[number] for number in range(1, self.next)]
        table.append(
            b"trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%d\n%%%%EOF\n"
            % (self.next, _CATALOGUE, _INFORMATION, identity, identity, start)
        )
        return b"".join(parts) + self._count(b"".join(table))
