from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from crawler.liabilities.interface import HEAD_BYTES, LiabilitiesError
from crawler.liability_files import open_files

TEXT = b"client,BTC\nab,1\n"


def test_a_file_is_read_again_and_again_and_watched(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT)
    seen: list[int] = []
    [file] = open_files([path], seen.append)
    assert (file.name, file.head) == ("a.csv", TEXT)
    assert b"".join(file.chunks()) == file.read() == TEXT
    assert sum(seen) == 2 * len(TEXT)


def test_packed_files_are_unpacked_while_they_are_read(tmp_path: Path) -> None:
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(TEXT))
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as inside:
        inside.writestr("b/two.csv", b"2")
        inside.writestr("b/one.csv", TEXT)
    files = open_files([packed, archive])
    assert [file.name for file in files] == ["a.csv.gz", "b/one.csv", "b/two.csv"]
    assert [file.read() for file in files] == [TEXT, TEXT, b"2"]


def test_a_folder_is_all_its_files_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    (folder / "trunk").mkdir(parents=True)
    (folder / "trunk" / "sum.json").write_bytes(b"{}")
    (folder / "config.json").write_bytes(b"[]")
    files = open_files([folder])
    assert [file.name for file in files] == ["proof/config.json", "proof/trunk/sum.json"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for name in ("config.json", "a0/sum_proof.json", "trunk/sum_proof.json"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    files = open_files(sorted(tmp_path.rglob("*.json")))
    assert [file.name for file in files] == [
        "a0/sum_proof.json",
        "config.json",
        "trunk/sum_proof.json",
    ]


def test_only_the_beginning_is_read_to_tell_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"x" * (HEAD_BYTES + 1))
    [file] = open_files([path])
    assert len(file.head) == HEAD_BYTES
    with pytest.raises(LiabilitiesError, match="longer than 10 bytes"):
        file.read(10)


def test_a_file_that_changes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(TEXT)
    [file] = open_files([path])
    path.write_bytes(TEXT + b"cd,1\n")
    with pytest.raises(LiabilitiesError, match="changed while"):
        file.read()


def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.gz").write_bytes(gzip.compress(TEXT * 9999)[:50])
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "absent": "there is no file",
        "empty": "is empty",
        "folder": "0 files",
        "broken.gz": "incomplete archive",
        "broken.zip": "damaged archive",
        "empty.zip": "0 members",
        "pipe": "not an ordinary file",
    }.items():
        with pytest.raises(LiabilitiesError, match=reason):
            open_files([tmp_path / name])[0].read()
