# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PLCnext controller's REST data interface as a simulator (``contract §N`` is a section of the PLCnext contract)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ._core import ControlError, Simulator, control, fingerprint
from ._plcnext_groups import Groups
from ._plcnext_login import Login, User
from ._plcnext_machine import PREFIX, build
from ._plcnext_project import Variable
from ._plcnext_sessions import Sessions
from ._plcnext_switches import SWITCHES
from ._plcnext_variables import Variables
from ._plcnext_wire import REQUEST_LINE_LIMIT, Call, NotThere, Refusal, answer, form, static, web_server

_URI = re.compile(r"/_pxc_api(?:/(api|v[0-9]+\.[0-9]+))?(?:/(auth/auth-token|auth/access-token|sessions|groups|variables)(?:/(.+))?)?", re.ASCII)
_PASSWORD = re.compile(r'("password"\s*:\s*)"(?:[^"\\]|\\.)*"?')
_VERSIONS = {f"v1.{minor}" for minor in range(14)} | {"api"}
STATES = ("running", "loading", "no_project", "down")
UPTIME_AT_SEED = 6 * 3600
ACCOUNTS = {
    "admin": ("admin", "plc-Admin-key-8841!", ("Admin",)),
    "": ("automation", "plc-Change-me-42!", ("EHmiChanger", "EHmiLevel1", "EHmiLevel3")),
    "viewer": ("panel", "plc-View-only-17!", ("EHmiViewer", "EHmiLevel1")),
    "nohmi": ("maintenance", "plc-Tools-shed-93!", ("Engineer",)),
}


@dataclass
class _Download:
    """A project download that happens after so many more data requests."""

    after: int
    checksum: int | None
    new: list[Variable]
    old: list[str]
    loading: float


class PlcnextSimulator(Simulator):
    """PLCnext controller, REST data interface: two-step login, sessions, groups, variables, dictionaries."""

    NAME = "plcnext"
    SWITCHES = SWITCHES
    PLAIN_HTTP = "port 80 answers 301 to HTTPS (contract §2.1)"

    def app(self) -> Callable[..., Any]:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            request = Request(scope, receive)
            response = self._serve(request, await request.body())
            await response(scope, receive, send)

        return application

    def seed(self) -> None:
        self._boot = self.clock.now() - UPTIME_AT_SEED
        self._state = "running"
        self._loaded_at: float | None = None
        self._download: _Download | None = None
        self.project = build(self._ticks)
        self.login = Login(self, {name: User(password, roles) for name, password, roles in ACCOUNTS.values()})
        self.sessions = Sessions(self)
        self.variables = Variables(self)
        self.groups = Groups(self, self.sessions, self.variables)

    def settings(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for role, (name, _password, _roles) in ACCOUNTS.items():
            prefix = f"{role}_" if role else ""
            found |= {f"{prefix}username": name, f"{prefix}password": self.login.users[name].password}
        return found

    def secrets(self) -> list[str]:
        return self.login.secrets

    def _enter(self, scope: dict[str, Any], body: bytes) -> dict[str, Any]:
        entry = super()._enter(scope, body)
        # A wrong password and a bare token are secrets that the list does not have in this form.
        entry["body"] = _PASSWORD.sub(r'\1"***"', entry["body"])
        for name, value in scope["headers"]:
            if name.lower() == b"authorization" and b" " not in value:
                entry["headers"]["authorization"] = fingerprint(value.decode("latin-1"))
        return entry

    def expire_tokens(self) -> None:
        """Lets every live token run out now."""
        for token in self.login.tokens.values():
            token.withdrawn = True

    def revoke_tokens(self) -> None:
        """Withdraws every live token."""
        self.login.tokens.clear()

    def stamp(self, moment: float) -> int:
        """A moment in ms, as ids and reports carry it (contract §6)."""
        return int(1000 * (moment - (self._boot if self.on("timestamps") == "uptime" else 0)))

    def _ticks(self) -> int:
        """Milliseconds since the start of the controller, in the range of a DINT."""
        return (int(1000 * (self.clock.now() - self._boot)) + 2**31) % 2**32 - 2**31

    def envelope(self) -> dict[str, Any]:
        """The first members of every success body (contract §5)."""
        return {"apiVersion": self.on("api_version"), "projectCRC": self.project.checksum, "userAuthenticationRequired": bool(self.on("authentication"))}

    @property
    def state(self) -> str:
        if self._state == "loading" and self._loaded_at is not None and self.clock.now() >= self._loaded_at:
            self._state, self._loaded_at = "running", None
        return self._state

    def _serve(self, request: Request, body: bytes) -> Response:
        """The web server's part: what does not reach the eHMI component (contract §2.1, §3)."""
        scope = request.scope
        host = request.headers.get("host") or "{}:{}".format(*scope.get("server") or ("localhost", 443))
        path, query = scope["raw_path"], scope["query_string"]
        line = b"%s %s%s HTTP/1.1\r\n" % (request.method.encode(), path, b"?" + query if query else b"")
        if len(line) > REQUEST_LINE_LIMIT:
            return web_server(414, [("connection", "close")])
        if scope["scheme"] == "http":
            target = line.split(b" ")[1].decode("latin-1")
            return web_server(301, [("location", f"https://{re.sub(':[0-9]+$', '', host)}{target}")])
        if len(body) > self.on("max_body_bytes"):
            return web_server(413, [("connection", "close")])
        if scope["path"].startswith("/ehmi/"):
            return self._file(request.method, scope["path"].removeprefix("/ehmi/"))
        if not scope["path"].lower().startswith("/_pxc_api") or self.state == "no_project":
            return web_server(404)
        if self.state == "down":
            return web_server(self.on("down_status"))
        client = scope["client"][0] if scope.get("client") else ""
        return self._ehmi(request.method, scope["path"], query, body, client, host, request.headers.get("authorization"))

    def _file(self, method: str, name: str) -> Response:
        if self.state in ("loading", "no_project"):
            status = self.on(f"{self.state}_answer")
            return web_server(status, [("location", "/redirect")] if status == 302 else [])
        content = self.project.file(name)
        if content is None:
            return web_server(404)
        return static(content) if method in ("GET", "HEAD") else web_server(405)

    def _ehmi(self, method: str, path: str, query: bytes, body: bytes, client: str, host: str, authorization: str | None) -> Response:
        match = _URI.fullmatch(path.rstrip("/"))
        base, resource, rest = (match[1] or "", match[2] or "", match[3] or "") if match else ("", "", "")
        known = base in _VERSIONS or (base and self.on("unknown_version") == "accept") or (not base and resource.startswith("auth/"))
        if not match or not known or (resource.startswith("auth/") and rest):
            return answer(404)
        call = Call(method, base, resource, rest, {}, body, client, host, authorization)
        try:
            call.query = form(query.decode("latin-1"), call)
            found = self._resource(call)
            if found is None:
                raise Refusal(self.on("unsupported_method"), call.domain, "invalidRequest")
        except NotThere:
            return answer(404)
        except Refusal as refusal:
            return self._error(refusal)
        finally:
            if resource in ("variables", "groups"):
                self._count_request()
        return found

    def _error(self, refusal: Refusal) -> Response:
        detail: dict[str, Any] = {"domain": refusal.domain, "reason": refusal.reason}
        if refusal.values is not None:
            detail["values"] = refusal.values
        body = {"apiVersion": self.on("api_version"), "projectCRC": self.project.checksum, "error": {"code": refusal.status, "details": [detail]}}
        return answer(refusal.status, body, [("www-authenticate", refusal.challenge)] if refusal.challenge else [])

    def _resource(self, call: Call) -> Response | None:
        """The eHMI component's part; None for a method that is not there."""
        self.sessions.purge()
        self.groups.purge()
        if not call.resource:
            if call.method != "GET":
                return None
            self._use_session(call)
            version = "v" + ".".join(self.on("api_version").split(".")[:2])
            return answer(200, {"apiVersion": self.on("api_version"), "version": version})
        if call.resource.startswith("auth/"):
            if call.method != "POST":
                return None
            self._use_session(call)
            return answer(200, self.login.serve(call))
        if self.state == "loading":
            raise Refusal(self.on("unloaded_status"), "project", "unloaded")
        if call.resource != "sessions" or self.on("sessions_need_token"):
            self.login.authorize(call, write=call.resource == "variables" and call.method == "PUT")
        self._use_session(call)
        if call.resource == "sessions":
            return self.sessions.serve(call)
        if call.resource == "groups":
            return self.groups.serve(call)
        if not call.rest:
            return self.variables.serve(call)
        if call.method != "GET" or not self.on("variable_uri"):
            raise NotThere
        return self.variables.read([call.rest])

    def _use_session(self, call: Call) -> None:
        """A ``sessionID`` on any request must be alive, and is refreshed (contract §5, §6)."""
        if text := call.session_id():
            self.sessions.use(text)

    def _count_request(self) -> None:
        if self._download is not None:
            self._download.after -= 1
            if self._download.after <= 0:
                self._finish_download(self._download)

    @control
    def generate(self, count: int, type: str = "REAL", prefix: str = PREFIX + "Bulk.V", value: Any = None) -> dict[str, Any]:
        """Adds ``count`` variables ``<prefix>00000`` and on, of one type and initial value; returns the first and last path."""
        if not 1 <= count <= 100_000:
            raise ControlError("count is from 1 to 100000")
        names = [f"{prefix}{number:05d}" for number in range(count)]
        model = self.project.make(names[0], type, value)
        self.project.add([Variable(name, model.type, model.start) for name in names])
        return {"count": count, "first": names[0], "last": names[-1]}

    @control
    def get_variables(self, paths: list[str] | None = None) -> dict[str, Any]:
        """Values of full paths (all variables if not given), integers and times as numbers; no request is journaled."""
        return {path: self.project.read(path) for path in (list(self.project.variables) if paths is None else paths)}

    @control
    def set_variables(self, values: dict[str, Any]) -> None:
        """Sets values as the PLC program would: also read-only ones, whole arrays and structures, "NaN" and "Infinity"."""
        for path, value in values.items():
            self.project.write(path, value)

    @control
    def remove_variable(self, path: str) -> None:
        """Takes a variable out of the project, as if its HMI tag were gone; the checksum stays."""
        self.project.remove(path)

    @control
    def download_project(
        self, crc: int | None = None, variables: dict[str, Any] | None = None, loading_seconds: float = 0, after_requests: int | None = None
    ) -> int | None:
        """Downloads the project anew: new CRC, initial values, no groups or sessions; returns the CRC.

        ``variables`` changes the project: full path to ``{"type", "value", "read_only"}``, or to null to leave one out. For
        ``loading_seconds`` the project is unloaded. With ``after_requests`` it happens after that many more requests on
        variables or groups, and the call returns null.
        """
        new = [self._declared(path, declaration) for path, declaration in (variables or {}).items() if declaration is not None]
        old = [path for path, declaration in (variables or {}).items() if declaration is None]
        self._download = _Download(after_requests or 0, crc, new, old, loading_seconds)
        return None if after_requests else self._finish_download(self._download)

    def _declared(self, path: str, declaration: Any) -> Variable:
        if isinstance(declaration, dict) and isinstance(declaration.get("type"), str) and set(declaration) <= {"type", "value", "read_only"}:
            return self.project.make(path, declaration["type"], declaration.get("value"), bool(declaration.get("read_only")))
        raise ControlError(f"{path}: a variable is declared by type, value and read_only")

    def _finish_download(self, download: _Download) -> int:
        self._download = None
        self.project.download(download.checksum, download.new, download.old)
        self.sessions.live.clear()
        self.groups.live.clear()
        if self.on("download_drops_tokens"):
            self.login.tokens.clear()
        self._state, self._loaded_at = ("loading", self.clock.now() + download.loading) if download.loading else ("running", None)
        return self.project.checksum

    @control
    def set_state(self, state: str) -> str:
        """Sets the controller's state: running, loading, no_project or down; it stays until set again."""
        if state not in STATES:
            raise ControlError(f"state is one of {', '.join(STATES)}, not {state!r}")
        self._state, self._loaded_at = state, None
        if state != "running":
            self.sessions.live.clear()
            self.groups.live.clear()
        return state

    @control
    def disable_session(self, session_id: str | None = None, station_id: str | None = None, disabled: bool = True) -> str:
        """Disconnects a client as the PLC program can (403 disabledSessionID), or lets it in again; returns the session's id."""
        return self.sessions.disable(session_id, station_id, disabled)

    @control
    def change_password(self, user: str, password: str) -> None:
        """Gives a user another password; its tokens stay good."""
        self.login.change_password(user, password)


SIMULATOR = PlcnextSimulator
