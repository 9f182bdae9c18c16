# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated appliance: asynchronous operations, files, boot parameters, certificates, restarts, status and KPIs."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any
from xml.sax.saxutils import escape

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from ._appliance_box import ADMIN, MANAGEMENT, SECOND, Box, elements_in, error_in, parsed, token_in

FILES, BOOT, CERTIFICATES = "/configuration/management/files", "/configuration/bootparams", "/configuration/certificates"
STATE = "data/operationState/"


@pytest.fixture
def box() -> Box:
    return Box()


def edit(box: Box, token: str, value: str) -> None:
    assert box.put(token, "sip-config", {"trans-expire": value}).status_code == 200


def values(box: Box) -> list[str]:
    """``trans-expire`` in editing, saved and running."""
    return [box.simulator.get_store(name)["sip-config"][0]["attributes"]["trans-expire"] for name in ("editing", "saved", "running")]


def test_save_and_activate_move_between_the_stores(box: Box) -> None:
    token = box.locked()
    edit(box, token, "16")
    assert values(box) == ["16", "32", "32"]
    saved = box.job(token, "save")
    assert (saved.findtext(STATE + "operation"), saved.findtext(STATE + "status")) == ("save", "success")
    assert saved.find(STATE + "errorMessage") is None
    assert values(box) == ["16", "16", "32"]
    assert box.job(token, "activate").findtext(STATE + "operation") == "activate"
    assert values(box) == ["16", "16", "16"]
    assert elements_in(box.get(token, "sip-config", running="true"))[0]["trans-expire"] == "16"
    assert box.simulator.lock_state()["holder"] == ADMIN


@pytest.mark.parametrize("seconds", [2.0, 30])
def test_operations_take_time(box: Box, seconds: float) -> None:
    box.simulator.switch(job_seconds=seconds)
    token = box.locked()
    edit(box, token, "16")
    answer = box.call("PUT", f"{MANAGEMENT}?action=save", token)
    assert answer.status_code == 202
    root = parsed(answer)
    assert [one.text for one in root.findall("links/link")] == ["https://sbc.example.com/rest/v1.2/admin/asyncstatus"]
    assert "<data/>" in answer.text
    assert box.status(token).findtext(STATE + "status") == "inProgress"
    box.simulator.advance(seconds - 1)
    assert box.status(token).findtext(STATE + "status") == "inProgress" and values(box)[1] == "32"
    edit(box, token, "20")
    box.simulator.advance(1.5)
    assert box.status(token).findtext(STATE + "status") == "success" and values(box) == ["20", "16", "32"]


def test_the_link_follows_how_the_client_addressed_the_system(box: Box) -> None:
    token = box.locked()
    answer = box.call("POST", f"{MANAGEMENT}?action=activate", token, version="v1.1", Host="192.0.2.10:8443")
    assert parsed(answer).findtext("links/link") == "https://192.0.2.10:8443/rest/v1.1/admin/asyncstatus"


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("PUT", ""),
        ("PUT", "?action="),
        ("PUT", "?action=activate"),
        ("PUT", "?action=explode"),
        ("POST", "?action=save"),
        ("POST", "?action=verify"),
        ("PUT", "?action=restore"),
        ("PUT", "?action=restore&restoreType=running"),
        ("PUT", "?action=restore&restoreSource=editing"),
        ("PUT", "?action=restore&restoreSource=backupFile"),
        ("PUT", "?action=restore&restoreSource=backupFile&filename=/code/bkups/a.gz"),
        ("POST", "?action=backup&filename=a.gz"),
        ("POST", "?action=backup&backupSource=running"),
        ("POST", "?action=backup&backupSource=backupFile&filename=a.gz"),
        ("POST", "?action=backup&backupSource=running&filename=../a.gz"),
    ],
)
def test_management_refuses(box: Box, method: str, parameters: str) -> None:
    token = box.locked()
    assert box.call(method, MANAGEMENT + parameters, token).status_code == 400
    assert box.simulator.state.jobs.newest is None


@pytest.mark.parametrize("source", ["running", "saved"])
def test_restore_from_a_store(box: Box, source: str) -> None:
    token = box.locked()
    edit(box, token, "16")
    box.job(token, "save")
    edit(box, token, "20")
    assert box.job(token, "restore", restoreSource=source).findtext(STATE + "operation") == "restore"
    assert values(box) == [{"running": "32", "saved": "16"}[source], "16", "32"]


@pytest.mark.parametrize("source", ["running", "saved", "editing"])
def test_backup_and_restore(box: Box, source: str) -> None:
    token = box.locked()
    edit(box, token, "16")
    box.job(token, "save")
    edit(box, token, "20")
    assert box.job(token, "backup", backupSource=source, filename="before.gz").findtext(STATE + "status") == "success"
    again = box.job(token, "backup", backupSource=source, filename="before.gz")
    assert again.findtext(STATE + "status") == "fail" and "already exists" in (again.findtext(STATE + "errorMessage") or "")
    edit(box, token, "24")
    box.job(token, "restore", restoreSource="backupFile", filename="before.gz")
    assert values(box)[0] == {"running": "32", "saved": "16", "editing": "20"}[source]
    missing = box.job(token, "restore", restoreSource="backupFile", filename="nothing.gz")
    assert missing.findtext(STATE + "status") == "fail"


def test_files(box: Box) -> None:
    token = box.locked()
    box.job(token, "backup", backupSource="running", filename="a.gz")
    root = parsed(box.call("GET", FILES, box.login("viewer")))
    assert [one.text for one in root.findall("data/files/file")] == ["a.gz", "factory-acceptance.gz"]
    assert box.call("DELETE", f"{FILES}?filename=a.gz", token).status_code == 204
    gone = box.call("DELETE", f"{FILES}?filename=a.gz", token)
    assert gone.status_code == 404 and error_in(gone) == "File not found"
    assert box.call("DELETE", FILES, token).status_code == 400
    assert box.call("DELETE", f"{FILES}?filename=/code/bkups/factory-acceptance.gz", token).status_code == 400
    assert len(parsed(box.call("GET", FILES, token)).findall("data/files/file")) == 1


@pytest.mark.parametrize("position", [200, 404])
def test_async_initial(box: Box, position: int) -> None:
    box.simulator.switch(async_initial=position)
    token = box.login()
    answer = box.call("GET", "/admin/asyncstatus", token)
    assert answer.status_code == position and "<data/>" in answer.text


@pytest.mark.parametrize("position", [409, "accept"])
def test_async_busy(box: Box, position: Any) -> None:
    box.simulator.switch(async_busy=position)
    token = box.locked()
    edit(box, token, "16")
    assert box.call("PUT", f"{MANAGEMENT}?action=save", token).status_code == 202
    second = box.call("PUT", f"{MANAGEMENT}?action=verify", token)
    assert second.status_code == (409 if position == 409 else 202)
    assert box.status(token).findtext(STATE + "operation") == ("save" if position == 409 else "verify")
    box.simulator.advance(3)
    assert box.status(token).findtext(STATE + "status") == "success"
    assert values(box)[1] == "16"


@pytest.mark.parametrize("position", ["success", "fail"])
def test_save_without_changes(box: Box, position: str) -> None:
    box.simulator.switch(save_without_changes=position)
    token = box.locked()
    assert box.job(token, "save").findtext(STATE + "status") == position
    edit(box, token, "16")
    assert box.job(token, "save").findtext(STATE + "status") == "success"


@pytest.mark.parametrize("position", ["success", "fail"])
def test_activate_without_save(box: Box, position: str) -> None:
    box.simulator.switch(activate_without_save=position)
    token = box.locked()
    edit(box, token, "16")
    box.job(token, "save")
    edit(box, token, "20")
    assert box.job(token, "activate").findtext(STATE + "status") == position
    assert values(box) == ["20", "16", "16" if position == "success" else "32"]


def test_verify_succeeds_at_first(box: Box) -> None:
    root = box.job(box.locked(), "verify")
    assert root.findtext(STATE + "status") == "success" and root.find("data/additionalInfo") is None


def test_verify_finds_dangling_references(box: Box) -> None:
    token = box.locked()
    assert box.post(token, "steering-pool", {"ip-address": "192.0.2.77", "start-port": "9000", "end-port": "8000", "realm-id": "nowhere"}).status_code == 200
    assert box.put(token, "realm-config", {"identifier": "access", "network-interfaces": ["M00:9.4"]}).status_code == 200
    assert box.put(token, "session-group", {"group-name": "pbx-cluster", "dest": ["SAG:other", "pbx1.example.com"]}).status_code == 200
    assert box.post(token, "local-policy", {"from-address": "1", "to-address": "2", "source-realm": "*"}).status_code == 200
    root = box.job(token, "verify")
    assert root.findtext(STATE + "status") == "fail"
    assert (root.findtext(STATE + "errorMessage") or "").splitlines() == [
        "ERROR: realm-config [access] has reference to network-interface [M00:9] which does not exist",
        "ERROR: steering-pool [192.0.2.77;9000;nowhere] has reference to realm-config [nowhere] which does not exist",
        "ERROR: session-group [pbx-cluster] has reference to session-group [other] which does not exist",
        "ERROR: steering-pool [192.0.2.77;9000;nowhere] has end-port [8000] before its start-port",
        "ERROR: local-policy [1;2;*] has no policy-attribute",
    ]
    entries = [(one.findtext("field"), one.findtext("object")) for one in root.findall("data/additionalInfo/verifySummary/verify")]
    assert entries[0] == ("network-interfaces", "realm-config [access]") and len(entries) == 5
    assert box.job(token, "save").findtext(STATE + "status") == "success"


def test_corrupt_verify(box: Box) -> None:
    token = box.locked()
    box.simulator.corrupt_verify("ERROR: sip-config is haunted", field="state", object="sip-config")
    root = box.job(token, "verify")
    assert root.findtext(STATE + "errorMessage") == "ERROR: sip-config is haunted"
    assert root.findtext("data/additionalInfo/verifySummary/verify/object") == "sip-config"
    box.simulator.corrupt_verify()
    assert box.job(token, "verify").findtext(STATE + "status") == "success"


@pytest.mark.parametrize("operation", ["save", "activate", "verify"])
def test_fail_job(box: Box, operation: str) -> None:
    token = box.locked()
    edit(box, token, "16")
    box.simulator.fail_job(operation, "disk full")
    root = box.job(token, operation)
    assert (root.findtext(STATE + "status"), root.findtext(STATE + "errorMessage")) == ("fail", "disk full")
    assert values(box) == ["16", "32", "32"]
    assert box.job(token, operation).findtext(STATE + "status") == "success"


def test_other_operators_job_overwrites_the_status(box: Box) -> None:
    token = box.locked()
    edit(box, token, "16")
    assert box.call("PUT", f"{MANAGEMENT}?action=save", token).status_code == 202
    box.simulator.other_operator_job("activate", seconds=20)
    assert box.status(token).findtext(STATE + "operation") == "activate"
    box.simulator.advance(5)
    assert values(box) == ["16", "16", "32"]
    assert box.call("PUT", f"{MANAGEMENT}?action=verify", token).status_code == 409
    box.simulator.advance(20)
    assert box.status(token).findtext(STATE + "status") == "success" and values(box) == ["16", "16", "16"]


@pytest.mark.parametrize("operation", ["save", "verify", "activate", "restore", "backup"])
@pytest.mark.parametrize("outcome", ["success", "fail"])
def test_other_operators_job(box: Box, operation: str, outcome: str) -> None:
    token = box.locked()
    edit(box, token, "16")
    box.simulator.other_operator_job(operation, seconds=1, outcome=outcome, message="no space left")
    box.simulator.advance(2)
    root = box.status(token)
    assert (root.findtext(STATE + "operation"), root.findtext(STATE + "status")) == (operation, outcome)
    assert root.findtext(STATE + "errorMessage") == (None if outcome == "success" else "no space left")
    done = outcome == "success"
    assert values(box) == {"save": ["16", "16" if done else "32", "32"], "restore": ["32" if done else "16", "32", "32"]}.get(operation, ["16", "32", "32"])
    assert len(box.simulator.state.backups) == (2 if done and operation == "backup" else 1)


def boot_body(parameters: list[tuple[str, str]]) -> str:
    return "<bootparams>" + "".join(f"<bootparam><name>{name}</name><value>{escape(value)}</value></bootparam>" for name, value in parameters) + "</bootparams>"


def test_boot_parameters(box: Box) -> None:
    token = box.locked()
    root = parsed(box.call("GET", BOOT, token))
    found = [(one.findtext("name") or "", one.findtext("value") or "") for one in root.findall("data/bootparams/bootparam")]
    assert ("IP Address", "192.0.2.10") in found and ("Target Name", "PRIMARY") in found
    changed = [(name, "SBC-7" if name == "Target Name" else value) for name, value in reversed(found)]
    answer = box.call("PUT", BOOT, token, boot_body(changed))
    assert answer.status_code == 200 and "SBC-7" in answer.text
    assert parsed(box.call("GET", "/system/status", token)).findtext("data/hostName") == "PRIMARY"
    assert box.call("POST", "/admin/reboot", token).status_code == 202
    box.simulator.advance(200)
    assert parsed(box.call("GET", "/system/status", box.login())).findtext("data/hostName") == "SBC-7"


def test_boot_parameters_refuse(box: Box) -> None:
    token = box.locked()
    found = list(box.simulator.state.machine.boot.items())
    bodies = [
        "",
        "<bootParams/>",
        boot_body(found[1:]),
        boot_body([*found, ("Color", "red")]),
        boot_body([*found, found[0]]),
        boot_body([(name, "a.b" if name == "IP Address" else value) for name, value in found]),
        boot_body([(name, "8" if name == "Flags" else value) for name, value in found]),
        boot_body([(name, "" if name == "Target Name" else value) for name, value in found]),
        boot_body(found).replace("<value>COM1</value>", ""),
    ]
    for body in bodies:
        answer = box.call("PUT", BOOT, token, body)
        assert answer.status_code == 400 and error_in(answer), body
    assert list(box.simulator.state.machine.boot.items()) == found


EMPTY_BUNDLE = "-----BEGIN PKCS7-----\nMCcGCSqGSIb3DQEHAqAaMBgCAQExADALBgkqhkiG9w0BBwGgADEAMQA=\n-----END PKCS7-----\n"


class Authority:
    """A certificate authority that signs requests."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
        self.certificate = self._sign(self.name, self.key.public_key())

    def _sign(self, subject: x509.Name, key: Any) -> x509.Certificate:
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
        return builder.sign(self.key, hashes.SHA256())

    def answer(self, request: str) -> x509.Certificate:
        found = x509.load_pem_x509_csr(request.encode())
        assert found.is_signature_valid
        return self._sign(found.subject, found.public_key())


def pem(*certificates: x509.Certificate) -> str:
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)


def import_body(record: str, text: str, form: str = "x509", overwrite: str = "") -> str:
    extra = f"<overwrite>{overwrite}</overwrite>" if overwrite else ""
    return (
        f"<ImportCertificate><recordName>{record}</recordName><format>{form}</format><certificateRequest>{text}</certificateRequest>{extra}</ImportCertificate>"
    )


def request(box: Box, token: str, record: str, more: str = "") -> str:
    answer = box.call("PUT", f"{CERTIFICATES}/generateRequest?recordName={record}{more}", token)
    assert answer.status_code == 200, answer.text
    root = parsed(answer)
    assert root.findtext("data/CertificateRequest/recordName") == record
    return root.findtext("data/CertificateRequest/certificateSignedRequest") or ""


RECORD = {
    "name": "sbc-2026",
    "country": "DE",
    "locality": "Frankfurt",
    "common-name": "sbc.example.com",
    "alternate-name": "DNS:sbc.example.com,IP:192.0.2.10,email:ops@example.com",
}


@pytest.mark.parametrize(
    ("attributes", "kind", "size"),
    [
        ({"key-size": "2048"}, rsa.RSAPublicKey, 2048),
        ({"key-algor": "ecdsa"}, ec.EllipticCurvePublicKey, 256),
        ({"key-algor": "ecdsa", "ecdsa-key-size": "p384", "digest-algor": "sha384"}, ec.EllipticCurvePublicKey, 384),
    ],
)
def test_certificate_request(box: Box, attributes: dict[str, str], kind: Any, size: int) -> None:
    token = box.locked()
    assert box.post(token, "certificate-record", {**RECORD, **attributes}).status_code == 200
    found = x509.load_pem_x509_csr(request(box, token, "sbc-2026").encode())
    key = found.public_key()
    assert found.is_signature_valid and isinstance(key, kind) and key.key_size == size
    assert found.subject.rfc4514_string() == "CN=sbc.example.com,O=Engineering,L=Frankfurt,ST=MA,C=DE"
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["sbc.example.com"]
    assert names.get_values_for_type(x509.RFC822Name) == ["ops@example.com"]


def test_certificate_request_refuses(box: Box) -> None:
    token = box.locked()
    path = f"{CERTIFICATES}/generateRequest"
    assert box.call("PUT", path, token).status_code == 400
    assert box.call("PUT", f"{path}?recordName=none", token).status_code == 404
    box.post(token, "certificate-record", {"name": "nameless"})
    assert box.call("PUT", f"{path}?recordName=nameless", token).status_code == 400
    box.post(token, "certificate-record", {"name": "odd", "common-name": "x", "alternate-name": "URI:x"})
    assert box.call("PUT", f"{path}?recordName=odd", token).status_code == 400
    box.post(token, "certificate-record", {"name": "long", "common-name": "x", "country": "Germany"})
    assert box.call("PUT", f"{path}?recordName=long", token).status_code == 400
    box.post(token, "certificate-record", {"name": "short", "common-name": "x", "key-size": "512"})
    assert box.call("PUT", f"{path}?recordName=short", token).status_code == 400
    box.post(token, "certificate-record", {**RECORD, "key-algor": "ecdsa"})
    first = request(box, token, "sbc-2026")
    assert box.call("PUT", f"{path}?recordName=sbc-2026", token).status_code == 400
    assert box.call("PUT", f"{path}?recordName=sbc-2026&reGenerate=maybe", token).status_code == 400
    assert request(box, token, "sbc-2026", "&reGenerate=true") != first


@pytest.mark.parametrize("form", ["x509", "pkcs7", "x509 on one line"])
def test_certificate_import(box: Box, form: str) -> None:
    token, authority = box.locked(), Authority()
    box.post(token, "certificate-record", {**RECORD, "key-algor": "ecdsa"})
    shown = f"{CERTIFICATES}?recordName=sbc-2026&format="
    csr = request(box, token, "sbc-2026")
    assert box.call("GET", shown + "pem", token).status_code == 404
    own = authority.answer(csr)
    if form == "pkcs7":
        text = pkcs7.serialize_certificates([authority.certificate, own], serialization.Encoding.PEM).decode()
    else:
        text = pem(own, authority.certificate)
    if form == "x509 on one line":
        text = text.replace("\n", "")
    answer = box.call("PUT", f"{CERTIFICATES}/import", token, import_body("sbc-2026", text, form.split()[0]))
    assert answer.status_code == 200, answer.text
    assert parsed(answer).findtext("data/recordName") == "sbc-2026"
    root = parsed(box.call("GET", shown + "pem", box.login("viewer")))
    assert root.findtext("data/CertificateRecordDetails/certificateRecord") == "sbc-2026"
    assert (root.findtext("data/CertificateRecordDetails/certificate") or "").strip() == pem(own, authority.certificate).strip()
    detail = parsed(box.call("GET", shown + "detail", token)).findtext("data/CertificateRecordDetails/certificate") or ""
    assert "Issuer: CN=Test CA" in detail
    assert box.call("GET", shown + "der", token).status_code == 404
    assert box.call("GET", f"{CERTIFICATES}?recordName=sbc-2026", token).status_code == 400
    again = import_body("sbc-2026", pem(authority.answer(csr)))
    assert box.call("PUT", f"{CERTIFICATES}/import", token, again).status_code == 400
    overwrite = import_body("sbc-2026", pem(authority.answer(csr)), overwrite="true")
    assert box.call("PUT", f"{CERTIFICATES}/import", token, overwrite).status_code == 200


def test_certificate_import_refuses(box: Box) -> None:
    token, authority = box.locked(), Authority()
    path = f"{CERTIFICATES}/import"
    box.post(token, "certificate-record", {**RECORD, "key-algor": "ecdsa"})
    own = authority.answer(request(box, token, "sbc-2026"))
    assert "request body not found" in error_in(box.call("PUT", path, token)).lower()
    for body, status in (
        (import_body("none", pem(own)), 404),
        (import_body("sbc-2026", pem(authority.certificate)), 400),
        (import_body("sbc-2026", "no certificate"), 400),
        (import_body("sbc-2026", pem(own), "pkcs7"), 400),
        (import_body("sbc-2026", pem(own), "der"), 400),
        (import_body("sbc-2026", EMPTY_BUNDLE, "pkcs7"), 400),
        (import_body("sbc-2026", pem(own), overwrite="maybe"), 400),
        ("<ImportCertificate><recordName>sbc-2026</recordName></ImportCertificate>", 400),
    ):
        answer = box.call("PUT", path, token, body)
        assert answer.status_code == status and error_in(answer), body
    assert box.call("POST", path, token, import_body("sbc-2026", pem(own))).status_code == 405
    assert box.call("GET", f"{CERTIFICATES}?recordName=sbc-2026&format=pem", token).status_code == 404


def test_import_verb(box: Box) -> None:
    box.simulator.switch(import_verb="POST")
    token, authority = box.locked(), Authority()
    box.post(token, "certificate-record", {"name": "root-ca", "common-name": "Test CA"})
    body = import_body("root-ca", pem(authority.certificate))
    put = box.call("PUT", f"{CERTIFICATES}/import", token, body)
    assert put.status_code == 400 and "request body not found" in error_in(put).lower()
    assert box.call("POST", f"{CERTIFICATES}/import", token, body).status_code == 200


def test_certificates_travel_between_the_stores(box: Box) -> None:
    token = box.locked()
    box.post(token, "certificate-record", {**RECORD, "key-algor": "ecdsa"})
    csr = request(box, token, "sbc-2026")
    box.job(token, "save")
    box.job(token, "activate")
    request(box, token, "sbc-2026", "&reGenerate=true")
    box.job(token, "restore", restoreSource="running")
    body = import_body("sbc-2026", pem(Authority().answer(csr)))
    assert box.call("PUT", f"{CERTIFICATES}/import", token, body).status_code == 200


def test_the_first_certificate_is_self_signed(box: Box) -> None:
    token = box.locked()
    path = f"{CERTIFICATES}?recordName=defaultSelfSignedRestCert&format=pem"
    first, second = (parsed(box.call("GET", path, token)).findtext("data/CertificateRecordDetails/certificate") or "" for _time in range(2))
    found = x509.load_pem_x509_certificate(first.encode())
    assert first == second and found.issuer == found.subject and found.subject.rfc4514_string().startswith("CN=sbc-fra-1")
    assert box.call("PUT", f"{CERTIFICATES}/generateRequest?recordName=defaultSelfSignedRestCert", token).status_code == 400


def test_status(box: Box) -> None:
    root = parsed(box.call("GET", "/system/status", box.login("viewer")))
    shown = {one.tag: one.text for one in root.findall("data/*")}
    assert int(shown.pop("uptimeSeconds") or 0) == pytest.approx(146091, abs=3)
    assert shown == {"hostName": "PRIMARY", "systemState": "online", "role": "standalone", "healthScorePercent": "100"}
    box.simulator.advance(100)
    assert int(parsed(box.call("GET", "/system/status", box.login())).findtext("data/uptimeSeconds") or 0) >= 146191


@pytest.mark.parametrize("tag", ["uptimeSeconds", "upTime"])
def test_uptime_tag(box: Box, tag: str) -> None:
    box.simulator.switch(uptime_tag=tag)
    assert (parsed(box.call("GET", "/system/status", box.login())).findtext(f"data/{tag}") or "").isdigit()


@pytest.mark.parametrize(("role", "peer", "state"), [("active", "standby", "online"), ("standby", "active", "online"), ("out of service", "active", "offline")])
def test_status_of_a_pair(box: Box, role: str, peer: str, state: str) -> None:
    box.simulator.set_role(role)
    root = parsed(box.call("GET", "/system/status", box.login()))
    assert (root.findtext("data/role"), root.findtext("data/haPeerRole"), root.findtext("data/systemState")) == (role, peer, state)
    assert root.findtext("data/haPeerName") == "SECONDARY"
    assert {one.findtext("state") for one in root.findall("data/haSyncState/component")} <= {"disabled", "enabled", "true", "false"}
    assert len(root.findall("data/switchOverLogs/switchOver")) == (0 if role == "active" else 1)
    box.simulator.set_role("standalone")
    assert parsed(box.call("GET", "/system/status", box.login())).find("data/haPeerRole") is None


@pytest.mark.parametrize(("position", "kept"), [("lost", False), ("kept", True)])
def test_reboot(box: Box, position: str, kept: bool) -> None:
    box.simulator.switch(after_restart=position, while_down=503, reboot_seconds=60)
    token = box.locked()
    edit(box, token, "16")
    box.job(token, "save")
    edit(box, token, "20")
    answer = box.call("POST", "/admin/reboot", token)
    assert answer.status_code == 202 and parsed(answer).findtext("data") == "Rebooting in 5 seconds"
    assert box.call("GET", "/system/status", token).status_code == 200
    box.simulator.advance(6)
    assert box.call("GET", "/system/status", token).status_code == 503
    assert box.post_token().status_code == 503
    box.simulator.advance(58)
    assert box.call("GET", "/system/status", token).status_code == 503
    box.simulator.advance(3)
    assert box.call("GET", "/system/status", token).status_code == (200 if kept else 401)
    assert box.simulator.lock_state()["holder"] == (ADMIN if kept else None)
    root = parsed(box.call("GET", "/system/status", box.login()))
    assert int(root.findtext("data/uptimeSeconds") or -1) in (1, 2, 3)
    assert values(box) == ["16", "16", "32"]
    assert "<data/>" in box.call("GET", "/admin/asyncstatus", box.login()).text


def test_reboot_ends_an_operation_under_way_and_another_operators_lock(box: Box) -> None:
    box.simulator.switch(job_seconds=30)
    token = box.locked()
    edit(box, token, "16")
    box.call("PUT", f"{MANAGEMENT}?action=save", token)
    box.call("POST", "/configuration/unlock", token)
    box.simulator.other_operator_lock()
    box.call("POST", "/admin/reboot", token)
    box.simulator.advance(200)
    assert box.locked(SECOND)
    assert values(box) == ["32", "32", "32"]


def test_reset_of_the_connection_while_down(box: Box) -> None:
    token = box.login()
    box.simulator.switch(reboot_delay_seconds=0)
    box.call("POST", "/admin/reboot", token)
    with pytest.raises(RuntimeError, match="transport"):
        box.call("GET", "/system/status", token)
    assert box.simulator.journal[-1]["status"] is None


@pytest.mark.parametrize("status", [204, 202])
@pytest.mark.parametrize("position", ["lost", "kept"])
def test_switchover(box: Box, status: int, position: str) -> None:
    box.simulator.switch(redundancy="ha", switchover_status=status, after_restart=position, while_down=503)
    token = box.locked()
    edit(box, token, "16")
    assert box.call("POST", "/admin/switchover", token).status_code == status
    assert box.call("GET", "/system/status", token).status_code == 503
    box.simulator.advance(6)
    again = box.call("GET", "/system/status", token)
    assert again.status_code == (200 if position == "kept" else 401)
    root = parsed(box.call("GET", "/system/status", token_in(box.post_token())))
    assert (root.findtext("data/role"), root.findtext("data/haSwitchOvers")) == ("standby", "1")
    entry = {one.tag: one.text for one in root.findall("data/switchOverLogs/switchOver/*")}
    assert (entry["oldState"], entry["newState"]) == ("active", "standby")
    assert values(box) == ["16", "32", "32"]


def test_switchover_needs_a_peer(box: Box) -> None:
    answer = box.call("POST", "/admin/switchover", box.login())
    assert answer.status_code == 400 and error_in(answer)


def test_kpis(box: Box) -> None:
    token = box.login("viewer")
    answer = box.call("GET", "/statistics/kpiTypes", token)
    links = [one.text or "" for one in parsed(answer).findall("links/link")]
    assert "<data/>" in answer.text
    assert [link.rpartition("=")[2] for link in links] == ["globalSessions", "sessCapacityUtil", "sipRegistrations", "sysCPUUtil", "sysMemoryUtil"]
    for link in links:
        name = link.rpartition("=")[2]
        assert link == f"https://sbc.example.com/rest/v1.2/statistics/kpiTypes?type={name}"
        schema = parsed(box.client.get(link, headers={"Authorization": f"Bearer {token}"}))
        described = [one.findtext("name") for one in schema.findall("data/kpiType/kpi")]
        read = parsed(box.call("GET", f"/statistics/kpis?type={name}", token))
        assert [one.tag for one in read.findall("data/*/*")] == described
        assert all((one.text or "").isdigit() for one in read.findall("data/*/*"))
        assert read.findtext("links/link") == link
    assert box.call("GET", "/statistics/kpis", token).status_code == 400
    for path in ("kpis", "kpiTypes"):
        assert box.call("GET", f"/statistics/{path}?type=weather", token).status_code == 404
