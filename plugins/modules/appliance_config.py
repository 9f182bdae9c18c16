#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves, verifies, activates, restores and backs up the configuration of an appliance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_config
short_description: Save, verify, activate, restore or back up the configuration of an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Starts the work on the appliance and waits until it has ended.
  - The appliance reports only the last job of anybody. A job of somebody else is waited for before, and named if it comes in between.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
  - tokenflow.services._appliance.LOCK
attributes:
  check_mode:
    support: full
    details: Nothing is started. O(action=verify) is not done then either, as it needs the lock.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - O(action=backup) is, by the name of the file, and O(action=activate) is where O(compare) names what to look at.
      - The appliance does not tell whether there is anything to save, so that O(action=save) and O(action=restore) always are a change.
        O(action=verify) never is one.
options:
  action:
    description:
      - What to do.
      - V(save) takes the editing configuration into the saved one, V(activate) the saved one into the running one.
      - V(verify) checks the editing configuration. V(restore) takes O(source) into the editing configuration, V(backup) puts it into a file.
    type: str
    choices: [save, verify, activate, restore, backup]
    required: true
  source:
    description:
      - What to restore or back up. V(backup) is a file, for O(action=restore) only, and V(editing) is for O(action=backup) only.
    type: str
    choices: [running, saved, editing, backup]
    default: running
  filename:
    description:
      - Name of the file, without a folder, for O(action=backup) and O(source=backup).
    type: str
  compare:
    description:
      - What to compare between the editing and the running configuration before O(action=activate). If nothing differs, nothing is activated.
      - An entry is an element type, for all of its elements, or a mapping with C(element_type) and C(attributes), for the one with the keys among these.
    type: list
    elements: raw
    default: []
  job_timeout:
    description:
      - Seconds to wait for the end of the work.
    type: float
    default: 300.0
seealso:
  - module: tokenflow.services.appliance_config_element
  - module: tokenflow.services.appliance_lock
"""

EXAMPLES = r"""
- name: Keep a copy of what is running
  tokenflow.services.appliance_config:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    action: backup
    filename: before-change.gz

- name: Check what was edited
  tokenflow.services.appliance_config:
    action: verify

- name: Save it
  tokenflow.services.appliance_config:
    action: save

- name: Let it run, if routes or interfaces differ from what is running
  tokenflow.services.appliance_config:
    action: activate
    compare: [host-route, sip-interface]
"""

RETURN = r"""
operation:
  description: What was done.
  returned: success
  type: str
  sample: save
status:
  description: How it ended. V(skipped) if there was nothing to do.
  returned: success
  type: str
  sample: success
differing:
  description: What of O(compare) differs between the editing and the running configuration. An element is named by its type and its first attribute.
  returned: when O(compare) is set
  type: list
  elements: str
  sample: [host-route]
messages:
  description: What the appliance said. It also says why a verification failed.
  returned: when the appliance said something
  type: list
  elements: str
  sample: ["ERROR: sip-interface [core] has reference to realm-config [core] which does not exist"]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import LOCK_OPTIONS, connect, locked
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_config import Action

DEFINITION = Definition(
    name="appliance_config",
    flows=(ApplianceFlow,),
    options={
        "action": {"type": "str", "choices": ["save", "verify", "activate", "restore", "backup"], "required": True},
        "source": {"type": "str", "choices": ["running", "saved", "editing", "backup"], "default": "running"},
        "filename": {"type": "str"},
        "compare": {"type": "list", "elements": "raw", "default": []},
        **LOCK_OPTIONS,
        "job_timeout": {"type": "float", "default": 300.0},
    },
    constraints={"required_if": [("action", "backup", ("filename",)), ("source", "backup", ("filename",))]},
)


def run(invocation: Invocation) -> dict:
    """Does the action unless there is nothing to do."""
    params = invocation.params
    appliance = connect(invocation)
    action = Action(appliance, params["action"], params["source"], params["filename"])
    due = action.is_due(params["compare"])
    result = {"changed": due and action.changes, "operation": action.name, "status": "skipped"}
    if params["compare"]:
        result["differing"] = action.differing
    if not due or invocation.check_mode:
        return result
    with locked(invocation, appliance):
        status = action.run(params["job_timeout"], invocation.progress)
    result["status"] = status.status
    return {**result, "messages": status.messages} if status.messages else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
