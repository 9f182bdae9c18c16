#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends a request to one of the services with its kept token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: request
short_description: Send any request to a service, with its kept token
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Does for a service with a token what M(ansible.builtin.uri) does for plain HTTP. Logs in if need be, with the same kept token as the other modules.
  - It cannot know whether a request changes something. It takes every method but C(GET), C(HEAD) and C(OPTIONS) for a change, see O(write).
  - Options of the services other than O(service) are not accepted.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.ANY
  - tokenflow.services._connection
  - tokenflow.services._dest
  - tokenflow.services._request
attributes:
  check_mode:
    support: partial
    details: A request that changes something is not sent, and then there is no answer.
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: Reads are. A request that changes something is sent each time.
options:
  service:
    description:
      - The service, which decides how to log in and how to read its errors.
    type: str
    choices: [plcnext, pxplus, phoenix, magento, appliance]
    required: true
  method:
    description:
      - The HTTP method.
    type: str
    default: GET
  path:
    description:
      - The path with its leading slash, as it is put behind O(base_url), percent-encoded where needed.
    type: str
    required: true
  parameters:
    description:
      - Parameters for the query of the URL. They are encoded; a list repeats the name.
    type: dict
    default: {}
  headers:
    description:
      - Further headers. C(Authorization) is not among them.
    type: dict
    default: {}
  body:
    description:
      - What to send. A mapping or list for V(json), a mapping for V(form), a mapping with the one root element for V(xml), text for V(raw).
    type: raw
  body_format:
    description:
      - How O(body) is sent.
    type: str
    choices: [json, form, xml, raw]
    default: json
  status_code:
    description:
      - The statuses of success.
    type: list
    elements: int
    default: [200, 201, 202, 204]
  write:
    description:
      - Whether the request changes something on the service, and so is not sent in check mode. If not set, the method decides.
    type: bool
  query:
    description:
      - A JMESPath expression over RV(json) or RV(xml), whose result is returned as RV(result).
    type: str
seealso:
  - module: ansible.builtin.uri
"""

EXAMPLES = r"""
- name: List applications of Phoenix Security
  tokenflow.services.request:
    service: phoenix
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    path: /v1/applications
    parameters:
      pageSize: 100
      type: APPLICATION
    query: content[].name

- name: Set the price of a product in a shop
  tokenflow.services.request:
    service: magento
    base_url: "{{ magento_base_url }}"
    username: "{{ magento_username }}"
    password: "{{ magento_password }}"
    method: PUT
    path: /rest/all/V1/products/tent-fjell-2
    body:
      product:
        sku: tent-fjell-2
        price: 319.0

- name: Read the state of an appliance
  tokenflow.services.request:
    service: appliance
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    path: /rest/v1.2/system/status
    query: data.role
"""

RETURN = r"""
status:
  description: The HTTP status; not there if the request was not sent, in check mode.
  returned: when there was an answer
  type: int
  sample: 200
headers:
  description: The headers of the answer, their names in lower case, without cookies.
  returned: when there was an answer
  type: dict
  sample: {"content-type": "application/json"}
json:
  description: The decoded body.
  returned: when the answer is JSON and O(dest) is not set
  type: raw
  sample: {"totalElements": 6}
xml:
  description:
    - The body as data. An element is a mapping of its children, a list where a name repeats, and text if it has none; attributes are named C(@name).
    - The root element itself is left out.
  returned: when the answer is XML and O(dest) is not set
  type: raw
  sample: {"data": {"role": "standalone"}}
content:
  description: The body as text.
  returned: when the answer is neither JSON nor XML and O(dest) is not set
  type: str
  sample: pong
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: standalone
dest:
  description: The file.
  returned: when O(dest) is set
  type: str
  sample: /srv/phoenix/assets.json
checksum:
  description: SHA-256 of the file.
  returned: when O(dest) is set
  type: str
  sample: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
size:
  description: Bytes of the file.
  returned: when O(dest) is set
  type: int
  sample: 48213
"""

from ansible_collections.tokenflow.services.plugins.module_utils._dest import OPTIONS as DEST_OPTIONS
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._registry import FLOWS, SERVICES
from ansible_collections.tokenflow.services.plugins.module_utils._services.any import Call

DEFINITION = Definition(
    name="request",
    flows=FLOWS,
    options={
        "service": {"type": "str", "choices": SERVICES, "required": True},
        "method": {"type": "str", "default": "GET"},
        "path": {"type": "str", "required": True},
        "parameters": {"type": "dict", "default": {}},
        "headers": {"type": "dict", "default": {}},
        "body": {"type": "raw"},
        "body_format": {"type": "str", "choices": ["json", "form", "xml", "raw"], "default": "json"},
        "status_code": {"type": "list", "elements": "int", "default": [200, 201, 202, 204]},
        "write": {"type": "bool"},
        "query": {"type": "str"},
        **DEST_OPTIONS,
    },
    constraints={"mutually_exclusive": [("query", "dest")], "required_by": {"mode": ("dest",), "owner": ("dest",), "group": ("dest",)}},
)


def run(invocation: Invocation) -> dict:
    """Sends the request, unless it changes something and this is check mode."""
    call = Call(invocation.session, invocation.params)
    if call.writes and invocation.check_mode:
        return {"changed": True}
    if invocation.params["dest"]:
        return call.to_file(invocation.check_mode)
    return call.to_result()


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
