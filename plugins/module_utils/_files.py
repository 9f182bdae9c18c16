# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Data files that a module reads by itself, so that their values are not templated."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Hashable
from pathlib import Path
from typing import Any

try:
    import yaml

    HAS_YAML = True
except ImportError:
    HAS_YAML = False

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput


class _Duplicate(ValueError):
    pass


def load_mapping(path: str, folder: Path | None = None) -> dict[str, Any]:
    """The mapping in a JSON (``.json``) or YAML file. Raises ``InvalidInput`` for anything else, and for a name that stands there twice.

    YAML takes long to read: with ``folder``, that of the run, it is read once for all hosts, unless it was decrypted for this task.
    """
    try:
        content = Path(path).read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read ({error})") from error
    kept = None
    if folder and not path.endswith(".json") and folder.parent not in Path(path).parents:
        kept = folder / f"mapping-{hashlib.sha256(content).hexdigest()}"
        if kept.exists():
            return dict(json.loads(kept.read_text(encoding="utf-8")))
    named = _mapping(path, text)
    if kept:
        _keep(named, kept)
    return named


def _mapping(path: str, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text, object_pairs_hook=_unique) if path.endswith(".json") else _load_yaml(text)
    except _Duplicate as error:
        raise InvalidInput(f"{path} has {error} twice") from error
    except ValueError as error:
        raise InvalidInput(f"{path} is not valid: {error}") from error
    if not isinstance(data, dict):
        raise InvalidInput(f"{path} does not hold a mapping of names to values")
    named = {str(name): value for name, value in data.items()}
    if len(named) != len(data):
        raise InvalidInput(f"{path} has a name twice, once as a number or truth value and once as text")
    return named


def _keep(data: dict[str, Any], file: Path) -> None:
    """Keeps what can be told in JSON, for the next worker of the run."""
    with contextlib.suppress(OSError, TypeError, ValueError):
        text = json.dumps(data)
        if json.loads(text) != data:
            return
        replace_text(file, text)


def replace_text(file: Path, text: str) -> None:
    """Writes a file in one step, for its owner alone."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(name, file)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        seen: set[str] = set()
        for name, _value in pairs:
            if name in seen:
                raise _Duplicate(repr(name))
            seen.add(name)
    return data


def _load_yaml(text: str) -> Any:
    if not HAS_YAML:
        raise InvalidInput("the Python package PyYAML is needed to read YAML", hint="Use a JSON file.")
    try:
        return yaml.load(text, Loader=_unique_loader())
    except (yaml.YAMLError, TypeError) as error:
        # TypeError: a list or mapping as a name.
        raise ValueError(str(error)) from error


def _unique_loader() -> Any:
    class UniqueLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            names = [self.construct_object(key, deep=True) for key, _value in node.value if key.tag != "tag:yaml.org,2002:merge"]
            if len(names) != len(set(names)):
                raise _Duplicate(repr(next(name for place, name in enumerate(names) if name in names[:place])))
            return dict(super().construct_mapping(node, deep))

    return UniqueLoader
