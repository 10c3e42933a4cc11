"""State proofs that vouch for a node's state: whole ones of another state are caught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

from chains.errors import ChainsError, Incapable, Throttled, TimedOut, WrongState
from chains.evm.blocks import Block
from chains.evm.state_root import proven_balances
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_scene import account
from tests.fakes.proof_chain import ProofChain, no_method

if TYPE_CHECKING:
    from chains.evm.node import Node
    from chains.transport.json_rpc import RpcRequest

HELD = {account(n): 10**9 + n for n in range(30)}
CHAIN = ProofChain(native=HELD)
OTHER = ProofChain(native={**HELD, account(29): 5})
ASKED = [account(n) for n in (0, 1, 2, 99)]
EMPTY: dict[str, object] = {"accountProof": [], "storageProof": []}


@dataclass
class Giver:
    """Stands in for a node; `answer(account)` is what it says of one, `error` what is raised."""

    answer: Callable[[str], Any] = lambda who: CHAIN.proof(who, ())
    error: ChainsError | None = None
    asked: list[str] = field(default_factory=list)

    async def plain(self, requests: Sequence[RpcRequest], journal: list[str]) -> list[object]:
        if self.error is not None:
            raise self.error
        assert {(one.method, one.params[2]) for one in requests} == {("eth_getProof", "0x64")}
        self.asked += [str(one.params[0]) for one in requests]
        return [self.answer(str(one.params[0])) for one in requests]


async def _proven(giver: Giver, chain: ProofChain = CHAIN) -> dict[bytes, int]:
    node = cast("Node", giver)
    return await proven_balances(node, chain.block, "0x64", chain.header, ASKED, journal=[])


async def test_balances_and_absent_accounts_are_proven() -> None:
    assert await _proven(Giver()) == {one: HELD.get(one, 0) for one in ASKED}


async def test_whole_proof_of_another_state_is_a_wrong_state() -> None:
    with pytest.raises(WrongState, match="another state root"):
        await _proven(Giver(lambda who: OTHER.proof(who, ())))


def _damaged(who: str) -> dict[str, Any]:
    proof = OTHER.proof(who, ())
    return {**proof, "accountProof": [*proof["accountProof"][:-1], "0x80"]}


@pytest.mark.parametrize(
    "answer",
    [
        EMPTY,
        None,
        {"accountProof": ["0x0911", "0x04"], "storageProof": []},  # a trie of another kind
        no_method(),
        Incapable("the state is not available"),
        _damaged(f"0x{account(0).hex()}"),
    ],
)
async def test_what_is_no_proof_shows_nothing_and_no_more_is_asked(answer: object) -> None:
    giver = Giver(lambda _: answer)
    assert await _proven(giver) == {}
    assert giver.asked == [f"0x{account(0).hex()}"]


async def test_what_was_proven_before_a_refusal_counts() -> None:
    refused = f"0x{account(2).hex()}"
    giver = Giver(lambda who: no_method() if who == refused else CHAIN.proof(who, ()))
    assert set(await _proven(giver)) == {account(0), account(1)}


async def test_slow_proofs_show_nothing_and_a_busy_node_is_told() -> None:
    assert await _proven(Giver(error=TimedOut("too slow"))) == {}
    with pytest.raises(Throttled):
        await _proven(Giver(error=Throttled("slow down")))


async def test_header_of_an_unknown_layout_ties_nothing() -> None:
    giver = Giver()
    node = cast("Node", giver)
    odd = {**CHAIN.header, "gasUsed": "0x7"}
    assert await proven_balances(node, CHAIN.block, "0x64", odd, ASKED, journal=[]) == {}
    assert giver.asked == []


async def test_header_that_names_an_empty_state_ties_nothing() -> None:
    """The genesis of a development node names no state, whatever it holds."""
    book = FakeLedger(tip=100, has_header_at=100)
    described = {
        name: hex(value) if isinstance(value, int) else f"0x{value.hex()}"
        for name, value in book.header(100).items()
    }
    block = Block(100, book.hash_of(100), book.hash_of(99), book.time_of(100))
    giver = Giver()
    node = cast("Node", giver)
    assert await proven_balances(node, block, "0x64", described, ASKED, journal=[]) == {}
    assert giver.asked == []
