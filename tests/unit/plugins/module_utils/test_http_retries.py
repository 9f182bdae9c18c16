# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which attempts are made, and what is said when none succeeds."""

from __future__ import annotations

import contextlib
import time
from email.utils import formatdate
from typing import Any

import pytest
import urllib3.util.retry
from ansible_collections.tokenflow.services.plugins.module_utils._errors import ConnectionFailed, InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._http import RETRY_AFTER_CAP, Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets

from tests.unit.plugins._web import Received, Reply, Web, free_port, running
from tests.unit.plugins.conftest import Serve

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
WRITES = METHODS[1:]
BUSY = (429, 502, 503, 504)


def client(url: str, **connection: Any) -> HttpClient:
    return HttpClient("Plant", Connection(url, **{"retries": 3, "timeout": 5.0, **connection}), Secrets())


class Failing:
    """Answers so many times with one reply, then with 200."""

    def __init__(self, times: int, reply: Reply) -> None:
        self.times, self.reply = times, reply

    def __call__(self, _request: Received) -> Reply:
        self.times -= 1
        return self.reply if self.times >= 0 else Reply(200, b"done")


@pytest.mark.parametrize("method", METHODS)
def test_a_refused_connection_is_tried_again_for_every_method(method: str, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    """Nothing was sent, so nothing is repeated."""
    port = free_port()
    with contextlib.ExitStack() as stack:

        def wait(seconds: float) -> None:
            waits.append(seconds)
            stack.enter_context(running(Web(Reply(200, b"up"), port=port)))

        monkeypatch.setattr(urllib3.util.retry.time, "sleep", wait)
        answer = client(f"http://127.0.0.1:{port}").send(method, "/")
    assert (answer.status, answer.content) == (200, b"up")
    assert waits == [1.0]


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_connection_that_never_comes_is_an_error(retries: int, waits: list[float]) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ConnectionFailed, match="no connection to") as caught:
        client(url, retries=retries).send("POST", "/x")
    assert waits == [1.0, 2.0][: max(retries - 1, 0)]
    assert caught.value.may_have_arrived is False
    assert "refused" in caught.value.message
    assert "may have" not in str(caught.value)
    assert (caught.value.service, caught.value.method, caught.value.path) == ("Plant", "POST", "/x")
    assert "base_url" in caught.value.hint


def test_an_unknown_host_is_an_error_that_names_it() -> None:
    with pytest.raises(ConnectionFailed, match=r"no connection to https://plc\.invalid"):
        client("https://plc.invalid", retries=0).send("PUT", "/")


@pytest.mark.parametrize("status", BUSY)
def test_a_busy_service_is_asked_again_by_reads(serve: Serve, status: int, waits: list[float]) -> None:
    server = serve(Failing(2, Reply(status)))
    assert client(server.url).send("GET", "/").status == 200
    assert len(server.received) == 3
    assert waits == [1.0]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
@pytest.mark.parametrize("status", BUSY)
def test_a_busy_service_is_never_asked_again_by_writes(serve: Serve, method: str, headers: dict[str, str], status: int, waits: list[float]) -> None:
    server = serve(Failing(1, Reply(status, b"", headers)))
    assert client(server.url).send(method, "/", json_body={"a": 1}).status == status
    assert len(server.received) == 1
    assert not waits


@pytest.mark.parametrize("method", WRITES)
def test_a_busy_service_is_asked_again_by_writes_that_do_no_harm(serve: Serve, method: str, waits: list[float]) -> None:
    server = serve(Failing(1, Reply(503, b"", {"Retry-After": "7"})))
    assert client(server.url).send(method, "/", json_body={"a": 1}, repeatable=True).status == 200
    assert [request.body for request in server.received] == [b'{"a":1}'] * 2
    assert waits == [7]


def test_a_read_that_does_harm_is_sent_once(serve: Serve, waits: list[float]) -> None:
    server = serve(Failing(1, Reply(503)))
    assert client(server.url).send("GET", "/", repeatable=False).status == 503
    assert (len(server.received), waits) == (1, [])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 423, 428, 430, 500, 501, 505])
def test_other_statuses_are_answers(serve: Serve, status: int, waits: list[float]) -> None:
    server = serve(Reply(status, b"text"))
    answer = client(server.url).send("GET", "/")
    assert (answer.status, answer.content, len(server.received), waits) == (status, b"text", 1, [])


def test_the_last_busy_answer_is_handed_back(serve: Serve, waits: list[float]) -> None:
    server = serve(Reply(503, b"still busy"))
    answer = client(server.url, retries=2).send("GET", "/")
    assert (answer.status, answer.content, len(server.received)) == (503, b"still busy", 3)


@pytest.mark.parametrize(("value", "seconds"), [("5", 5), ("0", None), ("3600", RETRY_AFTER_CAP), ("99999999999999999999", RETRY_AFTER_CAP)])
def test_retry_after_in_seconds_is_honoured_and_capped(serve: Serve, value: str, seconds: float | None, waits: list[float]) -> None:
    server = serve(Failing(1, Reply(429, b"", {"Retry-After": value})))
    assert client(server.url).send("GET", "/").status == 200
    assert waits == ([] if seconds is None else [seconds])


@pytest.mark.parametrize(("ahead", "seconds"), [(20, 20), (7200, RETRY_AFTER_CAP), (-100, None)])
def test_retry_after_as_a_date_is_honoured_and_capped(serve: Serve, ahead: float, seconds: float | None, waits: list[float]) -> None:
    server = serve(Failing(1, Reply(503, b"", {"Retry-After": formatdate(time.time() + ahead, usegmt=True)})))
    assert client(server.url).send("GET", "/").status == 200
    if seconds is None:
        assert waits == []
    else:
        assert waits == [pytest.approx(seconds, abs=2)]
        assert waits[0] <= RETRY_AFTER_CAP


@pytest.mark.parametrize("value", ["soon", "", "1.5 minutes", "-"])
def test_a_retry_after_that_says_nothing_is_as_if_it_were_not_there(serve: Serve, value: str, waits: list[float]) -> None:
    server = serve(Failing(2, Reply(503, b"", {"Retry-After": value})))
    assert client(server.url).send("GET", "/").status == 200
    assert waits == [1.0]


def test_a_reset_is_tried_again_by_reads(serve: Serve, waits: list[float]) -> None:
    server = serve(Failing(2, Reply(reset=True)))
    assert client(server.url).send("GET", "/").status == 200
    assert len(server.received) == 3


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("reply", [Reply(reset=True), Reply(delay=0.5)])
def test_a_write_that_may_have_arrived_is_not_sent_again(serve: Serve, method: str, reply: Reply, waits: list[float]) -> None:
    server = serve(reply)
    with pytest.raises(ConnectionFailed) as caught:
        client(server.url, timeout=0.15 if reply.delay else 5.0).send(method, "/x", json_body={"a": 1})
    assert len(server.received) == 1
    assert caught.value.may_have_arrived is True
    assert "may have carried the request out" in str(caught.value)
    assert ("no answer within 0.15 seconds" if reply.delay else "the connection broke") in caught.value.message


def test_a_slow_read_is_tried_again_and_then_an_error(serve: Serve, waits: list[float]) -> None:
    server = serve(Reply(delay=0.5))
    with pytest.raises(ConnectionFailed, match=r"no answer within 0\.1 seconds") as caught:
        client(server.url, timeout=0.1, retries=1).send("GET", "/")
    assert len(server.received) == 2
    assert caught.value.may_have_arrived is False
    assert "Raise timeout" in caught.value.hint


def test_a_body_that_stops_coming_is_an_error(serve: Serve) -> None:
    server = serve(Reply(200, b"abcdef", trickle=1.5))
    started = time.monotonic()
    with pytest.raises(ConnectionFailed, match=r"no answer within 0\.1 seconds"):
        client(server.url, timeout=0.1).send("GET", "/")
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("base_url", ["https://a..b", "https://" + "x" * 70 + ".example"])
def test_a_host_name_that_cannot_be_one_is_a_clear_error(base_url: str) -> None:
    with pytest.raises((InvalidInput, ConnectionFailed)) as caught:
        client(base_url, retries=0).send("POST", "/")
    assert "may have carried" not in str(caught.value)
    assert base_url in str(caught.value)


@pytest.mark.parametrize("proxy", ["http://", "socks5://127.0.0.1:1", "nonsense://x"])
def test_a_proxy_that_cannot_be_one_is_a_clear_error(proxy: str) -> None:
    with pytest.raises((InvalidInput, ConnectionFailed)) as caught:
        client("https://plc.example", proxy=proxy, retries=0).send("POST", "/")
    assert "may have carried" not in str(caught.value)
    assert "proxy" in str(caught.value)
