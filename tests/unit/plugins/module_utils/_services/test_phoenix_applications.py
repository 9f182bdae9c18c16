# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications and environments: one list, one call for each difference, and a clear word about what the interface cannot do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.plugins._phoenix import ADA, LENA, MARC, PRIYA, Run, run

__all__ = ["run"]

SHOP: dict[str, Any] = {
    "name": "Spare Parts Shop",
    "criticality": 7,
    "owner": ADA,
    "threshold": 400,
    "value": 20000,
    "tags": [{"key": "bu", "value": "retail"}, {"value": "partner"}],
    "responsible_users": [LENA],
    "ticketing": {"project_name": "SHOP", "integration_type": "JIRA"},
    "messaging": {"channel_name": "#shop"},
}
CLOUD = {"name": "Staging Cloud", "type": "ENVIRONMENT", "sub_type": "CLOUD", "criticality": 3, "owner": ADA}


def test_one_is_made_with_one_call_and_then_left_alone(run: Run) -> None:
    told = run.good("application", check=True, **SHOP)
    assert run.calls() == ["GET applications"]
    made = run.good("application", **SHOP)
    assert run.calls() == ["GET applications", "POST applications"]
    assert (told["changed"], told["diff"], told["after"], told["id"]) == (True, made["diff"], made["after"], None)
    assert made["summary"] == {"created": 1, "updated": 0, "unchanged": 0} and made["changes"][0]["action"] == "create"
    held = run.named("applications", "Spare Parts Shop")
    assert (held["criticality"], held["threshold"], held["value"], held["id"]) == (7, 400, 20000, made["id"])
    assert held["tags"] == [[None, "partner"], ["bu", "retail"]] and len(held["responsible"]) == 1
    assert held["ticketing"] == {"projectName": "SHOP", "integrationType": "JIRA"} and held["messaging"] == {"channelName": "#shop"}
    again = run.good("application", **SHOP)
    assert run.calls() == ["GET applications"]
    assert (again["changed"], again["changes"], again["summary"]["unchanged"]) == (False, [], 1)
    assert again["before"] == again["after"] and again["after"]["tags"] == [{"value": "partner"}, {"key": "bu", "value": "retail"}]


def test_only_what_differs_is_sent(run: Run) -> None:
    change = {"name": "Web Shop", "criticality": 10, "owner": PRIYA.upper(), "tags": [{"key": "tier", "value": "1"}, {"key": "pci", "value": "yes"}]}
    result = run.good("application", **change, responsible_users=[LENA])
    assert run.calls()[1:] == ["PATCH applications", f"PUT applications/{result['id']}/tags", f"PATCH applications/{result['id']}/tags",
                               f"PUT applications/{result['id']}/responsible-users"]  # fmt: skip
    before, after = result["changes"][0]["before"], result["changes"][0]["after"]
    assert (before["criticality"], after["criticality"], before["owner"]) == (9, 10, MARC)
    assert set(after) == {"criticality", "owner", "tags", "responsible_users"}
    held = run.named("applications", "Web Shop")
    assert sorted(held["tags"]) == [["pci", "yes"], ["tier", "1"]] and (held["value"], len(held["responsible"])) == (500000, 2)
    assert not run.good("application", **change, responsible_users=[LENA])["changed"]
    kept = run.good("application", name="Web Shop", tags=[{"key": "bu", "value": "retail"}], purge_tags=False)
    assert kept["changed"] and len(run.named("applications", "Web Shop")["tags"]) == 3
    assert run.good("application", name="Web Shop", tags=[])["after"]["tags"] == []


def test_a_list_costs_one_list_and_a_call_for_each_difference(run: Run) -> None:
    many = [{"name": f"Service {n:02}", "criticality": 5, "owner": ADA, "tags": [{"key": "n", "value": str(n)}]} for n in range(30)]
    result = run.good("application", applications=[*many, CLOUD, {"name": "Order Hub", "criticality": 2}, {"name": "Web Shop"}], return_ids=True)
    assert run.calls() == ["GET applications", *["POST applications"] * 31, "PATCH applications"]
    assert result["summary"] == {"created": 31, "updated": 1, "unchanged": 1} and len(result["changes"]) == 32
    assert result["diff"]["before"] == {"application Order Hub": {"criticality": 8}}
    assert result["ids"]["ENVIRONMENT"]["Staging Cloud"] == run.named("applications", "Staging Cloud")["id"]
    assert "Default Application" not in result["ids"]["APPLICATION"] and len(result["ids"]["APPLICATION"]) == 34
    again = run.good("application", applications=[*many, CLOUD])
    assert run.calls() == ["GET applications"] and not again["changed"] and again["changes"] == []


def test_more_than_a_page_is_read_to_its_end(run: Run) -> None:
    run.simulated.switch(max_page_size=3)
    assert not run.good("application", name="Workshop Network", type="ENVIRONMENT", criticality=7)["changed"]
    assert run.calls() == ["GET applications"] * 3


@pytest.mark.parametrize(("options", "text"), [
    ({"name": "ab"}, "does not have 3 to 255 characters"),
    ({"name": "Web Shop", "criticality": 11}, "criticality of Web Shop is 11, not 1 to 10"),
    ({"name": "Web Shop", "value": 10}, "value of Web Shop is 10"),
    ({"name": "New one", "criticality": 3}, "is not there and needs owner to be made"),
    ({"name": "New one", "type": "ENVIRONMENT", "criticality": 3, "owner": ADA}, "needs sub_type"),
    ({"name": "Web Shop", "sub_type": "INFRA"}, "only an environment can"),
    ({"name": "Production Cloud", "type": "ENVIRONMENT", "sub_type": "INFRA"}, "is of sub_type CLOUD, which cannot be changed to INFRA"),
    ({"name": "Default Application", "criticality": 2}, "is protected"),
    ({"name": "Web Shop", "state": "absent"}, "cannot be deleted: the interface has no call for it"),
    ({"applications": [{"name": "Web Shop"}, {"name": "Web Shop"}]}, "several entries for application Web Shop"),
    ({"name": "New one", "criticality": 3, "owner": ADA, "tags": [{"key": "a", "value": ""}]}, "a tag has no value"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_sent(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("application", text, **options)
    assert set(run.calls()) <= {"GET applications"}


def test_all_problems_of_a_list_are_told_at_once(run: Run) -> None:
    wrong = [{"name": "Web Shop", "criticality": 10}, {"name": "One", "criticality": 3}, {"name": "Two", "owner": ADA}]
    result = run.refused("application", "because of 2 problems", applications=wrong)
    assert len(result["problems"]) == 2 and run.calls() == ["GET applications"]


def test_absent_and_default_ones_that_need_nothing_are_no_error(run: Run) -> None:
    assert not run.good("application", name="Never There", state="absent")["changed"]
    assert not run.good("application", name="Default Application", criticality=1)["changed"]


def test_one_is_renamed(run: Run) -> None:
    renamed = run.good("application", name="Order Desk", previous_name="Order Hub", return_ids=True)
    assert renamed["changes"][0]["before"] == {"name": "Order Hub"} and "Order Hub" not in renamed["ids"]["APPLICATION"]
    assert renamed["ids"]["APPLICATION"]["Order Desk"] == run.named("applications", "Order Desk")["id"]
    assert not run.good("application", name="Order Desk", previous_name="Order Hub")["changed"]
    # What has the new name already is that one; the other is left alone.
    run.good("application", name="Order Hub", criticality=2, owner=ADA)
    assert not run.good("application", name="Order Desk", previous_name="Order Hub", criticality=8)["changed"]


def test_names_are_exact_unless_asked_otherwise(run: Run) -> None:
    assert not run.good("application", name="WEB SHOP", criticality=9, case_sensitive=False)["changed"]
    run.good("application", name="WEB SHOP", criticality=4, owner=ADA)
    assert not run.good("application", name="Web Shop", criticality=9, case_sensitive=False)["changed"]
    run.refused("application", "there are several applications with the name 'web shop'", name="web shop", case_sensitive=False)


def test_an_object_that_is_refused_does_not_keep_the_others(run: Run) -> None:
    entries = [{**SHOP, "name": f"Shop {n}", "owner": "nobody@example.test" if n == 1 else ADA} for n in range(3)]
    result = run.refused("application", "1 of 3 objects are not as they are to be (application Shop 1)", applications=entries)
    assert result["summary"] == {"created": 2, "updated": 0, "unchanged": 0} and [entry["name"] for entry in result["changes"]] == ["Shop 0", "Shop 2"]
    assert "Invalid user email" in result["msg"] and "There is no user with the e-mail nobody@example.test" in result["msg"]
    assert (result["failed_objects"][0]["name"], result["not_tried"], result["changed"]) == ("Shop 1", [], True)


def test_an_error_that_concerns_all_ends_the_task(run: Run) -> None:
    run.simulated.fault("reset_after", "^/v1/applications$", method="POST", skip=1)
    entries = [{**SHOP, "name": f"Shop {n}"} for n in range(4)]
    result = run.refused("application", "2 were not tried", applications=entries)
    assert "check before repeating" in result["msg"] and result["not_tried"] == ["application Shop 2", "application Shop 3"]
    assert result["error"]["kind"] == "connection" and [entry["name"] for entry in result["changes"]] == ["Shop 0"]


def test_half_a_write_is_told(run: Run) -> None:
    run.simulated.fault("status", "/tags$", method="PATCH", status=400, body='{"error": "no"}')
    result = run.refused("application", "criticality written, but then", name="Web Shop", criticality=10, tags=[{"key": "bu", "value": "retail"}])
    assert result["changed"] and result["failed_objects"][0]["written"] == ["criticality"]
    assert result["changes"][0]["after"] == {"criticality": 10}
    run.simulated.fault("status", "/tags$", method="PATCH", status=400, body='{"error": "no"}')
    tags = [{"key": "bu", "value": "retail"}, {"value": "new"}]
    result = run.refused("application", "1 of 2 objects", applications=[{"name": "Web Shop", "tags": tags}, {"name": "Order Hub", "criticality": 1}])
    # The new tag was added, the old one was not removed; the other application was written.
    assert [entry["after"] for entry in result["changes"]] == [{"tags": [{"value": "new"}, {"key": "bu", "value": "retail"}, {"key": "tier", "value": "1"}]},
                                                               {"criticality": 1}]  # fmt: skip
    assert result["summary"] == {"created": 0, "updated": 2, "unchanged": 0}


def test_what_cannot_be_read_is_sent_again_only_when_asked(run: Run) -> None:
    assert not run.good("application", name="Web Shop", ticketing=SHOP["ticketing"])["changed"]
    assert run.calls() == ["GET applications"]
    sent = [run.good("application", name="Web Shop", ticketing=SHOP["ticketing"], update_workflows=True)["changed"] for _task in range(2)]
    assert sent == [True, True] and run.named("applications", "Web Shop")["ticketing"]["projectName"] == "SHOP"
    run.refused("application", "Project not found", name="Web Shop", ticketing={"project_name": "NONE"}, update_workflows=True)


def test_an_owner_is_taken_by_id_and_in_any_case(run: Run) -> None:
    run.simulated.switch(owner_email_case_sensitive=True)
    run.good("application", applications=[{**SHOP, "name": f"Shop {n}", "owner": PRIYA.lower()} for n in range(3)])
    # The first is refused, the list of users has the exact form, and the others are sent in that.
    assert run.calls() == ["GET applications", "POST applications", "GET users", *["POST applications"] * 3]
    identifier = next(user["id"] for user in run.state("users") if user["email"] == PRIYA)
    assert not run.good("application", name="Shop 1", owner=identifier)["changed"]
    assert run.good("application", name="Shop 1", owner=ADA)["changed"]


def test_a_name_that_is_taken_is_explained(run: Run) -> None:
    run.simulated.switch(shared_namespace=True, name_conflict_ignore_case=True)
    run.refused("application", "The name is that of the environment 'Production Cloud'", **{**SHOP, "name": "Production Cloud"})
    run.refused("application", "The name is that of the application 'Web Shop'", **{**SHOP, "name": "WEB SHOP"})


def test_a_value_that_the_service_does_not_take_is_an_error(run: Run) -> None:
    run.simulated.fault("body", "^/v1/applications$", method="PATCH", body='{"name": "Web Shop", "criticality": 9}')
    run.refused("application", "criticality is 9 and not 10", name="Web Shop", criticality=10)


def page(*names: str) -> str:
    """A list that does not show what is there."""
    return json.dumps({"content": [{"id": name, "name": name, "type": "APPLICATION"} for name in names], "last": True, "totalPages": 1})


def test_what_was_made_meanwhile_is_taken_if_it_is_the_same(run: Run) -> None:
    run.folder = None
    run.good("application", **SHOP)
    run.simulated.fault("body", "^/v1/applications$", body=page())
    assert run.good("application", **SHOP)["changes"][0]["id"] == run.named("applications", "Spare Parts Shop")["id"]
    run.simulated.fault("body", "^/v1/applications$", body=page())
    run.refused("application", "The name is that of the application 'Spare Parts Shop'", **{**SHOP, "criticality": 1})
    run.simulated.switch(propagation_delay=60)
    run.good("application", **{**SHOP, "name": "Hidden Shop"})
    run.refused("application", "made just now, or that this credential does not see", **{**SHOP, "name": "Hidden Shop"})


def test_an_empty_answer_is_no_error(run: Run) -> None:
    for module, path, options in (
        ("application", "applications", SHOP),
        ("component", "components", {"application": "Spare Parts Shop", "name": "search"}),
        ("team", "teams", {"name": "Empty Crew", "type": "GENERAL", "members": [ADA]}),
        ("user", "users", {"email": "new@example.test", "first_name": "N", "last_name": "N", "role": "ORG_USER"}),
    ):
        run.simulated.fault("body", f"^/v1/{path}$", method="POST", body="")
        result = run.good(module, **options)
        assert result["changed"] and (result["id"] or module in ("component", "user")), module
    run.simulated.fault("body", "^/v1/applications$", method="PATCH", body="")
    assert run.good("application", name="Web Shop", criticality=1)["changed"]
    # An id that is not known is looked up by the next task.
    run.simulated.fault("body", "^/v1/components$", method="POST", body="")
    ids = run.good("component", application="Web Shop", name="index", return_ids=True)["ids"]
    rule = {"name": "r", "filter": {"repository": ["northwind/index"]}}
    assert run.good("rule", application="Web Shop", component="index", rules=[rule], component_ids=ids)["changed"]


def test_names_that_several_have_are_not_among_the_ids(run: Run) -> None:
    run.simulated.fault("body", "^/v1/applications$", body=page("One", "Two", "Two"))
    found = run.good("application", name="One", return_ids=True)
    assert found["ids"] == {"APPLICATION": {"One": "One", "Two": "Two"}}
    twice = json.dumps({"content": [{"id": str(n), "name": "Two", "type": "APPLICATION", "default": n == 0} for n in range(3)], "last": True})
    run.simulated.fault("body", "^/v1/applications$", body=twice)
    run.refused("application", "there are several applications with the name 'Two'", name="Two", return_ids=True)
