# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams with members and links that cannot be read, and users who can be made, activated and deactivated, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plugins._phoenix import ADA, JONAS, LENA, MARC, NW, PRIYA, Run, run

__all__ = ["run"]

CREW: dict[str, Any] = {"name": "Mobile Crew", "type": "GENERAL", "members": [MARC, LENA]}
LINKS: dict[str, Any] = {"application_links": {"match": "ALL", "tags": [{"key": "bu", "value": "retail"}]}, "component_links": {"tags": [{"value": "mobile"}]}}
NOOR = {"email": f"noor.haddad@{NW}", "first_name": "Noor", "last_name": "Haddad", "role": "ORG_SEC_DEV"}


def members(run: Run, team: str) -> list[str]:
    return next(list(item["members"]) for item in run.state("members") if item["team"] == team)


def links(run: Run, team: str) -> dict[str, Any]:
    return next({name: item[name] for name in ("applications", "components", "users")} for item in run.state("auto_links") if item["team"] == team)


def test_a_team_is_made_with_members_and_links(run: Run) -> None:
    told = run.good("team", check=True, **CREW, **LINKS, link_members=True)
    assert run.calls() == ["GET teams"]
    made = run.good("team", **CREW, **LINKS, link_members=True)
    path = f"teams/{made['id']}"
    assert run.calls() == ["GET teams", "POST teams", f"PUT {path}/users", f"POST {path}/applications/auto-link/tags",
                           f"POST {path}/components/auto-link/tags", f"POST {path}/applications/auto-link/users"]  # fmt: skip
    assert (told["diff"], told["after"], told["warnings"], "uncertain" in told) == (made["diff"], made["after"], [], False)
    assert sorted(members(run, "Mobile Crew")) == sorted([MARC, LENA])
    assert links(run, "Mobile Crew") == {
        "applications": {"match": "ALL", "tags": [{"key": "bu", "value": "retail"}]},
        "components": {"match": "ANY", "tags": [{"key": None, "value": "mobile"}]},
        "users": True,
    }
    again = run.good("team", **CREW, **LINKS, link_members=True)
    assert run.calls() == ["GET teams", f"GET {path}/users", f"POST {path}/applications/auto-link/tags", f"POST {path}/components/auto-link/tags"]
    assert (again["changed"], again["changes"]) == (False, []) and "application_links" not in again["after"]


def test_check_mode_says_that_it_cannot_know_about_links(run: Run) -> None:
    run.good("team", **CREW, **LINKS)
    run.calls()
    told = run.good("team", check=True, **CREW, **LINKS)
    assert told["changed"] and told["uncertain"] == ["Mobile Crew"] and "Only the service knows whether Mobile Crew" in told["warnings"][0]
    certain = run.good("team", check=True, **{**CREW, "members": [ADA]}, **LINKS)
    assert certain["changed"] and "uncertain" not in certain
    assert all(call.startswith("GET") for call in run.calls())


def test_links_are_removed_and_cleared(run: Run) -> None:
    run.good("team", **CREW, **LINKS)
    gone = {"application_links": {"absent_tags": [{"key": "bu", "value": "retail"}]}}
    assert [run.good("team", name="Mobile Crew", **gone)["changed"] for _task in range(2)] == [True, False]
    cleared = {"component_links": {"purge": True, "tags": [{"value": "web"}]}}
    assert [run.good("team", name="Mobile Crew", **cleared)["changed"] for _task in range(2)] == [True, True]
    assert links(run, "Mobile Crew")["components"]["tags"] == [{"key": None, "value": "web"}]
    assert not run.good("team", name="Mobile Crew", link_members=True)["changed"]
    assert run.good("team", name="Mobile Crew", link_members=True, update_member_link=True)["changed"] and links(run, "Mobile Crew")["users"]
    assert run.good("team", name="Mobile Crew", link_members=False, update_member_link=True)["changed"] and not links(run, "Mobile Crew")["users"]


def test_members_are_added_and_with_purge_also_removed(run: Run) -> None:
    added = run.good("team", name="Shop Crew", members=[LENA.upper(), ADA])
    assert added["changes"][0]["after"] == {"members": sorted([MARC, f"tomasz.wrona@{NW}", LENA, ADA])}
    assert len(members(run, "Shop Crew")) == 4
    run.calls()
    purged = run.good("team", name="Shop Crew", members=[LENA, ADA], purge_members=True)
    assert len(run.calls()) == 4 and sorted(members(run, "Shop Crew")) == sorted([LENA, ADA]) == purged["after"]["members"]
    assert not run.good("team", name="Shop Crew", members=[LENA, ADA], purge_members=True)["changed"]
    assert run.good("team", name="Shop Crew", members=[], purge_members=True)["after"]["members"] == []


def test_unknown_members_are_an_error_or_made(run: Run) -> None:
    stranger = f"new+one@{NW}"
    run.refused("team", f"There is no user with the e-mail {stranger}", name="Shop Crew", members=[stranger])
    assert run.good("team", name="Shop Crew", members=[stranger], auto_create_users=True)["changed"] and stranger in members(run, "Shop Crew")
    assert run.good("team", name="Shop Crew", members=[LENA], purge_members=True)["changed"] and stranger not in members(run, "Shop Crew")


@pytest.mark.parametrize(("options", "text"), [
    ({"name": "Other"}, "is not there and needs type"),
    ({"name": "Shop Crew", "type": "SECURITY"}, "is of type GENERAL, which cannot be changed to SECURITY"),
    ({"name": "Shop Crew", "state": "absent"}, "cannot be deleted: the interface has no call for it"),
    ({"name": "xy"}, "3 to 255"),
    ({"teams": [{"name": "Shop Crew"}, {"name": "Shop Crew"}]}, "several entries for Shop Crew"),
])  # fmt: skip
def test_what_a_team_cannot_be_is_said_before_anything_is_sent(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("team", text, **options)
    assert set(run.calls()) <= {"GET teams"}
    assert not run.good("team", name="Never There", state="absent")["changed"]


def test_users_are_made_and_switched_in_as_few_calls_as_possible(run: Run) -> None:
    wanted = [NOOR, {"email": JONAS.upper(), "state": "active"}, {"email": LENA, "state": "inactive"}, {"email": MARC, "state": "inactive"},
              {"email": f"nobody@{NW}", "state": "inactive"}, {"email": PRIYA}]  # fmt: skip
    told = run.good("user", check=True, users=wanted)
    assert run.calls() == ["GET users"]
    result = run.good("user", users=wanted)
    assert run.calls() == ["GET users", "POST users", "POST users/activate", "POST users/deactivate"]
    assert result["summary"] == {"created": 1, "updated": 3, "unchanged": 2} and told["diff"] == result["diff"]
    assert {user["email"]: user["active"] for user in run.state("users")} | {JONAS: True, LENA: False, MARC: False, NOOR["email"]: True} == {
        user["email"]: user["active"] for user in run.state("users")
    }
    assert not run.good("user", users=wanted)["changed"]
    assert [mail["to"] for mail in run.state("emails")] == [NOOR["email"]] * 2


def test_what_cannot_be_changed_of_a_user(run: Run) -> None:
    other = {"email": LENA, "first_name": "Lena", "role": "ORG_ADMIN"}
    run.refused("user", "role of lena.fischer@northwind-bikes.example is 'ORG_USER' and not 'ORG_ADMIN'", **other, state="inactive")
    assert run.calls() == ["GET users"]
    warned = run.good("user", **other, state="inactive", mismatch="warn")
    assert warned["changed"] and "ORG_ADMIN" in warned["warnings"][0]
    assert run.good("user", **other, mismatch="ignore")["warnings"] == []


@pytest.mark.parametrize(("options", "text"), [
    ({"email": "nobody"}, "is not an e-mail"),
    ({"email": f"new@{NW}", "first_name": "New"}, "needs last_name and role"),
    ({**NOOR, "role": "ENGINEERING_USER"}, "is not one of the documented roles"),
    ({"users": [NOOR, {**NOOR, "email": NOOR["email"].upper()}]}, "several entries"),
])  # fmt: skip
def test_what_a_user_cannot_be(run: Run, options: dict[str, Any], text: str) -> None:
    run.refused("user", text, **options)
    assert set(run.calls()) <= {"GET users"}


def test_other_roles_are_sent_when_asked(run: Run) -> None:
    run.refused("user", "role must be one of", **{**NOOR, "role": "ENGINEERING_USER"}, any_role=True)
    run.simulated.switch(strict_roles=False)
    assert run.good("user", **{**NOOR, "role": "ENGINEERING_USER"}, any_role=True)["changed"]


def test_a_refused_batch_fails_each_of_its_users(run: Run) -> None:
    run.simulated.fault("status", "/users/deactivate", status=404, body='{"error": "User not found"}', times=2)
    result = run.refused("user", "2 of 3 objects", users=[{"email": LENA, "state": "inactive"}, {"email": MARC, "state": "inactive"}, NOOR])
    assert len(result["failed_objects"]) == 2 and result["summary"]["created"] == 1 and len(run.simulated.journal("deactivate")) == 1


def test_what_was_made_a_moment_ago_is_known(run: Run) -> None:
    run.simulated.switch(propagation_delay=5)
    assert run.good("team", **CREW)["changed"]
    assert sorted(members(run, "Mobile Crew")) == sorted([MARC, LENA])
    run.simulated.switch(propagation_delay=5 + sum(run.waits))
    assert not run.good("team", **CREW)["changed"]
    run.simulated.switch(propagation_delay=10000)
    run.refused("team", "must be unique", **CREW)
    assert run.good("user", **NOOR)["changed"]
    assert "whom this credential does not see" in run.refused("user", "already exists", **NOOR)["msg"]


def test_a_credential_that_may_not_list_users(run: Run) -> None:
    run.simulated.fault("status", "^/v1/users", status=404, times=9)
    told = run.refused("team", "Invalid user email", name="Shop Crew", members=[f"nobody@{NW}"])
    assert "There is no user" not in told["msg"]


def test_a_new_user_who_is_not_active_is_activated(run: Run) -> None:
    run.simulated.fault("body", "^/v1/users$", method="POST", body='{"id": "00000000-0000-4000-8000-000000000000", "active": false}')
    run.refused("user", "HTTP 404", **NOOR, state="active")
    assert run.calls()[:2] == ["GET users", "POST users"] and run.simulated.journal("activate") == []
