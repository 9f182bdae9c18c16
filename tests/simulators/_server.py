# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs simulators in one process: TLS listeners for the services, one plain loopback port for control."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ._core import ControlError, Simulator


class Listener:
    """A simulator on an address; port 0 takes a free one."""

    def __init__(self, simulator: Simulator, host: str = "127.0.0.1", port: int = 0, tls: bool = True) -> None:
        self.simulator, self.tls = simulator, tls
        self.socket = _bind(host, port)
        self.host, self.port = self.socket.getsockname()[:2]

    @property
    def url(self) -> str:
        default = 443 if self.tls else 80
        return f"{'https' if self.tls else 'http'}://{self.host}" + ("" if self.port == default else f":{self.port}")


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    # With its protocol named, asyncio sends small packets at once (TCP_NODELAY), as web servers do.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((host, port))
    return listening


class _Dispatcher:
    """Hands a request to the simulator of the address on which it came in."""

    def __init__(self, applications: dict[tuple[str, int], Any]) -> None:
        self.applications = applications

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await self.applications[tuple(scope["server"])](scope, receive, send)


class _Server(uvicorn.Server):
    """A uvicorn server whose signals are handled by us, because several of them share the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        yield


class Town:
    """All running simulators with their listeners, certificates and control port."""

    def __init__(self, directory: Path, control_port: int = 0) -> None:
        self.directory = directory
        self.listeners: list[Listener] = []
        self.control_socket = _bind("127.0.0.1", control_port)
        self.control_url = f"http://127.0.0.1:{self.control_socket.getsockname()[1]}"
        self._servers: list[_Server] = []

    def add(self, simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> None:
        """Puts a simulator on an address, and beside it on a plain port where the real system has one."""
        self.listeners.append(Listener(simulator, host, port))
        if simulator.PLAIN_HTTP:
            self.listeners.append(Listener(simulator, host, 0, tls=False))

    def simulators(self) -> dict[str, Simulator]:
        return {listener.simulator.instance: listener.simulator for listener in self.listeners}

    def description(self) -> dict[str, Any]:
        """What clients need: flat ``<service>_<option>`` variables for the first of each service, and all under ``simulators``."""
        instances: dict[str, dict[str, Any]] = {}
        for listener in self.listeners:
            simulator = listener.simulator
            entry = instances.setdefault(simulator.instance, {"service": simulator.NAME, **simulator.settings()})
            entry["base_url" if listener.tls else "plain_url"] = listener.url
            entry["control_url"] = f"{self.control_url}/{simulator.instance}"
        flat: dict[str, Any] = {}
        for entry in instances.values():
            for key, value in entry.items():
                if key != "service":
                    flat.setdefault(f"{entry['service']}_{key}", value)
        return {
            "simulators_pid": os.getpid(),
            "simulators_control_url": self.control_url,
            "simulators_ca_path": str(self.directory / "ca.pem"),
            "simulators_certificate_fingerprint": self.fingerprint,
            **flat,
            "simulators": instances,
        }

    def certify(self) -> None:
        """Makes a certificate authority and one server certificate for all addresses used."""
        self.directory.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        hosts = sorted({listener.host for listener in self.listeners} | {"localhost", "127.0.0.1"})
        server = authority.issue_cert(*hosts)
        authority.cert_pem.write_to_path(str(self.directory / "ca.pem"))
        server.private_key_pem.write_to_path(str(self.directory / "server.key"))
        with open(self.directory / "server.pem", "wb") as chain:
            for blob in server.cert_chain_pems:
                chain.write(blob.bytes())
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        self.fingerprint = x509.load_pem_x509_certificate(server.cert_chain_pems[0].bytes()).fingerprint(hashes.SHA256()).hex(":").upper()

    def stop(self) -> None:
        for server in self._servers:
            server.should_exit = True

    async def serve(self, ready: Any) -> None:
        """Serves until ``stop`` or SIGTERM; calls ``ready`` once all ports listen."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        tls = [listener for listener in self.listeners if listener.tls]
        plain = [listener for listener in self.listeners if not listener.tls]
        secure = _Dispatcher({(listener.host, listener.port): listener.simulator for listener in tls})
        open_ = _Dispatcher(
            {
                **{(listener.host, listener.port): listener.simulator for listener in plain},
                self.control_socket.getsockname()[:2]: control_application(self.simulators()),
            }
        )
        certificate = {"ssl_certfile": str(self.directory / "server.pem"), "ssl_keyfile": str(self.directory / "server.key")}
        sockets = [[listener.socket for listener in tls], [self.control_socket, *(listener.socket for listener in plain)]]
        self._servers = [_Server(_configuration(secure, **certificate)), _Server(_configuration(open_))]
        serving = [asyncio.create_task(server.serve(sockets=socks)) for server, socks in zip(self._servers, sockets)]
        while not all(server.started for server in self._servers):
            if any(task.done() for task in serving):
                break
            await asyncio.sleep(0.01)
        else:
            ready()
        await asyncio.gather(*serving)


def _configuration(app: Any, **settings: Any) -> uvicorn.Config:
    # h11, because faults need its transport; its limit is raised so that the simulators themselves refuse long request lines.
    return uvicorn.Config(
        app,
        http="h11",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        h11_max_incomplete_event_size=1 << 20,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=65,
        **settings,
    )


def control_application(simulators: dict[str, Simulator]) -> Starlette:
    """The control port: ``GET /``, ``GET /{instance}``, ``GET /{instance}/journal`` and ``POST /{instance}/{action}``."""

    def find(request: Request) -> Simulator:
        instance = request.path_params["instance"]
        if instance not in simulators:
            raise ControlError(f"no simulator {instance!r}; there are {', '.join(simulators)}")
        return simulators[instance]

    def overview(_request: Request) -> Response:
        return JSONResponse({name: f"/{name}" for name in simulators})

    def show(request: Request) -> Response:
        simulator = find(request)
        return JSONResponse({"switches": simulator.switches, "actions": simulator.actions(), "requests": len(simulator.journal)})

    def journal(request: Request) -> Response:
        return JSONResponse(find(request).journal)

    async def act(request: Request) -> Response:
        simulator, action = find(request), request.path_params["action"]
        if action not in simulator.actions():
            raise ControlError(f"{simulator.NAME} has no action {action!r}; it has {', '.join(simulator.actions())}")
        body = await request.body()
        arguments = json.loads(body) if body else {}
        if not isinstance(arguments, dict):
            raise ControlError("the arguments of an action are a JSON object")
        try:
            result = getattr(simulator, action)(**arguments)
        except TypeError as error:
            raise ControlError(str(error)) from error
        return JSONResponse({"result": result})

    def refuse(_request: Request, error: Exception) -> Response:
        return JSONResponse({"error": str(error)}, status_code=400)

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/{instance}", show),
            Route("/{instance}/journal", journal),
            Route("/{instance}/{action}", act, methods=["POST"]),
        ],
        exception_handlers={ControlError: refuse, json.JSONDecodeError: refuse},
    )
