"""Nothing here waits for time to pass: what is slow never answers."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import pytest

from chains.transport.health import Latency
from chains.transport.hedging import ENOUGH_CALLS, Hedging, first_good


@dataclass
class Script:
    """Questions whose answers are scripted; `events` says what became of them."""

    events: list[str] = field(default_factory=list)
    begun: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def answer(self, name: str, value: int) -> int:
        self.events.append(f"{name} asked")
        await asyncio.sleep(0)
        return value

    async def hang(self, name: str) -> int:
        self.events.append(f"{name} asked")
        self.begun.release()
        try:
            await asyncio.Event().wait()
            raise AssertionError("never set")
        finally:
            await asyncio.sleep(0)  # closing takes a turn of the loop
            self.events.append(f"{name} closed")

    async def fault(self) -> int:
        await asyncio.sleep(0)
        raise ZeroDivisionError


async def race(
    first: Coroutine[None, None, int],
    second: Coroutine[None, None, int] | None,
    after_s: float | None = 0.0,
) -> list[int]:
    return await first_good(first, lambda: second, after_s=after_s, is_good=lambda value: value > 0)


async def test_a_quick_answer_is_asked_for_once() -> None:
    script = Script()
    second = script.answer("second", 2)
    assert await race(script.answer("first", 1), second, after_s=None) == [1]
    second.close()
    assert script.events == ["first asked"]


async def test_a_slow_one_is_cancelled_and_over_when_another_answers() -> None:
    script = Script()
    assert await race(script.hang("first"), script.answer("second", 2)) == [2]
    assert script.events == ["first asked", "second asked", "first closed"]


async def test_the_slow_one_may_still_win() -> None:
    script = Script()
    late = asyncio.Event()

    async def first() -> int:
        await late.wait()
        return 1

    async def second() -> int:
        late.set()
        return await script.hang("second")

    assert await race(first(), second()) == [1]
    assert script.events == ["second asked", "second closed"]


@pytest.mark.parametrize("first_value", [1, -1])
async def test_a_bad_answer_does_not_end_the_other(first_value: int) -> None:
    seen = asyncio.Event()

    async def first() -> int:
        await seen.wait()
        return first_value

    def is_good(value: int) -> bool:
        seen.set()
        return value > 0

    second = Script().answer("second", -2)
    answers = await first_good(first(), lambda: second, after_s=0, is_good=is_good)
    assert answers == [-2, first_value]


async def test_there_may_be_nobody_else_to_ask() -> None:
    script = Script()
    assert await race(script.answer("first", 1), None) == [1]


async def test_a_fault_of_ours_ends_both_and_is_raised() -> None:
    script = Script()
    with pytest.raises(ZeroDivisionError):
        await race(script.hang("first"), script.fault())
    assert script.events == ["first asked", "first closed"]


async def test_whoever_cancels_the_race_cancels_both() -> None:
    script = Script()
    task = asyncio.create_task(race(script.hang("first"), script.hang("second")))
    await script.begun.acquire()
    await script.begun.acquire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(script.events[2:]) == ["first closed", "second closed"]


def latency(*seconds: float) -> Latency:
    made = Latency()
    for one in seconds:
        made.add(one)
    return made


def test_nothing_is_slow_before_enough_is_known() -> None:
    hedging = Hedging(one_in=20, least_s=0.5)
    assert hedging.after_s(latency(*[1] * (ENOUGH_CALLS - 1))) is None
    assert hedging.after_s(latency(*[1] * ENOUGH_CALLS)) == 1
    assert hedging.after_s(latency(*[0.01] * ENOUGH_CALLS)) == 0.5
    assert hedging.after_s(latency(*[1] * 95, *[9] * 5)) == 1


def test_at_most_the_share_is_asked_twice() -> None:
    hedging, known = Hedging(one_in=20, least_s=0), latency(*[1] * ENOUGH_CALLS)
    spent = 0
    for _ in range(1_000):
        assert hedging.after_s(known) == 1
        spent += hedging.spend()
    assert spent == 1_000 // 20 + 1


def test_a_quiet_time_saves_up_only_a_few() -> None:
    hedging = Hedging(one_in=20, least_s=0)
    for _ in range(10_000):
        hedging.after_s(Latency())
    assert sum(hedging.spend() for _ in range(100)) == 4


def test_it_can_be_switched_off() -> None:
    assert Hedging(one_in=0, least_s=0).after_s(latency(*[1] * ENOUGH_CALLS)) is None
