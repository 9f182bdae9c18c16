# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Finds an entity of a Magento shop by what names it, and the numbers of others that it refers to (contract §6.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, InvalidInput, NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import ATTRIBUTES, CATEGORIES, LISTS, RESOURCES, Resource, route_from
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import GLOBAL, Magento

TREE_ROOT = 1
"""The number of the category above all root categories."""
_CANDIDATES = 10
_STORE_VIEWS = "store/storeViews"
ID_OF, OPTION_OF = "id_of", "option_of"
_NUMBERS = ("id", "attribute_id")


class Entities:
    """The entities of one resource, in the scope of one store view."""

    def __init__(self, magento: Magento, resource: Resource, check_mode: bool = False) -> None:
        self.magento = magento
        self.resource = resource
        self._check_mode = check_mode

    def find(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        """The entity that the key members of ``wanted`` name, or its number; None if there is none. Raises ``InvalidInput`` and ``Conflict``."""
        resource = self.resource
        if self.number_in(wanted) is not None:
            return self.read(wanted)
        missing = [member for member in resource.key if wanted.get(member) in (None, "", [])]
        if missing or not resource.key:
            hint = f"Or give its number as {resource.number}." if resource.number else ""
            raise InvalidInput(f"body has no {' and no '.join(missing) or 'key'}, by which {resource.endpoint} are found", hint=hint)
        if resource.endpoint == CATEGORIES:
            found = self.category(wanted["path"])
            # A store view may have another name and other values.
            return self.read(found) if found is not None and not self.magento.is_global else found
        if resource.item and not resource.number:
            return self.read(wanted)
        found = self._searched(wanted)
        return self.read(found) if found is not None and resource.hides(wanted) else found

    def number_in(self, wanted: Mapping[str, Any]) -> Any:
        """The number by which ``wanted`` names an entity, or None."""
        number = wanted.get(self.resource.number) if self.resource.number else None
        return None if number == "" else number

    def read(self, entity: Mapping[str, Any]) -> dict[str, Any] | None:
        """The entity as its own route shows it."""
        found = self.magento.get(self.route(self.resource.item, entity))
        if self.resource.endpoint == ATTRIBUTES and isinstance(found, dict):
            # The list of options starts with a blank one.
            found["options"] = [option for option in found.get("options") or [] if str(option.get("label") or "").strip()]
        return found

    @staticmethod
    def route(template: str, entity: Mapping[str, Any]) -> str:
        """A route with the entity's members in place of the names in braces."""
        return re.sub(r"\{(\w+)\}", lambda match: quote(str(entity[match[1]]), safe=""), template)

    def _searched(self, wanted: Mapping[str, Any]) -> dict[str, Any] | None:
        key = [*self.resource.key, *(member for member in self.resource.optional_key if wanted.get(member) not in (None, ""))]
        filters = {member: wanted[member] for member in key}
        if self.resource.by_store:
            filters["store_id"] = self.store_number()
        return self._one(self.magento.first(self.resource.listing, filters, _CANDIDATES), {member: wanted[member] for member in key})

    def _one(self, found: Sequence[dict[str, Any]], key: Mapping[str, Any]) -> dict[str, Any] | None:
        # The database compares without regard to case.
        exact = [entity for entity in found if all(str(entity.get(member)) == str(value) for member, value in key.items() if member in entity)]
        found = exact or found
        if len(found) > 1:
            number = self.resource.number
            numbers = ", ".join(str(entity.get(number)) for entity in found)
            raise Conflict(
                f"{len(found)} {self.resource.endpoint} have {_named(key)} ({number} {numbers}), and Magento allows that",
                service=self.magento.session.flow.TITLE,
                hint=f"Give {' or '.join([number, *(member for member in self.resource.optional_key if member not in key)])} in body to say which is meant.",
            )
        return found[0] if found else None

    def store_number(self) -> int:
        """The number of the store view that a page or block belongs to. Raises ``InvalidInput``."""
        if self.magento.is_global:
            return 0
        views = self.magento.within(GLOBAL).plain(_STORE_VIEWS)
        for view in views if isinstance(views, list) else []:
            if view.get("code") == self.magento.store:
                return int(view["id"])
        raise InvalidInput(f"{self.resource.endpoint} need a store view, and there is none with the code {self.magento.store!r}", hint="Give its code, or all.")

    # Categories

    def category(self, path: Any) -> dict[str, Any] | None:
        """The category with this path of names, with its global values. Raises ``NotFound`` if one above it is missing."""
        names = path_names(path)
        parent = self.parent(names)
        return None if parent is None else self._child(parent, names[-1])

    def parent(self, names: Sequence[str]) -> int | None:
        """The number of the category above the last name; None only in check mode, where an earlier task may be about to make it."""
        number = TREE_ROOT
        for depth, name in enumerate(names[:-1]):
            found = self._child(number, name)
            if found is None:
                if self._check_mode:
                    return None
                above = "/".join(names[: depth + 1])
                raise NotFound(
                    f"there is no category {above!r}", service=self.magento.session.flow.TITLE, hint="Create it first: categories are made one by one."
                )
            number = int(found["id"])
        return number

    def _child(self, parent: int, name: str) -> dict[str, Any] | None:
        found = self.magento.within(GLOBAL).first(RESOURCES[CATEGORIES].listing, {"parent_id": parent, "name": name}, _CANDIDATES)
        return self._one(found, {"name": name})


def path_names(path: Any) -> list[str]:
    """The names of a category's path, from the root category on: text with slashes, or a list. Raises ``InvalidInput``."""
    names = [str(name).strip() for name in (path if isinstance(path, list) else str(path).strip("/").split("/"))]
    if not names or not all(names):
        raise InvalidInput(f"the path {path!r} of a category has an empty name", hint="It is made of names, such as Default Category/Camping/Tents.")
    return names


class References:
    """Puts numbers in place of what refers to another entity: ``{id_of: taxRates, code: DE 19}``, ``{option_of: color, label: Green}``."""

    def __init__(self, magento: Magento, check_mode: bool = False) -> None:
        self._magento = magento.within(GLOBAL)
        self._check_mode = check_mode
        self._known: dict[str, Any] = {}

    def resolved(self, data: Any) -> Any:
        """The data with all references replaced. Raises ``NotFound``; in check mode what is not there yet stays a text that says so."""
        if isinstance(data, list):
            return [self.resolved(value) for value in data]
        if not isinstance(data, dict):
            return data
        if ID_OF not in data and OPTION_OF not in data:
            return {name: self.resolved(value) for name, value in data.items()}
        name = repr(sorted(data.items(), key=str))
        if name not in self._known:
            self._known[name] = self._option(data) if OPTION_OF in data else self._number(data)
        return self._known[name]

    def _number(self, data: Mapping[str, Any]) -> Any:
        route = route_from(str(data[ID_OF]))
        resource = RESOURCES.get(route)
        if resource is None or not resource.key:
            raise InvalidInput(f"id_of {route!r} is none of the resources that can be referred to")
        key = {name: self.resolved(value) for name, value in data.items() if name != ID_OF}
        found = Entities(self._magento, resource, self._check_mode).find(key)
        if found is None:
            return self._missing(f"{resource.endpoint} {_named(key)}")
        number = next((found[name] for name in (resource.number, *_NUMBERS) if found.get(name) is not None), None)
        if number is None:
            raise InvalidInput(f"{resource.endpoint} have no number to refer to")
        return int(number)

    def _option(self, data: Mapping[str, Any]) -> Any:
        code, label = str(data[OPTION_OF]), str(data.get("label") or "")
        found = Entities(self._magento, RESOURCES[ATTRIBUTES], self._check_mode).find({"attribute_code": code})
        if found is None:
            return self._missing(f"attribute {code!r}")
        value = option_labels(found.get("options")).get(label.strip().casefold())
        return value if value is not None else self._missing(f"option {label!r} of the attribute {code!r}")

    def _missing(self, what: str) -> str:
        if self._check_mode:
            return f"({what}, which is not there yet)"
        raise NotFound(f"there is no {what}, which body refers to", service=self._magento.session.flow.TITLE, hint="Create it first.")


def option_labels(options: Any) -> dict[str, Any]:
    """The values of an attribute's options by their labels, which the shop compares without regard to case."""
    return {str(option.get("label") or "").strip().casefold(): option.get("value") for option in options or []}


def entity_from(body: Mapping[str, Any], resource: Resource) -> dict[str, Any]:
    """The entity that a task describes: without its envelope, custom attributes as a list of pairs. Raises ``InvalidInput``."""
    if resource.envelope and set(body) == {resource.envelope} and isinstance(body[resource.envelope], dict):
        body = body[resource.envelope]
    entity = {str(name): value for name, value in body.items()}
    attributes = entity.get("custom_attributes")
    if isinstance(attributes, dict):
        attributes = entity["custom_attributes"] = [{"attribute_code": str(code), "value": value} for code, value in attributes.items()]
    if isinstance(attributes, list):
        # A null is refused there.
        entity["custom_attributes"] = [{**pair, "value": ""} if isinstance(pair, dict) and pair.get("value") is None else pair for pair in attributes]
    if resource.endpoint == ATTRIBUTES:
        _attribute_members(entity)
    _check_lists(entity, "")
    return entity


def _attribute_members(entity: dict[str, Any]) -> None:
    if isinstance(entity.get("options"), list):
        entity["options"] = [option if isinstance(option, dict) else {"label": str(option)} for option in entity["options"]]
    labels = entity.get("frontend_labels")
    if isinstance(labels, list) and all(isinstance(label, dict) for label in labels):
        # The label of store 0 is taken, but shown as the default one.
        for label in labels:
            if str(label.get("store_id")) == "0":
                entity.setdefault("default_frontend_label", label.get("label"))
        entity["frontend_labels"] = [label for label in labels if str(label.get("store_id")) != "0"]


def _check_lists(data: Any, name: str) -> None:
    if isinstance(data, dict):
        for member, value in data.items():
            _check_lists(value, member)
    elif isinstance(data, list):
        if name in LISTS and LISTS[name].key and not all(isinstance(entry, dict) for entry in data):
            raise InvalidInput(f"{name} is no list of mappings")
        for value in data:
            _check_lists(value, "")


def _named(key: Mapping[str, Any]) -> str:
    return ", ".join(f"{member} {value!r}" for member, value in key.items())
