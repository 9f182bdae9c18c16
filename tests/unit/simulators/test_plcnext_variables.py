# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PLCnext simulator: reading and writing variables, and their types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulators._plcnext_types import ELEMENTARY
from tests.unit.simulators._plcnext import PREFIX, Plc, failure, offenders

INVALID = (400, "variables", "invalidRequest")
UNKNOWN = (404, "variables", "invalidNames")


@pytest.fixture
def plc() -> Plc:
    plc = Plc()
    plc.login()
    return plc


# Reading


def test_read_by_get(plc: Plc) -> None:
    answer = plc.request("GET", "/_pxc_api/api/variables/?sessionID=&pathPrefix=Arp.Plc.Eclr%2F&paths=RealVar,RecipeNumber&")
    assert answer.text == (
        '{"apiVersion":"1.8.0.0","projectCRC":1430805090,"userAuthenticationRequired":true,"variables":'
        '[{"path":"Arp.Plc.Eclr/RealVar","value":6.738039016723633},{"path":"Arp.Plc.Eclr/RecipeNumber","value":7}]}'
    )


@pytest.mark.parametrize("content_type", ["application/json", "application/json;charset=UTF-8", "text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize(
    "content",
    [
        b'{"pathPrefix":"Arp.Plc.Eclr/","paths":["RecipeNumber","MachineEnabled"]}',
        b' {"paths":["Arp.Plc.Eclr/RecipeNumber","Arp.Plc.Eclr/MachineEnabled"],"pathPrefix":null}',
        b"pathPrefix=Arp.Plc.Eclr/&paths=RecipeNumber,MachineEnabled",
        b"paths=Arp.Plc.Eclr%2FRecipeNumber%2CArp.Plc.Eclr%2FMachineEnabled&sessionID=",
    ],
)
def test_read_by_post_whatever_the_content_type(plc: Plc, content: bytes, content_type: str) -> None:
    answer = plc.request("POST", "variables", content=content, headers={"Content-Type": content_type})
    assert answer.json()["variables"] == [{"path": PREFIX + "RecipeNumber", "value": 7}, {"path": PREFIX + "MachineEnabled", "value": True}]


def test_prefix_is_plain_concatenation(plc: Plc) -> None:
    assert plc.read("1.RunHours", "2.RunHours", prefix=PREFIX + "Filler.Pump") == [18231, 17004]
    assert plc.read("Velocity", prefix="ConveyorComponent1/Conveyor.") == [0.75]


BAD_READS = [
    *(b"", b"pathPrefix=A", b"paths=", b"paths=A&paths=B", b"{", b"[1]", b'{"paths":"A"}', b'{"paths":[]}', b'{"paths":[null]}'),
    *(b'{"pathPrefix":[],"paths":["A"]}', b'{"paths":["A"],"x":NaN}', b"\xff\xfe", b"[" * 100_000),
]


@pytest.mark.parametrize("content", BAD_READS)
def test_read_refuses_bad_requests(plc: Plc, content: bytes) -> None:
    assert failure(plc.request("POST", "variables", content=content)) == INVALID


def test_read_by_get_refuses_bad_requests(plc: Plc) -> None:
    for query in ("", "?paths=", "?pathPrefix=A", "?paths=A&paths=B", "?paths=%FF"):
        assert failure(plc.request("GET", "variables" + query)) == INVALID


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("SpeedCurve", [0, 5.5, 11, 16.5, 22, 27.5, 33, 38.5, 44, 49.5]),
        ("SpeedCurve[3]", 16.5),
        ("SpeedCurve[ 3 ]", 16.5),
        ("SpeedCurve[2; 4; 6-8]", [11, 22, 33, 38.5, 44]),
        ("SpeedCurve[2;4]", [11, 22]),
        ("SpeedCurve[9-9]", [49.5]),
        ("ValveStates[1]", True),
        ("ValveStates[16]", True),
        ("Totals[-1]", 1),
        ("Totals[-1 - 1]", [1, 2, 3]),
        ("Totals[2]", 9007199254740993),
        ("Matrix[1][1]", 1),
        ("Matrix[2]", [0, 0, 1]),
        ("Matrix[0-1]", [[1, 0, 0], [0, 1, 0]]),
        ("Matrix[0][0-1]", [1, 0]),
        ("Filler.Recipe.Name", "Spring water 0.5 l"),
        ("Filler.Recipe.Steps[2].Limits[1]", 0.4),
        ("Filler.Pumps[2].State", 10),
        ("Filler.Pump2", {"Enabled": False, "Speed": 0, "RunHours": 17004, "State": 0, "Pressure": [2.5, 2.25, 1.899999976158142]}),
    ],
)
def test_paths(plc: Plc, path: str, value: Any) -> None:
    assert plc.read(path) == [value]


UNKNOWN_PATHS = [
    *("", "Nothing", " RealVar", "RealVar ", "RealVar.", "RealVar[0]", "SpeedCurve.x", "SpeedCurve[]", "SpeedCurve[x]", "SpeedCurve[2;]", "SpeedCurve[2, 4]"),
    *("SpeedCurve[10]", "SpeedCurve[-1]", "SpeedCurve[8-12]", "SpeedCurve[4-2]", "SpeedCurve[1--1]", "SpeedCurve[99999999999]", "Totals[-2]", "ValveStates[0]"),
    *("Filler", "Filler.Recipe.Nothing", "Filler.Recipe[1]", "Filler.Recipe.Name[", "Filler.Pumps[1-2].State"),
    *("ESM_DATA", "ESM_DATA.ESM_INFOS[2].TICK_COUNT", ".".join("a" * 2000)),
]


@pytest.mark.parametrize("path", UNKNOWN_PATHS)
def test_unknown_paths(plc: Plc, path: str) -> None:
    answer = plc.request("POST", "variables", json={"pathPrefix": PREFIX, "paths": ["RealVar", path, "RecipeNumber"]})
    assert failure(answer) == UNKNOWN
    assert offenders(answer) == [PREFIX + path]


def test_bad_names_partial(plc: Plc) -> None:
    plc.switch(bad_names="partial")
    answer = plc.request("GET", f"variables?pathPrefix={PREFIX}&paths=RecipeNumber,Nothing,FillTime")
    assert answer.status_code == 200
    assert answer.json()["variables"] == [
        {"path": PREFIX + "RecipeNumber", "value": 7},
        {"path": PREFIX + "Nothing", "error": {"reason": "invalidNames"}},
        {"path": PREFIX + "FillTime", "value": 1500},
    ]


def test_case_sensitive_switch(plc: Plc) -> None:
    paths = ["realvar", "FILLER.recipe.STEPS[1].valve", "speedcurve[1]", "filler.pump1.state"]
    body = {"pathPrefix": PREFIX, "paths": paths}
    assert offenders(plc.request("POST", "variables", json=body)) == [PREFIX + path for path in paths]
    plc.switch(case_sensitive=False)
    assert plc.read(*paths) == [6.738039016723633, 1, 5.5, 2]
    assert failure(plc.request("GET", "variables?paths=nothing")) == UNKNOWN
    plc.write(("RECIPENUMBER", 3))
    assert plc.stored("RecipeNumber") == 3


def test_duplicates_switch(plc: Plc) -> None:
    body = {"pathPrefix": PREFIX, "paths": ["RecipeNumber", "RecipeNumber"]}
    assert failure(plc.request("POST", "variables", json=body)) == INVALID
    assert failure(plc.write(("RecipeNumber", 1), ("RecipeNumber", 2))) == INVALID
    assert plc.stored("RecipeNumber") == 7
    plc.switch(duplicates="repeat")
    assert plc.read("RecipeNumber", "RecipeNumber") == [7, 7]
    assert [entry["value"] for entry in plc.write(("RecipeNumber", 1), ("RecipeNumber", 2)).json()["variables"]] == [2, 2]


def test_max_paths_switch(plc: Plc) -> None:
    plc.switch(max_paths=2)
    assert plc.read("RealVar", "RecipeNumber")
    assert failure(plc.request("POST", "variables", json={"pathPrefix": PREFIX, "paths": ["RealVar", "RecipeNumber", "FillTime"]})) == INVALID
    assert failure(plc.write(("RealVar", 1), ("RecipeNumber", 1), ("FillTime", 1))) == INVALID
    assert plc.stored("RecipeNumber") == 7


def test_variable_uri_switch(plc: Plc) -> None:
    uri = plc.write(("Filler.Pumps[1].Speed", 5)).json()["variables"][0]["uri"]
    assert uri == "/_pxc_api/api/variables/Arp.Plc.Eclr/Filler.Pumps[1].Speed"
    assert plc.request("GET", uri).status_code == 404
    plc.switch(variable_uri=True)
    assert plc.request("GET", uri).json()["variables"] == [{"path": PREFIX + "Filler.Pumps[1].Speed", "value": 5}]
    assert plc.request("PUT", uri, json={}).status_code == 404


def test_tick_count_follows_the_clock(plc: Plc) -> None:
    path = "ESM_DATA.ESM_INFOS[1].TICK_COUNT"
    (first,) = plc.read(path)
    plc.simulator.advance(10)
    (second,) = plc.read(path)
    assert 10_000 <= second - first < 20_000
    plc.simulator.advance(2**31 / 1000)
    plc.login()
    assert -(2**31) <= plc.read(path)[0] < 0


# Forms of types


def test_every_elementary_type_is_in_the_project(plc: Plc) -> None:
    variables = plc.request("GET", "/ehmi/data.dictionary.json").json()["HmiVariables2"]
    assert set(ELEMENTARY) <= {entry["Type"] for entry in variables.values()}


@pytest.mark.parametrize(("position", "text"), [("0", '"value":15}'), ("0.0", '"value":15.0}')])
def test_integral_real_switch(plc: Plc, position: str, text: str) -> None:
    plc.switch(integral_real=position)
    assert text in plc.request("GET", f"variables?paths={PREFIX}LevelMinimum").text
    assert '"value":1e+30,' in plc.write(("TankVolume", 1e30)).text


@pytest.mark.parametrize(
    ("position", "texts"), [("null", ["null"] * 3), ("string", ['"NaN"', '"Infinity"', '"-Infinity"']), ("bare", ["NaN", "Infinity", "-Infinity"])]
)
def test_non_finite_switch(plc: Plc, position: str, texts: list[str]) -> None:
    plc.switch(non_finite=position)
    for value, text in zip(("NaN", "Infinity", "-Infinity"), texts):
        plc.simulator.set_variables({PREFIX + "RealVar": value})
        assert plc.request("GET", f"variables?paths={PREFIX}RealVar").text.endswith(f'"value":{text}}}]}}')
        assert plc.stored("RealVar") == value


@pytest.mark.parametrize("position", [False, True])
def test_string64_switch(plc: Plc, position: bool) -> None:
    plc.switch(string64=position)
    values = [-9007199254740993, 18446744073709551557, 18446744073709551614, [1, 2, 3, 9007199254740993]]
    expected = [[str(item) for item in value] if isinstance(value, list) else str(value) for value in values] if position else values
    assert plc.read("EncoderAbsolute", "BatchNumber", "SerialMask", "Totals") == expected
    assert plc.read("EncoderPosition", "ProductCounter", "StatusWord") == [-104233, 3128734, 2387]


@pytest.mark.parametrize("position", ["string", "number"])
def test_long_types_switch(plc: Plc, position: str) -> None:
    plc.switch(long_types=position)
    values: list[Any] = [4_000_000, 1_791_331_200_000_000_000, 21_600_000_000_000, 1_790_000_000_123_456_789]
    expected = [str(value) for value in values] if position == "string" else values
    assert plc.read("CycleTime", "ProductionDate", "ShiftStart", "LastService") == expected
    assert plc.read("FillTime", "LastAlarm") == [1500, 1_791_340_245_000]


# Writing


def test_write_answer(plc: Plc) -> None:
    answer = plc.write(("RealVar", 500), ("RecipeNumber", "12"), valueType="Constant")
    assert answer.text == (
        '{"apiVersion":"1.8.0.0","projectCRC":1430805090,"userAuthenticationRequired":true,"variables":'
        '[{"path":"Arp.Plc.Eclr/RealVar","value":500,"uri":"/_pxc_api/api/variables/Arp.Plc.Eclr/RealVar"},'
        '{"path":"Arp.Plc.Eclr/RecipeNumber","value":12,"uri":"/_pxc_api/api/variables/Arp.Plc.Eclr/RecipeNumber"}]}'
    )
    assert plc.read("RealVar", "RecipeNumber") == [500, 12]


@pytest.mark.parametrize(
    ("path", "sent", "echo"),
    [
        ("MachineEnabled", False, False),
        ("MachineEnabled", "false", False),
        ("TemperatureOffset", -128, -128),
        ("TemperatureOffset", "127", 127),
        ("ValveNumber", 255, 255),
        ("DeviceMask", "255", 255),
        ("RecipeNumber", -32768, -32768),
        ("AlarmWord", 65535, 65535),
        ("EncoderPosition", 2147483647, 2147483647),
        ("ProductCounter", "4294967295", 4294967295),
        ("EncoderAbsolute", -(2**63), -(2**63)),
        ("EncoderAbsolute", "9223372036854775807", 2**63 - 1),
        ("BatchNumber", 2**64 - 1, 2**64 - 1),
        ("SerialMask", str(2**64 - 1), 2**64 - 1),
        ("RealVar", 1.1, 1.100000023841858),
        ("RealVar", "1.1", 1.100000023841858),
        ("RealVar", "-2.5e-3", -0.0024999999441206455),
        ("RealVar", 16777217, 16777216),
        ("TankVolume", 1.1, 1.1),
        ("TankVolume", "7", 7),
        ("OrderNumber", "", ""),
        ("OrderNumber", "x" * 80, "x" * 80),
        ("OrderNumber", "500", "500"),
        ("OperatorName", 'Zoë "A"\\\n', 'Zoë "A"\\\n'),
        ("FillTime", 2500, 2500),
        ("FillTime", "2500", 2500),
        ("CycleTime", "5000000", "5000000"),
        ("CycleTime", 5000000, "5000000"),
        ("ProductionDate", "1791417600000000000", "1791417600000000000"),
        ("ShiftStart", 0, "0"),
        ("OperatingMode", 3, 3),
        ("OperatingMode", "1", 1),
        ("SpeedCurve[4]", 0.1, 0.10000000149011612),
        ("ValveStates[16]", "true", True),
        ("ProductNames[2]", "Cola", "Cola"),
        ("Matrix[2][0]", 5, 5),
        ("Filler.Recipe.Steps[4].Duration", 100, 100),
        ("Filler.Pumps[1].State", 10, 10),
    ],
)
def test_conversion(plc: Plc, path: str, sent: Any, echo: Any) -> None:
    answer = plc.write((path, sent))
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["variables"]
    assert entry["value"] == echo
    assert type(entry["value"]) is type(echo)
    assert plc.read(path) == [echo]


WRONG_VALUES: dict[str, tuple[Any, ...]] = {
    "MachineEnabled": (1, 0, "TRUE", "1", "", None, []),
    "RecipeNumber": (32768, -32769, 1.5, 1.0, True, "1.0", "0x10", " 5", "+5", "", "five", None, [1], {}),
    "ValveNumber": (256, -1),
    "EncoderAbsolute": (2**63, str(2**63), "9" * 30),
    "BatchNumber": (-1,),
    "RealVar": (3.5e38, 10**400, True, "NaN", "Infinity", "1,5", "", ".5", "1e999", None),
    "OrderNumber": (5, True, None, "a\0b", "\ud800", "x" * 81),
    "OperatorName": ("x" * 21, "ø" * 11),
    "FillTime": (2**31, "T#5s", 1.5),
    "CycleTime": (2**63, "LTIME#5ms", 1.5),
    "OperatingMode": (4, "Automatic", True),
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in WRONG_VALUES.items() for value in values])
def test_values_that_a_type_does_not_take(plc: Plc, path: str, value: Any) -> None:
    before = plc.stored(path)
    body = json.dumps({"pathPrefix": PREFIX, "variables": [{"path": path, "value": value}]})
    assert failure(plc.request("PUT", "variables", content=body)) == INVALID
    assert plc.stored(path) == before
    plc.switch(wrong_value="partial", long_string="partial")
    answer = plc.request("PUT", "variables", content=body)
    assert answer.json()["variables"] == [{"path": PREFIX + path, "value": None, "uri": f"/_pxc_api/api/variables/{PREFIX}{path}"}]
    assert plc.stored(path) == before


BAD_WRITES = [
    *(b"", b"path=A&value=1", b"{", b"[]", b"{}", b'{"variables":[]}', b'{"variables":{}}', b'{"variables":[1]}', b'{"variables":[{"path":"A"}]}'),
    *(b'{"variables":[{"value":1}]}', b'{"variables":[{"path":1,"value":1}]}', b'{"pathPrefix":0,"variables":[{"path":"A","value":1}]}'),
    *(b'{"variables":[{"path":"A","value":1,"valueType":"Literal"}]}', b'{"variables":[{"path":"A","value":NaN}]}', b'{"variables":[{"path":"A","value":1}]'),
    b'{"variables":[{"path":"A","value":' + b"9" * 5000 + b"}]}",
]


@pytest.mark.parametrize("content", BAD_WRITES)
def test_write_refuses_bad_requests(plc: Plc, content: bytes) -> None:
    assert failure(plc.request("PUT", "variables", content=content)) == INVALID


def test_write_to_unknown_names(plc: Plc) -> None:
    answer = plc.write(("Nothing", 1), ("RecipeNumber", 9), ("Filler.None", 1))
    assert failure(answer) == UNKNOWN
    assert offenders(answer) == [PREFIX + "Nothing", PREFIX + "Filler.None"]
    plc.switch(bad_names="partial")
    values = [entry["value"] for entry in plc.write(("Nothing", 1), ("RecipeNumber", 9)).json()["variables"]]
    assert values == [None, 9]


@pytest.mark.parametrize("path", ["SpeedActual", "AlarmCodes[1]", "Filler.Diagnostics.Errors", "ESM_DATA.ESM_INFOS[1].TICK_COUNT"])
def test_read_only_write_switch(plc: Plc, path: str) -> None:
    before = plc.stored(path)
    assert failure(plc.write((path, 1))) == INVALID
    plc.switch(read_only_write="partial")
    answer = plc.write((path, 1), ("RecipeNumber", 9))
    assert [entry["value"] for entry in answer.json()["variables"]] == [None, 9]
    if "TICK" not in path:
        assert plc.stored(path) == before


def test_missing_value_switch(plc: Plc) -> None:
    plc.switch(wrong_value="partial", missing_value="absent")
    entries = plc.write(("RecipeNumber", "x"), ("FillTime", 1)).json()["variables"]
    assert [list(entry) for entry in entries] == [["path", "uri"], ["path", "value", "uri"]]


def test_long_string_truncate(plc: Plc) -> None:
    plc.switch(long_string="truncate", whole_writes=True)
    answer = plc.write(("OperatorName", "ø" * 9 + "xxyz"), ("ProductNames[1]", "x" + "ø" * 10))
    assert [entry["value"] for entry in answer.json()["variables"]] == ["ø" * 9 + "xx", "x" + "ø" * 9]
    assert failure(plc.write(("ProductNames", ["x" * 21, "", ""]))) == INVALID


@pytest.mark.parametrize(("position", "left"), [("until_error", 9), ("atomic", 7)])
@pytest.mark.parametrize("bad", [("Nothing", 1), ("FillTime", "x"), ("SpeedActual", 1)])
def test_write_atomicity_switch(plc: Plc, position: str, left: int, bad: tuple[str, Any]) -> None:
    plc.switch(write_atomicity=position)
    assert plc.write(("RecipeNumber", 9), bad, ("EncoderPosition", 5)).status_code in (400, 404)
    assert plc.stored("RecipeNumber") == left
    assert plc.stored("EncoderPosition") == -104233


def test_whole_writes_switch(plc: Plc) -> None:
    pump = {"Enabled": True, "Speed": "1.1", "RunHours": 1, "State": 1, "Pressure": [1, 2, 3]}
    entries: list[tuple[str, Any]] = [
        ("SpeedCurve", list(range(10))),
        ("ValveStates[1; 3-4]", [False, True, "true"]),
        ("Filler.Pump1", pump),
        ("Filler.Pumps[2-2]", [pump]),
    ]
    for entry in entries:
        assert failure(plc.write(entry)) == INVALID
    plc.switch(whole_writes=True)
    answer = plc.write(*entries)
    assert answer.status_code == 200, answer.text
    stored = {**pump, "Speed": 1.100000023841858}
    assert [entry["value"] for entry in answer.json()["variables"]] == [list(range(10)), [False, True, True], stored, [stored]]
    assert plc.read("SpeedCurve[9]", "ValveStates[1; 2; 3; 4]", "Filler.Pumps[2].Speed") == [9, [False, False, True, True], 1.100000023841858]
    plc.write(("Filler.Pump1.Pressure[1]", 8))
    assert plc.read("Filler.Pumps[2].Pressure[1]") == [1], "a written structure is a copy"
    for entry in (
        ("SpeedCurve", [1]),
        ("SpeedCurve", 5),
        ("ValveStates[1; 3-4]", [True]),
        ("Filler.Pump1", {"Speed": 1}),
        ("Filler.Pump1", {**pump, "x": 1}),
        ("Filler.Pump1", 1),
    ):
        assert failure(plc.write(entry)) == INVALID


def test_write_from_a_variable(plc: Plc) -> None:
    answer = plc.write(("RecipeNumber", "Filler.BottlesPerMinute"), ("LevelMinimum", "RealVar"), valueType="Variable")
    assert [entry["value"] for entry in answer.json()["variables"]] == [120, 6.738039016723633]
    unknown = plc.write(("RecipeNumber", "Nothing"), valueType="Variable")
    assert failure(unknown) == UNKNOWN
    assert failure(plc.write(("RecipeNumber", 5), valueType="Variable")) == UNKNOWN
    assert failure(plc.write(("RecipeNumber", "RealVar"), valueType="Variable")) == INVALID
    assert failure(plc.write(("RecipeNumber", "MachineEnabled"), valueType="Variable")) == INVALID
    assert failure(plc.write(("TemperatureOffset", "RecipeNumber[0]"), valueType="Variable")) == UNKNOWN


def test_source_path_switch(plc: Plc) -> None:
    assert failure(plc.write(("RecipeNumber", PREFIX + "Filler.BottlesPerMinute"), valueType="Variable")) == UNKNOWN
    plc.switch(source_path="full")
    assert plc.write(("RecipeNumber", PREFIX + "Filler.BottlesPerMinute"), valueType="Variable").json()["variables"][0]["value"] == 120
    assert failure(plc.write(("RecipeNumber", "Filler.BottlesPerMinute"), valueType="Variable")) == UNKNOWN


def test_write_without_prefix(plc: Plc) -> None:
    answer = plc.request("PUT", "/_pxc_api/v1.2/variables/", json={"variables": [{"path": "ConveyorComponent1/Conveyor.Velocity", "value": 0.5}]})
    assert answer.json()["variables"] == [
        {"path": "ConveyorComponent1/Conveyor.Velocity", "value": 0.5, "uri": "/_pxc_api/api/variables/ConveyorComponent1/Conveyor.Velocity"}
    ]
