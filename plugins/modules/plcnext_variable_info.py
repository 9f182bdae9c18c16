#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads variables of a PLCnext controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plcnext_variable_info
short_description: Read variables of a PLCnext controller
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads variables in as few requests as the controller's limits allow.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.PLCNEXT
  - tokenflow.services._connection
  - tokenflow.services._plcnext
  - tokenflow.services._plcnext_paths
options:
  paths:
    description:
      - The variables to read. A path without a slash is put behind O(path_prefix).
      - Elements and members have paths of their own, such as C(SpeedCurve[2]), C(SpeedCurve[2; 4; 6-8]) or C(Filler.Pump1.Speed).
    type: list
    elements: str
    required: true
  query:
    description:
      - A JMESPath expression over RV(variables), whose result is returned as RV(result).
      - Names with dots or brackets need quotes inside the expression.
    type: str
  until:
    description:
      - A JMESPath expression over RV(variables). The variables are read again until its result is true in the sense of JMESPath.
    type: str
  until_timeout:
    description:
      - Seconds after which waiting for O(until) fails.
    type: float
    default: 60.0
  until_interval:
    description:
      - Seconds between two readings.
    type: float
    default: 1.0
seealso:
  - module: tokenflow.services.plcnext_variable
"""

EXAMPLES = r"""
- name: Read the state of the machine
  tokenflow.services.plcnext_variable_info:
    base_url: "{{ plcnext_base_url }}"
    username: "{{ plcnext_username }}"
    password: "{{ plcnext_password }}"
    paths:
      - SpeedActual
      - Filler.Recipe
      - SpeedCurve[2]
  register: machine

- name: Use a value
  ansible.builtin.debug:
    msg: "The machine runs at {{ machine.variables.SpeedActual }}"

- name: Take one member out of a structure
  tokenflow.services.plcnext_variable_info:
    paths: [Filler.Recipe]
    query: '"Filler.Recipe".Name'

- name: Wait until the machine runs fast enough
  tokenflow.services.plcnext_variable_info:
    paths: [SpeedActual]
    until: SpeedActual > `40`
    until_timeout: 120
"""

RETURN = r"""
variables:
  description: The values, by the paths as given.
  returned: success
  type: dict
  sample: {"SpeedActual": 41.97, "Filler.Recipe": {"Number": 7, "Name": "Spring water"}}
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: Spring water
project_crc:
  description: Checksum of the project on the controller; null if the controller does not give it.
  returned: success
  type: int
  sample: 1430805090
readings:
  description: How many times the variables were read.
  returned: success
  type: int
  sample: 1
problems:
  description: The variables that cannot be read, each with the reason.
  returned: when variables cannot be read
  type: list
  elements: str
  sample: ["Arp.Plc.Eclr/SpeedAktual cannot be read (unknown)"]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._plcnext_module import PATH_PREFIX, STATION_OPTIONS, connect, full_paths
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_wait import read_until

DEFINITION = Definition(
    name="plcnext_variable_info",
    flows=(PlcnextFlow,),
    options={
        "paths": {"type": "list", "elements": "str", "required": True},
        "path_prefix": PATH_PREFIX,
        "query": {"type": "str"},
        "until": {"type": "str"},
        "until_timeout": {"type": "float", "default": 60.0},
        "until_interval": {"type": "float", "default": 1.0},
        **STATION_OPTIONS,
    },
)


def run(invocation: Invocation) -> dict:
    """Reads the variables, until they are as asked for. Raises ``NotFound`` with all that cannot be read."""
    params = invocation.params
    paths = full_paths(invocation)
    with connect(invocation) as plc:
        values, readings = read_until(plc, paths, params["until"], params["until_timeout"], params["until_interval"])
    result = {"changed": False, "variables": values, "readings": readings, "project_crc": plc.crc}
    if params["query"]:
        result["result"] = search(params["query"], values)
    return result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
