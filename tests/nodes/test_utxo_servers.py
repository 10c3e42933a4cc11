"""The Electrum reader against a real ElectrumX over a real bcoin."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chains.errors import UnresolvedReason as Reason
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_ledger import ANYONE
from tests.fakes.utxo_scene import collect, network, reading, settings
from tests.nodes import bcoin, electrumx
from tests.nodes.bcoin import Bcoin
from tests.nodes.bcoin_chain import MATURE, Regtest, script_of, spendable
from tests.nodes.electrumx import ElectrumX

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(
        bcoin.program() is None, reason="bcoin is not installed: npm ci --prefix tests/nodes"
    ),
    pytest.mark.skipif(not electrumx.installed(), reason="ElectrumX (e-x) is not installed"),
]


@pytest.fixture(scope="module")
def chain() -> Iterator[Regtest]:
    with Bcoin() as node:
        made = Regtest(node)
        made.begin()
        yield made


@pytest.fixture(scope="module")
def server(chain: Regtest) -> Iterator[ElectrumX]:
    with ElectrumX(chain.node.url) as made:
        yield made


async def caught_up(server: ElectrumX, chain: Regtest) -> None:
    """Wait until ElectrumX has the node's best block."""
    best = chain.node.height()
    async with asyncio.timeout(20), reading([server.url]) as asked:
        (source,) = asked.sources
        while (await source.block_at(0, [])).tip != best:  # noqa: ASYNC110 (another process)
            await asyncio.sleep(0.05)


async def test_balances_around_spends_are_the_nodes_own(chain: Regtest, server: ElectrumX) -> None:
    plain = [script_of(number) for number in range(40)]
    (hot, hot_input), (cold, cold_input) = spendable(1), spendable(2)
    paid, first = chain.pay(
        [(10_000 + number, script) for number, script in enumerate(plain)]
        + [(500_000, hot), (300_000, hot), (77_000, cold)]
    )
    chain.node.mine(1, chain.address)
    snapshot = chain.node.height()
    # After the snapshot: hot is spent in part with change to itself, cold whole, some are paid.
    spent, _ = chain.spend([(paid.txid, 40, hot_input)], [(100_000, hot), (400_000, plain[4])])
    chain.spend([(paid.txid, 42, cold_input), (spent.txid, 0, hot_input)], [(177_000, plain[0])])
    chain.pay([(1_234, script) for script in plain[::7]])
    await caught_up(server, chain)
    scripts = [*plain, hot, cold, script_of(999)]
    net = network(options={"pow": "sha256d", "checkpoint_hash": chain.node.block_hash(0)})
    for height in (MATURE, first - 1, first, snapshot, snapshot + 1, snapshot + 2, snapshot + 3):
        for limits in (settings(), settings(whole_history=0, piece=7)):
            async with reading([server.url], net=net, limits=limits) as asked:
                point = await pinned(asked, height)
                assert point.block_hash == chain.node.block_hash(height)
                found = await collect(asked, point, scripts)
            amounts = {script: observed(value).amount for script, value in found.items()}
            assert amounts == {script: chain.balance(script, height) for script in scripts}
    for script in (plain[0], plain[1], plain[2], hot, cold):
        address = chain.address_of(script)
        for height in (first, snapshot, snapshot + 2):
            assert chain.node.balance(address, height) == chain.balance(script, height)


async def test_an_address_with_a_long_history(chain: Regtest, server: ElectrumX) -> None:
    """The node's own address, paid by every block."""
    await caught_up(server, chain)
    height = chain.node.height() - 2
    async with reading([server.url]) as asked:
        found = await collect(asked, await pinned(asked, height), [ANYONE])
    assert observed(found[ANYONE]).amount == chain.node.balance(chain.address, height)


async def test_a_reorganisation_is_followed_and_the_old_point_is_unresolved(
    chain: Regtest, server: ElectrumX
) -> None:
    script = script_of(500)
    made, height = chain.pay([(4_321, script)])
    await caught_up(server, chain)
    async with reading([server.url]) as asked:
        point = await pinned(asked, height)
        assert observed((await collect(asked, point, [script]))[script]).amount == 4_321
        chain.node.rpc("invalidateblock", point.block_hash)
        chain.placed.remove((made, height))
        chain.node.mine(2, chain.address)
        await caught_up(server, chain)
        found = await collect(asked, point, [script])
        assert unresolved(found[script]).reason is Reason.WRONG_STATE
        again = await pinned(asked, height)
        assert again.block_hash == chain.node.block_hash(height) != point.block_hash
        assert observed((await collect(asked, again, [script]))[script]).amount in {0, 4_321}


async def test_a_block_that_is_not_there_yet(chain: Regtest, server: ElectrumX) -> None:
    await caught_up(server, chain)
    async with reading([server.url]) as asked:
        value = unresolved(await asked.pin(chain.node.height() + 1))
    assert value.reason is Reason.NO_BLOCK


async def test_the_main_network_is_not_this_one(chain: Regtest, server: ElectrumX) -> None:
    genesis = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    async with reading([server.url], net=network(options={"checkpoint_hash": genesis})) as asked:
        assert unresolved(await asked.pin(1)).reason is Reason.WRONG_CHAIN
