from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.cardano.slots import LEAST_SLOT, SHELLEY, is_slot, time_of

# First slots of the main network's eras, as the ledger's own history of hard forks has them.
ERAS = {
    0: datetime(2017, 9, 23, 21, 44, 51, tzinfo=UTC),
    SHELLEY: datetime(2020, 7, 29, 21, 44, 51, tzinfo=UTC),
    72_316_800: datetime(2022, 9, 22, 21, 44, 51, tzinfo=UTC),
}


@pytest.mark.parametrize(("slot", "moment"), ERAS.items())
def test_times_of_slots(slot: int, moment: datetime) -> None:
    assert time_of(slot) == int(moment.timestamp())


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 40))
def test_times_are_in_the_order_of_slots(one: int, other: int) -> None:
    assert (time_of(one) < time_of(other)) == (one < other)


def test_no_slot_of_a_published_list_is_taken_for_a_block_number() -> None:
    assert time_of(LEAST_SLOT) < int(datetime(2022, 2, 1, tzinfo=UTC).timestamp())
    assert (is_slot(LEAST_SLOT - 1), is_slot(LEAST_SLOT)) == (False, True)
