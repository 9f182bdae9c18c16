# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""References between configuration elements: verification, and deletion with all references (contract §7.2, §8.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ._appliance_configuration import Configuration, Element, label
from ._appliance_metadata import Attribute, ElementType

Kinds = Mapping[str, ElementType]


@dataclass(frozen=True)
class Finding:
    """One error of a verification: the attribute, the element, and the message as the command line words it."""

    field: str
    object: str
    message: str


@dataclass(frozen=True)
class Reference:
    """An attribute value that names another element; ``holder`` is the element or the sub-element that has the attribute."""

    kind: ElementType
    element: Element
    holder: Element
    attribute: Attribute
    value: str
    target: tuple[str, str]
    place: str


def referred(attribute: Attribute, value: str) -> tuple[str, str] | None:
    """Type and name of the element that a value points at; none for wildcards and plain addresses."""
    if not attribute.refers or value in ("", "*"):
        return None
    if value.startswith("SAG:"):
        return "session-group", value[4:]
    if attribute.refers == "session-group":
        return None
    if attribute.refers == "network-interface":
        match = re.fullmatch(r"([^:]+)(?::(\d+))?(?:\.[46])?", value)
        return attribute.refers, f"{match[1]}:{int(match[2] or 0)}" if match else value
    return attribute.refers, value


def reference_name(kind: ElementType, element: Element) -> str:
    """The name by which other elements point at this one: its keys, joined by a colon."""
    return ":".join(",".join(element.values[attribute.name]) for attribute in kind.keys)


def references(configuration: Configuration, kinds: Kinds) -> Iterator[Reference]:
    """All references of a store."""
    for kind in kinds.values():
        for element in configuration.all(kind):
            yield from _references(kind, element, kind, element, label(kind, element))


def _references(kind: ElementType, element: Element, holder_kind: ElementType, holder: Element, place: str) -> Iterator[Reference]:
    for attribute in holder_kind.attributes:
        for value in holder.values[attribute.name]:
            target = referred(attribute, value)
            if target:
                yield Reference(kind, element, holder, attribute, value, target, place)
    for sub in holder.subs:
        sub_kind = holder_kind.sub_type(sub.name)
        if sub_kind:
            yield from _references(kind, element, sub_kind, sub, f"{place} {label(sub_kind, sub)}")


def targets(configuration: Configuration, kinds: Kinds) -> set[tuple[str, str]]:
    """Type and name of everything that can be referred to."""
    return {(kind.name, reference_name(kind, element)) for kind in kinds.values() for element in configuration.all(kind) if kind.keys}


def verify(configuration: Configuration, kinds: Kinds) -> list[Finding]:
    """Errors of a store: dangling references, absent mandatory sub-elements, port ranges that run backwards."""
    existing = targets(configuration, kinds)
    found = []
    for reference in references(configuration, kinds):
        if reference.target not in existing:
            target, name = reference.target
            message = f"ERROR: {reference.place} has reference to {target} [{name}] which does not exist"
            found.append(Finding(reference.attribute.name, reference.place, message))
    for kind in kinds.values():
        for element in configuration.all(kind):
            place = label(kind, element)
            present = {sub.name for sub in element.subs}
            for sub_kind in kind.sub_types:
                if sub_kind.mandatory and sub_kind.name not in present:
                    found.append(Finding(sub_kind.name, place, f"ERROR: {place} has no {sub_kind.name}"))
            if kind.name == "steering-pool" and int(element.first("end-port")) < int(element.first("start-port")):
                found.append(Finding("end-port", place, f"ERROR: {place} has end-port [{element.first('end-port')}] before its start-port"))
    return found


def users_of(configuration: Configuration, kinds: Kinds, kind: ElementType, element: Element) -> list[Reference]:
    """The references of other elements to this one."""
    wanted = (kind.name, reference_name(kind, element))
    return [reference for reference in references(configuration, kinds) if reference.target == wanted and reference.element is not element]


def delete_with_references(configuration: Configuration, kinds: Kinds, kind: ElementType, element: Element) -> None:
    """Deletes an element and what refers to it.

    An element goes if the reference is its key or its realm, a sub-element likewise; a value in a list is taken out of it, and any other reference is cleared.
    """
    for reference in users_of(configuration, kinds, kind, element):
        rest = [value for value in reference.holder.values[reference.attribute.name] if value != reference.value]
        essential = reference.attribute.key or reference.attribute.name == "realm-id"
        if rest or not essential:
            reference.holder.values[reference.attribute.name] = rest
        elif reference.holder is reference.element:
            configuration.delete(reference.kind, reference.element)
        else:
            _remove_sub(reference.element, reference.holder)
    configuration.delete(kind, element)


def _remove_sub(parent: Element, sub: Element) -> None:
    parent.subs = [one for one in parent.subs if one is not sub]
    for one in parent.subs:
        _remove_sub(one, sub)
