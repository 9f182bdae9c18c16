# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making an element what it is to be: what is sent, races with somebody else, removing sub-elements, secrets, and answers that do not fit."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, ConnectionFailed, InvalidInput, NotConfirmed, NotFound, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_apply import Plan, apply, as_result, plan
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import Element, Rules
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance

from tests.unit.plugins._simulated import Simulated

ROUTE = {"dest-network": "203.0.113.0", "netmask": "255.255.255.0", "gateway": "192.0.2.1"}
UDP = {"address": "198.51.100.10", "port": "5060", "transport-protocol": "UDP"}
TLS = {"address": "198.51.100.10", "port": "5061", "transport-protocol": "TLS"}
SECRET = "sbc-Core-digest-77!"


class Box:
    """The simulator with its lock held, and what a task would do there."""

    def __init__(self, simulated: Simulated) -> None:
        self.simulated = simulated
        self.appliance = Appliance(simulated.session())
        self.appliance.lock()

    def plan(self, element_type: str, attributes: dict[str, Any], subs: dict[str, Any] | None = None, state: str = "present", **rules: Any) -> Plan:
        return plan(self.appliance, Element.from_options(element_type, attributes, subs), state, Rules(**rules))

    def make(self, element_type: str, attributes: dict[str, Any], subs: dict[str, Any] | None = None, state: str = "present", **rules: Any) -> Plan:
        desired = Element.from_options(element_type, attributes, subs)
        found = plan(self.appliance, desired, state, Rules(**rules))
        return apply(self.appliance, desired, found, Rules(**rules)) if found.changed else found

    def stored(self, element_type: str, **keys: str) -> dict[str, Any] | None:
        """The element in the editing configuration, as the simulator has it."""
        for entry in self.simulated.act("get_store").get(element_type, []):
            if all(entry["attributes"][name.replace("_", "-")] == value for name, value in keys.items()):
                return dict(entry)
        return None

    def writes(self) -> list[str]:
        return [entry["method"] for entry in self.simulated.journal("configElements") if entry["method"] != "GET"]

    def ports(self) -> list[tuple[str, str]]:
        found = self.stored("sip-interface", realm_id="access")
        return [(sub["attributes"]["port"], sub["attributes"]["allow-anonymous"]) for sub in found["sub_elements"]["sip-port"]] if found else []


@pytest.fixture
def box(appliance: Simulated) -> Box:
    return Box(appliance)


# Create, change, delete


def test_an_element_is_made_changed_and_removed(box: Box) -> None:
    made = box.make("host-route", ROUTE)
    assert (made.changed, made.before, made.after and made.after.as_data()) == (True, None, {**ROUTE, "description": ""})
    assert box.make("host-route", ROUTE).changed is False
    changed = box.make("host-route", {**ROUTE, "description": "branch"})
    assert as_result(changed) == {
        "before": {**ROUTE, "description": ""},
        "after": {**ROUTE, "description": "branch"},
        "key": {"dest-network": "203.0.113.0"},
    }
    removed = box.make("host-route", ROUTE, state="absent")
    assert (removed.changed, removed.after, box.stored("host-route", dest_network="203.0.113.0")) == (True, None, None)
    assert box.make("host-route", ROUTE, state="absent").changed is False
    assert box.writes() == ["POST", "PUT", "DELETE"]


def test_only_keys_and_what_differs_are_sent(box: Box) -> None:
    box.make("session-agent", {"hostname": "pbx1.example.com", "ip-address": "203.0.113.21", "port": 5070, "state": True})
    (entry,) = [entry for entry in box.simulated.journal("configElements") if entry["method"] == "PUT"]
    found = Element.from_xml(ElementTree.fromstring(entry["body"]))
    assert found.attributes == {"hostname": ["pbx1.example.com"], "port": ["5070"]}


@pytest.mark.parametrize("there", [True, False])
def test_a_singleton_has_no_keys(box: Box, there: bool) -> None:
    name = "media-manager" if there else "ntp-config"
    attributes = {"latching": False} if there else {"add-server": ["192.0.2.7", "192.0.2.8"]}
    assert box.make(name, attributes).changed is True
    assert box.make(name, attributes).changed is False
    assert box.writes() == ["PUT" if there else "POST"]
    assert as_result(box.plan(name, attributes))["key"] == {}
    assert box.make(name, {}, state="absent").changed is True
    assert box.stored(name) is None


def test_a_list_is_compared_by_the_rule(box: Box) -> None:
    names = {"group-name": "pbx-cluster", "dest": ["pbx2.example.com", "pbx1.example.com"]}
    assert box.make("session-group", names).changed is False
    assert box.make("session-group", names, ordered=True).changed is True
    assert box.make("session-group", names, ordered=True).changed is False
    stored = box.stored("session-group", group_name="pbx-cluster")
    assert stored is not None
    assert stored["attributes"]["dest"] == names["dest"]


@pytest.mark.parametrize(
    ("element_type", "attributes", "text"),
    [
        ("host-route", {"gateway": "192.0.2.1"}, "host-route needs its key attributes dest-network"),
        ("network-interface", {"name": "M00"}, "network-interface needs its key attributes sub-port-id"),
        ("host-route", {**ROUTE, "dest": "x", "metric": 1}, r"host-route has no attribute dest, metric\. It has dest-network, netmask, gateway, description\."),
        ("host-route", {**ROUTE, "netmaks": "x"}, r"host-route has no attribute netmaks\. Is it netmask\?"),
    ],
)
def test_mistakes_are_found_before_anything_is_sent(box: Box, element_type: str, attributes: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        box.plan(element_type, attributes)
    assert box.writes() == []


def test_a_type_that_the_appliance_does_not_have_is_an_error(box: Box) -> None:
    for state in ("present", "absent"):
        with pytest.raises(NotFound, match="404"):
            box.plan("hostroute", {"name": "x"}, state=state)


def test_a_value_that_the_appliance_refuses_changes_nothing(box: Box) -> None:
    before = box.simulated.act("get_store")
    for attributes in ({**ROUTE, "gateway": "nowhere"}, {"dest-network": "192.0.2.128", "netmask": "x"}):
        with pytest.raises(TokenflowError, match="Invalid value for attribute"):
            box.make("host-route", attributes)
    assert box.simulated.act("get_store") == before


# Races


def somebody_makes(box: Box, **more: str) -> Plan:
    desired = Element.from_options("host-route", ROUTE)
    found = plan(box.appliance, desired, "present", Rules())
    box.simulated.act("set_element", element_type="host-route", attributes={**ROUTE, **more})
    return apply(box.appliance, desired, found, Rules())


def test_an_element_that_appears_in_between_is_changed(box: Box) -> None:
    made = somebody_makes(box, gateway="192.0.2.99", description="theirs")
    assert as_result(made)["before"]["gateway"] == "192.0.2.99"
    assert (made.changed, as_result(made)["after"]) == (True, {**ROUTE, "description": "theirs"})
    assert box.writes() == ["POST", "PUT"]


def test_the_same_element_that_appears_in_between_is_no_change(box: Box) -> None:
    assert somebody_makes(box).changed is False
    assert box.writes() == ["POST"]


def test_an_element_that_disappears_in_between(box: Box) -> None:
    attributes = {"dest-network": "192.0.2.128"}
    desired = Element.from_options("host-route", {**attributes, "description": "x"})
    to_change, to_remove = plan(box.appliance, desired, "present", Rules()), plan(box.appliance, desired, "absent", Rules())
    box.simulated.act("remove_element", element_type="host-route", keys=attributes)
    assert apply(box.appliance, desired, to_remove, Rules()).changed is False
    with pytest.raises(NotFound):
        apply(box.appliance, desired, to_change, Rules())


def test_a_conflict_with_what_reading_does_not_show_is_an_error(box: Box) -> None:
    box.simulated.act("set_element", element_type="host-route", attributes=ROUTE)
    box.simulated.fault("status", "configElements", status=404, method="GET", times=2)
    with pytest.raises(Conflict, match="already exists"):
        box.make("host-route", ROUTE)


@pytest.mark.parametrize("status", [404, 400])
def test_an_element_that_is_not_found_by_its_keys_is_not_taken_for_deleted(box: Box, status: int) -> None:
    keys = {"from-address": "*", "to-address": ["+49", "+43"], "source-realm": "core"}
    box.simulated.fault("status", "configElements", status=status, method="DELETE", times=3)
    with pytest.raises(NotConfirmed, match="local-policy was not deleted, and the appliance does not find it by its keys") as caught:
        box.make("local-policy", keys, state="absent")
    assert caught.value.details == {"changed": False}
    assert box.writes() == ["DELETE"] * 3


def test_a_deletion_that_hits_another_element_is_found_out(box: Box) -> None:
    box.simulated.fault("status", "configElements", status=204, method="DELETE")
    with pytest.raises(NotConfirmed, match="another one may have been deleted in its place") as caught:
        box.make("local-policy", {"from-address": "*", "to-address": ["+49", "+43"], "source-realm": "core"}, state="absent")
    assert caught.value.details == {"changed": True}
    assert "Restore the running configuration" in caught.value.hint


def test_a_single_element_that_is_not_found_again_is_no_deletion(box: Box) -> None:
    box.simulated.fault("status", "configElements", status=404, method="DELETE")
    with pytest.raises(NotConfirmed):
        box.make("host-route", {"dest-network": "192.0.2.128"}, state="absent")


# Sub-elements


@pytest.mark.parametrize("mode", ["merge_by_key", "replace_list"])
def test_sub_elements_beside_the_given_one_stay(box: Box, mode: str) -> None:
    box.simulated.switch(subelement_put=mode)
    made = box.make("sip-interface", {"realm-id": "access"}, {"sip-port": [{**UDP, "allow-anonymous": "registered"}]})
    assert (made.changed, box.ports()) == (True, [("5060", "registered"), ("5061", "agents-only")])
    assert box.make("sip-interface", {"realm-id": "access"}, {"sip-port": [{**UDP, "allow-anonymous": "registered"}]}).changed is False
    added = box.make("sip-interface", {"realm-id": "access"}, {"sip-port": {"address": "198.51.100.11", "port": 5080, "transport-protocol": "TCP"}})
    assert (added.changed, [port for port, _who in box.ports()]) == (True, ["5060", "5061", "5080"])


@pytest.mark.parametrize(("mode", "writes"), [("merge_by_key", ["PUT", "DELETE", "POST"]), ("replace_list", ["PUT"])])
def test_purge_removes_sub_elements(box: Box, mode: str, writes: list[str]) -> None:
    box.simulated.switch(subelement_put=mode)
    before = box.stored("sip-interface", realm_id="access")
    made = box.make("sip-interface", {"realm-id": "access", "description": "x"}, {"sip-port": [TLS]}, purge=True)
    assert (made.changed, box.ports(), box.writes()) == (True, [("5061", "agents-only")], writes)
    after = box.stored("sip-interface", realm_id="access")
    assert before is not None and after is not None
    assert after["attributes"] == {**before["attributes"], "description": "x"}
    assert box.make("sip-interface", {"realm-id": "access"}, {"sip-port": [TLS]}, purge=True).changed is False


@pytest.mark.parametrize("mode", ["merge_by_key", "replace_list"])
def test_purge_can_remove_all_of_a_type(box: Box, mode: str) -> None:
    box.simulated.switch(subelement_put=mode)
    assert box.make("sip-interface", {"realm-id": "access"}, {"sip-port": []}, purge=True).changed is True
    assert box.make("sip-interface", {"realm-id": "access"}, {"sip-port": []}, purge=True).changed is False
    stored = box.stored("sip-interface", realm_id="access")
    assert stored is not None
    assert stored["sub_elements"] == {}


@pytest.mark.parametrize("mode", ["merge_by_key", "replace_list"])
def test_purge_below_a_sub_element(box: Box, mode: str) -> None:
    box.simulated.switch(subelement_put=mode)
    keys = {"name": "M10", "sub-port-id": 0}
    sessions = [{"bfd-sess-type": "primary"}, {"bfd-sess-type": "vip", "detect-multiplier": 5}]
    assert box.make("network-interface", keys, {"bfd-config": {"bfd-session": sessions}}).changed is True
    made = box.make("network-interface", keys, {"bfd-config": {"state": True, "bfd-session": sessions[1:]}}, purge=True)
    stored = box.stored("network-interface", name="M10")
    assert stored is not None
    (config,) = stored["sub_elements"]["bfd-config"]
    assert (made.changed, config["attributes"]["health-score"]) == (True, "20")
    assert [sub["attributes"]["bfd-sess-type"] for sub in config["sub_elements"]["bfd-session"]] == ["vip"]


def test_an_element_that_cannot_be_made_anew_is_put_back(box: Box) -> None:
    before = box.stored("sip-interface", realm_id="access")
    box.simulated.fault("status", "configElements", status=400, method="POST")
    with pytest.raises(TokenflowError) as caught:
        box.make("sip-interface", {"realm-id": "access"}, {"sip-port": [TLS]}, purge=True)
    assert caught.value.hint.startswith("The element is as it was.")
    assert box.stored("sip-interface", realm_id="access") == before
    assert box.writes() == ["PUT", "DELETE", "POST", "POST"]


def test_an_element_that_cannot_be_put_back_either_is_said_to_be_gone(box: Box) -> None:
    box.simulated.fault("reset", "configElements", method="POST", times=2)
    with pytest.raises(ConnectionFailed) as caught:
        box.make("sip-interface", {"realm-id": "access"}, {"sip-port": [TLS]}, purge=True)
    assert "had to be deleted to remove sub-elements, and could not be made again" in caught.value.hint
    assert "restore the configuration before saving" in caught.value.hint
    assert box.stored("sip-interface", realm_id="access") is None


def test_an_element_that_others_refer_to_keeps_its_sub_elements(box: Box) -> None:
    box.simulated.switch(delete_referenced=409)
    auth = {"auth-realm": "core.example.com", "password": SECRET}
    box.make("session-agent", {"hostname": "pbx1.example.com"}, {"auth-attribute": [auth, {**auth, "auth-realm": "other"}]})
    for attributes, changed in (({}, False), ({"state": False}, True)):
        with pytest.raises(Conflict) as caught:
            box.make("session-agent", {"hostname": "pbx1.example.com", **attributes}, {"auth-attribute": [auth]}, purge=True)
        assert "sub-elements of session-agent could not be removed" in caught.value.message
        assert ("The other changes of this task were made" in caught.value.hint) is changed
        assert caught.value.details.get("changed", False) is changed
    stored = box.stored("session-agent", hostname="pbx1.example.com")
    assert stored is not None
    assert [sub["attributes"]["password"] for sub in stored["sub_elements"]["auth-attribute"]] == [SECRET, SECRET]
    box.simulated.switch(delete_referenced=204)
    box.make("session-agent", {"hostname": "pbx1.example.com"}, {"auth-attribute": [auth]}, purge=True)
    stored = box.stored("session-agent", hostname="pbx1.example.com")
    assert stored is not None
    assert [sub["attributes"]["password"] for sub in stored["sub_elements"]["auth-attribute"]] == [SECRET]


def test_keys_that_the_appliance_does_not_tell(box: Box) -> None:
    box.simulated.switch(subelement_metadata="absent")
    subs = {"sip-port": [{**UDP, "allow-anonymous": "registered"}]}
    with pytest.raises(InvalidInput, match="by which keys"):
        box.plan("sip-interface", {"realm-id": "access"}, subs)
    made = box.make("sip-interface", {"realm-id": "access"}, subs, sub_keys={"sip-port": ["address", "port", "transport-protocol"]})
    assert (made.changed, box.ports()) == (True, [("5060", "registered"), ("5061", "agents-only")])


# Secrets


def password(box: Box) -> dict[str, str]:
    stored = box.stored("realm-config", identifier="core")
    assert stored is not None
    return {sub["attributes"]["auth-realm"]: sub["attributes"]["password"] for sub in stored["sub_elements"]["auth-attribute"]}


@pytest.mark.parametrize("mode", ["merge_by_key", "replace_list"])
@pytest.mark.parametrize(
    "auth", [{"auth-realm": "core.example.com", "username": "other"}, {"auth-realm": "new.example.com", "password": "new"}], ids=["changed", "beside"]
)
def test_a_secret_is_never_replaced_by_its_mask(box: Box, mode: str, auth: dict[str, str]) -> None:
    box.simulated.switch(subelement_put=mode)
    with pytest.raises(InvalidInput, match="only with the value of auth-attribute password, which the appliance does not show"):
        box.plan("realm-config", {"identifier": "core"}, {"auth-attribute": [auth]})
    whole = [auth] if "username" in auth else [auth, {"auth-realm": "core.example.com"}]
    whole[-1] = {**whole[-1], "password": SECRET}
    made = box.make("realm-config", {"identifier": "core"}, {"auth-attribute": whole})
    assert (made.changed, password(box)["core.example.com"]) == (True, SECRET)
    assert SECRET not in str(as_result(made))


@pytest.mark.parametrize("mode", ["merge_by_key", "replace_list"])
def test_a_secret_that_is_given_is_written_once_or_each_time(box: Box, mode: str) -> None:
    box.simulated.switch(subelement_put=mode)
    auth = {"auth-attribute": [{"auth-realm": "core.example.com", "password": "sbc-New-digest-88!"}]}
    assert box.make("realm-config", {"identifier": "core"}, auth).changed is False
    assert password(box) == {"core.example.com": SECRET}
    for _round in range(2):
        assert box.make("realm-config", {"identifier": "core"}, auth, write_masked=True).changed is True
        assert password(box) == {"core.example.com": "sbc-New-digest-88!"}


def test_a_mask_is_no_value_for_a_new_element(box: Box) -> None:
    with pytest.raises(InvalidInput, match="auth-attribute password"):
        box.plan("realm-config", {"identifier": "lab"}, {"auth-attribute": [{"auth-realm": "x", "password": "********"}]})


def test_other_attributes_change_without_the_secret(box: Box) -> None:
    made = box.make("realm-config", {"identifier": "core", "description": "x"}, {"auth-attribute": [{"auth-realm": "core.example.com", "password": "y"}]})
    assert (made.changed, password(box)) == (True, {"core.example.com": SECRET})


def test_an_element_with_a_secret_is_not_made_anew_without_it(box: Box) -> None:
    auth = {"auth-realm": "core.example.com"}
    both = [{**auth, "password": SECRET}, {"auth-realm": "second", "password": "hush"}]
    box.make("realm-config", {"identifier": "core"}, {"auth-attribute": both})
    with pytest.raises(InvalidInput) as caught:
        box.make("realm-config", {"identifier": "core"}, {"auth-attribute": [auth]}, purge=True)
    assert "auth-attribute password" in str(caught.value)
    assert password(box) == {"core.example.com": SECRET, "second": "hush"}


@pytest.mark.parametrize("secret_beside", [False, True])
def test_what_is_put_back_has_its_secrets_or_is_not_put_back(box: Box, secret_beside: bool) -> None:
    auth = {"auth-realm": "core.example.com", "password": SECRET}
    box.make("realm-config", {"identifier": "core"}, {"auth-attribute": [auth, {"auth-realm": "second", "password": "hush" if secret_beside else ""}]})
    box.simulated.fault("status", "configElements", status=400, method="POST")
    with pytest.raises(TokenflowError) as caught:
        box.make("realm-config", {"identifier": "core"}, {"auth-attribute": [auth]}, purge=True)
    if secret_beside:
        assert "could not be made again" in caught.value.hint
        assert "auth-attribute password" in caught.value.hint
        assert box.stored("realm-config", identifier="core") is None
    else:
        assert caught.value.hint.startswith("The element is as it was.")
        assert password(box) == {"core.example.com": SECRET, "second": ""}


def test_secrets_stand_in_no_prediction(box: Box) -> None:
    found = box.plan("realm-config", {"identifier": "lab"}, {"auth-attribute": [{"auth-realm": "x", "password": "hush"}]})
    assert as_result(found)["after"] == {"identifier": "lab", "auth-attribute": [{"auth-realm": "x", "password": "********"}]}


# Answers


def test_an_answer_with_other_values_is_an_error(box: Box) -> None:
    """The appliance takes leading zeros away."""
    with pytest.raises(NotConfirmed) as caught:
        box.make("session-agent", {"hostname": "pbx1.example.com", "port": "05070"})
    assert caught.value.details["changed"] is True
    assert (caught.value.details["before"]["port"], caught.value.details["after"]["port"]) == ("5060", "5070")
    assert "restore the running configuration" in caught.value.hint


@pytest.mark.parametrize("extra", [True, False])
def test_who_changed_it_last_does_not_count(box: Box, extra: bool) -> None:
    box.simulated.switch(extra_attributes=extra)
    wanted = {"realm-id": "access", "description": "x"}
    for changed in (True, False):
        assert box.make("sip-interface", wanted, {"sip-port": [TLS]}, purge=True).changed is changed
    assert ("last-modified-by" in as_result(box.plan("sip-interface", wanted))["before"]) is extra
