# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The one door to the network: a request without a token goes out, a checked answer comes back.

What holds for every request: TLS is verified, redirects are not followed, ``~/.netrc`` and cookies have no effect, there is a timeout and a limit to the
answer's size, only what is safe to repeat is repeated, and no text that leaves here has a secret in it.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit
from xml.etree.ElementTree import Element

try:
    import requests
    import urllib3
    from requests.utils import should_bypass_proxies
    from urllib3.util.retry import Retry

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False
    Retry = object  # type: ignore[misc, assignment]

from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    ConnectionFailed,
    InvalidInput,
    TlsFailed,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._tls import connection_pool, normalise_fingerprint, tls_context

ANSWER_LIMIT = 64 * 1024 * 1024
EXCERPT = 200
READS = frozenset({"GET", "HEAD", "OPTIONS"})
RETRY_STATUSES = (429, 502, 503, 504)
RETRY_AFTER_CAP = 60
CONNECT_TIMEOUT = 10.0
USER_AGENT = "tokenflow.services"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True)
class Connection:
    """How a service is reached; the fields are the options of the same names. ``environment`` goes before the process's own."""

    base_url: str
    validate_certs: bool = True
    ca_path: str | None = None
    certificate_fingerprint: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    proxy: str | None = None
    timeout: float = 30.0
    retries: int = 3
    allow_plain_http: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "base_url", normalise_url(self.base_url, self.allow_plain_http))

    def as_data(self) -> dict[str, Any]:
        """The fields for another connection of the same kind, as JSON values."""
        return {**asdict(self), "environment": dict(self.environment)}

    def proxies(self) -> dict[str, str]:
        """The proxy for this service: the option, else the task's and the process's environment."""
        scheme = urlsplit(self.base_url).scheme
        if self.proxy:
            return {scheme: self.proxy}
        proxy = self._setting(f"{scheme}_proxy") or self._setting("all_proxy")
        if not proxy or should_bypass_proxies(self.base_url, self._setting("no_proxy")):
            return {}
        return {scheme: proxy}

    def _setting(self, name: str) -> str:
        # What is set to nothing counts as set, so that a task can go past the proxy of the process.
        found = (source[form] for source in (self.environment, os.environ) for form in (name, name.upper()) if form in source)
        return next(found, "")


def normalise_url(url: str, allow_plain_http: bool = False) -> str:
    """A base URL in one form: lower-case host, no default port, no trailing slash. Raises ``InvalidInput`` for what cannot be one."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        parts = urlsplit("")
    # First, so that no other message shows it; a password with a special character ends up in the query or fragment.
    if "@" in parts.netloc + parts.query + parts.fragment:
        raise InvalidInput("base_url has a user name or password in it", hint="Give them with the options for credentials.")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise InvalidInput(f"base_url {url!r} is not a URL such as https://host or https://host:8443/path")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise InvalidInput(f"base_url {url!r} has no valid port")
    if parts.query or parts.fragment:
        raise InvalidInput(f"base_url {url!r} has a query or fragment")
    if parts.scheme == "http" and not allow_plain_http and not is_loopback(parts.hostname):
        raise InvalidInput(
            f"base_url {url!r} would send credentials unencrypted",
            hint="Use https, or set allow_plain_http: true if the network in between is trusted.",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "") + parts.path.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether the host name or address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Answer:
    """What came back. ``content`` is empty where the body went into a file."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    content: bytes = field(repr=False)
    size: int
    seconds: float

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower-case."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def text(self, encoding: str = "utf-8") -> str:
        """The body as text; what cannot be decoded is replaced."""
        return self.content.decode(encoding, "replace")

    def excerpt(self) -> str:
        """The first characters of the body on one line, for a message."""
        text = " ".join(self.content[: EXCERPT * 4].decode("utf-8", "replace").split())
        return text[:EXCERPT] + ("..." if len(text) > EXCERPT else "")

    def json(self) -> Any:
        """The body as JSON. Raises ``BadAnswer``."""
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise self.bad("the answer is not JSON") from error

    def xml(self) -> Element:
        """The body's root element. Raises ``BadAnswer``."""
        try:
            return _xml.parse(self.content)
        except BadAnswer as error:
            raise self.bad(error.message) from error

    def data(self) -> Any:
        """The body decoded by what it is, JSON or XML; None if it is empty. Raises ``BadAnswer``."""
        if not self.content.strip():
            return None
        if self.content.lstrip()[:1] == b"<" and not self.is_html():
            return _xml.to_data(self.xml())
        return self.json()

    def is_html(self) -> bool:
        """Whether the body is a web page, whatever its header says."""
        start = self.content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))

    def bad(self, what: str) -> BadAnswer:
        """A ``BadAnswer`` about this answer."""
        return BadAnswer(what, method=self.method, path=self.path, status=self.status, reply=f"it begins with {self.excerpt()!r}" if self.content else "")


class _CappedRetry(Retry):
    """urllib3's rules, with a ``Retry-After`` that cannot hold a task for longer than a minute."""

    def get_retry_after(self, response: Any) -> float | None:
        try:
            seconds = super().get_retry_after(response)
        except urllib3.exceptions.InvalidHeader:
            return None
        return None if seconds is None else min(seconds, RETRY_AFTER_CAP)


@functools.cache
def retry_rules(retries: int, may_repeat: bool) -> Retry:
    """What is repeated how often: failures to connect for every method, because the request was not sent; all else only where it does no harm."""
    return _CappedRetry(
        total=retries,
        connect=retries,
        read=retries,
        status=retries,
        redirect=0,
        other=0,
        # An empty set would mean every method.
        allowed_methods=None if may_repeat else frozenset({"NONE"}),
        status_forcelist=RETRY_STATUSES if may_repeat else (),
        backoff_factor=0.5,
        respect_retry_after_header=may_repeat,
        raise_on_status=False,
    )


class HttpClient:
    """Sends requests to one service over kept connections."""

    def __init__(self, title: str, connection: Connection, secrets: Secrets, log: Callable[[str], None] | None = None) -> None:
        if not HAS_REQUESTS:
            raise InvalidInput("the Python package requests is needed", hint="Install it for the Python that runs this task.")
        self.title = title
        self.connection = connection
        self.secrets = secrets
        self._log = log
        encrypted = connection.base_url.startswith("https:")
        pin = normalise_fingerprint(connection.certificate_fingerprint) if connection.certificate_fingerprint and encrypted else None
        context = tls_context(connection.validate_certs and not pin, connection.ca_path, connection.client_cert, connection.client_key)
        if not connection.validate_certs and not pin:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._trust = context, pin
        self._timeout = urllib3.Timeout(connect=min(connection.timeout, CONNECT_TIMEOUT), read=connection.timeout)
        self._proxy = next(iter(connection.proxies().values()), None)
        # A proxy for plain HTTP gets the whole URL.
        self._root = connection.base_url if self._proxy and not encrypted else urlsplit(connection.base_url).path
        self._pool: Any = None

    def close(self) -> None:
        """Closes the kept connections."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        content_type: str | None = None,
        accept: str | None = None,
        authorization: str | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        sink: BinaryIO | None = None,
    ) -> Answer:
        """Sends one request and returns its answer, whatever its status.

        ``path`` begins with a slash and is appended to the base URL as it is (already percent-encoded). ``repeatable`` says whether sending it twice does
        no harm; reads are. A ``sink`` takes the body of a 2xx answer, without the limit in size. Raises ``ConnectionFailed``, ``TlsFailed``, ``BadAnswer``.
        """
        method = method.upper()
        if json_body is not None:
            body, content_type = json.dumps(json_body, separators=(",", ":"), ensure_ascii=False).encode(), content_type or "application/json"
        elif form is not None:
            body, content_type = urlencode(form).encode(), content_type or "application/x-www-form-urlencoded"
        sent_headers = {"User-Agent": USER_AGENT, "Accept": accept or "*/*", **(headers or {})}
        if content_type:
            sent_headers["Content-Type"] = content_type
        if authorization is not None:
            sent_headers["Authorization"] = authorization
        for name in (method, *sent_headers):
            if not _NAME.fullmatch(name):
                raise InvalidInput(f"{name!r} is no name of a method or header", service=self.title)
        for name, value in sent_headers.items():
            if not _HEADER.fullmatch(value):
                raise InvalidInput(f"the value of {name} cannot be sent: it has a line break, or characters that a header cannot have", service=self.title)
        if body is not None or method not in READS:
            sent_headers["Content-Length"] = str(len(body or b""))
        target = self._root + path + (("&" if "?" in path else "?") + encode_query(query) if query else "")
        may_repeat = method in READS if repeatable is None else repeatable
        started = time.monotonic()
        try:
            if self._pool is None:
                self._pool = connection_pool(self.connection.base_url, *self._trust, self._proxy)
            with self._pool.request(
                method,
                target,
                body=body,
                headers=sent_headers,
                retries=retry_rules(self.connection.retries, may_repeat),
                redirect=False,
                assert_same_host=False,
                timeout=self._timeout,
                preload_content=False,
            ) as response:
                content, size = self._read(response, sink if 200 <= response.status < 300 else None)
                response.release_conn()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._failure(error, method, self.secrets.redact(path)) from None
        except TokenflowError as error:
            error.service, error.method, error.path = self.title, method, self.secrets.redact(path)
            raise
        answer = Answer(method, path, response.status, response.headers, content, size, time.monotonic() - started)
        if self._log:
            self._log(self.secrets.redact(f"{self.title}: {method} {path} -> {answer.status}, {size} bytes, {answer.seconds * 1000:.0f} ms"))
        return answer

    def _read(self, response: Any, sink: BinaryIO | None) -> tuple[bytes, int]:
        parts: list[bytes] = []
        size = 0
        for part in response.stream(65536):
            size += len(part)
            if sink is not None:
                sink.write(part)
                continue
            if size > ANSWER_LIMIT:
                raise BadAnswer(f"the answer is larger than {ANSWER_LIMIT // (1024 * 1024)} MiB", status=response.status)
            parts.append(part)
        return b"".join(parts), size

    def _failure(self, error: Exception, method: str, path: str) -> TokenflowError:
        where: dict[str, Any] = {"service": self.title, "method": method, "path": path}
        cause = error.reason if isinstance(error, urllib3.exceptions.MaxRetryError) else error
        reason = _reason(error)
        # Without the connection's own representation, which says nothing that the URL does not.
        text = self.secrets.redact(re.sub(r"^\S*Connection(?:Pool)?\(.*?\): ", "", str(reason)))
        if isinstance(cause, urllib3.exceptions.SSLError):
            return TlsFailed(f"no trusted TLS connection to {self.connection.base_url} ({text})", hint=_tls_hint(text), **where)
        if isinstance(error, ValueError):
            return InvalidInput(f"nothing can be sent to {self.connection.base_url} ({text})", hint="Check base_url and proxy.", **where)
        unsent = isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))
        if isinstance(cause, urllib3.exceptions.ProxyError):
            return ConnectionFailed(f"the proxy did not connect to {self.connection.base_url} ({text})", hint="Check proxy, and no_proxy.", **where)
        if unsent:
            return ConnectionFailed(f"no connection to {self.connection.base_url} ({text})", hint="Check base_url, the network, and the system.", **where)
        if isinstance(reason, urllib3.exceptions.ReadTimeoutError):
            what = f"no answer within {self.connection.timeout:g} seconds"
        else:
            what = f"the connection broke before the whole answer was there ({text})"
        arrived = method not in READS
        hint = "The service may have carried the request out: check before repeating it." if arrived else "Raise timeout if the service is slow."
        if self.connection.base_url.startswith("http:"):
            hint += " If the port is one for TLS, base_url begins with https."
        return ConnectionFailed(what, may_have_arrived=arrived, hint=hint, **where)


def encode_query(query: Mapping[str, Any]) -> str:
    """Parameters as a query string: lists repeat the name, None leaves it out, booleans are ``true`` and ``false``; comma and slash stay readable.

    Text is UTF-8; bytes are taken as they are.
    """
    pairs = []
    for name, value in query.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                pairs.append((name, item if isinstance(item, bytes) else str(item).lower() if isinstance(item, bool) else str(item)))
    return urlencode(pairs, quote_via=quote, safe=",/")


def _reason(error: BaseException) -> BaseException:
    """The innermost cause that says something: requests and urllib3 wrap errors several times."""
    while True:
        inner = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((argument for argument in error.args if isinstance(argument, BaseException)), None)
        if inner is None or isinstance(error, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)):
            return error
        error = inner


def _tls_hint(text: str) -> str:
    if "ingerprint" in text:
        return "The certificate is not the pinned one: if it was renewed on purpose, set certificate_fingerprint to the new value; if not, do not connect."
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "Give the issuing authority with ca_path, or pin a self-signed certificate with certificate_fingerprint."
    if "CERTIFICATE_REQUIRED" in text:
        return "The service wants a client certificate: give client_cert and client_key."
    return "Check that base_url names a TLS port, and whether the service wants a client certificate (client_cert)."
