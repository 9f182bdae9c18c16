# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module declares, and how its session comes about."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition, Invocation, connection_options, open_session
from ansible_collections.tokenflow.services.plugins.module_utils._registry import FLOWS, SERVICES
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore

from tests.unit.plugins._fakes import Run

FLOW = {flow.NAME: flow for flow in FLOWS}
ANY = Definition("any", FLOWS, {"service": {"type": "str", "choices": SERVICES, "required": True}, "path": {"type": "str"}})


def one(service: str) -> Definition:
    return Definition("one", (FLOW[service],), {"paths": {"type": "list", "elements": "str"}})


def validated(definition: Definition, **given: Any) -> dict[str, Any]:
    result = ArgumentSpecValidator(definition.argument_spec(given), **definition.constraints).validate(given)
    assert not result.errors.errors, result.errors.msg
    return dict(result.validated_parameters)


# Options and their environment


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("option", "value", "taken"),
    [
        ("base_url", "https://a.example", "https://a.example"),
        ("token", "t", "t"),
        ("validate_certs", "no", False),
        ("ca_path", "/etc/ca.pem", "/etc/ca.pem"),
        ("certificate_fingerprint", "ab:cd", "ab:cd"),
    ],
)
def test_connections_come_from_the_environment_of_the_service(monkeypatch: pytest.MonkeyPatch, service: str, option: str, value: str, taken: Any) -> None:
    monkeypatch.setenv(f"{service.upper()}_{option.upper()}", value)
    assert validated(one(service))[option] == taken
    assert validated(ANY, service=service)[option] == taken
    assert validated(one(service), **{option: "other" if option != "validate_certs" else True})[option] != taken
    for other in SERVICES:
        if other != service:
            assert validated(one(other))[option] != taken


@pytest.mark.parametrize(("service", "option"), [(flow.NAME, name) for flow in FLOWS for name, option in flow.OPTIONS.items() if "fallback" in option])
def test_credentials_come_from_the_environment_of_the_service(monkeypatch: pytest.MonkeyPatch, service: str, option: str) -> None:
    monkeypatch.setenv(f"{service.upper()}_{option.upper()}", "from-environment")
    assert validated(one(service))[option] == "from-environment"
    assert validated(ANY, service=service)[option] == "from-environment"
    assert validated(one(service), **{option: "given"})[option] == "given"


def test_every_credential_has_a_variable() -> None:
    for flow in FLOWS:
        for name in ("username", "password", "client_id", "client_secret", "otp_secret"):
            if name in flow.OPTIONS:
                assert flow.OPTIONS[name]["fallback"][1] == [f"{flow.NAME}_{name}".upper()]


def test_a_bundle_of_the_environment_is_the_default_of_ca_path_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/bundle.pem")
    assert validated(one("plcnext"))["ca_path"] == "/etc/bundle.pem"
    monkeypatch.setenv("PLCNEXT_CA_PATH", "/etc/plc.pem")
    assert validated(one("plcnext"))["ca_path"] == "/etc/plc.pem"
    assert validated(one("plcnext"), ca_path="/etc/mine.pem")["ca_path"] == "/etc/mine.pem"


def test_defaults() -> None:
    params = validated(one("plcnext"))
    expected = {
        "validate_certs": True,
        "timeout": 30.0,
        "retries": 3,
        "allow_plain_http": False,
        "cache_token": True,
        "run_on": None,
        "base_url": None,
        "proxy": None,
    }
    assert {name: params[name] for name in expected} == expected


def test_secret_connection_options_are_not_logged() -> None:
    assert [name for name, option in connection_options("x").items() if option.get("no_log")] == ["token", "_handed_token"]


# Definitions


def test_the_only_flow_is_the_flow() -> None:
    assert one("phoenix").flow_for({}) is FLOW["phoenix"]
    assert one("phoenix").flow_for({"service": "magento"}) is FLOW["phoenix"]


@pytest.mark.parametrize("service", SERVICES)
def test_the_service_chooses_the_flow(service: str) -> None:
    assert ANY.flow_for({"service": service}) is FLOW[service]
    spec = ANY.argument_spec({"service": service})
    assert set(FLOW[service].OPTIONS) <= set(spec)
    strange = {name for flow in FLOWS for name in flow.OPTIONS} - set(FLOW[service].OPTIONS)
    assert not strange & set(spec)


def test_without_a_service_there_are_the_options_of_all_and_no_environment() -> None:
    for params in (None, {}, {"service": "nosuch"}):
        spec = ANY.argument_spec(params)
        assert {name for flow in FLOWS for name in flow.OPTIONS} <= set(spec)
        assert not [name for name, option in spec.items() if "fallback" in option]
    assert ANY.flow_for({"service": "nosuch"}) is None


def test_own_options_go_before_those_of_the_service() -> None:
    definition = Definition("x", (FLOW["plcnext"],), {"timeout": {"type": "int", "default": 5}})
    assert validated(definition)["timeout"] == 5


def test_secret_values_are_found_whatever_the_service() -> None:
    params = {"password": "p", "client_secret": "c", "otp_secret": "o", "token": "t", "username": "u", "base_url": "b", "otp": None}
    assert sorted(ANY.secrets(params)) == ["c", "o", "p", "t"]
    assert sorted(one("plcnext").secrets(params)) == ["p", "t"]


# Sessions


def opened(definition: Definition, **given: Any) -> Any:
    stores: list[Any] = []

    def store_for(flow: Any) -> MemoryStore:
        stores.append(flow)
        return MemoryStore()

    params = validated(definition, **given)
    return open_session(definition, params, store_for, Secrets(), check_mode=False), stores


def test_a_session_has_its_flow_and_its_store() -> None:
    session, stores = opened(one("magento"), base_url="https://shop.example/", username="u", password="p", timeout=7, retries=1)
    assert isinstance(session.flow, FLOW["magento"])
    assert stores == [session.flow]
    connection = session.client.connection
    assert (connection.base_url, connection.timeout, connection.retries) == ("https://shop.example", 7.0, 1)


def test_without_a_cache_the_store_is_for_one_task() -> None:
    session, stores = opened(one("magento"), base_url="https://shop.example", cache_token=False)
    assert stores == []
    assert isinstance(session.store, MemoryStore)


@pytest.mark.parametrize("service", [service for service in SERVICES if not FLOW[service].DEFAULT_URL])
def test_a_missing_address_is_named_with_its_variable(service: str) -> None:
    with pytest.raises(InvalidInput, match="needs base_url") as caught:
        opened(one(service))
    assert f"{service.upper()}_BASE_URL" in caught.value.hint


def test_a_service_for_everybody_has_its_address() -> None:
    session, _stores = opened(one("phoenix"))
    assert session.client.connection.base_url == "https://api.securityphoenix.cloud"
    session, _stores = opened(one("phoenix"), base_url="https://api.demo.example")
    assert session.client.connection.base_url == "https://api.demo.example"


def test_a_service_that_is_none_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="no service 'nosuch'"):
        open_session(ANY, {"service": "nosuch"}, lambda _flow: MemoryStore(), Secrets(), check_mode=False)


def test_the_environment_of_the_task_reaches_the_connection() -> None:
    params = validated(one("plcnext"), base_url="https://plc.example")
    session = open_session(one("plcnext"), params, lambda _flow: MemoryStore(), Secrets(), check_mode=True, environment={"https_proxy": "http://proxy.example"})
    assert session.client.connection.proxies() == {"https": "http://proxy.example"}
    with pytest.raises(RuntimeError):
        session.call("POST", "/x")


def test_warnings_have_no_secrets() -> None:
    run = Run()
    invocation = Invocation({}, run.task(), Secrets(["hush"]))
    invocation.warn("the password hush is short")
    assert invocation.warnings == ["the password ******** is short"]
