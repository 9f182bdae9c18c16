#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads entities of a Magento shop."""

from __future__ import annotations

DOCUMENTATION = r"""
module: magento_info
short_description: Read entities of a Magento shop
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Reads a list with all its pages, a list that has none, such as C(store/storeViews), or one entity, such as C(products/tent-fjell-2).
  - Entries of the lists that M(tokenflow.services.magento_resource) knows come in a stable order, by their numbers if nothing else is given. If a list
    changes while it is read, it is read anew.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.CHECK_MODE_READ_ONLY
  - tokenflow.services._attributes.MAGENTO
  - tokenflow.services._connection
  - tokenflow.services._magento
  - tokenflow.services._magento_place
options:
  search:
    description:
      - What is searched for, in place of everything.
    type: dict
    suboptions:
      filters:
        description:
          - Filters that must all hold.
        type: list
        elements: dict
        suboptions:
          field:
            description:
              - Name of the field, such as C(sku), or the code of an attribute.
            type: str
            required: true
          condition:
            description:
              - How it is compared. C(like) takes C(%) for any text, C(in) and C(nin) take a list.
            type: str
            choices: [eq, neq, gt, gteq, lt, lteq, moreq, like, nlike, in, nin, finset, nfinset, "null", notnull, from, to]
            default: eq
          value:
            description:
              - What it is compared with.
            type: raw
      groups:
        description:
          - Further filters, as lists of such mappings. Of each list, one filter must hold.
        type: list
        elements: raw
      sort:
        description:
          - The order, by one field after the other.
        type: list
        elements: dict
        suboptions:
          field:
            description:
              - Name of the field.
            type: str
            required: true
          direction:
            description:
              - Whether the least comes first.
            type: str
            choices: [asc, desc]
            default: asc
  fields:
    description:
      - The members to show, with those of a member in brackets, such as C(extension_attributes[stock_item[qty]]). If not set, all are shown.
    type: list
    elements: str
    default: []
  page_size:
    description:
      - Entries for each request. If the shop allows less, it is as many as that.
    type: int
    default: 100
  max_pages:
    description:
      - The most requests that one list may take. A longer list is an error, and not cut short.
    type: int
    default: 100
  query:
    description:
      - A JMESPath expression over RV(entities), whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.magento_resource
"""

EXAMPLES = r"""
- name: List tents that cost more than 300
  tokenflow.services.magento_info:
    base_url: "{{ magento_base_url }}"
    username: "{{ magento_username }}"
    password: "{{ magento_password }}"
    endpoint: products
    search:
      filters:
        - {field: price, condition: gt, value: 300}
      groups:
        - - {field: sku, condition: like, value: tent-%}
          - {field: name, condition: like, value: "%tent%"}
      sort:
        - {field: price, direction: desc}
    fields: [sku, name, price]
    query: "[].sku"
  register: tents

- name: Read one product as the German store view shows it
  tokenflow.services.magento_info:
    endpoint: products/tent-fjell-2
    store: de
    query: "[0].name"

- name: Read the store views
  tokenflow.services.magento_info:
    endpoint: store/storeViews
    query: "[].code"
"""

RETURN = r"""
entities:
  description: The entries; the one entity if the endpoint is that of one, nothing if it is not there.
  returned: success
  type: list
  elements: raw
  sample: [{"sku": "tent-fjell-4", "name": "Fjell Family Tent", "price": 549.5}]
total_count:
  description: How many there are.
  returned: success
  type: int
  sample: 1
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: [tent-fjell-4]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import MagentoFlow
from ansible_collections.tokenflow.services.plugins.module_utils._magento_module import PLACE_OPTIONS, shop
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._query import search as jmespath
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_lists import read, search_from
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import route_from
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import CONDITIONS

DEFINITION = Definition(
    name="magento_info",
    flows=(MagentoFlow,),
    options={
        **PLACE_OPTIONS,
        "search": {
            "type": "dict",
            "options": {
                "filters": {
                    "type": "list",
                    "elements": "dict",
                    "options": {
                        "field": {"type": "str", "required": True},
                        "condition": {"type": "str", "choices": CONDITIONS, "default": "eq"},
                        "value": {"type": "raw"},
                    },
                },
                "groups": {"type": "list", "elements": "raw"},
                "sort": {
                    "type": "list",
                    "elements": "dict",
                    "options": {
                        "field": {"type": "str", "required": True},
                        "direction": {"type": "str", "choices": ["asc", "desc"], "default": "asc"},
                    },
                },
            },
        },
        "fields": {"type": "list", "elements": "str", "default": []},
        "page_size": {"type": "int", "default": 100},
        "max_pages": {"type": "int", "default": 100},
        "query": {"type": "str"},
    },
)


def run(invocation: Invocation) -> dict:
    """Reads all pages."""
    params = invocation.params
    search = search_from(params["search"], params["fields"])
    found = read(shop(invocation), route_from(params["endpoint"]), search, params["page_size"], params["max_pages"], invocation.warn)
    result = {"changed": False, "entities": found.items, "total_count": found.total}
    if params["query"]:
        result["result"] = jmespath(params["query"], found.items)
    return result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
