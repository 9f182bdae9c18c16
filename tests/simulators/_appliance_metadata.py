# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Element types with their attributes: what they accept, and how metadata and template show them (contract §8.6 to §8.8)."""

from __future__ import annotations

import ipaddress
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ._appliance_wire import node, nodes

ANY_NUMBER = 999999999
MASKED = "********"
"""How a password attribute is shown; the value itself never leaves the system (INFERRED from the command line's ``show``)."""

_PATTERNS = {
    "name": re.compile(r"[A-Za-z0-9_][A-Za-z0-9._:\-]{0,127}"),
    "token": re.compile(r"\S{1,1024}"),
    "mac": re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"),
    "time": re.compile(r"\d{4}"),
}


@dataclass(frozen=True)
class Attribute:
    """One attribute of an element type.

    ``kind`` is string, password, name, token (no white space), mac, time, enumeration, numeric, address, network or flow
    (``address[/bits][:port[/bits]]``). ``refers`` names the element type that the value points at.
    """

    name: str
    kind: str = "string"
    default: str = ""
    key: bool = False
    required: bool = False
    multiple: bool = False
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = ANY_NUMBER
    refers: str = ""
    help: str = ""
    description: str = ""

    def problem(self, values: list[str]) -> str:
        """Why these values are refused; empty if they are not. No value stands for the empty one."""
        if len(values) > 1 and not self.multiple:
            return f"Attribute {self.name} takes a single value"
        if not values and (self.required or (self.kind in ("enumeration", "numeric") and "" not in self.choices and self.default)):
            return f"Attribute {self.name} must not be empty"
        for value in values:
            if not self._fits(value):
                return f"Invalid value for attribute {self.name}"
        return ""

    def normal(self, value: str) -> str:
        """The value as the system keeps it: numbers lose leading zeros."""
        return str(int(value)) if self.kind == "numeric" and re.fullmatch(r"-?[0-9]{1,10}", value) else value

    def _fits(self, value: str) -> bool:
        if self.kind == "enumeration":
            return value in self.choices
        if self.kind == "numeric":
            return bool(re.fullmatch(r"-?[0-9]{1,10}", value)) and self.minimum <= int(value) <= self.maximum
        if self.kind in _PATTERNS:
            return bool(_PATTERNS[self.kind].fullmatch(value))
        if self.kind == "address":
            return _is_address(value)
        if self.kind == "network":
            return _is_network(value)
        if self.kind == "flow":
            return _is_flow(value)
        return len(value) <= 1024

    @cached_property
    def empty(self) -> list[str]:
        """The values of an instance that does not set the attribute."""
        return [self.default] if self.default else []

    def metadata(self) -> ET.Element:
        """``attributeMetadata``: the first five tags are documented, the rest is INFERRED."""
        shown = {
            "name": self.name,
            "help": self.help or self.name.replace("-", " "),
            "descriptions": self.description or self.help or self.name.replace("-", " "),
            "required": _truth(self.required),
            "key": _truth(self.key),
            "valueType": self.kind,
            "defaultValue": self.default,
            "multiple": _truth(self.multiple),
        }
        if self.kind == "numeric":
            shown.update(minValue=str(self.minimum), maxValue=str(self.maximum))
        found = nodes(shown)
        if self.choices:
            found.append(node("enumeratedValues", [node("value", choice) for choice in self.choices]))
        if self.refers:
            found.append(node("referredElementType", self.refers))
        return node("attributeMetadata", found)


@dataclass(frozen=True)
class ElementType:
    """An element type, or a sub-element type of one. A ``mandatory`` sub-element stands in the parent's plain template."""

    name: str
    description: str
    attributes: tuple[Attribute, ...]
    sub_types: tuple[ElementType, ...] = ()
    single: bool = False
    mandatory: bool = False
    stored: str = ""
    """The name in the stores, where it differs from the shown one."""

    @cached_property
    def by_name(self) -> dict[str, Attribute]:
        return {attribute.name: attribute for attribute in self.attributes}

    @cached_property
    def keys(self) -> tuple[Attribute, ...]:
        return tuple(attribute for attribute in self.attributes if attribute.key)

    @property
    def store_name(self) -> str:
        return self.stored or self.name

    def sub_type(self, path: str) -> ElementType | None:
        """The sub-element type at a slash-separated path."""
        found: ElementType | None = self
        for name in path.split("/"):
            found = next((sub for sub in found.sub_types if sub.name == name), None) if found else None
        return found

    def metadata(self, with_sub_types: bool) -> list[ET.Element]:
        """Content of ``data`` for ``elementTypes/metadata``; sub-element types are nested under a tag of their own (INFERRED)."""
        found = [node("elementType", self.name), node("singleInstance", _truth(self.single))]
        return found + self._metadata(with_sub_types)

    def _metadata(self, with_sub_types: bool) -> list[ET.Element]:
        found = [attribute.metadata() for attribute in self.attributes]
        for sub in self.sub_types if with_sub_types else ():
            about = nodes({"subElementType": sub.name, "singleInstance": _truth(sub.single), "required": _truth(sub.mandatory)})
            found.append(node("subElementMetadata", about + sub._metadata(True)))
        return found

    def listed(self) -> ET.Element:
        """The type's entry in ``elementTypes``."""
        content = nodes({"name": self.name, "description": self.description})
        return node("elementType", content, single="true") if self.single else node("elementType", content)

    def template(self, paths: Iterable[str], plain: bool) -> ET.Element:
        """A ``configElement`` with default values: with all attributes if ``plain``, and with the sub-elements at ``paths``."""
        return node("configElement", [node("elementType", self.name), *self._template(list(paths), plain)])

    def _template(self, paths: list[str], plain: bool) -> list[ET.Element]:
        content = [attribute_node(attribute.name, attribute.empty) for attribute in self.attributes] if plain else []
        for sub in self.sub_types:
            below = [path[len(sub.name) + 1 :] for path in paths if path.startswith(sub.name + "/")]
            if sub.name in paths or below or (plain and sub.mandatory):
                whole = sub.name in paths or plain
                content.append(node("subElement", [node("subElementType", sub.name), *sub._template(below, whole)]))
        return content


def attribute_node(name: str, values: list[str]) -> ET.Element:
    """``attribute`` with one ``value`` a value, and one empty ``value`` if there is none (contract §8.1)."""
    return node("attribute", [node("name", name), *(node("value", value) for value in values or [""])])


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_interface(value)
    except ValueError:
        return False
    return True


def _is_flow(value: str) -> bool:
    match = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?:/(\d{1,3}))?(?::(\d{1,5})(?:/(\d{1,2}))?)?", value)
    if not match:
        return False
    address, bits, port, port_bits = match[1] or match[2], match[3], match[4], match[5]
    if not _is_network(f"{address}/{bits}" if bits else address):
        return False
    return int(port or 0) <= 65535 and int(port_bits or 0) <= 16


def text(names: str, **settings: object) -> list[Attribute]:
    """String attributes; ``names`` is a list of ``name`` or ``name=default`` separated by blanks."""
    return [Attribute(name, default=default, **settings) for name, default in _pairs(names)]  # type: ignore[arg-type]


def toggles(names: str) -> list[Attribute]:
    """Attributes that are enabled or disabled."""
    return [Attribute(name, "enumeration", default or "disabled", choices=("enabled", "disabled")) for name, default in _pairs(names)]


def numbers(names: str, minimum: int = 0, maximum: int = ANY_NUMBER, **settings: object) -> list[Attribute]:
    """Whole numbers in a range."""
    found = []
    for name, default in _pairs(names):
        found.append(Attribute(name, "numeric", default, minimum=minimum, maximum=maximum, **settings))  # type: ignore[arg-type]
    return found


def choice(name: str, choices: str, **settings: object) -> list[Attribute]:
    """An enumeration: ``choices`` separated by ``|``, the first is the default (an empty one admits no value)."""
    options = tuple(choices.split("|"))
    return [Attribute(name, "enumeration", options[0], choices=options, **settings)]  # type: ignore[arg-type]


def element_type(name: str, description: str, *attributes: list[Attribute], **settings: object) -> ElementType:
    """An element type from groups of attributes."""
    return ElementType(name, description, tuple(one for group in attributes for one in group), **settings)  # type: ignore[arg-type]


def _pairs(names: str) -> list[tuple[str, str]]:
    found = []
    for word in names.split():
        name, _equals, default = word.partition("=")
        found.append((name, default))
    return found
