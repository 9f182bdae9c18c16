# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the PLCnext modules that work on variables."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  path_prefix:
    description:
      - What is put before paths that have no slash.
    type: str
    default: Arp.Plc.Eclr/
  station_id:
    description:
      - Name of a station. If set, the task opens a session of that name, sends all its requests in it, and deletes it at the end.
      - A name that is in use is refused by the controller. In check mode no session is opened.
    type: str
  station_timeout:
    description:
      - Seconds after which the controller drops the session of O(station_id) when nothing is sent.
    type: float
    default: 30.0
"""
