# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of the PLCnext simulator: registered lists of variables (contract §7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from ._plcnext_sessions import Sessions
from ._plcnext_variables import Variables, invalid_names
from ._plcnext_wire import Call, Controller, Refusal, answer, page


@dataclass
class _Times:
    """Durations in ms by the controller's clock."""

    total: float = 0.0
    longest: float = 0.0

    def add(self, seconds: float) -> None:
        self.total += 1000 * seconds
        self.longest = max(self.longest, 1000 * seconds)


@dataclass
class _Group:
    id: str
    prefix: str
    paths: list[str]
    types: list[str]
    created: float
    used: float
    sessions: set[str]
    reads: int = 0
    # The whole read, and its two parts: making the answer, fetching the values.
    times: dict[str, _Times] = field(default_factory=lambda: {"total": _Times(), "ehmi": _Times(), "gds": _Times()})


class Groups:
    """The group table."""

    def __init__(self, controller: Controller, sessions: Sessions, variables: Variables) -> None:
        self.controller, self.sessions, self.variables = controller, sessions, variables
        self.live: dict[str, _Group] = {}
        self.count = 0

    def purge(self) -> None:
        """Drops the groups that were not used for long, or whose sessions are all gone."""
        now, lifetime = self.controller.clock.now(), self.controller.on("group_lifetime")
        if lifetime:
            self.live = {text: group for text, group in self.live.items() if now - group.used < lifetime}
        if self.controller.on("group_ends_with_session"):
            self.live = {text: group for text, group in self.live.items() if not group.sessions or group.sessions & {"", *self.sessions.live}}

    def serve(self, call: Call) -> Response | None:
        """The group endpoints; None for a method that is not there."""
        if not call.rest:
            if call.method == "DELETE":
                raise Refusal(400, "groups", "missingGroupID")
            return {"GET": self._report, "POST": self._register}.get(call.method, lambda _call: None)(call)
        return {"GET": self._read, "DELETE": self._unregister}.get(call.method, lambda _call: None)(call)

    def _find(self, text: str) -> _Group:
        if text not in self.live:
            raise Refusal(404, "groups", "invalidGroupID")
        group = self.live[text]
        group.used = self.controller.clock.now()
        return group

    def _register(self, call: Call) -> Response:
        asked, on, now = call.paths(), self.controller.on, self.controller.clock.now()
        if asked is None:
            raise Refusal(400, "groups", "missingPaths")
        prefix, paths = asked
        places = [self.variables.find(prefix + path) for path in paths]
        unknown = [prefix + path for path, place in zip(paths, places) if place is None]
        if unknown:
            raise invalid_names(unknown)
        group = next((group for group in self.live.values() if on("group_dedup") and (group.prefix, group.paths) == (prefix, paths)), None)
        if group is None:
            too_many = 0 < on("group_limit") <= len(self.live) or 0 < on("group_variable_limit") < len(paths)
            if too_many or (on("duplicates") == "refuse" and len(set(paths)) < len(paths)):
                raise call.malformed()
            self.count += 1
            types = [place.type.name for place in places if place is not None]
            group = _Group(f"g{self.count}{self.controller.stamp(now)}", prefix, paths, types, now, now, set())
            self.live[group.id] = group
        group.used = now
        # An empty name stands for a client without a session.
        group.sessions.add(call.session_id())
        entries = [{"path": path, "type": name} for path, name in zip(group.paths, group.types)]
        return answer(201, self._body(group, entries), [("location", call.location(f"groups/{group.id}"))])

    def _body(self, group: _Group, entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {**self.controller.envelope(), "id": group.id, "variablePathPrefix": group.prefix, "variables": entries}

    def _read(self, call: Call) -> Response:
        group, clock = self._find(call.rest), self.controller.clock
        start = clock.now()
        values, unknown = self.variables.values([group.prefix + path for path in group.paths])
        fetched = clock.now()
        if unknown:
            raise invalid_names(unknown)
        entries = [{"path": path, "type": name, "value": value} for path, name, value in zip(group.paths, group.types, values)]
        response = answer(200, self._body(group, entries))
        group.reads += 1
        end = clock.now()
        for name, seconds in (("total", end - start), ("ehmi", end - fetched), ("gds", fetched - start)):
            group.times[name].add(seconds)
        return response

    def _unregister(self, call: Call) -> Response:
        del self.live[self._find(call.rest).id]
        return answer(204)

    def _report(self, call: Call) -> Response:
        on = self.controller.on
        entries = [self._entry(group, call) for group in self.live.values()]
        entries, following = page(entries, on("report_page"), call.uri("groups", on("uri_scheme")), call)
        return answer(200, {**self.controller.envelope(), "groups": entries, "next": following})

    def _entry(self, group: _Group, call: Call) -> dict[str, Any]:
        on, stamp = self.controller.on, self.controller.stamp
        numbers = {"createdTimestamp": stamp(group.created), "usedTimestamp": stamp(group.used), "accessCount": group.reads}
        for name, times in group.times.items():
            numbers[f"{name}TimeAverage"] = round(times.total / max(group.reads, 1))
            numbers[f"{name}TimeMax"] = round(times.longest)
        count: Any = len(group.paths)
        return {
            "id": group.id,
            "variableCount": str(count) if on("group_variable_count") == "string" else count,
            "uri": call.uri(f"groups/{group.id}", on("uri_scheme")),
            **{name: str(number) if on("group_statistics") == "string" else number for name, number in numbers.items()},
        }
