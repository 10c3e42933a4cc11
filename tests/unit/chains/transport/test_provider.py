"""What every provider shares; `test_endpoint` tests most of it through JSON-RPC."""

from __future__ import annotations

import asyncio

import pytest

from chains.errors import MalformedAnswer, ProviderError, Throttled, TooLarge, TransportFailure
from chains.errors import UnresolvedReason as Reason
from chains.transport.provider import Provider
from chains.transport.settings import TransportSettings
from tests.fakes.surroundings import FakeTime


def provider(time: FakeTime, **limits: float) -> Provider:
    settings = TransportSettings(**{"tries": 3, **limits})  # type: ignore[arg-type]
    return Provider("it", settings, time.surroundings())


async def test_what_fails_in_passing_is_tried_again_and_written_down() -> None:
    time, journal = FakeTime(), []  # type: ignore[var-annotated]
    faults = [TransportFailure("one"), MalformedAnswer("two")]

    async def exchange(timeout_s: float) -> str:
        assert timeout_s == TransportSettings().call_timeout_s
        if faults:
            raise faults.pop(0)
        return "value"

    asked = provider(time)
    assert await asked.persist(exchange, requests=1, journal=journal) == "value"
    assert journal == ["it: one", "it: two"]
    assert len(time.slept) == 2
    assert asked.out is None


async def test_what_cannot_get_better_is_raised_at_once() -> None:
    time = FakeTime()

    async def exchange(_: float) -> str:
        raise TooLarge("no")

    with pytest.raises(TooLarge):
        await provider(time).persist(exchange, requests=1, journal=[])
    assert not time.slept


async def test_after_strikes_in_a_row_a_provider_is_left() -> None:
    asked = provider(FakeTime(), tries=1, strikes=2)

    async def exchange(_: float) -> str:
        raise TransportFailure("down")

    for out in (False, True):
        with pytest.raises(TransportFailure):
            await asked.persist(exchange, requests=1, journal=[])
        assert (asked.out is not None) is out


async def test_a_throttle_narrows_the_window_and_pauses_the_rate() -> None:
    time = FakeTime()
    asked = provider(time, throttle_tries=2)
    before = asked.window.limit
    answers = [Throttled("slow down", retry_after_s=7), None]

    async def exchange(_: float) -> str:
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        return "value"

    assert await asked.persist(exchange, requests=1, journal=[]) == "value"
    assert asked.window.limit < before
    assert sum(time.slept) >= 7
    assert asked.counters.throttled == 1


async def test_a_throttle_that_is_over_by_its_own_word_is_waited_for_all_the_same() -> None:
    time = FakeTime()
    asked = provider(time, throttle_tries=4)

    async def exchange(_: float) -> str:
        raise Throttled("slow down", retry_after_s=0)

    with pytest.raises(Throttled):
        await asked.persist(exchange, requests=1, journal=[])
    assert len(time.slept) == 3
    assert all(seconds > 0 for seconds in time.slept)


async def test_a_passed_deadline_ends_it() -> None:
    time = FakeTime()
    asked = provider(time, deadline_s=5)
    time.now += 5

    async def exchange(_: float) -> str:
        raise AssertionError("never asked")

    with pytest.raises(ProviderError) as caught:
        await asked.persist(exchange, requests=1, journal=[])
    assert caught.value.reason is Reason.DEADLINE


async def test_a_provider_that_cooled_off_is_tried_once_and_comes_back() -> None:
    time = FakeTime()
    asked = provider(time, tries=1, strikes=1, cool_off_s=30)
    is_down = True

    async def exchange(_: float) -> str:
        if is_down:
            raise TransportFailure("down")
        return "value"

    async def fail() -> None:
        with pytest.raises(TransportFailure):
            await asked.persist(exchange, requests=1, journal=[])

    await fail()
    time.now += 30
    assert asked.out is None
    await fail()  # the trial: twice as long now
    time.now += 30
    assert str(asked.out) == "down"
    time.now += 30
    is_down = False
    assert await asked.persist(exchange, requests=1, journal=[]) == "value"
    assert asked.health().standing == "in use"


async def test_a_trial_holds_off_other_calls_until_it_is_over() -> None:
    time = FakeTime()
    asked = provider(time, tries=1, strikes=1, cool_off_s=30)
    under_way = asyncio.Event()

    async def fail(_: float) -> str:
        raise TransportFailure("down")

    async def hang(_: float) -> str:
        under_way.set()
        await asyncio.Event().wait()
        raise AssertionError("never set")

    with pytest.raises(TransportFailure):
        await asked.persist(fail, requests=1, journal=[])
    time.now += 30
    trial = asyncio.create_task(asked.persist(hang, requests=1, journal=[]))
    await under_way.wait()
    assert asked.out is not None
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    assert asked.out is None


async def test_a_refusal_is_an_answer() -> None:
    asked = provider(FakeTime(), tries=1, strikes=2)
    errors: list[ProviderError] = [TransportFailure("down"), TooLarge("no"), TransportFailure("x")]

    async def exchange(_: float) -> str:
        raise errors.pop(0)

    while errors:
        with pytest.raises(ProviderError):
            await asked.persist(exchange, requests=1, journal=[])
    assert asked.out is None


async def test_what_went_by_is_counted_by_class() -> None:
    time = FakeTime()
    asked = provider(time)
    faults = [TransportFailure("one"), TransportFailure("two")]

    async def exchange(_: float) -> str:
        time.now += 2
        if faults:
            raise faults.pop(0)
        return "value"

    await asked.persist(exchange, requests=1, journal=[])
    health = asked.health()
    assert health.failures == (("TransportFailure", 2),)
    assert (health.retries, health.throttled) == (2, 0)
    # A call that fails at once says nothing about how long an answer takes.
    assert (health.p50_s, health.p95_s) == (2, 2)
