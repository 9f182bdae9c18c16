# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance's interface against its simulator: the lock, its loss, and finding elements however the appliance says that there is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    Conflict,
    ConnectionFailed,
    Locked,
    LockLost,
    NotFound,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import HOLDS_LOCK, lock_ends
from ansible_collections.tokenflow.services.plugins.module_utils._services import appliance as service
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import Element
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance
from ansible_collections.tokenflow.services.plugins.module_utils._session import INTENT
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

from tests.unit.plugins._simulated import Clock, Simulated

ROUTE = {"dest-network": "192.0.2.128", "netmask": "255.255.255.128", "gateway": "192.0.2.1"}


class Run:
    """Tasks of one run, which share the login and the clock."""

    def __init__(self, simulated: Simulated, folder: Path | None = None, role: str = "", **options: Any) -> None:
        self.simulated, self.folder, self.role, self.options = simulated, folder, role, options
        self.store, self.clock = MemoryStore(), Clock()

    def task(self, **more: Any) -> Appliance:
        return Appliance(self.simulated.session(self.role, store=self.store, clock=self.clock, **{**self.options, **more}), self.folder)

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.simulated.advance(seconds)

    def holder(self) -> Any:
        return self.simulated.act("lock_state")["holder"]

    @property
    def notes(self) -> dict[str, Any]:
        assert self.store.token is not None
        return self.store.token.notes


@pytest.fixture
def run(appliance: Simulated) -> Run:
    return Run(appliance)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOCK_INTERVAL", 0.05)


def route(**more: Any) -> Element:
    return Element.from_options("host-route", {**ROUTE, **more})


# The lock


def test_the_lock_is_taken_once_and_released_once(run: Run) -> None:
    assert run.task().lock() is True
    assert (run.holder(), run.task().holds_lock, run.task().lock()) == ("admin", True, False)
    assert run.task().unlock() is True
    assert (run.holder(), run.task().unlock()) == (None, False)
    assert len(run.simulated.journal("/(un)?lock$")) == 2


def test_releasing_without_a_login_asks_nobody(run: Run) -> None:
    assert run.task().unlock() is False
    assert run.simulated.journal() == []


def test_a_lock_of_somebody_else_is_waited_for(run: Run) -> None:
    run.simulated.act("other_operator_lock", seconds=0.4)
    assert run.task().lock(5) is True
    asked = run.simulated.journal("/lock$")
    assert [entry["status"] for entry in asked] == [423] * (len(asked) - 1) + [204]
    assert len(asked) >= 3


def test_whoever_waits_for_the_lock_is_told_so_now_and_then(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TELL_EVERY", 0.1)
    told: list[str] = []
    run.simulated.act("other_operator_lock", seconds=0.5)
    assert run.task().lock(5, told.append) is True
    assert 1 <= len(told) < len(run.simulated.journal("/lock$"))
    assert all(re.fullmatch(r"waiting for the configuration lock, which another user or session holds, for \d s", text) for text in told)


def test_waiting_for_the_lock_outlasts_a_token(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TELL_EVERY", 0.0)
    run.simulated.act("other_operator_lock", seconds=1200)
    assert run.task().lock(60, lambda _text: run.pass_time(250)) is True
    assert run.holder() == "admin"
    assert [entry.get("refresh_form") for entry in run.simulated.journal("auth/token")] == [None, "raw", "raw"]


@pytest.mark.parametrize(("wait", "text"), [(0, ""), (0.2, ", still after 0.2 seconds")])
def test_a_lock_that_does_not_become_free_is_an_error(run: Run, wait: float, text: str) -> None:
    run.simulated.act("other_operator_lock")
    with pytest.raises(Locked) as caught:
        run.task().lock(wait)
    assert caught.value.message == f"the configuration lock is held by another user or session{text}"
    assert (caught.value.status, caught.value.reply) == (423, "Resource locked by another user")
    assert (run.notes.get(HOLDS_LOCK), run.notes.get(INTENT)) == (None, False)


def test_another_session_of_the_same_user_is_somebody_else(run: Run) -> None:
    run.task().lock()
    with pytest.raises(Locked):
        Run(run.simulated).task().lock()
    assert run.holder() == "admin"


def test_a_lock_for_one_change_is_released_after_it(run: Run) -> None:
    with run.task().locked("auto"):
        assert run.holder() == "admin"
    assert run.holder() is None
    with pytest.raises(ZeroDivisionError), run.task().locked("auto"):
        raise ZeroDivisionError
    assert run.holder() is None


def test_a_lock_that_the_run_holds_stays_after_one_change(run: Run) -> None:
    run.task().lock()
    for mode in ("auto", "required"):
        with run.task().locked(mode):
            pass
        assert run.holder() == "admin"


def test_a_lock_that_is_required_is_not_taken(run: Run) -> None:
    with pytest.raises(Locked, match="this run does not hold the configuration lock") as caught, run.task().locked("required"):
        raise AssertionError("got in")
    assert "lock: auto" in caught.value.hint
    assert run.simulated.journal("/lock$") == []


def test_the_lock_is_kept_over_half_an_hour(run: Run) -> None:
    run.task().lock()
    for _round in range(5):
        run.pass_time(540)
        assert run.holder() == "admin"
        run.task().update(Element.from_options("session-agent", {"hostname": "pbx1.example.com", "description": "x"}))
    state = run.simulated.act("lock_state")
    assert (state["holder"], state["seconds_left"] > 590) == ("admin", True)
    assert [entry.get("refresh_form") for entry in run.simulated.journal("auth/token")] == [None] + ["raw"] * 5


def test_a_write_that_finds_the_lock_gone_says_so(run: Run) -> None:
    """The token still lives: somebody took the lock away, or the appliance lost it."""
    appliance = run.task()
    appliance.lock()
    gone = "<response><data/><messages><errorMessage>User does not have the lock</errorMessage></messages><links/></response>"
    run.simulated.fault("status", "configElements", status=423, body=gone, times=2)
    with pytest.raises(LockLost, match="lock that this run held is gone, and this request was not carried out") as caught:
        appliance.create(route())
    assert "Edits that were not saved may remain" in caught.value.hint
    assert (caught.value.status, caught.value.reply) == (423, "User does not have the lock")
    assert run.notes[HOLDS_LOCK] is False
    with pytest.raises(Locked) as caught_again:
        appliance.create(route())
    assert not isinstance(caught_again.value, LockLost)


def test_a_lock_whose_token_is_dead_is_noticed_when_somebody_asks(run: Run) -> None:
    run.task().lock()
    run.task().confirm_lock()
    run.simulated.act("revoke_tokens")
    with pytest.raises(LockLost, match="no longer accepted"):
        run.task().confirm_lock()
    assert run.task().lock() is True


def test_a_lock_that_was_lost_is_no_error_when_it_is_released(run: Run) -> None:
    run.task().lock()
    appliance = run.task()
    run.simulated.fault("status", "unlock", status=423)
    assert appliance.unlock() is False
    assert ["lost before it was released" in text for text in appliance.session.warnings] == [True]


def test_a_release_that_fails_says_until_when_the_lock_stays(run: Run) -> None:
    run.task().lock()
    run.simulated.fault("reset", "unlock")
    with pytest.raises(ConnectionFailed) as caught:
        run.task().unlock()
    assert run.store.token is not None
    assert lock_ends(run.store.token) in caught.value.hint
    assert "may still be held" in caught.value.hint
    assert run.task().unlock() is True


def test_a_change_is_done_though_its_lock_cannot_be_released(run: Run) -> None:
    appliance = run.task()
    run.simulated.fault("status", "unlock", status=503)
    with appliance.locked("auto"):
        pass
    (warning,) = appliance.session.warnings
    assert "could not be released" in warning
    assert "It ends with its token, at 20" in warning


def test_when_a_lock_ends_by_itself() -> None:
    token = Token("x", "appliance", "https://sbc.example", "admin", "v1.2", 0.0, 1795332000.0)
    assert lock_ends(token) == "It ends with its token, at 2026-11-22T07:20:00Z; where a token is prolonged by its use, ten minutes after the last request."
    assert "ten minutes after that was issued" in lock_ends(Token("x", "appliance", "", "", "", 0.0))


@pytest.mark.parametrize("relock", [204, 423])
def test_a_lock_whose_answer_never_came_is_not_left_behind(run: Run, relock: int) -> None:
    run.simulated.switch(relock=relock)
    run.simulated.fault("reset_after", "/lock$")
    with pytest.raises(ConnectionFailed):
        run.task().lock()
    assert (run.holder(), run.notes[INTENT], run.task().holds_lock) == ("admin", True, False)
    assert run.task().lock() is True
    assert (run.holder(), run.notes[INTENT], run.notes[HOLDS_LOCK]) == ("admin", False, True)


@pytest.mark.parametrize("granted", [True, False])
def test_what_may_be_held_is_released_too(run: Run, granted: bool) -> None:
    run.simulated.fault("reset_after" if granted else "reset", "/lock$")
    with pytest.raises(ConnectionFailed):
        run.task().lock()
    appliance = run.task()
    assert appliance.unlock() is granted
    assert (run.holder(), run.notes[INTENT], appliance.session.warnings) == (None, False, [])


def test_a_given_token_holds_a_lock_like_any_other(run: Run) -> None:
    token = run.task().session.token().value
    appliance = run.task(token=token)
    with appliance.locked("auto"):
        assert run.holder() == "admin"
    assert run.holder() is None


@pytest.mark.parametrize("nesting", ["messages/errorMessage", "messages/message/errorMessage"])
def test_writes_name_their_type_where_the_appliance_insists(run: Run, nesting: str) -> None:
    run.simulated.switch(content_type_check="strict", error_nesting=nesting)
    appliance = run.task()
    with appliance.locked("auto"):
        appliance.create(Element.from_options("host-route", {"dest-network": "203.0.113.0", "gateway": "192.0.2.1"}))
        with pytest.raises(Conflict) as caught:
            appliance.create(route())
    assert caught.value.reply == "Configuration element host-route [192.0.2.128] already exists"


# Elements


def find(run: Run, element_type: str, running: bool = False, **keys: Any) -> Element | None:
    appliance = run.task()
    wanted = {name.replace("_", "-"): value if isinstance(value, list) else [value] for name, value in keys.items()}
    return appliance.find(appliance.metadata(element_type), wanted, running)


KEYED: list[tuple[str, dict[str, Any]]] = [
    ("host-route", {"dest_network": "192.0.2.128"}),
    ("network-interface", {"name": "M10", "sub_port_id": "0"}),
    ("media-profile", {"name": "PCMA", "subname": ""}),
    ("steering-pool", {"ip_address": "198.51.100.10", "start_port": "10000", "realm_id": "access"}),
    ("local-policy", {"from_address": "*", "to_address": "*", "source_realm": "access"}),
    ("local-policy", {"from_address": ["*"], "to_address": ["+43", "+49"], "source_realm": ["core"]}),
    ("access-control", {"realm_id": "access", "source_address": "198.51.100.200", "application_protocol": "SIP", "transport_protocol": "UDP"}),
    ("sip-config", {}),
]


@pytest.mark.parametrize(("element_type", "keys"), KEYED)
@pytest.mark.parametrize("list_keys", ["repeated", "comma", "space"])
def test_an_element_is_found_by_its_keys(run: Run, element_type: str, keys: dict[str, Any], list_keys: str) -> None:
    run.simulated.switch(list_keys=list_keys)
    found = find(run, element_type, **keys)
    assert found is not None
    assert found.type == element_type
    for name, value in keys.items():
        assert sorted(found.attributes[name.replace("_", "-")]) == sorted(value if isinstance(value, list) else [value])


@pytest.mark.parametrize("missing", [404, 200])
@pytest.mark.parametrize("empty", [404, 200])
@pytest.mark.parametrize(
    ("element_type", "keys"),
    [
        ("host-route", {"dest_network": "203.0.113.0"}),
        ("ntp-config", {}),
        ("local-policy", {"from_address": ["*"], "to_address": ["+1", "+2"], "source_realm": "core"}),
    ],
)
def test_an_element_that_is_not_there_is_none(run: Run, element_type: str, keys: dict[str, Any], missing: int, empty: int) -> None:
    run.simulated.switch(missing_element=missing, empty_list=empty)
    assert find(run, element_type, **keys) is None


def test_an_answer_about_another_element_is_not_taken_for_it(run: Run) -> None:
    appliance = run.task()
    metadata = appliance.metadata("host-route")
    other = Element("host-route", {"dest-network": ["10.0.0.0"]}).to_xml().partition(b"\n")[2].decode()
    run.simulated.fault("body", "configElements", body=f"<response><data>{other}</data></response>")
    assert appliance.find(metadata, {"dest-network": ["192.0.2.128"]}) is None


def test_where_one_element_cannot_be_asked_for_all_are_read(run: Run) -> None:
    appliance = run.task()
    metadata = appliance.metadata("host-route")
    run.simulated.fault("status", "configElements", status=400)
    found = appliance.find(metadata, {"dest-network": ["192.0.2.128"]})
    assert found is not None
    assert found.attributes["description"] == ["management network"]


@pytest.mark.parametrize("running", [True, False])
def test_editing_and_running_are_two_things(run: Run, running: bool) -> None:
    run.simulated.act("set_element", element_type="host-route", attributes={**ROUTE, "description": "edited"})
    found = find(run, "host-route", running, dest_network="192.0.2.128")
    assert found is not None
    assert found.attributes["description"] == ["management network" if running else "edited"]
    assert [element.attributes["description"][0] for element in run.task().all("host-route", running)] == found.attributes["description"]


@pytest.mark.parametrize("paging", ["supported", "ignored", "refused"])
def test_all_elements_are_read_whether_there_are_pages_or_not(run: Run, paging: str) -> None:
    run.simulated.switch(paging=paging)
    found = run.task().all("session-agent")
    assert [element.attributes["hostname"][0] for element in found] == ["pbx1.example.com", "pbx2.example.com", "trunk.carrier.example"]


def test_pages_that_come_unasked_are_all_read(run: Run) -> None:
    """Two pages, as an appliance would give them that limits its answers."""
    appliance = run.task()
    whole = appliance.call("GET", "configuration/configElements", query={"elementType": "session-agent"}).text()
    first = whole[: whole.index("<configElement>", whole.index("</configElement>"))] + "</data><messages/><links/></response>"
    run.simulated.act("clear_journal")
    run.simulated.fault("body", "configElements", body=first)
    assert len(appliance.all("session-agent")) == 3
    assert [entry["query"] for entry in run.simulated.journal("configElements")] == [
        f"elementType=session-agent{more}" for more in ("", "&offset=1", "&offset=3")
    ]


@pytest.mark.parametrize("empty", [404, 200])
def test_a_type_that_does_not_exist_is_not_an_empty_one(run: Run, empty: int) -> None:
    run.simulated.switch(empty_list=empty)
    run.simulated.act("remove_element", element_type="host-route", keys={"dest-network": "192.0.2.128"})
    assert run.task().all("host-route") == []
    with pytest.raises(NotFound) as caught:
        run.task().all("hostroute")
    assert (caught.value.reply, caught.value.hint) == ("Requested element type is not supported", "Is it host-route?")
    with pytest.raises(NotFound) as caught:
        run.task().metadata("quux")
    assert "appliance_info with gather: [element_types]" in caught.value.hint


def test_metadata_is_read_once_in_a_run(appliance: Simulated, tmp_path: Path) -> None:
    run = Run(appliance, tmp_path)
    found = [run.task().metadata("sip-interface") for _round in range(3)]
    assert found[0] == found[1] == found[2]
    assert (found[0].keys, found[0].subs["sip-port"].keys) == (["realm-id"], ["address", "port", "transport-protocol"])
    assert len(appliance.journal("metadata")) == 1
    run.task().metadata("host-route")
    Run(appliance, tmp_path, api_version="v1.1").task().metadata("host-route")
    assert len(appliance.journal("metadata")) == 3
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json"] * 3
    Run(appliance).task().metadata("host-route")
    assert len(appliance.journal("metadata")) == 4


def metadata_without(simulated: Simulated, tag: str) -> str:
    text = Appliance(simulated.session()).call("GET", "configuration/elementTypes/metadata", query={"elementType": "media-manager"}).text()
    return text.replace(f"<{tag}>true</{tag}>", "")


def test_whether_there_is_one_of_a_type_also_stands_in_the_list_of_types(run: Run) -> None:
    run.simulated.fault("body", "metadata", body=metadata_without(run.simulated, "singleInstance"))
    assert run.task().metadata("media-manager").single is True


def test_a_type_whose_keys_are_not_told_is_refused(run: Run) -> None:
    run.simulated.fault("body", "metadata", body=metadata_without(run.simulated, "singleInstance"))
    with pytest.raises(BadAnswer, match="does not tell by which keys elements of type session-agent"):
        run.task().metadata("session-agent")


@pytest.mark.parametrize("there", [True, False])
def test_deleting_says_whether_there_was_one(run: Run, there: bool) -> None:
    appliance = run.task()
    with appliance.locked("auto"):
        assert appliance.delete("host-route", {"dest-network": ["192.0.2.128" if there else "203.0.113.0"]}) is there
    assert run.simulated.act("get_store").get("host-route", []) == ([] if there else run.simulated.act("get_store", store="saved")["host-route"])


def test_what_the_appliance_says_stands_in_the_error(run: Run) -> None:
    appliance = run.task()
    with appliance.locked("auto"), pytest.raises(TokenflowError) as caught:
        appliance.create(Element.from_options("host-route", {"dest-network": "nowhere", "gateway": "192.0.2.1"}))
    assert (caught.value.KIND, caught.value.status, caught.value.reply) == ("refused", 400, "Invalid value for attribute dest-network")


def test_a_user_without_rights_reads_but_does_not_lock(appliance: Simulated) -> None:
    run = Run(appliance, role="operator")
    assert len(run.task().all("host-route")) == 1
    with pytest.raises(TokenflowError) as caught:
        run.task().lock()
    assert (caught.value.KIND, caught.value.status) == ("not_authorised", 403)
    assert "administrator privileges" in str(caught.value)
    assert (run.notes[INTENT], run.notes.get(HOLDS_LOCK)) == (False, None)
