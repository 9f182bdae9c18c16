# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of IEC types: what is taken, what it becomes, what is the same (contract §8.4)."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_values import (
    INTEGERS,
    IecType,
    Verdict,
    WrongValue,
    assume,
    boolean,
    compare,
    convert,
    decide,
    duration,
    integer,
    merged,
    parts,
    real,
    to_float32,
    writes,
)
from hypothesis import given
from hypothesis import strategies as st

EQUAL, DIFFERENT, UNSURE = Verdict.EQUAL, Verdict.DIFFERENT, Verdict.UNSURE
MODES = IecType("OperatingModes", "Enumeration", values={"Off": 0, "Manual": 1, "Automatic": 2})
STRING20 = IecType("STRING20", "UserString")
REALS = IecType("ARRAY_0_2_OF_REAL", "Array", IecType("REAL"), start=0)
PUMPS = IecType("ARRAY_1_2_OF_Pump", "Array", IecType("Pump", "Structure"), start=1)


def never(path: str, length: int) -> int | None:
    raise AssertionError(f"nobody should ask where {path} begins")


def written(path: str, desired: Any, current: Any, iec: IecType | None = None, start: int | None = None) -> dict[str, Any]:
    return {name: value for name, value, _type in writes(path, desired, current, iec, never if start is None else lambda _path, _length: start)}


# Numbers


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_single_precision_number_stays_as_it_is(value: float) -> None:
    assert to_float32(value) == value


@given(st.floats(-3.4e38, 3.4e38))
def test_rounding_is_that_of_single_precision(value: float) -> None:
    rounded = to_float32(value)
    assert struct.pack("<f", rounded) == struct.pack("<f", value)
    assert to_float32(rounded) == rounded
    assert rounded == pytest.approx(value, rel=1e-7, abs=1e-37)


@pytest.mark.parametrize("value", [1e39, -1e39, 3.5e38, 10**400])
def test_what_a_real_cannot_hold_is_refused(value: float) -> None:
    with pytest.raises(WrongValue):
        convert(value, IecType("REAL"))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "nan", "inf", "", "x", True, None, [1], 10**400])
def test_what_is_no_finite_number_is_refused(value: Any) -> None:
    assert real(value) is None
    for name in ("REAL", "LREAL"):
        with pytest.raises(WrongValue, match="is not a number"):
            convert(value, IecType(name))


@pytest.mark.parametrize(("value", "number"), [(1, 1.0), ("1.5", 1.5), (" 2e3 ", 2000.0), (-0.25, -0.25), ("-7", -7.0)])
def test_numbers_may_be_text(value: Any, number: float) -> None:
    assert real(value) == number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (5.0, 5),
        ("5", 5),
        (" -12 ", -12),
        ("16#FF", 255),
        ("16#ff_ff", 65535),
        ("2#1010_0101", 165),
        ("8#17", 15),
        ("BYTE#16#0A", 10),
        (2**64, 2**64),
        (1e15, 10**15),
    ],
)
def test_whole_numbers(value: Any, number: int) -> None:
    assert integer(value) == number


@pytest.mark.parametrize("value", [True, False, None, 5.5, "5.5", "x", "", "16#", "16#G", "2#2", "10#5", [5], math.nan, math.inf])
def test_what_is_no_whole_number(value: Any) -> None:
    assert integer(value) is None


@given(st.sampled_from(sorted(INTEGERS)), st.integers(-(2**65), 2**65))
def test_integers_are_exact_and_within_their_range(name: str, value: int) -> None:
    low, high = INTEGERS[name]
    for form in (value, str(value), f"16#{value:X}" if value >= 0 else str(value)):
        if low <= value <= high:
            assert convert(form, IecType(name)) == value
        else:
            with pytest.raises(WrongValue, match=f"out of range of {name}"):
                convert(form, IecType(name))


@pytest.mark.parametrize(
    ("name", "bits", "signed"), [("SINT", 8, True), ("UINT", 16, False), ("DINT", 32, True), ("ULINT", 64, False), ("LWORD", 64, False), ("LINT", 64, True)]
)
def test_ranges(name: str, bits: int, signed: bool) -> None:
    assert INTEGERS[name] == ((-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1))


@pytest.mark.parametrize(("value", "truth"), [(True, True), ("true", True), (" TRUE ", True), ("False", False), (False, False)])
def test_truth_values(value: Any, truth: bool) -> None:
    assert boolean(value) is truth
    assert convert(value, IecType("BOOL")) is truth


@pytest.mark.parametrize("value", [0, 1, "0", "1", "yes", "on", None, 1.0, [], ""])
def test_what_is_no_truth_value(value: Any) -> None:
    assert boolean(value) is None
    with pytest.raises(WrongValue, match="true or false"):
        convert(value, IecType("BOOL"))


# Durations


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("T#1s", 10**9),
        ("t#1m30s", 90 * 10**9),
        ("TIME#1d2h3m4s5ms", ((26 * 60 + 3) * 60 + 4) * 10**9 + 5 * 10**6),
        ("T#1d_2h_3m", (26 * 60 + 3) * 60 * 10**9),
        ("T#-5s", -5 * 10**9),
        ("T#0.5s", 5 * 10**8),
        ("T#1.5ms", 1_500_000),
        ("LT#10us20ns", 10_020),
        ("LTIME#1ns", 1),
        (" T#0ms ", 0),
        ("T#12_345ms", 12_345 * 10**6),
    ],
)
def test_duration_literals(text: str, nanoseconds: int) -> None:
    assert duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "T#", "1s", "T#1", "T#1x", "T#s", "T#--1s", "T#1s2", "D#2024-01-01", "90"])
def test_what_is_no_duration_literal(text: str) -> None:
    assert duration(text) is None


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["d", "h", "m", "s", "ms", "us", "ns"])), min_size=1, max_size=5), st.booleans())
def test_a_duration_is_the_sum_of_its_parts(pieces: list[tuple[int, str]], negative: bool) -> None:
    unit = {"d": 86_400 * 10**9, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}
    text = "LT#" + ("-" if negative else "") + "_".join(f"{amount}{name}" for amount, name in pieces)
    total = sum(amount * unit[name] for amount, name in pieces)
    assert duration(text) == (-total if negative else total)


@pytest.mark.parametrize(
    ("name", "value", "shown"), [("TIME", "T#1m30s", 90_000), ("TIME", 1500, 1500), ("TIME", "1500", 1500), ("LTIME", "T#4ms", 4_000_000), ("LTIME", "7", 7)]
)
def test_durations_in_their_unit(name: str, value: Any, shown: int) -> None:
    assert convert(value, IecType(name)) == shown


@pytest.mark.parametrize(
    ("name", "value"), [("TIME", "T#1us"), ("TIME", "T#1.0005ms"), ("TIME", "soon"), ("TIME", 1.5), ("TIME", True), ("LTIME", "T#1x"), ("LTIME", None)]
)
def test_durations_that_a_type_does_not_take(name: str, value: Any) -> None:
    with pytest.raises(WrongValue):
        convert(value, IecType(name))


# Enumerations and text


@pytest.mark.parametrize(("value", "number"), [("Automatic", 2), (2, 2), ("2", 2), (0.0, 0)])
def test_enumerations(value: Any, number: int) -> None:
    assert convert(value, MODES) == number


@pytest.mark.parametrize("value", ["automatic", "Cleaning", 3, True, None, 1.5, ""])
def test_what_is_not_in_an_enumeration_is_refused_with_its_names(value: Any) -> None:
    with pytest.raises(WrongValue, match="Off, Manual, Automatic"):
        convert(value, MODES)


def test_an_enumeration_without_known_values_takes_numbers() -> None:
    assert convert(7, IecType("Modes", "Enumeration")) == 7


@pytest.mark.parametrize("iec", [IecType("STRING"), IecType("STRING[20]"), IecType("WSTRING"), STRING20, IecType("OrderText", "UserString")])
def test_text_is_text_only(iec: IecType) -> None:
    assert iec.is_text
    assert convert("T#1s", iec) == "T#1s"
    for value in (5, 1.5, True, ["a"], None):
        with pytest.raises(WrongValue, match="is no text"):
            convert(value, iec)


def test_text_that_is_too_long_is_refused() -> None:
    assert convert("x" * 20, STRING20) == "x" * 20
    with pytest.raises(WrongValue, match="21 characters"):
        convert("x" * 21, STRING20)
    assert IecType("STRING").capacity is None
    assert IecType("STRING[7]").capacity == 7


def test_a_type_that_is_not_known_takes_what_it_is_given() -> None:
    assert convert("anything", IecType("SomeType", "Other")) == "anything"
    assert not IecType("REAL").is_text


# The same or not


@pytest.mark.parametrize(
    ("desired", "current", "verdict"),
    [
        (True, True, EQUAL),
        ("true", True, EQUAL),
        (False, True, DIFFERENT),
        ("abc", "abc", EQUAL),
        ("abc", "abd", UNSURE),
        (5, "5", UNSURE),
        (5, 5, EQUAL),
        ("5", 5, EQUAL),
        ("16#05", 5, EQUAL),
        (5.0, 5, EQUAL),
        (5, 6, DIFFERENT),
        (5, 5.5, DIFFERENT),
        (1.1, 1.1, EQUAL),
        (1.1, to_float32(1.1), UNSURE),
        (1.2, to_float32(1.1), DIFFERENT),
        (2**53 + 1, 2**53 + 1, EQUAL),
        (2**53 + 1, 2**53, UNSURE),
        (2**64 - 59, 2**64 - 59, EQUAL),
        (1e300, 1.0, DIFFERENT),
        ("Automatic", 2, UNSURE),
        ("T#1s", 1000, UNSURE),
        (True, 1, UNSURE),
    ],
)
def test_values_of_unknown_type(desired: Any, current: Any, verdict: Verdict) -> None:
    assert compare(desired, current) is verdict


@pytest.mark.parametrize(
    ("desired", "current", "verdict"),
    [
        (1.1, to_float32(1.1), EQUAL),
        (2**53 + 1, 2**53, DIFFERENT),
        ("T#1s", 1000, EQUAL),
        ("T#2s", 1000, DIFFERENT),
        ("LT#4ms", 4_000_000, EQUAL),
        ("LT#4ms", 4, DIFFERENT),
        (5, "5", EQUAL),
        (6, "5", DIFFERENT),
        ("abc", "abd", DIFFERENT),
        ([1.1, 2], [to_float32(1.1), 2], EQUAL),
        ([1.1, 2], [to_float32(1.1), 3], DIFFERENT),
        ({"a": 1.1}, {"a": to_float32(1.1), "b": 5}, EQUAL),
    ],
)
def test_values_whose_type_cannot_be_had(desired: Any, current: Any, verdict: Verdict) -> None:
    assert decide(desired, current, None) is verdict


@pytest.mark.parametrize(("desired", "current"), [("Automatic", 2), (True, 1), (True, "text"), (1, True), ("x", 1.5), (None, 5), ("T#1us", 5)])
def test_values_that_no_type_takes(desired: Any, current: Any) -> None:
    with pytest.raises(WrongValue):
        assume(desired, current)


@pytest.mark.parametrize(
    ("desired", "current", "problem"),
    [
        (5, [1, 2], "is no list"),
        ([1], [1, 2], "a list of 1 was given"),
        ([1, 2, 3], [1, 2], "has 2 elements"),
        (5, {"a": 1}, "is no mapping"),
        ({"b": 1}, {"a": 1}, "has no member b; it has a"),
        ([1], 5, "neither an array nor a structure"),
        ({"a": 1}, 5, "neither an array nor a structure"),
        ({"a": 1}, [1], "is no list"),
        ([1], {"a": 1}, "is no mapping"),
    ],
)
def test_shapes_that_do_not_fit(desired: Any, current: Any, problem: str) -> None:
    for check in (compare, decide):
        with pytest.raises(WrongValue, match=problem):
            check(desired, current, None)


def test_parts_know_their_paths_and_types() -> None:
    assert list(parts("A", [1, 2, 3], [0, 0, 0], REALS)) == [(f"A[{index}]", index + 1, 0, IecType("REAL")) for index in range(3)]
    assert [path for path, *_rest in parts("A", [1, 2], [0, 0], IecType("X", "Array", start=-1))] == ["A[-1]", "A[0]"]
    assert list(parts("S", {"b": 1}, {"a": 0, "b": 0}, None)) == [("S.b", 1, 0, None)]


# What is written


def test_only_elements_and_members_that_differ_are_written() -> None:
    assert written("A", [1.5, 2, 3], [1.5, 2, 4], REALS) == {"A[2]": 3.0}
    assert written("S", {"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4}) == {"S.b": 2}
    assert written("P", [{"Speed": 1}, {"Speed": 2}], [{"Speed": 0, "On": True}, {"Speed": 2, "On": True}], PUMPS) == {"P[1].Speed": 1}
    assert written("A", [1.5, 2, 3], [1.5, 2, 3], REALS) == {}


def test_the_first_index_of_an_array_in_a_structure_is_asked_for() -> None:
    asked: list[tuple[str, int]] = []

    def first_index(path: str, length: int) -> int | None:
        asked.append((path, length))
        return 1

    found = {path: value for path, value, _type in writes("S", {"x": [1, 9]}, {"x": [1, 2]}, None, first_index)}
    assert (found, asked) == ({"S.x[2]": 9}, [("S.x", 2)])


def test_an_array_whose_first_index_cannot_be_had_is_written_whole() -> None:
    assert [(path, value) for path, value, _type in writes("S.x", [1, 9], [1, 2], None, lambda _path, _length: None)] == [("S.x", [1, 9])]
    several = IecType("MATRIX", "Array", IecType("INT"), start=None)
    assert written("M", [1, 9], [1, 2], several) == {"M": [1, 9]}


@pytest.mark.parametrize(
    ("desired", "current", "name", "value"),
    [
        ("16#FF", 0, "BYTE", 255),
        ("T#1m30s", 0, "TIME", 90_000),
        ("T#4ms", "0", "LTIME", "4000000"),
        (5, "0", "LINT", "5"),
        ("true", False, "BOOL", True),
        (1.1, 0, "REAL", 1.1),
        ("1.5", 0, "LREAL", 1.5),
        ("5", "0", "STRING", "5"),
        ("16#FF", 0, None, 255),
        ("T#1m30s", 0, None, 90_000),
        ("LT#4ms", 0, None, 4_000_000),
        ("1.5", 0, None, 1.5),
        (5, "0", None, "5"),
        ("true", False, None, True),
        ("text", "", None, "text"),
        (7, 0, None, 7),
    ],
)
def test_values_are_written_in_the_form_of_the_variable(desired: Any, current: Any, name: str | None, value: Any) -> None:
    (found,) = written("X", desired, current, IecType(name) if name else None).values()
    assert found == value
    assert type(found) is type(value)


def test_an_enumeration_is_written_as_its_number() -> None:
    assert written("M", "Automatic", 0, MODES) == {"M": 2}


# What a variable has afterwards


@pytest.mark.parametrize(
    ("desired", "current", "iec", "after"),
    [
        (1.1, 0, IecType("REAL"), 1.1),
        ("Automatic", 0, MODES, 2),
        ("T#1s", 0, IecType("TIME"), 1000),
        ([9, 2, 3], [1, 2, 3], REALS, [9, 2, 3]),
        ({"b": "T#1s"}, {"a": 1, "b": 0}, None, {"a": 1, "b": 1000}),
        ({"p": {"x": 5}}, {"p": {"x": 1, "y": 2}, "q": 3}, None, {"p": {"x": 5, "y": 2}, "q": 3}),
    ],
)
def test_what_a_variable_has_afterwards(desired: Any, current: Any, iec: IecType | None, after: Any) -> None:
    assert merged(desired, current, iec) == after


def test_a_wrong_value_behind_one_that_differs_is_found() -> None:
    with pytest.raises(WrongValue):
        merged({"a": 2, "b": True}, {"a": 1, "b": 5}, None)
