# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""XML to plain data and back; documents with a DTD are refused."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

try:
    import defusedxml.ElementTree as defused
    from defusedxml.common import DefusedXmlException

    HAS_DEFUSEDXML = True
except ImportError:
    HAS_DEFUSEDXML = False

from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput

_NAME = re.compile(r"(?:\{[^{}<>]*\})?[A-Za-z_][A-Za-z0-9_.-]*")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(content: bytes) -> Element:
    """The root element. Raises ``BadAnswer`` for anything that is not well-formed XML without a DTD."""
    if not HAS_DEFUSEDXML:
        raise InvalidInput("the Python package defusedxml is needed to read XML", hint="Install it for the Python that runs this task.")
    try:
        return defused.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise BadAnswer("the XML has a document type or entities, which are refused") from error
    except ParseError as error:
        raise BadAnswer(f"the XML cannot be read ({error})") from error


def to_data(element: Element) -> Any:
    """An element as data: text for a leaf, otherwise a dict of its children, a list where a name repeats; attributes as ``@name``."""
    if not len(element) and not element.attrib:
        return element.text or ""
    data: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    if element.text and element.text.strip():
        data["#text"] = element.text.strip()
    for child in element:
        value = to_data(child)
        if child.tag not in data:
            data[child.tag] = value
        elif isinstance(data[child.tag], list):
            data[child.tag].append(value)
        else:
            data[child.tag] = [data[child.tag], value]
    return data


def from_data(name: str, data: Any) -> bytes:
    """The reverse of ``to_data`` with ``name`` as root element, as UTF-8 with an XML declaration. Raises ``InvalidInput`` for what XML cannot hold."""
    root = Element(_named(name))
    _fill(root, data)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def _fill(element: Element, data: Any) -> None:
    if isinstance(data, dict):
        for name, value in data.items():
            if name.startswith("@"):
                element.set(_named(name[1:]), _text(value))
            elif name == "#text":
                element.text = _text(value)
            else:
                for item in value if isinstance(value, list) else [value]:
                    _fill(SubElement(element, _named(name)), item)
    elif isinstance(data, list):
        for item in data:
            _fill(SubElement(element, "item"), item)
    else:
        element.text = _text(data)


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} is no name for an XML element or attribute")
    return name


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _NO_XML.search(text):
        raise InvalidInput("a text has a control character, which XML cannot hold")
    return text
