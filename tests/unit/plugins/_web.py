# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small real servers on loopback: one that answers as a test says, and a proxy."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What to answer. ``cut`` sends only so many bytes of the body and closes, ``reset`` drops the connection unanswered, ``delay`` waits first."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    delay: float = 0.0
    trickle: float = 0.0


Script = Callable[[Received], Reply]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        received = Received(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.received.append(received)
        reply = self.server.script(received)
        if self.server.closing.wait(reply.delay):
            return
        if reply.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if reply.trickle:
            for place in range(len(reply.body)):
                self.wfile.write(reply.body[place : place + 1])
                if self.server.closing.wait(reply.trickle):
                    return
            return
        self.wfile.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve


class Web(ThreadingHTTPServer):
    """A server that answers with what ``script`` returns, and keeps what it received. When it is closed, no thread of it is left."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, script: Script | Reply, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.script: Script = script if callable(script) else lambda _received: script
        self.received: list[Received] = []
        self.closing = threading.Event()
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        self.port = self.server_address[1]
        self.tls = tls
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.tls is not None:
            # In the connection's own thread, so that a client without a handshake holds up nobody.
            request = self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
            try:
                request.do_handshake()
            except OSError:
                _drain(request)
                return
        self.open.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self.open.discard(request)
            if self.tls is not None:
                with contextlib.suppress(OSError):
                    request.close()

    def server_close(self) -> None:
        # Clients keep their connections, which the threads wait for.
        self.closing.set()
        for request in list(self.open):
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are part of the tests."""


def _drain(refused: ssl.SSLSocket) -> None:
    """Reads what the client sent already: closing over it would reset the connection before the client has read the alert."""
    with socket.socket(fileno=refused.detach()) as bare, contextlib.suppress(OSError):
        bare.settimeout(1)
        while bare.recv(65536):
            pass


class _ProxyHandler(_Handler):
    def do_CONNECT(self) -> None:
        self.server.received.append(Received("CONNECT", self.path, {name.lower(): value for name, value in self.headers.items()}, b""))
        reply = self.server.script(self.server.received[-1])
        if reply.status != 200:
            self.send_error(reply.status)
            return
        host, _colon, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as target:
            self.send_response(200)
            self.end_headers()
            _relay(self.connection, target)
        self.close_connection = True


def _relay(one: socket.socket, other: socket.socket) -> None:
    peers = {one: other, other: one}
    while True:
        ready, _writable, _broken = select.select(list(peers), [], [], 10)
        for end in ready:
            data = end.recv(65536)
            if not data:
                return
            peers[end].sendall(data)
        if not ready:
            return


class Proxy(Web):
    """A proxy: tunnels for CONNECT, and answers requests for plain URLs itself."""

    def __init__(self, script: Script | Reply) -> None:
        super().__init__(script)
        self.RequestHandlerClass = _ProxyHandler


@contextlib.contextmanager
def running(server: Web) -> Iterator[Web]:
    """The server, serving in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
