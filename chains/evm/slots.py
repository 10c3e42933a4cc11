"""Where a token keeps a holder's balance: candidate storage layouts, and what a word means. Pure.

No standard says where an ERC-20 keeps balances, so a layout is a guess until it is tested: the word
in the slot must decode to what balanceOf answers, for many holders with different balances. What is
tried, for a holder h (20 bytes, padded to 32 where it stands in a pair) and a place i:

* ``solidity``: Keccak-256 of h . i, for i below 300 and for the namespace of OpenZeppelin 5
  (ERC-7201, "openzeppelin.storage.ERC20");
* ``vyper``: Keccak-256 of i . h, for i below 300;
* ``solady``: Keccak-256 of h, 8 zero bytes and the seed 87a211a2.

A word may hold more than the balance: USDC keeps a flag in bit 255, others an index in the upper
half. So the number of low bits that are the balance is part of the layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chains.signatures import keccak256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ENOUGH_HOLDERS = 20
"""A layout that decodes to balanceOf for so many holders is believed."""

SAMPLE = 40
"""Holders that a layout is tested on, if there are so many."""

OPENZEPPELIN_5 = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00
"""ERC-7201 location of "openzeppelin.storage.ERC20"; its first member is the balances."""

_PLACES = (*range(300), OPENZEPPELIN_5)
_SOLADY_SEED = bytes(8) + bytes.fromhex("87a211a2")
_WIDTHS = (256, 255, 128)
_FLAG = 1 << 255


class Pattern(StrEnum):
    """How the slot of a holder is computed."""

    SOLIDITY = "solidity"
    VYPER = "vyper"
    SOLADY = "solady"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the balances of one token lie."""

    store: bytes
    """The contract whose storage it is: the token, or one that it asks."""
    pattern: Pattern
    place: int
    """Slot of the mapping; 0 for `Pattern.SOLADY`."""
    bits: int = 256
    """How many low bits of a word are the balance."""

    def slot(self, holder: bytes) -> bytes:
        """Return the 32-byte slot of a holder's word."""
        return slot_of(self.pattern, self.place, holder)

    def text(self) -> str:
        """Return the layout in a few words, for reports.

        >>> Layout(bytes(20), Pattern.SOLIDITY, 9, 255).text()
        'solidity mapping 9, low 255 bits'
        """
        place = "" if self.pattern is Pattern.SOLADY else f" mapping {_shown(self.place)}"
        bits = "" if self.bits == _WIDTHS[0] else f", low {self.bits} bits"
        return f"{self.pattern}{place}{bits}"


@dataclass(frozen=True, slots=True)
class HolderMapping:
    """A mapping from holder to balance as Solidity lays it out: a `chains.evm.methods.SlotPattern`.

    >>> HolderMapping(9, 255).decode(7 + (1 << 255))
    7
    """

    place: int
    bits: int = 256

    def slot(self, holder: bytes) -> int:
        """Return the storage slot of a holder's balance."""
        return int.from_bytes(slot_of(Pattern.SOLIDITY, self.place, holder), "big")

    def decode(self, word: int) -> int:
        """Return the low bits, which are the balance."""
        return word % (1 << self.bits)


def _shown(place: int) -> str:
    return str(place) if place < _PLACES[-2] + 1 else f"{place:#066x}"


def slot_of(pattern: Pattern, place: int, holder: bytes) -> bytes:
    """Return the 32-byte slot of a holder's word under a pattern."""
    padded = holder.rjust(32, b"\0")
    match pattern:
        case Pattern.SOLIDITY:
            return keccak256(padded + place.to_bytes(32, "big"))
        case Pattern.VYPER:
            return keccak256(place.to_bytes(32, "big") + padded)
        case Pattern.SOLADY:
            return keccak256(holder + _SOLADY_SEED)


def guesses() -> Iterator[tuple[Pattern, int]]:
    """Yield every pattern and place that is tried."""
    for place in _PLACES:
        yield Pattern.SOLIDITY, place
    for place in _PLACES[:-1]:
        yield Pattern.VYPER, place
    yield Pattern.SOLADY, 0


def layouts_touching(touched: Iterable[tuple[bytes, bytes]], holder: bytes) -> list[Layout]:
    """Return the layouts under which one of the touched (contract, slot) pairs is the holder's."""
    by_slot = {slot_of(pattern, place, holder): (pattern, place) for pattern, place in guesses()}
    found = [
        Layout(store, *by_slot[slot]) for store, slot in dict.fromkeys(touched) if slot in by_slot
    ]
    return list(dict.fromkeys(found))


def layouts_in(store: bytes) -> list[Layout]:
    """Return every layout that could be in one contract: for nodes that give no access list."""
    return [Layout(store, pattern, place) for pattern, place in guesses()]


def sample_of(balances: Mapping[bytes, int]) -> list[bytes]:
    """Return the holders to test layouts on: with a balance, spread over them, `SAMPLE` at most.

    A holder without a balance shows nothing: most slots of most contracts are 0. The choice is the
    same for the same balances.
    """
    holders = sorted(holder for holder, balance in balances.items() if balance)
    if len(holders) <= SAMPLE:
        return holders
    return [holders[place * len(holders) // SAMPLE] for place in range(SAMPLE)]


def fitting_bits(words: Sequence[int], balances: Sequence[int]) -> tuple[int, int]:
    """Return how many low bits of the words fit most balances, and how many they fit."""
    counts = {
        bits: sum(
            word % (1 << bits) == balance for word, balance in zip(words, balances, strict=True)
        )
        for bits in _WIDTHS
    }
    best = max(_WIDTHS, key=lambda bits: (counts[bits], bits))
    return best, counts[best]


def is_enough(fitting: int, tested: int) -> bool:
    """Return whether a layout that fits so many of the tested holders is believed.

    With 20 holders and more: 20 of them and nine in ten, so that a node that lies about a few
    cannot hide the layout. With fewer: all of them, and the report says how few they were.

    >>> is_enough(20, 20), is_enough(37, 40), is_enough(30, 40), is_enough(3, 3), is_enough(0, 0)
    (True, True, False, True, False)
    """
    if tested < ENOUGH_HOLDERS:
        return 0 < fitting == tested
    return fitting >= ENOUGH_HOLDERS and fitting * 10 >= tested * 9


def balance_in(word: int, layout: Layout, read: int) -> tuple[int, int] | None:
    """Return the balance that `word` holds and the bits it takes; None when that is not clear.

    `read` is what balanceOf answered. A flag in bit 255 may be set for a holder who was not among
    those that the layout was tested on: it is left out if the rest is `read`, and otherwise nobody
    can tell a flag from a balance.
    """
    balance = word % (1 << layout.bits)
    if balance != read and layout.bits == _WIDTHS[0] and word & _FLAG:
        return (read, 255) if word ^ _FLAG == read else None
    return balance, layout.bits
