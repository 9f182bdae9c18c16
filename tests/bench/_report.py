# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Medians, ratios and goals of the runs, as tables and as data.

The cost of a host is the difference to the run with one host of the same round, over the number of hosts beyond the first. So everything that is paid once
(Python, ansible-core, inventory, plugins) falls away, for every case in the same way. A ratio is taken within a round; the median of the rounds is shown.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ._cases import CASES, LIMITS, LOGIN, Case
from ._measure import Run

WALL, CPU = "wall", "cpu"
_VERDICTS = {True: "met", False: "NOT MET", None: "not judged"}


@dataclass(frozen=True)
class Goal:
    """A bound on a ratio, and whether it was kept; ``met`` is None where the run was too small to tell."""

    text: str
    unit: str
    value: float
    bound: float
    met: bool | None


class Figures:
    """What the runs of one benchmark amount to. Wall and CPU are in seconds."""

    def __init__(self, runs: Iterable[Run], sizes: Callable[[int], int], judged: bool) -> None:
        self._runs = {(run.case, run.size, run.round): run for run in runs}
        self._size = sizes
        self._judged = judged

    def total(self, case: str, size: int, what: str) -> float:
        """Median of the whole runs."""
        return statistics.median(getattr(run, what) for run in self._runs.values() if (run.case, run.size) == (case, size))

    def _rounds(self, case: str, size: int) -> list[int]:
        return [number for name, hosts, number in self._runs if (name, hosts) == (case, size)]

    def _host(self, case: str, size: int, number: int, what: str) -> float:
        many, one = self._runs[case, size, number], self._runs[case, 1, number]
        return (getattr(many, what) - getattr(one, what)) / (size - 1)

    def host(self, case: str, size: int, what: str) -> float:
        """Median cost of one host more."""
        return statistics.median(self._host(case, size, number, what) for number in self._rounds(case, size))

    def ratio(self, case: str, other: str, size: int, what: str) -> float:
        """Median over the rounds of what a host costs in one case in units of another."""
        rounds = [number for number in self._rounds(case, size) if number in self._rounds(other, size)]
        return statistics.median(self._host(case, size, number, what) / self._host(other, size, number, what) for number in rounds)

    def variable(self, case: Case, what: str) -> float | None:
        """Median cost of one variable more than the ten of the case that does the same; None for that case."""
        ten = next(other for other in LIMITS if (other.changed, other.variables) == (case.changed, 10))
        if case.variables == ten.variables:
            return None
        more = case.variables - ten.variables
        return statistics.median(
            (getattr(self._runs[case.name, 1, number], what) - getattr(self._runs[ten.name, 1, number], what)) / more for number in self._rounds(case.name, 1)
        )

    def has(self, case: str, size: int) -> bool:
        return bool(self._rounds(case, size))

    def requests_a_task(self) -> float:
        """Requests of the steady state by the journal, without those of the login."""
        run = next(run for run in self._runs.values() if run.case == "tasks")
        tasks = next(case.ok for case in CASES if case.name == "tasks")
        return sum(request not in LOGIN for request in run.requests) / tasks

    def goals(self) -> list[Goal]:
        """The goals in the order in which they are shown."""
        fifty, hundred, two_hundred = (self._size(size) for size in (50, 100, 200))
        return [
            self._at_least("wall time of uri in units of plcnext_variable, ten written", fifty, self.ratio("uri", "write", fifty, WALL), 30),
            self._at_most("CPU in units of an empty action, literal values, nothing to write", two_hundred, self.ratio("read", "empty", two_hundred, CPU), 1.8),
            self._at_most("CPU in units of an empty action, literal values, ten written", two_hundred, self.ratio("write", "empty", two_hundred, CPU), 1.8),
            self._at_most("CPU of 1,000 from src in units of ten, JSON", hundred, self.ratio("thousand_json", "ten_json", hundred, CPU), 1.3),
            self._at_most("CPU of 1,000 from src in units of ten, YAML", hundred, self.ratio("thousand_yaml", "ten_yaml", hundred, CPU), 1.3),
            Goal("requests a task in the steady state", "requests", self.requests_a_task(), 1, self.requests_a_task() == 1),
        ]

    def _at_least(self, text: str, size: int, value: float, bound: float) -> Goal:
        return Goal(f"{text} ({size} hosts)", "at least", value, bound, value >= bound if self._judged else None)

    def _at_most(self, text: str, size: int, value: float, bound: float) -> Goal:
        return Goal(f"{text} ({size} hosts)", "at most", value, bound, value <= bound if self._judged else None)

    def data(self, cases: Sequence[Case]) -> dict[str, Any]:
        """Medians, ratios and goals for the file."""
        medians = [
            {
                "case": case.name,
                "title": case.title,
                "hosts": size,
                "runs": len(self._rounds(case.name, size)),
                "wall_s": self.total(case.name, size, WALL),
                "cpu_s": self.total(case.name, size, CPU),
                **({"host_wall_s": self.host(case.name, size, WALL), "host_cpu_s": self.host(case.name, size, CPU)} if size > 1 else {}),
            }
            for case in cases
            for size in case.sizes
        ]
        variables = [
            {"case": case.name, "variables": case.variables, "variable_wall_s": self.variable(case, WALL), "variable_cpu_s": self.variable(case, CPU)}
            for case in cases
            if case in LIMITS
        ]
        ratios = [
            {"case": case.name, "to": unit, "hosts": size, **{what: self.ratio(case.name, unit, size, what) for what in (WALL, CPU)}}
            for case in cases
            for size in case.sizes
            for unit in ("empty", "write", "literal", "ten_json", "ten_yaml")
            if size > 1 and case.name != unit and self.has(unit, size) and self.has(case.name, size)
        ]
        goals, runs = [asdict(goal) for goal in self.goals()], [asdict(run) for run in self._runs.values()]
        return {"medians": medians, "variables": variables, "ratios": ratios, "goals": goals, "runs": runs}

    # For the terminal

    def tables(self, cases: Sequence[Case]) -> str:
        """The tables and the goals as text."""
        shown = [case for case in cases if case.shown]
        usual = [case for case in shown if case.group == "plcs"]
        bulk = [case for case in shown if case.group == "bulk"]
        heads = ("hosts", "wall s", "CPU s", "wall ms", "CPU ms", "CPU ratio")
        parts = [
            "Ten variables on each controller. The last columns are for one host more; the ratio is to an empty action on as many hosts.",
            _table(("", *heads), [row for case in usual for row in self._rows(case, "empty")]),
            "Where the values come from, nothing to write, on the controllers with 1,000 variables more. The ratio is to ten literal values.",
            _table(("", *heads), [row for case in bulk for row in self._rows(case, "literal")]),
            "From ten variables to 10,000 on one controller. The last columns are for one variable more than ten.",
            _table(("", "wall s", "CPU s", "wall ms", "CPU ms"), [self._limit_row(case) for case in shown if case in LIMITS]),
            "Goals",
            _table(
                ("", "measured", "goal", ""),
                [(goal.text, "" if goal.met is None else f"{goal.value:.2f}", _bound(goal), _VERDICTS[goal.met]) for goal in self.goals()],
            ),
        ]
        return "\n\n".join(parts)

    def _rows(self, case: Case, unit: str) -> list[tuple[str, ...]]:
        rows = []
        for size in case.sizes:
            row = [case.title if size == case.sizes[0] else "", str(size), *(f"{self.total(case.name, size, what):.2f}" for what in (WALL, CPU))]
            if size > 1 and self._judged:
                row += [f"{self.host(case.name, size, what) * 1000:.1f}" for what in (WALL, CPU)]
                row.append(f"{self.ratio(case.name, unit, size, CPU):.2f}" if self.has(unit, size) else "")
            rows.append((*row, *[""] * (7 - len(row))))
        return rows

    def _limit_row(self, case: Case) -> tuple[str, ...]:
        total = [f"{self.total(case.name, 1, what):.2f}" for what in (WALL, CPU)]
        each = [self.variable(case, what) if self._judged else None for what in (WALL, CPU)]
        return (case.title, *total, *("" if cost is None else f"{cost * 1000:.3f}" for cost in each))


def _bound(goal: Goal) -> str:
    return f"{goal.unit} {goal.bound:g}" if goal.unit.startswith("at ") else f"{goal.bound:g}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    lines = ["  ".join((row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:]))).rstrip() for row in (heads, *rows)]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])
