# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Makes an entity of a Magento shop what it is to be: read, compare, write what differs, read back (contract §6.2, §8)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, NotConfirmed, NotFound, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_compare import (
    changed_part,
    completed,
    differences,
    matched,
    overlaid,
    shown_part,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_entities import Entities, entity_from, path_names
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_parts import Part, labels, part_of
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import ALL, CATEGORIES, LISTS, RESOURCES, Resource, known
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import DEFAULT_VIEW, Magento

NONE, CREATE, UPDATE, DELETE = "none", "create", "update", "delete"
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Step:
    """What is to become of one entity. ``wanted`` is what its members are to be, ``missing`` are the entries that its part with a route of its own lacks."""

    wanted: dict[str, Any]
    before: dict[str, Any] | None
    action: str = NONE
    differences: list[str] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)
    after: dict[str, Any] | None = None

    @property
    def changed(self) -> bool:
        return self.action != NONE


def resource_from(params: Mapping[str, Any], route: str) -> Resource:
    """The resource that options describe: a known one, with what they say otherwise. Raises ``InvalidInput``."""
    found = known(route)
    given: dict[str, Any] = {name: params[name] for name in ("envelope",) if params.get(name) is not None}
    if params.get("key"):
        given.update(key=tuple(params["key"]), optional_key=())
    if params.get("id_field"):
        given["number"] = params["id_field"]
    if params.get("search_endpoint"):
        given["listing"] = params["search_endpoint"].strip("/")
    if found is None:
        if not params.get("key"):
            names = ", ".join(name for name, one in RESOURCES.items() if not one.fixed)
            hint = f"Give key (the members of body that name an entity) and envelope. Known are: {names}."
            raise InvalidInput(f"the endpoint {route!r} is not known", hint=hint)
        found = Resource(route, resend=(ALL,), computed=("created_at", "updated_at"), listing=f"{route}/search")
        given.setdefault("number", "" if len(given["key"]) == 1 else "id")
    resource = replace(found, **given)
    if not resource.item and not resource.removal:
        resource = replace(resource, item=f"{route}/{{{resource.number or resource.key[0]}}}" if resource.key or resource.number else "")
    return resource


class Provision:
    """Plans and applies what one task wants of one resource."""

    def __init__(self, magento: Magento, resource: Resource, check_mode: bool = False, warn: Callable[[str], None] = lambda _text: None) -> None:
        if resource.fixed:
            raise InvalidInput(f"{resource.endpoint} cannot be written: {resource.fixed}")
        self.magento = magento
        self.resource = resource
        self.entities = Entities(magento, resource, check_mode)
        self.part = part_of(self.entities)
        self._check_mode = check_mode
        self._warn = warn

    # What is to be done

    def plan(self, body: Mapping[str, Any], state: str) -> Step:
        """Reads the entity and compares. Raises ``InvalidInput``, ``NotFound``, ``Conflict``."""
        wanted = entity_from(body, self.resource)
        before = self.entities.find(wanted)
        if state == "absent":
            if before is None:
                return Step(wanted, None)
            if self.resource.kept:
                raise InvalidInput(f"{self.resource.endpoint} cannot be deleted: {self.resource.kept}")
            return Step(wanted, before, DELETE)
        if not self.resource.envelope:
            raise InvalidInput(
                f"{self.resource.endpoint} need an envelope", hint="It is the member in which a request carries the entity; the shop's schema shows it."
            )
        wanted = self._category_members(wanted) if self.resource.endpoint == CATEGORIES else wanted
        if before is None:
            return self._creation(wanted)
        return self.compared(wanted, before)

    def _creation(self, wanted: dict[str, Any]) -> Step:
        number = self.entities.number_in(wanted)
        if number is not None:
            raise NotFound(
                f"there is no {self.resource.endpoint} with {self.resource.number} {number}",
                service=self.magento.session.flow.TITLE,
                hint="A new one gets its number from the shop: give its key in place of the number.",
            )
        if self.resource.endpoint == CATEGORIES and not self.magento.is_global and not self._check_mode:
            path = "/".join(path_names(wanted["path"]))
            raise NotFound(
                f"there is no category {path!r}",
                service=self.magento.session.flow.TITLE,
                hint="Create it with store: all, and then give it values of a store view.",
            )
        shown = {name: value for name, value in wanted.items() if name != "path" or self.resource.endpoint != CATEGORIES}
        return Step(wanted, None, CREATE, sorted(wanted), after=_without_unread(shown))

    def compared(self, wanted: dict[str, Any], before: dict[str, Any]) -> Step:
        """The step from an entity as it is to what is wanted."""
        plain = self.plain(wanted)
        found = differences(plain, before)
        missing = self.part.missing(wanted, before) if self.part else []
        found += labels(self.part, missing)
        if not found:
            return Step(wanted, before, after=before)
        after = dict(overlaid(plain, before))
        if self.part and missing:
            after[self.part.MEMBER] = [*(before.get(self.part.MEMBER) or []), *missing]
        return Step(wanted, before, UPDATE, found, missing, after)

    def _category_members(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if "path" not in wanted:
            return wanted
        if "parent_id" in wanted:
            raise InvalidInput("parent_id and path are given", hint="The parent is the one in path; a category is moved by PUT categories/<id>/move.")
        name = path_names(wanted["path"])[-1]
        if self.magento.is_global and wanted.get("name", name) != name:
            raise InvalidInput(f"name {wanted['name']!r} is not the last one in path", hint="To rename a category, give its id in place of path.")
        named = {"name": name} if self.magento.is_global else {}
        return {**named, **{member: value for member, value in wanted.items() if member != "path"}, "path": wanted["path"]}

    # Doing it

    def apply(self, step: Step, parameters: Mapping[str, Any]) -> Step:
        """Writes, reads back, and compares again. Raises the errors of the shop, with what was written before; ``NotConfirmed`` if it does not show."""
        if step.action == DELETE and step.before is not None:
            self._delete(step.before)
            return replace(step, after=None)
        written: list[str] = []
        try:
            answer = self._create(step, parameters, written) if step.action == CREATE else self._update(step, written)
            after = self._reread(step, answer)
        except TokenflowError as error:
            if written:
                error.details.update(changed=True, before=step.before, written=written)
            raise
        if after is None:
            raise self._unconfirmed(step, None, "the shop accepted it, but does not show it")
        left = self.compared(step.wanted, after).differences
        if left:
            raise self._unconfirmed(step, after, f"the shop accepted it, but did not store {', '.join(left)} as given")
        if step.action == UPDATE:
            self._warn_of_overrides(step, after)
        return replace(step, after=after)

    def plain(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The members that are compared and sent as they are."""
        apart = {"path"} if self.resource.endpoint == CATEGORIES else {self.part.MEMBER} if self.part else set()
        return {name: value for name, value in wanted.items() if name not in apart}

    def _create(self, step: Step, parameters: Mapping[str, Any], written: list[str]) -> Any:
        later = self.part if self.part and not self.part.CREATED else None
        entity = {name: value for name, value in step.wanted.items() if value is not None and not (later and name == later.MEMBER)}
        if self.resource.endpoint == CATEGORIES:
            names = path_names(entity.pop("path"))
            # The name by which it is found is a global one.
            entity = {"name": names[-1], **entity, "parent_id": self.entities.parent(names)}
        answer = self.magento.send("POST", self.resource.endpoint, {**self._wrapped(entity), **self.resource.beside, **parameters})
        written.append(CREATE)
        if later and step.wanted.get(later.MEMBER):
            self._add(later, self._reread(step, answer) or {}, step, written)
        return answer

    @staticmethod
    def _add(part: Part, entity: Mapping[str, Any], step: Step, written: list[str]) -> None:
        for entry in step.missing or part.missing(step.wanted, entity):
            part.add(entry, entity)
            written.append(part.label(entry))

    def _wrapped(self, entity: dict[str, Any]) -> dict[str, Any]:
        entity = completed(entity)
        return {self.resource.envelope: [entity] if self.resource.as_list else entity}

    def _update(self, step: Step, written: list[str]) -> Any:
        before, answer = step.before or {}, None
        apart = labels(self.part, step.missing)
        plain = [path for path in step.differences if path not in apart]
        if plain:
            body = self._wrapped(self.payload(step.wanted, before))
            if self.resource.upserts:
                answer = self.magento.send("POST", self.resource.endpoint, body)
            else:
                answer = self.magento.send("PUT", self.entities.route(self.resource.update or self.resource.item, before), body)
            written.extend(plain)
        if self.part and step.missing:
            self._add(self.part, before, step, written)
        return answer

    def payload(self, wanted: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        """The entity of a change: what differs, and what must be repeated so that it is not lost."""
        resource = self.resource
        entity = self.plain(wanted)
        resend = () if resource.in_all and not self.magento.is_global else resource.resend
        if ALL in resend:
            sent = overlaid(entity, _writable(before, resource.computed))
        else:
            repeated = {name: before[name] for name in resend if before.get(name) is not None}
            sent = {**repeated, **changed_part(entity, dict(before))}
        _replace_category_links(sent, wanted, before)
        names = [name for name in (resource.number, *resource.key) if name in before and name != "path"]
        return {**{name: before[name] for name in names}, **sent}

    def _delete(self, before: Mapping[str, Any]) -> None:
        if self.resource.removal:
            self.magento.send("POST", self.resource.removal, self._wrapped(dict(before)))
        else:
            self.magento.remove(self.entities.route(self.resource.item, before))

    def _reread(self, step: Step, answer: Any) -> dict[str, Any] | None:
        number = self.resource.number
        if not number:
            return self.entities.find(step.wanted)
        if step.before is not None:
            return self.entities.read(step.before)
        value = answer.get(number) if isinstance(answer, dict) else answer
        if isinstance(value, (int, str)) and str(value).isdigit():
            return self.entities.read({**step.wanted, number: value})
        return self.entities.find(step.wanted)

    def _warn_of_overrides(self, step: Step, after: Mapping[str, Any]) -> None:
        """A store view that has its own value goes on showing that (contract §2.1); the default one is looked at."""
        if not (self.resource.scoped and self.magento.is_global):
            return
        changed = changed_part(self.plain(step.wanted), step.before)
        with contextlib.suppress(TokenflowError):
            shown = self.magento.within(DEFAULT_VIEW).get(self.entities.route(self.resource.item, after))
            hidden = differences(changed, shown or {})
            if hidden:
                self._warn(
                    f"The default store view has values of its own and goes on showing them: {', '.join(hidden)}. The global values were changed. "
                    "Change those of the store view too, with its code as store."
                )

    def _unconfirmed(self, step: Step, after: dict[str, Any] | None, message: str) -> NotConfirmed:
        return NotConfirmed(
            message,
            service=self.magento.session.flow.TITLE,
            hint="Codes of attributes that the shop does not have are dropped without a word, and some values are changed: correct body.",
            details={"changed": True, "before": step.before, "after": after, "differences": step.differences},
        )

    def as_result(self, step: Step, diff: bool) -> dict[str, Any]:
        """The result of a task."""
        shown = step.after or step.before or {}
        result = {
            "changed": step.changed,
            "action": step.action,
            "key": label_of(self.resource, step.wanted),
            "differences": step.differences,
            "before": step.before,
            "after": step.after,
            "id": next((shown[name] for name in (self.resource.number, "id", "attribute_id") if name and shown.get(name) is not None), None),
        }
        if diff and step.changed:
            result["diff"] = self._diff(step)
        return result

    def _diff(self, step: Step) -> dict[str, Any]:
        """Only what is written, as it was and as it is to be."""
        if step.action == DELETE or step.before is None:
            return {"before": step.before or {}, "after": {} if step.action == DELETE else _without_unread(step.wanted)}
        after = _without_unread(changed_part(self.plain(step.wanted), step.before))
        before = shown_part(after, step.before) or {}
        return {"before": before, "after": {**after, self.part.MEMBER: step.missing} if self.part and step.missing else after}


def label_of(resource: Resource, entity: Mapping[str, Any]) -> str:
    """What names an entity, as text."""
    names = [name for name in (*resource.key, *resource.optional_key) if entity.get(name) not in _EMPTY]
    names = names or [name for name in (resource.number,) if entity.get(name) not in _EMPTY]
    return "/".join("/".join(map(str, entity[name])) if isinstance(entity[name], list) else str(entity[name]) for name in names) or "?"


def _writable(before: Mapping[str, Any], computed: tuple[str, ...]) -> dict[str, Any]:
    """What is shown of an entity as it can be sent again."""
    sent = {name: value for name, value in before.items() if name not in computed and value not in _EMPTY}
    if isinstance(sent.get("custom_attributes"), list):
        sent["custom_attributes"] = [
            pair for pair in sent["custom_attributes"] if pair.get("attribute_code") not in computed and pair.get("value") not in _EMPTY
        ]
    return sent


def _replace_category_links(sent: dict[str, Any], wanted: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """The shop adds category links to those that are there; the attribute ``category_ids`` beside them makes it drop the others."""
    links = (wanted.get("extension_attributes") or {}).get("category_links")
    if not links or "category_links" not in (sent.get("extension_attributes") or {}):
        return
    there = (before.get("extension_attributes") or {}).get("category_links") or []
    _pairs, surplus = matched(links, there, "category_links")
    if surplus:
        others = [pair for pair in sent.get("custom_attributes") or [] if pair.get("attribute_code") != "category_ids"]
        sent["custom_attributes"] = [*others, {"attribute_code": "category_ids", "value": [str(link["category_id"]) for link in links]}]


def _without_unread(data: Any, name: str = "") -> Any:
    """What is wanted without what is never shown, such as the content of pictures."""
    if isinstance(data, dict):
        return {member: _without_unread(value, member) for member, value in data.items()}
    if isinstance(data, list):
        unread = LISTS[name].unread if name in LISTS else ()
        return [_without_unread({m: v for m, v in entry.items() if m not in unread} if isinstance(entry, dict) else entry) for entry in data]
    return data
