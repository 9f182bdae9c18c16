# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives back, at the end of a run, the locks that its tokens still hold: whoever ended it, nobody else could."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Iterator
from pathlib import Path

from ansible import constants as C
from ansible.utils.display import Display
from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import HOLDS_LOCK, UNLOCK
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._session import CONNECTION, INTENT
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token, timestamp
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import KEY_VARIABLE, unseal

TIMEOUT = 5.0


def holders(folder: Path) -> Iterator[Token]:
    """The tokens of a run that hold a lock, or may."""
    for file in folder.glob("*.json"):
        try:
            text = unseal(str(json.loads(file.read_text(encoding="utf-8")).get("sealed", "")))
        except (OSError, ValueError, AttributeError):
            continue
        token = Token.from_json(text) if text else None
        if token is not None and (token.notes.get(HOLDS_LOCK) or token.notes.get(INTENT)) and CONNECTION in token.notes:
            yield token


def release(token: Token) -> str:
    """Releases the lock of a token, and says what came of it."""
    secrets = Secrets([token.value])
    what = f"the configuration lock of {token.base_url}, which {token.principal} held at the end of the run"
    try:
        connection = Connection(**{**token.notes[CONNECTION], "timeout": TIMEOUT, "retries": 0})
        client = HttpClient("Appliance", connection, secrets)
        # Every version of the interface has this one (contract §2).
        answer = client.send("POST", f"/rest/{token.scope or 'v1.0'}{UNLOCK}", authorization=f"Bearer {token.value}", accept="application/xml")
    except TokenflowError as error:
        return secrets.redact(f"could not release {what} ({error.message}): it stays until {timestamp(token.expires_at)} at the latest")
    if answer.status == 204:
        return f"released {what}; edits that were not saved remain"
    return "" if token.notes.get(INTENT) and not token.notes.get(HOLDS_LOCK) else f"{what}, was gone already (HTTP {answer.status})"


def _at_exit(process: int) -> None:
    # Workers inherit the handler, but only the process that made it ends the run.
    if os.getpid() != process or os.environ.get(KEY_VARIABLE):
        return
    for token in holders(Path(C.DEFAULT_LOCAL_TMP) / "tokenflow"):
        text = release(token)
        if text:
            Display().warning(text)


def register() -> None:
    """Sees to it that the locks are given back when this process ends."""
    atexit.register(_at_exit, os.getpid())
