# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""First data of the simulated PxPlus site: tables, queries, charts, reports, service records."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ._pxplus_expression import Value
from ._pxplus_programs import ChartDefinition, Query, Report
from ._pxplus_records import CHART, FILE_ACCESS, MAINTENANCE, QUERY, REPORT, Parameter, ServiceRecord
from ._pxplus_tables import DICTIONARY, DIRECTORY, Key, Record, Table, Tables
from ._pxplus_text import Column

ADMIN, USER = "ADMIN", "USER"
LIBRARY = "sales.en"

_STATES = """AB|Alberta|Canada|5|BC|British Columbia|Canada|12|CA|California|United States|7.25|NC|North Carolina|United States|4.75
ND|North Dakota|United States|5|NH|New Hampshire|United States|0|NJ|New Jersey|United States|6.625|NS|Nova Scotia|Canada|15|NY|New York|United States|4
ON|Ontario|Canada|13|QC|Québec|Canada|14.975|TX|Texas|United States|6.25|BW|Baden-Württemberg|Germany|19|TH|Thüringen|Germany|19"""
_CLIENTS = """C001|Acme Tools Inc.|Toronto|Canada|25000|C002|Müller & Söhne GmbH|Köln|Germany|40000|C003|Café Élysée SARL|Montréal|Canada|7500
C004|Smørrebrød ApS|København|Denmark|12000|C005|García Hermanos S.A.|Málaga|Spain|18000.5|C006|O'Brien, Sons & Co.|Dublin|Ireland|9000
C007|Maple "Quick" Freight|Ottawa|Canada|60000|C008|Åkerlund Trävaror AB|Malmö|Sweden|22000"""
_PRODUCTS = """1001|Spirit level 60 cm|24.9|140|1002|Torque wrench ½"|89|35|1003|Gift card 50 €|50|999|1004|Ladder, 8 rungs|129.5|12|1005|Café table|75.25|0"""
_TASKS = """T1|Check meters|Élodie Tremblay|2025-03-01|1|T2|Order bolts M8|Jan Kowalski|2025-03-04|0|T3|Call Müller & Söhne|Élodie Tremblay|2025-03-05|0
T4|Close month|Ann Lee|2025-03-31|0"""
_NOTES = """C001-1|Pays by cheque|Ann Lee|C002-1|Prefers delivery before 10:00|Jan Kowalski"""


def _filled(table: Table, text: str) -> Table:
    """The table with records from text: all fields one after the other, a key kept apart comes first."""
    width = len(table.fields) + (table.external == "apart")
    cells = text.replace("\n", "|").split("|")
    for start in range(0, len(cells), width):
        row = cells[start : start + width]
        key = (row.pop(0),) if table.external == "apart" else None
        table.put(dict(zip(table.fields, row)), key)
    return table


def _invoices(table: Table, clients: list[str]) -> Table:
    for number in range(1, 41):
        table.put(
            {
                "clientId$": clients[number * 5 % len(clients)],
                "invoiceNo$": f"INV-{1000 + number}",
                "date$": (date(2025, 1, 1) + timedelta(days=number * 4)).isoformat(),
                "amount": round((number * 7919 % 250000) / 100 + 19.9, 2),
                "paid": int(number % 3 != 0),
                "reference$": f"PO {number}",
            }
        )
    return table


def tables() -> Tables:
    """Tables with an external key in the fields (states, clients, invoices) and apart from them (notes), and without one (tasks, products)."""
    states = Table(
        "states",
        "States and provinces",
        ("stateCode$", "stateName$", "country$", "taxRate"),
        (Key("PRIMARY", ("stateCode$",)), Key("BY_NAME", ("stateName$",))),
        "fields",
    )
    clients = Table(
        "clients",
        "Clients",
        ("clientId$", "name$", "city$", "country$", "creditLimit"),
        (Key("PRIMARY", ("clientId$",)), Key("BY_NAME", ("name$",)), Key("BY_PLACE", ("country$", "city$"))),
        "fields",
    )
    invoices = Table(
        "invoices",
        "Invoices",
        ("clientId$", "invoiceNo$", "date$", "amount", "paid", "reference$"),
        (Key("PRIMARY", ("clientId$", "invoiceNo$")), Key("BY_DATE", ("date$", "invoiceNo$"))),
        "fields",
    )
    tasks = Table("tasks", "Tasks", ("taskId$", "title$", "assignee$", "due$", "done"), (Key("PRIMARY", ("taskId$",)),))
    products = Table("products", "Products", ("sku$", "description$", "price", "onHand"), (Key("PRIMARY", ("sku$",)), Key("BY_TEXT", ("description$",))))
    notes = Table("notes", "Notes", ("text$", "author$"), (Key("PRIMARY", ("noteKey$",)),), "apart")
    _filled(clients, _CLIENTS)
    _invoices(invoices, [parts[0] for parts in clients.rows])
    filled = (_filled(states, _STATES), clients, invoices, _filled(tasks, _TASKS), _filled(products, _PRODUCTS), _filled(notes, _NOTES))
    return Tables(filled)


def _columns(*specifications: str) -> tuple[Column, ...]:
    """Columns from ``NAME:Title`` with a trailing ``#`` for a number, ``.2`` for two decimals, ``!`` for hidden."""
    found = []
    for text in specifications:
        name, _colon, title = text.rstrip("!").partition(":")
        numeric = title.endswith(("#", ".2"))
        decimals = 2 if title.endswith(".2") else None
        found.append(Column(name, title.removesuffix("#").removesuffix(".2"), numeric, decimals, text.endswith("!")))
    return tuple(found)


def _from_table(name: str, columns: tuple[Column, ...]) -> Callable[[Tables], list[dict[str, Value]]]:
    def source(found: Tables) -> list[dict[str, Value]]:
        table = found[name]
        return [{c.name: record[f] for c, f in zip(columns, table.fields)} for _key, record in table.in_order(table.keys[0])]

    return source


def _invoice_rows(found: Tables) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = []
    for _key, record in found["invoices"].in_order(found["invoices"].keys[0]):
        client: Record = found["clients"].rows.get((str(record["clientId$"]),), {})
        amount = float(record["amount"])
        rows.append(
            {"INVOICE": record["invoiceNo$"], "CLIENT": record["clientId$"], "NAME": client.get("name$", ""), "INV_DATE": record["date$"],
             "AMOUNT": record["amount"], "PAID": record["paid"], "MARGIN": round(amount * 0.3, 2)}
        )  # fmt: skip
    return sorted(rows, key=lambda row: str(row["INVOICE"]))


def _month_rows(found: Tables) -> list[dict[str, Value]]:
    totals: dict[str, list[float]] = {}
    for record in found["invoices"].rows.values():
        month = totals.setdefault(str(record["date$"])[:7], [0.0, 0.0])
        month[0] += float(record["amount"])
        month[1] += float(record["amount"]) * bool(record["paid"])
    return [{"MONTH": name, "INVOICED": round(month[0], 2), "PAID": round(month[1], 2)} for name, month in sorted(totals.items())]


def queries() -> dict[str, Query]:
    """Queries over the tables."""
    tasks = _columns("TASK:Task", "TITLE:Title", "ASSIGNEE:Assigned to", "DUE:Due", "DONE:Done#")
    clients = _columns("CLIENT:Client", "NAME:Name", "CITY:City", "COUNTRY:Country", "CREDIT_LIMIT:Credit limit.2")
    products = _columns("SKU:Item", "DESCRIPTION:Description", "PRICE:Price.2", "ON_HAND:On hand#")
    invoices = _columns("INVOICE:Invoice", "CLIENT:Client", "NAME:Name", "INV_DATE:Date", "AMOUNT:Amount.2", "PAID:Paid#", "MARGIN:Margin.2!")
    months = _columns("MONTH:Month", "INVOICED:Invoiced.2", "PAID:Paid.2")
    by_client = '(%CLIENT$="" OR CLIENT$=%CLIENT$)'
    found = (
        Query("invoices", LIBRARY, "Invoices", invoices, _invoice_rows, f'(%INVOICE$="" OR INVOICE$=%INVOICE$) AND {by_client}'),
        Query("tasks", LIBRARY, "Tasks", tasks, _from_table("tasks", tasks), '%ASSIGNEE$="" OR ASSIGNEE$=%ASSIGNEE$'),
        Query("clients", LIBRARY, "Clients", clients, _from_table("clients", clients), f'{by_client} AND (%COUNTRY$="" OR COUNTRY$=%COUNTRY$)'),
        Query("products", LIBRARY, "Products", products, _from_table("products", products)),
        Query("months", LIBRARY, "Sales by month", months, _month_rows),
    )
    return {query.name: query for query in found}


def charts() -> dict[str, ChartDefinition]:
    """Charts over the queries."""
    found = (
        ChartDefinition("monthly", "months", "Sales by month", "MONTH", ("INVOICED", "PAID")),
        ChartDefinition("stock", "products", "Stock on hand", "SKU", ("ON_HAND",)),
        ChartDefinition("trend", "months", "Sales trend", "MONTH", ("INVOICED",), "line"),
    )
    return {chart.name: chart for chart in found}


def reports() -> dict[str, Report]:
    """Reports; ``sales_archive`` is as large as the switch ``report_size_mb`` says."""
    found = (
        Report("daily_sales", "Daily sales", "invoices", "INV_DATE", ("AMOUNT",), '%DATE$="" OR INV_DATE$=%DATE$'),
        Report("price_list", "Price list", "products"),
        Report("sales_archive", "Sales archive", archive=True),
    )
    return {report.name: report for report in found}


def _fixed(**values: str) -> dict[str, Parameter]:
    return {name: Parameter(value) for name, value in values.items()}


def _free(*names: str, user_defined: bool = False, **values: str) -> dict[str, Parameter]:
    """Parameters that a URL may override; a name in capitals is user-defined."""
    return {name.lower(): Parameter(value, override=True, user_defined=user_defined) for name, value in {**dict.fromkeys(names, ""), **values}.items()}


def _ordered(parameters: dict[str, Parameter], *order: str) -> dict[str, Parameter]:
    for place, name in enumerate(order, 1):
        parameters[name].order, parameters[name].override = place, True
    return parameters


_RANGE = ("kno", "key", "beg_key", "end_key", "filter")
_LIMITS = ("sort", "descending", "records", "limit", "header")


def _query(name: str, *user: str) -> dict[str, Parameter]:
    values = {**_fixed(qry=name, lib=LIBRARY, dir=DIRECTORY), **_free(*_LIMITS, type="CSV"), **_free(*user, user_defined=True)}
    return _ordered(values, "type", *(name.lower() for name in user))


def _read(table: str) -> dict[str, Parameter]:
    values = {**_fixed(function="Read", dir=DIRECTORY, dict=DICTIONARY, table=table), **_free(*_RANGE, type="JSON")}
    return _ordered(values, *(() if table else ("table",)), "key")


def _write(table: str) -> dict[str, Parameter]:
    values = {**_fixed(function="Write", dir=DIRECTORY, dict=DICTIONARY, table=table), **_free("key", "data")}
    return _ordered(values, *(() if table else ("table",)), "key", "data")


def _either(table: str) -> dict[str, Parameter]:
    values = {**_fixed(dir=DIRECTORY, dict=DICTIONARY, table=table), **_free(*_RANGE, "data", function="Read", type="JSON")}
    return _ordered(values, "key")


def _panel(table: str, key_field: str) -> dict[str, Parameter]:
    return _fixed(dir=DIRECTORY, dict=DICTIONARY, table=table, key_field=key_field)


def services() -> list[ServiceRecord]:
    """Service records of each kind, secured and open."""
    both, admin = (ADMIN, USER), (ADMIN,)
    picture = _free("width", "height", "animate", type="PNG")
    monthly = {**_fixed(qry="months", lib=LIBRARY, dir=DIRECTORY, chart="monthly"), **picture}
    stock = {
        **_fixed(qry="products", lib=LIBRARY, dir=DIRECTORY, chart="stock", title1='="Stock on "+UCS("hand")'),
        **_free("width", "height", "animate", type="PNG"),
    }
    targets = {**_fixed(data="Target=10,12,14;Actual=9,13,15", labels="Jan,Feb,Mar", title1="Targets"), **_free("style", "max", type="PNG")}
    daily = {**_fixed(rpt="daily_sales", dir=DIRECTORY), **_free(type="PDF"), **_free("date", user_defined=True)}
    return [
        ServiceRecord("invoices", QUERY, "Invoices", _query("invoices", "INVOICE", "CLIENT"), both),
        ServiceRecord("tasks", QUERY, "Tasks", _query("tasks", "ASSIGNEE")),
        ServiceRecord("tasks_csv", QUERY, "Tasks as CSV only", _fixed(qry="tasks", lib=LIBRARY, dir=DIRECTORY, type="CSV")),
        ServiceRecord("CLIENT LIST", QUERY, "Client list", _query("clients", "COUNTRY")),
        ServiceRecord("products", QUERY, "Products", _query("products"), both),
        ServiceRecord("sales_chart", CHART, "Sales by month", monthly, both),
        ServiceRecord("stock_chart", CHART, "Stock on hand", stock),
        ServiceRecord("target_chart", CHART, "Targets", targets),
        ServiceRecord("daily_sales", REPORT, "Daily sales", _ordered(daily, "type", "date"), both),
        ServiceRecord("price_list", REPORT, "Price list", {**_fixed(rpt="price_list", dir=DIRECTORY), **_free(type="PDF")}),
        ServiceRecord("sales_archive", REPORT, "Sales archive", {**_fixed(rpt="sales_archive", dir=DIRECTORY), **_free(type="PDF")}, admin),
        ServiceRecord("old_report", REPORT, "Report whose file is gone", _fixed(rpt="margins_2009", dir=DIRECTORY, type="PDF")),
        ServiceRecord("client_panel", MAINTENANCE, "Client maintenance", _panel("clients", "clientId"), admin),
        ServiceRecord("task_panel", MAINTENANCE, "Task maintenance", _panel("tasks", "taskId")),
        ServiceRecord("states_read", FILE_ACCESS, "Read states", _read("states"), both),
        ServiceRecord("states_write", FILE_ACCESS, "Write states", _write("states"), admin),
        ServiceRecord("states", FILE_ACCESS, "States", _either("states"), admin),
        ServiceRecord("records_read", FILE_ACCESS, "Read any table", _read(""), admin),
        ServiceRecord("records_write", FILE_ACCESS, "Write any table", _write(""), admin),
        ServiceRecord("read", FILE_ACCESS, "Read any table, open", _read("")),
        ServiceRecord("write", FILE_ACCESS, "Write any table", _write(""), admin),
        ServiceRecord("tasks_read", FILE_ACCESS, "Read tasks", _read("tasks")),
        ServiceRecord("tasks_write", FILE_ACCESS, "Write tasks", _write("tasks")),
    ]
