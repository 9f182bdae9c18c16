# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of an Oracle SBC appliance, and options for its lock."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  username:
    description:
      - Name of the user; changes need one with administrator privileges.
      - If not set, the environment variable E(APPLIANCE_USERNAME) is used.
    type: str
  password:
    description:
      - Password of the user.
      - If not set, the environment variable E(APPLIANCE_PASSWORD) is used.
    type: str
  api_version:
    description:
      - Version of the interface, as in the path. V(v1.0) came with software 8.2, V(v1.1) with 8.3, V(v1.2) with 8.4.
    type: str
    default: v1.2
  renewal_body:
    description:
      - How the live token is put into the request that renews it. V(raw) sends the token alone; anything else is the name of the form field that holds it.
    type: str
    default: raw
notes:
  - A token lives for ten minutes, and the configuration lock hangs on it. While this run holds the lock, the token is renewed and never replaced by a new
    login.
requirements:
  - defusedxml
"""

    LOCK = r"""
options:
  lock:
    description:
      - With V(auto), the configuration lock is taken for this one task and released after it, unless this run holds it already.
      - With V(required), the run must hold it already.
      - A run that is interrupted releases it too, but not with O(cache_token=false), nor in a task that runs on another host.
    type: str
    choices: [auto, required]
    default: auto
  wait:
    description:
      - Seconds to wait for the lock while another user or session holds it.
    type: float
    default: 0.0
"""
