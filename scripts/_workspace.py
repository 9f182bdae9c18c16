# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders that the scripts make, and the environment that every step runs in."""

from __future__ import annotations

import configparser
import locale
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BUILD = ROOT / "build"
HOME = BUILD / "home"
COLLECTIONS = BUILD / "collections"
COLLECTION = COLLECTIONS / "ansible_collections" / "tokenflow" / "services"
REQUIREMENTS = ROOT / "tests" / "requirements"

# pip versions that the ansible-test of 2.16 to 2.22 asks for, if its source does not say.
_KNOWN_PIPS = ("23.1.2", "24.2", "25.2")

_GET_PIP = '''\
"""Stands in for get-pip.py: starts from the pip that comes with Python, or else from the project's own."""

import os
import subprocess
import sys

command = [sys.executable, "-m", "pip", "install"]
# In a process of its own, because ensurepip drops pip's settings.
with open(os.devnull, "w") as nowhere:
    if subprocess.call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=nowhere, stderr=nowhere) != 0:
        os.environ["PYTHONPATH"] = {site!r}
        command.append("--ignore-installed")
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
os.execv(sys.executable, command + arguments)
'''

_PIP_VARIABLES = {
    "PIP_CERT": "cert",
    "PIP_CLIENT_CERT": "client-cert",
    "PIP_DEFAULT_TIMEOUT": "timeout",
    "PIP_EXTRA_INDEX_URL": "extra-index-url",
    "PIP_FIND_LINKS": "find-links",
    "PIP_INDEX_URL": "index-url",
    "PIP_NO_INDEX": "no-index",
    "PIP_PROXY": "proxy",
    "PIP_TRUSTED_HOST": "trusted-host",
}

# What a user has set for Ansible or Python must not change what the steps do.
_DROPPED = re.compile(r"ANSIBLE_.*|CLICOLOR_FORCE|FORCE_COLOR|PY_COLORS|PYTHON(DONTWRITEBYTECODE|HOME|PATH|STARTUP|WARNINGS)|XDG_.*_HOME")


def link_collection() -> None:
    """Makes the work tree appear where Ansible looks for the collection."""
    target = os.path.relpath(ROOT, COLLECTION.parent)
    if COLLECTION.is_symlink() and os.readlink(COLLECTION) == target:
        return
    COLLECTION.parent.mkdir(parents=True, exist_ok=True)
    COLLECTION.unlink(missing_ok=True)
    COLLECTION.symlink_to(target)


def prepare_home(environment: Mapping[str, str]) -> None:
    """Makes the home folder that the steps see: empty but for what installing packages needs.

    So no step reads or leaves anything in the user's own, which may be shared or read-only.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    _write_pip_settings(environment)
    _write_get_pip()


def _write_pip_settings(environment: Mapping[str, str]) -> None:
    """The user's pip settings from files and variables as one file: ansible-test passes no variables on."""
    settings = configparser.RawConfigParser()
    user = Path(environment.get("HOME") or "/nonexistent")
    files = [user / ".pip/pip.conf", Path(environment.get("XDG_CONFIG_HOME") or user / ".config") / "pip/pip.conf"]
    if named := environment.get("PIP_CONFIG_FILE"):
        files = [Path(named)]
    for file in files:
        if os.access(file, os.R_OK):
            settings.read(file, encoding="utf-8")
    if not settings.has_section("global"):
        settings.add_section("global")
    for variable, option in _PIP_VARIABLES.items():
        if value := environment.get(variable):
            settings.set("global", option, value)
    target = HOME / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        settings.write(stream)


def _write_get_pip() -> None:
    """Puts a script where ansible-test looks before it fetches get-pip.py from a host that may be out of reach."""
    site = next(VENV.glob("lib/python3*/site-packages"))
    source = site / "ansible_test/_internal/python_requirements.py"
    versions = re.findall(r"\bpip='([\d.]+)'", source.read_text(encoding="utf-8")) if source.exists() else []
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in {*versions, *_KNOWN_PIPS}:
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(_GET_PIP.format(site=str(site)), encoding="utf-8")


def environment_for_steps(environment: Mapping[str, str], venv: Path = VENV) -> dict[str, str]:
    """The environment variables for tools and playbooks: the user's without what would mislead them."""
    kept = {key: value for key, value in environment.items() if not _DROPPED.fullmatch(key)}
    folders = [folder for folder in environment.get("PATH", os.defpath).split(os.pathsep) if Path(folder).name != "shims" and not _is_virtual(folder)]
    git_settings = Path(environment.get("HOME") or "/nonexistent") / ".gitconfig"
    return {
        **kept,
        **({"GIT_CONFIG_GLOBAL": str(git_settings)} if "GIT_CONFIG_GLOBAL" not in kept and os.access(git_settings, os.R_OK) else {}),
        **({} if _locale_is_utf8() else {"LC_ALL": "C.UTF-8"}),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "HOME": str(HOME),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(BUILD / "cache" / "hypothesis"),
        "PATH": os.pathsep.join([str(venv / "bin"), *folders]),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "VIRTUAL_ENV": str(venv),
    }


def _is_virtual(folder: str) -> bool:
    return os.path.exists(Path(folder).parent / "pyvenv.cfg")


def _locale_is_utf8() -> bool:
    """Whether the user's locale exists here and is one that Ansible accepts."""
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        return False
    return locale.nl_langinfo(locale.CODESET).upper() in ("UTF-8", "UTF8")


def clean() -> None:
    """Removes everything that the scripts made."""
    for folder in (VENV, BUILD):
        shutil.rmtree(folder, ignore_errors=True)
    for cache in ROOT.rglob("__pycache__"):
        shutil.rmtree(cache, ignore_errors=True)
