# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role: a change is made as one unit or not at all, whatever fails the lock is free afterwards, and what is said about the edits is true."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from tests.integration._journal import line_of
from tests.integration._lab import ROOT, Lab, Run, check, equal

SIMULATORS = ("--only", "appliance")
PLAY = {"hosts": "localhost", "gather_facts": False}
ROLE = "tokenflow.services.appliance_change"
SEEDED = "management network"
LOOK_EVERY = 0.05
"""Seconds between two looks for a case's moment, which lasts for half a second."""
STORES = ("editing", "saved", "running")
FAILURE = "{{ ansible_failed_result.results | default([ansible_failed_result]) | select('failed') | map(attribute='msg') | first }}"
Tasks = list[dict[str, Any]]


def route(description: str, **more: Any) -> dict[str, Any]:
    """The route that is there from the start, with another description."""
    attributes = {"dest-network": "192.0.2.128", "netmask": "255.255.255.128", "gateway": "192.0.2.1", "description": description}
    return {"element_type": "host-route", "attributes": attributes, **more}


def interface(realm: str = "lab") -> dict[str, Any]:
    """A SIP interface in a realm that does not exist, which a verification finds."""
    ports = [{"address": "192.0.2.9", "port": 5060, "transport-protocol": "UDP"}]
    return {"element_type": "sip-interface", "attributes": {"realm-id": realm}, "sub_elements": {"sip-port": ports}}


LOGIN = {"auth-realm": "core.example.com", "username": "sbc", "password": "lab-Digest-77!"}
OTHERWISE = {
    "missing_element": 200,
    "empty_list": 404,
    "partial_keys": "filter",
    "put_missing": 400,
    "subelement_put": "replace_list",
    "extra_attributes": True,
    "paging": "refused",
    "async_busy": "accept",
    "async_initial": 404,
    "error_nesting": "messages/message/errorMessage",
    "content_type_check": "strict",
    "relock": 423,
}
"""The switches of the simulator that make a difference to the role, in their other positions."""
BAD = {"element_type": "host-route", "attributes": {"dest-network": "203.0.113.0", "gateway": "nowhere"}}
DANGLING = r"verify failed: ERROR: sip-interface \[lab\] has reference to realm-config \[lab\] which does not exist\."
KEPT = r"Nothing was saved or activated; edits that were made remain in the editing configuration\.$"
RESTORED = r"The running configuration was restored, no edit is left\.$"
UNKNOWN = r"It is not known whether the change was saved\.$"
LOST = r"the token that held the configuration lock is no longer accepted by the service, and the configuration lock with it\."
NOTHING = r"Nothing was changed\.$"


@dataclass(frozen=True)
class Case:
    """A use of the role. ``message`` is what its failure says, empty if it succeeds; ``edited``, ``saved`` and ``running`` are the description that
    each store has of the route after that. ``during`` are control actions at the moment when the request with the delay comes.
    """

    name: str
    elements: list[dict[str, Any]] = field(default_factory=lambda: [route("new")])
    message: str = ""
    edited: str = "new"
    saved: str = "new"
    running: str = "new"
    control: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    apply: dict[str, Any] = field(default_factory=dict)
    during: dict[str, Any] = field(default_factory=dict)
    locks: int = 1
    unlocks: int | None = None
    released: bool = True

    def tasks(self) -> Tasks:
        """Everything as at the start, the role, and a look at what came of it."""
        control = {"simulator": "appliance", "reset": {}, "switch": {"job_seconds": 0, **self.control.get("switch", {})}}
        control |= {action: arguments for action, arguments in self.control.items() if action != "switch"}
        variables = {"appliance_change_elements": self.elements, "appliance_change_wait": 0, **self.variables}
        return [
            {"name": f"{self.name}: a login of its own", "tokenflow.services.appliance_token": {"state": "absent"}},
            {"name": f"{self.name}: the appliance", "simulator_control": control},
            {
                "name": self.name,
                "block": [{"name": f"{self.name}: the role", "ansible.builtin.include_role": {"name": ROLE, "apply": self.apply}, "vars": variables}],
                "rescue": [{"name": f"{self.name}: the failure", "ansible.builtin.debug": {"msg": FAILURE}}],
            },
            {
                "name": f"{self.name}: afterwards",
                "simulator_control": {"simulator": "appliance", "lock_state": {}, "get_store": [{"store": s} for s in STORES], "journal": {}},
            },
        ]


def failed(name: str, message: str, **more: Any) -> Case:
    """One that fails before anything is saved."""
    return Case(name, message=message, **{"saved": SEEDED, "running": SEEDED, **more})


def fault(kind: str, method: str, path: str, **more: Any) -> dict[str, Any]:
    return {"fault": {"kind": kind, "method": method, "path": path, **more}}


def delay(method: str, path: str, skip: int = 0, seconds: float = 0.5) -> dict[str, Any]:
    return fault("delay", method, path, skip=skip, seconds=seconds)


RESTORE = {"appliance_change_on_verify_failure": "restore"}
CASES = (
    Case("A change"),
    Case("Several elements", [route("new"), {"element_type": "media-manager", "attributes": {"latching": False}}, {**BAD, "state": "absent"}]),
    Case(
        "An edit of somebody else beside it, that does not run yet",
        [route(SEEDED)],
        edited=SEEDED,
        saved=SEEDED,
        running=SEEDED,
        locks=0,
        control={"set_element": {"element_type": "host-route", "attributes": {"dest-network": "203.0.113.0", "gateway": "192.0.2.1"}}},
    ),
    Case(
        "An appliance of the other kind",
        [route("new"), interface("core"), {"element_type": "media-manager", "attributes": {"latching": False}}],
        control={"switch": OTHERWISE},
    ),
    failed(
        "An appliance of the other kind, a bad element, taken back",
        rf"Invalid value for attribute gateway\. {RESTORED}",
        elements=[route("new"), BAD],
        control={"switch": OTHERWISE},
        variables=RESTORE,
        edited=SEEDED,
    ),
    Case("Nothing to change", [route(SEEDED)], edited=SEEDED, saved=SEEDED, running=SEEDED, locks=0),
    Case(
        "An earlier edit that does not run yet",
        control={"set_element": {"element_type": "host-route", "attributes": route("new")["attributes"]}},
    ),
    failed(
        "A bad element",
        rf"^Change the elements failed at host-route 203\.0\.113\.0: .*Invalid value for attribute gateway\. {KEPT}",
        elements=[route("new"), BAD, interface("core")],
    ),
    failed("A bad element, taken back", rf"Invalid value for attribute gateway\. {RESTORED}", elements=[route("new"), BAD], variables=RESTORE, edited=SEEDED),
    failed("A bad type", r"elementTypes/metadata: .* Requested element type is not supported", elements=[{"element_type": "x"}], edited=SEEDED, locks=0),
    failed("A verification that fails", rf"^Verify the edited configuration failed: Appliance: {DANGLING} {KEPT}", elements=[route("new"), interface()]),
    failed("A verification that fails, taken back", rf"{DANGLING} {RESTORED}", elements=[route("new"), interface()], variables=RESTORE, edited=SEEDED),
    failed(
        "A verification that fails, and cannot be taken back",
        rf"{DANGLING} {KEPT}",
        elements=[route("new"), interface()],
        variables=RESTORE,
        control={"fail_job": {"operation": "restore"}},
    ),
    failed(
        "Saving that fails",
        rf"^Save it failed: Appliance: save failed: disk full\. {KEPT}",
        control={"fail_job": {"operation": "save", "message": "disk full"}},
    ),
    failed(
        "Saving that fails, taken back",
        rf"disk full\. {RESTORED}",
        control={"fail_job": {"operation": "save", "message": "disk full"}},
        variables=RESTORE,
        edited=SEEDED,
    ),
    Case(
        "Activation that fails",
        message=r"^Let it run failed: Appliance: activate failed: Internal error\. The change is saved but may not run\.$",
        running=SEEDED,
        control={"fail_job": {"operation": "activate"}},
        variables=RESTORE,
    ),
    # The connection
    failed("A connection lost before an element", rf"connection broke before .*{KEPT}", control=fault("reset", "PUT", "configElements"), edited=SEEDED),
    failed("A connection lost after an element", rf"connection broke before .*{KEPT}", control=fault("reset_after", "PUT", "configElements")),
    failed("A connection lost before the lock", rf"connection broke before .*{NOTHING}", control=fault("reset", "POST", "/lock$"), edited=SEEDED, locks=0),
    failed("A connection lost after the lock", rf"connection broke before .*{NOTHING}", control=fault("reset_after", "POST", "/lock$"), edited=SEEDED),
    Case("A connection lost while saving", message=rf"^Save it failed: .*{UNKNOWN}", running=SEEDED, control=fault("reset_after", "PUT", "management", skip=1)),
    Case("A connection lost for a moment while waiting", control=fault("reset", "GET", "asyncstatus", skip=1, times=2)),
    Case("An appliance that is busy for a moment", control=fault("status", "GET", "", status=503, times=2, skip=3)),
    # The token
    failed(
        "A token that runs out at an element",
        rf"{LOST} .*{KEPT}",
        control=delay("PUT", "configElements"),
        during={"expire_tokens": {}},
        edited=SEEDED,
        unlocks=0,
    ),
    failed("A token that is withdrawn at a verification", rf"{LOST} .*{KEPT}", control=delay("PUT", "management"), during={"revoke_tokens": {}}, unlocks=0),
    Case(
        "A token that is withdrawn while saving",
        message=rf"{LOST} .*{UNKNOWN}",
        running=SEEDED,
        control={**delay("GET", "asyncstatus", skip=3)},
        during={"revoke_tokens": {}},
        unlocks=0,
    ),
    failed(
        "A token that is withdrawn, and no edit kept",
        rf"{LOST} .*{KEPT}",
        control=delay("PUT", "management"),
        during={"revoke_tokens": {}},
        variables=RESTORE,
        unlocks=0,
    ),
    # Somebody else
    Case("A lock of somebody else for a moment", control={"other_operator_lock": {"seconds": 1.0}}, variables={"appliance_change_wait": 20}),
    failed(
        "A lock of somebody else",
        rf"^Take the lock failed: .*held by another user or session: Resource locked by another user\. .*{NOTHING}",
        control={"other_operator_lock": {}},
        edited=SEEDED,
        locks=0,
    ),
    Case("A job of somebody else before", control={"other_operator_job": {"operation": "backup", "seconds": 0.5}}),
    failed(
        "A job of somebody else that goes on",
        rf"^Verify .*backup of somebody else is still at work\. .*{KEPT}",
        control={"other_operator_job": {"operation": "backup", "seconds": 60}},
        variables={"appliance_change_job_timeout": 1},
    ),
    Case(
        "A job of somebody else that hides the outcome",
        message=rf"^Save it failed: .*save was started, but verify of somebody else hides how it ended\. .*{UNKNOWN}",
        running=SEEDED,
        control=delay("GET", "asyncstatus", skip=3),
        during={"other_operator_job": {"operation": "verify", "seconds": 0}},
        variables=RESTORE,
    ),
    # Time
    failed("A task that takes too long", KEPT, control=delay("PUT", "configElements", seconds=3), apply={"timeout": 1}, edited=SEEDED),
    failed(
        "A job that takes too long",
        rf"verify had not ended after 1 seconds\. .*{KEPT}",
        control={"switch": {"job_seconds": 60}},
        variables={"appliance_change_job_timeout": 1},
    ),
    # Last, as the end of the run puts it right.
    Case(
        "A lock that cannot be released",
        message=r"unlock: the connection broke .*may still be held\. It ends with its token, at 20",
        control=fault("reset", "POST", "/unlock$"),
        released=False,
        unlocks=0,
    ),
)


def test(lab: Lab) -> None:
    cases(lab)
    secrets(lab)
    playbook(lab)


def cases(lab: Lab) -> None:
    """All of them in one run, each with an appliance as at the start."""
    simulator, seen, looked = lab.simulators["appliance"], set(), [0.0]
    # Those with a moment to wait for come first, so that nobody needs to look out for the rest.
    ordered = sorted(CASES, key=lambda case: not case.during)
    waiting = [case for case in ordered if case.during]

    def watch() -> None:
        if not waiting or time.monotonic() < looked[0] + LOOK_EVERY:
            return
        for entry in simulator.journal(clear=False).entries:
            if waiting and entry.get("fault") == "delay" and entry["time"] not in seen:
                seen.add(entry["time"])
                for action, arguments in waiting.pop(0).during.items():
                    simulator.control(action, **arguments)
        looked[0] = time.monotonic()

    tasks = [task for case in ordered for task in case.tasks()]
    run = lab.play([{**PLAY, "name": "Cases", "tasks": tasks}], watch=watch, warnings="released the configuration lock|lock was lost before it was released")
    equal([case.name for case in waiting], [], "cases whose moment never came")
    for case in CASES:
        look(case, run)
    check(re.search(r"released the configuration lock of \S+ which admin held", _line(run.output)), "the lock was not released at the end of the run")
    equal(simulator.control("lock_state")["holder"], None, "holder of the lock after the run")


def _line(text: str) -> str:
    return " ".join(text.split())


def look(case: Case, run: Run) -> None:
    """What a case came to."""
    said = [_line(result["msg"]) for result in run.results(f"{case.name}: the failure")]
    equal(len(said), int(bool(case.message)), f"{case.name}: failures, {said}")
    check(not said or re.search(case.message, said[0]), f"{case.name}: {said}")
    after = run.result(f"{case.name}: afterwards")["results"]
    stores = {store: found["host-route"][0]["attributes"]["description"] for store, found in zip(STORES, after["get_store"])}
    equal(stores, {"editing": case.edited, "saved": case.saved, "running": case.running}, f"{case.name}: the stores")
    holder = after["lock_state"][0]["holder"]
    equal(holder in (None, "acli") if case.released else holder, True if case.released else "admin", f"{case.name}: whether the lock is free, held by {holder}")
    entries = after["journal"][0]
    writes = [f"{line_of(entry)} {entry['status']}" for entry in entries if entry["method"] != "GET" and "auth/token" not in entry["path"]]
    taken, given = (sum(bool(re.search(rf"/{what} 204", line)) for line in writes) for what in ("lock", "unlock"))
    equal((taken, given), (case.locks, case.locks if case.unlocks is None else case.unlocks), f"{case.name}: locks taken and released, {writes}")
    inside = writes[next((n for n, line in enumerate(writes) if "/lock" in line), len(writes)) :]
    equal(writes, inside, f"{case.name}: writes before the lock was asked for")
    check(not taken or "/unlock" in writes[-1] or not given, f"{case.name}: writes after the lock was released, {writes}")
    actions = [entry["query"].partition("=")[2].partition("&")[0] for entry in entries if entry["path"].endswith("management") and entry["status"] == 202]
    equal(actions, [name for name in ("verify", "save", "activate", "restore") if name in actions], f"{case.name}: order of what was done")
    if not case.message and case.locks:
        equal(actions, ["verify", "save", "activate"], f"{case.name}: what was done")


def secrets(lab: Lab) -> None:
    """What is secret in an element stands neither in the output nor in a result, which a job's events would have too."""
    lab.reset()
    simulator = lab.simulators["appliance"]
    simulator.control("switch", job_seconds=0)
    agent = {"element_type": "session-agent", "attributes": {"hostname": "pbx1.example.com"}, "sub_elements": {"auth-attribute": [LOGIN]}}
    role = {"name": "Change", "ansible.builtin.include_role": {"name": ROLE}}
    run = lab.play([{**PLAY, "tasks": [role], "vars": {"appliance_change_elements": [agent]}}], arguments=["-v", "--diff"])
    stored = simulator.control("get_store", store="running")["session-agent"][0]
    equal(stored["sub_elements"]["auth-attribute"][0]["attributes"]["password"], LOGIN["password"], "password that runs")
    shown = [line["task"] for line in run.record if LOGIN["password"] in str(line["result"])]
    equal((LOGIN["password"] in run.output, shown), (False, []), "whether a secret stands in the output, and in which results")
    check("(item=session-agent pbx1.example.com)" in run.output, "the output does not name the element")


def playbook(lab: Lab) -> None:
    """The playbook of the collection, on an inventory: predicted, done, nothing left to do, undone."""
    lab.reset()
    simulator = lab.simulators["appliance"]
    simulator.control("switch", job_seconds=0)
    inventory = lab.hosts({"appliance": {"sbc1": {"appliance_base_url": simulator.settings["base_url"]}}})
    options = {"appliance_host_route_network": "198.51.100.0", "appliance_host_route_netmask": "255.255.255.0", "appliance_host_route_gateway": "192.0.2.1"}

    def run(said: str, *arguments: str, **more: Any) -> list[str]:
        found = lab.play(str(ROOT / "playbooks" / "appliance_host_route.yml"), inventory=inventory, variables={**options, **more}, arguments=arguments)
        check(said in _line(found.output), f"it does not say {said!r}")
        equal(simulator.control("lock_state")["holder"], None, "holder of the lock")
        return [
            f"{line_of(entry).rpartition('/')[0].rpartition('/')[2]}/{line_of(entry).rpartition('/')[2]} {entry['query']}"
            for entry in simulator.journal().writes()
        ]

    def there(store: str) -> list[str]:
        return [entry["attributes"]["dest-network"] for entry in simulator.control("get_store", store=store)["host-route"]]

    actions = [f"configuration/management action={name}" for name in ("verify", "save", "activate")]
    equal(run("1 of 1 elements would change, to be verified, saved and activated", "--check"), [], "writes in check mode")
    equal(
        run("1 of 1 elements changed, everything runs"), ["configuration/lock ", "configuration/configElements ", *actions, "configuration/unlock "], "writes"
    )
    equal({store: "198.51.100.0" in there(store) for store in STORES}, dict.fromkeys(STORES, True), "whether the route is there")
    equal(run("0 of 1 elements changed, everything was running already, the lock was not taken"), [], "writes of a second run")
    run("1 of 1 elements changed, everything runs", appliance_host_route_state="absent")
    equal({store: "198.51.100.0" in there(store) for store in STORES}, dict.fromkeys(STORES, False), "whether the route is there")
