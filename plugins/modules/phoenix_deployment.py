#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Links applications and components of Phoenix Security to the services that they are deployed to."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_deployment
short_description: Manage where applications and components of Phoenix Security are deployed
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that applications and components are linked to the services of environments that they are deployed to.
  - The interface can neither read these links nor remove one. Links that are there already are recognised by the service.
  - It is a module of its own because services have to be there before anything is linked to them.
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
    details: Whether a link would be new cannot be known. It is reported as a change, with a warning.
  diff_mode:
    support: partial
    details: Shows the services that were named, because the links that were there cannot be read.
  idempotent:
    support: partial
    details: It is, except with O(replace=true) and O(inherit=true), where the service may not say that nothing was new.
options:
  application: &application
    description:
      - Name of the application.
    type: str
  component: &component
    description:
      - Name of a component of the application. If not set, the application itself is deployed.
    type: str
  services: &services
    description:
      - The services. One of this, O(service_tags) and O(inherit) is needed.
    type: list
    elements: dict
    suboptions:
      environment:
        description:
          - Name of the environment.
        type: str
        required: true
      name:
        description:
          - Name of the service.
        type: str
        required: true
  service_tags: &service_tags
    description:
      - Tags, of which the services have at least one.
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
  match_asset_tags: &match_asset_tags
    description:
      - Whether tags of a service's assets count too for O(service_tags). If not set, the service decides, which is that they do.
    type: bool
  inherit: &inherit
    description:
      - Whether the component is deployed where its application is.
    type: bool
  replace: &replace
    description:
      - Whether these services replace all that it is deployed to. If not, they are added.
    type: bool
    default: false
  deployments:
    description:
      - Several deployments, in place of one.
    type: list
    elements: dict
    suboptions:
      application:
        <<: *application
        required: true
      component: *component
      services: *services
      service_tags: *service_tags
      match_asset_tags: *match_asset_tags
      inherit: *inherit
      replace:
        description:
          - Whether these services replace all that it is deployed to. If not set, it is O(replace).
        type: bool
notes:
  - Each run sends everything, because nothing of it can be read. What the service answers tells whether anything was new, and RV(ignore:changed) follows that.
seealso:
  - module: tokenflow.services.phoenix_application
  - module: tokenflow.services.phoenix_component
"""

EXAMPLES = r"""
- name: Deploy an application to a service of an environment
  tokenflow.services.phoenix_deployment:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    application: Order Hub
    services:
      - environment: Production Cloud
        name: data-lake

- name: Several deployments
  tokenflow.services.phoenix_deployment:
    deployments:
      - application: Dealer Portal
        component: dealer-web
        services:
          - {environment: Production Cloud, name: shop-cluster}
      - application: Bike Configurator
        service_tags:
          - {key: stage, value: production}
"""

RETURN = r"""
summary:
  description: How many deployments got a link, and how many had them all.
  returned: success
  type: dict
  sample: {"added": 1, "replaced": 0, "unchanged": 49}
changes:
  description: What got links, or may get them in check mode.
  returned: success, or when some could not be written
  type: list
  elements: dict
  contains:
    application:
      description: Name of the application.
      type: str
    component:
      description: Name of the component, if it is one.
      type: str
    action:
      description: What was done.
      type: str
      choices: [add, replace]
    after:
      description: The services or tags that were named, of which at least one was new.
      type: dict
  sample:
    - {application: Order Hub, action: add, before: null, after: {services: [Production Cloud/data-lake]}}
uncertain:
  description: Objects of which only the service knows whether they would change.
  returned: in check mode, where there are any
  type: list
  elements: str
  sample: [Order Hub]
failed_objects:
  description: The objects that could not be written, each with the reason and with what of it was written.
  returned: when writing failed
  type: list
  elements: dict
  sample: [{"application": "Order Hub", "msg": "No service found", "written": []}]
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
    TAGS,
    entries,
    finish,
    places_of,
    rules_between,
    with_list,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_links import Deployments
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

SERVICE = {name: {"type": "str", "required": True} for name in ("environment", "name")}
ONE = {
    "application": {"type": "str"},
    "component": {"type": "str"},
    "services": {"type": "list", "elements": "dict", "options": SERVICE},
    "service_tags": TAGS,
    "match_asset_tags": {"type": "bool"},
    "inherit": {"type": "bool"},
    "replace": {"type": "bool", "default": False},
}
DEFINITION = Definition(
    name="phoenix_deployment",
    flows=(PhoenixFlow,),
    options={**with_list(ONE, "deployments", required=("application",)), **NAMED_OPTIONS, **APPLICATION_IDS, **COMPONENT_IDS},
    constraints=rules_between(ONE, "deployments", "application"),
)


def run(invocation: Invocation) -> dict:
    """Finds what is deployed and the services, and sends the links."""
    params = invocation.params
    places = places_of(invocation, Phoenix(invocation.session))
    steps = Deployments(places).plan(entries(params, ONE, "deployments"))
    for text in places.warnings:
        invocation.warn(text)
    return finish(invocation, steps, ("add", "replace"), single=False)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
