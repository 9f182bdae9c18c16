# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: their text, their result, and which status makes which."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils import _errors
from ansible_collections.tokenflow.services.plugins.module_utils._errors import (
    BadAnswer,
    Conflict,
    ConnectionFailed,
    Locked,
    NotAuthorised,
    NotFound,
    RequestRefused,
    TokenflowError,
    Unavailable,
    error_for_status,
)

FULL: dict[str, Any] = {"service": "PLCnext", "method": "PUT", "path": "/x", "status": 400, "reply": "variables/invalidRequest", "hint": "Look again."}


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({}, "it broke."),
        ({"service": "PLCnext"}, "PLCnext: it broke."),
        ({"method": "PUT", "path": "/x"}, "PUT /x: it broke."),
        ({"service": "PLCnext", "method": "PUT", "path": "/x"}, "PLCnext: PUT /x: it broke."),
        ({"reply": "because"}, "it broke: because."),
        ({"reply": "because!"}, "it broke: because!"),
        ({"reply": "broke"}, "it broke."),
        ({"hint": "Mend it."}, "it broke. Mend it."),
        ({"reply": "why?  ", "hint": "Mend it."}, "it broke: why? Mend it."),
        (FULL, "PLCnext: PUT /x: it broke: variables/invalidRequest. Look again."),
    ],
)
def test_the_text(where: dict[str, Any], text: str) -> None:
    assert str(TokenflowError("it broke", **where)) == text


def test_a_message_that_ends_a_sentence_gets_no_other_end() -> None:
    assert str(TokenflowError("it broke.")) == "it broke."


def test_the_result_has_what_is_known() -> None:
    assert TokenflowError("it broke", **FULL, details={"problems": ["a"]}).as_result() == {
        "failed": True,
        "msg": "PLCnext: PUT /x: it broke: variables/invalidRequest. Look again.",
        "error": {"kind": "error", "message": "it broke", **FULL},
        "problems": ["a"],
    }
    assert Locked("taken").as_result() == {"failed": True, "msg": "taken.", "error": {"kind": "locked", "message": "taken"}}


def test_every_kind_has_a_name_of_its_own() -> None:
    classes = [value for value in vars(_errors).values() if isinstance(value, type) and issubclass(value, TokenflowError)]
    assert len({kind.KIND for kind in classes}) == len(classes) > 10


def test_a_connection_error_tells_whether_it_may_have_arrived() -> None:
    assert ConnectionFailed("x").may_have_arrived is False
    assert ConnectionFailed("x", may_have_arrived=True, service="S").may_have_arrived is True


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRefused),
        (401, NotAuthorised),
        (403, NotAuthorised),
        (404, NotFound),
        (405, RequestRefused),
        (409, Conflict),
        (410, NotFound),
        (413, RequestRefused),
        (422, RequestRefused),
        (423, Locked),
        (429, Unavailable),
        (500, BadAnswer),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
        (200, BadAnswer),
        (302, BadAnswer),
    ],
)
def test_the_kind_for_a_status(status: int, kind: type[TokenflowError]) -> None:
    assert error_for_status(status) is kind
