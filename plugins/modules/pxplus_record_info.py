#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads records of a PxPlus table."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pxplus_record_info
short_description: Read records of a PxPlus table
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads the record with a key, or the records of a range, of a filter or of both, through File Access. PxPlus 2022 or later is needed.
  - Where there is no record, the list is empty.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.PXPLUS
  - tokenflow.services._connection
  - tokenflow.services._pxplus
  - tokenflow.services._pxplus_place
options:
  table:
    description:
      - Name of the table. Leave it out for a service whose record names it.
    type: str
  key_number:
    description:
      - Number with a hash, such as V(#1), or name of the key that O(key), O(beg_key) and O(end_key) are about. If not set, it is the primary key.
    type: str
  key:
    description:
      - Key of the record; a list for a key of several segments.
    type: raw
  beg_key:
    description:
      - Key at which the range begins.
    type: raw
  end_key:
    description:
      - Key at which the range ends.
    type: raw
  filter:
    description:
      - A PxPlus expression that holds for the records to read.
    type: str
  query:
    description:
      - A JMESPath expression over RV(records), whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.pxplus_record
  - module: tokenflow.services.pxplus_service
"""

EXAMPLES = r"""
- name: Read one record
  tokenflow.services.pxplus_record_info:
    base_url: "{{ pxplus_base_url }}"
    client_id: "{{ pxplus_client_id }}"
    client_secret: "{{ pxplus_client_secret }}"
    read_service: states_read
    key: "ON"
  register: ontario

- name: Read one with a key of two segments
  tokenflow.services.pxplus_record_info:
    read_service: records_read
    table: invoices
    key: [C001, INV-1008]

- name: Read the names of all states with a low tax rate
  tokenflow.services.pxplus_record_info:
    read_service: states_read
    beg_key: A
    filter: taxRate<5
    query: '[]."stateName$"'
"""

RETURN = r"""
records:
  description: The records in the order of the key, with names and values as the server shows them.
  returned: success
  type: list
  elements: dict
  sample: [{"stateCode$": "ON", "stateName$": "Ontario", "country$": "Canada", "taxRate": 13}]
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: [California, New York]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.pxplus import PxplusFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._pxplus_module import PLACE_CONSTRAINTS, PLACE_OPTIONS
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_records import Place, key_from, key_text, read_rows
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import Pxplus

KEYS = ("key", "beg_key", "end_key")

DEFINITION = Definition(
    name="pxplus_record_info",
    flows=(PxplusFlow,),
    options={
        **PLACE_OPTIONS,
        "table": {"type": "str"},
        "key_number": {"type": "str", "no_log": False},
        "key": {"type": "raw", "no_log": False},
        "beg_key": {"type": "raw", "no_log": False},
        "end_key": {"type": "raw", "no_log": False},
        "filter": {"type": "str"},
        "query": {"type": "str"},
    },
    constraints={
        "required_one_of": [*PLACE_CONSTRAINTS["required_one_of"], (*KEYS, "filter")],
        "mutually_exclusive": [*PLACE_CONSTRAINTS["mutually_exclusive"], ("key", "beg_key"), ("key", "end_key"), ("key", "filter")],
        "required_by": {"dictionary": ("table",)},
    },
)


def run(invocation: Invocation) -> dict:
    """Reads the records."""
    params = invocation.params
    selection = {name: key_text(key_from(params[name])) for name in KEYS if params[name] is not None}
    selection.update({name: value for name, value in (("filter", params["filter"]), ("kno", params["key_number"])) if value})
    records = read_rows(Pxplus(invocation.session, params["encoding"]), Place.from_options(params), params["format"], selection)
    result = {"changed": False, "records": records}
    return {**result, "result": search(params["query"], records)} if params["query"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
