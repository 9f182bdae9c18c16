# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration elements and stores of the simulated appliance: create, merge, delete (contract §7.1, §8.1 to §8.5)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from ._appliance_certificates import CertificateState
from ._appliance_metadata import MASKED, Attribute, ElementType, attribute_node
from ._appliance_wire import Refused, children, node, one_text, text_of

Identity = tuple[tuple[str, ...], ...]
EXTRA_ATTRIBUTES = ("last-modified-by", "last-modified-date")


@dataclass(frozen=True)
class Stamp:
    """Who changed an element, and when (Unix seconds)."""

    user: str = ""
    time: float = 0.0


@dataclass
class Draft:
    """What a request says of an element: only the attributes and sub-elements that it names."""

    values: dict[str, list[str]] = field(default_factory=dict)
    subs: list[tuple[ElementType, Draft]] = field(default_factory=list)


@dataclass
class Element:
    """A configuration element or sub-element with all its attributes; an attribute without value has an empty list."""

    name: str
    values: dict[str, list[str]]
    subs: list[Element] = field(default_factory=list)
    stamp: Stamp = Stamp()
    certificate: CertificateState | None = None
    """Key, request and certificates of a certificate-record, which are no attributes but travel with it between the stores."""

    def copy(self) -> Element:
        return replace(self, values={name: list(values) for name, values in self.values.items()}, subs=[sub.copy() for sub in self.subs])

    def first(self, name: str) -> str:
        """The only value of an attribute; empty if it has none."""
        return next(iter(self.values.get(name, [])), "")


def read_draft(element: ET.Element, kind: ElementType, ignored: Iterable[str] = ()) -> Draft:
    """The draft in a ``configElement`` or ``subElement``; 400 for names and shapes that the type does not have."""
    tag = "elementType" if element.tag == "configElement" else "subElementType"
    found = children(element, tag, "attribute", "subElement")
    draft = Draft()
    for attribute in found["attribute"]:
        parts = children(attribute, "name", "value")
        name = one_text(parts, "name", "attribute")
        if name in ignored:
            continue
        if name not in kind.by_name:
            raise Refused(400, f"Unknown attribute {name} of {kind.name}")
        if name in draft.values:
            raise Refused(400, f"Attribute {name} occurs more than once")
        if not parts["value"]:
            raise Refused(400, f"Attribute {name} has no value")
        draft.values[name] = normalised(kind.by_name[name], [text_of(value) for value in parts["value"]])
    for sub in found["subElement"]:
        sub_name = one_text(children(sub, "subElementType", "attribute", "subElement"), "subElementType", "subElement")
        sub_kind = kind.sub_type(sub_name) if "/" not in sub_name else None
        if sub_kind is None:
            raise Refused(400, f"Unknown sub-element {sub_name} of {kind.name}")
        draft.subs.append((sub_kind, read_draft(sub, sub_kind, ignored)))
    return draft


def draft_of(kind: ElementType, values: Mapping[str, str | list[str]], subs: Iterable[tuple[str, Any]] = ()) -> Draft:
    """A draft from plain Python values; ``subs`` holds ``(sub-element type, (values, subs))``."""
    draft = Draft()
    for name, value in values.items():
        draft.values[name] = normalised(kind.by_name[name], [value] if isinstance(value, str) else value)
    for sub_name, (sub_values, below) in subs:
        sub_kind = kind.sub_type(sub_name)
        if sub_kind is None:
            raise KeyError(sub_name)
        draft.subs.append((sub_kind, draft_of(sub_kind, sub_values, below)))
    return draft


def normalised(attribute: Attribute, values: Iterable[str]) -> list[str]:
    """The values as they are kept: empty ones are no values."""
    return [attribute.normal(value) for value in values if value != ""]


def identity(kind: ElementType, values: Mapping[str, list[str]]) -> Identity:
    """The key attributes' values; the order inside a list does not count."""
    return tuple(tuple(sorted(values.get(attribute.name, attribute.empty))) for attribute in kind.keys)


def label(kind: ElementType, element: Element) -> str:
    """How messages call an element: ``local-policy [*;*;access]``."""
    keys = ";".join(",".join(element.values[attribute.name]) for attribute in kind.keys)
    return f"{kind.name} [{keys}]" if kind.keys else kind.name


def _checked(kind: ElementType, values: Mapping[str, list[str]]) -> None:
    for name, given in values.items():
        problem = kind.by_name[name].problem(given)
        if problem:
            raise Refused(400, problem)


def completed(kind: ElementType, draft: Draft, stamp: Stamp) -> Element:
    """A new element: the draft's values, and defaults for the rest; 400 if a required or key attribute is missing."""
    values = {attribute.name: list(draft.values.get(attribute.name, attribute.empty)) for attribute in kind.attributes}
    for attribute in kind.attributes:
        if attribute.required and not values[attribute.name]:
            raise Refused(400, f"Missing required attribute {attribute.name}")
    _checked(kind, {name: values[name] for name in draft.values})
    element = Element(kind.store_name, values, stamp=stamp)
    for sub_kind, sub_draft in draft.subs:
        _add_sub(element, sub_kind, sub_draft, stamp)
    return element


def merged(kind: ElementType, element: Element, draft: Draft, mode: str, stamp: Stamp) -> Element:
    """A changed copy; ``mode`` says what a PUT does with sub-elements: ``merge_by_key`` or ``replace_list`` (contract §8.4)."""
    _checked(kind, draft.values)
    changed = element.copy()
    changed.stamp = stamp
    for name, values in draft.values.items():
        if not (kind.by_name[name].kind == "password" and values == [MASKED]):
            changed.values[name] = list(values)
    _no_twins(draft)
    if mode == "replace_list":
        named = {sub_kind.name for sub_kind, _draft in draft.subs}
        changed.subs = [sub for sub in changed.subs if sub.name not in named]
    for sub_kind, sub_draft in draft.subs:
        place = _place(changed, sub_kind, sub_draft)
        if place is None:
            _add_sub(changed, sub_kind, sub_draft, stamp)
        else:
            changed.subs[place] = merged(sub_kind, changed.subs[place], sub_draft, mode, stamp)
    return changed


def _place(parent: Element, sub_kind: ElementType, draft: Draft) -> int | None:
    wanted = identity(sub_kind, draft.values)
    for number, sub in enumerate(parent.subs):
        if sub.name == sub_kind.name and (sub_kind.single or identity(sub_kind, sub.values) == wanted):
            return number
    return None


def _add_sub(parent: Element, sub_kind: ElementType, draft: Draft, stamp: Stamp) -> None:
    if _place(parent, sub_kind, draft) is not None:
        raise Refused(400, f"Sub-element {sub_kind.name} occurs more than once with the same key")
    parent.subs.append(completed(sub_kind, draft, stamp))


def _no_twins(draft: Draft) -> None:
    seen = set()
    for sub_kind, sub_draft in draft.subs:
        this = (sub_kind.name, () if sub_kind.single else identity(sub_kind, sub_draft.values))
        if this in seen:
            raise Refused(400, f"Sub-element {sub_kind.name} occurs more than once with the same key")
        seen.add(this)


class Configuration:
    """One store: the elements of each type in the order in which they were made."""

    def __init__(self) -> None:
        self.elements: dict[str, list[Element]] = {}

    def copy(self) -> Configuration:
        other = Configuration()
        other.elements = {name: [element.copy() for element in elements] for name, elements in self.elements.items()}
        return other

    def same(self, other: Configuration) -> bool:
        """Whether both hold the same elements."""
        return {name: found for name, found in self.elements.items() if found} == {name: found for name, found in other.elements.items() if found}

    def all(self, kind: ElementType) -> list[Element]:
        return self.elements.get(kind.store_name, [])

    def find(self, kind: ElementType, wanted: Identity) -> Element | None:
        return next((element for element in self.all(kind) if identity(kind, element.values) == wanted), None)

    def create(self, kind: ElementType, draft: Draft, stamp: Stamp) -> Element:
        """Adds an element; 409 if its keys exist (or the singleton), 400 if it is not valid."""
        element = completed(kind, draft, stamp)
        if self.find(kind, identity(kind, element.values)):
            raise Refused(409, f"Configuration element {label(kind, element)} already exists")
        self.elements.setdefault(kind.store_name, []).append(element)
        return element

    def update(self, kind: ElementType, element: Element, draft: Draft, mode: str, stamp: Stamp) -> Element:
        """Merges a draft into an element of this store; 400 leaves it untouched."""
        changed = merged(kind, element, draft, mode, stamp)
        place = next(number for number, one in enumerate(self.all(kind)) if one is element)
        self.elements[kind.store_name][place] = changed
        return changed

    def delete(self, kind: ElementType, element: Element) -> None:
        self.elements[kind.store_name] = [one for one in self.all(kind) if one is not element]

    def as_json(self, kinds: Mapping[str, ElementType]) -> dict[str, list[dict[str, Any]]]:
        """Plain values for tests: lists for multi-valued attributes, strings for the others."""
        return {kind.name: [_as_json(kind, element) for element in self.all(kind)] for kind in kinds.values() if self.all(kind)}


def _as_json(kind: ElementType, element: Element) -> dict[str, Any]:
    found: dict[str, Any] = {a.name: list(element.values[a.name]) if a.multiple else element.first(a.name) for a in kind.attributes}
    subs: dict[str, list[Any]] = {}
    for sub in element.subs:
        sub_kind = kind.sub_type(sub.name)
        if sub_kind:
            subs.setdefault(sub.name, []).append(_as_json(sub_kind, sub))
    return {"attributes": found, "sub_elements": subs}


def rendered(kind: ElementType, element: Element, extra: bool) -> ET.Element:
    """The complete ``configElement`` (contract §8.1); ``extra`` adds who changed it last and when."""
    return node("configElement", [node("elementType", kind.name), *_content(kind, element, extra)])


def _content(kind: ElementType, element: Element, extra: bool) -> list[ET.Element]:
    content = []
    for attribute in kind.attributes:
        values = element.values[attribute.name]
        content.append(attribute_node(attribute.name, [MASKED] if attribute.kind == "password" and values else values))
    if extra:
        moment = datetime.fromtimestamp(element.stamp.time, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        content += [attribute_node(name, [value]) for name, value in zip(EXTRA_ATTRIBUTES, (element.stamp.user, moment), strict=True)]
    for sub in element.subs:
        sub_kind = kind.sub_type(sub.name)
        if sub_kind:
            content.append(node("subElement", [node("subElementType", sub.name), *_content(sub_kind, sub, False)]))
    return content
