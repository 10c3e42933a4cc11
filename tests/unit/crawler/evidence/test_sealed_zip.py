from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

import pytest

from crawler.evidence.sealed_zip import COMMENT_SIZE, seal, seal_problem, write_zip


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"content " * 100)
    (tmp_path / "b.gz").write_bytes(b"packed")
    path = tmp_path / "sealed.zip"
    with path.open("wb") as stream:
        write_zip(stream, tmp_path, ["a", "b.gz"])
    seal(path)
    return path


def test_the_same_files_give_the_same_bytes(sealed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    with again.open("wb") as stream:
        write_zip(stream, tmp_path, ["a", "b.gz"])
    seal(again)
    assert again.read_bytes() == sealed.read_bytes()
    assert seal_problem(sealed) == ""


def test_no_byte_can_change_unseen(sealed: Path) -> None:
    content = sealed.read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 0x41
        sealed.write_bytes(changed)
        try:
            problem = seal_problem(sealed)
        except ValueError as error:  # zipfile's own BadZipFile is checked in test_replay
            problem = str(error)
        except Exception as error:  # noqa: BLE001 (any refusal will do here)
            problem = repr(error)
        assert problem, place


def test_a_changed_header_is_found_at_its_member(sealed: Path) -> None:
    content = sealed.read_bytes()
    with zipfile.ZipFile(sealed) as archive:
        second = archive.getinfo("b.gz").header_offset
        directory = archive.start_dir
    entry = content.index(b"PK\x01\x02", directory + 1)
    for start, name in ((0, "a"), (second, "b.gz"), (directory, "a"), (entry, "b.gz")):
        is_local = start < directory
        for place in range(start + 4, start + (14 if is_local else 16)):  # versions, flags, times
            changed = bytearray(content)
            changed[place] ^= 0x02
            sealed.write_bytes(changed)
            with contextlib.suppress(NotImplementedError, zipfile.BadZipFile):
                assert seal_problem(sealed).endswith(f": see the header of {name}"), place


def test_nothing_can_be_added_in_front_or_behind(sealed: Path) -> None:
    content = sealed.read_bytes()
    for changed in (b"x" + content, content + b"x", content[:-1], content[:COMMENT_SIZE], b""):
        sealed.write_bytes(changed)
        assert seal_problem(sealed)
