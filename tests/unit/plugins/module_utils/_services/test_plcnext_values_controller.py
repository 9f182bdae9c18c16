# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values on their way through the simulated controller: what it shows after a write is what was asked for, and nothing else is taken for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._services import _plcnext_values as client
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_project import Project
from ansible_collections.tokenflow.services.plugins.module_utils._services._plcnext_values import Verdict, WrongValue, compare, decide, writes
from hypothesis import assume as suppose
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulators import _plcnext_types as controller
from tests.simulators._plcnext_machine import ENUMERATIONS

TYPES: dict[str, controller.IecType] = {
    **controller.ELEMENTARY,
    "STRING20": controller.String("STRING20", 20),
    **{
        name: controller.Enumeration(name, values, base)
        for name, (base_name, values) in ENUMERATIONS.items()
        if isinstance(base := controller.ELEMENTARY[base_name], controller.Integer)
    },
}
DATES = ("LDATE", "LTIME_OF_DAY", "LDATE_AND_TIME", "DATE_AND_TIME")
DICTIONARY = Project(1, {}, json.loads(json.dumps([iec.entry() for iec in TYPES.values()])))
FORMS = st.builds(controller.Forms, st.sampled_from(["0", "0.0"]), st.just("string"), st.booleans(), st.sampled_from(["string", "number"]))
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)


def whole(low: int, high: int) -> st.SearchStrategy[Any]:
    numbers = st.integers(low, high)
    return st.one_of(numbers, numbers.map(str), numbers.filter(lambda number: number >= 0).map(lambda number: f"16#{number:X}"))


def desires(name: str) -> st.SearchStrategy[Any]:
    """Values that a user may give for a variable of this type, in their many forms."""
    iec = TYPES[name]
    if isinstance(iec, controller.Enumeration):
        return st.sampled_from([*iec.values, *iec.values.values()])
    if isinstance(iec, controller.Boolean):
        return st.sampled_from([True, False, "true", "FALSE"])
    if isinstance(iec, controller.String):
        return TEXT
    if isinstance(iec, controller.Real):
        single = st.floats(width=32, allow_nan=False, allow_infinity=False)
        finite = single | st.floats(-1e30, 1e30) | st.integers(-(10**12), 10**12)
        return finite | st.floats(-1e6, 1e6).map(repr) | st.decimals(-1000, 1000, places=3).map(float)
    assert isinstance(iec, controller.Integer)
    if name in client.DURATIONS:
        unit = "ms" if name == "TIME" else "ns"
        most = iec.high
        return st.integers(iec.low, iec.high) | st.integers(0, most).map(lambda amount: f"T#{amount}{unit}") | st.integers(0, 2000).map(lambda s: f"T#-{s}s")
    if name in DATES:
        return st.integers(0, iec.high)
    return whole(iec.low, iec.high)


SCALARS = st.sampled_from(sorted(TYPES)).flatmap(lambda name: st.tuples(st.just(name), desires(name), desires(name)))


def stored(name: str, desired: Any) -> Any:
    """What the controller holds after a write of this value."""
    iec = DICTIONARY.type(name)
    (found,) = writes("X", desired, TYPES[name].initial(), iec, lambda _path, _length: None)
    return TYPES[name].convert(found[1])


@given(SCALARS, FORMS)
@settings(max_examples=100)
def test_what_was_written_is_equal_to_what_is_shown(scalar: tuple[str, Any, Any], forms: controller.Forms) -> None:
    """So that the next run changes nothing: with the type, and where the type cannot be had."""
    name, desired, _other = scalar
    iec = DICTIONARY.type(name)
    shown = json.loads(json.dumps(TYPES[name].wire(stored(name, desired), forms)))
    assert compare(desired, shown, iec) is Verdict.EQUAL
    assert decide(desired, shown, iec) is Verdict.EQUAL


@given(SCALARS, FORMS)
@settings(max_examples=100)
def test_the_echo_of_a_write_is_equal_to_what_was_sent(scalar: tuple[str, Any, Any], forms: controller.Forms) -> None:
    name, desired, before = scalar
    iec = DICTIONARY.type(name)
    current = json.loads(json.dumps(TYPES[name].wire(stored(name, before), forms)))
    for _path, sent, sent_type in writes("X", desired, current, iec, lambda _path, _length: None):
        shown = TYPES[name].wire(TYPES[name].convert(sent), forms)
        assert decide(sent, shown, sent_type) is Verdict.EQUAL


@given(SCALARS, FORMS)
@settings(max_examples=100)
def test_values_that_the_controller_shows_differently_are_different(scalar: tuple[str, Any, Any], forms: controller.Forms) -> None:
    """With the type: exactly when what it holds is another value."""
    name, desired, other = scalar
    iec = DICTIONARY.type(name)
    shown = json.loads(json.dumps(TYPES[name].wire(stored(name, other), forms)))
    same = stored(name, desired) == stored(name, other)
    assert compare(desired, shown, iec) is (Verdict.EQUAL if same else Verdict.DIFFERENT)


@given(SCALARS, FORMS)
@settings(max_examples=100)
def test_what_looks_equal_at_sight_is_equal(scalar: tuple[str, Any, Any], forms: controller.Forms) -> None:
    """Without the type the verdict may be unsure, but not wrong."""
    name, desired, other = scalar
    shown = json.loads(json.dumps(TYPES[name].wire(stored(name, other), forms)))
    try:
        verdict = compare(desired, shown)
    except WrongValue:
        return
    if verdict is not Verdict.UNSURE:
        assert (verdict is Verdict.EQUAL) is (stored(name, desired) == stored(name, other))


@given(SCALARS)
@settings(max_examples=100)
def test_where_no_type_can_be_had_a_write_is_not_repeated_for_ever(scalar: tuple[str, Any, Any]) -> None:
    """Either it cannot be written, or it is equal afterwards; whole numbers beyond a REAL's precision are the exception, and are reported."""
    name, desired, before = scalar
    suppose(not (name in ("REAL", "LREAL") and client.integer(desired) is not None))
    forms = controller.Forms()
    current = json.loads(json.dumps(TYPES[name].wire(stored(name, before), forms)))
    try:
        if decide(desired, current, None) is not Verdict.DIFFERENT:
            return
        ((_path, sent, _type),) = writes("X", desired, current, None, lambda _path, _length: None)
        held = TYPES[name].convert(sent)
    except (WrongValue, controller.WrongValue):
        return
    assert decide(desired, TYPES[name].wire(held, forms), None) is Verdict.EQUAL


@given(SCALARS)
@settings(max_examples=100)
def test_what_the_client_takes_the_controller_takes(scalar: tuple[str, Any, Any]) -> None:
    name, desired, _other = scalar
    converted = client.convert(desired, DICTIONARY.type(name))
    assert client.convert(converted, DICTIONARY.type(name)) == converted
    TYPES[name].convert(converted)


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(-(2**66), 2**66), st.floats(), st.text(max_size=30), st.lists(st.integers(), max_size=3))


@given(st.sampled_from(sorted(TYPES)), ANYTHING)
@settings(max_examples=100)
def test_no_value_breaks_the_conversion(name: str, value: Any) -> None:
    """It is taken, and then the controller can hold it, or refused with a text."""
    iec = DICTIONARY.type(name)
    try:
        found = client.convert(value, iec)
    except WrongValue as error:
        assert str(error)
        return
    if name not in DATES:
        try:
            TYPES[name].convert(found)
        except controller.TooLong:
            assert isinstance(found, str)
        except controller.WrongValue:
            assert isinstance(found, str) or name in client.DURATIONS


# Arrays and structures


def arrays(name: str) -> st.SearchStrategy[tuple[str, int, list[Any], list[Any]]]:
    return st.tuples(st.integers(-3, 3), st.integers(1, 5)).flatmap(
        lambda bounds: st.tuples(st.just(name), st.just(bounds[0]), *[st.lists(desires(name), min_size=bounds[1], max_size=bounds[1]) for _round in range(2)])
    )


@given(st.sampled_from(sorted(TYPES)).flatmap(arrays), FORMS)
def test_an_array_becomes_what_was_asked_for_element_by_element(array: tuple[str, int, list[Any], list[Any]], forms: controller.Forms) -> None:
    name, low, desired, before = array
    remote = controller.Array("A", low, low + len(desired) - 1, TYPES[name])
    project = Project(1, {}, json.loads(json.dumps([iec.entry() for iec in (TYPES[name], remote)])))
    iec = project.type("A")
    held = [stored(name, value) for value in before]
    shown = json.loads(json.dumps(remote.wire(held, forms)))
    wanted = [stored(name, value) for value in desired]
    assert (decide(desired, shown, iec) is Verdict.EQUAL) is (held == wanted)
    for path, sent, _type in writes("A", desired, shown, iec, lambda _path, _length: None):
        index = int(path.removeprefix("A[").removesuffix("]")) - low
        assert held[index] != wanted[index]
        held[index] = TYPES[name].convert(sent)
    assert held == wanted
    assert decide(desired, remote.wire(held, forms), iec) is Verdict.EQUAL


@pytest.mark.parametrize("name", ["REAL", "TIME", "DINT", "BOOL", "STRING20"])
def test_a_structure_becomes_what_was_asked_for_member_by_member(name: str) -> None:
    # The type of a member is not known: a whole number could be meant for an integer.
    wanted = desires(name).filter(lambda value: client.integer(value) is None) if name == "REAL" else desires(name)

    @given(st.dictionaries(st.sampled_from(["a", "b", "c"]), wanted, min_size=1), st.lists(desires(name), min_size=3, max_size=3))
    def check(desired: dict[str, Any], before: list[Any]) -> None:
        forms = controller.Forms()
        held = dict(zip("abc", (stored(name, value) for value in before)))
        shown = {member: json.loads(json.dumps(TYPES[name].wire(value, forms))) for member, value in held.items()}
        for path, sent, _type in writes("S", desired, shown, None, lambda _path, _length: None):
            held[path.removeprefix("S.")] = TYPES[name].convert(sent)
        for member, value in desired.items():
            assert held[member] == stored(name, value)
        assert decide(desired, {member: TYPES[name].wire(value, forms) for member, value in held.items()}, None) is Verdict.EQUAL

    check()
