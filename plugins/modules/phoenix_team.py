#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes teams of Phoenix Security what they are to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_team
short_description: Manage teams of Phoenix Security, their members and links
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that teams are there with the given members, and that applications and components are linked to them by tags or by members.
  - One list of teams is read, and the members of each team for which members are given.
  - The interface cannot delete or rename a team, change its type, or read its links. So a link is sent each time, and the answer tells whether it was new.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
  - tokenflow.services._phoenix_objects
attributes:
  check_mode:
    support: partial
    details: Whether a link would be new cannot be known. It is reported as a change, with a warning.
  diff_mode:
    support: partial
    details: Links cannot be read, so that they are shown only as they are set.
  idempotent:
    support: partial
    details: It is, except with C(purge) in O(application_links) and O(component_links), and with O(update_member_link=true).
options:
  name: &name
    description:
      - Name of the team, of 3 to 255 characters.
    type: str
  type: &type
    description:
      - Type of the team, which is needed to make one and cannot be changed.
    type: str
    choices: [GENERAL, SECURITY]
  members: &members
    description:
      - E-mails or ids of its members. If not set, they stay as they are.
    type: list
    elements: str
  application_links: &application_links
    description:
      - Which applications and environments are linked to the team by their tags.
    type: dict
    suboptions:
      match:
        description:
          - Whether one of the tags is enough or all are needed. If not set, the service keeps what it has, which is V(ANY) at first.
        type: str
        choices: [ANY, ALL]
      tags:
        description:
          - Tags to link by. They are added to those that the team has.
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
      absent_tags:
        description:
          - Tags to link by no more.
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
      purge:
        description:
          - Whether to clear all tags first. As nothing of this can be read, the task then always reports a change.
        type: bool
        default: false
  component_links: &component_links
    description:
      - Which components and services are linked to the team by their tags.
    type: dict
    suboptions:
      match:
        description:
          - Whether one of the tags is enough or all are needed. If not set, the service keeps what it has, which is V(ANY) at first.
        type: str
        choices: [ANY, ALL]
      tags:
        description:
          - Tags to link by. They are added to those that the team has.
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
      absent_tags:
        description:
          - Tags to link by no more.
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
      purge:
        description:
          - Whether to clear all tags first. As nothing of this can be read, the task then always reports a change.
        type: bool
        default: false
  link_members: &link_members
    description:
      - Whether applications are linked to the team by their owners and responsible users. This cannot be read and its answer tells nothing, so it is set for a
        new team only, or always with O(update_member_link=true).
    type: bool
  state: &state
    description:
      - V(absent) only makes sure that it is not there. If it is, the task fails, because the interface cannot delete it.
    type: str
    choices: [present, absent]
    default: present
  teams:
    description:
      - Several teams, in place of one.
    type: list
    elements: dict
    suboptions:
      name:
        <<: *name
        required: true
      type: *type
      members: *members
      application_links: *application_links
      component_links: *component_links
      link_members: *link_members
      state:
        description:
          - V(absent) only makes sure that it is not there.
        type: str
        choices: [present, absent]
  purge_members:
    description:
      - Whether to remove members that are not given, of teams for which members are given.
    type: bool
    default: false
  auto_create_users:
    description:
      - Whether the service makes users for e-mails that it does not know, with the role C(ORG_USER).
    type: bool
    default: false
  update_member_link:
    description:
      - Whether O(link_members) is also set for teams that are there already. The task then always reports a change.
    type: bool
    default: false
seealso:
  - module: tokenflow.services.phoenix_user
  - module: tokenflow.services.phoenix_application
"""

EXAMPLES = r"""
- name: Make a team with its members
  tokenflow.services.phoenix_team:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    name: Mobile Crew
    type: GENERAL
    members:
      - marc.oyelaran@northwind-bikes.example
      - lena.fischer@northwind-bikes.example
    application_links:
      match: ALL
      tags:
        - {key: bu, value: mobile}

- name: Keep exactly these members
  tokenflow.services.phoenix_team:
    purge_members: true
    teams:
      - name: Platform Security
        members: [ada.lindqvist@northwind-bikes.example, Priya.Raman@northwind-bikes.example]
      - name: Workshop IT
        members: [lena.fischer@northwind-bikes.example]
"""

RETURN = r"""
summary:
  description: How many teams were made, changed and as they should be.
  returned: success
  type: dict
  sample: {"created": 1, "updated": 0, "unchanged": 2}
changes:
  description: Only what changed, or would change in check mode.
  returned: success, or when some could not be written
  type: list
  elements: dict
  contains:
    name:
      description: Name of the team.
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
    - name: Workshop IT
      action: update
      id: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a13
      before: {"members": []}
      after: {"members": ["lena.fischer@northwind-bikes.example"]}
uncertain:
  description: Objects of which only the service knows whether they would change.
  returned: in check mode, where there are any
  type: list
  elements: str
  sample: [Shop Crew]
failed_objects:
  description: The objects that could not be written, each with the reason and with what of it was written.
  returned: when writing failed
  type: list
  elements: dict
  sample: [{"name": "Workshop IT", "msg": "Invalid user email", "written": []}]
not_tried:
  description: The objects that were left out because of an error that concerns all.
  returned: when writing failed
  type: list
  elements: str
  sample: []
before:
  description: The one team as it was; null if it was not there.
  returned: when O(teams) is not set
  type: dict
  sample: null
after:
  description: The one team as it is, or would be in check mode. Links are there only if they are new.
  returned: when O(teams) is not set
  type: dict
  sample: {"name": "Mobile Crew", "type": "GENERAL", "members": ["lena.fischer@northwind-bikes.example"]}
id:
  description: Id of the one team; null if it is not there.
  returned: when O(teams) is not set
  type: str
  sample: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a13
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._phoenix_module import NAMED_OPTIONS, TAGS, entries, finish, rules_between, with_list
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_people import Teams
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

LINKS = {
    "type": "dict",
    "options": {"match": {"type": "str", "choices": ["ANY", "ALL"]}, "tags": TAGS, "absent_tags": TAGS, "purge": {"type": "bool", "default": False}},
}
ONE = {
    "name": {"type": "str"},
    "type": {"type": "str", "choices": ["GENERAL", "SECURITY"]},
    "members": {"type": "list", "elements": "str"},
    "application_links": LINKS,
    "component_links": LINKS,
    "link_members": {"type": "bool"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
FLAGS = ("purge_members", "auto_create_users", "update_member_link")
DEFINITION = Definition(
    name="phoenix_team",
    flows=(PhoenixFlow,),
    options={**with_list(ONE, "teams", required=("name",)), **{name: {"type": "bool", "default": False} for name in FLAGS}, **NAMED_OPTIONS},
    constraints=rules_between(ONE, "teams", "name"),
)


def run(invocation: Invocation) -> dict:
    """Reads the teams and members, compares, and writes what differs or cannot be read."""
    params = invocation.params
    names = (*FLAGS, "case_sensitive")
    teams = Teams(Phoenix(invocation.session), invocation.run_folder, **{name: params[name] for name in names})
    return finish(invocation, teams.plan(entries(params, ONE, "teams")), ("create", "update"), params["teams"] is None)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
