#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what a PLCnext controller and its project are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plcnext_info
short_description: Read the service, project and dictionaries of a PLCnext controller
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Tells the version of the interface, the checksum of the project, its variables and types, and the sessions.
  - Works without a login where the controller allows that, which it usually does.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.PLCNEXT
  - tokenflow.services._connection
  - tokenflow.services._plcnext
options:
  gather:
    description:
      - What to read.
    type: list
    elements: str
    choices: [service, project, dictionary, types, sessions]
    default: [service, project]
  pattern:
    description:
      - Which variables of the dictionary to return, by their full path, with C(*), C(?) and C([...]) as wildcards.
    type: str
    default: "*"
  query:
    description:
      - A JMESPath expression over what was read, whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.plcnext_variable
"""

EXAMPLES = r"""
- name: See which project is on the controller
  tokenflow.services.plcnext_info:
    base_url: "{{ plcnext_base_url }}"
    gather: [service, project]
  register: controller

- name: Tell its checksum
  ansible.builtin.debug:
    msg: "Interface {{ controller.service.version }}, project {{ controller.project.crc }}"

- name: List the variables that can be written
  tokenflow.services.plcnext_info:
    gather: [dictionary]
    pattern: "Arp.Plc.Eclr/Level*"
    query: "dictionary.keys(@)"
"""

RETURN = r"""
service:
  description: The service description, as the controller gives it.
  returned: when asked for with O(gather)
  type: dict
  sample: {"apiVersion": "1.8.0.0", "version": "v1.8"}
project:
  description: The project on the controller.
  returned: when asked for with O(gather)
  type: dict
  contains:
    id:
      description: Id of the project.
      type: str
      sample: 3b1f7c52-8e0d-4c57-9a41-6f2d0b9e7c18
    crc:
      description: Checksum of the project, which changes when it is downloaded again.
      type: int
      sample: 1430805090
  sample: {"id": "3b1f7c52-8e0d-4c57-9a41-6f2d0b9e7c18", "crc": 1430805090}
dictionary:
  description: The variables by full path.
  returned: when asked for with O(gather)
  type: dict
  sample: {"Arp.Plc.Eclr/LevelMinimum": {"type": "REAL", "init_value": "REAL#15.0", "read_only": false}}
types:
  description: The types of the project, as the controller gives them.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"Name": "REAL", "Kind": "Elementary", "RuntimeSize": 4}]
sessions:
  description: The sessions on the controller, as it gives them.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"id": "s21442666828", "stationID": "1"}]
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: ["Arp.Plc.Eclr/LevelMinimum"]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._plcnext_module import connect
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_info import Info

DEFINITION = Definition(
    name="plcnext_info",
    flows=(PlcnextFlow,),
    options={
        "gather": {
            "type": "list",
            "elements": "str",
            "choices": ["service", "project", "dictionary", "types", "sessions"],
            "default": ["service", "project"],
        },
        "pattern": {"type": "str", "default": "*"},
        "query": {"type": "str"},
    },
)


def run(invocation: Invocation) -> dict:
    """Reads the parts that are asked for."""
    params = invocation.params
    parts = Info(connect(invocation), params["pattern"]).parts
    found = {name: parts[name]() for name in dict.fromkeys(params["gather"])}
    result = {"changed": False, **found}
    return {**result, "result": search(params["query"], found)} if params["query"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
