# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries, charts and reports: what they are and how they run (contract §5.1)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, AnyStr

from . import _pxplus_pages as pages
from ._pxplus_chart import STYLES, Chart, draw_png
from ._pxplus_errors import ServiceFailure, parameter, runtime
from ._pxplus_expression import Value, compile_expression, is_true, parse_number
from ._pxplus_files import TYPES as FILE_TYPES
from ._pxplus_files import check_dictionary, function_of, parse_requests, read, simple_request, write
from ._pxplus_pdf import LINES_ON_PAGE, Stamp, align, document, large_document
from ._pxplus_records import Call
from ._pxplus_tables import DIRECTORY, Tables, variables
from ._pxplus_text import Column, Rows, json_text, to_csv, to_json, to_table, to_xml

QUERY_TYPES = ("CSV", "JSON", "XML", "HTML", "PDF", "TABLE")
CHART_TYPES = ("PNG", "HTML")
REPORT_TYPES = ("PDF", "HTML", "CSV")
DEFAULT_WIDTH, MAXIMUM_SIZE = 600, 4000
_YES, _NO = ("1", "y", "yes"), ("0", "n", "no", "")
_PART_SIZE = 1 << 16
# Stands for the number of a page of an archive report.
_MARK = "#######"


@dataclass
class Query:
    """A query of a NOMADS library: its columns, where its rows come from, and its selection logic over columns and global variables."""

    name: str
    lib: str
    title: str
    columns: tuple[Column, ...]
    source: Callable[[Tables], list[dict[str, Value]]]
    selection: str = "1"
    fixed: list[dict[str, Value]] | None = None

    def variables(self, row: dict[str, Value]) -> dict[str, Value]:
        return variables({c.name if c.numeric else f"{c.name}$": row[c.name] for c in self.columns})

    def rows(self, tables: Tables, given: dict[str, Value]) -> list[dict[str, Value]]:
        """The rows that the selection lets through, hidden columns too."""
        condition = compile_expression(self.selection)
        found = self.source(tables) if self.fixed is None else self.fixed
        return [dict(row) for row in found if is_true(condition({**self.variables(row), **given}))]


@dataclass(frozen=True)
class ChartDefinition:
    """A chart of a query: the column of the labels and those of the series."""

    name: str
    query: str
    title: str
    label: str
    series: tuple[str, ...]
    style: str = "bar"


@dataclass(frozen=True)
class Report:
    """A report over a query, grouped by a column, with totals of others. ``archive`` reports are as large as a switch says."""

    name: str
    title: str
    query: str = ""
    group: str = ""
    totals: tuple[str, ...] = ()
    selection: str = "1"
    archive: bool = False


@dataclass
class Output:
    """What a service gives: its format (``csv json xml html table pdf png``) and the body, whole or in parts."""

    format: str
    body: str | bytes | Iterator[str] | Iterator[bytes]
    status: int = 200


@dataclass
class Programs:
    """The programs behind the web services, with the data that they work on."""

    tables: Tables
    queries: dict[str, Query]
    charts: dict[str, ChartDefinition]
    reports: dict[str, Report]
    on: Callable[[str], Any]
    now: Callable[[], float]
    renderings: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def _stamp(self) -> Stamp:
        return Stamp(self.now(), next(self.renderings))

    def _rows_output(self, result: Rows, kind: str, call: Call | None = None) -> Output:
        charset = self.on("charset")
        if kind == "csv":
            return Output("csv", to_csv(result, self.on("csv_header")))
        if kind == "json":
            return Output("json", to_json(result, self.on("json_shape"), self.on("json_numbers"), self.on("json_pretty")))
        if kind == "xml":
            return Output("xml", to_xml(result, self.on("xml_shape"), charset))
        if kind == "table":
            return Output("table", to_table(result, flag(call.get("header") if call else "", "HEADER", True)))
        if kind == "html":
            return Output("html", pages.rows_page(result, charset))
        cells = [[column.masked(value) for column, value in zip(result.columns, row)] for row in result.cells()]
        lines = align([column.heading() for column in result.columns], [column.numeric for column in result.columns], cells)
        return Output("pdf", document(result.title, lines, self._stamp()))

    def query(self, call: Call) -> Output:
        """Runs a query."""
        query = self._query(call)
        kind = choose(call, QUERY_TYPES, "HTML" if call.stored else "CSV")
        for name in ("limit", "header"):
            if call.get(name) and kind != "table":
                raise parameter(f"{name.upper()} is for type TABLE")
        rows = query.rows(self.tables, call.variables)
        if call.get("sort"):
            column = next((c for c in query.columns if c.name.lower() == call.get("sort").lower() and not c.hidden), None)
            if column is None:
                raise parameter(f"Invalid sort column {call.get('sort')}")
            rows.sort(key=lambda row: row[column.name], reverse=flag(call.get("descending"), "descending", False))
        for name in ("records", "limit"):
            most = whole(call, name, 0, 0)
            rows = rows[:most] if most else rows
        shown = [column for column in query.columns if not column.hidden]
        result = Rows(query.name, query.title, shown, [{column.name: row[column.name] for column in shown} for row in rows])
        return self._rows_output(result, kind, call)

    def _query(self, call: Call) -> Query:
        query = self.queries.get(call.get("qry"))
        if not call.get("qry") or not call.get("lib"):
            raise parameter("qry and lib are required")
        if query is None or query.lib != call.get("lib") or call.get("dir") not in ("", DIRECTORY):
            raise runtime(12, f"File does not exist ({call.get('lib')}, {call.get('qry')})")
        return query

    def chart(self, call: Call) -> Output:
        """Draws a chart: a defined one, or one from the values in the URL."""
        kind = choose(call, CHART_TYPES, "HTML" if call.stored else "PNG")
        chart = self._defined_chart(call) if call.get("chart") else self._free_chart(call)
        if kind == "html":
            for name in ("width", "height"):
                if call.get(name):
                    raise parameter(f"{name} is for type PNG")
            return Output("html", pages.chart_page(chart, flag(call.get("animate"), "animate", False), self.on("charset")))
        if call.get("animate"):
            raise parameter("animate is for type HTML")
        width = whole(call, "width", 1, DEFAULT_WIDTH, MAXIMUM_SIZE)
        height = whole(call, "height", 1, max(1, width * 3 // 4), MAXIMUM_SIZE)
        return Output("png", draw_png(chart, width, height))

    def _defined_chart(self, call: Call) -> Chart:
        query, chart = self._query(call), self.charts.get(call.get("chart"))
        if chart is None or chart.query != query.name:
            raise runtime(12, f"File does not exist (chart {call.get('chart')})")
        rows = query.rows(self.tables, call.variables)
        series = [(name, [float(row[name]) for row in rows]) for name in chart.series]
        return Chart(call.get("title1") or chart.title, [str(row[chart.label]) for row in rows], series, chart.style)

    @staticmethod
    def _free_chart(call: Call) -> Chart:
        if not call.get("data"):
            raise parameter("chart or data is required")
        series = []
        for part in call.get("data").split(";"):
            name, equals, values = part.partition("=")
            if not equals:
                raise parameter("data is Name=value,value;Name=value,value")
            series.append((name, [float(parse_number(value)) for value in values.split(",")]))
        style = (call.get("style") or "bar").lower()
        if style not in STYLES:
            raise parameter(f"Invalid style {call.get('style')}")
        labels = call.get("labels").split(",") if call.get("labels") else []
        titles = call.get("xaxistitle"), call.get("yaxistitle")
        return Chart(call.get("title1") or "Chart", labels, series, style, float(parse_number(call.get("max"))), *titles)

    def report(self, call: Call) -> Output:
        """Prints a report."""
        if not call.get("rpt"):
            raise parameter("rpt is required")
        report = self.reports.get(call.get("rpt"))
        if report is None or call.get("dir") not in ("", DIRECTORY):
            raise runtime(12, f"File does not exist ({call.get('rpt')})")
        kind = choose(call, REPORT_TYPES, "PDF")
        if report.archive:
            return self._archive(report, kind)
        query = self.queries[report.query]
        condition = compile_expression(report.selection)
        rows = [row for row in query.rows(self.tables, call.variables) if is_true(condition({**query.variables(row), **call.variables}))]
        shown = [column for column in query.columns if not column.hidden]
        if kind == "csv":
            return Output("csv", to_csv(Rows(report.name, report.title, shown, rows), self.on("csv_header")))
        lines = list(_report_lines(report, shown, rows))
        if kind == "html":
            return Output("html", pages.lines_page(report.title, lines, self.on("charset")))
        return Output("pdf", document(report.title, lines, self._stamp()))

    def _archive(self, report: Report, kind: str) -> Output:
        size = int(self.on("report_size_mb") * 1_000_000)
        if kind == "pdf":
            return Output("pdf", _in_parts(large_document(report.title, _archive_block("  "), _MARK, size, self._stamp()), b""))
        text = _numbered("\n".join(_archive_block("," if kind == "csv" else "  ")) + "\n", size)
        if kind == "csv":
            return Output("csv", _in_parts(text, ""))
        head, tail = pages.lines_page(report.title, [""], self.on("charset")).split("\n\n")
        return Output("html", _in_parts(itertools.chain([head + "\n"], text, [tail]), ""))

    def maintenance(self, call: Call, body: bytes) -> Output:
        """Shows the file maintenance panel. Its own POST protocol is unknown, so a posted form is refused."""
        check_dictionary(call)
        table = self.tables[call.get("table")] if call.get("table") else None
        if table is None or not call.get("key_field"):
            raise parameter("table and key_field are required")
        if len(table.keys[0].fields) != 1:
            raise parameter(f"The primary key of table {table.name} has more than one segment")
        if table.field_named(call.get("key_field")) != table.keys[0].fields[0]:
            raise parameter(f"{call.get('key_field')} is not the key field of table {table.name}")
        if body:
            raise ServiceFailure("method", "The panel's form is not part of this simulation")
        return Output("html", pages.maintenance_page(table, self.on("charset")))

    def file_access(self, call: Call, method: str, body: bytes, content_type: str) -> Output:
        """Reads or writes records."""
        function = function_of(call)
        if self.on("enforce_method") and method != {"read": "GET", "write": "POST"}[function]:
            raise ServiceFailure("method")
        if function == "read":
            kind = choose(call, FILE_TYPES, "JSON")
            try:
                return self._rows_output(read(self.tables, call), kind)
            except ServiceFailure as failure:
                if failure.kind != "no_record" or self.on("missing_key") == 404:
                    raise
                table = self.tables[call.get("table")]
                return self._rows_output(Rows(table.name, table.title, [Column(name) for name in table.fields], []), kind)
        charset = self.on("charset")
        if body and call.get("data"):
            raise parameter("A write request has its data in the URL or in the body, not in both")
        if not body and not call.get("data"):
            raise parameter("A write request needs data")
        requests = parse_requests(body, content_type, charset) if body else [simple_request(self.tables, call, charset)]
        done = write(self.tables, call, requests, self.on)
        answer = self.on("write_response")
        if answer == "json":
            return Output("json", json_text({"requests": done}, self.on("json_pretty")))
        return Output("html", b"", 200 if answer == "empty" else answer)


def choose(call: Call, types: Iterable[str], default: str) -> str:
    """The output type in lower case; a type that the service does not have is refused (contract §4)."""
    wanted = (call.get("type") or default).upper()
    if wanted not in types:
        raise parameter(f"Invalid type {call.get('type')}: one of {', '.join(types)}")
    return wanted.lower()


def flag(text: str, name: str, default: bool) -> bool:
    """A yes or a no."""
    if text.lower() not in (*_YES, *_NO):
        raise parameter(f"Invalid value for {name}: {text}")
    return default if not text else text.lower() in _YES


def whole(call: Call, name: str, least: int, default: int, most: int = 10**9) -> int:
    """A whole number between bounds."""
    text = call.get(name).strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10) or not least <= int(text) <= most:
        raise parameter(f"Invalid value for {name}: {text}")
    return int(text)


def _report_lines(report: Report, columns: list[Column], rows: list[dict[str, Value]]) -> Iterator[str]:
    """The rows group by group, each group with its totals, and the grand totals."""
    ordered = sorted(rows, key=lambda row: str(row[report.group])) if report.group else rows
    cells = [[column.masked(row[column.name]) for column in columns] for row in ordered]
    header, rule, *lines = align([column.heading() for column in columns], [column.numeric for column in columns], cells)
    yield header
    yield rule
    pairs = zip(ordered, lines)
    for value, group in itertools.groupby(pairs, key=lambda pair: str(pair[0][report.group]) if report.group else ""):
        members = list(group)
        yield from (line for _row, line in members)
        if report.group:
            yield from _total_lines(f"Total {value}", report, columns, [row for row, _line in members])
            yield ""
    yield from _total_lines("Grand total", report, columns, ordered)


def _total_lines(label: str, report: Report, columns: list[Column], rows: list[dict[str, Value]]) -> Iterator[str]:
    for column in columns:
        if column.name in report.totals:
            yield f"{label}: {column.heading()} {column.masked(sum(float(row[column.name]) for row in rows))}"


def _archive_block(separator: str) -> list[str]:
    """One page of the archive, with a mark for the page's number."""
    lines = []
    for number in range(LINES_ON_PAGE):
        day, state = f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}", "posted" if number % 3 else "open"
        lines.append(separator.join((f"{_MARK}-{number:02d}", day, f"C{number % 8 + 1:03d}", f"{number * 7919 % 100000 / 100:.2f}", state)))
    return lines


def _numbered(block: str, size: int) -> Iterator[str]:
    """The block again and again, numbered, up to at least ``size`` characters."""
    for number in range(1, size // len(block) + 2):
        yield block.replace(_MARK, f"{number:0{len(_MARK)}d}")


def _in_parts(pieces: Iterable[AnyStr], nothing: AnyStr) -> Iterator[AnyStr]:
    """The pieces joined to parts of a size that is worth sending."""
    held, length = [], 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= _PART_SIZE:
            yield nothing.join(held)
            held, length = [], 0
    yield nothing.join(held)
