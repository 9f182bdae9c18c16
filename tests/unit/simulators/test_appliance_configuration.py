# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated appliance: element types, and reading and changing configuration elements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulators._appliance_elements import catalogue

from ._appliance_box import ELEMENTS, VIEWER, Box, element, elements_in, error_in, parsed

METADATA, TEMPLATE = "/configuration/elementTypes/metadata", "/configuration/elementTypes/template"
ROUTE = {"dest-network": "192.0.2.64", "netmask": "255.255.255.192", "gateway": "192.0.2.1"}
POLICY = {"from-address": "*", "to-address": ["+49", "+43"], "source-realm": "core"}


@pytest.fixture
def box() -> Box:
    return Box()


def names_of(root: Any, path: str) -> list[str]:
    return [one.text for one in root.findall(path)]


def test_element_types(box: Box) -> None:
    root = parsed(box.call("GET", "/configuration/elementTypes", box.login(VIEWER)))
    found = {one.findtext("name"): one.get("single") for one in root.findall("data/elementTypes/elementType")}
    assert len(found) == 20
    assert {name for name, single in found.items() if single == "true"} == {"system-config", "sip-config", "media-manager", "ntp-config"}
    assert all(one.findtext("description") for one in root.findall("data/elementTypes/elementType"))


def test_metadata_starts_as_documented(box: Box) -> None:
    answer = box.call("GET", f"{METADATA}?elementType=access-control", box.login())
    packed = "".join(line.strip() for line in answer.text.splitlines())
    start = "<data><elementType>access-control</elementType><singleInstance>false</singleInstance><attributeMetadata><name>realm-id</name>"
    start += "<help>ingress realm</help><descriptions>name of realm for access control</descriptions><required>true</required><key>true</key><va"
    assert start in packed


def test_metadata_of_every_type_names_its_keys(box: Box) -> None:
    token = box.login()
    for kind in catalogue().values():
        root = parsed(box.call("GET", f"{METADATA}?elementType={kind.name}", token))
        shown = {one.findtext("name"): one for one in root.findall("data/attributeMetadata")}
        assert list(shown) == [attribute.name for attribute in kind.attributes]
        assert [name for name, one in shown.items() if one.findtext("key") == "true"] == [attribute.name for attribute in kind.keys]
        assert root.findtext("data/singleInstance") == ("true" if kind.single else "false")
        assert bool(kind.keys) is not kind.single
        assert names_of(root, "data/subElementMetadata/subElementType") == [sub.name for sub in kind.sub_types]


def test_metadata_describes_values(box: Box) -> None:
    root = parsed(box.call("GET", f"{METADATA}?elementType=sip-interface", box.login()))
    about = {one.findtext("name"): one for one in root.findall("data/attributeMetadata")}
    assert about["realm-id"].findtext("referredElementType") == "realm-config"
    assert names_of(about["nat-traversal"], "enumeratedValues/value") == ["none", "always", "rport"]
    assert (about["rfc2833-payload"].findtext("minValue"), about["rfc2833-payload"].findtext("maxValue")) == ("96", "127")
    port = root.find("data/subElementMetadata")
    assert port is not None
    keys = [one.findtext("name") for one in port.findall("attributeMetadata") if one.findtext("key") == "true"]
    assert keys == ["address", "port", "transport-protocol"]


@pytest.mark.parametrize(("position", "count"), [("nested", 1), ("absent", 0)])
def test_subelement_metadata(box: Box, position: str, count: int) -> None:
    box.simulator.switch(subelement_metadata=position)
    token = box.login()
    root = parsed(box.call("GET", f"{METADATA}?elementType=sip-manipulation", token))
    assert len(root.findall("data/subElementMetadata")) == count
    assert len(root.findall("data/subElementMetadata/subElementMetadata")) == count
    sub = parsed(box.call("GET", f"{METADATA}?elementType=sip-manipulation/header-rules", token))
    assert sub.findtext("data/elementType") == "header-rules"
    assert "header-name" in names_of(sub, "data/attributeMetadata/name")


@pytest.mark.parametrize("path", [METADATA, TEMPLATE])
def test_type_resources_refuse(box: Box, path: str) -> None:
    token = box.login()
    assert box.call("GET", path, token).status_code == 400
    assert box.call("GET", f"{path}?elementType=", token).status_code == 400
    assert box.call("GET", f"{path}?elementType=host-route&elementType=host-route", token).status_code == 400
    assert box.call("GET", f"{path}?elementType=no-type", token).status_code == 404
    assert box.call("GET", f"{path}?elementType=host-route/no-sub", token).status_code == 404
    assert box.call("GET", f"{path}?elementType=no-type/no-sub", token).status_code == 404


def test_template_forms(box: Box) -> None:
    token = box.login()
    plain = elements_in(box.call("GET", f"{TEMPLATE}?elementType=sip-interface", token))[0]
    assert plain["state"] == "enabled" and plain["realm-id"] == "" and plain["stop-recurse"] == "401,407" and "sip-port" not in plain
    with_port = elements_in(box.call("GET", f"{TEMPLATE}?elementType=sip-interface&subElement=sip-port", token))[0]
    assert with_port["sip-port"][0]["port"] == "5060" and with_port["sip-port"][0]["address"] == ""
    only = elements_in(box.call("GET", f"{TEMPLATE}?elementType=sip-manipulation/header-rules", token))
    assert list(only[0]) == ["header-rules"] and only[0]["header-rules"][0]["action"] == "none"
    mandatory = elements_in(box.call("GET", f"{TEMPLATE}?elementType=local-policy", token))[0]
    assert mandatory["policy-attribute"][0]["lookup"] == "single"
    deep = elements_in(box.call("GET", f"{TEMPLATE}?elementType=network-interface/bfd-config/bfd-session", token))[0]
    assert deep["bfd-config"][0]["bfd-session"][0]["detect-multiplier"] == "3"
    assert "state" not in deep["bfd-config"][0]
    both = elements_in(box.call("GET", f"{TEMPLATE}?elementType=sip-manipulation&subElement=header-rules&subElement=header-rules/element-rules", token))[0]
    assert both["header-rules"][0]["element-rules"][0]["match-val-type"] == "any"
    assert box.call("GET", f"{TEMPLATE}?elementType=sip-interface&subElement=no-port", token).status_code == 404


def test_every_template_is_usable_as_a_body(box: Box) -> None:
    token = box.locked()
    box.simulator.state.editing.elements.clear()
    samples = {"address": "198.51.100.9", "network": "198.51.100.0", "numeric": "4000"}
    for kind in catalogue().values():
        text = box.call("GET", f"{TEMPLATE}?elementType={kind.name}", token).text
        body = text[text.index("<configElement>") : text.index("</configElement>") + len("</configElement>")]
        for attribute in (*kind.attributes, *(one for sub in kind.sub_types if sub.mandatory for one in sub.attributes)):
            if attribute.required and not attribute.default:
                lines = body.split(f"<name>{attribute.name}</name>", 1)
                body = lines[0] + f"<name>{attribute.name}</name>" + lines[1].replace("<value/>", f"<value>{samples.get(attribute.kind, 'x')}</value>", 1)
        answer = box.call("POST", ELEMENTS, token, body)
        assert answer.status_code == 200, (kind.name, answer.text)
        assert box.call("POST", ELEMENTS, token, body).status_code == 409, kind.name


def test_get_one_and_all(box: Box) -> None:
    token = box.login(VIEWER)
    assert [one["hostname"] for one in elements_in(box.get(token, "session-agent"))] == ["pbx1.example.com", "pbx2.example.com", "trunk.carrier.example"]
    one = elements_in(box.get(token, "session-agent", {"hostname": "pbx2.example.com"}))[0]
    assert one["port"] == "5060" and one["ping-interval"] == "30" and len(one) == len(catalogue()["session-agent"].attributes)
    group = elements_in(box.get(token, "session-group", {"group-name": "pbx-cluster"}))[0]
    assert group["dest"] == ["pbx1.example.com", "pbx2.example.com"]
    assert elements_in(box.get(token, "system-config"))[0]["hostname"] == "sbc-fra-1"
    interface = elements_in(box.get(token, "network-interface", {"sub-port-id": "0", "name": "M10"}))[0]
    assert interface["bfd-config"][0]["bfd-session"][0]["admin-state"] == "enabled"


def test_passwords_are_masked(box: Box) -> None:
    token = box.locked()
    realm = elements_in(box.get(token, "realm-config", {"identifier": "core"}))[0]
    assert realm["auth-attribute"][0]["password"] == "********"
    again = [("auth-attribute", {"auth-realm": "core.example.com", "password": "********", "username": "other"}, ())]
    assert box.put(token, "realm-config", {"identifier": "core"}, again).status_code == 200
    kept = next(one for one in box.simulator.get_store()["realm-config"] if one["attributes"]["identifier"] == "core")
    assert kept["sub_elements"]["auth-attribute"][0]["attributes"] == {
        "auth-realm": "core.example.com",
        "username": "other",
        "password": "sbc-Core-digest-77!",
        "in-dialog-methods": [],
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("", 400),
        ("?elementType=", 400),
        ("?elementType=no-type", 404),
        ("?elementType=sip-interface/sip-port", 404),
        ("?elementType=host-route&gateway=192.0.2.1", 400),
        ("?elementType=sip-config&name=x", 400),
        ("?elementType=host-route&dest-network=a&dest-network=b", 400),
        ("?elementType=host-route&running=yes", 400),
        ("?elementType=host-route&offset=-1", 400),
        ("?elementType=host-route&maxElements=x", 400),
        ("?elementType=host-route&running=false", 200),
    ],
)
def test_get_refuses(box: Box, path: str, status: int) -> None:
    answer = box.call("GET", ELEMENTS + path, box.login())
    assert answer.status_code == status


@pytest.mark.parametrize("position", [404, 200])
def test_missing_element(box: Box, position: int) -> None:
    box.simulator.switch(missing_element=position)
    answer = box.get(box.login(), "host-route", {"dest-network": "203.0.113.99"})
    assert answer.status_code == position
    if position == 200:
        assert elements_in(answer) == [] and "<data/>" in answer.text


@pytest.mark.parametrize("position", [200, 404])
def test_empty_list_and_uncreated_singleton(box: Box, position: int) -> None:
    box.simulator.switch(empty_list=position)
    token = box.locked()
    assert box.delete(token, "host-route", {"dest-network": "192.0.2.128"}).status_code == 204
    assert box.get(token, "host-route").status_code == position
    assert box.get(token, "ntp-config").status_code == 404


@pytest.mark.parametrize("position", [400, "filter"])
def test_partial_keys(box: Box, position: Any) -> None:
    box.simulator.switch(partial_keys=position)
    answer = box.get(box.login(), "network-interface", {"name": "M00"})
    if position == 400:
        assert answer.status_code == 400
    else:
        assert [one["description"] for one in elements_in(answer)] == ["access"]
    assert box.delete(box.locked(), "network-interface", {"name": "M00"}).status_code == 400


@pytest.mark.parametrize(("position", "joined"), [("repeated", None), ("comma", ","), ("space", " ")])
def test_list_keys(box: Box, position: str, joined: str | None) -> None:
    box.simulator.switch(list_keys=position)
    token = box.login()
    right = {**POLICY, "to-address": joined.join(["+43", "+49"]) if joined else ["+43", "+49"]}
    assert elements_in(box.get(token, "local-policy", right))[0]["description"] == "outbound"
    wrong = {**POLICY, "to-address": "+49|+43" if joined else "+49,+43"}
    assert box.get(token, "local-policy", wrong).status_code == 404


@pytest.mark.parametrize("position", ["supported", "ignored", "refused"])
def test_paging(box: Box, position: str) -> None:
    box.simulator.switch(paging=position)
    token = box.login()
    answers = [box.get(token, "session-agent", offset=str(offset), maxElements="2") for offset in (0, 2, 4)]
    if position == "refused":
        assert [answer.status_code for answer in answers] == [400, 400, 400]
    else:
        assert [len(elements_in(answer)) for answer in answers] == ([2, 1, 0] if position == "supported" else [3, 3, 3])


def test_create(box: Box) -> None:
    token = box.locked()
    [made] = elements_in(box.post(token, "host-route", ROUTE))
    assert made == {**ROUTE, "description": ""}
    assert elements_in(box.get(token, "host-route", {"dest-network": ROUTE["dest-network"]})) == [made]
    answer = box.post(token, "host-route", {**ROUTE, "gateway": "192.0.2.7"})
    assert answer.status_code == 409 and error_in(answer)
    assert elements_in(box.get(token, "host-route", {"dest-network": ROUTE["dest-network"]})) == [made]


def test_create_singleton(box: Box) -> None:
    token = box.locked()
    assert box.post(token, "sip-config", {}).status_code == 409
    [made] = elements_in(box.post(token, "ntp-config", {}))
    assert made == {"add-server": "", "dns-realm": ""}
    changed = box.put(
        token, "ntp-config", {"add-server": ["192.0.2.3", "192.0.2.4"]}, [("auth-servers", {"ip-address": "192.0.2.9", "key-id": "1", "key": "k"}, ())]
    )
    assert elements_in(changed)[0]["add-server"] == ["192.0.2.3", "192.0.2.4"]
    assert box.delete(token, "ntp-config").status_code == 204
    assert box.delete(token, "ntp-config").status_code == 404


def test_create_with_nested_sub_elements(box: Box) -> None:
    token = box.locked()
    rule = ("element-rules", {"name": "host", "type": "uri-host", "action": "replace", "new-value": "$LOCAL_IP"}, ())
    subs = [("header-rules", {"name": "from", "header-name": "From", "methods": ["INVITE", "BYE"]}, [rule])]
    [made] = elements_in(box.post(token, "sip-manipulation", {"name": "m1"}, subs))
    assert made["header-rules"][0]["methods"] == ["INVITE", "BYE"]
    assert made["header-rules"][0]["element-rules"][0]["comparison-type"] == "case-sensitive"


def test_defaults_of_keys_are_filled_in(box: Box) -> None:
    token = box.locked()
    [made] = elements_in(box.post(token, "access-control", {"realm-id": "core"}))
    assert (made["source-address"], made["application-protocol"], made["transport-protocol"]) == ("0.0.0.0", "NONE", "ALL")
    assert box.post(token, "access-control", {"realm-id": "core", "source-address": "0.0.0.0"}).status_code == 409


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("host-route", {**ROUTE, "metric": "1"}),
        ("host-route", {**ROUTE, "gateway": "next door"}),
        ("host-route", {**ROUTE, "gateway": ""}),
        ("host-route", {"netmask": "255.255.255.0", "gateway": "192.0.2.1"}),
        ("host-route", {**ROUTE, "gateway": ["192.0.2.1", "192.0.2.2"]}),
        ("session-agent", {"hostname": "a", "port": "65536"}),
        ("session-agent", {"hostname": "a", "port": "-1"}),
        ("session-agent", {"hostname": "a", "port": "many"}),
        ("session-agent", {"hostname": "a", "port": ""}),
        ("session-agent", {"hostname": "a", "state": "on"}),
        ("session-agent", {"hostname": "a", "state": "Enabled"}),
        ("session-agent", {"hostname": ""}),
        ("session-agent", {}),
        ("access-control", {"realm-id": "core", "source-address": "10.4.4.0/33"}),
        ("access-control", {"realm-id": "core", "source-address": "10.4.4.0/24:70000"}),
        ("access-control", {"realm-id": "core", "source-address": "pbx1.example.com"}),
        ("steering-pool", {"ip-address": "203.0.113", "start-port": "1", "end-port": "2", "realm-id": "core"}),
        ("certificate-record", {"name": "c", "organization": "Two Words"}),
        ("realm-config", {"identifier": "two words"}),
        ("steering-pool", {"ip-address": "203.0.113.11", "start-port": "1", "realm-id": "core"}),
        ("phy-interface", {"name": "M11", "virtual-mac": "00:11:22"}),
        ("local-policy", {"from-address": "*", "source-realm": "*"}),
    ],
)
def test_invalid_elements_are_400_and_change_nothing(box: Box, kind: str, attributes: dict[str, Any]) -> None:
    token = box.locked()
    before = box.simulator.get_store()
    answer = box.post(token, kind, attributes)
    assert answer.status_code == 400 and error_in(answer)
    assert box.simulator.get_store() == before


@pytest.mark.parametrize("source", ["10.4.4.0/24", "10.4.4.0/24:5060/14", "10.0.0.1:5060", "[2001:db8::1]/64:5060", "0.0.0.0"])
def test_flow_addresses(box: Box, source: str) -> None:
    token = box.locked()
    keys = {"realm-id": "core", "source-address": source, "application-protocol": "SIP", "transport-protocol": "TCP"}
    assert box.post(token, "access-control", keys).status_code == 200
    assert box.delete(token, "access-control", keys).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        "",
        "   ",
        "<configElement>",
        "not xml",
        "<configElement/>",
        "<configElement><elementType/></configElement>",
        "<configElement><elementType>host-route</elementType><elementType>host-route</elementType></configElement>",
        "<element><elementType>host-route</elementType></element>",
        "<configElement><elementType>host-route</elementType><color>red</color></configElement>",
        "<configElement><elementType>host-route</elementType><attribute><value>1</value></attribute></configElement>",
        "<configElement><elementType>host-route</elementType><attribute><name>description</name></attribute></configElement>",
        "<configElement><elementType>host-route</elementType><attribute><name>description</name><value><b/></value></attribute></configElement>",
        element("host-route", ROUTE).replace("</configElement>", "<attribute><name>gateway</name><value>192.0.2.1</value></attribute></configElement>"),
        '<!DOCTYPE x [<!ENTITY a "b">]>' + element("host-route", ROUTE),
        "<!DOCTYPE configElement>" + element("host-route", ROUTE),
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">' + element("host-route", ROUTE),
        '<?xml version="1.0" encoding="no-such"?>' + element("host-route", ROUTE),
    ],
)
@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_malformed_bodies_are_400(box: Box, verb: str, body: str) -> None:
    token = box.locked()
    before = box.simulator.get_store()
    answer = box.call(verb, ELEMENTS, token, body)
    assert answer.status_code == 400 and error_in(answer)
    if not body.strip():
        assert "request body not found" in error_in(answer).lower()
    assert box.simulator.get_store() == before


@pytest.mark.parametrize("position", [404, 400])
def test_unknown_type(box: Box, position: int) -> None:
    box.simulator.switch(unknown_type=position)
    token = box.locked()
    for call in (box.post, box.put):
        assert call(token, "no-type", {"name": "x"}).status_code == position
    assert box.post(token, "sip-port", {"address": "192.0.2.1"}).status_code == position


def test_put_merges(box: Box) -> None:
    token = box.locked()
    [before] = elements_in(box.get(token, "session-agent", {"hostname": "pbx1.example.com"}))
    [after] = elements_in(box.put(token, "session-agent", {"hostname": "pbx1.example.com", "max-sessions": "0500", "ping-method": ""}))
    assert after == {**before, "max-sessions": "500", "ping-method": ""}
    assert elements_in(box.put(token, "sip-config", {"trans-expire": "16"}))[0]["invite-expire"] == "180"
    whole = dict(after)
    assert elements_in(box.put(token, "session-agent", whole)) == [after]


def test_put_replaces_a_list(box: Box) -> None:
    token = box.locked()
    [changed] = elements_in(box.put(token, "session-group", {"group-name": "pbx-cluster", "dest": ["pbx2.example.com"]}))
    assert changed["dest"] == "pbx2.example.com" and changed["strategy"] == "RoundRobin"
    [cleared] = elements_in(box.put(token, "session-group", {"group-name": "pbx-cluster", "dest": ""}))
    assert cleared["dest"] == ""


@pytest.mark.parametrize(
    "attributes",
    [
        {"hostname": "pbx1.example.com", "port": "70000", "description": "new"},
        {"hostname": "pbx1.example.com", "color": "red"},
        {"description": "no key"},
    ],
)
def test_put_invalid_is_400_and_changes_nothing(box: Box, attributes: dict[str, str]) -> None:
    token = box.locked()
    before = box.simulator.get_store()
    assert box.put(token, "session-agent", attributes).status_code == 400
    assert box.simulator.get_store() == before


@pytest.mark.parametrize("position", [404, 400])
def test_put_missing(box: Box, position: int) -> None:
    box.simulator.switch(put_missing=position)
    token = box.locked()
    assert box.put(token, "session-agent", {"hostname": "pbx9.example.com"}).status_code == position
    assert box.put(token, "ntp-config", {"add-server": "192.0.2.3"}).status_code == position


@pytest.mark.parametrize("position", ["merge_by_key", "replace_list"])
def test_subelement_put(box: Box, position: str) -> None:
    box.simulator.switch(subelement_put=position)
    token = box.locked()
    changes = [
        ("sip-port", {"address": "198.51.100.10", "port": "5061", "transport-protocol": "TLS", "allow-anonymous": "registered"}, ()),
        ("sip-port", {"address": "198.51.100.11"}, ()),
    ]
    [changed] = elements_in(box.put(token, "sip-interface", {"realm-id": "access"}, changes))
    ports = [(one["address"], one["port"], one["transport-protocol"], one["allow-anonymous"], one["tls-profile"]) for one in changed["sip-port"]]
    new = ("198.51.100.11", "5060", "UDP", "all", "")
    if position == "merge_by_key":
        assert ports == [
            ("198.51.100.10", "5060", "UDP", "all", ""),
            ("198.51.100.10", "5061", "TLS", "registered", "defaultTlsProfile"),
            new,
        ]
    else:
        assert ports == [("198.51.100.10", "5061", "TLS", "registered", ""), new]
    [same] = elements_in(box.put(token, "sip-interface", {"realm-id": "access", "description": "x"}))
    assert same["sip-port"] == changed["sip-port"]


@pytest.mark.parametrize("position", ["merge_by_key", "replace_list"])
def test_single_and_nested_sub_elements_in_put(box: Box, position: str) -> None:
    box.simulator.switch(subelement_put=position)
    token = box.locked()
    session = ("bfd-session", {"bfd-sess-type": "secondary", "detect-multiplier": "5"}, ())
    [changed] = elements_in(box.put(token, "network-interface", {"name": "M10", "sub-port-id": "0"}, [("bfd-config", {"health-score": "30"}, [session])]))
    assert len(changed["bfd-config"]) == 1 and changed["bfd-config"][0]["health-score"] == "30"
    kinds = [one["bfd-sess-type"] for one in changed["bfd-config"][0]["bfd-session"]]
    assert kinds == (["primary", "secondary"] if position == "merge_by_key" else ["secondary"])
    assert changed["bfd-config"][0]["state"] == ("enabled" if position == "merge_by_key" else "disabled")


@pytest.mark.parametrize(
    "subs",
    [
        [("sip-port", {"port": "5060"}, ())],
        [("sip-port", {"address": "198.51.100.10", "port": "80"}, ())],
        [("sip-port", {"address": "198.51.100.10", "colour": "red"}, ())],
        [("no-port", {"address": "198.51.100.10"}, ())],
        [("sip-port", {"address": "198.51.100.12"}, ()), ("sip-port", {"address": "198.51.100.12", "port": "5060"}, ())],
    ],
)
@pytest.mark.parametrize("position", ["merge_by_key", "replace_list"])
def test_invalid_sub_elements(box: Box, subs: Any, position: str) -> None:
    box.simulator.switch(subelement_put=position)
    token = box.locked()
    before = box.simulator.get_store()
    assert box.put(token, "sip-interface", {"realm-id": "access"}, subs).status_code == 400
    assert box.post(token, "sip-interface", {"realm-id": "peer"}, subs).status_code == 400
    assert box.simulator.get_store() == before


def test_two_single_sub_elements_are_400(box: Box) -> None:
    token = box.locked()
    subs = [("bfd-config", {"state": "enabled"}, ()), ("bfd-config", {"state": "disabled"}, ())]
    assert box.put(token, "network-interface", {"name": "M10", "sub-port-id": "0"}, subs).status_code == 400
    assert box.post(token, "network-interface", {"name": "M10", "sub-port-id": "7"}, subs).status_code == 400


def test_delete(box: Box) -> None:
    token = box.locked()
    keys = {"transport-protocol": "UDP", "application-protocol": "SIP", "source-address": "198.51.100.200", "realm-id": "access"}
    answer = box.delete(token, "access-control", keys)
    assert answer.status_code == 204 and not answer.content
    assert box.delete(token, "access-control", keys).status_code == 404
    assert box.delete(token, "access-control", {"realm-id": "access"}).status_code == 400
    assert box.delete(token, "access-control").status_code == 400
    assert box.delete(token, "no-type", {"name": "x"}).status_code == 404
    assert box.call("DELETE", ELEMENTS, token).status_code == 400
    assert box.call("DELETE", f"{ELEMENTS}?elementType=host-route&dest-network=192.0.2.128&running=true", token).status_code == 400
    assert box.delete(token, "local-policy", POLICY).status_code == 204


@pytest.mark.parametrize("position", [204, 409])
def test_delete_referenced(box: Box, position: int) -> None:
    box.simulator.switch(delete_referenced=position)
    token = box.locked()
    assert box.delete(token, "session-group", {"group-name": "pbx-cluster"}).status_code == position
    assert box.delete(token, "phy-interface", {"name": "M00"}).status_code == position
    assert box.delete(token, "codec-policy", {"name": "g711-only"}).status_code == position
    state = box.job(token, "verify")
    assert state.findtext("data/operationState/status") == ("fail" if position == 204 else "success")
    if position == 204:
        messages = state.findtext("data/operationState/errorMessage") or ""
        assert (
            "ERROR: local-policy [*;*;access] policy-attribute [SAG:pbx-cluster;core] has reference to session-group [pbx-cluster] which does not exist"
            in messages
        )
        assert "ERROR: network-interface [M00;0] has reference to phy-interface [M00] which does not exist" in messages


def test_delete_with_references(box: Box) -> None:
    token = box.locked()
    path = "/configuration/configReferences?elementType="
    assert box.call("DELETE", f"{path}session-group&group-name=pbx-cluster", token).status_code == 400
    assert box.call("DELETE", f"{path}realm-config", token).status_code == 400
    assert box.call("DELETE", f"{path}realm-config&identifier=nowhere", token).status_code == 404
    assert box.call("DELETE", f"{path}realm-config&identifier=access", token).status_code == 204
    store = box.simulator.get_store()
    assert [one["attributes"]["identifier"] for one in store["realm-config"]] == ["core"]
    assert [one["attributes"]["realm-id"] for one in store["sip-interface"] + store["steering-pool"]] == ["core", "core"]
    assert "access-control" not in store
    assert [one["attributes"]["hostname"] for one in store["session-agent"]] == ["pbx1.example.com", "pbx2.example.com"]
    [policy] = store["local-policy"]
    assert [one["attributes"]["realm"] for one in policy["sub_elements"]["policy-attribute"]] == ["core"]
    assert box.job(token, "verify").findtext("data/operationState/status") == "success"


def test_delete_with_references_in_lists_sub_elements_and_optional_attributes(box: Box) -> None:
    token = box.locked()
    box.put(token, "realm-config", {"identifier": "access", "media-realm-list": ["core", "access"], "parent-realm": "core"})
    assert box.call("DELETE", "/configuration/configReferences?elementType=realm-config&identifier=core", token).status_code == 204
    store = box.simulator.get_store()
    assert store["sip-config"][0]["attributes"]["home-realm-id"] == ""
    [realm] = store["realm-config"]
    assert (realm["attributes"]["media-realm-list"], realm["attributes"]["parent-realm"]) == (["access"], "")
    [policy] = store["local-policy"]
    assert policy["attributes"]["description"] == "inbound" and policy["sub_elements"] == {}
    messages = box.job(token, "verify").findtext("data/operationState/errorMessage") or ""
    assert "realm-config [core]" not in messages and "local-policy [*;*;access] has no policy-attribute" in messages


@pytest.mark.parametrize("position", [False, True])
def test_extra_attributes(box: Box, position: bool) -> None:
    box.simulator.switch(extra_attributes=position)
    token = box.locked("netops")
    [made] = elements_in(box.post(token, "host-route", ROUTE))
    assert ("last-modified-by" in made) is position and ("last-modified-date" in made) is position
    sent_back = {**ROUTE, "last-modified-by": "me", "last-modified-date": "2020-01-01 00:00:00"}
    answer = box.put(token, "host-route", sent_back)
    assert answer.status_code == (200 if position else 400)
    if position:
        assert elements_in(answer)[0]["last-modified-by"] == "netops"
        assert elements_in(answer)[0]["last-modified-date"].startswith("20")
    assert "last-modified-by" not in box.simulator.get_store()["host-route"][0]["attributes"]


@pytest.mark.parametrize("name", ["ntp-config", "ntp-sync"])
def test_ntp_type(box: Box, name: str) -> None:
    box.simulator.switch(ntp_type=name)
    token = box.locked()
    other = {"ntp-config": "ntp-sync", "ntp-sync": "ntp-config"}[name]
    assert box.post(token, other, {}).status_code == 404
    answer = box.post(token, name, {"add-server": "192.0.2.3"})
    assert parsed(answer).findtext("data/configElement/elementType") == name
    assert box.call("GET", f"{METADATA}?elementType={other}", token).status_code == 404
    assert name in box.simulator.get_store()


@pytest.mark.parametrize("position", [False, True])
def test_access_control_destination_key(box: Box, position: bool) -> None:
    box.simulator.switch(access_control_destination_key=position)
    token = box.locked()
    keys = {"realm-id": "access", "source-address": "198.51.100.200", "application-protocol": "SIP", "transport-protocol": "UDP"}
    assert box.get(token, "access-control", keys).status_code == (400 if position else 200)
    full = {**keys, "destination-address": "0.0.0.0"}
    assert box.get(token, "access-control", full).status_code == (200 if position else 400)
    root = parsed(box.call("GET", f"{METADATA}?elementType=access-control", token))
    keyed = [one.findtext("name") for one in root.findall("data/attributeMetadata") if one.findtext("key") == "true"]
    assert ("destination-address" in keyed) is position


def test_empty_key_value(box: Box) -> None:
    token = box.login()
    assert elements_in(box.get(token, "media-profile", {"name": "PCMA", "subname": ""}))[0]["payload-type"] == "8"
    assert elements_in(box.get(token, "media-profile", {"name": "G729", "subname": "annexb-no"}))[0]["parameters"] == "annexb=no"
    assert box.get(token, "media-profile", {"name": "G729", "subname": ""}).status_code == 404


def test_text_survives_the_round_trip(box: Box) -> None:
    token = box.locked()
    text = "a < b & c > d \u00fc \u2013 'x' \"y\" />"
    box.put(token, "host-route", {"dest-network": "192.0.2.128", "description": text})
    assert elements_in(box.get(token, "host-route"))[0]["description"] == text


def test_running_is_not_what_is_edited(box: Box) -> None:
    token = box.locked()
    box.put(token, "sip-config", {"trans-expire": "16"})
    assert elements_in(box.get(token, "sip-config"))[0]["trans-expire"] == "16"
    assert elements_in(box.get(token, "sip-config", running="true"))[0]["trans-expire"] == "32"
