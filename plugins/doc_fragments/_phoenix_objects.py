# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for objects of Phoenix Security have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  case_sensitive:
    description:
      - Whether names are looked up exactly. If not, and several names differ only in case, the exact one is taken, and the task fails if there is none.
    type: bool
    default: true
notes:
  - A task takes one object, or a list. A loop over tasks would read the list of the service each time; the list in one task reads it once and says what was
    done in one short result, with only what changed. An object that the service refuses does not keep the others from being written.
  - While the service is busy (429, 503) a request is repeated as often as O(retries) says, after the time that the service asks for, or after 5 seconds.
  - What was made a moment ago may still be answered with 404. Where this run made it, it is waited for, up to half a minute.
"""

    TAGS = r"""
options:
  purge_tags:
    description:
      - Whether to remove tags that are not given, of objects for which tags are given.
    type: bool
    default: true
  return_ids:
    description:
      - Whether to return the ids of everything that was listed, for later tasks that then need no list of their own.
    type: bool
    default: false
"""

    PLACES = r"""
options:
  application_ids:
    description:
      - Ids of applications and environments, as M(tokenflow.services.phoenix_application) returns them in C(ids). With them, the list is not read. A name that
        is not among them is looked up.
    type: dict
"""

    COMPONENTS = r"""
options:
  component_ids:
    description:
      - Ids of components and services, as M(tokenflow.services.phoenix_component) returns them in C(ids). With them, the list is not read. A name that is not
        among them is looked up.
    type: dict
"""
