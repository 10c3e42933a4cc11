from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chains.adapter import Unproven
from chains.evm.proof_nodes import Anchor, ProofNodes
from chains.evm.slot_discovery import LayoutFinder
from chains.evm.slots import Layout, Pattern
from tests.fakes.evm_scene import account
from tests.fakes.proof_chain import TOKEN, ProofChain, ProofNode, no_method, panel, solidity

if TYPE_CHECKING:
    from collections.abc import Mapping

HELD = {account(n): 10**9 + n for n in range(30)}


async def find(
    readings: Mapping[bytes, int], *nodes: ProofNode
) -> tuple[Layout | Unproven, list[Mapping[str, Any]]]:
    asked = ProofNodes("ethereum", panel(*nodes))
    at = await asked.anchor(nodes[0].chain.block, lambda _: None)
    assert isinstance(at, Anchor)
    kept: list[Mapping[str, Any]] = []
    found = await LayoutFinder(asked).find(at, "USDT@ethereum", TOKEN, readings, kept.append)
    return found, kept


async def test_a_layout_is_found_by_what_balance_of_reads() -> None:
    found, kept = await find(HELD, ProofNode(ProofChain(words=HELD)))
    assert found == Layout(TOKEN, Pattern.SOLIDITY, 9)
    assert [(line["tested"], line["fitting"]) for line in kept] == [(30, 30)]


async def test_without_access_lists_it_is_found_by_trying() -> None:
    chain = ProofChain(words=HELD, slot=solidity(250))
    node = ProofNode(chain, errors={"eth_createAccessList": no_method()})
    assert (await find(HELD, node))[0] == Layout(TOKEN, Pattern.SOLIDITY, 250)


async def test_a_mapping_with_other_values_is_not_the_balances() -> None:
    chain = ProofChain(words={holder: amount + 1 for holder, amount in HELD.items()})
    found, kept = await find(HELD, ProofNode(chain))
    assert isinstance(found, Unproven)
    assert "no known layout" in found.detail
    assert kept == []


async def test_a_token_in_no_known_place_is_said_to_be() -> None:
    chain = ProofChain(words=HELD, slot=solidity(5000))
    found, _ = await find(HELD, ProofNode(chain))
    assert isinstance(found, Unproven)


async def test_a_few_lies_do_not_hide_the_layout() -> None:
    lies = {**HELD, account(4): 1, account(9): 2}
    found, kept = await find(lies, ProofNode(ProofChain(words=HELD)))
    assert isinstance(found, Layout)
    assert [(line["tested"], line["fitting"]) for line in kept] == [(30, 28)]


async def test_a_second_node_is_asked_when_the_first_gives_no_proofs() -> None:
    chain = ProofChain(words=HELD)
    first = ProofNode(chain, "http://first", errors={"eth_getProof": no_method()})
    assert isinstance((await find(HELD, first, ProofNode(chain)))[0], Layout)
    found, _ = await find(HELD, first)
    assert found == Unproven("http://first: the method does not exist")
