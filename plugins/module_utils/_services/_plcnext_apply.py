# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Makes variables have given values: read, compare, write what differs, check what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    InvalidInput,
    NotConfirmed,
    ProjectChanged,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_values import (
    IecType,
    Verdict,
    WrongValue,
    compare,
    decide,
    merged,
    writes,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import Plcnext, full_path, hint_for, listed


@dataclass
class Setting:
    """One variable: the name that the user gave it, its full path, and its values."""

    name: str
    path: str
    desired: Any
    before: Any = None
    after: Any = None
    iec: IecType | None = None
    differs: bool = False

    def as_result(self) -> dict[str, Any]:
        return {"before": self.before, "after": self.after, "changed": self.differs}


def settings(variables: Mapping[str, Any], prefix: str) -> list[Setting]:
    """The variables as given. Raises ``InvalidInput`` for names that cannot be written, and for two names of one variable."""
    found: dict[str, Setting] = {}
    for name, desired in variables.items():
        path = full_path(name, prefix)
        if any(sign in path for sign in ",;") or not path.strip():
            raise InvalidInput(f"{name!r} is not one variable", hint="Give elements one by one, or the whole array as a list.")
        if desired is None:
            raise InvalidInput(f"{name!r} has no value")
        if path in found:
            raise InvalidInput(f"{found[path].name!r} and {name!r} are the same variable")
        found[path] = Setting(name, path, desired)
    return list(found.values())


def plan(plc: Plcnext, wanted: list[Setting], expected_crc: int | None = None) -> list[Setting]:
    """Reads all, and returns those that differ. Raises ``InvalidInput`` with every variable that is unknown, read-only or of another type.

    Raises ``ProjectChanged`` if the project on the controller is not the one with ``expected_crc``.
    """
    reading = plc.read([setting.path for setting in wanted])
    if expected_crc is not None and plc.crc != expected_crc:
        raise ProjectChanged(
            f"the project on the controller has the checksum {plc.crc}, not {expected_crc} as expected; nothing was written",
            service=plc.session.flow.TITLE,
            hint="Check which project it is; if it is the right one, correct expected_project_crc.",
            details={"project_crc": plc.crc},
        )
    for setting in wanted:
        setting.before = setting.after = reading.values.get(setting.path)
    open_settings = [setting for setting in wanted if setting.path not in reading.refused and not _equal_at_sight(setting)]
    if not reading.refused and not open_settings:
        return []
    project = plc.project()
    problems = [f"{path} cannot be read ({reason})" for path, reason in reading.refused.items()]
    for setting in open_settings:
        known = project.find(setting.path) if project else None
        setting.iec = known.iec if known else None
        try:
            setting.differs = decide(setting.desired, setting.before, setting.iec) is Verdict.DIFFERENT
            if setting.differs:
                setting.after = merged(setting.desired, setting.before, setting.iec)
        except WrongValue as error:
            problems.append(f"{setting.path}: {error}")
            continue
        if setting.differs and known and known.read_only:
            problems.append(f"{setting.path} is read-only")
    if problems:
        raise InvalidInput(
            f"nothing was written, because {len(problems)} of {len(wanted)} variables cannot be set: {listed(problems, '; ')}",
            service=plc.session.flow.TITLE,
            hint=hint_for(reading.refused) if reading.refused else "",
            details={"problems": problems},
        )
    return [setting for setting in wanted if setting.differs]


def _equal_at_sight(setting: Setting) -> bool:
    try:
        return compare(setting.desired, setting.before) is Verdict.EQUAL
    except WrongValue:
        return False


def write(plc: Plcnext, differing: list[Setting], *, text: bool, verify: bool) -> None:
    """Writes what differs and checks the echo. Every error says what was written and what was not."""
    values: dict[str, Any] = {}
    types: dict[str, IecType | None] = {}
    for setting in differing:
        for path, value, iec in writes(setting.path, setting.desired, setting.before, setting.iec, plc.first_index):
            values[path], types[path] = value, iec
    written: list[str] = []
    refused: dict[str, str] = {}
    try:
        for paths, echo in plc.write(values, text):
            for path in paths:
                reason = echo.refused.get(path) or _unlike(values[path], echo.values[path], types[path])
                if reason:
                    refused[path] = reason
                else:
                    written.append(path)
        if verify and not refused:
            back = plc.read(list(values))
            refused = {path: back.refused.get(path) or _unlike(values[path], back.values[path], types[path]) for path in values}
            refused = {path: reason for path, reason in refused.items() if reason}
    except TokenflowError as error:
        raise _interrupted(plc, error, values, types, written, refused, differing) from None
    if refused:
        raise NotConfirmed(
            f"{len(refused)} of {len(values)} values were not taken: {_reasons(refused)}",
            service=plc.session.flow.TITLE,
            hint=f"{'The others were written. ' if len(refused) < len(values) else ''}Something on the controller may set these variables itself.",
            details={
                "changed": len(refused) < len(values) or _others(plc, differing),
                "written": [path for path in values if path not in refused],
                "not_written": list(refused),
            },
        )


def _unlike(value: Any, echoed: Any, iec: IecType | None) -> str:
    try:
        return "" if decide(value, echoed, iec) is Verdict.EQUAL else f"the controller has {echoed!r} in place of {value!r}"
    except WrongValue as error:
        return str(error)


def _reasons(refused: Mapping[str, str]) -> str:
    return listed([f"{path} ({reason})" for path, reason in refused.items()], "; ")


def _others(plc: Plcnext, differing: list[Setting]) -> bool:
    """Whether variables that did not get their values have others than before: text that was cut, for example."""
    try:
        now = plc.read([setting.path for setting in differing]).values
    except TokenflowError:
        return False
    return any(setting.path in now and now[setting.path] != setting.before for setting in differing)


def _interrupted(
    plc: Plcnext,
    error: TokenflowError,
    values: Mapping[str, Any],
    types: Mapping[str, IecType | None],
    written: list[str],
    refused: Mapping[str, str],
    differing: list[Setting],
) -> TokenflowError:
    """The error with what is known of each value, for which the controller is asked again."""
    if isinstance(error, ProjectChanged):
        # A new project starts all variables anew, also those that were written before.
        written, refused = [], {}
    settled = {*written, *refused}
    open_paths = [path for path in values if path not in settled]
    missing, unknown = list(refused), []
    try:
        # What is there now counts, whatever the project is, and how far the controller got before it refused is not known.
        plc.crc = None
        back = plc.read(open_paths)
        arrived = [path for path in open_paths if path in back.values and not _unlike(values[path], back.values[path], types[path])]
        there = set(arrived)
        written, missing = [*written, *arrived], [*missing, *(path for path in open_paths if path not in there)]
    except TokenflowError:
        unknown = open_paths
    changed = bool(written) or (not isinstance(error, ProjectChanged) and not unknown and _others(plc, differing))
    states = (("written", written), ("not written", missing), ("unknown", unknown))
    error.details = {"changed": changed, "written": written, "not_written": missing, "unknown": unknown}
    error.message += " (" + "; ".join(f"{name}: {listed(paths) or 'none'}" for name, paths in states if paths or name != "unknown") + ")"
    return error
