# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charts: what is drawn, as a PNG (own raster) or as an HTML page (contract §5.1)."""

from __future__ import annotations

import html
import itertools
import struct
import unicodedata
import zlib
from dataclasses import dataclass, field

_WHITE, _BLACK, _GREY = 0, 1, 2
_PALETTE = ((255, 255, 255), (32, 32, 32), (216, 216, 216), (46, 117, 182), (237, 125, 49), (112, 173, 71), (165, 105, 189), (241, 196, 15))
_SERIES_COLOURS = len(_PALETTE) - 3
STYLES = ("bar", "line")

# Three by five pixels a glyph, one octal digit a row.
_GLYPHS = dict(
    pair.split("|")
    for pair in (
        "A|25755 B|65656 C|34443 D|65556 E|74647 F|74644 G|34553 H|55755 I|72227 J|11152 K|55655 L|44447 M|57755 N|65555 O|25552 P|65644 Q|25563 "
        "R|65655 S|34216 T|72222 U|55557 V|55522 W|55775 X|55255 Y|55222 Z|71247 0|75557 1|26227 2|71747 3|71717 4|55711 5|74717 6|74757 7|71122 "
        "8|75757 9|75717 .|00002 ,|00024 -|00700 :|02020 %|51245 /|11244 (|12221 )|42224 +|02720 &|25253 '|22000 #|57575 $|36736 _|00007 =|07070"
    ).split()
)


@dataclass
class Chart:
    """A chart: one label a group, one value a group and series; ``maximum`` 0 means from the data."""

    title: str
    labels: list[str]
    series: list[tuple[str, list[float]]]
    style: str = "bar"
    maximum: float = 0.0
    x_title: str = ""
    y_title: str = ""
    groups: int = field(init=False)

    def __post_init__(self) -> None:
        self.groups = max([len(self.labels), *(len(values) for _name, values in self.series), 1])
        self.labels += [""] * (self.groups - len(self.labels))

    def top(self) -> float:
        highest = max((value for _name, values in self.series for value in values), default=0.0)
        return self.maximum or highest or 1.0


class _Canvas:
    """Eight-bit palette pixels; everything outside the picture is cut off."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.rows = [bytearray(width) for _row in range(height)]

    def box(self, x: int, y: int, width: int, height: int, colour: int) -> None:
        left, right = max(0, x), min(self.width, x + width)
        if right > left:
            for row in self.rows[max(0, y) : max(0, min(self.height, y + height))]:
                row[left:right] = bytes([colour]) * (right - left)

    def line(self, x1: int, y1: int, x2: int, y2: int, colour: int) -> None:
        steps = max(abs(x2 - x1), abs(y2 - y1), 1)
        for step in range(steps + 1):
            self.box(x1 + (x2 - x1) * step // steps, y1 + (y2 - y1) * step // steps, 2, 2, colour)

    def text(self, x: int, y: int, text: str, scale: int = 2) -> None:
        plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().upper()
        for index, character in enumerate(plain):
            for row, digit in enumerate(_GLYPHS.get(character, "00000")):
                for column in range(3):
                    if int(digit) >> (2 - column) & 1:
                        self.box(x + (index * 4 + column) * scale, y + row * scale, scale, scale, _BLACK)

    def png(self) -> bytes:
        raw = b"".join(b"\x00" + bytes(row) for row in self.rows)
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 3, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"PLTE", bytes(value for colour in _PALETTE for value in colour)), (b"IDAT", zlib.compress(raw, 6)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks)


def draw_png(chart: Chart, width: int, height: int) -> bytes:
    """The chart as PNG of exactly this size in pixels. The same chart gives the same bytes."""
    canvas = _Canvas(width, height)
    left, top, right, bottom = 60, 40, width - 20, height - 40
    canvas.text(left, 14, chart.title, 3)
    canvas.text(4, top - 16, chart.y_title)
    canvas.text(left, height - 14, chart.x_title)
    for step in range(5):
        y = bottom - (bottom - top) * step // 4
        canvas.box(left, y, right - left, 1, _GREY if step else _BLACK)
        mark = chart.top() * step / 4
        canvas.text(2, y - 5, f"{mark:.0f}" if chart.top() >= 10 else f"{mark:.3g}")
    canvas.box(left, top, 1, bottom - top, _BLACK)
    slot = max(1, (right - left) // chart.groups)
    for group, label in enumerate(chart.labels):
        canvas.text(left + group * slot + 4, bottom + 6, label[: max(1, slot // 8)])
    for number, (_name, values) in enumerate(chart.series):
        colour = 3 + number % _SERIES_COLOURS
        heights = [int((bottom - top) * max(0.0, min(1.0, value / chart.top()))) for value in values]
        if chart.style == "line":
            points = [(left + group * slot + slot // 2, bottom - tall) for group, tall in enumerate(heights)]
            for (x1, y1), (x2, y2) in itertools.pairwise(points):
                canvas.line(x1, y1, x2, y2, colour)
        else:
            thickness = max(1, (slot - 4) // len(chart.series))
            for group, tall in enumerate(heights):
                canvas.box(left + group * slot + 2 + number * thickness, bottom - tall, max(1, thickness - 1), tall, colour)
    return canvas.png()


def draw_svg(chart: Chart, animate: bool) -> str:
    """The chart as an inline SVG element, for the HTML output."""
    width, height, left, bottom = 600, 450, 60, 400
    slot = (width - left - 20) / chart.groups
    parts = [f'<svg class="chart{" animate" if animate else ""}" viewBox="0 0 {width} {height}" role="img" aria-label="{html.escape(chart.title)}">']
    parts.append(f'<text x="{left}" y="24" class="title">{html.escape(chart.title)}</text>')
    for number, (name, values) in enumerate(chart.series):
        colour = "#{:02x}{:02x}{:02x}".format(*_PALETTE[3 + number % _SERIES_COLOURS])
        tops = [bottom - 350 * max(0.0, min(1.0, value / chart.top())) for value in values]
        if chart.style == "line":
            points = " ".join(f"{left + (group + 0.5) * slot:.1f},{y:.1f}" for group, y in enumerate(tops))
            parts.append(f'<polyline fill="none" stroke="{colour}" points="{points}"><title>{html.escape(name)}</title></polyline>')
            continue
        thickness = (slot - 4) / len(chart.series)
        for group, (y, value) in enumerate(zip(tops, values)):
            x = left + group * slot + 2 + number * thickness
            hint = html.escape(f"{name} {chart.labels[group]}: {value:.2f}")
            parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{thickness:.1f}" height="{bottom - y:.1f}" fill="{colour}"><title>{hint}</title></rect>')
    parts += [f'<text x="{left + group * slot + 4:.1f}" y="{bottom + 18}">{html.escape(label)}</text>' for group, label in enumerate(chart.labels)]
    parts.append(f'<text x="{left}" y="{height - 8}">{html.escape(chart.x_title)}</text><text x="4" y="40">{html.escape(chart.y_title)}</text></svg>')
    return "\n".join(parts)
