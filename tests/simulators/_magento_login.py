# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of the Magento simulator: the token endpoints, their throttle and the customers' own lock (contract §3.1 to §3.3, §3.6)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from ._magento_errors import WebapiError, required, sign_in_failed
from ._magento_routes import ANONYMOUS, SELF, route
from ._magento_shop import ADMIN, CUSTOMER, AdminUser, Call, Caller, Row, Shop
from ._magento_tokens import Tokens

MORE_PERMISSIONS = "More permissions are needed to access this."
# The bytes for an unconfirmed address from 2.4.8 are not known (contract §9); this is the shop's text in other places.
NOT_CONFIRMED = "This account isn't confirmed. Verify and try again."
CUSTOMER_FAILURES, CUSTOMER_LOCK_SECONDS = 10, 600
CRON_SECONDS = 60


@dataclass
class Failures:
    """A row of the throttle: failed logins of a name as sent and a user type."""

    count: int
    lock_expires_at: int


class Throttle:
    """Six failures block a name for half an hour; blocked calls do not count (contract §3.3)."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.rows: dict[tuple[str, int], Failures] = {}

    def check(self, name: str, user_type: int) -> None:
        """:raises WebapiError: 401, the same as for a wrong password."""
        self._clean_up()
        row = self.rows.get((name, user_type))
        if row and row.count >= self.shop.on("max_failures") and row.lock_expires_at > self.shop.now():
            raise sign_in_failed()

    def failed(self, name: str, user_type: int) -> None:
        row = self.rows.setdefault((name, user_type), Failures(0, 0))
        row.count += 1
        row.lock_expires_at = self.shop.now() + self.shop.on("lock_seconds")

    def succeeded(self, name: str, user_type: int) -> None:
        self.rows.pop((name, user_type), None)

    def lock(self, name: str, user_type: int) -> None:
        self.rows[name, user_type] = Failures(self.shop.on("max_failures"), self.shop.now() + self.shop.on("lock_seconds"))

    def unlock(self, name: str) -> None:
        for key in [key for key in self.rows if key[0] == name]:
            del self.rows[key]

    def _clean_up(self) -> None:
        """What cron does every full minute: rows whose lock has lapsed go."""
        if not self.shop.on("cron"):
            return
        last_run = self.shop.now() // CRON_SECONDS * CRON_SECONDS
        for key in [key for key, row in self.rows.items() if row.lock_expires_at < last_run]:
            del self.rows[key]


class Logins:
    """Checks credentials and hands out tokens."""

    def __init__(self, shop: Shop, tokens: Tokens) -> None:
        self.shop, self.tokens = shop, tokens
        self.throttle = Throttle(shop)

    def admin_user(self, username: str, password: str) -> AdminUser:
        """The admin user of right credentials.

        :raises WebapiError: 400 for empty fields, 401 for everything else (contract §3.2).
        """
        _check_given(username, password)
        self.throttle.check(username, ADMIN)
        user = self.shop.admin(username)
        if user is None or not same(user.password, password):
            self.throttle.failed(username, ADMIN)
            raise sign_in_failed()
        # With the right password the service throws before it gets to counting the failure.
        if not user.active:
            raise sign_in_failed()
        if user.role is None:
            raise WebapiError(401, MORE_PERMISSIONS)
        self.throttle.succeeded(username, ADMIN)
        return user

    def admin_token(self, username: str, password: str) -> str:
        return self.tokens.issue(Caller(ADMIN, self.admin_user(username, password).id))

    def customer_token(self, username: str, password: str) -> str:
        """A customer's token.

        :raises WebapiError: 400 for empty fields, 401 for everything else (contract §3.2).
        """
        _check_given(username, password)
        self.throttle.check(username, CUSTOMER)
        customer = next((row for row in self.shop.customers if row["email"].lower() == username.lower()), None)
        try:
            self._check_customer(customer, password)
        except WebapiError:
            self.throttle.failed(username, CUSTOMER)
            raise
        self.throttle.succeeded(username, CUSTOMER)
        return self.tokens.issue(Caller(CUSTOMER, (customer or {})["id"]))

    def _check_customer(self, customer: Row | None, password: str) -> None:
        if customer is None or not customer.get("password"):
            raise sign_in_failed()
        now = self.shop.now()
        if customer.get("lock_expires", 0) > now:
            raise sign_in_failed()
        if not same(customer["password"], password):
            self._count_customer_failure(customer, now)
            raise sign_in_failed()
        customer.update(failures_num=0, first_failure=0, lock_expires=0)
        if customer.get("confirmation_key"):
            raise WebapiError(401, NOT_CONFIRMED) if self.shop.release >= (2, 4, 8) else sign_in_failed()

    def _count_customer_failure(self, customer: Row, now: int) -> None:
        """The lock of the customer itself: ten failures within ten minutes lock for ten minutes (contract §3.3)."""
        if now - customer.get("first_failure", 0) > CUSTOMER_LOCK_SECONDS:
            customer.update(failures_num=0, first_failure=now)
        customer["failures_num"] += 1
        if customer["failures_num"] >= CUSTOMER_FAILURES:
            customer["lock_expires"] = now + CUSTOMER_LOCK_SECONDS


def same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _check_given(username: str, password: str) -> None:
    missing = [name for name, value in (("username", username), ("password", password)) if value.strip() == ""]
    if missing:
        raise required(*missing)


@route(
    "POST",
    "integration/admin/token",
    "Integration\\Api\\AdminTokenServiceInterface::createAdminAccessToken",
    ANONYMOUS,
    parameters="username:string password:string",
    returns="string",
    available=lambda shop: not shop.has_two_factor,
)
def create_admin_token(call: Call, username: str, password: str) -> str:
    return call.services.logins.admin_token(username, password)


@route(
    "POST",
    "integration/customer/token",
    "Integration\\Api\\CustomerTokenServiceInterface::createCustomerAccessToken",
    ANONYMOUS,
    parameters="username:string password:string",
    returns="string",
)
def create_customer_token(call: Call, username: str, password: str) -> str:
    return call.services.logins.customer_token(username, password)


@route(
    "POST",
    "integration/customer/revoke-customer-token",
    "Integration\\Api\\CustomerTokenServiceInterface::revokeCustomerAccessToken",
    SELF,
    parameters="customerId:int",
    returns="boolean",
    forced="customerId",
    available=lambda shop: shop.release >= (2, 4, 6),
)
def revoke_customer_token(call: Call, customer_id: int) -> bool:
    call.services.tokens.revoke(Caller(CUSTOMER, customer_id))
    return True
