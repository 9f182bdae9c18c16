# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sealing: with a key of the run, or one that is given."""

from __future__ import annotations

import base64
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.plugin_utils import _sealing
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import KEY_VARIABLE, identity_key, seal, unseal
from hypothesis import given
from hypothesis import strategies as st

ROOT = next(parent for parent in Path(_sealing.__file__).parents if parent.name == "ansible_collections").parent
NAME = _sealing.__name__


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_what_is_sealed_can_be_opened(text: str) -> None:
    sealed = seal(text)
    assert sealed.isascii()
    assert unseal(sealed) == text


def test_what_is_sealed_shows_nothing_and_is_another_each_time() -> None:
    one, other = seal("f571021127481db5"), seal("f571021127481db5")
    assert one != other
    assert "f571" not in one
    assert b"f571" not in base64.urlsafe_b64decode(one)


@given(st.text())
def test_what_was_not_sealed_here_cannot_be_opened(text: str) -> None:
    assert unseal(text) is None


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_what_was_changed_cannot_be_opened(place: int, difference: int) -> None:
    sealed = bytearray(base64.urlsafe_b64decode(seal("some text")))
    sealed[place % len(sealed)] ^= difference
    assert unseal(base64.urlsafe_b64encode(bytes(sealed)).decode()) is None


def test_workers_have_the_key_of_their_parent() -> None:
    """Both ways: what one of them seals the parent and the others can open."""
    sealed = seal("from the parent")
    context = multiprocessing.get_context("fork")

    def work(pipe: Any) -> None:
        pipe.send((unseal(sealed), seal("from a worker"), identity_key()))

    ours, theirs = context.Pipe()
    worker = context.Process(target=work, args=(theirs,))
    worker.start()
    opened, from_worker, key = ours.recv()
    worker.join()
    assert opened == "from the parent"
    assert unseal(from_worker) == "from a worker"
    assert key == identity_key()


def elsewhere(code: str, **environment: str) -> str:
    """What another run prints."""
    command = f"from {NAME} import identity_key, seal, unseal\n{code}"
    variables = {**{name: value for name, value in os.environ.items() if name != KEY_VARIABLE}, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-c", command], env=variables, capture_output=True, text=True, check=True).stdout.strip()


def test_another_run_has_another_key() -> None:
    sealed = elsewhere("print(seal('x'))\nprint(identity_key().hex())").splitlines()
    assert unseal(sealed[0]) is None
    assert elsewhere(f"print(unseal({seal('x')!r}))") == "None"
    assert len({identity_key().hex(), sealed[1], elsewhere("print(identity_key().hex())")}) == 3


def test_a_key_that_is_given_opens_in_another_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a long secret of the plant")
    sealed, key = seal("x"), identity_key()
    assert elsewhere(f"print(unseal({sealed!r}))", **{KEY_VARIABLE: "a long secret of the plant"}) == "x"
    assert elsewhere("print(identity_key().hex())", **{KEY_VARIABLE: "a long secret of the plant"}) == key.hex()
    assert elsewhere(f"print(unseal({sealed!r}))", **{KEY_VARIABLE: "another"}) == "None"
    monkeypatch.delenv(KEY_VARIABLE)
    assert unseal(sealed) is None
    assert identity_key() != key


def test_an_empty_key_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal("x")
    monkeypatch.setenv(KEY_VARIABLE, "")
    assert unseal(sealed) == "x"


def test_the_key_is_neither_the_secret_nor_the_same_for_both_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "x" * 32)
    assert identity_key() != b"x" * 32
    assert len(identity_key()) == 32
    assert _sealing._derive(b"x" * 32, b"seal") != identity_key()
