#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes and releases the configuration lock of an appliance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_lock
short_description: Take or release the configuration lock of an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - The lock hangs on the token of this run. It is kept for the tasks that follow, on all hosts of the run that use the same appliance and user.
  - While it is held, the token is renewed before it ends, in whichever task comes next, and never replaced by a new login.
  - If the appliance does not accept the token any more, the lock is gone with it. The next task says so and fails, also one that only asks for the lock.
  - A lock that is still held at the end of the run is released, also when the run fails or is interrupted. A run that is killed leaves it for up to ten
    minutes, until the token ends.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
attributes:
  check_mode:
    support: full
    details: The lock is neither taken nor released.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  state:
    description:
      - Whether this run holds the lock.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Seconds to wait while another user or session holds the lock. The appliance does not tell who that is.
    type: float
    default: 0.0
seealso:
  - module: tokenflow.services.appliance_config_element
  - module: tokenflow.services.appliance_config
"""

EXAMPLES = r"""
- name: Change the configuration under the lock
  block:
    - name: Take the lock, and wait up to a minute for somebody else
      tokenflow.services.appliance_lock:
        base_url: "{{ appliance_base_url }}"
        username: "{{ appliance_username }}"
        password: "{{ appliance_password }}"
        wait: 60

    - name: Make a route
      tokenflow.services.appliance_config_element:
        element_type: host-route
        attributes:
          dest-network: 198.51.100.0
          netmask: 255.255.255.0
          gateway: 192.0.2.1
        lock: required
  always:
    - name: Release the lock
      tokenflow.services.appliance_lock:
        state: absent
"""

RETURN = r"""
held:
  description: Whether this run holds the lock now, or would in check mode.
  returned: success
  type: bool
  sample: true
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import connect
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module

DEFINITION = Definition(
    name="appliance_lock",
    flows=(ApplianceFlow,),
    options={"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}, "wait": {"type": "float", "default": 0.0}},
)


def run(invocation: Invocation) -> dict:
    """Takes the lock or releases it."""
    if not invocation.params["cache_token"]:
        raise InvalidInput("the lock hangs on the token, which cache_token: false does not keep", hint="Leave cache_token out.")
    appliance = connect(invocation)
    wanted = invocation.params["state"] == "present"
    if invocation.check_mode:
        return {"changed": appliance.holds_lock != wanted, "held": wanted}
    changed = appliance.lock(invocation.params["wait"], invocation.progress) if wanted else appliance.unlock()
    if wanted and not changed:
        appliance.confirm_lock()
    return {"changed": changed, "held": wanted}


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
