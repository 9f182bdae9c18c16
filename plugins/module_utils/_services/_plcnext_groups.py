# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Registered read groups of a controller (contract §7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import ROOT, detail
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import UNKNOWN_HINT, Plcnext, split_prefix

GONE = (404, 408, 410)


@dataclass(frozen=True)
class Group:
    """A group: its id, and its variables by full path with ``type``, and with ``value`` where it was read."""

    id: str
    variables: dict[str, dict[str, Any]]


class Groups:
    """The groups of one controller. The same list of variables is the same group."""

    def __init__(self, plc: Plcnext) -> None:
        self._plc = plc

    def register(self, paths: Sequence[str]) -> Group:
        """Registers variables by full path; the group that has just these, if there is one."""
        prefix, relative = split_prefix(paths)
        body = {"paths": relative, **({"pathPrefix": prefix} if prefix else {})}
        answer = self._plc.call("POST", "/groups", json_body=body)
        if answer.status == 404 and detail(answer).get("reason") == "invalidNames":
            reading = self._plc.read(paths)
            raise self._unknown(answer, list(reading.refused) or [str(value) for value in detail(answer).get("values") or []])
        if answer.status != 201:
            raise self._plc.session.error(answer)
        return self._group(answer)

    def read(self, identifier: str) -> Group | None:
        """A group with its values; None if it is not there (any more)."""
        answer = self._plc.call("GET", f"/groups/{identifier}")
        if answer.status in GONE:
            return None
        if answer.status != 200:
            raise self._plc.session.error(answer)
        return self._group(answer)

    def unregister(self, identifier: str) -> bool:
        """Removes a group; False if it was not there."""
        answer = self._plc.call("DELETE", f"/groups/{identifier}")
        if answer.status in GONE:
            return False
        if answer.status != 204:
            raise self._plc.session.error(answer)
        return True

    def ids(self) -> dict[str, int]:
        """The ids of all groups with the number of their variables."""
        return {str(entry["id"]): int(entry.get("variableCount", 0)) for entry in report(self._plc, "groups") if entry.get("id")}

    def find(self, paths: Sequence[str]) -> Group | None:
        """The group that has just these variables in this order, found without registering one."""
        for identifier, count in self.ids().items():
            group = self.read(identifier) if count == len(paths) else None
            if group is not None and list(group.variables) == list(paths):
                return group
        return None

    def _group(self, answer: Answer) -> Group:
        data = self._plc.envelope(answer)
        prefix = data.get("variablePathPrefix") or ""
        entries = data.get("variables")
        if not data.get("id") or not isinstance(entries, list):
            raise answer.bad("the answer is no group")
        variables = {prefix + str(entry.get("path")): {name: entry[name] for name in ("type", "value") if name in entry} for entry in entries}
        return Group(str(data["id"]), variables)

    def _unknown(self, answer: Answer, paths: list[str]) -> NotFound:
        return NotFound(
            f"the controller does not know {', '.join(paths)}",
            service=self._plc.session.flow.TITLE,
            method=answer.method,
            path=answer.path,
            status=answer.status,
            hint=UNKNOWN_HINT,
            details={"problems": paths},
        )


def report(plc: Plcnext, kind: str) -> Iterator[dict[str, Any]]:
    """The entries of the report of ``groups`` or ``sessions``, over all its pages (contract §6, §7)."""
    path: str | None = f"/{kind}"
    seen = set()
    while path and path not in seen:
        seen.add(path)
        answer = plc.call("GET", path)
        if answer.status != 200:
            raise plc.session.error(answer)
        data = plc.envelope(answer)
        entries = data.get(kind)
        yield from (entry for entry in entries or [] if isinstance(entry, dict))
        # The next page's URI comes with or without scheme and host.
        following = str(data.get("next") or "")
        path = following[following.index(kind) - 1 :] if ROOT in following and f"/{kind}" in following else None
