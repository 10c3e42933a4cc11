from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from crawler.lists.lines import split_lines
from crawler.models import Claim
from crawler.sources.file import open_list
from crawler.sources.recognise import UnrecognisedError, recognise
from tests.unit.crawler.lists.samples import A9, FORM_B
from tests.unit.crawler.sources.test_file import MAIN, entries, refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", b",,,\n , \r\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    for name, packed in (("a.csv", content), ("a.csv.gz", gzip.compress(content))):
        (tmp_path / name).write_bytes(packed)
        assert str(refused(tmp_path / name)) == f"{name} is empty"


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 64,
        b"\x7fELF\x02\x01" + b"\x00" * 500,
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    ],
    ids=["all bytes", "program", "picture"],
)
def test_binary_junk(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert str(refused(tmp_path / "a.csv")) == "a.csv is binary data, not a list"


def test_utf16_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(MAIN.decode().encode("utf-16"))
    error = refused(tmp_path / "a.csv")
    assert str(error) == "a.csv is text in UTF-16"
    assert "UTF-8" in error.hint


@pytest.mark.parametrize("content", [b"foo,bar,baz\n1,2,3\n", b"<html>\n<p>Not found</p>\n", b"[]"])
def test_a_header_nobody_knows_is_shown_beside_the_known_ones(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    error = refused(tmp_path / "a.csv")
    first = content.split(b"\n")[0].decode()
    assert str(error) == f"a.csv has no header that is known; its first line reads '{first}'"
    assert "okx: coin,Type" in error.hint
    assert "okx-auditor: digitalAsset" in error.hint


def test_the_header_is_found_far_beyond_the_first_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("C,1,2\n" * 10_000 + f"{FORM_B}\nX,ETH,a,b,,c,\n")
    source = open_list(tmp_path / "a.csv")
    assert source.members[0].format.name == "okx-auditor"
    assert isinstance(entries(source)[-1], Claim)


def test_one_bad_byte_before_the_header_is_no_binary_junk() -> None:
    assert recognise(split_lines([b"title \xff\x00\n", A9.encode()]), "x").name == "okx"


def test_a_line_of_a_megabyte_does_not_hide_the_header_below_it() -> None:
    assert recognise(split_lines([b"x" * 2**20, b"\n", A9.encode()]), "x").name == "okx"


def test_long_and_strange_first_lines_are_shown_cut_and_cleaned() -> None:
    with pytest.raises(UnrecognisedError) as caught:
        recognise(split_lines([b"a\x1b" + "é".encode() * 4000]), "x")
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 150
