# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation, argument spec, action and action groups of every module say the same."""

from __future__ import annotations

import functools
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tokenflow.services.plugins.lookup import token as token_lookup
from ansible_collections.tokenflow.services.plugins.module_utils import _module
from ansible_collections.tokenflow.services.plugins.module_utils._module import Definition
from ansible_collections.tokenflow.services.plugins.module_utils._registry import SERVICES
from ansible_collections.tokenflow.services.plugins.plugin_utils._action import ServiceAction

PACKAGE = "ansible_collections.tokenflow.services.plugins"
COLLECTION = "tokenflow.services"
PLUGINS = Path(_module.__file__).parents[1]
# Not resolved: the collection may be a link.
ROOT = next(parent for parent in PLUGINS.parents if parent.name == "ansible_collections").parent
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py") if not path.stem.startswith("_"))
RUNTIME = yaml.safe_load((PLUGINS.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))
GROUPS: dict[str, list[str]] = RUNTIME["action_groups"]
ATTRIBUTES = {"check_mode", "diff_mode", "idempotent", "action_group", "action", "async", "become", "connection", "delegation", "platform"}
SECRET = re.compile(r"password|passphrase|secret|credential|(?:^|_)(?:token|otp|pin)$")


@functools.cache
def documented(kind: str) -> dict[str, Any]:
    """The documentation of all plugins of a kind as ansible-doc has it, with fragments merged."""
    names = [f"{COLLECTION}.{name}" for name in (MODULES if kind == "module" else ["token"])]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    process = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "-t", kind, "--json", *names], env=environment, capture_output=True, text=True, check=True
    )
    found = json.loads(process.stdout)
    assert set(found) == set(names), process.stderr
    return {name.rpartition(".")[2]: entry for name, entry in found.items()}


def doc(module: str) -> dict[str, Any]:
    return dict(documented("module")[module]["doc"])


@functools.cache
def imported(module: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.modules.{module}")


def definition(module: str) -> Definition:
    found = imported(module).DEFINITION
    assert isinstance(found, Definition)
    return found


def same_default(declared: Any, shown: Any) -> bool:
    return declared == shown and isinstance(declared, bool) == isinstance(shown, bool)


def differences(declared: dict[str, Any], shown: dict[str, Any], place: str = "") -> list[str]:
    """Where argument spec and documentation disagree."""
    found = [f"{place}{name}: only declared" for name in set(declared) - set(shown)] + [
        f"{place}{name}: only documented" for name in set(shown) - set(declared)
    ]
    for name in set(declared) & set(shown):
        option, text = declared[name], shown[name]
        pairs = {
            "type": (option.get("type", "str"), text.get("type", "str")),
            "elements": (option.get("elements"), text.get("elements")),
            "required": (bool(option.get("required")), bool(text.get("required"))),
            "choices": (sorted(option.get("choices") or [], key=str), sorted(text.get("choices") or [], key=str)),
            "aliases": (sorted(option.get("aliases") or []), sorted(text.get("aliases") or [])),
        }
        found += [f"{place}{name}: {what} is {one!r}, documented is {other!r}" for what, (one, other) in pairs.items() if one != other]
        if not same_default(option.get("default"), text.get("default")):
            found.append(f"{place}{name}: default is {option.get('default')!r}, documented is {text.get('default')!r}")
        if not text.get("description"):
            found.append(f"{place}{name}: no description")
        found += differences(option.get("options") or {}, text.get("suboptions") or {}, f"{place}{name}.")
    return found


def secrets_without_protection(spec: dict[str, Any]) -> list[str]:
    # A truth value only sounds like a secret.
    found = [name for name, option in spec.items() if SECRET.search(name) and option.get("type") != "bool" and option.get("no_log") is not True]
    return found + [inner for option in spec.values() for inner in secrets_without_protection(option.get("options") or {})]


def test_the_check_itself_finds_what_differs() -> None:
    declared = {"a": {"type": "int", "default": 1}, "b": {}, "c": {"options": {"x": {"type": "bool"}}}}
    shown = {"a": {"type": "int", "default": True, "description": "a"}, "c": {"description": "c", "suboptions": {"x": {"description": "x"}}}}
    assert sorted(differences(declared, shown)) == ["a: default is 1, documented is True", "b: only declared", "c.x: type is 'bool', documented is 'str'"]
    assert differences(shown, declared)
    spec = {"password": {}, "api_token": {}, "key": {}, "cache_token": {"type": "bool"}, "x": {"options": {"otp": {}}}}
    assert secrets_without_protection(spec) == ["password", "api_token", "otp"]


def test_there_are_modules() -> None:
    assert len(MODULES) >= 9
    assert "request" in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_options_are_documented_as_they_are(module: str) -> None:
    assert differences(definition(module).argument_spec(), doc(module)["options"]) == []


@pytest.mark.parametrize("service", SERVICES)
def test_options_of_each_service_are_documented_as_they_are(service: str) -> None:
    """The module for any service has those of all, without what only one of them has."""
    spec = definition("request").argument_spec({"service": service})
    shown = {name: option for name, option in doc("request")["options"].items() if name in spec}
    assert differences(spec, shown) == []


@pytest.mark.parametrize("module", MODULES)
def test_secrets_are_never_logged(module: str) -> None:
    assert secrets_without_protection(definition(module).argument_spec()) == []
    for flow in definition(module).flows:
        assert flow.secret_options()


@pytest.mark.parametrize("module", MODULES)
def test_rules_between_options_are_about_options(module: str) -> None:
    found = definition(module)
    spec = found.argument_spec()
    assert found.name == module
    assert set(found.files) <= set(spec)
    named: set[str] = set()
    for rule, content in found.constraints.items():
        if rule == "required_by":
            named |= set(content) | {name for names in content.values() for name in ([names] if isinstance(names, str) else names)}
        elif rule == "required_if":
            named |= {entry[0] for entry in content} | {name for entry in content for name in entry[2]}
            for entry in content:
                choices = spec[entry[0]].get("choices")
                assert choices is None or entry[1] in choices, entry
        else:
            assert rule in ("mutually_exclusive", "required_together", "required_one_of")
            named |= {name for names in content for name in names}
    assert named <= set(spec)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_in_the_groups_of_its_service_and_of_all(module: str) -> None:
    service = module.partition("_")[0]
    expected = {"all"} if module == "request" else {service, "all"}
    assert {group for group, members in GROUPS.items() if module in members} == expected
    membership = doc(module)["attributes"]["action_group"]["membership"]
    assert set([membership] if isinstance(membership, str) else membership) == {f"{COLLECTION}.{group}" for group in expected}
    assert [flow.NAME for flow in definition(module).flows] == (SERVICES if module == "request" else [service])


def test_groups_have_no_strangers() -> None:
    assert set(GROUPS) == {*SERVICES, "all"}
    for group, members in GROUPS.items():
        assert members == sorted(set(members)), group
        assert set(members) <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_an_action_that_runs_it(module: str) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{module}").ActionModule
    assert issubclass(action, ServiceAction)
    assert action.MODULE is imported(module)
    assert callable(imported(module).run)
    assert callable(imported(module).main)


def test_there_is_no_action_without_a_module() -> None:
    assert sorted(path.stem for path in (PLUGINS / "action").glob("*.py")) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_what_a_module_supports_is_said_in_full(module: str) -> None:
    attributes = doc(module)["attributes"]
    assert set(attributes) >= ATTRIBUTES
    for name, attribute in attributes.items():
        assert attribute["description"], name
        assert attribute["support"] in ("full", "partial", "none", "N/A"), name
        if attribute["support"] == "partial":
            assert attribute.get("details"), name


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_described(module: str) -> None:
    found = doc(module)
    assert found["short_description"]
    assert not found["short_description"].endswith(".")
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version_added"])
    assert found["author"]
    assert found["requirements"]
    for line in found["description"]:
        assert line.endswith((".", ":"))


@pytest.mark.parametrize("module", MODULES)
def test_references_lead_somewhere(module: str) -> None:
    for entry in doc(module).get("seealso", []):
        name = entry.get("module", "")
        if name.startswith(COLLECTION):
            assert name.rpartition(".")[2] in MODULES
            assert name != f"{COLLECTION}.{module}"


@pytest.mark.parametrize("module", MODULES)
def test_examples_are_tasks_with_full_names_and_known_options(module: str) -> None:
    tasks = yaml.safe_load(documented("module")[module]["examples"])
    assert isinstance(tasks, list)
    used = []

    def check(entries: list[dict[str, Any]]) -> None:
        for task in entries:
            assert task["name"][:1].isupper(), task
            for section in ("block", "rescue", "always"):
                check(task.get(section, []))
            calls = [name for name in task if "." in name]
            assert len(calls) == (0 if "block" in task else 1), task
            for name in calls:
                used.append(name)
                short = name.removeprefix(f"{COLLECTION}.")
                if name.startswith(f"{COLLECTION}.") and short in MODULES:
                    unknown = set(task[name] or {}) - set(doc(short)["options"])
                    assert not unknown, (name, unknown)
                else:
                    assert name.startswith("ansible.builtin."), name

    check(tasks)
    assert f"{COLLECTION}.{module}" in used


@pytest.mark.parametrize("module", MODULES)
def test_examples_show_no_literal_secret(module: str) -> None:
    for task in yaml.safe_load(documented("module")[module]["examples"]):
        for name, value in (task.get(f"{COLLECTION}.{module}") or {}).items():
            if SECRET.search(name) and not isinstance(value, bool):
                assert str(value).startswith("{{"), (name, value)


def returns_without(entries: dict[str, Any], place: str = "", sampled: bool = False) -> list[str]:
    """What is missing of return values; a sample may be that of the whole they are part of."""
    found = []
    for name, entry in entries.items():
        found += [f"{place}{name}: no {what}" for what in ("description", "type") if not entry.get(what)]
        if not place and not entry.get("returned"):
            found.append(f"{name}: no returned")
        if "sample" not in entry and not sampled and not entry.get("contains"):
            found.append(f"{place}{name}: no sample")
        if entry.get("type") == "list" and not entry.get("elements"):
            found.append(f"{place}{name}: no elements")
        found += returns_without(entry.get("contains") or {}, f"{place}{name}.", sampled or "sample" in entry)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_return_values_are_described_with_samples(module: str) -> None:
    entries = documented("module")[module]["return"]
    assert entries
    assert returns_without(entries) == []


@pytest.mark.parametrize("module", MODULES)
def test_samples_are_of_their_type(module: str) -> None:
    kinds: dict[str, Any] = {"str": str, "int": int, "float": (int, float), "bool": bool, "dict": dict, "list": list}
    for name, entry in documented("module")[module]["return"].items():
        if entry.get("sample") is not None and entry["type"] in kinds:
            assert isinstance(entry["sample"], kinds[entry["type"]]), name
            assert isinstance(entry["sample"], bool) == (entry["type"] == "bool"), name
        if "choices" in entry:
            assert entry["sample"] in entry["choices"]


# The lookup


def test_the_lookup_is_documented_as_it_is() -> None:
    found = documented("lookup")["token"]
    shown = dict(found["doc"]["options"])
    terms = shown.pop("_terms")
    assert terms["required"] is True
    spec = token_lookup.DEFINITION.argument_spec()
    assert spec.pop("service")["choices"] == SERVICES
    assert differences(spec, shown) == []
    assert all(service in " ".join(terms["description"]) for service in SERVICES)
    tasks = yaml.safe_load(found["examples"])
    assert all("tokenflow.services.token" in json.dumps(task) for task in tasks)
