# Copyright (c) 2026, the tokenflow.services authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files put in place: in one step, with their attributes, and only if they differ."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.tokenflow.services.plugins.module_utils._dest import Destination, Outcome
from ansible_collections.tokenflow.services.plugins.module_utils._errors import InvalidInput
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = os.geteuid() == 0
OLD = 1_000_000_000.0


@pytest.fixture(autouse=True)
def mask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def fetched(place: Destination, content: bytes, same: Any = None) -> Outcome:
    with place.fetching() as stream:
        stream.write(content)
        return place.put(stream, same)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def existing(folder: Path, content: bytes = b"old", mode: int = 0o640) -> Path:
    path = folder / "report.pdf"
    path.write_bytes(content)
    path.chmod(mode)
    os.utime(path, (OLD, OLD))
    return path


def test_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    outcome = fetched(Destination(str(path)), b"content")
    digest = hashlib.sha256(b"content").hexdigest()
    assert path.read_bytes() == b"content"
    assert outcome == Outcome(True, str(path), 7, digest, None)
    assert outcome.as_result() == {"dest": str(path), "size": 7, "checksum": digest}
    assert outcome.as_diff() == {"before": {}, "after": {"path": str(path), "checksum": digest}}
    assert mode_of(path) == 0o644
    assert os.listdir(tmp_path) == ["report.pdf"]


def test_the_umask_counts_for_a_new_file(tmp_path: Path) -> None:
    os.umask(0o077)
    fetched(Destination(str(tmp_path / "a")), b"x")
    assert mode_of(tmp_path / "a") == 0o600


def test_other_content_replaces_the_file_and_keeps_its_mode(tmp_path: Path) -> None:
    path = existing(tmp_path)
    before = hashlib.sha256(b"old").hexdigest()
    number = path.stat().st_ino
    outcome = fetched(Destination(str(path)), b"new")
    assert (outcome.changed, outcome.before, path.read_bytes(), mode_of(path)) == (True, before, b"new", 0o640)
    assert outcome.as_diff()["before"] == {"path": str(path), "checksum": before}
    assert path.stat().st_ino != number
    assert os.listdir(tmp_path) == ["report.pdf"]


def test_the_same_content_leaves_the_file_alone(tmp_path: Path) -> None:
    path = existing(tmp_path)
    number = path.stat().st_ino
    outcome = fetched(Destination(str(path), mode="0640"), b"old")
    assert (outcome.changed, outcome.size) == (False, 3)
    assert (path.stat().st_mtime, path.stat().st_ino) == (OLD, number)
    assert os.listdir(tmp_path) == ["report.pdf"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.binary(max_size=50), st.binary(max_size=50))
def test_changed_is_whether_the_content_differs(tmp_path: Path, one: bytes, other: bytes) -> None:
    path = existing(tmp_path, one)
    assert fetched(Destination(str(path)), other).changed is (one != other)
    assert path.read_bytes() == other
    assert fetched(Destination(str(path)), other).changed is False


def test_content_that_counts_as_the_same_leaves_the_file_alone(tmp_path: Path) -> None:
    path = existing(tmp_path)
    asked: list[tuple[bytes, bytes]] = []

    def same(one: Path, other: Path) -> bool:
        asked.append((one.read_bytes(), other.read_bytes()))
        return True

    outcome = fetched(Destination(str(path)), b"newer", same)
    assert asked == [(b"old", b"newer")]
    assert outcome == Outcome(False, str(path), 3, hashlib.sha256(b"old").hexdigest(), hashlib.sha256(b"old").hexdigest())
    assert (path.read_bytes(), path.stat().st_mtime) == (b"old", OLD)
    assert fetched(Destination(str(path)), b"newer", lambda one, other: False).changed is True
    assert path.read_bytes() == b"newer"


def test_only_another_mode_is_a_change_that_leaves_the_content(tmp_path: Path) -> None:
    path = existing(tmp_path)
    number = path.stat().st_ino
    assert fetched(Destination(str(path), mode="0600"), b"old").changed is True
    assert (mode_of(path), path.stat().st_mtime, path.stat().st_ino) == (0o600, OLD, number)
    assert fetched(Destination(str(path), mode="0600"), b"old").changed is False


@pytest.mark.parametrize(("mode", "bits"), [("0640", 0o640), ("600", 0o600), ("0o755", 0o755), ("2750", 0o2750), ("00644", 0o644)])
def test_modes(tmp_path: Path, mode: str, bits: int) -> None:
    path = tmp_path / "a"
    fetched(Destination(str(path), mode=mode), b"x")
    assert mode_of(path) == bits


@pytest.mark.parametrize("mode", ["u=rw", "8", "0899", "644 ", "rw-r--r--", "1", "-644", "0x1ff"])
def test_a_mode_that_is_none_is_refused_before_anything_is_fetched(tmp_path: Path, mode: str) -> None:
    with pytest.raises(InvalidInput, match="octal mode"):
        Destination(str(tmp_path / "a"), mode=mode)


def test_own_owner_and_group_are_no_change(tmp_path: Path) -> None:
    import grp
    import pwd

    path = existing(tmp_path)
    for owner, group in ((str(os.getuid()), str(os.getgid())), (pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name)):
        assert fetched(Destination(str(path), owner=owner, group=group), b"old").changed is False
        assert fetched(Destination(str(tmp_path / f"new-{owner}"), owner=owner, group=group), b"x").changed is True


def test_another_owner_is_set_or_refused(tmp_path: Path) -> None:
    path = existing(tmp_path)
    wanted = Destination(str(path), owner="12345", group="12346")
    if ROOT:
        assert fetched(wanted, b"old").changed is True
        assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mtime) == (12345, 12346, OLD)
        assert fetched(wanted, b"old").changed is False
        assert fetched(Destination(str(path), owner="0"), b"new").changed is True
        assert path.stat().st_uid == 0
    else:
        with pytest.raises(InvalidInput, match="cannot be set"):
            fetched(wanted, b"old")


def test_an_owner_that_does_not_exist_leaves_the_old_file(tmp_path: Path) -> None:
    path = existing(tmp_path)
    for content in (b"old", b"new"):
        with pytest.raises(InvalidInput, match="cannot be set"):
            fetched(Destination(str(path), owner="no-such-user-here"), content)
    assert (path.read_bytes(), path.stat().st_mtime, mode_of(path)) == (b"old", OLD, 0o640)
    assert os.listdir(tmp_path) == ["report.pdf"]


def test_an_error_while_fetching_leaves_the_old_file(tmp_path: Path) -> None:
    path = existing(tmp_path)
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), Destination(str(path)).fetching() as stream:
            stream.write(b"half")
            assert len(os.listdir(tmp_path)) == 2
            raise error
    assert (path.read_bytes(), path.stat().st_mtime, os.listdir(tmp_path)) == (b"old", OLD, ["report.pdf"])


def test_nobody_else_reads_what_is_fetched_before_it_is_in_place(tmp_path: Path) -> None:
    with Destination(str(tmp_path / "a"), mode="0644").fetching() as stream:
        assert mode_of(Path(stream.name)) == 0o600
        assert Path(stream.name).parent == tmp_path


@pytest.mark.parametrize("content", [b"new", b"old"])
def test_check_mode_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    path = existing(tmp_path)
    with Destination(str(path), mode="0600", check_mode=True).fetching() as stream:
        stream.write(content)
        assert os.listdir(tmp_path) == ["report.pdf"]
        outcome = Destination(str(path), mode="0600", check_mode=True).put(stream)
        name = stream.name
    assert outcome.changed is True
    assert (path.read_bytes(), mode_of(path), path.stat().st_mtime) == (b"old", 0o640, OLD)
    assert not os.path.exists(name)


def test_check_mode_of_a_new_file(tmp_path: Path) -> None:
    outcome = fetched(Destination(str(tmp_path / "a"), check_mode=True), b"x")
    assert (outcome.changed, outcome.before, os.listdir(tmp_path)) == (True, None, [])


def test_a_folder_takes_the_name(tmp_path: Path) -> None:
    for dest in (str(tmp_path), f"{tmp_path}/"):
        assert Destination(dest, name="daily.pdf").path == tmp_path / "daily.pdf"


@pytest.mark.parametrize("dest", ["nosuch/a", "nosuch/", "report.pdf/a"])
def test_a_folder_that_is_not_there_is_refused_before_anything_is_fetched(tmp_path: Path, dest: str) -> None:
    existing(tmp_path)
    with pytest.raises(InvalidInput, match=r"the folder .* does not exist"):
        Destination(f"{tmp_path}/{dest}", name="x")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="is no file"):
        Destination(str(tmp_path / "pipe"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput, match="is no file"):
        Destination(str(tmp_path), name="folder")


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a folder in which nobody can make a file")
def test_a_folder_that_cannot_be_written_to_is_refused() -> None:
    with pytest.raises(InvalidInput, match="/proc"), Destination("/proc/tokenflow.pdf").fetching():
        pass


def test_large_content_is_summed_up_whole(tmp_path: Path) -> None:
    content = os.urandom(3 << 20)
    outcome = fetched(Destination(str(tmp_path / "a")), content)
    assert (outcome.size, outcome.checksum) == (3 << 20, hashlib.sha256(content).hexdigest())
