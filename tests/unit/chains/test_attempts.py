from __future__ import annotations

from chains.attempts import ATTEMPTS_KEPT, attempts_of, telling
from chains.errors import Incapable, TransportFailure, WrongState


def test_long_journals_keep_both_ends() -> None:
    lines = [str(number) for number in range(100)]
    kept = attempts_of(lines)
    assert len(kept) == ATTEMPTS_KEPT + 1
    assert (kept[0], kept[-1]) == ("0", "99")
    assert attempts_of(lines[:3]) == ("0", "1", "2")


def test_a_reason_that_speaks_of_the_server_tells_more_than_a_lost_connection() -> None:
    errors = [TransportFailure("cut"), Incapable("pruned"), WrongState("another block")]
    assert [str(one) for one in sorted(errors, key=telling)] == ["another block", "pruned", "cut"]
