# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Magento simulator: whatever is sent, the service answers in its own envelope and never breaks."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators._magento_routes import ROUTES, Route
from tests.simulators._magento_types import INTERFACES
from tests.simulators._magento_wire import to_json

from ._magento import START, Client

CLIENT = Client()
ODD = st.sampled_from([None, [], {}, "", 0, -1, True, "abc", [1], {"a": 1}, 1e20])
TEXTS = st.sampled_from("tent-fjell-2 default berlin color home Ada 2024-01-01 ada.hill@example.com DE CUSTOMER é select ASC related base 7 x".split())
PLAIN = {
    "int": st.sampled_from([0, 1, 2, 3, 4, 9, 999]),
    "float": st.sampled_from([0, 1.5, -2, "7.5"]),
    "double": st.just(1.5),
    "string": TEXTS,
    "bool": st.booleans(),
    "boolean": st.booleans(),
    "mixed": st.one_of(TEXTS, st.just(["4", "5"]), st.none()),
    "array": st.just({}),
}
WRITES = [route for route in ROUTES if route.method in ("POST", "PUT", "DELETE")]


def typed(type_: str, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a declared type, now and then something else."""
    if type_.endswith("[]"):
        usual: st.SearchStrategy[Any] = st.lists(typed(type_[:-2], depth + 1), max_size=2)
    elif type_ in INTERFACES:
        members = {} if depth > 2 else {name: typed(member.type, depth + 1) for name, member in INTERFACES[type_].members.items() if member.settable}
        usual = st.fixed_dictionaries({}, optional=members)
    else:
        usual = PLAIN[type_]
    return st.one_of(usual, usual, usual, ODD) if depth else usual


@st.composite
def calls(draw: st.DrawFn) -> tuple[Route, str, dict[str, Any]]:
    route = draw(st.sampled_from(WRITES))
    values = st.sampled_from(["1", "2", "3", "99", "tent-fjell-2", "color", "berlin", "x"])
    path = "/".join(draw(values) if part.startswith(":") else part for part in route.path.strip("/").split("/"))
    prefix = draw(st.sampled_from(["", "all/", "de/", "async/"]))
    return route, prefix + path, {parameter.name: draw(typed(parameter.type)) for parameter in route.parameters}


@settings(max_examples=300)
@given(calls())
def test_no_input_breaks_the_service(call: tuple[Route, str, dict[str, Any]]) -> None:
    route, path, body = call
    CLIENT.moment = START
    CLIENT.simulator.reset()
    CLIENT.bearer = ""
    answer = CLIENT.call(route.method, path, body)
    assert answer.status in (200, 202, 400, 401, 404, 500)
    if answer.status == 500:
        assert answer.text == "An error has happened during application run. See exception log for details.\n"
        assert '"sku"' not in json.dumps(body) or body["product"].get("sku") is None
    elif answer.status >= 400:
        assert set(answer.json()) <= {"message", "errors", "parameters"}
    CLIENT.moment += 5
    assert CLIENT.simulator.run_consumer() in (0, 1)
    # What was stored can be shown.
    assert CLIENT.call("GET", "V1/products?searchCriteria=").status == 200


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_json_answers_are_json(value: Any) -> None:
    text = to_json(value)
    assert text.isascii()

    def without_empty_objects(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: without_empty_objects(inner) for key, inner in part.items()} or []
        return [without_empty_objects(inner) for inner in part] if isinstance(part, list) else part

    assert json.loads(text) == without_empty_objects(value)
