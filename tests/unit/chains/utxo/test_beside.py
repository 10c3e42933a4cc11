from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chains.adapter import (
    Accountable,
    Assurance,
    BalanceReader,
    ForeseeingReader,
    HoldingForm,
    Reading,
)
from chains.errors import UnresolvedReason as Reason
from chains.transport.health import Watched
from chains.utxo.balances import reader
from chains.utxo.beside import CoinsAndTokens
from chains.utxo.settings import UtxoSettings
from tests.fakes.omni_node import OmniFake
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.utxo_scene import COIN, TOKEN, TRANSPORT, Scene, network, scene
from tests.fakes.utxo_snapshot import MAINNET_MAGIC, Coin, snapshot_v2

HELD = ("12.00000001", "0.50000000", "0.00000000")
NET = network(options={"magic": MAINNET_MAGIC.hex(), "pow": "sha256d"})


def snapshot(folder: Path, told: Scene, *, height: int) -> Path:
    """Write a file of the owners' coins, with the newest coin at `height`."""
    amounts = [(told.ledger.balance(owner, height), owner) for owner in told.owners]
    coins = [
        Coin(bytes([n + 1]) * 32, 0, height, is_coinbase=False, amount=amount, script=owner)
        for n, (amount, owner) in enumerate(amounts)
    ]
    path = folder / "utxo.dat"
    block = bytes.fromhex(told.ledger.blocks[height].hash)[::-1]
    path.write_bytes(snapshot_v2(coins, block, magic=MAINNET_MAGIC))
    return path


def beside(path: Path, *urls: str) -> BalanceReader:
    settings = UtxoSettings(transport=TRANSPORT, snapshot=path)
    return reader(NET, urls, settings=settings)


async def both(asked: BalanceReader, told: Scene, height: int) -> list[dict[bytes, Reading]]:
    """Read coins and tokens of every owner."""
    assert isinstance(asked, ForeseeingReader)
    asked.expect(told.owners)
    async with asked:
        point = await pinned(asked, height)
        found = []
        for form in (COIN, TOKEN):
            assert await asked.check_form(form, point) is None
            found.append(await collect(asked, form, point, told.owners))
        assert isinstance(asked, Accountable)
        assert await asked.recheck(point) is None
        assert (asked.distrusted(), asked.notes()) == (frozenset(), ())
    return found


async def test_coins_come_from_the_file_and_tokens_from_the_node(tmp_path: Path) -> None:
    told = scene()
    height = told.ledger.height
    path = snapshot(tmp_path, told, height=height)
    async with OmniFake(told.ledger, told.owners) as node:
        node.held = {told.owners[0]: HELD}
        asked = beside(path, node.url)
        coins, tokens = await both(asked, told, height)
        # Entered again, for another list: the tokens are asked anew, the file is not read again.
        path.unlink()
        assert await both(asked, told, height) == [coins, tokens]
        assert isinstance(asked, Watched)
        (one,) = asked.health()
    assert one.requests > 0
    assert "127.0.0.1" in one.label
    truth = {owner: told.ledger.balance(owner, height) for owner in told.owners}
    assert {owner: observed(value).amount for owner, value in coins.items()} == truth
    held = {owner: observed(value).amount for owner, value in tokens.items()}
    assert held == dict.fromkeys(told.owners, 0) | {told.owners[0]: 1_250_000_001}
    assert {observed(value).assurance for value in tokens.values()} == {Assurance.NODE}
    assert {observed(value).sources for value in coins.values()} == {("utxo.dat",)}


async def test_a_node_at_another_block_leaves_the_coins_alone(tmp_path: Path) -> None:
    told = scene()
    height = told.ledger.height
    path = snapshot(tmp_path, told, height=height)
    async with OmniFake(told.ledger, told.owners) as node:
        told.ledger.mine()
        coins, tokens = await both(beside(path, node.url), told, height)
    assert {observed(value).point.height for value in coins.values()} == {height}
    for value in tokens.values():
        assert unresolved(value).reason is Reason.NO_STATE


async def test_a_token_of_other_decimals_is_a_problem_of_the_table(tmp_path: Path) -> None:
    told = scene()
    path = snapshot(tmp_path, told, height=told.ledger.height)
    wrong: HoldingForm = replace(TOKEN, decimals=6)
    async with OmniFake(told.ledger, told.owners) as node, beside(path, node.url) as asked:
        point = await pinned(asked, told.ledger.height)
        problem = await asked.check_form(wrong, point)
    assert problem is not None
    assert problem.reason is Reason.REGISTRY


def test_omni_nodes_stand_beside_a_file_or_a_node_only(tmp_path: Path) -> None:
    omni, node, file = "omni+http://127.0.0.1:9", "http://127.0.0.1:9", tmp_path / "utxo.dat"
    assert isinstance(beside(file, omni), CoinsAndTokens)
    assert not isinstance(beside(file, node), CoinsAndTokens)
    settings = UtxoSettings(transport=TRANSPORT)
    assert isinstance(reader(NET, [node, omni], settings=settings), CoinsAndTokens)
    assert not isinstance(reader(NET, [omni], settings=settings), CoinsAndTokens)
