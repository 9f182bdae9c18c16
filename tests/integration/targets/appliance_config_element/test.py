# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of every type become what they are to be, as predicted, and nothing else does. What the appliance has is looked at without asking it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml

from tests.integration._lab import Lab, Run, check, equal

SIMULATORS = ("--only", "appliance")
PLAY = {"hosts": "localhost", "gather_facts": False}
MODULE = "tokenflow.services.appliance_config_element"
INFO = "tokenflow.services.appliance_config_element_info"
SECRETS = ("lab-Ntp-key-66!", "lab-Digest-31!")
WRITES = (
    "{{ lookup('ansible.builtin.url', appliance_control_url ~ '/journal', split_lines=false) | from_json"
    " | rejectattr('method', 'equalto', 'GET') | map(attribute='method') | join(' ') }}"
)
Tasks = list[dict[str, Any]]


def test(lab: Lab) -> None:
    every_type(lab)
    lab.reset()
    special(lab)


def every_type(lab: Lab) -> None:
    """One element of each type is made, changed and removed, under one lock."""
    elements = yaml.safe_load((lab.target / "elements.yml").read_text(encoding="utf-8"))
    made = [_arguments(element, "first") for element in elements]
    changed = [_arguments(element, "second") for element in elements]
    removed = [{**_arguments(element, "first"), "state": "absent"} for element in elements if not element.get("single")][::-1]
    steps = {"make": made, "change": changed, "remove": removed}
    tasks: Tasks = [
        {"name": "Types", "tokenflow.services.appliance_info": {"gather": ["element_types"]}},
        _look("at first"),
        {"name": "Take the lock", "tokenflow.services.appliance_lock": {}},
    ]
    for name, arguments in steps.items():
        tasks += [_loop(f"{name}, predicted", arguments, check_mode=True), _loop(name, arguments), _look(f"after {name}"), _loop(f"{name} again", arguments)]
        if name == "change":
            # Not item.keys, which is a method of dictionaries.
            asked = {option: f"{{{{ item['{option}'] }}}}" for option in ("element_type", "keys")}
            tasks.append({"name": "read", INFO: asked, "loop": [{"element_type": element["type"], "keys": element["keys"]} for element in elements]})
    tasks += [{"name": "Release the lock", "tokenflow.services.appliance_lock": {"state": "absent"}}, _look("at last")]
    run = lab.play([{**PLAY, "name": "Every type", "tasks": tasks}], arguments=["--diff"])
    kinds = {entry["name"] for entry in run.result("Types")["element_types"]}
    equal({element["type"] for element in elements}, kinds, "types with an element in elements.yml")
    for name, arguments in steps.items():
        outcome(run, name, len(arguments))
    stores(run, elements)
    for element, found in zip(elements, run.result("read")["results"]):
        check(_holds(found["elements"][0], {**element["keys"], **element["first"], **element["second"]}), f"what is read of {element['type']}: {found}")
    journal = lab.simulators["appliance"].journal()
    equal(journal.differences(logins=1, writes=2 + sum(map(len, steps.values()))), [], "one write for each change, and the lock")
    described = [entry["query"] for entry in journal.entries if entry["path"].endswith("metadata")]
    equal(sorted(described), sorted(f"elementType={kind}" for kind in kinds), "metadata that was asked for in the run")
    for secret in SECRETS:
        check(secret not in run.output, f"{secret} stands in the output")
        shown = [str({name: one[name] for name in ("before", "after", "diff", "msg") if name in one}) for step in steps for one in run.result(step)["results"]]
        check(not any(secret in text for text in shown), f"{secret} stands in a result")


def _arguments(element: dict[str, Any], step: str) -> dict[str, Any]:
    subs = element.get(f"subs_{step}", {})
    return {"element_type": element["type"], "attributes": {**element["keys"], **element[step]}, "sub_elements": subs, "state": "present"}


def _loop(name: str, arguments: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """A task with a loop over its arguments, which is one process."""
    options = {key: f"{{{{ item.{key} }}}}" for key in arguments[0]}
    # Without a label of its own a loop shows its items, and the secrets in them.
    return {"name": name, MODULE: {**options, "lock": "required"}, "loop": arguments, "loop_control": {"label": "{{ item.element_type }}"}, **more}


def _look(when: str) -> dict[str, Any]:
    return {"name": f"The store {when}", "simulator_control": {"simulator": "appliance", "get_store": {}}}


def _values(value: Any) -> list[str]:
    """A value of a task, a result or a store as the list of texts that it stands for."""
    if isinstance(value, list):
        return [text for one in value for text in _values(one)]
    text = {True: "enabled", False: "disabled"}[value] if isinstance(value, bool) else str(value)
    return [text] if text else []


def _holds(shown: dict[str, Any], wanted: dict[str, Any], ordered: bool = False) -> bool:
    """Whether all these attributes are shown with these values."""
    return all(
        name in shown and (_values(shown[name]) if ordered else sorted(_values(shown[name]))) == (_values(value) if ordered else sorted(_values(value)))
        for name, value in wanted.items()
    )


def outcome(run: Run, name: str, count: int) -> None:
    """What was predicted has come about, each time, and is not done again."""
    predicted, done, again = (run.result(task)["results"] for task in (f"{name}, predicted", name, f"{name} again"))
    equal([len(predicted), len(done), len(again)], [count] * 3, name)
    for first, second, third in zip(predicted, done, again):
        kind = second["item"]["element_type"]
        equal([one["changed"] for one in (first, second, third)], [True, True, False], f"{name} {kind}: changed when predicted, done, and again")
        equal((first["before"], first["key"]), (second["before"], second["key"]), f"{name} {kind}: before and key, predicted and done")
        equal(second["diff"], {"before": second["before"] or {}, "after": second["after"] or {}}, f"{name} {kind}: diff")
        check("diff" not in third and third["before"] == third["after"] == second["after"], f"{name} {kind}: a second time: {third}")
        # The appliance adds its defaults to what is new.
        check(_within(first["diff"]["after"], second["diff"]["after"]), f"{name} {kind}: predicted {first['diff']}, done {second['diff']}")


def _within(predicted: Any, done: Any) -> bool:
    if isinstance(predicted, dict) and isinstance(done, dict):
        return all(name in done and _within(value, done[name]) for name, value in predicted.items())
    if isinstance(predicted, list) and isinstance(done, list):
        return len(predicted) == len(done) and all(_within(one, other) for one, other in zip(predicted, done))
    return bool(predicted == done)


def stores(run: Run, elements: list[dict[str, Any]]) -> None:
    """What was asked for has changed, and nothing else."""
    first, made, changed, removed, last = (
        run.result(f"The store {when}")["result"] for when in ("at first", "after make", "after change", "after remove", "at last")
    )
    equal(last, removed, "the store after the end")
    for element in elements:
        kind, keys = element["type"], element["keys"]
        others = [[entry for entry in store.get(kind, []) if not _holds(entry["attributes"], keys)] for store in (first, made, changed)]
        check(others[0] == others[1] == others[2], f"other elements of type {kind}: {others}")
        ((before,), (after,)) = ([entry for entry in store[kind] if _holds(entry["attributes"], keys)] for store in (made, changed))
        check(_holds(before["attributes"], {**keys, **element["first"]}, ordered=True), f"{kind} after it was made: {before}")
        given = element["second"]
        check(_holds(after["attributes"], given, ordered=True), f"{kind} after it was changed: {after}")
        rest = [{name: value for name, value in entry["attributes"].items() if name not in given} for entry in (before, after)]
        equal(rest[0], rest[1], f"attributes of {kind} that were not to change")
        subs = element.get("subs_first", {}) | element.get("subs_second", {})
        check(_has_subs(after, subs), f"sub-elements of {kind}: {after}")
        equal(dict(_counted(after)), element.get("count", {}), f"number of sub-elements of {kind}")
    singles = {element["type"] for element in elements if element.get("single")}
    without, untouched = ({kind: found for kind, found in store.items() if kind not in singles} for store in (removed, first))
    equal(without, untouched, "the store after all is removed")


def _has_subs(entry: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether a stored element has these sub-elements, down to those of its sub-elements."""
    for kind, listed in wanted.items():
        for one in listed if isinstance(listed, list) else [listed]:
            nested = {name: value for name, value in one.items() if isinstance(value, list)}
            plain = {name: value for name, value in one.items() if name not in nested}
            if not any(_holds(sub["attributes"], plain) and _has_subs(sub, nested) for sub in entry["sub_elements"][kind]):
                return False
    return True


def _counted(entry: dict[str, Any]) -> Counter[str]:
    """How many sub-elements of each type there are, on all levels."""
    found: Counter[str] = Counter()
    for kind, subs in entry.get("sub_elements", {}).items():
        found[kind] += len(subs)
        for sub in subs:
            found += _counted(sub)
    return found


ROUTE = {"dest-network": "203.0.113.0", "netmask": "255.255.255.0", "gateway": "192.0.2.1"}
PORTS = [{"address": "198.51.100.10", "port": port, "transport-protocol": what} for port, what in ((5060, "UDP"), (5061, "TLS"))]


def special(lab: Lab) -> None:
    """Races, removal of sub-elements on both kinds of appliances, and refusals."""
    route = {"element_type": "host-route", "attributes": ROUTE}
    purge = {"element_type": "sip-interface", "attributes": {"realm-id": "access"}, "sub_elements": {"sip-port": PORTS[1:]}, "purge_sub_elements": True}
    two = {**purge, "sub_elements": {"sip-port": PORTS}, "purge_sub_elements": False}
    secret = {
        "element_type": "realm-config",
        "attributes": {"identifier": "core"},
        "sub_elements": {"auth-attribute": [{"auth-realm": "core.example.com", "username": "x"}]},
    }

    def control(**actions: Any) -> dict[str, Any]:
        return {"name": "Behind its back", "simulator_control": {"simulator": "appliance", "clear_journal": {}, **actions}}

    def task(name: str, arguments: dict[str, Any], **more: Any) -> Tasks:
        return [{"name": name, MODULE: arguments, "ignore_errors": True, **more}, {"name": f"{name}: writes", "ansible.builtin.debug": {"msg": WRITES}}]

    unseen = {"kind": "status", "status": 404, "method": "GET", "path": "configElements", "times": 2}
    refused = {"kind": "status", "status": 400, "method": "POST", "path": "configElements"}
    tasks = [
        control(set_element={"element_type": "host-route", "attributes": {**ROUTE, "gateway": "192.0.2.99"}}, fault=unseen),
        *task("somebody was faster", route),
        control(fault=unseen),
        *task("somebody was faster with the same", route),
        control(other_operator_lock={}),
        *task("somebody else has the lock", {**route, "state": "absent"}),
        *task("somebody else has the lock, but nothing is to do", route),
        *task("somebody else has the lock, in check mode", {**route, "state": "absent"}, check_mode=True),
        control(other_operator_lock={"seconds": 0.5}),
        *task("the lock is waited for", {**route, "state": "absent", "wait": 20}),
        control(),
        *task("the lock is required", {**route, "lock": "required"}),
        control(),
        *task("merging, purged", purge),
        control(),
        *task("merging, purged again", purge),
        control(),
        *task("merging, put back", two),
        control(fault=refused),
        *task("merging, cannot be made anew", purge),
        control(switch={"subelement_put": "replace_list"}),
        *task("replacing, purged", purge),
        control(),
        *task("replacing, put back", two),
        control(),
        *task("a secret is needed", secret),
        control(fault={"kind": "reset_after", "method": "PUT", "path": "configElements"}),
        *task("no answer", {"element_type": "media-manager", "attributes": {"latching": False}}),
        control(lock_state={}),
    ]
    run = lab.play([{**PLAY, "name": "Special cases", "tasks": tasks}])
    expected: dict[str, tuple[Any, str, str]] = {
        "somebody was faster": (True, "POST POST POST PUT POST", ""),
        "somebody was faster with the same": (False, "POST POST POST", ""),
        "somebody else has the lock": ("locked", "POST", "held by another user or session: Resource locked by another user"),
        "somebody else has the lock, but nothing is to do": (False, "POST", ""),
        "somebody else has the lock, in check mode": (True, "POST", ""),
        "the lock is waited for": (True, "POST POST DELETE POST", ""),
        "the lock is required": ("locked", "", "Take it with appliance_lock, or set lock: auto"),
        "merging, purged": (True, "POST PUT DELETE POST POST", ""),
        "merging, purged again": (False, "", ""),
        "merging, put back": (True, "POST PUT POST", ""),
        "merging, cannot be made anew": ("refused", "POST PUT DELETE POST POST POST", "The element is as it was"),
        "replacing, purged": (True, "POST PUT POST", ""),
        "replacing, put back": (True, "POST PUT POST", ""),
        "a secret is needed": ("invalid_input", "", "only with the value of auth-attribute password"),
        "no answer": ("connection", "POST PUT POST", "The service may have carried the request out: check before repeating it"),
    }
    for name, (changed, writes, text) in expected.items():
        result = run.result(name)
        failed = result["_status"] == "failed"
        equal(result["error"]["kind"] if failed else result["changed"], changed, f"{name}: {result.get('msg', '')}")
        check(not text or text in result["msg"], f"{name}: {result.get('msg')}")
        found = run.result(f"{name}: writes")["msg"]
        equal(found, writes, f"{name}: writes")
    equal(lab.simulators["appliance"].control("lock_state")["holder"], None, "holder of the lock")
