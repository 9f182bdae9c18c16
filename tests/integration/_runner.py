# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the targets, two side by side, each with simulators of its own.

A target is a folder of ``targets/`` with ``tasks/main.yml``, which is run as a role on localhost, or with ``test.py``, whose function ``test(lab)`` is
called. A ``test.py`` may set ``SIMULATORS``, options for ``python -m tests.simulators``, and have ``possible()``, which raises ``Skip`` before anything is
started.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

from ._lab import HERE, ROOT, Lab, Skip

TARGETS = HERE / "targets"
_OUTPUT_SHOWN = 30_000
_printing = threading.Lock()
_labs: dict[Path, Lab] = {}


def collections() -> Path:
    """The folder in which Ansible finds the collection: the one named in the environment, or a link to this tree in ``build``."""
    named = Path(os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)[0] or "/nonexistent")
    if (named / "ansible_collections" / "tokenflow" / "services" / "galaxy.yml").exists():
        return named
    sys.path.insert(0, str(ROOT / "scripts"))
    import _workspace

    _workspace.link_collection()
    return _workspace.COLLECTIONS


def _load(file: Path) -> ModuleType:
    name = f"tests.integration.targets.{file.parent.name}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _run_role(lab: Lab) -> None:
    play = {"hosts": "localhost", "gather_facts": False, "roles": [lab.target.name]}
    # Loops over whole tasks are fit for a test.
    lab.play([play], environment={"ANSIBLE_ROLES_PATH": str(TARGETS)}, warnings="Using a template for task args|Using a variable for a task's 'args'")


def run(name: str, keep: bool) -> str:
    """Runs a target and prints its line; returns ``passed``, ``failed`` or ``skipped``."""
    target, started, details = TARGETS / name, time.monotonic(), ""
    folder = Path(tempfile.mkdtemp(prefix=f"integration-{name}-"))
    lab = None
    try:
        module = _load(target / "test.py") if (target / "test.py").exists() else None
        if module and hasattr(module, "possible"):
            module.possible()
        lab = _labs[folder] = Lab(target, folder, collections(), getattr(module, "SIMULATORS", ()))
        lab.start()
        if module:
            module.test(lab)
        else:
            _run_role(lab)
        outcome = "passed"
    except Skip as reason:
        outcome, details = "skipped", str(reason)
    except Exception:  # noqa: BLE001  # Whatever went wrong is the target's failure and must not end the others.
        outcome, details = "failed", _account(lab)
    finally:
        if lab:
            lab.stop()
    _labs.pop(folder, None)
    if keep:
        details += f"\nIts folder is {folder}."
    else:
        shutil.rmtree(folder, ignore_errors=True)
    with _printing:
        print(f"{outcome:<8} {name} ({time.monotonic() - started:.1f} s)" + (f": {details}" if details else ""), flush=True)
    return outcome


def _account(lab: Lab | None) -> str:
    parts = [traceback.format_exc()]
    if lab and lab.last:
        output = lab.last.output
        cut = f"... {len(output) - _OUTPUT_SHOWN} characters left out ...\n" if len(output) > _OUTPUT_SHOWN else ""
        parts.append(f"The last playbook's output:\n{cut}{output[-_OUTPUT_SHOWN:]}")
    return "\n" + "\n".join(parts)


def _give_up(number: int, _frame: Any) -> None:
    """Leaves neither processes nor folders behind."""
    for folder, lab in list(_labs.items()):
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(128 + number)


def main() -> int:
    """Reads the command line, runs the targets and counts."""
    known = sorted(path.name for path in TARGETS.iterdir() if (path / "test.py").exists() or (path / "tasks" / "main.yml").exists())
    parser = argparse.ArgumentParser(prog="python -m tests.integration", description="Runs playbooks against the simulators.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"all if none is given: {', '.join(known)}")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many targets run side by side (default: %(default)s)")
    parser.add_argument("--keep", action="store_true", help="keep each target's folder with playbooks, outputs and records")
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in known]
    if unknown:
        parser.error(f"there is no target {', '.join(unknown)}; there are {', '.join(known)}")
    names = list(dict.fromkeys(options.targets)) or known
    collections()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _give_up)
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
        outcomes = list(pool.map(lambda name: run(name, options.keep), names))
    count = {word: outcomes.count(word) for word in ("passed", "failed", "skipped")}
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped} in {time.monotonic() - started:.0f} s")
    return 1 if count["failed"] else 0
