# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Teams and users of the Phoenix simulator (contract §4.4, §4.5)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ._phoenix_components import undocumented
from ._phoenix_model import LENIENT_ROLES, LINK_KINDS, ROLES, TEAM_TYPES, AutoLink, Organisation, Tag, Team, User
from ._phoenix_select import tag_matches, tags_to_remove, team_of, user_by_email, user_of
from ._phoenix_shapes import team_object, user_object, user_reference
from ._phoenix_wire import (
    EMAIL,
    NAME_RANGE,
    ApiError,
    Call,
    Conflict,
    Handler,
    Invalid,
    InvalidUser,
    NotFound,
    Routes,
    choice_of,
    empty,
    flag_of,
    list_of,
    page,
    tags_of,
    text_of,
    texts_of,
    twins,
)


def list_teams(call: Call) -> Response:
    return page(call, call.visible(call.org.teams.values()), team_object, 100)


def get_team(call: Call) -> Response:
    return JSONResponse(team_object(team_of(call)))


def create_team(call: Call) -> Response:
    name, kind = text_of(call.body, "name", limits=NAME_RANGE), choice_of(call.body, "type", TEAM_TYPES)
    fold = str.casefold if call.on("name_conflict_ignore_case") else str
    if any(fold(team.name) == fold(name) for team in call.org.teams.values()):
        raise Conflict("Team name must be unique")
    team = Team(call.org.new_id("team"), name, kind, created=call.now)
    call.org.teams[team.id] = team
    return JSONResponse(team_object(team), call.on("create_status"))


def get_members(call: Call) -> Response:
    return JSONResponse([user_reference(call.org, identifier) for identifier in team_of(call).members])


def put_members(call: Call) -> Response:
    """Adds members, all or none; may make users of unknown e-mails (contract §4.4)."""
    team = team_of(call)
    automatic = flag_of(call.body, "autoCreateUsers", False)
    members: list[str] = []
    unknown: dict[str, str] = {}
    for reference in list_of(call.body, "users"):
        try:
            members.append(user_of(call, reference).id)
        except InvalidUser:
            email = reference.get("email")
            if not automatic or reference.get("id") is not None or not EMAIL.fullmatch(email):
                raise
            new = [user.id for user in call.org.users.values() if user.email.lower() == email.lower()]
            if new:
                members += new
            else:
                unknown.setdefault(email.lower(), email)
    members += [_invite(call, email, email.partition("@")[0], "User", "ORG_USER").id for email in unknown.values()]
    fresh = [identifier for identifier in dict.fromkeys(members) if identifier not in team.members]
    if not fresh:
        raise Conflict("All users are already team members")
    team.members += fresh
    return empty()


def remove_member(call: Call) -> Response:
    team = team_of(call)
    email = call.parameters["email"].lower()
    for identifier in team.members:
        if call.org.users[identifier].email.lower() == email:
            team.members.remove(identifier)
            return empty(204)
    raise NotFound("Team member")


def _auto_tags(kind: str) -> dict[str, Handler]:
    """The three operations on the auto-link tags of a team, for applications or for components."""

    def add(call: Call) -> Response:
        team = team_of(call)
        match = choice_of(call.body, "match", ("ANY", "ALL"), required=False)
        tags = _link_tags(call)
        link = team.auto_links.get(kind) or AutoLink("ANY")
        fresh = [tag for tag in tags if tag not in link.tags]
        if kind in team.auto_links and not fresh and match in (None, link.match):
            raise Conflict("All tags already exist")
        team.auto_links[kind] = AutoLink(match or link.match, link.tags + fresh)
        return empty()

    def remove(call: Call) -> Response:
        team = team_of(call)
        link = team.auto_links.get(kind) or AutoLink("ANY")
        gone = tags_to_remove(call, link.tags)
        link.tags = [tag for tag in link.tags if tag not in gone]
        if not link.tags:
            del team.auto_links[kind]
        return empty(204)

    def clear(call: Call) -> Response:
        team_of(call).auto_links.pop(kind, None)
        return empty()

    return {"POST": add, "PATCH": remove, "DELETE": clear}


def _link_tags(call: Call) -> list[Tag]:
    """Tags by value, or by the id of one that the organisation uses."""
    found: list[Tag] = []
    for item in list_of(call.body, "tags"):
        if isinstance(item, dict) and item.get("id") is not None:
            known = [tag for tag in tags_in_use(call.org) if tag_matches(call.org, item, tag)]
            if not known:
                raise NotFound("Tag")
            found += known[:1]
        else:
            found += tags_of({"tags": [item]})
    return list(dict.fromkeys(found))


def tags_in_use(org: Organisation) -> list[Tag]:
    links = [link for team in org.teams.values() for link in team.auto_links.values()]
    holders: list[Any] = [*org.holders(), *org.assets.values(), *links]
    return list(dict.fromkeys(tag for holder in holders for tag in holder.tags))


def _link_by_members(enabled: bool) -> Handler:
    def set_link(call: Call) -> Response:
        team_of(call).link_users = enabled
        return empty()

    return set_link


def list_users(call: Call) -> Response:
    return page(call, call.visible(call.org.users.values()), user_object, 100)


def create_user(call: Call) -> Response:
    body = call.body
    email, first, last = (text_of(body, name, limits=(1, 255)) for name in ("email", "firstName", "lastName"))
    role = choice_of(body, "role", ROLES if call.on("strict_roles") else (*ROLES, *LENIENT_ROLES))
    if not EMAIL.fullmatch(email):
        raise Invalid("email must be an e-mail address")
    if any(user.email.lower() == email.lower() for user in call.org.users.values()):
        raise Conflict("User email already exists")
    return JSONResponse(user_object(_invite(call, email, first, last, role)))


def _invite(call: Call, email: str, first: str, last: str, role: str) -> User:
    user = User(call.org.new_id("user"), email, first, last, role, created=call.now)
    call.org.users[user.id] = user
    call.org.emails += [{"to": email, "kind": "welcome"}, {"to": email, "kind": "one-time-password"}]
    return user


def _set_active(active: bool) -> Handler:
    def set_active(call: Call) -> Response:
        ids, emails = texts_of(call.body, "ids"), texts_of(call.body, "emails")
        if not ids and not emails:
            raise ApiError(400, "ids or emails must be given")
        users = {user.id: user for user in call.visible(call.org.users.values())}
        found = [users.get(identifier) for identifier in ids] + [user_by_email(call, email) for email in emails]
        known = [user for user in found if user is not None]
        if len(known) < len(found):
            raise NotFound("User")
        for user in known:
            user.active = active
        return empty()

    return set_active


ROUTES: Routes = [
    ("/v1/teams", {"GET": list_teams, "POST": create_team}),
    ("/v1/teams/users", {"PUT": put_members}),
    ("/v1/teams/{id}", {"GET": get_team}),
    ("/v1/teams/{id}/users", {"GET": get_members, "PUT": put_members}),
    ("/v1/teams/{id}/users/{email}", {"DELETE": remove_member}),
    *[route for kind in LINK_KINDS for route in twins("/v1/teams", f"/{kind}/auto-link/tags", _auto_tags(kind))],
    *twins("/v1/teams", "/applications/auto-link/users", {"POST": _link_by_members(True), "DELETE": _link_by_members(False)}),
    ("/v1/users", {"GET": list_users, "POST": create_user}),
    ("/v1/users/activate", {"POST": _set_active(True)}),
    ("/v1/users/deactivate", {"POST": _set_active(False)}),
    ("/v1/users/{email}", {"GET": undocumented, "PATCH": undocumented}),
]
