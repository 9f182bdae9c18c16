#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a read group of a PLCnext controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plcnext_group_info
short_description: Read a read group of a PLCnext controller
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads all variables of a registered group in one short request.
  - If the group is gone, as after a download of the project, and O(paths) is given, it is registered again.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.PLCNEXT
  - tokenflow.services._connection
  - tokenflow.services._plcnext
  - tokenflow.services._plcnext_paths
attributes:
  check_mode:
    support: full
    details: In check mode no group is registered; the variables of O(paths) are read by themselves then.
options:
  group_id:
    description:
      - Id of the group.
    type: str
  paths:
    description:
      - The variables of the group, in their order, from which it is registered if O(group_id) is not given or gone.
    type: list
    elements: str
  query:
    description:
      - A JMESPath expression over RV(variables), whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.plcnext_group
  - module: tokenflow.services.plcnext_variable_info
"""

EXAMPLES = r"""
- name: Read a group, which is registered if it is not there
  tokenflow.services.plcnext_group_info:
    base_url: "{{ plcnext_base_url }}"
    username: "{{ plcnext_username }}"
    password: "{{ plcnext_password }}"
    paths: [LevelCurrent, LevelMinimum, LevelMaximum]
  register: levels

- name: Show the values
  ansible.builtin.debug:
    var: levels.variables
"""

RETURN = r"""
group_id:
  description: Id of the group that was read; null in check mode if there is none.
  returned: success
  type: str
  sample: g2822857985
registered:
  description: Whether the group was registered by this task.
  returned: success
  type: bool
  sample: false
variables:
  description: The values by full path.
  returned: success
  type: dict
  sample: {"Arp.Plc.Eclr/LevelMinimum": 15.0}
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: 15.0
"""

from ansible_collections.tokenflow.services.plugins.module_utils._errors import NotFound
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._plcnext_module import PATH_PREFIX, STATION_OPTIONS, connect, full_paths
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_groups import Groups
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_wait import read_values

DEFINITION = Definition(
    name="plcnext_group_info",
    flows=(PlcnextFlow,),
    options={
        "group_id": {"type": "str"},
        "paths": {"type": "list", "elements": "str"},
        "path_prefix": PATH_PREFIX,
        "query": {"type": "str"},
        **STATION_OPTIONS,
    },
    constraints={"required_one_of": [("group_id", "paths")]},
)


def run(invocation: Invocation) -> dict:
    """Reads the group, after registering it if need be."""
    params = invocation.params
    with connect(invocation) as plc:
        groups = Groups(plc)
        group = groups.read(params["group_id"]) if params["group_id"] else None
        registered = False
        if group is None and not params["paths"]:
            hint = "The controller drops groups when a project is downloaded: give paths, so that it is registered again."
            raise NotFound(f"there is no group {params['group_id']}", service=plc.session.flow.TITLE, hint=hint)
        paths = [] if group else list(full_paths(invocation).values())
        if group is None and invocation.check_mode:
            group = groups.find(paths)
        elif group is None:
            group, registered = groups.ensure(paths)
            group = groups.read(group.id) if registered else group
        values = groups.values(group) if group else read_values(plc, {path: path for path in paths})
    result = {"changed": False, "group_id": group.id if group else None, "registered": registered, "variables": values}
    return {**result, "result": search(params["query"], values)} if params["query"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
