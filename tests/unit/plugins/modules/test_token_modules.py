# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token modules of the services, which are one."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils import _token_module
from ansible_collections.tokenflow.services.plugins.module_utils._registry import SERVICES

from tests.unit.plugins._fakes import CountingStore
from tests.unit.plugins._simulated import Simulated, Town

MODULES = {service: importlib.import_module(f"ansible_collections.tokenflow.services.plugins.modules.{service}_token") for service in SERVICES}
LOGIN = {"plcnext": "access-token", "pxplus": "token.pxp", "phoenix": "access_token", "magento": "admin/token", "appliance": "auth/token"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class Case:
    """A run of several tasks with one service's token module."""

    def __init__(self, simulated: Simulated) -> None:
        self.simulated, self.store = simulated, CountingStore()

    def run(self, check: bool = False, **options: Any) -> dict[str, Any]:
        return self.simulated.invoke(MODULES[self.simulated.name], store=self.store, check=check, **options)

    @property
    def logins(self) -> int:
        return len(self.simulated.journal(LOGIN[self.simulated.name]))

    @property
    def value(self) -> str:
        assert self.store.token is not None
        return self.store.token.value


@pytest.fixture(params=SERVICES)
def case(request: pytest.FixtureRequest, town: Town) -> Case:
    return Case(town.fresh(request.param))


def test_a_token_is_made_sure_of(case: Case) -> None:
    first, second = case.run(), case.run()
    assert (first["changed"], first["obtained"]) == (False, "login")
    assert (second["changed"], second["obtained"]) == (False, "cache")
    assert case.logins == 1
    assert first["principal"] == case.simulated.entry.get("username", case.simulated.entry.get("client_id"))
    assert TIME.fullmatch(first["issued_at"])
    assert TIME.fullmatch(first["expires_at"])
    assert second["expires_at"] == first["expires_at"]
    assert "token" not in first


def test_a_token_is_renewed_in_any_case(case: Case) -> None:
    case.run()
    before = case.value
    result = case.run(state="renewed")
    assert (result["changed"], result["obtained"]) == (True, "renewal" if case.simulated.name == "appliance" else "login")
    assert case.logins == 2
    # Two logins to Magento within a second give the same token.
    assert case.value != before or case.simulated.name == "magento"


def test_check_mode_neither_renews_nor_forgets(case: Case) -> None:
    assert case.run(check=True)["obtained"] == "login"
    before = case.value
    assert case.run(check=True, state="renewed")["changed"] is True
    assert case.run(check=True, state="absent")["changed"] is True
    assert (case.value, case.logins) == (before, 1)


def test_a_token_is_forgotten(case: Case) -> None:
    assert case.run(state="absent") == {"changed": False, "obtained": "none", "expires_at": None, "revoked": False}
    case.run()
    assert case.run(state="absent") == {"changed": True, "obtained": "none", "expires_at": None, "revoked": False}
    assert case.store.token is None
    case.run()
    assert case.logins == 2


def test_a_token_is_returned_when_asked_for(case: Case) -> None:
    assert case.run(return_token=True)["token"] == case.value


def test_a_lifetime_can_be_asked_for(case: Case) -> None:
    case.run(minimum_lifetime=300)
    case.run(minimum_lifetime=300)
    assert case.logins == 1
    assert case.store.token is not None
    assert case.store.token.lives(case.store.token.issued_at, 300)


def test_roles_are_those_of_the_service(plcnext: Simulated, phoenix: Simulated) -> None:
    assert plcnext.invoke(MODULES["plcnext"])["roles"] == ["EHmiLevel1", "EHmiLevel3"]
    assert "roles" not in phoenix.invoke(MODULES["phoenix"])


@pytest.mark.parametrize("state", ["present", "renewed", "absent"])
def test_without_a_login_there_is_no_token(state: str, plcnext: Simulated, pxplus: Simulated, magento: Simulated) -> None:
    nobody: dict[str, Any] = {"username": None, "password": None}
    for simulated, options in (
        (plcnext, {"authentication": False, **nobody}),
        (pxplus, {"client_id": None, "client_secret": None}),
        (magento, {"account": "guest", **nobody}),
    ):
        assert simulated.invoke(MODULES[simulated.name], state=state, **options) == {"changed": False, "obtained": "none", "expires_at": None}
        assert not simulated.journal()


def test_a_customer_is_logged_out(magento: Simulated) -> None:
    case = Case(magento)
    account = {"account": "customer", "username": magento.entry["customer_username"], "password": magento.entry["customer_password"]}
    case.run(**account)
    assert case.run(state="absent", **account)["revoked"] is True


def test_a_given_token_is_told(phoenix: Simulated) -> None:
    token = phoenix.flow().login().value
    result = phoenix.invoke(MODULES["phoenix"], token=token, client_id=None, client_secret=None)
    assert (result["changed"], result["obtained"], result["expires_at"]) == (False, "given", None)


def test_all_token_modules_have_the_same_options() -> None:
    assert {tuple(sorted(module.DEFINITION.options)) for module in MODULES.values()} == {tuple(sorted(_token_module.OPTIONS))}
