#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what an appliance is and does."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_info
short_description: Read versions, status and other facts of an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads what an appliance tells of itself. Needs no lock.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
options:
  gather:
    description:
      - What to read. V(metadata) needs O(element_type), V(certificates) needs O(certificate_records).
    type: list
    elements: str
    choices: [versions, status, job, element_types, metadata, kpis, certificates, boot_parameters, backups]
    default: [versions, status]
  element_type:
    description:
      - The element type whose metadata to read.
    type: str
  kpi_types:
    description:
      - Sets of key figures to read. If not set, all that the appliance has.
    type: list
    elements: str
    default: []
  certificate_records:
    description:
      - The certificate records whose certificates to read.
    type: list
    elements: str
    default: []
  query:
    description:
      - A JMESPath expression over what was read, whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.appliance_config_element_info
"""

EXAMPLES = r"""
- name: See which part a system of a pair plays
  tokenflow.services.appliance_info:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    gather: [status]
    query: status.role

- name: List the backups
  tokenflow.services.appliance_info:
    gather: [backups]

- name: See the keys of an element type
  tokenflow.services.appliance_info:
    gather: [metadata]
    element_type: sip-interface
    query: metadata.keys
"""

RETURN = r"""
versions:
  description: The versions of the interface.
  returned: when asked for with O(gather)
  type: dict
  sample: {"latest": "v1.2", "others": ["v1.0", "v1.1"]}
status:
  description: State, role and health, as the appliance gives them, and C(uptime) in seconds.
  returned: when asked for with O(gather)
  type: dict
  sample: {"hostName": "PRIMARY", "systemState": "online", "role": "standalone", "healthScorePercent": "100", "uptime": 146091}
job:
  description: The last job on the configuration, whoever started it; empty texts if there was none.
  returned: when asked for with O(gather)
  type: dict
  sample: {"operation": "save", "status": "success", "messages": []}
element_types:
  description: The element types.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"name": "host-route", "description": "static route", "single": false}]
metadata:
  description: Keys and attributes of O(element_type) and of its sub-elements.
  returned: when asked for with O(gather)
  type: dict
  sample: {"name": "host-route", "single": false, "keys": ["dest-network"], "attributes": ["dest-network", "netmask"], "secrets": [], "subs": {}}
kpis:
  description: The key figures by set.
  returned: when asked for with O(gather)
  type: dict
  sample: {"globalSessions": {"sysGlobalConSessions": "118"}}
certificates:
  description: The certificates by record, as PEM; null where a record has none.
  returned: when asked for with O(gather)
  type: dict
  sample: {"access-cert": null}
boot_parameters:
  description: The boot parameters, with passwords masked.
  returned: when asked for with O(gather)
  type: dict
  sample: {"IP Address": "192.0.2.10"}
backups:
  description: Names of the backup files.
  returned: when asked for with O(gather)
  type: list
  elements: str
  sample: [factory-acceptance.gz]
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: standalone
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import connect
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_system import Info

PARTS = ["versions", "status", "job", "element_types", "metadata", "kpis", "certificates", "boot_parameters", "backups"]
DEFINITION = Definition(
    name="appliance_info",
    flows=(ApplianceFlow,),
    options={
        "gather": {"type": "list", "elements": "str", "choices": PARTS, "default": ["versions", "status"]},
        "element_type": {"type": "str"},
        "kpi_types": {"type": "list", "elements": "str", "default": []},
        "certificate_records": {"type": "list", "elements": "str", "default": []},
        "query": {"type": "str"},
    },
)


def run(invocation: Invocation) -> dict:
    """Reads the parts that are asked for."""
    params = invocation.params
    if "metadata" in params["gather"] and not params["element_type"]:
        raise InvalidInput("metadata needs element_type")
    if "certificates" in params["gather"] and not params["certificate_records"]:
        raise InvalidInput("certificates needs certificate_records", hint="The records are elements of type certificate-record.")
    appliance = connect(invocation)
    parts = Info(appliance, params["element_type"], params["kpi_types"], params["certificate_records"]).parts
    found = {name: parts[name]() for name in dict.fromkeys(params["gather"])}
    result = {"changed": False, **found}
    return {**result, "result": search(params["query"], found)} if params["query"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
