# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the records of a PxPlus table are read."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  read_service:
    description:
      - Id of the File Access service that reads.
      - Its record must allow the override of the parameters that are used, among them C(type).
    type: str
  directory:
    description:
      - Directory of the data, for a server that serves File Access without a stored service.
    type: str
  dictionary:
    description:
      - Path of the data dictionary C(providex.ddf), for a server that serves File Access without a stored service.
    type: str
  format:
    description:
      - Format in which records travel.
      - XML holds no dollar signs, so that the names of text fields come without them.
    type: str
    choices: [json, xml]
    default: json
  encoding:
    description:
      - Encoding of the server's text, such as V(windows-1252) or V(utf-8).
      - It is needed for keys and filters with characters beyond ASCII. If not set, that of an answer is the one that it names, else UTF-8
        if it is that, else windows-1252.
    type: str
"""
