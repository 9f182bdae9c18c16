# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the Python interpreters of this machine by running them."""

from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The best first: the newest ansible-core supports it, and so does every package used here.
PREFERRED = ((3, 13), (3, 12), (3, 14), (3, 11), (3, 10))

_NAME = re.compile(r"python3(\.\d+)?")
_PROBE = "import ssl, sys, venv, zlib; print(sys.version_info[0], sys.version_info[1])"


@dataclass(frozen=True)
class Python:
    """A working interpreter."""

    path: Path
    version: tuple[int, int]

    @property
    def text(self) -> str:
        """The version as ``3.13``."""
        return f"{self.version[0]}.{self.version[1]}"


def _folders(environment: Mapping[str, str]) -> list[Path]:
    """Where interpreters may lie, the folders of PATH first; a version manager's shims stand for the versions beside them."""
    home = environment.get("HOME") or "/nonexistent"
    on_path = [Path(entry) for entry in environment.get("PATH", os.defpath).split(os.pathsep) if entry]
    patterns = [f"{folder.parent}/versions/*/bin" for folder in on_path if folder.name == "shims"]
    patterns += [
        f"{environment.get('PYENV_ROOT') or home + '/.pyenv'}/versions/*/bin",
        f"{home}/.local/share/uv/python/*/bin",
        f"{home}/.local/share/mise/installs/python/*/bin",
        f"{home}/.asdf/installs/python/*/bin",
        "/usr/bin",
        "/usr/local/bin",
        "/opt/*/bin",
    ]
    real = [folder for folder in on_path if folder.name != "shims"]
    return real + [Path(found) for pattern in patterns for found in sorted(glob.glob(pattern), reverse=True)]


def _interpreters(folder: Path) -> list[Path]:
    # os.path.exists, because pathlib's raises where a folder may not be looked into.
    if os.path.exists(folder.parent / "pyvenv.cfg"):
        return []
    try:
        return sorted(entry for entry in folder.iterdir() if _NAME.fullmatch(entry.name))
    except OSError:
        return []


def _probe(path: Path) -> Python | None:
    """The interpreter with the version that it says itself; None if it does not run or lacks a module that installing needs."""
    try:
        answer = subprocess.run([path, "-I", "-c", _PROBE], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20, check=True)
        major, minor = answer.stdout.split()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return Python(path, (int(major), int(minor)))


def find(environment: Mapping[str, str]) -> list[Python]:
    """One interpreter for each minor version of Python 3 on this machine, in order of version; virtual environments are not taken."""
    found: dict[tuple[int, int], Python] = {}
    seen: set[Path] = set()
    for folder in _folders(environment):
        for path in _interpreters(folder):
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            python = _probe(path)
            if python and python.version not in found:
                found[python.version] = python
    return [found[version] for version in sorted(found)]


def by_preference(environment: Mapping[str, str]) -> list[Python]:
    """The interpreters that can run the project, the best first; the environment variable PYTHON names the only choice."""
    if chosen := environment.get("PYTHON"):
        python = _probe(Path(shutil.which(chosen) or chosen))
        return [python] if python and python.version >= min(PREFERRED) else []
    usable = [python for python in find(environment) if python.version >= min(PREFERRED)]
    rank = {version: number for number, version in enumerate(PREFERRED)}
    return sorted(usable, key=lambda python: rank.get(python.version, len(rank)))
