# Copyright (c) 2026, the tokenflow.services authors
# Simplified BSD License (see LICENSES/BSD-2-Clause.txt or https://opensource.org/licenses/BSD-2-Clause)
# SPDX-License-Identifier: BSD-2-Clause
"""The errors of the collection; only the edge turns them into a failed task."""

from __future__ import annotations

from typing import Any


class TokenflowError(Exception):
    """An error that a user can act on.

    ``message`` says what happened. ``service``, ``method`` and ``path`` say where, ``status`` is the HTTP status if there was an answer, ``reply`` what
    the service said, ``hint`` what to do next. ``details`` are further values for the task's result.
    """

    KIND = "error"

    def __init__(
        self,
        message: str,
        *,
        service: str = "",
        method: str = "",
        path: str = "",
        status: int | None = None,
        reply: str = "",
        hint: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.service = service
        self.method = method
        self.path = path
        self.status = status
        self.reply = reply
        self.hint = hint
        self.details = details or {}

    def __str__(self) -> str:
        place = " ".join(part for part in (self.method, self.path) if part)
        where = ": ".join(part for part in (self.service, place) if part)
        text = f"{where}: {self.message}" if where else self.message
        if self.reply and self.reply not in text:
            text += f": {self.reply}"
        text = text.rstrip()
        if not text.endswith((".", "!", "?")):
            text += "."
        return f"{text} {self.hint}" if self.hint else text

    def as_result(self) -> dict[str, Any]:
        """The failed task's result: ``msg``, ``error`` and the details."""
        error: dict[str, Any] = {"kind": self.KIND, "message": self.message}
        for name in ("service", "method", "path", "status", "reply", "hint"):
            value = getattr(self, name)
            if value not in ("", None):
                error[name] = value
        return {"failed": True, "msg": str(self), "error": error, **self.details}


class InvalidInput(TokenflowError):
    """The task's options are wrong; nothing was sent because of them."""

    KIND = "invalid_input"


class ConnectionFailed(TokenflowError):
    """No answer came. ``may_have_arrived`` tells whether the service may have acted on the request."""

    KIND = "connection"

    def __init__(self, message: str, *, may_have_arrived: bool = False, **where: Any) -> None:
        super().__init__(message, **where)
        self.may_have_arrived = may_have_arrived


class TlsFailed(TokenflowError):
    """The server's certificate was not accepted, or no TLS connection came about."""

    KIND = "tls"


class CredentialsRejected(TokenflowError):
    """The service refused the user name, password, client secret or one-time code."""

    KIND = "credentials_rejected"


class LoginFailed(TokenflowError):
    """The login did not work for another reason than wrong credentials."""

    KIND = "login_failed"


class NotAuthorised(TokenflowError):
    """The login is good but not enough for this request."""

    KIND = "not_authorised"


class LockLost(TokenflowError):
    """The token that held a configuration lock is gone, and the lock with it."""

    KIND = "lock_lost"


class RequestRefused(TokenflowError):
    """The service refused the request as it was put (400 and the like)."""

    KIND = "refused"


class NotFound(TokenflowError):
    """There is no such thing on the service, or not for this login."""

    KIND = "not_found"


class Conflict(TokenflowError):
    """The request contradicts what is on the service (409)."""

    KIND = "conflict"


class Locked(TokenflowError):
    """Somebody else holds the lock, or nobody does and one is needed (423)."""

    KIND = "locked"


class Unavailable(TokenflowError):
    """The service is there but cannot serve now (429, 502, 503, 504)."""

    KIND = "unavailable"


class BadAnswer(TokenflowError):
    """An answer that the service should not give: wrong type, cut short, too large, not parseable."""

    KIND = "bad_answer"


class ProjectChanged(TokenflowError):
    """A controller's project was exchanged while a task was at work."""

    KIND = "project_changed"


class TimedOut(TokenflowError):
    """What was waited for did not come about in time."""

    KIND = "timed_out"


class JobFailed(TokenflowError):
    """A job that the service accepted did not end well."""

    KIND = "job_failed"


class NotConfirmed(TokenflowError):
    """A write was answered, but the answer or a read afterwards does not show it."""

    KIND = "not_confirmed"


_BY_STATUS: dict[int, type[TokenflowError]] = {
    401: NotAuthorised,
    403: NotAuthorised,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    423: Locked,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def error_for_status(status: int) -> type[TokenflowError]:
    """The error class for an unexpected HTTP status."""
    return _BY_STATUS.get(status, RequestRefused if 400 <= status < 500 else BadAnswer)
