#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a stored web service of a PxPlus server."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pxplus_service
short_description: Run a PxPlus web service
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Runs a stored query, chart, report, maintenance or file access service and returns its records, or puts its answer into a file.
  - The file is replaced in one step and only if its content differs, and never by an error page.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PXPLUS
  - tokenflow.services._connection
  - tokenflow.services._dest
  - tokenflow.services._pxplus
attributes:
  check_mode:
    support: full
    details: The service is run also in check mode, as that only reads. The file is left alone.
  diff_mode:
    support: partial
    details: Shows the checksums of the file.
  idempotent:
    support: partial
    details: A file changes whenever the service sends other content. PDF reports carry the time of their making, see O(compare).
options:
  service_id:
    description:
      - Id of the service, exactly as on the server.
    type: str
    required: true
  type:
    description:
      - What the service is asked for, and what its answer must be.
      - The records of V(csv), V(json) and V(xml) are returned as RV(rows) unless O(dest) is set; V(html) and V(table) as RV(content).
      - V(pdf) and V(png) need O(dest).
    type: str
    choices: [csv, json, xml, html, table, pdf, png]
    required: true
  parameters:
    description:
      - Further parameters of the service. Its record must allow their override.
    type: dict
    default: {}
  compare:
    description:
      - How an existing file is compared with the answer.
      - With V(checksum), byte by byte.
      - With V(content), without what is written anew each time, which is dates and ids of a PDF, and times and texts of a PNG.
    type: str
    choices: [checksum, content]
    default: checksum
  columns:
    description:
      - Names of the columns, for V(csv) that has no line with them.
    type: list
    elements: str
  encoding:
    description:
      - Encoding of text. If not set, the one that the answer names, else UTF-8 if it is that, else windows-1252.
    type: str
  query:
    description:
      - A JMESPath expression over RV(rows), whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.pxplus_token
"""

EXAMPLES = r"""
- name: Read the open invoices
  tokenflow.services.pxplus_service:
    base_url: "{{ pxplus_base_url }}"
    client_id: "{{ pxplus_client_id }}"
    client_secret: "{{ pxplus_client_secret }}"
    service_id: invoices
    type: csv
  register: invoices

- name: Show the first of them
  ansible.builtin.debug:
    var: invoices.rows[0]

- name: Fetch the daily report, and replace the file only if more than its date differs
  tokenflow.services.pxplus_service:
    service_id: daily_sales
    type: pdf
    dest: "{{ report_folder }}/daily_sales.pdf"
    mode: "0640"
    compare: content

- name: Run a service that is open to everybody
  tokenflow.services.pxplus_service:
    service_id: tasks
    type: json
    query: "length(@)"
"""

RETURN = r"""
rows:
  description: The records.
  returned: when O(type) is V(csv), V(json) or V(xml), without O(dest)
  type: list
  elements: dict
  sample: [{"InvoiceNo": "0000123", "Balance": "99.50"}]
result:
  description: The result of O(query).
  returned: when O(query) is set
  type: raw
  sample: 3
content:
  description: The page, or the fragment of one.
  returned: when O(type) is V(html) or V(table), without O(dest)
  type: str
  sample: "<tr><th>Client</th></tr>"
content_type:
  description: The content type that the server named.
  returned: success
  type: str
  sample: application/pdf
dest:
  description: The file.
  returned: when O(dest) is set
  type: str
  sample: /srv/reports/daily_sales.pdf
checksum:
  description: SHA-256 of the file.
  returned: when O(dest) is set
  type: str
  sample: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03
size:
  description: Bytes of the file, or of the answer.
  returned: success
  type: int
  sample: 48213
"""

from ansible_collections.tokenflow.services.plugins.module_utils._dest import OPTIONS as DEST_OPTIONS
from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination
from ansible_collections.tokenflow.services.plugins.module_utils._flows.pxplus import PxplusFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import KINDS, ROWS
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import Pxplus

DEFINITION = Definition(
    name="pxplus_service",
    flows=(PxplusFlow,),
    options={
        "service_id": {"type": "str", "required": True},
        "type": {"type": "str", "choices": KINDS, "required": True},
        "parameters": {"type": "dict", "default": {}},
        "compare": {"type": "str", "choices": ["checksum", "content"], "default": "checksum"},
        "columns": {"type": "list", "elements": "str"},
        "encoding": {"type": "str"},
        "query": {"type": "str"},
        **DEST_OPTIONS,
    },
    constraints={
        "required_if": [("type", "pdf", ("dest",)), ("type", "png", ("dest",))],
        "required_by": {"mode": ("dest",), "owner": ("dest",), "group": ("dest",)},
        "mutually_exclusive": [("query", "dest")],
    },
)


def run(invocation: Invocation) -> dict:
    """Runs the service; into a file, or into the result."""
    params = invocation.params
    pxplus = Pxplus(invocation.session, params["encoding"])
    service = (params["service_id"], params["type"], params["parameters"])
    if params["dest"]:
        attributes = {name: params[name] for name in ("mode", "owner", "group")}
        place = Destination(params["dest"], name=f"{service[0]}.{service[1]}", check_mode=invocation.check_mode, **attributes)
        outcome, answer = pxplus.file(*service, place, params["compare"] == "content")
        result = {"changed": outcome.changed, "content_type": answer.media_type, **outcome.as_result()}
        return {**result, "diff": outcome.as_diff()} if invocation.diff and outcome.changed else result
    if params["type"] not in ROWS:
        content, answer = pxplus.text(*service)
        return {"changed": False, "content": content, "content_type": answer.media_type, "size": answer.size}
    rows, answer = pxplus.rows(*service, params["columns"])
    result = {"changed": False, "rows": rows, "content_type": answer.media_type, "size": answer.size}
    return {**result, "result": search(params["query"], rows)} if params["query"] else result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
