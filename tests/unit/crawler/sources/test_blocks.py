from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ListError
from crawler.lists.lines import LINE_LIMIT, split_lines
from crawler.lists.okx import Okx
from crawler.sources.blocks import Block, cut
from crawler.sources.interface import Member
from crawler.sources.stream import FileRange, fingerprint

TEXTS = st.lists(
    st.sampled_from([b"a", b"bc,", b'"', b"\n", b"\r", b"\r\n", b"\n\n", b"x" * 9]), max_size=60
).map(b"".join)


def plain(path: Path, text: bytes) -> Member:
    path.write_bytes(text)
    whole = FileRange(path, fingerprint(path), "list.csv", 0, len(text))
    return Member("list.csv", Okx(), whole.pieces, whole)


def packed(text: bytes) -> Member:
    return Member(
        "list.csv", Okx(), lambda: iter([text[i : i + 7] for i in range(0, len(text), 7)])
    )


def lines_of(block: Block) -> list[bytes]:
    return list(split_lines(block.pieces()))


@given(TEXTS, st.integers(1, 40), st.booleans())
def test_blocks_are_the_lines_of_the_file_in_order(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, size: int, is_packed: bool
) -> None:
    path = tmp_path_factory.mktemp("blocks") / "list.csv"
    member = packed(text) if is_packed else plain(path, text)
    blocks = list(cut(member, largest=size))
    expected = list(split_lines([text]))
    assert [line for block in blocks for line in lines_of(block)] == expected
    assert [len(lines_of(block)) for block in blocks] == [block.lines for block in blocks]
    assert all(block.lines for block in blocks)
    for first, second in pairwise(blocks):
        both = first.joined(second)
        assert lines_of(both) == lines_of(first) + lines_of(second)
        assert both.lines == first.lines + second.lines
        for count in range(both.lines):
            rest = both.without(count)
            assert lines_of(rest) == lines_of(both)[count:]
            assert rest.lines == both.lines - count


def test_blocks_grow_to_the_largest(tmp_path: Path) -> None:
    sizes = [len(b"".join(b.pieces())) for b in cut(plain(tmp_path / "l", b"row\n" * 100_000))]
    assert sizes[:4] == [8192, 16384, 32768, 65536]
    assert max(sizes) <= 1 << 18
    assert sum(sizes) == 400_000


def test_a_line_longer_than_a_block_stays_whole(tmp_path: Path) -> None:
    text = b"a\n" + b"b" * 1_000_000 + b"\r\nc\n" + b"d" * 600_000
    blocks = list(cut(plain(tmp_path / "l", text), largest=1000))
    assert [block.lines for block in blocks] == [1, 1, 1, 1]
    assert [line for block in blocks for line in lines_of(block)] == list(split_lines([text]))


def test_a_line_beyond_all_bounds_is_read_as_elsewhere(tmp_path: Path) -> None:
    text = b"a\n" + b"b" * (LINE_LIMIT + 10) + b"\nc\n"
    blocks = list(cut(plain(tmp_path / "l", text)))
    assert [len(line) for block in blocks for line in lines_of(block)] == [
        len(line) for line in split_lines([text])
    ]


def test_a_changed_file_is_refused_by_cutter_and_reader(tmp_path: Path) -> None:
    member = plain(tmp_path / "l", b"row\n" * 10)
    block = next(iter(cut(member)))
    (tmp_path / "l").write_bytes(b"row\n" * 9)
    with pytest.raises(ListError, match="changed"):
        list(cut(member))
    with pytest.raises(ListError, match="changed"):
        list(block.pieces())
    (tmp_path / "l").unlink()
    with pytest.raises(ListError, match="no file"):
        list(block.pieces())


def test_blocks_of_two_kinds_are_never_joined(tmp_path: Path) -> None:
    ranged = next(iter(cut(plain(tmp_path / "l", b"row\n"))))
    with pytest.raises(TypeError):
        ranged.joined(Block(1, b"row\n"))
