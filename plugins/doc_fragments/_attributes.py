# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes of the modules."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  action_group:
    description: Use C(group/tokenflow.services.all) or the group of the service in C(module_defaults) to set options for all modules at once.
    support: full
  action:
    description: Has an action plugin of the same name, which does the work on the controller.
    support: full
    details: The work is done in Ansible's own process, unless O(run_on=target) or the task is delegated to another host.
  async:
    description: Supports being used with the C(async) keyword.
    support: none
  become:
    description: Is usable alongside C(become) keywords.
    support: partial
    details: It has an effect only where the work is done on a host, see O(run_on).
  connection:
    description: Uses the target's configured connection information to execute code on it.
    support: partial
    details: No connection to the host is made, unless the work is done there, see O(run_on).
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: full
    details: A task that is delegated to another host runs there, see O(run_on).
  platform:
    description: Target OS/families that can be operated against.
    support: full
    platforms: all
"""

    CHECK_MODE_READ_ONLY = r"""
options: {}
attributes:
  check_mode:
    support: full
    details: This module only reads.
  diff_mode:
    support: N/A
    details: This module only reads.
  idempotent:
    support: N/A
    details: This module only reads.
"""

    ANY = r"""
options: {}
attributes:
  action_group:
    membership:
      - tokenflow.services.all
"""

    PLCNEXT = r"""
options: {}
attributes:
  action_group:
    membership:
      - tokenflow.services.plcnext
      - tokenflow.services.all
"""

    PXPLUS = r"""
options: {}
attributes:
  action_group:
    membership:
      - tokenflow.services.pxplus
      - tokenflow.services.all
"""

    PHOENIX = r"""
options: {}
attributes:
  action_group:
    membership:
      - tokenflow.services.phoenix
      - tokenflow.services.all
"""

    MAGENTO = r"""
options: {}
attributes:
  action_group:
    membership:
      - tokenflow.services.magento
      - tokenflow.services.all
"""

    APPLIANCE = r"""
options: {}
attributes:
  action_group:
    membership:
      - tokenflow.services.appliance
      - tokenflow.services.all
"""
