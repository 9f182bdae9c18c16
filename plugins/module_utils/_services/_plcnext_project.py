# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What is known of a controller's project: its variables with their types, from the static dictionaries (contract §8.5)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._files import replace_text
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_values import IecType

_LAST_STEP = re.compile(r"(?P<base>.+?)(?P<step>\[[^\[\]]*\]|\.[^.\[\]/]+)$")


@dataclass(frozen=True)
class Variable:
    """A variable of the project, or a part of one; ``iec`` is None where its type is not known."""

    iec: IecType | None
    read_only: bool


class Project:
    """The dictionaries of one project, identified by its checksum ``crc``."""

    def __init__(self, crc: int, variables: Mapping[str, Any], types: list[Any]) -> None:
        self.crc = crc
        self._variables = variables
        self._definitions = {str(entry.get("Name")): entry for entry in types if isinstance(entry, dict)}
        self._types: dict[str, IecType] = {}

    @classmethod
    def from_dictionaries(cls, crc: int, data: Any, types: Any) -> Project | None:
        """From the two files as decoded; None where the data dictionary is not one."""
        variables = data.get("HmiVariables2") if isinstance(data, dict) else None
        if not isinstance(variables, dict):
            return None
        slim = {path: [entry.get("Type", ""), bool(entry.get("ReadOnly"))] for path, entry in variables.items() if isinstance(entry, dict)}
        listed = types.get("Types") if isinstance(types, dict) else None
        return cls(crc, slim, listed if isinstance(listed, list) else [])

    def find(self, path: str) -> Variable | None:
        """The variable with that full path, or the part of one; None where the project has none."""
        entry = self._variables.get(path)
        if entry is not None:
            return Variable(self.type(entry[0]), entry[1])
        match = _LAST_STEP.match(path)
        if not match:
            return None
        base = self.find(match["base"])
        if base is None:
            return None
        inner = base.iec.element if base.iec and match["step"].startswith("[") and "," not in match["step"] else None
        return Variable(inner, base.read_only)

    def type(self, name: str) -> IecType:
        """The type of that name."""
        if name not in self._types:
            entry = self._definitions.get(name, {})
            dimensions = entry.get("Dimensions") or []
            element = entry.get("ElementType")
            self._types[name] = IecType(
                name=name,
                kind=str(entry.get("Kind", "Elementary")),
                element=self.type(element) if element and entry.get("Kind") == "Array" and element != name else None,
                start=int(dimensions[0].get("StartIndex", 0)) if len(dimensions) == 1 else None,
                values={str(value.get("Name")): int(value.get("Value", 0)) for value in entry.get("Values") or []},
            )
        return self._types[name]

    # A copy on disk, so that an unchanged project is not fetched again

    def store(self, folder: Path, url: str) -> None:
        """Keeps the dictionaries; a folder that cannot be written to is no error."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            kept = {"crc": self.crc, "variables": self._variables, "types": list(self._definitions.values())}
            replace_text(_file(folder, url), json.dumps(kept))
        except OSError:
            return

    @classmethod
    def load(cls, folder: Path, url: str, crc: int) -> Project | None:
        """The kept dictionaries of a project, if they are those of this checksum."""
        try:
            kept = json.loads(_file(folder, url).read_text(encoding="utf-8"))
            return cls(kept["crc"], kept["variables"], kept["types"]) if kept["crc"] == crc else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _file(folder: Path, url: str) -> Path:
    return folder / f"plcnext-{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"
