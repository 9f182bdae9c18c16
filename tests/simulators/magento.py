# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento 2 REST service (contract "Magento 2 / Adobe Commerce / Mage-OS REST"): logins, catalogue, content, customers, stock, bulk."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from . import _magento_attributes as attributes
from . import _magento_bulk as bulk
from . import _magento_categories as categories
from . import _magento_cms as cms
from . import _magento_customers as customers
from . import _magento_data_shop as data_shop
from . import _magento_inventory as inventory
from . import _magento_products as products
from . import _magento_salesrules as salesrules
from . import _magento_seed as seeds
from . import _magento_sets as sets
from . import _magento_store as store
from . import _magento_tax as tax
from ._core import ControlError, Simulator, Switch, control
from ._magento_errors import WebapiError
from ._magento_request import RECAPTCHA_TOKEN, FrontController, Request, Services
from ._magento_shop import ADMIN, CUSTOMER, RELEASES, AdminUser, Caller, Row, Shop, version
from ._magento_tokens import JWT_ALGORITHMS
from ._magento_twofactor import STATES
from ._magento_types import build

OFF_ON = (False, True)
SECRET_JSON = re.compile(r'"(?:\w*password\w*|otp|tfaToken|tfa_token|\w*[sS]ecret\w*)"\s*:\s*"((?:[^"\\]|\\.)+)"')
SECRET_XML = re.compile(r"<(\w*password\w*|otp|tfaToken|\w*[sS]ecret\w*)>([^<]+)</")
SECRET_QUERY = re.compile(r"(?:^|&)(?:\w*password\w*|otp|tfaToken)=([^&]+)")
MODULES = (attributes, categories, cms, customers, data_shop, inventory, products, salesrules, sets, store, tax)
"""Imported for their routes and data interfaces, too."""


class Magento(Simulator):
    """Magento 2 / Adobe Commerce REST: bearer tokens from user and password, catalogue, content, customers, stock, bulk."""

    NAME = "magento"
    SWITCHES = {
        "profile": Switch("jwt", ("jwt", "opaque", "legacy"), "form of the tokens; also the release, where none is chosen: 2.4.7, 2.4.3, 2.1.8"),
        "release": Switch("", ("", *RELEASES), "release whose behaviour and texts are shown (405 from 2.4.5, revoke route from 2.4.6, ...)"),
        "jwt_algorithm": Switch("HS256", JWT_ALGORITHMS, "webapi/jwtauth/jwt_alg; A256KW makes encrypted tokens"),
        "admin_token_minutes": Switch(None, (), "lifetime of admin tokens; null is the release's own: 60 (JWT) or 240 (opaque)"),
        "customer_token_minutes": Switch(None, (), "lifetime of customer tokens; null is the release's own: 60"),
        "two_factor": Switch("off", STATES, "two-factor authentication from 2.4.0 on, for users without a state of their own"),
        "otp_leeway": Switch("", ("", "window", "seconds"), "clock tolerance of a code: one window, 29 seconds, or as in the release"),
        "max_failures": Switch(6, (), "failed logins of a name until it is locked"),
        "lock_seconds": Switch(1800, (), "how long a name is locked after its last counted failure"),
        "cron": Switch(True, OFF_ON, "whether cron removes lapsed locks every full minute"),
        "integration_bearer": Switch(False, OFF_ON, "oauth/consumer/enable_integration_as_bearer, from 2.4.4"),
        "email_confirmation": Switch(False, OFF_ON, "whether new customers must confirm their address before they can log in"),
        "recaptcha_customer_login": Switch(False, OFF_ON, "reCAPTCHA at the customer token endpoint, from 2.4.3"),
        "mode": Switch("production", ("production", "developer", "maintenance"), "developer shows traces, maintenance answers 503 HTML"),
        "failure": Switch("none", ("none", "json", "text", "html"), "answers what would reach a service with a 500 of this form"),
        "input_limits": Switch(False, OFF_ON, "webapi/validation/input_limit_enabled"),
        "maximum_page_size": Switch(300, (), "webapi/validation/maximum_page_size"),
        "default_page_size": Switch(20, (), "webapi/validation/default_page_size"),
        "complex_array_limit": Switch(20, (), "webapi/validation/complex_array_limit"),
        "consumer": Switch("running", ("running", "stopped"), "whether the consumer async.operations.all works off operations"),
        "consumer_seconds": Switch(1.0, (), "how long after being accepted an operation is worked off"),
        "consumer_outcome": Switch("execute", ("execute", "retriable", "rejected"), "what becomes of an operation: done, status 2, status 5"),
        "past_end": Switch("repeat", ("repeat", "empty"), "a page past the end of lists other than products and pages: the last page again, or no rows"),
        "product_create_scope": Switch("global", ("global", "store"), "whether a product created through a store view also gets values of that view"),
        "omitted_members": Switch(
            "kept",
            ("kept", "lost"),
            "members that a PUT of a category in the scope all, of a page or of a block leaves out; some releases lose them",
        ),
        "plain_list_order": Switch("id", ("id", "reversed"), "order of lists without search, which the service does not promise"),
    }

    def app(self) -> Callable[..., Any]:
        async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
            message = await receive()
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
            request = Request(
                scope["method"],
                scope["raw_path"].decode("latin-1"),
                scope["query_string"].decode("latin-1"),
                headers,
                message.get("body", b""),
                scope.get("scheme", "https"),
            )
            answer = self.front.answer(request)
            body = answer.body.encode()
            fields = [("Content-Type", answer.content_type), *answer.headers, ("Content-Length", str(len(body)))]
            start = [(name.lower().encode(), value.encode("latin-1")) for name, value in fields]
            await send({"type": "http.response.start", "status": answer.status, "headers": start})
            await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})

        return application

    def seed(self) -> None:
        self._fresh()
        seeds.outdoor(self.shop, self.services)

    def _fresh(self) -> None:
        self._request_secrets: list[str] = []
        self.shop = Shop(self.clock, self.on)
        self.services = Services(self.shop)
        self.front = FrontController(self.services)

    def settings(self) -> dict[str, Any]:
        users = {user.username: user for user in self.shop.admins}
        integration = self.shop.integrations[0]
        customer = next((row for row in self.shop.customers if row["password"]), None)
        accounts = {"username": "admin", "password": users["admin"].password}
        for name in ("restricted", "norole", "inactive"):
            accounts.update({f"{name}_username": name, f"{name}_password": users[name].password})
        if customer:
            accounts.update(customer_username=customer["email"], customer_password=customer["password"])
        return {
            **accounts,
            "otp_secret": users["admin"].otp_secret,
            "integration_token": integration.token,
            "oauth_consumer_key": integration.consumer_key,
            "oauth_consumer_secret": integration.consumer_secret,
            "oauth_token": integration.token,
            "oauth_token_secret": integration.token_secret,
            "recaptcha_token": RECAPTCHA_TOKEN,
        }

    def secrets(self) -> list[str]:
        """The accounts' secrets, all tokens issued, the one-time codes of now, and whatever the request itself calls a password."""
        values = [str(value) for name, value in self.settings().items() if not name.endswith("username")]
        values += [user.otp_secret for user in self.shop.admins]
        values += [row["password"] for row in self.shop.customers if row["password"]]
        values += self.services.tokens.issued
        values += [mail["tfa_token"] for mail in self.services.two_factor.mails]
        if self.shop.has_two_factor:
            values += [code for user in self.shop.admins for code in self.services.two_factor.codes(user)]
        return sorted({*values, *self._request_secrets}, key=len, reverse=True)

    def _enter(self, scope: dict[str, Any], body: bytes) -> dict[str, Any]:
        text, query = body.decode("utf-8", "replace"), scope["query_string"].decode("latin-1")
        self._request_secrets = [*SECRET_JSON.findall(text), *(value for _name, value in SECRET_XML.findall(text)), *SECRET_QUERY.findall(query)]
        entry = super()._enter(scope, body)
        if "x-recaptcha" in entry["headers"]:
            entry["headers"]["x-recaptcha"] = "***"
        return entry

    @control
    def switch(self, **values: Any) -> dict[str, Any]:
        """Sets switches; returns all of them. JWTs need a release from 2.4.4 on, the legacy profile one up to 2.1.8."""
        wanted = {**self.switches, **values}
        if wanted["release"] in RELEASES:
            release = version(wanted["release"])
            if (wanted["profile"] == "jwt" and release < (2, 4, 4)) or (wanted["profile"] == "legacy" and release > (2, 1, 8)):
                raise ControlError(f"release {wanted['release']} has no tokens of the profile {wanted['profile']!r}")
        return super().switch(**values)

    @control
    def expire_tokens(self) -> None:
        """Lets every live token run out now; a login in the same second gives a live one."""
        self.services.tokens.end_all()

    @control
    def revoke_tokens(self) -> None:
        """Withdraws every live token; unlike a revocation over REST it leaves a login in the same second alone."""
        self.services.tokens.end_all()

    @control
    def seed_recorded(self) -> None:
        """The almost empty shop of the recorded exchanges; ``reset`` brings the usual one back."""
        self._fresh()
        seeds.recorded(self.shop)

    @control
    def lock(self, username: str) -> None:
        """Locks a name at both token endpoints, as if it had failed too often."""
        for kind in (ADMIN, CUSTOMER):
            self.services.logins.throttle.lock(username, kind)

    @control
    def unlock(self, username: str) -> None:
        """Removes the lock of a name."""
        self.services.logins.throttle.unlock(username)

    @control
    def set_two_factor(self, state: str, username: str | None = None) -> None:
        """Sets the two-factor state of one admin user, or of all (then every user's own state goes)."""
        if state not in STATES:
            raise ControlError(f"a two-factor state is one of {', '.join(STATES)}, not {state!r}")
        if username is None:
            self.services.two_factor.user_states.clear()
            self.switch(two_factor=state)
            return
        if state == "off" or self.on("two_factor") == "off":
            raise ControlError("two-factor authentication is on or off for the whole shop: set it without a username first")
        self.services.two_factor.user_states[self._admin(username).id] = state

    @control
    def otp(self, username: str) -> str:
        """The current one-time code of an admin user."""
        return self.services.two_factor.code(self._admin(username))

    @control
    def mails(self) -> list[dict[str, Any]]:
        """The enrolment mails sent so far, each with its ``tfa_token``."""
        return list(self.services.two_factor.mails)

    @control
    def run_consumer(self) -> int:
        """Works off all open operations, also when the consumer is stopped; returns how many."""
        return bulk.consume(self.shop, self.services, everything=True)

    @control
    def get_entity(self, kind: str, key: str | int, store: str = "all") -> Any:
        """An entity by its key as an answer shows it, without a request: product, category, page, customer, source, ..."""
        bulk.consume(self.shop, self.services)
        if kind not in ENTITIES:
            raise ControlError(f"there is no kind {kind!r}; there are {', '.join(ENTITIES)}")
        if store not in self.shop.store_codes():
            raise ControlError(f"there is no store {store!r}")
        find, type_ = ENTITIES[kind]
        try:
            return build(find(self.shop, key, self.shop.store_codes()[store]), type_)
        except WebapiError as error:
            raise ControlError(error.text()) from error

    @control
    def revoke_admin(self, username: str) -> None:
        """Invalidates an admin user's tokens as the admin pages do: a JWT from the same second is dead too."""
        count = self.services.tokens.revoke(Caller(ADMIN, self._admin(username).id))
        if not count and self.shop.release < (2, 4, 4):
            raise ControlError("This user has no tokens.")

    @control
    def change_password(self, username: str, password: str) -> None:
        """Gives an admin user, or a customer by e-mail, another password; tokens live on."""
        customer = next((row for row in self.shop.customers if row["email"].lower() == username.lower()), None)
        if customer:
            customer["password"] = password
        else:
            self._admin(username).password = password

    @control
    def set_active(self, username: str, active: bool) -> None:
        """Makes an admin user inactive, which revokes the user's tokens, or active again."""
        user = self._admin(username)
        user.active = active
        if not active:
            self.services.tokens.revoke(Caller(ADMIN, user.id))

    def _admin(self, username: str) -> AdminUser:
        user = self.shop.admin(username)
        if user is None:
            raise ControlError(f"there is no admin user {username!r}; there are {', '.join(user.username for user in self.shop.admins)}")
        return user


def _by_number(need: Callable[[Shop, Any], Row]) -> Callable[[Shop, Any, int], Row]:
    return lambda shop, key, store_id: need(shop, int(key))


ENTITIES: dict[str, tuple[Callable[[Shop, Any, int], Row], str]] = {
    "product": (lambda shop, key, store_id: products.present(shop, products.need(shop, str(key)), store_id), "Product"),
    "category": (lambda shop, key, store_id: categories.present(shop, categories.need(shop, key), store_id), "Category"),
    "attribute": (lambda shop, key, store_id: attributes.present(attributes.need(shop, str(key))), "Attribute"),
    "attribute_set": (_by_number(sets.need_set), "AttributeSet"),
    "page": (_by_number(cms.need_page), "Page"),
    "block": (_by_number(cms.need_block), "Block"),
    "customer": (_by_number(customers.need), "Customer"),
    "customer_group": (_by_number(lambda shop, key: customers.present_group(shop, customers.need_group(shop, key))), "Group"),
    "tax_class": (_by_number(tax.need_class), "TaxClass"),
    "tax_rate": (_by_number(lambda shop, key: tax.present_rate(tax.need_rate(shop, key))), "TaxRate"),
    "tax_rule": (_by_number(tax.need_rule), "TaxRule"),
    "sales_rule": (_by_number(salesrules.need), "SalesRule"),
    "coupon": (_by_number(salesrules.need_coupon), "Coupon"),
    "source": (lambda shop, key, store_id: inventory.need_source(shop, str(key)), "Source"),
    "stock": (_by_number(inventory.need_stock), "Stock"),
}
"""How the control action finds an entity: by sku, code or number."""

SIMULATOR = Magento
