# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of the Magento simulator: Swagger 2.0 of the operations that the caller may use (contract §6.4)."""

from __future__ import annotations

from typing import Any

from ._magento_access import is_allowed
from ._magento_errors import InternalError
from ._magento_routes import ROUTES, Route
from ._magento_shop import Caller, Shop
from ._magento_types import INTERFACES

ERROR_DEFINITION = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "Error message"},
        "errors": {"$ref": "#/definitions/error-errors"},
        "code": {"type": "integer", "description": "Error code"},
        "parameters": {"$ref": "#/definitions/error-parameters"},
        "trace": {"type": "string", "description": "Stack trace"},
    },
    "required": ["message"],
}
ERROR_ITEM = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "parameters": {"$ref": "#/definitions/error-parameters"}},
}
ERROR_PARAMETERS = {
    "type": "array",
    "items": {"type": "object", "properties": {"resources": {"type": "string"}, "fieldName": {"type": "string"}, "fieldValue": {"type": "string"}}},
}
SIMPLE = {"int": "integer", "float": "number", "double": "number", "string": "string", "bool": "boolean", "boolean": "boolean"}


def document(shop: Shop, caller: Caller, services: str, host: str, store: str, path: str) -> dict[str, Any]:
    """The schema of the services named (``all``, or a comma list); the asynchronous one has no reads.

    :raises InternalError: a service that does not exist.
    """
    routes = [route for route in ROUTES if route.available(shop)]
    wanted = None if services == "all" else services.split(",")
    for name in wanted or []:
        if name not in {route.service_name for route in routes}:
            raise InternalError(f'Requested service is not available: "{name}"')
    asynchronous = path.startswith("/async")
    shown = [
        route
        for route in routes
        if is_allowed(shop, caller, route.resources) and (wanted is None or route.service_name in wanted) and not (asynchronous and route.method == "GET")
    ]
    definitions: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for route in shown:
        template = "/".join("{" + part[1:] + "}" if part.startswith(":") else part for part in route.path.split("/"))
        paths.setdefault(("/async" if asynchronous else "") + template, {})[route.method.lower()] = _operation(route, definitions, asynchronous)
    return {
        "swagger": "2.0",
        "info": {"version": ".".join(str(part) for part in shop.release[:2]), "title": "Magento Community"},
        "host": host,
        "basePath": f"/rest/{'all' if store == 'admin' else store}",
        "schemes": ["https"],
        "tags": [{"name": name, "description": ""} for name in sorted({route.service_name for route in shown})],
        "paths": paths,
        "definitions": {
            "error-response": ERROR_DEFINITION,
            "error-errors": {"type": "array", "items": {"$ref": "#/definitions/error-errors-item"}},
            "error-errors-item": ERROR_ITEM,
            "error-parameters": ERROR_PARAMETERS,
            **definitions,
        },
    }


def _operation(route: Route, definitions: dict[str, Any], asynchronous: bool) -> dict[str, Any]:
    variables = [part[1:] for part in route.path.split("/") if part.startswith(":")]
    parameters: list[dict[str, Any]] = []
    body: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for parameter in route.parameters:
        described = _type(parameter.type, definitions)
        if parameter.name in variables:
            parameters.append({"name": parameter.name, "in": "path", **described, "required": True})
        elif parameter.name == route.forced:
            continue
        elif route.method in ("GET", "DELETE"):
            flat = described if "$ref" not in described else {"type": "string"}
            parameters.append({"name": parameter.name, "in": "query", **flat, "required": parameter.is_required})
        else:
            body["properties"][parameter.name] = described
            if parameter.is_required:
                body["required"].append(parameter.name)
    if body["properties"]:
        parameters.append({"name": route.operation + "Body", "in": "body", "schema": body})
    success = {"description": f"{202 if asynchronous else 200} Success.", "schema": _type("AsyncResponse" if asynchronous else route.returns, definitions)}
    failure = {"description": "Unexpected error", "schema": {"$ref": "#/definitions/error-response"}}
    return {
        "tags": [route.service_name],
        "description": "",
        "operationId": f"{route.service_name}{route.operation[0].upper()}{route.operation[1:]}{route.method.capitalize()}",
        "parameters": parameters,
        "responses": {"202" if asynchronous else "200": success, "401": {**failure, "description": "401 Unauthorized"}, "default": failure},
    }


def _type(type_: str, definitions: dict[str, Any]) -> dict[str, Any]:
    if type_.endswith("[]"):
        return {"type": "array", "items": _type(type_[:-2], definitions)}
    if type_ not in INTERFACES:
        return {"type": SIMPLE.get(type_, "string")}
    name = _definition_name(type_)
    if name not in definitions:
        definitions[name] = {}
        members = INTERFACES[type_].members.values()
        definitions[name] = {
            "type": "object",
            "properties": {member.name: _type(member.type, definitions) for member in members},
            "required": [member.name for member in members if not member.nullable],
        }
    return {"$ref": f"#/definitions/{name}"}


def _definition_name(type_: str) -> str:
    """The name of a definition, such as ``catalog-data-product-interface``."""
    parts = [part for part in INTERFACES[type_].php_name.split("\\")[1:] if part != "Api"]
    text = "".join(f"-{part}" for part in parts)
    return "".join(f"-{c.lower()}" if c.isupper() and previous != "-" else c.lower() for previous, c in zip("-" + text, text)).strip("-")
