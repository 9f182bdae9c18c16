# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources under ``configuration``: lock, element types, elements (contract §3 #3 to #12, §6, §8)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass

from ._appliance_access import Token
from ._appliance_configuration import EXTRA_ATTRIBUTES, Configuration, Draft, Element, Identity, Stamp, completed, identity, normalised, read_draft, rendered
from ._appliance_metadata import ElementType
from ._appliance_references import delete_with_references, users_of
from ._appliance_state import State
from ._appliance_wire import Refused, Reply, node, parse, text_of

RESERVED = ("elementType", "running", "offset", "maxElements")


@dataclass
class Call:
    """One authorised request. ``origin`` is scheme and host as the client addressed them, ``version`` the API version in the path."""

    method: str
    version: str
    query: list[tuple[str, str]]
    body: bytes
    headers: Mapping[str, str]
    origin: str
    token: Token

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def value(self, name: str, default: str | None = None) -> str:
        """The query parameter that may occur once; 400 if it is absent and has no default."""
        found = self.values(name)
        if len(found) > 1:
            raise Refused(400, f"Query parameter {name} occurs more than once")
        if not found or not found[0]:
            if default is None:
                raise Refused(400, f"Missing query parameter {name}")
            return default
        return found[0]

    def link(self, path: str) -> str:
        return f"{self.origin}/rest/{self.version}{path}"


def lock(state: State, call: Call) -> Reply:
    state.access.take_lock(call.token)
    return Reply(status=204)


def unlock(state: State, call: Call) -> Reply:
    state.access.release_lock(call.token)
    return Reply(status=204)


def element_types(state: State, call: Call) -> Reply:
    return Reply([node("elementTypes", [kind.listed() for kind in state.kinds.values()])])


def metadata(state: State, call: Call) -> Reply:
    name, _slash, path = call.value("elementType").partition("/")
    found: ElementType | None = _kind(state, name)
    if path:
        found = found.sub_type(path) if found else None
    if found is None:
        raise Refused(404, "Requested element type is not supported")
    return Reply(found.metadata(state.on("subelement_metadata") == "nested"))


def template(state: State, call: Call) -> Reply:
    name, _slash, path = call.value("elementType").partition("/")
    kind = _kind(state, name)
    paths = [path] if path else call.values("subElement")
    for wanted in paths:
        if kind.sub_type(wanted) is None:
            raise Refused(404, "Requested element type is not supported")
    return Reply([kind.template(paths, plain=not path)])


def get_elements(state: State, call: Call) -> Reply:
    kind = _kind(state, call.value("elementType"))
    store = state.running if _flag(call, "running") else state.editing
    found = store.all(kind)
    wanted = _query_keys(state, call, kind, state.on("partial_keys") == "filter")
    if wanted and len(wanted) == len(kind.keys):
        found = [element for element in found if identity(kind, element.values) == tuple(wanted.values())]
        if not found and state.on("missing_element") == 404:
            raise Refused(404, "Configuration element not found")
        return Reply([_shown(state, kind, element) for element in found])
    if wanted:
        found = [element for element in found if all(tuple(sorted(element.values[name])) == values for name, values in wanted.items())]
    if not found and (kind.single or state.on("empty_list") == 404):
        raise Refused(404, "Configuration element not found")
    return Reply([_shown(state, kind, element) for element in _page(state, call, found)])


def create_element(state: State, call: Call) -> Reply:
    kind, body = _body(state, call)
    draft = read_draft(body, kind, _ignored(state))
    element = state.editing.create(kind, draft, _stamp(state, call))
    return Reply([_shown(state, kind, element)])


def update_element(state: State, call: Call) -> Reply:
    kind, body = _body(state, call)
    draft = read_draft(body, kind, _ignored(state))
    for attribute in kind.keys:
        if attribute.name not in draft.values:
            raise Refused(400, f"Missing key attribute {attribute.name}")
    element = state.editing.find(kind, identity(kind, draft.values))
    if element is None:
        raise Refused(state.on("put_missing"), "Configuration element not found")
    changed = state.editing.update(kind, element, draft, state.on("subelement_put"), _stamp(state, call))
    return Reply([_shown(state, kind, changed)])


def delete_element(state: State, call: Call) -> Reply:
    kind = _kind(state, call.value("elementType"))
    element = _named(state, call, kind)
    if state.on("delete_referenced") == 409 and kind.keys and users_of(state.editing, state.kinds, kind, element):
        raise Refused(409, "Configuration element is referenced by other elements")
    state.editing.delete(kind, element)
    return Reply(status=204)


def delete_references(state: State, call: Call) -> Reply:
    kind = _kind(state, call.value("elementType"))
    if kind.name != "realm-config":
        raise Refused(400, "Operation is supported for realm-config only")
    delete_with_references(state.editing, state.kinds, kind, _named(state, call, kind))
    return Reply(status=204)


def put_element(configuration: Configuration, kind: ElementType, draft: Draft, now: float) -> None:
    """Puts an element into a store as somebody at the command line would: created, or replaced if its keys exist."""
    element = completed(kind, draft, Stamp("acli", now))
    existing = configuration.find(kind, identity(kind, element.values))
    if existing:
        configuration.delete(kind, existing)
    configuration.elements.setdefault(kind.store_name, []).append(element)


def _kind(state: State, name: str, status: int = 404) -> ElementType:
    if name not in state.kinds:
        raise Refused(status, "Requested element type is not supported")
    return state.kinds[name]


def _body(state: State, call: Call) -> tuple[ElementType, ET.Element]:
    body = parse(call.body, "configElement")
    names = [text_of(child) for child in body if child.tag == "elementType"]
    if len(names) != 1 or not names[0]:
        raise Refused(400, "Element configElement must have exactly one elementType")
    return _kind(state, names[0], state.on("unknown_type")), body


def _ignored(state: State) -> tuple[str, ...]:
    return EXTRA_ATTRIBUTES if state.on("extra_attributes") else ()


def _stamp(state: State, call: Call) -> Stamp:
    return Stamp(call.token.user, state.clock.now())


def _shown(state: State, kind: ElementType, element: Element) -> ET.Element:
    return rendered(kind, element, bool(state.on("extra_attributes")))


def _flag(call: Call, name: str) -> bool:
    text = call.value(name, "false")
    if text not in ("true", "false"):
        raise Refused(400, f"Invalid value for query parameter {name}")
    return text == "true"


def _query_keys(state: State, call: Call, kind: ElementType, partial: bool) -> dict[str, tuple[str, ...]]:
    """The key values in a query; empty if there are none. 400 for what is no key, and for some of the keys unless ``partial``."""
    given: dict[str, tuple[str, ...]] = {}
    keys = {attribute.name: attribute for attribute in kind.keys}
    for name in {name for name, _value in call.query if name not in RESERVED}:
        if name not in keys:
            raise Refused(400, f"Attribute {name} is not a key attribute of {kind.name}")
        values = call.values(name)
        if keys[name].multiple and state.on("list_keys") != "repeated":
            values = [part for value in values for part in value.split("," if state.on("list_keys") == "comma" else " ")]
        elif not keys[name].multiple and len(values) > 1:
            raise Refused(400, f"Query parameter {name} occurs more than once")
        given[name] = tuple(sorted(normalised(keys[name], values)))
    if given and len(given) != len(keys) and not partial:
        raise Refused(400, "Not all key attributes are specified")
    return {name: given[name] for name in keys if name in given}


def _named(state: State, call: Call, kind: ElementType) -> Element:
    """The element that a DELETE names by all its keys; 400 or 404 otherwise."""
    for name in ("running", "offset", "maxElements"):
        if call.values(name):
            raise Refused(400, f"Query parameter {name} is not supported")
    keys = _query_keys(state, call, kind, False)
    if kind.keys and not keys:
        raise Refused(400, "Not all key attributes are specified")
    wanted: Identity = tuple(keys.values())
    element = state.editing.find(kind, wanted)
    if element is None:
        raise Refused(404, "Configuration element not found")
    return element


def _page(state: State, call: Call, found: list[Element]) -> list[Element]:
    if state.on("paging") == "refused" and (call.values("offset") or call.values("maxElements")):
        raise Refused(400, "Paging is not supported for this element type")
    offset, most = (_count(call, name) for name in ("offset", "maxElements"))
    if state.on("paging") == "ignored":
        return found
    start = offset or 0
    return found[start:] if most is None else found[start : start + most]


def _count(call: Call, name: str) -> int | None:
    text = call.value(name, "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(400, f"Invalid value for query parameter {name}")
    return int(text) if text else None
