# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The REST interface of the appliance: its lock, its elements and its stores (contract §3, §6 to §8)."""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element as Xml

from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, Locked, LockLost, NotFound, RequestRefused, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._flows.appliance import ApplianceFlow, lock_ends
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._services._appliance_elements import Element, Metadata, Rules, same
from ansible_collections.tokenflow.services.plugins.module_utils._session import INTENT, Session
from ansible_collections.tokenflow.services.plugins.module_utils._token import Token

TITLE = ApplianceFlow.TITLE
LOCK_INTERVAL = 2.0
TELL_EVERY = 10.0
"""Seconds between two words about what is waited for."""
CONFIGURATION = "configuration/configElements"
SINCE = {
    "configuration/management/files": "v1.1",
    "statistics/": "v1.1",
    "admin/switchover": "v1.1",
    "configuration/certificates": "v1.2",
}
"""What the first version of the interface does not have (contract §3)."""
UNSAVED = "Edits that were not saved may remain: look at them, take the lock again, and repeat or undo the change."


class Appliance:
    """One appliance. ``run_folder`` keeps the metadata of element types for the run."""

    def __init__(self, session: Session, run_folder: Path | None = None) -> None:
        self.session = session
        self._run_folder = run_folder

    def call(self, method: str, resource: str, *, expect: tuple[int, ...] = (200,), **request: Any) -> Answer:
        """A request below the API version. Raises ``LockLost`` if a write is refused because the lock that was held is not held any more."""
        path = f"/rest/{self.session.flow.scope}/{resource}"
        if method in ("POST", "PUT"):
            # Also without a body: the appliance may want it with each of them (contract §2).
            request["content_type"] = "application/xml"
        held = method != "GET" and self.holds_lock
        try:
            return self.session.call(method, path, accept="application/xml", expect=expect, **request)
        except NotFound as error:
            since = next((version for beginning, version in SINCE.items() if resource.startswith(beginning)), "")
            if since > self.session.flow.scope:
                error.hint = f"This came with version {since} of the interface, and api_version is {self.session.flow.scope}."
            raise
        except Locked as error:
            if not held:
                raise
            values = {name: getattr(error, name) for name in ("service", "method", "path", "status", "reply")}
            raise LockLost("the configuration lock that this run held is gone, and this request was not carried out", **values, hint=UNSAVED) from error

    def data(self, resource: str, **query: Any) -> Xml:
        """The ``data`` of a read."""
        answer = self.call("GET", resource, query=query)
        found = answer.xml().find("data")
        if found is None:
            raise answer.bad("the answer has no data")
        return found

    # The lock (contract §6)

    @property
    def holds_lock(self) -> bool:
        """Whether this run's token holds the configuration lock."""
        return bool(self.session.flow.held_by(self.session.token()))

    def lock(self, wait: float = 0.0, progress: Callable[[str], None] = lambda _text: None) -> bool:
        """Takes the lock, waiting up to ``wait`` seconds for another holder; False if it was held already. Raises ``Locked``."""
        if self.holds_lock:
            return False
        if self.session.token().notes.get(INTENT):
            # It was asked for before, and the answer never came: the appliance may refuse its holder like anybody else (contract §10).
            self.unlock()
        started = told = time.monotonic()
        while True:
            # Noted first: a run that is ended in between gives the lock back, if it got it.
            with self.session.noting_intent():
                answer = self.call("POST", "configuration/lock", expect=(204, 423))
            if answer.status == 204:
                return True
            now = time.monotonic()
            left = started + wait - now
            if left <= 0:
                error = self.session.error(answer)
                error.message = "the configuration lock is held by another user or session" + (f", still after {wait:g} seconds" if wait else "")
                error.hint = "Give wait more seconds, or ask who works on the appliance; a lost token's lock ends within ten minutes."
                raise error
            if now - told >= TELL_EVERY:
                progress(f"waiting for the configuration lock, which another user or session holds, for {now - started:.0f} s")
                told = now
            time.sleep(min(LOCK_INTERVAL, left))

    def confirm_lock(self) -> None:
        """Makes sure that the token on which the lock hangs is still good; the appliance cannot be asked for the lock itself. Raises ``LockLost``."""
        self.call("GET", "system/status")

    def unlock(self) -> bool:
        """Releases the lock; False if it was not held."""
        token = self._kept_token()
        if token is None or not (self.session.flow.held_by(token) or token.notes.get(INTENT)):
            return False
        held = self.session.flow.held_by(token)
        try:
            with self.session.noting_intent():
                answer = self.call("POST", "configuration/unlock", expect=(204, 423))
        except LockLost:
            raise
        except TokenflowError as error:
            error.hint = f"{error.hint} The configuration lock may still be held. {lock_ends(token)}".strip()
            raise
        if answer.status == 423 and held:
            self.session.warnings.append("The configuration lock was lost before it was released: edits that were not saved may remain.")
        return answer.status == 204

    def _kept_token(self) -> Token | None:
        """The token of this run, without a login where there is none: a new one holds nothing."""
        return None if self.session.needs_new_token() and self.session.kept() is None else self.session.token()

    @contextlib.contextmanager
    def locked(self, mode: str, wait: float = 0.0, progress: Callable[[str], None] = lambda _text: None) -> Iterator[None]:
        """Holds the lock for a change: ``auto`` takes and releases it unless the run holds it, ``required`` wants it held."""
        if mode == "required" and not self.holds_lock:
            raise Locked("this run does not hold the configuration lock", service=TITLE, hint="Take it with appliance_lock, or set lock: auto.")
        taken = mode == "auto" and self.lock(wait, progress)
        try:
            yield
        finally:
            if taken:
                self._release()

    def _release(self) -> None:
        try:
            self.unlock()
        except TokenflowError as error:
            self.session.warnings.append(f"The configuration lock could not be released: {error}")

    # Elements (contract §8)

    def metadata(self, element_type: str) -> Metadata:
        """What the appliance tells of a type; kept for the run."""
        kept = self._kept(element_type)
        if kept is not None and kept.exists():
            return Metadata.from_data(json.loads(kept.read_text(encoding="utf-8")))
        metadata = Metadata.from_xml(element_type, self._described(element_type))
        if not metadata.keys and not metadata.single:
            metadata.single = any(one["single"] for one in self.element_types() if one["name"] == element_type)
            if not metadata.single:
                raise BadAnswer(f"the appliance does not tell by which keys elements of type {element_type} are told apart", service=TITLE)
        if kept is not None:
            # In one step, because other tasks may read it.
            written = kept.with_suffix(f".{time.time_ns()}")
            written.write_text(json.dumps(asdict(metadata)), encoding="utf-8")
            written.replace(kept)
        return metadata

    def _described(self, element_type: str) -> Xml:
        try:
            return self.data("configuration/elementTypes/metadata", elementType=element_type)
        except (NotFound, RequestRefused) as error:
            near: list[str] = []
            with contextlib.suppress(TokenflowError):
                near = difflib.get_close_matches(element_type, [one["name"] for one in self.element_types()], 3)
            error.hint = f"Is it {' or '.join(near)}?" if near else "appliance_info with gather: [element_types] lists the types that it has."
            raise

    def element_types(self) -> list[dict[str, Any]]:
        """``name``, ``description`` and ``single`` of each type (contract §8.6)."""
        found = (element for element in self.data("configuration/elementTypes").iter("elementType") if element.find("name") is not None)
        return [{"name": e.findtext("name"), "description": e.findtext("description") or "", "single": e.get("single") == "true"} for e in found]

    def _kept(self, element_type: str) -> Path | None:
        if self._run_folder is None:
            return None
        name = json.dumps([self.session.client.connection.base_url, self.session.flow.scope, element_type])
        return self._run_folder / f"appliance-{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"

    def find(self, metadata: Metadata, keys: Mapping[str, list[str]], running: bool = False) -> Element | None:
        """The element with these keys; None if there is none, however the appliance says that (contract §8.2)."""
        if all(len(values) == 1 for values in keys.values()):
            with contextlib.suppress(RequestRefused):
                found = self._get(metadata.name, {name: values[0] for name, values in keys.items()}, running)
                return next((element for element in found if _has(element, keys)), None)
        # How a key with several values is asked for is not known: all are read then.
        return next((element for element in self.all(metadata.name, running) if _has(element, keys)), None)

    def all(self, element_type: str, running: bool = False) -> list[Element]:
        """All elements of a type, over all pages where the type has them. Raises ``NotFound`` if the appliance does not know the type."""
        found = self._get(element_type, {}, running)
        if not found:
            # "None of them" and "no such type" may be answered alike.
            self.metadata(element_type)
        seen = {element.to_xml() for element in found}
        while found:
            with contextlib.suppress(RequestRefused):
                more = [element for element in self._get(element_type, {"offset": len(found)}, running) if element.to_xml() not in seen]
                seen.update(element.to_xml() for element in more)
                found.extend(more)
                if more:
                    continue
            break
        return found

    def _get(self, element_type: str, query: Mapping[str, Any], running: bool) -> list[Element]:
        asked = {"elementType": element_type, **query, **({"running": "true"} if running else {})}
        answer = self.call("GET", CONFIGURATION, query=asked, expect=(200, 404))
        if answer.status == 404:
            return []
        return [Element.from_xml(element) for element in answer.xml().iter("configElement")]

    def create(self, element: Element) -> Element:
        """Creates an element. Raises ``Conflict`` if it is there."""
        return self._element(self.call("POST", CONFIGURATION, body=element.to_xml()), element)

    def update(self, element: Element) -> Element:
        """Merges into an element."""
        return self._element(self.call("PUT", CONFIGURATION, body=element.to_xml()), element)

    def delete(self, element_type: str, keys: Mapping[str, list[str]]) -> bool:
        """Deletes an element; False if it was not found by these keys.

        How a key with several values is named is not known (contract §8.7): all ways are tried.
        """
        several = any(len(values) > 1 for values in keys.values())
        for separator in (None, ",", " ") if several else (None,):
            named = {name: values if separator is None else separator.join(values) for name, values in keys.items()}
            answer = self.call("DELETE", CONFIGURATION, query={"elementType": element_type, **named}, expect=(204, 404, 400) if several else (204, 404))
            if answer.status == 204:
                return True
        return False

    @staticmethod
    def _element(answer: Answer, sent: Element) -> Element:
        found = next((Element.from_xml(element) for element in answer.xml().iter("configElement")), None)
        return found or sent


def _has(element: Element, keys: Mapping[str, list[str]]) -> bool:
    return all(same(values, element.attributes.get(name), Rules(write_masked=True)) for name, values in keys.items())
