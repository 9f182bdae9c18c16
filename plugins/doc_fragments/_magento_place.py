# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a Magento shop is read or written."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoint:
    description:
      - What stands behind V1 in the path, such as V(products), V(cmsPage) or V(inventory/sources).
    type: str
    required: true
  store:
    description:
      - Code of the store view whose values are read and written. V(all) stands for the global values, and an empty text for the default store view.
      - A value that a store view has for itself hides the global one there, and a change of the global one does not remove it.
    type: str
    default: all
"""
