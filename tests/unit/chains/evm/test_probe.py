from __future__ import annotations

import pytest

from chains.errors import RegistryError
from chains.evm.probe import DEPTHS, EndpointReport, probe
from chains.evm.settings import EvmSettings
from chains.probed import Ability
from chains.registry import Network
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import QUICK, network
from tests.fakes.surroundings import FakeTime

YES, NO, UNKNOWN = Ability.YES, Ability.NO, Ability.UNKNOWN


async def _report(
    faults: Faults, on: Network | None = None, book: FakeLedger | None = None
) -> EndpointReport:
    async with FakeNode(book or FakeLedger(), faults) as node:
        (report,) = await probe(
            on or network(),
            [node.url],
            settings=EvmSettings(transport=QUICK),
            surroundings=FakeTime().surroundings(),
        )
        assert report.label == node.url
    return report


def _abilities(report: EndpointReport) -> dict[str, Ability]:
    return {
        "chain": report.right_chain.ability,
        "hash": report.block_hash_reference.ability,
        "override": report.state_override.ability,
        "word": report.state_word.ability,
        "batch": report.batch.ability,
        "proofs": report.proofs.ability,
    }


ALL_YES = dict.fromkeys(("chain", "hash", "override", "word", "batch", "proofs"), YES)


@pytest.mark.parametrize(
    ("faults", "differences"),
    [
        (Faults(), {}),
        (Faults(overrides="refused"), {"override": NO}),
        (Faults(overrides="ignored"), {"override": NO}),
        (Faults(batches="refused"), {"batch": NO}),
        (Faults(hash_reference=False), {"hash": NO}),
        (Faults(method_errors={"eth_getProof": (-32601, "not found")}), {"proofs": NO}),
        (Faults(method_errors={"eth_getProof": (-32000, "rate limit")}), {"proofs": UNKNOWN}),
        (Faults(state_offset=-1), {"override": UNKNOWN, "batch": UNKNOWN, "word": UNKNOWN}),
    ],
    ids=[
        "all",
        "overrides refused",
        "overrides ignored",
        "no batches",
        "no hashes",
        "no proofs",
        "proofs throttled",
        "stale",
    ],
)
async def test_each_ability_is_told_apart(faults: Faults, differences: dict[str, Ability]) -> None:
    report = await _report(faults)
    assert _abilities(report) == ALL_YES | differences


async def test_heights_and_chain_are_reported() -> None:
    book = FakeLedger()
    report = await _report(Faults(), book=book)
    assert report.network == "ethereum"
    assert report.chain_id == 1
    assert report.latest == book.tip
    assert report.finalized == book.tip - 64
    assert report.oldest_state == 1


async def test_pruned_node_has_no_old_state() -> None:
    book = FakeLedger()
    report = await _report(Faults(pruned=True), book=book)
    assert report.oldest_state == book.tip
    assert DEPTHS[0] > 64


async def test_node_that_heeds_no_block_has_no_old_state() -> None:
    report = await _report(Faults(answers_at_latest=True))
    assert (report.right_chain.ability, report.oldest_state) == (YES, None)
    assert "heeds no block" in report.right_chain.detail
    assert (await _report(Faults())).right_chain.detail == ""


async def test_gas_cap_is_no_inability() -> None:
    faults = Faults(gas_cap=1 << 24, multicall=b"\xca" * 20)
    report = await _report(faults, network(multicall3="0x" + "ca" * 20))
    told = (report.state_override, report.deployless, report.multicall)
    assert [one.ability for one in told] == [YES, YES, YES]


async def test_absent_history_contract_is_a_no() -> None:
    book = FakeLedger(has_history_contract=False)
    report = await _report(Faults(), book=book)
    assert _abilities(report) == ALL_YES | {"word": NO}


async def test_wrong_chain_is_a_no_and_ends_the_questions() -> None:
    report = await _report(Faults(chain_id=56))
    assert report.right_chain.ability is NO
    assert "56" in report.right_chain.detail
    assert report.chain_id == 56
    assert report.latest is None
    assert report.batch.ability is UNKNOWN


@pytest.mark.parametrize(
    "faults",
    [Faults(status=403), Faults(reset=True), Faults(body=b"<html>"), Faults(status=429)],
    ids=["403", "reset", "html", "429"],
)
async def test_endpoint_that_cannot_be_asked_is_unknown_with_the_reason(faults: Faults) -> None:
    report = await _report(faults)
    assert report.right_chain.ability is UNKNOWN
    assert report.right_chain.detail
    assert set(_abilities(report).values()) == {UNKNOWN}


async def test_node_without_blocks_is_reported_as_such() -> None:
    report = await _report(Faults(null_methods={"eth_getBlockByNumber"}))
    assert report.right_chain.ability is YES
    assert report.latest is None
    assert "no latest block" in report.right_chain.detail


async def test_other_ways_of_reading_are_told_apart() -> None:
    address = bytes.fromhex("ca" * 20)
    on = network(multicall3=f"0x{address.hex()}")
    every = Faults(
        overrides="refused", deployless="accepted", storage_values=True, multicall=address
    )
    report = await _report(every, on=on)
    assert report.state_override.ability is NO
    assert report.deployless.ability is YES
    assert report.storage_values.ability is YES
    assert report.multicall.ability is YES
    report = await _report(Faults(deployless="refused"), on=on)
    assert report.state_override.ability is YES
    assert report.deployless.ability is NO
    assert report.storage_values.ability is NO
    assert report.multicall.ability is NO
    assert "names none" in (await _report(Faults())).multicall.detail


async def test_network_without_packed_programs() -> None:
    report = await _report(Faults(), on=network(packed_programs=False))
    assert report.state_override.ability is NO
    assert "virtual machine" in report.state_override.detail


async def test_each_endpoint_has_its_report() -> None:
    async with FakeNode(FakeLedger()) as one, FakeNode(FakeLedger(), Faults(chain_id=5)) as other:
        reports = await probe(network(), [one.url, other.url, one.url])
    assert [(r.label, r.right_chain.ability) for r in reports] == [
        (one.url, YES),
        (other.url, NO),
    ]


async def test_network_without_rules_is_refused() -> None:
    with pytest.raises(RegistryError):
        await probe(network(number_opcode="l9"), [])
