from __future__ import annotations

from typing import Any

import pytest

from chains.errors import MalformedAnswer, WrongState
from chains.evm.beacon_answers import (
    BeaconBlock,
    genesis_time,
    number,
    parse_block,
    parse_validators,
    pending_by_index,
    pending_by_key,
)

KEY, OTHER = bytes([1]) * 48, bytes([2]) * 48
CREDENTIALS = "0x01" + "00" * 11 + "aa" * 20


def entry(key: bytes = KEY, **changed: object) -> dict[str, Any]:
    described = {"pubkey": f"0x{key.hex()}", "withdrawal_credentials": CREDENTIALS}
    return {
        "index": "7", "balance": "32000000001", "status": "active_ongoing",
        "validator": described, **changed,
    }  # fmt: skip


def answer(*entries: object, **changed: object) -> dict[str, Any]:
    return {"execution_optimistic": False, "finalized": True, "data": list(entries), **changed}


def test_validators_by_key_and_those_that_are_not_there() -> None:
    found = parse_validators(answer(entry()), [KEY, OTHER])
    assert list(found) == [KEY]
    assert (found[KEY].number, found[KEY].balance) == (7, 32_000_000_001)
    assert found[KEY].credentials.hex() == CREDENTIALS[2:]


@pytest.mark.parametrize(
    "wrong",
    [
        None, [], answer(data=None), answer(None), answer(entry(), entry()), answer(entry(OTHER)),
        answer(entry(balance=32)), answer(entry(balance="-1")), answer(entry(balance="1.5")),
        answer(entry(balance="9" * 30)), answer(entry(index=None)), answer(entry(validator=None)),
        answer(entry(validator={"pubkey": "0x00", "withdrawal_credentials": CREDENTIALS})),
        answer(entry(validator={"pubkey": f"0x{KEY.hex()}", "withdrawal_credentials": "0x01"})),
    ],
)  # fmt: skip
def test_anything_else_is_malformed(wrong: object) -> None:
    with pytest.raises(MalformedAnswer):
        parse_validators(wrong, [KEY])


def test_an_optimistic_answer_is_of_no_known_state() -> None:
    for parse in (lambda a: parse_validators(a, [KEY]), pending_by_key, parse_block):
        with pytest.raises(WrongState, match="optimistic"):
            parse(answer(execution_optimistic=True))


@pytest.mark.parametrize("payload", ["execution_payload_header", "execution_payload"])
def test_a_block_names_the_execution_block_it_carries(payload: str) -> None:
    message = {
        "slot": "5",
        "state_root": "0x" + "11" * 32,
        "body": {payload: {"block_hash": "0x" + "22" * 32}},
    }
    found = parse_block({"data": {"message": message}})
    assert found == BeaconBlock(5, b"\x11" * 32, b"\x22" * 32)
    with pytest.raises(MalformedAnswer):
        parse_block({"data": {"message": {**message, "body": {}}}})


def test_queues_are_summed() -> None:
    key = f"0x{KEY.hex()}"
    deposits = answer({"pubkey": key, "amount": "5"}, {"pubkey": key, "amount": "6"})
    assert pending_by_key(deposits) == {KEY: 11}
    assert pending_by_index(answer({"validator_index": "7", "amount": "3"})) == {7: 3}
    with pytest.raises(MalformedAnswer):
        pending_by_index(answer(data={}))


def test_numbers_and_genesis() -> None:
    assert genesis_time({"data": {"genesis_time": "1606824023"}}) == 1606824023
    for wrong in (5, "", "٣", "0x5", "1e9", None):
        with pytest.raises(MalformedAnswer):
            number(wrong)
