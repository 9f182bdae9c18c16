#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that a valid token of an Oracle SBC appliance is kept."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_token
short_description: Log in to an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that a valid token is kept for the tasks that follow, renews it, or forgets it.
  - No other module needs it, as each logs in by itself when there is no token. It is for logging in early, for a token that must last for a while,
    and for ending a login.
  - A token that holds the configuration lock is renewed before it ends, so that the lock stays. O(state=absent) gives up neither the lock nor the token on the
    appliance, which has no call for the latter; release the lock first.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
  - tokenflow.services._token
attributes:
  check_mode:
    support: full
    details: Logs in also in check mode, because that changes nothing on the service. It then neither renews nor forgets a token.
  diff_mode:
    support: N/A
    details: There is nothing to compare.
  idempotent:
    support: partial
    details: O(state=renewed) always makes a new token.
seealso:
  - module: tokenflow.services.request
  - plugin: tokenflow.services.token
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Log in, once for all tasks that follow
  tokenflow.services.appliance_token:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"

- name: Make sure that the login lasts for the next five minutes
  tokenflow.services.appliance_token:
    minimum_lifetime: 300
  register: login

- name: Tell until when
  ansible.builtin.debug:
    msg: "The login came from {{ login.obtained }} and ends at {{ login.expires_at | default('an unknown time', true) }}"

- name: Renew the token, and with it the configuration lock if this run holds it
  tokenflow.services.appliance_token:
    state: renewed

- name: Forget the token
  tokenflow.services.appliance_token:
    state: absent
"""

RETURN = r"""
obtained:
  description:
    - Where the token came from. V(cache) is one that was kept, V(login) and V(renewal) are new, V(given) came with O(token).
    - V(none) where there is none, because it was forgotten or no login is needed.
  returned: success
  type: str
  choices: [cache, login, renewal, given, none]
  sample: login
expires_at:
  description: When the token ends, in UTC; null where that is not known.
  returned: success
  type: str
  sample: "2026-11-22T12:10:00Z"
issued_at:
  description: When the token was issued, in UTC.
  returned: when there is a token
  type: str
  sample: "2026-11-22T12:00:00Z"
principal:
  description: Who is logged in.
  returned: when there is a token
  type: str
  sample: automation
revoked:
  description: Whether the token was withdrawn on the service. This service has no such call.
  returned: O(state=absent)
  type: bool
  sample: false
token:
  description: The token itself. The output of the task is censored where it is returned.
  returned: O(return_token=true)
  type: str
  sample: "9f3a5cbd0e1f"
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._token_module import definition
from ansible_collections.tokenflow.services.plugins.module_utils._token_module import run as run_token

DEFINITION = definition("appliance_token", ApplianceFlow)


def run(invocation: Invocation) -> dict:
    """Makes sure that a valid token is kept, renews it, or forgets it."""
    return run_token(invocation)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
