# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of a Magento shop."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  username:
    description:
      - Name of the admin user, or e-mail address of the customer.
      - If not set, the environment variable E(MAGENTO_USERNAME) is used.
    type: str
  password:
    description:
      - Password of the user.
      - If not set, the environment variable E(MAGENTO_PASSWORD) is used.
    type: str
  account:
    description:
      - What kind of user logs in. A V(guest) does not.
    type: str
    choices: [admin, customer, guest]
    default: admin
  otp:
    description:
      - A current one-time code, for an admin user with two-factor authentication (Google provider).
      - It is good for one login; prefer O(otp_secret).
    type: str
  otp_secret:
    description:
      - The base32 secret from which one-time codes are made. Needs the Python package C(pyotp).
      - If not set, the environment variable E(MAGENTO_OTP_SECRET) is used.
    type: str
  store:
    description:
      - Code of the store view in the path of the login, or V(all). If not set, no code is sent, which Magento takes as the default store view.
    type: str
  media_type:
    description:
      - Whether requests are sent and answered in JSON or in XML. The latter needs the Python package C(defusedxml).
    type: str
    choices: [json, xml]
    default: json
  show_trace:
    description:
      - Whether to show the trace that a shop in developer mode sends with an error. It may tell paths and arguments of the shop.
    type: bool
    default: false
notes:
  - Six failed logins lock a user name for 30 minutes. A rejected login is therefore not sent again in the same run.
"""
