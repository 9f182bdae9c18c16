# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A file as the result of a request: fetched beside its place, compared, and put there in one step."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput

OPTIONS: dict[str, dict[str, Any]] = {
    "dest": {"type": "path"},
    "mode": {"type": "str"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
}


@dataclass(frozen=True)
class Outcome:
    """What became of the file; ``before`` is the checksum of what was there, None if nothing was."""

    changed: bool
    path: str
    size: int
    checksum: str
    before: str | None

    def as_result(self) -> dict[str, Any]:
        return {"dest": self.path, "size": self.size, "checksum": self.checksum}

    def as_diff(self) -> dict[str, Any]:
        before = {} if self.before is None else {"path": self.path, "checksum": self.before}
        return {"before": before, "after": {"path": self.path, "checksum": self.checksum}}


class Destination:
    """The place of a file with its mode and owner. Raises ``InvalidInput`` if it cannot be used, before anything is fetched."""

    def __init__(
        self, dest: str, *, mode: str | None = None, owner: str | None = None, group: str | None = None, name: str = "", check_mode: bool = False
    ) -> None:
        path = Path(dest)
        if path.is_dir() or dest.endswith("/"):
            path = path / name
        if not path.parent.is_dir():
            raise InvalidInput(f"the folder {path.parent} for dest does not exist", hint="Make it first, for example with ansible.builtin.file.")
        if path.exists() and not path.is_file():
            raise InvalidInput(f"dest {path} is no file")
        self.path = path
        self._mode = _octal(mode) if mode else None
        self._owner, self._group = owner, group
        self._check_mode = check_mode

    @contextlib.contextmanager
    def fetching(self) -> Iterator[BinaryIO]:
        """A file to fetch into, gone afterwards unless it was put in place. In check mode it lies outside the folder."""
        folder = None if self._check_mode else self.path.parent
        try:
            made = tempfile.NamedTemporaryFile(dir=folder, prefix=".tokenflow-", delete=False)
        except OSError as error:
            raise InvalidInput(f"no file can be made in the folder {folder or tempfile.gettempdir()} ({error.strerror})") from error
        with made as stream:
            try:
                yield stream  # type: ignore[misc]
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(stream.name)

    def put(self, stream: Any, same: Callable[[Path, Path], bool] | None = None) -> Outcome:
        """Puts the fetched file in place if it differs. ``same`` decides about files whose bytes differ."""
        stream.flush()
        new = Path(stream.name)
        checksum, size = _checksum(new), new.stat().st_size
        before = _checksum(self.path) if self.path.exists() else None
        if before == checksum or (before is not None and same is not None and same(self.path, new)):
            changed = self._attributes_differ(self.path)
            if changed and not self._check_mode:
                with open(self.path, "rb") as kept:
                    self._set_attributes(kept.fileno(), str(self.path), self.path)
            return Outcome(changed, str(self.path), self.path.stat().st_size, before or checksum, before)
        if not self._check_mode:
            self._set_attributes(stream.fileno(), stream.name, self.path)
            os.replace(stream.name, self.path)
        return Outcome(True, str(self.path), size, checksum, before)

    def _attributes_differ(self, path: Path) -> bool:
        found = path.stat()
        return (
            (self._mode is not None and stat.S_IMODE(found.st_mode) != self._mode)
            or (self._owner is not None and self._owner not in (str(found.st_uid), _name(path.owner)))
            or (self._group is not None and self._group not in (str(found.st_gid), _name(path.group)))
        )

    def _set_attributes(self, descriptor: int, name: str, old: Path) -> None:
        mode = self._mode
        if mode is None:
            mode = stat.S_IMODE(old.stat().st_mode) if old.exists() else 0o666 & ~_umask()
        try:
            if self._owner or self._group:
                shutil.chown(name, _number(self._owner), _number(self._group))
            os.fchmod(descriptor, mode)
        except (LookupError, PermissionError) as error:
            raise InvalidInput(f"owner, group or mode of dest cannot be set ({error})") from error


def _octal(mode: str) -> int:
    if not re.fullmatch(r"(0o)?[0-7]{3,5}", mode):
        raise InvalidInput(f"mode {mode!r} is not an octal mode such as '0640', in quotes")
    return int(mode.replace("0o", ""), 8)


def _number(name: str | None) -> Any:
    return int(name) if name and name.isdigit() else name


def _name(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except KeyError:
        return ""


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for part in iter(lambda: stream.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()
