#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes components and services of Phoenix Security what they are to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_component
short_description: Manage components and services of Phoenix Security
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that components of applications and services of environments are there with the given criticality and tags, or that they are not.
    What is not given stays as it is.
  - One list is read, that of one application if all are in the same. A new one, and one that is removed or differs, costs one request; tags that are removed
    cost one more.
  - A component cannot be moved to another application. Removing it removes its rules and deployment links.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
  - tokenflow.services._phoenix_objects
  - tokenflow.services._phoenix_objects.TAGS
  - tokenflow.services._phoenix_objects.PLACES
attributes:
  check_mode:
    support: full
    details: An application that is not there is taken for one that an earlier task would make, with a warning.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: It is, except with O(update_workflows=true), because ticketing and messaging cannot be read.
options:
  application: &application
    description:
      - Name of the application that the component is in. One of this and O(environment) is needed.
    type: str
  environment: &environment
    description:
      - Name of the environment that the service is in.
    type: str
  name: &name
    description:
      - Its name, of 3 to 255 characters.
    type: str
  criticality: &criticality
    description:
      - Criticality from 1 to 10.
    type: int
  tags: &tags
    description:
      - Its tags. Two tags are the same if both key and value are. An empty list removes all, with O(purge_tags=true).
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
  previous_name: &previous_name
    description:
      - Name under which it may still be there. It is then renamed, unless there is one with the new name already.
    type: str
  ticketing: &ticketing
    description:
      - Where its tickets go. This cannot be read, so it is set for a new one only, or always with O(update_workflows=true).
    type: dict
    suboptions:
      integration_id:
        description:
          - Id of the integration.
        type: str
      integration_name:
        description:
          - Name of the integration.
        type: str
      integration_type:
        description:
          - Type of the integration.
        type: str
        choices: [JIRA, JIRA_DC, ADO, GITHUB, SERVICE_NOW]
      project_id:
        description:
          - Id of the project.
        type: str
      project_name:
        description:
          - Name of the project.
        type: str
        required: true
  messaging: &messaging
    description:
      - Where its messages go. This cannot be read, so it is set for a new one only, or always with O(update_workflows=true).
    type: dict
    suboptions:
      integration_id:
        description:
          - Id of the integration.
        type: str
      integration_name:
        description:
          - Name of the integration.
        type: str
      integration_type:
        description:
          - Type of the integration.
        type: str
        choices: [SLACK]
      channel_id:
        description:
          - Id of the channel.
        type: str
      channel_name:
        description:
          - Name of the channel.
        type: str
        required: true
  state: &state
    description:
      - Whether it is there.
    type: str
    choices: [present, absent]
    default: present
  components:
    description:
      - Several components and services, also of different applications and environments, in place of one.
    type: list
    elements: dict
    suboptions:
      application: *application
      environment: *environment
      name:
        <<: *name
        required: true
      criticality: *criticality
      tags: *tags
      previous_name: *previous_name
      ticketing: *ticketing
      messaging: *messaging
      state:
        description:
          - Whether it is there. If not set, it is O(state).
        type: str
        choices: [present, absent]
  update_workflows:
    description:
      - Whether ticketing and messaging are also set for components that are there already. The task then always reports a change.
    type: bool
    default: false
seealso:
  - module: tokenflow.services.phoenix_application
  - module: tokenflow.services.phoenix_rule
  - module: tokenflow.services.phoenix_deployment
"""

EXAMPLES = r"""
- name: Make a component of an application
  tokenflow.services.phoenix_component:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    application: Web Shop
    name: search-index
    criticality: 6
    tags:
      - key: lang
        value: rust

- name: Keep components and services as they are written down
  tokenflow.services.phoenix_component:
    components:
      - application: Web Shop
        name: cart
        criticality: 8
      - environment: Production Cloud
        name: order-cluster
        tags:
          - {key: stage, value: production}
      - application: Web Shop
        name: old-checkout
        state: absent
"""

RETURN = r"""
summary:
  description: How many objects were made, changed, removed and as they should be.
  returned: success
  type: dict
  sample: {"created": 12, "updated": 3, "removed": 1, "unchanged": 384}
changes:
  description: Only what changed, or would change in check mode.
  returned: success, or when some could not be written
  type: list
  elements: dict
  contains:
    application:
      description: The application that it is in; C(environment) for a service.
      type: str
    name:
      description: Its name.
      type: str
    action:
      description: What was done.
      type: str
      choices: [create, update, remove]
    id:
      description: Its id; null for what check mode would make.
      type: str
    before:
      description: The values that were other; null for a new one.
      type: dict
    after:
      description: The same values as they are now; for a new one all that was given, and null for one that is gone.
      type: dict
  sample:
    - application: Web Shop
      name: cart
      action: update
      id: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a12
      before: {"criticality": 7}
      after: {"criticality": 8}
failed_objects:
  description: The objects that could not be written, each with the reason and with what of it was written.
  returned: when writing failed
  type: list
  elements: dict
  sample: [{"application": "Web Shop", "name": "cart", "msg": "the service answered with HTTP 400", "written": []}]
not_tried:
  description: The objects that were left out because of an error that concerns all.
  returned: when writing failed
  type: list
  elements: str
  sample: []
before:
  description: The one object as it was; null if it was not there.
  returned: when O(components) is not set
  type: dict
  sample: null
after:
  description: The one object as it is, or would be in check mode; null if it is gone.
  returned: when O(components) is not set
  type: dict
  sample: {"application": "Web Shop", "name": "search-index", "criticality": 6, "tags": [{"key": "lang", "value": "rust"}]}
id:
  description: Id of the one object; null if it is not there.
  returned: when O(components) is not set
  type: str
  sample: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a12
ids:
  description: Ids of all that was listed, by the parent's id and by name, for O(tokenflow.services.phoenix_rule#module:component_ids).
  returned: when O(return_ids=true)
  type: dict
  sample: {"5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a11": {"cart": "5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a12"}}
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._phoenix_module import (
    APPLICATION_IDS,
    NAMED_OPTIONS,
    PLACE,
    TAG_RULES,
    TAGS,
    UPDATE_WORKFLOWS,
    WORKFLOW_OPTIONS,
    entries,
    finish,
    places_of,
    rules_between,
    with_list,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_components import Components
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

ONE = {
    **PLACE,
    "name": {"type": "str"},
    "criticality": {"type": "int"},
    "tags": TAGS,
    "previous_name": {"type": "str"},
    **WORKFLOW_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
DEFINITION = Definition(
    name="phoenix_component",
    flows=(PhoenixFlow,),
    options={**with_list(ONE, "components", required=("name",)), **TAG_RULES, **UPDATE_WORKFLOWS, **NAMED_OPTIONS, **APPLICATION_IDS},
    constraints=rules_between(ONE, "components", "name"),
)


def run(invocation: Invocation) -> dict:
    """Finds the parents, reads what is in them, compares, and writes what differs."""
    params = invocation.params
    places = places_of(invocation, Phoenix(invocation.session))
    components = Components(places, purge_tags=params["purge_tags"], update_workflows=params["update_workflows"])
    steps = components.plan(entries(params, ONE, "components"))
    result = finish(invocation, steps, ("create", "update", "remove"), params["components"] is None)
    for text in places.warnings:
        invocation.warn(text)
    return {**result, "ids": places.ids(steps)} if params["return_ids"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
