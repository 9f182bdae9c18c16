#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an entity of a Magento shop what it is to be."""

from __future__ import annotations

DOCUMENTATION = r"""
module: magento_resource
short_description: Manage an entity of a Magento shop
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Makes sure that a product, category, page, customer or any other entity of the REST interface is there with the given members, or that it is not.
  - It is found by what names it, compared with O(body), and written only if it differs. Members that are not given stay as they are.
  - After a write it is read again. What the shop accepted but did not store is an error, because Magento drops what it does not know without a word.
  - Known are C(products) by C(sku), C(categories) by C(path), C(products/attributes) by C(attribute_code), C(products/attribute-sets) by
    C(attribute_set_name), C(cmsPage) and C(cmsBlock) by C(identifier) within O(store), C(customers) by C(email) and C(website_id), C(customerGroups),
    C(taxRates), C(taxRules) and C(coupons) by C(code), C(taxClasses) by C(class_name) and C(class_type), C(salesRules) by C(name), C(inventory/sources) by
    C(source_code), C(inventory/stocks) by C(name), C(inventory/source-items) by C(sku) and C(source_code), and C(inventory/stock-source-links) by
    C(stock_id) and C(source_code).
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.MAGENTO
  - tokenflow.services._connection
  - tokenflow.services._magento
  - tokenflow.services._magento_place
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows the members that O(body) names.
  idempotent:
    support: full
options:
  body:
    description:
      - The entity with the names of the REST interface, such as C(sku) or C(is_active), and among them those that name it. Its number, such as C(id), does so
        too.
      - A mapping within it is compared like the whole. C(custom_attributes) may be a mapping of codes to values.
      - A list is compared as a whole and replaces what is there, for instance C(tier_prices), C(product_links), C(category_links) or C(addresses). An empty
        one removes all entries. Only C(custom_attributes), the C(options) of an attribute and the C(attributes) of an attribute set add to what is there.
        Lists that are not given stay.
      - A picture in C(media_gallery_entries) is known by the name of its file; its content is sent with a new one only, and not compared.
      - The C(path) of a category is made of names, such as V(Default Category/Camping/Tents), or a list of them.
      - In place of a number, a mapping with C(id_of), an endpoint, and the key members of an entity stands for the number of that. One with C(option_of),
        the code of an attribute, and C(label) stands for an option of that.
    type: dict
    required: true
  state:
    description:
      - Whether the entity is there.
    type: str
    choices: [present, absent]
    default: present
  key:
    description:
      - The members of O(body) that name the entity, for an endpoint that is not known, or to find one of a known endpoint by something else.
    type: list
    elements: str
  envelope:
    description:
      - The member in which a request carries the entity, such as V(product), for an endpoint that is not known. The shop's schema shows it.
    type: str
  id_field:
    description:
      - The member with the number by which the entity is addressed, for an endpoint that is not known.
      - If not set, an entity with one key is addressed by that, as C(endpoint/key), and one with several by C(id).
    type: str
  search_endpoint:
    description:
      - The endpoint of the list in which the entity is searched, where it is addressed by number and not known. If not set, it is C(search) below
        O(endpoint).
    type: str
  parameters:
    description:
      - What a creation takes beside the entity, such as C(password) of a customer, or C(skeletonId) of an attribute set, which is 4 if not given.
      - It is not compared, and of no effect where the entity is there.
    type: dict
    default: {}
notes:
  - Texts are compared exactly, numbers and booleans by their value, also where the shop shows them as text.
  - Several sales rules can have one name. The module refuses to guess which is meant; give C(rule_id) then.
seealso:
  - module: tokenflow.services.magento_info
  - module: tokenflow.services.magento_bulk
"""

EXAMPLES = r"""
- name: Sell a tent for less, in a category and with its colour
  tokenflow.services.magento_resource:
    base_url: "{{ magento_base_url }}"
    username: "{{ magento_username }}"
    password: "{{ magento_password }}"
    endpoint: products
    body:
      sku: tent-fjell-2
      price: 319
      custom_attributes:
        color: {option_of: color, label: Orange}
        meta_title: A light tent for two
      extension_attributes:
        category_links:
          - category_id: {id_of: categories, path: Default Category/Camping/Tents}

- name: Give the tent a German name
  tokenflow.services.magento_resource:
    endpoint: products
    store: de
    body:
      sku: tent-fjell-2
      name: Fjell Zweipersonenzelt

- name: Make a category below another
  tokenflow.services.magento_resource:
    endpoint: categories
    body:
      path: Default Category/Camping/Hammocks
      is_active: true

- name: Keep a page
  tokenflow.services.magento_resource:
    endpoint: cmsPage
    body:
      identifier: opening-hours
      title: Opening hours
      content: <p>Nine to five</p>
      active: true

- name: Make a customer with a password
  tokenflow.services.magento_resource:
    endpoint: customers
    body:
      email: dora.field@example.com
      website_id: 1
      firstname: Dora
      lastname: Field
      group_id: {id_of: customerGroups, code: Wholesale}
    parameters:
      password: "{{ magento_customer_password }}"

- name: Remove a banner
  tokenflow.services.magento_resource:
    endpoint: cmsBlock
    body:
      identifier: winter-banner
    state: absent
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: success
  type: str
  choices: [none, create, update, delete]
  sample: update
key:
  description: What names the entity, with slashes between several members.
  returned: success
  type: str
  sample: tent-fjell-2
differences:
  description: The members that were not as given; of an entity that was not there, all of them.
  returned: success
  type: list
  elements: str
  sample: [price, custom_attributes.color]
before:
  description: The entity as it was; null if it was not there.
  returned: success
  type: dict
  sample: {"id": 1, "sku": "tent-fjell-2", "price": 349}
after:
  description: The entity as it is, or would be in check mode; null if it is not there.
  returned: success
  type: dict
  sample: {"id": 1, "sku": "tent-fjell-2", "price": 319}
id:
  description: Its number; null if it has none, or will get one only when it is made.
  returned: success
  type: raw
  sample: 1
written:
  description: What had been written before the task failed.
  returned: when the task failed in the middle
  type: list
  elements: str
  sample: [options.Green]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import MagentoFlow
from ansible_collections.tokenflow.services.plugins.module_utils._magento_module import PLACE_OPTIONS, hide, shop
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_apply import Provision, resource_from
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_entities import References
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import route_from

DEFINITION = Definition(
    name="magento_resource",
    flows=(MagentoFlow,),
    options={
        **PLACE_OPTIONS,
        "body": {"type": "dict", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "key": {"type": "list", "elements": "str", "no_log": False},
        "envelope": {"type": "str"},
        "id_field": {"type": "str"},
        "search_endpoint": {"type": "str"},
        "parameters": {"type": "dict", "default": {}},
    },
)


def run(invocation: Invocation) -> dict:
    """Reads, compares, and writes what differs."""
    params = invocation.params
    hide(invocation, {"body": params["body"], "parameters": params["parameters"]})
    magento = shop(invocation)
    provision = Provision(magento, resource_from(params, route_from(params["endpoint"])), invocation.check_mode, invocation.warn)
    body = References(magento, invocation.check_mode).resolved(params["body"])
    step = provision.plan(body, params["state"])
    if step.changed and not invocation.check_mode:
        step = provision.apply(step, params["parameters"])
    return provision.as_result(step, invocation.diff)


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
