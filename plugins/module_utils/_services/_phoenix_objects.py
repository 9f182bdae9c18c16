# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Finding objects by name, tags as sets, and people by e-mail (contract §3)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, RequestRefused, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import listed
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

APPLICATION, ENVIRONMENT = "APPLICATION", "ENVIRONMENT"
TYPES = (APPLICATION, ENVIRONMENT)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NAME_RANGE = (3, 255)
Tag = tuple[str, str]
"""Key (empty if there is none) and value."""
Ids = dict[str, dict[str, Optional[str]]]
"""Identifiers by name, and those by type (applications) or by parent (components); None for what check mode would make."""


# Names


def pick(candidates: Iterable[Mapping[str, Any]], name: str, case_sensitive: bool, what: str) -> dict[str, Any] | None:
    """The object of that name, or None. Raises ``InvalidInput`` if several have it (contract §8, 8)."""
    items = list(candidates)
    exact = [item for item in items if item.get("name") == name]
    found = exact or ([] if case_sensitive else [item for item in items if str(item.get("name")).casefold() == name.casefold()])
    if len(found) > 1:
        names = listed([f"{item.get('name')} ({item.get('id')})" for item in found])
        raise InvalidInput(f"there are several {what}s with the name {name!r}: {names}", hint="Give case_sensitive: true, or rename one of them.")
    return dict(found[0]) if found else None


def name_problem(name: Any) -> str:
    """What is wrong with a name, or nothing (contract §3.3)."""
    low, high = NAME_RANGE
    if not low <= len(str(name)) <= high or not str(name).strip():
        return f"the name {str(name)[:40]!r} does not have {low} to {high} characters"
    return ""


def range_problems(entry: Mapping[str, Any], ranges: Mapping[str, tuple[float, float]]) -> list[str]:
    """What is wrong with the numbers of an object (contract §3.3)."""
    return [
        f"{name} of {entry['name']} is {entry[name]}, not {low} to {high}"
        for name, (low, high) in ranges.items()
        if entry.get(name) is not None and not low <= entry[name] <= high
    ]


def ids_by_name(items: Iterable[Mapping[str, Any]], group: Callable[[Mapping[str, Any]], str]) -> Ids:
    """Identifiers for another task: without default entities, which are protected, and names that several have."""
    found: dict[str, dict[str, str | None]] = {}
    seen: set[tuple[str, str]] = set()
    for item in items:
        key, name = group(item), str(item["name"])
        if (key, name) in seen:
            found.get(key, {}).pop(name, None)
        elif not item.get("default"):
            found.setdefault(key, {})[name] = item["id"]
        seen.add((key, name))
    return found


# Tags


def wanted_tags(entries: Sequence[Mapping[str, Any]]) -> list[Tag]:
    """Tags as a task gives them, each once. Raises ``InvalidInput``."""
    tags = [(str(entry.get("key") or ""), str(entry["value"])) for entry in entries]
    if not all(value for _key, value in tags):
        raise InvalidInput("a tag has no value")
    return list(dict.fromkeys(tags))


def tags_of(raw: Mapping[str, Any]) -> dict[Tag, str | None]:
    """The tags of an object as the service shows it, with their identifiers where it tells them (contract §3.2, §8, 17)."""
    return {(str(tag.get("key") or ""), str(tag.get("value"))): tag.get("id") for tag in raw.get("tags") or []}


def tag_data(tags: Iterable[Tag]) -> list[dict[str, str]]:
    """Tags as they are sent and returned, in a certain order."""
    return [{**({"key": key} if key else {}), "value": value} for key, value in sorted(tags)]


def tags_to_remove(present: Mapping[Tag, str | None], gone: Iterable[Tag]) -> list[dict[str, str]]:
    """Tags for a removal: by identifier where there is one, which is exact."""
    return [{"id": str(present[tag])} if present[tag] else tag_data([tag])[0] for tag in sorted(gone)]


def changed_tags(present: Mapping[Tag, Any], wanted: Sequence[Tag] | None, purge: bool) -> tuple[list[Tag], list[Tag]]:
    """The tags to add and the tags to remove."""
    if wanted is None:
        return [], []
    return [tag for tag in wanted if tag not in present], [tag for tag in present if tag not in wanted] if purge else []


# People


def same_person(reference: Mapping[str, Any] | None, wanted: str) -> bool:
    """Whether ``{id, email}`` is who a task names by e-mail or id."""
    found = reference or {}
    return str(found.get("id")).lower() == wanted.lower() or str(found.get("email")).casefold() == wanted.casefold()


def person(reference: Mapping[str, Any] | None) -> str | None:
    """How a person is returned: by e-mail."""
    return (reference.get("email") or reference.get("id")) if reference else None


class People:
    """References to people. The list of users is read only when the service did not know an e-mail: its case may matter (contract §8, 24)."""

    def __init__(self, phoenix: Phoenix) -> None:
        self._phoenix = phoenix
        self._emails: dict[str, str] | None = None

    def reference(self, wanted: str) -> dict[str, str]:
        """``{id}`` or ``{email}``, the e-mail in the exact form of the list if that has been read."""
        if UUID.fullmatch(wanted):
            return {"id": wanted}
        return {"email": (self._emails or {}).get(wanted.casefold(), wanted)}

    def send(self, people: Sequence[str], send: Callable[[], Answer]) -> Answer:
        """A request that names people by ``reference``; once more with the e-mails of the list if they were refused in another case."""
        try:
            return send()
        except RequestRefused as error:
            emails = [name for name in people if not UUID.fullmatch(name)]
            if not emails or (self._emails is not None and all(name.casefold() in self._emails for name in emails)):
                raise
            if not self._read(emails, error):
                raise
        return send()

    def _read(self, emails: Sequence[str], error: TokenflowError) -> bool:
        """Reads the list of users; whether it has these e-mails in another case."""
        try:
            users = self._phoenix.listing("users")
        except TokenflowError:
            return False
        self._emails = {str(user.get("email")).casefold(): str(user.get("email")) for user in users}
        unknown = [email for email in emails if email.casefold() not in self._emails]
        if unknown:
            error.hint = f"There is no user with the e-mail {listed(unknown)}. phoenix_user makes users."
            return False
        return any(self._emails[email.casefold()] != email for email in emails)


# What this run has made


class Made:
    """Objects that were made in this run, which the lists of the service may not show yet (contract §2.6)."""

    def __init__(self, phoenix: Phoenix, folder: Path | None) -> None:
        flow = phoenix.session.flow
        name = hashlib.sha256(f"{flow.client.connection.base_url} {flow.principal}".encode()).hexdigest()[:16]
        self._file = folder / f"phoenix-made-{name}.jsonl" if folder else None
        self._known: dict[tuple[str, str], str] | None = None

    def note(self, group: str, name: str, identifier: str) -> None:
        """Notes an object of a group (a type of applications, or a parent's identifier); without an identifier, that it is gone."""
        if self._file:
            with open(self._file, "a", encoding="utf-8") as stream:
                stream.write(json.dumps([group, name, identifier]) + "\n")
        self._load()[group, name] = identifier

    def find(self, group: str, name: str) -> str | None:
        """The identifier of an object that this run made."""
        return self._load().get((group, name)) or None

    def _load(self) -> dict[tuple[str, str], str]:
        if self._known is None:
            lines = self._file.read_text(encoding="utf-8").splitlines() if self._file and self._file.exists() else []
            self._known = {(group, name): identifier for group, name, identifier in map(json.loads, lines)}
        return self._known
