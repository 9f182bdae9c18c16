# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A station's session: opened by the first request, sent along with each, kept alive, opened anew once, always deleted."""

from __future__ import annotations

import re
import types
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, NotAuthorised, NotFound, TokenflowError, Unavailable
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._plcnext_module import connect
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._services import _plcnext_station
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_station import Station
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext

from tests.unit.plugins._simulated import Simulated

SPEED = "Arp.Plc.Eclr/SpeedSetpoint"
BASE = "/_pxc_api/v1.2"
GONE = '{"apiVersion":"1.8.0.0","projectCRC":1430805090,"error":{"code":410,"details":[{"domain":"sessions","reason":"invalidSessionID"}]}}'


def station(plcnext: Simulated, name: str = "Line 1", timeout: float = 30.0, **session: Any) -> Plcnext:
    return Plcnext(plcnext.session(**session), station_id=name, station_timeout=timeout)


def report(plcnext: Simulated) -> list[dict[str, Any]]:
    """The sessions that the controller has, asked as another client."""
    answer = plcnext.session().call("GET", f"{BASE}/sessions")
    return list(answer.json()["sessions"])


def about_sessions(plcnext: Simulated) -> list[str]:
    return [re.sub("/s[0-9]+", "/ID", line) for line in plcnext.calls("/sessions")]


def test_it_is_opened_by_the_first_request_and_deleted_at_the_end(plcnext: Simulated) -> None:
    with station(plcnext, timeout=12.5) as plc:
        assert plcnext.calls() == []
        plc.read([SPEED])
        (entry,) = report(plcnext)
        assert (entry["stationID"], entry["timeout"]) == ("Line 1", "12500")
        list(plc.write({SPEED: 17}))
        assert {f"sessionID={entry['id']}" in request["query"] for request in plcnext.journal("/variables")} == {True}
    assert report(plcnext) == []
    assert about_sessions(plcnext) == [
        f"POST {BASE}/sessions 201",
        f"GET {BASE}/sessions 200",
        f"DELETE {BASE}/sessions/ID 204",
        f"GET {BASE}/sessions 200",
    ]


def test_without_a_request_there_is_no_session(plcnext: Simulated) -> None:
    with station(plcnext):
        pass
    assert plcnext.calls() == []


def test_it_is_deleted_after_an_error_which_is_the_one_that_counts(plcnext: Simulated) -> None:
    plcnext.fault("reset", "/sessions/", method="DELETE")
    with pytest.raises(ZeroDivisionError), station(plcnext) as plc:
        plc.read([SPEED])
        raise ZeroDivisionError
    plcnext.fault("status", "/variables", status=500, body="{}")
    with pytest.raises(TokenflowError, match="HTTP 500"), station(plcnext, "Line 2") as plc:
        list(plc.write({SPEED: 17}))
    assert about_sessions(plcnext)[1] == "DELETE /_pxc_api/v1.2/sessions/ID None"
    assert about_sessions(plcnext)[-1] == "DELETE /_pxc_api/v1.2/sessions/ID 204"
    assert [entry["stationID"] for entry in report(plcnext)] == ["Line 1"]


def test_what_was_done_stays_done_when_it_cannot_be_deleted(plcnext: Simulated) -> None:
    plcnext.fault("reset", "/sessions/", method="DELETE")
    with station(plcnext) as plc:
        list(plc.write({SPEED: 17}))
    (warning,) = plc.session.warnings
    assert warning.startswith("The session of station 'Line 1' could not be deleted and ends by itself after 30 seconds: PLCnext: DELETE ")


def test_a_session_that_is_gone_at_the_end_is_no_error(plcnext: Simulated) -> None:
    with station(plcnext) as plc:
        plc.read([SPEED])
        plcnext.advance(31)
    assert about_sessions(plcnext)[-1] == "DELETE /_pxc_api/v1.2/sessions/ID 410"
    assert plc.session.warnings == []


def test_one_that_ran_out_is_opened_anew(plcnext: Simulated) -> None:
    with station(plcnext) as plc:
        plc.read([SPEED])
        plcnext.advance(31)
        assert plc.read([SPEED]).values == {SPEED: 42.5}
        assert [entry["stationID"] for entry in report(plcnext)] == ["Line 1"]
    assert [line.split()[-1] for line in plcnext.calls("/variables")] == ["200", "410", "200"]
    assert report(plcnext) == []


def test_it_is_opened_anew_only_once(plcnext: Simulated) -> None:
    plcnext.fault("status", "/variables", status=410, body=GONE, content_type="application/json", skip=2)
    with pytest.raises(NotFound, match=r"HTTP 410: sessions/invalidSessionID"), station(plcnext) as plc:
        plc.read([SPEED])
        plcnext.advance(31)
        plc.read([SPEED])
    assert [line.split()[-1] for line in plcnext.calls("/variables")] == ["200", "410", "410"]
    assert about_sessions(plcnext).count(f"POST {BASE}/sessions 201") == 2


def test_a_project_that_is_loading_ends_no_session(plcnext: Simulated) -> None:
    unloaded = GONE.replace("sessions", "project").replace("invalidSessionID", "unloaded")
    plcnext.fault("status", "/variables", status=410, body=unloaded, content_type="application/json")
    with pytest.raises(TokenflowError, match="the controller is loading its project"), station(plcnext) as plc:
        plc.read([SPEED])
    assert about_sessions(plcnext) == [f"POST {BASE}/sessions 201", f"DELETE {BASE}/sessions/ID 204"]


def test_a_name_in_use_is_refused_with_the_session_that_has_it(plcnext: Simulated) -> None:
    with station(plcnext) as plc:
        plc.read([SPEED])
        (entry,) = report(plcnext)
        with pytest.raises(Conflict) as caught, station(plcnext) as second:
            second.read([SPEED])
        assert caught.value.message == f"station 'Line 1' is in use by session {entry['id']}"
        assert "a station_id of its own, or wait" in caught.value.hint
        assert report(plcnext) == [{**entry, "usedTimestamp": report(plcnext)[0]["usedTimestamp"]}]


def test_a_disabled_one_says_who_disabled_it(plcnext: Simulated) -> None:
    with pytest.raises(NotAuthorised) as caught, station(plcnext) as plc:
        plc.read([SPEED])
        plcnext.act("disable_session", station_id="Line 1")
        list(plc.write({SPEED: 17}))
    assert caught.value.message == "the PLC program has disabled the session of station 'Line 1'"
    assert "HMI_CONTROL.CLIENTS[n].DISABLE" in caught.value.hint
    assert plcnext.act("get_variables", paths=[SPEED]) == {SPEED: 42.5}


@pytest.mark.parametrize("status", [503, 403, 404])
def test_a_full_table_says_so(plcnext: Simulated, status: int) -> None:
    plcnext.switch(session_limit=1, session_full_status=status)
    with station(plcnext) as plc:
        plc.read([SPEED])
        with pytest.raises(Unavailable) as caught, station(plcnext, "Line 2") as second:
            second.read([SPEED])
    assert caught.value.message == f"the controller has no room for another session (HTTP {status})"
    assert "without station_id" in caught.value.hint


def test_sessions_that_need_a_token_get_one(plcnext: Simulated) -> None:
    plcnext.switch(sessions_need_token=True)
    with station(plcnext) as plc:
        assert plc.read([SPEED]).values == {SPEED: 42.5}
    assert report(plcnext) == []
    assert len(plcnext.calls("auth/access-token")) == 2


def test_check_mode_opens_none(plcnext: Simulated) -> None:
    session = plcnext.session(check_mode=True)
    with connect(Invocation({"station_id": "Line 1", "station_timeout": 30.0}, session, Secrets(), check_mode=True)) as plc:
        plc.read([SPEED])
    assert about_sessions(plcnext) == []


def test_the_module_s_options_name_the_station(plcnext: Simulated) -> None:
    with connect(Invocation({"station_id": "Line 7", "station_timeout": 2.0}, plcnext.session(), Secrets())) as plc:
        plc.read([SPEED])
        assert [(entry["stationID"], entry["timeout"]) for entry in report(plcnext)] == [("Line 7", "2000")]


@pytest.fixture
def clock(plcnext: Simulated, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What is waited moves the controller's clock and the client's; the list has every wait."""
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        plcnext.advance(seconds)

    monkeypatch.setattr(_plcnext_station, "time", types.SimpleNamespace(sleep=sleep, monotonic=lambda: sum(waited)))
    return waited


def alive(plcnext: Simulated, timeout: float) -> Station:
    found = Station(plcnext.session(), BASE, "Line 1", timeout)
    assert found.call("GET", f"{BASE}/variables", query={"paths": SPEED}).status == 200
    return found


def test_it_is_kept_alive_at_half_its_timeout(plcnext: Simulated, clock: list[float]) -> None:
    found = alive(plcnext, 10)
    found.keep_alive(27)
    assert clock == [5, 5, 5, 5, 5, 2]
    assert [line.split()[-1] for line in plcnext.calls("/sessions/")] == ["200"] * 5
    # The last request was two seconds ago.
    found.keep_alive(4)
    assert clock[6:] == [3, 1]
    (entry,) = report(plcnext)
    assert entry["stationID"] == "Line 1"
    found.close()
    assert report(plcnext) == []


def test_a_short_pause_sends_nothing(plcnext: Simulated, clock: list[float]) -> None:
    found = alive(plcnext, 10)
    found.keep_alive(5)
    assert clock == [5]
    assert plcnext.calls("/sessions/") == []


def test_one_that_ends_in_a_pause_is_there_again_afterwards(plcnext: Simulated, clock: list[float]) -> None:
    found = alive(plcnext, 10)
    plcnext.act("download_project", crc=1430805090)
    found.keep_alive(12)
    assert found.call("GET", f"{BASE}/variables", query={"paths": SPEED}).status == 200
    assert [entry["stationID"] for entry in report(plcnext)] == ["Line 1"]
    found.close()
    assert report(plcnext) == []
