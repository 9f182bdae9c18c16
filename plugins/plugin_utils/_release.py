# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives back, at the end of a run, the locks that its tokens still hold: whoever ended it, nobody else could.

The run's first process does it, when it ends by itself or by Ctrl-C, and when it is ended by SIGTERM or SIGHUP. ansible-core does not run ``always`` then.
Its workers end without ``finally`` (2.19 and later), or go on without the process that would see to the rest (SIGTERM in 2.16, SIGHUP in all versions).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible.utils.display import Display
from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import HOLDS_LOCK, LIFETIME, UNLOCK, lock_ends
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._session import CONNECTION, INTENT, RENEWING
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, timestamp
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import KEY_VARIABLE, unseal
from ansible_collections.tokenflow.services.plugins.plugin_utils._token_store import run_path

TIMEOUT = 5.0
UNDER_WAY = 3.0
"""Seconds for which a request for the lock may still be on its way when the run that sent it has ended."""
WORKERS_END = 2.0
"""Seconds that the workers have to end, before they are killed."""
INTERVAL = 0.25
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def holders(folder: Path) -> Iterator[Token]:
    """The tokens of a run that hold a lock, or may."""
    for file in folder.glob("*.json"):
        try:
            text = unseal(str(json.loads(file.read_text(encoding="utf-8")).get("sealed", "")))
            token = Token.from_json(text) if text else None
        except (OSError, ValueError, TypeError, AttributeError):
            continue
        if token is not None and (token.notes.get(HOLDS_LOCK) or token.notes.get(INTENT)) and CONNECTION in token.notes:
            yield token


def release(token: Token) -> str:
    """Releases the lock of a token, and says what came of it; nothing if there was no lock after all."""
    held, asked = bool(token.notes.get(HOLDS_LOCK)), bool(token.notes.get(INTENT))
    secrets = Secrets([token.value])
    what = f"the configuration lock of {token.base_url}"
    try:
        client = HttpClient("Appliance", Connection(**{**token.notes[CONNECTION], "timeout": TIMEOUT, "retries": 0}), secrets)
        with contextlib.closing(client):
            status = _unlock(client, token, UNDER_WAY if asked and not held else 0.0)
    except TokenflowError as error:
        return secrets.redact(f"could not release {what}, which {token.principal} {'holds' if held else 'may hold'} ({error.message}). {lock_ends(token)}")
    if status == 204:
        return f"released {what}, which {token.principal} held at the end of the run; edits that were not saved remain"
    if status not in (401, 423):
        return f"could not release {what}, which {token.principal} {'holds' if held else 'may hold'} (HTTP {status}). {lock_ends(token)}"
    if token.notes.get(RENEWING):
        at = timestamp(time.time() + LIFETIME)
        return f"the run ended while the token that holds {what} was being renewed. If it was, nobody can release the lock: it stays until {at} at the latest"
    if not held and status == 423:
        return f"the run ended while {token.principal} asked for {what}. If it was granted after that, it stays. {lock_ends(token)}"
    return "" if asked else f"{what}, which {token.principal} held, was gone already (HTTP {status})"


def _unlock(client: HttpClient, token: Token, patience: float) -> int:
    """The status of the appliance's answer. One that nobody holds the lock is asked for again while the request for it may still be under way."""
    end = time.monotonic() + patience
    while True:
        # Every version of the interface has this one (contract §2).
        path = f"/rest/{token.scope or 'v1.0'}{UNLOCK}"
        answer = client.send("POST", path, authorization=f"Bearer {token.value}", accept="application/xml", content_type="application/xml")
        if answer.status != 423 or time.monotonic() > end:
            return answer.status
        time.sleep(INTERVAL)


class _EndOfRun:
    """What the first process of a run does when it ends."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._handlers: dict[int, Any] = {}
        self._interrupted = False

    def watch(self) -> None:
        atexit.register(self._at_exit)
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            handler = signal.getsignal(number)
            # One that is ignored stays so (nohup), and one that Python did not set cannot be called.
            if handler not in (signal.SIG_IGN, None):
                self._handlers[number] = handler
                signal.signal(number, self._on_signal)

    def _at_exit(self) -> None:
        # Workers inherit this, but only the process that made it ends the run. Tokens that the next run takes over keep their locks.
        if os.getpid() == self._process and (self._interrupted or not os.environ.get(KEY_VARIABLE)):
            self._give_back()

    def _on_signal(self, number: int, frame: Any) -> None:
        """Does its part and leaves the rest to the handler that was there before, which is ansible's own or the system's."""
        if os.getpid() != self._process:
            self._pass_on(number, frame)
            return
        again, self._interrupted = self._interrupted, True
        if number != signal.SIGINT or again:
            try:
                self._give_back()
                # ansible-core leaves its folder when it is ended like this.
                shutil.rmtree(run_path(), ignore_errors=True)
            finally:
                self._pass_on(number, frame)
            return
        try:
            # The run is ended by KeyboardInterrupt, and the lock is given back at exit.
            self._pass_on(number, frame)
        finally:
            # ansible-core sets the system's own handler, so that a second Ctrl-C would end the process, and leave the lock.
            self._handlers[number] = signal.SIG_DFL
            signal.signal(number, self._on_signal)

    def _pass_on(self, number: int, frame: Any) -> None:
        handler = self._handlers[number]
        if callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def _give_back(self) -> None:
        folder = Path(run_path())
        if not folder.exists():
            return
        with self._undisturbed():
            _end_workers()
            for token in holders(folder):
                text = release(token)
                if text:
                    _tell(text)

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Without being ended in between: it takes a few seconds at most."""
        kept = {number: signal.signal(number, signal.SIG_IGN) for number in self._handlers}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def _end_workers() -> None:
    """Ends the workers that are left, so that none of them goes on, or takes the lock again."""
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.terminate()
    end = time.monotonic() + WORKERS_END
    for worker in workers:
        worker.join(max(0.0, end - time.monotonic()))
        if worker.is_alive():
            worker.kill()


def _tell(text: str) -> None:
    try:
        Display().warning(text)
    except Exception:  # noqa: BLE001  # A signal may have come in the middle of other output.
        os.write(2, f"[WARNING]: {text}\n".encode())


def register() -> None:
    """Sees to it that the locks are given back when this process ends, unless it is a worker."""
    if multiprocessing.parent_process() is None:
        _EndOfRun().watch()
