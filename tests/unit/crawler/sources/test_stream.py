from __future__ import annotations

import errno
import gzip
import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from crawler.errors import ListError
from crawler.sources import stream
from crawler.sources.stream import PIECE, bounded, faults_of, fingerprint, pieces, require_unchanged
from tests.unit.crawler.sources.test_file import MAIN, refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (FileNotFoundError(), "there is no file x"),
        (PermissionError(), "x may not be read by this user"),
        (EOFError(), "x is an incomplete archive"),
        (gzip.BadGzipFile("no\nmagic"), "x is a damaged archive: no magic"),
        (zipfile.BadZipFile("bad"), "x is a damaged archive: bad"),
        (zlib.error("-3"), "x is a damaged archive: -3"),
        (NotImplementedError(), "x is packed in a way that cannot be read"),
        (OSError(errno.EIO, "Input/output error"), "x cannot be read: Input/output error"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_fault_becomes_one_sentence(fault: Exception, sentence: str) -> None:
    with pytest.raises(ListError) as caught, faults_of("x"):
        raise fault
    assert str(caught.value) == sentence
    assert caught.value.__cause__ is fault


def test_mistakes_of_our_own_are_not_blamed_on_the_file() -> None:
    with pytest.raises(AttributeError), faults_of("x"):
        raise AttributeError


def test_pieces_are_the_stream() -> None:
    content = bytes(range(256)) * (PIECE // 128)
    found = list(pieces(io.BytesIO(content)))
    assert b"".join(found) == content
    assert max(map(len, found)) == PIECE
    assert list(pieces(io.BytesIO(b""))) == []


def test_a_good_ratio_is_allowed_below_the_floor_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "RATIO_FLOOR", 1000)
    parts = [b"x" * 500] * 4
    assert list(bounded(parts[:2], packed_size=1, name="x")) == parts[:2]
    assert list(bounded(parts, packed_size=10, name="x")) == parts
    with pytest.raises(ListError, match="x unpacks to over 0 MiB from 1 bytes"):
        list(bounded(parts, packed_size=1, name="x"))


def test_a_file_replaced_by_another_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    first = fingerprint(path)
    require_unchanged(path, first, "a")
    (tmp_path / "b").write_bytes(b"two")
    (tmp_path / "b").rename(path)
    with pytest.raises(ListError, match="a has changed while it was being read"):
        require_unchanged(path, first, "a")


def test_the_unpacked_size_is_limited_whatever_the_ratio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "UNPACKED_LIMIT", 100)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(MAIN))
    assert "unpacks to over" in str(refused(tmp_path / "a.csv.gz"))
