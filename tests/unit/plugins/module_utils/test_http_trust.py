# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom we trust: authorities, pins, client certificates."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput, TlsFailed
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._tls import normalise_fingerprint, tls_context
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins._web import Reply, Web
from tests.unit.plugins.conftest import Certificates, Serve


@pytest.fixture
def server(serve: Serve, certificates: Certificates) -> Web:
    return serve(Reply(200, b"secure"), tls=certificates.server)


def fetch(url: str, **connection: Any) -> bytes:
    http = HttpClient("Plant", Connection(url, **{"retries": 1, "timeout": 5.0, **connection}), Secrets(["token-value"]))
    try:
        return http.send("GET", "/", authorization="Bearer token-value").content
    finally:
        http.close()


def refused(server: Web, **connection: Any) -> TlsFailed:
    with pytest.raises(TlsFailed, match="no trusted TLS connection to") as caught:
        fetch(server.url, **connection)
    assert not server.received
    assert (caught.value.service, caught.value.method, caught.value.path) == ("Plant", "GET", "/")
    return caught.value


# Authorities


def test_the_authority_of_ca_path_is_trusted(server: Web, certificates: Certificates) -> None:
    assert fetch(server.url, ca_path=certificates.ca) == b"secure"


def test_an_unknown_authority_is_refused_with_a_hint(server: Web, certificates: Certificates) -> None:
    for connection in ({}, {"ca_path": certificates.other_ca}):
        error = refused(server, **connection)
        assert "CERTIFICATE_VERIFY_FAILED" in error.message
        assert "ca_path" in error.hint
        assert "certificate_fingerprint" in error.hint


def test_a_certificate_of_another_name_is_refused(serve: Serve, certificates: Certificates) -> None:
    error = refused(serve(Reply(200), tls=certificates.misnamed), ca_path=certificates.ca)
    assert "127.0.0.1" in error.message
    assert error.hint


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_bundles_of_the_environment_do_not_count(server: Web, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Neither against ca_path, nor to trust what was not asked for."""
    monkeypatch.setenv(variable, certificates.other_ca)
    assert fetch(server.url, ca_path=certificates.ca) == b"secure"
    server.received.clear()
    monkeypatch.setenv(variable, certificates.ca)
    refused(server, ca_path=certificates.other_ca)
    refused(server)
    monkeypatch.setenv(variable, "/nowhere/bundle.pem")
    assert fetch(server.url, ca_path=certificates.ca) == b"secure"


def test_a_folder_of_authorities(server: Web, certificates: Certificates, tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to hash the names with")
    digest = subprocess.run([openssl, "x509", "-noout", "-subject_hash", "-in", certificates.ca], capture_output=True, text=True, check=True).stdout.strip()
    shutil.copy(certificates.ca, tmp_path / f"{digest}.0")
    assert fetch(server.url, ca_path=str(tmp_path)) == b"secure"


def test_the_server_certificate_itself_can_be_the_anchor(server: Web, certificates: Certificates, tmp_path: Path) -> None:
    import ssl

    own = tmp_path / "own.pem"
    own.write_text(ssl.get_server_certificate(("127.0.0.1", server.port)))
    assert fetch(server.url, ca_path=str(own)) == b"secure"


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_ca_path_that_cannot_be_read_is_a_clear_error(server: Web, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match=f"ca_path {path} cannot be read"):
        fetch(server.url, ca_path=str(path))


def test_verification_can_be_turned_off_without_noise(server: Web) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fetch(server.url, validate_certs=False) == b"secure"
    refused_again = len(server.received)
    with pytest.raises(TlsFailed):
        fetch(server.url)
    assert len(server.received) == refused_again


def test_a_machine_without_authorities_has_those_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    assert tls_context.__wrapped__(True, None, None, None).cert_store_stats()["x509_ca"] > 10
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda _context: None)
    assert tls_context.__wrapped__(True, None, None, None).cert_store_stats()["x509_ca"] > 10


def test_the_authorities_of_the_machine_are_not_added_to(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda context: context.load_verify_locations(certificates.ca))
    assert tls_context.__wrapped__(True, None, None, None).cert_store_stats()["x509_ca"] == 1
    assert tls_context.__wrapped__(True, certificates.other_ca, None, None).cert_store_stats()["x509_ca"] == 1


def test_old_protocols_are_not_spoken(certificates: Certificates) -> None:
    import ssl

    for verify in (True, False):
        assert tls_context(verify, None, None, None).minimum_version >= ssl.TLSVersion.TLSv1_2


# Pins


def test_a_pin_is_enough(server: Web, serve: Serve, certificates: Certificates) -> None:
    """Neither the authority nor the name count then."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert fetch(server.url, certificate_fingerprint=certificates.fingerprint) == b"secure"
        assert fetch(server.url, certificate_fingerprint=certificates.fingerprint, ca_path=certificates.other_ca) == b"secure"
        assert fetch(server.url, certificate_fingerprint=certificates.fingerprint, validate_certs=False) == b"secure"


def test_another_certificate_than_the_pinned_one_is_refused(serve: Serve, certificates: Certificates) -> None:
    """Even one that the authority vouches for, and even with verification turned off."""
    other = serve(Reply(200), tls=certificates.misnamed)
    for connection in ({}, {"ca_path": certificates.ca}, {"validate_certs": False}):
        error = refused(other, certificate_fingerprint=certificates.fingerprint, **connection)
        assert "not the pinned one" in error.hint


@pytest.mark.parametrize("text", ["", "abc", "0" * 63, "0" * 65, "g" * 64, "0" * 40, "sha1:" + "0" * 40])
def test_a_malformed_pin_is_a_clear_error(server: Web, text: str) -> None:
    with pytest.raises(InvalidInput, match="not a SHA-256 fingerprint"):
        normalise_fingerprint(text)
    if text:
        with pytest.raises(InvalidInput, match="not a SHA-256 fingerprint"):
            fetch(server.url, certificate_fingerprint=text)


@given(st.binary(min_size=32, max_size=32), st.sampled_from(["", "sha256:", "SHA256:", "sha-256:", "sha256/"]), st.sampled_from(["", ":", " "]), st.booleans())
def test_a_pin_may_be_written_in_several_ways(digest: bytes, prefix: str, separator: str, upper: bool) -> None:
    text = digest.hex(separator) if separator else digest.hex()
    assert normalise_fingerprint(f" {prefix}{text.upper() if upper else text}\n") == digest.hex()


# Client certificates


def test_a_client_certificate_is_shown(serve: Serve, certificates: Certificates, tmp_path: Path) -> None:
    server = serve(Reply(200, b"known"), tls=certificates.strict)
    assert fetch(server.url, ca_path=certificates.ca, client_cert=certificates.client, client_key=certificates.client_key) == b"known"
    both = tmp_path / "both.pem"
    both.write_bytes(Path(certificates.client_key).read_bytes() + Path(certificates.client).read_bytes())
    assert fetch(server.url, ca_path=certificates.ca, client_cert=str(both)) == b"known"


def test_a_missing_client_certificate_is_a_tls_error(serve: Serve, certificates: Certificates) -> None:
    error = refused(serve(Reply(200), tls=certificates.strict), ca_path=certificates.ca)
    assert "client_cert" in error.hint


@pytest.mark.parametrize(("certificate", "key"), [("/nowhere.pem", None), ("client", None), ("client", "/nowhere.key"), ("ca", "client_key")])
def test_a_client_certificate_that_cannot_be_loaded_is_a_clear_error(server: Web, certificates: Certificates, certificate: str, key: str | None) -> None:
    def path(name: str | None) -> str | None:
        return getattr(certificates, name, name) if name else None

    with pytest.raises(InvalidInput, match="client certificate"):
        fetch(server.url, ca_path=certificates.ca, client_cert=path(certificate), client_key=path(key))


def test_a_port_without_tls_is_a_tls_error_with_a_hint(serve: Serve, certificates: Certificates) -> None:
    plain = serve(Reply(200))
    with pytest.raises(TlsFailed) as caught:
        fetch(f"https://127.0.0.1:{plain.port}", ca_path=certificates.ca)
    assert "TLS port" in caught.value.hint
