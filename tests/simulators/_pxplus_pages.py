# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML pages: results, charts, the maintenance panel, the dashboard, errors (contract §3.4, §5.1)."""

from __future__ import annotations

import html
from collections.abc import Iterable
from http import HTTPStatus

from ._pxplus_chart import Chart, draw_svg
from ._pxplus_records import ServiceRecord
from ._pxplus_tables import Table
from ._pxplus_text import Rows, json_text, to_table

MAINTENANCE_BUTTONS = ("First", "Prior", "Next", "Last", "Find", "Submit", "Apply", "Delete", "Reset")
_DOCTYPE = '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">'
_APACHE_TEXT = {
    401: "This server could not verify that you may have the document you asked for. The credentials are wrong, or your browser did not send any.",
    403: "You don't have permission to access this resource.",
    404: "The requested URL was not found on this server.",
    501: "This method is not supported for the current URL.",
}
_EZWEB_TEXT = {
    401: "Access to the requested service is denied.",
    403: "Access to the requested file is not allowed.",
    404: "The requested file was not found on this server.",
    501: "The request method is not supported.",
}


def page(title: str, body: str, charset: str, style: str = "") -> str:
    """A whole HTML page."""
    sheet = f"<style>{style}</style>\n" if style else ""
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    return f"{_DOCTYPE}\n<html>\n<head>\n{meta}\n<title>{html.escape(title)}</title>\n{sheet}</head>\n<body>\n{body}\n</body>\n</html>\n"


def reason(status: int) -> str:
    return HTTPStatus(status).phrase


def apache_error(status: int, host: str) -> str:
    """A page of Apache itself."""
    name, _colon, port = host.partition(":")
    title, text = f"{status} {reason(status)}", _APACHE_TEXT.get(status, "The server could not complete your request.")
    return (
        f'<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>{title}</title>\n</head><body>\n<h1>{reason(status)}</h1>\n'
        f"<p>{text}</p>\n<hr>\n<address>Apache/2.4.62 (Unix) Server at {html.escape(name)} Port {html.escape(port or '443')}</address>\n</body></html>\n"
    )


def ezweb_error(status: int, message: str, charset: str) -> str:
    """A page of EZWeb, or of the PxPlus program that failed."""
    heading = f"Error {status}" if status >= 400 else "Error"
    text = html.escape(message or _EZWEB_TEXT.get(status, "The request could not be completed."))
    detail = f"<h2>{reason(status)}</h2>\n" if status >= 400 else ""
    return page(heading, f"<h1>{heading}</h1>\n{detail}<p>{text}</p>\n<hr>\n<address>PxPlus EZWeb Server</address>", charset)


def short_error(status: int, message: str) -> str:
    """An error as a fragment."""
    return f"<html><body>Error {status}{': ' + html.escape(message) if message else ''}</body></html>\n"


def site_error(status: int, message: str) -> str:
    """The JSON that a site may put in place of the error page (contract §3.4)."""
    return json_text({"error": {"code": status, "message": message or reason(status)}})


def rows_page(result: Rows, charset: str) -> str:
    table = f'<table border="1">\n{to_table(result, True)}</table>'
    return page(result.title, f"<h1>{html.escape(result.title)}</h1>\n{table}", charset)


def lines_page(title: str, lines: Iterable[str], charset: str) -> str:
    text = "\n".join(html.escape(line) for line in lines)
    return page(title, f"<h1>{html.escape(title)}</h1>\n<pre>\n{text}\n</pre>", charset)


def chart_page(chart: Chart, animate: bool, charset: str) -> str:
    style = "svg{max-width:60em}.animate rect{animation:grow 1s}@keyframes grow{from{opacity:0}}"
    return page(chart.title, draw_svg(chart, animate), charset, style)


def maintenance_page(table: Table, charset: str) -> str:
    """The file maintenance panel, showing the first record."""
    ordered = table.in_order(table.keys[0])
    record = ordered[0][1] if ordered else {}
    inputs = "\n".join(
        f'<tr><td><label for="{name}">{html.escape(name.rstrip("$"))}</label></td>'
        f'<td><input type="text" id="{name}" name="{name}" value="{html.escape(str(record.get(name, "")))}"></td></tr>'
        for name in table.fields
    )
    buttons = "\n".join(f'<input type="button" name="{name.upper()}" value="{name}">' for name in MAINTENANCE_BUTTONS)
    body = f'<h1>{html.escape(table.title)}</h1>\n<form method="post" action="">\n<table>\n{inputs}\n</table>\n{buttons}\n</form>'
    return page(table.title, body, charset)


def dashboard_page(records: Iterable[ServiceRecord], charset: str) -> str:
    """The dashboard: only records without security (contract §3.4)."""
    items = "\n".join(
        f'<li><a href="/services/service.pxp?id={html.escape(record.service_id.replace(" ", "%20"))}">{html.escape(record.title)}</a></li>'
        for record in records
    )
    return page("Dashboard", f"<h1>Dashboard</h1>\n<ul>\n{items}\n</ul>", charset)
