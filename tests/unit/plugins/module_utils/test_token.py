# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, the names under which they are kept, and their times."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, identity, jwt_times, timestamp
from hypothesis import given
from hypothesis import strategies as st

TOKEN = Token("f571", "plcnext", "https://plc", "automation", "", 1000.0, 1600.0, True, {"roles": ["EHmiLevel1"]})
PARTS: dict[str, Any] = {
    "service": "plcnext",
    "base_url": "https://plc",
    "principal": "automation",
    "scope": "",
    "origin": "controller",
    "credentials": ["password"],
}


def test_a_token_does_not_show_its_value() -> None:
    assert "f571" not in repr(TOKEN)
    assert "f571" not in str(TOKEN)


def test_a_token_survives_json() -> None:
    assert Token.from_json(TOKEN.to_json()) == TOKEN
    bare = Token("x", "phoenix", "https://p", "id", "", 5.0)
    assert Token.from_json(bare.to_json()) == bare


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e3))
def test_a_token_lives_until_its_end(lifetime: float, age: float, at_least: float) -> None:
    token = Token("x", "s", "u", "p", "", 1000.0, 1000.0 + lifetime)
    now = 1000.0 + age
    assert token.lives(now, at_least) is (1000.0 + lifetime - now > at_least)
    assert token.remaining(now) == pytest.approx(lifetime - age, abs=1e-3)
    assert token.lifetime == pytest.approx(lifetime, abs=1e-3)


def test_a_token_is_over_at_its_end() -> None:
    assert TOKEN.lives(1599.9)
    assert not TOKEN.lives(1600.0)
    assert not TOKEN.lives(1590.0, 10.0)


def test_a_token_without_an_end_always_lives() -> None:
    token = Token("x", "s", "u", "p", "", 1000.0)
    assert token.lives(1e12, 1e9)
    assert (token.lifetime, token.remaining(5.0)) == (None, None)


def test_noting_adds_and_leaves_the_old_token_alone() -> None:
    noted = TOKEN.noting(holds_lock=True)
    assert noted.notes == {"roles": ["EHmiLevel1"], "holds_lock": True}
    assert TOKEN.notes == {"roles": ["EHmiLevel1"]}
    assert noted.value == TOKEN.value


# Identities


def test_an_identity_is_hexadecimal_and_stays_the_same() -> None:
    name = identity(b"key", **PARTS)
    assert re.fullmatch("[0-9a-f]{64}", name)
    assert identity(b"key", **PARTS) == name


@pytest.mark.parametrize(
    "change",
    [
        {"service": "appliance"},
        {"base_url": "https://plc2"},
        {"principal": "admin"},
        {"scope": "customer"},
        {"origin": "jumphost"},
        {"credentials": ["Password"]},
        {"credentials": []},
        {"credentials": ["password", ""]},
        {"credentials": ["pass", "word"]},
    ],
)
def test_an_identity_changes_with_each_part(change: dict[str, Any]) -> None:
    assert identity(b"key", **{**PARTS, **change}) != identity(b"key", **PARTS)


def test_an_identity_changes_with_the_key() -> None:
    assert identity(b"key", **PARTS) != identity(b"other", **PARTS)


TEXTS = st.text(st.characters(blacklist_categories=["Cs"]))
IDENTITIES = st.fixed_dictionaries({**{name: TEXTS for name in PARTS if name != "credentials"}, "credentials": st.lists(TEXTS, max_size=3)})


@given(IDENTITIES, IDENTITIES)
def test_two_logins_have_one_identity_only_if_they_are_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Also where text of one part could run into the next."""
    assert (identity(b"key", **one) == identity(b"key", **other)) is (one == other)


def test_a_part_does_not_run_into_the_next() -> None:
    assert identity(b"key", **{**PARTS, "principal": 'a", "b', "scope": ""}) != identity(b"key", **{**PARTS, "principal": "a", "scope": "b"})


# JWTs


def jwt(claims: Any, padding: bool = False) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{payload if padding else payload.rstrip('=')}.c2ln"


@pytest.mark.parametrize("padding", [False, True])
@pytest.mark.parametrize("uid", [1, 12, 123, 1234])
def test_the_times_of_a_jwt(uid: int, padding: bool) -> None:
    assert jwt_times(jwt({"uid": uid, "iat": 100, "exp": 3700.5}, padding)) == (100.0, 3700.5)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "opaque",
        "a.b",
        "a.b.c",
        "a.b.c.d.e",
        "a.!!!.c",
        jwt([]),
        jwt("text"),
        jwt({}),
        jwt({"iat": 1}),
        jwt({"iat": None, "exp": 5}),
        jwt({"iat": "x", "exp": 1}),
        "ä.ö.ü",
    ],
)
def test_what_is_no_jwt_has_no_times(value: str) -> None:
    assert jwt_times(value) is None


@given(st.text())
def test_no_text_breaks_the_reading_of_a_jwt(text: str) -> None:
    jwt_times(text)
    jwt_times(f"a.{text}.c")


# Timestamps


@pytest.mark.parametrize(("seconds", "text"), [(None, None), (0, "1970-01-01T00:00:00Z"), (1_795_262_400.9, "2026-11-21T12:00:00Z")])
def test_timestamps(seconds: float | None, text: str | None) -> None:
    assert timestamp(seconds) == text


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_timestamps_sort_like_times(one: float, other: float) -> None:
    if one <= other:
        assert (timestamp(one) or "") <= (timestamp(other) or "")


@pytest.mark.parametrize("seconds", [1.8e12, 1e15, 1e300])
def test_a_time_beyond_all_calendars_is_the_last_one(seconds: float) -> None:
    """Milliseconds in place of seconds, for example."""
    assert timestamp(seconds) == "9999-12-31T23:59:59Z"
