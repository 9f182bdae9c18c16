# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at a built collection: is it whole, is it lean, and does it import where it is installed?

Run as a program in the folder above ``ansible_collections``, it imports every plugin file of the installed collection.
"""

from __future__ import annotations

import importlib
import sys
import tarfile
from pathlib import Path, PurePosixPath

# Everything that an installed collection is for; its absence is an error, and so is anything else in the archive.
_WHOLE = {"COPYING", "LICENSES", "README.md", "extensions", "meta", "playbooks", "plugins", "roles"}
_ALLOWED = _WHOLE | {"CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "MAINTAINERS", "FILES.json", "MANIFEST.json", "changelogs", "docs"}


def problems(archive: Path, work_tree: set[str]) -> list[str]:
    """What is wrong with an archive, given the files that git knows."""
    with tarfile.open(archive) as opened:
        packed = {member.name.rstrip("/") for member in opened.getmembers()}
    folders = {parent.as_posix() for path in work_tree for parent in PurePosixPath(path).parents}
    unknown = sorted(packed - work_tree - folders - {"FILES.json", "MANIFEST.json"})
    unwanted = sorted(path for path in packed & work_tree if path.split("/")[0] not in _ALLOWED)
    missing = sorted(path for path in work_tree - packed if path.split("/")[0] in _WHOLE)
    return [
        f"{path} {text}"
        for paths, text in (
            (unknown, "is in the archive but unknown to git: see build_ignore in galaxy.yml"),
            (unwanted, "does not belong in the archive: see build_ignore in galaxy.yml"),
            (missing, "is missing from the archive"),
        )
        for path in paths
    ]


def import_all(root: Path) -> int:
    """Imports every Python file below plugins/ and returns their number; an error passes through."""
    plugins = root / "ansible_collections" / "tokenflow" / "services" / "plugins"
    files = sorted(plugins.rglob("*.py"))
    for file in files:
        parts = file.relative_to(root).with_suffix("").parts
        module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        found = getattr(module, "__file__", None)
        if found and Path(found).resolve() != file.resolve():
            sys.exit(f"{module.__name__} was imported from {found} and not from {file}")
    return len(files)


if __name__ == "__main__":
    count = import_all(Path.cwd())
    if not count:
        sys.exit("The installed collection has no plugins.")
    print(f"{count} plugin files import")
