from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import MalformedAnswer, WrongState
from chains.tron import logs
from chains.tron.logs import Log, Window
from tests.fakes.tron_node import TOKEN, Event

WINDOW = Window(5, 9)
A, B, C = (bytes(19) + bytes((number,)) for number in (1, 2, 3))


def party(one: bytes) -> bytes:
    return one.rjust(32, b"\0")


def transfer(source: bytes, target: bytes, amount: int, height: int = 7, place: int = 0) -> Log:
    topics = (logs.TRANSFER, party(source), party(target))
    return Log(height, ("00", place), topics, amount.to_bytes(32, "big"))


def shown(**members: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    event = Event(7, 0, TOKEN, [logs.TRANSFER, party(A), party(B)], bytes(31) + b"\x05")
    return event.shown() | members


def parse(*some: dict[str, Any]) -> list[Log]:
    return logs.parse(list(some), TOKEN[1:], WINDOW, (logs.TRANSFER,))


def test_topics_are_those_of_the_published_events() -> None:
    assert logs.TRANSFER.hex().startswith("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a116")


def test_a_log_is_read() -> None:
    (log,) = parse(shown())
    assert (log.height, log.data[-1]) == (7, 5)
    assert logs.transfer_parties(log) == (A, B)


@pytest.mark.parametrize(
    "members",
    [{"removed": True}, {"address": f"0x{A.hex()}"}, {"blockNumber": "0x4"},
     {"blockNumber": "0xa"}, {"blockNumber": 7}, {"topics": []}, {"topics": [f"0x{A.hex()}"]},
     {"topics": [f"0x{bytes(32).hex()}"]}, {"data": "zz"}, {"data": None}, {"logIndex": "7"}],
    ids=str,
)  # fmt: skip
def test_a_log_that_was_not_asked_for_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswer):
        parse(shown(**members))


def test_a_log_that_comes_twice_is_refused() -> None:
    with pytest.raises(MalformedAnswer):
        parse(shown(), shown())


def test_a_transfer_between_two_that_are_asked_must_be_found_from_both_ends() -> None:
    asked = frozenset({A, B})
    log = transfer(A, B, 5)
    assert logs.merged([log], [log], asked) == [log]
    for sent, received in (([log], []), ([], [log])):
        with pytest.raises(WrongState):
            logs.merged(sent, received, asked)
    outside = transfer(A, C, 5)
    assert logs.merged([outside], [], asked) == [outside]
    with pytest.raises(WrongState):
        logs.merged([], [outside], asked)


moves = st.lists(
    st.tuples(st.sampled_from((A, B, C)), st.sampled_from((A, B, C)), st.integers(0, 2**128),
              st.integers(5, 9)), max_size=20
)  # fmt: skip


@given(moves, st.integers(5, 9))
def test_transfers_keep_the_sum_and_only_those_up_to_the_block_count(
    made: list[tuple[bytes, bytes, int, int]], last: int
) -> None:
    events = [transfer(*one[:3], height=one[3], place=place) for place, one in enumerate(made)]
    found = logs.changes(events, last)
    truth = {A: 0, B: 0, C: 0}
    for source, target, amount, height in made:
        if height <= last:
            truth[source] -= amount
            truth[target] += amount
    assert {one: found.amounts.get(one, 0) for one in truth} == truth
    assert sum(found.amounts.values()) == 0


def test_supply_and_destroyed_funds() -> None:
    amount = (7).to_bytes(32, "big")
    events = [
        Log(6, ("", 0), (logs.ISSUE,), (9).to_bytes(32, "big")),
        Log(6, ("", 1), (logs.REDEEM,), (2).to_bytes(32, "big")),
        Log(6, ("", 2), (logs.DESTROYED, party(A)), amount),
        Log(6, ("", 3), (logs.DESTROYED,), party(B) + amount),
        Log(6, ("", 4), (logs.OWNERSHIP, party(B), party(C)), b""),
    ]
    found = logs.changes(events, 9)
    assert found.owner == 7
    assert found.amounts == {A: -7, B: -7}
    assert found.owners == {B, C}


def test_an_event_that_is_a_second_name_of_a_transfer_counts_once() -> None:
    """Tokens that burn and mint by a Transfer to or from nobody, and emit Tether's events too."""
    amount = (7).to_bytes(32, "big")
    burnt = [
        Log(6, ("a", 0), (logs.TRANSFER, party(A), bytes(32)), amount),
        Log(6, ("a", 1), (logs.DESTROYED, party(A)), amount),
    ]
    assert logs.changes(burnt, 9).amounts[A] == -7
    assert logs.changes([burnt[0], burnt[1]._replace(place=("b", 1))], 9).amounts[A] == -14
    minted = [
        Log(6, ("c", 0), (logs.TRANSFER, bytes(32), party(B)), amount),
        Log(6, ("c", 1), (logs.ISSUE,), amount),
    ]
    found = logs.changes(minted, 9)
    assert (found.amounts[B], found.owner) == (7, 0)


@pytest.mark.parametrize(
    "log",
    [Log(6, ("", 0), (logs.TRANSFER, party(A)), bytes(32)),
     Log(6, ("", 0), (logs.TRANSFER, party(A), party(B)), bytes(31)),
     Log(6, ("", 0), (logs.ISSUE,), b""),
     Log(6, ("", 0), (logs.DESTROYED,), bytes(32))],
)  # fmt: skip
def test_events_of_another_shape_are_refused(log: Log) -> None:
    with pytest.raises(MalformedAnswer):
        logs.changes([log], 9)
