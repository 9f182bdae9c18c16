# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams and users of the Phoenix simulator (contract §4.4, §4.5)."""

from __future__ import annotations

from typing import Any

import pytest

from ._phoenix import LENA, MARC, MISSING, NW, PRIYA, Tenant, api, simulator

__all__ = ["api", "simulator"]


def members(api: Tenant, team: str) -> list[str]:
    found: list[str] = next(item["members"] for item in api.state("members") if item["team"] == team)
    return found


def test_teams(api: Tenant) -> None:
    made = api(201, "POST", "teams", {"name": "Rental", "type": "SECURITY"})
    assert list(made.items())[1:] == [("name", "Rental"), ("type", "SECURITY"), ("usersCount", 0)]
    assert api(200, "GET", f"teams/{made['id']}") == made == api.every("teams")[-1]
    assert api(200, "GET", f"teams/{made['id']}/users") == []
    api.refused(409, "must be unique", "POST", "teams", {"name": "Rental", "type": "GENERAL"})
    api(201, "POST", "teams", {"name": "RENTAL", "type": "GENERAL"})
    for wrong in ({"name": "Other"}, {"type": "GENERAL"}, {"name": "ab", "type": "GENERAL"}, {"name": "Other", "type": "general"}):
        api(400, "POST", "teams", wrong)
    api.switch(name_conflict_ignore_case=True)
    api(409, "POST", "teams", {"name": "workshop it", "type": "GENERAL"})


@pytest.mark.parametrize("selector", [True, False])
def test_team_members(api: Tenant, selector: bool) -> None:
    team = api.named("teams", "Workshop IT")
    path = "teams/users" if selector else f"teams/{team['id']}/users"
    more = {"teamSelector": {"name": "WORKSHOP it", "caseSensitive": False}} if selector else {}
    users = api(200, "GET", f"teams/{team['id']}/users")
    api(400, "PUT", path, {**more, "users": {"email": MARC}})
    assert users == [{"id": users[0]["id"], "email": LENA}]
    api.refused(409, "already", "PUT", path, {**more, "users": [{"email": LENA.upper()}, users[0]]})
    assert api(200, "PUT", path, {**more, "users": [{"email": LENA}, {"email": PRIYA.lower()}]}) is None
    assert members(api, "Workshop IT") == [LENA, PRIYA]
    assert api(200, "GET", f"teams/{team['id']}")["usersCount"] == 2
    api.refused(400, "Invalid user email", "PUT", path, {**more, "users": [{"email": MARC}, {"email": f"New.Rider@{NW}"}]})
    api.refused(400, "Invalid user email", "PUT", path, {**more, "users": [{"id": MISSING}], "autoCreateUsers": True})
    api.switch(propagation_delay=60)
    hidden = api(200, "POST", "users", {"email": f"late@{NW}", "firstName": "Late", "lastName": "One", "role": "ORG_USER"})
    api(400, "PUT", path, {**more, "users": [{"id": hidden["id"]}]})
    api(200, "PUT", path, {**more, "users": [{"email": f"late@{NW}"}], "autoCreateUsers": True})
    api(204, "DELETE", f"teams/{team['id']}/users/late@{NW}")
    assert len(api.state("users")) == 7
    api.switch(propagation_delay=0)
    api.refused(400, "Invalid user email", "PUT", path, {**more, "users": [{"email": "no address"}], "autoCreateUsers": True})
    api(400, "PUT", path, {**more, "users": []})
    api(400, "PUT", path, {**more, "users": [{}]})
    assert members(api, "Workshop IT") == [LENA, PRIYA]
    api(200, "PUT", path, {**more, "users": [{"email": f"New.Rider@{NW}"}, {"email": f"new.rider@{NW}"}], "autoCreateUsers": True})
    made = api.every("users")[-1]
    assert [made[key] for key in ("email", "firstName", "lastName", "role", "active")] == [f"New.Rider@{NW}", "New.Rider", "User", "ORG_USER", True]
    assert members(api, "Workshop IT") == [LENA, PRIYA, f"New.Rider@{NW}"]


def test_team_members_are_removed_by_email(api: Tenant) -> None:
    path = f"teams/{api.named('teams', 'Shop Crew')['id']}/users"
    api(200, "PUT", path, {"users": [{"email": f"rider+one@{NW}"}, {"email": f"rider+two@{NW}"}], "autoCreateUsers": True})
    assert api(204, "DELETE", f"{path}/rider+one@{NW}") is None
    assert api(204, "DELETE", f"{path}/rider%2Btwo%40{NW}") is None
    api(204, "DELETE", f"{path}/{LENA.upper()}")
    api(404, "DELETE", f"{path}/{LENA}")
    api(404, "DELETE", f"{path}/nobody@{NW}")
    assert members(api, "Shop Crew") == [MARC, f"tomasz.wrona@{NW}"]


def test_the_team_selector_must_find_a_team(api: Tenant) -> None:
    users = {"users": [{"email": MARC}]}
    api(404, "PUT", "teams/users", {"teamSelector": {"name": "Nobody"}, **users})
    api(400, "PUT", "teams/users", users)
    api(400, "PUT", "teams/users", {"teamSelector": {"caseSensitive": False}, **users})


def auto_link(api: Tenant, kind: str) -> Any:
    return next(item[kind] for item in api.state("auto_links") if item["team"] == "Shop Crew")


@pytest.mark.parametrize("selector", [True, False])
@pytest.mark.parametrize("kind", ["applications", "components"])
def test_auto_link_tags(api: Tenant, kind: str, selector: bool) -> None:
    team = api.named("teams", "Shop Crew")["id"]
    path = f"teams/{kind}/auto-link/tags" if selector else f"teams/{team}/{kind}/auto-link/tags"
    more = {"teamSelector": {"name": "Shop Crew"}} if selector else {}
    retail, pilot = {"key": "bu", "value": "retail"}, {"key": None, "value": "pilot"}

    def send(status: int, method: str, **body: Any) -> None:
        assert api(status, method, path, {**more, **body}) is None or status >= 400

    send(404, "PATCH", action="delete", tags=[retail])
    send(200, "POST", tags=[retail])
    assert auto_link(api, kind) == {"match": "ANY", "tags": [retail]}
    send(409, "POST", tags=[retail])
    send(409, "POST", tags=[retail], match="ANY")
    send(200, "POST", tags=[retail], match="ALL")
    send(200, "POST", tags=[retail, {"value": "pilot"}])
    assert auto_link(api, kind) == {"match": "ALL", "tags": [retail, pilot]}
    send(409, "POST", tags=[{"value": "pilot"}])
    send(404, "PATCH", action="delete", tags=[{"value": "nothing"}])
    send(204, "PATCH", action="delete", tags=[retail])
    assert auto_link(api, kind) == {"match": "ALL", "tags": [pilot]}
    wrong: dict[str, Any]
    for wrong in ({"tags": []}, {"match": "ALL"}, {"match": "SOME", "tags": [retail]}, {"tags": [{"key": "bu"}]}):
        send(400, "POST", **wrong)
    send(400, "PATCH", tags=[retail])
    tag = api.named("applications", "Web Shop")["tags"][0]
    send(200, "POST", tags=[{"id": tag["id"]}])
    assert auto_link(api, kind)["tags"] == [pilot, retail]
    send(404, "POST", tags=[{"id": MISSING}])
    send(204, "PATCH", action="delete", tags=[{"id": tag["id"], "value": "ignored"}])
    api(200, "DELETE", path, more or None)
    assert auto_link(api, kind) is None
    api(200, "DELETE", path, more or None)
    send(200, "POST", tags=[retail])
    assert auto_link(api, kind)["match"] == "ANY"
    send(204, "PATCH", action="delete", tags=[retail])
    assert auto_link(api, kind) is None
    assert auto_link(api, "components" if kind == "applications" else "applications") is None


@pytest.mark.parametrize("selector", [True, False])
def test_auto_link_by_members(api: Tenant, selector: bool) -> None:
    team = api.named("teams", "Shop Crew")["id"]
    path = "teams/applications/auto-link/users" if selector else f"teams/{team}/applications/auto-link/users"
    body = {"teamSelector": {"name": "Shop Crew"}} if selector else None
    for method, enabled in (("POST", True), ("POST", True), ("DELETE", False), ("DELETE", False)):
        assert api(200, method, path, body) is None
        assert auto_link(api, "users") is enabled
    api(404, "POST", f"teams/{team}/components/auto-link/users")
    api(400, "DELETE", "teams/applications/auto-link/users")


# Users (contract §4.5)


def test_users(api: Tenant) -> None:
    body = {"email": f"New.Rider@{NW}", "firstName": "New", "lastName": "Rider", "role": "ORG_SEC_DEV"}
    made = api(200, "POST", "users", body)
    assert list(made) == ["id", "email", "firstName", "lastName", "active", "role"]
    assert made == {"id": made["id"], **body, "active": True}
    assert api.every("users")[-1] == made
    assert [mail["kind"] for mail in api.state("emails") if mail["to"] == body["email"]] == ["welcome", "one-time-password"]
    api.refused(409, "already exists", "POST", "users", {**body, "email": body["email"].lower()})
    for name in body:
        api.refused(400, name, "POST", "users", {key: value for key, value in body.items() if key != name})
    api.refused(400, "email", "POST", "users", {**body, "email": "rider"})
    assert len(api.every("users")) == 7


def test_roles(api: Tenant) -> None:
    roles = ["ORG_ADMIN", "ORG_APP_ADMIN", "ORG_USER", "ORG_ADMIN_LITE", "ORG_SEC_ADMIN", "ORG_SEC_DEV"]
    lenient = ["SECURITY_CHAMPION", "ENGINEERING_USER", "APPLICATION_ADMIN"]
    for strict in (True, False):
        api.switch(strict_roles=strict)
        for role in (*roles, *lenient, "KING"):
            accepted = role in roles or (role in lenient and not strict)
            body = {"email": f"{role}.{strict}@{NW}", "firstName": "A", "lastName": "B", "role": role}
            api(200 if accepted else 400, "POST", "users", body)


def test_users_are_deactivated_and_activated(api: Tenant) -> None:
    lena = next(user for user in api.every("users") if user["email"] == LENA)

    def active() -> list[str]:
        return [user["email"] for user in api.every("users") if user["active"]]

    assert len(active()) == 5
    for _count in range(2):
        assert api(200, "POST", "users/deactivate", {"ids": [lena["id"]], "emails": [LENA.upper(), MARC]}) is None
        assert not {LENA, MARC} & set(active())
    assert api(200, "POST", "users/activate", {"emails": [MARC], "ids": []}) is None
    assert MARC in active()
    body: dict[str, Any]
    for body in ({}, {"ids": [], "emails": []}, {"emails": None}, {"ids": "x"}, {"emails": [5]}):
        api(400, "POST", "users/deactivate", body)
    for body in ({"emails": [PRIYA, "ines.duarte@harbour-lines.example"]}, {"ids": [MISSING]}):
        api(404, "POST", "users/deactivate", body)
    assert PRIYA in active()
