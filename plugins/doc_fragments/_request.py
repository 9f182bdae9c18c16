# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of all services, for plugins that serve all of them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  username:
    description:
      - Name of the user (PLCnext, Magento, appliance).
      - If not set, the environment variable E(SERVICE_USERNAME) is used.
    type: str
  password:
    description:
      - Password of the user (PLCnext, Magento, appliance).
      - If not set, the environment variable E(SERVICE_PASSWORD) is used.
    type: str
  client_id:
    description:
      - Id of the client (PxPlus, Phoenix Security).
      - If not set, the environment variable E(SERVICE_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the client (PxPlus, Phoenix Security).
      - If not set, the environment variable E(SERVICE_CLIENT_SECRET) is used.
    type: str
  authentication:
    description:
      - Whether to log in (PLCnext).
    type: bool
    default: true
  api_version:
    description:
      - Version of the interface for the login (PLCnext, appliance). The path of a request has its own.
    type: str
    default: v1.2
  account:
    description:
      - What kind of user logs in (Magento).
    type: str
    choices: [admin, customer, guest]
    default: admin
  otp:
    description:
      - A current one-time code (Magento).
    type: str
  otp_secret:
    description:
      - The base32 secret from which one-time codes are made (Magento).
      - If not set, the environment variable E(MAGENTO_OTP_SECRET) is used.
    type: str
  store:
    description:
      - Code of the store view in the path of the login (Magento). The path of a request has its own.
    type: str
  media_type:
    description:
      - Whether the login is sent in JSON or in XML (Magento).
    type: str
    choices: [json, xml]
    default: json
  show_trace:
    description:
      - Whether to show the trace that a shop in developer mode sends with an error (Magento).
    type: bool
    default: false
  renewal_body:
    description:
      - How the live token is put into the request that renews it (appliance).
    type: str
    default: raw
"""
