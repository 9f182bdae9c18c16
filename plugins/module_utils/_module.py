# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What a module declares, what its ``run`` gets, and how it runs as a module of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator, ValidationResult
from ansible_collections.tokenflow.services.plugins.module_utils._errors import CredentialsRejected, InvalidInput, LoginFailed, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.base import Flow
from ansible_collections.tokenflow.services.plugins.module_utils._http import Connection, HttpClient
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import MemoryStore, Store, UnkeptStore
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

HANDED_TOKEN = "_handed_token"
"""Internal option: the kept token as JSON, handed to a module that runs on another host."""
RETURNED_TOKEN = "tokenflow_handed_back"
"""Hidden key of such a module's result: the token as JSON if it changed; the action takes it out."""
REJECTED = "tokenflow_rejected"
"""Hidden key of such a module's failure: that the service refused the login; the action takes it out."""

PLACES = ["controller", "target"]
RETRIES = 3


def connection_options(prefix: str) -> dict[str, dict[str, Any]]:
    """Argument spec of what all services have in common, with environment variables named after the service."""

    def fallback(name: str, *more: str) -> tuple[Any, list[str]]:
        return env_fallback, [f"{prefix}_{name}".upper(), *more]

    return {
        "base_url": {"type": "str", "fallback": fallback("base_url")},
        "token": {"type": "str", "no_log": True, "fallback": fallback("token")},
        "validate_certs": {"type": "bool", "default": True, "fallback": fallback("validate_certs")},
        "ca_path": {"type": "path", "fallback": fallback("ca_path", "REQUESTS_CA_BUNDLE")},
        "certificate_fingerprint": {"type": "str", "fallback": fallback("certificate_fingerprint")},
        "client_cert": {"type": "path"},
        "client_key": {"type": "path"},
        "proxy": {"type": "str"},
        "timeout": {"type": "float", "default": 30.0},
        "retries": {"type": "int", "default": RETRIES},
        "allow_plain_http": {"type": "bool", "default": False},
        "cache_token": {"type": "bool", "default": True},
        "run_on": {"type": "str", "choices": PLACES},
        HANDED_TOKEN: {"type": "str", "no_log": True},
    }


@dataclass(frozen=True)
class Definition:
    """A module: its service, its own options, and the rules between them.

    ``flows`` are the classes of the services that it serves; where there are several, the option ``service`` chooses. ``files`` names options that are
    files on the controller, and ``prepare`` reads them before the module is sent to another host.
    """

    name: str
    flows: tuple[type[Flow], ...]
    options: Mapping[str, dict[str, Any]]
    files: tuple[str, ...] = ()
    prepare: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    constraints: Mapping[str, Any] = field(default_factory=dict)
    _validators: Mapping[type[Flow] | None, ArgumentSpecValidator] = field(init=False, repr=False, compare=False)
    _secret_options: Sequence[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Here, because it happens once, in the parent of all workers.
        specs = {flow: self._spec(flow) for flow in (*self.flows, None)}
        validators = {flow: ArgumentSpecValidator(spec, **self.constraints) for flow, spec in specs.items()}
        secrets = [name for name, option in self.argument_spec().items() if option.get("no_log")]
        for name, value in (("_validators", validators), ("_secret_options", secrets)):
            object.__setattr__(self, name, value)

    def flow_for(self, params: Mapping[str, Any]) -> type[Flow] | None:
        """The flow's class for these parameters; None where ``service`` names none."""
        if len(self.flows) == 1:
            return self.flows[0]
        return next((flow for flow in self.flows if flow.NAME == params.get("service")), None)

    def argument_spec(self, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The argument spec: for one service if ``params`` name it, otherwise with the options of all."""
        return self._spec(self.flow_for(params or {}))

    def validate(self, arguments: Mapping[str, Any]) -> ValidationResult:
        """What becomes of a task's arguments by the argument spec, and what is wrong with them."""
        return self._validators[self.flow_for(arguments)].validate(arguments)

    def _spec(self, chosen: type[Flow] | None) -> dict[str, Any]:
        if chosen is not None:
            return {**connection_options(chosen.NAME), **chosen.OPTIONS, **self.options}
        credentials = {name: {key: value for key, value in option.items() if key != "fallback"} for flow in self.flows for name, option in flow.OPTIONS.items()}
        shared = {name: {key: value for key, value in option.items() if key != "fallback"} for name, option in connection_options("").items()}
        return {**shared, **credentials, **self.options}

    def secrets(self, params: Mapping[str, Any]) -> list[str]:
        """The values of the secret options."""
        return [str(params[name]) for name in self._secret_options if params.get(name)]


@dataclass
class Invocation:
    """One run of a module: its parameters, its session with the service, and what it may note down.

    ``cache_folder`` is a folder for facts about the service that are not secret and may be kept between runs, ``run_folder`` one that is gone with the
    run; each may be None. ``progress`` tells the user how long work goes on, ``detail`` more of it, if asked for with verbosity.
    """

    params: Mapping[str, Any]
    session: Session
    secrets: Secrets
    check_mode: bool = False
    diff: bool = False
    cache_folder: Path | None = None
    run_folder: Path | None = None
    progress: Callable[[str], None] = lambda _text: None
    detail: Callable[[str], None] = lambda _text: None
    warnings: list[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        """A warning for the user, without secrets."""
        self.warnings.append(self.secrets.redact(text))


def open_session(
    definition: Definition,
    params: Mapping[str, Any],
    store_for: Callable[[Flow], Store],
    secrets: Secrets,
    *,
    check_mode: bool,
    environment: Mapping[str, str] | None = None,
    log: Callable[[str], None] | None = None,
) -> Session:
    """A session for validated parameters; nothing is sent yet. Raises ``InvalidInput``."""
    flow_class = definition.flow_for(params)
    if flow_class is None:
        raise InvalidInput(f"there is no service {params.get('service')!r}")
    params = {**params, "base_url": params.get("base_url") or flow_class.DEFAULT_URL}
    if not params["base_url"]:
        raise InvalidInput(
            f"{flow_class.TITLE} needs base_url",
            hint=f"Give the option, set it in module_defaults, or set the environment variable {flow_class.NAME.upper()}_BASE_URL.",
        )
    names = ("base_url", "validate_certs", "ca_path", "certificate_fingerprint", "client_cert", "client_key", "proxy", "timeout", "retries", "allow_plain_http")
    connection = Connection(**{name: params[name] for name in names}, environment=environment or {})
    flow = flow_class(params, HttpClient(flow_class.TITLE, connection, secrets, log), time.time)
    store = store_for(flow) if params.get("cache_token", True) else UnkeptStore(lambda: store_for(flow))
    return Session(flow, store, check_mode=check_mode, minimum_lifetime=float(params.get("minimum_lifetime") or 0))


def run_as_module(definition: Definition, run: Callable[[Invocation], dict[str, Any]]) -> None:
    """Runs a module in a process of its own, on another host; the controller has filled in its options and keeps its token."""
    module = AnsibleModule(argument_spec=definition.argument_spec(), supports_check_mode=True, **definition.constraints)
    secrets = Secrets(definition.secrets(module.params))
    handed = module.params[HANDED_TOKEN]
    store = MemoryStore(Token.from_json(handed) if handed else None)
    if store.token:
        secrets.add(store.token.value)
    invocation = None
    try:
        session = open_session(definition, module.params, lambda _flow: store, secrets, check_mode=module.check_mode)
        invocation = Invocation(module.params, session, secrets, module.check_mode, module._diff)
        result = run(invocation)
    except TokenflowError as error:
        result = error.as_result()
    left = store.token.to_json() if store.token else ""
    # What was handed over is secret, and would be scrubbed from the result.
    if store.changed and left != handed:
        result[RETURNED_TOKEN] = left
    if isinstance(store.rejection, (CredentialsRejected, LoginFailed)):
        result[REJECTED] = True
    if invocation is not None:
        for text in (*invocation.session.warnings, *invocation.warnings):
            module.warn(text)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)
