# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the Magento simulator: the envelope's parts, the texts, and how the texts were worded up to 2.2 (contract §3.2, §3.5, §5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

SIGN_IN = "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."
REQUIRED_FIELD = '"%fieldName" is required. Enter and try again.'
UNSUPPORTED_FIELD = '"%fieldName" is not supported. Correct the field name and try again.'
SEVERAL = "One or more input exceptions have occurred."
NOT_AUTHORIZED = "The consumer isn't authorized to access %resources."
NO_PROCESSOR = "Specified request cannot be processed."
NO_ROUTE = "Request does not match any route."
URL_KEY = "URL key for specified store already exists."
NO_SUCH_ENTITY = "No such entity with %fieldName = %fieldValue"
INVALID_VALUE = 'Invalid value of "%value" provided for the %fieldName field.'
ALREADY_EXISTS = "%1 already exists."
CANNOT_BE_EMPTY = '"%field" can not be empty.'
VALIDATION_FAILED = "Validation Failed"
PLAIN_CRASH = "An error has happened during application run. See exception log for details.\n"

OLD_TEXTS = {
    SIGN_IN: "You did not sign in correctly or your account is temporarily disabled.",
    REQUIRED_FIELD: "%fieldName is a required field.",
    NOT_AUTHORIZED: "Consumer is not authorized to access %resources",
}
"""Wording of releases up to 2.2 (contract §3.2, §3.5)."""

Parameters = dict[str, Any] | list[Any]


class WebapiError(Exception):
    """An error that the service puts into its envelope (contract §5).

    ``parameters`` is an object for ``%name`` and a list for ``%1``; ``errors`` are pairs of template and parameters.
    ``has_trace`` is false for errors of routing, whose ``trace`` is null in developer mode.
    """

    def __init__(
        self,
        status: int,
        message: str,
        parameters: Parameters | None = None,
        errors: Sequence[tuple[str, Parameters]] = (),
        code: int = 0,
        has_trace: bool = True,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.parameters, self.errors = status, message, parameters, list(errors)
        self.code, self.has_trace = code, has_trace

    def text(self) -> str:
        """The message with its parameters filled in, as an asynchronous operation reports it (contract §6.3)."""
        return fill(self.message, self.parameters)

    def envelope(self, old_texts: bool, trace: str | None = None, developer: bool = False) -> dict[str, Any]:
        """The members of the error body in the order of contract §5."""

        def worded(template: str) -> str:
            return OLD_TEXTS.get(template, template) if old_texts else template

        body: dict[str, Any] = {"message": worded(self.message)}
        if self.errors:
            body["errors"] = [{"message": worded(template), "parameters": parameters} for template, parameters in self.errors]
        if self.code:
            body["code"] = self.code
        if self.parameters:
            body["parameters"] = self.parameters
        if developer:
            body["trace"] = trace if self.has_trace else None
        return body


class InternalError(Exception):
    """An exception that the service masks: 500 with a report number, or its own text in developer mode (contract §5)."""


class PhpError(Exception):
    """A PHP ``Error``: it passes every handler and ends the request with a plain text 500 (contract §5)."""


def fill(template: str, parameters: Parameters | None) -> str:
    """A template with ``%name`` or ``%1`` replaced."""
    if not parameters:
        return template
    pairs = {str(number): value for number, value in enumerate(parameters, 1)} if isinstance(parameters, list) else parameters
    for name in sorted(pairs, key=len, reverse=True):
        value = pairs[name]
        template = template.replace(f"%{name}", "1" if value is True else "" if value is None or value is False else str(value))
    return template


def bad_request(message: str, parameters: Parameters | None = None, **more: Any) -> WebapiError:
    """400 of contract §5: input, state, could not save, duplicate."""
    return WebapiError(400, message, parameters, **more)


def not_found(message: str, parameters: Parameters | None = None) -> WebapiError:
    """404 of a resource, in contrast to 404 of the router."""
    return WebapiError(404, message, parameters)


def no_such_entity(field: str, value: Any) -> WebapiError:
    return not_found(NO_SUCH_ENTITY, {"fieldName": field, "fieldValue": value})


def input_errors(errors: Sequence[tuple[str, Parameters]]) -> WebapiError:
    """One error by itself, several in a list (contract "At a glance", REQ and MULTI)."""
    if len(errors) == 1:
        return bad_request(errors[0][0], errors[0][1])
    return bad_request(SEVERAL, errors=errors)


def required(*fields: str) -> WebapiError:
    """REQ for one field, MULTI for several."""
    return input_errors([(REQUIRED_FIELD, {"fieldName": field}) for field in fields])


def invalid_value(field: str, value: Any) -> WebapiError:
    return bad_request(INVALID_VALUE, {"fieldName": field, "value": value})


def not_authorized(*resources: str) -> WebapiError:
    """NOAUTH: the one 401 for no token, dead token and missing permission (contract §3.5)."""
    return WebapiError(401, NOT_AUTHORIZED, {"resources": ", ".join(resources)})


def sign_in_failed() -> WebapiError:
    return WebapiError(401, SIGN_IN)


def validation_failed(errors: Sequence[tuple[str, Parameters]]) -> WebapiError:
    """The inventory services' answer to bad input (contract §5)."""
    return bad_request(VALIDATION_FAILED, errors=errors)


def url_key(text: str) -> str:
    """A URL key made from a title, as the shop makes it: lower case, everything else a hyphen."""
    return re.sub(r"[^0-9a-z]+", "-", text.lower()).strip("-")
