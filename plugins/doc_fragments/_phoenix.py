# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of the Phoenix Security API."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  client_id:
    description:
      - Id of the API credential.
      - If not set, the environment variable E(PHOENIX_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the API credential.
      - If not set, the environment variable E(PHOENIX_CLIENT_SECRET) is used.
    type: str
notes:
  - Other environments than production have an O(base_url) of their own, such as V(https://api.NAME.securityphoenix.cloud) for a tenant.
"""
