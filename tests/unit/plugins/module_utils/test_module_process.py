# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module files as processes of their own, with their options as JSON on standard input, as on another host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils import _module
from ansible_collections.tokenflow.services.plugins.module_utils._module import HANDED_TOKEN, REJECTED, RETURNED_TOKEN
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

from tests.unit.plugins._simulated import Simulated

MODULES = Path(_module.__file__).parents[1] / "modules"
# Not resolved: the collection may be a link.
ROOT = next(parent for parent in Path(_module.__file__).parents if parent.name == "ansible_collections").parent


class Outcome:
    """What a module process left behind."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.code = process.returncode
        assert process.stdout.strip(), process.stderr
        *before, last = process.stdout.strip().splitlines()
        self.result = json.loads(last)
        # From 2.22 on, that is how a module tells ansible-core what to mask.
        self.result.pop("_ansible_new_secrets", None)
        self.output = "\n".join([*before, json.dumps(self.result, ensure_ascii=False), process.stderr])
        returned = self.result.get(RETURNED_TOKEN)
        self.token = Token.from_json(returned) if returned else None


def execute(simulated: Simulated, module: str, check: bool = False, diff: bool = False, **options: Any) -> Outcome:
    params = {**simulated.params(), **options}
    arguments = {name: value for name, value in params.items() if value is not None}
    settings = {
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_no_log": False,
        "_ansible_remote_tmp": "/tmp",
        "_ansible_keep_remote_files": False,
    }
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    process = subprocess.run(
        [sys.executable, str(MODULES / f"{module}.py")],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **settings}}),
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )
    outcome = Outcome(process)
    for secret in (simulated.entry.get("password"), simulated.entry.get("client_secret")):
        assert not secret or secret not in outcome.output
    return outcome


def test_without_a_token_it_logs_in_and_hands_the_token_back(plcnext: Simulated) -> None:
    outcome = execute(plcnext, "plcnext_variable_info", paths=["RecipeNumber", "OperatorName"])
    assert (outcome.code, outcome.result["variables"]) == (0, {"RecipeNumber": 7, "OperatorName": "Søren Kjær"})
    assert outcome.result["changed"] is False
    assert outcome.token is not None
    assert (outcome.token.service, outcome.token.principal, outcome.token.lifetime) == ("plcnext", "automation", 600)
    assert len(plcnext.journal("access-token")) == 1
    assert (
        plcnext.flow().client.send("GET", "/_pxc_api/v1.2/variables?paths=Arp.Plc.Eclr/RecipeNumber", authorization=f"Bearer {outcome.token.value}").status
        == 200
    )


def test_with_a_handed_token_it_does_not_log_in_and_hands_nothing_back(plcnext: Simulated) -> None:
    token = plcnext.flow().login()
    plcnext.act("clear_journal")
    outcome = execute(plcnext, "plcnext_variable_info", paths=["RecipeNumber"], **{HANDED_TOKEN: token.to_json()})
    assert outcome.result["variables"] == {"RecipeNumber": 7}
    assert RETURNED_TOKEN not in outcome.result
    assert token.value not in outcome.output
    assert [entry["path"].rpartition("/")[2] for entry in plcnext.journal()] == ["variables"]


def test_a_handed_token_that_is_dead_is_replaced(plcnext: Simulated) -> None:
    token = plcnext.flow().login()
    plcnext.act("revoke_tokens")
    outcome = execute(plcnext, "plcnext_variable", variables={"RecipeNumber": 9}, **{HANDED_TOKEN: token.to_json()})
    assert (outcome.code, outcome.result["changed"]) == (0, True)
    assert outcome.token is not None
    assert outcome.token.value != token.value
    assert token.value not in outcome.output
    assert len(plcnext.journal("access-token")) == 2


def test_a_handed_token_whose_notes_change_comes_back_whole(appliance: Simulated) -> None:
    """A lock hangs on it: a value that was scrubbed on the way would lose the lock."""
    token = appliance.flow().login()
    lock = {"service": "appliance", "method": "POST", "path": "/rest/v1.2/configuration/lock", "status_code": [204]}
    outcome = execute(appliance, "request", **lock, **{HANDED_TOKEN: token.to_json()})
    assert outcome.result["changed"] is True
    assert outcome.token is not None
    assert outcome.token.value == token.value
    assert outcome.token.notes["holds_lock"] is True


def test_a_rejected_login_is_said(plcnext: Simulated) -> None:
    outcome = execute(plcnext, "plcnext_variable_info", paths=["RecipeNumber"], password="not-it-1")
    assert (outcome.code, outcome.result["failed"], outcome.result[REJECTED]) == (1, True, True)
    assert outcome.result["error"]["kind"] == "credentials_rejected"
    assert outcome.result["msg"].startswith("PLCnext: POST /_pxc_api/v1.2/auth/access-token: the login as 'automation' was rejected (HTTP 401)")
    assert "not-it-1" not in outcome.output
    assert RETURNED_TOKEN not in outcome.result


def test_a_failure_hands_a_new_token_back_all_the_same(plcnext: Simulated) -> None:
    outcome = execute(plcnext, "plcnext_variable", variables={"Nosuch": 1, "SpeedActual": 2})
    assert (outcome.code, outcome.result["failed"], len(outcome.result["problems"])) == (1, True, 2)
    assert REJECTED not in outcome.result
    assert outcome.token is not None


def test_check_mode_and_diff(plcnext: Simulated) -> None:
    outcome = execute(plcnext, "plcnext_variable", check=True, diff=True, variables={"RecipeNumber": 9})
    assert outcome.result["changed"] is True
    assert outcome.result["diff"] == {"before": {"RecipeNumber": 7}, "after": {"RecipeNumber": 9}}
    assert [entry["method"] for entry in plcnext.journal("/variables")] == ["GET"]


def test_a_token_that_is_forgotten_is_handed_back_empty(pxplus: Simulated) -> None:
    token = pxplus.flow().login()
    outcome = execute(pxplus, "pxplus_token", state="absent", minimum_lifetime=0, return_token=False, **{HANDED_TOKEN: token.to_json()})
    assert (outcome.result["changed"], outcome.result[RETURNED_TOKEN]) == (True, "")


def test_warnings_are_shown(phoenix: Simulated) -> None:
    phoenix.switch(token_ttl=100)
    outcome = execute(phoenix, "phoenix_token", state="present", minimum_lifetime=500, return_token=False)
    (warning,) = outcome.result["warnings"]
    assert "minimum_lifetime" in str(warning)


def test_an_option_that_is_none_is_refused(plcnext: Simulated) -> None:
    outcome = execute(plcnext, "plcnext_variable_info", paths=["RecipeNumber"], nosuch=1)
    assert outcome.code == 1
    assert "nosuch" in outcome.result["msg"]
    assert not plcnext.journal()


def test_a_handed_token_is_replaced_before_its_end(plcnext: Simulated) -> None:
    token = plcnext.flow(clock=lambda: time.time() - 590).login()
    outcome = execute(plcnext, "plcnext_variable_info", paths=["RecipeNumber"], **{HANDED_TOKEN: token.to_json()})
    assert outcome.token is not None
    assert outcome.token.value != token.value
