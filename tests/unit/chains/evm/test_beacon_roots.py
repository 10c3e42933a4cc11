"""EIP-4788: what the ring of times shows of a state."""

from __future__ import annotations

import pytest

from chains.errors import Incapable, MalformedAnswer, Throttled, UnresolvedReason, WrongState
from chains.evm.beacon_roots import Bounds, names_beacon_root, require_times, time_requests

OWN = 1_700_000_003
NEXT = OWN + 12
WRAP = 8191
NEITHER = Bounds(not_older=False, not_later=False)


def _words(*words: int) -> list[object]:
    return [f"0x{word:064x}" for word in words]


def test_the_slots_are_those_of_the_times() -> None:
    (own, after) = time_requests([OWN, NEXT], "0x10")
    contract = "0x000f3df6d732807ef1319fb7b8bb8522d0beac02"
    assert own.params == (contract, f"0x{OWN % WRAP:064x}", "0x10")
    assert after.params == (contract, f"0x{NEXT % WRAP:064x}", "0x10")


@pytest.mark.parametrize(
    ("words", "bounds"),
    [
        ((OWN, 0), Bounds(not_older=True, not_later=True)),
        ((OWN, NEXT - 12 * WRAP), Bounds(not_older=True, not_later=True)),
        ((0, 0), NEITHER),
        ((OWN + 5, 0), NEITHER),  # no time that belongs there: another contract
        ((OWN,), Bounds(not_older=True, not_later=False)),
    ],
)
def test_what_the_words_show(words: tuple[int, ...], bounds: Bounds) -> None:
    assert require_times(_words(*words), [OWN, NEXT][: len(words)], is_due=True) == bounds


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((OWN, NEXT), "later"),
        ((0, NEXT), "later"),
        ((OWN, NEXT + 12 * WRAP), "later"),
        ((OWN + 12 * WRAP, NEXT + 12 * WRAP), "later"),
        ((OWN - 12 * WRAP, 0), "older"),
    ],
)
def test_other_states_are_caught(words: tuple[int, ...], said: str) -> None:
    with pytest.raises(WrongState, match=said):
        require_times(_words(*words), [OWN, NEXT], is_due=True)


def test_earlier_time_is_no_lie_where_none_was_due() -> None:
    words = _words(OWN - 12 * WRAP, NEXT - 12 * WRAP)
    assert require_times(words, [OWN, NEXT], is_due=False) == NEITHER


def test_next_block_of_the_same_second_shows_nothing() -> None:
    bounds = require_times(_words(OWN, OWN), [OWN, OWN], is_due=True)
    assert bounds == Bounds(not_older=True, not_later=False)


def test_node_without_the_method_shows_nothing_and_other_errors_are_raised() -> None:
    lacking = Incapable("no", reason=UnresolvedReason.NO_METHOD)
    assert require_times([lacking, lacking], [OWN, NEXT], is_due=True) == NEITHER
    with pytest.raises(Throttled):
        require_times([Throttled("slow down"), "0x0"], [OWN, NEXT], is_due=True)
    with pytest.raises(MalformedAnswer):
        require_times([None, "0x0"], [OWN, NEXT], is_due=True)


@pytest.mark.parametrize(
    ("root", "named"), [(None, False), ("0x", False), ("0x" + "00" * 32, False), ("0x01", True)]
)
def test_whether_a_block_names_a_beacon_root(root: str | None, named: bool) -> None:
    assert names_beacon_root({} if root is None else {"parentBeaconBlockRoot": root}) is named
