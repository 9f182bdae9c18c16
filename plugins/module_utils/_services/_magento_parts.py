# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Parts of entities that have routes of their own: options of an attribute, attributes of an attribute set (contract §6.2).

Missing ones are added one by one; what is there and not given stays, because removing it would take values away from products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_entities import Entities, option_labels
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import ATTRIBUTE_SETS, ATTRIBUTES
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import Filter, Search

FIRST_GROUP = "product-details"


class Part:
    """The entries of one member of an entity. ``CREATED`` says whether a creation takes them along."""

    MEMBER = ""
    KEY = ""
    CREATED = False

    def __init__(self, entities: Entities) -> None:
        self._entities = entities
        self._magento = entities.magento

    def entries(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The wanted entries, each a mapping; text stands for one with nothing but its key. Raises ``InvalidInput``."""
        found = []
        for entry in wanted.get(self.MEMBER) or []:
            entry = entry if isinstance(entry, dict) else {self.KEY: str(entry)}
            if not str(entry.get(self.KEY) or "").strip():
                raise InvalidInput(f"an entry of {self.MEMBER} has no {self.KEY}")
            found.append(entry)
        return found

    def missing(self, wanted: Mapping[str, Any], before: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The wanted entries that are not there."""
        entries = self.entries(wanted)
        there = self.there(before) if entries else set()
        return [entry for entry in entries if self.name(entry) not in there]

    def name(self, entry: Mapping[str, Any]) -> str:
        """What tells an entry from others."""
        return str(entry[self.KEY]).strip().casefold()

    def label(self, entry: Mapping[str, Any]) -> str:
        """An entry as a path."""
        return f"{self.MEMBER}.{entry[self.KEY]}"

    def there(self, before: Mapping[str, Any]) -> set[str]:
        """The names of the entries that are there."""
        raise NotImplementedError

    def add(self, entry: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        """Adds an entry."""
        raise NotImplementedError


class Options(Part):
    """Options of a product attribute; the shop shows their labels and numbers, and compares labels without regard to case."""

    MEMBER = "options"
    KEY = "label"
    CREATED = True

    def there(self, before: Mapping[str, Any]) -> set[str]:
        return set(option_labels(before.get(self.MEMBER)))

    def add(self, entry: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        self._magento.send("POST", f"{self._entities.route(self._entities.resource.item, before)}/options", {"option": dict(entry)})


class SetAttributes(Part):
    """Attributes of an attribute set, each in one of its groups; a value whose attribute is not in the set of a product is dropped."""

    MEMBER = "attributes"
    KEY = "attribute_code"

    def there(self, before: Mapping[str, Any]) -> set[str]:
        route = self._entities.route(self._entities.resource.item, before)
        found = self._magento.get(f"{route}/attributes", {"fields": self.KEY})
        return {self.name(entry) for entry in found or []}

    def add(self, entry: Mapping[str, Any], before: Mapping[str, Any]) -> None:
        number = before[self._entities.resource.number]
        body = {
            "attributeSetId": number,
            "attributeGroupId": self._group(number, entry.get("group")),
            "attributeCode": entry[self.KEY],
            "sortOrder": entry.get("sort_order") or 0,
        }
        self._magento.send("POST", f"{ATTRIBUTE_SETS}/attributes", body)

    def _group(self, number: Any, wanted: Any) -> Any:
        """The number of the group with this name or code; the one for details where none is given."""
        search = Search([[Filter("attribute_set_id", number)]])
        groups = self._magento.rows(f"{ATTRIBUTE_SETS}/groups/list", search, max_pages=1).items
        name = str(wanted or FIRST_GROUP).casefold()
        for group in groups:
            extension = group.get("extension_attributes")
            code = extension.get("attribute_group_code") if isinstance(extension, dict) else ""
            if name in (str(group.get("attribute_group_name")).casefold(), str(code).casefold()):
                return group["attribute_group_id"]
        if groups and not wanted:
            return groups[0]["attribute_group_id"]
        names = ", ".join(str(group.get("attribute_group_name")) for group in groups)
        raise NotFound(f"the attribute set has no group {wanted!r}", service=self._magento.session.flow.TITLE, hint=f"It has {names or 'none'}.")


_PARTS: dict[str, type[Part]] = {ATTRIBUTES: Options, ATTRIBUTE_SETS: SetAttributes}


def part_of(entities: Entities) -> Part | None:
    """The part of a resource that has a route of its own, if it has one."""
    kind = _PARTS.get(entities.resource.endpoint)
    return kind(entities) if kind else None


def labels(part: Part | None, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Entries as paths."""
    return [part.label(entry) for entry in entries] if part else []
