# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to another host that is this machine all the same: commands and files go the way of SSH, without pipelining."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.connection.local import Connection as LocalConnection

DOCUMENTATION = """
name: elsewhere
short_description: Another host, played by this machine
description: Runs commands as the connection plugin local does, under another name, with only what a login shell would have in the environment.
author: The tokenflow.services authors (@tokenflow)
options:
  pipelining:
    description: Whether modules go to the interpreter's standard input.
    type: bool
    default: false
    env: [{name: ANSIBLE_PIPELINING}]
"""


class Connection(LocalConnection):
    """Notes each command in the file named by ELSEWHERE_FILE, so that a test sees what ran there."""

    transport = "elsewhere"
    has_pipelining = True

    def exec_command(self, cmd: Any, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Runs a command there."""
        with open(os.environ["ELSEWHERE_FILE"], "a", encoding="utf-8") as stream:
            stream.write(json.dumps({"host": self._play_context.remote_addr, "command": str(cmd), "time": time.time()}) + "\n")
        kept = dict(os.environ)
        for name in kept:
            # The services' credentials are in Ansible's own environment only.
            if name.partition("_")[0] in ("PLCNEXT", "PXPLUS", "PHOENIX", "MAGENTO", "APPLIANCE", "PYTHONPATH", "REQUESTS"):
                del os.environ[name]
        try:
            status: tuple[int, bytes, bytes] = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        finally:
            os.environ.update(kept)
        return status
