#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reboots an appliance or switches over to its peer."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_system
short_description: Reboot an Oracle SBC appliance or switch over to its peer
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Restarts the system or makes its peer the active one, and waits until it answers again.
  - Calls may be lost. Edits that were not saved do not outlive a reboot, and tokens and locks are taken not to outlive either.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: none
    details: It is done each time.
options:
  action:
    description:
      - What to do.
    type: str
    choices: [reboot, switchover]
    required: true
  confirm:
    description:
      - Must be V(true), so that nobody restarts a system by mistake.
    type: bool
    required: true
  wait:
    description:
      - Seconds to wait until the system answers again. With V(0), nothing is waited for.
    type: float
    default: 300.0
seealso:
  - module: tokenflow.services.appliance_info
"""

EXAMPLES = r"""
- name: Switch over to the peer
  tokenflow.services.appliance_system:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    action: switchover
    confirm: true
  when: appliance_has_peer | default(false)
"""

RETURN = r"""
before:
  description: The status before, as RV(status).
  returned: success, except in check mode
  type: dict
  sample: {"role": "active", "systemState": "online", "uptime": 146091}
status:
  description: The status once the system answered again, as the appliance gives it, and C(uptime) in seconds.
  returned: success, except in check mode and with O(wait=0)
  type: dict
  sample: {"role": "standby", "systemState": "online", "uptime": 12}
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import connect
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, Locked
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_system import restart

DEFINITION = Definition(
    name="appliance_system",
    flows=(ApplianceFlow,),
    options={
        "action": {"type": "str", "choices": ["reboot", "switchover"], "required": True},
        "confirm": {"type": "bool", "required": True},
        "wait": {"type": "float", "default": 300.0},
    },
)


def run(invocation: Invocation) -> dict:
    """Restarts the system and waits for it."""
    params = invocation.params
    if not params["confirm"]:
        raise InvalidInput(f"the {params['action']} is not confirmed", hint="Set confirm: true.")
    appliance = connect(invocation)
    if appliance.holds_lock:
        raise Locked("this run holds the configuration lock, which a restart would lose", service=ApplianceFlow.TITLE, hint="Save and release the lock first.")
    if invocation.check_mode:
        return {"changed": True}
    return {"changed": True, **restart(appliance, params["action"], params["wait"], invocation.progress)}


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
