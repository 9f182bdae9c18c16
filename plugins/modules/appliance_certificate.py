#!/usr/bin/python
# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and imports certificates of an appliance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: appliance_certificate
short_description: Request or import a certificate of an Oracle SBC appliance
version_added: 0.1.0
author: The tokenflow.services authors (@tokenflow)
description:
  - Lets the appliance make a key and a certificate signing request for a certificate record, or gives a record its certificate.
  - The record is made with M(tokenflow.services.appliance_config_element). A certificate counts once the configuration is saved and activated, that of the
    REST interface itself once the system is rebooted.
extends_documentation_fragment:
  - tokenflow.services._attributes
  - tokenflow.services._attributes.APPLIANCE
  - tokenflow.services._connection
  - tokenflow.services._appliance
  - tokenflow.services._appliance.LOCK
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - O(state=imported) is. With O(format=pkcs7) that takes the Python package C(cryptography), which ansible-core needs anyway; a module that runs on another
        host without it imports the certificate each time.
      - O(state=requested) is for a record that has a certificate; one that has a request already is refused without O(regenerate).
options:
  record:
    description:
      - Name of the certificate record.
    type: str
    required: true
  state:
    description:
      - With V(requested), a signing request is made, unless the record has a certificate. With V(imported), the record has O(certificate).
    type: str
    choices: [requested, imported]
    required: true
  regenerate:
    description:
      - Whether O(state=requested) makes a new key and request though there is a key or certificate already.
    type: bool
    default: false
  certificate:
    description:
      - The certificate as PEM, with the chain if O(format=pkcs7).
    type: str
  format:
    description:
      - Format of O(certificate).
    type: str
    choices: [x509, pkcs7]
    default: x509
  overwrite:
    description:
      - Whether a certificate that the record has already is replaced.
    type: bool
    default: true
seealso:
  - module: tokenflow.services.appliance_config_element
"""

EXAMPLES = r"""
- name: Make a certificate record
  tokenflow.services.appliance_config_element:
    base_url: "{{ appliance_base_url }}"
    username: "{{ appliance_username }}"
    password: "{{ appliance_password }}"
    element_type: certificate-record
    attributes:
      name: phones
      common-name: sbc.example.com

- name: Get a signing request for it
  tokenflow.services.appliance_certificate:
    record: phones
    state: requested
  register: request

- name: Show it
  ansible.builtin.debug:
    var: request.csr

- name: Import what the authority signed
  tokenflow.services.appliance_certificate:
    record: phones
    state: imported
    certificate: "{{ lookup('ansible.builtin.file', 'phones.pem') }}"
  when: appliance_certificate_is_signed | default(false)
"""

RETURN = r"""
csr:
  description: The certificate signing request as PEM.
  returned: O(state=requested), when one was made
  type: str
  sample: "-----BEGIN CERTIFICATE REQUEST-----..."
"""

from ansible_collections.tokenflow.services.plugins.module_utils._appliance_module import LOCK_OPTIONS, connect, locked
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, RequestRefused
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, run_as_module
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_system import (
    certificate,
    import_certificate,
    request_certificate,
    same_certificate,
)

DEFINITION = Definition(
    name="appliance_certificate",
    flows=(ApplianceFlow,),
    options={
        "record": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["requested", "imported"], "required": True},
        "regenerate": {"type": "bool", "default": False},
        "certificate": {"type": "str"},
        "format": {"type": "str", "choices": ["x509", "pkcs7"], "default": "x509"},
        "overwrite": {"type": "bool", "default": True},
        **LOCK_OPTIONS,
    },
    constraints={"required_if": [("state", "imported", ("certificate",))]},
)


def run(invocation: Invocation) -> dict:
    """Requests or imports, if there is need to."""
    params = invocation.params
    appliance = connect(invocation)
    record, requested, overwrite = params["record"], params["state"] == "requested", params["overwrite"]
    current = None
    try:
        current = certificate(appliance, record)
        overwrite = overwrite and current is not None
    except RequestRefused as error:
        invocation.warn(f"It cannot be seen which certificate the record has: {error}")
    if requested and current and not params["regenerate"]:
        return {"changed": False}
    if not requested and same_certificate(params["certificate"], current):
        return {"changed": False}
    if current and not requested and not params["overwrite"]:
        raise InvalidInput(f"certificate record {record} has another certificate", hint="Set overwrite: true to replace it.")
    if invocation.check_mode:
        return {"changed": True}
    with locked(invocation, appliance):
        if requested:
            return {"changed": True, "csr": request_certificate(appliance, record, params["regenerate"])}
        import_certificate(appliance, record, params["format"], params["certificate"], overwrite)
    return {"changed": True}


def main() -> None:
    run_as_module(DEFINITION, run)


if __name__ == "__main__":
    main()
