# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a request through the Magento simulator: store, processor, method, route, permission, input, service (contract §2.2)."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from . import _magento_bulk as bulk
from . import _magento_schema as schema
from ._magento_access import is_allowed
from ._magento_errors import NO_PROCESSOR, NO_ROUTE, PLAIN_CRASH, InternalError, PhpError, WebapiError, bad_request, not_authorized
from ._magento_login import Logins
from ._magento_oauth import OAuth
from ._magento_routes import ANONYMOUS, Route, match
from ._magento_shop import CUSTOMER, Call, Caller, Shop
from ._magento_tokens import Tokens
from ._magento_twofactor import TwoFactor
from ._magento_types import INTERFACES, Converter, Limits, arguments, build, camel, lower_camel, snake
from ._magento_wire import is_array, items, parse_body, parse_query, project, renderer, to_json, to_xml

ASYNC_SINCE = (2, 3)
METHODS = ("GET", "POST", "PUT", "DELETE")
SYNC, ASYNC, BULK = re.compile(r"^/V\d+"), re.compile(r"^/async(/V\d+)"), re.compile(r"^/async/bulk(/V\d+)")
BEARER = re.compile(r"^bearer ([^ ]+)$", re.IGNORECASE)
RECAPTCHA_TOKEN = "recaptcha-response-0123456789"
"""The only response that the simulated reCAPTCHA service accepts."""
CAPTCHA_ROUTE = ("POST", "/V1/integration/customer/token")
ATTRIBUTE_TYPES = {"int": "int", "decimal": "double", "varchar": "string", "text": "string", "datetime": "string"}
"""The type that a custom attribute's value is converted to, by how the attribute is stored."""
TOKEN_PATH = re.compile(r"/integration/(admin|customer)/token/?$")
FRAME = ("X-Frame-Options", "SAMEORIGIN")
HTML = "text/html; charset=UTF-8"
PLAIN = "text/plain;charset=UTF-8"


@dataclass
class Request:
    """A request as it came in; ``path`` is not decoded, header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    scheme: str = "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.headers.get('host', '')}{self.path}" + (f"?{self.query}" if self.query else "")


@dataclass
class Answer:
    status: int
    body: str
    content_type: str
    headers: list[tuple[str, str]] = field(default_factory=list)


def page(title: str, text: str) -> str:
    head = f'<head><meta charset="utf-8"><title>{title}</title></head>'
    return f'<!doctype html>\n<html lang="en">\n{head}\n<body><h1>{title}</h1><p>{text}</p></body>\n</html>\n'


class Services:
    """The services of one shop that keep state of their own."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.tokens = Tokens(shop)
        self.logins = Logins(shop, self.tokens)
        self.two_factor = TwoFactor(shop)
        self.oauth = OAuth(shop)

    def converter(self) -> Converter:
        """What converts input under the limits of now."""
        shop = self.shop
        limits = Limits()
        if shop.on("input_limits") and shop.release >= (2, 3, 7):
            limits = Limits(shop.on("maximum_page_size"), shop.on("default_page_size"), shop.on("complex_array_limit"))

        def attribute_type(interface: str, code: str) -> str:
            row = shop.attributes.find(attribute_code=code) if interface == "Product" else None
            return ATTRIBUTE_TYPES.get(row["backend_type"], "mixed") if row else "mixed"

        return Converter(shop.old_texts, limits, attribute_type)


class FrontController:
    """Answers requests to one shop."""

    def __init__(self, services: Services) -> None:
        self.services, self.shop = services, services.shop

    def answer(self, request: Request) -> Answer:
        """The answer to a request, with the headers of contract §2.4."""
        bulk.consume(self.shop, self.services)
        answer = self._answer(request)
        answer.headers.append(("Cache-Control", "no-store"))
        if answer.status == 401 or TOKEN_PATH.search(request.path):
            answer.headers.append(session_cookie())
        return answer

    def _answer(self, request: Request) -> Answer:
        if self.shop.on("mode") == "maintenance":
            return Answer(503, page("Service Temporarily Unavailable", "The store is down for maintenance."), HTML, [FRAME])
        path = re.sub(r"^/index\.php(?=/|$)", "", request.path)
        if not re.match(r"^/rest(/|$)", path):
            return Answer(404, page("404 Not Found", "The page you requested was not found."), HTML, [FRAME])
        kind = renderer(request.headers.get("accept"))
        if kind is None:
            return self._not_acceptable()
        if self.shop.on("failure") == "html":
            return Answer(500, page("There has been an error processing your request", "Exception printing is disabled by default."), HTML, [FRAME])
        try:
            return self._dispatch(request, path, kind)
        except WebapiError as error:
            return self._error(error, kind)
        except InternalError as error:
            return self._masked(str(error), kind)
        except PhpError:
            return Answer(500, PLAIN_CRASH, PLAIN)

    def _not_acceptable(self) -> Answer:
        """No renderer: the intended 406 never reaches the client (contract §2.4)."""
        if self.shop.developer:
            return Answer(500, "Server cannot match any of the given Accept HTTP header media type(s) from the request\n#0 {main}\n", PLAIN)
        return Answer(500, page("There has been an error processing your request", "Exception printing is disabled by default."), HTML, [FRAME])

    def _error(self, error: WebapiError, kind: str) -> Answer:
        body = error.envelope(self.shop.old_texts, "#0 [internal function]: Magento\\Webapi\\Controller\\Rest->dispatch()\n#1 {main}", self.shop.developer)
        return render(kind, error.status, body)

    def _masked(self, text: str, kind: str) -> Answer:
        """An unexpected exception: masked with a report number, in developer mode shown (contract §5)."""
        report = f"{int(self.shop.clock.now() * 1_000_000):x}"[-13:].zfill(13)
        masked = f"Internal Error. Details are available in Magento log file. Report ID: webapi-{report}"
        return self._error(WebapiError(500, text if self.shop.developer else masked), kind)

    def _dispatch(self, request: Request, path: str, kind: str) -> Answer:
        store_id, path = self._store(path)
        if path in ("/schema", "/async/schema"):
            return self._schema(request, store_id, path)
        mode = "bulk" if BULK.match(path) else "async" if ASYNC.match(path) else "sync" if SYNC.match(path) else ""
        if not mode or (mode != "sync" and (request.method == "GET" or self.shop.release < ASYNC_SINCE)):
            raise bad_request(NO_PROCESSOR)
        if request.method not in METHODS:
            if self.shop.release < (2, 4, 5):
                raise bad_request("Request method is invalid.")
            raise WebapiError(405, f"The {request.method} HTTP method is not supported.", has_trace=False)
        path = BULK.sub(r"\1", path) if mode == "bulk" else ASYNC.sub(r"\1", path)
        found = match(self.shop, request.method, path, mode == "bulk")
        if found is None:
            raise WebapiError(404, NO_ROUTE, has_trace=False)
        route, variables = found
        call = self._call(request, store_id, variables)
        self._authorize(request, route, call)
        self._captcha(request, route)
        self._fail_on_demand()
        if mode != "sync":
            return self._accept(request, route, call, kind, mode == "bulk")
        given = self.arguments(route, self._input(request, route, call), call)
        output = route.call(call, **given)
        result = build(output, route.returns) if route.returns else []
        fields = call.parameters.get("fields")
        if fields and is_array(result):
            result = project(result, fields) if isinstance(fields, str) else []
        return render(kind, 200, result, FRAME)

    def _store(self, path: str) -> tuple[int, str]:
        """The store of a URL and the path behind it (contract §2.1). An unknown code stays in the path, where no processor takes it."""
        parts = path.strip("/").split("/")[1:]
        while parts and not parts[0]:
            parts.pop(0)
        codes = self.shop.store_codes()
        store_id = codes["default"]
        if parts and parts[0] in codes:
            store_id = codes[parts.pop(0)]
        return store_id, "/" + "/".join(parts)

    def _call(self, request: Request, store_id: int, variables: dict[str, str]) -> Call:
        query = parse_query(request.query)
        parameters = {**variables, **{name: value for name, value in query.items() if name not in variables}}
        return Call(self.shop, Caller(), store_id, self.services, parameters)

    def _authorize(self, request: Request, route: Route, call: Call) -> None:
        call.caller = self._caller(request, optional=ANONYMOUS in route.resources)
        if not is_allowed(self.shop, call.caller, route.resources):
            raise not_authorized(*route.resources)

    def _caller(self, request: Request, optional: bool) -> Caller:
        """Who calls. A bearer token that is no good makes a guest, a bad signature is an error where permission matters (contract §3.5, §3.7)."""
        authorization = request.headers.get("authorization", "")
        bearer = BEARER.match(authorization)
        if bearer:
            return self.services.tokens.read(bearer[1]) or Caller()
        try:
            return self.services.oauth.caller(request.method, request.url, authorization) or Caller()
        except WebapiError:
            if optional:
                return Caller()
            raise

    def _captcha(self, request: Request, route: Route) -> None:
        if self.shop.on("recaptcha_customer_login") and self.shop.release >= (2, 4, 3) and (route.method, route.path) == CAPTCHA_ROUTE:
            if request.headers.get("x-recaptcha") != RECAPTCHA_TOKEN:
                raise bad_request("ReCaptcha validation failed, please try again")

    def _fail_on_demand(self) -> None:
        """The 500s of contract §5, when a switch asks for them."""
        form = self.shop.on("failure")
        if form == "json":
            raise InternalError("SQLSTATE[HY000]: General error: 2006 MySQL server has gone away")
        if form == "text":
            raise PhpError("a switch asks for it")

    def _input(self, request: Request, route: Route, call: Call) -> dict[Any, Any]:
        """Body, path variables and query as one array (contract §2.3)."""
        body: dict[Any, Any] | list[Any] = {}
        if request.method in ("POST", "PUT"):
            body = parse_body(request.body, request.headers.get("content-type"), self.shop.developer)
        data = dict(items(body))
        if request.method == "PUT" and call.parameters:
            data = _with_path_variable(route, data, call.parameters)
        return {**data, **call.parameters}

    def arguments(self, route: Route, data: dict[Any, Any], call: Call) -> dict[str, Any]:
        """The service method's arguments; on ``self`` routes the caller's own number is put in (contract §3.5)."""
        if route.forced:
            number = call.caller.id if call.caller.type == CUSTOMER else None
            _force(data, route.forced, number)
        return arguments(self.services.converter(), route.parameters, data)

    def _accept(self, request: Request, route: Route, call: Call, kind: str, many: bool) -> Answer:
        """Takes asynchronous work: the whole request fails if one item cannot be read (contract §6.3)."""
        if not many:
            inputs = [self.arguments(route, self._input(request, route, call), call)]
        else:
            body = parse_body(request.body, request.headers.get("content-type"), self.shop.developer)
            data = {**dict(items(body)), **call.parameters}
            inputs = [self.arguments(route, dict(items(item)), call) for item in data.values() if is_array(item)]
        accepted = bulk.accept(call, route, inputs)
        return render(kind, 202, build(accepted, "AsyncResponse"))

    def _schema(self, request: Request, store_id: int, path: str) -> Answer:
        query = parse_query(request.query)
        caller = self._caller(request, optional=True)
        host, code = request.headers.get("host", ""), self.shop.view(store_id)["code"]
        document = schema.document(self.shop, caller, str(query.get("services") or "all"), host, code, path)
        return Answer(200, to_json(document), "application/json")


def render(kind: str, status: int, data: Any, *headers: tuple[str, str]) -> Answer:
    if kind == "xml":
        return Answer(status, to_xml(data), "application/xml; charset=utf-8", list(headers))
    return Answer(status, to_json(data), "application/json; charset=utf-8", list(headers))


def session_cookie() -> tuple[str, str]:
    value = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _count in range(26))
    return "Set-Cookie", f"PHPSESSID={value}; path=/; secure; HttpOnly; SameSite=Lax"


def _with_path_variable(route: Route, body: dict[Any, Any], parameters: dict[str, Any]) -> dict[Any, Any]:
    """Puts the last parameter of a PUT into the body's one object if that has such a member, else beside it."""
    name, value = list(parameters.items())[-1]
    if value == "me":
        return body
    for wrapper, inner in body.items():
        if len(body) == 1 and is_array(inner) and _has_setter(route, wrapper, name):
            return {wrapper: _substituted(dict(items(inner)), name, value)}
    return _substituted(dict(body), name, value)


def _has_setter(route: Route, parameter: Any, name: str) -> bool:
    type_ = next((known.type for known in route.parameters if known.name == parameter), "")
    member = INTERFACES[type_].by_accessor.get(camel(name)) if type_ in INTERFACES else None
    return member is not None and member.settable


def _substituted(target: dict[Any, Any], name: str, value: Any) -> dict[Any, Any]:
    target[lower_camel(name) if target.get(lower_camel(name)) is not None else snake(name)] = value
    return target


def _force(data: dict[Any, Any], name: str, value: Any) -> None:
    *outer, last = name.split(".")
    for key in outer:
        inner = data.get(key)
        data[key] = dict(items(inner)) if is_array(inner) else {}
        data = data[key]
    data[last] = value
