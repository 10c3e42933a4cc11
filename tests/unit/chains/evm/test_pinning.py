from __future__ import annotations

import pytest

from chains.adapter import SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason as Reason
from chains.evm.settings import EvmSettings
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT, QUICK, point, reader, unresolved


async def _pin(*nodes: FakeNode, height: int = HEIGHT) -> SnapshotPoint | Unresolved:
    settings = EvmSettings(transport=QUICK, pin_grace_s=0.3)
    async with reader([node.url for node in nodes], settings=settings) as asked:
        return await asked.pin(height)


async def test_height_becomes_hash_and_time() -> None:
    book = FakeLedger()
    async with FakeNode(book) as node:
        assert await _pin(node) == point(book)
        assert node.seen["eth_chainId"] == 1


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(chain_id=56), Reason.WRONG_CHAIN),
        (Faults(null_methods={"eth_getBlockByNumber"}), Reason.NO_BLOCK),
        (Faults(null_methods={"eth_chainId"}), Reason.MISSING_ANSWER),
        (Faults(results={"eth_getBlockByNumber": {}}), Reason.MISSING_ANSWER),
        (Faults(results={"eth_getBlockByNumber": "0x1"}), Reason.MALFORMED_ANSWER),
        (Faults(method_errors={"eth_getBlockByNumber": (3, "reverted")}), Reason.MALFORMED_ANSWER),
        (Faults(body=b"<html>"), Reason.MALFORMED_ANSWER),
        (Faults(status=429), Reason.THROTTLED),
        (Faults(status=403), Reason.UNREACHABLE),
        (Faults(reset=True), Reason.UNREACHABLE),
    ],
    ids=[
        "chain",
        "null",
        "null chain",
        "empty",
        "text",
        "reverted",
        "html",
        "429",
        "403",
        "reset",
    ],
)
async def test_faulty_node_gives_a_reason_and_never_a_point(faults: Faults, reason: Reason) -> None:
    book = FakeLedger()
    async with FakeNode(book, faults) as node, FakeNode(book) as good:
        told = unresolved(await _pin(node))
        assert told.reason is reason
        assert told.attempts
        assert await _pin(node, good) == point(book)


async def test_wrong_chain_is_found_before_its_block_is_asked() -> None:
    async with FakeNode(FakeLedger(), Faults(chain_id=56)) as node:
        await _pin(node)
        assert node.seen["eth_getBlockByNumber"] == 0


async def test_other_height_than_asked_is_a_wrong_state() -> None:
    book = FakeLedger()
    async with FakeNode(book) as node:
        node.faults.results["eth_getBlockByNumber"] = node._block(HEIGHT + 1)
        assert unresolved(await _pin(node)).reason is Reason.WRONG_STATE


async def test_height_beyond_the_tip() -> None:
    async with FakeNode(FakeLedger()) as node:
        told = unresolved(await _pin(node, height=HEIGHT + 10_000))
    assert told.reason is Reason.NO_BLOCK


async def test_endpoints_that_disagree_settle_nothing() -> None:
    async with (
        FakeNode(FakeLedger()) as one,
        FakeNode(FakeLedger()) as two,
        FakeNode(FakeLedger(seed="fork")) as other,
    ):
        told = unresolved(await _pin(one, two, other))
    assert told.reason is Reason.DISAGREEMENT
    for node in (one, two, other):
        assert f"{node.url}: 0x{node.ledger.hash_of(HEIGHT).hex()}" in told.detail


async def test_same_hash_with_another_time_is_a_disagreement() -> None:
    book = FakeLedger()
    async with FakeNode(book) as one, FakeNode(book) as other:
        described = one._block(HEIGHT)
        assert isinstance(described, dict)
        other.faults.results["eth_getBlockByNumber"] = described | {"timestamp": "0x1"}
        told = unresolved(await _pin(one, other))
    assert told.reason is Reason.DISAGREEMENT


async def test_slow_endpoint_does_not_hold_up_the_others() -> None:
    book = FakeLedger()
    async with FakeNode(book) as quick, FakeNode(book, Faults(delay_s=60)) as slow:
        assert await _pin(slow, quick) == point(book)


async def test_block_that_stands_is_confirmed_at_the_end() -> None:
    book = FakeLedger()
    async with FakeNode(book) as node, reader([node.url]) as asked:
        at = await asked.pin(HEIGHT)
        assert isinstance(at, SnapshotPoint)
        assert await asked.recheck(at) is None
        assert asked.notes() == []


async def test_block_that_was_replaced_during_the_run_is_told() -> None:
    book = FakeLedger()
    async with FakeNode(book) as node, reader([node.url]) as asked:
        at = await asked.pin(HEIGHT)
        assert isinstance(at, SnapshotPoint)
        node.ledger = FakeLedger(seed="another fork")
        told = unresolved(await asked.recheck(at))
    assert told.reason is Reason.NOT_FINAL
    assert "was replaced during the run" in told.detail
    assert at.block_hash in told.detail


@pytest.mark.parametrize("gone", [True, False])
async def test_block_on_which_the_endpoints_part_is_told(gone: bool) -> None:
    book = FakeLedger()
    async with (
        FakeNode(book) as first,
        FakeNode(book) as second,
        reader([first.url, second.url]) as asked,
    ):
        at = await asked.pin(HEIGHT)
        assert isinstance(at, SnapshotPoint)
        second.ledger = FakeLedger(seed="another fork")
        if gone:
            first.faults.null_methods = second.faults.null_methods = {"eth_getBlockByNumber"}
        told = unresolved(await asked.recheck(at))
    assert told.reason is (Reason.NO_BLOCK if gone else Reason.DISAGREEMENT)
    assert told.detail.startswith("at the end of the run")


async def test_recheck_that_nobody_answers_is_a_note() -> None:
    book = FakeLedger()
    async with FakeNode(book) as node, reader([node.url]) as asked:
        at = await asked.pin(HEIGHT)
        assert isinstance(at, SnapshotPoint)
        node.faults.reset = True
        assert await asked.recheck(at) is None
        (note,) = asked.notes()
    assert "could not be checked again at the end" in note


async def test_point_of_another_reader_is_not_rechecked() -> None:
    async with reader(["http://127.0.0.1:1"]) as asked:
        assert await asked.recheck(point(FakeLedger())) is None
