# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What the modules for objects of Phoenix Security have in common: options, one object or a list of them, and the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_applications import Applications
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_components import Places
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_steps import Step, as_diff, as_result, carry_out, listed
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

Options = dict[str, dict[str, Any]]

TAG_OPTIONS: Options = {"key": {"type": "str", "no_log": False}, "value": {"type": "str", "required": True}}
TAGS: dict[str, Any] = {"type": "list", "elements": "dict", "options": TAG_OPTIONS}


def _integration(place: str, types: Sequence[str]) -> dict[str, Any]:
    names = ("integration_id", "integration_name", f"{place}_id")
    texts: Options = {name: {"type": "str"} for name in names}
    kinds: Options = {f"{place}_name": {"type": "str", "required": True}, "integration_type": {"type": "str", "choices": list(types)}}
    return {"type": "dict", "options": {**texts, **kinds}}


WORKFLOW_OPTIONS: Options = {
    "ticketing": _integration("project", ("JIRA", "JIRA_DC", "ADO", "GITHUB", "SERVICE_NOW")),
    "messaging": _integration("channel", ("SLACK",)),
}
UPDATE_WORKFLOWS: Options = {"update_workflows": {"type": "bool", "default": False}}
TAG_RULES: Options = {"purge_tags": {"type": "bool", "default": True}, "return_ids": {"type": "bool", "default": False}}
NAMED_OPTIONS: Options = {"case_sensitive": {"type": "bool", "default": True}}
APPLICATION_IDS: Options = {"application_ids": {"type": "dict"}}
COMPONENT_IDS: Options = {"component_ids": {"type": "dict"}}
PLACE: Options = {"application": {"type": "str"}, "environment": {"type": "str"}}


def with_list(one: Options, name: str, required: Sequence[str] = ()) -> Options:
    """Options for one object and, under ``name``, for a list of them; of the list's entries ``required`` ones must be there, and they have no defaults."""
    entry = {key: {what: value for what, value in option.items() if what != "default"} for key, option in one.items()}
    for key in required:
        entry[key] = {**entry[key], "required": True}
    return {**one, name: {"type": "list", "elements": "dict", "options": entry}}


def entries(params: Mapping[str, Any], one: Options, name: str) -> list[dict[str, Any]]:
    """The objects of a task; what an entry of the list does not say is the option of the task where that has a default."""
    if params[name] is None:
        return [{key: params[key] for key in one}]
    defaults = {key: params[key] for key, option in one.items() if "default" in option}
    return [{**entry, **{key: value for key, value in defaults.items() if entry.get(key) is None}} for entry in params[name]]


def rules_between(one: Options, name: str, key: str) -> dict[str, Any]:
    """Either the one object or the list."""
    return {
        "required_one_of": [(key, name)],
        "mutually_exclusive": [(name, option) for option, spec in one.items() if "default" not in spec],
    }


def places_of(invocation: Invocation, phoenix: Phoenix) -> Places:
    """Where the applications, environments and components of a task are found."""
    params = invocation.params
    applications = Applications(phoenix, invocation.run_folder, case_sensitive=params["case_sensitive"])
    return Places(
        applications, params.get("application_ids"), params.get("component_ids"), case_sensitive=params["case_sensitive"], check_mode=invocation.check_mode
    )


def finish(invocation: Invocation, steps: Sequence[Step], actions: Sequence[str], single: bool) -> dict[str, Any]:
    """Carries the steps out and makes the result; ``single`` is a task with one object, of which ``before`` and ``after`` are returned whole."""
    carry_out(steps, invocation.check_mode, actions)
    result = as_result(steps, actions)
    if invocation.diff and result["changed"]:
        result["diff"] = as_diff(steps)
    uncertain = [step.label for step in steps if step.changed and not step.certain] if invocation.check_mode else []
    if uncertain:
        invocation.warn(f"Only the service knows whether {listed(uncertain)} would change: it shows that when it is written, and not before.")
        result["uncertain"] = uncertain
    if single:
        result.update({"before": steps[0].before, "after": steps[0].after, "id": steps[0].identifier})
    return result
