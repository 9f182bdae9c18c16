#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes users of Phoenix Security what they are to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_user
short_description: Manage users of Phoenix Security
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that users are there, and that they are active or not. One list of users is read. Each new user costs one request, and
    all that are to be activated one more, as do all that are to be deactivated.
  - The service sends mails to a new user.
  - The interface cannot delete a user, and cannot change a name or role. What differs there makes the task fail, unless O(mismatch) says otherwise.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  email: &email
    description:
      - E-mail of the user. Its case does not count.
    type: str
  first_name: &first_name
    description:
      - First name, which is needed to make a user.
    type: str
  last_name: &last_name
    description:
      - Last name, which is needed to make a user.
    type: str
  role: &role
    description:
      - Role, which is needed to make a user. Documented are C(ORG_ADMIN), C(ORG_APP_ADMIN), C(ORG_USER), C(ORG_ADMIN_LITE), C(ORG_SEC_ADMIN) and
        C(ORG_SEC_DEV).
    type: str
  state: &state
    description:
      - With V(present), the user is there, active or not. With V(active), the user is there and active.
      - With V(inactive), the user has no access. Nobody is made for that.
    type: str
    choices: [present, active, inactive]
    default: present
  users:
    description:
      - Several users, in place of one.
    type: list
    elements: dict
    suboptions:
      email:
        <<: *email
        required: true
      first_name: *first_name
      last_name: *last_name
      role: *role
      state:
        description:
          - Whether the user is there and active. If not set, it is O(state).
        type: str
        choices: [present, active, inactive]
  mismatch:
    description:
      - What to do about a user whose name or role is another one than given, which the interface cannot change.
    type: str
    choices: [fail, warn, ignore]
    default: fail
  any_role:
    description:
      - Whether to send a role that is not documented, instead of refusing it.
    type: bool
    default: false
notes:
  - A task takes one user, or a list, of which only what changed is returned.
seealso:
  - module: tokenflow.services.phoenix_team
"""

EXAMPLES = r"""
- name: Make a user
  tokenflow.services.phoenix_user:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    email: noor.haddad@northwind-bikes.example
    first_name: Noor
    last_name: Haddad
    role: ORG_SEC_DEV

- name: See to who has access
  tokenflow.services.phoenix_user:
    users:
      - email: tomasz.wrona@northwind-bikes.example
        state: active
      - email: jonas.berg@northwind-bikes.example
        state: inactive
"""

RETURN = r"""
summary:
  description: How many users were made, changed and as they should be.
  returned: success
  type: dict
  sample: {"created": 1, "updated": 1, "unchanged": 40}
changes:
  description: Only what changed, or would change in check mode.
  returned: success, or when some could not be written
  type: list
  elements: dict
  contains:
    email:
      description: E-mail of the user.
      type: str
    action:
      description: What was done.
      type: str
      choices: [create, update]
    id:
      description: Id of the user; null for one that check mode would make.
      type: str
    before:
      description: The values that were other; null for a new user.
      type: dict
    after:
      description: The same values as they are now; for a new user all that was given.
      type: dict
  sample:
    - email: jonas.berg@northwind-bikes.example
      action: update
      id: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a14
      before: {"active": true}
      after: {"active": false}
failed_objects:
  description: The objects that could not be written, each with the reason and with what of it was written.
  returned: when writing failed
  type: list
  elements: dict
  sample: [{"email": "a@example.com", "msg": "User email already exists", "written": []}]
not_tried:
  description: The objects that were left out because of an error that concerns all.
  returned: when writing failed
  type: list
  elements: str
  sample: []
before:
  description: The one user before; null if there was none.
  returned: when O(users) is not set
  type: dict
  sample: null
after:
  description: The one user after the task, or as it would be in check mode; null if there is none.
  returned: when O(users) is not set
  type: dict
  sample: {"email": "noor.haddad@northwind-bikes.example", "first_name": "Noor", "last_name": "Haddad", "role": "ORG_SEC_DEV", "active": true}
id:
  description: Id of the one user; null if there is none.
  returned: when O(users) is not set
  type: str
  sample: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a14
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._phoenix_module import entries, finish, rules_between, with_list
from ansible_collections.tokenflow.services.plugins.module_utils._services._phoenix_people import Users
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

ONE = {
    **{name: {"type": "str"} for name in ("email", "first_name", "last_name", "role")},
    "state": {"type": "str", "choices": ["present", "active", "inactive"], "default": "present"},
}
DEFINITION = Definition(
    name="phoenix_user",
    flows=(PhoenixFlow,),
    options={
        **with_list(ONE, "users", required=("email",)),
        "mismatch": {"type": "str", "choices": ["fail", "warn", "ignore"], "default": "fail"},
        "any_role": {"type": "bool", "default": False},
    },
    constraints=rules_between(ONE, "users", "email"),
)


def run(invocation: Invocation) -> dict:
    """Reads the users, compares, and writes what differs."""
    params = invocation.params
    users = Users(Phoenix(invocation.session), any_role=params["any_role"], mismatch=params["mismatch"])
    steps = users.plan(entries(params, ONE, "users"))
    for text in users.warnings:
        invocation.warn(text)
    return finish(invocation, steps, ("create", "update"), params["users"] is None)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
