# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PDF and PNG files without what is written anew each time: in pieces as in one, however the pieces fall."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._services import _pxplus_compare as compare
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHANGES = st.sampled_from(
    [
        b"/CreationDate (D:20260102030405Z)",
        b"/ModDate(D:1\\)2)",
        b"/CreationDate <FEFF0044>",
        b"/ID [<AB12> <CD34>]",
        b"/ID[(a\\)b)(c)]",
        b"<xmp:CreateDate>2026-01-02<",
        b"<xmpMM:InstanceID>uuid:1<",
        b"\n0000000016 00000 n",
        b"startxref\n12345",
    ]
)
STAYS = st.one_of(st.binary(max_size=30), st.sampled_from([b"/Title (Sales)", b"stream\n", b"0000000016 0000", b"/CreationDate (", b"startxref", b"/ID [<"]))


def pdf(path: Path, *parts: bytes) -> Path:
    path.write_bytes(b"%PDF-1.4\n" + b"".join(parts))
    return path


def png(path: Path, *chunks: tuple[bytes, bytes]) -> Path:
    written = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(written))
    return path


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.one_of(STAYS, CHANGES), max_size=40), piece=st.integers(1, 200))
def test_pieces_give_what_the_whole_gives(parts: list[bytes], piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"%PDF-1.4\n" + b"".join(parts)
    monkeypatch.setattr(compare, "PIECE", piece)
    assert b"".join(compare._pdf_without_changes(io.BytesIO(content), 0)) == compare._PDF_CHANGES.sub(b"", content)


def test_each_match_is_shorter_than_what_is_held() -> None:
    longest = b"/ID" + b" " * 8 + b"[" + b" " * 8 + b"<" + b"A" * 256 + b">" + b" " * 8 + b"(" + b"\\a" * 128 + b")" + b" " * 8 + b"]"
    match = compare._PDF_CHANGES.fullmatch(longest)
    assert match and len(longest) < compare.LONGEST


@pytest.mark.parametrize("piece", [64, 1 << 20])
@pytest.mark.parametrize("before", [b"", b"x" * 5000])
def test_dates_ids_and_offsets_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, before: bytes) -> None:
    monkeypatch.setattr(compare, "PIECE", piece)
    one = pdf(tmp_path / "1", before, b"/CreationDate (D:2026)/Title (A)", b"x" * 3000, b"\n0000000016 00000 n \nstartxref\n16\n%%EOF")
    other = pdf(tmp_path / "2", before, b"/CreationDate (D:20270101)/Title (A)", b"x" * 3000, b"\n0000000020 00000 n \nstartxref\n20\n%%EOF")
    third = pdf(tmp_path / "3", before, b"/CreationDate (D:20270101)/Title (B)", b"x" * 3000, b"\n0000000020 00000 n \nstartxref\n20\n%%EOF")
    assert compare.same_content(one, other)
    assert not compare.same_content(one, third)
    assert not compare.same_content(one, pdf(tmp_path / "4", one.read_bytes()[9:], b"more"))


@pytest.mark.parametrize("at", [1, 1023, 1024, 1025, 4000])
def test_a_difference_anywhere_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    monkeypatch.setattr(compare, "PIECE", 512)
    content = bytearray(b"abc /ModDate (1) " * 300)
    one = pdf(tmp_path / "1", bytes(content))
    content[at * 17 % len(content)] ^= 1
    assert not compare.same_content(one, pdf(tmp_path / "2", bytes(content)))


def test_times_and_texts_of_a_picture_do_not_count(tmp_path: Path) -> None:
    head, data = (b"IHDR", b"0123456789abc"), (b"IDAT", b"x" * 3000)
    one = png(tmp_path / "1", head, (b"tIME", b"1234567"), data, (b"IEND", b""))
    assert compare.same_content(one, png(tmp_path / "2", head, (b"tIME", b"7654321"), (b"tEXt", b"Software\0x"), data, (b"IEND", b"")))
    assert not compare.same_content(one, png(tmp_path / "3", head, (b"IDAT", b"y" * 3000), (b"IEND", b"")))
    assert not compare.same_content(one, png(tmp_path / "4", head, data))


@pytest.mark.parametrize(("one", "other"), [(b"a,b\n1,2\n", b"a,b\n1,3\n"), (b"%PDF-1.4", b"\x89PNG\r\n\x1a\n"), (b"", b"%PDF-1.4")])
def test_other_files_are_not_looked_into(tmp_path: Path, one: bytes, other: bytes) -> None:
    (tmp_path / "1").write_bytes(one)
    (tmp_path / "2").write_bytes(other)
    assert not compare.same_content(tmp_path / "1", tmp_path / "2")
