#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads configuration elements of an appliance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_config_element_info
short_description: Read configuration elements of an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads all elements of a type, or the one with the given keys, from the editing or the running configuration. Needs no lock.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
options:
  element_type:
    description:
      - Type of the elements, as on the appliance.
    type: str
    required: true
  keys:
    description:
      - All key attributes of the one element to read. If not set, all are read.
    type: dict
  running:
    description:
      - Whether to read the running configuration in place of the editing one.
    type: bool
    default: false
  query:
    description:
      - A JMESPath expression over RV(elements), whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.appliance_config_element
"""

EXAMPLES = r"""
- name: Read all routes
  tokenflow.services.appliance_config_element_info:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    element_type: host-route
  register: routes

- name: Read the realm of a SIP interface that is running
  tokenflow.services.appliance_config_element_info:
    element_type: sip-interface
    keys:
      realm-id: access
    running: true
    query: '[0]."realm-id"'
"""

RETURN = r"""
elements:
  description: The elements. An attribute with several values is a list, sub-elements are lists by type. Secrets are masked.
  returned: success
  type: list
  elements: dict
  sample: [{"dest-network": "192.0.2.128", "netmask": "255.255.255.128", "gateway": "192.0.2.1"}]
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: access
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import connect
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import Element

DEFINITION = Definition(
    name="appliance_config_element_info",
    flows=(ApplianceFlow,),
    options={
        "element_type": {"type": "str", "required": True},
        "keys": {"type": "dict", "no_log": False},
        "running": {"type": "bool", "default": False},
        "query": {"type": "str"},
    },
)


def run(invocation: Invocation) -> dict:
    """Reads the elements."""
    params = invocation.params
    appliance = connect(invocation)
    metadata = appliance.metadata(params["element_type"])
    if params["keys"]:
        if set(params["keys"]) != set(metadata.keys):
            known = ", ".join(metadata.keys) or "none, as it is there once at most"
            raise InvalidInput(f"the keys of {metadata.name} are {known}", hint="Give all of them, or leave keys out.")
        found = appliance.find(metadata, Element.from_options("", params["keys"]).attributes, params["running"])
        elements = [found] if found else []
    else:
        elements = appliance.all(params["element_type"], params["running"])
    data = [element.as_data(metadata) for element in elements]
    result = {"changed": False, "elements": data}
    return {**result, "result": search(params["query"], data)} if params["query"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
