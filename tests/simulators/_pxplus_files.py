# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File Access: reading and writing records of a table (contract §5.2, §5.3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from ._pxplus_errors import ServiceFailure, parameter, runtime
from ._pxplus_expression import compile_expression, is_true
from ._pxplus_oauth import SEPARATOR
from ._pxplus_records import Call
from ._pxplus_tables import DICTIONARY, DIRECTORY, RECORD_NOT_FOUND, KeyParts, Record, Table, Tables, variables
from ._pxplus_text import Column, Rows, decode, encode

TYPES = ("JSON", "XML", "CSV")
REQUEST_TYPES = ("insert", "update", "remove")


def function_of(call: Call) -> str:
    """``read`` or ``write``."""
    function = call.get("function").lower()
    if function not in ("read", "write"):
        raise parameter(f"Invalid function {call.get('function') or '(none)'}: Read or Write is required")
    return function


def check_dictionary(call: Call) -> None:
    """The directory and the data dictionary must be there: error 12 otherwise."""
    if call.get("dir") not in ("", DIRECTORY):
        raise runtime(12, f"File does not exist (directory {call.get('dir')})")
    if call.get("dict") not in (DICTIONARY, f"{DIRECTORY}/{DICTIONARY}"):
        raise runtime(12, f"File does not exist ({call.get('dict') or 'no data dictionary given'})")


def columns_of(table: Table) -> list[Column]:
    return [Column(name, numeric=not name.endswith("$")) for name in table.fields]


def read(tables: Tables, call: Call) -> Rows:
    """The records asked for, in the order of their key. No record for a single key: failure ``no_record``."""
    check_dictionary(call)
    ranged = [name for name in ("beg_key", "end_key", "filter") if call.get(name)]
    if call.get("key") and ranged:
        raise parameter(f"With key these are not accepted: {', '.join(ranged)}")
    if not call.get("key") and not ranged:
        raise parameter("One of key, beg_key, end_key or filter is required")
    if not call.get("table"):
        raise parameter("A table is required")
    table = tables[call.get("table")]
    key = table.key_numbered(call.get("kno") or "#0")
    found = table.in_order(key)
    if call.get("key"):
        wanted = table.split_key(call.get("key"), key)
        records = [record for parts, record in found if parts == wanted]
        if not records:
            raise ServiceFailure("no_record", RECORD_NOT_FOUND)
        return Rows(table.name, table.title, columns_of(table), [dict(record) for record in records])
    first, last = table.split_key(call.get("beg_key"), key), table.split_key(call.get("end_key"), key)
    if call.get("beg_key"):
        found = [pair for pair in found if pair[0] >= first]
    if call.get("end_key"):
        # A shorter end key takes in every record that begins with its segments.
        found = [pair for pair in found if pair[0][: len(last)] <= last]
    condition = compile_expression(call.get("filter") or "1")
    return Rows(table.name, table.title, columns_of(table), [dict(record) for _parts, record in found if is_true(condition(variables(record)))])


@dataclass
class WriteRequest:
    """One request of a write: its type, table, key if given, and records as given."""

    kind: str
    table: str
    key: str | None = None
    data: list[dict[str, Any]] = field(default_factory=list)


def parse_requests(body: bytes, content_type: str, charset: str) -> list[WriteRequest]:
    """The requests of a JSON or XML body."""
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/json":
        return _json_requests(body, charset)
    if media in ("text/xml", "application/xml"):
        return _xml_requests(body)
    raise parameter(f"A write request is JSON (Content-Type application/json) or XML, not {media or 'untyped'}")


def _json_requests(body: bytes, charset: str) -> list[WriteRequest]:
    try:
        document = json.loads(decode(body, charset))
    except (ValueError, RecursionError) as error:
        raise parameter("The write request is not valid JSON") from error
    requests = document.get("requests") if isinstance(document, dict) else None
    if not isinstance(requests, list) or not requests:
        raise parameter("The write request holds no requests")
    return [_request(request) for request in requests]


def _request(request: Any) -> WriteRequest:
    if not isinstance(request, dict):
        raise parameter("A request is an object of type, table, key and data")
    kind, table, key, data = request.get("type"), request.get("table"), request.get("key"), request.get("data", [])
    if not isinstance(kind, str) or kind.lower() not in REQUEST_TYPES:
        raise parameter(f"A request's type is insert, update or remove, not {kind}")
    if not isinstance(table, str) or not table:
        raise parameter("A request needs a table")
    if not isinstance(key, (str, type(None))):
        raise parameter("A request's key is a string")
    if not isinstance(data, list) or not all(isinstance(record, dict) for record in data):
        raise parameter("A request's data is a list of records")
    return WriteRequest(kind.lower(), table, key or None, data)


def _xml_requests(body: bytes) -> list[WriteRequest]:
    try:
        root = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except (defusedxml.ElementTree.ParseError, DefusedXmlException, LookupError, ValueError) as error:
        raise parameter("The write request is not valid XML") from error
    found = root.findall("requests/request") if root.tag == "root" else []
    if not found:
        raise parameter("The write request holds no requests")
    requests = []
    for element in found:
        request: dict[str, Any] = {name: element.findtext(name) for name in ("type", "table", "key")}
        request["data"] = [{item.tag: item.text or "" for item in record} for record in element.findall("data")]
        requests.append(_request(request))
    return requests


def simple_request(tables: Tables, call: Call, charset: str) -> WriteRequest:
    """The request of ``/do/write/<table>[/<key>]/<data>``: all fields, joined by byte 8A; a record that is there is replaced."""
    if not call.get("table"):
        raise parameter("A table is required")
    table = tables[call.get("table")]
    if charset == "utf-8":
        # With UTF-8 processing on, PxPlus takes no separator from within a character.
        parts = call.get("data").split(decode(SEPARATOR, charset))
    else:
        parts = [decode(part, charset) for part in encode(call.get("data"), charset).split(SEPARATOR)]
    if len(parts) != len(table.fields):
        raise ServiceFailure("write", f"Table {table.name} has {len(table.fields)} fields, not {len(parts)}")
    return WriteRequest("write", table.name, call.get("key") or None, [dict(zip(table.fields, parts))])


def write(tables: Tables, call: Call, requests: list[WriteRequest], on: Callable[[str], Any]) -> list[dict[str, Any]]:
    """Carries the requests out in turn; returns one summary each. Stops at the first that fails (switch ``write_atomic``)."""
    check_dictionary(call)
    before = tables.state()
    done = []
    try:
        for request in requests:
            if call.get("table") and request.table != call.get("table"):
                raise ServiceFailure("override", "This Web Service ID does not allow the override of the specified parameter(s): table")
            table = tables[request.table]
            if request.key and len(request.data) > 1:
                raise ServiceFailure("write", "A key goes with one record")
            if request.kind != "remove" and not request.data:
                raise ServiceFailure("write", f"A request to {request.kind} needs data")
            for given in request.data or [{}]:
                _apply(table, request, given, on)
            done.append({"type": request.kind, "table": table.name, "records": max(1, len(request.data)), "status": "OK"})
    except ServiceFailure:
        if on("write_atomic"):
            tables.restore(before)
        raise
    return done


def _apply(table: Table, request: WriteRequest, given: dict[str, Any], on: Callable[[str], Any]) -> None:
    if request.kind == "remove":
        key = _key_to_remove(table, request, given)
        if key not in table.rows:
            raise ServiceFailure("write", RECORD_NOT_FOUND)
        del table.rows[key]
        return
    charset = on("charset")
    kept = {name: decode(encode(value, charset), charset) if isinstance(value, str) else value for name, value in given.items()}
    record = table.convert(kept, on("missing_fields"))
    key = _key_to_write(table, request, record, on("external_key"))
    if request.kind in ("insert", "update") and (key in table.rows) != (request.kind == "update"):
        raise ServiceFailure("write", RECORD_NOT_FOUND)
    table.rows[key] = record


def _given_key(table: Table, text: str) -> KeyParts:
    parts = table.split_key(text)
    if len(parts) != len(table.keys[0].fields):
        raise ServiceFailure("write", f"The key of table {table.name} has {len(table.keys[0].fields)} segments, not {len(parts)}")
    return parts


def _key_to_write(table: Table, request: WriteRequest, record: Record, external_key: str) -> KeyParts:
    if table.external == "no":
        return table.key_of(record)
    if not request.key:
        if table.external == "apart" or external_key == "always":
            raise ServiceFailure("write", f"Table {table.name} has an external key: key is required")
        return table.key_of(record)
    key = _given_key(table, request.key)
    if table.external == "fields" and key != table.key_of(record):
        raise ServiceFailure("write", f"The key and the fields of table {table.name} do not agree")
    return key


def _key_to_remove(table: Table, request: WriteRequest, given: dict[str, Any]) -> KeyParts:
    if request.key:
        return _given_key(table, request.key)
    if table.external != "no":
        raise ServiceFailure("write", f"Table {table.name} has an external key: key is required")
    named = {table.field_named(name): value for name, value in given.items()}
    if not set(table.keys[0].fields) <= set(named):
        raise ServiceFailure("write", f"A key, or the fields {', '.join(table.keys[0].fields)}, is required")
    return table.key_of({str(name): value for name, value in named.items()})
