"""Slots of Cardano's main network: when they are, and how they are told from block numbers. Pure.

Source: the genesis files of the main network. Slots lasted 20 seconds in Byron and last one second
since Shelley, which began with slot 4,492,800 at 2020-07-29 21:44:51 UTC; one slot in twenty has a
block. A rollback is never deeper than 2,160 blocks, which come within 129,600 slots.
"""

from __future__ import annotations

FIRST_TIME = 1_506_203_091
BYRON_SLOT_S = 20
SHELLEY = 4_492_800
SHELLEY_TIME = FIRST_TIME + BYRON_SLOT_S * SHELLEY
BYRON_EPOCH = 21_600
"""Slots of Byron's first epoch."""

SETTLED = 129_600
"""A block is final when its slot lies so far back: three times 2,160 over 1/20."""

LEAST_SLOT = 50_000_000
"""Slot of January 2022, before any list was published; block numbers get there after 2045."""


def is_slot(height: int) -> bool:
    """Return whether a height in a list is a slot: smaller ones are numbers of blocks.

    >>> is_slot(187_993_920), is_slot(13_456_426)
    (True, False)
    """
    return height >= LEAST_SLOT


def time_of(slot: int) -> int:
    """Return when a slot begins, in seconds since 1970.

    >>> time_of(187_993_920)
    1779560211
    """
    if slot < SHELLEY:
        return FIRST_TIME + BYRON_SLOT_S * slot
    return SHELLEY_TIME + slot - SHELLEY
