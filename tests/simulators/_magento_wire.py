# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Magento's wire formats: JSON and XML as PHP writes them, PHP's query strings, content negotiation (contract §2.3, §2.4)."""

from __future__ import annotations

import json
import math
import re
from typing import Any, TypeGuard
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as SafeElementTree

from ._magento_errors import PhpError, WebapiError, bad_request

JSON_TYPE = "application/json"
XML_TYPES = ("application/xml", "application/xhtml+xml", "text/xml")
# The renderers in the order in which the service tries them; the first also serves "*/*".
RENDERERS = (("*/*", "json"), (JSON_TYPE, "json"), ("text/xml", "xml"), ("application/xml", "xml"), ("application/xhtml+xml", "xml"))
MEDIA_TYPE = re.compile(r"^[0-9a-z*+\-]+(?:/[0-9a-z*+\-.]+)?$", re.IGNORECASE)
CONTENT_TYPE = re.compile(r"^([a-z\d/\-+.]+?)(?:; *charset=(.+?))?$", re.IGNORECASE)


def is_array(value: Any) -> TypeGuard[dict[Any, Any] | list[Any]]:
    """Whether PHP would call this an array: a JSON object or list."""
    return isinstance(value, (dict, list))


def items(value: dict[Any, Any] | list[Any]) -> list[tuple[Any, Any]]:
    """Keys and values of a PHP array."""
    return list(value.items()) if isinstance(value, dict) else list(enumerate(value))


def to_json(value: Any) -> str:
    """PHP's ``json_encode`` with its defaults: compact, ``\\/``, ``\\uXXXX``, whole floats without ``.0``, an empty object as ``[]``."""
    if isinstance(value, str):
        return json.dumps(value).replace("/", "\\/")
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, float):
        return php_float(value, 17)
    if isinstance(value, list) or (isinstance(value, dict) and not value):
        return "[" + ",".join(to_json(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{to_json(str(key))}:{to_json(item)}" for key, item in value.items()) + "}"
    return str(value)


def php_float(value: float, precision: int) -> str:
    """A float as PHP prints it: the shortest form (17) or with 14 digits, without a trailing ``.0``, with an exponent where PHP has one."""
    digits = repr(value) if precision == 17 else f"{value:.{precision}g}"
    if not math.isfinite(value):
        raise ValueError("PHP cannot write this number as JSON")
    sign, text = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    mantissa, _e, exponent = text.lower().partition("e")
    if exponent:
        mantissa = mantissa if "." in mantissa else mantissa + ".0"
        return f"{sign}{mantissa}{'e' if precision == 17 else 'E'}{int(exponent):+d}"
    return sign + (mantissa[:-2] if mantissa.endswith(".0") else mantissa)


def to_xml(value: Any) -> str:
    """The XML renderer's document: root ``response``, two blanks of indent, list members ``item`` (contract §2.4)."""
    return '<?xml version="1.0"?>\n' + _element("response", value, 0) + "\n"


def _element(name: str, value: Any, depth: int) -> str:
    indent = "  " * depth
    if not is_array(value):
        return f"{indent}<{name}>{_xml_text(value)}</{name}>"
    children = [("item" if isinstance(value, list) else _tag(str(key)), child) for key, child in items(value)]
    if not children:
        return f"{indent}<{name}/>"
    inner = "\n".join(_element(tag, child, depth + 1) for tag, child in children)
    return f"{indent}<{name}>\n{inner}\n{indent}</{name}>"


def _tag(key: str) -> str:
    """A key as an element name: symbols go, blank and colon become an underscore."""
    key = re.sub(r"[ :]", "_", key)
    key = re.sub(r"[^\w-]", "", key).strip("_")
    return f"item_{key}" if re.match(r"[0-9,.-]", key) else key


def _xml_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = php_float(value, 14) if isinstance(value, float) else str(value)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
    # The document has no encoding, so the XML library writes everything but ASCII as character references.
    return "".join(c if ord(c) < 128 else f"&#x{ord(c):X};" for c in text)


def renderer(accept: str | None) -> str | None:
    """``json`` or ``xml`` for an ``Accept`` header; None if the service has no renderer for it (contract §2.4)."""
    by_quality: dict[float, list[str]] = {}
    for definition in re.split(r",\s*", accept or ""):
        media_type, *parameters = definition.split(";")
        media_type = media_type.strip()
        if MEDIA_TYPE.match(media_type):
            by_quality.setdefault(_quality(parameters), []).append(media_type)
    accepted = [media_type for quality in sorted(by_quality, reverse=True) for media_type in by_quality[quality]]
    for media_type in accepted or ["*/*"]:
        for known, name in RENDERERS:
            if media_type in (known, known.partition("/")[0] + "/*", "*/*"):
                return name
    return None


def _quality(parameters: list[str]) -> float:
    pair = parameters[0].split("=") if parameters else []
    if len(pair) != 2:
        return 1.0
    try:
        return float(pair[1])
    except ValueError:
        return 2.0  # PHP sorts such a text above the numbers.


def body_format(content_type: str | None) -> str:
    """``json`` or ``xml`` for a ``Content-Type``.

    :raises WebapiError: the 400s of contract §2.3.
    """
    if not content_type:
        raise bad_request("Content-Type header is empty.")
    match = CONTENT_TYPE.match(content_type)
    if not match:
        raise bad_request("Content-Type header is invalid.")
    if match[2] is not None and match[2].lower() != "utf-8":
        raise bad_request("UTF-8 is the only supported charset.")
    if match[1] == JSON_TYPE:
        return "json"
    if match[1] in XML_TYPES:
        return "xml"
    raise WebapiError(400, f"Server cannot understand Content-Type HTTP header media type {match[1]}")


def parse_body(body: bytes, content_type: str | None, developer: bool) -> dict[Any, Any] | list[Any]:
    """A request body as a PHP array; an empty body and a bare scalar give an array without the expected keys (contract §2.3).

    :raises WebapiError: 400 for a bad type, charset or syntax.
    """
    if not body:
        return {}
    parse = _parse_json if body_format(content_type) == "json" else _parse_xml
    try:
        value = parse(body)
    except (ValueError, ParseError, DefusedXmlException) as error:
        separator = "rror:\n" if parse is _parse_json else "rror: "
        message = f"Decoding {'e' if parse is _parse_json else 'E'}{separator}{error}" if developer else "Decoding error."
        raise bad_request(message) from error
    if is_array(value):
        return value
    return {} if value is None else [value]


def _parse_json(body: bytes) -> Any:
    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    value = json.loads(body.decode("utf-8"), parse_constant=no_constant)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # A lone surrogate is an error in PHP.
    return value


def _parse_xml(body: bytes) -> Any:
    return _from_xml(SafeElementTree.fromstring(body, forbid_dtd=True))


def _from_xml(element: Element) -> Any:
    """An element as a PHP array: repeated children become a list, an element without children its text, an empty one null."""
    if not len(element) and not element.text:
        return None
    if not len(element):
        return element.text if (element.text or "").strip() else ""
    content: dict[str, Any] = {}
    seen: set[str] = set()
    for child in element:
        name, value = child.tag.rpartition("}")[2], _from_xml(child)
        if child.attrib:
            value = {"_value": value, "_attribute": dict(child.attrib)}
        if content.get(name) is None:
            content[name] = value
        elif name in seen:
            content[name].append(value)
        else:
            content[name] = [content[name], value]
            seen.add(name)
    return content


def parse_query(query: str) -> dict[str, Any]:
    """PHP's reading of a query string: ``a[b][]=c`` builds nested arrays, later values win."""
    result: dict[str, Any] = {}
    for pair in query.split("&"):
        name, _equals, value = pair.partition("=")
        name = unquote_plus(name).lstrip()
        if name:
            _put(result, _keys(name), unquote_plus(value))
    return result


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    keys = [re.sub(r"[ .]", "_", head)]
    if not bracket:
        return keys
    if "]" not in rest:
        return [keys[0] + "_" + rest]
    remaining = "[" + rest
    while remaining.startswith("[") and "]" in remaining:
        key, _close, remaining = remaining[1:].partition("]")
        keys.append(key)
    return keys


def _put(target: dict[str, Any], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        key = key if key != "" else str(_next_index(target))
        if not isinstance(target.get(key), dict):
            target[key] = {}
        target = target[key]
    last = keys[-1] if keys[-1] != "" else str(_next_index(target))
    target[last] = value


def _next_index(target: dict[str, Any]) -> int:
    return max((int(key) + 1 for key in target if key.isdigit()), default=0)


def project(data: Any, fields: str) -> Any:
    """The ``fields`` projection of a result (contract §6.1); a filter that cannot be read gives an empty array."""
    wanted = _field_tree(fields)
    return [] if wanted is None else _apply(data, wanted)


def _field_tree(text: str) -> dict[str, Any] | None:
    if not text or re.search(r"[^\w\[\],]", text, re.ASCII):
        return None
    current: dict[str, Any] = {}
    stack: list[tuple[dict[str, Any], str]] = []
    last = ""
    for token in re.findall(r"[\[\],]|\w+", text, re.ASCII):
        if token == "[":
            stack.append((current, last))
            current = {}
        elif token == "]":
            if not stack:
                return None
            parent, name = stack.pop()
            parent[name] = current
            current = parent
        elif token != ",":
            last = token
            current[token] = 1
    return None if stack else current


def _apply(data: Any, wanted: dict[str, Any]) -> Any:
    if isinstance(data, list) or not data:
        # Without rows the service's loop never sets its result, so it is null.
        return [_intersect(item, wanted) for item in data] or None
    return _intersect(data, wanted)


def _intersect(data: Any, wanted: dict[str, Any]) -> Any:
    if not is_array(data):
        raise PhpError("the projection of a scalar list member is a type error")
    if isinstance(data, list):
        return []
    return {key: _apply(value, wanted[key]) if is_array(value) and isinstance(wanted[key], dict) else value for key, value in data.items() if key in wanted}
