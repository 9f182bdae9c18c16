# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PxPlus simulator: queries, charts, reports, maintenance, and the switches of their output."""

from __future__ import annotations

import csv
import io
import re
import struct
import zlib
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.unit.simulators._pxplus_site import Site, decoded, is_page

AD_HOC = "/services/qry.pxp?qry=invoices&lib=sales.en"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def png_size(data: bytes) -> tuple[int, int]:
    """Checks every chunk of a PNG and the amount of its pixels; returns width and height."""
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    place, chunks = 8, {}
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        assert struct.unpack(">I", data[place + 8 + length : place + 12 + length])[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        place += 12 + length
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    assert (depth, colour) == (8, 3)
    pixels = zlib.decompress(chunks[b"IDAT"])
    assert len(pixels) == height * (width + 1)
    assert len(set(pixels)) > 2, "an empty picture"
    return width, height


def pdf_text(data: bytes) -> str:
    """Follows the cross-reference table of a PDF to its objects; returns what its pages show."""
    assert data.startswith(b"%PDF-1.4\n") and data.endswith(b"%%EOF\n")
    start = int(re.findall(rb"startxref\n(\d+)\n", data)[-1])
    assert data[start : start + 5] == b"xref\n"
    offsets = re.findall(rb"(\d{10}) 00000 n \n", data[start:])
    objects = {}
    for number, offset in enumerate(offsets, 1):
        head = b"%d 0 obj\n" % number
        assert data[int(offset) :].startswith(head)
        objects[number] = data[int(offset) + len(head) : data.index(b"\nendobj\n", int(offset))]
    trailer = data[start:]
    assert b"/Size %d " % (len(objects) + 1) in trailer
    root = objects[int(re.findall(rb"/Root (\d+) 0 R", trailer)[0])]
    tree = objects[int(re.findall(rb"/Pages (\d+) 0 R", root)[0])]
    kids = [int(kid) for kid in re.findall(rb"(\d+) 0 R", tree.split(b"/Kids")[1])]
    assert len(kids) == int(re.findall(rb"/Count (\d+)", tree)[0])
    shown = []
    for kid in kids:
        stream = objects[int(re.findall(rb"/Contents (\d+) 0 R", objects[kid])[0])]
        content = stream[stream.index(b"stream\n") + 7 : stream.rindex(b"\nendstream")]
        assert len(content) == int(re.findall(rb"/Length (\d+)", stream)[0])
        content = zlib.decompress(content) if b"/FlateDecode" in stream else content
        shown += re.findall(rb"\(((?:[^\\()]|\\.)*)\) Tj", content)
    return "\n".join(re.sub(r"\\(.)", r"\1", line.decode("cp1252")) for line in shown)


def test_query_as_csv() -> None:
    answer = Site().get("CLIENT LIST")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv")
    lines = answer.content.split(b"\r\n")
    assert lines[0] == b"CLIENT,NAME,CITY,COUNTRY,CREDIT_LIMIT"
    assert lines[2] == "C002,Müller & Söhne GmbH,Köln,Germany,40000".encode("cp1252")
    assert b'C007,"Maple ""Quick"" Freight",Ottawa,Canada,60000' in lines
    assert lines[-1] == b"" and not re.search(rb"[^\r]\n", answer.content)


def test_query_as_json_and_xml() -> None:
    site = Site()
    answer = site.get("invoices", secured=True, type="json", INVOICE="INV-1008")
    assert answer.content == b'[{"AMOUNT":653.42,"CLIENT":"C001","INVOICE":"INV-1008","INV_DATE":"2025-02-02","NAME":"Acme Tools Inc.","PAID":1}]'
    assert answer.headers["content-type"] == "application/json"
    answer = site.get("CLIENT LIST", type="XML", COUNTRY="Germany")
    assert answer.headers["content-type"] == "text/xml"
    root = ElementTree.fromstring(answer.content)
    assert [[(item.tag, item.text) for item in row][:3] for row in root.findall("data")] == [
        [("CLIENT", "C002"), ("NAME", "Müller & Söhne GmbH"), ("CITY", "Köln")]
    ]


def test_query_as_html_table_and_pdf() -> None:
    site = Site()
    page = site.get("tasks", type="HTML").text
    assert "<title>Tasks</title>" in page and "<th>Assigned to</th>" in page and "</html>" in page
    inner = site.get("tasks", type="TABLE")
    assert inner.text.startswith("<tr><th>Task</th>") and "<table" not in inner.text and inner.text.count("<td>Order bolts M8</td>") == 1
    assert inner.headers["content-type"] == "text/html"
    short = site.get("tasks", type="TABLE", HEADER="no", LIMIT="2").text
    assert "<th>" not in short and short.count("<tr>") == 2
    assert site.get("tasks", type="TABLE", header="no", limit="2").text == short
    assert "Élodie Tremblay" in pdf_text(site.get("tasks", type="PDF").content)


def test_sort_descending_records() -> None:
    site = Site(force_id="off")

    def amounts(query: str) -> list[float]:
        return [float(row["AMOUNT"]) for row in rows_of(site.http.get(AD_HOC + query).text)]

    everything = amounts("")
    assert len(everything) == 40
    assert amounts("&sort=AMOUNT") == sorted(everything)
    assert amounts("&descending=1") == everything
    for yes in ("=1", "=Y", ""):
        assert amounts(f"&sort=amount&descending{yes}") == sorted(everything, reverse=True)
    for no in ("=0", "=N", "="):
        assert amounts(f"&sort=AMOUNT&descending{no}") == sorted(everything)
    assert amounts("&sort=AMOUNT&records=3") == sorted(everything)[:3]
    assert amounts("&records=") == everything
    for wrong in ("&sort=MARGIN", "&sort=nosuch", "&records=x", "&records=-1", "&sort=AMOUNT&descending=maybe", "&LIMIT=3", "&type=PNG"):
        assert is_page(site.http.get(AD_HOC + wrong), 400)
    assert is_page(site.http.get("/services/qry.pxp?qry=invoices"), 400, "qry and lib are required")


def test_hidden_columns_are_not_shown() -> None:
    site = Site()
    for kind in ("CSV", "JSON", "XML", "HTML", "TABLE"):
        assert "MARGIN" not in site.get("invoices", secured=True, type=kind).content.decode("cp1252").upper()


def test_url_parameters_become_global_variables_of_the_selection() -> None:
    site = Site(force_id="off")
    assert {row["CLIENT"] for row in rows_of(site.http.get(AD_HOC + "&CLIENT=C003").text)} == {"C003"}
    assert [row["INVOICE"] for row in rows_of(site.http.get(AD_HOC + "&invoice=INV-1003&client=C008").text)] == ["INV-1003"]
    assert site.http.get(AD_HOC + "&CLIENT").text.count("\n") == 41, "a bare name is numeric, %CLIENT, which the selection does not use"
    assert site.http.get(AD_HOC + "&a+b").text.count("\n") == 41, "command-line arguments"
    assert {row["CLIENT"] for row in rows_of(site.get("invoices", secured=True, CLIENT="C003").text)} == {"C003"}


def test_queries_follow_their_tables() -> None:
    site = Site()
    site.simulator.set_record("clients", {"name$": "Acme Tools Ltd."}, key="C001")
    assert "Acme Tools Ltd." in site.get("invoices", secured=True).text


def test_do_urls_take_parameters_in_url_order() -> None:
    site = Site()
    headers = site.bearer()
    answer = site.http.get("/do/invoices/JSON/INV-1008", headers=headers)
    assert [row["INVOICE"] for row in decoded(answer)] == ["INV-1008"]
    assert len(decoded(site.http.get("/do/invoices/JSON//C001?records=2", headers=headers))) == 2
    assert site.http.get("/services/do.pxp?id=invoices&args=JSON/INV-1008", headers=headers).content == answer.content
    assert is_page(site.http.get("/do/invoices/JSON/INV-1008"), 401)
    assert is_page(site.http.get("/do/invoices/JSON/a/b/c", headers=headers), 400, "Too many arguments")
    assert is_page(site.http.get("/do/tasks_csv/JSON"), 400, "Too many arguments")
    assert is_page(site.http.get("/do/nosuch/JSON"), 404)


def test_posted_forms_give_parameters_too() -> None:
    site = Site()
    assert decoded(site.http.post("/services/service.pxp?id=tasks", data={"type": "JSON", "records": "1"}))[0]["TASK"] == "T1"
    assert decoded(site.http.post("/services/service.pxp?id=tasks&records=2&type=JSON", data={"records": "1"}))[1]["TASK"] == "T2"


@pytest.mark.parametrize("status", [400, 200])
def test_switch_override_error_status(status: int) -> None:
    site = Site(override_error_status=status)
    answer = site.get("tasks_csv", type="PDF", sort="DUE")
    assert is_page(answer, status, "tasks_csv", "does not allow the override", "sort, type")
    site.simulator.set_service("tasks_csv", override={"type": True})
    assert site.get("tasks_csv", type="PDF").content.startswith(b"%PDF")
    site.simulator.set_service("tasks_csv", override={"type": False})
    assert is_page(site.get("tasks_csv", type="CSV"), status)


@pytest.mark.parametrize("status", [400, 200])
def test_switch_bad_parameter_status(status: int) -> None:
    site = Site(bad_parameter_status=status)
    assert is_page(site.get("tasks", type="PNG"), status, "PNG", "CSV, JSON, XML, HTML, PDF, TABLE")


@pytest.mark.parametrize("status", [500, 200])
def test_switch_runtime_error_status(status: int) -> None:
    site = Site(runtime_error_status=status, force_id="off")
    assert is_page(site.get("old_report"), status, "Error #12")
    assert is_page(site.http.get("/services/qry.pxp?qry=nosuch&lib=sales.en"), status, "Error #12")
    assert is_page(site.http.get("/services/qry.pxp?qry=tasks&lib=other.en"), status, "Error #12")


def test_switch_unknown_params() -> None:
    site = Site()
    assert len(rows_of(site.get("tasks", colour="red").text)) == 4
    assert len(rows_of(site.get("tasks", CLIENT="red").text)) == 4, "no global variable without a user-defined parameter"
    site.simulator.switch(unknown_params="refused")
    assert is_page(site.get("tasks", colour="red"), 400, "colour")
    assert site.get("tasks", ASSIGNEE="Ann Lee").status_code == 200


def test_switch_json_shape() -> None:
    def shown(shape: str, **parameters: Any) -> Any:
        return decoded(Site(json_shape=shape).get("tasks", type="JSON", **parameters))

    rows = shown("list")
    assert isinstance(rows, list) and len(rows) == 4
    assert shown("wrapped") == {"data": rows}
    assert shown("single", records="1") == rows[0]
    assert shown("single") == rows


def test_switch_json_numbers_and_json_pretty() -> None:
    def first(**switches: Any) -> Any:
        return decoded(Site(**switches).get("products", secured=True, type="JSON", records="1"))[0]

    assert first() == {"SKU": "1001", "DESCRIPTION": "Spirit level 60 cm", "PRICE": 24.9, "ON_HAND": 140}
    assert first(json_numbers="quoted") == {"SKU": "1001", "DESCRIPTION": "Spirit level 60 cm", "PRICE": "24.9", "ON_HAND": "140"}
    assert first(json_numbers="by_look")["SKU"] == 1001
    pretty = Site(json_pretty=True).get("tasks", type="JSON")
    assert pretty.content.startswith(b'[\n  {\n    "ASSIGNEE":"') and len(decoded(pretty)) == 4


def test_switches_xml_shape_and_csv_header() -> None:
    root = ElementTree.fromstring(Site(xml_shape="named").get("tasks", type="XML").content)
    assert (root.tag, [child.tag for child in root]) == ("tasks", ["record"] * 4)
    assert Site(csv_header=False).get("tasks").text.startswith("T1,Check meters,")


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        ("typed", ["text/csv", "application/json", "text/xml", "application/pdf", "image/png"]),
        ("alternative", ["text/plain", "application/json", "application/xml", "application/pdf", "image/png"]),
        ("text_html", ["text/html"] * 5),
    ],
)
def test_switch_content_types(position: str, expected: list[str]) -> None:
    site = Site(content_types=position, json_pretty=True)
    answers = [site.get("tasks", type=kind) for kind in ("CSV", "JSON", "XML", "PDF")] + [site.get("stock_chart", type="PNG")]
    assert [answer.headers["content-type"] for answer in answers] == expected
    assert (b"\r\n" in answers[1].content) == (position == "text_html"), "text/* has CRLF line ends"
    assert pdf_text(answers[3].content) and png_size(answers[4].content)
    assert site.ask_token().headers["content-type"] == ("text/html" if position == "text_html" else "application/json")


@pytest.mark.parametrize(("charset", "euro"), [("windows-1252", b"\x80"), ("utf-8", "€".encode()), ("iso-8859-1", b"?")])
def test_switch_charset(charset: str, euro: bytes) -> None:
    site = Site(charset=charset, charset_in_header=True)
    for kind in ("CSV", "JSON", "XML", "HTML"):
        answer = site.get("products", secured=True, type=kind)
        assert b"Gift card 50 " + euro in answer.content
        assert "Café table".encode(charset) in answer.content
        assert answer.headers["content-type"].endswith(f"; charset={charset}") == answer.headers["content-type"].startswith("text/")
    assert rows_of(site.http.get("/services/service.pxp?id=tasks&ASSIGNEE=" + ("%E9" if charset != "utf-8" else "%C3%A9")).content.decode(charset)) == []
    elodie = "".join(f"%{byte:02X}" for byte in "Élodie Tremblay".encode(charset))
    assert len(rows_of(site.http.get("/services/service.pxp?id=tasks&ASSIGNEE=" + elodie).content.decode(charset))) == 2


def test_chart_is_a_png_of_the_size_asked_for() -> None:
    site = Site()
    answer = site.get("sales_chart", secured=True)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    assert png_size(answer.content) == (600, 450)
    assert png_size(site.get("stock_chart", width="400").content) == (400, 300)
    assert png_size(site.get("stock_chart", width="400", height="120").content) == (400, 120)
    assert png_size(site.get("stock_chart", height="100").content) == (600, 100)
    assert site.get("stock_chart").content == site.get("stock_chart").content
    for wrong in ({"width": "0"}, {"height": "x"}, {"width": "99999"}, {"animate": "1"}, {"type": "PDF"}):
        assert is_page(site.http.get("/services/service.pxp", params={"id": "stock_chart", **wrong}), 400)


def test_chart_shows_its_data() -> None:
    site = Site()
    before = site.get("stock_chart").content
    site.simulator.set_record("products", {"onHand": 5000}, key="1005")
    assert site.get("stock_chart").content != before
    page = site.get("stock_chart", type="HTML", animate="1").text
    assert "<title>Stock on HAND</title>" in page, "a stored title that is an expression"
    assert page.count("<rect ") == 5 and "ON_HAND 1005: 5000.00" in page and 'class="chart animate"' in page
    assert 'class="chart"' in site.get("stock_chart", type="HTML").text
    assert is_page(site.get("stock_chart", type="HTML", width="5"), 400)


def test_charts_without_a_definition() -> None:
    site = Site(force_id="off")
    base = "/services/chart.pxp?data=A=1,2,3;B=3,2,1&labels=x,y,z&title1=T&xAxisTItle=X&yAxisTitle=Y&max=4"
    bars, lines = site.http.get(base), site.http.get(base + "&style=line")
    assert png_size(bars.content) == png_size(lines.content) == (600, 450) and bars.content != lines.content
    page = site.http.get(base + "&type=HTML").text
    assert page.count("<rect ") == 6 and ">X</text>" in page and ">Y</text>" in page
    assert site.http.get(base + "&type=HTML&style=line").text.count("<polyline ") == 2
    for wrong in ("", "data=5", "data=A=1&style=pie"):
        assert is_page(site.http.get(f"/services/chart.pxp?{wrong}"), 400)
    assert is_page(site.http.get("/services/chart.pxp?data=A=x"), 500, "Error #26")
    assert is_page(site.http.get("/services/chart.pxp?data=A=" + "9" * 400), 500, "Error #40")
    assert png_size(site.http.get("/services/chart.pxp?qry=months&lib=sales.en&chart=trend").content) == (600, 450)
    assert is_page(site.http.get("/services/chart.pxp?qry=months&lib=sales.en&chart=stock"), 500, "Error #12")
    assert site.get("target_chart", style="line").content != site.get("target_chart").content


def test_report_as_pdf_html_and_csv() -> None:
    site = Site()
    answer = site.get("daily_sales", secured=True, date="2025-02-02")
    text = pdf_text(answer.content)
    assert answer.headers["content-type"] == "application/pdf"
    assert "Daily sales" in text and "INV-1008" in text and "INV-1009" not in text and "Grand total: Amount 653.42" in text
    page = site.get("daily_sales", secured=True, type="HTML").text
    assert "INV-1040" in page and "Total 2025-02-02: Amount 653.42" in page
    assert len(rows_of(site.get("daily_sales", secured=True, type="CSV").text)) == 40
    assert "Gift card 50 €" in pdf_text(site.get("price_list").content)
    assert is_page(site.get("price_list", type="XML"), 400)
    assert len(re.findall(rb"/Type /Page ", site.get("daily_sales", secured=True).content)) > 1


def test_pdf_differs_in_bytes_but_not_in_content() -> None:
    site = Site()
    first, second = (site.get("price_list").content for _rendering in range(2))
    assert first != second
    assert pdf_text(first) == pdf_text(second)
    site.simulator.advance(86400)
    later = site.get("price_list").content
    for pattern in (rb"/CreationDate \((.*?)\)", rb"/ModDate \((.*?)\)", rb"/ID \[<(.*?)>"):
        assert re.findall(pattern, first) != re.findall(pattern, later)
        assert len(re.findall(pattern, later)) == 1


def test_switch_report_size_mb() -> None:
    site = Site(report_size_mb=0.4)
    pdf = site.get("sales_archive", secured=True).content
    assert 400_000 < len(pdf) < 600_000
    assert "0000001-00  2024-01-01" in pdf_text(pdf) and "Page 0000002" in pdf_text(pdf)
    for kind in ("CSV", "HTML"):
        assert 400_000 < len(site.get("sales_archive", secured=True, type=kind).content) < 460_000
    assert site.get("sales_archive", secured=True, type="HTML").text.endswith("</html>\r\n")
    site.simulator.switch(report_size_mb=2)
    assert 2_000_000 < len(site.get("sales_archive", secured=True).content) < 3_000_000


def test_ad_hoc_reports() -> None:
    site = Site(force_id="off")
    assert site.http.get("/services/rpt.pxp?rpt=price_list").content.startswith(b"%PDF")
    assert "INV-1009" not in site.http.get("/services/rpt.pxp?rpt=daily_sales&type=CSV&DATE=2025-02-02").text
    assert is_page(site.http.get("/services/rpt.pxp"), 400, "rpt")
    assert is_page(site.http.get("/services/rpt.pxp?rpt=nosuch"), 500, "Error #12")


def test_maintenance_panel() -> None:
    site = Site()
    text = site.get("task_panel").text
    for button in ("First", "Prior", "Next", "Last", "Find", "Submit", "Apply", "Delete", "Reset"):
        assert f'value="{button}"' in text
    assert 'name="taskId$" value="T1"' in text
    assert is_page(site.get("client_panel"), 401)
    assert is_page(site.http.get("/services/service.pxp?id=client_panel", headers=site.bearer(site.user)), 401)
    assert "C001" in site.get("client_panel", secured=True).text
    assert is_page(site.http.post("/services/service.pxp?id=task_panel", data={"taskId$": "T2"}), 501)
    site.simulator.switch(force_id="off", unknown_params="refused")
    base = "/services/maint.pxp?dict=providex.ddf"
    assert site.http.get(f"{base}&table=states&key_field=stateCode").status_code == 200
    assert is_page(site.http.get(f"{base}&table=invoices&key_field=clientId"), 400, "more than one segment")
    assert is_page(site.http.get(f"{base}&table=states&key_field=country"), 400)
    assert is_page(site.http.get(f"{base}&table=states"), 400)
    assert is_page(site.http.get(f"{base}&table=states&key_field=stateCode&colour=red"), 400, "colour")
    assert is_page(site.http.get(f"{base}&table=nosuch&key_field=x"), 500, "Error #12")
