# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Applications and environments: found by name, compared, made and changed with one call for each difference (contract §4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, NotConfirmed, NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_objects as objects
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import APPLICATION, ENVIRONMENT, Ids, Made, People, Tag
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import Action, Step, listed, only_once, refused_before
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import NotPossible, Phoenix, object_of

NUMBERS = {"criticality": (1, 10), "threshold": (0, 1000), "value": (1000, 10000000)}
WORKFLOWS = ("ticketing", "messaging")
"""Settings that are sent and cannot be read (contract §3.2)."""
Data = dict[str, Any]


def workflow(block: Mapping[str, Any]) -> Data:
    """A ticketing or messaging block as the service takes it."""
    words = {"integration_id": "integrationId", "integration_name": "integrationName", "integration_type": "integrationType"}
    words.update({f"{place}_{part}": f"{place}{part.capitalize()}" for place in ("project", "channel") for part in ("id", "name")})
    return {words[name]: value for name, value in block.items() if value is not None}


def view(raw: Mapping[str, Any]) -> Data:
    """An application or environment in the words of the module."""
    return {
        "name": raw.get("name"),
        "type": raw.get("type"),
        "sub_type": raw.get("subType"),
        "criticality": raw.get("criticality"),
        "owner": objects.person(raw.get("owner")),
        "threshold": raw.get("threshold"),
        "value": raw.get("value"),
        "tags": objects.tag_data(objects.tags_of(raw)),
        "responsible_users": [objects.person(reference) for reference in raw.get("responsibleUsers") or []],
    }


class Applications:
    """Applications and environments of a task, listed once.

    ``purge_tags`` and ``case_sensitive`` are the options of that name; ``update_workflows`` sends ticketing and messaging also to those that are there.
    """

    def __init__(
        self, phoenix: Phoenix, folder: Path | None = None, *, purge_tags: bool = True, case_sensitive: bool = True, update_workflows: bool = False
    ) -> None:
        self.phoenix = phoenix
        self.made = Made(phoenix, folder)
        self.people = People(phoenix)
        self._purge, self._case_sensitive, self._update_workflows = purge_tags, case_sensitive, update_workflows
        self._listed: list[Data] | None = None

    def all(self) -> list[Data]:
        """All applications and environments, read once."""
        if self._listed is None:
            self._listed = self.phoenix.listing("applications")
        return self._listed

    def find(self, kind: str, name: str) -> Data | None:
        """The application or environment of that name; one that this run made also while the list does not show it."""
        found = objects.pick((item for item in self.all() if item.get("type") == kind), name, self._case_sensitive, kind.lower())
        made = None if found else self.made.find(kind, name)
        if made:
            try:
                found = self.phoenix.object(f"applications/{made}", patient=True)
            except NotFound:
                return None
            self.all().append(found)
        return found

    def plan(self, entries: Sequence[Mapping[str, Any]]) -> list[Step]:
        """What to do for each entry. Raises ``InvalidInput`` with all that is wrong, and ``NotPossible`` where the interface has no call."""
        problems = [problem for entry in entries for problem in _problems(entry)]
        if problems:
            raise refused_before(problems, self.phoenix.title)
        steps = [self._step(entry, problems) for entry in entries]
        only_once(steps)
        if problems:
            raise refused_before(problems, self.phoenix.title)
        return steps

    def ids(self, steps: Sequence[Step]) -> Ids:
        """Identifiers by type and name, with what the steps made; None for what check mode would make."""
        found = objects.ids_by_name(self.all(), lambda item: str(item["type"]))
        for step in steps:
            if step.after is not None and step.changed:
                names = found.setdefault(step.what["type"], {})
                if step.before and step.before["name"] != step.what["name"]:
                    names.pop(step.before["name"], None)
                names[step.what["name"]] = step.identifier
        return found

    def _step(self, entry: Mapping[str, Any], problems: list[str]) -> Step:
        kind, what = entry["type"], {"type": entry["type"], "name": entry["name"]}
        raw = self.find(kind, entry["name"])
        if raw is None and entry.get("previous_name"):
            raw = self.find(kind, entry["previous_name"])
        if entry.get("state") == "absent":
            if raw is not None:
                raise NotPossible(
                    f"the {kind.lower()} {entry['name']!r} cannot be deleted: the interface has no call for it",
                    service=self.phoenix.title,
                    hint="Delete it in the user interface. Until then nothing of this task is done.",
                )
            return Step(what, None, None, label=label(what))
        if raw is None:
            return self._creation(entry, what, problems)
        return self._update(entry, what, raw, problems)

    # A new one

    def _creation(self, entry: Mapping[str, Any], what: Data, problems: list[str]) -> Step:
        needed = ["criticality", "owner", *(["sub_type"] if entry["type"] == ENVIRONMENT else [])]
        missing = [name for name in needed if entry.get(name) is None]
        if missing:
            problems.append(f"{what['type'].lower()} {what['name']} is not there and needs {' and '.join(missing)} to be made")
        step = Step(what, None, _given(entry), label=label(what))
        step.actions = [Action(dict(step.after or {}), lambda: self._create(entry, step))]
        return step

    def _create(self, entry: Mapping[str, Any], step: Step) -> bool:
        people = [entry["owner"], *(entry.get("responsible_users") or [])]
        try:
            answer = self.people.send(people, lambda: self.phoenix.call("POST", "applications", json_body=self._body(entry), expect=(200, 201)))
            raw = object_of(answer)
        except Conflict as error:
            raw = self._taken(entry, error)
        if not raw.get("id"):
            # An empty answer: the list has its identifier.
            self._listed = None
            raw = objects.pick((item for item in self.all() if item.get("type") == entry["type"]), entry["name"], True, entry["type"].lower()) or raw
        step.identifier = raw.get("id")
        if step.identifier:
            self.made.note(entry["type"], entry["name"], step.identifier)
        return True

    def _body(self, entry: Mapping[str, Any]) -> Data:
        body = {"name": entry["name"], "type": entry["type"], "owner": self.people.reference(entry["owner"])}
        body.update({name: entry[name] for name in NUMBERS if entry.get(name) is not None})
        if entry["type"] == ENVIRONMENT:
            body["subType"] = entry["sub_type"]
        if entry.get("tags"):
            body["tags"] = objects.tag_data(objects.wanted_tags(entry["tags"]))
        if entry.get("responsible_users"):
            body["responsibleUsers"] = [self.people.reference(name) for name in entry["responsible_users"]]
        body.update({name: workflow(entry[name]) for name in WORKFLOWS if entry.get(name)})
        return body

    def _taken(self, entry: Mapping[str, Any], error: Conflict) -> Data:
        """What has the name that was refused: the same object, made meanwhile, or another one, which is the error."""
        items = self.phoenix.listing("applications")
        found = objects.pick((item for item in items if item.get("type") == entry["type"]), entry["name"], True, entry["type"].lower())
        if found is not None and not _differences(entry, found, self._purge):
            return found
        similar = [item for item in items if str(item.get("name")).casefold() == entry["name"].casefold()]
        names = listed([f"{str(item.get('type')).lower()} {item.get('name')!r}" for item in similar])
        error.hint = f"The name is that of the {names}." if similar else "Something that was made just now, or that this credential does not see, has it."
        raise error

    # One that is there

    def _update(self, entry: Mapping[str, Any], what: Data, raw: Data, problems: list[str]) -> Step:
        before = view(raw)
        step = Step(what, before, dict(before), identifier=str(raw["id"]), label=label(what))
        if entry.get("sub_type") and before["sub_type"] != entry["sub_type"]:
            problems.append(f"environment {what['name']} is of sub_type {before['sub_type']}, which cannot be changed to {entry['sub_type']}")
        step.after = {**before, **_differences(entry, raw, self._purge)}
        fields = [name for name in ("name", *NUMBERS, "owner") if step.after[name] != before[name]]
        workflows = [name for name in WORKFLOWS if entry.get(name)] if self._update_workflows else []
        if fields or workflows:
            sets, shown = {name: step.after[name] for name in fields}, {name: entry[name] for name in workflows}
            step.actions.append(Action(sets, lambda: self._patch(entry, step, fields, workflows), shown))
        present = objects.tags_of(raw)
        wanted = objects.wanted_tags(entry["tags"]) if entry.get("tags") is not None else None
        added, gone = objects.changed_tags(present, wanted, self._purge)
        path = f"applications/{raw['id']}"
        if added:
            step.actions.append(Action({"tags": objects.tag_data([*present, *added])}, lambda: self._put_tags(path, added)))
        if gone:
            step.actions.append(Action({"tags": step.after["tags"]}, lambda: remove_tags(self.phoenix, path, present, gone)))
        people = [name for name in entry.get("responsible_users") or [] if not any(objects.same_person(one, name) for one in raw.get("responsibleUsers") or [])]
        if people:
            step.actions.append(Action({"responsible_users": step.after["responsible_users"]}, lambda: self._put_people(path, people)))
        if raw.get("default") and step.actions:
            problems.append(f"the default {what['type'].lower()} {what['name']} is protected and cannot be changed")
        return step

    def _patch(self, entry: Mapping[str, Any], step: Step, fields: Sequence[str], workflows: Sequence[str]) -> bool:
        # The documented form; that with the id in the path is not (contract §8, 5).
        people = [entry["owner"]] if "owner" in fields else []
        answer = self.people.send(people, lambda: self.phoenix.call("PATCH", "applications", json_body=self._changes(entry, step, fields, workflows)))
        raw = object_of(answer)
        if raw:
            now, wanted = view(raw), {name: (step.after or {})[name] for name in fields if name != "owner"}
            confirm({name: now.get(name) for name in wanted}, wanted, self.phoenix.title)
        if "name" in fields:
            self.made.note(entry["type"], entry["name"], str(step.identifier))
        return True

    def _changes(self, entry: Mapping[str, Any], step: Step, fields: Sequence[str], workflows: Sequence[str]) -> Data:
        body: Data = {"applicationSelector": {"id": step.identifier}}
        for name in fields:
            body[name] = self.people.reference(entry["owner"]) if name == "owner" else entry[name]
        return {**body, **{name: workflow(entry[name]) for name in workflows}}

    def _put_tags(self, path: str, tags: Sequence[Tag]) -> bool:
        # 409: somebody else was faster (contract §8, 18).
        return self.phoenix.call("PUT", f"{path}/tags", json_body={"tags": objects.tag_data(tags)}, expect=(200, 201, 204, 409)).status != 409

    def _put_people(self, path: str, people: Sequence[str]) -> bool:
        self.people.send(
            people,
            lambda: self.phoenix.call("PUT", f"{path}/responsible-users", json_body={"responsibleUsers": [self.people.reference(name) for name in people]}),
        )
        return True


def label(what: Mapping[str, Any]) -> str:
    """An application or environment in a message."""
    return f"{what['type'].lower()} {what['name']}"


def remove_tags(phoenix: Phoenix, path: str, present: Mapping[Tag, str | None], gone: Sequence[Tag]) -> bool:
    """Removes tags of an application or component; whether any was still there."""
    body = {"action": "delete", "tags": objects.tags_to_remove(present, gone)}
    return phoenix.call("PATCH", f"{path}/tags", json_body=body, expect=(200, 204, 404)).status != 404


def confirm(now: Mapping[str, Any], wanted: Mapping[str, Any], title: str) -> None:
    """Raises ``NotConfirmed`` if the answer to a write shows other values than were sent."""
    other = {name: now.get(name) for name, value in wanted.items() if now.get(name) != value}
    if other:
        shown = ", ".join(f"{name} is {value!r} and not {wanted[name]!r}" for name, value in other.items())
        raise NotConfirmed(f"the service took the change, but {shown}", service=title, hint="It may not allow this value.")


def _problems(entry: Mapping[str, Any]) -> list[str]:
    problems = [objects.name_problem(name) for name in (entry["name"], entry.get("previous_name")) if name is not None]
    problems += objects.range_problems(entry, NUMBERS)
    if entry.get("sub_type") and entry["type"] == APPLICATION:
        problems.append(f"application {entry['name']} cannot have a sub_type, only an environment can")
    return [problem for problem in problems if problem]


def _given(entry: Mapping[str, Any]) -> Data:
    """What a new object is made with."""
    names = ("name", "type", "sub_type", *NUMBERS, "owner", "responsible_users", *WORKFLOWS)
    found = {name: entry[name] for name in names if entry.get(name) is not None}
    return {**found, **({"tags": objects.tag_data(objects.wanted_tags(entry["tags"]))} if entry.get("tags") else {})}


def _differences(entry: Mapping[str, Any], raw: Mapping[str, Any], purge: bool) -> Data:
    """The fields that are to change, with their values in the words of the module."""
    before = view(raw)
    found = {name: entry[name] for name in NUMBERS if entry.get(name) is not None and entry[name] != before[name]}
    renames = entry.get("previous_name") and str(before["name"]).casefold() == entry["previous_name"].casefold()
    if renames and before["name"] != entry["name"]:
        found["name"] = entry["name"]
    if entry.get("owner") and not objects.same_person(raw.get("owner"), entry["owner"]):
        found["owner"] = entry["owner"]
    if entry.get("tags") is not None:
        present = objects.tags_of(raw)
        added, gone = objects.changed_tags(present, objects.wanted_tags(entry["tags"]), purge)
        if added or gone:
            found["tags"] = objects.tag_data([tag for tag in [*present, *added] if tag not in gone])
    people = [name for name in entry.get("responsible_users") or [] if not any(objects.same_person(one, name) for one in raw.get("responsibleUsers") or [])]
    if people:
        found["responsible_users"] = [*before["responsible_users"], *people]
    return found
