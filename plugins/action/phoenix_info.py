# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name in Ansible's own worker process."""

from __future__ import annotations

from ansible_collections.tokenflow.services.plugins.modules import phoenix_info
from ansible_collections.tokenflow.services.plugins.plugin_utils._action import ServiceAction


class ActionModule(ServiceAction):
    MODULE = phoenix_info
