#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes records of a PxPlus table what they are to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pxplus_record
short_description: Manage records of a PxPlus table
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that records are there with the given fields, or that they are not, through File Access. PxPlus 2022 or later is needed.
  - A record is read before it is written, because a write takes all its fields. Fields that are not given stay as they are.
  - A list of records costs one read, one write if something differs, and one more read that shows whether the write did what it should,
    because its answer does not tell. What became of each record is returned, also if the server stopped halfway.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PXPLUS
  - tokenflow.services._connection
  - tokenflow.services._pxplus
  - tokenflow.services._pxplus_place
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  write_service:
    description:
      - Id of the File Access service that writes.
      - If not set, it is O(read_service), whose record must then allow the override of C(function).
    type: str
  table:
    description:
      - Name of the table.
    type: str
    required: true
  send_table:
    description:
      - Whether to name the table when reading. Turn it off for a service whose record names the table and does not allow its override.
    type: bool
    default: true
  key_fields:
    description:
      - Names of the fields that are the segments of the primary key, in their order.
      - With them, a key need not be given where its fields are, and a list of records is read at once. A table that has its key in none of its
        fields has none, and its records are read one by one.
    type: list
    elements: str
  table_fields:
    description:
      - Names of all fields of the table. With them, a new record has nothing or zero in fields that are not given.
      - Without them, what becomes of such fields is up to the server, which may refuse the record.
    type: list
    elements: str
  key:
    description:
      - Key of the one record; a list for a key of several segments.
    type: raw
  fields:
    description:
      - Fields with their values. Names of text fields end in a dollar sign, all others hold numbers.
    type: dict
  state:
    description:
      - Whether the record is there.
    type: str
    choices: [present, absent]
    default: present
  records:
    description:
      - Several records of the table, in place of O(key) and O(fields).
    type: list
    elements: dict
    suboptions:
      key:
        description:
          - Key of the record; a list for a key of several segments.
        type: raw
      fields:
        description:
          - Fields with their values.
        type: dict
        default: {}
      state:
        description:
          - Whether the record is there. If not set, it is O(state).
        type: str
        choices: [present, absent]
notes:
  - Whether two texts are equal is judged exactly. A server that strips blanks, or has no such character, makes the task fail after the write.
seealso:
  - module: tokenflow.services.pxplus_record_info
"""

EXAMPLES = r"""
- name: Set a tax rate and leave everything else as it is
  tokenflow.services.pxplus_record:
    base_url: "{{ pxplus_base_url }}"
    client_id: "{{ pxplus_client_id }}"
    client_secret: "{{ pxplus_client_secret }}"
    read_service: states_read
    write_service: states_write
    table: states
    send_table: false
    key: "ON"
    fields:
      taxRate: 13

- name: Keep several records as they are written down, in one read and one write
  tokenflow.services.pxplus_record:
    read_service: records_read
    write_service: records_write
    table: states
    key_fields: [stateCode$]
    records:
      - fields: {stateCode$: PE, stateName$: Prince Edward Island, country$: Canada, taxRate: 15}
      - fields: {stateCode$: NS, taxRate: 14}
      - key: NX
        state: absent

- name: Remove a record with a key of two segments
  tokenflow.services.pxplus_record:
    read_service: records_read
    write_service: records_write
    table: invoices
    key: [C001, INV-1008]
    state: absent
"""

RETURN = r"""
records:
  description: What became of each record, in the order in which they were given.
  returned: success, or when the server wrote not all of them
  type: list
  elements: dict
  contains:
    key:
      description: Its key, with colons between segments.
      type: str
    action:
      description: What was done, or would be done in check mode.
      type: str
      choices: [insert, update, remove, none]
    changed:
      description: Whether it changed.
      type: bool
    before:
      description: The record as it was; null if it was not there.
      type: dict
    after:
      description: The record as it is, or would be in check mode; null if it is not there.
      type: dict
    failed:
      description: Whether it is not as it is to be; only when the task failed.
      type: bool
  sample:
    - key: "ON"
      action: update
      changed: true
      before: {"stateCode$": "ON", "stateName$": "Ontario", "country$": "Canada", "taxRate": 12}
      after: {"stateCode$": "ON", "stateName$": "Ontario", "country$": "Canada", "taxRate": 13}
before:
  description: The one record as it was; null if it was not there.
  returned: when O(records) is not set
  type: dict
  sample: {"stateCode$": "ON", "stateName$": "Ontario", "country$": "Canada", "taxRate": 12}
after:
  description: The one record as it is, or would be in check mode; null if it is not there.
  returned: when O(records) is not set
  type: dict
  sample: {"stateCode$": "ON", "stateName$": "Ontario", "country$": "Canada", "taxRate": 13}
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.pxplus import PxplusFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._pxplus_module import PLACE_CONSTRAINTS, PLACE_OPTIONS
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_apply import apply, as_result, plan, wanted_records
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_records import Fields, Place, Records
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import Pxplus

STATES = ["present", "absent"]

DEFINITION = Definition(
    name="pxplus_record",
    flows=(PxplusFlow,),
    options={
        **PLACE_OPTIONS,
        "write_service": {"type": "str"},
        "table": {"type": "str", "required": True},
        "send_table": {"type": "bool", "default": True},
        "key_fields": {"type": "list", "elements": "str", "no_log": False},
        "table_fields": {"type": "list", "elements": "str"},
        "key": {"type": "raw", "no_log": False},
        "fields": {"type": "dict"},
        "state": {"type": "str", "choices": STATES, "default": "present"},
        "records": {
            "type": "list",
            "elements": "dict",
            "options": {
                "key": {"type": "raw", "no_log": False},
                "fields": {"type": "dict", "default": {}},
                "state": {"type": "str", "choices": STATES},
            },
        },
    },
    constraints={
        "required_one_of": [*PLACE_CONSTRAINTS["required_one_of"], ("key", "fields", "records")],
        "mutually_exclusive": [*PLACE_CONSTRAINTS["mutually_exclusive"], ("records", "key"), ("records", "fields"), ("write_service", "dictionary")],
    },
)


def run(invocation: Invocation) -> dict:
    """Reads, compares, writes what differs at once, and reads that back."""
    params = invocation.params
    names = [*(params["key_fields"] or []), *(params["table_fields"] or []), *(params["fields"] or {})]
    fields = Fields(params["format"], [*names, *(name for entry in params["records"] or [] for name in entry["fields"])])
    wanted = wanted_records(params, fields)
    pxplus = Pxplus(invocation.session, params["encoding"])
    records = Records(pxplus, Place.from_options(params), fields, params["format"], params["key_fields"] or ())
    steps = plan(records, wanted, params["table_fields"] or [], fields)
    if any(step.changed for step in steps) and not invocation.check_mode:
        steps, warning = apply(records, steps, fields)
        if warning:
            invocation.warn(warning)
    result = as_result(steps, fields)
    if invocation.diff and result["changed"]:
        changes = [entry for entry in result["records"] if entry["changed"]]
        result["diff"] = {side: {entry["key"]: entry[side] for entry in changes if entry[side] is not None} for side in ("before", "after")}
    if params["records"] is None:
        result.update({side: result["records"][0][side] for side in ("before", "after")})
    return result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
