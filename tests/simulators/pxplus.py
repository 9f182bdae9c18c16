# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated PxPlus web services site: token endpoint, stored services, ad-hoc services, File Access."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote_plus, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from . import _pxplus_pages as pages
from . import _pxplus_seed as first_data
from ._core import ControlError, Simulator, Switch, control
from ._pxplus_errors import ServiceFailure, parameter
from ._pxplus_oauth import LIFETIME, Client, Clients, basic_credentials, bearer_token
from ._pxplus_programs import Output, Programs
from ._pxplus_records import CHART, FILE_ACCESS, MAINTENANCE, QUERY, REPORT, Arguments, Call, ServiceRecord, free_call, stored_call
from ._pxplus_stock import stock
from ._pxplus_switches import SWITCHES
from ._pxplus_tables import Table
from ._pxplus_text import decode, encode

TOKEN_PATH = "/services/oauth2/token.pxp"
AD_HOC = {"qry": QUERY, "chart": CHART, "rpt": REPORT, "maint": MAINTENANCE, "fileaccess": FILE_ACCESS}
FORM = "application/x-www-form-urlencoded"

# Names, ids and secrets of the two clients; the first may do everything.
_ADMIN_CLIENT = ("automation", "p7Kx2mWq9RtB4nZc8LfD3vHs6JyG1aEu", "qT8vN3xW5zL7pR2kM9cF4hJ6bY1dS0gAeUiOwXvB", "ADMIN")
_USER_CLIENT = ("reader", "b3Vn8yTf5KdM1wQz6RxJ9cLg4HsP2eUa", "Zk4mD9rV2tX7wB1nQ6yH3fG8jL5cP0sEaIuToRqM", "USER")

_SERVER_HEADER = {"ezweb": "PxPlus EZWeb", "apache": "Apache/2.4.62 (Unix)"}
_FIXED_STATUS = {"unauthorized": 401, "no_file": 404, "forbidden": 403, "method": 501, "no_service": 404, "no_record": 404}
_SWITCHED_STATUS = {
    "security_class": "class_mismatch_status",
    "force_id": "force_id_status",
    "override": "override_error_status",
    "parameter": "bad_parameter_status",
    "runtime": "runtime_error_status",
    "write": "write_error_status",
}
# The failures that the web server itself answers; the others are a PxPlus program's own page.
_OF_THE_SERVER = ("unauthorized", "security_class", "no_file", "forbidden", "method")
_TYPED = {
    "csv": "text/csv",
    "json": "application/json",
    "xml": "text/xml",
    "html": "text/html",
    "table": "text/html",
    "pdf": "application/pdf",
    "png": "image/png",
}
_ALTERNATIVE = {**_TYPED, "csv": "text/plain", "xml": "application/xml"}
_DATA_FILE = re.compile(r"\.(ddf|ddx|dda|en|nomads)$", re.IGNORECASE)


class PxPlusSimulator(Simulator):
    """PxPlus web services behind EZWeb or Apache."""

    NAME: ClassVar[str] = "pxplus"
    SWITCHES: ClassVar[dict[str, Switch]] = SWITCHES

    def app(self) -> Callable[..., Any]:
        return self._serve

    def seed(self) -> None:
        self.clients = Clients()
        for client in (_ADMIN_CLIENT, _USER_CLIENT):
            self.clients.add(*client)
        self.services = {record.service_id: record for record in first_data.services()}
        self.programs = Programs(first_data.tables(), first_data.queries(), first_data.charts(), first_data.reports(), self.on, self.clock.now)
        self._old_secrets: list[str] = []

    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for prefix, (name, client_id, secret, _class) in (("", _ADMIN_CLIENT), ("user_", _USER_CLIENT)):
            client = self.clients.by_name.get(name)
            found[f"{prefix}client_id"], found[f"{prefix}client_secret"] = client_id, client.secret if client else secret
        return found

    def secrets(self) -> list[str]:
        known = [*super().secrets(), *self._old_secrets, *self.clients.issued]
        return list(dict.fromkeys([*known, *(quote_plus(value) for value in known)]))

    @control
    def expire_tokens(self) -> None:
        """Lets every live token run out now."""
        self.clients.expire()

    @control
    def revoke_tokens(self) -> None:
        """Gives every client a new token key, so that no token validates any more."""
        self.clients.revoke()

    @control
    def rotate_secret(self, client: str, secret: str = "") -> str:
        """Changes a client's secret (client: name or id); returns the new one. What becomes of its tokens: switch tokens_survive_rotation."""
        found = self._client(client)
        self._old_secrets.append(found.secret)
        found.secret = secret or secrets.token_hex(20)
        self._old_secrets.append(found.secret)
        if not self.on("tokens_survive_rotation"):
            found.token_key = secrets.token_bytes(32)
        return found.secret

    @control
    def delete_client(self, client: str) -> None:
        """Deletes a client (name or id); its tokens end with it."""
        found = self._client(client)
        self._old_secrets.append(found.secret)
        del self.clients.by_name[found.name]

    @control
    def get_table(self, table: str) -> dict[str, Any]:
        """The records of a table as ``{key: {field: value}}``, key segments joined by colons."""
        return {":".join(key): dict(record) for key, record in sorted(self._table(table).rows.items())}

    @control
    def set_record(self, table: str, record: dict[str, Any], key: str = "") -> None:
        """Stores a record; fields not given stay as they are, or empty in a new one. key is needed where it is in no field (notes)."""
        found = self._table(table)
        try:
            given = {found.field_named(name) or name: value for name, value in record.items()}
            if found.external == "apart" and not key:
                raise ControlError(f"table {table} needs key")
            parts = found.split_key(key) if key else tuple(str(given.get(name, "")) for name in found.keys[0].fields)
            if found.external != "apart":
                given.update(zip(found.keys[0].fields, parts))
            found.put({**found.rows.get(parts, {}), **given}, parts if found.external == "apart" else None)
        except ServiceFailure as failure:
            raise ControlError(failure.message) from failure

    @control
    def remove_record(self, table: str, key: str) -> None:
        """Removes a record; key segments joined by colons."""
        found = self._table(table)
        if found.rows.pop(found.split_key(key), None) is None:
            raise ControlError(f"table {table} has no record {key!r}")

    @control
    def set_rows(self, query: str, rows: list[dict[str, Any]] | None = None) -> None:
        """Replaces the rows of a query by these (column name: value); without rows it reads its tables again."""
        found = self.programs.queries.get(query)
        if found is None:
            raise ControlError(f"no query {query!r}; there are {', '.join(self.programs.queries)}")
        for row in rows or []:
            unknown = set(row) - {column.name for column in found.columns}
            wrong = [c.name for c in found.columns if c.name in row and c.numeric == isinstance(row[c.name], str)]
            if unknown or wrong:
                raise ControlError(f"query {query} has no such column, or not of that type: {', '.join(sorted(unknown) + wrong)}")
        found.fixed = None if rows is None else [{c.name: row.get(c.name, 0 if c.numeric else "") for c in found.columns} for row in rows]

    @control
    def set_service(self, service_id: str, security: list[str] | None = None, override: dict[str, bool] | None = None) -> None:
        """Changes a service record: the security classes that may use it (none: open), and which parameters a URL may override."""
        record = self.services.get(service_id)
        if record is None:
            raise ControlError(f"no service {service_id!r}; there are {', '.join(self.services)}")
        unknown = [name for name in override or {} if name.lower() not in record.parameters]
        if unknown:
            raise ControlError(f"service {service_id} has no parameter {', '.join(unknown)}")
        for name, allowed in (override or {}).items():
            record.parameters[name.lower()].override = allowed
        if security is not None:
            record.security = tuple(security)

    def _client(self, name: str) -> Client:
        client = self.clients.find(name)
        if client is None:
            raise ControlError(f"no client {name!r}; there are {', '.join(self.clients.by_name)}")
        return client

    def _table(self, name: str) -> Table:
        if name not in self.programs.tables.by_name:
            raise ControlError(f"no table {name!r}; there are {', '.join(self.programs.tables.by_name)}")
        return self.programs.tables.by_name[name]

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        try:
            response = self._answer(request, body)
        except ServiceFailure as failure:
            response = self._error(failure, request.headers.get("host", "localhost"))
        response.headers["server"] = _SERVER_HEADER[self.on("server")]
        await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        # The method has no case: the manual calls with "get" (contract §2.2).
        method, raw = request.method.upper(), request.scope["raw_path"]
        if method in ("HEAD", "OPTIONS"):
            if not self.on("head_options"):
                raise ServiceFailure("method")
            if method == "OPTIONS":
                return Response(headers={"allow": "GET, POST, HEAD, OPTIONS"})
            method = "GET"
        if self.on("server") == "apache" and b"%2f" in raw.lower():
            raise ServiceFailure("no_file")
        path = decode(unquote_to_bytes(raw), self.on("charset"))
        if path == TOKEN_PATH:
            return self._token(request, method, body)
        if path == "/stock.pxp":
            return self._stock(request, method, body)
        if path.startswith("/do/"):
            return self._do(request, method, raw, path, body)
        if _DATA_FILE.search(path):
            raise ServiceFailure("forbidden")
        if method not in ("GET", "POST"):
            raise ServiceFailure("method")
        arguments = self._arguments(request)
        if path == "/services/service.pxp":
            return self._stored(arguments.pop("id"), arguments, request, method, body)
        if path == "/services/do.pxp":
            service_id, rest = arguments.pop("id"), arguments.pop("args") or ""
            return self._positional(service_id, rest.split("/"), arguments, request, method, body)
        if path in ("/services/dashboard", "/services/dashboard/"):
            open_records = [record for record in self.services.values() if not record.security]
            return self._respond(Output("html", pages.dashboard_page(open_records, self.on("charset"))))
        program = re.fullmatch(r"/services/(\w+)\.pxp", path)
        if program and program[1] in AD_HOC:
            return self._ad_hoc(AD_HOC[program[1]], arguments, request, method, body)
        raise ServiceFailure("no_file")

    def _arguments(self, request: Request) -> Arguments:
        return Arguments.parse(request.scope["query_string"], self.on("charset"))

    def _authorization(self, request: Request) -> str | None:
        if self.on("server") == "apache" and self.on("apache_authorization") == "dropped":
            return None
        return request.headers.get("authorization")

    def _security_class(self, request: Request) -> str | None:
        token = bearer_token(self._authorization(request))
        return self.clients.validate(token, self.clock.now()) if token else None

    def _token(self, request: Request, method: str, body: bytes) -> Response:
        """The token endpoint (contract §3.1, §3.2)."""
        sent = body if method == "POST" else request.scope["query_string"] if method == "GET" and self.on("token_get") == "accepted" else b""
        form = dict(parse_qsl(sent.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))
        credentials = basic_credentials(self._authorization(request))
        if credentials is None and self.on("body_credentials") == "accepted" and "client_id" in form:
            credentials = form["client_id"], form.get("client_secret", "")
        client = self.clients.authenticate(*credentials) if credentials else None
        if client is None:
            return self._token_answer({"error": "invalid_client"}, 401)
        if form.get("grant_type") != "client_credentials":
            return self._token_answer({"error": "unsupported_grant_type"}, 400)
        return self._token_answer({"access_token": self.clients.issue(client, self.clock.now()), "token_type": "Bearer", "expires_in": LIFETIME}, 200)

    def _token_answer(self, value: dict[str, Any], status: int) -> Response:
        if status != 200:
            status = {"all_400": 400, "all_401": 401}.get(self.on("token_error_mapping"), status)
        response = self._respond(Output("json", json.dumps(value, separators=(",", ":")), status))
        if status == 401 and self.on("www_authenticate"):
            response.headers["www-authenticate"] = 'Basic realm="PxPlus"'
        if self.on("no_store"):
            response.headers["cache-control"], response.headers["pragma"] = "no-store", "no-cache"
        return response

    def _stock(self, request: Request, method: str, body: bytes) -> Response:
        status, text = stock(self.programs.tables, method, self._security_class(request), self._arguments(request), body, self.on("charset"))
        return self._respond(Output("json", text, status))

    def _do(self, request: Request, method: str, raw: bytes, path: str, body: bytes) -> Response:
        if self.on("do_methods") == "get_post" and method not in ("GET", "POST"):
            raise ServiceFailure("method")
        arguments = self._arguments(request)
        if self.on("server") == "apache":
            match = re.fullmatch(r"/do/([^/]+)/(.*)", path, re.DOTALL)
            if not match:
                raise ServiceFailure("no_file")
            if self.on("apache_do_query") == "dropped":
                arguments = Arguments()
            return self._positional(match[1], match[2].split("/"), arguments, request, method, body)
        parts = [decode(unquote_to_bytes(part), self.on("charset")) for part in raw.split(b"/")[2:]]
        return self._positional(parts[0], parts[1:], arguments, request, method, body)

    def _positional(self, service_id: str | None, parts: list[str], query: Arguments, request: Request, method: str, body: bytes) -> Response:
        record = self._record(service_id)
        self._admit(record, request)
        arguments = Arguments()
        for name, value in record.positional(parts).items():
            arguments.put(name, value)
        arguments.update(query)
        return self._stored(service_id, arguments, request, method, body)

    def _record(self, service_id: str | None) -> ServiceRecord:
        if not service_id:
            raise parameter("A Web Service ID is required")
        record = self.services.get(service_id)
        if record is None and not self.on("service_id_case_sensitive"):
            record = next((r for name, r in self.services.items() if name.lower() == service_id.lower()), None)
        if record is None:
            raise ServiceFailure("no_service", f"Web Service ID {service_id} not found")
        return record

    def _admit(self, record: ServiceRecord, request: Request) -> None:
        """Refuses a secured record without a valid token of a class that may use it (contract §3.4)."""
        if not record.security:
            return
        granted = self._security_class(request)
        if granted is None:
            raise ServiceFailure("unauthorized")
        if granted not in record.security:
            raise ServiceFailure("security_class")

    def _stored(self, service_id: str | None, arguments: Arguments, request: Request, method: str, body: bytes) -> Response:
        record = self._record(service_id)
        self._admit(record, request)
        if record.kind in (QUERY, CHART, REPORT):
            self._add_form(arguments, request, body)
        call = stored_call(record, arguments, self.on("unknown_params") == "refused")
        return self._run(record.kind, call, request, method, body)

    def _ad_hoc(self, kind: str, arguments: Arguments, request: Request, method: str, body: bytes) -> Response:
        forced = self.on("force_id") == "on" or (self.on("force_id") == "automatic" and any(r.security for r in self.services.values()))
        if forced:
            raise ServiceFailure("force_id", "A Web Service ID is required: Force ID in URL is on")
        if kind in (QUERY, CHART, REPORT):
            self._add_form(arguments, request, body)
        return self._run(kind, free_call(kind, arguments, self.on("unknown_params") == "refused"), request, method, body)

    def _add_form(self, arguments: Arguments, request: Request, body: bytes) -> None:
        """A posted form gives arguments too; those of the URL come first."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return
        form = Arguments.parse(body.strip(), self.on("charset"))
        form.update(arguments)
        arguments.update(form)

    def _run(self, kind: str, call: Call, request: Request, method: str, body: bytes) -> Response:
        if kind == MAINTENANCE:
            return self._respond(self.programs.maintenance(call, body))
        if kind == FILE_ACCESS:
            return self._respond(self.programs.file_access(call, method, body, request.headers.get("content-type", "")))
        run = {QUERY: self.programs.query, CHART: self.programs.chart, REPORT: self.programs.report}[kind]
        return self._respond(run(call))

    def _error(self, failure: ServiceFailure, host: str) -> Response:
        status = _FIXED_STATUS.get(failure.kind) or self.on(_SWITCHED_STATUS[failure.kind])
        style, charset = self.on("error_html"), self.on("charset")
        if style == "json":
            return self._respond(Output("json", pages.site_error(status, failure.message), status))
        if style == "short":
            text = pages.short_error(status, failure.message)
        elif self.on("server") == "apache" and failure.kind in _OF_THE_SERVER:
            text = pages.apache_error(status, host)
        else:
            text = pages.ezweb_error(status, failure.message, charset)
        return self._respond(Output("html", text, status))

    def _respond(self, output: Output) -> Response:
        """The answer as bytes in the charset; ``text/*`` with CRLF line ends (contract §5.4)."""
        if output.status == 204:
            return Response(status_code=204)
        position = self.on("content_types")
        media = "text/html" if position == "text_html" else (_ALTERNATIVE if position == "alternative" else _TYPED)[output.format]
        is_text, charset = media.startswith("text/"), self.on("charset")
        named = f"{media}; charset={charset}" if self.on("charset_in_header") and is_text else media
        headers = {"content-type": named}

        def to_bytes(part: str | bytes) -> bytes:
            return part if isinstance(part, bytes) else encode(part.replace("\n", "\r\n") if is_text else part, charset)

        if isinstance(output.body, (str, bytes)):
            return Response(to_bytes(output.body), output.status, headers)
        return StreamingResponse(_each(output.body, to_bytes), output.status, headers)


async def _each(parts: Iterable[str] | Iterable[bytes], to_bytes: Callable[[str | bytes], bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield to_bytes(part)
        # A client that takes everything at once must not keep the others waiting, and one that has gone is noticed here.
        await asyncio.sleep(0)


SIMULATOR = PxPlusSimulator
