#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers and removes read groups of a PLCnext controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plcnext_group
short_description: Register a read group of a PLCnext controller
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that a group with the given variables is registered, or that it is not.
  - The same list of variables in the same order is the same group, whoever registered it.
  - The controller drops groups when a project is downloaded, and may drop them at other times. A group does not depend on the session of O(station_id).
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PLCNEXT
  - tokenflow.services._connection
  - tokenflow.services._plcnext
  - tokenflow.services._plcnext_paths
attributes:
  check_mode:
    support: full
    details: Reads the registered groups to see whether one has the variables, and otherwise the variables to see whether there are such.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  state:
    description:
      - Whether the group is there.
    type: str
    choices: [present, absent]
    default: present
  paths:
    description:
      - The variables of the group, in their order. A path without a slash is put behind O(path_prefix).
      - Needed for O(state=present). With O(state=absent) the group is found by it if O(group_id) is not given.
    type: list
    elements: str
  group_id:
    description:
      - Id of the group to remove.
    type: str
seealso:
  - module: tokenflow.services.plcnext_group_info
"""

EXAMPLES = r"""
- name: Register a group for a panel
  tokenflow.services.plcnext_group:
    base_url: "{{ plcnext_base_url }}"
    username: "{{ plcnext_username }}"
    password: "{{ plcnext_password }}"
    paths: [LevelCurrent, LevelMinimum, LevelMaximum]
  register: group

- name: Read it
  tokenflow.services.plcnext_group_info:
    group_id: "{{ group.group_id }}"

- name: Remove it
  tokenflow.services.plcnext_group:
    state: absent
    group_id: "{{ group.group_id }}"
"""

RETURN = r"""
group_id:
  description: Id of the group; null where there is none.
  returned: success
  type: str
  sample: g2822857985
variables:
  description: The variables of the group by full path, with their types.
  returned: when the group is there
  type: dict
  sample: {"Arp.Plc.Eclr/LevelMinimum": {"type": "REAL"}}
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._plcnext_module import PATH_PREFIX, STATION_OPTIONS, connect, full_paths
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_groups import Groups

DEFINITION = Definition(
    name="plcnext_group",
    flows=(PlcnextFlow,),
    options={
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "paths": {"type": "list", "elements": "str"},
        "path_prefix": PATH_PREFIX,
        "group_id": {"type": "str"},
        **STATION_OPTIONS,
    },
    constraints={
        "required_if": [("state", "present", ("paths",)), ("state", "absent", ("paths", "group_id"), True)],
        "mutually_exclusive": [("paths", "group_id")],
    },
)


def run(invocation: Invocation) -> dict:
    """Registers the group or removes it."""
    params = invocation.params
    with connect(invocation) as plc:
        groups = Groups(plc)
        changed, group_id, variables = (_present if params["state"] == "present" else _absent)(invocation, groups)
    result = {"changed": changed, "group_id": group_id}
    if variables:
        result["variables"] = {path: {"type": entry.get("type")} for path, entry in variables.items()}
    if invocation.diff and changed:
        sides = [{}, {"paths": params["paths"]} if params["paths"] else {"group_id": params["group_id"]}]
        before, after = sides if params["state"] == "present" else reversed(sides)
        result["diff"] = {"before": before, "after": after}
    return result


def _present(invocation: Invocation, groups: Groups) -> tuple:
    paths = list(full_paths(invocation).values())
    if not invocation.check_mode:
        group, registered = groups.ensure(paths)
        return registered, group.id, group.variables
    found = groups.find(paths)
    if found is None:
        groups.check(paths)
        return True, None, {}
    return False, found.id, found.variables


def _absent(invocation: Invocation, groups: Groups) -> tuple:
    group_id = invocation.params["group_id"]
    if not group_id:
        found = groups.find(list(full_paths(invocation).values()))
        group_id = found.id if found else None
    if group_id is None:
        return False, None, {}
    return (group_id in groups.ids() if invocation.check_mode else groups.unregister(group_id)), None, {}


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
