#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes applications and environments of Phoenix Security what they are to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_application
short_description: Manage applications and environments of Phoenix Security
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that applications and environments are there with the given owner, criticality, tags and limits. What is not given stays as it is.
  - All of them are read in one list. A new one costs one request. One that differs costs one for its fields, and one each for tags to add, tags to remove
    and responsible users.
  - The interface cannot delete applications and environments, remove responsible users, or change the sub-type of an environment.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
  - tokenflow.services._phoenix_objects
  - tokenflow.services._phoenix_objects.TAGS
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: It is, except with O(update_workflows=true), because ticketing and messaging cannot be read.
options:
  name: &name
    description:
      - Its name, of 3 to 255 characters.
    type: str
  type: &type
    description:
      - Whether it is an application, with components, or an environment, with services.
    type: str
    choices: [APPLICATION, ENVIRONMENT]
    default: APPLICATION
  sub_type: &sub_type
    description:
      - Kind of an environment, which is needed to make one and cannot be changed.
    type: str
    choices: [CLOUD, INFRA]
  criticality: &criticality
    description:
      - Criticality from 1 to 10, which is needed to make one.
    type: int
  owner: &owner
    description:
      - E-mail or id of the owner, which is needed to make one. It must be a user.
    type: str
  threshold: &threshold
    description:
      - Risk from 0 to 1000 above which it is marked. If never set, it is that of the organisation.
    type: int
  value: &value
    description:
      - Value from 1000 to 10000000.
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
  responsible_users: &responsible_users
    description:
      - E-mails or ids of users who are responsible for it. They are added; the interface cannot remove any.
    type: list
    elements: str
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
      - V(absent) only makes sure that it is not there. If it is, the task fails, because the interface cannot delete it.
    type: str
    choices: [present, absent]
    default: present
  applications:
    description:
      - Several applications and environments, in place of one.
      - What has a default in the task, such as O(type), is taken from there where an entry does not say it.
    type: list
    elements: dict
    suboptions:
      name:
        <<: *name
        required: true
      type:
        description:
          - Whether it is an application, with components, or an environment, with services.
        type: str
        choices: [APPLICATION, ENVIRONMENT]
      sub_type: *sub_type
      criticality: *criticality
      owner: *owner
      threshold: *threshold
      value: *value
      tags: *tags
      responsible_users: *responsible_users
      previous_name: *previous_name
      ticketing: *ticketing
      messaging: *messaging
      state:
        description:
          - V(absent) only makes sure that it is not there.
        type: str
        choices: [present, absent]
  update_workflows:
    description:
      - Whether ticketing and messaging are also set for applications that are there already. The task then always reports a change.
    type: bool
    default: false
seealso:
  - module: tokenflow.services.phoenix_component
  - module: tokenflow.services.phoenix_deployment
  - module: tokenflow.services.phoenix_info
"""

EXAMPLES = r"""
- name: Make an application
  tokenflow.services.phoenix_application:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    name: Spare Parts Shop
    criticality: 7
    owner: ada.lindqvist@northwind-bikes.example
    tags:
      - key: bu
        value: retail
      - value: partner

- name: Keep several as they are written down, in one list and one request for each that differs
  tokenflow.services.phoenix_application:
    applications:
      - name: Ride Tracker
        criticality: 6
        owner: marc.oyelaran@northwind-bikes.example
        tags:
          - {key: bu, value: mobile}
      - name: Staging Cloud
        type: ENVIRONMENT
        sub_type: CLOUD
        criticality: 3
        owner: ada.lindqvist@northwind-bikes.example
"""

RETURN = r"""
summary:
  description: How many objects were made, changed and as they should be.
  returned: success
  type: dict
  sample: {"created": 1, "updated": 0, "unchanged": 49}
changes:
  description: Only what changed, or would change in check mode.
  returned: success, or when some could not be written
  type: list
  elements: dict
  contains:
    type:
      description: APPLICATION or ENVIRONMENT.
      type: str
    name:
      description: Its name.
      type: str
    action:
      description: What was done.
      type: str
      choices: [create, update]
    id:
      description: Its id; null for what check mode would make.
      type: str
    before:
      description: The values that were other; null for a new one.
      type: dict
    after:
      description: The same values as they are now; for a new one all that was given.
      type: dict
  sample:
    - type: APPLICATION
      name: Web Shop
      action: update
      id: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a11
      before: {"criticality": 9}
      after: {"criticality": 10}
failed_objects:
  description: The objects that could not be written, each with the reason and with what of it was written.
  returned: when writing failed
  type: list
  elements: dict
  sample: [{"type": "APPLICATION", "name": "Web Shop", "msg": "Invalid user email", "written": []}]
not_tried:
  description: The objects that were left out because of an error that concerns all.
  returned: when writing failed
  type: list
  elements: str
  sample: []
before:
  description: The one object as it was; null if it was not there.
  returned: when O(applications) is not set
  type: dict
  sample: null
after:
  description: The one object as it is, or would be in check mode.
  returned: when O(applications) is not set
  type: dict
  sample: {"name": "Spare Parts Shop", "type": "APPLICATION", "criticality": 7, "owner": "ada.lindqvist@northwind-bikes.example"}
id:
  description: Id of the one object; null if it is not there.
  returned: when O(applications) is not set
  type: str
  sample: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a11
ids:
  description: Ids of all applications and environments by type and name, for O(tokenflow.services.phoenix_component#module:application_ids).
  returned: when O(return_ids=true)
  type: dict
  sample: {"APPLICATION": {"Web Shop": "5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a11"}, "ENVIRONMENT": {}}
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._phoenix_module import (
    NAMED_OPTIONS,
    TAG_RULES,
    TAGS,
    UPDATE_WORKFLOWS,
    WORKFLOW_OPTIONS,
    entries,
    finish,
    rules_between,
    with_list,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_applications import Applications
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_objects import TYPES
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

ONE = {
    "name": {"type": "str"},
    "type": {"type": "str", "choices": list(TYPES), "default": "APPLICATION"},
    "sub_type": {"type": "str", "choices": ["CLOUD", "INFRA"]},
    "criticality": {"type": "int"},
    "owner": {"type": "str"},
    "threshold": {"type": "int"},
    "value": {"type": "int"},
    "tags": TAGS,
    "responsible_users": {"type": "list", "elements": "str"},
    "previous_name": {"type": "str"},
    **WORKFLOW_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
DEFINITION = Definition(
    name="phoenix_application",
    flows=(PhoenixFlow,),
    options={**with_list(ONE, "applications", required=("name",)), **TAG_RULES, **UPDATE_WORKFLOWS, **NAMED_OPTIONS},
    constraints=rules_between(ONE, "applications", "name"),
)


def run(invocation: Invocation) -> dict:
    """Reads the list, compares, and writes what differs."""
    params = invocation.params
    applications = Applications(
        Phoenix(invocation.session),
        invocation.run_folder,
        purge_tags=params["purge_tags"],
        case_sensitive=params["case_sensitive"],
        update_workflows=params["update_workflows"],
    )
    steps = applications.plan(entries(params, ONE, "applications"))
    result = finish(invocation, steps, ("create", "update"), params["applications"] is None)
    return {**result, "ids": applications.ids(steps)} if params["return_ids"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
