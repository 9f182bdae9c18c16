# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes over the wire of the appliance's REST API: the envelope, refusals, request XML (contract §2, §5)."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # builds answers only; requests are parsed by defusedxml
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(Exception):
    """A request that the appliance refuses: HTTP status and the text of ``errorMessage``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class Reply:
    """An answer: what stands in ``data`` (nodes or plain text) and in ``links`` (absolute URLs)."""

    data: str | Sequence[ET.Element] = ()
    links: Sequence[str] = field(default_factory=tuple)
    status: int = 200


def node(tag: str, content: str | Iterable[ET.Element] = "", **attributes: str) -> ET.Element:
    """An XML element with text or children."""
    element = ET.Element(tag, attributes)
    if isinstance(content, str):
        element.text = _NOT_XML.sub("", content) or None
    else:
        element.extend(content)
    return element


def nodes(values: dict[str, str]) -> list[ET.Element]:
    """One text element for each item."""
    return [node(tag, text) for tag, text in values.items()]


def envelope(reply: Reply) -> bytes:
    """The body of a successful answer (contract §5)."""
    return _document(node("data", reply.data), node("messages"), node("links", [node("link", link) for link in reply.links]))


def error_envelope(message: str, nesting: str) -> bytes:
    """The body of a refusal; ``nesting`` is the tag path between ``messages`` and the text."""
    content = node("errorMessage", message)
    for tag in reversed(nesting.split("/")[1:-1]):
        content = node(tag, [content])
    return _document(node("data"), node("messages", [content]), node("links"))


def _document(*parts: ET.Element) -> bytes:
    root = node("response", parts)
    ET.indent(root)
    # ElementTree writes "<data />"; text cannot hold " />", because ">" is escaped there.
    return (DECLARATION + ET.tostring(root, encoding="unicode").replace(" />", "/>") + "\n").encode()


def parse(body: bytes, root: str) -> ET.Element:
    """The request's XML; refused with 400 when it is absent, malformed, has a DTD or another root element."""
    if not body.strip():
        raise Refused(400, "Request body not found")
    try:
        element: ET.Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Refused(400, "Request body must not contain a document type definition") from error
    except (ET.ParseError, ValueError, LookupError) as error:
        raise Refused(400, "Request body is not well-formed XML") from error
    if element.tag != root:
        raise Refused(400, f"Request body must have the root element {root}")
    return element


def text_of(element: ET.Element) -> str:
    """The text of a leaf, without surrounding white space; an element with children is refused."""
    if len(element):
        raise Refused(400, f"Element {element.tag} must not have child elements")
    return (element.text or "").strip()


def children(element: ET.Element, *allowed: str) -> dict[str, list[ET.Element]]:
    """The children by tag; any other tag is refused."""
    found: dict[str, list[ET.Element]] = {tag: [] for tag in allowed}
    for child in element:
        if child.tag not in found:
            raise Refused(400, f"Unexpected element {child.tag} in {element.tag}")
        found[child.tag].append(child)
    return found


def one_text(found: dict[str, list[ET.Element]], tag: str, parent: str, optional: bool = False) -> str:
    """The text of a child that occurs once."""
    if not found[tag] and optional:
        return ""
    if len(found[tag]) != 1:
        raise Refused(400, f"Element {parent} must have exactly one {tag}")
    return text_of(found[tag][0])


def accepts_xml(accept: str | None) -> bool:
    """Whether an Accept header admits ``application/xml`` (contract §2); an absent one does."""
    if not accept or not accept.strip():
        return True
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        refused = any(re.fullmatch(r"q=0(\.0{1,3})?", parameter) for parameter in parameters)
        if media in ("application/xml", "application/*", "*/*") and not refused:
            return True
    return False


def media_type(content_type: str | None) -> str:
    """The media type of a Content-Type header, lower case, without its parameters."""
    return (content_type or "").partition(";")[0].strip().lower()
