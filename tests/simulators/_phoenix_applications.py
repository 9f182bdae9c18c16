# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications and environments of the Phoenix simulator (contract §4.1)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ._phoenix_components import add_rule, attach, create_component
from ._phoenix_model import APPLICATION_TYPES, SUB_TYPES, Application, Component, Tag
from ._phoenix_select import (
    application_of,
    patched,
    protect,
    services_of,
    tags_to_remove,
    user_of,
    workflow_of,
)
from ._phoenix_shapes import application_object, application_posture
from ._phoenix_wire import (
    NAME_RANGE,
    Call,
    Conflict,
    Invalid,
    NotFound,
    Routes,
    absent,
    choice_of,
    empty,
    flag_of,
    list_of,
    number_of,
    object_of,
    page,
    tags_of,
    text_of,
    twins,
)

UPDATABLE = ("name", "threshold", "value", "criticality", "owner", "ticketing", "messaging")


def list_applications(call: Call) -> Response:
    kind = call.query_choice("type", APPLICATION_TYPES)
    found = [a for a in call.visible(call.org.applications.values()) if kind in (None, a.type)]
    return page(call, found, lambda application: application_object(call, application), 20)


def get_application(call: Call) -> Response:
    return JSONResponse(application_object(call, application_of(call)))


def create_application(call: Call) -> Response:
    body = call.body
    kind = choice_of(body, "type", APPLICATION_TYPES)
    application = Application(
        id="",
        name=text_of(body, "name", limits=NAME_RANGE),
        type=kind,
        sub_type=choice_of(body, "subType", SUB_TYPES) if kind == "ENVIRONMENT" else None,
        criticality=number_of(body, "criticality", (1, 10), required=True),
        threshold=number_of(body, "threshold", (0, 1000)),
        value=number_of(body, "value", (1000, 10000000)),
        owner=_owner(call),
        responsible=_people(call, required=False),
        tags=tags_of(body),
        ticketing=workflow_of(call, "ticketing"),
        messaging=workflow_of(call, "messaging"),
        created=call.now,
    )
    _check_name(call, application, application.name)
    application.id = call.org.new_id("application")
    call.org.applications[application.id] = application
    return JSONResponse(application_object(call, application), call.on("create_status"))


def _owner(call: Call) -> str | None:
    reference = call.body.get("owner")
    if reference is None and not call.on("owner_required"):
        return None
    return user_of(call, object_of(call.body, "owner"), call.on("owner_email_case_sensitive")).id


def _people(call: Call, required: bool) -> list[str]:
    people = [user_of(call, reference).id for reference in list_of(call.body, "responsibleUsers", required)]
    return list(dict.fromkeys(people))


def _check_name(call: Call, application: Application, name: str) -> None:
    """409 if the name is taken; hidden new objects count too (contract §4.1)."""
    fold = str.casefold if call.on("name_conflict_ignore_case") else str
    for other in call.org.applications.values():
        rivals = call.on("shared_namespace") or other.type == application.type
        if other is not application and rivals and fold(other.name) == fold(name):
            raise Conflict(f"{application.type.capitalize()} name must be unique")


def patch_application_by_id(call: Call) -> Response:
    if not call.on("patch_application_by_id"):
        raise absent(call.on("absent_method_status"), "GET")
    return patch_application(call)


def patch_application(call: Call) -> Response:
    application = application_of(call)
    protect(call, application)
    fields = patched(call, UPDATABLE, ("threshold", "value", "ticketing", "messaging"), ignored=("applicationSelector",))
    changes: dict[str, Any] = {}
    if "name" in fields:
        changes["name"] = text_of(fields, "name", limits=NAME_RANGE)
        _check_name(call, application, changes["name"])
    for name, limits in (("threshold", (0, 1000)), ("value", (1000, 10000000)), ("criticality", (1, 10))):
        if name in fields:
            changes[name] = number_of(fields, name, limits)
    if "owner" in fields:
        changes["owner"] = user_of(call, object_of(fields, "owner"), call.on("owner_email_case_sensitive")).id
    for name in ("ticketing", "messaging"):
        if name in fields:
            changes[name] = workflow_of(call, name)
    for name, value in changes.items():
        setattr(application, name, value)
    return JSONResponse(application_object(call, application))


def get_posture(call: Call) -> Response:
    return JSONResponse(application_posture(call, application_of(call), call.query_flag("excludeRiskAccepted")))


def post_posture(call: Call) -> Response:
    return JSONResponse(application_posture(call, application_of(call), flag_of(call.body, "excludeRiskAccepted", False)))


def put_tags(call: Call) -> Response:
    application = application_of(call)
    protect(call, application)
    wanted = tags_of(call.body, required=True)
    missing = [tag for tag in wanted if tag not in application.tags]
    if not missing and call.on("tag_put_duplicate") == 409:
        raise Conflict("Tag already exists")
    application.tags += missing
    return JSONResponse(application_object(call, application))


def remove_tags(call: Call) -> Response:
    application = application_of(call)
    protect(call, application)
    for tag in tags_to_remove(call, application.tags):
        application.tags.remove(tag)
    return empty(204)


def put_responsible_users(call: Call) -> Response:
    application = application_of(call)
    protect(call, application)
    application.responsible += [person for person in _people(call, required=True) if person not in application.responsible]
    return JSONResponse(application_object(call, application))


def deploy(call: Call) -> Response:
    application = application_of(call)
    protect(call, application)
    if application.type != "APPLICATION":
        raise Invalid("deployment links start from an APPLICATION")
    plural = object_of(call.body, "serviceSelectors", required=False)
    selector = plural or object_of(call.body, "serviceSelector")
    attach(call, application, services_of(call, selector, plural is not None))
    return JSONResponse(application_object(call, application))


def link_repository(call: Call) -> Response:
    """Adds a repository rule to a component, which is made if there is none of that name."""
    application = application_of(call)
    protect(call, application)
    repository = text_of(call.body, "repository", limits=NAME_RANGE)
    search = text_of(call.body, "search", required=False)
    wanted = object_of(call.body, "component", required=False)
    component, name, tags, criticality = _repository_component(call, application, wanted, repository)
    if component is None:
        if any(_holds_repository(child, repository) for child in call.org.children(application)):
            raise Conflict("Repository already exists in the application")
        component = create_component(call, application, name, criticality=criticality, tags=tags)
    else:
        if _holds_repository(component, repository):
            raise Conflict("Repository already exists in the component")
        component.criticality = criticality or component.criticality
        component.tags += [tag for tag in tags if tag not in component.tags]
    add_rule(call, component, repository, {"repository": [repository], **({"keyLike": f"*{search}*"} if search else {})})
    return JSONResponse(application_object(call, application), call.on("create_status"))


def _repository_component(
    call: Call, application: Application, wanted: dict[str, Any] | None, repository: str
) -> tuple[Component | None, str, list[Tag], float | None]:
    if wanted is None:
        return None, repository, [], None
    tags, criticality = tags_of(wanted), number_of(wanted, "criticality", (1, 10))
    children = call.visible(call.org.children(application))
    if wanted.get("id") is not None:
        found = [child for child in children if child.id == wanted["id"]]
        if not found:
            raise NotFound("Component")
    else:
        name = text_of(wanted, "name", limits=NAME_RANGE)
        found = [child for child in children if child.name == name]
        if not found:
            return None, name, tags, criticality
    protect(call, found[0])
    return found[0], found[0].name, tags, criticality


def _holds_repository(component: Component, repository: str) -> bool:
    return any(repository in rule.filter.get("repository", ()) for rule in component.rules)


ROUTES: Routes = [
    ("/v1/applications", {"GET": list_applications, "POST": create_application, "PATCH": patch_application}),
    ("/v1/applications/posture", {"POST": post_posture}),
    ("/v1/applications/{id}", {"GET": get_application, "PATCH": patch_application_by_id}),
    ("/v1/applications/{id}/posture", {"GET": get_posture}),
    *twins("/v1/applications", "/tags", {"PUT": put_tags, "PATCH": remove_tags}),
    *twins("/v1/applications", "/responsible-users", {"PUT": put_responsible_users}),
    *twins("/v1/applications", "/deploy", {"PATCH": deploy}),
    *twins("/v1/applications", "/repository", {"POST": link_repository}),
]
