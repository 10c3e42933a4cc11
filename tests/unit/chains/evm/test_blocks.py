from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chains.errors import Incapable, MalformedAnswer, UnresolvedReason, WrongState
from chains.evm.blocks import (
    Block,
    Reference,
    block_reference,
    parse_block,
    require_height,
    require_same,
)

GOOD: dict[str, Any] = {
    "number": "0x10",
    "hash": "0x" + "AB" * 32,
    "parentHash": "0x" + "cd" * 32,
    "timestamp": "0x5",
    "miner": None,
}
BLOCK = Block(16, b"\xab" * 32, b"\xcd" * 32, 5)


def test_block_is_read() -> None:
    assert parse_block(GOOD) == BLOCK


def test_point_has_lower_case_hash_and_aware_time() -> None:
    point = BLOCK.point("ethereum")
    assert point.network == "ethereum"
    assert point.height == 16
    assert point.block_hash == "0x" + "ab" * 32
    assert point.block_time == datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)


def test_null_is_no_block() -> None:
    with pytest.raises(Incapable) as caught:
        parse_block(None)
    assert caught.value.reason is UnresolvedReason.NO_BLOCK


@pytest.mark.parametrize("member", ["number", "hash", "parentHash", "timestamp"])
@pytest.mark.parametrize("value", [None, "", "0x", 5, "0xzz", "0x" + "1" * 65, []])
def test_ill_typed_member_is_malformed(member: str, value: object) -> None:
    with pytest.raises(MalformedAnswer):
        parse_block(GOOD | {member: value})


@pytest.mark.parametrize("member", ["number", "hash", "parentHash", "timestamp"])
def test_missing_member_is_malformed(member: str) -> None:
    with pytest.raises(MalformedAnswer):
        parse_block({name: value for name, value in GOOD.items() if name != member})


@pytest.mark.parametrize("value", [[], "0x1", 5, True])
def test_what_is_no_object_is_no_block(value: object) -> None:
    with pytest.raises(MalformedAnswer):
        parse_block(value)


def test_time_in_milliseconds_is_refused() -> None:
    with pytest.raises(MalformedAnswer, match="timestamp"):
        parse_block(GOOD | {"timestamp": hex(2**40)})


def test_other_height_is_a_wrong_state() -> None:
    assert require_height(BLOCK, 16) is BLOCK
    with pytest.raises(WrongState):
        require_height(BLOCK, 17)


@pytest.mark.parametrize(
    "other",
    [
        Block(17, BLOCK.hash, BLOCK.parent_hash, BLOCK.time),
        Block(16, bytes(32), BLOCK.parent_hash, BLOCK.time),
        Block(16, BLOCK.hash, bytes(32), BLOCK.time),
        Block(16, BLOCK.hash, BLOCK.parent_hash, 6),
    ],
)
def test_block_that_differs_in_any_member_is_a_wrong_state(other: Block) -> None:
    require_same(BLOCK, BLOCK)
    with pytest.raises(WrongState):
        require_same(other, BLOCK)


def test_reference_is_a_canonical_hash_or_a_number() -> None:
    block = Block(20_000_000, b"\x01" * 32, b"\x02" * 32, 1_700_000_000)
    assert block_reference(block, Reference.HASH) == {
        "blockHash": f"0x{block.hash.hex()}",
        "requireCanonical": True,
    }
    assert block_reference(block, Reference.NUMBER) == "0x1312d00"
