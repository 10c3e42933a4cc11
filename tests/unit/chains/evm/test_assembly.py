from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.assembly import OPCODES, assemble


def test_opcodes_are_all_different() -> None:
    assert len(set(OPCODES.values())) == len(OPCODES)


@given(number=st.integers(0, 2**256 - 1))
def test_push_takes_the_shortest_form_but_never_push0(number: int) -> None:
    code = assemble(f"PUSH {number}")
    length = code[0] - 0x5F
    assert length >= 1
    assert int.from_bytes(code[1:], "big") == number
    assert len(code) == 1 + length
    assert length == 1 or code[1] != 0


def test_places_are_jump_destinations_before_and_behind() -> None:
    code = assemble("PUSH @end JUMP start: PUSH @start JUMP end:")
    assert code.hex() == "610009565b610004565b"
    assert code[4] == code[9] == 0x5B


def test_comments_are_not_code() -> None:
    assert assemble("ADD ; PUSH 1\nMUL") == b"\x01\x02"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("NOTHING", "no instruction"),
        ("PUSH @nowhere", "no place"),
        ("a: a:", "twice"),
        ("PUSH", "invalid literal"),
        ("PUSH x", "invalid literal"),
    ],
)
def test_mistakes_are_refused(source: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        assemble(source)


def test_numbers_of_more_than_a_word_are_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        assemble(f"PUSH {2**256}")
