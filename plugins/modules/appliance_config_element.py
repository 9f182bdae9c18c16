#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a configuration element of an appliance what it is to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_config_element
short_description: Manage a configuration element of an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that an element of any type is there with the given attributes and sub-elements, or that it is not.
  - The keys of the type come from the appliance itself. Attributes and sub-elements that are not given stay as they are.
  - This changes the editing configuration. M(tokenflow.services.appliance_config) saves and activates it.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
  - tokenflow.services._appliance.LOCK
attributes:
  check_mode:
    support: full
    details: Needs no lock, as it only reads.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: It is, except with O(update_secrets=true), which writes secrets each time.
options:
  element_type:
    description:
      - Type of the element, as on the appliance.
    type: str
    required: true
  attributes:
    description:
      - The attributes with their values, among them the keys of the type.
      - A list is an attribute with several values. V(true) and V(false) are sent as C(enabled) and C(disabled), and V(null) clears an attribute.
    type: dict
    default: {}
  sub_elements:
    description:
      - The sub-elements by type, each a list of mappings of attributes. A mapping among these is a sub-element one level deeper.
      - They are matched with those on the appliance by their keys. If one changes, all of its type are written, because the appliance may take the list as
        a whole. If one beside it has a secret, that must be given too.
    type: dict
    default: {}
  sub_element_keys:
    description:
      - Names of the keys of sub-element types, for an appliance that does not tell them. An empty list is a type that is there once at most.
    type: dict
    default: {}
  purge_sub_elements:
    description:
      - Whether to remove sub-elements that are not given, of the types that are. An empty list in O(sub_elements) removes all of a type.
      - An appliance that only merges sub-elements needs the whole element to be deleted and made anew for that. That needs all its secrets to be given, and
        is refused by an appliance that does not delete what other elements refer to.
    type: bool
    default: false
  ordered_lists:
    description:
      - Whether the order of an attribute's values counts.
    type: bool
    default: false
  update_secrets:
    description:
      - Whether a given value that the appliance shows masked, as a row of asterisks, is written again each time. Whether it differs cannot be seen.
      - If not set, such a value is written with a new element or sub-element only, or along with something else in the same sub-element.
    type: bool
    default: false
  state:
    description:
      - Whether the element is there.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: tokenflow.services.appliance_config_element_info
  - module: tokenflow.services.appliance_lock
  - module: tokenflow.services.appliance_config
"""

EXAMPLES = r"""
- name: Make a route
  tokenflow.services.appliance_config_element:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    element_type: host-route
    attributes:
      dest-network: 203.0.113.0
      netmask: 255.255.255.0
      gateway: 192.0.2.1
      description: branch offices

- name: Let a SIP interface listen on TLS too
  tokenflow.services.appliance_config_element:
    element_type: sip-interface
    attributes:
      realm-id: access
    sub_elements:
      sip-port:
        - address: 192.0.2.20
          port: 5061
          transport-protocol: TLS

- name: Remove the route
  tokenflow.services.appliance_config_element:
    element_type: host-route
    attributes:
      dest-network: 203.0.113.0
    state: absent
"""

RETURN = r"""
before:
  description: The element as it was; null if it was not there.
  returned: success
  type: dict
  sample: null
after:
  description: The element as it is, or would be in check mode, where what is new has only the attributes that are given; null if it is gone.
  returned: success
  type: dict
  sample: {"dest-network": "203.0.113.0", "netmask": "255.255.255.0", "gateway": "192.0.2.1"}
key:
  description: The key attributes by which the element was found.
  returned: success
  type: dict
  sample: {"dest-network": "203.0.113.0"}
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import LOCK_OPTIONS, connect, locked
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_apply import apply, as_result, plan
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import Element, Rules

DEFINITION = Definition(
    name="appliance_config_element",
    flows=(ApplianceFlow,),
    options={
        "element_type": {"type": "str", "required": True},
        "attributes": {"type": "dict", "default": {}},
        "sub_elements": {"type": "dict", "default": {}},
        "sub_element_keys": {"type": "dict", "default": {}, "no_log": False},
        "purge_sub_elements": {"type": "bool", "default": False},
        "ordered_lists": {"type": "bool", "default": False},
        "update_secrets": {"type": "bool", "default": False, "no_log": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **LOCK_OPTIONS,
    },
)


def run(invocation: Invocation) -> dict:
    """Reads, compares, and writes under the lock."""
    params = invocation.params
    appliance = connect(invocation)
    desired = Element.from_options(params["element_type"], params["attributes"], params["sub_elements"])
    sub_keys = {name: keys if isinstance(keys, list) else [str(keys)] for name, keys in params["sub_element_keys"].items()}
    rules = Rules(params["ordered_lists"], params["purge_sub_elements"], sub_keys, params["update_secrets"])
    found = plan(appliance, desired, params["state"], rules)
    if found.changed and not invocation.check_mode:
        with locked(invocation, appliance):
            # Again, because it may have changed until the lock was there.
            found = plan(appliance, desired, params["state"], rules)
            found = apply(appliance, desired, found, rules) if found.changed else found
    result = {"changed": found.changed, **as_result(found)}
    if invocation.diff and found.changed:
        result["diff"] = {"before": result["before"] or {}, "after": result["after"] or {}}
    return result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
