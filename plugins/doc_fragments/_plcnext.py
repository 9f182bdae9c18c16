# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of a PLCnext controller."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  username:
    description:
      - Name of a user with the role C(EHmiViewer) to read, or C(EHmiChanger) to write.
      - If not set, the environment variable E(PLCNEXT_USERNAME) is used.
    type: str
  password:
    description:
      - Password of the user.
      - If not set, the environment variable E(PLCNEXT_PASSWORD) is used.
    type: str
  authentication:
    description:
      - Whether to log in. Set it to V(false) for a controller whose project does not enforce user levels.
    type: bool
    default: true
  api_version:
    description:
      - Version of the interface, as in the path. V(api) is the newest that the controller has, whichever that is.
    type: str
    default: v1.2
notes:
  - The interface is there only if the downloaded project has an HMI page, and shows only variables that are marked for the HMI.
"""
