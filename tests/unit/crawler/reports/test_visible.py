from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from crawler.reports.visible import pieces, visible


@given(st.text())
def test_nothing_unseen_is_left_and_the_rest_is_unchanged(text: str) -> None:
    shown = visible(text)
    assert all(character == " " or unicodedata.category(character)[0] not in "ZC"
               for character in shown)  # fmt: skip
    kept = "".join(piece for piece, hidden in pieces(text) if not hidden)
    remaining = iter(text)
    assert all(character in remaining for character in kept)  # a subsequence, in order


def test_a_blank_letter_is_not_a_space() -> None:
    assert visible("a\u3164b\u00a0c") == "a\\u{3164}b\\u{A0}c"
    assert visible("1 000 בבל") == "1 000 בבל"
