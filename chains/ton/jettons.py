"""Jettons of TON: where an owner's balance is kept, and how it is written there. Pure.

Every owner has a wallet contract of its own. Its account follows from the wallet's code and from
the data it begins with, which name the owner and the jetton's master contract. Two forms are in
use:

* TEP-74 as first published: balance, owner, master, and the code once more, in a cell of its own;
* the form of USDT ("governed" jettons): four bits of status, balance, owner, master. Read by the
  first form, its balance would be zero: the length of an amount also takes four bits. So a balance
  is only believed between the very owner and master that were asked for.

A balance is in base units of the jetton.
"""

from __future__ import annotations

from typing import NamedTuple

from chains.errors import MalformedAnswer
from chains.ton.cells import Cell, Slice
from chains.ton.wallets import Code, cell_hash, state_init_hash

_WORKCHAIN = b"\0"
_ADDRESS_BITS = 267
_STANDARD = 0b100
_COINS_LENGTH = 4


class Layout(NamedTuple):
    """How the data of a jetton's wallets begin and end."""

    status_bits: int
    keeps_code: bool


LAYOUTS = (Layout(0, keeps_code=True), Layout(4, keeps_code=False))


def wallet(layout: Layout, code: Code, owner: bytes, master: bytes) -> bytes:
    """Return the account of an owner's wallet; all accounts are 33 bytes."""
    bits = layout.status_bits + _COINS_LENGTH + 2 * _ADDRESS_BITS
    value = _written(owner) << _ADDRESS_BITS | _written(master)
    data = Code(cell_hash(value, bits, (code,) if layout.keeps_code else ()), 0)
    if layout.keeps_code:
        data = data._replace(depth=code.depth + 1)
    return _WORKCHAIN + state_init_hash(code, data)


def balance(data: Cell, owner: bytes, master: bytes) -> int:
    """Return the balance in a wallet's data. Raises MalformedAnswer when it is not that wallet."""
    for layout in LAYOUTS:
        read = Slice(data)
        try:
            read.number(layout.status_bits)
            amount = read.coins()
            if read.address() == owner and read.address() == master:
                return amount
        except MalformedAnswer:
            continue
    raise MalformedAnswer("the data of the jetton wallet do not name this owner and this jetton")


def _written(address: bytes) -> int:
    return _STANDARD << 8 * len(address) | int.from_bytes(address, "big")
