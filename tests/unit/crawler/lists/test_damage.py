from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.owners import NULL_TOKENS
from crawler.lists.damage import (
    HEIGHT_GRAMMAR,
    cell_damage,
    hex_damage,
    read_amount,
    read_height,
)
from crawler.lists.lines import RowError
from crawler.models import parse_amount

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "text", ["1.23E+17", "1,23E+17", "9E+99", "-1.5e+100", "####", "#N/A", "#DIV/0!"]
)
def test_damage_is_named(text: str) -> None:
    assert cell_damage(text)
    assert hex_damage(text)


@pytest.mark.parametrize("text", ["123456789012345", "5", "007"])
def test_odd_plain_digits_have_lost_a_zero(text: str) -> None:
    assert "leading zeros" in hex_damage(text)
    assert not cell_damage(text), "an address may be a number"


@pytest.mark.parametrize(
    "text", ["", "null", "0x", "1234", "0.0.98", "okbwallet1tr", "1e1111111111", "1E+2"]
)
def test_odd_but_sound_cells_are_left_alone(text: str) -> None:
    assert cell_damage(text) == ""


def detail_of(text: str, read: Callable[[str], object]) -> str | None:
    try:
        read(text)
    except RowError as error:
        return error.detail
    return None


@given(st.text(max_size=30))
def test_amounts_are_read_or_refused_with_a_sentence(text: str) -> None:
    detail = detail_of(text, read_amount)
    assert (detail is None) == (parse_amount(text) is not None)
    assert detail is None or (len(detail) > 10 and detail.isprintable())


@given(st.text(max_size=30))
def test_heights_are_read_or_refused_with_a_sentence(text: str) -> None:
    detail = detail_of(text, read_height)
    assert (detail is None) == (text in NULL_TOKENS or HEIGHT_GRAMMAR.fullmatch(text) is not None)
    assert detail is None or (len(detail) > 10 and detail.isprintable())


@pytest.mark.parametrize("height", [2**63 - 1, 2**63, 2**64 - 1, 10**25])
def test_a_height_that_is_taken_can_be_planned(height: int) -> None:
    detail = detail_of(str(height), read_height)
    if height < 2**63:
        assert detail is None
        array("q").append(height)  # as `crawler.plan` keeps it
    else:
        assert detail == f"the height '{height}' is beyond any ledger"
