# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML to data and back, and what is refused."""

from __future__ import annotations

import string
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils import _xml
from ansible_collections.tokenflow.services.plugins.module_utils._errors import BadAnswer, InvalidInput
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.builds(
    lambda first, rest: first + rest, st.sampled_from(string.ascii_letters + "_"), st.text(string.ascii_letters + string.digits + "_.-", max_size=8)
)
# What XML can hold; a carriage return is read back as a line feed.
TEXTS = st.text(st.characters(min_codepoint=0x20, blacklist_categories=["Cs"], blacklist_characters="\ufffe\uffff"), max_size=20)


def structures(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    # A list of one cannot be told from a single element.
    return st.dictionaries(NAMES, st.one_of(children, st.lists(children, min_size=2, max_size=3)), min_size=1, max_size=3)


DATA = st.one_of(TEXTS, structures(st.recursive(TEXTS, structures, max_leaves=8)))


@given(NAMES, DATA)
def test_data_survives_the_way_there_and_back(root: str, data: Any) -> None:
    content = _xml.from_data(root, data)
    element = _xml.parse(content)
    assert element.tag == root
    assert _xml.to_data(element) == data
    assert content.startswith(b"<?xml")


@pytest.mark.parametrize(
    ("content", "data"),
    [
        (b"<a/>", ""),
        (b"<a></a>", ""),
        (b"<a>x</a>", "x"),
        (b"<a> x </a>", " x "),
        (b"<a><b>1</b><c/></a>", {"b": "1", "c": ""}),
        (b"<a>\n  <b>1</b>\n  <b>2</b>\n  <b>3</b>\n</a>", {"b": ["1", "2", "3"]}),
        (b'<a id="7">x</a>', {"@id": "7", "#text": "x"}),
        (b'<a id="7"/>', {"@id": "7"}),
        (b"<a>text <b>1</b></a>", {"#text": "text", "b": "1"}),
        (b"<a><b><c>1</c></b><b><c>2</c></b></a>", {"b": [{"c": "1"}, {"c": "2"}]}),
        ("<a>é</a>".encode("latin-1"), None),
        ("<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>".encode("latin-1"), "é"),
        (b"\xef\xbb\xbf<a>x</a>", "x"),
        (b"<a><![CDATA[<b>&]]></a>", "<b>&"),
        (b"<a>&lt;&#233;</a>", "<é"),
    ],
)
def test_elements_as_data(content: bytes, data: Any) -> None:
    if data is None:
        with pytest.raises(BadAnswer):
            _xml.parse(content)
    else:
        assert _xml.to_data(_xml.parse(content)) == data


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ({"a": True, "b": False, "c": None, "d": 7, "e": 1.5}, "<r><a>true</a><b>false</b><c /><d>7</d><e>1.5</e></r>"),
        ({"a": [1, 2]}, "<r><a>1</a><a>2</a></r>"),
        ({"a": []}, "<r />"),
        ({"a": [[1, 2]]}, "<r><a><item>1</item><item>2</item></a></r>"),
        ([1, {"b": "x"}], "<r><item>1</item><item><b>x</b></item></r>"),
        ({"@id": 7, "#text": "x", "b": "<&>"}, '<r id="7">x<b>&lt;&amp;&gt;</b></r>'),
        ("x", "<r>x</r>"),
        (None, "<r />"),
    ],
)
def test_data_as_elements(data: Any, content: str) -> None:
    assert _xml.from_data("r", data).decode().partition("?>")[2].lstrip() == content


BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r>&f;</r>"""


@pytest.mark.parametrize("content", [BOMB, EXTERNAL, b"<!DOCTYPE r><r/>", b'<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd"><r/>'])
def test_document_types_and_entities_are_refused(content: bytes) -> None:
    with pytest.raises(BadAnswer, match="document type or entities"):
        _xml.parse(content)


@pytest.mark.parametrize("content", [b"", b"text", b"<a>", b"<a></b>", b"<a>&nosuch;</a>", b"<a/><b/>", b"<a>\x00</a>", b'{"a": 1}'])
def test_what_is_not_well_formed_is_a_clear_error(content: bytes) -> None:
    with pytest.raises(BadAnswer, match="cannot be read"):
        _xml.parse(content)


@given(st.one_of(st.text(), st.integers(), st.dictionaries(st.text(), st.text(), max_size=3)))
def test_what_is_sent_is_well_formed_or_refused(data: Any) -> None:
    try:
        content = _xml.from_data("r", data)
    except InvalidInput:
        return
    assert ET.fromstring(content).tag == "r"


def test_names_that_are_none_are_refused() -> None:
    for name in ("a b", "1a", "a><b", "", "a/", "-a"):
        with pytest.raises(InvalidInput, match="name"):
            _xml.from_data("r", {name: "x"})
        with pytest.raises(InvalidInput, match="name"):
            _xml.from_data(name, {})


def test_the_library_is_asked_for_if_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_xml, "HAS_DEFUSEDXML", False)
    with pytest.raises(InvalidInput, match="defusedxml is needed"):
        _xml.parse(b"<a/>")
