# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Configuration elements of the appliance: their XML, and what differs between two of them (contract §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element as Xml
from xml.etree.ElementTree import SubElement, tostring

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput

MASKED = frozenset("*")


@dataclass
class Metadata:
    """What the appliance tells of an element type (contract §8.6); ``subs`` are its sub-element types, empty where it tells nothing of them."""

    name: str
    single: bool
    keys: list[str]
    attributes: list[str] = field(default_factory=list)
    subs: dict[str, Metadata] = field(default_factory=dict)

    @classmethod
    def from_xml(cls, name: str, root: Xml) -> Metadata:
        """From the answer's ``data``, or from a part of it that describes a sub-element."""
        entries = [entry for entry in root.findall("attributeMetadata") or [] if entry.findtext("name")]
        parts = [part for part in root.iter() if part is not root and part.find("subElementType") is not None and part.find("attributeMetadata") is not None]
        subs = {str(part.findtext("subElementType")): cls.from_xml(str(part.findtext("subElementType")), part) for part in parts}
        return cls(
            name=name,
            single=root.findtext("singleInstance") == "true",
            keys=[str(entry.findtext("name")) for entry in entries if entry.findtext("key") == "true"],
            attributes=[str(entry.findtext("name")) for entry in entries],
            subs=subs,
        )

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Metadata:
        """The reverse of ``dataclasses.asdict``."""
        return cls(**{**data, "subs": {name: cls.from_data(sub) for name, sub in data["subs"].items()}})


@dataclass
class Element:
    """An element or sub-element: each attribute has a list of values, all of them text."""

    type: str
    attributes: dict[str, list[str]]
    subs: list[Element] = field(default_factory=list)

    @classmethod
    def from_options(cls, element_type: str, attributes: Mapping[str, Any], sub_elements: Mapping[str, Any] | None = None) -> Element:
        """From the options of a task. A mapping, or a list of mappings, among the attributes of a sub-element is a sub-element of its own."""
        plain: dict[str, list[str]] = {}
        nested: dict[str, Any] = dict(sub_elements or {})
        for name, value in attributes.items():
            if isinstance(value, Mapping) or (isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value)):
                nested[name] = value
            else:
                plain[name] = [_text(item) for item in value] if isinstance(value, list) else [_text(value)]
        subs = []
        for name, value in nested.items():
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, Mapping):
                    raise InvalidInput(f"sub-element {name} of {element_type} is neither a mapping nor a list of mappings")
                subs.append(cls.from_options(name, item))
        return cls(element_type, plain, subs)

    @classmethod
    def from_xml(cls, root: Xml) -> Element:
        name = root.findtext("elementType") or root.findtext("subElementType") or ""
        attributes = {str(entry.findtext("name")): [value.text or "" for value in entry.findall("value")] for entry in root.findall("attribute")}
        return cls(name, attributes, [cls.from_xml(sub) for sub in root.findall("subElement")])

    def to_xml(self) -> bytes:
        """The body of a request."""
        root = Xml("configElement")
        self._fill(root, "elementType")
        return tostring(root, encoding="utf-8", xml_declaration=True)

    def _fill(self, root: Xml, tag: str) -> None:
        SubElement(root, tag).text = self.type
        for name, values in self.attributes.items():
            entry = SubElement(root, "attribute")
            SubElement(entry, "name").text = name
            for value in values or [""]:
                SubElement(entry, "value").text = value
        for sub in self.subs:
            sub._fill(SubElement(root, "subElement"), "subElementType")

    def as_data(self) -> dict[str, Any]:
        """For results and diffs: a single value as text, several as a list; sub-elements as lists by type."""
        data: dict[str, Any] = {name: values[0] if len(values) == 1 else values for name, values in self.attributes.items()}
        for sub in self.subs:
            data.setdefault(sub.type, []).append(sub.as_data())
        return data

    def of_type(self, name: str) -> list[Element]:
        """The sub-elements of a type."""
        return [sub for sub in self.subs if sub.type == name]

    def key(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The key attributes that are set."""
        return {name: self.attributes[name] for name in names if name in self.attributes}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "enabled" if value else "disabled"
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Rules:
    """How two elements are compared.

    ``ordered``: whether the order of an attribute's values counts. ``purge``: whether sub-elements that are not asked for are to go. ``sub_keys``: keys
    of sub-element types that the appliance's metadata does not tell. ``write_masked``: whether a value that the appliance shows masked is written again.
    """

    ordered: bool = False
    purge: bool = False
    sub_keys: Mapping[str, list[str]] = field(default_factory=dict)
    write_masked: bool = False


def merge(desired: Element, current: Element, metadata: Metadata | None, rules: Rules) -> Element:
    """The element as it has to be: ``current`` with what ``desired`` gives. Raises ``InvalidInput`` where a sub-element cannot be matched."""
    attributes = dict(current.attributes)
    for name, values in desired.attributes.items():
        if not same(values, current.attributes.get(name), rules):
            attributes[name] = values
    kept = [sub for sub in current.subs if not (rules.purge and sub.type in {wanted.type for wanted in desired.subs})]
    purged = {id(sub): sub for sub in current.subs if sub not in kept}
    for wanted in desired.subs:
        sub_metadata = metadata.subs.get(wanted.type) if metadata else None
        keys = (sub_metadata.keys if sub_metadata else None) or list(rules.sub_keys.get(wanted.type, []))
        found = _match(wanted, current.of_type(wanted.type), keys, desired.type, rules)
        if found is None:
            kept.append(wanted)
        else:
            purged.pop(id(found), None)
            kept = [sub for sub in kept if sub is not found]
            kept.append(merge(wanted, found, sub_metadata, rules))
    return Element(current.type, attributes, kept)


def _match(wanted: Element, candidates: list[Element], keys: list[str], owner: str, rules: Rules) -> Element | None:
    if not keys:
        exact = [sub for sub in candidates if all(same(values, sub.attributes.get(name), rules) for name, values in wanted.attributes.items())]
        if exact or not candidates:
            return exact[0] if exact else None
        raise InvalidInput(
            f"the appliance does not tell by which keys its sub-elements {wanted.type} of {owner} are told apart",
            hint="Name the keys with sub_element_keys.",
        )
    given = wanted.key(keys)
    found = [sub for sub in candidates if all(same(values, sub.attributes.get(name), rules) for name, values in given.items())]
    if len(found) > 1:
        missing = ", ".join(name for name in keys if name not in given)
        raise InvalidInput(f"{len(found)} sub-elements {wanted.type} of {owner} fit: give {missing} too")
    return found[0] if found else None


def same(desired: list[str], current: list[str] | None, rules: Rules) -> bool:
    """Whether an attribute has the values asked for. No value and one empty value are the same."""
    one, other = [value for value in desired if value], [value for value in current or [] if value]
    if not rules.write_masked and len(one) == len(other) == 1 and set(other[0]) <= MASKED:
        return True
    return one == other if rules.ordered else sorted(one) == sorted(other)


def differs(one: Element, other: Element, rules: Rules) -> bool:
    """Whether two whole elements differ in an attribute that both have, or in their sub-elements."""
    if any(not same(values, other.attributes.get(name, []), rules) for name, values in one.attributes.items() if name in other.attributes or any(values)):
        return True
    if sorted(sub.type for sub in one.subs) != sorted(sub.type for sub in other.subs):
        return True
    rest = list(other.subs)
    for sub in one.subs:
        twin = next((candidate for candidate in rest if candidate.type == sub.type and not differs(sub, candidate, rules)), None)
        if twin is None:
            return True
        rest = [candidate for candidate in rest if candidate is not twin]
    return False


def change(target: Element, current: Element, keys: Iterable[str], rules: Rules) -> Element:
    """What to send so that ``current`` becomes ``target``: keys, changed attributes, and all sub-elements of each type that changes.

    All of a type, because the appliance may take the list as a whole or merge it (contract §8.4).
    """
    attributes = {
        name: values for name, values in target.attributes.items() if name in keys or not same(values, current.attributes.get(name), Rules(ordered=True))
    }
    subs: list[Element] = []
    for name in dict.fromkeys([*(sub.type for sub in target.subs), *(sub.type for sub in current.subs)]):
        wanted, found = target.of_type(name), current.of_type(name)
        if differs(Element("", {}, wanted), Element("", {}, found), rules):
            subs.extend(wanted)
    return Element(target.type, attributes, subs)
