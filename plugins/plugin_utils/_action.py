# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a task: validates its options, chooses where to run, opens the token store, and hands back a clean result."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible import constants as C
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.tokenflow.services.plugins.module_utils._errors import CredentialsRejected, InvalidInput, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._http import retry_rules
from ansible_collections.tokenflow.services.plugins.module_utils._module import (
    HANDED_TOKEN,
    REJECTED,
    RETRIES,
    RETURNED_TOKEN,
    Definition,
    Invocation,
    open_session,
)
from ansible_collections.tokenflow.services.plugins.module_utils._query import search
from ansible_collections.tokenflow.services.plugins.module_utils._registry import FLOWS, SERVICES
from ansible_collections.tokenflow.services.plugins.module_utils._secrets import MASKED_BY_CORE, Secrets
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session
from ansible_collections.tokenflow.services.plugins.module_utils._store import Store
from ansible_collections.tokenflow.services.plugins.module_utils._tls import HAS_REQUESTS, tls_context
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token
from ansible_collections.tokenflow.services.plugins.plugin_utils._release import register as release_at_exit
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import KEY_VARIABLE, identity_key, seal, unseal
from ansible_collections.tokenflow.services.plugins.plugin_utils._token_store import (
    CONTROLLER,
    FACT,
    TokenStore,
    identity_of,
    kept_facts,
    merged,
    run_directory,
)

try:
    from ansible.plugins.action import VariableLayer  # ansible-core 2.21 and later
except ImportError:
    VariableLayer = None

if not MASKED_BY_CORE:
    from ansible.module_utils.common.parameters import remove_values

display = Display()


def _warm_up() -> None:
    """Does once in the parent what would otherwise cost every worker: authorities, keys, the run's folder, compiled expressions, first use of a filter."""
    if HAS_REQUESTS:
        variables = [*(f"{service.upper()}_CA_PATH" for service in SERVICES), "REQUESTS_CA_BUNDLE"]
        for path in {os.environ.get(name) for name in variables if name in os.environ} or {None}:
            tls_context(True, path, None, None)
        for may_repeat in (True, False):
            retry_rules(RETRIES, may_repeat)
    run_directory()
    unseal(seal("warm"))
    identity_key()
    for flow in FLOWS:
        for expression in filter(None, (flow.TOKEN, flow.LIFETIME, flow.EXPIRY)):
            search(expression, {})
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar

    try:
        from ansible.template import trust_as_template
    except ImportError:
        trust_as_template = str
    Templar(loader=DataLoader(), variables={}).template(trust_as_template("{{ '' | default('', true) is defined }}"))


with contextlib.suppress(Exception):
    _warm_up()

release_at_exit()


def _given(values: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are set, and of those with suboptions the suboptions that are: a module would take None for a value."""
    given: dict[str, Any] = {}
    for name, value in values.items():
        inner = spec.get(name, {}).get("options")
        if inner and isinstance(value, list):
            given[name] = [_given(item, inner) for item in value]
        elif value is not None:
            given[name] = _given(value, inner) if inner else value
    return given


def _is_ipv6(host: str) -> bool:
    with contextlib.suppress(ValueError):
        ipaddress.IPv6Address(host)
        return True
    return False


class ServiceAction(ActionBase):
    """Base of all actions; each names its module in ``MODULE``, which has ``DEFINITION`` and ``run``."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True
    MODULE: ClassVar[Any]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        definition: Definition = self.MODULE.DEFINITION
        self._secrets = Secrets()
        self._facts = kept_facts(task_vars)
        self._store: Store | None = None
        self._files: list[str] = []
        params: dict[str, Any] = {}
        try:
            params = self._validated(definition, task_vars)
            outcome = self._run_there(definition, params, task_vars) if self._runs_there(params) else self._run_here(definition, params)
        except TokenflowError as error:
            outcome = error.as_result()
        finally:
            for path in self._files:
                self._loader.cleanup_tmp_file(path)
        return self._finished(outcome, params)

    # Options

    def _validated(self, definition: Definition, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        # Plain values: validating tagged ones copies them deeply, one by one.
        arguments = json.loads(json.dumps(self._task.args, default=str))
        self._secrets.add(*definition.secrets(arguments))
        validation = definition.validate(arguments)
        params = {**validation.validated_parameters, HANDED_TOKEN: None}
        self._secrets.add(*definition.secrets(params))
        if validation.errors.errors:
            text = self._secrets.redact(validation.errors.msg)
            if isinstance(validation.errors[0], UnsupportedError):
                text = f"Unsupported parameters for ({self._task.action}) module: {text}".replace(f"{HANDED_TOKEN}, ", "")
            raise InvalidInput(text)
        flow = definition.flow_for(params)
        if not params.get("base_url") and flow is not None and flow.DEVICE:
            params["base_url"] = self._inventory_url(task_vars)
        for name in definition.files:
            if params.get(name):
                # Decrypted, if it is a vault.
                params[name] = self._loader.get_real_file(self._find_needle("files", params[name]))
                self._files.append(params[name])
        return params

    def _inventory_url(self, task_vars: Mapping[str, Any]) -> str | None:
        host = str(self._templar.template(task_vars.get("ansible_host") or task_vars.get("inventory_hostname") or ""))
        if host in ("", "localhost"):
            return None
        return f"https://[{host}]" if _is_ipv6(host) else f"https://{host}"

    # Where to run

    def _runs_there(self, params: Mapping[str, Any]) -> bool:
        if params.get("run_on"):
            return params["run_on"] == "target"
        return bool(self._task.delegate_to) and not self._is_local()

    def _is_local(self) -> bool:
        return getattr(self._connection, "transport", "local") == "local"

    def _origin(self, there: bool, task_vars: Mapping[str, Any]) -> str:
        if not there or self._is_local():
            return CONTROLLER
        return str(self._task.delegate_to or task_vars.get("inventory_hostname"))

    def _open(self, definition: Definition, params: Mapping[str, Any], origin: str) -> Session:
        environment: dict[str, str] = {}
        if self._task.environment:
            self._compute_environment_string(environment)
        session = open_session(
            definition,
            params,
            lambda flow: TokenStore(identity_of(flow, origin), self._facts),
            self._secrets,
            check_mode=self._task.check_mode,
            environment=environment,
            log=(lambda text: display.vvv(text, host=self._play_context.remote_addr)) if display.verbosity > 2 else None,
        )
        self._store = session.store
        return session

    def _run_here(self, definition: Definition, params: dict[str, Any]) -> dict[str, Any]:
        session = self._open(definition, params, CONTROLLER)
        invocation = Invocation(
            params,
            session,
            self._secrets,
            self._task.check_mode,
            self._task.diff,
            cache_folder=Path(C.ANSIBLE_HOME).expanduser() / "tmp" / "tokenflow",
            run_folder=Path(run_directory()),
            progress=self._tell,
            detail=self._tell if display.verbosity > 0 else lambda _text: None,
        )
        try:
            outcome = dict(self.MODULE.run(invocation))
        except TokenflowError as error:
            outcome = error.as_result()
        finally:
            session.client.close()
        warnings = [*session.warnings, *invocation.warnings]
        if warnings:
            outcome["warnings"] = [self._secrets.redact(text) for text in warnings]
        return outcome

    def _tell(self, text: str) -> None:
        display.display(f"  {self._task.get_name()}: {self._secrets.redact(text)}")

    def _run_there(self, definition: Definition, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        session = self._open(definition, params, self._origin(True, task_vars))
        session.client.close()
        arguments = definition.prepare(params) if definition.prepare else params
        arguments = _given(arguments, definition.argument_spec(params))
        # While nobody has a good token, only one of those who need it runs.
        with session.store.lock() if session.needs_new_token() else contextlib.nullcontext():
            kept = session.kept()
            if kept:
                self._secrets.add(kept.value)
                arguments[HANDED_TOKEN] = kept.to_json()
            # Up to 2.21 a module's whole output is shown at -vvv over SSH, a new token with it.
            hidden, self._play_context.no_log = self._play_context.no_log, True
            try:
                outcome = self._execute_module(module_name=f"tokenflow.services.{definition.name}", module_args=arguments, task_vars=task_vars)
            finally:
                self._play_context.no_log = hidden
            self._take_back(session.store, outcome)
        outcome.pop("invocation", None)
        return dict(outcome)

    def _take_back(self, store: Store, outcome: dict[str, Any]) -> None:
        token = outcome.pop(RETURNED_TOKEN, None)
        if token:
            self._secrets.add(Token.from_json(token).value)
            store.save(Token.from_json(token))
        elif token == "":
            store.forget()
        if outcome.pop(REJECTED, False):
            error = dict(outcome.get("error") or {})
            error.pop("kind", None)
            store.reject(CredentialsRejected(**error))

    # The result

    def _leaks(self, outcome: Mapping[str, Any]) -> bool:
        # One text is searched much faster than thousands of values are visited; the secrets' forms include those within JSON.
        text = json.dumps(outcome, default=str, ensure_ascii=False)
        return any(secret in text for secret in self._secrets.values)

    def _finished(self, outcome: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
        asked_for = outcome.pop("token", None) if params.get("return_token") else None
        if not MASKED_BY_CORE and self._leaks(outcome):
            outcome = remove_values(outcome, self._secrets.values)
        if asked_for is not None:
            outcome["token"] = asked_for
            outcome["_ansible_no_log"] = True
        if isinstance(self._store, TokenStore):
            facts = merged(self._facts, self._store)
            if facts is not None and VariableLayer is not None:
                # Into a fact cache only where another run can open it.
                layer = VariableLayer.CACHEABLE_FACT if KEY_VARIABLE in os.environ else VariableLayer.EPHEMERAL_FACT
                self.register_host_variables({FACT: facts}, layer)
            elif facts is not None:
                outcome["ansible_facts"] = {FACT: facts}
        return outcome
