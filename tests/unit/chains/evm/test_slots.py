from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.slots import (
    OPENZEPPELIN_5,
    SAMPLE,
    HolderMapping,
    Layout,
    Pattern,
    balance_in,
    fitting_bits,
    guesses,
    is_enough,
    layouts_in,
    layouts_touching,
    sample_of,
    slot_of,
)
from tests.fakes.tries import keccak

HOLDER = bytes.fromhex("aa" * 20)
STORE = bytes.fromhex("da" * 20)


def padded(octets: bytes) -> bytes:
    return octets.rjust(32, b"\0")


def test_slots_by_their_definitions() -> None:
    nine = (9).to_bytes(32, "big")
    assert slot_of(Pattern.SOLIDITY, 9, HOLDER) == keccak(padded(HOLDER) + nine)
    assert slot_of(Pattern.VYPER, 9, HOLDER) == keccak(nine + padded(HOLDER))
    assert slot_of(Pattern.SOLADY, 0, HOLDER) == keccak(
        HOLDER + bytes(8) + bytes.fromhex("87a211a2")
    )


def test_mapping_of_holders_is_the_solidity_layout_without_its_flags() -> None:
    held = HolderMapping(9, 255)
    layout = Layout(b"t" * 20, Pattern.SOLIDITY, 9, 255)
    assert held.slot(b"h" * 20) == int.from_bytes(layout.slot(b"h" * 20), "big")
    assert held.decode(7 + (1 << 255)) == 7
    assert HolderMapping(9).decode(7 + (1 << 255)) == 7 + (1 << 255)


def test_the_namespace_of_openzeppelin_is_derived_as_erc_7201_says() -> None:
    inner = int.from_bytes(keccak(b"openzeppelin.storage.ERC20"), "big") - 1
    location = int.from_bytes(keccak(inner.to_bytes(32, "big")), "big") & ~0xFF
    assert location == OPENZEPPELIN_5


def test_every_guess_is_found_again_from_its_slot() -> None:
    for pattern, place in guesses():
        touched = [(STORE, b"\1" * 32), (STORE, slot_of(pattern, place, HOLDER))]
        assert layouts_touching(touched * 2, HOLDER) == [Layout(STORE, pattern, place)]
    assert layouts_touching([(STORE, b"\1" * 32)], HOLDER) == []
    assert len(layouts_in(STORE)) == len(list(guesses())) == 602


@pytest.mark.parametrize(
    ("mask", "flags", "bits"),
    [
        ((1 << 256) - 1, 0, 256),
        ((1 << 255) - 1, 1 << 255, 255),
        ((1 << 128) - 1, 7 << 200, 128),
    ],
)
def test_the_widest_width_that_fits_is_taken(mask: int, flags: int, bits: int) -> None:
    balances = list(range(1, 30))
    words = [balance | flags for balance in balances]
    assert fitting_bits(words, [word & mask for word in words]) == (bits, 29)
    assert fitting_bits(words, [balance + 1 for balance in balances])[1] == 0


def test_a_few_lies_do_not_hide_a_layout_and_a_few_hits_do_not_make_one() -> None:
    assert is_enough(20, 22)
    assert is_enough(36, 40)
    assert not is_enough(35, 40)
    assert not is_enough(19, 20)
    assert is_enough(19, 19)
    assert not is_enough(18, 19)
    assert not is_enough(0, 0)


def test_the_sample_leaves_out_empty_holders_and_is_spread() -> None:
    balances = {bytes([n // 256, n % 256]) * 10: n % 7 for n in range(1, 1000)}
    sample = sample_of(balances)
    assert len(sample) == SAMPLE == len(set(sample))
    assert all(balances[holder] for holder in sample)
    assert sample == sample_of(dict(reversed(balances.items())))
    assert max(sample) > sorted(balances)[900]
    assert sample_of({HOLDER: 0}) == []


LAYOUT = Layout(STORE, Pattern.SOLIDITY, 9)


@given(st.integers(0, 2**255 - 1), st.integers(0, 2**255 - 1))
def test_a_flag_is_only_left_out_when_the_rest_is_what_was_read(held: int, read: int) -> None:
    assert balance_in(held, LAYOUT, read) == (held, 256)
    assert balance_in(held | 1 << 255, LAYOUT, held) == (held, 255)
    if held != read:
        assert balance_in(held | 1 << 255, LAYOUT, read) is None
    packed = Layout(STORE, Pattern.SOLIDITY, 9, 255)
    assert balance_in(held | 1 << 255, packed, read) == (held, 255)


def test_a_balance_of_all_bits_is_a_balance_when_it_was_read_so() -> None:
    assert balance_in(2**256 - 1, LAYOUT, 2**256 - 1) == (2**256 - 1, 256)


def test_layouts_are_told_in_words() -> None:
    assert Layout(STORE, Pattern.VYPER, 3).text() == "vyper mapping 3"
    assert Layout(STORE, Pattern.SOLADY, 0, 128).text() == "solady, low 128 bits"
    assert "0x52c6" in Layout(STORE, Pattern.SOLIDITY, OPENZEPPELIN_5).text()
