# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What is to be done about each object of a list, and what became of it: many objects in one task, and a report that stays short."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    Conflict,
    InvalidInput,
    NotConfirmed,
    NotFound,
    RequestRefused,
    TokenflowError,
)

Data = dict[str, Any]
OWN_ERRORS = (RequestRefused, Conflict, NotFound, NotConfirmed, InvalidInput)
"""Errors that are about one object; after any other one the rest is not tried."""
DONE = {"create": "created", "update": "updated", "remove": "removed", "add": "added", "replace": "replaced", "none": "unchanged"}
SHOWN = 5
"""How many names a message has."""


@dataclass
class Action:
    """One call: the fields with the values that they have after it, and how it is sent. ``send`` says whether something changed.

    ``shows`` are values that cannot be read: they are told as the object's only if they were taken as new. Of these the answer alone may tell whether they
    were (not ``certain``).
    """

    sets: Data
    send: Callable[[], bool]
    shows: Data = field(default_factory=dict)
    certain: bool = True


@dataclass
class Step:
    """An object: what identifies it for the user, how it is and how it is to be (None: not there), and the calls in between. ``label`` is for messages.

    ``verb`` is set for what cannot be read: its action if the service says that something changed.
    """

    what: Data
    before: Data | None
    after: Data | None
    actions: list[Action] = field(default_factory=list)
    identifier: str | None = None
    label: str = ""
    parent: str | None = None
    verb: str = ""
    changed: bool = False
    tried: bool = False
    written: Data = field(default_factory=dict)
    error: TokenflowError | None = None

    def __post_init__(self) -> None:
        self.label = self.label or " of ".join(str(value) for value in reversed(list(self.what.values())))

    @property
    def certain(self) -> bool:
        """Whether it is known before the writing what it will change."""
        return not self.actions or any(action.certain for action in self.actions)

    def show(self, action: Action) -> None:
        """Notes what an action set that cannot be read."""
        if self.after is not None:
            self.after.update(action.shows)

    def fail(self, error: TokenflowError) -> None:
        """Notes that the object is only as far as it was written."""
        self.error = error
        if self.after is not None:
            self.after = {**(self.before or {}), **self.written}

    @property
    def action(self) -> str:
        """One of ``DONE``."""
        if not self.changed:
            return "none"
        if self.verb:
            return self.verb
        return "create" if self.before is None else "remove" if self.after is None else "update"

    def difference(self) -> tuple[Data | None, Data | None]:
        """Only what differs, before and after."""
        if self.before is None or self.after is None:
            return self.before, self.after
        names = [name for name in self.after if self.after[name] != self.before.get(name)]
        return {name: self.before.get(name) for name in names}, {name: self.after[name] for name in names}

    def as_change(self) -> Data:
        """The entry in ``changes``."""
        before, after = self.difference()
        identifier = {} if self.verb else {"id": self.identifier}
        return {**self.what, "action": self.action, **identifier, "before": before, "after": after}


def carry_out(steps: Sequence[Step], check_mode: bool, actions: Sequence[str]) -> None:
    """Sends what the steps need; in check mode only notes what would change. Raises one error for all that failed, with the result so far."""
    for step in steps:
        if check_mode or not step.actions:
            step.changed = step.tried = bool(step.actions)
            for action in step.actions:
                step.show(action)
            continue
        try:
            for action in step.actions:
                step.tried = True
                if action.send():
                    step.changed = True
                    step.show(action)
                    step.written.update({**action.sets, **action.shows})
        except TokenflowError as error:
            step.fail(error)
            if not isinstance(error, OWN_ERRORS):
                break
    failed = [step for step in steps if step.error]
    if failed:
        raise _failure(steps, failed, actions)


def as_result(steps: Sequence[Step], actions: Sequence[str]) -> Data:
    """``changed``, ``summary`` and ``changes`` for a task's result; ``actions`` are those that the module knows."""
    done = [step.action for step in steps if step.changed or not step.actions or (step.tried and not step.error)]
    return {
        "changed": any(step.changed for step in steps),
        "summary": {DONE[action]: done.count(action) for action in (*actions, "none")},
        "changes": [step.as_change() for step in steps if step.changed],
    }


def as_diff(steps: Sequence[Step]) -> Data:
    """What --diff shows: by object, only what differs."""
    sides: Data = {"before": {}, "after": {}}
    for step in steps:
        if step.changed:
            for side, values in zip(("before", "after"), step.difference()):
                if values is not None:
                    sides[side][step.label] = values
    return sides


def only_once(steps: Sequence[Step]) -> None:
    """Raises ``InvalidInput`` if two entries of a list are about the same object."""
    keys = [tuple(step.what.items()) for step in steps]
    twice = list(dict.fromkeys(step.label for step, key in zip(steps, keys) if keys.count(key) > 1)) if len(set(keys)) < len(keys) else []
    if twice:
        raise InvalidInput(f"the list has several entries for {listed(twice)}")


def listed(names: Sequence[str]) -> str:
    """The first names of a list for a message."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def refused_before(problems: Sequence[str], title: str, hint: str = "", details: Mapping[str, Any] | None = None) -> InvalidInput:
    """The error for what is wrong with the wanted objects before anything was sent."""
    return InvalidInput(
        f"nothing was written, because {problems[0]}"
        if len(problems) == 1
        else f"nothing was written, because of {len(problems)} problems: {'; '.join(problems)}",
        service=title,
        hint=hint,
        details={"problems": list(problems), **(details or {})},
    )


def _failure(steps: Sequence[Step], failed: Sequence[Step], actions: Sequence[str]) -> TokenflowError:
    """The first error, with what was done, what failed and what was not tried."""
    error = failed[0].error or BadAnswer("")
    left = [step.label for step in steps if step.actions and not step.tried]
    details = {
        **as_result(steps, actions),
        "failed_objects": [{**step.what, "msg": str(step.error), "written": list(step.written)} for step in failed],
        "not_tried": left,
    }
    if len(steps) > 1:
        what = f"{len(failed)} of {len(steps)} objects are not as they are to be ({listed([step.label for step in failed])})"
        untried = f", and {len(left)} were not tried" if left else ""
        error.message = f"{what}{untried}. The first, {failed[0].label}: {error.message}"
    elif failed[0].written:
        error.message = f"{', '.join(failed[0].written)} written, but then {error.message}"
    error.details = {**error.details, **details}
    return error
