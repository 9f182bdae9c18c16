# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of a PxPlus server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  client_id:
    description:
      - Id of the OAuth 2 client.
      - Without it nothing logs in, which is enough for services without a security class.
      - If not set, the environment variable E(PXPLUS_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret of the OAuth 2 client.
      - If not set, the environment variable E(PXPLUS_CLIENT_SECRET) is used.
    type: str
notes:
  - PxPlus 2021 or later is needed to log in.
"""
