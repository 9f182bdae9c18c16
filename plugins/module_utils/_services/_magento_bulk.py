# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""Many writes of a Magento shop at once, which its consumer works off (contract §6.3)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    InvalidInput,
    JobFailed,
    NotConfirmed,
    TimedOut,
    TokenflowError,
)
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_apply import CREATE, DELETE, NONE, UPDATE, Provision, label_of
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_compare import completed
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_entities import entity_from
from ansible_collections.tokenflow.services.plugins.module_utils._services._magento_table import CATEGORIES, Resource
from ansible_collections.tokenflow.services.plugins.module_utils._services.magento import Filter, Magento, Search, chunks

BULK = "async/bulk"
CONSUMER = "async.operations.all"
STATUSES = {1: "complete", 2: "failed_retriable", 3: "failed", 4: "open", 5: "rejected"}
OPEN, COMPLETE, UNCHANGED, NOT_STORED, ACCEPTED = "open", "complete", "unchanged", "not_stored", "accepted"
ACTIONS = {"POST": CREATE, "PUT": UPDATE, "DELETE": DELETE}
TELL_EVERY = 10.0
_AT_ONCE = 50
_SHOWN = 5


@dataclass
class Operation:
    """What is done with one item: ``label`` names it, ``status`` is one of ``STATUSES``, ``unchanged`` or ``not_stored``."""

    label: str
    method: str = ""
    route: str = ""
    body: Any = None
    action: str = NONE
    status: str = UNCHANGED
    message: str = ""
    differences: Sequence[str] = ()

    @property
    def failed(self) -> bool:
        return self.status not in (OPEN, COMPLETE, UNCHANGED)

    def as_result(self) -> dict[str, Any]:
        return {"key": self.label, "action": self.action, "differences": list(self.differences), "status": self.status, "message": self.message}


class Plan:
    """Makes operations of the items of a task."""

    def __init__(self, magento: Magento, provision: Provision, route: str) -> None:
        self._magento = magento
        self._provision = provision
        self._resource = provision.resource
        self._route = route

    def as_given(self, items: Sequence[Mapping[str, Any]], method: str) -> list[Operation]:
        """Everything with one method, whatever is there."""
        route = self._route_of(method)
        found = []
        for item in items:
            inner = item.get(self._resource.envelope)
            entity = entity_from(inner if isinstance(inner, dict) else item, self._resource)
            body = self._deletion(entity, entity) if method == "DELETE" else self._wrapped(entity, item)
            found.append(Operation(label_of(self._resource, entity), method, route, body, ACTIONS[method], OPEN))
        return found

    def compared(self, items: Sequence[Mapping[str, Any]], state: str) -> list[Operation]:
        """What is missing by POST, what differs by PUT, what is not to be there by DELETE; what is right not at all."""
        if self._resource.endpoint == CATEGORIES or not self._resource.listing or (self._resource.kept and state == "absent"):
            raise InvalidInput(
                f"{self._resource.endpoint} cannot be compared in bulk", hint="Give method to send all items as they are, or use magento_resource."
            )
        entities = [entity_from(item, self._resource) for item in items]
        there = self._there(entities)
        return [
            self._operation(entity, there.get(key)) if state == "present" else self._removal(entity, there.get(key)) for entity, key in self._keyed(entities)
        ]

    def _operation(self, entity: dict[str, Any], before: dict[str, Any] | None) -> Operation:
        label = label_of(self._resource, entity)
        if before is None:
            part = self._provision.part
            if part and not part.CREATED and entity.get(part.MEMBER):
                raise InvalidInput(f"{part.MEMBER} of {label} cannot be added in bulk", hint="Use magento_resource.")
            return Operation(label, "POST", self._route_of("POST"), {**self._wrapped(entity, {}), **self._resource.beside}, CREATE, OPEN)
        if self._resource.hides(entity):
            before = self._provision.entities.read(before) or before
        step = self._provision.compared(entity, before)
        if not step.changed:
            return Operation(label)
        if step.missing:
            raise InvalidInput(f"{', '.join(step.differences)} of {label} cannot be added in bulk", hint="Use magento_resource.")
        method = "POST" if self._resource.upserts else "PUT"
        return Operation(label, method, self._route_of(method), self._wrapped(self._provision.payload(entity, before), {}), UPDATE, OPEN, "", step.differences)

    def _removal(self, entity: dict[str, Any], before: dict[str, Any] | None) -> Operation:
        label = label_of(self._resource, entity)
        if before is None:
            return Operation(label)
        if self._resource.removal:
            return Operation(label, "POST", self._resource.removal, self._wrapped(before, {}), DELETE, OPEN)
        return Operation(label, "DELETE", self._route_of("DELETE"), self._deletion(entity, before), DELETE, OPEN)

    def _wrapped(self, entity: dict[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
        if not self._resource.envelope or set(item) > {self._resource.envelope}:
            # It has more beside the entity, such as a password.
            return dict(item)
        entity = completed(entity)
        return {self._resource.envelope: [entity] if self._resource.as_list else entity}

    def _deletion(self, entity: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
        variable = self._resource.variables[1]
        member = self._resource.number or (self._resource.key[0] if self._resource.key else "")
        if variable and before.get(member) is not None:
            return {variable: before[member]}
        return dict(entity)

    def _route_of(self, method: str) -> str:
        """The bulk route, in which ``:sku`` is ``bySku``."""
        route = self._route
        if method != "POST" and ":" not in route and "/by" not in route:
            variable = self._resource.variables[0 if method == "PUT" else 1]
            route = f"{self._resource.endpoint}/:{variable}" if variable else self._resource.update if method == "PUT" else ""
            if not route:
                raise InvalidInput(f"{method} {self._route} needs a path variable", hint="Give endpoint as the interface has it, such as products/:sku.")
        return re.sub(r":(\w)", lambda match: "by" + match[1].upper(), route)

    # What is there

    def _keyed(self, entities: Sequence[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
        for entity in entities:
            missing = [name for name in self._resource.key if entity.get(name) in (None, "")]
            if missing:
                raise InvalidInput(f"an item has no {' and no '.join(missing)}")
            yield entity, self._key(entity, entity)

    def _key(self, entity: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
        names = [*self._resource.key, *(name for name in self._resource.optional_key if name in wanted)]
        return tuple(str(entity.get(name, "")).casefold() for name in names)

    def _there(self, entities: Sequence[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
        first = self._resource.key[0]
        values = list(dict.fromkeys(str(entity[first]) for entity, _key in self._keyed(entities)))
        odd = next((value for value in values if "," in value), None)
        if odd is not None:
            raise InvalidInput(
                f"{first} {odd!r} has a comma, with which the shop cannot search for several", hint="Use magento_resource for it, or give method."
            )
        wanted = entities[0] if entities else {}
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for part in chunks(values, _AT_ONCE):
            groups = [[Filter(first, list(part), "in")]]
            if self._resource.by_store:
                groups.append([Filter("store_id", self._provision.entities.store_number())])
            for row in self._magento.rows(self._resource.listing, Search(groups, self._resource.order)).items:
                found[self._key(row, wanted)] = row
        return found


class Runner:
    """Hands operations in and waits for them. ``progress`` is told every few seconds how far it is."""

    def __init__(self, magento: Magento, progress: Callable[[str], None] = lambda _text: None, pause: Callable[[float], None] = time.sleep) -> None:
        self._magento = magento
        self._progress = progress
        self._pause = pause
        self.batches: dict[str, list[Operation]] = {}

    def submit(self, operations: Sequence[Operation], batch_size: int) -> None:
        """Hands in what has a method, in parts. Raises the errors of the shop, with what was accepted until then."""
        try:
            for kind in dict.fromkeys((operation.method, operation.route) for operation in operations if operation.method):
                for batch in chunks([one for one in operations if (one.method, one.route) == kind], batch_size):
                    self._hand_in(kind, batch)
        except TokenflowError as error:
            error.details.update(self.as_result(operations))
            raise

    def _hand_in(self, kind: tuple[str, str], batch: Sequence[Operation]) -> None:
        method, route = kind
        answer = self._magento.send(method, route, [operation.body for operation in batch], expect=(202,), mode=BULK)
        number = str(answer.get("bulk_uuid") or "") if isinstance(answer, dict) else ""
        if not number:
            raise BadAnswer("the shop accepted the operations without a bulk_uuid", service=self._magento.session.flow.TITLE, method=method, path=route)
        self.batches[number] = list(batch)
        for entry in answer.get("request_items") or []:
            if entry.get("status") != ACCEPTED and 0 <= int(entry.get("id", -1)) < len(batch):
                operation = batch[int(entry["id"])]
                operation.status, operation.message = "rejected", str(entry.get("error_message") or "")

    def wait(self, operations: Sequence[Operation], timeout: float, start_timeout: float, interval: float) -> None:
        """Waits until none is open. Raises ``TimedOut``, also if the consumer takes none of them, and ``JobFailed``."""
        begun = told = time.monotonic()
        try:
            while True:
                self._look()
                left = [operation for operation in operations if operation.status == OPEN]
                if not left:
                    break
                now = time.monotonic()
                sent = sum(bool(operation.method) for operation in operations)
                if len(left) == sent and now - begun >= min(start_timeout, timeout):
                    raise self._not_begun(sent, now - begun)
                if now - begun >= timeout:
                    raise self._not_ended(left, sent, timeout)
                if now - told >= TELL_EVERY:
                    self._progress(f"{sent - len(left)} of {sent} operations done")
                    told = now
                self._pause(interval)
            failed = [operation for operation in operations if operation.failed]
            if failed:
                raise self._failed(failed, sum(bool(operation.method) for operation in operations))
        except TokenflowError as error:
            error.details.update(self.as_result(operations))
            raise

    def confirm(self, operations: Sequence[Operation], again: Sequence[Operation]) -> None:
        """Compares what was done with what would still be to do. Raises ``NotConfirmed`` where that is something."""
        left = []
        for operation, other in zip(operations, again):
            if other.method:
                operation.status, operation.differences = NOT_STORED, other.differences
                left.append(f"{operation.label} ({', '.join(other.differences) or 'all'})")
        if left:
            more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
            raise NotConfirmed(
                f"the shop did what was handed in, but does not show it as given: {', '.join(left[:_SHOWN])}{more}",
                service=self._magento.session.flow.TITLE,
                hint="Codes of attributes that it does not have are dropped without a word, and releases up to 2.3.2 take no notice of store.",
                details=self.as_result(operations),
            )

    def _look(self) -> None:
        for number, batch in self.batches.items():
            if not any(operation.status == OPEN for operation in batch):
                continue
            status = self._magento.plain(f"bulk/{number}/status")
            for entry in status.get("operations_list") or []:
                place = int(entry["id"])
                if 0 <= place < len(batch) and batch[place].status == OPEN:
                    batch[place].status = STATUSES.get(int(entry["status"]), "failed")
                    batch[place].message = str(entry.get("result_message") or "")

    def _not_begun(self, sent: int, seconds: float) -> TimedOut:
        return TimedOut(
            f"none of {sent} operations was begun within {seconds:.0f} seconds: the consumer {CONSUMER} of the shop does not run",
            service=self._magento.session.flow.TITLE,
            hint=f"Start it with bin/magento queue:consumers:start {CONSUMER}, or let cron run it (cron_consumers_runner in app/etc/env.php). "
            "What was handed in stays in its queue and is done then. Raise start_timeout if cron is only slow.",
        )

    def _not_ended(self, left: Sequence[Operation], sent: int, timeout: float) -> TimedOut:
        return TimedOut(
            f"{len(left)} of {sent} operations were still open after {timeout:g} seconds",
            service=self._magento.session.flow.TITLE,
            hint=f"They may still be done: raise job_timeout. An item that ends the consumer {CONSUMER} with an error of PHP stays open; "
            "the log of the shop shows it.",
        )

    def _failed(self, failed: Sequence[Operation], sent: int) -> JobFailed:
        shown = "; ".join(f"{operation.label}: {operation.message or operation.status}" for operation in failed[:_SHOWN])
        more = f"; and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        return JobFailed(
            f"{len(failed)} of {sent} operations failed: {shown}{more}",
            service=self._magento.session.flow.TITLE,
            hint="The others were done. What failed_retriable (a lock in the database, for instance) may work when it is sent again.",
        )

    def as_result(self, operations: Sequence[Operation]) -> dict[str, Any]:
        """What became of the items."""
        return {
            "changed": any(batch for batch in self.batches.values()),
            "operations": [operation.as_result() for operation in operations],
            "bulk_uuids": list(self.batches),
        }


def bulk_resource(resource: Resource | None, route: str, envelope: str | None) -> Resource:
    """The resource of a bulk route, which may name a path variable. Raises ``InvalidInput``."""
    if resource is None:
        return Resource(route, envelope or "")
    if resource.fixed:
        raise InvalidInput(f"{resource.endpoint} cannot be written: {resource.fixed}")
    return resource
