# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Configuration elements of the appliance: their XML, and what differs between two of them (contract §8)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import Element as Xml
from xml.etree.ElementTree import SubElement, tostring

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import MASK

MASKED = re.compile(r"\*{4,}")
"""How a secret is shown. One asterisk alone is a value: it stands for all addresses and realms."""
SECRET = re.compile("(?:password|secret|passphrase)$")
VOLATILE = ("last-modified-by", "last-modified-date")
"""Attributes that say who changed an element and when: they are no part of it (contract §8.1)."""


@dataclass
class Metadata:
    """What the appliance tells of an element type (contract §8.6); ``subs`` are its sub-element types, empty where it tells nothing of them."""

    name: str
    single: bool
    keys: list[str]
    attributes: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    subs: dict[str, Metadata] = field(default_factory=dict)

    @classmethod
    def from_xml(cls, name: str, root: Xml) -> Metadata:
        """From the answer's ``data``, or from a part of it that describes a sub-element."""
        entries = [entry for entry in root.findall("attributeMetadata") if entry.findtext("name")]
        return cls(
            name=name,
            single=root.findtext("singleInstance") == "true",
            keys=[str(entry.findtext("name")) for entry in entries if entry.findtext("key") == "true"],
            attributes=[str(entry.findtext("name")) for entry in entries],
            secrets=[str(entry.findtext("name")) for entry in entries if entry.findtext("valueType") == "password"],
            subs={sub: cls.from_xml(sub, part) for sub, part in _parts(root)},
        )

    def key(self, element: Element) -> dict[str, list[str]]:
        """The key of an element of this type. Raises ``InvalidInput`` if there is not all of it."""
        missing = [name for name in self.keys if name not in element.attributes]
        if missing:
            raise InvalidInput(f"{self.name} needs its key attributes {', '.join(missing)}", hint=f"Its keys are {', '.join(self.keys)}.")
        return element.key(self.keys)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Metadata:
        """The reverse of ``dataclasses.asdict``."""
        return cls(**{**data, "subs": {name: cls.from_data(sub) for name, sub in data["subs"].items()}})


def _parts(root: Xml) -> Iterator[tuple[str, Xml]]:
    """The descriptions of sub-elements, whatever tag is around them, without those within them."""
    for child in root:
        name = child.findtext("subElementType")
        if name and child.find("attributeMetadata") is not None:
            yield name, child
        else:
            yield from _parts(child)


@dataclass
class Element:
    """An element or sub-element: each attribute has a list of values, all of them text. ``given`` are the sub-element types that a task names."""

    type: str
    attributes: dict[str, list[str]]
    subs: list[Element] = field(default_factory=list)
    given: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_options(cls, element_type: str, attributes: Mapping[str, Any], sub_elements: Mapping[str, Any] | None = None) -> Element:
        """From the options of a task. A mapping, or a list of mappings, among the attributes of a sub-element is a sub-element of its own.

        Raises ``InvalidInput`` for what is neither.
        """
        plain: dict[str, list[str]] = {}
        nested: dict[str, Any] = dict(sub_elements or {})
        for name, value in attributes.items():
            if isinstance(value, Mapping) or (isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value)):
                nested[name] = value
                continue
            values = value if isinstance(value, list) else [value]
            if any(isinstance(item, (Mapping, list)) for item in values):
                raise InvalidInput(f"attribute {name} of {element_type} is neither a value nor a list of values")
            plain[name] = [_text(item) for item in values]
        subs = []
        for name, value in nested.items():
            for item in value if isinstance(value, list) else [value]:
                if not isinstance(item, Mapping):
                    raise InvalidInput(f"sub-element {name} of {element_type} is neither a mapping nor a list of mappings")
                subs.append(cls.from_options(name, item))
        return cls(element_type, plain, subs, tuple(nested))

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
            if name in VOLATILE:
                continue
            entry = SubElement(root, "attribute")
            SubElement(entry, "name").text = name
            for value in values or [""]:
                SubElement(entry, "value").text = value
        for sub in self.subs:
            sub._fill(SubElement(root, "subElement"), "subElementType")

    def as_data(self, metadata: Metadata | None = None) -> dict[str, Any]:
        """For results and diffs: a single value as text, several as a list; sub-elements as lists by type. Secrets are masked."""
        data: dict[str, Any] = {}
        for name, values in self.attributes.items():
            secret = (metadata is not None and name in metadata.secrets) or SECRET.search(name)
            shown = [MASK if secret and value else value for value in values]
            data[name] = shown[0] if len(shown) == 1 else shown
        for sub in self.subs:
            data.setdefault(sub.type, []).append(sub.as_data(metadata.subs.get(sub.type) if metadata else None))
        return data

    def of_type(self, name: str) -> list[Element]:
        """The sub-elements of a type."""
        return [sub for sub in self.subs if sub.type == name]

    def key(self, names: Iterable[str]) -> dict[str, list[str]]:
        """The key attributes that are set."""
        return {name: self.attributes[name] for name in names if name in self.attributes}

    def size(self) -> int:
        """How many sub-elements there are, on all levels."""
        return sum(1 + sub.size() for sub in self.subs)

    def masked(self) -> list[str]:
        """The attributes whose value is only a mask, each after the types of the sub-elements that it is in."""
        own = [name for name, values in self.attributes.items() if is_masked(values)]
        return own + [f"{sub.type} {name}" for sub in self.subs for name in sub.masked()]


def is_masked(values: Iterable[str] | None) -> bool:
    """Whether these values only say that there is a secret."""
    return any(MASKED.fullmatch(value) for value in values or ())


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "enabled" if value else "disabled"
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Rules:
    """How two elements are compared.

    ``ordered``: whether the order of an attribute's values counts. ``purge``: whether sub-elements that are not asked for are to go. ``sub_keys``: keys
    of sub-element types that the appliance's metadata does not tell; none for one that is there once at most. ``write_masked``: whether a value that the
    appliance shows masked is written again.
    """

    ordered: bool = False
    purge: bool = False
    sub_keys: Mapping[str, list[str]] = field(default_factory=dict)
    write_masked: bool = False

    @property
    def exact(self) -> Rules:
        """For two whole elements, one of which was made from the other by these rules."""
        return replace(self, ordered=True)


EXACT = Rules(ordered=True)


def merge(desired: Element, current: Element, metadata: Metadata | None, rules: Rules) -> Element:
    """The element as it has to be: ``current`` with what ``desired`` gives. Raises ``InvalidInput`` where a sub-element cannot be matched."""
    attributes = dict(current.attributes)
    for name, values in desired.attributes.items():
        # What is masked is given with its value, in case it has to be sent along with something else.
        if is_masked(current.attributes.get(name)) or not same(values, current.attributes.get(name), rules):
            attributes[name] = values
    merged: dict[int, Element] = {}
    new = []
    for wanted in desired.subs:
        sub_metadata = metadata.subs.get(wanted.type) if metadata else None
        found = _match(wanted, current.of_type(wanted.type), sub_metadata, desired.type, rules)
        if found is None:
            new.append(wanted)
        elif id(found) in merged:
            raise InvalidInput(f"two of the given sub-elements {wanted.type} of {desired.type} are the same one")
        else:
            merged[id(found)] = merge(wanted, found, sub_metadata, rules)
    kept = [merged.get(id(sub), sub) for sub in current.subs if id(sub) in merged or not (rules.purge and sub.type in desired.given)]
    return Element(current.type, attributes, kept + new)


def _match(wanted: Element, candidates: list[Element], metadata: Metadata | None, owner: str, rules: Rules) -> Element | None:
    keys = (metadata.keys if metadata else []) or list(rules.sub_keys.get(wanted.type, []))
    if not keys:
        if (metadata is not None and metadata.single) or wanted.type in rules.sub_keys:
            return candidates[0] if candidates else None
        exact = [sub for sub in candidates if all(same(values, sub.attributes.get(name), rules) for name, values in wanted.attributes.items())]
        if exact or not candidates:
            return exact[0] if exact else None
        raise InvalidInput(
            f"the appliance does not tell by which keys its sub-elements {wanted.type} of {owner} are told apart",
            hint="Name the keys with sub_element_keys.",
        )
    given = wanted.key(keys)
    found = [sub for sub in candidates if all(same(values, sub.attributes.get(name), Rules(write_masked=True)) for name, values in given.items())]
    if len(found) > 1:
        missing = ", ".join(name for name in keys if name not in given)
        raise InvalidInput(f"{len(found)} sub-elements {wanted.type} of {owner} fit: give {missing} too")
    return found[0] if found else None


def unmasked(element: Element, source: Element, metadata: Metadata | None, rules: Rules) -> Element:
    """The element with those of its secrets that another state of it has in plain text."""
    attributes = {name: source.attributes.get(name, values) if is_masked(values) else values for name, values in element.attributes.items()}
    subs = []
    for sub in element.subs:
        sub_metadata = metadata.subs.get(sub.type) if metadata else None
        found = _match(sub, source.of_type(sub.type), sub_metadata, element.type, rules)
        subs.append(unmasked(sub, found, sub_metadata, rules) if found else sub)
    return Element(element.type, attributes, subs)


def same(desired: Iterable[str], current: Iterable[str] | None, rules: Rules) -> bool:
    """Whether an attribute has the values asked for. No value and one empty value are the same, and so are a secret and its mask."""
    one, other = [value for value in desired if value], [value for value in current or () if value]
    if not rules.write_masked and one and other and (is_masked(one) or is_masked(other)):
        return True
    return one == other if rules.ordered else sorted(one) == sorted(other)


def differs(one: Element, other: Element, rules: Rules) -> bool:
    """Whether two whole elements differ in an attribute or in their sub-elements, whose order does not count."""
    names = {*one.attributes, *other.attributes}.difference(VOLATILE)
    if not all(same(one.attributes.get(name, ()), other.attributes.get(name), rules) for name in names):
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
    attributes = {name: values for name, values in target.attributes.items() if name in keys or not same(values, current.attributes.get(name), rules.exact)}
    subs: list[Element] = []
    for name in dict.fromkeys([*(sub.type for sub in target.subs), *(sub.type for sub in current.subs)]):
        wanted, found = target.of_type(name), current.of_type(name)
        if differs(Element("", {}, wanted), Element("", {}, found), rules.exact):
            subs.extend(wanted)
    return Element(target.type, attributes, subs)
