# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of modules that put an answer into a file."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  dest:
    description:
      - File to put the answer into, or a folder.
      - It is replaced in one step, and only if its content differs.
    type: path
  mode:
    description:
      - Permissions of the file, in octal and in quotes, such as V("0640"). If not set, a file that exists keeps its own.
    type: str
  owner:
    description:
      - User that owns the file.
    type: str
  group:
    description:
      - Group that owns the file.
    type: str
"""
