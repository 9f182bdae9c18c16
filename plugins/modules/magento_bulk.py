#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes many entities of a Magento shop at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: magento_bulk
short_description: Write many entities of a Magento shop at once
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Hands in entities in batches over the asynchronous bulk interface of Magento 2.3 and later, waits until the shop has worked them off, and returns
    what became of each.
  - Items are compared with what is there first, so that only those that are missing or differ are sent, and a second run sends nothing. With O(method)
    all are sent as they are.
  - After waiting they are compared once more. What the shop did without storing it is an error.
  - The shop works the items off in any order and one by one. Those that belong together, such as an attribute and a product with it, need tasks of their
    own.
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
    support: none
    details: RV(operations) names the members that differ. M(tokenflow.services.magento_resource) shows their values.
  idempotent:
    support: partial
    details: It is without O(method).
options:
  items:
    description:
      - The entities, each as in O(tokenflow.services.magento_resource#module:body), references included.
      - With O(method) an item may also be a whole request with the envelope, such as C(customer) and C(password).
    type: list
    elements: dict
    required: true
  state:
    description:
      - Whether the entities are there.
    type: str
    choices: [present, absent]
    default: present
  method:
    description:
      - The method with which all items are sent, whatever is there. If not set, they are compared, and each is sent as it needs.
      - It is needed for C(categories), and for an endpoint that is not known. Such an endpoint has path variables as in the interface, such as
        V(products/:sku), and they are members of the items.
    type: str
    choices: [POST, PUT, DELETE]
  envelope:
    description:
      - The member in which a request carries the entity, for an endpoint that is not known. If not set, items of such an endpoint are sent as they are.
    type: str
  batch_size:
    description:
      - The most items in one request.
    type: int
    default: 100
  wait:
    description:
      - Whether to wait until all items are done.
    type: bool
    default: true
  job_timeout:
    description:
      - Seconds after which items that are not done are an error.
    type: float
    default: 600.0
  start_timeout:
    description:
      - Seconds after which it is an error that no item has been begun, because then the consumer of the shop does not run. Cron starts it once a minute.
    type: float
    default: 180.0
  interval:
    description:
      - Seconds between two looks.
    type: float
    default: 2.0
notes:
  - The list of products shows no C(stock_item). Each product with one is therefore read by itself; C(inventory/source-items) is faster for stock.
  - Bulk requests are sent in JSON, whatever O(media_type) is.
  - To wait, the account needs the resource C(Magento_Logging::system_magento_logging_bulk_operations).
seealso:
  - module: tokenflow.services.magento_resource
"""

EXAMPLES = r"""
- name: Keep the prices of many products, and hand in those that differ
  tokenflow.services.magento_bulk:
    base_url: "{{ magento_base_url }}"
    username: "{{ magento_username }}"
    password: "{{ magento_password }}"
    endpoint: products
    items:
      - {sku: tent-fjell-4, price: 529}
      - {sku: boot-stein, price: 239.95}
    interval: 0.5

- name: Keep what is in stock
  tokenflow.services.magento_bulk:
    endpoint: inventory/source-items
    items:
      - {sku: tent-fjell-4, source_code: berlin, quantity: 3, status: 1}
      - {sku: boot-stein, source_code: utrecht, quantity: 8, status: 1}

- name: Remove products
  tokenflow.services.magento_bulk:
    endpoint: products
    items:
      - {sku: bag-natt-10}
    state: absent
"""

RETURN = r"""
operations:
  description: What became of each item, in the order in which they were given.
  returned: success, or when operations were handed in
  type: list
  elements: dict
  contains:
    key:
      description: What names the item.
      type: str
    action:
      description: What was done, or would be done in check mode.
      type: str
      choices: [none, create, update, delete]
    differences:
      description: The members that were not as given, of an entity that was there.
      type: list
      elements: str
    status:
      description: How far it is. V(not_stored) is done, but does not show what was given.
      type: str
      choices: [unchanged, open, complete, failed, failed_retriable, rejected, not_stored]
    message:
      description: What the shop said.
      type: str
  sample:
    - {key: tent-fjell-4, action: update, differences: [price], status: complete, message: "Service execution success"}
    - {key: boot-stein, action: none, differences: [], status: unchanged, message: ""}
bulk_uuids:
  description: The numbers under which the shop keeps the batches.
  returned: success, or when operations were handed in
  type: list
  elements: str
  sample: [ef99201d-aea5-46eb-bffc-4103a6c9ff39]
"""

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._flows.magento import MagentoFlow
from ansible_collections.tokenflow.services.plugins.module_utils._magento_module import PLACE_OPTIONS, hide
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_apply import Provision
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_bulk import Plan, Runner, bulk_resource
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_entities import References
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import known, route_from
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import Magento

DEFINITION = Definition(
    name="magento_bulk",
    flows=(MagentoFlow,),
    options={
        **PLACE_OPTIONS,
        "items": {"type": "list", "elements": "dict", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "method": {"type": "str", "choices": ["POST", "PUT", "DELETE"]},
        "envelope": {"type": "str"},
        "batch_size": {"type": "int", "default": 100},
        "wait": {"type": "bool", "default": True},
        "job_timeout": {"type": "float", "default": 600.0},
        "start_timeout": {"type": "float", "default": 180.0},
        "interval": {"type": "float", "default": 2.0},
    },
)


def run(invocation: Invocation) -> dict:
    """Compares, hands in, and waits."""
    params = invocation.params
    if params["batch_size"] < 1 or params["interval"] <= 0:
        raise InvalidInput("batch_size is at least 1, and interval more than 0")
    hide(invocation, {"items": params["items"]})
    # The bulk interface has not been seen in XML.
    magento = Magento(invocation.session, params["store"])
    route = route_from(params["endpoint"])
    resource = bulk_resource(known(route.split("/:")[0]), route, params["envelope"])
    plan = Plan(magento, Provision(magento, resource, invocation.check_mode), route)
    items = References(magento, invocation.check_mode).resolved(params["items"])
    operations = plan.as_given(items, params["method"]) if params["method"] else plan.compared(items, params["state"])
    runner = Runner(magento, invocation.progress)
    if not invocation.check_mode:
        runner.submit(operations, params["batch_size"])
        if params["wait"]:
            runner.wait(operations, params["job_timeout"], params["start_timeout"], params["interval"])
        if params["wait"] and not params["method"] and runner.batches:
            runner.confirm(operations, plan.compared(items, params["state"]))
    result = runner.as_result(operations)
    return {**result, "changed": any(operation.method for operation in operations)}


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
