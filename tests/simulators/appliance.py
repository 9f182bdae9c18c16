# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated Oracle session border controller (Acme Packet) with its REST API, versions 1.0 to 1.2."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ._appliance_access import NOT_AUTHORISED, Account, Lock, Token
from ._appliance_configuration import Configuration, draft_of, normalised
from ._appliance_elements import password_names
from ._appliance_jobs import OPERATIONS as JOB_OPERATIONS
from ._appliance_jobs import Job, Outcome
from ._appliance_metadata import ElementType
from ._appliance_operations import OPERATIONS, VERSIONS, Operation, supported_versions
from ._appliance_references import Finding
from ._appliance_resources import Call, put_element
from ._appliance_seed import SECRETS, first_configuration
from ._appliance_state import State
from ._appliance_switches import SWITCHES
from ._appliance_system import BOOT_PARAMETERS, ROLES
from ._appliance_wire import Refused, Reply, accepts_xml, envelope, error_envelope, media_type, nodes
from ._core import ControlError, Simulator, _drop, control

ADMINISTRATOR = "This request requires the client credentials to have administrator privileges"
_SECRET_NAME = rf"<name>\s*(?:{'|'.join(sorted(password_names() | {'FTP password'}))})\s*</name>"
_HIDDEN = re.compile(rf"({_SECRET_NAME}\s*<value>)[^<]+|(<value>)[^<]+(</value>\s*{_SECRET_NAME})")


class Appliance(Simulator):
    """Oracle SBC appliance: XML over HTTPS, ten-minute tokens, one configuration lock, three configuration stores."""

    NAME = "appliance"
    SWITCHES = SWITCHES
    PLAIN_HTTP = "the appliance answers plain HTTP with 426 and serves HTTPS only"

    def app(self) -> Callable[..., Any]:
        return self._serve

    def seed(self) -> None:
        self.passwords = [account.password for account in self._accounts().values()]
        self.responses = 0
        self.state = State(self.clock, self.on, self._accounts())
        first = first_configuration(self.state.kinds, self.clock.now() - 86400)
        self.state.editing, self.state.saved, self.state.running = first, first.copy(), first.copy()
        self.state.backups["factory-acceptance.gz"] = first.copy()

    @staticmethod
    def _accounts() -> dict[str, Account]:
        return {
            "admin": Account("sbc-Admin-pass-58!", "admin"),
            "netops": Account("sbc-Netops-pass-24!", "admin"),
            "viewer": Account("sbc-Viewer-pass-91!", "user"),
        }

    def settings(self) -> dict[str, Any]:
        accounts = self._accounts()
        return {
            "username": "admin",
            "password": accounts["admin"].password,
            "operator_username": "viewer",
            "operator_password": accounts["viewer"].password,
            "second_username": "netops",
            "second_password": accounts["netops"].password,
        }

    def secrets(self) -> list[str]:
        return [*self.passwords, *SECRETS, BOOT_PARAMETERS["FTP password"], *self.state.access.issued]

    # The journal shows which form a refresh had, but neither the token nor any secret in a configuration element.
    def _enter(self, scope: dict[str, Any], body: bytes) -> dict[str, Any]:
        entry = super()._enter(scope, body)
        if entry["path"].endswith("/auth/token") and body.strip():
            entry["body"] = "***"
            entry["refresh_form"] = self.state.access.refresh_form(body.decode("utf-8", "replace").strip())
        else:
            entry["body"] = _HIDDEN.sub(lambda match: f"{match[1] or match[2]}***{match[3] or ''}", entry["body"])
        return entry

    async def _serve(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.state.tick()
        if self.state.down and self.on("while_down") == "reset":
            _drop(getattr(send, "transport", None))
            return
        response = PlainTextResponse("Service Unavailable", 503) if self.state.down else self._respond(request, body)
        await response(scope, receive, send)

    def _respond(self, request: Request, body: bytes) -> Response:
        try:
            reply = self._reply(request, body)
            status, content = reply.status, b"" if reply.status == 204 else envelope(reply)
        except Refused as refused:
            status, content = refused.status, error_envelope(refused.message, self.on("error_nesting"))
        self.responses += 1
        headers = {
            "Cache-Control": "no-cache",
            "Connection": "keep-alive",
            "Keep-Alive": "timeout=60, max=99",
            "Last-Modified": formatdate(self.clock.now(), usegmt=True),
            "X-Appweb-Seq": str(self.responses),
        }
        if content:
            headers["Content-Type"] = "application/xml"
        return Response(content, status, headers)

    def _reply(self, request: Request, body: bytes) -> Reply:
        if request.scope["scheme"] != "https":
            raise Refused(426, "Client must connect with HTTPS")
        path, method = request.scope["path"], request.method
        if path == "/rest/api/supportedversions":
            return self._supported_versions(request, method)
        match = re.fullmatch(r"/rest/(v[^/]*)(/.*)", path)
        if not match:
            raise Refused(404, "Resource not found")
        version, resource = match.groups()
        if version not in self._versions():
            raise Refused(404, "Unsupported versionId in URI")
        if resource == "/api/supportedversions":
            raise Refused(404, "This API must not contain a version number")
        if resource == "/auth/token":
            return self._token(request, method, body)
        operation = self._operation(version, resource, method)
        self._check_accept(request)
        token = self._authenticate(request)
        self._check_content_type(request, method)
        if operation.admin and token.user_class != "admin":
            raise Refused(403, ADMINISTRATOR)
        if operation.lock:
            self.state.access.need_lock(token)
        origin = f"{request.scope['scheme']}://{request.headers.get('host', '')}"
        return operation.handler(self.state, Call(method, version, request.query_params.multi_items(), body, request.headers, origin, token))

    def _versions(self) -> tuple[str, ...]:
        return VERSIONS[: VERSIONS.index(self.on("latest_version")) + 1]

    def _operation(self, version: str, resource: str, method: str) -> Operation:
        verbs = {verb: one for verb, one in OPERATIONS.get(resource, {}).items() if one.since <= version}
        if not verbs:
            raise Refused(404, "Resource not found")
        if method not in verbs or (resource.endswith("/import") and method == "POST" and self.on("import_verb") == "PUT"):
            raise Refused(405, f"Method {method} is not allowed")
        return verbs[method]

    def _authenticate(self, request: Request) -> Token:
        return self.state.access.authenticate(request.headers.get("authorization"), self.clock.now())

    def _supported_versions(self, request: Request, method: str) -> Reply:
        if method != "GET":
            raise Refused(405, f"Method {method} is not allowed")
        self._check_accept(request)
        if self.on("supportedversions_without_token") == 401 or "authorization" in request.headers:
            self._authenticate(request)
        return supported_versions(self.on("latest_version"))

    def _token(self, request: Request, method: str, body: bytes) -> Reply:
        if method == "GET" and self.on("get_token") == 401:
            raise Refused(401, NOT_AUTHORISED)
        if method != "POST":
            raise Refused(405, f"Method {method} is not allowed")
        self._check_accept(request)
        token = self.state.access.login(request.headers.get("authorization"), request.headers.get("content-type"), body, self.clock.now())
        return Reply(nodes({"accessToken": token.value}))

    @staticmethod
    def _check_accept(request: Request) -> None:
        if not accepts_xml(request.headers.get("accept")):
            raise Refused(406, "Only application/xml can be produced")

    def _check_content_type(self, request: Request, method: str) -> None:
        strict = self.on("content_type_check") == "strict" and method in ("POST", "PUT")
        if strict and media_type(request.headers.get("content-type")) != "application/xml":
            raise Refused(415, "Content-Type must be application/xml")

    def _kind(self, element_type: str) -> ElementType:
        if element_type not in self.state.kinds:
            raise ControlError(f"there is no element type {element_type!r}")
        return self.state.kinds[element_type]

    def _store(self, store: str) -> Configuration:
        if store not in ("editing", "saved", "running"):
            raise ControlError("store is editing, saved or running")
        self.state.tick()
        return self.state.store(store)

    @control
    def expire_tokens(self) -> None:
        """Lets every live token run out now; a lock goes with its token."""
        for token in self.state.access.tokens.values():
            token.expires = self.clock.now()
        self.state.tick()

    @control
    def revoke_tokens(self) -> None:
        """Withdraws every live token, and the lock that one of them holds."""
        self.state.tick()
        self.state.access.forget_tokens()

    @control
    def other_operator_lock(self, held: bool = True, seconds: float | None = None, name: str = "acli") -> dict[str, Any]:
        """Takes the lock at the command line, for good or for some seconds, or gives it back; returns the lock's state."""
        self.state.tick()
        access = self.state.access
        if held:
            if access.lock.token:
                raise ControlError("the lock is held by a client of the REST API")
            access.lock = Lock(other=name, until=None if seconds is None else self.clock.now() + seconds)
        elif access.lock.other:
            access.lock = Lock()
        return self.lock_state()

    @control
    def other_operator_job(self, operation: str = "save", seconds: float = 10.0, outcome: str = "success", message: str = "") -> None:
        """Starts an asynchronous operation at the command line, which becomes the one that asyncstatus shows."""
        if operation not in JOB_OPERATIONS or outcome not in ("success", "fail"):
            raise ControlError(f"operation is one of {', '.join(JOB_OPERATIONS)}, outcome is success or fail")
        self.state.tick()
        state = self.state
        works: dict[str, Callable[[], Callable[[], Outcome]]] = {
            "save": state.save,
            "verify": state.verify,
            "activate": state.activate,
            "restore": lambda: state.restore("running"),
            "backup": lambda: state.backup("running", f"acli-{len(state.backups)}.gz"),
        }
        work = works[operation]() if outcome == "success" else lambda: Outcome(message or f"{operation} failed")
        state.jobs.start(Job(operation, self.clock.now() + seconds, work, "acli"))

    @control
    def fail_job(self, operation: str, message: str = "Internal error") -> None:
        """Lets the next operation of that name fail."""
        if operation not in JOB_OPERATIONS:
            raise ControlError(f"operation is one of {', '.join(JOB_OPERATIONS)}")
        self.state.failures[operation] = message

    @control
    def corrupt_verify(self, message: str = "", field: str = "", object: str = "") -> None:
        """Lets every verification fail with one more message, until it is called without one."""
        self.state.verify_errors = [*self.state.verify_errors, Finding(field, object, message)] if message else []

    @control
    def get_store(self, store: str = "editing") -> dict[str, Any]:
        """A configuration store: editing, saved or running."""
        return self._store(store).as_json(self.state.kinds)

    @control
    def set_element(self, element_type: str, attributes: dict[str, Any], sub_elements: dict[str, Any] | None = None, store: str = "editing") -> None:
        """Puts an element into a store without the lock; ``sub_elements`` maps a type to a list of attribute mappings."""
        kind, configuration = self._kind(element_type), self._store(store)
        subs = [(name, (values, ())) for name, entries in (sub_elements or {}).items() for values in entries]
        try:
            put_element(configuration, kind, draft_of(kind, attributes, subs), self.clock.now())
        except (KeyError, Refused) as error:
            raise ControlError(f"not a valid {element_type}: {error}") from error

    @control
    def remove_element(self, element_type: str, keys: dict[str, Any], store: str = "editing") -> bool:
        """Removes the element with these keys from a store without the lock; returns whether there was one."""
        kind, configuration = self._kind(element_type), self._store(store)
        wanted = {a.name: normalised(a, keys[a.name] if isinstance(keys[a.name], list) else [keys[a.name]]) for a in kind.keys if a.name in keys}
        found = next((one for one in configuration.all(kind) if all(one.values[name] == values for name, values in wanted.items())), None)
        if found is None or len(wanted) != len(kind.keys):
            return False
        configuration.delete(kind, found)
        return True

    @control
    def lock_state(self) -> dict[str, Any]:
        """Who holds the lock: ``holder``, ``seconds_left``, and the fingerprint of the ``token`` if it is one."""
        self.state.tick()
        return self.state.access.lock_state(self.clock.now())

    @control
    def set_role(self, role: str) -> None:
        """Sets the role: standalone, or active, standby or out of service as one of a redundant pair."""
        if role not in ROLES:
            raise ControlError(f"role is one of {', '.join(ROLES)}")
        self.switches["redundancy"] = "standalone" if role == "standalone" else "ha"
        if role != "standalone" and role != self.state.machine.role:
            self.state.machine.change_role(role, self.clock.now(), "set at the command line")

    @control
    def change_password(self, user: str, password: str) -> None:
        """Changes a user's password; tokens stay as they are."""
        if user not in self.state.access.accounts:
            raise ControlError(f"there is no user {user!r}")
        self.passwords.append(password)
        self.state.access.accounts[user].password = password


SIMULATOR = Appliance
