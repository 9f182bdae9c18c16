# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks at the end of a run: whose they are, what comes of giving them back, and which process does that on which signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import ConnectionFailed
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import HOLDS_LOCK, lock_ends
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance
from ansible_collections.tokenflow.services.plugins.module_utils._session import CONNECTION, INTENT, RENEWING
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, timestamp
from ansible_collections.tokenflow.services.plugins.plugin_utils import _release
from ansible_collections.tokenflow.services.plugins.plugin_utils._release import holders, release
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import seal

from tests.unit.plugins._simulated import Simulated

ROOT = Path(__file__).resolve().parents[4]
REACHED = {CONNECTION: {"base_url": "https://sbc.example"}}


def token(**notes: Any) -> Token:
    return Token("a/token+value=", "appliance", "https://sbc.example", "admin", "v1.2", 0.0, 600.0, True, notes)


def keep(folder: Path, name: str, one: Token | str) -> None:
    sealed = one if isinstance(one, str) else seal(one.to_json())
    (folder / f"{name}.json").write_text(json.dumps({"sealed": sealed, "principal": "admin"}), encoding="utf-8")


# Whose they are


def test_tokens_that_hold_a_lock_or_may(tmp_path: Path) -> None:
    keep(tmp_path, "holds", token(**{HOLDS_LOCK: True}, **REACHED))
    keep(tmp_path, "asked", token(**{INTENT: True}, **REACHED))
    keep(tmp_path, "none", token(**{HOLDS_LOCK: False, INTENT: False}, **REACHED))
    keep(tmp_path, "nothing known", token())
    keep(tmp_path, "nowhere to go", token(**{HOLDS_LOCK: True}))
    assert sorted(len(found.notes) for found in holders(tmp_path)) == [2, 2]
    assert {name for found in holders(tmp_path) for name in found.notes} == {HOLDS_LOCK, INTENT, CONNECTION}


def test_what_cannot_be_read_is_no_holder(tmp_path: Path) -> None:
    keep(tmp_path, "another key", "gAAAAABnothing")
    keep(tmp_path, "another version", seal(json.dumps({"value": "x", "colour": "blue"})))
    keep(tmp_path, "no json", seal("no json"))
    for name, text in (("empty", "{}"), ("list", "[]"), ("broken", '{"sealed": "'), ("metadata", '{"name": "host-route", "keys": []}')):
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    (tmp_path / "folder.json").mkdir()
    assert list(holders(tmp_path)) == []
    assert list(holders(tmp_path / "nothing")) == []


# Giving back


@pytest.fixture
def held(appliance: Simulated, monkeypatch: pytest.MonkeyPatch) -> Token:
    """A token that holds the lock."""
    monkeypatch.setattr(_release, "UNDER_WAY", 0.3)
    monkeypatch.setattr(_release, "INTERVAL", 0.05)
    store = MemoryStore()
    Appliance(appliance.session(store=store)).lock()
    assert store.token is not None
    return store.token


def holder(appliance: Simulated) -> Any:
    return appliance.act("lock_state")["holder"]


def said(one: Token) -> str:
    text = release(one)
    assert one.value not in text
    return text


def asked(one: Token) -> Token:
    return one.noting(**{INTENT: True, HOLDS_LOCK: False})


@pytest.mark.parametrize("content_type_check", ["strict", "off"])
def test_a_lock_is_given_back(appliance: Simulated, held: Token, content_type_check: str) -> None:
    appliance.switch(content_type_check=content_type_check)
    assert said(held) == f"released the configuration lock of {held.base_url}, which admin held at the end of the run; edits that were not saved remain"
    assert holder(appliance) is None
    assert said(held) == f"the configuration lock of {held.base_url}, which admin held, was gone already (HTTP 423)"


def test_a_lock_whose_token_is_dead_is_gone(appliance: Simulated, held: Token) -> None:
    appliance.act("revoke_tokens")
    assert "was gone already (HTTP 401)" in said(held)


@pytest.mark.parametrize(("fault", "what"), [({"kind": "status", "status": 503}, "(HTTP 503)"), ({"kind": "reset"}, "connection broke")])
def test_a_lock_that_cannot_be_given_back_is_said_to_stay(appliance: Simulated, held: Token, fault: dict[str, Any], what: str) -> None:
    appliance.act("fault", path="unlock", **fault)
    text = said(held)
    assert text.startswith(f"could not release the configuration lock of {held.base_url}, which admin holds (")
    assert what in text
    assert text.endswith(lock_ends(held))
    assert len(appliance.journal("unlock")) == 1


def test_a_lock_that_was_asked_for_may_have_been_granted(appliance: Simulated, held: Token) -> None:
    assert said(asked(held)).startswith("released the configuration lock")
    assert holder(appliance) is None


def test_a_request_for_the_lock_that_is_still_under_way_is_waited_for(appliance: Simulated, held: Token) -> None:
    Appliance(appliance.session(store=MemoryStore(held))).unlock()
    late = threading.Timer(0.15, lambda: Appliance(appliance.session(store=MemoryStore(asked(held).noting(**{INTENT: False})))).lock())
    late.start()
    assert said(asked(held)).startswith("released the configuration lock")
    late.join()
    assert holder(appliance) is None


def test_a_request_for_the_lock_that_never_got_there(appliance: Simulated, held: Token) -> None:
    Appliance(appliance.session(store=MemoryStore(held))).unlock()
    text = said(asked(held))
    assert text == f"the run ended while admin asked for the configuration lock of {held.base_url}. If it was granted after that, it stays. {lock_ends(held)}"
    appliance.act("revoke_tokens")
    assert said(asked(held)) == ""


def test_a_release_that_was_under_way_needs_no_word(appliance: Simulated, held: Token) -> None:
    Appliance(appliance.session(store=MemoryStore(held))).unlock()
    assert said(held.noting(**{INTENT: True})) == ""


@pytest.mark.parametrize("old", ["dies", "valid"])
def test_a_lock_that_moved_to_a_token_that_nobody_has_is_said_to_stay(appliance: Simulated, held: Token, old: str) -> None:
    appliance.switch(refresh_old_token=old)
    store, before = MemoryStore(held), time.time()
    appliance.fault("reset_after", "auth/token")
    with pytest.raises(ConnectionFailed):
        Appliance(appliance.session(store=store)).session.force()
    assert store.token is not None
    assert store.token.notes[RENEWING] is True
    text = said(store.token)
    assert text.startswith("the run ended while the token that holds the configuration lock")
    assert any(f"it stays until {timestamp(at + 600)} at the latest" in text for at in (before + second for second in range(8)))
    assert holder(appliance) == "admin"


def test_a_renewal_that_was_not_made_does_not_stand_in_the_way(appliance: Simulated, held: Token) -> None:
    assert said(held.noting(**{RENEWING: True})).startswith("released")
    assert holder(appliance) is None


# Who does it, and when

SCRIPT = """
import os, signal, sys, time
from ansible_collections.tokenflow.services.plugins.plugin_utils import _release
def say(text):
    os.write(1, (text + "\\n").encode())
{prepare}
_release._EndOfRun._give_back = lambda self: say("given back")
_release.register()
{then}
say("ready")
while True:
    time.sleep(0.05)
"""


class Process:
    """A process that registers as the first of a run does, with ``prepare`` before and ``then`` after that."""

    def __init__(self, prepare: str = "", then: str = "", **environment: str) -> None:
        path = os.pathsep.join([str(ROOT / "build" / "collections"), *sys.path])
        given = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **environment}
        command = [sys.executable, "-c", SCRIPT.format(prepare=prepare, then=then)]
        self.process = subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)

    def after(self, *numbers: int) -> tuple[int, list[str]]:
        """Exit status and lines after these signals."""
        assert self.process.stdout is not None
        lines = []
        while (line := self.process.stdout.readline().decode().strip()) != "ready":
            assert self.process.poll() is None, self.process.communicate()
            lines.append(line)
        for number in numbers:
            self.process.send_signal(number)
            time.sleep(0.2)
        output, _errors = self.process.communicate(timeout=10)
        return self.process.returncode, [*lines, *output.decode().splitlines()]


@pytest.fixture
def process() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(*arguments: str, **environment: str) -> Process:
        started.append(Process(*arguments, **environment))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


Start = Callable[..., Process]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_process_that_is_ended_gives_back_first(process: Start, number: int) -> None:
    assert process().after(number) == (-number, ["given back"])


def test_a_process_that_is_interrupted_gives_back_at_its_end(process: Start) -> None:
    status, lines = process().after(signal.SIGINT)
    assert (status, lines) == (-signal.SIGINT, ["given back"])


ANSIBLE = """
def ansible(number, frame):
    say(f"ansible got {number}")
    signal.signal(number, signal.SIG_DFL)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    os.kill(os.getpid(), number)
signal.signal(signal.SIGTERM, ansible)
signal.signal(signal.SIGINT, ansible)
"""


def test_the_handlers_of_ansible_do_their_part(process: Start) -> None:
    assert process(ANSIBLE).after(signal.SIGTERM) == (-15, ["given back", "ansible got 15"])
    status, lines = process(ANSIBLE).after(signal.SIGINT)
    assert (status, lines) == (-2, ["ansible got 2", "given back"])


def test_a_second_interrupt_gives_back_before_it_ends_the_process(process: Start) -> None:
    slow = "import atexit\natexit.register(lambda: time.sleep(5))\n"
    busy = "try:\n    say('ready')\n    while True:\n        time.sleep(0.05)\nexcept KeyboardInterrupt:\n    time.sleep(5)\n"
    assert process(ANSIBLE + slow, busy).after(signal.SIGINT, signal.SIGINT) == (-2, ["ansible got 2", "given back"])


def test_nothing_ends_the_process_while_it_gives_back(process: Start) -> None:
    then = (
        "def slowly(self):\n    with self._undisturbed():\n        say('giving back')\n        time.sleep(1)\n        say('given back')\n"
        "_release._EndOfRun._give_back = slowly\n"
    )
    status, lines = process("", then).after(signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    assert (status, lines) == (-15, ["giving back", "given back"])


def test_what_is_ignored_stays_ignored(process: Start) -> None:
    status, lines = process("signal.signal(signal.SIGHUP, signal.SIG_IGN)").after(signal.SIGHUP, signal.SIGTERM)
    assert (status, lines) == (-15, ["given back"])


def test_an_error_while_giving_back_does_not_keep_the_process_alive(process: Start) -> None:
    broken = "def broken(self):\n    raise RuntimeError('broken')\n_release._EndOfRun._give_back = broken\n"
    assert process("", broken).after(signal.SIGTERM) == (-15, [])


FORK = """
child = os.fork()
if child == 0:
    say("ready")
    while True:
        time.sleep(0.05)
time.sleep(0.3)
os.kill(child, {number})
say(f"the child ended with {{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}}")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_worker_is_ended_as_without_us(process: Start, number: int) -> None:
    started = process("", FORK.format(number=int(number)))
    assert started.process.stdout is not None
    assert started.process.stdout.readline() == b"ready\n"
    assert started.after(signal.SIGTERM) == (-15, [f"the child ended with {-number}", "given back"])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_tokens_for_the_next_run_lose_their_locks_when_this_one_is_broken_off(process: Start, number: int) -> None:
    assert process(TOKENFLOW_CACHE_KEY="mine").after(number)[1] == ["given back"]


@pytest.mark.parametrize(("environment", "expected"), [({"TOKENFLOW_CACHE_KEY": "mine"}, []), ({}, ["given back"])])
def test_tokens_for_the_next_run_keep_their_locks_when_this_one_ends_by_itself(process: Start, environment: dict[str, str], expected: list[str]) -> None:
    assert process("", "say('ready')\nsys.exit(0)", **environment).after() == (0, expected)


def test_a_worker_that_loads_the_plugins_itself_does_nothing(process: Start) -> None:
    then = (
        "import multiprocessing\n"
        "def work():\n    before = signal.getsignal(signal.SIGTERM)\n    _release.register()\n    say(str(signal.getsignal(signal.SIGTERM) == before))\n"
        "worker = multiprocessing.get_context('fork').Process(target=work)\nworker.start()\nworker.join()\n"
    )
    assert process("", then).after(signal.SIGTERM) == (-15, ["True", "given back"])
