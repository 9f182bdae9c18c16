# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token that ends costs one login and no failure: whether it ran out unforeseen, was withdrawn, or its end was known ahead."""

from __future__ import annotations

from datetime import datetime

from tests.integration._lab import Lab, Run, check, equal


def test(lab: Lab) -> None:
    lab.play("unforeseen.yml", inventory=lab.hosts({"many": {f"host{number}": {} for number in range(10)}}))
    lab.reset()
    learnt(lab.play("foreseen.yml", moving_clock=True, warnings="less than minimum_lifetime"))
    clocks_apart(lab)


def seconds(result: dict[str, str]) -> float:
    """How long a token lives, by the result of a token module."""
    return (datetime.fromisoformat(result["expires_at"][:-1]) - datetime.fromisoformat(result["issued_at"][:-1])).total_seconds()


def learnt(run: Run) -> None:
    """The controller does not say how long its tokens live: 600 seconds are assumed first, then what was seen."""
    lives = [seconds(result) for result in run.results("Learn how long a token lives")]
    # The third token was replaced ahead of its end and never refused, so that the next one may last longer.
    equal([round(life / 10) * 10 for life in lives], [600, 150, 100, 200], "lifetimes")


def clocks_apart(lab: Lab) -> None:
    """A service whose clock is a day off: what it says in absolute times is corrected, a JWT's times are taken relative to each other."""
    for shift in (86400, -86400):
        lab.reset()
        for simulator in lab.simulators.values():
            simulator.control("advance", seconds=shift)
        run = lab.play("clocks.yml")
        for service in ("phoenix", "magento"):
            check(abs(seconds(run.result(f"Token of {service}")) - 3600) < 5, f"{service}: {run.result(f'Token of {service}')}")
            equal(lab.simulators[service].journal().differences(logins=1, calls=2), [], f"{service}, {shift} seconds off")
