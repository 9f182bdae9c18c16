# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed data of the Magento simulator: what members an object has, how input is converted and how output is cast (contract §2.3, §5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._magento_errors import UNSUPPORTED_FIELD, bad_request, required
from ._magento_wire import is_array, items, php_float

SIMPLE_TYPES = ("int", "float", "double", "string", "bool", "boolean")
ANY_TYPE = "mixed"
TRUE_WORDS = ("1", "true", "on", "yes")


@dataclass(frozen=True)
class Member:
    """A member of a data object: its type, whether null is left out of an answer, and whether it can be set."""

    name: str
    type: str
    nullable: bool
    settable: bool


class Interface:
    """A data interface by its PHP name and its members in the order in which answers show them."""

    def __init__(self, php_name: str, members: str) -> None:
        self.php_name = php_name
        self.members: dict[str, Member] = {}
        for declaration in members.split():
            name, _colon, type_ = declaration.partition(":")
            settable = not type_.endswith("!")
            nullable = type_.rstrip("!").endswith("?")
            self.members[name] = Member(name, type_.rstrip("!?"), nullable, settable)
        self.by_accessor = {camel(name): member for name, member in self.members.items()}


INTERFACES: dict[str, Interface] = {}


def declare(name: str, php_name: str, members: str) -> str:
    """Registers a data interface under a short name.

    ``members`` are ``name:type`` pairs; ``?`` behind a type means that null is left out, ``!`` that there is no setter, ``[]`` a list.
    """
    INTERFACES[name] = Interface(php_name, members)
    return name


def camel(name: str) -> str:
    """``page_size`` and ``pageSize`` as in an accessor's name: ``PageSize``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def snake(name: str) -> str:
    """``attributeSetId`` as ``attribute_set_id``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def lower_camel(name: str) -> str:
    accessor = camel(name)
    return accessor[:1].lower() + accessor[1:]


class ConversionError(Exception):
    """A value of the wrong type; the message is finished text."""


@dataclass
class Limits:
    """The input limits of contract §6.1; None where they are off."""

    page_size: int | None = None
    default_page_size: int | None = None
    list_size: int | None = None


class Converter:
    """Converts request data to typed data, refusing what the service refuses (contract §2.3, §5).

    ``attribute_type`` gives the type of a custom attribute of an interface, ``mixed`` if there is none.
    """

    def __init__(self, old_texts: bool, limits: Limits, attribute_type: Callable[[str, str], str]) -> None:
        self.old_texts, self.limits, self.attribute_type = old_texts, limits, attribute_type

    def argument(self, value: Any, type_: str) -> Any:
        """A service method's argument.

        :raises WebapiError: 400 with the text of contract §5.
        """
        try:
            return self.convert(value, type_)
        except ConversionError as error:
            raise bad_request(str(error)) from error

    def convert(self, value: Any, type_: str) -> Any:
        is_list = type_.endswith("[]")
        if is_list and isinstance(value, dict) and value.get("item") is not None:
            value = _without_item_node(value["item"])
        item_type = type_[:-2] if is_list else type_
        if item_type in SIMPLE_TYPES or item_type == ANY_TYPE:
            return self._simple(value, item_type, is_list)
        if type_ == "array":
            return value
        if not is_list:
            return self._object(value, INTERFACES[type_], type_)
        if not is_array(value):
            raise bad_request("Not all parameters valid.")
        interface = INTERFACES[item_type]
        if self.limits.list_size is not None and len(value) > self.limits.list_size:
            raise bad_request('Maximum items of type "%type" is %max', parameters={"type": "\\" + interface.php_name, "max": self.limits.list_size})
        return [self._object(item, interface, item_type) for _key, item in items(value)]

    def _simple(self, value: Any, type_: str, is_list: bool) -> Any:
        if is_list and is_array(value):
            return [_cast(item, type_) for _key, item in items(value)]
        if value is None or (type_ == ANY_TYPE and not is_list):
            return value
        declared = type_ + ("[]" if is_list else "")
        if is_list or is_array(value):
            if type_ == ANY_TYPE:
                return value
            raise self._wrong(_php_type(value), declared)
        if type_ in ("int", "float") and not _is_numeric(value):
            raise self._wrong(php_string(value), declared)
        return _cast(value, type_)

    def _wrong(self, value: str, type_: str) -> ConversionError:
        if self.old_texts:
            return ConversionError(f'Invalid type for value: "{value}". Expected Type: "{type_}".')
        return ConversionError(f'The "{value}" value\'s type is invalid. The "{type_}" type was expected. Verify and try again.')

    def _object(self, data: Any, interface: Interface, name: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in items(data) if is_array(data) else []:
            member = interface.by_accessor.get(camel(str(key)))
            if member is None or (not member.settable and value):
                raise bad_request(UNSUPPORTED_FIELD, parameters={"fieldName": camel(str(key))})
            if not member.settable:
                continue
            try:
                if member.name == "custom_attributes":
                    result[member.name] = self._custom_attributes(value, name)
                else:
                    result[member.name] = self.convert(value, member.type)
            except ConversionError as error:
                raise ConversionError(f'Error occurred during "{key}" processing. {error}') from error
            self._check_value(name, member.name, result[member.name])
        if name == "SearchCriteria" and result.get("page_size") is None and self.limits.default_page_size is not None:
            result["page_size"] = self.limits.default_page_size
        return result

    def _check_value(self, interface: str, member: str, value: Any) -> None:
        if (interface, member) == ("SearchCriteria", "page_size") and self.limits.page_size is not None and (value or 0) > self.limits.page_size:
            raise bad_request("Maximum SearchCriteria pageSize is %max", parameters={"max": self.limits.page_size})
        if (interface, member) == ("SortOrder", "direction") and str(value or "").upper() not in ("ASC", "DESC"):
            raise bad_request("The sort order has to be specified as %1 for ascending order or %2 for descending order.", parameters=["ASC", "DESC"])

    def _custom_attributes(self, value: Any, interface: str) -> list[dict[str, Any]]:
        result: dict[str, dict[str, Any]] = {}
        for key, given in items(value) if is_array(value) else []:
            pair = given if isinstance(given, dict) else {"attribute_code": key, "value": given}
            code = pair.get("attribute_code") if pair.get("attribute_code") is not None else pair.get("attributeCode")
            if not code and pair.get("value") is None:
                raise ConversionError("An empty custom attribute is specified. Enter the attribute and try again.")
            if not code:
                raise ConversionError("A custom attribute is specified with a missing attribute code. Verify the code and try again.")
            if "value" not in pair:
                raise ConversionError(f'The "{code}" attribute code doesn\'t have a value set. Enter the value and try again.')
            try:
                converted = self.convert(pair["value"], self.attribute_type(interface, str(code)))
            except ConversionError as error:
                raise ConversionError(f'Attribute "{code}" has invalid value. {error}') from error
            result[str(code)] = {"attribute_code": str(code), "value": converted}
        return list(result.values())


def arguments(converter: Converter, parameters: Any, data: dict[Any, Any]) -> dict[str, Any]:
    """The arguments of a service method from request data; null counts as missing (contract §2.3, §3.2).

    :raises WebapiError: 400 REQ or MULTI for what is missing, or a wrong type.
    """
    result: dict[str, Any] = {}
    missing = []
    for parameter in parameters:
        value = data.get(parameter.name)
        if value is None:
            value = data.get(snake(parameter.name))
        if value is not None:
            result[snake(parameter.name)] = converter.argument(value, parameter.type)
        elif parameter.is_required:
            missing.append(parameter.name)
        else:
            result[snake(parameter.name)] = parameter.default
    if missing:
        raise required(*missing)
    return result


def build(value: Any, type_: str) -> Any:
    """A service's result in the documented types and the order of its members."""
    if value is None:
        return None
    if type_.endswith("[]"):
        return [build(item, type_[:-2]) for _key, item in items(value)] if is_array(value) else value
    if type_ not in INTERFACES:
        return _output_cast(value, type_)
    result = {}
    for name, member in INTERFACES[type_].members.items():
        part = value.get(name)
        if (part is None and member.nullable) or (name == "custom_attributes" and not part):
            continue
        result[name] = build(part, member.type)
    return result


def _output_cast(value: Any, type_: str) -> Any:
    if is_array(value) or type_ in (ANY_TYPE, "array", "bool|int"):
        return value
    if type_ == "int":
        return int(float(value or 0))
    if type_ in ("float", "double"):
        return float(value or 0)
    if type_ == "string":
        return php_string(value)
    if type_ in ("bool", "boolean"):
        return value not in (False, 0, "", "0", 0.0)
    return value


def php_string(value: Any) -> str:
    """``(string)`` of a scalar."""
    if isinstance(value, bool) or value is None:
        return "1" if value else ""
    return php_float(value, 14) if isinstance(value, float) else str(value)


def _php_type(value: Any) -> str:
    if is_array(value):
        return "array"
    return {bool: "boolean", int: "integer", float: "double", str: "string"}[type(value)]


def _is_numeric(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", value, re.ASCII))
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cast(value: Any, type_: str) -> Any:
    """``settype`` to a simple type."""
    if type_ in ("bool", "boolean"):
        return php_string(value).strip().lower() in TRUE_WORDS if not is_array(value) else False
    if type_ == "string":
        return "Array" if is_array(value) else php_string(value)
    if is_array(value):
        return int(bool(value))
    if isinstance(value, str):
        match = re.match(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", value, re.ASCII)
        value = float(match[0]) if match else 0
    return int(value or 0) if type_ == "int" else float(value or 0)


def _without_item_node(value: Any) -> Any:
    if not is_array(value):
        return [value]
    return [value] if isinstance(value, dict) and list(value) != [str(i) for i in range(len(value))] else value
