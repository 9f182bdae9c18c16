# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Components of applications and services of environments (contract §4.2), and where they are for rules and deployments."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_objects as objects
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_applications import WORKFLOWS, Applications, confirm, remove_tags, workflow
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import APPLICATION, ENVIRONMENT, Ids, Made
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import Action, Step, listed, only_once, refused_before
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import NotPossible, object_of

NUMBERS = {"criticality": (1, 10)}
Data = dict[str, Any]


@dataclass(frozen=True)
class Parent:
    """An application or environment: ``identifier`` is None for one that check mode did not make."""

    kind: str
    name: str
    identifier: str | None
    default: bool = False


class Places:
    """Finds applications, environments and what is in them by name; what an earlier task returned as ``ids`` needs no list."""

    def __init__(
        self,
        applications: Applications,
        application_ids: Ids | None = None,
        component_ids: Ids | None = None,
        *,
        case_sensitive: bool = True,
        check_mode: bool = False,
    ) -> None:
        self.phoenix = applications.phoenix
        self.made = applications.made
        self.warnings: list[str] = []
        self._applications, self._case_sensitive, self._check_mode = applications, case_sensitive, check_mode
        self._application_ids, self._component_ids = application_ids or {}, component_ids or {}
        self._parents: dict[tuple[str, str], Parent] = {}
        self._children: dict[str, list[Data]] = {}

    def parents(self, wanted: Iterable[tuple[str, str]]) -> list[Parent]:
        """The applications and environments of these types and names. Raises ``NotFound`` with all that are not there."""
        pairs, missing = list(wanted), []
        for kind, name in dict.fromkeys(pairs):
            found = self._parents.get((kind, name)) or self._parent(kind, name)
            if found is None:
                missing.append(f"{kind.lower()} {name!r}{self._similar(kind, name)}")
            else:
                self._parents[kind, name] = found
        if missing and not self._check_mode:
            raise NotFound(
                f"there is no {listed(missing)}",
                service=self.phoenix.title,
                hint="It does not exist, or this credential may not see it. phoenix_application makes applications and environments.",
            )
        if missing:
            self.warnings.append(f"There is no {listed(missing)} yet. In check mode it is taken for one that another task makes.")
        return [self._parents.get((kind, name)) or Parent(kind, name, None) for kind, name in pairs]

    def read(self, parents: Sequence[Parent]) -> None:
        """Reads the components and services of these parents: of one of them alone, of several in one list of all."""
        identifiers = {parent.identifier for parent in parents if parent.identifier} - set(self._children)
        if not identifiers:
            return
        query: Data = {"parentId": next(iter(identifiers))} if len(identifiers) == 1 else {}
        found: dict[str, list[Data]] = {identifier: [] for identifier in identifiers}
        for item in self.phoenix.listing("components", **query):
            # Filtered here too: a parameter that the service does not know has no effect (contract §2.7).
            if query and item.get("applicationId") not in identifiers:
                continue
            found.setdefault(str(item.get("applicationId")), []).append(item)
        self._children.update(found)

    def children(self, parent: Parent) -> list[Data]:
        """The components of an application or services of an environment that was read."""
        return self._children.get(parent.identifier or "", [])

    def all_children(self) -> list[Data]:
        """Everything that was read."""
        return [item for items in self._children.values() for item in items]

    def find(self, parent: Parent, name: str) -> Data | None:
        """The component or service of that name; one that this run made also while the list does not show it."""
        what = "component" if parent.kind == APPLICATION else "service"
        found = objects.pick(self.children(parent), name, self._case_sensitive, f"{what} of {parent.name}")
        made = None if found or not parent.identifier else self.made.find(parent.identifier, name)
        if made:
            try:
                found = self.phoenix.object(f"components/{made}", patient=True)
            except NotFound:
                return None
            self._children.setdefault(str(parent.identifier), []).append(found)
        return found

    def identifiers(self, wanted: Sequence[tuple[Parent, str]], protect: bool = True) -> list[str | None]:
        """Identifiers of components and services by parent and name; None only in check mode. Raises ``NotFound`` with all that are not there.

        Unless ``protect`` is false, default entities are refused (contract §3.4).
        """
        known = [self._known(parent, name) for parent, name in wanted]
        if not all(found for found, _identifier in known):
            self.read([parent for (parent, _name), (found, _identifier) in zip(wanted, known) if not found])
        missing, found_ids = [], []
        for (parent, name), (found, identifier) in zip(wanted, known):
            raw = None if found else self.find(parent, name)
            if raw and raw.get("default") and protect:
                raise protected(parent, name, self.phoenix.title)
            # In a parent that check mode did not make there is nothing to find.
            if raw is None and not found and parent.identifier:
                names = [str(item["name"]) for item in self.children(parent)]
                missing.append(f"{name!r} in {parent.name}{_close(name, names)}")
            found_ids.append(str(raw["id"]) if raw else identifier)
        if missing and not self._check_mode:
            raise NotFound(
                f"there is no component or service {listed(missing)}",
                service=self.phoenix.title,
                hint="It does not exist, or this credential may not see it. phoenix_component makes components and services.",
            )
        if missing:
            self.warnings.append(f"There is no component or service {listed(missing)} yet. In check mode it is taken for one that another task makes.")
        return found_ids

    def ids(self, steps: Sequence[Step]) -> Ids:
        """Identifiers of everything that was read, by parent and name, with what the steps made and removed."""
        found = objects.ids_by_name(self.all_children(), lambda item: str(item["applicationId"]))
        for step in steps:
            if step.changed and step.parent:
                names = found.setdefault(step.parent, {})
                names.pop((step.before or {}).get("name", ""), None)
                if step.after is not None:
                    names[step.after["name"]] = step.identifier
        return found

    def _known(self, parent: Parent, name: str) -> tuple[bool, str | None]:
        identifier = self._component_ids.get(parent.identifier or "", {}).get(name)
        # Without an identifier it is one that check mode did not make.
        return bool(identifier) or (self._check_mode and name in self._component_ids.get(parent.identifier or "", {})), identifier

    def _parent(self, kind: str, name: str) -> Parent | None:
        names = self._application_ids.get(kind) or {}
        if names.get(name) or (name in names and self._check_mode):
            return Parent(kind, name, names[name])
        found = self._applications.find(kind, name)
        return Parent(kind, name, str(found["id"]), bool(found.get("default"))) if found else None

    def _similar(self, kind: str, name: str) -> str:
        names = {other: [str(item.get("name")) for item in self._applications.all() if item.get("type") == other] for other in (APPLICATION, ENVIRONMENT)}
        if name in names[ENVIRONMENT if kind == APPLICATION else APPLICATION]:
            return f" (but an {'environment' if kind == APPLICATION else 'application'} of this name)"
        return _close(name, names[kind])


def _close(name: str, names: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in names}
    close = [folded[name.casefold()]] if name.casefold() in folded else difflib.get_close_matches(name, names, 1)
    return f" (but {close[0]!r})" if close else ""


def protected(parent: Parent, name: str, title: str) -> NotPossible:
    """The error for a default component or service (contract §3.4)."""
    return NotPossible(f"nothing was written, because {name!r} in {parent.name} is a default entity, which is protected", service=title)


def view(raw: Mapping[str, Any], parent: Parent) -> Data:
    """A component or service in the words of the module."""
    return {
        parent.kind.lower(): parent.name,
        "name": raw.get("name"),
        "criticality": raw.get("criticality"),
        "tags": objects.tag_data(objects.tags_of(raw)),
    }


class Components:
    """Components and services of a task."""

    def __init__(self, places: Places, *, purge_tags: bool = True, update_workflows: bool = False) -> None:
        self.phoenix, self.places = places.phoenix, places
        self.made: Made = places.made
        self._purge, self._update_workflows = purge_tags, update_workflows

    def plan(self, entries: Sequence[Mapping[str, Any]]) -> list[Step]:
        """What to do for each entry. Raises ``InvalidInput`` or ``NotFound`` with all that is wrong."""
        problems = [problem for entry in entries for problem in _problems(entry)]
        if problems:
            raise refused_before(problems, self.phoenix.title)
        parents = self.places.parents([parent_of(entry) for entry in entries])
        self.places.read(parents)
        steps = [self._step(entry, parent, problems) for entry, parent in zip(entries, parents)]
        only_once(steps)
        if problems:
            raise refused_before(problems, self.phoenix.title)
        return steps

    def _step(self, entry: Mapping[str, Any], parent: Parent, problems: list[str]) -> Step:
        what = {parent.kind.lower(): parent.name, "name": entry["name"]}
        raw = self.places.find(parent, entry["name"])
        if raw is None and entry.get("previous_name"):
            raw = self.places.find(parent, entry["previous_name"])
        absent = entry.get("state") == "absent"
        if raw is None:
            step = Step(what, None, None if absent else _given(entry, parent), parent=parent.identifier)
            step.actions = [] if absent else [Action(dict(step.after or {}), lambda: self._create(entry, parent, step))]
            return step
        step = self._removal(what, raw, parent) if absent else self._update(entry, what, raw, parent)
        if raw.get("default") and step.actions:
            problems.append(f"{entry['name']} of {parent.name} is a default entity, which is protected")
        return step

    def _create(self, entry: Mapping[str, Any], parent: Parent, step: Step) -> bool:
        body: Data = {"applicationSelector": {"id": parent.identifier}, "name": entry["name"]}
        body.update({name: entry[name] for name in NUMBERS if entry.get(name) is not None})
        if entry.get("tags"):
            body["tags"] = objects.tag_data(objects.wanted_tags(entry["tags"]))
        body.update({name: workflow(entry[name]) for name in WORKFLOWS if entry.get(name)})
        try:
            # The application may have been made a moment ago, also by an earlier task.
            raw = object_of(self.phoenix.call("POST", "components", json_body=body, expect=(200, 201), patient=True))
        except Conflict as error:
            raw = self._taken(entry, parent, error)
        step.identifier = raw.get("id")
        if step.identifier and parent.identifier:
            self.made.note(parent.identifier, entry["name"], step.identifier)
        return True

    def _taken(self, entry: Mapping[str, Any], parent: Parent, error: Conflict) -> Data:
        """What has the name that was refused: the same object, made meanwhile, or another one, which is the error."""
        items = self.phoenix.listing("components", parentId=parent.identifier)
        found = objects.pick((item for item in items if item.get("applicationId") == parent.identifier), entry["name"], True, "component")
        if found is not None and not _differences(entry, found, self._purge):
            return found
        similar = [str(item["name"]) for item in items if str(item.get("name")).casefold() == entry["name"].casefold()]
        if similar:
            error.hint = f"{parent.name} has {listed(similar)}."
        elif parent.kind == ENVIRONMENT:
            error.hint = "The service may want names of services that are unique in the whole organisation: try one with the environment's name in it."
        raise error

    def _removal(self, what: Data, raw: Data, parent: Parent) -> Step:
        step = Step(what, view(raw, parent), None, identifier=str(raw["id"]), parent=parent.identifier)

        def remove() -> bool:
            # 404: somebody else was faster.
            answer = self.phoenix.call("DELETE", f"components/{raw['id']}", expect=(200, 204, 404))
            self.made.note(str(parent.identifier), str(raw["name"]), "")
            return answer.status != 404

        step.actions = [Action({}, remove)]
        return step

    def _update(self, entry: Mapping[str, Any], what: Data, raw: Data, parent: Parent) -> Step:
        before = view(raw, parent)
        step = Step(what, before, {**before, **_differences(entry, raw, self._purge)}, identifier=str(raw["id"]), parent=parent.identifier)
        after = step.after or {}
        present = objects.tags_of(raw)
        wanted = objects.wanted_tags(entry["tags"]) if entry.get("tags") is not None else None
        added, gone = objects.changed_tags(present, wanted, self._purge)
        body: Data = {name: after[name] for name in ("name", *NUMBERS) if after[name] != before[name]}
        # Tags of a component are added along with its fields (contract §4.2).
        body.update({"tags": objects.tag_data(added)} if added else {})
        shown = {name: entry[name] for name in WORKFLOWS if entry.get(name)} if self._update_workflows else {}
        body.update({name: workflow(block) for name, block in shown.items()})
        path = f"components/{raw['id']}"
        if body:
            sets = {name: objects.tag_data([*present, *added]) if name == "tags" else after[name] for name in body if name not in shown}
            step.actions.append(Action(sets, lambda: self._patch(path, body, step, parent), shown))
        if gone:
            step.actions.append(Action({"tags": after["tags"]}, lambda: remove_tags(self.phoenix, path, present, gone)))
        return step

    def _patch(self, path: str, body: Data, step: Step, parent: Parent) -> bool:
        raw = object_of(self.phoenix.call("PATCH", path, json_body=body))
        if raw:
            fields = {name: value for name, value in body.items() if name in ("name", *NUMBERS)}
            confirm({name: raw.get(name) for name in fields}, fields, self.phoenix.title)
        if "name" in body and parent.identifier:
            self.made.note(parent.identifier, body["name"], str(step.identifier))
        return True


def parent_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Type and name of the parent that an entry names."""
    return (APPLICATION, entry["application"]) if entry.get("application") else (ENVIRONMENT, entry["environment"])


def place_problems(entry: Mapping[str, Any], name: str) -> list[str]:
    """What is wrong with where an entry says it is."""
    if bool(entry.get("application")) == bool(entry.get("environment")):
        return [f"{entry.get(name) or 'an entry'} needs either application or environment"]
    return []


def _problems(entry: Mapping[str, Any]) -> list[str]:
    names = [objects.name_problem(name) for name in (entry["name"], entry.get("previous_name")) if name is not None]
    return [problem for problem in (*place_problems(entry, "name"), *names, *objects.range_problems(entry, NUMBERS)) if problem]


def _given(entry: Mapping[str, Any], parent: Parent) -> Data:
    found = {parent.kind.lower(): parent.name, "name": entry["name"]}
    found.update({name: entry[name] for name in (*NUMBERS, *WORKFLOWS) if entry.get(name) is not None})
    return {**found, **({"tags": objects.tag_data(objects.wanted_tags(entry["tags"]))} if entry.get("tags") else {})}


def _differences(entry: Mapping[str, Any], raw: Mapping[str, Any], purge: bool) -> Data:
    """The fields that are to change, with their values in the words of the module."""
    found = {name: entry[name] for name in NUMBERS if entry.get(name) is not None and entry[name] != raw.get(name)}
    previous = entry.get("previous_name")
    if previous and raw.get("name") != entry["name"] and str(raw.get("name")).casefold() == previous.casefold():
        found["name"] = entry["name"]
    if entry.get("tags") is not None:
        present = objects.tags_of(raw)
        added, gone = objects.changed_tags(present, objects.wanted_tags(entry["tags"]), purge)
        if added or gone:
            found["tags"] = objects.tag_data([tag for tag in [*present, *added] if tag not in gone])
    return found
