# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Makes records of a table what they are to be: read, compare, write what differs in one request, read back (contract §5.3, §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    ConnectionFailed,
    CredentialsRejected,
    InvalidInput,
    LoginFailed,
    NotAuthorised,
    NotConfirmed,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_records import Fields, Key, Record, Records, key_from, key_text


@dataclass
class Wanted:
    """A record as a task wants it: these fields under this key, or (``fields`` is None) no record."""

    key: Key
    fields: Record | None


@dataclass
class Step:
    """What is there, and what is to be there; None where there is no record."""

    key: Key
    before: Record | None
    after: Record | None

    @property
    def action(self) -> str:
        """``insert``, ``update``, ``remove`` or ``none``."""
        if self.before == self.after:
            return "none"
        return "remove" if self.after is None else "insert" if self.before is None else "update"

    @property
    def changed(self) -> bool:
        """Whether there is anything to do."""
        return self.before != self.after


def wanted_records(params: Mapping[str, Any], fields: Fields) -> list[Wanted]:
    """The records that a module's options describe. Raises ``InvalidInput``."""
    given = params["records"] if params["records"] is not None else [{name: params[name] for name in ("key", "fields", "state")}]
    found = [
        _wanted({**entry, "state": entry.get("state") or params["state"]}, params["key_fields"] or [], params["table_fields"] or [], fields) for entry in given
    ]
    keys = [wanted.key for wanted in found]
    twice = sorted({key_text(key) for key in keys if keys.count(key) > 1}) if len(set(keys)) < len(keys) else []
    if twice:
        raise InvalidInput(f"there are several records with the key {', '.join(twice)}")
    return found


def _wanted(entry: Mapping[str, Any], key_names: Sequence[str], table_names: Sequence[str], fields: Fields) -> Wanted:
    given = {name: fields.wanted(name, value) for name, value in (entry.get("fields") or {}).items()}
    unknown = [name for name in given if table_names and name not in table_names]
    if unknown:
        raise InvalidInput(f"table_fields has no field {', '.join(unknown)}")
    key = _key(entry.get("key"), key_names, fields)
    if key is None:
        missing = [name for name in key_names if name not in given]
        if missing or not key_names:
            raise InvalidInput("a record needs key, or key_fields and these fields", hint=f"It lacks {', '.join(missing)}." if missing else "")
        key = tuple(given[name] for name in key_names)
    key = key_from(list(key))
    for name, part in zip(key_names, key):
        if given.setdefault(name, part) != part:
            raise InvalidInput(f"the record with the key {key_text(key)} cannot have {given[name]!r} in its key field {name}")
    return Wanted(key, None if entry["state"] == "absent" else given)


def _key(value: Any, key_names: Sequence[str], fields: Fields) -> Key | None:
    if value is None:
        return None
    parts = key_from(value.split(":", len(key_names) - 1) if isinstance(value, str) and len(key_names) > 1 else value)
    if key_names and len(parts) != len(key_names):
        raise InvalidInput(f"the key {key_text(parts)} has {len(parts)} segments, key_fields has {len(key_names)}")
    return tuple(fields.wanted(name, part) for name, part in zip(key_names, parts)) if key_names else parts


def plan(records: Records, wanted: Sequence[Wanted], table_names: Sequence[str], fields: Fields) -> list[Step]:
    """Reads the records and finds what to do. Raises ``InvalidInput`` for fields that the table does not have."""
    found = records.find([entry.key for entry in wanted])
    known = next(iter(found.values()), None)
    steps = []
    for entry in wanted:
        before = found.get(entry.key)
        unknown = [name for name in entry.fields or {} if known is not None and name not in known]
        if unknown:
            raise InvalidInput(
                f"the table has no field {', '.join(unknown)}", hint=f"It has {', '.join(known or ())}. Names of text fields end in a dollar sign."
            )
        start = before or {name: fields.wanted(name, None) for name in table_names}
        steps.append(Step(entry.key, before, None if entry.fields is None else {**start, **entry.fields}))
    return steps


def apply(records: Records, steps: Sequence[Step], fields: Fields) -> tuple[list[Step], str]:
    """Writes what differs and reads it back: the steps with what is there now, and a warning or nothing.

    Raises the error of the write, or ``NotConfirmed``, if something is not as it is to be; its details say what became of each record.
    """
    due = [step for step in steps if step.changed]
    refusal: TokenflowError | None = None
    try:
        records.write([{"type": step.action, "key": step.key, "record": step.after} for step in due])
    except (CredentialsRejected, LoginFailed, NotAuthorised):
        raise
    except TokenflowError as error:
        if isinstance(error, InvalidInput) or (isinstance(error, ConnectionFailed) and not error.may_have_arrived):
            raise
        refusal = error
    try:
        now = records.find([step.key for step in due])
    except TokenflowError as error:
        unread = NotConfirmed(f"the records were written and could not be read back ({error})", service="PxPlus", details={"changed": True})
        raise (refusal or unread) from error
    done = [Step(step.key, step.before, now.get(step.key) if step.changed else step.after) for step in steps]
    failed = [found for found, step in zip(done, steps) if not _holds(found.after, step.after)]
    if not failed:
        return done, f"The records are as they are to be, although the write was answered with an error: {refusal}" if refusal else ""
    raise _failure(refusal, done, failed, len(due), fields)


def as_result(steps: Sequence[Step], fields: Fields) -> dict[str, Any]:
    """``changed`` and ``records`` for a task's result."""
    records = [
        {"key": key_text(step.key), "action": step.action, "changed": step.changed, "before": fields.as_data(step.before), "after": fields.as_data(step.after)}
        for step in steps
    ]
    return {"changed": any(step.changed for step in steps), "records": records}


def _failure(refusal: TokenflowError | None, done: Sequence[Step], failed: Sequence[Step], due: int, fields: Fields) -> TokenflowError:
    keys = ", ".join(key_text(step.key) for step in failed[:5]) + (", ..." if len(failed) > 5 else "")
    what = f"{due - len(failed)} of {due} records were written, not {keys}"
    error = refusal or NotConfirmed("", service="PxPlus", hint="The server answered the write without an error: compare the records with what was asked for.")
    error.message = f"{what}: {refusal.message}" if refusal else f"{what}, as reading them back shows"
    error.details = as_result(done, fields)
    not_written = {step.key for step in failed}
    for entry, step in zip(error.details["records"], done):
        entry["failed"] = step.key in not_written
    return error


def _holds(now: Record | None, planned: Record | None) -> bool:
    if planned is None or now is None:
        return planned is None and now is None
    return all(now.get(name) == value for name, value in planned.items())
