from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.lists.interface import MalformedReason
from crawler.lists.lines import LINE_LIMIT, RowError, decode_line, split_lines


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"a\xc3", MalformedReason.ENCODING),
        (b"a\x00b", MalformedReason.ENCODING),
        (b"a\x1b[2Jb", MalformedReason.ENCODING),
        ("a\u202eb".encode(), MalformedReason.ENCODING),
        ("a\ufeffb".encode(), MalformedReason.ENCODING),
        ("\u2018a\u2019".encode(), MalformedReason.SPREADSHEET),
        (b"a" * (LINE_LIMIT + 1), MalformedReason.LENGTH),
    ],
    ids=lambda value: str(value)[:10],
)
def test_a_line_that_is_no_plain_text_is_refused(raw: bytes, reason: MalformedReason) -> None:
    with pytest.raises(RowError) as caught:
        decode_line(raw)
    assert caught.value.reason is reason


@pytest.mark.parametrize("text", ["ETH,\u00a05\n", "Zürich\t\r\n", ""])
def test_text_outside_ascii_is_text(text: str) -> None:
    assert decode_line(text.encode()) == text


@given(st.lists(st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"", b"bc", b"\x0b", b"\x85"])))
def test_lines_do_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    assert list(split_lines(pieces)) == b"".join(pieces).splitlines(keepends=True)


def test_a_line_without_end_is_kept_within_bounds() -> None:
    lines = list(split_lines([b"a\n", *[b"x" * 2**20] * 64, b"x\nb"]))
    assert (lines[0], lines[2]) == (b"a\n", b"b")
    assert LINE_LIMIT < len(lines[1]) < LINE_LIMIT + 2**21
