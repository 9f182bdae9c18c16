# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kept logins: in the run's directory and in the fact, between processes, and when they are damaged."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import stat
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import CredentialsRejected, LoginFailed, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import MagentoFlow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token
from ansible_collections.tokenflow.services.plugins.plugin_utils import _token_store
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import seal
from ansible_collections.tokenflow.services.plugins.plugin_utils._token_store import TokenStore, identity_of, kept_facts, merged, public_part, run_directory

NAME = "ab" * 32
NOW = time.time()
TOKEN = Token("f571021127481db5", "plcnext", "https://plc", "automation", "", NOW, NOW + 600, True, {"roles": ["EHmiLevel1"]})
OTHER = Token("0123456789abcdef", "plcnext", "https://plc", "automation", "", NOW, NOW + 600)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(_token_store.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path / "tokenflow"


def sealed(token: Token) -> dict[str, Any]:
    return {**public_part(token), "sealed": seal(token.to_json())}


# Keeping


def test_a_token_is_kept_for_the_run() -> None:
    assert TokenStore(NAME, {}).load() is None
    TokenStore(NAME, {}).save(TOKEN)
    assert TokenStore(NAME, {}).load() == TOKEN
    assert TokenStore("cd" * 32, {}).load() is None
    TokenStore(NAME, {}).save(OTHER)
    assert TokenStore(NAME, {}).load() == OTHER


def test_what_is_kept_shows_nothing_and_is_private(folder: Path) -> None:
    store = TokenStore(NAME, {})
    with store.lock():
        store.save(TOKEN)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = sorted(folder.iterdir())
    assert [file.name for file in files] == [f"{NAME}.json", f"{NAME}.json.lock"]
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert TOKEN.value.encode() not in file.read_bytes()
    assert TOKEN.value not in json.dumps(store.fact())


def test_privacy_does_not_depend_on_the_umask(folder: Path) -> None:
    before = os.umask(0)
    try:
        store = TokenStore(NAME, {})
        with store.lock():
            store.save(TOKEN)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_the_fact_has_the_public_part() -> None:
    store = TokenStore(NAME, {})
    store.save(TOKEN)
    fact = store.fact()
    assert fact is not None
    assert set(fact) == {"service", "base_url", "principal", "issued_at", "expires_at", "sealed"}
    assert (fact["service"], fact["base_url"], fact["principal"]) == ("plcnext", "https://plc", "automation")
    assert fact["expires_at"] > fact["issued_at"]
    assert {type(value) for value in fact.values()} == {str}


def test_a_forgotten_token_is_gone_also_from_the_fact() -> None:
    facts = {NAME: sealed(TOKEN)}
    store = TokenStore(NAME, facts)
    store.forget()
    assert store.load() is None
    assert store.fact() is None
    assert TokenStore(NAME, facts).load() is None
    assert merged(facts, store) == {}


# Directory and fact


def test_the_fact_counts_where_the_directory_knows_nothing() -> None:
    store = TokenStore(NAME, {NAME: sealed(TOKEN)})
    assert store.load() == TOKEN
    assert store.fact() == sealed(TOKEN) | {"sealed": store.fact()["sealed"]}  # type: ignore[index]
    assert merged({NAME: store.fact()}, store) is None


def test_the_directory_counts_before_the_fact() -> None:
    TokenStore(NAME, {}).save(OTHER)
    assert TokenStore(NAME, {NAME: sealed(TOKEN)}).load() == OTHER


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "text",
        [],
        5,
        {},
        {"sealed": ""},
        {"sealed": None},
        {"sealed": "gAAAAA"},
        {"sealed": seal("no json")},
        {"sealed": seal("[]")},
        {"sealed": seal("{}")},
        {"sealed": seal('{"value": "x", "nosuch": 1}')},
        {"sealed": seal(TOKEN.to_json())[:-3] + "AAA"},
        {"rejected": "text"},
        {"rejected": {"kind": "login_failed"}},
        {"rejected": []},
    ],
)
def test_a_damaged_or_foreign_fact_is_as_if_it_were_not_there(entry: Any) -> None:
    assert TokenStore(NAME, {NAME: entry}).load() is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"7", b'"x"', b"\xff\xfe", b'{"sealed": "x"}', b'{"sealed": 5}', b'{"rejected": {}}', b'{"rejected": 7}']
)
def test_a_damaged_file_is_as_if_it_were_not_there(folder: Path, content: bytes) -> None:
    store = TokenStore(NAME, {})
    (folder / f"{NAME}.json").write_bytes(content)
    assert store.load() is None
    store.fact()
    store.save(TOKEN)
    assert store.load() == TOKEN


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({}, {}),
        ({"tokenflow_tokens": {"a": 1}}, {"a": 1}),
        ({"ansible_facts": {"tokenflow_tokens": {"a": 1}}}, {"a": 1}),
        ({"tokenflow_tokens": {"a": 1}, "ansible_facts": {"tokenflow_tokens": {"a": 2}}}, {"a": 1}),
        ({"tokenflow_tokens": "odd"}, {}),
        ({"tokenflow_tokens": ["odd"]}, {}),
        ({"ansible_facts": None}, {}),
    ],
)
def test_facts_are_variables_or_facts(variables: dict[str, Any], found: dict[str, Any]) -> None:
    assert kept_facts(variables) == found


def test_merging_leaves_other_logins_and_drops_those_that_ran_out() -> None:
    live, dead, endless = (Token("x", "s", "u", "p", "", NOW - 20_000, end) for end in (NOW + 10_000, NOW - 10_000, None))
    facts = {"live": sealed(live), "dead": sealed(dead), "endless": sealed(endless), "odd": "text"}
    store = TokenStore(NAME, facts)
    assert merged(facts, store) is None
    store.save(TOKEN)
    found = merged(facts, store)
    assert found is not None
    assert set(found) == {"live", "endless", NAME}
    assert found["live"] == facts["live"]
    assert merged(found, store) is None


# Rejections


@pytest.mark.parametrize("kind", [CredentialsRejected, LoginFailed])
def test_a_rejection_is_remembered_with_all_that_was_said(kind: type[TokenflowError]) -> None:
    error = kind("the login was rejected", service="PLCnext", method="POST", path="/x", status=401, reply="wrongPassword", hint="Correct it.")
    TokenStore(NAME, {}).reject(error)
    for _round in range(2):
        with pytest.raises(kind) as caught:
            TokenStore(NAME, {NAME: sealed(TOKEN)}).load()
        assert caught.value.KIND == kind.KIND
        assert str(caught.value) == "PLCnext: POST /x: the login was rejected, earlier in this run: wrongPassword. Correct it."
    assert TokenStore("cd" * 32, {}).load() is None


def test_a_rejection_is_no_fact() -> None:
    store = TokenStore(NAME, {NAME: sealed(TOKEN)})
    store.reject(CredentialsRejected("no"))
    assert store.fact() is None
    assert merged({NAME: sealed(TOKEN)}, store) == {}


def test_a_new_token_ends_a_rejection() -> None:
    store = TokenStore(NAME, {})
    store.reject(CredentialsRejected("no"))
    store.save(TOKEN)
    assert store.load() == TOKEN


# Several processes


def test_only_one_process_logs_in(folder: Path) -> None:
    """Ten that need a token at once."""
    logins = folder.parent / "logins"

    def work() -> None:
        store = TokenStore(NAME, {})
        with store.lock():
            if store.load() is None:
                with open(logins, "a", encoding="utf-8") as stream:
                    stream.write("login\n")
                time.sleep(0.05)
                store.save(TOKEN)

    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=work) for _round in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert logins.read_text() == "login\n"
    assert TokenStore(NAME, {}).load() == TOKEN


def test_a_lock_ends_with_its_process() -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()

    def work() -> None:
        store = TokenStore(NAME, {})
        with store.lock():
            ready.set()
            os._exit(9)

    worker = context.Process(target=work)
    worker.start()
    assert ready.wait(5)
    worker.join()
    with TokenStore(NAME, {}).lock():
        pass


def test_a_lock_can_be_taken_again_by_its_holder_and_ends_with_the_last(folder: Path) -> None:
    store = TokenStore(NAME, {})

    def taken() -> bool:
        with open(folder / f"{NAME}.json.lock", "r+b") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    with store.lock():
        with store.lock():
            assert taken()
        assert taken()
    assert not taken()


def test_a_lock_ends_when_something_goes_wrong() -> None:
    store = TokenStore(NAME, {})
    with pytest.raises(KeyboardInterrupt), store.lock(), store.lock():
        raise KeyboardInterrupt
    with TokenStore(NAME, {}).lock():
        pass


def test_readers_never_see_half_an_entry() -> None:
    store, context = TokenStore(NAME, {}), multiprocessing.get_context("fork")
    store.save(TOKEN)

    def write() -> None:
        end = time.monotonic() + 0.4
        while time.monotonic() < end:
            store.save(TOKEN)

    writer = context.Process(target=write)
    writer.start()
    reads = 0
    while writer.is_alive():
        assert store.load() == TOKEN
        reads += 1
    writer.join()
    assert reads > 10


def test_the_directory_is_made_once_and_stays(folder: Path) -> None:
    assert run_directory() == run_directory() == str(folder)


# Identities


def flow(kind: Any, base_url: str = "https://a.example", **params: Any) -> Any:
    return kind(params, HttpClient("x", Connection(base_url), Secrets()))


def test_a_login_has_one_identity_wherever_it_is_used() -> None:
    one = identity_of(flow(PlcnextFlow, username="u", password="p"))
    assert identity_of(flow(PlcnextFlow, "https://A.example:443/", username="u", password="p", api_version="v1.8", timeout=9)) == one


@pytest.mark.parametrize(
    "other",
    [
        flow(PlcnextFlow, username="u", password="q"),
        flow(PlcnextFlow, username="v", password="p"),
        flow(PlcnextFlow, "https://b.example", username="u", password="p"),
        flow(MagentoFlow, username="u", password="p"),
    ],
)
def test_another_login_has_another_identity(other: Any) -> None:
    assert identity_of(other) != identity_of(flow(PlcnextFlow, username="u", password="p"))


def test_accounts_of_a_shop_are_different_logins() -> None:
    assert identity_of(flow(MagentoFlow, username="u", password="p", account="admin")) != identity_of(
        flow(MagentoFlow, username="u", password="p", account="customer")
    )
    assert identity_of(flow(MagentoFlow, username="u", password="p", otp="1")) == identity_of(flow(MagentoFlow, username="u", password="p", otp="2"))


def test_where_calls_come_from_counts_where_the_service_binds_logins_to_it() -> None:
    plc, phoenix = flow(PlcnextFlow, username="u", password="p"), flow(PhoenixFlow, client_id="u", client_secret="p")
    assert identity_of(plc, "jumphost") != identity_of(plc)
    assert identity_of(phoenix, "jumphost") == identity_of(phoenix)
