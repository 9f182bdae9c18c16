# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a controller tells of itself and its project, without a token where it allows that (contract §3, §8.5)."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_groups import report
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext


class Info:
    """The parts by name; each is fetched when it is asked for."""

    def __init__(self, plc: Plcnext, pattern: str) -> None:
        self._plc = plc
        self._pattern = pattern
        self.parts: dict[str, Callable[[], Any]] = {
            "service": lambda: self._json(plc.base),
            "project": self._project,
            "dictionary": self._dictionary,
            "types": self._types,
            "sessions": lambda: list(report(plc, "sessions", lambda path: self._get(plc.base + path))),
        }

    def _get(self, path: str) -> Answer:
        answer = self._plc.session.client.send("GET", path)
        if answer.status == 401:
            answer = self._plc.session.call("GET", path, expect=())
        if answer.status != 200:
            raise self._plc.session.error(answer)
        return answer

    def _json(self, path: str) -> dict[str, Any]:
        answer = self._get(path)
        data = answer.json()
        if not isinstance(data, dict):
            raise answer.bad("the answer is not a JSON object")
        return data

    def _project(self) -> dict[str, Any]:
        data = self._json("/ehmi/project.checksum.json")
        return {"id": data.get("id"), "crc": data.get("checksum")}

    def _dictionary(self) -> dict[str, Any]:
        variables = self._json("/ehmi/data.dictionary.json").get("HmiVariables2") or {}
        return {
            path: {"type": entry.get("Type"), "init_value": entry.get("InitValue"), "read_only": bool(entry.get("ReadOnly"))}
            for path, entry in variables.items()
            if isinstance(entry, dict) and fnmatchcase(path, self._pattern)
        }

    def _types(self) -> list[Any]:
        return self._json("/ehmi/type.dictionary.json").get("Types") or []
