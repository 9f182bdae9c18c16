# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Compares what is wanted of an entity with what a Magento shop shows, and makes of both what is sent.

What is wanted is a part: members that are not given do not count. Values are compared as the shop stores them: a number may come back as text with four or
six decimals, a boolean as ``"1"``, a list as text with commas, a date with a time, and what is empty is left out (contract §2.4, §6.2).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import LISTS, ListRule

_STORED_DECIMAL = re.compile(r"-?\d+\.(?:\d{4}|\d{6})")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TRUTH = {"1": True, "true": True, "0": False, "false": False}
_NUMBERED = re.compile(r"_\d+$")
_CANONICAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_PLAIN = ListRule()


def same(wanted: Any, shown: Any) -> bool:
    """Whether two plain values are equal as the shop stores them."""
    if wanted is None or wanted == "" or (wanted is False and shown in (None, "")):
        # What is empty is left out, and so is, in places, what is false.
        return shown in _EMPTY
    if isinstance(wanted, bool) or isinstance(shown, bool):
        truth = _truth(wanted)
        return truth is not None and truth == _truth(shown)
    if isinstance(wanted, (int, float)) or isinstance(shown, (int, float)) or _STORED_DECIMAL.fullmatch(str(shown)):
        one, other = _number(wanted), _number(shown)
        if one is not None and other is not None:
            return one == other
    text = "" if shown is None else str(shown)
    return str(wanted) == text or (bool(_DATE.fullmatch(str(wanted))) and text == f"{wanted} 00:00:00")


def differences(wanted: Any, shown: Any, name: str = "") -> list[str]:
    """The paths of the members that are not as wanted, such as ``custom_attributes.color``; empty if all are."""
    return list(_differences(wanted, shown, name, name))


def _differences(wanted: Any, shown: Any, name: str, path: str) -> Iterator[str]:
    if isinstance(wanted, dict):
        there = shown if isinstance(shown, dict) else {}
        for member, value in wanted.items():
            yield from _differences(value, there.get(member), member, f"{path}.{member}" if path else member)
    elif isinstance(wanted, list):
        yield from _list_differences(wanted, shown, name, path)
    elif not same(wanted, ",".join(str(part) for part in shown) if isinstance(shown, list) and not isinstance(wanted, bool) else shown):
        yield path


def _list_differences(wanted: list[Any], shown: Any, name: str, path: str) -> Iterator[str]:
    rule = LISTS.get(name, _PLAIN)
    entries = _entries(shown)
    if not rule.key:
        if not _same_lists(wanted, entries, rule.unordered):
            yield path
        return
    pairs, rest = matched(wanted, entries, name)
    if rest and not rule.merge:
        yield path
        return
    for entry, found in pairs:
        label = f"{path}.{entry.get('attribute_code')}" if rule.merge else path
        members = [member for member in entry if member not in rule.unread and member not in rule.key]
        if found is None:
            if not (rule.merge and entry.get("value") in _EMPTY):
                yield label
        elif any(_different(entry[member], found.get(member), member) for member in members):
            yield label


def _different(wanted: Any, shown: Any, name: str) -> bool:
    return any(True for _path in _differences(wanted, shown, name, name))


def _same_lists(wanted: list[Any], shown: list[Any], unordered: bool) -> bool:
    if len(wanted) != len(shown):
        return False
    if not unordered:
        return not any(_different(one, other, "") for one, other in zip(wanted, shown))
    left = list(shown)
    for value in wanted:
        place = next((index for index, other in enumerate(left) if not _different(value, other, "")), None)
        if place is None:
            return False
        del left[place]
    return True


def _entries(shown: Any) -> list[Any]:
    """A list as it is shown: itself, or text with commas."""
    if isinstance(shown, list):
        return shown
    return [] if shown in _EMPTY else str(shown).split(",")


def matched(wanted: Sequence[Any], shown: Sequence[Any], name: str) -> tuple[list[tuple[Any, Any]], list[Any]]:
    """Each wanted entry with the one that is there, or None, and the entries that nothing asks for."""
    rule = LISTS.get(name, _PLAIN)
    left = list(shown)
    pairs: list[tuple[Any, Any]] = []
    for entry in wanted:
        place = _place(entry, left, rule)
        pairs.append((entry, left.pop(place) if place is not None else None))
    return pairs, left


def _place(entry: dict[str, Any], entries: list[Any], rule: ListRule) -> int | None:
    for test in _tests(entry, rule):
        place = next((index for index, other in enumerate(entries) if isinstance(other, dict) and test(other)), None)
        if place is not None:
            return place
    return None


def _tests(entry: dict[str, Any], rule: ListRule) -> list[Callable[[dict[str, Any]], bool]]:
    """What tells that another entry is the same one, the surest first."""
    by_id = [member for member in rule.ids if entry.get(member) not in _EMPTY]
    if by_id:
        return [lambda other: all(same(entry[member], other.get(member)) for member in by_id)]
    if "file" in rule.key:
        return [lambda other: _picture(entry) == _picture(other), lambda other: _picture(entry) == _NUMBERED.sub("", _picture(other))]
    return [lambda other: all(_part(entry, member) == _part(other, member) for member in rule.key)]


def _part(entry: Any, member: str) -> str:
    """A part of a key as text; nothing and zero are the same, as the shop takes a missing website or store for 0."""
    for name in member.split("."):
        entry = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(entry, list):
        return "\n".join(str(line) for line in entry)
    # Text with leading zeros is no number but a name.
    number = _number(entry) if _CANONICAL.fullmatch(str(entry)) else None
    if number is not None:
        return "" if number == 0 else format(number.normalize(), "f")
    return "" if entry is None else str(entry).casefold()


def _picture(entry: dict[str, Any]) -> str:
    """The name of a picture's file without folder and ending; the shop adds a number to a name that is taken."""
    content = entry.get("content")
    name = entry.get("file") or (content.get("name") if isinstance(content, dict) else "") or ""
    stem = posixpath.splitext(posixpath.basename(str(name)))[0]
    return re.sub(r"[^a-z0-9_.-]+", "_", stem.lower())


def overlaid(wanted: Any, shown: Any, name: str = "") -> Any:
    """What is shown, with what is wanted on top."""
    if isinstance(wanted, dict):
        if not isinstance(shown, dict):
            return wanted
        return {**shown, **{member: overlaid(value, shown.get(member), member) for member, value in wanted.items()}}
    rule = LISTS.get(name, _PLAIN)
    if not isinstance(wanted, list) or not rule.key:
        return wanted
    pairs, rest = matched(wanted, _entries(shown), name)
    result = [_merged(entry, found, rule) for entry, found in pairs]
    return [*rest, *result] if rule.merge else result


def _merged(entry: dict[str, Any], found: dict[str, Any] | None, rule: ListRule) -> dict[str, Any]:
    if found is None:
        return entry
    kept = {member: value for member, value in entry.items() if member not in rule.unread}
    if "file" in rule.key:
        # The file keeps its name.
        kept.pop("file", None)
    return dict(overlaid(kept, found))


def changed_part(wanted: Any, shown: Any, name: str = "") -> Any:
    """The least of what is wanted that has to be sent: the members that differ, of lists that replace each other all."""
    if isinstance(wanted, dict) and isinstance(shown, dict):
        return {member: changed_part(value, shown.get(member), member) for member, value in wanted.items() if _different(value, shown.get(member), member)}
    rule = LISTS.get(name, _PLAIN)
    if isinstance(wanted, list) and rule.merge:
        pairs, _rest = matched(wanted, _entries(shown), name)
        return [entry for entry, found in pairs if found is None or _different(entry.get("value"), found.get("value"), "value")]
    return overlaid(wanted, shown, name)


def completed(entity: dict[str, Any]) -> dict[str, Any]:
    """What is sent of an entity, with the members of list entries that the shop fails without."""
    return dict(_completed(entity, "", entity))


def _completed(data: Any, name: str, entity: dict[str, Any]) -> Any:
    if isinstance(data, dict):
        return {member: _completed(value, member, entity) for member, value in data.items()}
    rule = LISTS.get(name, _PLAIN)
    if not isinstance(data, list) or not (rule.defaults or rule.inherits):
        return data
    more = {**rule.defaults, **{member: entity[member] for member in rule.inherits if member in entity}}
    return [{**more, **entry} if isinstance(entry, dict) else entry for entry in data]


def shown_part(wanted: Any, shown: Any, name: str = "") -> Any:
    """What is shown of the members that are wanted, for a diff."""
    if isinstance(wanted, dict):
        return {member: shown_part(value, shown.get(member), member) for member, value in wanted.items()} if isinstance(shown, dict) else None
    if isinstance(wanted, list) and LISTS.get(name, _PLAIN).merge:
        pairs, _rest = matched(wanted, _entries(shown), name)
        return [found for _entry, found in pairs if found is not None]
    return shown


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return _TRUTH.get(str(value).strip().lower())


def _number(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
