# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing variables in the PLCnext simulator (contract §8)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from ._plcnext_project import Place
from ._plcnext_types import Forms, String, TooLong, WrongValue
from ._plcnext_wire import Call, Controller, Refusal, answer, text


def invalid_names(paths: list[str]) -> Refusal:
    return Refusal(404, "variables", "invalidNames", paths)


class Variables:
    """The variables endpoint, and the reading that groups share with it."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller

    def serve(self, call: Call) -> Response | None:
        """Read and write; None for a method that is not there."""
        if call.method == "PUT":
            return self._write(call)
        if call.method not in ("GET", "POST"):
            return None
        asked = call.paths()
        if asked is None:
            raise call.malformed()
        prefix, relative = asked
        return self.read([prefix + path for path in relative])

    def read(self, paths: list[str]) -> Response:
        """Values of full paths, in the order asked."""
        self._limit(paths)
        values, unknown = self.values(paths)
        if unknown and self.controller.on("bad_names") == "refuse":
            raise invalid_names(unknown)
        entries: list[dict[str, Any]] = [{"path": path, "value": value} for path, value in zip(paths, values)]
        if unknown:
            bad = set(unknown)
            entries = [entry if entry["path"] not in bad else {"path": entry["path"], "error": {"reason": "invalidNames"}} for entry in entries]
        return answer(200, {**self.controller.envelope(), "variables": entries})

    def values(self, paths: list[str]) -> tuple[list[Any], list[str]]:
        """The JSON forms of the values (None for a path that is not there), and the paths that are not there."""
        on = self.controller.on
        forms = Forms(on("integral_real"), on("non_finite"), on("string64"), on("long_types"))
        known, values, unknown = self.controller.project.variables, [], []
        for path in paths:
            variable = known.get(path)
            if variable is not None:
                values.append(variable.value if variable.type.plain else variable.type.wire(variable.value, forms))
            elif (place := self.find(path)) is not None:
                values.append(place.wire(forms))
            else:
                values.append(None)
                unknown.append(path)
        return values, unknown

    def find(self, path: str) -> Place | None:
        return self.controller.project.find(path, self.controller.on("case_sensitive"))

    def _limit(self, paths: list[str]) -> None:
        limit = self.controller.on("max_paths")
        if (limit and len(paths) > limit) or (self.controller.on("duplicates") == "refuse" and len(set(paths)) < len(paths)):
            raise Refusal(400, "variables", "invalidRequest")

    def _write(self, call: Call) -> Response:
        prefix, entries = text(call.json, "pathPrefix", call), call.json.get("variables")
        if not isinstance(entries, list) or not entries:
            raise call.malformed()
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("path"), str) or "value" not in entry:
                raise call.malformed()
            if entry.get("valueType", "Constant") not in ("Constant", "Variable"):
                raise call.malformed()
        paths = [prefix + entry["path"] for entry in entries]
        self._limit(paths)
        places = [self.find(path) for path in paths]
        unknown = [path for path, place in zip(paths, places) if place is None]
        plans: list[tuple[Place, Any] | None] = []
        refusal = None
        for entry, place in zip(entries, places):
            try:
                plans.append(self._plan(entry, place, prefix, unknown))
            except Refusal as error:
                refusal = error
                break
        if refusal is None or self.controller.on("write_atomicity") == "until_error":
            for plan in plans:
                if plan is not None:
                    plan[0].set(plan[1])
        if refusal is not None:
            raise refusal
        return answer(200, {**self.controller.envelope(), "variables": self._echo(paths, plans)})

    def _plan(self, entry: dict[str, Any], place: Place | None, prefix: str, unknown: list[str]) -> tuple[Place, Any] | None:
        """Where one entry goes and the converted value; None if only this entry fails, a refusal if the whole request does."""
        on = self.controller.on
        if place is None:
            return self._fail(on("bad_names"), invalid_names(unknown))
        if place.variable.read_only:
            return self._fail(on("read_only_write"))
        if place.whole and not on("whole_writes"):
            return self._fail(on("wrong_value"))
        value = entry["value"]
        if entry.get("valueType") == "Variable":
            source = self.find((prefix if on("source_path") == "prefixed" else "") + value) if isinstance(value, str) else None
            if source is None:
                return self._fail(on("bad_names"), invalid_names([str(value)]))
            value = source.get()
        try:
            return place, place.convert(value)
        except TooLong:
            if on("long_string") == "truncate" and isinstance(place.type, String):
                return place, place.type.truncate(value)
            return self._fail("refuse" if on("long_string") == "truncate" else on("long_string"))
        except WrongValue:
            return self._fail(on("wrong_value"))

    def _fail(self, position: str, refusal: Refusal | None = None) -> tuple[Place, Any] | None:
        """What a bad entry does, by the position of its switch."""
        if position == "refuse":
            raise refusal or Refusal(400, "variables", "invalidRequest")
        return None

    def _echo(self, paths: list[str], plans: list[tuple[Place, Any] | None]) -> list[dict[str, Any]]:
        values, _unknown = self.values(paths)
        absent = self.controller.on("missing_value") == "absent"
        answers: list[dict[str, Any]] = []
        for path, plan, value in zip(paths, plans, values):
            shown = {"value": value if plan is not None else None} if plan is not None or not absent else {}
            answers.append({"path": path, **shown, "uri": f"/_pxc_api/api/variables/{path}"})
        return answers
