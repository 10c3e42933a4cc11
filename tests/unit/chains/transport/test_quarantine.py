from __future__ import annotations

import pytest

from chains.errors import ProviderError, Throttled, TransportFailure, WrongState
from chains.transport.quarantine import LONGEST_COOL_OFF_S, Quarantine, Standing
from tests.fakes.surroundings import FakeTime

COOL_OFF_S = 30.0


def made(time: FakeTime, strikes: int = 1) -> Quarantine:
    return Quarantine(strikes=strikes, cool_off_s=COOL_OFF_S, clock=time.clock)


def fail(quarantine: Quarantine, error: ProviderError | None = None) -> None:
    is_trial = quarantine.begin()
    quarantine.failed(error or TransportFailure("down"), is_trial=is_trial)
    if is_trial:
        quarantine.end_trial()


def test_only_so_many_failures_in_a_row_send_a_provider_away() -> None:
    quarantine = made(FakeTime(), strikes=2)
    fail(quarantine)
    quarantine.answered()
    fail(quarantine)
    assert (quarantine.why, quarantine.standing) == (None, Standing.IN_USE)
    fail(quarantine)
    assert str(quarantine.why) == "down"
    assert quarantine.standing is Standing.COOLING


def test_after_its_cool_off_it_may_be_tried_by_one_call() -> None:
    time = FakeTime()
    quarantine = made(time)
    fail(quarantine)
    time.now += COOL_OFF_S - 1
    assert not quarantine.begin()
    assert str(quarantine.why) == "down"
    time.now += 1
    assert (quarantine.why, quarantine.standing) == (None, Standing.COOLING)
    assert quarantine.begin()
    assert str(quarantine.why) == "down"  # one at a time
    assert not quarantine.begin()
    quarantine.answered()
    quarantine.end_trial()
    assert (quarantine.why, quarantine.standing) == (None, Standing.IN_USE)


def test_a_trial_that_is_given_up_leaves_the_door_half_open() -> None:
    time = FakeTime()
    quarantine = made(time)
    fail(quarantine)
    time.now += COOL_OFF_S
    assert quarantine.begin()
    quarantine.end_trial()
    assert quarantine.why is None
    assert quarantine.begin()


def test_each_failed_trial_doubles_the_cool_off_up_to_a_limit() -> None:
    time = FakeTime()
    quarantine = made(time)
    fail(quarantine)
    pauses = []
    for _ in range(7):
        began = time.now
        while quarantine.why is not None:
            time.now += 10
        pauses.append(time.now - began)
        fail(quarantine)
    assert pauses == [30, 60, 120, 240, 480, LONGEST_COOL_OFF_S, LONGEST_COOL_OFF_S]


def test_calls_that_were_under_way_do_not_prolong_it_but_may_end_it() -> None:
    time = FakeTime()
    quarantine = made(time)
    fail(quarantine)
    fail(quarantine, TransportFailure("another"))
    assert str(quarantine.why) == "down"
    time.now += COOL_OFF_S
    assert quarantine.why is None
    quarantine.answered()
    assert quarantine.standing is Standing.IN_USE


def test_the_provider_s_own_figure_counts_when_it_is_longer() -> None:
    time = FakeTime()
    quarantine = made(time)
    fail(quarantine, Throttled("later", retry_after_s=90))
    time.now += 89
    assert quarantine.why is not None
    time.now += 1
    assert quarantine.why is None


@pytest.mark.parametrize("is_cooling", [False, True])
def test_who_lied_stays_out(is_cooling: bool) -> None:
    time = FakeTime()
    quarantine = made(time)
    if is_cooling:
        fail(quarantine)
    quarantine.leave(WrongState("another chain"))
    quarantine.leave(WrongState("again"))
    time.now += 10 * LONGEST_COOL_OFF_S
    quarantine.answered()
    assert str(quarantine.why) == str(quarantine.reason) == "another chain"
    assert quarantine.standing is Standing.LEFT
