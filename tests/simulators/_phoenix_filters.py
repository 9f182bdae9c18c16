# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asset-association rules: their validation, when two are the same, and which assets they select (contract §4.3)."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._phoenix_model import Asset

RULE_ASSET_TYPES = ("INFRA", "CONTAINER", "REPOSITORY", "SOURCE_CODE", "BUILD", "WEBSITE_API")
ATTRIBUTES = {
    "providerAccountId": "providerAccountId",
    "providerAccountName": "providerAccountName",
    "resourceGroup": "resourceGroup",
    "hostnames": "hostname",
    "osNames": "os",
    "netbios": "netbios",
    "fqdn": "fqdn",
    "repository": "repository",
}
"""Filter fields that list accepted values of an attribute of the asset."""


class FilterError(Exception):
    """A filter that the service does not take; the text names the field."""


def check_filter(given: Any, keylike_max: int, nested: bool = False) -> dict[str, Any]:
    """The known fields of a rule filter, checked; others are dropped. Raises ``FilterError``."""
    if not isinstance(given, dict):
        raise FilterError("filter must be an object")
    checked: dict[str, Any] = {}
    for field, value in given.items():
        if value is None:
            continue
        if field == "negateFilter":
            if nested:
                raise FilterError("negateFilter cannot contain another negateFilter")
            checked[field] = check_filter(value, keylike_max, nested=True)
        elif field == "keyLike":
            checked[field] = _key_like(value, keylike_max)
        elif field in CHECKS:
            checked[field] = CHECKS[field](field, value)
    if not checked:
        raise FilterError("filter must have at least one condition")
    return checked


def _key_like(value: Any, maximum: int) -> str:
    text = _text("keyLike", value)
    if len(text) > maximum:
        raise FilterError(f"keyLike must not be longer than {maximum} characters")
    if not text.strip("*"):
        raise FilterError("keyLike must contain more than wildcards")
    return text


def _text(field: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise FilterError(f"{field} must be a string")
    return value


def _texts(field: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not value:
        raise FilterError(f"{field} must be a list of strings")
    return [_text(field, item) for item in value]


def _asset_type(field: str, value: Any) -> str:
    if value not in RULE_ASSET_TYPES:
        raise FilterError(f"{field} must be one of {', '.join(RULE_ASSET_TYPES)}")
    return str(value)


def _network(field: str, value: Any) -> str:
    text = _text(field, value)
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise FilterError(f"{field} must be a valid CIDR range") from None
    return text


def _networks(field: str, value: Any) -> list[str]:
    return [_network(field, item) for item in _texts(field, value)]


def _ranges(field: str, value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or not value:
        raise FilterError(f"{field} must be a list of ranges")
    ranges = []
    for item in value:
        if not isinstance(item, dict):
            raise FilterError(f"{field} must have from and to")
        try:
            first, last = (ipaddress.ip_address(_text(field, item.get(end))) for end in ("from", "to"))
        except ValueError:
            raise FilterError(f"{field} must have valid addresses in from and to") from None
        if first.version != last.version or int(first) > int(last):
            raise FilterError(f"{field} must have from before to")
        ranges.append({"from": str(first), "to": str(last)})
    return ranges


def _tags(field: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise FilterError(f"{field} must be a list of tags")
    tags = []
    for item in value:
        if not isinstance(item, dict) or not isinstance(item.get("value"), str) or not item["value"]:
            raise FilterError(f"{field} must have a value in each tag")
        tags.append({"key": item.get("key") or None, "value": item["value"]})
    return tags


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "ids": _texts,
    "tags": _tags,
    "assetType": _asset_type,
    "cidrs": _networks,
    "cidr": _network,
    "ipRanges": _ranges,
    **dict.fromkeys(ATTRIBUTES, _texts),
}


def definition(rule_filter: dict[str, Any]) -> str:
    """What makes two rules the same: the filter, whatever the order of its fields and values (contract §4.3)."""

    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: ordered(item) for key, item in sorted(value.items())}
        if isinstance(value, list):
            return sorted({json.dumps(ordered(item), sort_keys=True) for item in value})
        return value

    return json.dumps(ordered(rule_filter), sort_keys=True)


def rule_matches(rule_filter: dict[str, Any], asset: Asset) -> bool:
    """Whether a rule selects an asset: all its conditions hold and the negated ones do not."""
    if "ids" in rule_filter:
        return asset.id in rule_filter["ids"]
    negated = rule_filter.get("negateFilter")
    if negated is not None and rule_matches(negated, asset):
        return False
    return all(_holds(field, wanted, asset) for field, wanted in rule_filter.items() if field != "negateFilter")


def _holds(field: str, wanted: Any, asset: Asset) -> bool:
    if field == "assetType":
        return bool(asset.type == wanted)
    if field == "keyLike":
        return key_like(wanted, asset.key)
    if field == "tags":
        return any((tag["key"], tag["value"]) in asset.tags for tag in wanted)
    if field in ("cidr", "cidrs"):
        return any(in_network(asset, network) for network in ([wanted] if field == "cidr" else wanted))
    if field == "ipRanges":
        return any(_in_range(asset, item) for item in wanted)
    if field == "repository" and asset.type == "WEBSITE_API":
        return False
    return asset.attributes.get(ATTRIBUTES[field]) in wanted


def key_like(pattern: str, key: str) -> bool:
    """Case-sensitive search in a key; ``*`` stands for anything, also where it is left out at the ends."""
    return re.search(".*".join(re.escape(part) for part in pattern.strip("*").split("*")), key, re.DOTALL) is not None


def _address(asset: Asset) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(asset.attributes.get("ip", ""))
    except ValueError:
        return None


def in_network(asset: Asset, network: str) -> bool:
    address = _address(asset)
    return address is not None and address in ipaddress.ip_network(network, strict=False)


def _in_range(asset: Asset, item: dict[str, str]) -> bool:
    address, first, last = _address(asset), ipaddress.ip_address(item["from"]), ipaddress.ip_address(item["to"])
    return address is not None and address.version == first.version and int(first) <= int(address) <= int(last)
