#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports assets, findings, reports of scanners and bills of materials into Phoenix Security."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phoenix_import
short_description: Import assets, findings, scanner reports and SBOMs into Phoenix Security
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Imports assets with their findings, from the playbook or from a file, a report of a scanner, which the service translates, or a bill of materials.
  - Assets are checked first, because the service takes all of an import or nothing.
  - The gateway of the service takes about 10 MB. A larger import of type V(delta) is split; one of another type is refused, because each part would close the
    findings of the others, and so is a larger file.
  - The service works on files after it has taken them. The module waits for that. Of assets it does not tell when they are there.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.PHOENIX
  - tokenflow.services._connection
  - tokenflow.services._phoenix
attributes:
  check_mode:
    support: partial
    details: Checks what would be imported and sends nothing. Whether a bill of materials was imported before cannot be known then.
  diff_mode:
    support: none
    details: The service does not tell what an import changes.
  idempotent:
    support: partial
    details: Only for a bill of materials, which carries a key made from its content, so that a repeat imports nothing twice. Each other import is a change.
options:
  import_type:
    description:
      - With V(new) and V(merge), the import has everything that there is in the assessment, and findings that are not in it are closed; with V(new) those that
        are there are made anew.
      - With V(delta), it is added and nothing is closed.
      - It is needed for all but bills of materials, unless O(src) has it.
    type: str
    choices: [new, merge, delta]
  assessment:
    description:
      - The assessment that the import belongs to.
    type: dict
    suboptions:
      name:
        description:
          - Its name, which is needed for all but bills of materials.
        type: str
      asset_type:
        description:
          - Type of the assets, which is needed for assets.
        type: str
        choices: [INFRA, WEB, CLOUD, CONTAINER, REPOSITORY, CODE, BUILD]
      asset_sub_type:
        description:
          - Sub-type of the assets.
        type: str
  assets:
    description:
      - Assets with C(attributes), C(tags), C(installedSoftware) and C(findings), by the service's own names. Exactly one of this, O(src), O(scan_file),
        O(sbom_file) and O(content) is needed.
    type: list
    elements: dict
  allow_empty:
    description:
      - Whether an import may have no assets. One of type V(new) or V(merge) then closes all findings of the assessment.
    type: bool
    default: false
  src:
    description:
      - A JSON (C(.json)) or YAML file with a mapping that has C(assets), and may have C(importType) and C(assessment). It is searched for in C(files/) of the
        role or beside the playbook on the controller, may be encrypted with Ansible Vault, and is not templated.
    type: path
  scan_file:
    description:
      - A report of a scanner, as it is. It needs O(scan_type).
    type: path
  sbom_file:
    description:
      - A bill of materials in CycloneDX.
    type: path
  content:
    description:
      - A report, with O(scan_type), or a bill of materials in base64, in place of a file.
    type: str
  file_name:
    description:
      - Name that the file is sent with. If not set, it is its own.
    type: str
  scan_type:
    description:
      - Which scanner made the report, in the service's words, such as V(Trivy Scan).
    type: str
  scan_target:
    description:
      - What was scanned.
    type: str
  repository:
    description:
      - Repository that the file is about.
    type: str
  artefact:
    description:
      - What the file is about, where it does not tell that itself.
    type: dict
    suboptions:
      type:
        description:
          - A build file or a container.
        type: str
        choices: [BUILD_FILE, CONTAINER]
      build_file:
        description:
          - Relative path of the build file.
        type: str
      container_name:
        description:
          - Name of the container.
        type: str
      container_version:
        description:
          - Version of the container.
        type: str
      container_digest:
        description:
          - Digest of the container, with C(sha256:) in front.
        type: str
      registry:
        description:
          - Registry of the container.
        type: str
  auto_import:
    description:
      - Whether a translated report is imported at once, or has to be released in the user interface.
    type: bool
    default: true
  idempotency_key:
    description:
      - Key of the import of a bill of materials. If not set, it is made from the document and what is said about it.
      - Set another one to import the same document again.
    type: str
  wait:
    description:
      - Whether to wait until the service has worked on a file.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait.
    type: float
    default: 600.0
  request_limit:
    description:
      - Size of a request in bytes that the gateway takes.
    type: int
    default: 10000000
notes:
  - A bill of materials is taken for a repeat, and no change is reported, if the service answers at once that it is imported. Otherwise it starts to work on it.
  - A request that may have arrived is not sent again, as it would be a second import. That of a bill of materials is, because of its key.
seealso:
  - module: tokenflow.services.phoenix_info
"""

EXAMPLES = r"""
- name: Import hosts with their findings
  tokenflow.services.phoenix_import:
    base_url: "{{ phoenix_base_url }}"
    client_id: "{{ phoenix_client_id }}"
    client_secret: "{{ phoenix_client_secret }}"
    import_type: delta
    assessment:
      asset_type: INFRA
      name: Workshop scan
    assets:
      - attributes:
          ip: 10.40.8.77
          hostname: press-07
        findings:
          - name: Telnet is open
            description: The port 23 answers.
            remedy: Turn telnet off.
            severity: "7.5"

- name: Import a bill of materials, once
  tokenflow.services.phoenix_import:
    content: "{{ document | to_json | b64encode }}"
    file_name: cart.cdx.json
    repository: northwind/cart
    assessment:
      name: SBOM of cart
  vars:
    document:
      bomFormat: CycloneDX
      specVersion: "1.6"
      components:
        - {type: library, group: org.example, name: parser, version: 2.4.1}

- name: Import the report of a scanner and wait until it is there
  tokenflow.services.phoenix_import:
    content: "{{ report | b64encode }}"
    file_name: trivy.json
    scan_type: Trivy Scan
    scan_target: northwind/cart
    import_type: merge
    assessment:
      name: Trivy of cart
  vars:
    report: '{"Results": []}'
"""

RETURN = r"""
requests:
  description: How many requests the import was sent in, or would be.
  returned: always
  type: int
  sample: 1
assets:
  description: How many assets were sent, without repetition.
  returned: for assets
  type: int
  sample: 1
findings:
  description: How many findings were sent.
  returned: for assets
  type: int
  sample: 1
answers:
  description: What the service answered to each request, which is often nothing.
  returned: for assets, outside check mode
  type: list
  elements: dict
  sample: []
request_id:
  description: The service's id of the import.
  returned: for files, outside check mode
  type: str
  sample: 5b0cfe9e-3a0e-5f0e-9a1f-2c9d7c1f6a15
status:
  description: How far the service has come.
  returned: for files, outside check mode
  type: str
  sample: IMPORTED
idempotency_key:
  description: The key of the import.
  returned: for bills of materials
  type: str
  sample: 9b1f0c6c5c3f1c1d0a4a0e8b7f6e5d4c3b2a19080706050403020100ffeeddcc
"""

from ansible_collections.tokenflow.services.plugins.module_utils._files import load_mapping
from ansible_collections.tokenflow.services.plugins.module_utils._flows.phoenix import PhoenixFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_imports as imports
from ansible_collections.tokenflow.services.plugins.module_utils._services import _phoenix_uploads as uploads
from ansible_collections.tokenflow.services.plugins.module_utils._services.phoenix import Phoenix

SOURCES = ("assets", "src", "scan_file", "sbom_file", "content")
ASSESSMENT = {"name": {"type": "str"}, "asset_type": {"type": "str", "choices": list(imports.REQUIRED)}, "asset_sub_type": {"type": "str"}}
ARTEFACT = {**{name: {"type": "str"} for name in uploads.ARTEFACT}, "type": {"type": "str", "choices": ["BUILD_FILE", "CONTAINER"]}}
DEFINITION = Definition(
    name="phoenix_import",
    flows=(PhoenixFlow,),
    options={
        "import_type": {"type": "str", "choices": ["new", "merge", "delta"]},
        "assessment": {"type": "dict", "options": ASSESSMENT},
        "assets": {"type": "list", "elements": "dict"},
        "allow_empty": {"type": "bool", "default": False},
        **{name: {"type": "path"} for name in ("src", "scan_file", "sbom_file")},
        **{name: {"type": "str"} for name in ("content", "file_name", "scan_type", "scan_target", "repository")},
        "artefact": {"type": "dict", "options": ARTEFACT},
        "auto_import": {"type": "bool", "default": True},
        "idempotency_key": {"type": "str", "no_log": False},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": 600.0},
        "request_limit": {"type": "int", "default": 10000000},
    },
    files=("src", "scan_file", "sbom_file"),
    prepare=uploads.without_files,
    constraints={
        "required_one_of": [SOURCES],
        "mutually_exclusive": [SOURCES, ("sbom_file", "scan_type"), ("scan_type", "idempotency_key")],
        "required_by": {"scan_file": ("scan_type",)},
    },
)


def run(invocation: Invocation) -> dict:
    """Checks what is to be imported, sends it, and waits where the service tells how far it is."""
    params = invocation.params
    phoenix = Phoenix(invocation.session)
    if params["assets"] is not None or params["src"]:
        given = load_mapping(params["src"]) if params["src"] else {}
        return {"changed": True, **imports.carry_out(phoenix, params, given, invocation.check_mode)}
    result, warning = uploads.carry_out(phoenix, params, invocation.check_mode, invocation.detail)
    if warning:
        invocation.warn(warning)
    return result


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
