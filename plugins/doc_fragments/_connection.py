# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that all modules share: the connection, and where the work is done."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  base_url:
    description:
      - URL of the service up to, and without, the path of its interface, such as V(https://host:8443).
      - V(http) is refused for anything but this machine itself unless O(allow_plain_http=true).
      - If not set, the environment variable E(SERVICE_BASE_URL) is used, with the name of the service in place of C(SERVICE), such as
        E(PLCNEXT_BASE_URL). The same goes for the other options that name such a variable.
      - For services that are hosts of the inventory (PLCnext controllers and appliances) the default is C(https://{{ ansible_host }}), which
        may have a port, for Phoenix Security its production environment, C(https://api.securityphoenix.cloud).
    type: str
  token:
    description:
      - A bearer token to use in place of a login.
      - It is used as it is, and neither kept, renewed nor withdrawn.
      - If not set, the environment variable E(SERVICE_TOKEN) is used.
    type: str
  validate_certs:
    description:
      - Whether the certificate of the service is verified.
      - Prefer O(certificate_fingerprint) or O(ca_path) over turning this off.
      - If not set, the environment variable E(SERVICE_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder with the PEM certificates of the authorities to trust, in place of the machine's own.
      - If not set, the environment variables E(SERVICE_CA_PATH) and E(REQUESTS_CA_BUNDLE) are used.
    type: path
  certificate_fingerprint:
    description:
      - SHA-256 fingerprint of the one certificate to trust, as 64 hexadecimal digits with or without colons.
      - For the self-signed certificates that controllers and appliances come with. Names and authorities are not looked at then.
      - If not set, the environment variable E(SERVICE_CERTIFICATE_FINGERPRINT) is used.
    type: str
  client_cert:
    description:
      - File with the client certificate, as PEM; it may hold the key too.
    type: path
  client_key:
    description:
      - File with the key of O(client_cert), as PEM.
    type: path
  proxy:
    description:
      - URL of the proxy to go through.
      - If not set, C(https_proxy), C(http_proxy), C(all_proxy) and C(no_proxy) of the task's C(environment) and of the process count.
    type: str
  timeout:
    description:
      - Seconds to wait for each part of an answer, and for a connection, but for that no longer than 10.
    type: float
    default: 30.0
  retries:
    description:
      - How many times a request is repeated when no connection came about, or, if repeating does no harm, when the service was busy
        (429, 502, 503, 504). C(Retry-After) is honoured up to a minute.
    type: int
    default: 3
  allow_plain_http:
    description:
      - Whether credentials may be sent unencrypted to another machine.
    type: bool
    default: false
  cache_token:
    description:
      - Whether the token is kept for later tasks, encrypted, as the variable C(tokenflow_tokens).
      - If V(false), each task logs in for itself.
    type: bool
    default: true
  run_on:
    description:
      - Where the requests are made from.
      - With V(controller), from Ansible's own process, without anything being copied to a host.
      - With V(target), from the host of the task, or the one it is delegated to. It needs Python 3.9 or later with the requirements of the module.
      - If not set, a task that is delegated to another host runs there, and every other on the controller.
    type: str
    choices: [controller, target]
  _handed_token:
    description:
      - For internal use. The kept token, for a module that is run on another host.
    type: str
requirements:
  - requests
  - jmespath
"""
