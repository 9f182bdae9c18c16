# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components and services: found in their parents, one call for each difference, and what was made a moment ago."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plugins._phoenix import ADA, Run, run

__all__ = ["run"]

INDEX: dict[str, Any] = {"application": "Web Shop", "name": "search-index", "criticality": 6, "tags": [{"key": "lang", "value": "rust"}, {"value": "beta"}]}


def test_one_is_made_changed_and_removed(run: Run) -> None:
    told = run.good("component", check=True, **INDEX)
    assert run.calls() == ["GET applications", "GET components"]
    made = run.good("component", **INDEX)
    assert run.calls() == ["GET applications", "GET components", "POST components"] and run.simulated.journal("components", "GET") == []
    assert (told["diff"], told["after"], told["before"]) == (made["diff"], made["after"], None)
    held = run.named("components", "search-index")
    assert (held["criticality"], held["tags"], held["id"]) == (6, [[None, "beta"], ["lang", "rust"]], made["id"])
    assert not run.good("component", **INDEX)["changed"]
    run.calls()
    changed = run.good("component", **{**INDEX, "criticality": 9, "tags": [{"key": "lang", "value": "go"}, {"key": "lang", "value": "rust"}]})
    path = f"components/{made['id']}"
    assert run.calls()[2:] == [f"PATCH {path}", f"PATCH {path}/tags"]
    assert changed["changes"][0]["before"] == {"criticality": 6, "tags": [{"value": "beta"}, {"key": "lang", "value": "rust"}]}
    assert changed["diff"]["after"] == {"search-index of Web Shop": {"criticality": 9, "tags": [{"key": "lang", "value": value} for value in ("go", "rust")]}}
    kept = run.good("component", **{**INDEX, "criticality": 9}, purge_tags=False)
    assert kept["changed"] and len(run.named("components", "search-index")["tags"]) == 3
    gone = run.good("component", application="Web Shop", name="search-index", state="absent")
    assert (gone["changed"], gone["after"], gone["summary"]["removed"]) == (True, None, 1)
    assert not run.good("component", application="Web Shop", name="search-index", state="absent")["changed"]
    assert run.good("component", **INDEX)["summary"]["created"] == 1


def test_a_list_costs_one_list_of_each_kind(run: Run) -> None:
    run.simulated.act("generate", applications=3)
    parents = [{"application": f"Generated Application {n:05d}"} for n in (9, 10, 11)] + [{"environment": "Production Cloud"}]
    many = [{**parent, "name": f"part-{n}", "criticality": 4} for parent in parents for n in range(5)]
    result = run.good("component", components=[*many, {"application": "Web Shop", "name": "cart", "state": "absent"}], return_ids=True)
    assert run.calls() == ["GET applications", "GET components", *["POST components"] * 20, f"DELETE components/{result['changes'][-1]['id']}"]
    assert result["summary"] == {"created": 20, "updated": 0, "removed": 1, "unchanged": 0}
    shop = run.named("applications", "Web Shop")["id"]
    assert set(result["ids"][shop]) == {"storefront", "payment-gateway"} and len(result["ids"]) == 9
    again = run.good("component", components=many)
    assert run.calls() == ["GET applications", "GET components"] and not again["changed"]


def test_ids_of_an_earlier_task_save_the_list(run: Run) -> None:
    ids = run.good("application", name="Web Shop", return_ids=True)["ids"]
    run.calls()
    assert run.good("component", **INDEX, application_ids=ids)["changed"]
    assert run.calls() == ["GET components", "POST components"]
    # What is not among them is looked up.
    assert not run.good("component", environment="Production Cloud", name="data-lake", application_ids={"APPLICATION": {}})["changed"]
    assert run.calls() == ["GET applications", "GET components"]


def test_check_mode_knows_what_an_earlier_task_would_make(run: Run) -> None:
    ids = run.good("application", check=True, name="New Shop", criticality=3, owner=ADA, return_ids=True)["ids"]
    assert ids["APPLICATION"]["New Shop"] is None
    known = run.good("component", check=True, **{**INDEX, "application": "New Shop"}, application_ids=ids)
    assert known["changed"] and known["warnings"] == []
    guessed = run.good("component", check=True, **{**INDEX, "application": "New Shop"})
    assert guessed["changed"] and "There is no application 'New Shop' (but 'Web Shop') yet" in guessed["warnings"][0]
    assert all(call.startswith("GET") for call in run.calls())


@pytest.mark.parametrize(("options", "text"), [
    ({**INDEX, "application": "Web Shopp"}, "there is no application 'Web Shopp' (but 'Web Shop')"),
    ({**INDEX, "application": "Production Cloud"}, "(but an environment of this name)"),
    ({**INDEX, "criticality": 0}, "criticality of search-index is 0"),
    ({"name": "search-index"}, "needs either application or environment"),
    ({"application": "Default Application", "name": "Default Component", "state": "absent"}, "is a default entity"),
    ({"components": [INDEX, INDEX]}, "several entries for search-index of Web Shop"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_sent(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("component", text, **options)
    assert all(call.startswith("GET") for call in run.calls())


def test_names_are_those_of_their_parent(run: Run) -> None:
    run.good("component", application="Order Hub", name="cart")
    assert len([item for item in run.state("components") if item["name"] == "cart"]) == 2
    assert not run.good("component", application="Order Hub", name="CART", case_sensitive=False)["changed"]
    assert run.good("component", application="Order Hub", name="basket", previous_name="cart")["changes"][0]["before"] == {"name": "cart"}


def test_a_service_name_that_is_taken_elsewhere_is_explained(run: Run) -> None:
    run.simulated.switch(global_service_names=True)
    run.refused("component", "unique in the whole organisation", environment="Workshop Network", name="shop-cluster")


@pytest.mark.parametrize("delay", [3, 20])
def test_what_was_made_a_moment_ago_is_waited_for(run: Run, delay: float) -> None:
    run.simulated.switch(propagation_delay=delay)
    assert run.good("application", name="New Shop", criticality=3, owner=ADA)["changed"]
    assert run.good("component", **{**INDEX, "application": "New Shop"})["changed"]
    assert delay <= sum(run.waits) <= 2 * delay + 2
    # Neither is in its list yet: it is known that they are there.
    run.simulated.switch(propagation_delay=delay + sum(run.waits))
    assert not run.good("component", **{**INDEX, "application": "New Shop"})["changed"]
    assert not run.good("application", name="New Shop", criticality=3)["changed"]
    assert len([item for item in run.state("applications") if item["name"] == "New Shop"]) == 1


def test_the_wait_for_what_was_made_has_an_end(run: Run) -> None:
    run.simulated.switch(propagation_delay=10000)
    run.good("application", name="New Shop", criticality=3, owner=ADA)
    result = run.refused("component", "or this credential may not see it", **{**INDEX, "application": "New Shop"})
    assert result["error"]["kind"] == "not_found" and 30 <= sum(run.waits) <= 45


def test_an_unknown_application_is_not_waited_for(run: Run) -> None:
    run.refused("component", "there is no application 'Elsewhere'", **{**INDEX, "application": "Elsewhere"})
    assert run.waits == []


def test_ids_of_what_is_gone_cost_one_wait(run: Run) -> None:
    gone = {"APPLICATION": {"Gone": "00000000-0000-4000-8000-000000000000"}}
    entries = [{"application": "Gone", "name": f"part-{n}"} for n in range(5)]
    result = run.refused("component", "5 of 6 objects", components=[*entries, INDEX], application_ids=gone)
    assert 30 <= sum(run.waits) <= 45 and result["summary"]["created"] == 1 and len(result["failed_objects"]) == 5


def test_without_a_folder_of_the_run_only_the_lists_count(run: Run) -> None:
    run.folder = None
    run.simulated.switch(propagation_delay=5)
    ids = run.good("application", name="New Shop", criticality=3, owner=ADA, return_ids=True)["ids"]
    run.refused("component", "there is no application 'New Shop'", **{**INDEX, "application": "New Shop"})
    assert run.good("component", **{**INDEX, "application": "New Shop"}, application_ids=ids)["changed"]
