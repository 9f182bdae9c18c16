# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read groups: the same list is the same group, found without registering; what is gone, and what only seems so."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, NotFound, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_groups import Groups, report
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext

from tests.unit.plugins._simulated import Simulated

PREFIX = "Arp.Plc.Eclr/"
LEVELS = [PREFIX + name for name in ("LevelCurrent", "LevelMinimum", "LevelMaximum")]
SPEEDS = [PREFIX + name for name in ("SpeedSetpoint", "SpeedActual")]
VELOCITY = "ConveyorComponent1/Conveyor.Velocity"
BASE = "/_pxc_api/v1.2"


def groups(plcnext: Simulated, station_id: str | None = None, **session: Any) -> Groups:
    return Groups(Plcnext(plcnext.session(**session), station_id=station_id))


def registrations(plcnext: Simulated) -> list[dict[str, Any]]:
    return [json.loads(entry["body"]) for entry in plcnext.journal("/groups", method="POST")]


def test_a_group_has_full_paths_with_types_and_values(plcnext: Simulated) -> None:
    found = groups(plcnext)
    registered = found.register(LEVELS[:2])
    assert registered.variables == {LEVELS[0]: {"type": "REAL"}, LEVELS[1]: {"type": "REAL"}}
    read = found.read(registered.id)
    assert read is not None and read.variables[LEVELS[1]] == {"type": "REAL", "value": 15}
    assert registrations(plcnext) == [{"paths": ["LevelCurrent", "LevelMinimum"], "pathPrefix": PREFIX}]


def test_paths_of_several_components_have_no_prefix(plcnext: Simulated) -> None:
    paths = [LEVELS[0], VELOCITY]
    found = groups(plcnext).register(paths)
    assert list(found.variables) == paths
    assert registrations(plcnext) == [{"paths": paths}]


def test_the_same_list_is_the_same_group(plcnext: Simulated) -> None:
    first, created = groups(plcnext).ensure(LEVELS)
    again, created_again = groups(plcnext).ensure(LEVELS)
    assert (again.id, created, created_again) == (first.id, True, False)
    other, created_other = groups(plcnext).ensure(LEVELS[::-1])
    assert other.id != first.id and created_other
    assert len(registrations(plcnext)) == 2


def test_also_where_each_registration_makes_a_group(plcnext: Simulated) -> None:
    plcnext.switch(group_dedup=False)
    first, _created = groups(plcnext).ensure(LEVELS)
    again, created = groups(plcnext).ensure(LEVELS)
    assert (again.id, created) == (first.id, False)


def test_also_if_another_client_wrote_the_paths_in_another_way(plcnext: Simulated) -> None:
    body = {"pathPrefix": PREFIX + "Level", "paths": ["Current", "Minimum", "Maximum"]}
    answer = plcnext.session().call("POST", f"{BASE}/groups", json_body=body, expect=(201,))
    found, created = groups(plcnext).ensure(LEVELS)
    assert (found.id, created) == (answer.json()["id"], False)


def test_a_path_that_comes_twice_counts_once(plcnext: Simulated) -> None:
    first, _created = groups(plcnext).ensure([*LEVELS, LEVELS[0]])
    assert list(first.variables) == LEVELS
    assert groups(plcnext).find([*LEVELS, LEVELS[0]]) is not None


@pytest.mark.parametrize("count", ["number", "string"])
def test_one_is_found_without_registering(plcnext: Simulated, count: str) -> None:
    plcnext.switch(group_variable_count=count)
    wanted = groups(plcnext).register(LEVELS)
    others = [groups(plcnext).register(paths) for paths in (SPEEDS, LEVELS[::-1])]
    before = len(registrations(plcnext))
    plcnext.act("clear_journal")
    found = groups(plcnext).find(LEVELS)
    assert found is not None and found.id == wanted.id and found.variables[LEVELS[2]] == {"type": "REAL", "value": 85}
    assert groups(plcnext).find(LEVELS[:1]) is None
    assert (before, len(registrations(plcnext))) == (3, 0)
    # Only those with as many variables are read.
    assert plcnext.journal(f"/groups/{others[0].id}") == []


@pytest.mark.parametrize("scheme", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_report_has_all_its_pages(plcnext: Simulated, scheme: bool, size: int) -> None:
    plcnext.switch(report_page=size, uri_scheme=scheme)
    found = groups(plcnext)
    ids = [found.register([path]).id for path in LEVELS]
    assert found.ids() == dict.fromkeys(ids, 1)
    assert len(plcnext.journal("/groups$", method="GET")) == -(-3 // size)


def test_a_report_of_sessions_has_pages_too(plcnext: Simulated) -> None:
    plcnext.switch(report_page=1)
    plc = Plcnext(plcnext.session(), station_id="A")
    with plc, Plcnext(plcnext.session(), station_id="B") as other:
        other.read(SPEEDS)
        assert [entry["stationID"] for entry in report(plc, "sessions")] == ["B", "A"]


def test_a_host_that_is_called_groups_is_not_the_path(plcnext: Simulated) -> None:
    entries = json.dumps({"groups": [{"id": "g1"}], "next": "https://groups.example/_pxc_api/v1.8/groups?offset=1"})
    plcnext.fault("body", "/groups", body=entries)
    assert groups(plcnext).ids() == {"g1": 0}
    assert [(entry["path"], entry["query"]) for entry in plcnext.journal("/groups")] == [(f"{BASE}/groups", ""), (f"{BASE}/groups", "offset=1")]


def test_a_report_that_leads_to_itself_ends(plcnext: Simulated) -> None:
    entries = json.dumps({"groups": [{"id": "g1", "variableCount": 2}, "odd"], "next": "/_pxc_api/api/groups"})
    plcnext.fault("body", "/groups", body=entries, times=9)
    assert groups(plcnext).ids() == {"g1": 2}


def test_one_that_is_gone(plcnext: Simulated) -> None:
    found = groups(plcnext)
    group = found.register(LEVELS)
    assert found.unregister(group.id)
    assert not found.unregister(group.id)
    assert found.read(group.id) is None and found.find(LEVELS) is None


def test_a_download_drops_groups_and_one_is_registered_anew(plcnext: Simulated) -> None:
    before = groups(plcnext).register(LEVELS)
    plcnext.act("download_project", crc=4711)
    found = groups(plcnext)
    assert found.read(before.id) is None
    group, created = found.ensure(LEVELS)
    assert created and group.id != before.id


def test_one_that_was_not_used_for_long_is_gone(plcnext: Simulated) -> None:
    plcnext.switch(group_lifetime=60, token_lifetime=6000)
    found = groups(plcnext)
    group = found.register(LEVELS)
    plcnext.advance(59)
    assert found.read(group.id) is not None
    plcnext.advance(61)
    assert found.read(group.id) is None


def test_it_outlives_the_session_of_the_station_that_registered_it(plcnext: Simulated) -> None:
    with Plcnext(plcnext.session(), station_id="Line 1") as plc:
        plc.read(SPEEDS)
        group, created = Groups(plc).ensure(LEVELS)
    assert created
    assert groups(plcnext).find(LEVELS) is not None
    assert not plcnext.journal("/groups", method="POST")[0]["query"]
    assert group.id in groups(plcnext).ids()


@pytest.mark.parametrize("state", ["loading", "no_project", "down"])
@pytest.mark.parametrize("status", [404, 403, 408, 410])
def test_a_controller_that_cannot_tell_is_no_group_that_is_gone(plcnext: Simulated, state: str, status: int) -> None:
    plcnext.switch(unloaded_status=status)
    found = groups(plcnext)
    group = found.register(LEVELS)
    plcnext.act("set_state", state=state)
    for ask in (found.read, found.unregister):
        with pytest.raises(TokenflowError, match=r"loading its project|does not have this part|is not running"):
            ask(group.id)


def test_unknown_names_are_listed_together(plcnext: Simulated) -> None:
    wrong = [PREFIX + "LevelCurent", PREFIX + "SpeedAktual"]
    for bad_names in ("refuse", "partial"):
        plcnext.switch(bad_names=bad_names)
        with pytest.raises(NotFound) as caught:
            groups(plcnext).ensure([wrong[0], *LEVELS, wrong[1]])
        assert caught.value.message == f"the controller does not know {wrong[0]}, {wrong[1]}"
        assert caught.value.details == {"problems": wrong}
        assert "marked for the HMI" in caught.value.hint
    assert groups(plcnext).ids() == {}


def test_unknown_names_are_found_without_registering(plcnext: Simulated) -> None:
    wrong = PREFIX + "LevelCurent"
    with pytest.raises(NotFound, match=r"does not know Arp\.Plc\.Eclr/LevelCurent"):
        groups(plcnext, check_mode=True).check([*LEVELS, wrong])
    groups(plcnext, check_mode=True).check(LEVELS)
    assert registrations(plcnext) == []


def test_a_variable_without_a_value_is_not_unknown(plcnext: Simulated) -> None:
    plcnext.act("set_variables", values={LEVELS[0]: "NaN"})
    found = groups(plcnext)
    found.check(LEVELS)
    wrong = PREFIX + "LevelCurent"
    with pytest.raises(NotFound) as caught:
        found.ensure([*LEVELS, wrong])
    assert caught.value.details == {"problems": [wrong]}
    group, _created = found.ensure(LEVELS)
    read = found.read(group.id)
    assert read is not None
    with pytest.raises(NotFound, match=r"LevelCurrent cannot be read \(the controller gave no value\)"):
        found.values(read)


def test_a_variable_that_was_taken_out_of_the_project(plcnext: Simulated) -> None:
    found = groups(plcnext)
    broken, whole = found.register(LEVELS), found.register([*SPEEDS, VELOCITY])
    plcnext.act("remove_variable", path=LEVELS[1])
    with pytest.raises(NotFound) as caught:
        found.read(broken.id)
    assert caught.value.message == f"the controller does not know {LEVELS[1]}"
    # It does not stand in the way of others, and can be removed.
    other = found.find([*SPEEDS, VELOCITY])
    assert other is not None and other.id == whole.id
    assert found.unregister(broken.id)


@pytest.mark.parametrize("body", ['{"id":"g1"}', '{"variables":[]}', '{"id":"g1","variables":["A"]}', "[]", "{"])
def test_an_answer_that_is_no_group(plcnext: Simulated, body: str) -> None:
    found = groups(plcnext)
    group = found.register(LEVELS)
    plcnext.fault("body", "/groups", body=body)
    with pytest.raises(BadAnswer):
        found.read(group.id)
