from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.transport.controls import CHUNK_SUCCESSES, ChunkSize, Rate, Window
from tests.fakes.surroundings import FakeTime


def _rate(per_s: float | None, time: FakeTime) -> Rate:
    return Rate(per_s, clock=time.clock, sleep=time.sleep)


async def test_rate_lets_a_burst_through_and_then_waits() -> None:
    time = FakeTime()
    rate = _rate(5, time)
    started = time.now
    for _ in range(5):
        await rate.take(1)
    assert time.slept == []
    for _ in range(10):
        await rate.take(1)
    assert time.now - started == pytest.approx(2)


async def test_members_of_a_batch_count_one_by_one() -> None:
    time = FakeTime()
    rate = _rate(10, time)
    started = time.now
    for _ in range(3):
        await rate.take(50)
    # The first goes out at once and leaves a debt of 40; each further one waits for the last.
    assert time.now - started == pytest.approx(10)


async def test_unlimited_rate_never_waits_but_for_a_pause() -> None:
    time = FakeTime()
    rate = _rate(None, time)
    await rate.take(1_000_000)
    assert time.slept == []
    rate.pause(7)
    rate.pause(3)
    assert rate.paused_for_s == 7
    await rate.take(1)
    assert time.slept == [7]
    assert rate.paused_for_s == 0


@given(counts=st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_rate_is_never_exceeded_in_the_long_run(counts: list[int]) -> None:
    async def run() -> None:
        time = FakeTime()
        rate = _rate(10, time)
        started = time.now
        for count in counts:
            await rate.take(count)
        allowed = 10 + 10 * (time.now - started)
        assert sum(counts) - counts[-1] <= allowed + 1e-6

    asyncio.run(run())


async def test_window_holds_back_what_is_too_much() -> None:
    window = Window(start=2, maximum=8)
    inside = 0
    most = 0
    release = asyncio.Event()

    async def work() -> None:
        nonlocal inside, most
        async with window:
            inside += 1
            most = max(most, inside)
            await release.wait()
            inside -= 1

    tasks = [asyncio.create_task(work()) for _ in range(6)]
    await asyncio.sleep(0.01)
    assert inside == 2
    release.set()
    await asyncio.gather(*tasks)
    assert most == 2
    assert window.under_way == 0


def test_window_widens_by_one_per_window_and_halves() -> None:
    window = Window(start=4, maximum=6)
    for _ in range(5):
        window.widen()
    assert window.limit == 5
    for _ in range(100):
        window.widen()
    assert window.limit == 6
    window.narrow()
    assert window.limit == 3
    for _ in range(10):
        window.narrow()
    assert window.limit == 1


async def test_cancelled_waiter_passes_its_turn_on() -> None:
    window = Window(start=1, maximum=1)
    order: list[str] = []

    async def work(name: str) -> None:
        async with window:
            order.append(name)

    async with window:
        first = asyncio.create_task(work("first"))
        second = asyncio.create_task(work("second"))
        await asyncio.sleep(0)
    # The slot is free and promised to the first, which is cancelled before it can take it.
    first.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert order == ["second"]
    assert window.under_way == 0


async def test_waiter_cancelled_in_the_queue_leaves_it() -> None:
    window = Window(start=1, maximum=1)
    async with window:
        waiting = asyncio.create_task(window.__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with window:
        assert window.under_way == 1


def test_chunk_shrinks_and_creeps_back() -> None:
    chunk = ChunkSize(start=100, maximum=100)
    chunk.shrink(50)
    assert chunk.limit == 50
    chunk.shrink(80)
    assert chunk.limit == 50
    for _ in range(CHUNK_SUCCESSES):
        chunk.succeeded(50)
    assert chunk.limit == 55
    for _ in range(100 * CHUNK_SUCCESSES):
        chunk.succeeded(1_000)
    assert chunk.limit == 100
    chunk.shrink(0)
    assert chunk.limit == 1


def test_small_last_pieces_prove_nothing_about_the_limit() -> None:
    chunk = ChunkSize(start=50, maximum=100)
    for _ in range(10 * CHUNK_SUCCESSES):
        chunk.succeeded(49)
    assert chunk.limit == 50
