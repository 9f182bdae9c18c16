# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data files that a module reads by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.tokenflow.services.plugins.module_utils import _files
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._files import load_mapping
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

VALUES = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(blacklist_categories=["Cs"]))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.text("abcDEF.[]0", min_size=1), VALUES, max_size=4)


def loaded(folder: Path, text: str | bytes, name: str = "setpoints.yml") -> dict[str, Any]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_mapping(str(path))


def problem(folder: Path, text: str | bytes, name: str = "setpoints.yml") -> str:
    with pytest.raises(InvalidInput) as caught:
        loaded(folder, text, name)
    assert str(folder / name) in caught.value.message
    return caught.value.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(MAPPINGS)
def test_json_and_yaml_come_back_as_written(tmp_path: Path, data: dict[str, Any]) -> None:
    assert loaded(tmp_path, json.dumps(data), "a.json") == data
    assert loaded(tmp_path, yaml.safe_dump(data), "a.yml") == data


def test_values_keep_their_type(tmp_path: Path) -> None:
    found = loaded(tmp_path, "A: 1\nB: 1.5\nC: 'yes'\nD: true\nE: 18446744073709551615\nF: [1, two]\nG: {x: T#1m30s}\n")
    assert found == {"A": 1, "B": 1.5, "C": "yes", "D": True, "E": 2**64 - 1, "F": [1, "two"], "G": {"x": "T#1m30s"}}
    assert [type(value) for value in found.values()] == [int, float, str, bool, int, list, dict]


def test_values_are_not_templated(tmp_path: Path) -> None:
    assert loaded(tmp_path, "A: '{{ 1 + 1 }}'") == {"A": "{{ 1 + 1 }}"}


def test_names_are_text(tmp_path: Path) -> None:
    assert loaded(tmp_path, "1: a\n2.5: b\nfalse: c\n") == {"1": "a", "2.5": "b", "False": "c"}
    assert "has a name twice" in problem(tmp_path, "1: a\n'1': b\n")


@pytest.mark.parametrize(
    ("name", "text", "twice"),
    [
        ("a.json", '{"A": 1, "B": 2, "A": 3}', "'A'"),
        ("a.json", '{"A": {"x": 1, "x": 1}}', "'x'"),
        ("a.json", '{"A": [{"x": 1, "y": 2, "y": 2}]}', "'y'"),
        ("a.yml", "A: 1\nB: 2\nA: 3\n", "'A'"),
        ("a.yml", "A: {x: 1, x: 1}\n", "'x'"),
        ("a.yml", "A:\n  - x: 1\n    'x': 2\n", "'x'"),
        ("a.yml", "1: a\n1: b\n", "1"),
    ],
)
def test_a_name_that_stands_there_twice_is_refused(tmp_path: Path, name: str, text: str, twice: str) -> None:
    assert f"has {twice} twice" in problem(tmp_path, text, name)


def test_names_of_different_mappings_may_be_the_same(tmp_path: Path) -> None:
    assert loaded(tmp_path, "A: {x: 1}\nB: {x: 2}\n") == {"A": {"x": 1}, "B": {"x": 2}}


def test_yaml_may_merge(tmp_path: Path) -> None:
    found = loaded(tmp_path, "base: &base {x: 1, y: 2}\nA: {<<: *base, y: 3}\n")
    assert found["A"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(("name", "text"), [("a.json", "[1]"), ("a.json", '"text"'), ("a.json", "null"), ("a.yml", "- 1\n"), ("a.yml", "text"), ("a.yml", "")])
def test_what_is_no_mapping_is_refused(tmp_path: Path, name: str, text: str) -> None:
    assert "does not hold a mapping" in problem(tmp_path, text, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", ""),
        ("a.json", '{"A": 1,}'),
        ("a.yml", "A: [1"),
        ("a.yml", "A: 1\n B: 2"),
        ("a.yml", "A: !!python/object/apply:os.system [id]"),
        ("a.yml", "A: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n"),
        ("a.yml", "? [1, 2]\n: x\n"),
        ("a.yml", "? {a: 1}\n: x\n"),
        ("a.yml", "A: 2024-13-45"),
    ],
)
def test_what_cannot_be_parsed_is_refused(tmp_path: Path, name: str, text: str) -> None:
    assert "is not valid" in problem(tmp_path, text, name)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in problem(tmp_path, b"A: \xff\xfe")
    for path in (tmp_path / "nosuch.yml", tmp_path):
        with pytest.raises(InvalidInput, match="cannot be read"):
            load_mapping(str(path))


def test_a_vault_is_not_taken_for_data(tmp_path: Path) -> None:
    problem(tmp_path, "$ANSIBLE_VAULT;1.1;AES256\n61626364\n", "a.yml")
    problem(tmp_path, "$ANSIBLE_VAULT;1.1;AES256\n61626364\n", "a.json")


def test_json_needs_no_yaml_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_files, "HAS_YAML", False)
    assert loaded(tmp_path, '{"A": 1}', "a.json") == {"A": 1}
    (tmp_path / "a.yml").write_text("A: 1")
    with pytest.raises(InvalidInput, match="PyYAML is needed"):
        load_mapping(str(tmp_path / "a.yml"))


def test_yaml_is_read_once_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "temporary" / "tokenflow"
    run.mkdir(parents=True)
    read: list[str] = []
    monkeypatch.setattr(_files, "_load_yaml", lambda text: read.append(text) or yaml.safe_load(text))
    path = tmp_path / "setpoints.yml"
    for content, times in (("A: 1\nB: [true, 1.5]\n", 1), ("A: 2\n", 2)):
        path.write_text(content, encoding="utf-8")
        for _task in range(3):
            assert load_mapping(str(path), run) == yaml.safe_load(content)
        assert len(read) == times
    assert all(file.stat().st_mode & 0o077 == 0 for file in run.iterdir())


@pytest.mark.parametrize("content", ["A: {1: x}\n", "A: 2026-11-22\n", "A: .nan\n"])
def test_yaml_that_json_cannot_tell_is_not_kept(tmp_path: Path, content: str) -> None:
    run = tmp_path / "temporary" / "tokenflow"
    run.mkdir(parents=True)
    (tmp_path / "setpoints.yml").write_text(content, encoding="utf-8")
    assert repr(load_mapping(str(tmp_path / "setpoints.yml"), run)) == repr(yaml.safe_load(content))
    assert not list(run.iterdir())


def test_what_was_decrypted_is_not_kept(tmp_path: Path) -> None:
    run = tmp_path / "temporary" / "tokenflow"
    run.mkdir(parents=True)
    (tmp_path / "temporary" / "decrypted").write_text("A: 1\n", encoding="utf-8")
    assert load_mapping(str(tmp_path / "temporary" / "decrypted"), run) == {"A": 1}
    assert not list(run.iterdir())
