# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of catalogue entities by store view: the global value and its overrides (contract §2.1, "Scope trap")."""

from __future__ import annotations

from typing import Any

from ._magento_shop import ADMIN_STORE, Row, Shop

Values = dict[int, Row]


def read(values: Values, code: str, store_id: int) -> Any:
    """A value as a store view sees it: its own override, else the global value."""
    own = values.get(store_id, {})
    return own[code] if code in own else values.get(ADMIN_STORE, {}).get(code)


def all_of(values: Values, store_id: int) -> Row:
    """All values as a store view sees them, in the order of the global ones."""
    return {**values.get(ADMIN_STORE, {}), **values.get(store_id, {})}


def write(shop: Shop, values: Values, code: str, value: Any, store_id: int, scope: str) -> None:
    """Stores a value: a global attribute for all, a website's for its views, a store's for that view.

    A write through one view leaves the global value alone, a write of the global value leaves the views' own ones alone.
    """
    targets = [store_id]
    if scope == "global" or store_id == ADMIN_STORE:
        targets = [ADMIN_STORE]
    elif scope == "website":
        website = shop.view(store_id)["website_id"]
        targets = [view["id"] for view in shop.views if view["website_id"] == website]
    for target in targets:
        own = values.setdefault(target, {})
        if value is None and target != ADMIN_STORE:
            own.pop(code, None)
        else:
            own[code] = value
