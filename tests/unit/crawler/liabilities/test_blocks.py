from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.liabilities.blocks import LINE_LIMIT, Duplicates, text_blocks
from crawler.liabilities.interface import HeldFile, LiabilitiesError


@dataclass(frozen=True)
class Slow:
    """A file that comes a few bytes at a time."""

    data: bytes
    step: int
    name: str = "x"
    head: bytes = b""

    def read(self, limit: int = 0) -> bytes:
        return self.data

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), self.step):
            yield self.data[start : start + self.step]


@given(st.text(st.characters(exclude_characters="\r", codec="utf-8")), st.integers(1, 9))
def test_blocks_are_whole_lines_whatever_the_pieces(text: str, step: int) -> None:
    blocks = list(text_blocks(Slow(text.encode(), step)))
    assert all(block.endswith("\n") for block in blocks)
    expected = text.removeprefix("\ufeff")
    assert "".join(blocks) == expected + ("\n" if expected and not expected.endswith("\n") else "")


@pytest.mark.parametrize("step", [1, 2, 3, 100])
def test_marks_and_carriage_returns_are_taken_off(step: int) -> None:
    data = b"\xef\xbb\xbfa\r\nb\r\n\r\nc\r"
    assert "".join(text_blocks(Slow(data, step))) == "a\nb\n\nc\n"


def test_a_line_without_end_and_bad_bytes_are_refused() -> None:
    with pytest.raises(LiabilitiesError, match="longer than"):
        list(text_blocks(Slow(b"a" * (LINE_LIMIT + 2), LINE_LIMIT + 2)))
    with pytest.raises(LiabilitiesError, match="UTF-8"):
        list(text_blocks(HeldFile("x", b"\xff\n")))
    with pytest.raises(LiabilitiesError, match="UTF-8"):
        list(text_blocks(HeldFile("x", b"a\n\xc3")))


@given(
    st.lists(st.lists(st.text("abc", max_size=3))),
    st.integers(0, 12),
    st.sampled_from([0, 5, 1000]),
)
def test_repeated_values_are_found_exactly(batches: list[list[str]], bits: int, exact: int) -> None:
    finder = Duplicates(bits=bits, exact=exact)
    for batch in batches:
        finder.note(batch)
    for batch in batches:
        finder.count(batch)
    times = Counter(value for batch in batches for value in batch)
    assert finder.repeated() == {value: count for value, count in times.items() if count > 1}
    assert finder.is_complete


def test_too_many_suspects_are_said_to_be_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Duplicates, "LIMIT", 3)
    finder = Duplicates(bits=0, exact=0)
    finder.note([str(number) for number in range(10)])
    assert not finder.is_complete
