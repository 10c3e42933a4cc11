from __future__ import annotations

import pytest

from crawler.liabilities.interface import (
    Check,
    Grade,
    HeldFile,
    LiabilitiesError,
    LiabilitiesResult,
    Outcome,
    Request,
    failed,
    judged,
    not_possible,
    passed,
    root_check,
)


def result(*checks: Check) -> LiabilitiesResult:
    return LiabilitiesResult("x", checks, {}, Grade.CLAIMED, ("nothing",))


def test_one_failed_check_outranks_everything() -> None:
    needed = not_possible("b", "no key", needed=True)
    assert result(passed("a"), needed, failed("c", "wrong")).exit_code == 1


def test_a_needed_check_that_is_not_possible_is_incomplete() -> None:
    assert result(passed("a"), not_possible("b", "no key", needed=True)).exit_code == 3


def test_what_the_system_cannot_show_by_nature_spoils_nothing() -> None:
    assert result(passed("a"), not_possible("b", "never")).exit_code == 0


def test_judged_explains_each_side() -> None:
    assert judged("a", holds=True, detail="x", wrong="y") == passed("a", "x")
    assert judged("a", holds=False, detail="x", wrong="y") == failed("a", "y")


@pytest.mark.parametrize(
    ("root", "expected"),
    [("", Outcome.NOT_POSSIBLE), ("0xAB", Outcome.PASSED), ("ac", Outcome.FAILED)],
)
def test_the_root_is_compared_with_the_one_that_was_given(root: str, expected: Outcome) -> None:
    assert root_check("ab", Request(root=root)).outcome is expected


def test_a_held_file_is_read_again_and_again_and_within_its_limit() -> None:
    file = HeldFile("x", b"abc")
    assert b"".join(file.chunks()) == b"".join(file.chunks()) == file.read() == b"abc"
    with pytest.raises(LiabilitiesError, match="longer than 2 bytes"):
        file.read(2)
