from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import ClockedReader, Unresolved
from chains.errors import Incapable, MalformedAnswer
from chains.errors import UnresolvedReason as Reason
from chains.evm.settings import EvmSettings
from chains.evm.timing import Mark, search
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT, QUICK, reader, unresolved

MOMENT = datetime.fromtimestamp(FakeLedger().time_of(HEIGHT), UTC)


async def height_at(
    *nodes: FakeNode, moment: datetime = MOMENT, quorum: int = 1
) -> int | Unresolved:
    settings = EvmSettings(transport=QUICK, pin_grace_s=0.3, quorum=quorum)
    async with reader([node.url for node in nodes], settings=settings) as asked:
        assert isinstance(asked, ClockedReader)
        return await asked.height_at(moment)


# --- the search itself ------------------------------------------------------------------


def found(times: list[int], moment: int) -> tuple[int, int]:
    """The height that is found, and how many blocks were asked for."""
    steps = search(moment, Mark(len(times) - 1, times[-1]))
    asked, height, result = 0, next(steps), -1
    while result < 0:
        asked += 1
        try:
            height = steps.send(times[height])
        except StopIteration as end:
            result = end.value
    return result, asked


TIMES = st.builds(
    lambda start, gaps: list(accumulate(gaps, initial=start)),
    st.integers(0, 2_000_000_000),
    st.lists(st.sampled_from([0, 1, 2, 12, 13, 900, 10**6]), min_size=1, max_size=3_000),
)


@given(times=TIMES, place=st.integers(0, 2**32))
def test_it_is_the_last_block_at_or_before_the_moment(times: list[int], place: int) -> None:
    if times[-1] == times[0]:
        return
    moment = times[0] + place % (times[-1] - times[0])
    height, asked = found(times, moment)
    assert height == bisect_right(times, moment) - 1
    assert asked <= 4 * len(times).bit_length() + 4


def test_a_steady_ledger_takes_few_requests_although_its_first_block_has_no_time() -> None:
    times = [0, *(1_438_000_000 + 12 * height for height in range(200_000))]
    assert all(found(times, moment)[1] <= 6 for moment in range(times[5], times[-1], 99_999))


@pytest.mark.parametrize("moment", [36, 37])
def test_a_block_may_still_follow_the_tip(moment: int) -> None:
    with pytest.raises(Incapable, match="may still follow") as caught:
        next(search(moment, Mark(3, 36)))
    assert caught.value.reason is Reason.NO_BLOCK


@pytest.mark.parametrize("tip", [0, 5])
def test_before_the_first_block_there_is_none(tip: int) -> None:
    with pytest.raises(Incapable, match="the first block") as caught:
        found([100 + 12 * height for height in range(tip + 1)], 99)
    assert caught.value.reason is Reason.NO_BLOCK


def test_times_that_decrease_are_no_ledger_of_this_family() -> None:
    with pytest.raises(MalformedAnswer, match="after block"):
        found([10, 20, 90, 40, 50], 35)
    falling = [1_000 + 12 * height for height in range(3_000)]
    falling[1_975] = 10**6
    with pytest.raises(MalformedAnswer, match="after block"):
        found(falling, 1_500)


# --- over nodes -------------------------------------------------------------------------


@pytest.mark.parametrize(("later_s", "height"), [(0, HEIGHT), (11, HEIGHT), (12, HEIGHT + 1)])
async def test_nodes_find_the_block(later_s: int, height: int) -> None:
    async with FakeNode(FakeLedger()) as one, FakeNode(FakeLedger()) as two:
        moment = MOMENT + timedelta(seconds=later_s)
        assert await height_at(one, two, moment=moment, quorum=2) == height
        assert one.seen["eth_getBlockByNumber"] <= 6


async def test_a_moment_after_the_tip_has_no_block_yet() -> None:
    async with FakeNode(FakeLedger()) as node:
        told = unresolved(await height_at(node, moment=MOMENT + timedelta(days=1)))
    assert told.reason is Reason.NO_BLOCK
    assert "may still follow" in told.detail
    assert told.attempts


async def test_a_node_of_another_chain_has_no_say() -> None:
    other = FakeLedger(tip=HEIGHT + 5_000)
    async with FakeNode(other, Faults(chain_id=56)) as wrong, FakeNode(FakeLedger()) as good:
        assert unresolved(await height_at(wrong)).reason is Reason.WRONG_CHAIN
        assert wrong.seen["eth_getBlockByNumber"] == 0
        assert await height_at(wrong, good) == HEIGHT


class Hasty(FakeLedger):
    """Its blocks come six seconds earlier."""

    def time_of(self, height: int) -> int:
        return super().time_of(height) - 6


async def test_nodes_that_find_different_blocks_settle_nothing() -> None:
    moment = MOMENT + timedelta(seconds=6)
    async with FakeNode(FakeLedger()) as one, FakeNode(Hasty()) as two:
        told = unresolved(await height_at(one, two, moment=moment, quorum=2))
    assert told.reason is Reason.DISAGREEMENT
    assert f"{HEIGHT + 1:,}" in told.detail


async def test_a_quorum_needs_as_many_that_find_it() -> None:
    async with FakeNode(FakeLedger()) as one, FakeNode(FakeLedger(), Faults(status=403)) as two:
        told = unresolved(await height_at(one, two, quorum=2))
        alone = unresolved(await height_at(one, quorum=2))
    assert told.reason is alone.reason is Reason.NO_ENDPOINT
