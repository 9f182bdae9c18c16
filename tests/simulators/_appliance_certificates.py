# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, signing requests and certificates of certificate-records (contract §9)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from ._appliance_wire import Refused

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_NAMES = {
    "country": NameOID.COUNTRY_NAME,
    "state": NameOID.STATE_OR_PROVINCE_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "common-name": NameOID.COMMON_NAME,
}


@dataclass(frozen=True)
class CertificateState:
    """What a certificate-record holds beside its attributes; ``certificates`` are PEM, the record's own first."""

    key: PrivateKey | None = None
    request: str = ""
    certificates: tuple[str, ...] = ()
    self_signed: bool = False
    """The certificate that virtual platforms ship with (contract §2); it is made when somebody asks for it."""


def generate_request(attribute: Callable[[str], str]) -> CertificateState:
    """A new key and its PKCS10 request in PEM, from the record's attributes; 400 if they do not make a request."""
    key = _new_key(attribute)
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(attribute))
    names = _alternate_names(attribute("alternate-name"))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    request = builder.sign(key, _digest(attribute))
    return CertificateState(key, request.public_bytes(serialization.Encoding.PEM).decode())


def with_self_signed(state: CertificateState, attribute: Callable[[str], str], now: float) -> CertificateState:
    """The state with the self-signed certificate in it, valid for ten years from ``now``."""
    key, name = _new_key(attribute), _subject(attribute)
    start = datetime.fromtimestamp(now, timezone.utc) - timedelta(days=1)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
    certificate = builder.sign(key, _digest(attribute))
    return replace(state, key=key, certificates=(certificate.public_bytes(serialization.Encoding.PEM).decode(),), self_signed=False)


def imported(state: CertificateState | None, form: str, pem: str, overwrite: bool) -> CertificateState:
    """The state after an import.

    With a key the bundle must hold its certificate; a record without key takes a certificate authority's.
    400 for anything else, and for a second import without ``overwrite``.
    """
    state = state or CertificateState()
    if (state.certificates or state.self_signed) and not overwrite:
        raise Refused(400, "Certificate already exists, set overwrite to replace it")
    found = _load(form, pem)
    if state.key:
        wanted = _public_bytes(state.key.public_key())
        own = [certificate for certificate in found if _public_bytes(certificate.public_key()) == wanted]
        if not own:
            raise Refused(400, "Certificate does not match the private key of the certificate-record")
        found = own[:1] + [certificate for certificate in found if certificate is not own[0]]
    return replace(state, certificates=tuple(one.public_bytes(serialization.Encoding.PEM).decode() for one in found), self_signed=False)


def details(pem: str) -> str:
    """A certificate in words, as ``format=detail`` shows it."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    lines = {
        "Version": str(certificate.version.value + 1),
        "Serial Number": format(certificate.serial_number, "X"),
        "Issuer": certificate.issuer.rfc4514_string(),
        "Not Before": certificate.not_valid_before_utc.strftime("%b %d %H:%M:%S %Y GMT"),
        "Not After": certificate.not_valid_after_utc.strftime("%b %d %H:%M:%S %Y GMT"),
        "Subject": certificate.subject.rfc4514_string(),
    }
    return "\n".join(f"{name}: {value}" for name, value in lines.items())


def _new_key(attribute: Callable[[str], str]) -> PrivateKey:
    if attribute("key-algor") == "ecdsa":
        return ec.generate_private_key(ec.SECP384R1() if attribute("ecdsa-key-size") == "p384" else ec.SECP256R1())
    size = int(attribute("key-size"))
    if size < 1024:
        raise Refused(400, "Key size is not supported")
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def _digest(attribute: Callable[[str], str]) -> hashes.SHA256 | hashes.SHA384:
    return hashes.SHA384() if attribute("digest-algor") == "sha384" else hashes.SHA256()


def _subject(attribute: Callable[[str], str]) -> x509.Name:
    if not attribute("common-name"):
        raise Refused(400, "Certificate-record has no common-name")
    try:
        return x509.Name([x509.NameAttribute(oid, attribute(name)) for name, oid in _NAMES.items() if attribute(name)])
    except ValueError as error:
        raise Refused(400, "Certificate-record has an attribute that no certificate can carry") from error


def _alternate_names(text: str) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for part in filter(None, text.split(",")):
        form, _colon, value = part.partition(":")
        try:
            if form == "IP":
                found.append(x509.IPAddress(ipaddress.ip_address(value)))
            elif form == "DNS":
                found.append(x509.DNSName(value))
            elif form == "email":
                found.append(x509.RFC822Name(value))
            else:
                raise ValueError(form)
        except ValueError as error:
            raise Refused(400, "Invalid value for attribute alternate-name") from error
    return found


def _load(form: str, pem: str) -> list[x509.Certificate]:
    # A form that lost its line breaks on the way is repaired, since the vendor's own samples send one.
    text = re.sub(r"(-----BEGIN [A-Z0-9 ]+-----)\s*(.*?)\s*(-----END [A-Z0-9 ]+-----)", _unfold, pem, flags=re.DOTALL)
    try:
        return pkcs7.load_pem_pkcs7_certificates(text.encode()) if form == "pkcs7" else x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise Refused(400, f"Certificate is not in {form} format") from error


def _unfold(match: re.Match[str]) -> str:
    return "\n".join([match[1], *re.findall(".{1,64}", re.sub(r"\s+", "", match[2])), match[3]]) + "\n"


def _public_bytes(key: Any) -> bytes:
    found: bytes = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return found
