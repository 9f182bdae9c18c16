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
  - Runs a query, chart, report, maintenance or file access service and returns its records, or puts its answer into a file.
  - The file is replaced in one step and only if its content differs, and never by an error page. It may be of any size; with C(-v) its progress is shown.
  - It is for services that read. M(tokenflow.services.pxplus_record) writes records.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PXPLUS
  - tokenflow.services._connection
  - tokenflow.services._dest
  - tokenflow.services._pxplus
attributes:
  check_mode:
    support: full
    details: The service is run also in check mode, as one that reads does no harm. The file is left alone.
  diff_mode:
    support: partial
    details: Shows the checksums of the file.
  idempotent:
    support: partial
    details: A file changes whenever the service sends other content. PDF reports carry the time of their making, see O(compare).
options:
  service_id:
    description:
      - Id of the stored service, exactly as on the server. Needed for O(program=service) and O(program=do).
    type: str
  program:
    description:
      - How the service is called.
      - With V(service), by its id and parameters by name, C(/services/service.pxp?id=...).
      - With V(do), by its id and arguments in its URL Order, C(/do/ID/ARGUMENT/...). PxPlus 2022 or later is needed. Apache may drop O(parameters).
      - The others need no stored service, but a server without Force ID in URL. They run a query (V(qry), with C(qry) and C(lib) among the O(parameters)),
        a chart (V(chart), with C(qry), C(lib) and C(chart), or with C(data)), a report (V(rpt), with C(rpt)), file maintenance (V(maint), with C(dir),
        C(dict), C(table) and C(key_field)), or read records (V(fileaccess), with C(dir), C(dict), C(table) and the selection).
    type: str
    choices: [service, do, qry, chart, rpt, maint, fileaccess]
    default: service
  arguments:
    description:
      - The arguments for O(program=do), in the URL Order of the service. An empty one is left to the service.
    type: list
    elements: str
  type:
    description:
      - What the service is asked for, and what its answer must be.
      - The records of V(csv), V(json) and V(xml) are returned as RV(rows) unless O(dest) is set; V(html) and V(table) as RV(content).
      - V(pdf) and V(png) need O(dest). File maintenance is V(html).
    type: str
    choices: [csv, json, xml, html, table, pdf, png]
    required: true
  parameters:
    description:
      - Further parameters of the service. The record of a stored one must allow their override.
    type: dict
    default: {}
  send_type:
    description:
      - Whether O(type) is sent as parameter C(type). Turn it off for a service whose record does not allow the override of its type.
      - If not set, it is sent, but not with O(program=do), where it is one of the O(arguments) if the service has it in its URL Order, and not
        with O(program=maint).
    type: bool
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
      - Encoding of the server's text, such as V(windows-1252) or V(utf-8).
      - It is needed for arguments and parameters with characters beyond ASCII. If not set, that of an answer is the one that it names, else UTF-8
        if it is that, else windows-1252.
    type: str
  query:
    description:
      - A JMESPath expression over RV(rows), whose result is returned as RV(result).
    type: str
seealso:
  - module: tokenflow.services.pxplus_record_info
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

- name: Run a query by its position in the URL, with type and invoice as its URL Order says
  tokenflow.services.pxplus_service:
    program: do
    service_id: invoices
    type: json
    arguments: [json, INV-1007]

- name: Draw a chart without a stored service
  tokenflow.services.pxplus_service:
    program: chart
    type: png
    parameters:
      data: Target=10,12,14;Actual=9,13,15
      labels: Jan,Feb,Mar
    dest: "{{ report_folder }}/targets.png"
    compare: content
  when: pxplus_ad_hoc | default(false)

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

from collections.abc import Mapping
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._dest import OPTIONS as DEST_OPTIONS
from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._flows.pxplus import PxplusFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._services._pxplus_content import KINDS, ROWS
from ansible_collections.tokenflow.services.plugins.module_utils._services.pxplus import PROGRAMS, WITH_ID, Call, Pxplus

DEFINITION = Definition(
    name="pxplus_service",
    flows=(PxplusFlow,),
    options={
        "service_id": {"type": "str"},
        "program": {"type": "str", "choices": PROGRAMS, "default": "service"},
        "arguments": {"type": "list", "elements": "str"},
        "type": {"type": "str", "choices": KINDS, "required": True},
        "parameters": {"type": "dict", "default": {}},
        "send_type": {"type": "bool"},
        "compare": {"type": "str", "choices": ["checksum", "content"], "default": "checksum"},
        "columns": {"type": "list", "elements": "str"},
        "encoding": {"type": "str"},
        "query": {"type": "str"},
        **DEST_OPTIONS,
    },
    constraints={
        "required_if": [
            ("type", "pdf", ("dest",)),
            ("type", "png", ("dest",)),
            *(("program", program, ("service_id",)) for program in WITH_ID),
        ],
        "required_by": {"mode": ("dest",), "owner": ("dest",), "group": ("dest",)},
        "mutually_exclusive": [("query", "dest")],
    },
)


def run(invocation: Invocation) -> dict:
    """Runs the service; into a file, or into the result."""
    params = invocation.params
    service = _call(params)
    pxplus = Pxplus(invocation.session, params["encoding"], invocation.detail)
    if params["dest"]:
        attributes = {name: params[name] for name in ("mode", "owner", "group")}
        place = Destination(params["dest"], name=f"{service.name}.{service.kind}", check_mode=invocation.check_mode, **attributes)
        outcome, answer = pxplus.file(service, place, params["compare"] == "content")
        result = {"changed": outcome.changed, "content_type": answer.media_type, **outcome.as_result()}
        return {**result, "diff": outcome.as_diff()} if invocation.diff and outcome.changed else result
    if params["type"] not in ROWS:
        content, answer = pxplus.text(service)
        return {"changed": False, "content": content, "content_type": answer.media_type, "size": answer.size}
    rows, answer = pxplus.rows(service, params["columns"])
    result = {"changed": False, "rows": rows, "content_type": answer.media_type, "size": answer.size}
    return {**result, "result": search(params["query"], rows)} if params["query"] else result


def _call(params: Mapping[str, Any]) -> Call:
    program, given = params["program"], {name.lower(): value for name, value in params["parameters"].items()}
    if program not in WITH_ID and params["service_id"]:
        raise InvalidInput(f"program {program} takes no service_id")
    if program != "do" and params["arguments"]:
        raise InvalidInput(f"program {program} takes no arguments, only parameters")
    if program == "maint" and params["type"] != "html":
        raise InvalidInput("file maintenance is always html")
    if ("data" in given and program == "fileaccess") or str(given.get("function", "read")).lower() != "read":
        raise InvalidInput("this module does not write records", hint="Use tokenflow.services.pxplus_record.")
    twice = sorted({"id", "type"} & set(given))
    if twice:
        raise InvalidInput(f"{' and '.join(twice)} cannot be among the parameters", hint="Use the options service_id, type and send_type.")
    return Call(params["type"], params["service_id"], params["parameters"], program, params["arguments"] or (), params["send_type"])


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
