# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out and what comes back: credentials, redirects, cookies, bodies, limits, and texts without secrets."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils import _http
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, ConnectionFailed, InvalidInput, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer, Connection, HttpClient, encode_query
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins._web import Reply
from tests.unit.plugins.conftest import Serve

TOKEN = "f571021127481db5f33938408c99325d"
BEARER = f"Bearer {TOKEN}"


def client(url: str, log: Any = None, **connection: Any) -> HttpClient:
    return HttpClient("Plant", Connection(url, **{"retries": 0, "timeout": 5.0, **connection}), Secrets([TOKEN]), log)


# What is sent


def test_netrc_does_not_replace_the_bearer(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(Reply(200))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login intruder password netrc-password\ndefault login anybody password other\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    client(server.url).send("GET", "/a", authorization=BEARER)
    client(server.url).send("GET", "/b")
    assert [request.headers.get("authorization") for request in server.received] == [BEARER, None]


def test_path_query_and_headers_arrive_as_given(serve: Serve) -> None:
    server = serve(Reply(200))
    answer = client(f"{server.url}/base/").send(
        "get", "/x%2Fy", query={"a": "1 2", "list": ["p", "q"], "none": None, "on": True, "s": "a,b/c#d"}, headers={"X-Station": "9"}, accept="application/xml"
    )
    (request,) = server.received
    assert request.method == "GET"
    assert request.path == "/base/x%2Fy?a=1%202&list=p&list=q&on=true&s=a,b/c%23d"
    assert request.headers["x-station"] == "9"
    assert request.headers["accept"] == "application/xml"
    assert request.headers["user-agent"] == "tokenflow.services"
    assert "content-length" not in request.headers
    assert "content-type" not in request.headers
    assert (answer.method, answer.path, answer.status, answer.size) == ("GET", "/x%2Fy", 200, 0)


def test_query_is_added_to_one_that_the_path_has(serve: Serve) -> None:
    server = serve(Reply(200))
    client(server.url).send("GET", "/x?id=a", query={"type": "CSV"})
    assert server.received[0].path == "/x?id=a&type=CSV"


@pytest.mark.parametrize(
    ("arguments", "body", "content_type"),
    [
        ({"json_body": {"a": "Müller", "b": [1, True, None]}}, '{"a":"Müller","b":[1,true,null]}'.encode(), "application/json"),
        ({"json_body": {}}, b"{}", "application/json"),
        ({"json_body": False}, b"false", "application/json"),
        ({"form": {"a": "x y", "b": "1&2"}}, b"a=x+y&b=1%262", "application/x-www-form-urlencoded"),
        ({"form": {"a": "1"}, "content_type": "text/plain; charset=utf-8"}, b"a=1", "text/plain; charset=utf-8"),
        ({"body": b"<a/>", "content_type": "application/xml"}, b"<a/>", "application/xml"),
        ({}, b"", None),
    ],
)
def test_bodies(serve: Serve, arguments: dict[str, Any], body: bytes, content_type: str | None) -> None:
    server = serve(Reply(200))
    client(server.url).send("POST", "/", **arguments)
    (request,) = server.received
    assert request.body == body
    assert request.headers.get("content-type") == content_type
    assert request.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("authorization", [f"Bearer {TOKEN}\n", f"Bearer {TOKEN}\r\nX-Admin: 1", f"Bearer {TOKEN}\u2026"])
def test_a_header_that_cannot_be_sent_is_an_error_without_its_value(serve: Serve, authorization: str) -> None:
    server = serve(Reply(200))
    with pytest.raises(InvalidInput) as caught:
        client(server.url).send("GET", "/", authorization=authorization)
    assert not server.received
    assert TOKEN not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize("headers", [{"X Odd": "a"}, {"X-Odd\n": "a"}, {"": "a"}, {"X:Odd": "a"}, {"Käse": "a"}])
def test_a_header_name_that_is_none_is_an_error(serve: Serve, headers: dict[str, str]) -> None:
    server = serve(Reply(200))
    with pytest.raises(InvalidInput, match="is no name of a method or header"):
        client(server.url).send("GET", "/", headers=headers)
    assert not server.received


@pytest.mark.parametrize("method", ["GE T", "GET\r\nX: 1", ""])
def test_a_method_that_is_none_is_an_error(serve: Serve, method: str) -> None:
    server = serve(Reply(200))
    with pytest.raises(InvalidInput, match="is no name of a method or header"):
        client(server.url).send(method, "/")
    assert not server.received


@pytest.mark.parametrize(
    ("path", "sent"),
    [("/a b", "/a%20b"), ("/ü", "/%C3%BC"), ("/x?y=ü z", "/x?y=%C3%BC%20z"), ("/a%2Fb%c3%a9", "/a%2Fb%C3%A9"), ("/a//b", "/a//b"), ("/a/../b", "/a/../b")],
)
def test_a_path_is_made_sendable_and_otherwise_left_alone(serve: Serve, path: str, sent: str) -> None:
    server = serve(Reply(200))
    client(server.url).send("GET", path)
    assert server.received[0].path in (sent, sent.replace("%C3%A9", "%c3%a9"))


# Redirects, cookies


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_redirect_is_not_followed(serve: Serve, status: int, elsewhere: bool) -> None:
    other = serve(Reply(200, b"stolen"))
    server = serve(lambda request: Reply(status, b"", {"Location": other.url + "/new" if elsewhere else "/new"}))
    for method in ("GET", "POST"):
        answer = client(server.url, retries=3).send(method, "/old", authorization=BEARER, json_body={"password": "x"} if method == "POST" else None)
        assert answer.status == status
        assert answer.headers["location"].endswith("/new")
    assert [request.path for request in server.received] == ["/old", "/old"]
    assert not other.received


def test_cookies_are_not_kept(serve: Serve) -> None:
    server = serve(Reply(200, b"", {"Set-Cookie": "PHPSESSID=abc; path=/"}))
    http = client(server.url)
    for _count in range(2):
        http.send("GET", "/")
    assert [request.headers.get("cookie") for request in server.received] == [None, None]


def test_the_connection_is_kept(serve: Serve) -> None:
    server = serve(lambda request: Reply(200, b"x" * 100_000))
    accepted = []
    get_request = server.get_request

    def counted() -> Any:
        accepted.append(1)
        return get_request()

    server.get_request = counted  # type: ignore[method-assign]
    http = client(server.url)
    for _count in range(5):
        http.send("GET", "/")
    http.close()
    assert (len(server.received), len(accepted)) == (5, 1)


# What comes back


def test_an_answer_larger_than_the_limit_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "ANSWER_LIMIT", 2 * 1024 * 1024)
    sizes = {"/fits": 2 * 1024 * 1024, "/large": 2 * 1024 * 1024 + 1}
    server = serve(lambda request: Reply(200, b"x" * sizes[request.path]))
    assert client(server.url).send("GET", "/fits").size == sizes["/fits"]
    with pytest.raises(BadAnswer, match="larger than 2 MiB") as caught:
        client(server.url).send("GET", "/large")
    assert (caught.value.service, caught.value.method, caught.value.path, caught.value.status) == ("Plant", "GET", "/large", 200)


def test_a_compressed_answer_is_measured_unpacked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    import gzip

    monkeypatch.setattr(_http, "ANSWER_LIMIT", 1024 * 1024)
    server = serve(Reply(200, gzip.compress(b"\0" * (8 * 1024 * 1024)), {"Content-Encoding": "gzip"}))
    with pytest.raises(BadAnswer, match="larger"):
        client(server.url).send("GET", "/bomb")


def test_a_sink_takes_a_success_of_any_size_and_no_error(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http, "ANSWER_LIMIT", 1024)
    server = serve(lambda request: Reply(200 if request.path == "/ok" else 404, b"y" * (300_000 if request.path == "/ok" else 200)))
    sink = io.BytesIO()
    answer = client(server.url).send("GET", "/ok", sink=sink)
    assert (answer.content, answer.size, sink.getvalue()) == (b"", 300_000, b"y" * 300_000)
    untouched = io.BytesIO()
    answer = client(server.url).send("GET", "/missing", sink=untouched)
    assert (answer.status, answer.content, untouched.getvalue()) == (404, b"y" * 200, b"")


@pytest.mark.parametrize(("method", "arrived"), [("GET", False), ("POST", True)])
def test_a_truncated_body_is_an_error(serve: Serve, method: str, arrived: bool) -> None:
    server = serve(lambda request: Reply(200, b'{"a": 1}' * 100, cut=80))
    with pytest.raises(ConnectionFailed, match="broke before the whole answer") as caught:
        client(server.url).send(method, "/x")
    assert caught.value.may_have_arrived is arrived


def answer(content: bytes, content_type: str = "application/json", status: int = 200) -> Answer:
    return Answer("GET", "/x", status, {"Content-Type": content_type}, content, len(content), 0.0)


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b'{"a": [1, 2.5, "x"]}', {"a": [1, 2.5, "x"]}),
        (b'"token"', "token"),
        (b"<response><data><t>x</t></data></response>", {"data": {"t": "x"}}),
        (b"  ", None),
        (b"", None),
    ],
)
def test_data_is_decoded_by_what_it_is(content: bytes, data: Any) -> None:
    assert answer(content, "text/plain").data() == data


@pytest.mark.parametrize("content", [b"<!DOCTYPE html><html><body>Sign in</body></html>", b"not json", b'{"a": ', b"<a><b></a>", b"\xff\xfe\x00"])
def test_data_that_cannot_be_read_is_a_clear_error(content: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        answer(content, status=201).data()
    assert (caught.value.method, caught.value.path, caught.value.status) == ("GET", "/x", 201)
    assert "it begins with" in str(caught.value)


def test_the_excerpt_is_one_short_line() -> None:
    text = answer(b"line one\r\n\tline\xff two " + b"z" * 1000).excerpt()
    assert text.startswith("line one line\ufffd two zzz")
    assert len(text) == 203
    assert text.endswith("...")
    assert answer(b"short").excerpt() == "short"


def test_media_type_is_without_parameters() -> None:
    assert answer(b"", "Application/JSON; charset=utf-8").media_type == "application/json"
    assert Answer("GET", "/", 200, {}, b"", 0, 0.0).media_type == ""


@given(st.dictionaries(st.text(min_size=1), st.one_of(st.text(), st.lists(st.text(), min_size=1), st.integers(), st.booleans()), max_size=5))
def test_encoded_queries_decode_to_what_was_given(query: dict[str, Any]) -> None:
    encoded = encode_query(query)
    assert encoded.isascii()
    assert not set(encoded) & set(" #+\"<>'")
    expected = [(name, item) for name, value in query.items() for item in (value if isinstance(value, list) else [value])]
    shown = [(name, ("true" if item else "false") if isinstance(item, bool) else str(item)) for name, item in expected]
    assert urllib.parse.parse_qsl(encoded, keep_blank_values=True, errors="surrogatepass") == shown


def test_encoded_queries_keep_commas_and_slashes_and_leave_out_none() -> None:
    assert encode_query({"paths": "A.b,C[2]", "prefix": "Arp.Plc.Eclr/", "x": None, "y": [None, 1]}) == "paths=A.b,C%5B2%5D&prefix=Arp.Plc.Eclr/&y=1"


# Texts


class Trouble:
    """Requests that end in every way there is, and all texts that come of it."""

    PASSWORD = "päss/wörd+1"
    BASIC = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
    REPLIES = {
        "reset": Reply(reset=True),
        "cut": Reply(200, b"x" * 9, cut=3),
        "slow": Reply(delay=0.5),
        "busy": Reply(503, b"", {"Retry-After": "0"}),
        "broken": Reply(200, b"no gzip at all", {"Content-Encoding": "gzip"}),
    }

    def __init__(self, serve: Serve, path: str) -> None:
        server = serve(lambda request: self.REPLIES.get(request.path.split("?")[0].rpartition("/")[2], Reply(200, b"{}")))
        self.lines: list[str] = []
        self.errors: list[str] = []
        for kind in ("ok", *self.REPLIES):
            http = client(server.url, log=self.lines.append, retries=1, timeout=0.2 if kind == "slow" else 5.0)
            http.secrets.add(self.PASSWORD, self.BASIC)
            self.secrets = http.secrets
            for method in ("GET", "POST"):
                body = {"password": self.PASSWORD} if method == "POST" else None
                try:
                    http.send(method, f"{path}/{kind}", authorization=f"Basic {self.BASIC}", json_body=body, headers={"X-Token": TOKEN})
                except TokenflowError as error:
                    self.errors += [str(error), repr(error), repr(error.args), json.dumps(error.as_result())]

    def leaks(self, texts: list[str]) -> list[str]:
        return [text for text in texts for secret in self.secrets.values if secret in text]


def test_no_secret_of_headers_and_bodies_in_any_text(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a log line of a library either."""
    caplog.set_level(logging.DEBUG)
    trouble = Trouble(serve, "/plain")
    logged = [record.getMessage() for record in caplog.records]
    assert any("POST /plain/reset" in text for text in [*logged, *trouble.errors])
    assert (len(trouble.errors), len(trouble.lines)) == (4 * 8, 4)
    assert not trouble.leaks(trouble.errors + trouble.lines + logged)


def test_no_secret_of_the_path_in_our_texts(serve: Serve) -> None:
    trouble = Trouble(serve, f"/{TOKEN}/{urllib.parse.quote(Trouble.PASSWORD, safe='')}")
    assert (len(trouble.errors), len(trouble.lines)) == (4 * 8, 4)
    assert not trouble.leaks(trouble.errors + trouble.lines)


def test_the_log_line_says_what_happened(serve: Serve) -> None:
    lines: list[str] = []
    http = client(serve(Reply(201, b"abc", delay=0.05)).url, log=lines.append)
    started = time.monotonic()
    http.send("PUT", f"/a/{TOKEN}")
    elapsed = time.monotonic() - started
    (line,) = lines
    match = re.fullmatch(r"Plant: PUT /a/\*{8} -> 201, 3 bytes, (\d+) ms", line)
    assert match
    assert 50 <= int(match[1]) <= elapsed * 1000 + 1


def test_seconds_are_those_of_the_request(serve: Serve) -> None:
    started = time.monotonic()
    seconds = client(serve(Reply(200, delay=0.1)).url).send("GET", "/").seconds
    assert 0.1 <= seconds <= time.monotonic() - started
