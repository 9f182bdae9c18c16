# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the plugins share: a clean environment, certificates, local servers, and the simulators as a process of their own."""

from __future__ import annotations

import contextlib
import hashlib
import os
import ssl
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
import urllib3.util.retry
from ansible_collections.tokenflow.services.plugins.module_utils._registry import SERVICES

from tests.unit.plugins._simulated import Simulated, Town, started
from tests.unit.plugins._web import Proxy, Reply, Script, Web, running

FOREIGN = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC", "TOKENFLOW_CACHE_KEY")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, authority or credential of the machine plays a part."""
    prefixes = tuple(f"{service.upper()}_" for service in SERVICES)
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(prefixes) or name in FOREIGN:
            monkeypatch.delenv(name)


@dataclass(frozen=True)
class Certificates:
    """An authority with a server's and a client's certificate, and one that nobody trusts; paths of PEM files."""

    ca: str
    client: str
    client_key: str
    server: ssl.SSLContext
    misnamed: ssl.SSLContext
    strict: ssl.SSLContext
    fingerprint: str
    other_ca: str


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    folder = tmp_path_factory.mktemp("certificates")
    authority, stranger = trustme.CA(), trustme.CA()
    contexts = []
    for names in (("127.0.0.1", "localhost"), ("elsewhere.example",), ("127.0.0.1", "localhost")):
        certificate = authority.issue_cert(*names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        contexts.append((context, certificate))
    strict = contexts[2][0]
    authority.configure_trust(strict)
    strict.verify_mode = ssl.CERT_REQUIRED
    client = authority.issue_cert("automation@plant.example")
    client.cert_chain_pems[0].write_to_path(str(folder / "client.pem"))
    client.private_key_pem.write_to_path(str(folder / "client.key"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    stranger.cert_pem.write_to_path(str(folder / "other.pem"))
    der = ssl.PEM_cert_to_DER_cert(contexts[0][1].cert_chain_pems[0].bytes().decode())
    return Certificates(
        ca=str(folder / "ca.pem"),
        client=str(folder / "client.pem"),
        client_key=str(folder / "client.key"),
        server=contexts[0][0],
        misnamed=contexts[1][0],
        strict=strict,
        fingerprint=hashlib.sha256(der).hexdigest(),
        other_ca=str(folder / "other.pem"),
    )


Serve = Callable[..., Web]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that end with the test."""
    with contextlib.ExitStack() as stack:

        def start(script: Script | Reply, **settings: Any) -> Web:
            return stack.enter_context(running(Web(script, **settings)))

        yield start


@pytest.fixture
def proxy() -> Iterator[Web]:
    """A proxy that tunnels, and answers plain URLs with ``by proxy``."""
    with running(Proxy(Reply(200, b"by proxy"))) as server:
        yield server


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been waited between attempts."""
    waited: list[float] = []
    clock = types.SimpleNamespace(**{name: getattr(urllib3.util.retry.time, name) for name in ("time",)}, sleep=waited.append)
    monkeypatch.setattr(urllib3.util.retry, "time", clock)
    return waited


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """All simulators, in one process beside this one."""
    with started(sys.executable, tmp_path_factory.mktemp("simulators"), Path(__file__).resolve().parents[3]) as found:
        yield found


@pytest.fixture
def plcnext(town: Town) -> Simulated:
    return town.fresh("plcnext")


@pytest.fixture
def pxplus(town: Town) -> Simulated:
    return town.fresh("pxplus")


@pytest.fixture
def phoenix(town: Town) -> Simulated:
    return town.fresh("phoenix")


@pytest.fixture
def magento(town: Town) -> Simulated:
    return town.fresh("magento")


@pytest.fixture
def appliance(town: Town) -> Simulated:
    return town.fresh("appliance")
