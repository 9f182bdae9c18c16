# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in all the forms in which they travel."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils import _secrets
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import MASK, Secrets, basic
from hypothesis import given
from hypothesis import strategies as st

SECRETS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1)


@given(SECRETS, st.text(), st.text())
def test_a_secret_is_redacted_in_every_form(secret: str, before: str, after: str) -> None:
    secrets = Secrets([secret])
    for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        assert secret not in secrets.redact(before + form + after).replace(MASK, "") or secret in MASK
        assert form in secrets.values


def test_secrets_are_redacted_in_what_is_sent() -> None:
    password = 'a "q" \\ ü+/&%'
    secrets = Secrets([password])
    bodies = (json.dumps({"password": password}), json.dumps({"password": password}, ensure_ascii=False))
    for text in (*bodies, urlencode({"password": password}), f"/x?p={quote(password, safe='')}", f"wrong password {password}!"):
        assert MASK in secrets.redact(text)
        assert "q" not in secrets.redact(text).replace("/x?p=", "")


def test_the_longest_secret_is_redacted_first() -> None:
    assert Secrets(["abc", "abcdef", "cd"]).redact("abcdef abc cd") == f"{MASK} {MASK} {MASK}"


def test_nothing_is_no_secret() -> None:
    secrets = Secrets([None, ""])
    secrets.add(None, "")
    assert secrets.values == frozenset()
    assert secrets.redact("text") == "text"


def test_basic_values_are_secret_and_right() -> None:
    secrets = Secrets()
    value = secrets.add_basic("Jürgen", "pass:wörd")
    assert base64.b64decode(value).decode() == "Jürgen:pass:wörd"
    assert value == basic("Jürgen", "pass:wörd")
    assert secrets.redact(f"Authorization: Basic {value}") == f"Authorization: Basic {MASK}"
    assert "Jürgen" not in secrets.values


def test_what_is_added_later_counts_too() -> None:
    secrets = Secrets(["one"])
    assert secrets.redact("one two") == f"{MASK} two"
    secrets.add("two")
    assert secrets.redact("one two") == f"{MASK} {MASK}"


def test_secrets_are_registered_with_core_once_in_every_form(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []
    monkeypatch.setattr(_secrets, "register_secret", registered.append)
    secrets = Secrets(["a b"])
    secrets.add("a b", "a b", "c")
    assert sorted(registered) == ["a b", "a%20b", "a+b", "c"]
