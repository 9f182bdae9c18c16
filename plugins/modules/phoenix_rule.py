#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds rules that associate assets with components and services of Phoenix Security."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_rule
short_description: Manage the asset rules of components and services of Phoenix Security
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that components and services have rules that associate assets with them. All rules of a component are sent in one request.
  - The interface can neither read rules nor delete one. Rules that are there already are recognised by the service.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
  - tokenflow.services._phoenix_objects
  - tokenflow.services._phoenix_objects.PLACES
  - tokenflow.services._phoenix_objects.COMPONENTS
attributes:
  check_mode:
    support: partial
    details: Whether a rule would be new cannot be known. It is reported as a change, with a warning.
  diff_mode:
    support: partial
    details: Shows the names of the rules that were sent, because those that were there cannot be read.
  idempotent:
    support: partial
    details: It is, except with O(replace=true).
options:
  application: &application
    description:
      - Name of the application that the component is in. One of this and O(environment) is needed.
    type: str
  environment: &environment
    description:
      - Name of the environment that the service is in.
    type: str
  component: &component
    description:
      - Name of the component or service.
    type: str
  rules: &rules
    description:
      - The rules. Two rules are the same if their filters are, whatever their names.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the rule.
        type: str
        required: true
      filter:
        description:
          - The conditions, all of which an asset must meet.
        type: dict
        required: true
        suboptions:
          ids:
            description:
              - Ids of assets.
            type: list
            elements: str
          key_like:
            description:
              - Part of the asset's key, with C(*) for anything. Its case counts.
            type: str
          tags:
            description:
              - Tags, of which the asset has at least one.
            type: list
            elements: dict
            suboptions:
              key:
                description:
                  - Key of the tag, which it may lack.
                type: str
              value:
                description:
                  - Value of the tag.
                type: str
                required: true
          asset_type:
            description:
              - Type of the asset.
            type: str
            choices: [INFRA, CONTAINER, REPOSITORY, SOURCE_CODE, BUILD, WEBSITE_API]
          provider_account_id:
            description:
              - Accounts of a cloud provider.
            type: list
            elements: str
          provider_account_name:
            description:
              - Names of accounts of a cloud provider.
            type: list
            elements: str
          resource_group:
            description:
              - Resource groups of a cloud provider.
            type: list
            elements: str
          cidr:
            description:
              - A range of addresses, such as V(10.40.8.0/24).
            type: str
          cidrs:
            description:
              - Ranges of addresses.
            type: list
            elements: str
          ip_ranges:
            description:
              - Ranges of addresses by their first and last one.
            type: list
            elements: dict
            suboptions:
              from:
                description:
                  - First address.
                type: str
                required: true
              to:
                description:
                  - Last address.
                type: str
                required: true
          hostnames:
            description:
              - Names of hosts.
            type: list
            elements: str
          os_names:
            description:
              - Names of operating systems.
            type: list
            elements: str
          netbios:
            description:
              - NetBIOS names.
            type: list
            elements: str
          fqdn:
            description:
              - Full names of websites and interfaces.
            type: list
            elements: str
          repository:
            description:
              - Repositories.
            type: list
            elements: str
          negate_filter:
            description:
              - What the asset must not be, with the same fields except this one.
            type: dict
  replace: &replace
    description:
      - Whether these rules replace all that the component has. The task then always reports a change.
    type: bool
    default: false
  components:
    description:
      - Several components and services with their rules, in place of one.
    type: list
    elements: dict
    suboptions:
      application: *application
      environment: *environment
      component:
        <<: *component
        required: true
      rules: *rules
      replace:
        description:
          - Whether these rules replace all that the component has. If not set, it is O(replace).
        type: bool
notes:
  - Each run sends everything, because nothing of it can be read. What the service answers tells whether anything was new, and RV(ignore:changed) follows that.
seealso:
  - module: tokenflow.services.phoenix_component
"""

EXAMPLES = r"""
- name: Associate two repositories and a website with a component
  tokenflow.services.phoenix_rule:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    application: Web Shop
    component: cart
    rules:
      - name: repositories
        filter:
          asset_type: REPOSITORY
          repository: [northwind/cart, northwind/cart-events]
      - name: website
        filter:
          asset_type: WEBSITE_API
          fqdn: [cart.northwind-bikes.example]

- name: Rules of several components and services
  tokenflow.services.phoenix_rule:
    components:
      - application: Order Hub
        component: stock-sync
        rules:
          - name: everything but archives
            filter:
              key_like: northwind/stock*
              negate_filter:
                key_like: "*archive*"
      - environment: Workshop Network
        component: assembly-line
        rules:
          - name: second floor
            filter:
              cidrs: [10.40.12.0/24]
"""

RETURN = r"""
summary:
  description: Of how many components rules were added or replaced, and how many had them all.
  returned: success
  type: dict
  sample: {"added": 2, "replaced": 0, "unchanged": 48}
changes:
  description: The components that got rules, or may get them in check mode.
  returned: success, or when some could not be written
  type: list
  elements: dict
  contains:
    application:
      description: The application; C(environment) for a service.
      type: str
    component:
      description: Name of the component or service.
      type: str
    action:
      description: What was done.
      type: str
      choices: [add, replace]
    after:
      description: Names of the rules that were sent, of which at least one was new.
      type: dict
  sample:
    - {application: Web Shop, component: cart, action: add, before: null, after: {rules: [repositories, website]}}
uncertain:
  description: Objects of which only the service knows whether they would change.
  returned: in check mode, where there are any
  type: list
  elements: str
  sample: [cart of Web Shop]
failed_objects:
  description: The objects that could not be written, each with the reason and with what of it was written.
  returned: when writing failed
  type: list
  elements: dict
  sample: [{"application": "Web Shop", "component": "cart", "msg": "cidrs must be a valid CIDR range", "written": []}]
not_tried:
  description: The objects that were left out because of an error that concerns all.
  returned: when writing failed
  type: list
  elements: str
  sample: []
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._phoenix_module import (
    APPLICATION_IDS,
    COMPONENT_IDS,
    NAMED_OPTIONS,
    PLACE,
    TAGS,
    entries,
    finish,
    places_of,
    rules_between,
    with_list,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_links import FILTER_FIELDS, Rules
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

FILTER: dict = {
    **{name: {"type": "list", "elements": "str"} for name in FILTER_FIELDS},
    "key_like": {"type": "str", "no_log": False},
    "cidr": {"type": "str"},
    "tags": TAGS,
    "asset_type": {"type": "str", "choices": ["INFRA", "CONTAINER", "REPOSITORY", "SOURCE_CODE", "BUILD", "WEBSITE_API"]},
    "ip_ranges": {"type": "list", "elements": "dict", "options": {name: {"type": "str", "required": True} for name in ("from", "to")}},
    "negate_filter": {"type": "dict"},
}
RULE = {"name": {"type": "str", "required": True}, "filter": {"type": "dict", "required": True, "options": FILTER}}
ONE = {
    **PLACE,
    "component": {"type": "str"},
    "rules": {"type": "list", "elements": "dict", "options": RULE},
    "replace": {"type": "bool", "default": False},
}
DEFINITION = Definition(
    name="phoenix_rule",
    flows=(PhoenixFlow,),
    options={**with_list(ONE, "components", required=("component",)), **NAMED_OPTIONS, **APPLICATION_IDS, **COMPONENT_IDS},
    constraints=rules_between(ONE, "components", "component"),
)


def run(invocation: Invocation) -> dict:
    """Finds the components and sends their rules."""
    params = invocation.params
    places = places_of(invocation, Phoenix(invocation.session))
    steps = Rules(places).plan(entries(params, ONE, "components"))
    for text in places.warnings:
        invocation.warn(text)
    return finish(invocation, steps, ("add", "replace"), single=False)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
