# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JMESPath expressions."""

from __future__ import annotations

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils import _query
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from ansible_collections.tokenflow.services.plugins.module_utils._query import search

DATA = {"items": [{"name": "b", "n": 2}, {"name": "a", "n": 1}], "total.count": 2}


@pytest.mark.parametrize(
    ("expression", "result"),
    [("items[].name", ["b", "a"]), ("sort_by(items, &n)[0].name", "a"), ('"total.count"', 2), ("nosuch", None), ("length(items)", 2), ("@", DATA)],
)
def test_expressions(expression: str, result: object) -> None:
    assert search(expression, DATA) == result


@pytest.mark.parametrize("expression", ["items[", "", "nosuch(items)", "length(`1`)", "items[?n == 1", "sort_by(items)"])
def test_an_expression_that_cannot_be_used_is_named_on_one_line(expression: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        search(expression, DATA)
    assert repr(expression) in caught.value.message
    assert "\n" not in str(caught.value)
    assert "cannot be used" in str(caught.value)


def test_the_library_is_asked_for_if_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_query, "HAS_JMESPATH", False)
    with pytest.raises(InvalidInput, match="jmespath is needed"):
        search("@", {})
