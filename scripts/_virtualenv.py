# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes virtual environments and installs into them, with uv where it can be had and with pip where not."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from _pythons import Python, find

# These would send packages elsewhere than into the virtual environment, or break pip.
_MISLEADING = ("PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_ROOT", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH", "PYTHONWARNINGS", "VIRTUAL_ENV")


class SetupError(Exception):
    """Something that this machine lacks; the text says what to do."""


def requirement_lines(path: Path) -> list[str]:
    """All lines of a requirements file and of those that it includes, without comments."""
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split("#", 1)[0].strip()
        if included := re.match(r"-r\s+(.+)", line):
            lines += requirement_lines(path.parent / included[1])
        elif line:
            lines.append(line)
    return lines


class Virtualenv:
    """A virtual environment with a stamp for each requirements file that it satisfies."""

    def __init__(self, folder: Path, cache: Path, environment: Mapping[str, str]) -> None:
        """``cache`` takes uv's downloads where the user's own cache cannot be written."""
        self.folder, self.python = folder, folder / "bin" / "python"
        self.environment = {key: value for key, value in environment.items() if key not in _MISLEADING}
        if "UV_CACHE_DIR" not in self.environment and not _writable(environment):
            self.environment["UV_CACHE_DIR"] = str(cache)

    def holds(self, requirements: Path) -> bool:
        """Whether this requirements file, as it is now, has been installed here."""
        stamp = self._stamp(requirements)
        return self.python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == self._state(requirements)

    def made_by(self, python: Python) -> bool:
        """Whether the environment is of this version of Python."""
        return (self.folder / "lib" / f"python{python.text}").is_dir()

    def provide(self, pythons: Iterable[Python], requirements: Path, core: str = "ansible-core>=2.16.0") -> None:
        """Installs a requirements file, into a new environment if there is none or if it was made for an older state of the file.

        ``core`` says which ansible-core; the newest such that the Python supports is taken before anything else can hold it down.
        """
        if not self._runs() or self._stamp(requirements).exists():
            self._create(list(pythons))
        self._install(core)
        version = self._output(self.python, "-c", "from importlib.metadata import version; print(version('ansible-core'))")
        self._install(f"ansible-core=={version}", "-r", str(requirements))
        self._stamp(requirements).write_text(self._state(requirements), encoding="utf-8")

    def _stamp(self, requirements: Path) -> Path:
        return self.folder / f".installed-{requirements.stem}"

    def _state(self, requirements: Path) -> str:
        # The folder is part of it: scripts in a moved environment point to the old place.
        return hashlib.sha256(json.dumps([str(self.folder), requirement_lines(requirements)]).encode()).hexdigest()

    def _runs(self) -> bool:
        if not self.python.exists() or not any(self.folder.glob(".installed-*")):
            return False
        made_here = (self.folder / ".folder").read_text(encoding="utf-8") if (self.folder / ".folder").exists() else ""
        return made_here == str(self.folder) and self._run(self.python, "-c", "import pip") is None

    def _create(self, pythons: list[Python]) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for python in pythons:
            if self._create_with(python):
                (self.folder / ".folder").write_text(str(self.folder), encoding="utf-8")
                self._run(self.python, "-m", "pip", "install", "--quiet", "uv")
                return
        shutil.rmtree(self.folder, ignore_errors=True)
        names = ", ".join(f"{python.path} ({python.text})" for python in pythons)
        packages = " or ".join(f"python{python.text}-venv" for python in pythons)
        raise SetupError(
            f"No virtual environment with pip can be made by {names}. On Debian and Ubuntu install the package {packages}; elsewhere: pip install virtualenv."
        )

    def _create_with(self, python: Python) -> bool:
        """Debian's Python without its -venv package has no ensurepip: then virtualenv, uv or any other pip helps out."""
        folder = str(self.folder)
        if self._makes((python.path, "-m", "venv", folder)):
            return True
        site = str(self.folder / "lib" / f"python{python.text}" / "site-packages")
        pip = ("-m", "pip", "install", "--quiet", "--only-binary=:all:", "--python-version", python.text, "--target", site, "pip")
        return (
            self._makes((python.path, "-m", "virtualenv", folder))
            or self._makes(("virtualenv", "--python", str(python.path), folder))
            or self._makes(("uv", "venv", "--quiet", "--seed", "--python", str(python.path), folder))
            or any(self._makes((python.path, "-m", "venv", "--without-pip", folder), (other.path, *pip)) for other in find(self.environment))
        )

    def _makes(self, *commands: tuple[Path | str, ...]) -> bool:
        """Whether these commands, run in a clean place, give an environment with pip."""
        shutil.rmtree(self.folder, ignore_errors=True)
        return all(self._run(*command) is None for command in commands) and self._run(self.python, "-c", "import pip") is None

    def _install(self, *arguments: str) -> None:
        uv = next((found for found in (self.folder / "bin" / "uv", shutil.which("uv")) if found and Path(found).exists()), None)
        if uv and self._run(uv, "pip", "install", "--quiet", "--python", str(self.python), *self._index(), *arguments) is None:
            return
        if error := self._run(self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments):
            raise SetupError(f"Installing {' '.join(arguments)} failed:\n{error}")

    def _index(self) -> tuple[str, ...]:
        """uv reads neither pip's settings nor its variables; an index set there holds for uv too."""
        listed = self._output(self.python, "-m", "pip", "config", "list")
        found = re.findall(r"^(?:global|install|:env:)\.index-url='(.+)'$", listed, re.MULTILINE)
        return ("--default-index", found[-1]) if found and "UV_DEFAULT_INDEX" not in self.environment else ()

    def _output(self, *command: Path | str) -> str:
        return subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).stdout.strip()

    def _run(self, *command: Path | str) -> str | None:
        """The output of a command that failed, None if it succeeded."""
        try:
            done = subprocess.run(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            )
        except OSError as error:
            return str(error)
        return None if done.returncode == 0 else done.stdout or f"exit status {done.returncode}"


def _writable(environment: Mapping[str, str]) -> bool:
    """Whether the folder that uv keeps its cache in can be written."""
    folder = Path(environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME') or '/nonexistent'}/.cache")
    while not os.path.exists(folder) and folder != folder.parent:
        folder = folder.parent
    return os.access(folder, os.W_OK)
