from __future__ import annotations

import multiprocessing
from hashlib import sha256

import pytest

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict
from chains.verdicts import Reason, verdict
from crawler import verdict_board
from crawler.block_judge import Judge
from crawler.verdict_board import (
    GROUPS,
    SLOT_SIZE,
    SLOTS_IN_GROUP,
    Shared,
    VerdictBoard,
    new_board,
)

PROVEN = verdict(Reason.ADDRESS_SIGNED, "evm-okx", "a message")
FAILED = verdict(Reason.WRONG_SIGNER)
RULE = OwnershipRule("ethereum", "evm", ("evm-okx",), ("a message",), {})


def key(number: int) -> bytes:
    return sha256(number.to_bytes(8, "big")).digest()


def key_in_first_group(number: int) -> bytes:
    return bytes(4) + key(number)[4:]


@pytest.fixture
def shared() -> Shared:
    return new_board(multiprocessing.get_context("spawn"))


def test_a_verdict_is_found_by_workers_that_know_its_kind(shared: Shared) -> None:
    first, second = VerdictBoard(shared), VerdictBoard(shared)
    assert first.find(key(1)) is None
    first.post([(key(1), PROVEN), (key(2), FAILED)])
    assert first.find(key(1)) is PROVEN
    assert second.find(key(1)) is None  # it has not met a verdict like this yet
    second.post([(key(3), PROVEN)])
    assert second.find(key(1)) is PROVEN
    assert second.find(key(2)) is None
    assert first.find(key(3)) is PROVEN


def test_a_slot_that_is_half_written_says_nothing(shared: Shared) -> None:
    worker = VerdictBoard(shared)
    worker.post([(key_in_first_group(1), PROVEN)])
    memory = memoryview(shared[0]).cast("B")
    whole = bytes(memory[:SLOT_SIZE])
    for written in range(SLOT_SIZE):
        memory[:SLOT_SIZE] = whole[:written] + bytes(SLOT_SIZE - written)
        assert worker.find(key_in_first_group(1)) is None
    memory[:SLOT_SIZE] = whole
    assert worker.find(key_in_first_group(1)) is PROVEN


def test_a_slot_is_written_once_and_a_full_group_takes_no_more(shared: Shared) -> None:
    worker = VerdictBoard(shared)
    worker.post([(key_in_first_group(number), PROVEN) for number in range(SLOTS_IN_GROUP + 1)])
    before = bytes(shared[0])
    worker.post([(key_in_first_group(number), FAILED) for number in range(SLOTS_IN_GROUP + 1)])
    assert bytes(shared[0]) == before
    found = [worker.find(key_in_first_group(number)) for number in range(SLOTS_IN_GROUP + 1)]
    assert found == [PROVEN] * SLOTS_IN_GROUP + [None]
    assert len(before) == GROUPS * SLOTS_IN_GROUP * SLOT_SIZE


def test_one_verdict_too_many_is_kept_to_oneself(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict_board, "VERDICTS_KEPT", 1)
    worker = VerdictBoard(shared)
    worker.post([(key(1), PROVEN), (key(2), FAILED)])
    assert worker.find(key(1)) is PROVEN
    assert worker.find(key(2)) is None


def test_a_judge_takes_the_word_of_another_one(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def row(number: int, message: str = "a message") -> OwnershipMaterial:
        return OwnershipMaterial(f"0x{number:040x}", message, "0x00", "", "", "", "", "")

    first, second = Judge(VerdictBoard(shared)), Judge(VerdictBoard(shared))
    told = first.verdict(RULE, row(1))
    first.tell()
    assert second.verdict(RULE, row(2)) == told
    second.tell()

    def refuse(_row: OwnershipMaterial) -> OwnershipVerdict:
        raise AssertionError("verified again")

    known = second._learn(RULE)
    monkeypatch.setitem(second._known, id(RULE), known._replace(verifier=refuse))
    assert second.verdict(RULE, row(1)) == told
    with pytest.raises(AssertionError, match="verified again"):
        second.verdict(RULE, row(3))
    with pytest.raises(AssertionError, match="verified again"):
        second.verdict(RULE, row(1, "another message"))
