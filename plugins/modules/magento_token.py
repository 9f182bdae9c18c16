#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that a valid token of a Magento shop is kept."""

from __future__ import annotations

DOCUMENTATION = r"""
module: magento_token
short_description: Log in to a Magento shop
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that a valid token is kept for the tasks that follow, renews it, or forgets it.
  - No other module needs it, as each logs in by itself when there is no token. It is for logging in early, for a token that must last for a while,
    and for ending a login.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.MAGENTO
  - tokenflow.services._connection
  - tokenflow.services._magento
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
  tokenflow.services.magento_token:
    base_url: "{{ magento_base_url }}"
    username: "{{ magento_username }}"
    password: "{{ magento_password }}"

- name: Make sure that the login lasts for the next five minutes
  tokenflow.services.magento_token:
    minimum_lifetime: 300
  register: login

- name: Tell until when
  ansible.builtin.debug:
    msg: "The login came from {{ login.obtained }} and ends at {{ login.expires_at | default('an unknown time', true) }}"

- name: Log in with two-factor authentication
  tokenflow.services.magento_token:
    otp_secret: "{{ magento_otp_secret }}"
  when: magento_two_factor | default(false)

- name: Log in as a customer, in XML
  tokenflow.services.magento_token:
    account: customer
    username: "{{ magento_customer_username }}"
    password: "{{ magento_customer_password }}"
    media_type: xml

- name: Forget the token
  tokenflow.services.magento_token:
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
  description: Whether the token was withdrawn on the service. Only customers' tokens can be, from Magento 2.4.6 on, and then all of that customer.
  returned: O(state=absent)
  type: bool
  sample: false
token:
  description: The token itself. The output of the task is censored where it is returned.
  returned: O(return_token=true)
  type: str
  sample: "9f3a5cbd0e1f"
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import MagentoFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._token_module import definition
from ansible_collections.tokenflow.services.plugins.module_utils._token_module import run as run_token

DEFINITION = definition("magento_token", MagentoFlow)


def run(invocation: Invocation) -> dict:
    """Makes sure that a valid token is kept, renews it, or forgets it."""
    return run_token(invocation)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
