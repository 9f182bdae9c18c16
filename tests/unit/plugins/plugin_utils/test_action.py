# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a task without a playbook: options, place, kept login, result."""

from __future__ import annotations

import json
import os
import types
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.template import Templar
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._module import HANDED_TOKEN, REJECTED, RETURNED_TOKEN
from ansible_collections.tokenflow.services.plugins.modules import magento_token, phoenix_token, plcnext_variable, plcnext_variable_info, request
from ansible_collections.tokenflow.services.plugins.plugin_utils import _action, _token_store
from ansible_collections.tokenflow.services.plugins.plugin_utils._action import ServiceAction
from ansible_collections.tokenflow.services.plugins.plugin_utils._sealing import KEY_VARIABLE
from ansible_collections.tokenflow.services.plugins.plugin_utils._token_store import FACT

from tests.unit.plugins._simulated import Simulated

DEVICE = {"username": "u", "password": "hush-hush"}


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_token_store.C, "DEFAULT_LOCAL_TMP", str(tmp_path / "run"))
    monkeypatch.setattr(_action.C, "ANSIBLE_HOME", str(tmp_path / "home"))


class Probe(ServiceAction):
    """An action whose variables for the host and module runs on a host can be looked at."""

    registered: dict[str, Any]
    layer: str = ""
    executed: dict[str, Any]
    outcome: dict[str, Any]

    def register_host_variables(self, variables: dict[str, Any], layer: Any) -> None:
        self.registered, self.layer = variables, layer.name

    def _execute_module(self, module_name: str = "", module_args: Any = None, task_vars: Any = None, **_more: Any) -> dict[str, Any]:  # type: ignore[override]
        self.executed = {"name": module_name, "args": module_args, "no_log": self._play_context.no_log}
        return self.outcome


class Play:
    """Tasks of one host, whose variables are carried from one to the next."""

    def __init__(self, module: Any, transport: str = "ssh", **args: Any) -> None:
        self.module, self.transport, self.args = module, transport, args
        self.vars: dict[str, Any] = {"inventory_hostname": "localhost"}
        self.registered: list[dict[str, Any]] = []

    def action(self, check: bool = False, diff: bool = False, delegate_to: str | None = None, environment: Any = (), **args: Any) -> Probe:
        task = Task()
        task.action = f"tokenflow.services.{self.module.DEFINITION.name}"
        task.args = {**self.args, **args}
        task.check_mode, task.diff, task.delegate_to, task.environment = check, diff, delegate_to, list(environment)
        loader = DataLoader()
        shell = types.SimpleNamespace(tmpdir="/tmp/x", env_prefix=lambda **_variables: "")
        connection: Any = types.SimpleNamespace(transport=self.transport, _shell=shell)
        kind = type("Named", (Probe,), {"MODULE": self.module})
        return kind(task, connection, PlayContext(), loader, Templar(loader=loader, variables=self.vars), None)

    def task(self, outcome: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
        action = self.action(**settings)
        action.outcome = outcome or {}
        result = action.run(task_vars=self.vars)
        self.last = action
        facts = getattr(action, "registered", None) or result.pop("ansible_facts", None)
        if facts is not None:
            self.registered.append(facts)
            self.vars.update(facts)
        return result


def play(simulated: Simulated, module: Any, transport: str = "ssh", **args: Any) -> Play:
    connection = {"base_url": simulated.entry["base_url"], "ca_path": simulated.ca_path, "retries": 0}
    return Play(module, transport, **{**connection, **simulated.credentials(), **args})


def validated(module: Any, host_vars: dict[str, Any] | None = None, **args: Any) -> dict[str, Any]:
    found = Play(module)
    found.vars.update(host_vars or {})
    action = found.action(**args)
    action._secrets, action._files = _action.Secrets(), []
    return action._validated(module.DEFINITION, found.vars)


def refused(module: Any, **args: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        validated(module, **args)
    return str(caught.value)


# Options


def test_options_have_their_types_and_defaults() -> None:
    params = validated(plcnext_variable_info, base_url="https://plc", paths="A,B", timeout="5", validate_certs="no", username=7)
    assert (params["paths"], params["timeout"], params["validate_certs"], params["username"]) == (["A", "B"], 5.0, False, "7")
    assert (params["path_prefix"], params["retries"], params["cache_token"], params["run_on"]) == ("Arp.Plc.Eclr/", 3, True, None)


def test_credentials_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLCNEXT_PASSWORD", "from-environment")
    monkeypatch.setenv("MAGENTO_PASSWORD", "another")
    assert validated(plcnext_variable_info, base_url="https://plc", paths=["A"])["password"] == "from-environment"
    assert validated(request, service="magento", base_url="https://shop", path="/x")["password"] == "another"


@pytest.mark.parametrize(
    ("module", "args", "text"),
    [
        (plcnext_variable_info, {"paths": ["A"], "nosuch": 1}, "Unsupported parameters for (tokenflow.services.plcnext_variable_info) module: nosuch"),
        (plcnext_variable_info, {}, "missing required arguments: paths"),
        (plcnext_variable, {}, "one of the following is required: variables, src"),
        (plcnext_variable, {"variables": {}, "src": "x.yml"}, "mutually exclusive: variables|src"),
        (plcnext_variable_info, {"paths": ["A"], "timeout": "soon"}, "timeout"),
        (request, {"path": "/x"}, "service"),
        (request, {"service": "nosuch", "path": "/x"}, "value of service must be one of"),
        (request, {"service": "plcnext", "path": "/x", "client_id": "x"}, "client_id"),
    ],
)
def test_wrong_options_are_refused(module: Any, args: dict[str, Any], text: str) -> None:
    said = refused(module, **args)
    assert text in said and HANDED_TOKEN not in said


def test_secrets_are_not_in_texts_about_options() -> None:
    assert "hush-hush" not in refused(plcnext_variable_info, paths=["A"], password="hush-hush", timeout="hush-hush")


def test_the_internal_option_cannot_be_given() -> None:
    assert validated(plcnext_variable_info, base_url="https://plc", paths=["A"], **{HANDED_TOKEN: "{}"})[HANDED_TOKEN] is None


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({"inventory_hostname": "plc1"}, "https://plc1"),
        ({"inventory_hostname": "plc1", "ansible_host": "192.168.1.5"}, "https://192.168.1.5"),
        ({"inventory_hostname": "plc1", "ansible_host": "fe80::1"}, "https://[fe80::1]"),
        ({"inventory_hostname": "plc1", "ansible_host": "[fe80::1]"}, "https://[fe80::1]"),
        ({"inventory_hostname": "plc1", "ansible_host": "192.168.1.5:8443"}, "https://192.168.1.5:8443"),
        ({"inventory_hostname": "plc1", "ansible_host": "plc1.example:8443"}, "https://plc1.example:8443"),
        ({"inventory_hostname": "plc1", "ansible_host": "[fe80::1]:8443"}, "https://[fe80::1]:8443"),
        ({"inventory_hostname": "localhost"}, None),
        ({"inventory_hostname": ""}, None),
    ],
)
def test_a_device_is_reached_at_its_address_in_the_inventory(variables: dict[str, Any], url: str | None) -> None:
    assert validated(plcnext_variable_info, variables, paths=["A"])["base_url"] == url
    assert validated(plcnext_variable_info, variables, paths=["A"], base_url="https://given")["base_url"] == "https://given"
    assert validated(request, variables, service="appliance", path="/x")["base_url"] == url
    assert validated(request, variables, service="magento", path="/x")["base_url"] is None


def test_files_are_searched_for(tmp_path: Path) -> None:
    (tmp_path / "values.yml").write_text("A: 1")
    assert validated(plcnext_variable, src=str(tmp_path / "values.yml"))["src"] == str(tmp_path / "values.yml")


# Where


@pytest.mark.parametrize(
    ("args", "delegate_to", "transport", "there"),
    [
        ({}, None, "ssh", False),
        ({}, "jumphost", "ssh", True),
        ({}, "localhost", "local", False),
        ({"run_on": "controller"}, "jumphost", "ssh", False),
        ({"run_on": "target"}, None, "ssh", True),
        ({"run_on": "target"}, None, "local", True),
        ({}, None, "local", False),
    ],
)
def test_where_the_work_is_done(args: dict[str, Any], delegate_to: str | None, transport: str, there: bool) -> None:
    found = Play(plcnext_variable_info, transport, base_url="https://plc.invalid", paths=["A"], retries=0, **DEVICE)
    found.task(outcome={"changed": False}, delegate_to=delegate_to, **args)
    assert hasattr(found.last, "executed") is there


# Here


def test_a_task_logs_in_once_and_keeps_the_login(plcnext: Simulated) -> None:
    tasks = play(plcnext, plcnext_variable_info, paths=["RecipeNumber"])
    for _task in range(4):
        assert tasks.task()["variables"] == {"RecipeNumber": 7}
    assert len(plcnext.journal("access-token")) == 1
    (facts,) = tasks.registered
    ((name, entry),) = facts[FACT].items()
    assert len(name) == 64
    assert (entry["service"], entry["principal"]) == ("plcnext", "automation")
    assert plcnext.entry["password"] not in json.dumps(facts)


def test_the_login_of_a_task_that_failed_is_kept(plcnext: Simulated) -> None:
    tasks = play(plcnext, plcnext_variable_info)
    assert tasks.task(paths=["Nosuch"])["failed"] is True
    tasks.vars.pop(FACT, None)
    assert tasks.task(paths=["RecipeNumber"])["variables"] == {"RecipeNumber": 7}
    assert len(plcnext.journal("access-token")) == 1


def test_hosts_share_a_login(plcnext: Simulated) -> None:
    for _host in range(3):
        play(plcnext, plcnext_variable_info, paths=["RecipeNumber"]).task()
    assert len(plcnext.journal("access-token")) == 1


def test_a_refused_login_is_made_once_for_all_hosts(plcnext: Simulated) -> None:
    for _host in range(20):
        tasks = play(plcnext, plcnext_variable_info, paths=["RecipeNumber"], password="not-it-1")
        outcome = tasks.task()
        assert (outcome["failed"], outcome["error"]["kind"]) == (True, "credentials_rejected")
        assert "not-it-1" not in json.dumps(outcome)
        assert tasks.registered == []
    assert len(plcnext.journal("access-token")) == 1
    assert play(plcnext, plcnext_variable_info, paths=["RecipeNumber"]).task()["variables"] == {"RecipeNumber": 7}


@pytest.mark.skipif(_action.VariableLayer is None, reason="ansible-core before 2.21 has no layers")
@pytest.mark.parametrize(("key", "layer"), [(None, "EPHEMERAL_FACT"), ("a key of the plant", "CACHEABLE_FACT")])
def test_a_login_goes_into_a_fact_cache_only_where_another_run_can_open_it(
    plcnext: Simulated, monkeypatch: pytest.MonkeyPatch, key: str | None, layer: str
) -> None:
    if key:
        monkeypatch.setenv(KEY_VARIABLE, key)
    tasks = play(plcnext, plcnext_variable_info, paths=["RecipeNumber"])
    tasks.task()
    assert tasks.last.layer == layer


def test_without_a_cache_each_task_logs_in(plcnext: Simulated) -> None:
    tasks = play(plcnext, plcnext_variable_info, paths=["RecipeNumber"], cache_token=False)
    for _task in range(2):
        tasks.task()
    assert len(plcnext.journal("access-token")) == 2
    assert tasks.registered == []


def test_a_refused_login_is_remembered_also_without_a_cache(plcnext: Simulated) -> None:
    tasks = play(plcnext, plcnext_variable_info, paths=["RecipeNumber"], cache_token=False, password="not-it-1")
    for _task in range(7):
        assert tasks.task()["error"]["kind"] == "credentials_rejected"
    assert len(plcnext.journal("access-token")) == 1
    assert play(plcnext, plcnext_variable_info, paths=["RecipeNumber"], cache_token=False).task()["variables"] == {"RecipeNumber": 7}


def test_check_mode_and_diff_reach_the_module(plcnext: Simulated) -> None:
    tasks = play(plcnext, plcnext_variable, variables={"RecipeNumber": 9})
    outcome = tasks.task(check=True, diff=True)
    assert (outcome["changed"], outcome["diff"]) == (True, {"before": {"RecipeNumber": 7}, "after": {"RecipeNumber": 9}})
    assert "PUT" not in [entry["method"] for entry in plcnext.journal()]
    assert "diff" not in tasks.task(diff=False)


def test_secrets_do_not_stand_in_results(plcnext: Simulated) -> None:
    secret = plcnext.entry["password"]
    plcnext.act("set_variables", values={"Arp.Plc.Eclr/OrderNumber": f"x{secret}y", "Arp.Plc.Eclr/OperatorName": secret[:20]})
    outcome = play(plcnext, plcnext_variable_info, paths=["OrderNumber", "RecipeNumber"]).task()
    assert outcome["variables"]["RecipeNumber"] == 7
    if not _action.MASKED_BY_CORE:
        assert secret not in json.dumps(outcome)


@pytest.mark.parametrize("wanted", [False, True])
def test_a_token_is_returned_only_when_asked_for_and_then_censored(phoenix: Simulated, wanted: bool) -> None:
    outcome = play(phoenix, phoenix_token, return_token=wanted).task()
    assert ("token" in outcome) is wanted
    assert outcome.get("_ansible_no_log", False) is wanted
    if wanted:
        token = outcome["token"]
        assert phoenix.flow().client.send("GET", "/v1/teams", authorization=f"Bearer {token}").status == 200


def test_warnings_are_handed_on(phoenix: Simulated) -> None:
    phoenix.switch(token_ttl=100)
    (warning,) = play(phoenix, phoenix_token, minimum_lifetime=900).task()["warnings"]
    assert "minimum_lifetime" in warning


def test_the_environment_of_the_task_counts(plcnext: Simulated) -> None:
    outcome = play(plcnext, plcnext_variable_info, paths=["RecipeNumber"]).task(environment=[{"https_proxy": "http://127.0.0.1:1"}])
    assert "the proxy did not connect" in outcome["msg"]
    assert play(plcnext, plcnext_variable_info, paths=["RecipeNumber"]).task(environment=[{"https_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}])[
        "variables"
    ]


def test_files_are_read_on_the_controller(plcnext: Simulated, tmp_path: Path) -> None:
    (tmp_path / "values.json").write_text('{"RecipeNumber": 9, "OperatorName": "{{ 1 + 1 }}"}')
    outcome = play(plcnext, plcnext_variable, src=str(tmp_path / "values.json")).task()
    assert outcome["variables"]["OperatorName"]["after"] == "{{ 1 + 1 }}"


def test_a_forgotten_login_is_gone_from_the_fact(phoenix: Simulated) -> None:
    tasks = play(phoenix, phoenix_token)
    tasks.task()
    assert tasks.task(state="absent")["changed"] is True
    assert tasks.vars[FACT] == {}
    assert tasks.task(state="absent")["changed"] is False


# There


def away(simulated: Simulated, module: Any = plcnext_variable_info, **args: Any) -> Play:
    return play(simulated, module, run_on="target", **({"paths": ["A"]} if module is plcnext_variable_info else {}), **args)


def test_a_module_gets_its_options_and_no_token_where_there_is_none(plcnext: Simulated) -> None:
    tasks = away(plcnext)
    token = plcnext.flow().login()
    outcome = tasks.task(outcome={"changed": False, "variables": {"A": 1}, RETURNED_TOKEN: token.to_json(), "invocation": {"module_args": {}}})
    executed = tasks.last.executed
    assert executed["name"] == "tokenflow.services.plcnext_variable_info"
    assert HANDED_TOKEN not in executed["args"]
    assert None not in executed["args"].values()
    assert (executed["args"]["paths"], executed["args"]["username"]) == (["A"], "automation")
    assert outcome == {"changed": False, "variables": {"A": 1}}
    assert token.value not in json.dumps(tasks.vars)


def test_a_token_that_came_back_is_handed_to_the_next(plcnext: Simulated) -> None:
    tasks, token = away(plcnext), plcnext.flow().login()
    tasks.task(outcome={"changed": False, RETURNED_TOKEN: token.to_json()})
    tasks.task(outcome={"changed": False})
    assert json.loads(tasks.last.executed["args"][HANDED_TOKEN])["value"] == token.value
    tasks.task(outcome={"changed": False, RETURNED_TOKEN: ""})
    tasks.task(outcome={"changed": False})
    assert HANDED_TOKEN not in tasks.last.executed["args"]


def test_a_token_of_another_host_is_no_token_of_ours(plcnext: Simulated) -> None:
    """PLCnext binds a login to the address that it came from."""
    tasks, token = away(plcnext), plcnext.flow().login()
    tasks.task(outcome={"changed": False, RETURNED_TOKEN: token.to_json()})
    tasks.task(outcome={"changed": False}, delegate_to="jumphost")
    assert HANDED_TOKEN not in tasks.last.executed["args"]


def test_output_is_hidden_while_a_module_runs(plcnext: Simulated) -> None:
    tasks = away(plcnext)
    tasks.task(outcome={"changed": False})
    assert tasks.last.executed["no_log"] is True
    assert not tasks.last._play_context.no_log


def test_a_rejection_on_another_host_is_remembered(plcnext: Simulated) -> None:
    tasks = away(plcnext)
    error = {"kind": "credentials_rejected", "message": "the login was rejected", "service": "PLCnext", "status": 401}
    first = tasks.task(outcome={"failed": True, "msg": "no", "error": error, REJECTED: True})
    assert (first["failed"], REJECTED in first) == (True, False)
    second = tasks.task(outcome={"changed": True})
    assert not hasattr(tasks.last, "executed")
    assert (second["failed"], second["msg"]) == (True, "PLCnext: the login was rejected, earlier in this run.")


def test_files_are_read_before_a_module_is_sent(plcnext: Simulated, tmp_path: Path) -> None:
    (tmp_path / "values.yml").write_text("RecipeNumber: 9")
    tasks = away(plcnext, plcnext_variable, src=str(tmp_path / "values.yml"))
    tasks.task(outcome={"changed": True})
    assert tasks.last.executed["args"]["variables"] == {"RecipeNumber": 9}
    assert "src" not in tasks.last.executed["args"]


def test_a_module_that_failed_otherwise_hands_its_token_back(magento: Simulated) -> None:
    tasks, token = away(magento, magento_token), magento.flow().login()
    outcome = tasks.task(outcome={"failed": True, "msg": "broken", RETURNED_TOKEN: token.to_json()})
    assert outcome == {"failed": True, "msg": "broken"}
    tasks.task(outcome={"changed": False})
    assert HANDED_TOKEN in tasks.last.executed["args"]


def test_the_run_directory_is_private(plcnext: Simulated) -> None:
    play(plcnext, plcnext_variable_info, paths=["RecipeNumber"]).task()
    folder = _token_store.run_directory()
    assert os.stat(folder).st_mode & 0o077 == 0
