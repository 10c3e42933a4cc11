from __future__ import annotations

from dataclasses import replace

import pytest

from chains.adapter import SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason as Reason
from chains.evm.settings import EvmSettings
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT, QUICK, network, reader, unresolved
from tests.fakes.surroundings import FakeTime

DAY = 86_400


async def _pin(
    *faults: Faults, rule: str = "finalized", age_s: float = 60, quorum: int = 1
) -> SnapshotPoint | Unresolved:
    """Pin HEIGHT, 100 blocks below the tip, at a time `age_s` seconds after it."""
    book = FakeLedger()
    time = FakeTime()
    time.wall = book.time_of(HEIGHT) + age_s
    settings = EvmSettings(transport=QUICK, pin_grace_s=0.3, quorum=quorum)
    nodes = [FakeNode(book, fault) for fault in faults]
    try:
        urls = [(await node.__aenter__()).url for node in nodes]
        on = replace(network(), finality=rule)
        async with reader(urls, settings=settings, time=time, on=on) as asked:
            return await asked.pin(HEIGHT)
    finally:
        for node in nodes:
            await node.__aexit__()


def _rule(told: SnapshotPoint | Unresolved) -> str:
    assert isinstance(told, SnapshotPoint), told
    return told.finality


@pytest.mark.parametrize("behind", [0, 99, 100])
async def test_finalized_tag_at_or_above_the_block_is_enough(behind: int) -> None:
    assert _rule(await _pin(Faults(finalized=behind))) == "finalized"


async def test_tag_goes_before_age() -> None:
    assert _rule(await _pin(Faults(), age_s=10 * DAY)) == "finalized"


async def test_tag_below_the_block_is_not_outvoted_by_confirmations() -> None:
    told = unresolved(await _pin(Faults(finalized=101)))
    assert told.reason is Reason.NOT_FINAL
    assert f"has finalized {HEIGHT - 1:,}" in told.detail
    assert f"block {HEIGHT:,} is not final yet" in told.detail


@pytest.mark.parametrize("rule", ["finalized", "100", "1"])
async def test_confirmations_where_the_tag_is_unknown(rule: str) -> None:
    assert _rule(await _pin(Faults(finalized=None), rule=rule)) == "confirmations"


async def test_network_with_confirmations_is_not_asked_for_the_tag() -> None:
    assert _rule(await _pin(Faults(finalized=0), rule="100")) == "confirmations"


async def test_too_few_confirmations() -> None:
    told = unresolved(await _pin(Faults(finalized=None), rule="101"))
    assert told.reason is Reason.NOT_FINAL
    assert "has 100 of 101 blocks on top of it" in told.detail


@pytest.mark.parametrize("faults", [Faults(finalized=101), Faults(finalized=10_000)])
async def test_old_block_is_final_for_a_node_that_lags(faults: Faults) -> None:
    assert _rule(await _pin(faults, age_s=DAY + 1)) == "age"
    assert unresolved(await _pin(faults, age_s=DAY)).reason is Reason.NOT_FINAL


async def test_old_block_is_final_without_a_tag_and_without_confirmations() -> None:
    assert _rule(await _pin(Faults(finalized=None), rule="101", age_s=DAY + 1)) == "age"


async def test_one_node_that_is_ahead_is_enough_without_a_quorum() -> None:
    behind = Faults(finalized=101)
    assert _rule(await _pin(behind, Faults(finalized=90))) == "finalized"


async def test_quorum_must_agree_that_it_is_final() -> None:
    ahead, behind = Faults(finalized=90), Faults(finalized=101)
    assert _rule(await _pin(ahead, ahead, behind, quorum=2)) == "finalized"
    assert unresolved(await _pin(ahead, behind, quorum=2)).reason is Reason.NOT_FINAL


async def test_node_that_does_not_know_the_tag_is_asked_for_balances_all_the_same() -> None:
    book = FakeLedger()
    async with FakeNode(book, Faults(finalized=None)) as node, reader([node.url]) as asked:
        assert isinstance(await asked.pin(HEIGHT), SnapshotPoint)
        assert len(asked.panel.usable()) == 1


# --- the newest final block -------------------------------------------------------------


async def newest(*nodes: FakeNode, rule: str = "finalized", quorum: int = 1) -> int | Unresolved:
    settings = EvmSettings(transport=QUICK, pin_grace_s=0.3, quorum=quorum)
    on = replace(network(), finality=rule)
    async with reader([node.url for node in nodes], settings=settings, on=on) as asked:
        height = await asked.latest()
        if not isinstance(height, Unresolved):
            assert isinstance(await asked.pin(height), SnapshotPoint)
        return height


@pytest.mark.parametrize(
    ("rule", "finalized", "behind"),
    [("finalized", 7, 7), ("finalized", None, 64), ("20", 7, 20)],
)
async def test_the_newest_final_block(rule: str, finalized: int | None, behind: int) -> None:
    async with FakeNode(FakeLedger(), Faults(finalized=finalized)) as node:
        assert await newest(node, rule=rule) == FakeLedger().tip - behind


async def test_it_is_the_newest_that_enough_endpoints_have_reached() -> None:
    tip = FakeLedger().tip
    async with (
        FakeNode(FakeLedger(), Faults(finalized=1)) as ahead,
        FakeNode(FakeLedger(), Faults(finalized=9)) as behind,
    ):
        assert await newest(ahead, behind) == tip - 1
        assert await newest(ahead, behind, quorum=2) == tip - 9
        assert unresolved(await newest(ahead, quorum=2)).reason is Reason.NO_ENDPOINT


async def test_endpoints_of_other_chains_and_young_ledgers_have_none() -> None:
    async with FakeNode(FakeLedger(), Faults(chain_id=56)) as node:
        assert unresolved(await newest(node)).reason is Reason.WRONG_CHAIN
        async with FakeNode(FakeLedger(tip=HEIGHT)) as good:
            assert await newest(node, good) == HEIGHT - 64
    async with FakeNode(FakeLedger(), Faults(null_methods={"eth_getBlockByNumber"})) as node:
        assert "nobody tells" in unresolved(await newest(node)).detail
    async with FakeNode(FakeLedger(tip=10), Faults(finalized=None)) as node:
        assert unresolved(await newest(node)).reason is Reason.NOT_FINAL
