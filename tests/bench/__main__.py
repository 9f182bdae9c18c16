# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m tests.bench``: what a task of the collection costs, beside the same work with ansible.builtin.uri and beside an action that does nothing.

Wall and CPU seconds are those of the whole process tree of ansible-playbook; the simulated controllers run outside of it. Each run is checked: what every
controller got and holds, and the recap. A goal that is not met is only said; a run that fails or does something else than intended ends the benchmark.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from . import _cases
from ._cases import CASES, Case
from ._fleet import ROOT, fleet
from ._measure import Bench, Run, WrongRun
from ._report import Figures

BUILD = ROOT / "build"
_PACKAGES = ("ansible-core", "requests", "urllib3", "cryptography")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="What a task of the collection costs, beside the same work done otherwise.")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take medians of; the longest runs are in every other one")
    parser.add_argument("--quick", action="store_true", help="one round on few hosts: shows that everything works, says nothing about speed")
    parser.add_argument("--cases", metavar="NAMES", help=f"only these, comma-separated; nothing is written then: {', '.join(case.name for case in CASES)}")
    parser.add_argument("--output", type=Path, default=BUILD / "bench.json", metavar="FILE", help="where all figures are written (%(default)s)")
    options = parser.parse_args(arguments)
    options.rounds = 1 if options.quick else options.rounds
    if options.rounds < 1:
        parser.error("there is at least one round")
    chosen = options.cases.split(",") if options.cases else [case.name for case in CASES]
    if unknown := set(chosen) - {case.name for case in CASES}:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    options.chosen = [_cases.quick(case) if options.quick else case for case in CASES if case.name in chosen]
    return options


def environment() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": platform.machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name.replace("-", "_"): importlib.metadata.version(name) for name in _PACKAGES},
        "forks": 5,
    }


def load() -> list[float]:
    """Load averages of the last 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def groups(cases: list[Case]) -> dict[str, int]:
    """Controllers that each group needs."""
    return {group: max((max(case.sizes) for case in cases if case.group == group), default=0) for group in _cases.GROUPS}


def measure(cases: list[Case], rounds: int) -> list[Run]:
    """All runs, the cases of a round one after the other. Raises ``WrongRun``."""
    needed = groups(cases)
    folder = BUILD / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    runs = []
    with fleet(sum(needed.values()), folder) as controllers:
        bench = Bench(controllers, needed, folder)
        # From here on the controllers' dictionaries are kept on disk, as they are wherever a playbook ran before.
        for group, count in needed.items():
            if count:
                bench.run(Case("first", "first run", "literal", (count,), _cases.FIRST, changed=1, group=group), count, 0)
        for number in range(1, rounds + 1):
            for case in cases:
                for size in case.sizes:
                    if number % 2 == 0 and size in case.seldom:
                        continue
                    runs.append(bench.run(case, size, number))
                    done = runs[-1]
                    print(f"round {number}: {case.title}, {size} host{'s' * (size > 1)}: {done.wall:.2f} s, CPU {done.cpu:.2f} s", file=sys.stderr, flush=True)
    return runs


def main() -> None:
    """Measures, shows and writes; exits with 1 if a run was wrong."""
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    found, started, before = environment(), time.time(), load()
    try:
        runs = measure(options.chosen, options.rounds)
    except WrongRun as error:
        sys.exit(f"A run was wrong, so there are no figures. {error}")
    after = load()
    if options.cases:
        return
    figures = Figures(runs, lambda size: _cases.QUICK[size] if options.quick else size, judged=not options.quick)
    about = {**found, "load_at_start": before, "load_at_end": after, "rounds": options.rounds, "quick": options.quick, "seconds": round(time.time() - started)}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps({"environment": about, **figures.data(options.chosen)}, indent=1) + "\n", encoding="utf-8")
    print(f"\n{about['cores']} cores, Python {about['python']}, ansible-core {about['ansible_core']}, {about['forks']} forks, {options.rounds} rounds")
    print(f"load average {before[0]:.1f} at the start, {after[0]:.1f} at the end: trust ratios more than seconds\n")
    print(figures.tables(options.chosen))
    print(f"\n{about['seconds']} s; all figures in {os.path.relpath(options.output)}")


if __name__ == "__main__":
    main()
