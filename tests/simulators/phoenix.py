# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Phoenix Security API: applications, components, teams, users, rules, findings and imports of two organisations."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import _phoenix_applications, _phoenix_assets, _phoenix_components, _phoenix_imports, _phoenix_people
from ._core import ControlError, Simulator, Switch, control
from ._phoenix_imports import settle
from ._phoenix_model import FINDING_TYPES, Application, Component, Finding, Organisation, User
from ._phoenix_seed import DOMAIN, harbour_lines, northwind
from ._phoenix_shapes import today
from ._phoenix_state import VIEWS
from ._phoenix_wire import ApiError, Call, Handler, Invalid, Routes, absent, render

CLIENT_ID = "7c0b9f52-3d51-4f0e-9a86-2f6f1f1c8e01"
CLIENT_SECRET = "pat1_nw-Change-me-61-Qh8vTz2LrXe4"
OTHER_CLIENT_ID = "b1a4d7c3-08e6-4f7b-8c55-6f0a3a9e7d02"
OTHER_CLIENT_SECRET = "pat1_hl-Change-me-17-Wd5sKp9NfYb3"
TOKEN_PATH = "/v1/auth/access_token"
OUTCOMES = ("IMPORTED", "ERROR", "TRANSLATING")
ON_OFF = (False, True)
ROUTES: Routes = [
    *_phoenix_applications.ROUTES,
    *_phoenix_components.ROUTES,
    *_phoenix_people.ROUTES,
    *_phoenix_assets.ROUTES,
    *_phoenix_imports.ROUTES,
]


@dataclass
class Token:
    org: Organisation
    expires: float


class PhoenixSimulator(Simulator):
    """Phoenix Security API (Enterprise API 1.27), with two organisations that do not see each other."""

    NAME = "phoenix"
    SWITCHES = {
        "error_body": Switch("error", ("error", "message", "empty", "html"), "key of the error text in an error body, no body, or a gateway's HTML page"),
        "www_authenticate": Switch(False, ON_OFF, "a 401 carries WWW-Authenticate"),
        "gateway_403": Switch(False, ON_OFF, "a wrong or expired token gets the gateway's 403 in place of 401"),
        "token_ttl": Switch(3600, (), "seconds that a token is valid"),
        "expiry_skew": Switch(0, (), "seconds by which the told expiry is later than the real one"),
        "omit_expiry": Switch(False, ON_OFF, "the token answer has no expiry"),
        "throttle": Switch("off", ("off", 429, "429-bare", 503, "503-bare"), "status of a request beyond throttle_limit; bare ones have no Retry-After"),
        "throttle_limit": Switch(0, (), "requests answered in each throttle_window"),
        "throttle_window": Switch(5, (), "seconds until a throttled client is served again"),
        "create_status": Switch(201, (201, 200), "status of a created application or team, and of a linked repository"),
        "patch_application_by_id": Switch(True, ON_OFF, "PATCH /v1/applications/{id} exists beside the selector form; if not, absent_method_status"),
        "rules_read": Switch(405, (405, 404), "status of reading or deleting rules"),
        "rules_count_key": Switch("rulesAdded", (), "name of the count in the answer to added rules"),
        "keylike_max": Switch(255, (), "longest keyLike of a rule filter"),
        "shared_namespace": Switch(False, ON_OFF, "an application and an environment may not have the same name"),
        "ambiguous_selector": Switch("first", ("first", 400, 404, 409), "a name that several objects have: the first is taken, or this status"),
        "global_service_names": Switch(False, ON_OFF, "service names are unique in the organisation, not only in their environment"),
        "default_entity_status": Switch(400, (400, 404, 409), "status of a change to a default entity"),
        "absent_method_status": Switch(405, (405, 404), "status of a method that a known path does not have"),
        "max_page_size": Switch(None, (), "largest page size"),
        "page_size_excess": Switch("cut", ("cut", 400), "a larger page size is cut down to the largest one, or refused"),
        "list_order": Switch("insertion", ("insertion", "shuffled"), "order of a list"),
        "empty_total_pages": Switch(0, (0, 1), "totalPages of an empty list"),
        "validation_status": Switch(400, (400, 422), "status of a value out of its range"),
        "owner_required": Switch(True, ON_OFF, "an application cannot be created without an owner"),
        "strict_roles": Switch(True, ON_OFF, "only the documented roles are taken"),
        "patch_null": Switch("ignore", ("ignore", "clear", 400), "a null in a PATCH is ignored, clears the field, or is refused"),
        "patch_unknown_fields": Switch("ignore", ("ignore", 400), "an unknown field in a PATCH is ignored or refused"),
        "name_conflict_ignore_case": Switch(False, ON_OFF, "names that differ only in case are the same name"),
        "application_tag_ids": Switch(True, ON_OFF, "tags of applications are shown with their id"),
        "tag_put_duplicate": Switch(200, (200, 409), "status of adding only tags that are there"),
        "propagation_delay": Switch(0, (), "seconds until a created object is found"),
        "deploy_unchanged": Switch(200, (200, 409), "status of replacing deployment links by the same ones"),
        "trailing_slash": Switch("accepted", ("accepted", 404), "a path with a slash at its end"),
        "max_body": Switch(10 * 1024 * 1024, (), "largest body in bytes; the gateway refuses more with 413"),
        "undocumented_routes": Switch(404, (404, 405), "status of calls that only old clients make"),
        "asset_type_aliases": Switch(False, ON_OFF, "asset search also knows WEB and CODE"),
        "owner_email_case_sensitive": Switch(False, ON_OFF, "an owner's e-mail must have the exact case"),
        "default_value": Switch(1000, (), "value of an application that has none"),
        "org_threshold": Switch(500, (), "threshold of an application that has none"),
        "import_seconds": Switch(1, (), "seconds from an accepted import to its effect"),
        "import_status": Switch(200, (200, 201), "status of an accepted asset import"),
        "import_response": Switch("empty", ("empty", "json"), "body of an accepted asset import"),
        "asset_tag_status": Switch(200, (200, 201, 204), "status of added asset tags"),
    }

    def app(self) -> Any:
        """The gateway in front of the service (contract §2.1)."""
        # Fixed segments before variable ones, so that /v1/teams/users is not a team.
        ordered = sorted(ROUTES, key=lambda route: [segment.startswith("{") for segment in route[0].split("/")])
        routes = [Route(path, self._endpoint(handlers), methods=list(handlers)) for path, handlers in ordered]
        routes.append(Route(TOKEN_PATH, self._give_token, methods=["GET"]))
        service = Starlette(routes=routes, exception_handlers={ApiError: self._refuse, HTTPException: self._refuse_route})
        service.router.redirect_slashes = False
        return self._gateway(service)

    def seed(self) -> None:
        self.organisations = [northwind(), harbour_lines()]
        self.credentials = {CLIENT_ID: CLIENT_SECRET, OTHER_CLIENT_ID: OTHER_CLIENT_SECRET}
        self.inactive: set[str] = set()
        self.tokens: dict[str, Token] = {}
        self._issued: list[str] = []
        self._outcomes: list[dict[str, Any]] = []
        self._window, self._served = -math.inf, 0

    def settings(self) -> dict[str, Any]:
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "other_client_id": OTHER_CLIENT_ID,
            "other_client_secret": OTHER_CLIENT_SECRET,
        }

    def secrets(self) -> list[str]:
        return super().secrets() + self._issued

    def expire_tokens(self) -> None:
        for token in self.tokens.values():
            token.expires = self.clock.now()

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    def _gateway(self, service: Starlette) -> ASGIApp:
        async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
            body = await Request(scope, receive).body()

            async def replay() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            async def mark(message: Message) -> None:
                if message["type"] == "http.response.start":
                    digest = hashlib.sha256(f"{self.instance}/{self._requests}".encode()).digest()
                    identifier = base64.urlsafe_b64encode(digest)[:15] + b"="
                    message = {**message, "headers": [*message["headers"], (b"apigw-requestid", identifier)]}
                await send(message)

            try:
                scope = self._admit(scope, len(body))
            except ApiError as error:
                await self._rendered(error)(scope, replay, mark)
                return
            for org in self.organisations:
                settle(org, self.clock.now())
            await service(scope, replay, mark)

        return gateway

    def _admit(self, scope: Scope, size: int) -> Scope:
        """The scope of a request that may reach the service, with its organisation; raises what the gateway answers instead."""
        self._throttle()
        if size > self.on("max_body"):
            raise ApiError(413, "Request Entity Too Large", gateway=True)
        path = scope["path"]
        if path != "/" and path.endswith("/"):
            if self.on("trailing_slash") != "accepted":
                raise ApiError(404, "Not Found")
            path = path.rstrip("/")
        scope = {**scope, "path": path, "phoenix.org": None}
        if path != TOKEN_PATH:
            scope["phoenix.org"] = self._bearer(Request(scope).headers.get("authorization", ""))
        return scope

    def _throttle(self) -> None:
        """Refuses what is beyond the limit of the running window (contract §2.4: 429 and 503)."""
        mode, now = self.on("throttle"), self.clock.now()
        if mode == "off":
            return
        if now >= self._window + self.on("throttle_window"):
            self._window, self._served = now, 0
        if self._served < self.on("throttle_limit"):
            self._served += 1
            return
        status, _dash, bare = str(mode).partition("-")
        wait = math.ceil(self._window + self.on("throttle_window") - now)
        text = "Too Many Requests" if status == "429" else "Service Unavailable"
        raise ApiError(int(status), text, None if bare else {"Retry-After": str(wait)}, gateway=True)

    def _bearer(self, authorization: str) -> Organisation:
        scheme, _blank, value = authorization.partition(" ")
        token = self.tokens.get(value) if scheme.lower() == "bearer" else None
        if token and self.clock.now() < token.expires:
            return token.org
        if authorization and self.on("gateway_403"):
            raise ApiError(403, "Forbidden", gateway=True)
        raise self._unauthorized("Unauthorized", "Bearer")

    def _unauthorized(self, text: str, scheme: str) -> ApiError:
        return ApiError(401, text, {"WWW-Authenticate": f'{scheme} realm="phoenix"'} if self.on("www_authenticate") else None)

    async def _give_token(self, request: Request) -> Response:
        """A token for a credential; earlier ones stay valid (contract §2.2)."""
        client = self._basic(request.headers.get("authorization", ""))
        org = self.organisations[0 if client == CLIENT_ID else 1]
        value, now = secrets.token_urlsafe(48), self.clock.now()
        self.tokens[value] = Token(org, now + self.on("token_ttl"))
        self._issued.append(value)
        expiry = {} if self.on("omit_expiry") else {"expiry": int(now + self.on("token_ttl") + self.on("expiry_skew"))}
        return JSONResponse({"token": value, **expiry})

    def _basic(self, authorization: str) -> str:
        scheme, _blank, value = authorization.partition(" ")
        try:
            client, colon, secret = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            client = colon = secret = ""
        known = scheme.lower() == "basic" and colon and client in self.credentials and client not in self.inactive
        if not known or not secrets.compare_digest(secret.encode(), self.credentials[client].encode()):
            raise self._unauthorized("bad credentials", "Basic")
        return client

    def _endpoint(self, handlers: dict[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            call = Call(self, request.scope["phoenix.org"], request, await request.body())
            if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                async with request.form() as form:
                    for name, value in form.multi_items():
                        if isinstance(value, UploadFile):
                            call.files[name] = (value.filename or name, await value.read())
                        else:
                            call.fields[name] = value
            return handlers["GET" if request.method == "HEAD" else request.method](call)

        return endpoint

    def _rendered(self, error: ApiError) -> Response:
        return render(error, self.on("error_body"), self.on("validation_status"))

    def _refuse(self, _request: Request, error: Exception) -> Response:
        if not isinstance(error, ApiError):
            raise error
        return self._rendered(error)

    def _refuse_route(self, _request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        if error.status_code == 400:
            return self._rendered(Invalid("Malformed multipart request"))
        status = self.on("absent_method_status") if error.status_code == 405 else 404
        return self._rendered(absent(status, (error.headers or {}).get("Allow", "")))

    def next_outcome(self) -> tuple[str, str]:
        """How the next import ends, and its error."""
        for planned in self._outcomes:
            if planned["times"] > 0:
                planned["times"] -= 1
                return planned["outcome"], planned["error"]
        return "IMPORTED", ""

    @control
    def set_import_outcome(self, outcome: str, error: str = "Translation failed", times: int = 1) -> dict[str, Any]:
        """Plans how the next imports end: IMPORTED, ERROR, or TRANSLATING for ever."""
        if outcome not in OUTCOMES:
            raise ControlError(f"outcome is one of {', '.join(OUTCOMES)}, not {outcome!r}")
        self._outcomes.append({"outcome": outcome, "error": error if outcome == "ERROR" else "", "times": times})
        return dict(self._outcomes[-1])

    @control
    def set_credential(self, client_id: str, active: bool) -> None:
        """Deactivates or activates an API credential for new tokens, as its owner does in the user interface."""
        if client_id not in self.credentials:
            raise ControlError("there is no such credential")
        (self.inactive.discard if active else self.inactive.add)(client_id)

    @control
    def generate(self, applications: int = 0, components_per_application: int = 0, users: int = 0) -> dict[str, int]:
        """Adds numbered applications with components, and users, to the first organisation."""
        org = self.organisations[0]
        owner = next(iter(org.users))
        for _count in range(users):
            number = len(org.users) + 1
            user = User(org.new_id("user"), f"user{number:05d}@{DOMAIN}", "Generated", f"User {number:05d}", "ORG_USER")
            org.users[user.id] = user
        for _count in range(applications):
            number = len(org.applications) + 1
            made = Application(org.new_id("application"), f"Generated Application {number:05d}", "APPLICATION", owner=owner)
            org.applications[made.id] = made
            for part in range(components_per_application):
                org.add_component(Component(org.new_id("component"), made.id, f"generated-component-{part + 1:04d}"))
        return {"applications": len(org.applications), "components": len(org.components), "users": len(org.users)}

    @control
    def add_finding(
        self, asset: str, name: str, score: int = 700, cve: str | None = None, status: str = "OPEN", accepted: bool = False, opened: str | None = None
    ) -> str:
        """Adds a finding to an asset of the first organisation, by its id or key; returns the finding's id."""
        org = self.organisations[0]
        found = [item for item in org.assets.values() if asset in (item.id, item.key)]
        if not found:
            raise ControlError(f"there is no asset {asset!r}")
        if status not in ("OPEN", "CLOSED") or not 0 <= score <= 1000:
            raise ControlError("status is OPEN or CLOSED, score is from 0 to 1000")
        day = today(self.clock.now()).isoformat()
        finding = Finding(org.new_id("finding"), found[0].id, name, score, FINDING_TYPES[found[0].type], opened or day, location=found[0].key)
        finding.status, finding.accepted, finding.cves, finding.scanner = status, accepted, [cve] if cve else [], found[0].source
        finding.closed = day if status == "CLOSED" else None
        return org.add_finding(finding).id

    @control
    def get_state(self, kind: str, organisation: int = 0) -> list[dict[str, Any]]:
        """What the service holds, also what its API does not show: rules, deployments, auto_links, members, workflows and more."""
        org = self.organisations[organisation]
        settle(org, self.clock.now())
        if kind == "tokens":
            return [{"organisation": t.org.name, "expires": t.expires, "live": self.clock.now() < t.expires} for t in self.tokens.values() if t.org is org]
        if kind not in VIEWS:
            raise ControlError(f"there is no kind {kind!r}; there are {', '.join(sorted([*VIEWS, 'tokens']))}")
        return VIEWS[kind](org)


SIMULATOR = PhoenixSimulator
