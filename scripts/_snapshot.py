# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies the work tree to where ansible-test accepts it: below ansible_collections, in a git work tree, without symbolic links."""

from __future__ import annotations

import fcntl
import filecmp
import shutil
import subprocess
import sys
from pathlib import Path

from _workspace import BUILD, ROOT

TREE = BUILD / "sanity" / "ansible_collections" / "tokenflow" / "services"


def work_tree_files() -> set[str]:
    """Paths of all files that git knows or would add, relative to the root."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The checks need git and a git work tree: {getattr(error, 'stderr', '') or error}")
    return {path for path in listed.split("\0") if path and (ROOT / path).is_file()}


def take() -> Path:
    """Brings the copy up to date and returns its folder. Unchanged files keep their times, so that caches hold."""
    wanted = work_tree_files()
    TREE.mkdir(parents=True, exist_ok=True)
    with open(BUILD / ".snapshot-lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in _files(TREE) - wanted:
            (TREE / path).unlink()
        for path in wanted:
            source, target = ROOT / path, TREE / path
            if not target.exists() or not filecmp.cmp(source, target, shallow=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        subprocess.run(["git", "init", "--quiet"], cwd=TREE, check=True)
        # Known to git, because in folders that it does not know at all ignored files pass for new ones.
        subprocess.run(["git", "add", "--all"], cwd=TREE, check=True)
    return TREE


def _files(folder: Path) -> set[str]:
    """Paths of the files copied before; ansible-test's own output stays."""
    paths = (entry.relative_to(folder) for entry in folder.rglob("*") if entry.is_file())
    return {path.as_posix() for path in paths if path.parts[0] != ".git" and path.parts[:2] != ("tests", "output")}
