# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions of the PLCnext simulator: optional tracking of stations (contract §6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from ._core import ControlError
from ._plcnext_wire import Call, Controller, Refusal, answer, page

LONGEST_TIMEOUT = 86_400_000


@dataclass
class _Session:
    id: str
    station: str
    client: str
    created: float
    used: float
    timeout: int
    disabled: bool = False


class Sessions:
    """The session table: live sessions by id."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.live: dict[str, _Session] = {}
        self.count = 0

    def purge(self) -> None:
        """Drops the sessions that were silent for longer than their timeout."""
        now = self.controller.clock.now()
        self.live = {text: session for text, session in self.live.items() if now - session.used <= session.timeout / 1000}

    def use(self, text: str) -> _Session:
        """A live session, refreshed; 410 if it is gone, 403 if it is disabled (contract §5)."""
        session = self.live.get(text)
        if session is None:
            raise Refusal(410, "sessions", "invalidSessionID")
        if session.disabled:
            raise Refusal(403, "sessions", "disabledSessionID")
        session.used = self.controller.clock.now()
        return session

    def serve(self, call: Call) -> Response | None:
        """The session endpoints; None for a method that is not there."""
        if not call.rest:
            if call.method == "GET":
                return self._report(call)
            return self._create(call) if call.method == "POST" else None
        if call.method == "POST":
            return self._maintain(call) if set(call.fields) <= {"sessionID"} else self._reassign(call)
        if call.method == "PUT" and self.controller.on("session_put") == "refresh":
            return self._maintain(call)
        if call.method == "DELETE":
            del self.live[self.use(call.rest).id]
            return answer(204)
        return None

    def _report(self, call: Call) -> Response:
        stamp, scheme = self.controller.stamp, self.controller.on("uri_scheme")
        entries = [
            {
                "id": session.id,
                "stationID": session.station,
                "ipAddress": session.client,
                "uri": call.uri(f"sessions/{session.id}", scheme),
                "createdTimestamp": str(stamp(session.created)),
                "usedTimestamp": str(stamp(session.used)),
                "timeout": str(session.timeout),
                "anonymous": False,
                "disabled": session.disabled,
            }
            for session in self.live.values()
        ]
        entries, following = page(entries, self.controller.on("report_page"), call.uri("sessions", scheme), call)
        return answer(200, {**self.controller.envelope(), "sessions": entries, "next": following})

    def _maintain(self, call: Call) -> Response:
        return answer(200, {**self.controller.envelope(), "sessionID": self.use(call.rest).id})

    def _create(self, call: Call) -> Response:
        station, timeout = self._wishes(call)
        self._refuse_duplicate(station)
        if len(self.live) >= self.controller.on("session_limit"):
            raise Refusal(self.controller.on("session_full_status"), "sessions", "serviceUnavailable")
        return self._add(call, station, timeout)

    def _reassign(self, call: Call) -> Response:
        session = self.use(call.rest)
        station, timeout = self._wishes(call)
        self._refuse_duplicate(station, but=session.id)
        del self.live[session.id]
        return self._add(call, station, timeout)

    def _refuse_duplicate(self, station: str, but: str = "") -> None:
        for session in self.live.values():
            if session.station == station and session.id != but:
                raise Refusal(409, "sessions", "duplicateSessionID", [session.id])

    def _wishes(self, call: Call) -> tuple[str, int]:
        """``stationID`` (required) and ``timeout`` in ms of a create or reassign."""
        station, timeout = call.fields.get("stationID"), call.fields.get("timeout", self.controller.on("session_timeout"))
        if isinstance(station, int) and not isinstance(station, bool):
            station = str(station)
        if isinstance(timeout, str) and timeout.isascii() and timeout.isdigit() and len(timeout) < 10:
            timeout = int(timeout)
        if not isinstance(station, str) or not station or not isinstance(timeout, int) or not 1 <= timeout <= LONGEST_TIMEOUT:
            raise call.malformed()
        return station, timeout

    def _add(self, call: Call, station: str, timeout: int) -> Response:
        now = self.controller.clock.now()
        self.count += 1
        session = _Session(f"s{self.count}{self.controller.stamp(now)}", station, call.client, now, now, timeout)
        self.live[session.id] = session
        shown: Any = str(timeout) if self.controller.on("session_timeout_type") == "string" else timeout
        body = {**self.controller.envelope(), "sessionID": session.id, "timeout": shown}
        return answer(201, body, [("location", call.location(f"sessions/{session.id}"))])

    def disable(self, text: str | None, station: str | None, disabled: bool) -> str:
        """Sets or lifts the mark that the PLC program sets on a client; returns the session's id."""
        self.purge()
        for session in self.live.values():
            if session.id == text or (text is None and session.station == station):
                session.disabled = disabled
                return session.id
        raise ControlError(f"no live session with id {text!r} or station {station!r}")
