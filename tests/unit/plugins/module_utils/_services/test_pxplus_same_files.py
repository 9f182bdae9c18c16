# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PDF and PNG files of real programs, and of the simulated server: the same but for their dates, and really different."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_compare import same_content
from PIL import Image, ImageDraw, PngImagePlugin
from reportlab.pdfgen.canvas import Canvas

from tests.unit.plugins._simulated import Simulated


def report(path: Path, lines: list[str], compressed: int = 1, invariant: int = 0, author: str = "ERP", title: str = "Sales") -> Path:
    canvas = Canvas(str(path), pageCompression=compressed, invariant=invariant)
    canvas.setAuthor(author)
    canvas.setTitle(title)
    for number, line in enumerate(lines):
        canvas.drawString(72, 720 - 14 * number, line)
    canvas.showPage()
    canvas.save()
    return path


def picture(path: Path, width: int, note: str = "") -> Path:
    image = Image.new("RGB", (120, 60), "white")
    ImageDraw.Draw(image).rectangle((10, 10, width, 50), fill="navy")
    info = PngImagePlugin.PngInfo()
    info.add_text("Creation Time", note)
    image.save(path, "PNG", pnginfo=info)
    return path


LINES = ["Invoice INV-1001  99.50", "Invoice INV-1002  12.00"]


@pytest.mark.parametrize("compressed", [0, 1])
def test_reports_that_differ_only_in_their_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compressed: int) -> None:
    made = []
    for number, stamp in enumerate(("1700000000", "1800000000")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", stamp)
        made.append(report(tmp_path / f"{number}.pdf", LINES, compressed))
    assert made[0].read_bytes() != made[1].read_bytes()
    assert same_content(*made)
    assert same_content(made[1], made[0])


@pytest.mark.parametrize("compressed", [0, 1])
@pytest.mark.parametrize(
    "change",
    [
        {"lines": [LINES[0], "Invoice INV-1002  12.01"]},
        {"lines": LINES[:1]},
        {"lines": [*LINES, ""]},
        {"lines": LINES[::-1]},
        {"lines": LINES, "title": "Sales of May"},
        {"lines": LINES, "author": "Somebody"},
    ],
)
def test_reports_that_really_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compressed: int, change: dict[str, Any]) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    one = report(tmp_path / "1.pdf", LINES, compressed)
    assert not same_content(one, report(tmp_path / "2.pdf", compressed=compressed, **change))


def test_charts_that_differ_only_in_their_notes(tmp_path: Path) -> None:
    one, other = picture(tmp_path / "1.png", 60, "2026-01-01"), picture(tmp_path / "2.png", 60, "2026-02-02 later")
    assert one.read_bytes() != other.read_bytes()
    assert same_content(one, other)


def test_charts_that_really_differ(tmp_path: Path) -> None:
    assert not same_content(picture(tmp_path / "1.png", 60), picture(tmp_path / "2.png", 61))
    large = io.BytesIO()
    Image.new("RGB", (121, 60), "white").save(large, "PNG")
    (tmp_path / "3.png").write_bytes(large.getvalue())
    assert not same_content(picture(tmp_path / "1.png", 10), tmp_path / "3.png")


def fetch(pxplus: Simulated, path: Path, service: str, kind: str) -> Path:
    answer = pxplus.session().call("GET", "/services/service.pxp", query={"id": service, "type": kind})
    path.write_bytes(answer.content)
    return path


@pytest.mark.parametrize(
    ("service", "kind", "query", "row"),
    [
        ("daily_sales", "PDF", "invoices", {"INVOICE": "INV-1", "AMOUNT": 5}),
        ("price_list", "PDF", "products", {"SKU": "1"}),
        ("stock_chart", "PNG", "products", {"SKU": "1", "ON_HAND": 7}),
    ],
)
def test_what_the_server_makes_anew(pxplus: Simulated, tmp_path: Path, service: str, kind: str, query: str, row: dict[str, Any]) -> None:
    one = fetch(pxplus, tmp_path / "1", service, kind)
    pxplus.advance(86_400)
    other = fetch(pxplus, tmp_path / "2", service, kind)
    assert (one.read_bytes() == other.read_bytes()) is (kind == "PNG")
    assert same_content(one, other)
    pxplus.act("set_rows", query=query, rows=[row])
    assert not same_content(one, fetch(pxplus, tmp_path / "3", service, kind))
