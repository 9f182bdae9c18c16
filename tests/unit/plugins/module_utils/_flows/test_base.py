# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all flows share: reading a token out of an answer, its lifetime, errors about a login, texts of pages."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    NotAuthorised,
    TokenflowError,
    Unavailable,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow, html_text, json_or_none, number, server_time
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer, Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._registry import FLOWS, SERVICES
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_795_000_000.0


def answer(content: bytes = b"", status: int = 200, **headers: str) -> Answer:
    return Answer("POST", "/login", status, headers, content, len(content), 0.0)


class Plain(Flow):
    NAME = "plain"
    TITLE = "Plain"
    OPTIONS = {"username": {"type": "str"}, "password": {"type": "str", "no_log": True}, "pin": {"type": "str", "no_log": True}}
    TOKEN = "data.token"
    LIFETIME = "data.expires_in"
    EXPIRY = "data.expiry"
    ASSUMED_LIFETIME = 600.0


def flow(kind: type[Flow] = Plain, **params: Any) -> Flow:
    return kind(params, HttpClient("Plain", Connection("https://plain.example"), Secrets()), lambda: NOW)


# The token of an answer


@pytest.mark.parametrize("content", [b'{"data": {"token": "abc"}}', b"<response><data><token>abc</token></data></response>"])
def test_a_token_is_read_from_json_and_xml(content: bytes) -> None:
    found = flow(username="u")
    token = found.token_from(answer(content), NOW - 2, {"roles": []})
    assert (token.value, token.service, token.base_url, token.principal, token.scope) == ("abc", "plain", "https://plain.example", "u", "")
    assert (token.issued_at, token.expires_at, token.assumed, token.notes) == (NOW - 2, NOW + 598, True, {"roles": []})
    assert "abc" in found.client.secrets.values


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"data": null}',
        b'{"data": {"token": ""}}',
        b'{"data": {"token": "  "}}',
        b'{"data": {"token": 7}}',
        b'{"data": {"token": {"a": 1}}}',
    ],
)
def test_an_answer_without_a_token_is_an_error_that_shows_nothing_of_it(content: bytes) -> None:
    with pytest.raises(LoginFailed, match="without a token") as caught:
        flow().token_from(answer(content), NOW)
    assert (caught.value.service, caught.value.method, caught.value.path, caught.value.status, caught.value.reply) == ("Plain", "POST", "/login", 200, "")


@pytest.mark.parametrize(
    "content",
    [b'{"data": {"token": "s3cr3t-token"}', b'{"data": {"token": "s3cr3t-token"}} trailing', b"<r><data><token>s3cr3t-token</token></data>", b'"s3cr3t-token'],
)
def test_a_login_answer_that_cannot_be_read_shows_nothing_of_the_token(content: bytes) -> None:
    with pytest.raises(TokenflowError) as caught:
        flow().token_from(answer(content), NOW)
    assert isinstance(caught.value, (BadAnswer, LoginFailed))
    assert "s3cr3t" not in str(caught.value.as_result())
    assert (caught.value.service, caught.value.method, caught.value.path, caught.value.status) == ("Plain", "POST", "/login", 200)


def test_a_web_page_in_place_of_a_login_answer_is_shown() -> None:
    page = b"<html><head><title>Sign in</title></head><body>Plant network portal</body></html>"
    with pytest.raises(TokenflowError, match="Plant network portal"):
        flow().token_from(answer(page), NOW)


# Lifetimes


def lifetime(content: str, **headers: str) -> tuple[float | None, bool]:
    token = flow().token_from(answer(content.encode(), **headers), NOW)
    return token.lifetime, token.assumed


@pytest.mark.parametrize(
    ("members", "seconds", "assumed"),
    [
        ('"expires_in": 3600', 3600, False),
        ('"expires_in": "3600"', 3600, False),
        ('"expires_in": 0.5', 0.5, False),
        ('"expires_in": null', 600, True),
        ('"expires_in": true', 600, True),
        ('"expires_in": "soon"', 600, True),
        ('"expires_in": "NaN"', 600, True),
        ('"expires_in": Infinity', 600, True),
        ('"expires_in": [1]', 600, True),
        (f'"expiry": {NOW + 900}', 900, False),
        (f'"expires_in": 5, "expiry": {NOW + 900}', 5, False),
        ('"other": 1', 600, True),
    ],
)
def test_the_lifetime_of_an_answer(members: str, seconds: float, assumed: bool) -> None:
    assert lifetime(f'{{"data": {{"token": "t", {members}}}}}') == (seconds, assumed)


@given(st.integers(-90_000, 90_000), st.integers(1, 100_000))
def test_an_absolute_expiry_is_corrected_by_the_clock_of_the_server(skew: int, seconds: int) -> None:
    date = formatdate(NOW + skew, usegmt=True)
    assert lifetime(f'{{"data": {{"token": "t", "expiry": {NOW + skew + seconds}}}}}', Date=date) == (seconds, False)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.text() | st.booleans() | st.none() | st.lists(st.integers()) | st.integers())
def test_a_number_is_finite_or_none(value: Any) -> None:
    found = number(value)
    assert found is None or abs(found) < float("inf")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300:
        assert found == float(value)


@pytest.mark.parametrize("header", [None, "", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT", "0"])
def test_without_a_date_the_own_clock_counts(header: str | None) -> None:
    assert server_time(answer(**({} if header is None else {"Date": header})), 5.0) == 5.0


def test_the_time_of_the_server() -> None:
    assert server_time(answer(Date="Sun, 06 Nov 1994 08:49:37 GMT"), 0.0) == 784111777.0
    assert server_time(answer(Date=formatdate(1.0)), 0.0) == 1.0


# Errors


@pytest.mark.parametrize(
    ("status", "kind", "found"),
    [(400, LoginFailed, LoginFailed), (503, LoginFailed, Unavailable), (429, LoginFailed, Unavailable), (503, CredentialsRejected, CredentialsRejected)],
)
def test_a_login_that_is_refused_for_now_is_no_failed_login(status: int, kind: type[TokenflowError], found: type[TokenflowError]) -> None:
    error = flow().login_error(kind, answer(b"because", status), "it broke", "Do this.")
    assert error.KIND == found.KIND
    assert (error.reply, error.hint, error.status) == ("because", "Do this.", status)


def test_the_body_of_a_success_is_not_shown() -> None:
    assert flow().login_error(LoginFailed, answer(b'{"token": "abc"}', 200), "it broke").reply == ""


def test_secrets_in_a_reply_are_redacted() -> None:
    found = flow()
    found.client.secrets.add("hush")
    assert found.login_error(LoginFailed, answer(b"no user hush", 400), "it broke").reply == "no user ********"


def test_refused_credentials() -> None:
    error = flow(username="u").rejected(answer(b"no", 401))
    assert isinstance(error, CredentialsRejected)
    assert str(error) == (
        "Plain: POST /login: the login as 'u' was rejected (HTTP 401): no. "
        "It was sent once and is not sent again in this run, so that no account is locked. Correct the credentials."
    )
    assert flow().rejected(answer(b"", 401), "Ask.").hint == "Ask."


@pytest.mark.parametrize(
    ("params", "missing"), [({}, "username and password"), ({"username": "u"}, "password"), ({"username": "", "password": "p"}, "username")]
)
def test_missing_credentials_are_named_with_their_variables(params: dict[str, Any], missing: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        flow(**params).require("username", "password")
    assert f"Plain needs {missing} to log in" in caught.value.message
    for name in missing.split(" and "):
        assert f"PLAIN_{name.upper()}" in caught.value.hint
    flow(username="u", password="p").require("username", "password")


def test_basic_values_are_secret() -> None:
    found = flow()
    value = found.basic("u", "p")
    assert value == "Basic dTpw"
    assert "dTpw" in found.client.secrets.values


def test_credentials_are_the_secret_options_that_are_given() -> None:
    assert flow(username="u", password="p", pin="").credentials() == ["p"]
    assert flow(username="u", password="p", pin="1").credentials() == ["p", "1"]
    assert Plain.secret_options() == ["password", "pin"]


def test_a_refusal_does_not_depend_on_the_query() -> None:
    one, other = (Answer("GET", path, 401, {}, b"", 0, 0.0) for path in ("/x?page=1", "/x?page=2"))
    assert flow().refusal(one) == flow().refusal(other) == "GET /x"


def test_what_a_flow_has_unless_it_says_otherwise() -> None:
    found = flow()
    token = found.token_from(answer(b'{"data": {"token": "abc"}}'), NOW)
    assert found.authorization(token) == "Bearer abc"
    assert (found.held_by(token), found.observe(answer(), token), found.revoke(token), found.needs_login) == ("", token, False, True)
    assert isinstance(found.explain(answer(b"text", 500)).reply, str)


# Texts


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>", "502 Bad Gateway: nginx"),
        ("<html><head><style>b{}</style><script>alert('x')</script></head><body>a<b>b</b>\n c</body></html>", "a: b: c"),
        ("<p>Caf&eacute; &amp; bar</p>", "Café & bar"),
        ("<html>unclosed <b>text", "unclosed: text"),
        ("", ""),
    ],
)
def test_the_text_of_a_page(page: str, text: str) -> None:
    assert html_text(answer(page.encode())) == text


@given(st.text())
def test_no_page_breaks_the_reader(page: str) -> None:
    assert len(html_text(answer(page.encode("utf-8", "surrogatepass")))) <= 303


def test_json_or_none() -> None:
    assert json_or_none(answer(b'{"a": 1}')) == {"a": 1}
    assert json_or_none(answer(b"<html>")) is None


# The registry


def test_every_flow_is_whole() -> None:
    assert SERVICES == ["plcnext", "pxplus", "phoenix", "magento", "appliance"]
    for kind in FLOWS:
        assert kind.TITLE
        assert kind.TOKEN
        assert kind.secret_options()
        for name in kind.secret_options():
            assert any(word in name for word in ("password", "secret", "otp"))
        for name, option in kind.OPTIONS.items():
            variables = option.get("fallback", (None, []))[1]
            assert all(variable == f"{kind.NAME}_{name}".upper() for variable in variables)


def test_the_time_is_that_of_this_machine_unless_given() -> None:
    found = Plain({}, HttpClient("Plain", Connection("https://plain.example"), Secrets()))
    assert found.now() == pytest.approx(time.time(), abs=5)
    assert issubclass(NotAuthorised, TokenflowError)
