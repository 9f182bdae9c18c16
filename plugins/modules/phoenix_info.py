#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what Phoenix Security has, and judges postures."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_info
short_description: Read applications, findings and postures of Phoenix Security, and gate on them
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads lists to their end, of the whole organisation, or of one application, environment or component.
  - With O(fail_when), the task fails if a posture is not good enough, so that a pipeline stops there.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
options:
  gather:
    description:
      - What to read. What is returned are the service's own objects.
      - V(members) costs a request for each team, V(postures) one for each application and environment, unless O(application) or O(environment) names one.
    type: list
    elements: str
    choices: [applications, components, teams, members, users, assets, findings, postures]
    default: [applications]
  type:
    description:
      - Only applications with their components, or only environments with their services.
    type: str
    choices: [APPLICATION, ENVIRONMENT]
  application:
    description:
      - Name of the application to which components, assets, findings and postures belong.
    type: str
  environment:
    description:
      - Name of the environment to which they belong, in place of O(application).
    type: str
  component:
    description:
      - Name of the component or service in it to which assets, findings and postures belong.
    type: str
  case_sensitive:
    description:
      - Whether these names are looked up exactly.
    type: bool
    default: true
  asset_types:
    description:
      - Types of assets to read. If not set, all.
    type: list
    elements: str
    choices: [CLOUD, INFRA, CONTAINER, WEBSITE_API, REPOSITORY, SOURCE_CODE, BUILD]
  only_unassigned:
    description:
      - Whether to read only assets that are in no application or environment.
    type: bool
    default: false
  asset_filters:
    description:
      - Filters of which an asset must meet at least one, with the service's own names, such as C(hostnames), C(repository), C(tagKeys) and C(key).
    type: list
    elements: dict
  finding_filters:
    description:
      - Filters that a finding must meet, with the service's own names, such as C(severityScoreFrom), C(status), C(cves), C(dateFrom) and C(slaBreach).
    type: dict
  exclude_risk_accepted:
    description:
      - Whether postures leave out findings whose risk was accepted.
    type: bool
    default: false
  query:
    description:
      - A JMESPath expression over all that was read, whose result is returned as RV(result).
    type: str
  fail_when:
    description:
      - A JMESPath expression over a posture. The task fails if it holds for one of those that were read; postures are then read in any case.
      - An expression that gives nothing, because it names what is not there, is an error too. A gate that cannot close would be none.
    type: str
seealso:
  - module: tokenflow.services.phoenix_application
  - module: tokenflow.services.phoenix_import
"""

EXAMPLES = r"""
- name: List the applications above their threshold
  tokenflow.services.phoenix_info:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    gather: [applications]
    type: APPLICATION
    query: "applications[?aboveThreshold].name"
  register: above

- name: Read the worst open findings of a component
  tokenflow.services.phoenix_info:
    gather: [findings]
    application: Web Shop
    component: payment-gateway
    finding_filters:
      status: [OPEN]
      severityScoreFrom: "900"

- name: Stop here if the application is above its threshold or has too many critical findings
  tokenflow.services.phoenix_info:
    gather: [postures]
    application: Bike Configurator
    exclude_risk_accepted: true
    fail_when: "risk > `900` || posture.findings.openByRisk.critical > `5`"
"""

RETURN = r"""
applications:
  description: Applications and environments, as the service has them.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"id": "5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a11", "name": "Web Shop", "type": "APPLICATION", "risk": 864, "aboveThreshold": true}]
components:
  description: Components and services.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"id": "5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a12", "name": "cart", "criticality": 7}]
teams:
  description: Teams.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"id": "5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a13", "name": "Shop Crew", "type": "GENERAL", "usersCount": 3}]
members:
  description: The members of each team, by its name.
  returned: when asked for with O(gather)
  type: dict
  sample: {"Workshop IT": [{"id": "5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a14", "email": "lena.fischer@northwind-bikes.example"}]}
users:
  description: Users.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"email": "lena.fischer@northwind-bikes.example", "active": true, "role": "ORG_USER"}]
assets:
  description: Assets.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"key": "northwind/cart", "type": "REPOSITORY"}]
findings:
  description: Findings.
  returned: when asked for with O(gather)
  type: list
  elements: dict
  sample: [{"severityScore": 960, "status": "OPEN"}]
postures:
  description: Postures.
  returned: when asked for with O(gather), or O(fail_when) is set
  type: list
  elements: dict
  sample: [{"name": "Web Shop", "risk": 864, "threshold": 500, "aboveThreshold": true, "posture": {"findings": {"open": 9}}}]
closed_by:
  description: Names of those whose posture is not good enough.
  returned: when the task failed because of O(fail_when)
  type: list
  elements: str
  sample: [application Web Shop]
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: [Web Shop]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._phoenix_module import NAMED_OPTIONS, PLACE
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_applications import Applications
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_info import ASSET_TYPES, Info, judge
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import TYPES
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

PARTS = ["applications", "components", "teams", "members", "users", "assets", "findings", "postures"]
DEFINITION = Definition(
    name="phoenix_info",
    flows=(PhoenixFlow,),
    options={
        "gather": {"type": "list", "elements": "str", "choices": PARTS, "default": ["applications"]},
        "type": {"type": "str", "choices": list(TYPES)},
        **PLACE,
        "component": {"type": "str"},
        **NAMED_OPTIONS,
        "asset_types": {"type": "list", "elements": "str", "choices": list(ASSET_TYPES)},
        "only_unassigned": {"type": "bool", "default": False},
        "asset_filters": {"type": "list", "elements": "dict"},
        "finding_filters": {"type": "dict"},
        "exclude_risk_accepted": {"type": "bool", "default": False},
        "query": {"type": "str"},
        "fail_when": {"type": "str"},
    },
    constraints={"mutually_exclusive": [("application", "environment")]},
)


def run(invocation: Invocation) -> dict:
    """Reads the parts that are asked for, and judges the postures if there is a gate."""
    params = invocation.params
    phoenix = Phoenix(invocation.session)
    applications = Applications(phoenix, invocation.run_folder, case_sensitive=params["case_sensitive"])
    info = Info(applications, params)
    gate = ["postures"] if params["fail_when"] else []
    found = {name: info.parts[name]() for name in dict.fromkeys([*params["gather"], *gate])}
    if params["query"]:
        found["result"] = search(params["query"], found)
    if gate:
        judge(found["postures"], params["fail_when"], phoenix.title, found)
    return {"changed": False, **found}


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
