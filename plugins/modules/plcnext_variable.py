#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes variables of a PLCnext controller have given values."""

from __future__ import annotations

DOCUMENTATION = r"""
module: plcnext_variable
short_description: Set variables of a PLCnext controller
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes variables have given values. Logs in if need be, reads all of them in one request, compares by type, and writes in one more only those that
    differ.
  - When all have their values already, that one read is all that is sent.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PLCNEXT
  - tokenflow.services._connection
  - tokenflow.services._plcnext
  - tokenflow.services._plcnext_paths
attributes:
  check_mode:
    support: full
    details: Logs in and reads also in check mode.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: A V(REAL) is compared as the controller holds it, in single precision, so that V(1.1) stays equal to V(1.1).
options:
  variables:
    description:
      - The variables with their values, as a mapping of paths to values.
      - A path without a slash is put behind O(path_prefix). Elements and members have paths of their own, such as C(SpeedCurve[2]) or C(Filler.Pump1.Speed).
      - The value of an array is a list with all its elements. That of a structure is a mapping with some or all of its members. Only elements and members
        that differ are written.
      - The value of an enumeration is a name or a number, that of a C(TIME) a duration such as V(T#1m30s) or a number of milliseconds. Inside a structure
        an enumeration is a number, because the controller does not tell the types of members.
      - Exactly one of O(variables) and O(src) is needed.
    type: dict
  src:
    description:
      - A JSON (C(.json)) or YAML file with the mapping for O(variables), which is searched for in C(files/) of the role or beside the playbook
        on the controller. It may be encrypted with Ansible Vault.
      - It is read by the module as it is and not templated, which is much faster for many variables. JSON is the faster of the two.
    type: path
  return_unchanged:
    description:
      - Whether RV(variables) has also those that are as they should be. If not set, it has them with O(variables), but not with O(src), where they
        may be thousands.
    type: bool
  expected_project_crc:
    description:
      - Checksum of the project that the values are meant for. With another one on the controller nothing is written and the task fails.
      - RV(project_crc) of this module and M(tokenflow.services.plcnext_info) tell it.
    type: int
  value_format:
    description:
      - Whether values are sent as numbers, truth values and text, or all as text.
    type: str
    choices: [native, text]
    default: native
  verify:
    description:
      - Whether to read the variables back after writing. What the controller answers to the writing is checked in any case.
    type: bool
    default: false
seealso:
  - module: tokenflow.services.plcnext_variable_info
  - module: tokenflow.services.plcnext_token
"""

EXAMPLES = r"""
- name: Set the setpoints of a filling machine
  tokenflow.services.plcnext_variable:
    base_url: "{{ plcnext_base_url }}"
    username: "{{ plcnext_username }}"
    password: "{{ plcnext_password }}"
    variables:
      SpeedSetpoint: 48.1
      FillTime: T#1m30s
      OperatingMode: Automatic
      OrderNumber: ORD-2026-000418

- name: Set an element, a whole array and members of a structure
  tokenflow.services.plcnext_variable:
    variables:
      SpeedCurve[2]: 12.5
      ProductNames: [Spring water, Apple juice, Orange juice]
      Filler.Recipe:
        Number: 8
        FillVolume: 0.33

- name: Set many variables from a file that the module reads by itself
  tokenflow.services.plcnext_variable:
    src: setpoints.json
    verify: true
"""

RETURN = r"""
variables:
  description: What was found and done, by the paths as given. With O(src) only what changed, see O(return_unchanged).
  returned: success
  type: dict
  contains:
    before:
      description: The value that was read.
      type: raw
      sample: 42.5
    after:
      description: The value that the variable has now, or would have in check mode.
      type: raw
      sample: 48.1
    changed:
      description: Whether it was written.
      type: bool
      sample: true
  sample: {"SpeedSetpoint": {"before": 42.5, "after": 48.1, "changed": true}}
checked:
  description: How many variables were read and compared.
  returned: success
  type: int
  sample: 1
project_crc:
  description: Checksum of the project on the controller; null if the controller does not give it.
  returned: success
  type: int
  sample: 1430805090
problems:
  description: The variables that cannot be set, each with the reason. Nothing was written.
  returned: when variables are unknown, read-only or of another type
  type: list
  elements: str
  sample: ["Arp.Plc.Eclr/SpeedActual is read-only"]
written:
  description: Full paths that have their new values.
  returned: when writing failed
  type: list
  elements: str
  sample: ["Arp.Plc.Eclr/SpeedSetpoint"]
not_written:
  description: Full paths that do not have their new values.
  returned: when writing failed
  type: list
  elements: str
  sample: []
unknown:
  description: Full paths of which the controller could not be asked.
  returned: when the connection broke while writing
  type: list
  elements: str
  sample: []
"""

from pathlib import Path

from ansible_collections.tokenflow.services.plugins.module_utils._files import load_mapping
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import PlcnextFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._plcnext_module import PATH_PREFIX, STATION_OPTIONS, connect
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_apply import plan, settings, write


def with_variables(params: dict, folder: Path | None = None) -> dict:
    """The parameters with ``src`` read into ``variables``, and with what is to be returned of them."""
    everything = params["return_unchanged"]
    if not params["src"]:
        return {**params, "return_unchanged": everything is not False}
    return {**params, "variables": load_mapping(params["src"], folder), "src": None, "return_unchanged": bool(everything)}


DEFINITION = Definition(
    name="plcnext_variable",
    flows=(PlcnextFlow,),
    options={
        "variables": {"type": "dict"},
        "src": {"type": "path"},
        "return_unchanged": {"type": "bool"},
        "path_prefix": PATH_PREFIX,
        "expected_project_crc": {"type": "int"},
        "value_format": {"type": "str", "choices": ["native", "text"], "default": "native"},
        "verify": {"type": "bool", "default": False},
        **STATION_OPTIONS,
    },
    files=("src",),
    prepare=with_variables,
    constraints={"mutually_exclusive": [("variables", "src")], "required_one_of": [("variables", "src")]},
)


def run(invocation: Invocation) -> dict:
    """Reads, compares, and writes what differs."""
    params = with_variables(invocation.params, invocation.run_folder)
    wanted = settings(params["variables"], params["path_prefix"])
    with connect(invocation) as plc:
        differing = plan(plc, wanted, params["expected_project_crc"]) if wanted else []
        if differing and not invocation.check_mode:
            write(plc, differing, text=params["value_format"] == "text", verify=params["verify"])
    told = wanted if params["return_unchanged"] else differing
    result = {"changed": bool(differing), "variables": {setting.name: setting.as_result() for setting in told}, "checked": len(wanted), "project_crc": plc.crc}
    if invocation.diff:
        before, after = ({setting.name: getattr(setting, side) for setting in differing} for side in ("before", "after"))
        result["diff"] = {"before": before, "after": after}
    return result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
