# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Components, services and their rules in the Phoenix simulator (contract §4.2, §4.3)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from ._phoenix_filters import FilterError, check_filter, definition
from ._phoenix_model import Application, Component, Rule
from ._phoenix_select import application_of, component_of, patched, protect, services_of, tags_to_remove, workflow_of
from ._phoenix_shapes import component_object, component_posture
from ._phoenix_wire import (
    NAME_RANGE,
    UUID,
    ApiError,
    Call,
    Conflict,
    Invalid,
    Routes,
    absent,
    empty,
    flag_of,
    list_of,
    number_of,
    object_of,
    page,
    tags_of,
    text_of,
)

COMPONENT_TYPES = ("COMPONENT", "SERVICE")
UPDATABLE = ("name", "criticality", "tags", "ticketing", "messaging")


def list_components(call: Call) -> Response:
    kind = call.query_choice("type", COMPONENT_TYPES)
    parent = call.request.query_params.get("parentId")
    if parent and not UUID.fullmatch(parent):
        raise Invalid("parentId must be a UUID")
    org = call.org
    found = [c for c in call.visible(org.components.values()) if not parent or c.application == parent.lower()]
    found = [c for c in found if kind is None or org.is_service(c) == (kind == "SERVICE")]
    return page(call, found, lambda component: component_object(call, component), 20)


def get_component(call: Call) -> Response:
    return JSONResponse(component_object(call, component_of(call)))


def post_component(call: Call) -> Response:
    application = application_of(call)
    body = call.body
    component = create_component(
        call,
        application,
        text_of(body, "name", limits=NAME_RANGE),
        criticality=number_of(body, "criticality", (1, 10)),
        tags=tags_of(body),
        ticketing=workflow_of(call, "ticketing"),
        messaging=workflow_of(call, "messaging"),
    )
    return JSONResponse(component_object(call, component), 201)


def create_component(call: Call, application: Application, name: str, **fields: Any) -> Component:
    """Makes a component or service; 409 if its parent has one of that name."""
    component = Component(id="", application=application.id, name=name, created=call.now, **fields)
    _check_name(call, component, name)
    component.id = call.org.new_id("component")
    return call.org.add_component(component)


def _check_name(call: Call, component: Component, name: str) -> None:
    org = call.org
    fold = str.casefold if call.on("name_conflict_ignore_case") else str
    service = org.is_service(component)
    across = service and call.on("global_service_names")
    rivals = [c for c in org.components.values() if org.is_service(c)] if across else org.children(org.applications[component.application])
    if any(other is not component and fold(other.name) == fold(name) for other in rivals):
        raise Conflict(f"{'Service' if service else 'Component'} name must be unique")


def patch_component(call: Call) -> Response:
    component = component_of(call)
    protect(call, component)
    fields = patched(call, UPDATABLE, ("criticality", "ticketing", "messaging"))
    changes: dict[str, Any] = {}
    if "name" in fields:
        changes["name"] = text_of(fields, "name", limits=NAME_RANGE)
        _check_name(call, component, changes["name"])
    if "criticality" in fields:
        changes["criticality"] = number_of(fields, "criticality", (1, 10))
    for name in ("ticketing", "messaging"):
        if name in fields:
            changes[name] = workflow_of(call, name)
    added = [tag for tag in tags_of(fields) if tag not in component.tags]
    for name, value in changes.items():
        setattr(component, name, value)
    component.tags += added
    return JSONResponse(component_object(call, component))


def delete_component(call: Call) -> Response:
    component = component_of(call)
    protect(call, component)
    call.org.remove_component(component)
    return empty(204)


def remove_tags(call: Call) -> Response:
    component = component_of(call)
    protect(call, component)
    for tag in tags_to_remove(call, component.tags):
        component.tags.remove(tag)
    return empty(204)


def deploy(call: Call) -> Response:
    component = component_of(call)
    protect(call, component)
    if call.org.is_service(component):
        raise Invalid("deployment links start from a COMPONENT")
    if flag_of(call.body, "inheritFromApp", False):
        component.inherits = True
        return empty()
    services = services_of(call, object_of(call.body, "serviceSelectors"), True)
    attach(call, component, services)
    component.inherits = False
    return empty()


def attach(call: Call, holder: Application | Component, services: list[Component]) -> None:
    """Replaces or adds deployment links, as the body asks; 409 if there is nothing to add."""
    replace = flag_of(call.body, "replaceExisting", True)
    wanted = [service.id for service in services]
    missing = [identifier for identifier in wanted if identifier not in holder.deployed_to]
    same = set(wanted) == set(holder.deployed_to) if replace else not missing
    if isinstance(holder, Component):
        same = same and not holder.inherits
    if same and (not replace or call.on("deploy_unchanged") == 409):
        raise Conflict("Deployment link already exists")
    holder.deployed_to = wanted if replace else holder.deployed_to + missing


def get_posture(call: Call) -> Response:
    return JSONResponse(component_posture(call, component_of(call), call.query_flag("excludeRiskAccepted")))


def post_posture(call: Call) -> Response:
    return JSONResponse(component_posture(call, component_of(call, "selector"), flag_of(call.body, "excludeRiskAccepted", False)))


def post_rules(call: Call) -> Response:
    """Adds the rules whose definition is new, or puts them in place of all (contract §4.3)."""
    component = component_of(call, "selector")
    reset = flag_of(call.body, "resetRules", False)
    wanted: dict[str, tuple[str, dict[str, Any]]] = {}
    for item in list_of(call.body, "rules", filled=not reset):
        if not isinstance(item, dict):
            raise Invalid("rules must be a list of objects")
        name = text_of(item, "name", limits=(1, 255))
        try:
            rule_filter = check_filter(object_of(item, "filter"), int(call.on("keylike_max")))
        except FilterError as error:
            # The text must name the field: clients look for keyLike in it (contract §2.5).
            raise ApiError(400, str(error)) from None
        wanted.setdefault(definition(rule_filter), (name, rule_filter))
    present = set() if reset else {definition(rule.filter) for rule in component.rules}
    fresh = [rule for key, rule in wanted.items() if key not in present]
    if not fresh and not reset:
        raise Conflict("All rules already exist")
    if reset:
        component.rules = []
    for name, rule_filter in fresh:
        add_rule(call, component, name, rule_filter)
    return JSONResponse({call.on("rules_count_key"): len(fresh)}, 201)


def add_rule(call: Call, component: Component, name: str, rule_filter: dict[str, Any]) -> None:
    component.rules.append(Rule(call.org.new_id("rule"), name, rule_filter))


def no_rules(call: Call) -> Response:
    """Rules cannot be read or deleted (contract §4.2)."""
    raise absent(call.on("rules_read"), "POST")


def undocumented(call: Call) -> Response:
    """Calls that old clients make and no document knows (contract §4.2, §4.5)."""
    raise absent(call.on("undocumented_routes"))


ROUTES: Routes = [
    ("/v1/components", {"GET": list_components, "POST": post_component, "DELETE": delete_component}),
    ("/v1/components/posture", {"POST": post_posture}),
    ("/v1/components/rules", {"GET": no_rules, "POST": post_rules}),
    ("/v1/components/rules/{rule}", {"GET": no_rules, "DELETE": no_rules}),
    ("/v1/components/tags", {"PATCH": undocumented}),
    ("/v1/components/{id}", {"GET": get_component, "PATCH": patch_component, "DELETE": delete_component}),
    ("/v1/components/{id}/tags", {"PATCH": remove_tags}),
    ("/v1/components/{id}/deploy", {"PATCH": deploy}),
    ("/v1/components/{id}/posture", {"GET": get_posture}),
    ("/v1/components/{id}/rules", {"GET": no_rules, "POST": post_rules}),
]
