# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seals tokens with a key that lives only in the run, or that the user gives."""

from __future__ import annotations

import functools
import hashlib
import hmac
import multiprocessing
import os
from base64 import urlsafe_b64encode

try:
    from cryptography.fernet import Fernet, InvalidToken

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False

KEY_VARIABLE = "TOKENFLOW_CACHE_KEY"


@functools.cache
def _derive(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, b"tokenflow.services " + purpose, "sha256")


@functools.cache
def _stretch(passphrase: str) -> bytes:
    # Slow on purpose; it is done once, in the parent, and inherited by all workers.
    return hashlib.scrypt(passphrase.encode(), salt=b"tokenflow.services", n=2**14, r=8, p=1)


def _secret() -> bytes:
    given = os.environ.get(KEY_VARIABLE)
    # The authentication key of multiprocessing is random, made in the first process, inherited by all its workers, and written nowhere.
    return _stretch(given) if given else bytes(multiprocessing.current_process().authkey)


def identity_key() -> bytes:
    """The key under which identities are made."""
    return _derive(_secret(), b"identity")


@functools.cache
def _box(secret: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(_derive(secret, b"seal")))


def seal(text: str) -> str:
    """The text, encrypted and authenticated."""
    return _box(_secret()).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str | None:
    """The text, or None where it was sealed with another key or changed since."""
    try:
        return _box(_secret()).decrypt(sealed.encode("ascii", "replace")).decode()
    except InvalidToken:
        return None
