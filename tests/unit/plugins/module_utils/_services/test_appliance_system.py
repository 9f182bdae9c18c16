# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The appliance as a system: what it tells of itself, waiting while it restarts, and certificates."""

from __future__ import annotations

import textwrap
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    Locked,
    NotAuthorised,
    NotFound,
    RequestRefused,
    TimedOut,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services import _appliance_system as service
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import Element
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_system import (
    Info,
    certificate,
    import_certificate,
    request_certificate,
    restart,
    same_certificate,
    status,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from tests.unit.plugins._simulated import Simulated


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "INTERVAL", 0.05)


@pytest.fixture
def box(appliance: Simulated) -> Appliance:
    return Appliance(appliance.session())


# What it tells of itself


def gather(box: Appliance, part: str, **more: Any) -> Any:
    return Info(box, more.get("element_type"), more.get("kpi_types", ()), more.get("records", ())).parts[part]()


@pytest.mark.parametrize("tag", ["uptimeSeconds", "upTime"])
def test_the_uptime_has_one_name(box: Appliance, appliance: Simulated, tag: str) -> None:
    appliance.switch(uptime_tag=tag)
    found = status(box)
    assert found["uptime"] == pytest.approx(146091, abs=60)
    assert (found["role"], found["systemState"], found["hostName"], tag in found) == ("standalone", "online", "PRIMARY", True)


def test_the_state_of_a_pair(box: Appliance, appliance: Simulated) -> None:
    appliance.act("set_role", role="standby")
    found = gather(box, "status")
    assert (found["role"], found["haPeerRole"], found["haPeerName"]) == ("standby", "active", "SECONDARY")


@pytest.mark.parametrize("latest", ["v1.2", "v1.1", "v1.0"])
@pytest.mark.parametrize("open_to_all", [401, 200])
def test_versions(appliance: Simulated, latest: str, open_to_all: int) -> None:
    appliance.switch(latest_version=latest, supportedversions_without_token=open_to_all)
    found = gather(Appliance(appliance.session(api_version="v1.0")), "versions")
    assert found == {"latest": latest, "others": [version for version in ("v1.0", "v1.1") if version < latest]}


def test_element_types(box: Appliance) -> None:
    found = {entry["name"]: entry for entry in gather(box, "element_types")}
    assert len(found) == 20
    assert found["host-route"] == {"name": "host-route", "description": "route of management traffic", "single": False}
    assert [name for name, entry in found.items() if entry["single"]] == ["system-config", "ntp-config", "media-manager", "sip-config"]


def test_metadata(box: Appliance) -> None:
    found = gather(box, "metadata", element_type="realm-config")
    assert (found["keys"], found["single"], found["subs"]["auth-attribute"]["keys"]) == (["identifier"], False, ["auth-realm"])
    assert found["subs"]["auth-attribute"]["secrets"] == ["password"]
    with pytest.raises(NotFound):
        gather(box, "metadata", element_type="nothing")


def test_key_figures(box: Appliance, appliance: Simulated) -> None:
    found = gather(box, "kpis")
    assert list(found) == ["globalSessions", "sessCapacityUtil", "sipRegistrations", "sysCPUUtil", "sysMemoryUtil"]
    assert found["globalSessions"] == {"sysGlobalConSessions": "118", "sysGlobalCPS": "4"}
    appliance.act("clear_journal")
    assert gather(box, "kpis", kpi_types=["sysCPUUtil"]) == {"sysCPUUtil": {"sysCPUUtil": "7"}}
    assert len(appliance.journal()) == 1


def test_boot_parameters_do_not_show_their_password(box: Appliance) -> None:
    found = gather(box, "boot_parameters")
    assert (found["FTP password"], found["FTP username"], found["VLAN"], found["Target Name"]) == ("********", "vxftp", "", "PRIMARY")


def test_backups_and_the_last_job(box: Appliance, appliance: Simulated) -> None:
    assert gather(box, "backups") == ["factory-acceptance.gz"]
    assert gather(box, "job") == {"operation": "", "status": "", "messages": []}
    appliance.act("other_operator_job", operation="save", seconds=60)
    assert gather(box, "job") == {"operation": "save", "status": "inProgress", "messages": []}


def test_an_answer_without_data_is_no_empty_one(box: Appliance, appliance: Simulated) -> None:
    appliance.fault("body", "status", body="<response><messages/></response>")
    with pytest.raises(BadAnswer, match="has no data"):
        status(box)


# Restart


def rebooted(box: Appliance, appliance: Simulated, action: str = "reboot", timeout: float = 10.0, **switches: Any) -> tuple[dict[str, Any], list[str]]:
    told: list[str] = []
    appliance.switch(**{"reboot_delay_seconds": 0.2, "reboot_seconds": 0.5, "switchover_seconds": 0.4, **switches})
    return restart(box, action, timeout, told.append), told


@pytest.mark.parametrize(("answer", "tag"), [("reset", "uptimeSeconds"), (503, "upTime")])
@pytest.mark.parametrize("tokens", ["lost", "kept"])
def test_a_reboot_is_over_when_the_system_answers_again(box: Appliance, appliance: Simulated, answer: Any, tokens: str, tag: str) -> None:
    found, told = rebooted(box, appliance, while_down=answer, after_restart=tokens, uptime_tag=tag)
    assert found["before"]["uptime"] > 140000
    assert found["status"]["uptime"] < 60
    assert told
    assert all(text.startswith("reboot: the system has been away for") for text in told)
    assert len(appliance.journal("reboot")) == 1


@pytest.mark.parametrize("tokens", ["lost", "kept"])
@pytest.mark.parametrize("code", [204, 202])
@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_a_switchover_is_over_when_the_role_has_changed(box: Appliance, appliance: Simulated, tokens: str, code: int, seconds: float) -> None:
    appliance.act("set_role", role="active")
    appliance.act("set_role", role="standby")
    appliance.act("set_role", role="active")
    found, _told = rebooted(box, appliance, "switchover", after_restart=tokens, switchover_status=code, switchover_seconds=seconds)
    assert (found["before"]["role"], found["status"]["role"]) == ("active", "standby")


def test_a_switchover_behind_a_shared_address_is_seen_by_the_name(box: Appliance, appliance: Simulated) -> None:
    appliance.act("set_role", role="standby")
    appliance.act("set_role", role="active")
    peer = "<response><data><upTime>999999</upTime><hostName>SECONDARY</hostName><role>active</role></data></response>"
    appliance.fault("status", "admin/switchover", status=204)
    appliance.fault("body", "system/status", body=peer, skip=2)
    found, _told = rebooted(box, appliance, "switchover")
    assert found["status"]["hostName"] == "SECONDARY"


def test_a_switchover_without_a_peer_is_refused(box: Appliance, appliance: Simulated) -> None:
    with pytest.raises(RequestRefused, match="not part of a redundant pair"):
        rebooted(box, appliance, "switchover")


def test_a_system_that_does_not_come_back(box: Appliance, appliance: Simulated) -> None:
    with pytest.raises(TimedOut, match=r"was not back 0\.8 seconds after the reboot") as caught:
        rebooted(box, appliance, timeout=0.8, reboot_seconds=60)
    assert "The last thing heard was: Appliance: " in caught.value.hint


def test_a_system_that_never_goes_away(box: Appliance, appliance: Simulated) -> None:
    with pytest.raises(TimedOut) as caught:
        rebooted(box, appliance, timeout=0.3, reboot_delay_seconds=60)
    assert "never went away" in caught.value.hint


def test_nothing_is_waited_for_on_demand(box: Appliance, appliance: Simulated) -> None:
    found, told = rebooted(box, appliance, timeout=0)
    assert (list(found), told) == (["before"], [])


def test_a_wrong_answer_is_not_a_restart(box: Appliance, appliance: Simulated) -> None:
    appliance.fault("body", "system/status", body="<html>maintenance</html>", skip=1)
    with pytest.raises(TokenflowError):
        rebooted(box, appliance)


def test_only_an_administrator_restarts(appliance: Simulated) -> None:
    with pytest.raises(NotAuthorised, match="administrator privileges"):
        rebooted(Appliance(appliance.session("operator")), appliance)


# Certificates


class Authority:
    """Signs requests."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])

    def sign(self, csr: str) -> x509.Certificate:
        request = x509.load_pem_x509_csr(csr.encode())
        assert request.is_signature_valid
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder().subject_name(request.subject).issuer_name(self.name).public_key(request.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=90))
        return builder.sign(self.key, hashes.SHA256())


def pem(one: x509.Certificate) -> str:
    return one.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def record(box: Appliance) -> str:
    box.lock()
    box.create(Element.from_options("certificate-record", {"name": "phones", "common-name": "sbc.example.com", "key-algor": "ecdsa"}))
    return "phones"


@pytest.mark.parametrize("verb", ["PUT", "POST"])
def test_a_certificate_is_requested_signed_and_imported(box: Appliance, appliance: Simulated, record: str, verb: str) -> None:
    appliance.switch(import_verb=verb, content_type_check="strict")
    assert certificate(box, record) is None
    csr = request_certificate(box, record, False)
    signed = pem(Authority().sign(csr))
    import_certificate(box, record, "x509", signed, False)
    assert certificate(box, record) == signed
    assert same_certificate(signed, certificate(box, record)) is True
    assert [entry["method"] for entry in appliance.journal("import")] == (["PUT"] if verb == "PUT" else ["PUT", "POST"])


def test_a_certificate_with_its_chain(box: Appliance, record: str) -> None:
    signed = Authority().sign(request_certificate(box, record, False))
    above = Authority().sign(request_certificate(box, "defaultSelfSignedRestCert", True))
    chain = pkcs7.serialize_certificates([above, signed], serialization.Encoding.PEM).decode()
    assert same_certificate(chain, certificate(box, record)) is False
    import_certificate(box, record, "pkcs7", chain, False)
    assert certificate(box, record) == pem(signed)
    assert same_certificate(chain, pem(signed)) is True
    assert same_certificate(chain, pem(Authority().sign(request_certificate(box, record, True)))) is False


def test_another_certificate_needs_to_be_told_so(box: Appliance, record: str) -> None:
    csr = request_certificate(box, record, False)
    first, second = (pem(Authority().sign(csr)) for _round in range(2))
    import_certificate(box, record, "x509", first, False)
    with pytest.raises(RequestRefused, match="set overwrite to replace it"):
        import_certificate(box, record, "x509", second, False)
    import_certificate(box, record, "x509", second, True)
    assert certificate(box, record) == second


def test_a_second_request_needs_to_be_told_so(box: Appliance, record: str) -> None:
    first = request_certificate(box, record, False)
    with pytest.raises(RequestRefused, match="already exists") as caught:
        request_certificate(box, record, False)
    assert "regenerate" in caught.value.hint
    assert request_certificate(box, record, True) != first


def test_the_certificate_of_somebody_else_is_refused(box: Appliance, record: str) -> None:
    request_certificate(box, record, False)
    other = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    foreign = pem(Authority().sign(other.public_bytes(serialization.Encoding.PEM).decode()))
    with pytest.raises(RequestRefused, match="does not match the private key"):
        import_certificate(box, record, "x509", foreign, False)


def test_a_record_that_is_not_there(box: Appliance) -> None:
    box.lock()
    assert certificate(box, "nothing") is None
    with pytest.raises(NotFound, match="Certificate-record not found"):
        request_certificate(box, "nothing", False)


def test_a_request_needs_the_lock(box: Appliance) -> None:
    with pytest.raises(Locked):
        request_certificate(box, "defaultSelfSignedRestCert", True)


def test_an_answer_without_a_request_is_an_error(box: Appliance, appliance: Simulated, record: str) -> None:
    appliance.fault("body", "generateRequest", body="<response><data/></response>")
    with pytest.raises(BadAnswer, match="no certificate signing request"):
        request_certificate(box, record, False)


BODY = "MIIBszCCAVmgAwIBAgIUQ" * 6


def wrapped(width: int, ends: str = "\n", kind: str = "CERTIFICATE") -> str:
    return f"-----BEGIN {kind}-----{ends}{ends.join(textwrap.wrap(BODY, width))}{ends}-----END {kind}-----{ends}"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (wrapped(64), wrapped(64), True),
        (wrapped(64), wrapped(76, "\r\n"), True),
        (wrapped(64), f"subject=CN = sbc\n{wrapped(64)}", True),
        (wrapped(64) + wrapped(10), wrapped(64), True),
        (wrapped(64), wrapped(64).replace("MIIB", "MIIC"), False),
        (wrapped(64), wrapped(64, kind="PKCS7"), False),
        (wrapped(64), None, False),
        ("", None, False),
        ("", "", False),
        ("no certificate", "no certificate", False),
    ],
)
def test_certificates_are_compared_however_their_lines_are_broken(one: str, other: str | None, expected: bool) -> None:
    assert same_certificate(one, other) is expected
