# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""A station's session on a controller, for the length of a task (contract §6)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.tokenflow.services.plugins.module_utils._errors import Conflict, NotAuthorised, TokenflowError, Unavailable
from ansible_collections.tokenflow.services.plugins.module_utils._flows.plcnext import detail
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer
from ansible_collections.tokenflow.services.plugins.module_utils._session import Session

OPTIONS: dict[str, dict[str, Any]] = {"station_id": {"type": "str"}, "station_timeout": {"type": "float", "default": 30.0}}


class Station:
    """Opens the session with the first request, sends its id with each, keeps it alive while nothing is sent, and deletes it at the end.

    ``timeout`` is in seconds: how long the controller keeps a session that sends nothing.
    """

    def __init__(self, session: Session, base: str, station_id: str, timeout: float) -> None:
        self._session = session
        self._path = f"{base}/sessions"
        self._station_id = station_id
        self._timeout = timeout
        self._id = ""
        self._used = 0.0

    def call(self, method: str, path: str, query: Mapping[str, Any] | None = None, **request: Any) -> Answer:
        """A request of the station; its answer may have any status. A session that ran out is opened anew, once."""
        answer = self._send(method, path, query, request)
        if answer.status == 410 and detail(answer).get("domain") != "project":
            self._id = ""
            answer = self._send(method, path, query, request)
        if answer.status == 403 and detail(answer).get("reason") == "disabledSessionID":
            raise self._error(
                NotAuthorised,
                answer,
                f"the PLC program has disabled the session of station {self._station_id!r}",
                "It does so with HMI_CONTROL.CLIENTS[n].DISABLE. Use another station_id or none.",
            )
        return answer

    def _send(self, method: str, path: str, query: Mapping[str, Any] | None, request: dict[str, Any]) -> Answer:
        if not self._id:
            self._open()
        self._used = time.monotonic()
        return self._session.call(method, path, query={**(query or {}), "sessionID": self._id}, expect=(), **request)

    def _open(self) -> None:
        body = {"stationID": self._station_id, "timeout": str(round(self._timeout * 1000))}
        answer = self._session.call("POST", self._path, form=body, expect=())
        if answer.status == 409:
            holder = ", ".join(str(value) for value in detail(answer).get("values") or []) or "unknown"
            hint = "Give each client a station_id of its own, or wait until the other one ends."
            raise self._error(Conflict, answer, f"station {self._station_id!r} is in use by session {holder}", hint)
        if detail(answer).get("reason") == "serviceUnavailable":
            hint = "Wait until others end, or run without station_id."
            raise self._error(Unavailable, answer, f"the controller has no room for another session (HTTP {answer.status})", hint)
        if answer.status != 201:
            raise self._session.error(answer)
        data = answer.json()
        identifier = data.get("sessionID") if isinstance(data, dict) else None
        if not identifier:
            raise answer.bad("the answer has no sessionID")
        self._id = str(identifier)

    def keep_alive(self, pause: float) -> None:
        """Lets ``pause`` seconds pass without letting the session run out."""
        end = time.monotonic() + pause
        while True:
            left = end - time.monotonic()
            due = self._used + self._timeout / 2 - time.monotonic()
            if not self._id or due >= left:
                time.sleep(max(0.0, left))
                return
            time.sleep(max(0.0, due))
            self.call("POST", f"{self._path}/{self._id}", body=b"")

    def close(self) -> None:
        """Deletes the session. One that is gone already is no error, and one that stays is a warning: what the task did counts."""
        if not self._id:
            return
        identifier, self._id = self._id, ""
        try:
            self._session.call("DELETE", f"{self._path}/{identifier}", expect=(200, 204, 404, 408, 410))
        except TokenflowError as error:
            left = f"The session of station {self._station_id!r} could not be deleted and ends by itself after {self._timeout:g} seconds: {error}"
            self._session.warnings.append(left)

    def _error(self, kind: type[TokenflowError], answer: Answer, message: str, hint: str) -> TokenflowError:
        return kind(message, service=self._session.flow.TITLE, method=answer.method, path=answer.path, status=answer.status, hint=hint)
