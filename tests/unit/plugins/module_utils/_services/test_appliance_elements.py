# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration elements in memory: options to XML and back, what is the same, and what has to be sent."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import (
    EXACT,
    Element,
    Metadata,
    Rules,
    change,
    differs,
    is_masked,
    merge,
    same,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators._appliance_elements import catalogue
from tests.simulators._appliance_wire import node

MASK = "********"
KEYS = {"sip-port": Metadata("sip-port", False, ["address", "port"]), "bfd-config": Metadata("bfd-config", True, [])}
KEYS["bfd-config"].subs["bfd-session"] = Metadata("bfd-session", False, ["type"])
INTERFACE = Metadata("sip-interface", False, ["realm-id"], subs=KEYS)
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
values = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6)


def some(attributes: Any, below: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Options of an element: attributes, and sub-elements with names of their own."""
    return st.builds(
        lambda own, subs: {**own, **{f"sub-{name}": entries for name, entries in subs.items()}}, attributes, st.dictionaries(names, below, max_size=2)
    )


attributes = st.dictionaries(names.filter(lambda name: not name.startswith("sub-")), values | st.lists(values, min_size=2, max_size=3), max_size=3)
options = st.recursive(attributes, lambda below: some(attributes, st.lists(below, min_size=1, max_size=2)), max_leaves=5)


def element(**subs: Any) -> Element:
    plain = {name.replace("_", "-"): value for name, value in subs.items() if not isinstance(value, (list, dict))}
    return Element.from_options("sip-interface", plain, {name.replace("_", "-"): value for name, value in subs.items() if isinstance(value, (list, dict))})


# Options, XML, results


@given(options)
def test_what_a_task_gives_comes_back_from_the_appliance(given_options: dict[str, Any]) -> None:
    sent = Element.from_options("kind", given_options)
    received = Element.from_xml(ElementTree.fromstring(sent.to_xml()))
    assert received == sent
    assert not differs(received, sent, EXACT)
    assert {name: value for name, value in received.as_data().items() if "password" not in name} == given_options


@given(options)
def test_an_element_is_merged_into_itself_without_a_change(given_options: dict[str, Any]) -> None:
    current = Element.from_options("kind", given_options)
    after = merge(Element.from_options("kind", {name: value for name, value in given_options.items() if not name.startswith("sub-")}), current, None, Rules())
    assert not differs(after, current, EXACT)
    assert change(after, current, [], Rules()) == Element("kind", {}, [])


@given(attributes, attributes)
def test_what_is_sent_is_what_differs(before: dict[str, Any], wanted: dict[str, Any]) -> None:
    current, desired = Element.from_options("kind", before), Element.from_options("kind", wanted)
    after = merge(desired, current, None, Rules())
    sent = change(after, current, ["key"], Rules())
    merged = Element("kind", {**current.attributes, **sent.attributes})
    assert not differs(merged, after, EXACT)
    assert all(name == "key" or not same(value, current.attributes.get(name), EXACT) for name, value in sent.attributes.items())
    assert not differs(merge(desired, merged, None, Rules()), merged, EXACT)


def test_values_are_text_as_the_appliance_has_it() -> None:
    found = Element.from_options("kind", {"a": True, "b": False, "c": None, "d": 5060, "e": ["x", 1, True], "f": 1.5, "g": []})
    assert found.attributes == {"a": ["enabled"], "b": ["disabled"], "c": [""], "d": ["5060"], "e": ["x", "1", "enabled"], "f": ["1.5"], "g": []}


def test_the_body_is_a_config_element() -> None:
    body = Element.from_options("sip-interface", {"realm-id": "a&b", "carriers": []}, {"sip-port": {"address": "192.0.2.1"}}).to_xml()
    assert body.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    assert body.partition(b"\n")[2] == (
        b"<configElement><elementType>sip-interface</elementType><attribute><name>realm-id</name><value>a&amp;b</value></attribute>"
        b"<attribute><name>carriers</name><value /></attribute><subElement><subElementType>sip-port</subElementType>"
        b"<attribute><name>address</name><value>192.0.2.1</value></attribute></subElement></configElement>"
    )


def test_sub_elements_may_be_one_or_many_and_nested() -> None:
    found = Element.from_options("network-interface", {"name": "M10"}, {"bfd-config": {"state": True, "bfd-session": [{"type": "primary"}, {"type": "vip"}]}})
    (config,) = found.subs
    assert (config.type, config.attributes, [sub.attributes for sub in config.subs]) == (
        "bfd-config",
        {"state": ["enabled"]},
        [{"type": ["primary"]}, {"type": ["vip"]}],
    )
    assert (found.given, config.given) == (("bfd-config",), ("bfd-session",))
    assert found.size() == 3


@pytest.mark.parametrize(
    ("attributes", "subs", "text"),
    [
        ({}, {"sip-port": ["192.0.2.1"]}, "sub-element sip-port of kind is neither a mapping nor a list of mappings"),
        ({}, {"sip-port": "192.0.2.1"}, "sub-element sip-port"),
        ({"dest": ["a", {"b": "c"}]}, {}, "attribute dest of kind is neither a value nor a list of values"),
        ({"dest": [["a"]]}, {}, "attribute dest"),
        ({}, {"sip-port": [{"address": [["a"]]}]}, "attribute address of sip-port"),
    ],
)
def test_what_is_no_element_is_refused(attributes: dict[str, Any], subs: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        Element.from_options("kind", attributes, subs)


def test_who_changed_it_last_is_no_part_of_an_element() -> None:
    one = Element("kind", {"name": ["a"], "last-modified-by": ["admin"], "last-modified-date": ["2026-11-22"]})
    other = Element("kind", {"name": ["a"], "last-modified-by": ["netops"], "last-modified-date": ["2026-11-23"]})
    assert not differs(one, other, EXACT)
    assert not differs(one, Element("kind", {"name": ["a"]}), EXACT)
    assert b"last-modified" not in one.to_xml()
    assert one.as_data()["last-modified-by"] == "admin"


def test_secrets_are_masked_in_results() -> None:
    metadata = Metadata("realm-config", False, ["identifier"], subs={"auth-attribute": Metadata("auth-attribute", False, ["auth-realm"], secrets=["pin"])})
    found = Element.from_options(
        "realm-config",
        {"identifier": "core", "shared-secret": ""},
        {"auth-attribute": {"auth-realm": "a", "password": "hush", "pin": ["1", ""], "password-age": "9"}},
    )
    shown = found.as_data(metadata)
    assert shown == {
        "identifier": "core",
        "shared-secret": "",
        "auth-attribute": [{"auth-realm": "a", "password": MASK, "pin": [MASK, ""], "password-age": "9"}],
    }
    assert found.subs[0].as_data()["password"] == MASK


# Metadata


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_metadata_of_every_type_is_read_whole(name: str) -> None:
    kind = catalogue()[name]
    found = Metadata.from_xml(name, node("data", kind.metadata(True)))

    def expected(one: Any, single: bool) -> Metadata:
        subs = {sub.name: expected(sub, sub.single) for sub in one.sub_types}
        secrets = [a.name for a in one.attributes if a.kind == "password"]
        return Metadata(one.name, single, [a.name for a in one.keys], [a.name for a in one.attributes], secrets, subs)

    assert found == expected(kind, kind.single)
    assert Metadata.from_data(json.loads(json.dumps(asdict(found)))) == found
    assert Metadata.from_xml(name, node("data", kind.metadata(False))).subs == {}


# Same or not


@pytest.mark.parametrize(
    ("desired", "current", "ordered", "expected"),
    [
        (["a"], ["a"], False, True),
        (["a"], ["b"], False, False),
        (["a", "b"], ["b", "a"], False, True),
        (["a", "b"], ["b", "a"], True, False),
        (["a", "b"], ["a", "b"], True, True),
        (["a", "a"], ["a"], False, False),
        (["a"], ["a", "a"], True, False),
        ([], [""], True, True),
        ([""], None, True, True),
        (["a"], None, False, False),
        ([], ["a"], False, False),
        (["a"], ["A"], False, False),
        # All addresses, and no mask.
        (["+49"], ["*"], False, False),
        (["*"], ["+49"], False, False),
        (["***"], ["abc"], False, False),
    ],
)
def test_values_are_compared_by_the_rule(desired: list[str], current: list[str] | None, ordered: bool, expected: bool) -> None:
    assert same(desired, current, Rules(ordered=ordered)) is expected


@pytest.mark.parametrize(
    ("desired", "current", "rewrite", "expected"),
    [
        (["hush"], [MASK], False, True),
        (["hush"], [MASK], True, False),
        ([MASK], ["hush"], False, True),
        ([MASK], [MASK], True, True),
        ([""], [MASK], False, False),
        (["hush"], [""], False, False),
        (["hush"], ["****"], False, True),
    ],
)
def test_a_mask_is_taken_for_the_secret_behind_it(desired: list[str], current: list[str], rewrite: bool, expected: bool) -> None:
    assert same(desired, current, Rules(write_masked=rewrite)) is expected


@pytest.mark.parametrize(
    ("found", "expected"), [(["****"], True), (["a", MASK], True), (["*"], False), (["***"], False), (["****a"], False), ([], False), (None, False)]
)
def test_what_a_mask_is(found: list[str] | None, expected: bool) -> None:
    assert is_masked(found) is expected


def test_the_order_of_attributes_and_sub_elements_does_not_count() -> None:
    one = element(realm_id="a", state="enabled", sip_port=[{"address": "1", "port": 1}, {"address": "1", "port": 2}])
    other = element(state="enabled", realm_id="a", sip_port=[{"port": 2, "address": "1"}, {"address": "1", "port": 1}])
    assert not differs(one, other, EXACT)


@pytest.mark.parametrize(
    "other",
    [
        element(realm_id="b"),
        element(realm_id="a", state="enabled"),
        element(realm_id="a", sip_port=[{"address": "1"}]),
        element(realm_id="a", sip_port=[{"address": "1"}, {"address": "1"}]),
        element(realm_id="a", sip_port=[{"address": "1"}, {"address": "3"}]),
        element(realm_id="a", sip_port=[{"address": "1"}], bfd_config={"state": True}),
        element(realm_id="a", sip_port=[{"address": "1"}, {"address": "2", "below": {"x": "y"}}]),
    ],
)
def test_elements_that_differ_do_so_both_ways(other: Element) -> None:
    one = element(realm_id="a", sip_port=[{"address": "1"}, {"address": "2"}])
    assert differs(one, other, EXACT)
    assert differs(other, one, EXACT)


# Merge


PORTS = [{"address": "1", "port": 5060, "state": "on"}, {"address": "1", "port": 5061}, {"address": "2", "port": 5060}]


def ports(found: Element) -> list[tuple[str, str]]:
    return [(sub.attributes["address"][0], sub.attributes["port"][0]) for sub in found.of_type("sip-port")]


def test_what_is_not_given_stays() -> None:
    current = element(realm_id="a", description="b", sip_port=PORTS)
    after = merge(element(realm_id="a", state="x"), current, INTERFACE, Rules())
    assert after.as_data() == {"realm-id": "a", "description": "b", "state": "x", "sip-port": [{k: str(v) for k, v in port.items()} for port in PORTS]}


def test_a_sub_element_is_found_by_its_keys_and_keeps_its_place() -> None:
    current = element(realm_id="a", sip_port=PORTS)
    after = merge(element(realm_id="a", sip_port=[{"address": "1", "port": 5061, "state": "off"}, {"address": "3", "port": 1}]), current, INTERFACE, Rules())
    assert ports(after) == [("1", "5060"), ("1", "5061"), ("2", "5060"), ("3", "1")]
    assert [sub.attributes.get("state") for sub in after.subs] == [["on"], ["off"], None, None]
    assert change(after, current, ["realm-id"], Rules()) == after


def test_only_types_of_sub_elements_that_change_are_sent() -> None:
    current = element(realm_id="a", description="b", sip_port=PORTS, bfd_config={"state": "x"})
    after = merge(element(realm_id="a", bfd_config={"state": "y"}), current, INTERFACE, Rules())
    assert change(after, current, ["realm-id"], Rules()) == element(realm_id="a", bfd_config={"state": "y"})


def test_a_sub_element_that_is_there_once_needs_no_key() -> None:
    current = element(realm_id="a", bfd_config={"state": "x", "score": "1", "bfd-session": [{"type": "primary", "t": "1"}]})
    after = merge(element(realm_id="a", bfd_config={"state": "y", "bfd-session": {"type": "vip"}}), current, INTERFACE, Rules())
    assert after.as_data()["bfd-config"] == [{"state": "y", "score": "1", "bfd-session": [{"type": "primary", "t": "1"}, {"type": "vip"}]}]


@pytest.mark.parametrize("keys", [{"sip-port": ["address", "port"], "bfd-config": []}])
def test_keys_that_the_appliance_does_not_tell_come_from_the_task(keys: dict[str, list[str]]) -> None:
    current = element(realm_id="a", sip_port=PORTS, bfd_config={"state": "x"})
    wanted = element(realm_id="a", sip_port=[{"address": "1", "port": 5061, "state": "off"}], bfd_config={"state": "y"})
    after = merge(wanted, current, None, Rules(sub_keys=keys))
    assert not differs(after, merge(wanted, current, INTERFACE, Rules()), EXACT)
    with pytest.raises(InvalidInput, match="does not tell by which keys its sub-elements sip-port of sip-interface") as caught:
        merge(wanted, current, Metadata("sip-interface", False, ["realm-id"]), Rules())
    assert "sub_element_keys" in caught.value.hint


def test_without_keys_only_what_is_there_already_or_the_first_of_all_is_clear() -> None:
    current = element(realm_id="a", sip_port=PORTS)
    assert not differs(merge(element(sip_port=[{"address": "1", "port": 5061}]), current, None, Rules()), current, EXACT)
    first = merge(element(sip_port=[{"address": "9"}]), element(realm_id="a"), None, Rules())
    assert first.as_data()["sip-port"] == [{"address": "9"}]


def test_a_sub_element_that_fits_several_is_refused() -> None:
    with pytest.raises(InvalidInput, match="2 sub-elements sip-port of sip-interface fit: give port too"):
        merge(element(sip_port=[{"address": "1", "state": "off"}]), element(sip_port=PORTS), INTERFACE, Rules())


def test_a_sub_element_that_is_given_twice_is_refused() -> None:
    twice = [{"address": "2", "port": 5060, "state": "a"}, {"address": "2", "port": 5060, "state": "b"}]
    with pytest.raises(InvalidInput, match="two of the given sub-elements sip-port of sip-interface are the same one"):
        merge(element(sip_port=twice), element(sip_port=PORTS), INTERFACE, Rules())


def test_an_asterisk_as_a_key_is_no_mask() -> None:
    metadata = Metadata("p", False, ["name"], subs={"route": Metadata("route", False, ["hop"])})
    current = Element.from_options("p", {}, {"route": [{"hop": "*", "cost": 1}, {"hop": "********", "cost": 2}]})
    after = merge(Element.from_options("p", {}, {"route": {"hop": "core", "cost": 3}}), current, metadata, Rules())
    assert [sub.attributes for sub in after.subs] == [{"hop": ["*"], "cost": ["1"]}, {"hop": ["********"], "cost": ["2"]}, {"hop": ["core"], "cost": ["3"]}]


@pytest.mark.parametrize(
    ("given_ports", "kept"),
    [(PORTS[:1], [("1", "5060")]), (PORTS[1:], [("1", "5061"), ("2", "5060")]), ([{"address": "7", "port": 7}], [("7", "7")]), ([], [])],
)
def test_purge_removes_what_is_not_given_of_the_types_that_are(given_ports: list[dict[str, Any]], kept: list[tuple[str, str]]) -> None:
    current = element(realm_id="a", sip_port=PORTS, bfd_config={"state": "x"})
    after = merge(element(realm_id="a", sip_port=given_ports), current, INTERFACE, Rules(purge=True))
    assert ports(after) == kept
    assert len(after.of_type("bfd-config")) == 1
    assert differs(after, current, EXACT)


def test_purge_goes_down_into_sub_elements() -> None:
    current = element(bfd_config={"state": "x", "bfd-session": [{"type": "primary"}, {"type": "vip"}]})
    after = merge(element(bfd_config={"bfd-session": [{"type": "vip"}]}), current, INTERFACE, Rules(purge=True))
    assert after.as_data()["bfd-config"] == [{"state": "x", "bfd-session": [{"type": "vip"}]}]
    untouched = merge(element(bfd_config={"state": "x"}), current, INTERFACE, Rules(purge=True))
    assert not differs(untouched, current, EXACT)


def test_the_order_of_values_stays_where_it_does_not_count() -> None:
    current = Element("g", {"dest": ["a", "b"]})
    desired = Element("g", {"dest": ["b", "a"]})
    assert merge(desired, current, None, Rules()).attributes == {"dest": ["a", "b"]}
    after = merge(desired, current, None, Rules(ordered=True))
    assert change(after, current, [], Rules(ordered=True)).attributes == {"dest": ["b", "a"]}


def test_a_list_is_sent_whole() -> None:
    current = Element("g", {"name": ["x"], "dest": ["a", "b"]})
    after = merge(Element("g", {"dest": ["b", "c"]}), current, None, Rules())
    assert change(after, current, ["name"], Rules()).attributes == {"name": ["x"], "dest": ["b", "c"]}


# Secrets


AUTH = Metadata("realm-config", False, ["identifier"], subs={"auth-attribute": Metadata("auth-attribute", False, ["auth-realm"])})


def realm(*entries: dict[str, Any]) -> Element:
    return Element.from_options("realm-config", {"identifier": "core"}, {"auth-attribute": list(entries)})


SHOWN = realm({"auth-realm": "a", "username": "u", "password": MASK}, {"auth-realm": "b", "password": MASK})


def test_a_secret_that_cannot_be_compared_is_no_change() -> None:
    after = merge(realm({"auth-realm": "a", "password": "hush"}), SHOWN, AUTH, Rules())
    assert not differs(after, SHOWN, Rules().exact)


def test_a_secret_is_written_again_on_demand_only() -> None:
    rules = Rules(write_masked=True)
    after = merge(realm({"auth-realm": "a", "password": "hush"}), SHOWN, AUTH, rules)
    assert differs(after, SHOWN, rules.exact)
    top = Element("x", {"key": [MASK], "name": ["n"]})
    assert change(merge(Element("x", {"key": ["hush"]}), top, None, rules), top, ["name"], rules).attributes == {"key": ["hush"], "name": ["n"]}
    assert change(merge(Element("x", {"name": ["m"]}), top, None, rules), top, [], rules).attributes == {"name": ["m"]}


def test_a_secret_goes_along_with_another_change() -> None:
    after = merge(realm({"auth-realm": "a", "username": "v", "password": "hush"}, {"auth-realm": "b", "password": "hush too"}), SHOWN, AUTH, Rules())
    sent = change(after, SHOWN, ["identifier"], Rules())
    assert [sub.attributes["password"] for sub in sent.subs] == [["hush"], ["hush too"]]
    assert sent.masked() == []


@pytest.mark.parametrize("given_entries", [[{"auth-realm": "a", "username": "v"}], [{"auth-realm": "c", "password": "x"}]])
def test_a_mask_that_would_be_sent_is_found(given_entries: list[dict[str, Any]]) -> None:
    after = merge(realm(*given_entries), SHOWN, AUTH, Rules())
    assert "auth-attribute password" in change(after, SHOWN, ["identifier"], Rules()).masked()
