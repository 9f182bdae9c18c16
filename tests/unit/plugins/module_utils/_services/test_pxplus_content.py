# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PxPlus services send: recognised by its bytes, decoded, and turned into rows (contract §5.4, §10)."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import (
    KINDS,
    decode,
    fits,
    is_error_page,
    is_site_error,
    kind_of,
    rows,
)
from hypothesis import given
from hypothesis import strategies as st

PDF, PNG = b"%PDF-1.4\n...", b"\x89PNG\r\n\x1a\n..."
PAGE = b"<!DOCTYPE html>\n<html><head><title>Tasks</title></head><body><p>1</p></body></html>"
CLIENTS = [{"ID": "C002", "NAME": 'Müller & "Söhne"'}, {"ID": "C003", "NAME": "Café, Élysée"}]
CSV = 'ID,NAME\r\nC002,"Müller & ""Söhne"""\r\nC003,"Café, Élysée"\r\n'


# Kinds


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PDF, "pdf"),
        (b"\r\n%PDF-1.7", "pdf"),
        (PNG, "png"),
        (PAGE, "html"),
        (b"<HTML><BODY>", "html"),
        (b"\xef\xbb\xbf<html>", "html"),
        (b"<!-- made by a program -->\n<html>", "html"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x">', "html"),
        (b"<head>", "html"),
        (b"<body class=x>", "html"),
        (b"<tr><td>1</td></tr>", "markup"),
        (b'<?xml version="1.0"?><root/>', "markup"),
        (b"<header>", "markup"),
        (b"<html5thing/>", "markup"),
        (b'[{"a": 1}]', "json"),
        (b'  {"a": 1}', "json"),
        (b"A,B\r\n1,2", "text"),
        (b"", "text"),
        (b"PDF", "text"),
        (b"PNG", "text"),
    ],
)
def test_content_is_recognised_by_how_it_begins(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    ("head", "fitting"),
    [
        (PDF, {"pdf"}),
        (PNG, {"png"}),
        (PAGE, {"html"}),
        (b"<tr><td>1</td></tr>", {"xml", "html", "table"}),
        (b'[{"a": 1}]', {"csv", "json"}),
        (b"A,B\r\n", {"csv"}),
        (b"", {"csv", "table"}),
        (b" \r\n", {"csv", "table"}),
    ],
)
def test_what_can_be_what_was_asked_for(head: bytes, fitting: set[str]) -> None:
    assert {kind for kind in KINDS if fits(kind, head)} == fitting


@pytest.mark.parametrize(
    "page",
    [
        b"<html><head><title>Error 401</title></head></html>",
        b"<html><head><title>404 Not Found</title></head></html>",
        b"<html><head><title> Error </title></head></html>",
        b"<title lang=en>Error: no such file</title>",
        b"<html><body><h1>Error 500</h1></body></html>",
        b"<html><body>This Web Service ID does not allow the override of the specified parameter(s): TYPE</body></html>",
        b"<html><head><title>Application error</title></head></html>",
    ],
)
def test_error_pages(page: bytes) -> None:
    assert is_error_page(page)


@pytest.mark.parametrize(
    "page",
    [
        PAGE,
        b"<html><head><title>Error budget of May</title></head></html>",
        b"<html><body><p>Order 404 is late, no error</p></body></html>",
        b"<tr><td>Error 12</td></tr>",
        b"",
    ],
)
def test_pages_that_are_no_error(page: bytes) -> None:
    assert not is_error_page(page)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b'{"error":{"status":401,"message":"x"}}', True),
        (b'\xef\xbb\xbf { "error" : { }}', True),
        (b'{"error":"text"}', False),
        (b'[{"error":{}}]', False),
        (b'{"data":{"error":{}}}', False),
        (b"", False),
    ],
)
def test_errors_of_a_site_in_json(content: bytes, error: bool) -> None:
    assert is_site_error(content) is error


# Text


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "iso-8859-1"])
def test_text_in_a_known_encoding(encoding: str) -> None:
    content = "Zürich, Café".encode(encoding)
    assert decode(content, "", encoding) == "Zürich, Café"
    assert decode(content, f'text/csv; charset="{encoding}"', None) == "Zürich, Café"
    assert decode(content, f"text/csv; Charset={encoding.upper()}", None) == "Zürich, Café"
    assert decode(content, "text/csv", None) == "Zürich, Café"


def test_the_encoding_that_is_given_goes_before_the_header() -> None:
    assert decode("é".encode(), "text/csv; charset=utf-8", "iso-8859-1") == "Ã©"


def test_a_header_that_is_wrong_is_not_believed() -> None:
    assert decode("Zürich".encode("windows-1252"), "text/csv; charset=utf-8", None) == "Zürich"
    assert decode("Zürich".encode(), "text/csv; charset=us-ascii", None) == "Zürich"
    assert decode("Zürich".encode(), "text/csv; charset=nosuch", None) == "Zürich"


def test_a_mark_at_the_beginning_is_no_text() -> None:
    assert decode(b"\xef\xbb\xbfA,B", "", None) == "A,B"
    assert decode(b"\xef\xbb\xbfA,B", "", "utf-8") == "A,B"


def test_an_encoding_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(BadAnswer, match=r"not text in utf-8 .* at byte 1"):
        decode("Zürich".encode("windows-1252"), "", "utf-8")
    with pytest.raises(InvalidInput, match="no encoding 'nosuch'"):
        decode(b"x", "", "nosuch")


@given(st.binary(), st.sampled_from(["", "text/csv; charset=utf-8", "text/csv; charset=windows-1252", "charset=", "charset=idna", "charset=undefined"]))
def test_no_bytes_break_the_decoding(content: bytes, header: str) -> None:
    assert isinstance(decode(content, header, None), str)


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\ufeff")))
def test_utf_8_is_always_recognised(text: str) -> None:
    assert decode(text.encode(), "", None) == text


# Rows


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("csv", CSV, CLIENTS),
        ("csv", CSV.replace("\r\n", "\n"), CLIENTS),
        ("csv", CSV.rstrip(), CLIENTS),
        ("csv", " ID , NAME \r\n1,2\r\n\r\n", [{"ID": "1", "NAME": "2"}]),
        ("csv", 'A,B\r\n1,"two\r\nlines"\r\n', [{"A": "1", "B": "two\r\nlines"}]),
        ("csv", "A\r\n", []),
        ("csv", "", []),
        ("json", json.dumps(CLIENTS), CLIENTS),
        ("json", json.dumps({"data": CLIENTS}), CLIENTS),
        ("json", json.dumps({"total": 2, "data": CLIENTS}), CLIENTS),
        ("json", json.dumps({"a": {"b": {"data": CLIENTS}}}), CLIENTS),
        ("json", json.dumps(CLIENTS[0]), CLIENTS[:1]),
        ("json", json.dumps({"data": CLIENTS[0]}), CLIENTS[:1]),
        ("json", "[]", []),
        ("json", "{}", []),
        ("json", "null", []),
        ("json", "[1, 2]", [1, 2]),
        ("json", "7", [7]),
        ("xml", "<root><data><ID>1</ID><N>x</N></data><data><ID>2</ID><N/></data></root>", [{"ID": "1", "N": "x"}, {"ID": "2", "N": ""}]),
        ("xml", "<root><data><ID>1</ID></data></root>", [{"ID": "1"}]),
        (
            "xml",
            '<?xml version="1.0" encoding="windows-1252"?>\r\n<clients><record><N>é</N></record><record><N>ü</N></record></clients>',
            [{"N": "é"}, {"N": "ü"}],
        ),
        ("xml", "<root/>", []),
        ("xml", "<root>\n</root>", []),
    ],
)
def test_shapes_of_rows(kind: str, text: str, expected: list[Any]) -> None:
    assert rows(kind, text) == expected


def test_columns_may_be_given() -> None:
    assert rows("csv", "1,2\r\n3,4\r\n", ["A", "B"]) == [{"A": "1", "B": "2"}, {"A": "3", "B": "4"}]
    assert rows("csv", "", ["A", "B"]) == []


def test_numbers_may_be_made_of_their_text() -> None:
    assert rows("json", '[{"a": 12345678901234567890.10, "b": 5, "c": "x"}]', number=str) == [{"a": "12345678901234567890.10", "b": "5", "c": "x"}]


@pytest.mark.parametrize(
    ("text", "columns", "problem"),
    [
        ("A,B\r\n1,2\r\n3\r\n", None, "line 3 of the CSV has 1 fields, there are 2 columns"),
        ("A,B\r\n1,2,3\r\n", None, "line 2 of the CSV has 3 fields, there are 2 columns"),
        ("1,2\r\n", ["A"], "line 1 of the CSV has 2 fields, there are 1 columns"),
        ('A,B\r\n1,"open', None, None),
        ("A,B\r\n" + "x" * 200_000 + ",1\r\n", None, None),
        ("A,B,A\r\n1,2,3\r\n", None, "columns of the same name: A, B, A"),
    ],
)
def test_csv_that_does_not_fit_is_a_clear_error_or_read_whole(text: str, columns: list[str] | None, problem: str | None) -> None:
    if problem is None:
        (row,) = rows("csv", text, columns)
        assert len(row) == 2
        assert sum(len(value) for value in row.values()) > 3
        return
    with pytest.raises(BadAnswer, match=problem):
        rows("csv", text, columns)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("json", "{"), ("json", ""), ("json", "x"), ("xml", "<a>"), ("xml", ""), ("xml", "<a/><b/>"), ("xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')],
)
def test_what_cannot_be_read_is_a_clear_error(kind: str, text: str) -> None:
    with pytest.raises(BadAnswer):
        rows(kind, text)


# Some versions of the writer do not quote a lone carriage return.
FIELDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"), max_size=12)
TABLES = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(FIELDS, min_size=width, max_size=width), max_size=6))


@given(TABLES, st.sampled_from(["\r\n", "\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_csv_is_read_as_it_was_written(table: list[list[str]], end: str, quoting: Any) -> None:
    width = len(table[0]) if table else 2
    names = [f"COLUMN{number}" for number in range(width)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator=end, quoting=quoting)
    writer.writerows([names, *table])
    assert rows("csv", stream.getvalue()) == [dict(zip(names, line)) for line in table]


@given(st.sampled_from(["csv", "json", "xml"]), st.text())
def test_no_text_breaks_the_reading(kind: str, text: str) -> None:
    try:
        assert isinstance(rows(kind, text), list)
    except TokenflowError as error:
        assert str(error)
