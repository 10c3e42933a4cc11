from __future__ import annotations

import pytest

from chains.adapter import Unproven
from chains.errors import TransportFailure
from chains.evm.proof_nodes import Anchor, ProofNodes, balance_of, pieces, proof_request
from chains.evm.proofs import ProofError
from tests.fakes.evm_scene import account
from tests.fakes.proof_chain import TOKEN, ProofChain, ProofNode, no_method, panel

HELD = {account(n): 10**9 + n for n in range(10)}
CHAIN = ProofChain(native=HELD, words=HELD)


async def test_the_header_is_kept_for_everyone_and_comes_from_whoever_has_it() -> None:
    kept: list[object] = []
    gone = ProofNode(CHAIN, "http://gone", errors={"eth_getBlockByHash": TransportFailure("no")})
    nodes = ProofNodes("ethereum", panel(gone, ProofNode(CHAIN)))
    first = await nodes.anchor(CHAIN.block, kept.append)
    assert isinstance(first, Anchor)
    assert first.header.state_root == CHAIN.state.root
    assert await nodes.anchor(CHAIN.block, kept.append) == first
    assert kept[0] == kept[1]  # whoever asks later did not keep the first
    lost = ProofNodes("ethereum", panel(gone))
    why = await lost.anchor(CHAIN.block, kept.append)
    assert why == Unproven("http://gone: no")


async def test_words_are_proven_in_their_order() -> None:
    node = ProofNode(CHAIN)
    nodes = ProofNodes("ethereum", panel(node))
    at = await nodes.anchor(CHAIN.block, lambda _: None)
    assert isinstance(at, Anchor)
    slots = [CHAIN.slot(account(n)) for n in (3, 1, 77)]
    (real,) = nodes.usable(CHAIN.block)
    words = await nodes.words(real, at, TOKEN, slots, [])
    assert words == [HELD[account(3)], HELD[account(1)], 0]
    node.change = lambda _, result: {**result, "accountProof": []}
    with pytest.raises(ProofError):
        await nodes.words(real, at, TOKEN, slots, [])


async def test_a_node_that_cannot_is_not_asked_again_at_this_block() -> None:
    nodes = ProofNodes("ethereum", panel(ProofNode(CHAIN)))
    (real,) = nodes.usable(CHAIN.block)
    nodes.note(real, no_method(), CHAIN.block)
    assert nodes.usable(CHAIN.block) == []
    assert nodes.why(CHAIN.block, []) == Unproven("http://node: the method does not exist")
    assert nodes.why(CHAIN.block, ["later"]) == Unproven("later")


def test_small_things() -> None:
    assert pieces([1, 2, 3], 2) == [[1, 2], [3]]
    assert balance_of(account(1)) == "0x70a08231" + "00" * 12 + account(1).hex()
    assert proof_request(TOKEN, [bytes(32)]).params[1] == [f"0x{'00' * 32}"]
