# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the wall clock of the Python processes that have this folder on their path, by the seconds in the file CLOCK_OFFSET_FILE."""

from __future__ import annotations

import os
import time

_real = time.time


def _moved() -> float:
    try:
        with open(os.environ["CLOCK_OFFSET_FILE"], encoding="ascii") as stream:
            return _real() + float(stream.read() or 0)
    except (KeyError, OSError, ValueError):
        return _real()


time.time = _moved
