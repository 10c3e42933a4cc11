"""Several endpoints of which some are wrong: never a number that they do not agree on."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance, HoldingForm, Observed, Reading, SnapshotPoint, Unresolved
from chains.errors import UnresolvedReason as Reason
from chains.evm.balances import EvmBalanceReader
from chains.evm.settings import EvmSettings
from tests.fakes.evm_ledger import FakeLedger, Quirk
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import (
    CONTRACT,
    HEIGHT,
    NATIVE,
    QUICK,
    TOKEN,
    account,
    accounts,
    collect,
    ledger,
    point,
    reader,
    truth,
    unresolved,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.evm.quorum import Arbiter

COUNT = 40
FORMS = pytest.mark.parametrize("form", [NATIVE, TOKEN], ids=lambda form: form.id)


class Panel:
    """Nodes over one ledger (or others) and a reader that wants a quorum of them."""

    def __init__(self, size: int, *nodes: Faults | FakeLedger, chunk: int = 5_000) -> None:
        self.book = ledger(COUNT)
        self.nodes = [
            FakeNode(self.book, one) if isinstance(one, Faults) else FakeNode(one) for one in nodes
        ]
        self._settings = EvmSettings(
            transport=QUICK,
            pin_grace_s=0.5,
            quorum=size,
            native_chunk=chunk,
            token_chunk=chunk,
        )
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> EvmBalanceReader:
        urls = [(await self._stack.enter_async_context(node)).url for node in self.nodes]
        made = reader(urls, settings=self._settings)
        return await self._stack.enter_async_context(made)

    async def __aexit__(self, *exception: object) -> None:
        await self._stack.aclose()

    async def readings(
        self, asked: EvmBalanceReader, form: HoldingForm = NATIVE
    ) -> dict[bytes, Reading]:
        return await collect(asked, form, point(self.book), accounts(COUNT))

    def urls(self, *places: int) -> set[str]:
        return {self.nodes[place].url for place in places}


def _agreed(reading: Reading) -> Observed:
    assert isinstance(reading, Observed), reading
    assert reading.assurance is Assurance.QUORUM
    return reading


@pytest.mark.parametrize("chunk", [5_000, 7])
@pytest.mark.parametrize("size", [2, 3])
@FORMS
async def test_agreement_names_who_agreed(form: HoldingForm, size: int, chunk: int) -> None:
    panel = Panel(size, *[Faults() for _ in range(3)], chunk=chunk)
    async with panel as asked:
        readings = await panel.readings(asked, form)
        assert asked.notes() == []
    for number in range(COUNT):
        reading = _agreed(readings[account(number)])
        assert reading.amount == truth(number)
        assert len(reading.sources) == size
        assert set(reading.sources) <= panel.urls(0, 1, 2)


async def test_endpoints_are_asked_with_different_cutting() -> None:
    panel = Panel(2, Faults(), Faults())
    async with panel as asked:
        await panel.readings(asked)
    first, second = (node.packed_sizes for node in panel.nodes)
    assert first != second
    assert sum(first) == sum(second) == COUNT


@pytest.mark.parametrize("liar", [0, 1, 2])
@pytest.mark.parametrize("size", [2, 3])
async def test_one_of_three_lying_by_one_wei_is_never_believed(liar: int, size: int) -> None:
    faults = [Faults(wei_offset=1 if place == liar else 0) for place in range(3)]
    panel = Panel(size, *faults)
    async with panel as asked:
        readings = await panel.readings(asked)
        notes = "\n".join(asked.notes())
    for number in range(COUNT):
        reading = readings[account(number)]
        if isinstance(reading, Observed):
            assert _agreed(reading).amount == truth(number)
            assert panel.nodes[liar].url not in reading.sources
        else:
            told = unresolved(reading)
            assert told.reason is Reason.DISAGREEMENT
            assert f"{panel.nodes[liar].url}: {truth(number) + 1}" in told.attempts
            assert panel.nodes[liar].url in notes
    if size == 3:
        assert not any(isinstance(reading, Observed) for reading in readings.values())


async def test_only_what_differs_is_asked_again() -> None:
    other = ledger(COUNT)
    other.fund(account(11), HEIGHT, truth(11) + 1)
    panel = Panel(2, Faults(), other)
    async with panel as asked:
        readings = await panel.readings(asked)
        (first, second) = sorted(asked.notes())
    told = unresolved(readings.pop(account(11)))
    assert told.reason is Reason.DISAGREEMENT
    *votes, proof = told.attempts
    assert set(votes) == {
        f"{panel.nodes[0].url}: {truth(11)}",
        f"{panel.nodes[1].url}: {truth(11) + 1}",
    }
    assert proof.startswith("no proof: ")  # these nodes keep no tries
    assert "differed from other endpoints in 1 balances of ETH@ethereum" in first
    assert {first.split()[0], second.split()[0]} == panel.urls(0, 1)
    assert all(_agreed(reading) for reading in readings.values())
    for node in panel.nodes:
        assert node.packed_sizes[-1] == 1
        assert sum(node.packed_sizes) == COUNT + 1


async def test_difference_that_passes_is_no_dispute() -> None:
    panel = Panel(2, Faults(), Faults(wei_offset=1))
    async with panel as asked:

        def recover(answer: object) -> object:
            if sum(panel.nodes[1].packed_sizes) >= COUNT:
                panel.nodes[1].faults.wei_offset = 0
            return answer

        panel.nodes[1].faults.rewrite = recover
        readings = await panel.readings(asked)
        assert asked.notes() == []
    assert all(_agreed(readings[account(n)]).amount == truth(n) for n in range(COUNT))


def _arbiter(
    answer: Reading | Unresolved,
) -> Arbiter:
    async def decide(
        address: bytes, form: HoldingForm, at: SnapshotPoint, agreed: Mapping[bytes, int]
    ) -> Reading:
        assert (address, form) == (account(11), NATIVE)
        assert agreed == {account(n): truth(n) for n in range(COUNT) if n != 11}
        return answer

    return decide


async def test_proof_decides_and_names_who_was_wrong() -> None:
    other = ledger(COUNT)
    other.fund(account(11), HEIGHT, truth(11) + 1)
    panel = Panel(2, Faults(), other)
    proven = Observed(truth(11), point(panel.book), Assurance.PROOF, ("a proof",))
    async with panel as asked:
        asked.quorum.arbiter = _arbiter(proven)
        readings = await panel.readings(asked)
        notes = asked.notes()
    assert readings[account(11)] == proven
    assert notes == [
        f"{panel.nodes[1].url} gave 1 balances of ETH@ethereum that a state proof refutes"
    ]


async def test_proof_that_cannot_be_had_leaves_the_dispute() -> None:
    other = ledger(COUNT)
    other.fund(account(11), HEIGHT, truth(11) + 1)
    panel = Panel(2, Faults(), other)
    async with panel as asked:
        asked.quorum.arbiter = _arbiter(Unresolved(Reason.NO_METHOD, "no archive of tries"))
        told = unresolved((await panel.readings(asked))[account(11)])
    assert told.reason is Reason.DISAGREEMENT
    assert "no proof: no archive of tries" in told.attempts


@pytest.mark.parametrize(
    "faults",
    [
        Faults(state_offset=-1),
        Faults(answers_at_latest=True),
        Faults(pruned=True),
        Faults(status=429),
        Faults(reset=True),
    ],
    ids=["stale", "latest", "pruned", "throttled", "dead"],
)
@FORMS
async def test_next_endpoint_stands_in_for_one_that_fails(
    form: HoldingForm, faults: Faults
) -> None:
    panel = Panel(2, Faults(**vars(faults)), Faults(), Faults())
    async with panel as asked:
        readings = await panel.readings(asked, form)
    for number in range(COUNT):
        reading = _agreed(readings[account(number)])
        assert reading.amount == truth(number)
        assert set(reading.sources) == panel.urls(1, 2)


@FORMS
async def test_quorum_that_falls_apart_says_so(form: HoldingForm) -> None:
    panel = Panel(2, Faults(), Faults(pruned=True))
    async with panel as asked:
        readings = await panel.readings(asked, form)
    for reading in readings.values():
        told = unresolved(reading)
        assert told.reason is Reason.NO_STATE
        assert "1 of the 2 independent endpoints" in told.detail
        assert told.attempts


async def test_too_few_endpoints_are_told_before_anything_is_asked() -> None:
    panel = Panel(3, Faults(), Faults())
    async with panel as asked:
        for told in (
            unresolved(await asked.pin(HEIGHT)),
            *(await panel.readings(asked)).values(),
        ):
            assert unresolved(told).reason is Reason.NO_ENDPOINT
            assert "quorum of 3 independent endpoints" in unresolved(told).detail
    assert [node.http_requests for node in panel.nodes] == [0, 0]


async def test_two_urls_of_one_host_are_one_endpoint() -> None:
    urls = ["https://node.example/v3/KEY1", "https://node.example/v3/KEY2"]
    async with reader(urls, settings=EvmSettings(transport=QUICK, quorum=2)) as asked:
        told = unresolved(await asked.pin(HEIGHT))
    assert told.reason is Reason.NO_ENDPOINT
    assert "KEY" not in f"{told}"


async def test_block_must_be_described_by_the_quorum() -> None:
    panel = Panel(2, Faults(), Faults(null_methods={"eth_getBlockByNumber"}))
    async with panel as asked:
        told = unresolved(await asked.pin(HEIGHT))
    assert told.reason is Reason.NO_ENDPOINT
    assert "2 independent endpoints must describe" in told.detail


async def test_call_that_fails_everywhere_is_the_tokens_own() -> None:
    panel = Panel(2, Faults(), Faults())
    panel.book.tokens[CONTRACT].quirks[account(5)] = Quirk.REVERT
    async with panel as asked:
        readings = await panel.readings(asked, TOKEN)
    assert unresolved(readings.pop(account(5))).reason is Reason.CALL_FAILED
    assert all(_agreed(reading) for reading in readings.values())


async def test_token_is_checked_by_the_quorum() -> None:
    wrong = ledger(0)
    wrong.tokens[CONTRACT].decimals = (18).to_bytes(32, "big")
    panel = Panel(2, Faults(), wrong)
    async with panel as asked:
        told = unresolved(await asked.check_form(TOKEN, point(panel.book)))
    assert told.reason is Reason.DISAGREEMENT
    assert told.attempts == (
        f"{panel.nodes[1].url}: USDT@ethereum: the contract says 18 decimals, assets.toml 6",
    )
    both = Panel(2, wrong, wrong)
    async with both as asked:
        told = unresolved(await asked.check_form(TOKEN, point(both.book)))
    assert told.reason is Reason.REGISTRY
    good = Panel(2, Faults(), Faults())
    async with good as asked:
        assert await asked.check_form(TOKEN, point(good.book)) is None
    lonely = Panel(2, Faults(), Faults(pruned=True))
    async with lonely as asked:
        told = unresolved(await asked.check_form(TOKEN, point(lonely.book)))
    assert told.reason is Reason.NO_STATE
