# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Teams with their members and links, and users (contract §4.4, §4.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, NotFound, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_objects as objects
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import Made, People
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import Action, Step, only_once, refused_before
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import NotPossible, Phoenix, object_of

ROLES = ("ORG_ADMIN", "ORG_APP_ADMIN", "ORG_USER", "ORG_ADMIN_LITE", "ORG_SEC_ADMIN", "ORG_SEC_DEV")
"""The documented roles (contract §3.4); others exist."""
LINKS = {"application_links": "applications", "component_links": "components"}
Data = dict[str, Any]


class Teams:
    """Teams of a task, listed once; the members of a team are read where they are given, and nothing else of it can be."""

    def __init__(
        self,
        phoenix: Phoenix,
        folder: Path | None = None,
        *,
        purge_members: bool = False,
        auto_create_users: bool = False,
        update_member_link: bool = False,
        case_sensitive: bool = True,
    ) -> None:
        self.phoenix, self.people, self.made = phoenix, People(phoenix), Made(phoenix, folder)
        self._purge, self._create_users, self._update_member_link, self._case_sensitive = purge_members, auto_create_users, update_member_link, case_sensitive
        self._listed: list[Data] = []

    def plan(self, entries: Sequence[Mapping[str, Any]]) -> list[Step]:
        """What to do for each entry. Raises ``InvalidInput`` with all that is wrong, and ``NotPossible`` where the interface has no call."""
        problems = [problem for problem in (objects.name_problem(entry["name"]) for entry in entries) if problem]
        if problems:
            raise refused_before(problems, self.phoenix.title)
        self._listed = self.phoenix.listing("teams")
        steps = [self._step(entry, problems) for entry in entries]
        only_once(steps)
        if problems:
            raise refused_before(problems, self.phoenix.title)
        return steps

    def _find(self, name: str) -> Data | None:
        found = objects.pick(self._listed, name, self._case_sensitive, "team")
        made = None if found else self.made.find("TEAM", name)
        if made:
            try:
                return self.phoenix.object(f"teams/{made}", patient=True)
            except NotFound:
                return None
        return found

    def _step(self, entry: Mapping[str, Any], problems: list[str]) -> Step:
        what, raw = {"name": entry["name"]}, self._find(entry["name"])
        if entry.get("state") == "absent":
            if raw is not None:
                raise NotPossible(
                    f"the team {entry['name']!r} cannot be deleted: the interface has no call for it",
                    service=self.phoenix.title,
                    hint="Delete it in the user interface. Until then nothing of this task is done.",
                )
            return Step(what, None, None)
        wanted = list(dict.fromkeys(entry.get("members") or []))
        step = Step(what, None, {"name": entry["name"], "type": entry.get("type"), **({"members": wanted} if wanted else {})})
        if raw is None:
            if not entry.get("type"):
                problems.append(f"team {entry['name']} is not there and needs type to be made")
            step.actions.append(Action({"name": entry["name"], "type": entry.get("type")}, lambda: self._create(entry, step)))
            added, gone = wanted, list[str]()
        else:
            step.identifier = str(raw["id"])
            if entry.get("type") and raw.get("type") != entry["type"]:
                problems.append(f"team {entry['name']} is of type {raw.get('type')}, which cannot be changed to {entry['type']}")
            added, gone = self._members(entry, step, raw, wanted)
        members = [*((step.before or {}).get("members") or []), *added]
        if added:
            step.actions.append(Action({"members": sorted(members)}, lambda: self._add(step, added)))
        for email in gone:
            members.remove(email)
            step.actions.append(Action({"members": sorted(members)}, partial(self._remove, step, email)))
        step.actions.extend(self._links(entry, step))
        return step

    def _members(self, entry: Mapping[str, Any], step: Step, raw: Mapping[str, Any], wanted: Sequence[str]) -> tuple[list[str], list[str]]:
        """Who is to be added and removed; notes how the team is and is to be."""
        step.before = {"name": raw.get("name"), "type": raw.get("type")}
        step.after = dict(step.before)
        if entry.get("members") is None:
            return [], []
        present = self.phoenix.array(f"teams/{raw['id']}/users")
        added = [name for name in wanted if not any(objects.same_person(one, name) for one in present)]
        gone = [one for one in present if not any(objects.same_person(one, name) for name in wanted)] if self._purge else []
        emails = sorted(str(objects.person(one)) for one in present)
        removed = [str(objects.person(one)) for one in gone]
        step.before["members"] = emails
        step.after["members"] = sorted([*(email for email in emails if email not in removed), *added]) if added or removed else emails
        return added, removed

    def _create(self, entry: Mapping[str, Any], step: Step) -> bool:
        answer = self.phoenix.call("POST", "teams", json_body={"name": entry["name"], "type": entry["type"]}, expect=(200, 201))
        raw = object_of(answer)
        if not raw.get("id"):
            raw = objects.pick(self.phoenix.listing("teams"), entry["name"], True, "team") or raw
        step.identifier = raw.get("id")
        if step.identifier:
            self.made.note("TEAM", entry["name"], step.identifier)
        return True

    def _add(self, step: Step, added: Sequence[str]) -> bool:
        automatic = {"autoCreateUsers": True} if self._create_users else {}
        answer = self.people.send(
            added,
            lambda: self.phoenix.call(
                "PUT",
                f"teams/{step.identifier}/users",
                json_body={"users": [self.people.reference(name) for name in added], **automatic},
                expect=(200, 201, 204, 409),
                patient=step.before is None,
            ),
        )
        # 409: all are members already, which somebody else did (contract §4.4).
        return answer.status != 409

    def _remove(self, step: Step, email: str) -> bool:
        # As existing clients send it: not percent-encoded where a path may have it (contract §4.4).
        path = f"teams/{step.identifier}/users/{quote(email, safe='@+')}"
        return self.phoenix.call("DELETE", path, expect=(200, 204, 404)).status != 404

    # What cannot be read (contract §4.4)

    def _links(self, entry: Mapping[str, Any], step: Step) -> list[Action]:
        found: list[Action] = []
        for name, kind in LINKS.items():
            if entry.get(name):
                found += self._tag_links(name, kind, entry[name], step)
        if entry.get("link_members") is not None and (step.before is None or self._update_member_link):
            method = "POST" if entry["link_members"] else "DELETE"
            # A new team has no links to take away.
            if method == "POST" or step.before is not None:
                send = self._sender(method, "applications/auto-link/users", step, None, 0)
                found.append(Action({}, send, {"link_members": entry["link_members"]}, certain=False))
        return found

    def _tag_links(self, name: str, kind: str, link: Mapping[str, Any], step: Step) -> list[Action]:
        path = f"{kind}/auto-link/tags"
        tags, absent = (objects.tag_data(objects.wanted_tags(link.get(part) or [])) for part in ("tags", "absent_tags"))
        found: list[Action] = []
        new = step.before is None
        if link.get("purge") and not new:
            found.append(Action({}, self._sender("DELETE", path, step, None, 404), {name: {}}, certain=False))
        if tags:
            match = {"match": link["match"]} if link.get("match") else {}
            shown = {name: {**match, "tags": tags}}
            found.append(Action({}, self._sender("POST", path, step, {**match, "tags": tags}, 409), shown, certain=new))
        if absent and not new:
            send = self._sender("PATCH", path, step, {"action": "delete", "tags": absent}, 404)
            found.append(Action({}, send, {f"{name}_removed": absent}, certain=False))
        return found

    def _sender(self, method: str, path: str, step: Step, body: Data | None, unchanged: int) -> Any:
        """A call on the team that says with one status that there was nothing to change."""

        def send() -> bool:
            # Of a new team a 404 is not yet that answer.
            patient = step.before is None
            expect = [200, 201, 204, *([unchanged] if unchanged and not (patient and unchanged == 404) else [])]
            return self.phoenix.call(method, f"teams/{step.identifier}/{path}", json_body=body, expect=expect, patient=patient).status != unchanged

        return send


class Users:
    """Users of a task, listed once. The interface makes, activates and deactivates them, and nothing else."""

    def __init__(self, phoenix: Phoenix, *, any_role: bool = False, mismatch: str = "fail") -> None:
        self.phoenix = phoenix
        self.warnings: list[str] = []
        self._any_role, self._mismatch = any_role, mismatch
        self._switched: dict[bool, list[str]] = {True: [], False: []}
        self._outcomes: dict[bool, TokenflowError | None] = {}

    def plan(self, entries: Sequence[Mapping[str, Any]]) -> list[Step]:
        """What to do for each entry. Raises ``InvalidInput`` with all that is wrong, and ``NotPossible`` for what cannot be changed."""
        problems = [problem for entry in entries for problem in self._problems(entry)]
        if problems:
            raise refused_before(problems, self.phoenix.title)
        users = {str(user.get("email")).casefold(): user for user in self.phoenix.listing("users")}
        different: list[str] = []
        steps = [self._step(entry, users.get(entry["email"].casefold()), problems, different) for entry in entries]
        only_once([Step({"email": step.what["email"].casefold()}, None, None) for step in steps])
        if problems:
            raise refused_before(problems, self.phoenix.title)
        if different and self._mismatch == "fail":
            raise NotPossible(
                f"nothing was written, because users differ in what the interface cannot change: {'; '.join(different)}",
                service=self.phoenix.title,
                hint="Change it in the user interface, or set mismatch to warn or ignore.",
                details={"problems": different},
            )
        self.warnings = [f"The interface cannot change this: {text}." for text in different] if self._mismatch == "warn" else []
        return steps

    def _problems(self, entry: Mapping[str, Any]) -> list[str]:
        found = []
        if "@" not in entry["email"].strip("@"):
            found.append(f"{entry['email']!r} is not an e-mail")
        if entry.get("role") and entry["role"] not in ROLES and not self._any_role:
            found.append(f"{entry['role']} of {entry['email']} is not one of the documented roles {', '.join(ROLES)} (any_role allows others)")
        return found

    def _step(self, entry: Mapping[str, Any], raw: Mapping[str, Any] | None, problems: list[str], different: list[str]) -> Step:
        what, state = {"email": entry["email"]}, entry["state"]
        wanted = {name: entry[name] for name in ("first_name", "last_name", "role") if entry.get(name)}
        if raw is None and state == "inactive":
            return Step(what, None, None)
        if raw is None:
            missing = [name for name in ("first_name", "last_name", "role") if name not in wanted]
            if missing:
                problems.append(f"user {entry['email']} is not there and needs {' and '.join(missing)} to be made")
            step = Step(what, None, {**what, **wanted, "active": True})
            step.actions.append(Action(dict(step.after or {}), lambda: self._create(entry, wanted, step)))
            return step
        fields = {"email": "email", "first_name": "firstName", "last_name": "lastName", "role": "role", "active": "active"}
        before = {name: raw.get(field) for name, field in fields.items()}
        other = [f"{name} of {entry['email']} is {before[name]!r} and not {value!r}" for name, value in wanted.items() if before[name] != value]
        different.extend(other)
        active = bool(raw.get("active")) if state == "present" else state == "active"
        step = Step(what, before, {**before, "active": active}, identifier=str(raw["id"]))
        if active != bool(raw.get("active")):
            self._switched[active].append(str(raw["id"]))
            step.actions.append(Action({"active": active}, lambda: self._switch(active)))
        return step

    def _create(self, entry: Mapping[str, Any], wanted: Mapping[str, str], step: Step) -> bool:
        body = {"email": entry["email"], "firstName": wanted["first_name"], "lastName": wanted["last_name"], "role": wanted["role"]}
        try:
            raw = object_of(self.phoenix.call("POST", "users", json_body=body, expect=(200, 201)))
        except Conflict as error:
            error.hint = "A user with this e-mail exists whom this credential does not see, or was made just now."
            raise
        step.identifier = raw.get("id")
        if entry["state"] == "active" and raw.get("active") is False and step.identifier:
            self.phoenix.call("POST", "users/activate", json_body={"ids": [step.identifier]}, expect=(200, 204), patient=True)
        return True

    def _switch(self, active: bool) -> bool:
        """Activates or deactivates all users of the task in one call."""
        if active not in self._outcomes:
            try:
                path = "users/activate" if active else "users/deactivate"
                self.phoenix.call("POST", path, json_body={"ids": self._switched[active]}, expect=(200, 204))
                self._outcomes[active] = None
            except TokenflowError as error:
                self._outcomes[active] = error
        outcome = self._outcomes[active]
        if outcome:
            raise outcome
        return True
