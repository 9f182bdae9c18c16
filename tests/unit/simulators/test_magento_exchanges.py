# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays every recorded exchange of a real Magento 2.4.7-p3 against the simulator.

Each exchange gets a simulator of its own with the almost empty shop, brought into the state the recording names. Status, content type,
``X-Frame-Options`` and the body are compared byte for byte. The clock is set to the recorded moment, so timestamps are compared byte for
byte too. Compared by form only, because a real value cannot be repeated:

* the signature of a JWT (the recorded ones are fakes); its header and claims, so also its lifetime, are compared byte for byte;
* the number (UUID 4) and the data hash (SHA-256) of an asynchronous request.

In requests the recorded fake tokens, the stand-in one-time code and the number of a bulk request are replaced by live ones.
"""

from __future__ import annotations

import calendar
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ._magento import Client, product

FILE = Path(__file__).parent / "fixtures" / "magento-exchanges.json"
RECORDING = json.loads(FILE.read_text(encoding="utf-8"))
EXCHANGES = {exchange["id"]: exchange for exchange in RECORDING["exchanges"]}
FAKE_TOKENS = RECORDING["about"]["fake_tokens"]
NEVER_SENT = ("allow", "www-authenticate", "location", "retry-after")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHA256 = re.compile(r'(?<="data_hash":")[0-9a-f]{64}(?=")')
JWT = re.compile(r"(?P<claims>eyJ[\w-]+\.eyJ[\w-]+)\.(?P<signature>[\w-]{43})")
FAKE_SIGNATURE = "FAKE-fake-FAKE-fake-FAKE-fake-FAKE-fake-000"
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


class World(Client):
    """A simulator with the almost empty shop at the recorded moment, and the means to bring it into a state."""

    def __init__(self, exchange: dict[str, Any]) -> None:
        super().__init__(recorded=True)
        self.exchange = exchange
        times = TIMESTAMP.findall(exchange["response"]["body"])
        self.times = [calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M:%S")) for text in times]
        if self.times:
            self.moment = self.times[0]
        self.replaced: dict[str, str] = {}

    def account_token(self, username: str, password: str, kind: str = "admin") -> str:
        answer = self.login(username, password, kind)
        assert answer.status == 200, answer.text
        return str(answer.json())

    def do(self, identifier: str) -> None:
        """Sends another recorded request to make its effect."""
        request = EXCHANGES[identifier]["request"]
        answer = self.send(request["method"], request["path"], self.live(request.get("headers", {})), request.get("body"))
        assert answer.status == EXCHANGES[identifier]["response"]["status"], answer.text

    def admin(self, method: str, path: str, body: Any) -> Any:
        """What an admin's call answers, with a token of this very moment."""
        answer = self.call(method, path, body, self.account_token("admin", "fake-admin-pw"))
        assert answer.status in (200, 202), answer.text
        return answer.json()

    def live(self, headers: dict[str, str]) -> dict[str, str]:
        """The headers with live tokens for the recorded ones."""
        logins: dict[str, Callable[[], str]] = {
            "admin_uid1": lambda: self.account_token("admin", "fake-admin-pw"),
            "restricted_uid2": lambda: self.account_token("restricted", "fake-restricted-pw"),
            "customer_uid1": lambda: self.account_token("c1@example.com", "Fake-customer-pw-1", "customer"),
        }
        for kind, login in logins.items():
            if FAKE_TOKENS[kind] not in self.replaced and any(FAKE_TOKENS[kind] in value for value in headers.values()):
                self.replaced[FAKE_TOKENS[kind]] = login()
        return {name: self._with_live_values(value) for name, value in headers.items()}

    def _with_live_values(self, text: str) -> str:
        for fake, real in self.replaced.items():
            text = text.replace(fake, real)
        return text

    def replay(self) -> None:
        request, expected = self.exchange["request"], self.exchange["response"]
        path, body = self._with_live_values(request["path"]), self._with_live_values(request.get("body", ""))
        headers = self.live(request.get("headers", {}))
        for _count in range(self.exchange.get("repeat", 1)):
            answer = self.send(request["method"], path, headers, body)
            assert answer.status == expected["status"], answer.text
            assert by_form(answer.text) == by_form(self._with_live_values(expected["body"]))
            wanted = {name.lower(): value for name, value in expected["headers"].items()}
            assert {name: answer.headers[name] for name in ("content-type", "x-frame-options") if name in answer.headers} == wanted
            assert not [name for name in NEVER_SENT if name in answer.headers]


def by_form(body: str) -> str:
    """A body with the parts that only have a form replaced by that form's name."""
    body = JWT.sub(lambda match: match["claims"] + ".SIGNATURE", body.replace(FAKE_SIGNATURE, "A" * 43))
    return SHA256.sub("SHA-256", UUID4.sub("UUID", body))


def two_factor(state: str) -> Callable[[World], None]:
    return lambda world: world.simulator.set_two_factor(state)


def three_products(world: World) -> None:
    for sku in ("sim-1", "sim-2", "as-1"):
        world.admin("POST", "V1/products", product(sku))


def overridden_name(world: World) -> None:
    world.admin("POST", "V1/products", product("as-2", name="as-2"))
    world.admin("PUT", "default/V1/products/as-2", {"product": {"name": "DefaultStoreName"}})


def no_provider(world: World) -> None:
    world.simulator.switch(release="2.4.4")
    world.simulator.set_two_factor("no_provider")


def good_otp(world: World) -> None:
    world.simulator.set_two_factor("enrolled")
    world.replaced["123456"] = world.simulator.otp("admin")


def locked(world: World) -> None:
    world.replaced[FAKE_TOKENS["restricted_uid2"]] = world.account_token("restricted", "fake-restricted-pw")
    for _count in range(6):
        world.do("lock.failures")


def expired(world: World) -> None:
    world.simulator.switch(admin_token_minutes=1)
    world.replaced[FAKE_TOKENS["admin_uid1_60s"]] = world.account_token("admin", "fake-admin-pw")
    world.moment += 61


def second_customer(world: World) -> None:
    created, changed = world.times
    world.moment = created
    world.do("customer.create_anonymous")
    customer = {"customer": {"email": "c2@example.com", "firstname": "C", "lastname": "Two"}, "password": "Fake-customer-pw-2"}
    world.admin("POST", "V1/customers", customer)
    world.moment = changed


def revoked(world: World) -> None:
    world.do("customer.create_anonymous")
    world.replaced[FAKE_TOKENS["customer_uid1"]] = world.account_token("c1@example.com", "Fake-customer-pw-1", "customer")
    world.do("revoke.ok")


def deleted(world: World) -> None:
    three_products(world)
    world.do("product.delete")


def finished_bulk(world: World) -> None:
    accepted = world.admin("POST", "async/bulk/V1/products", [product("bk-1"), product("bk-2", attribute_set_id=9999)])
    world.replaced["ef99201d-aea5-46eb-bffc-4103a6c9ff39"] = accepted["bulk_uuid"]
    world.moment += 60


STATES: dict[str, Callable[[World], None]] = {
    "token.rejected": lambda world: world.do("customer.create_anonymous"),
    "lock.right_password": locked,
    "lock.old_token_still_works": locked,
    "tfa.no_provider": no_provider,
    "tfa.plain_endpoint_enrolled": two_factor("enrolled"),
    "tfa.wrong_otp": two_factor("enrolled"),
    "tfa.good_otp": good_otp,
    "auth.expired": expired,
    "customer.token": lambda world: world.do("customer.create_anonymous"),
    "customer.me": lambda world: world.do("customer.create_anonymous"),
    "customer.put_partial": second_customer,
    "revoke.ok": lambda world: world.do("customer.create_anonymous"),
    "revoke.then_me": revoked,
    "product.delete": three_products,
    "product.delete_again": deleted,
    "scope.get_all": overridden_name,
    "scope.get_default": overridden_name,
    "search.page_size": three_products,
    "search.past_end": three_products,
    "search.like": three_products,
    "cms.page_create_again": lambda world: world.do("cms.page_create"),
    "cms.page_put_without_identifier": lambda world: world.do("cms.page_create"),
    "async.status_mixed": finished_bulk,
}
"""What must have happened before an exchange; the others need only the first state."""


@pytest.mark.parametrize("identifier", EXCHANGES)
def test_recorded_exchange(identifier: str) -> None:
    world = World(EXCHANGES[identifier])
    if identifier in STATES:
        STATES[identifier](world)
    world.replay()


def test_every_state_belongs_to_an_exchange() -> None:
    assert set(STATES) <= set(EXCHANGES)
    assert len(EXCHANGES) == len(RECORDING["exchanges"]) >= 50


def test_the_form_comparison_still_sees_a_difference() -> None:
    token = FAKE_TOKENS["admin_uid1"]
    assert by_form(f'"{token}"') != by_form(f'"{FAKE_TOKENS["admin_uid1_60s"]}"')
    assert by_form(token) == by_form(token.rpartition(".")[0] + "." + "b" * 43)
    assert by_form('{"data_hash":"' + "a" * 63 + '"}') != by_form('{"data_hash":"' + "a" * 64 + '"}')


def test_no_provider_answers_the_same_in_2_4_7() -> None:
    world = World(EXCHANGES["tfa.no_provider"])
    world.simulator.set_two_factor("no_provider")
    world.replay()
