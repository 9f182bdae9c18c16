# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup that gives the kept token to something else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.tokenflow.services.plugins.lookup import token as lookup
from ansible_collections.tokenflow.services.plugins.plugin_utils import _token_store

from tests.unit.plugins._simulated import Simulated

ROOT = next(parent for parent in Path(lookup.__file__).parents if parent.name == "ansible_collections").parent


@pytest.fixture(autouse=True)
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_token_store.C, "DEFAULT_LOCAL_TMP", str(tmp_path))


class Lookup(lookup.LookupModule):
    """The lookup with its options as they are given, without ansible-core's plugin loader."""

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        self.given = direct

    def get_option(self, option: str, hostvars: Any = None) -> Any:
        return self.given[option]


def tokens(simulated: Simulated, *services: str, variables: dict[str, Any] | None = None, **options: Any) -> list[str]:
    given = {"base_url": simulated.entry["base_url"], "ca_path": simulated.ca_path, "retries": 0, **simulated.credentials(), **options}
    return Lookup().run(list(services or (simulated.name,)), variables or {}, **{name: value for name, value in given.items() if value is not None})


def test_the_token_is_good_and_kept_for_the_run(phoenix: Simulated) -> None:
    (one,) = tokens(phoenix)
    (other,) = tokens(phoenix)
    assert one == other
    assert len(phoenix.journal("access_token")) == 1
    assert phoenix.flow().client.send("GET", "/v1/teams", authorization=f"Bearer {one}").status == 200


def test_a_login_of_a_fact_is_used(phoenix: Simulated, tmp_path: Path) -> None:
    (one,) = tokens(phoenix)
    (file,) = (tmp_path / "tokenflow").glob("*.json")
    facts = {file.stem: json.loads(file.read_text())}
    file.unlink()
    assert tokens(phoenix, variables={"tokenflow_tokens": facts}) == [one]
    assert len(phoenix.journal("access_token")) == 1


def test_every_term_is_a_service(plcnext: Simulated) -> None:
    assert len(tokens(plcnext, "plcnext", "plcnext")) == 2
    with pytest.raises(AnsibleError, match="value of service must be one of"):
        tokens(plcnext, "nosuch")


def test_credentials_come_from_the_environment(pxplus: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PXPLUS_CLIENT_SECRET", pxplus.entry["client_secret"])
    assert tokens(pxplus, client_secret=None)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"password": "not-it-1"}, "the login as 'automation' was rejected"),
        ({"password": None}, "PLCnext needs password"),
        ({"base_url": None}, "PLCnext needs base_url"),
        ({"base_url": "http://plc.example"}, "unencrypted"),
        ({"timeout": "not-it-1", "password": "not-it-1"}, "timeout"),
        ({"client_id": "x"}, "client_id"),
    ],
)
def test_errors_are_plain_and_without_secrets(plcnext: Simulated, options: dict[str, Any], text: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        tokens(plcnext, **options)
    assert text in str(caught.value)
    assert "not-it-1" not in str(caught.value)
    assert plcnext.entry["password"] not in str(caught.value)


def test_a_lifetime_can_be_asked_for(plcnext: Simulated) -> None:
    assert tokens(plcnext, minimum_lifetime=300) == tokens(plcnext, minimum_lifetime=300)
    assert len(plcnext.journal("access-token")) == 1


def test_it_works_in_a_template(phoenix: Simulated, tmp_path: Path) -> None:
    values = {"url": phoenix.entry["base_url"], "ca": phoenix.ca_path, **phoenix.credentials()}
    text = "{{ lookup('tokenflow.services.token', 'phoenix', base_url=url, ca_path=ca, client_id=client_id, client_secret=client_secret) | length }} characters"
    command = [
        sys.executable,
        "-m",
        "ansible",
        "adhoc",
        "localhost",
        "-i",
        "localhost,",
        "-c",
        "local",
        "-m",
        "ansible.builtin.debug",
        "-a",
        f"msg={json.dumps(text)}",
    ]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT), "ANSIBLE_LOCAL_TEMP": str(tmp_path), "ANSIBLE_NOCOLOR": "1"}
    environment.pop("ANSIBLE_CONFIG", None)
    process = subprocess.run([*command, "-e", json.dumps(values)], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert process.returncode == 0, process.stdout + process.stderr
    assert " characters" in process.stdout
    assert values["client_secret"] not in process.stdout + process.stderr
    assert len(phoenix.journal("access_token")) == 1
