# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base URLs and proxies."""

from __future__ import annotations

import string
from typing import Any
from urllib.parse import urlsplit

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import ConnectionFailed, InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient, is_loopback, normalise_url
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins._web import Reply, Web, free_port
from tests.unit.plugins.conftest import Certificates, Serve

LABEL = st.text(string.ascii_letters + string.digits, min_size=1, max_size=10)
HOSTS = st.one_of(
    st.lists(LABEL, min_size=1, max_size=3).map(".".join), st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(lambda address: f"[{address}]")
)
PATHS = st.lists(LABEL, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
PORTS = st.one_of(st.none(), st.integers(1, 65535))


URLS = st.tuples(st.just("https"), HOSTS, PORTS, PATHS)


def written(scheme: str, host: str, port: int | None, path: str) -> str:
    return f"{scheme}://{host}" + ("" if port is None else f":{port}") + path


# Base URLs


@given(URLS)
def test_a_normalised_url_stays_as_it_is(parts: tuple[str, str, int | None, str]) -> None:
    once = normalise_url(written(*parts))
    assert normalise_url(once) == once
    assert not once.endswith("/")


@given(URLS, st.sampled_from(["", "/", "//", " ", "/\n"]))
def test_ways_to_write_a_url_come_to_the_same(parts: tuple[str, str, int | None, str], ending: str) -> None:
    scheme, host, port, path = parts
    once = normalise_url(written(*parts))
    assert normalise_url(written(scheme.upper(), host.swapcase(), port, path) + ending) == once
    if port in (None, 443):
        assert normalise_url(written(scheme, host, None if port else 443, path)) == once


@given(URLS, URLS)
def test_urls_of_different_places_stay_different(one: tuple[str, str, int | None, str], other: tuple[str, str, int | None, str]) -> None:
    def place(parts: tuple[str, str, int | None, str]) -> tuple[str, int, str]:
        return parts[1].lower(), parts[2] or 443, parts[3]

    assert (normalise_url(written(*one)) == normalise_url(written(*other))) is (place(one) == place(other))


@given(URLS)
def test_nothing_of_a_url_is_lost(parts: tuple[str, str, int | None, str]) -> None:
    found = urlsplit(normalise_url(written(*parts)))
    assert found.hostname == parts[1].strip("[]").lower()
    assert found.port == (None if parts[2] == 443 else parts[2])
    assert found.path == parts[3]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("plc.example", "is not a URL"),
        ("ftp://plc.example", "is not a URL"),
        ("https://", "is not a URL"),
        ("https:///path", "is not a URL"),
        ("", "is not a URL"),
        ("https://[::1", "is not a URL"),
        ("https://plc.example:port", "no valid port"),
        ("https://plc.example:70000", "no valid port"),
        ("https://plc.example:0", "no valid port"),
        ("https://user:hush@plc.example", "user name or password"),
        ("https://user@plc.example", "user name or password"),
        ("ftp://user:hush@plc.example", "user name or password"),
        ("https://user:hush@plc.example:port", "user name or password"),
        ("https://user:hush#hush@plc.example", "user name or password"),
        ("https://user:hush?hush@plc.example", "user name or password"),
        ("https://plc.example/?a=1", "query or fragment"),
        ("https://plc.example/#top", "query or fragment"),
    ],
)
def test_what_is_no_base_url_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as caught:
        normalise_url(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "[::1]", "localhost", "LOCALHOST", "plc.localhost"])
def test_plain_http_to_this_machine_is_accepted(host: str) -> None:
    assert Connection(f"http://{host}:8080").base_url == f"http://{host.lower()}:8080"


@pytest.mark.parametrize(
    "host", ["plc.example", "192.168.1.5", "10.0.0.1", "128.0.0.1", "[fe80::1]", "127.0.0.1.evil.example", "localhost.evil.example", "127.1", "0.0.0.0"]
)
def test_plain_http_to_another_machine_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(InvalidInput, match="unencrypted") as caught:
        Connection(f"http://{host}")
    assert "allow_plain_http: true" in caught.value.hint
    assert Connection(f"http://{host}:80/x/", allow_plain_http=True).base_url == f"http://{host}/x"
    assert Connection(f"https://{host}").base_url == f"https://{host}"


@given(st.ip_addresses())
def test_loopback_addresses_are_known(address: Any) -> None:
    assert is_loopback(str(address)) is address.is_loopback


# Proxies

PROXY = "http://proxy.example:3128"
OTHER = "http://other.example:3128"


@pytest.mark.parametrize(
    ("url", "option", "task", "process", "expected"),
    [
        ("https://plc.example", None, {}, {}, None),
        ("https://plc.example", PROXY, {"https_proxy": OTHER}, {"https_proxy": OTHER, "no_proxy": "plc.example"}, PROXY),
        ("https://plc.example", None, {}, {"https_proxy": PROXY}, PROXY),
        ("https://plc.example", None, {}, {"HTTPS_PROXY": PROXY}, PROXY),
        ("https://plc.example", None, {}, {"https_proxy": PROXY, "HTTPS_PROXY": OTHER}, PROXY),
        ("https://plc.example", None, {"HTTPS_PROXY": PROXY}, {"https_proxy": OTHER}, PROXY),
        ("https://plc.example", None, {}, {"http_proxy": PROXY}, None),
        ("http://plc.example", None, {}, {"http_proxy": PROXY}, PROXY),
        ("https://plc.example", None, {}, {"all_proxy": PROXY}, PROXY),
        ("https://plc.example", None, {"https_proxy": PROXY}, {"all_proxy": OTHER}, PROXY),
        ("https://plc.example", None, {"https_proxy": ""}, {"https_proxy": PROXY}, None),
        ("https://plc.example", None, {"https_proxy": PROXY, "no_proxy": "plc.example"}, {}, None),
        ("https://plc.example", None, {"https_proxy": PROXY, "no_proxy": ".example"}, {}, None),
        ("https://plc.example", None, {"https_proxy": PROXY, "NO_PROXY": "*"}, {}, None),
        ("https://plc.example", None, {"https_proxy": PROXY}, {"no_proxy": "plc.example"}, None),
        ("https://plc.example", None, {"https_proxy": PROXY, "no_proxy": "other.example"}, {"no_proxy": "plc.example"}, PROXY),
        ("https://10.1.2.3", None, {"https_proxy": PROXY, "no_proxy": "10.1.0.0/16"}, {}, None),
        ("https://plc.example", None, {"https_proxy": PROXY, "no_proxy": "c.example"}, {}, PROXY),
    ],
)
def test_the_proxy_comes_from_the_option_then_the_task_then_the_process(
    monkeypatch: pytest.MonkeyPatch, url: str, option: str | None, task: dict[str, str], process: dict[str, str], expected: str | None
) -> None:
    for name, value in process.items():
        monkeypatch.setenv(name, value)
    scheme = urlsplit(url).scheme
    found = Connection(url, proxy=option, environment=task, allow_plain_http=True).proxies()
    assert found == ({} if expected is None else {scheme: expected})


def client(url: str, **connection: Any) -> HttpClient:
    return HttpClient("Plant", Connection(url, **{"retries": 0, "timeout": 5.0, **connection}), Secrets())


def test_requests_go_through_the_proxy(serve: Serve, proxy: Web, certificates: Certificates) -> None:
    """TLS is verified end to end, and the proxy sees neither the request nor the token."""
    server = serve(Reply(200, b"by server"), tls=certificates.server)
    answer = client(server.url, ca_path=certificates.ca, proxy=proxy.url).send("GET", "/x", authorization="Bearer abc")
    assert answer.content == b"by server"
    assert [(request.method, request.path) for request in proxy.received] == [("CONNECT", f"127.0.0.1:{server.port}")]
    assert "authorization" not in proxy.received[0].headers
    assert server.received[0].headers["authorization"] == "Bearer abc"


def test_a_proxy_may_be_named_without_its_scheme(serve: Serve, proxy: Web, certificates: Certificates) -> None:
    server = serve(Reply(200, b"by server"), tls=certificates.server)
    assert client(server.url, ca_path=certificates.ca, proxy=f"127.0.0.1:{proxy.port}").send("GET", "/x").content == b"by server"
    assert len(proxy.received) == 1


def test_a_certificate_is_pinned_through_the_proxy_too(serve: Serve, proxy: Web, certificates: Certificates) -> None:
    server = serve(Reply(200), tls=certificates.server)
    assert client(server.url, certificate_fingerprint=certificates.fingerprint, proxy=proxy.url).send("GET", "/").status == 200
    with pytest.raises(Exception, match="no trusted TLS connection"):
        client(server.url, certificate_fingerprint="0" * 64, proxy=proxy.url).send("GET", "/")
    assert len(server.received) == 1


def test_a_proxy_of_the_environment_is_used_and_no_proxy_goes_past_it(serve: Serve, proxy: Web) -> None:
    server = serve(Reply(200, b"by server"))
    environment = {"http_proxy": proxy.url}
    assert client(server.url, environment=environment).send("GET", "/").content == b"by proxy"
    assert proxy.received[0].path == f"{server.url}/"
    assert client(server.url, environment={**environment, "no_proxy": "127.0.0.1"}).send("GET", "/").content == b"by server"


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_is_named(serve: Serve, proxy: Web, certificates: Certificates, status: int) -> None:
    proxy.script = lambda _request: Reply(status)
    server = serve(Reply(200), tls=certificates.server)
    with pytest.raises(ConnectionFailed, match="the proxy did not connect to") as caught:
        client(server.url, ca_path=certificates.ca, proxy=proxy.url).send("POST", "/")
    assert caught.value.may_have_arrived is False
    assert str(status) in caught.value.message
    assert "no_proxy" in caught.value.hint
    assert not server.received


def test_a_proxy_that_is_not_there_is_named() -> None:
    with pytest.raises(ConnectionFailed, match="the proxy did not connect to") as caught:
        client("https://plc.example", proxy=f"http://127.0.0.1:{free_port()}").send("POST", "/")
    assert caught.value.may_have_arrived is False
