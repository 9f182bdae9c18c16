# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shop behind the Magento simulator: its release, tables, store views and the caller of a request."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ._core import Clock

Row = dict[str, Any]
ADMIN_STORE = 0
RELEASES = ("2.1.8", "2.1.9", "2.2.5", "2.2.11", "2.3.7", "2.4.3", "2.4.4", "2.4.5", "2.4.6", "2.4.7", "2.4.8")
PROFILE_RELEASES = {"legacy": "2.1.8", "opaque": "2.4.3", "jwt": "2.4.7"}
"""The release that a profile stands for when none is chosen: the newest of contract §7."""


def version(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


class Table:
    """Rows by number, with an automatic next number."""

    def __init__(self, first: int = 1) -> None:
        self.rows: dict[int, Row] = {}
        self.next_id = first

    def __iter__(self) -> Iterator[Row]:
        return iter(list(self.rows.values()))

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, row: Row, key: str = "id", number: int | None = None) -> Row:
        """Stores a row under a number, the next one if none is given, which it also gets as its ``key``."""
        number = self.next_id if number is None else number
        self.next_id = max(self.next_id, number + 1)
        self.rows[number] = {key: number, **{name: value for name, value in row.items() if name != key}}
        return self.rows[number]

    def get(self, number: Any) -> Row | None:
        try:
            return self.rows.get(int(number))
        except (TypeError, ValueError):
            return None

    def find(self, **wanted: Any) -> Row | None:
        return next((row for row in self if all(row.get(name) == value for name, value in wanted.items())), None)

    def remove(self, number: int) -> None:
        del self.rows[number]


@dataclass
class AdminUser:
    """An admin user; without a role no login is possible (contract §3.2)."""

    id: int
    username: str
    password: str
    email: str
    role: str | None
    otp_secret: str
    active: bool = True


@dataclass
class Integration:
    """An OAuth consumer with its access token (contract §3.7)."""

    id: int
    name: str
    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str
    role: str
    active: bool = True


@dataclass
class Shop:
    """Everything the shop stores. ``on`` gives the position of a switch."""

    clock: Clock
    on: Callable[[str], Any]
    base_url: str = "https://magento.example.com/"
    websites: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    views: list[Row] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    roles: dict[str, set[str]] = field(default_factory=dict)
    admins: list[AdminUser] = field(default_factory=list)
    integrations: list[Integration] = field(default_factory=list)
    products: Table = field(default_factory=Table)
    categories: Table = field(default_factory=Table)
    attributes: Table = field(default_factory=Table)
    attribute_sets: Table = field(default_factory=Table)
    attribute_groups: Table = field(default_factory=Table)
    set_members: dict[int, dict[str, int]] = field(default_factory=dict)
    """Codes of the attributes in each set for products, with the group that each is in."""
    pages: Table = field(default_factory=Table)
    blocks: Table = field(default_factory=Table)
    customers: Table = field(default_factory=Table)
    customer_groups: Table = field(default_factory=Table)
    tax_classes: Table = field(default_factory=Table)
    tax_rates: Table = field(default_factory=Table)
    tax_rules: Table = field(default_factory=Table)
    sales_rules: Table = field(default_factory=Table)
    coupons: Table = field(default_factory=Table)
    stocks: Table = field(default_factory=Table)
    sources: dict[str, Row] = field(default_factory=dict)
    source_items: dict[tuple[str, str], Row] = field(default_factory=dict)
    stock_source_links: dict[tuple[int, str], Row] = field(default_factory=dict)
    bulks: dict[str, Row] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)

    @property
    def release(self) -> tuple[int, ...]:
        return version(self.on("release") or PROFILE_RELEASES[self.on("profile")])

    @property
    def old_texts(self) -> bool:
        """Whether messages are worded as up to 2.2 (contract §3.2)."""
        return self.release < (2, 3)

    @property
    def has_two_factor(self) -> bool:
        """Whether the two-factor module is there and on (contract §4: from 2.4.0)."""
        return self.release >= (2, 4) and self.on("two_factor") != "off"

    @property
    def developer(self) -> bool:
        return bool(self.on("mode") == "developer")

    def now(self) -> int:
        return int(self.clock.now())

    def timestamp(self) -> str:
        """Now, as the database stores it: UTC without a zone."""
        return datetime.datetime.fromtimestamp(self.now(), datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")

    def number(self, counter: str) -> int:
        """The next number of a counter."""
        self.counters[counter] = self.counters.get(counter, 0) + 1
        return self.counters[counter]

    def store_codes(self) -> dict[str, int]:
        """Store view numbers by the codes that may stand in a URL (contract §2.1)."""
        return {**{view["code"]: view["id"] for view in self.views if view["id"] != ADMIN_STORE}, "all": ADMIN_STORE}

    def view(self, store_id: int) -> Row:
        return next(view for view in self.views if view["id"] == store_id)

    def website_ids(self) -> list[int]:
        return [website["id"] for website in self.websites if website["id"] != 0]

    def root_category(self, store_id: int) -> int:
        """The root category of a store view; of the default one for the global scope."""
        group = next(group for group in self.groups if group["id"] == (self.view(store_id)["store_group_id"] or 1))
        return int(group["root_category_id"])

    def admin(self, username: str) -> AdminUser | None:
        """An admin user by name: case does not matter, blanks do (contract §3.2)."""
        return next((user for user in self.admins if user.username.lower() == username.lower()), None)


GUEST, INTEGRATION, ADMIN, CUSTOMER = 4, 1, 2, 3
"""User types as in a token's ``utypid`` (contract §3.4)."""


@dataclass(frozen=True)
class Caller:
    """Who makes a request."""

    type: int = GUEST
    id: int = 0


@dataclass
class Call:
    """What a service function gets beside its arguments.

    ``parameters`` are path variables and query parameters.
    """

    shop: Shop
    caller: Caller
    store_id: int
    services: Any
    parameters: dict[str, Any] = field(default_factory=dict)
