# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance's modules with every position of the simulator's switches: the right result or a clear error, and never a wrong ``changed``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.tokenflow.services.plugins.module_utils._errors import TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._module import Invocation
from ansible_collections.tokenflow.services.plugins.module_utils._services import _appliance_jobs, _appliance_system, appliance
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.simulators._appliance_switches import SWITCHES
from tests.unit.plugins._simulated import Clock, Simulated

MODULES = "ansible_collections.tokenflow.services.plugins.modules"
CHOICES = [(name, value) for name, switch in SWITCHES.items() for value in switch.choices if value != switch.default]
PASSWORD = "sbc-Lab-digest-55!"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((_appliance_jobs, "INTERVAL"), (_appliance_system, "INTERVAL"), (appliance, "LOCK_INTERVAL")):
        monkeypatch.setattr(module, name, 0.05)


class Run:
    """Tasks of one run; ``options`` go with each of them."""

    def __init__(self, simulated: Simulated, folder: Path, **options: Any) -> None:
        self.simulated, self.folder, self.options = simulated, folder, options
        self.store, self.clock = MemoryStore(), Clock()

    def task(self, name: str, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        """The result of a task, also of one that fails."""
        module = import_module(f"{MODULES}.{name}")
        given = {**self.simulated.params(**self.options), **params}
        given = {option: value for option, value in given.items() if option in module.DEFINITION.argument_spec() and value is not None}
        validation = ArgumentSpecValidator(module.DEFINITION.argument_spec(), **module.DEFINITION.constraints).validate(given)
        assert not validation.errors.errors, validation.errors.msg
        session = self.simulated.session(store=self.store, clock=self.clock, check_mode=check_mode, **self.options)
        invocation = Invocation(validation.validated_parameters, session, session.client.secrets, check_mode, True, run_folder=self.folder)
        try:
            result = dict(module.run(invocation))
        except TokenflowError as error:
            result = error.as_result()
        assert session.client.secrets.redact(str(result)) == str(result)
        return {**result, "warnings": [*session.warnings, *invocation.warnings]}

    def stored(self, store: str = "editing") -> Any:
        return self.simulated.act("get_store", store=store)

    def element(self, element_type: str, attributes: dict[str, Any], subs: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """A change in check mode and in reality. ``changed`` of both is what happened, and a second task finds nothing left to do."""
        params = {"element_type": element_type, "attributes": attributes, "sub_elements": subs or {}, **more}
        before = self.stored()
        predicted = self.task("appliance_config_element", check_mode=True, **params)
        assert self.stored() == before
        result = self.task("appliance_config_element", **params)
        after = self.stored()
        if result.get("failed"):
            assert after == before or result.get("changed"), result
            return result
        assert (predicted["changed"], result["changed"]) == (after != before, after != before), (element_type, params)
        assert bool(result.get("diff")) is result["changed"]
        again = self.task("appliance_config_element", **params)
        assert (again["changed"], self.stored()) == (False, after)
        assert self.simulated.act("lock_state")["holder"] is None
        return result


def options(position: dict[str, Any]) -> dict[str, Any]:
    """What a user sets for an appliance of that kind."""
    names = {"refresh_field": "renewal_body", "latest_version": "api_version"}
    return {option: position[name] for name, option in names.items() if name in position}


Position = dict[str, Any]


def positions(*alone: str, together: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """The switches as they are, each other position of some, and of others each together with those of the rest."""
    single = [{name: value} for name, value in CHOICES if name in alone]
    others = {name: [value for _name, value in CHOICES if _name == name] for name in together}
    shared = [{name: values[min(turn, len(values) - 1)] for name, values in others.items()} for turn in range(max(map(len, others.values()), default=0))]
    return pytest.mark.parametrize("position", [{}, *single, *shared], ids=_label)


def _label(position: Position) -> str:
    return "=".join(map(str, *position.items())) if len(position) == 1 else "many" if position else "default"


def signed(csr: str) -> str:
    """A certificate for a request, from an authority of its own."""
    request, key = x509.load_pem_x509_csr(csr.encode()), ec.generate_private_key(ec.SECP256R1())
    now, name = datetime.now(timezone.utc), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
    builder = x509.CertificateBuilder().subject_name(request.subject).issuer_name(name).public_key(request.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now).not_valid_after(now + timedelta(days=90))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


READING = ("missing_element", "empty_list", "partial_keys", "paging", "extra_attributes", "error_nesting", "content_type_check", "latest_version")
WRITING = (
    "list_keys",
    "unknown_type",
    "put_missing",
    "subelement_put",
    "subelement_metadata",
    "delete_referenced",
    "ntp_type",
    "access_control_destination_key",
)
JOBS = ("async_busy", "async_initial", "save_without_changes", "activate_without_save")
LOCK = ("refresh_field", "refresh_old_token", "refresh_bad_token", "token_lifetime", "relock", "edits_at_lock_loss", "get_token")
SYSTEM = ("after_restart", "while_down", "uptime_tag", "redundancy", "switchover_status", "supportedversions_without_token")


def test_every_switch_plays_a_part() -> None:
    assert sorted((*READING, *WRITING, *JOBS, *LOCK, *SYSTEM, "import_verb")) == sorted(name for name, switch in SWITCHES.items() if switch.choices)


@pytest.fixture
def run(appliance: Simulated, tmp_path: Path, position: Position) -> Iterator[Run]:
    appliance.switch(job_seconds=0, **position)
    yield Run(appliance, tmp_path, **options(position))
    assert appliance.act("lock_state")["holder"] is None


@positions(*WRITING, together=READING)
def test_elements(run: Run, position: Position) -> None:
    route = {"dest-network": "203.0.113.0", "netmask": "255.255.255.0", "gateway": "192.0.2.1"}
    assert run.element("host-route", route)["changed"] is True
    assert run.element("host-route", {**route, "description": "branch"})["changed"] is True
    assert run.element("host-route", {"dest-network": "203.0.113.0"}, state="absent")["changed"] is True
    policy = {"from-address": ["*"], "to-address": ["+43", "+49"], "source-realm": "core", "description": "out"}
    assert run.element("local-policy", policy)["changed"] is True
    assert (
        run.element("local-policy", {**policy, "to-address": ["+1", "+2"]}, {"policy-attribute": {"next-hop": "SAG:pbx-cluster", "realm": "core"}})["changed"]
        is True
    )
    assert run.element("local-policy", {**policy, "to-address": ["+1", "+2"]}, state="absent")["changed"] is True
    time_servers = "ntp-sync" if "ntp_type" in position else "ntp-config"
    assert run.element(time_servers, {"add-server": ["192.0.2.7", "192.0.2.8"]})["changed"] is True
    assert run.element(time_servers, {}, state="absent")["changed"] is True
    assert run.element("media-manager", {"latching": False})["changed"] is True
    control = {
        "realm-id": "access",
        "source-address": "192.0.2.0/24",
        "application-protocol": "SIP",
        "transport-protocol": "TCP",
        "destination-address": "0.0.0.0",
    }
    assert run.element("access-control", control)["changed"] is True
    assert run.element("access-control", control, state="absent")["changed"] is True


@positions("subelement_put", "subelement_metadata", "delete_referenced", together=(*READING, "subelement_put"))
def test_sub_elements(run: Run, position: Position) -> None:
    keys = {}
    if "subelement_metadata" in position:
        refused = run.element("network-interface", {"name": "M10", "sub-port-id": 0}, {"bfd-config": {"health-score": 30}})
        assert refused["error"]["kind"] == "invalid_input"
        assert "sub_element_keys" in refused["msg"]
        keys = {"sip-port": ["address", "port", "transport-protocol"], "bfd-config": [], "bfd-session": ["bfd-sess-type"], "auth-attribute": "auth-realm"}
    more = {"sub_element_keys": keys}
    udp, tls = ({"address": "198.51.100.10", "port": port, "transport-protocol": what} for port, what in ((5060, "UDP"), (5061, "TLS")))
    made = run.element("sip-interface", {"realm-id": "access"}, {"sip-port": [{**udp, "allow-anonymous": "registered"}]}, **more)
    assert made["changed"] is True
    assert [port["allow-anonymous"] for port in made["after"]["sip-port"]] == ["registered", "agents-only"]
    purged = run.element("sip-interface", {"realm-id": "access"}, {"sip-port": [tls]}, purge_sub_elements=True, **more)
    assert (purged["changed"], [port["port"] for port in purged["after"]["sip-port"]]) == (True, ["5061"])
    bfd = {"health-score": 30, "bfd-session": {"bfd-sess-type": "vip"}}
    assert run.element("network-interface", {"name": "M10", "sub-port-id": 0}, {"bfd-config": bfd}, **more)["changed"] is True
    auth = {"auth-realm": "lab.example.com", "username": "sbc", "password": PASSWORD}
    trunk = {"hostname": "trunk.carrier.example"}
    assert run.element("session-agent", trunk, {"auth-attribute": [auth]}, **more)["changed"] is True
    assert run.element("session-agent", trunk, {"auth-attribute": [{**auth, "password": ""}]}, **more)["changed"] is True
    refused = run.element("realm-config", {"identifier": "core"}, {"auth-attribute": [auth]}, **more)
    assert refused["error"]["kind"] == "invalid_input"
    # An agent that others refer to cannot be made anew where that is refused.
    second = {"auth-attribute": [{**auth, "auth-realm": "second"}]}
    agent = {"hostname": "pbx1.example.com"}
    assert run.element("session-agent", agent, second, **more)["changed"] is True
    swapped = run.element("session-agent", agent, {"auth-attribute": [auth]}, purge_sub_elements=True, **more)
    if "delete_referenced" in position:
        assert "referenced by other elements" in swapped["msg"]
    else:
        assert [entry["auth-realm"] for entry in swapped["after"]["auth-attribute"]] == ["lab.example.com"]


@positions("delete_referenced")
def test_an_element_that_others_refer_to(run: Run, position: Position) -> None:
    removed = run.element("codec-policy", {"name": "g711-only"}, state="absent")
    if "delete_referenced" in position:
        assert removed["error"]["kind"] == "conflict"
        return
    assert removed["changed"] is True
    verified = run.task("appliance_config", action="verify")
    assert verified["messages"] == ["ERROR: realm-config [access] has reference to codec-policy [g711-only] which does not exist"]


@positions("save_without_changes", "activate_without_save", together=(*READING, *JOBS[:2]))
def test_the_configuration(run: Run, position: Position) -> None:
    if position.get("latest_version") != "v1.0":
        for changed in (True, False):
            assert run.task("appliance_config", action="backup", filename="before.gz")["changed"] is changed
    attributes = {"dest-network": "203.0.113.0", "gateway": "192.0.2.1"}
    run.element("host-route", attributes)
    compared: dict[str, Any] = {"action": "activate", "compare": ["host-route", "sip-interface"]}
    told = run.task("appliance_config", check_mode=True, **compared)
    assert (told["changed"], told["differing"]) == (True, ["host-route"])
    results = [run.task("appliance_config", action=action) for action in ("verify", "save", "activate")]
    assert [(result["changed"], result["status"]) for result in results] == [(False, "success"), (True, "success"), (True, "success")]
    assert run.stored() == run.stored("saved") == run.stored("running")
    assert run.task("appliance_config", **compared) == {"changed": False, "operation": "activate", "status": "skipped", "differing": [], "warnings": []}
    saved = run.task("appliance_config", action="save")
    if "save_without_changes" in position:
        assert (saved["error"]["kind"], saved["messages"]) == ("job_failed", ["There are no changes to save"])
    else:
        assert saved["changed"] is True
    run.element("host-route", attributes, state="absent")
    activated = run.task("appliance_config", action="activate")
    if "activate_without_save" in position:
        assert (activated["error"]["kind"], activated["messages"]) == ("job_failed", ["Configuration has unsaved changes"])
    else:
        assert activated["status"] == "success"
    assert run.task("appliance_config", action="restore")["changed"] is True
    assert run.stored() == run.stored("running")


@positions(*LOCK, together=("content_type_check", "error_nesting", "latest_version"))
def test_the_lock(run: Run, position: Position) -> None:
    simulated = run.simulated
    assert [run.task("appliance_lock")["changed"] for _round in range(2)] == [True, False]
    for _round in range(3):
        run.clock.advance(550)
        simulated.advance(550)
        changed = run.task("appliance_config_element", element_type="media-manager", attributes={"latching": bool(_round % 2)}, lock="required")
        assert (changed.get("changed"), changed["warnings"]) == (True, [])
        assert simulated.act("lock_state")["holder"] == "admin"
    assert [run.task("appliance_lock", state="absent")["changed"] for _round in range(2)] == [True, False]
    run.task("appliance_lock")
    run.task("appliance_config_element", element_type="media-manager", attributes={"state": False}, lock="required")
    simulated.act("revoke_tokens")
    lost = run.task("appliance_lock")
    assert lost["error"]["kind"] == "lock_lost"
    kept = run.stored()["media-manager"][0]["attributes"]["state"] == "disabled"
    assert kept is ("edits_at_lock_loss" not in position)


@positions("latest_version", together=(*READING[:-1], *SYSTEM, "async_initial"))
def test_what_it_tells(run: Run, position: Position) -> None:
    everything = ["versions", "status", "job", "element_types", "metadata", "kpis", "certificates", "boot_parameters", "backups"]
    without = {"v1.1": {"certificates"}, "v1.0": {"certificates", "kpis", "backups"}}.get(position.get("latest_version", ""), set())
    for part in everything:
        found = run.task("appliance_info", gather=[part], element_type="sip-interface", certificate_records=["defaultSelfSignedRestCert"])
        if part in without and part != "certificates":
            assert found["error"]["kind"] == "not_found"
        else:
            assert not found.get("failed"), found
            assert found[part] != {"defaultSelfSignedRestCert": None} or part in without
    for gather, text in (("metadata", "needs element_type"), ("certificates", "needs certificate_records")):
        assert text in run.task("appliance_info", gather=[gather])["msg"]
    read = run.task("appliance_config_element_info", element_type="session-agent", query="[].hostname")
    assert read["result"] == ["pbx1.example.com", "pbx2.example.com", "trunk.carrier.example"]
    one = run.task("appliance_config_element_info", element_type="host-route", keys={"dest-network": "192.0.2.128"}, running=True)
    assert one["elements"][0]["description"] == "management network"
    assert run.task("appliance_config_element_info", element_type="host-route", keys={"dest-network": "203.0.113.0"})["elements"] == []
    partial = run.task("appliance_config_element_info", element_type="steering-pool", keys={"realm-id": "access"})
    assert "the keys of steering-pool are ip-address, start-port, realm-id" in partial["msg"]
    unknown = run.task("appliance_config_element_info", element_type="hostroute")
    assert unknown["error"]["kind"] == "not_found"


@positions("after_restart", "while_down", together=SYSTEM)
def test_a_restart(run: Run, position: Position) -> None:
    run.simulated.switch(reboot_delay_seconds=0.1, reboot_seconds=0.2, switchover_seconds=0.2)
    assert run.task("appliance_system", action="reboot", confirm=False)["error"]["kind"] == "invalid_input"
    assert run.task("appliance_system", action="reboot", confirm=True, check_mode=True)["changed"] is True
    result = run.task("appliance_system", action="reboot", confirm=True, wait=20.0)
    assert (result["changed"], result["status"]["uptime"] < result["before"]["uptime"]) == (True, True)
    assert len(run.simulated.journal("reboot")) == 1
    run.task("appliance_lock")
    refused = run.task("appliance_system", action="reboot", confirm=True)
    assert (refused["error"]["kind"], "Save and release the lock first" in refused["msg"]) == ("locked", True)
    run.task("appliance_lock", state="absent")
    switched = run.task("appliance_system", action="switchover", confirm=True, wait=20.0)
    if "redundancy" in position:
        assert (switched["before"]["role"], switched["status"]["role"]) == ("active", "standby")
    else:
        assert (switched["error"]["kind"], "not part of a redundant pair" in switched["msg"]) == ("refused", True)


@positions("import_verb", together=("content_type_check", "error_nesting", "import_verb"))
def test_a_certificate(run: Run, position: Position) -> None:
    record: dict[str, Any] = {"record": "phones"}
    assert run.task("appliance_certificate", **record, state="requested")["error"]["kind"] == "not_found"
    run.element("certificate-record", {"name": "phones", "common-name": "sbc.example.com", "key-algor": "ecdsa"})
    assert run.task("appliance_certificate", **record, state="requested", check_mode=True)["changed"] is True
    request = run.task("appliance_certificate", **record, state="requested")
    again = run.task("appliance_certificate", **record, state="requested")
    assert (request["changed"], again["error"]["kind"], "regenerate" in again["msg"]) == (True, "refused", True)
    csr = run.task("appliance_certificate", **record, state="requested", regenerate=True)["csr"]
    assert csr != request["csr"]
    first, second = (signed(csr) for _round in range(2))
    for one, kept in ((first, False), (first, True), (second, False), (second, True)):
        assert run.task("appliance_certificate", **record, state="imported", certificate=one, check_mode=True)["changed"] is not kept
        assert run.task("appliance_certificate", **record, state="imported", certificate=one)["changed"] is not kept
    refused = run.task("appliance_certificate", **record, state="imported", certificate=first, overwrite=False)
    assert "has another certificate" in refused["msg"]
    assert run.task("appliance_certificate", **record, state="requested")["changed"] is False
    # What is not documented of reading a certificate must not keep one from being imported.
    run.simulated.fault("status", "certificates$", method="GET", status=400, times=2)
    blind = [run.task("appliance_certificate", **record, state="imported", certificate=second, overwrite=overwrite) for overwrite in (True, False)]
    assert ["cannot be seen" in " ".join(result["warnings"]) for result in blind] == [True, True]
    assert (blind[0]["changed"], blind[1]["error"]["kind"]) == (True, "refused")
    assert run.task("appliance_info", gather=["certificates"], certificate_records=["phones"])["certificates"] == {"phones": second}
