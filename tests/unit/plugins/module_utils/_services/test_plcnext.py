# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing variables of the simulated controller: how many requests, how large, and what is refused (contract §8)."""

from __future__ import annotations

import json
import types
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, NotAuthorised, ProjectChanged, TokenflowError
from ansible_collections.tokenflow.services.plugins.module_utils._http import Answer, encode_query
from ansible_collections.tokenflow.services.plugins.module_utils._services import plcnext as service
from ansible_collections.tokenflow.services.plugins.module_utils._services.plcnext import PREFIX, Plcnext, as_text, full_path, refusal, split_prefix
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins._simulated import Simulated

REQUEST_LINE_LIMIT = 8192
VARIABLES = "/variables"


def plc(plcnext: Simulated, **options: Any) -> Plcnext:
    return Plcnext(plcnext.session(**options))


def full(*names: str) -> list[str]:
    return [PREFIX + name for name in names]


def sent(plcnext: Simulated) -> list[str]:
    return [entry["method"] for entry in plcnext.journal(VARIABLES)]


# Reading


def test_variables_are_read_in_one_request_in_their_order(plcnext: Simulated) -> None:
    controller = plc(plcnext)
    paths = full("RecipeNumber", "OperatorName", "MachineEnabled", "BatchNumber", "SpeedCurve[2]", "Filler.Recipe", "ProductNames")
    reading = controller.read(paths)
    assert list(reading.values) == paths
    assert list(reading.values.values())[:5] == [7, "Søren Kjær", True, 18446744073709551557, 11]
    assert reading.values[PREFIX + "Filler.Recipe"]["Steps"][1]["Duration"] == 1500
    assert reading.refused == {}
    assert controller.crc == 1430805090
    (entry,) = plcnext.journal(VARIABLES)
    assert entry["method"] == "GET"
    assert entry["query"] == "pathPrefix=Arp.Plc.Eclr/&paths=" + ",".join(path.removeprefix(PREFIX).replace("[", "%5B").replace("]", "%5D") for path in paths)


def test_variables_of_several_components_are_read_by_their_full_paths(plcnext: Simulated) -> None:
    paths = [*full("RecipeNumber"), "ConveyorComponent1/Conveyor.Velocity"]
    assert plc(plcnext).read(paths).values == dict(zip(paths, [7, 0.75]))
    assert plcnext.journal(VARIABLES)[0]["query"] == "paths=" + ",".join(paths)


def test_nothing_is_read_without_a_request(plcnext: Simulated) -> None:
    assert plc(plcnext).read([]).values == {}
    assert not plcnext.journal()


@pytest.mark.parametrize("version", ["v1.2", "v1.8", "api"])
def test_the_version_stands_in_the_path(plcnext: Simulated, version: str) -> None:
    plc(plcnext, api_version=version).read(full("RecipeNumber"))
    assert plcnext.journal(VARIABLES)[0]["path"] == f"/_pxc_api/{version}/variables"


@pytest.mark.parametrize(("count", "method"), [(300, "GET"), (3000, "POST")])
def test_many_variables_take_one_request(plcnext: Simulated, count: int, method: str) -> None:
    plcnext.act("generate", count=count, type="DINT", value=5)
    paths = full(*(f"Bulk.V{number:05d}" for number in range(count)))
    reading = plc(plcnext).read(paths)
    assert reading.values == dict.fromkeys(paths, 5)
    assert list(reading.values) == paths
    assert sent(plcnext) == [method]


def test_long_lists_of_names_that_must_be_encoded_do_not_make_long_urls(plcnext: Simulated) -> None:
    """Every bracket is three bytes in a URL."""
    paths = full(*(f"SpeedCurve[{index}]" for index in range(10)), *(f"ValveStates[{index}]" for index in range(1, 17)))
    names = [f"Filler.Recipe.Steps[{step}].Limits[{limit}]" for step in range(1, 5) for limit in range(2)]
    for times in (1, 8):
        plcnext.switch(duplicates="repeat")
        plc(plcnext).read([*paths, *full(*names)] * times)
    assert {entry["status"] for entry in plcnext.journal(VARIABLES)} == {200}


class Wire:
    """A session that keeps what was sent and answers every variable with its number."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, Any]]] = []
        self.flow = types.SimpleNamespace(params={"api_version": "v1.2"}, TITLE="PLCnext")

    def call(self, method: str, path: str, **request: Any) -> Answer:
        self.requests.append((method, path, request))
        if method == "PUT":
            entries = request["json_body"]["variables"]
            values = [{"path": (request["json_body"]["pathPrefix"] or "") + entry["path"], "value": entry["value"]} for entry in entries]
        else:
            asked = request.get("json_body") or {"pathPrefix": request["query"]["pathPrefix"], "paths": request["query"]["paths"].split(",")}
            values = [{"path": (asked["pathPrefix"] or "") + path, "value": len(path)} for path in asked["paths"]]
        content = json.dumps({"projectCRC": 1, "variables": values}).encode()
        return Answer(method, path, 200, {}, content, len(content), 0.0)

    def line(self, number: int) -> int:
        """Bytes of a request line."""
        method, path, request = self.requests[number]
        query = request.get("query")
        return len(f"{method} {path}{'?' + encode_query(query) if query else ''} HTTP/1.1\r\n".encode())


NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters=',;/"\\\\'), min_size=1, max_size=40)
PATHS = st.lists(st.builds(lambda prefix, name: prefix + name, st.sampled_from([PREFIX, "Other1/", "Müller1/"]), NAMES), min_size=1, max_size=300, unique=True)


@given(PATHS, st.integers(50, 20_000))
@settings(max_examples=60)
def test_no_request_is_larger_than_its_limit_whatever_the_names(paths: list[str], body_limit: int) -> None:
    wire = Wire()
    controller = Plcnext(wire)  # type: ignore[arg-type]
    before, service.BODY_LIMIT = service.BODY_LIMIT, body_limit
    try:
        assert list(controller.read(paths).values) == paths
        reads = len(wire.requests)
        written = [path for chunk, echo in controller.write(dict.fromkeys(paths, 1.5)) for path in echo.values]
    finally:
        service.BODY_LIMIT = before
    assert written == paths
    for number, (_method, _path, request) in enumerate(wire.requests):
        assert wire.line(number) < REQUEST_LINE_LIMIT
        body = request.get("json_body", {})
        if len(body.get("paths" if number < reads else "variables", [])) > 1:
            assert len(json.dumps(body, ensure_ascii=False, separators=(",", ":"))) <= body_limit + 100


def test_bodies_are_split_where_they_would_become_too_large(plcnext: Simulated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BODY_LIMIT", 2000)
    plcnext.act("generate", count=300, type="DINT", value=5)
    paths = full(*(f"Bulk.V{number:05d}" for number in range(300)))
    controller = plc(plcnext)
    assert list(controller.read(paths).values) == paths
    reads = len(sent(plcnext))
    written = [path for chunk, echo in controller.write(dict.fromkeys(paths, 6)) for path in echo.values]
    assert written == paths
    assert reads > 3
    writes = [entry for entry in plcnext.journal(VARIABLES) if entry["method"] == "PUT"]
    assert len(writes) > 5
    assert max(entry["size"] for entry in writes) <= 2100
    assert set(plcnext.act("get_variables", paths=paths).values()) == {6}


def test_older_versions_get_the_names_as_a_form(plcnext: Simulated) -> None:
    plcnext.act("generate", count=400, type="DINT", value=5)
    plcnext.fault("status", VARIABLES, method="POST", status=400)
    paths = full(*(f"Bulk.V{number:05d}" for number in range(400)))
    assert plc(plcnext).read(paths).values == dict.fromkeys(paths, 5)
    first, second = plcnext.journal(VARIABLES)
    assert first["body"].startswith('{"pathPrefix":"Arp.Plc.Eclr/","paths":["Bulk.V00000",')
    assert second["body"].startswith("pathPrefix=Arp.Plc.Eclr%2F&paths=Bulk.V00000")
    assert unquote(second["body"]).count(",") > 100
    assert second["headers"]["content-type"] == "text/plain; charset=utf-8"


# Names that are not there


@pytest.mark.parametrize("position", ["refuse", "partial"])
@pytest.mark.parametrize("count", [0, 400])
def test_bad_names_are_found_together_and_the_others_read(plcnext: Simulated, position: str, count: int) -> None:
    plcnext.switch(bad_names=position)
    if count:
        plcnext.act("generate", count=count, type="DINT", value=5)
    good = full("RecipeNumber", "SpeedSetpoint", *(f"Bulk.V{number:05d}" for number in range(count)))
    bad = full("Nosuch1", "Filler.Nosuch2", "SpeedCurve[10]")
    reading = plc(plcnext).read([bad[0], *good, *bad[1:]])
    assert list(reading.values) == good
    assert set(reading.refused) == set(bad)
    assert len(sent(plcnext)) == (2 if position == "refuse" else 1)


@pytest.mark.parametrize(("dictionary", "requests"), [(True, 2), (False, 9)])
def test_bad_names_that_are_not_named_are_found_too(plcnext: Simulated, dictionary: bool, requests: int) -> None:
    """By the project's dictionary, and without it by halving."""
    if not dictionary:
        plcnext.fault("status", "/ehmi/", status=404, times=9)
    session = plcnext.session()
    send = session.client.send

    def nameless(method: str, path: str, **request: Any) -> Answer:
        answer = send(method, path, **request)
        content = b'{"error":{"code":404,"details":[{"domain":"variables","reason":"invalidNames"}]}}'
        return answer if answer.status == 200 else Answer(method, path, answer.status, answer.headers, content, len(content), 0.0)

    session.client.send = nameless  # type: ignore[method-assign]
    good, bad = full("RecipeNumber", "SpeedSetpoint", "ValveNumber"), full("Nosuch1", "Nosuch2")
    reading = Plcnext(session).read([good[0], bad[0], good[1], bad[1], good[2]])
    assert set(reading.values) == set(good)
    assert set(reading.refused) == set(bad)
    assert len(sent(plcnext)) == requests


def test_only_bad_names(plcnext: Simulated) -> None:
    reading = plc(plcnext).read(full("Nosuch1", "Nosuch2"))
    assert (reading.values, reading.refused) == ({}, dict.fromkeys(full("Nosuch1", "Nosuch2"), "unknown"))


@pytest.mark.parametrize("form", ["null", "string", "bare"])
def test_a_value_that_is_no_number_has_none(plcnext: Simulated, form: str) -> None:
    plcnext.act("set_variables", values={PREFIX + "SpeedSetpoint": "NaN"})
    plcnext.switch(non_finite=form)
    reading = plc(plcnext).read(full("SpeedSetpoint", "RecipeNumber"))
    assert reading.values[PREFIX + "RecipeNumber"] == 7
    if form == "null":
        assert reading.refused == {PREFIX + "SpeedSetpoint": service.NO_VALUE}


# Odd answers


@pytest.mark.parametrize(
    "body", ["[]", "{}", '{"variables": {}}', '{"variables": []}', '{"variables": [{"path": "x", "value": 1}, {"path": "y", "value": 2}]}', "null"]
)
def test_an_answer_of_another_shape_is_a_clear_error(plcnext: Simulated, body: str) -> None:
    plcnext.fault("body", VARIABLES, body=body)
    with pytest.raises(BadAnswer):
        plc(plcnext).read(full("RecipeNumber"))


@pytest.mark.parametrize("body", ["<html><body>busy</body></html>", "not json", ""])
def test_an_answer_that_cannot_be_read_is_a_clear_error(plcnext: Simulated, body: str) -> None:
    plcnext.fault("body", VARIABLES, body=body)
    with pytest.raises(BadAnswer, match="not JSON"):
        plc(plcnext).read(full("RecipeNumber"))


@pytest.mark.parametrize(("status", "kind"), [(403, NotAuthorised), (500, BadAnswer), (408, TokenflowError)])
def test_other_statuses_are_errors(plcnext: Simulated, status: int, kind: type[TokenflowError]) -> None:
    plcnext.fault("status", VARIABLES, status=status)
    with pytest.raises(kind) as caught:
        plc(plcnext).read(full("RecipeNumber"))
    assert caught.value.status == status


def test_a_project_that_is_exchanged_in_between_is_noticed(plcnext: Simulated) -> None:
    controller = plc(plcnext)
    controller.read(full("RecipeNumber"))
    plcnext.act("download_project", crc=4711)
    for action in (
        lambda: controller.read(full("RecipeNumber")),
        lambda: controller.read(full("Nosuch")),
        lambda: list(controller.write({PREFIX + "RecipeNumber": 1})),
    ):
        with pytest.raises(ProjectChanged, match="1430805090 became 4711"):
            action()


# Writing


def test_values_are_written_in_one_request_and_echoed(plcnext: Simulated) -> None:
    values = {PREFIX + "RecipeNumber": 9, PREFIX + "SpeedSetpoint": 1.1, PREFIX + "OperatorName": "Ann", PREFIX + "MachineEnabled": False}
    ((paths, echo),) = plc(plcnext).write(values)
    assert paths == list(values)
    assert echo.values == {**values, PREFIX + "SpeedSetpoint": 1.100000023841858}
    (entry,) = plcnext.journal(VARIABLES)
    assert entry["method"] == "PUT"
    body = json.loads(entry["body"])
    assert body["pathPrefix"] == PREFIX
    assert body["variables"][0] == {"path": "RecipeNumber", "value": 9, "valueType": "Constant"}


def test_values_may_be_sent_as_text(plcnext: Simulated) -> None:
    values = {PREFIX + "RecipeNumber": 9, PREFIX + "MachineEnabled": False, PREFIX + "SpeedSetpoint": 1.5, PREFIX + "OperatorName": "Ann"}
    ((_paths, echo),) = plc(plcnext).write(values, text=True)
    assert echo.values == values
    assert [entry["value"] for entry in json.loads(plcnext.journal(VARIABLES)[0]["body"])["variables"]] == ["9", "false", "1.5", "Ann"]


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (1.5, "1.5"), (7, "7"), ("x", "x"), (-0.5, "-0.5"), (2**64 - 1, "18446744073709551615")])
def test_text_of_values(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize("missing", ["null", "absent"])
def test_an_echo_without_a_value_is_a_refusal(plcnext: Simulated, missing: str) -> None:
    plcnext.switch(bad_names="partial", wrong_value="partial", read_only_write="partial", missing_value=missing)
    values = {PREFIX + "RecipeNumber": 9, PREFIX + "Nosuch": 1, PREFIX + "SpeedActual": 1, PREFIX + "ValveNumber": 999}
    ((_paths, echo),) = plc(plcnext).write(values)
    assert echo.values == {PREFIX + "RecipeNumber": 9}
    assert set(echo.refused) == set(values) - set(echo.values)


@pytest.mark.parametrize("body", ['{"variables": []}', "{}", '{"variables": "x"}'])
def test_an_echo_that_is_not_there_is_a_refusal_of_all(plcnext: Simulated, body: str) -> None:
    plcnext.fault("body", VARIABLES, method="PUT", body=body)
    ((paths, echo),) = plc(plcnext).write({PREFIX + "RecipeNumber": 9})
    assert echo.values == {}
    assert list(echo.refused) == paths


# Parts


def test_paths() -> None:
    assert full_path("A", "Arp.Plc.Eclr/") == "Arp.Plc.Eclr/A"
    assert full_path("Arp.Plc.Eclr/A", "X/") == "Arp.Plc.Eclr/A"
    assert full_path("1", "Arp.Plc.Eclr/Machine") == "Arp.Plc.Eclr/Machine1"


@pytest.mark.parametrize(
    ("paths", "split"),
    [
        (["A/x", "A/y.z"], ("A/", ["x", "y.z"])),
        (["A/x", "B/x"], (None, ["A/x", "B/x"])),
        (["x", "y"], (None, ["x", "y"])),
        (["A/x", "y"], (None, ["A/x", "y"])),
        (["A/x", "AB/x"], (None, ["A/x", "AB/x"])),
    ],
)
def test_common_prefixes(paths: list[str], split: tuple[str | None, list[str]]) -> None:
    assert split_prefix(paths) == split


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"path": "x", "value": 0}, ""),
        ({"path": "x", "value": False}, ""),
        ({"path": "x", "value": ""}, ""),
        ({"path": "x", "value": []}, ""),
        ({"path": "x", "value": None}, service.NO_VALUE),
        ({"path": "x"}, service.NO_VALUE),
        ({"path": "x", "value": 1, "error": {"reason": "invalidNames"}}, "invalidNames"),
        ({"path": "x", "error": {"code": 7}}, "{'code': 7}"),
        ({"path": "x", "error": "bad"}, "bad"),
        (None, "the answer has no entry for it"),
        ("x", "the answer has no entry for it"),
    ],
)
def test_entries_without_a_value(entry: Any, reason: str) -> None:
    assert refusal(entry) == reason
