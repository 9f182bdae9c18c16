# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for values: the condition, the time, what is said when it runs out, and one connection for all of it."""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, NotFound, ProjectChanged, TimedOut
from ansible_collections.tokenflow.services.plugins.module_utils._services import _plcnext_station, _plcnext_wait
from ansible_collections.tokenflow.services.plugins.module_utils._services import plcnext as service
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_wait import read_until, read_values
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext

from tests.unit.plugins._simulated import Simulated

PREFIX = "Arp.Plc.Eclr/"


def named(*names: str) -> dict[str, str]:
    return {name: PREFIX + name for name in names}


class Time:
    """The client's time, which waiting moves; ``then`` is called after each wait with the time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []
        self.then: Callable[[float], Any] = lambda _now: None

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        self.then(self.now - 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time()
    for module in (service, _plcnext_wait, _plcnext_station):
        monkeypatch.setattr(module, "time", types.SimpleNamespace(sleep=found.sleep, monotonic=lambda: found.now))
    return found


def test_without_a_condition_there_is_one_reading(plcnext: Simulated, clock: Time) -> None:
    assert read_until(Plcnext(plcnext.session()), named("RecipeNumber"), None, 60, 1) == ({"RecipeNumber": 7}, 1)
    assert clock.waits == []


def test_a_condition_that_is_true_already_waits_for_nothing(plcnext: Simulated, clock: Time) -> None:
    assert read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber == `7`", 0, 1) == ({"RecipeNumber": 7}, 1)
    assert clock.waits == []


def test_it_reads_at_each_interval_until_the_condition_is_true(plcnext: Simulated, clock: Time) -> None:
    clock.then = lambda now: plcnext.act("set_variables", values={PREFIX + "RecipeNumber": int(now)})
    values, readings = read_until(Plcnext(plcnext.session()), named("RecipeNumber", "SpeedActual"), "RecipeNumber > `7` && SpeedActual > `1`", 60, 2.5)
    assert (values["RecipeNumber"], readings) == (10, 5)
    assert clock.waits == [2.5] * 4
    assert len(plcnext.journal("/variables")) == 5
    assert len(plcnext.journal("access-token")) == 1


def test_the_failure_has_the_last_values(plcnext: Simulated, clock: Time) -> None:
    clock.then = lambda now: plcnext.act("set_variables", values={PREFIX + "OrderNumber": f"ORD-{now:.0f} Ä"})
    with pytest.raises(TimedOut) as caught:
        read_until(Plcnext(plcnext.session()), named("OrderNumber", "RecipeNumber"), "RecipeNumber > `99`", 5, 2)
    last = {"OrderNumber": "ORD-5 Ä", "RecipeNumber": 7}
    assert caught.value.message == (
        f"'RecipeNumber > `99`' was not true within 5 seconds and 4 readings; the last values were {json.dumps(last, ensure_ascii=False)}"
    )
    assert caught.value.details == {"variables": last, "readings": 4}
    assert "until_timeout" in caught.value.hint
    # The last wait is cut, so that the time given is the time waited.
    assert clock.waits == [2, 2, 1]


@pytest.mark.parametrize("timeout", [0, -1])
def test_no_time_at_all_is_one_reading(plcnext: Simulated, clock: Time, timeout: float) -> None:
    with pytest.raises(TimedOut, match="and 1 readings"):
        read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber > `99`", timeout, 1)
    assert clock.waits == []


@pytest.mark.parametrize("interval", [0.049, 0, -1])
def test_an_interval_that_would_be_a_busy_loop_is_refused(plcnext: Simulated, interval: float) -> None:
    with pytest.raises(InvalidInput, match=r"until_interval is less than 0\.05 seconds"):
        read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber > `99`", 1, interval)
    assert plcnext.calls() == []


@pytest.mark.parametrize("true", ["`0`", "Robot", "'no'", "`[0]`", '`{"a":null}`', "MachineEnabled"])
def test_what_is_true_is_what_jmespath_says(plcnext: Simulated, clock: Time, true: str) -> None:
    paths = {**named("MachineEnabled"), "Robot": PREFIX + "Robot.Test_Var"}
    assert read_until(Plcnext(plcnext.session()), paths, true, 0, 1)[1] == 1


@pytest.mark.parametrize("false", ["`null`", "`false`", "''", "`[]`", "`{}`", "NoSuchName", "MachineEnabled == `1`"])
def test_what_is_false_is_what_jmespath_says(plcnext: Simulated, clock: Time, false: str) -> None:
    with pytest.raises(TimedOut):
        read_until(Plcnext(plcnext.session()), named("MachineEnabled"), false, 0, 1)


def test_a_condition_that_is_no_expression(plcnext: Simulated) -> None:
    with pytest.raises(InvalidInput, match="JMESPath"):
        read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber >", 1, 1)


def test_names_that_cannot_be_read_are_listed_together(plcnext: Simulated, clock: Time) -> None:
    plcnext.act("set_variables", values={PREFIX + "SpeedActual": "NaN"})
    with pytest.raises(NotFound) as caught:
        read_until(Plcnext(plcnext.session()), named("SpeedAktual", "RecipeNumber", "SpeedActual", "LevelX"), "RecipeNumber", 60, 1)
    assert caught.value.details["problems"] == [
        "Arp.Plc.Eclr/SpeedAktual cannot be read (unknown)",
        "Arp.Plc.Eclr/LevelX cannot be read (unknown)",
        "Arp.Plc.Eclr/SpeedActual cannot be read (the controller gave no value)",
    ]
    assert "marked for the HMI" in caught.value.hint
    with pytest.raises(NotFound) as caught:
        read_values(Plcnext(plcnext.session()), named("SpeedActual"))
    assert "NaN" in caught.value.hint and "HMI" not in caught.value.hint


def test_one_variable_by_two_names_is_asked_for_once(plcnext: Simulated) -> None:
    paths = {"RecipeNumber": PREFIX + "RecipeNumber", PREFIX + "RecipeNumber": PREFIX + "RecipeNumber"}
    assert read_values(Plcnext(plcnext.session()), paths) == dict.fromkeys(paths, 7)


def test_a_download_while_waiting_ends_it(plcnext: Simulated, clock: Time) -> None:
    clock.then = lambda now: plcnext.act("download_project", crc=4711) if now == 3 else None
    with pytest.raises(ProjectChanged, match=r"checksum 1430805090 became 4711"):
        read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber > `99`", 60, 1)
    assert clock.waits == [1, 1, 1]


def test_a_download_without_the_variable_is_still_a_download(plcnext: Simulated, clock: Time) -> None:
    clock.then = lambda _now: plcnext.act("download_project", crc=4711, variables={PREFIX + "RecipeNumber": None})
    with pytest.raises(ProjectChanged, match=r"checksum 1430805090 became 4711"):
        read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber > `99`", 60, 1)


def test_a_token_that_ends_while_waiting_is_replaced(plcnext: Simulated, clock: Time) -> None:
    clock.then = lambda now: plcnext.act("expire_tokens") if now == 2 else plcnext.act("set_variables", values={PREFIX + "RecipeNumber": int(now)})
    values, readings = read_until(Plcnext(plcnext.session()), named("RecipeNumber"), "RecipeNumber == `4`", 60, 1)
    assert (values, readings) == ({"RecipeNumber": 4}, 5)
    assert len(plcnext.journal("access-token")) == 2


def test_a_station_is_kept_alive_while_waiting(plcnext: Simulated, clock: Time) -> None:
    def passed(now: float) -> None:
        plcnext.advance(clock.waits[-1])
        if now >= 40:
            plcnext.act("set_variables", values={PREFIX + "RecipeNumber": 8})

    clock.then = passed
    with Plcnext(plcnext.session(), station_id="Line 1", station_timeout=10) as plc:
        assert read_until(plc, named("RecipeNumber"), "RecipeNumber == `8`", 60, 20)[1] == 3
    sessions = [(entry["method"], entry["status"]) for entry in plcnext.journal("/sessions")]
    assert sessions == [("POST", 201), *[("POST", 200)] * 6, ("DELETE", 204)]


def test_all_readings_take_one_connection(plcnext: Simulated) -> None:
    plc = Plcnext(plcnext.session())
    with pytest.raises(TimedOut):
        read_until(plc, named("RecipeNumber"), "RecipeNumber == `8`", 0.3, 0.05)
    assert len(plcnext.journal("/variables")) >= 4
    pool = plc.session.client._pool
    assert pool.num_requests == len(plcnext.journal())
    assert pool.num_connections == 1
