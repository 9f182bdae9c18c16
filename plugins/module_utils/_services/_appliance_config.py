# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""What can be done with the appliance's configuration as a whole (contract §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import EXACT, SECRET, Element, differs
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_jobs import MANAGEMENT, Jobs, Status
from ansible_collections.tokenflow.services.plugins.module_utils._services.appliance import Appliance


class Action:
    """One action. Raises ``InvalidInput`` for a source that it does not have.

    ``differing`` are the element types, and elements by type and key, that were found to differ from what is running.
    """

    def __init__(self, appliance: Appliance, name: str, source: str = "running", filename: str | None = None) -> None:
        wrong = {"restore": "editing", "backup": "backup"}.get(name)
        if wrong == source:
            raise InvalidInput(f"{name} does not take source: {source}")
        if filename and "/" in filename:
            raise InvalidInput(f"filename {filename!r} has a folder in it", hint="The appliance has one folder for its backups.")
        self.name = name
        self.changes = name != "verify"
        self.differing: list[str] = []
        self._appliance = appliance
        self._source = source
        self._filename = filename

    def is_due(self, compare: Iterable[Any]) -> bool:
        """Whether there is anything to do, as far as the appliance lets that be seen.

        ``compare`` names what is looked at before an activation: element types, or mappings with ``element_type`` and the key among ``attributes``.
        Raises ``InvalidInput`` for anything else.
        """
        if self.name == "backup":
            return self._filename not in backups(self._appliance)
        wanted = list(compare)
        if self.name != "activate" or not wanted:
            return True
        self.differing = [_label(one) for one in wanted if _differs_from_running(self._appliance, one)]
        return bool(self.differing)

    def run(self, timeout: float, progress: Callable[[str], None]) -> Status:
        """Starts it and waits; ``timeout`` in seconds."""
        jobs = Jobs(self._appliance, timeout, progress)
        if self.name == "restore":
            source = {"backup": "backupFile"}.get(self._source, self._source)
            return jobs.run(self.name, restoreSource=source, filename=self._filename if self._source == "backup" else None)
        if self.name == "backup":
            return jobs.run(self.name, backupSource=self._source, filename=self._filename)
        return jobs.run(self.name)


def backups(appliance: Appliance) -> list[str]:
    """Names of the backup files; the tags around them are not documented (contract §9)."""
    return [element.text.strip() for element in appliance.data(f"{MANAGEMENT}/files").iter() if not len(element) and element.text and element.text.strip()]


def _differs_from_running(appliance: Appliance, what: Any) -> bool:
    if isinstance(what, str):
        return _type_differs(appliance, what)
    if not isinstance(what, Mapping) or not what.get("element_type") or not isinstance(what.get("attributes") or {}, Mapping):
        raise InvalidInput("an entry of compare is neither an element type nor a mapping with element_type and attributes")
    metadata = appliance.metadata(str(what["element_type"]))
    key = metadata.key(Element.from_options(metadata.name, what.get("attributes") or {}))
    editing, running = (appliance.find(metadata, key, there) for there in (False, True))
    if editing is None or running is None:
        return editing is not running
    return differs(editing, running, EXACT)


def _label(what: Any) -> str:
    if isinstance(what, str):
        return what
    # The first attribute is a key as a rule, and no secret.
    values = [str(value) for name, value in (what.get("attributes") or {}).items() if not SECRET.search(name)]
    return " ".join([str(what["element_type"]), *values[:1]])


def _type_differs(appliance: Appliance, element_type: str) -> bool:
    editing, running = appliance.all(element_type), list(appliance.all(element_type, running=True))
    if len(editing) != len(running):
        return True
    for element in editing:
        twin = next((other for other in running if not differs(element, other, EXACT)), None)
        if twin is None:
            return True
        running = [other for other in running if other is not twin]
    return False
