# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the token modules."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - With V(present), a valid token is kept for the tasks that follow; there is a login only if there is none.
      - With V(renewed), there is a new token in any case.
      - With V(absent), the token is forgotten and, where the service can, withdrawn.
    type: str
    choices: [present, renewed, absent]
    default: present
  minimum_lifetime:
    description:
      - Seconds for which the token must still be good. One that ends earlier is renewed or replaced.
    type: float
    default: 0.0
  return_token:
    description:
      - Whether to return the token itself. The output of the task is censored then; what is registered is not.
    type: bool
    default: false
"""
