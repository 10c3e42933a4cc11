from __future__ import annotations

import gzip
import zipfile
from typing import TYPE_CHECKING

import pytest

from crawler.models import Claim
from crawler.sources import archive
from crawler.sources.file import open_list
from tests.unit.crawler.sources.test_file import MAIN, STAKING, entries, refused, write_zip

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"readme.txt": b"hello"},
        {"sum_proof_data.json": b"{}"},
        {"a.csv": b"foo,bar\n1,2\n"},
        {"a.csv": b""},
        {"__MACOSX/._okx_por.csv": MAIN, "folder.csv/x": b""},
    ],
    ids=["nothing", "text", "json", "unknown header", "empty csv", "resource fork"],
)
def test_a_zip_without_a_list(tmp_path: Path, members: dict[str, bytes]) -> None:
    error = refused(write_zip(tmp_path / "a.zip", members))
    assert str(error) == "a.zip is a zip without a wallet list"
    assert error.hint


def test_a_spreadsheet_is_named(tmp_path: Path) -> None:
    error = refused(write_zip(tmp_path / "a.xlsx", {"xl/workbook.xml": b"<workbook/>"}))
    assert str(error) == "a.xlsx is a spreadsheet, not a list"
    assert "CSV" in error.hint


def test_an_encrypted_zip(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": MAIN})
    raw = bytearray(path.read_bytes())
    raw[6] |= 1  # the flag of the local header
    raw[raw.index(b"PK\x01\x02") + 8] |= 1  # and of the directory
    path.write_bytes(raw)
    error = refused(path)
    assert str(error) == "a.zip is encrypted: a.csv asks for a password"
    assert "unpack" in error.hint


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_zip_cut_short(tmp_path: Path, share: float) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": MAIN * 100})
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    assert "a.zip is a damaged archive" in str(refused(path))


def test_a_flipped_bit_in_a_member_is_found_while_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("a.csv", MAIN)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"0.0589")] ^= 1
    path.write_bytes(raw)
    assert "a.csv in a.zip is a damaged archive: Bad CRC-32" in str(refused(path))


def test_an_unknown_packing_method(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.csv": MAIN})
    raw = bytearray(path.read_bytes())
    raw[8] = raw[raw.index(b"PK\x01\x02") + 10] = 97
    path.write_bytes(raw)
    assert str(refused(path)) == "a.csv in a.zip is packed in a way that cannot be read"


def test_a_gzip_cut_short_inside_a_zip(tmp_path: Path) -> None:
    packed = gzip.compress(MAIN)[:-12]
    error = refused(write_zip(tmp_path / "a.zip", {"a.csv.gz": packed}))
    assert str(error) == "a.csv.gz in a.zip is an incomplete archive"


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_members_of_one_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.csv", MAIN)
        packed.writestr("a.csv", MAIN)
    assert str(refused(path)) == "a.zip holds 2 files named a.csv"


def test_too_many_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBERS_LIMIT", 1)
    error = refused(write_zip(tmp_path / "a.zip", {"a.csv": MAIN, "b.csv": MAIN}))
    assert str(error) == "a.zip holds 2 CSV files"


def test_the_published_zip_gives_the_main_list_first(tmp_path: Path) -> None:
    members = {
        "okx_por_eth_staking_20260701.csv": STAKING,
        "readme.txt": b"hello",
        "notes.csv": b"foo,bar\n",
        "okx_por_20260701.CSV.gz": gzip.compress(MAIN),
    }
    source = open_list(write_zip(tmp_path / "a.zip", members))
    assert [member.name for member in source.members] == [
        "okx_por_20260701.CSV.gz",
        "okx_por_eth_staking_20260701.csv",
    ]
    assert len(source.left_out) == 1
    assert source.left_out[0].startswith("notes.csv in a.zip has no header that is known")
    rows = [(entry.file[:12], entry.row) for entry in entries(source) if isinstance(entry, Claim)]
    assert rows == [("okx_por_2026", 5), ("okx_por_2026", 6), ("okx_por_eth_", 2)]
    assert entries(source) == entries(source)


@pytest.mark.parametrize("name", ["../../etc/por.csv", "/etc/por.csv", "C:\\por.csv", "a\x1bb.csv"])
def test_names_inside_a_zip_are_only_labels(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    source = open_list(write_zip(folder / "a.zip", {name: MAIN}))
    assert len(entries(source)) == 3
    assert source.members[0].name == name.replace("\x1b", "")
    assert [path.name for path in tmp_path.rglob("*")] == ["here", "a.zip"]
