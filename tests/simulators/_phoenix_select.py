# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding what a Phoenix call speaks of: by id in the path, or by a selector in the body (contract §3.1, §3.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ._phoenix_model import Application, Component, Integration, Organisation, Tag, Team, User
from ._phoenix_wire import (
    ApiError,
    Call,
    Invalid,
    InvalidUser,
    NotFound,
    choice_of,
    flag_of,
    list_of,
    object_of,
    tags_of,
    text_of,
    texts_of,
)

Named = TypeVar("Named", Application, Component, Team)

TICKETING_TYPES = ("JIRA", "JIRA_DC", "ADO", "GITHUB", "SERVICE_NOW")
MESSAGING_TYPES = ("SLACK",)


def same_name(selector: dict[str, Any]) -> Callable[[str, str], bool]:
    """How names are compared: exactly, unless ``caseSensitive`` is false."""
    if flag_of(selector, "caseSensitive", True):
        return lambda one, other: one == other
    return lambda one, other: one.casefold() == other.casefold()


def _by_name(call: Call, selector: dict[str, Any], candidates: list[Named], what: str) -> Named:
    name, same = text_of(selector, "name"), same_name(selector)
    found = [item for item in candidates if same(item.name, name)]
    if not found:
        raise NotFound(what)
    if len(found) > 1 and call.on("ambiguous_selector") != "first":
        raise ApiError(call.on("ambiguous_selector"), f"{what} name is ambiguous")
    return found[0]


def _by_id(call: Call, objects: dict[str, Named], identifier: str, what: str) -> Named:
    found = call.visible([objects[identifier]] if identifier in objects else [])
    if not found:
        raise NotFound(what)
    return found[0]


def application_of(call: Call, selector: Any = None) -> Application:
    """The application or environment of the path, of the body's ``applicationSelector``, or of a selector."""
    if selector is None and "id" in call.parameters:
        return _by_id(call, call.org.applications, call.parameters["id"], "Application")
    chosen = selector if selector is not None else object_of(call.body, "applicationSelector")
    if not isinstance(chosen, dict) or (chosen.get("id") is None and chosen.get("name") is None):
        raise Invalid("applicationSelector must have an id or a name")
    if chosen.get("id") is not None:
        return _by_id(call, call.org.applications, text_of(chosen, "id"), "Application")
    return _by_name(call, chosen, call.visible(call.org.applications.values()), "Application")


def component_of(call: Call, wrapper: str | None = None) -> Component:
    """The component or service of the path, or of the body's two selectors, which may stand in a ``wrapper``."""
    if "id" in call.parameters:
        return _by_id(call, call.org.components, call.parameters["id"], "Component")
    body = call.body if wrapper is None else object_of(call.body, wrapper)
    application = application_of(call, object_of(body, "applicationSelector"))
    return _by_name(call, object_of(body, "componentSelector"), call.visible(call.org.children(application)), "Component")


def team_of(call: Call) -> Team:
    """The team of the path, or of the body's ``teamSelector``."""
    if "id" in call.parameters:
        return _by_id(call, call.org.teams, call.parameters["id"], "Team")
    return _by_name(call, object_of(call.body, "teamSelector"), call.visible(call.org.teams.values()), "Team")


def protect(call: Call, target: Application | Component) -> None:
    """Refuses to touch a default entity (contract §3.4)."""
    if target.default:
        raise ApiError(call.on("default_entity_status"), "The default entity cannot be changed")


def user_by_email(call: Call, email: str, case_sensitive: bool = False) -> User | None:
    for user in call.visible(call.org.users.values()):
        if user.email == email or (not case_sensitive and user.email.lower() == email.lower()):
            return user
    return None


def user_of(call: Call, reference: Any, case_sensitive: bool = False) -> User:
    """The user that ``{id}`` or ``{email}`` names; 400 ``Invalid user email`` if there is none."""
    if not isinstance(reference, dict) or (reference.get("id") is None and reference.get("email") is None):
        raise Invalid("a user must have an id or an email")
    if reference.get("id") is not None:
        found = call.visible([user for user in call.org.users.values() if user.id == reference["id"]])
        user = found[0] if found else None
    else:
        user = user_by_email(call, text_of(reference, "email"), case_sensitive)
    if user is None:
        raise InvalidUser
    return user


def tags_to_remove(call: Call, present: list[Tag]) -> list[Tag]:
    """Which of the present tags the body asks to remove; 404 if none. The id wins over key and value."""
    choice_of(call.body, "action", ("delete",))
    found = []
    for item in list_of(call.body, "tags"):
        found += [tag for tag in present if tag_matches(call.org, item, tag)]
    if not found:
        raise ApiError(404, "No tags matched")
    return list(dict.fromkeys(found))


def tag_matches(org: Organisation, wanted: Any, tag: Tag) -> bool:
    if not isinstance(wanted, dict) or (wanted.get("id") is None and wanted.get("value") is None):
        raise Invalid("a tag must have an id or a value")
    if wanted.get("id") is not None:
        return bool(org.tag_id(tag) == wanted["id"])
    return bool(tag == (wanted.get("key") or None, wanted["value"]))


def workflow_of(call: Call, name: str) -> dict[str, Any] | None:
    """The checked ``ticketing`` or ``messaging`` block; what it names must exist (contract §2.5, §3.2)."""
    block = object_of(call.body, name, required=False)
    if block is None:
        return None
    ticketing = name == "ticketing"
    place = "project" if ticketing else "channel"
    text_of(block, f"{place}Name")
    kind = choice_of(block, "integrationType", TICKETING_TYPES if ticketing else MESSAGING_TYPES, required=False)
    integrations = [i for i in (call.org.ticketing if ticketing else call.org.messaging) if kind in (None, i.type)]
    if block.get("integrationId") is not None:
        integrations = [i for i in integrations if i.id == block["integrationId"]]
    elif block.get("integrationName") is not None:
        integrations = [i for i in integrations if i.name == block["integrationName"]]
    if not integrations:
        raise ApiError(400, "Integration not found")
    if not any(_has_place(integration, block, place) for integration in integrations):
        raise ApiError(400, f"{place.capitalize()} not found")
    return dict(block)


def _has_place(integration: Integration, block: dict[str, Any], place: str) -> bool:
    if block.get(f"{place}Id") is not None:
        return block[f"{place}Id"] in integration.places
    return block[f"{place}Name"] in integration.places.values()


def services_of(call: Call, selector: dict[str, Any], plural: bool) -> list[Component]:
    """The services of a legacy (first match) or plural (all matches) selector; 404 if there are none."""
    org = call.org
    services = [c for c in call.visible(org.components.values()) if org.is_service(c) and not c.default]
    if plural:
        ids, names = texts_of(selector, "ids"), texts_of(selector, "names")
    else:
        ids, names = ([text_of(selector, key)] if selector.get(key) is not None else [] for key in ("id", "name"))
    if ids:
        found = [service for service in services if service.id in ids]
    elif names:
        same = same_name(selector)
        found = [service for service in services if any(same(service.name, name) for name in names)]
    else:
        wanted = tags_of(selector, required=True)
        with_assets = flag_of(selector, "matchAssetTags", True)
        found = [service for service in services if _tagged(org, service, wanted, with_assets)]
    if not found:
        raise ApiError(404, "No service found")
    return found if plural else found[:1]


def _tagged(org: Organisation, service: Component, wanted: list[Tag], with_assets: bool) -> bool:
    if any(tag in service.tags for tag in wanted):
        return True
    return with_assets and any(tag in asset.tags for asset in org.assets_of(service) for tag in wanted)


def patched(call: Call, allowed: tuple[str, ...], clearable: tuple[str, ...], ignored: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a PATCH that are to change; nulls and unknown fields go by their switches (contract §8, 15)."""
    fields = {}
    for name, value in call.body.items():
        if name in ignored:
            continue
        if name not in allowed:
            if call.on("patch_unknown_fields") == 400:
                raise ApiError(400, f"unknown field {name}")
        elif value is not None:
            fields[name] = value
        elif call.on("patch_null") == 400 or (call.on("patch_null") == "clear" and name not in clearable):
            raise ApiError(400, f"{name} must not be null")
        elif call.on("patch_null") == "clear":
            fields[name] = None
    return fields
