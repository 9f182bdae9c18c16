# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Registered read groups of a controller (contract §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import ROOT, detail
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import (
    NO_VALUE,
    UNKNOWN_HINT,
    Plcnext,
    listed,
    refusal,
    split_prefix,
)


@dataclass(frozen=True)
class Group:
    """A group: its id, and its variables by full path with ``type``, and with ``value`` where it was read."""

    id: str
    variables: dict[str, dict[str, Any]]


class UnknownNames(NotFound):
    """Variables that the controller does not know."""


class Groups:
    """The groups of one controller. The same list of variables is the same group."""

    def __init__(self, plc: Plcnext) -> None:
        self._plc = plc

    def ensure(self, paths: Sequence[str]) -> tuple[Group, bool]:
        """The group that has just these variables by full path, and whether it had to be registered. Raises ``NotFound`` with those that are unknown."""
        known = self.ids()
        found = self._among(known, paths)
        if found is not None:
            return found, False
        group = self.register(paths)
        return group, group.id not in known

    def register(self, paths: Sequence[str]) -> Group:
        """Registers variables by full path, outside the station's session: when a group ends with one is not known (contract §7)."""
        paths = list(dict.fromkeys(paths))
        prefix, relative = split_prefix(paths)
        body = {"paths": relative, **({"pathPrefix": prefix} if prefix else {})}
        answer = self._plc.call("POST", "/groups", json_body=body, as_station=False)
        if _names_unknown(answer):
            self.check(paths)
            raise self._unknown(_names(answer))
        if answer.status != 201:
            raise self._plc.session.error(answer)
        return self._group(answer)

    def check(self, paths: Sequence[str]) -> None:
        """Raises ``NotFound`` with every variable that the controller does not know."""
        reading = self._plc.read(list(dict.fromkeys(paths)))
        unknown = [path for path, reason in reading.refused.items() if reason != NO_VALUE]
        if unknown:
            raise self._unknown(unknown)

    def read(self, identifier: str) -> Group | None:
        """A group with its values; None if it is not there (any more). Raises ``NotFound`` if one of its variables is not there any more."""
        answer = self._plc.call("GET", f"/groups/{identifier}")
        if _gone(answer):
            return None
        if _names_unknown(answer):
            raise self._unknown(_names(answer))
        if answer.status != 200:
            raise self._plc.session.error(answer)
        return self._group(answer)

    def unregister(self, identifier: str) -> bool:
        """Removes a group; False if it was not there."""
        answer = self._plc.call("DELETE", f"/groups/{identifier}")
        if _gone(answer):
            return False
        if answer.status != 204:
            raise self._plc.session.error(answer)
        return True

    def ids(self) -> dict[str, int]:
        """The ids of all groups with the number of their variables."""
        return {str(entry["id"]): int(entry.get("variableCount", 0)) for entry in report(self._plc, "groups") if entry.get("id")}

    def find(self, paths: Sequence[str]) -> Group | None:
        """The group that has just these variables in this order, with their values, found without registering one."""
        return self._among(self.ids(), paths)

    def _among(self, known: Mapping[str, int], paths: Sequence[str]) -> Group | None:
        wanted = list(dict.fromkeys(paths))
        for identifier, count in known.items():
            try:
                group = self.read(identifier) if count == len(wanted) else None
            except UnknownNames:
                # Another client's, with a variable that is not there any more.
                continue
            if group is not None and list(group.variables) == wanted:
                return group
        return None

    def values(self, group: Group) -> dict[str, Any]:
        """The values of a group that was read, by full path. Raises ``NotFound`` with every variable that has none."""
        reasons = {path: refusal(entry) for path, entry in group.variables.items()}
        refused = {path: reason for path, reason in reasons.items() if reason}
        if refused:
            raise self._plc.unreadable(refused)
        return {path: entry["value"] for path, entry in group.variables.items()}

    def _group(self, answer: Answer) -> Group:
        data = self._plc.envelope(answer)
        prefix = data.get("variablePathPrefix") or ""
        entries = data.get("variables")
        if not data.get("id") or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise answer.bad("the answer is no group")
        variables = {prefix + str(entry.get("path")): {name: entry[name] for name in ("type", "value", "error") if name in entry} for entry in entries}
        return Group(str(data["id"]), variables)

    def _unknown(self, paths: list[str]) -> UnknownNames:
        title = self._plc.session.flow.TITLE
        return UnknownNames(f"the controller does not know {listed(paths)}", service=title, hint=UNKNOWN_HINT, details={"problems": paths})


def _gone(answer: Answer) -> bool:
    # Also an interface that is not there and a project that is being loaded are 404 (contract §5).
    return answer.status in (404, 408, 410) and detail(answer).get("domain") in ("groups", "sessions")


def _names_unknown(answer: Answer) -> bool:
    return answer.status == 404 and detail(answer).get("reason") == "invalidNames"


def _names(answer: Answer) -> list[str]:
    return [str(value) for value in detail(answer).get("values") or []] or ["one of its variables any more"]


def report(plc: Plcnext, kind: str, ask: Callable[[str], Answer] | None = None) -> Iterator[dict[str, Any]]:
    """The entries of the report of ``groups`` or ``sessions``, over all its pages (contract §6, §7); ``ask`` gets a page in place of ``plc``."""
    path: str | None = f"/{kind}"
    seen = set()
    while path and path not in seen:
        seen.add(path)
        answer = ask(path) if ask else plc.call("GET", path)
        if answer.status != 200:
            raise plc.session.error(answer)
        data = plc.envelope(answer)
        entries = data.get(kind)
        yield from (entry for entry in entries or [] if isinstance(entry, dict))
        # The next page's URI comes with or without scheme and host.
        _version, slash, rest = str(data.get("next") or "").partition(f"{ROOT}/")[2].partition(f"/{kind}")
        path = slash + rest if slash else None
