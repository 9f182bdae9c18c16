# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that takes time, where only the last job of anybody can be asked for; and what is done with the configuration as a whole."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    Conflict,
    InvalidInput,
    JobFailed,
    Locked,
    NotFound,
    RequestRefused,
    TimedOut,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services import _appliance_jobs as service
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_config import Action, backups
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_jobs import Jobs, Status
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance

from tests.unit.plugins._simulated import Simulated

DANGLING = "ERROR: sip-interface [lab] has reference to realm-config [lab] which does not exist"


class Box:
    """The simulator with its lock held. Its jobs take a moment; the clock of whoever waits is the real one."""

    def __init__(self, simulated: Simulated) -> None:
        self.simulated = simulated
        simulated.switch(job_seconds=0.15)
        self.appliance = Appliance(simulated.session())
        self.appliance.lock()
        self.told: list[str] = []

    def jobs(self, timeout: float = 5.0) -> Jobs:
        return Jobs(self.appliance, timeout, self.told.append)

    def action(self, name: str, **more: Any) -> Action:
        return Action(self.appliance, name, **more)

    def do(self, name: str, **more: Any) -> Status:
        return self.action(name, **more).run(5.0, self.told.append)

    def edit(self, description: str = "edited") -> None:
        attributes = {"dest-network": "192.0.2.128", "netmask": "255.255.255.128", "gateway": "192.0.2.1", "description": description}
        self.simulated.act("set_element", element_type="host-route", attributes=attributes)

    def description(self, store: str) -> str:
        return str(self.simulated.act("get_store", store=store)["host-route"][0]["attributes"]["description"])

    def polls(self) -> int:
        return len(self.simulated.journal("asyncstatus"))


@pytest.fixture
def box(appliance: Simulated) -> Box:
    return Box(appliance)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "INTERVAL", 0.05)


# Jobs


@pytest.mark.parametrize("initial", [200, 404])
def test_before_the_first_job_there_is_none(box: Box, initial: int) -> None:
    box.simulated.switch(async_initial=initial)
    assert box.jobs().status() == Status("", "", [])
    assert box.jobs().run("save").status == "success"
    assert box.jobs().status() == Status("save", "success", [])


def test_a_job_is_waited_for(box: Box) -> None:
    box.edit()
    assert box.jobs().run("save") == Status("save", "success", [])
    assert box.description("saved") == "edited"
    assert box.polls() >= 3
    assert [(entry["method"], entry["query"]) for entry in box.simulated.journal("management")] == [("PUT", "action=save")]


def test_a_job_that_fails_has_what_the_appliance_said(box: Box) -> None:
    box.simulated.act("fail_job", operation="save", message="No space left on device")
    with pytest.raises(JobFailed) as caught:
        box.jobs().run("save")
    assert caught.value.message == "save failed: No space left on device"
    assert caught.value.details == {"operation": "save", "status": "fail", "messages": ["No space left on device"]}


def test_each_finding_of_a_verification_is_a_message(box: Box) -> None:
    box.simulated.act("set_element", element_type="sip-interface", attributes={"realm-id": "lab"}, sub_elements={"sip-port": [{"address": "192.0.2.9"}]})
    box.simulated.act("corrupt_verify", message="ERROR: license exceeded", field="capacity", object="system-config")
    with pytest.raises(JobFailed) as caught:
        box.jobs().run("verify")
    assert caught.value.details["messages"] == [DANGLING, "ERROR: license exceeded", "field capacity, object system-config"]
    assert str(caught.value).count("ERROR:") == 2
    assert "undo all edits with action: restore" in caught.value.hint


def test_findings_without_a_text_are_messages_too(box: Box) -> None:
    summary = "<verify><field>realm-id</field><object>sip-interface [lab]</object></verify><verify><object>realm-config [x]</object></verify>"
    state = "<operationState><operation>verify</operation><status>fail</status></operationState>"
    box.simulated.fault(
        "body", "asyncstatus", body=f"<response><data>{state}<additionalInfo><verifySummary>{summary}</verifySummary></additionalInfo></data></response>"
    )
    assert box.jobs().status() == Status("verify", "fail", ["field realm-id, object sip-interface [lab]", "object realm-config [x]"])


def test_a_failure_without_a_reason_says_that(box: Box) -> None:
    state = "<operationState><operation>save</operation><status>fail</status><errorMessage/></operationState>"
    box.simulated.fault("body", "asyncstatus", body=f"<response><data>{state}</data></response>", skip=1)
    with pytest.raises(JobFailed, match="save failed: the appliance gave no reason"):
        box.jobs().run("save")


def test_a_job_that_does_not_end_in_time(box: Box) -> None:
    box.simulated.switch(job_seconds=30)
    with pytest.raises(TimedOut, match=r"save had not ended after 0\.3 seconds") as caught:
        box.jobs(0.3).run("save")
    assert "job_timeout" in caught.value.hint
    assert caught.value.details == {"operation": "save", "status": "inProgress"}


def test_progress_is_told_now_and_then(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TELL_EVERY", 0.1)
    box.simulated.switch(job_seconds=0.6)
    box.jobs().run("save")
    assert 1 <= len(box.told) < box.polls()
    assert all(re.fullmatch(r"save in progress for \d s", text) for text in box.told)


# Somebody else's jobs


@pytest.mark.parametrize("busy", [409, "accept"])
def test_a_job_of_somebody_else_is_waited_for_first(box: Box, busy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TELL_EVERY", 0.1)
    box.simulated.switch(async_busy=busy)
    box.simulated.act("other_operator_job", operation="backup", seconds=0.4)
    assert box.jobs().run("save") == Status("save", "success", [])
    assert box.told[0] == "waiting for backup of somebody else to end"
    assert [entry["status"] for entry in box.simulated.journal("management$")] == [202]
    assert len(backups(box.appliance)) == 2


def test_a_job_of_somebody_else_that_takes_too_long(box: Box) -> None:
    box.simulated.act("other_operator_job", operation="activate", seconds=30)
    with pytest.raises(Conflict, match="save was not started: activate of somebody else is still at work"):
        box.jobs(0.2).run("save")
    assert box.simulated.journal("management$") == []


def test_waiting_for_somebody_else_does_not_shorten_ones_own_time(box: Box) -> None:
    box.simulated.switch(job_seconds=0.8)
    box.simulated.act("other_operator_job", operation="backup", seconds=0.8)
    assert box.jobs(1.4).run("save").status == "success"


def test_a_job_that_somebody_starts_in_between_is_waited_for(box: Box) -> None:
    box.simulated.fault("status", "management", status=409, times=3)
    assert box.jobs().run("save").status == "success"
    assert [entry["status"] for entry in box.simulated.journal("management$")] == [409, 409, 409, 202]


def test_an_appliance_that_stays_busy_is_a_conflict(box: Box) -> None:
    box.simulated.fault("status", "management", status=409, times=99)
    with pytest.raises(Conflict, match="409"):
        box.jobs(0.3).run("save")


def test_a_job_of_somebody_else_hides_how_ones_own_ended(box: Box) -> None:
    box.edit()
    box.simulated.switch(job_seconds=1, async_busy="accept")
    appliance, seen = box.appliance, []

    class Watched(Jobs):
        def status(self) -> Status:
            found = super().status()
            seen.append(found)
            if found.operation == "save" and len(seen) == 3:
                box.simulated.act("other_operator_job", operation="verify", seconds=0.1)
            return found

    with pytest.raises(Conflict, match="save was started, but verify of somebody else hides how it ended") as caught:
        Watched(appliance, 5.0).run("save")
    assert "only its last job can be asked for" in caught.value.hint


def test_a_failed_job_of_somebody_else_before_is_not_ones_own(box: Box) -> None:
    box.simulated.act("other_operator_job", operation="save", seconds=0, outcome="fail", message="theirs")
    assert box.jobs().status() == Status("save", "fail", ["theirs"])
    assert box.jobs().run("save") == Status("save", "success", [])


def test_a_job_needs_the_lock(box: Box) -> None:
    box.appliance.unlock()
    with pytest.raises(Locked):
        box.jobs().run("save")


# What can be done with the configuration


def test_editing_saved_and_running(box: Box) -> None:
    box.edit()
    assert box.do("verify").status == "success"
    assert [box.description(store) for store in ("editing", "saved", "running")] == ["edited", "management network", "management network"]
    box.do("save")
    box.do("activate")
    assert [box.description(store) for store in ("editing", "saved", "running")] == ["edited"] * 3
    methods = [(entry["method"], entry["query"]) for entry in box.simulated.journal("management$")]
    assert methods == [("PUT", "action=verify"), ("PUT", "action=save"), ("POST", "action=activate")]
    assert [box.action(name).changes for name in ("verify", "save", "activate", "restore")] == [False, True, True, True]


@pytest.mark.parametrize(
    ("source", "filename", "query"),
    [
        ("running", None, "restoreSource=running"),
        ("saved", None, "restoreSource=saved"),
        ("backup", "factory-acceptance.gz", "restoreSource=backupFile&filename=factory-acceptance.gz"),
    ],
)
def test_an_older_configuration_is_taken_back(box: Box, source: str, filename: str | None, query: str) -> None:
    box.edit()
    box.do("restore", source=source, filename=filename)
    assert box.description("editing") == "management network"
    assert box.simulated.journal("management$")[-1]["query"] == f"action=restore&{query}"


def test_a_backup_that_is_not_there_cannot_be_taken_back(box: Box) -> None:
    with pytest.raises(JobFailed, match=r"Backup file nothing\.gz not found"):
        box.do("restore", source="backup", filename="nothing.gz")


@pytest.mark.parametrize("source", ["running", "saved", "editing"])
def test_a_backup_is_made_once(box: Box, source: str) -> None:
    box.edit()
    action = box.action("backup", source=source, filename="b.gz")
    assert action.is_due(()) is True
    action.run(5.0, box.told.append)
    assert backups(box.appliance) == ["b.gz", "factory-acceptance.gz"]
    assert action.is_due(()) is False
    with pytest.raises(JobFailed, match="already exists"):
        action.run(5.0, box.told.append)
    box.do("restore", source="backup", filename="b.gz")
    assert box.description("editing") == ("edited" if source == "editing" else "management network")


@pytest.mark.parametrize(
    ("name", "source", "filename", "text"),
    [
        ("restore", "editing", None, "restore does not take source: editing"),
        ("backup", "backup", "x", "backup does not take source: backup"),
        ("backup", "running", "a/b.gz", "has a folder in it"),
    ],
)
def test_what_cannot_be_done_is_said_before(box: Box, name: str, source: str, filename: str | None, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        box.action(name, source=source, filename=filename)


def test_a_file_name_that_the_appliance_refuses(box: Box) -> None:
    with pytest.raises(RequestRefused, match="must be a file name"):
        box.do("backup", filename="a b.gz")


@pytest.mark.parametrize("switches", [{"save_without_changes": "fail"}, {"activate_without_save": "fail"}])
def test_what_the_appliance_may_refuse_is_that_failure(box: Box, switches: dict[str, str]) -> None:
    box.simulated.switch(**switches)
    if "activate_without_save" in switches:
        box.edit()
    with pytest.raises(JobFailed, match="no changes to save" if "save_without_changes" in switches else "has unsaved changes"):
        box.do("save" if "save_without_changes" in switches else "activate")


def due(box: Box, *types: str) -> bool:
    return box.action("activate").is_due(types)


def test_activation_is_due_if_what_is_compared_differs(box: Box) -> None:
    assert due(box) is True
    assert due(box, "host-route", "sip-interface", "ntp-config", "media-manager") is False
    box.edit()
    assert (due(box, "sip-interface"), due(box, "sip-interface", "host-route")) == (False, True)
    box.do("save")
    assert due(box, "host-route") is True
    box.do("activate")
    assert due(box, "host-route") is False


def test_an_element_is_compared_without_those_beside_it(box: Box) -> None:
    ours, other = ({"element_type": "host-route", "attributes": {"dest-network": network, "netmask": "ignored"}} for network in ("192.0.2.128", "203.0.113.0"))
    single = {"element_type": "media-manager"}
    box.simulated.act("set_element", element_type="host-route", attributes={"dest-network": "203.0.113.0", "gateway": "192.0.2.1"})
    assert [box.action("activate").is_due([one]) for one in (ours, other, single, "host-route")] == [False, True, False, True]
    box.edit()
    box.simulated.act("set_element", element_type="media-manager", attributes={"latching": "disabled"})
    assert [box.action("activate").is_due([one]) for one in (ours, single)] == [True, True]
    box.simulated.act("remove_element", element_type="host-route", keys={"dest-network": "192.0.2.128"})
    assert [box.action("activate").is_due([one]) for one in (ours, {**ours, "attributes": {"dest-network": "10.0.0.0"}})] == [True, False]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"element_type": "host-route", "attributes": {"netmask": "255.0.0.0"}}, "host-route needs its key attributes dest-network"),
        ({"attributes": {"dest-network": "192.0.2.128"}}, "neither an element type nor a mapping"),
        ({"element_type": "host-route", "attributes": "192.0.2.128"}, "neither an element type nor a mapping"),
        (7, "neither an element type nor a mapping"),
    ],
)
def test_what_cannot_be_compared_is_refused(box: Box, entry: Any, text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        box.action("activate").is_due([entry])


@pytest.mark.parametrize("extra", [True, False])
def test_what_is_compared_is_what_an_element_is(box: Box, extra: bool) -> None:
    box.simulated.switch(extra_attributes=extra)
    attributes = {"realm-id": "core"}
    ports = [{"address": "203.0.113.10", "port": "5060", "transport-protocol": transport} for transport in ("TCP", "UDP")]
    box.simulated.act("set_element", element_type="sip-interface", attributes=attributes, sub_elements={"sip-port": ports})
    # The same, in another order, and stamped anew.
    assert due(box, "sip-interface") is False
    box.simulated.act("set_element", element_type="sip-interface", attributes=attributes, sub_elements={"sip-port": ports[:1]})
    assert due(box, "sip-interface") is True


@pytest.mark.parametrize("empty", [200, 404])
def test_an_element_that_only_one_side_has_differs(box: Box, empty: int) -> None:
    box.simulated.switch(empty_list=empty)
    box.simulated.act("remove_element", element_type="host-route", keys={"dest-network": "192.0.2.128"})
    assert due(box, "host-route") is True
    box.do("save")
    box.do("activate")
    assert due(box, "host-route") is False


def test_a_type_that_does_not_exist_is_not_one_that_is_the_same(box: Box) -> None:
    with pytest.raises(NotFound):
        due(box, "hostroute")


def test_without_backups_there_is_no_name_to_look_at(appliance: Simulated) -> None:
    appliance.switch(latest_version="v1.0")
    with pytest.raises(TokenflowError) as caught:
        Action(Appliance(appliance.session(api_version="v1.0")), "backup", filename="x.gz").is_due(())
    assert (caught.value.KIND, caught.value.hint) == ("not_found", "This came with version v1.1 of the interface, and api_version is v1.0.")
