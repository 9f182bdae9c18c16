# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""TLS: one context for each kind of verification, and connections that trust it, or a pinned certificate."""

from __future__ import annotations

import functools
import os
import re
import ssl
from typing import Any
from urllib.parse import urlsplit

try:
    import urllib3
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput


@functools.cache
def tls_context(verify: bool, ca_path: str | None, client_cert: str | None, client_key: str | None) -> ssl.SSLContext:
    """A client context; made once a process, because loading a bundle costs more than a request.

    Without ``ca_path`` the machine's own store counts, and the bundle that comes with ``requests`` where the machine has none.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_path:
        try:
            context.load_verify_locations(**{"capath" if os.path.isdir(ca_path) else "cafile": ca_path})
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(f"ca_path {ca_path} cannot be read as PEM certificates ({error})") from error
        # A device's own certificate, or an intermediate one, may be the trust anchor.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    else:
        context.load_default_certs()
        if not context.cert_store_stats()["x509_ca"]:
            context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    if client_cert:
        try:
            context.load_cert_chain(client_cert, client_key)
        except (OSError, ssl.SSLError) as error:
            raise InvalidInput(f"the client certificate {client_cert} and its key cannot be loaded ({error})") from error
    return context


def normalise_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as 64 lower-case hexadecimal digits; colons, blanks and a leading ``sha256:`` are allowed."""
    digits = re.sub(r"[:\s]", "", re.sub(r"^sha-?256[:/]", "", text.strip(), flags=re.IGNORECASE)).lower()
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise InvalidInput(
            "certificate_fingerprint is not a SHA-256 fingerprint",
            hint="It has 64 hexadecimal digits, as printed by 'openssl x509 -noout -fingerprint -sha256'.",
        )
    return digits


def connection_pool(url: str, context: ssl.SSLContext, fingerprint: str | None, proxy: str | None) -> Any:
    """Kept connections to the service at ``url``, which take their trust from us alone: a given context, and a pinned certificate if there is one.

    They are those of urllib3, on which ``requests`` is built. A session of ``requests`` would bring redirects, cookies and ``~/.netrc`` with it.
    """
    trust: dict[str, Any] = {}
    if url.startswith("https:"):
        # With a pin the chain does not count: it is for the self-signed certificates that devices come with.
        unchecked = fingerprint or context.verify_mode == ssl.CERT_NONE
        trust = {"ssl_context": context, "cert_reqs": "CERT_NONE" if unchecked else "CERT_REQUIRED", "assert_fingerprint": fingerprint}
    if proxy:
        return HTTPAdapter().proxy_manager_for(proxy if "://" in proxy else f"http://{proxy}", **trust).connection_from_url(url)
    parts = urlsplit(url)
    kind = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
    return kind(parts.hostname or "", parts.port, **trust)
