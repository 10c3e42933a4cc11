"""A capture over simulated nodes that keep the state of their tip and no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chains.adapter import Assurance, BalanceReader, Observed, Reading, Unresolved
from chains.registry import Network
from crawler import settings as settings_module
from crawler.assess import ExitCode
from crawler.capture import Captured, capture
from crawler.plan import Plan
from crawler.readings import NEWEST, read_plan
from crawler.store.database import StoreError, open_database
from crawler.store.reader import stored_reader
from crawler.store.readings import StoredReadings
from crawler.wallet_list import open_wallet_list
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import HEIGHT, NATIVE, TOKEN, account, ledger, network, reader, truth
from tests.unit.crawler.lists_of_ours import Ledger, published, row
from tests.unit.crawler.samples import canonical, claim, mapping
from tests.unit.crawler.test_readings import Quiet

NETWORKS = {"ethereum": network()}
ACCOUNTS = 3
LATER = 500
"""Blocks that follow a capture; the fake knows hashes of its last thousand blocks."""


@asynccontextmanager
async def node_without_history() -> AsyncIterator[FakeNode]:
    """A node whose tip is HEIGHT; what it holds changes with the next block."""
    book = ledger(ACCOUNTS)
    book.tip = HEIGHT
    async with FakeNode(book, Faults(pruned=True, kept_states=0, finalized=0)) as node:
        yield node


async def read(node: FakeNode, store: Path, height: int | None) -> list[Reading]:
    """Read coins and tokens of all accounts at `height`; None: capture them."""
    plan = Plan(canonical, is_timed=height is None)
    for number in range(ACCOUNTS):
        for form in (NATIVE, TOKEN):
            one = claim(number, address="0x" + account(number).hex(), coin=mapping(form.id, form))
            plan.add(replace(one, height=height), 2 * number + (form is TOKEN))

    def make(_: Network) -> BalanceReader | Unresolved:
        return reader([node.url])

    async with open_database(str(store)) as engine:
        asked = stored_reader(make, StoredReadings(engine))
        moment = NEWEST if height is None else None
        await read_plan(plan, NETWORKS, Quiet(), asked, moment=moment)
    return list(plan.readings())


def words(readings: Sequence[Reading]) -> list[tuple[int, Assurance] | str]:
    return [
        (one.amount, one.assurance) if isinstance(one, Observed) else one.reason.value
        for one in readings
    ]


async def test_what_was_captured_is_found_at_its_block_when_the_state_is_gone(
    tmp_path: Path,
) -> None:
    held = [(truth(number), Assurance.NODE) for number in range(ACCOUNTS)] * 2
    async with node_without_history() as node:
        assert words(await read(node, tmp_path / "s", None)) == held
        node.ledger.tip += LATER
        assert words(await read(node, tmp_path / "nothing kept", HEIGHT)) == ["no-state"] * 6
        node.packed_sizes.clear()
        assert words(await read(node, tmp_path / "s", HEIGHT)) == held
        assert node.packed_sizes == []


async def test_at_any_other_block_it_is_live(tmp_path: Path) -> None:
    held = [(truth(number), Assurance.LIVE) for number in range(ACCOUNTS)] * 2
    async with node_without_history() as node:
        await read(node, tmp_path / "s", None)
        node.ledger.tip += LATER
        found = await read(node, tmp_path / "s", HEIGHT + 9)
    assert words(found) == held
    assert {one.point.height for one in found if isinstance(one, Observed)} == {HEIGHT}


async def test_a_fork_in_place_of_the_captured_block_is_not_answered_from_the_store(
    tmp_path: Path,
) -> None:
    async with node_without_history() as node:
        await read(node, tmp_path / "s", None)
    fork = FakeLedger(seed="fork", tip=HEIGHT + LATER, tokens=ledger(0).tokens)
    async with FakeNode(fork, Faults(pruned=True, kept_states=0, finalized=0)) as other:
        assert words(await read(other, tmp_path / "s", HEIGHT)) == ["no-state"] * 6


def test_a_list_is_captured_once_per_account(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(published([row(1, "1"), row(1, "2"), row(2, "1")]))
    loaded = settings_module.load(environment={})
    wallet_list = open_wallet_list(tmp_path / "list.csv", loaded.entity("okx"), {})
    chain = Ledger()
    told = capture(wallet_list, loaded.networks, chain, Quiet(), str(tmp_path / "s.sqlite"))
    assert (told.accounts, told.kept, told.missing, len(chain.asked)) == (2, 2, {}, 2)
    assert [point.height for point in told.points] == [chain.tip]

    async def kept() -> int:
        async with open_database(str(tmp_path / "s.sqlite")) as engine:
            return len(await StoredReadings(engine).fetch(NATIVE, told.points[0], chain.asked))

    assert asyncio.run(kept()) == 2
    with pytest.raises(StoreError):
        capture(wallet_list, loaded.networks, chain, Quiet(), str(tmp_path))


def test_a_capture_of_nothing_is_none() -> None:
    assert Captured(0, 0, (), {}).exit_code() is ExitCode.INCOMPLETE
    assert Captured(2, 2, (), {}).exit_code() is ExitCode.HOLDS
