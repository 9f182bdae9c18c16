# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Makes a configuration element what it is to be: read, compare, create or change, check (contract §8)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, InvalidInput, NotConfirmed, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import (
    EXACT,
    Element,
    Metadata,
    Rules,
    change,
    differs,
    merge,
    unmasked,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import TITLE, Appliance


@dataclass
class Plan:
    """What is there, what is to be there, and by which keys; None where there is no element. ``changed``: whether that takes or took a write."""

    metadata: Metadata
    keys: dict[str, list[str]]
    before: Element | None
    after: Element | None
    changed: bool


def plan(appliance: Appliance, desired: Element, state: str, rules: Rules) -> Plan:
    """Reads the element and finds what to do.

    Raises ``InvalidInput`` if keys are missing, a sub-element cannot be matched, or a secret would have to be written that only the appliance knows.
    """
    metadata = appliance.metadata(desired.type)
    keys = metadata.key(desired)
    unknown = [name for name in desired.attributes if metadata.attributes and name not in metadata.attributes]
    if unknown and state == "present":
        near = [close for name in unknown for close in difflib.get_close_matches(name, metadata.attributes, 1)]
        hint = f"Is it {' or '.join(near)}?" if near else f"It has {', '.join(metadata.attributes)}."
        raise InvalidInput(f"{desired.type} has no attribute {', '.join(unknown)}", hint=hint)
    before = appliance.find(metadata, keys)
    if state == "absent":
        return Plan(metadata, keys, before, None, before is not None)
    if before is None:
        _writable(desired)
        return Plan(metadata, keys, None, desired, True)
    after = merge(desired, before, metadata, rules)
    changed = differs(after, before, rules.exact)
    if changed:
        _writable(change(after, before, metadata.keys, rules))
    return Plan(metadata, keys, before, after, changed)


def _writable(element: Element) -> None:
    """Raises ``InvalidInput`` if a value is a mask: written, it would take the place of the secret behind it."""
    masked = dict.fromkeys(element.masked())
    if masked:
        raise InvalidInput(
            f"{element.type} can be written only with the value of {', '.join(masked)}, which the appliance does not show",
            hint="Give it in the same task. Sub-elements of a type are written together, so that those beside the changed one count too.",
        )


def apply(appliance: Appliance, desired: Element, found: Plan, rules: Rules) -> Plan:
    """Does what a plan says; the lock is held. Returns the plan with what the appliance has now. Raises ``NotConfirmed`` if that is not as asked for."""
    if found.after is None:
        found.changed = _deleted(appliance, found.metadata, found.keys)
        return found
    if found.before is None:
        try:
            return _confirmed(found, appliance.create(found.after), desired, rules)
        except Conflict:
            # Somebody made it meanwhile, or it was there in a way that reading did not show.
            found = plan(appliance, desired, "present", rules)
            if found.before is None:
                raise
    if not found.changed or found.after is None:
        return found
    now = appliance.update(change(found.after, found.before, found.metadata.keys, rules))
    if rules.purge and now.size() > found.after.size():
        now = _replaced(appliance, found.metadata, found.before, found.after, now, rules)
    return _confirmed(found, now, desired, rules)


def _deleted(appliance: Appliance, metadata: Metadata, keys: dict[str, list[str]]) -> bool:
    """Deletes an element; False if somebody else did. Raises ``NotConfirmed`` if it is still there."""
    deleted = appliance.delete(metadata.name, keys)
    if (not deleted or any(len(values) > 1 for values in keys.values())) and appliance.find(metadata, keys):
        what = "another one may have been deleted in its place" if deleted else "the appliance does not find it by its keys"
        raise NotConfirmed(
            f"the {metadata.name} was not deleted, and {what}",
            service=TITLE,
            hint="Delete it at the command line or in the web interface." + (" Restore the running configuration before saving." if deleted else ""),
            details={"changed": deleted},
        )
    return deleted


def _replaced(appliance: Appliance, metadata: Metadata, before: Element, after: Element, now: Element, rules: Rules) -> Element:
    """Deletes and makes the element anew, because the appliance merges sub-elements and so never removes one; puts the old one back if that fails.

    ``now`` is the element with all changes but the removal.
    """
    try:
        _writable(after)
        _deleted(appliance, metadata, before.key(metadata.keys))
    except TokenflowError as error:
        error.message = f"sub-elements of {metadata.name} could not be removed, for which the element must be deleted and made anew: {error.message}"
        if differs(now, before, EXACT):
            error.hint = f"{error.hint} The other changes of this task were made.".strip()
            error.details["changed"] = True
        raise
    try:
        return appliance.create(after)
    except TokenflowError as error:
        try:
            old = unmasked(before, after, metadata, rules)
            _writable(old)
            appliance.create(old)
            error.hint = f"The element is as it was. {error.hint}".strip()
        except TokenflowError as second:
            error.hint = f"It had to be deleted to remove sub-elements, and could not be made again ({second}): restore the configuration before saving."
            error.details["changed"] = True
        raise error from None


def _confirmed(found: Plan, now: Element, desired: Element, rules: Rules) -> Plan:
    if differs(merge(desired, now, found.metadata, rules), now, EXACT):
        raise NotConfirmed(
            f"the appliance answered the change of {desired.type} with other values than asked for",
            service=TITLE,
            hint="Nothing is saved or activated yet: look at the element, and restore the running configuration to undo it.",
            details={**as_result(Plan(found.metadata, found.keys, found.before, now, True)), "changed": True},
        )
    return Plan(found.metadata, found.keys, found.before, now, True)


def as_result(found: Plan) -> dict[str, Any]:
    """``before``, ``after`` and ``key`` for a task's result."""
    return {
        "before": found.before.as_data(found.metadata) if found.before else None,
        "after": found.after.as_data(found.metadata) if found.after else None,
        "key": {name: values[0] if len(values) == 1 else values for name, values in found.keys.items()},
    }
