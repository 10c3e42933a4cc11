"""Substrate balances from a real runtime; and the trie against the genesis of a real chain."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from chains.adapter import Assurance, HoldingForm
from chains.errors import UnresolvedReason as Reason
from chains.panel import PanelSettings
from chains.registry import Network
from chains.substrate.balances import reader
from chains.substrate.proofs import StateProof
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.substrate_node import account_key, account_value, asset_key
from tests.fakes.substrate_trie import StateTrie
from tests.nodes.chopsticks_node import GENESIS, Chopsticks, is_installed, specification

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="Chopsticks is not installed: make nodes-substrate"
)

COIN = HoldingForm("ROC@rococo", "ROC", "rococo", None, 12, ())
TETHER = HoldingForm("USDT@rococo", "USDT", "rococo", "1984", 6, ("USDt",), "issued")
NETWORK = Network(
    "rococo", "Rococo Asset Hub", "substrate", "ROC", 12, finality="finalized",
    options={"genesis": GENESIS},
)  # fmt: skip
ACCOUNTS = [hashlib.sha256(b"%d" % number).digest() for number in range(1_000)]
STRANGER = bytes(32)


async def test_balances_at_three_heights_of_a_real_runtime() -> None:
    first, second = ACCOUNTS[:2]
    async with Chopsticks() as node:
        start = await node.block(
            {account_key(one): account_value(10**12 + at, at) for at, one in enumerate(ACCOUNTS)}
            | {asset_key(1984, first): (2**64 + 1).to_bytes(16, "little") + bytes([0, 1])}
        )
        heights = [
            start,
            await node.block({account_key(first): account_value(7)}),
            await node.block({account_key(second): account_value(2**100, 5, 2**100)}),
        ]
        async with reader(NETWORK, [node.url], settings=PanelSettings()) as asked:
            points = [await pinned(asked, height) for height in heights]
            found = [await collect(asked, COIN, one, [*ACCOUNTS, STRANGER]) for one in points]
            point = points[-1]
            tokens = await collect(asked, TETHER, point, [first, second])
            absent = await asked.check_form(TETHER, point)
            future = await asked.pin(heights[-1] + 1)
            gone = replace(point, block_hash=f"0x{'11' * 32}")
            unknown = await collect(asked, COIN, gone, [first])
    assert all(one.block_time is not None for one in points)
    shown = [{one: observed(value).amount for one, value in each.items()} for each in found]
    truth = {one: 10**12 + 2 * at for at, one in enumerate(ACCOUNTS)} | {STRANGER: 0}
    assert shown[0] == truth
    assert shown[1] == truth | {first: 7}
    assert shown[2] == truth | {first: 7, second: 2**100 + 5}
    assert {observed(value).assurance for value in found[0].values()} == {Assurance.NODE}
    assert (observed(tokens[first]).amount, observed(tokens[second]).amount) == (2**64 + 1, 0)
    assert unresolved(absent).reason is Reason.REGISTRY  # nobody made the asset itself
    assert unresolved(future).reason is Reason.NO_BLOCK
    assert isinstance(unresolved(unknown[first]).reason, Reason)


def test_the_state_root_of_a_real_genesis_is_ours_and_every_key_is_proven() -> None:
    """The root that the node states in its header 0 (state version 1)."""
    top = json.loads(specification())["genesis"]["raw"]["top"]
    state = {bytes.fromhex(key[2:]): bytes.fromhex(value[2:]) for key, value in top.items()}
    trie = StateTrie(state)
    assert trie.root.hex() == "2e6fa4f052b8e1d06c046a4b765a82bed95dddf8b3ecce893794cbf5ad16d075"
    proof = StateProof(trie.root, trie.proof(state))
    assert {key: proof.value(key) for key in state} == state
