from __future__ import annotations

import gzip
import hashlib
import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from crawler.errors import ListError
from crawler.lists.interface import Census, Vocabulary
from crawler.sources import stream
from crawler.sources.file import open_list
from tests.unit.crawler.lists.samples import A9, A12, COINS, ROW9, ROW12, SUMMARY

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.lists.interface import Entry
    from crawler.sources.interface import ListSource

MAIN = f"{SUMMARY}\nETH,1,2\n\n{A9}\n{ROW9}\n{ROW9}\n".encode()
STAKING = f"{A12}\n{ROW12}\n".encode()
VOCABULARY = Vocabulary(entity="okx", coins=COINS)


def entries(source: ListSource) -> list[Entry]:
    censuses: list[Census] = []
    found = list(source.entries(VOCABULARY, censuses))
    assert len(censuses) == len(source.members)
    assert all(census.is_complete() for census in censuses)
    return found


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refused(path: Path) -> ListError:
    with pytest.raises(ListError) as caught:
        entries(open_list(path))
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 300
    return caught.value


# --- what is no list ----------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    assert str(refused(tmp_path / "none.csv")) == f"there is no file {tmp_path}/none.csv"


def test_a_folder(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert str(error).endswith("is a folder")
    assert ".zip" in error.hint


def test_a_pipe_cannot_be_read_twice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not an ordinary file" in str(refused(tmp_path / "pipe"))


def test_a_name_too_long_for_the_system(tmp_path: Path) -> None:
    assert "cannot be read: File name too long" in str(refused(tmp_path / ("x" * 5000)))


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(MAIN)
    path.chmod(0)
    assert "may not be read" in str(refused(path))


@pytest.mark.parametrize(
    "content", [f"{A9}\n", f"{SUMMARY}\nETH,1,2\n\n{A9}\n\n,,,\n", f"{ROW9}\n{A9}"]
)
def test_a_list_without_detail_rows(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert str(refused(tmp_path / "a.csv")) == "a.csv has a header but no rows below it"


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95, 0.9999])
def test_a_gzip_cut_short_is_incomplete_wherever_it_was_cut(tmp_path: Path, share: float) -> None:
    packed = gzip.compress(f"{A9}\n".encode() + os.urandom(200_000).hex("\n", 50).encode())
    (tmp_path / "a.csv.gz").write_bytes(packed[: int(len(packed) * share)])
    assert str(refused(tmp_path / "a.csv.gz")) == "a.csv.gz is an incomplete archive"


def test_a_gzip_with_a_flipped_bit_is_damaged(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(MAIN))
    packed[-8] ^= 1  # the checksum
    (tmp_path / "a.csv.gz").write_bytes(packed)
    assert "a.csv.gz is a damaged archive: CRC check failed" in str(refused(tmp_path / "a.csv.gz"))


def test_a_gzip_bomb_is_stopped_within_the_stated_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "RATIO_FLOOR", 2**22)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(MAIN + b"\n" * 2**24))
    assert "a.csv.gz unpacks to over" in str(refused(tmp_path / "a.csv.gz"))
    assert len(entries(open_list(write_zip(tmp_path / "a.zip", {"a.csv": MAIN})))) == 3


def test_the_unpacked_size_is_limited_whatever_the_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "UNPACKED_LIMIT", 100)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(MAIN))
    assert "unpacks to over" in str(refused(tmp_path / "a.csv.gz"))


def test_a_file_that_changes_between_two_passes_is_not_read_on(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(MAIN)
    source = open_list(path)
    entries(source)
    path.write_bytes(MAIN + ROW9.encode())
    with pytest.raises(ListError, match="has changed while it was being read"):
        entries(source)


# --- what is ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["list.csv", "list.txt", "list.zip", "list"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_content_tells_the_kind_of_file_not_the_name(
    tmp_path: Path, name: str, pack: type[bytes]
) -> None:
    content = pack(MAIN)
    (tmp_path / name).write_bytes(content)
    source = open_list(tmp_path / name)
    assert source.name == name
    assert source.digest == hashlib.sha256(content).hexdigest()
    assert [member.name for member in source.members] == [name]
    first = entries(source)
    assert [entry.row for entry in first] == [2, 5, 6]
    assert {entry.file for entry in first} == {name}
    assert entries(source) == first, "a second pass reads the same"
    assert b"".join(source.members[0].lines()) == MAIN


def test_gzip_files_joined_end_to_end_are_one_list(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(MAIN) + gzip.compress(MAIN))
    assert len(entries(open_list(tmp_path / "a.gz"))) == 6


def test_a_pass_that_is_given_up_closes_its_file(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": MAIN * 10_000})
    lines = open_list(path).members[0].lines()
    assert next(lines) == MAIN.splitlines(keepends=True)[0]
    del lines  # warnings are errors: an unclosed file would fail the test
    assert io.BytesIO(path.read_bytes()).read(2) == b"PK"
