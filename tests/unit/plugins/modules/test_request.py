# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any request to a service: what is sent, what comes back, and what goes into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput, NotFound, TokenflowError
from ansible_collections.tokenflow.services.plugins.modules import request

from tests.unit.plugins._simulated import Simulated, invoke
from tests.unit.plugins._web import Reply, Web
from tests.unit.plugins.conftest import Serve

JSON = {"Content-Type": "application/json"}


def send(server: Web, check: bool = False, **options: Any) -> dict[str, Any]:
    given = {"service": "phoenix", "base_url": server.url, "token": "given-token", "path": "/v1/x", "retries": 0, **options}
    return invoke(request, given, check=check)


# What is sent


def test_a_read_is_a_get_with_the_token(serve: Serve) -> None:
    server = serve(Reply(200, b'{"a": 1}', JSON))
    result = send(server, parameters={"page": 2, "tags": ["a", "b"], "all": True}, headers={"X-Number": 5})
    (received,) = server.received
    assert (received.method, received.path) == ("GET", "/v1/x?page=2&tags=a&tags=b&all=true")
    assert received.headers["authorization"] == "Bearer given-token"
    assert received.headers["x-number"] == "5"
    assert (result["changed"], result["status"], result["json"]) == (False, 200, {"a": 1})


@pytest.mark.parametrize(
    ("options", "sent", "content_type"),
    [
        ({"body": {"a": [1, None, "ü"]}}, '{"a":[1,null,"ü"]}'.encode(), "application/json"),
        ({"body": []}, b"[]", "application/json"),
        ({"body": {"a": 1, "b": "x y"}, "body_format": "form"}, b"a=1&b=x+y", "application/x-www-form-urlencoded"),
        ({"body": {"root": {"a": [1, 2]}}, "body_format": "xml"}, b"<?xml version='1.0' encoding='utf-8'?>\n<root><a>1</a><a>2</a></root>", "application/xml"),
        ({"body": "plain", "body_format": "raw"}, b"plain", None),
        ({"body": "plain", "body_format": "raw", "headers": {"Content-Type": "text/csv"}}, b"plain", "text/csv"),
        ({"body": {"a": 1}, "headers": {"content-type": "application/vnd.x+json"}}, b'{"a":1}', "application/json"),
        ({}, b"", None),
    ],
)
def test_bodies(serve: Serve, options: dict[str, Any], sent: bytes, content_type: str | None) -> None:
    server = serve(Reply(200))
    send(server, method="post", **options)
    (received,) = server.received
    assert (received.method, received.body, received.headers.get("content-type")) == ("POST", sent, content_type)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"path": "v1/x"}, "does not begin with a slash"),
        ({"headers": {"authorization": "Basic x"}}, "Authorization header"),
        ({"body": {"a": 1}, "body_format": "raw"}, "is no text"),
        ({"body": "x", "body_format": "form"}, "is no mapping"),
        ({"body": [1], "body_format": "xml"}, "is no mapping"),
        ({"body": {"a": 1, "b": 2}, "body_format": "xml"}, "one root element"),
        ({"body": {}, "body_format": "xml"}, "one root element"),
        ({"body": {"a b": 1}, "body_format": "xml"}, "no name"),
        ({"headers": {"X-Odd": "a\nb"}}, "line break"),
    ],
)
def test_options_that_make_no_request_send_none(serve: Serve, options: dict[str, Any], problem: str) -> None:
    server = serve(Reply(200))
    with pytest.raises(InvalidInput, match=problem):
        send(server, **options)
    assert not server.received


# What comes back


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b'{"a": 1}', JSON, {"json": {"a": 1}}),
        (b" [1, 2]", {"Content-Type": "text/html"}, {"json": [1, 2]}),
        (b'"text"', JSON, {"json": "text"}),
        (b"true", JSON, {"json": True}),
        (b"null", JSON, {"json": None}),
        (b"-1.5", {}, {"json": -1.5}),
        (b"<r><a>1</a></r>", {"Content-Type": "application/xml"}, {"xml": {"a": "1"}}),
        (b"<html><body>x</body></html>", {"Content-Type": "text/html"}, {"content": "<html><body>x</body></html>"}),
        (b"true story", {"Content-Type": "text/plain"}, {"content": "true story"}),
        (b"1,2\r\n", {"Content-Type": "text/csv"}, {"content": "1,2\r\n"}),
        ("Zürich".encode("windows-1252"), {"Content-Type": "text/plain"}, {"content": "Zürich"}),
        ("Zürich".encode(), {"Content-Type": "text/plain"}, {"content": "Zürich"}),
        (b"  \n", {}, {}),
        (b"", {}, {}),
    ],
)
def test_answers_are_decoded_by_what_they_are(serve: Serve, body: bytes, headers: dict[str, str], expected: dict[str, Any]) -> None:
    result = send(serve(Reply(200, body, headers)))
    assert {name: value for name, value in result.items() if name in ("json", "xml", "content")} == expected


@pytest.mark.parametrize(("body", "kind"), [(b'{"a": ', "application/json"), (b"<a><b></a>", "application/xml"), (b'{"a": ', "application/hal+json")])
def test_an_answer_that_is_not_what_it_says_is_an_error(serve: Serve, body: bytes, kind: str) -> None:
    with pytest.raises(BadAnswer, match="it begins with"):
        send(serve(Reply(200, body, {"Content-Type": kind})))


def test_headers_are_lower_case_and_without_secrets(serve: Serve) -> None:
    result = send(serve(Reply(200, b"{}", {**JSON, "X-Request-Id": "7", "Set-Cookie": "PHPSESSID=abc", "WWW-Authenticate": "Basic"})))
    assert result["headers"]["x-request-id"] == "7"
    assert not {"set-cookie", "www-authenticate"} & set(result["headers"])


@pytest.mark.parametrize(("query", "result"), [("a[].b", [1, 2]), ("length(a)", 2), ("nosuch", None)])
def test_a_query(serve: Serve, query: str, result: Any) -> None:
    assert send(serve(Reply(200, b'{"a": [{"b": 1}, {"b": 2}]}', JSON)), query=query)["result"] == result
    assert "result" not in send(serve(Reply(200, b"{}", JSON)))


@pytest.mark.parametrize(("status", "accepted"), [(200, True), (201, True), (202, True), (204, True), (206, False), (302, False), (404, False), (500, False)])
def test_which_statuses_are_success(serve: Serve, status: int, accepted: bool) -> None:
    server = serve(Reply(status, b"" if status == 204 else b'{"message": "because"}', JSON))
    if accepted:
        assert send(server)["status"] == status
    else:
        with pytest.raises(TokenflowError) as caught:
            send(server)
        assert caught.value.status == status
        assert send(server, status_code=[status])["status"] == status


# What changes something


@pytest.mark.parametrize(
    ("method", "write", "changes"),
    [
        ("GET", None, False),
        ("HEAD", None, False),
        ("OPTIONS", None, False),
        ("POST", None, True),
        ("PUT", None, True),
        ("DELETE", None, True),
        ("PATCH", None, True),
        ("POST", False, False),
        ("GET", True, True),
    ],
)
def test_changes_are_not_sent_in_check_mode(serve: Serve, method: str, write: bool | None, changes: bool) -> None:
    server = serve(Reply(200, b"{}", JSON))
    assert send(server, method=method, write=write)["changed"] is changes
    result = send(server, check=True, method=method, write=write)
    assert result["changed"] is changes
    assert len(server.received) == (1 if changes else 2)
    assert ("status" in result) is not changes


# Into a file


def test_an_answer_goes_into_a_file_if_it_differs(serve: Serve, tmp_path: Path) -> None:
    server = serve(Reply(200, b"\x00binary", {"Content-Type": "application/octet-stream"}))
    dest = tmp_path / "a.bin"
    first = send(server, dest=str(dest), mode="0600")
    assert (first["changed"], first["status"], first["size"], dest.read_bytes()) == (True, 200, 7, b"\x00binary")
    assert dest.stat().st_mode & 0o777 == 0o600
    assert "content" not in first
    assert send(server, dest=str(dest), mode="0600")["changed"] is False


def test_a_folder_takes_the_name_of_the_path(serve: Serve, tmp_path: Path) -> None:
    send(serve(Reply(200, b"x")), path="/v1/reports/daily/", dest=str(tmp_path))
    assert (tmp_path / "daily").read_bytes() == b"x"


def test_an_error_leaves_the_file_alone(serve: Serve, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    dest.write_bytes(b"old")
    with pytest.raises(NotFound):
        send(serve(Reply(404, b"gone")), dest=str(dest))
    with pytest.raises(TokenflowError):
        send(serve(Reply(200, b"half of it", cut=4)), dest=str(dest))
    assert (dest.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (b"old", ["a"])


def test_an_answer_of_another_status_that_is_accepted_goes_into_the_file_too(serve: Serve, tmp_path: Path) -> None:
    dest = tmp_path / "a"
    dest.write_bytes(b"old")
    send(serve(Reply(404, b"gone")), dest=str(dest), status_code=[404])
    assert dest.read_bytes() == b"gone"


def test_check_mode_leaves_the_file_alone(serve: Serve, tmp_path: Path) -> None:
    server = serve(Reply(200, b"new"))
    assert send(server, check=True, dest=str(tmp_path / "a"))["changed"] is True
    assert list(tmp_path.iterdir()) == []
    assert send(server, check=True, method="POST", dest=str(tmp_path / "a")) == {"changed": True}
    assert len(server.received) == 1


# With the services


def test_the_token_of_each_service_is_used(plcnext: Simulated, pxplus: Simulated, phoenix: Simulated, magento: Simulated, appliance: Simulated) -> None:
    calls: list[tuple[Simulated, str, dict[str, Any], str]] = [
        (plcnext, "/_pxc_api/v1.2/variables", {"paths": "Arp.Plc.Eclr/RecipeNumber"}, "variables[0].value"),
        (pxplus, "/services/service.pxp", {"id": "invoices", "type": "JSON", "records": 1}, "length(@)"),
        (phoenix, "/v1/teams", {}, "totalElements > `0`"),
        (magento, "/rest/V1/store/storeViews", {}, "length(@) > `0`"),
        (appliance, "/rest/v1.2/system/status", {}, "data != `null`"),
    ]
    for simulated, path, parameters, query in calls:
        result = simulated.invoke(request, service=simulated.name, path=path, parameters=parameters, query=query)
        assert result["result"] in (7, 1, True), simulated.name
        assert len(simulated.journal("token|auth")) <= 2
