# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets the project up from the package index, then runs what is asked for. Needs Python 3.10 and its standard library.

``bootstrap.py setup`` only sets up; ``test [STEP...]`` runs the checks side by side; ``nox ARGUMENTS`` runs sessions one after the other;
``clean`` removes what was made. The first time takes a minute, later ones nothing: a stamp says what is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import _pythons
import _workspace
from _virtualenv import SetupError, Virtualenv

# Sessions that need less or more than requirements/test.txt.
_REQUIREMENTS = {"bench": "run", "demo": "run", "docs": "docs"}


@contextmanager
def _alone() -> Iterator[None]:
    """Lets a second set-up of the same tree wait for the first."""
    _workspace.BUILD.mkdir(exist_ok=True)
    with open(_workspace.BUILD / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def set_up(group: str) -> None:
    """Makes the virtual environment hold tests/requirements/<group>.txt, and everything around it ready."""
    requirements = _workspace.REQUIREMENTS / f"{group}.txt"
    venv = Virtualenv(_workspace.VENV, _workspace.BUILD / "cache" / "uv", os.environ)
    with _alone():
        chosen = _pythons.by_preference(os.environ) if os.environ.get("PYTHON") else []
        if os.environ.get("PYTHON") and not chosen:
            raise SetupError(f"PYTHON names {os.environ['PYTHON']}, which is no working Python of 3.10 or later.")
        if chosen and not venv.made_by(chosen[0]):
            shutil.rmtree(_workspace.VENV, ignore_errors=True)
        if not venv.holds(requirements):
            pythons = chosen or _pythons.by_preference(os.environ)
            if not pythons:
                raise SetupError("No Python of 3.10 or later with its modules ssl, venv and zlib was found.")
            print(f"Setting up {_workspace.VENV.name} with Python {pythons[0].text} and {requirements.relative_to(_workspace.ROOT)} ...", flush=True)
            start = time.monotonic()
            venv.provide(pythons, requirements)
            print(f"... ready after {time.monotonic() - start:.0f} s.", flush=True)
        _workspace.link_collection()
        _workspace.prepare_home(os.environ)


def main() -> None:
    """Reads the command line, sets up and hands over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("setup", "test", "nox", "clean"))
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.command == "clean":
        _workspace.clean()
        return
    session = options.arguments[1] if options.command == "nox" and options.arguments[:1] == ["-s"] and len(options.arguments) > 1 else ""
    try:
        set_up(_REQUIREMENTS.get(session, "test"))
    except SetupError as error:
        sys.exit(str(error))
    python = str(_workspace.VENV / "bin" / "python")
    # -E, because the user's PYTHON... variables are dropped only by the noxfile.
    if options.command == "test":
        os.execv(python, [python, "-E", str(_workspace.ROOT / "scripts" / "steps.py"), *options.arguments])
    if options.command == "nox":
        os.execv(python, [python, "-E", "-m", "nox", "--noxfile", str(_workspace.ROOT / "noxfile.py"), *options.arguments])


if __name__ == "__main__":
    main()
