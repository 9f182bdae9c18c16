# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an array of unknown type begins, what a message names of thousands, and a checksum that an error brings."""

from __future__ import annotations

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, NotConfirmed, NotFound, ProjectChanged
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_apply import plan, settings, write
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext, listed
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.unit.plugins._simulated import Simulated

PREFIX = "Arp.Plc.Eclr/"


@pytest.mark.parametrize("bad_names", ["refuse", "partial"])
@pytest.mark.parametrize(("first", "found"), [(-2, None), (-1, None), (0, 0), (1, 1), (2, None)])
@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_where_an_array_begins(plcnext: Simulated, first: int, found: int | None, length: int, bad_names: str) -> None:
    plcnext.switch(bad_names=bad_names)
    plcnext.fault("status", "/ehmi/", status=404, times=99)
    plcnext.act("download_project", crc=1, variables={PREFIX + "A": {"type": f"ARRAY[{first}..{first + length - 1}] OF INT"}})
    assert Plcnext(plcnext.session()).first_index(PREFIX + "A", length) == found


def test_an_array_that_begins_elsewhere_is_not_written_at_the_wrong_place(plcnext: Simulated) -> None:
    plcnext.fault("status", "/ehmi/", status=404, times=99)
    plc = Plcnext(plcnext.session())
    differing = plan(plc, settings({"Totals": [7, 8, 9, 10]}, PREFIX))
    before = plcnext.act("get_variables", paths=[PREFIX + "Totals"])
    with pytest.raises(Exception, match="HTTP 400"):
        write(plc, differing, text=False, verify=False)
    assert plcnext.act("get_variables", paths=[PREFIX + "Totals"]) == before


def test_a_text_that_was_cut_is_a_change(plcnext: Simulated) -> None:
    plcnext.switch(long_string="truncate")
    plcnext.fault("status", "/ehmi/", status=404, times=99)
    plc = Plcnext(plcnext.session())
    differing = plan(plc, settings({"OperatorName": "x" * 30}, PREFIX))
    with pytest.raises(NotConfirmed) as caught:
        write(plc, differing, text=False, verify=False)
    assert caught.value.details == {"changed": True, "written": [], "not_written": [PREFIX + "OperatorName"]}
    assert "The others were written" not in caught.value.hint


def test_a_message_names_twenty(plcnext: Simulated) -> None:
    names = [f"No{number}" for number in range(25)]
    assert listed(names[:20]) == ", ".join(names[:20])
    assert listed(names, "; ") == "; ".join(names[:20]) + "; and 5 more"
    with pytest.raises(InvalidInput) as caught:
        plan(Plcnext(plcnext.session()), settings(dict.fromkeys(names, 1), PREFIX))
    assert caught.value.message.endswith("Arp.Plc.Eclr/No19 cannot be read (unknown); and 5 more")
    assert len(caught.value.details["problems"]) == 25


def test_an_error_brings_the_checksum(plcnext: Simulated) -> None:
    plc = Plcnext(plcnext.session())
    assert plc.read([PREFIX + "NoSuchName"]).refused and plc.crc == 1430805090
    plcnext.act("download_project", crc=4711)
    with pytest.raises(ProjectChanged, match="checksum 1430805090 became 4711"):
        plc.read([PREFIX + "NoSuchName"])


def test_another_project_without_the_variable_is_another_project(plcnext: Simulated) -> None:
    with pytest.raises(ProjectChanged, match="has the checksum 1430805090, not 5 as expected"):
        plan(Plcnext(plcnext.session()), settings({"NoSuchName": 1}, PREFIX), expected_crc=5)


def test_a_login_at_a_controller_without_the_interface_is_tried_again(plcnext: Simulated) -> None:
    """It is no refusal of credentials, so that a play can wait for the project."""
    plcnext.act("set_state", state="no_project")
    session = plcnext.session()
    with pytest.raises(NotFound, match="set authentication to false"):
        Plcnext(session).read([PREFIX + "RecipeNumber"])
    assert isinstance(session.store, MemoryStore) and session.store.rejection is None
    plcnext.act("set_state", state="running")
    assert Plcnext(session).read([PREFIX + "RecipeNumber"]).values == {PREFIX + "RecipeNumber": 7}
