from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chains.errors import (
    CallReverted,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TooLarge,
    WrongState,
)
from chains.evm.blocks import Block, Reference
from chains.evm.methods import Method
from chains.evm.node import Abilities, Node
from chains.transport.json_rpc import RpcRequest
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import CONTRACT, HEIGHT, account, accounts, ledger, reader, truth

if TYPE_CHECKING:
    from collections.abc import Callable


def _block(book: FakeLedger, height: int = HEIGHT) -> Block:
    return Block(height, book.hash_of(height), book.hash_of(height - 1), book.time_of(height))


METHODS = frozenset({Method.OVERRIDE, Method.DEPLOYLESS, Method.STORAGE})
ALL = Abilities(Reference.HASH, methods=METHODS, batch=True)
BALANCES = [RpcRequest("eth_getBalance", (f"0x{account(n).hex()}",)) for n in range(5)]


class Examined:
    """A node over a fake one."""

    def __init__(self, faults: Faults) -> None:
        self.book = ledger(5)
        self.fake = FakeNode(self.book, faults)
        self.journal: list[str] = []
        self.block = _block(self.book)

    async def __aenter__(self) -> Node:
        await self.fake.__aenter__()
        self._reader = reader([self.fake.url])
        await self._reader.__aenter__()
        return self._reader.panel.nodes[0]

    async def __aexit__(self, *exception: object) -> None:
        await self._reader.__aexit__()
        await self.fake.__aexit__()


@pytest.mark.parametrize(
    ("faults", "found"),
    [
        (Faults(), ALL),
        (
            Faults(overrides="refused"),
            Abilities(Reference.HASH, methods=METHODS - {Method.OVERRIDE}, batch=True),
        ),
        (
            Faults(overrides="ignored"),
            Abilities(Reference.HASH, methods=METHODS - {Method.OVERRIDE}, batch=True),
        ),
        (Faults(batches="refused"), Abilities(Reference.HASH, methods=METHODS, batch=False)),
        (Faults(batches="html"), Abilities(Reference.HASH, methods=METHODS, batch=False)),
        (Faults(most_batch=1), Abilities(Reference.HASH, methods=METHODS, batch=False)),
        (Faults(hash_reference=False), Abilities(Reference.NUMBER, methods=METHODS, batch=True)),
        (
            Faults(hash_reference=False, overrides="refused", batches="refused"),
            Abilities(Reference.NUMBER, methods=METHODS - {Method.OVERRIDE}, batch=False),
        ),
        (
            Faults(blockhash_opcode_lies=True),
            Abilities(Reference.HASH, methods=METHODS - {Method.OVERRIDE}, batch=True),
        ),
    ],
    ids=str,
)
async def test_examination_finds_what_is_accepted(faults: Faults, found: Abilities) -> None:
    examined = Examined(faults)
    async with examined as node:
        for about in (Method.OVERRIDE, Method.SINGLES):
            await node.examine(examined.block, node.abilities, examined.journal, about=about)
        assert node.abilities == found


async def test_examination_is_not_repeated_for_what_others_have_found() -> None:
    examined = Examined(Faults(overrides="refused"))
    async with examined as node:
        await node.examine(examined.block, ALL, examined.journal, about=Method.OVERRIDE)
        before = examined.fake.http_requests
        await node.examine(examined.block, ALL, examined.journal, about=Method.OVERRIDE)
        assert examined.fake.http_requests == before


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (Faults(chain_id=9), WrongState),
        (Faults(pruned=True), Incapable),
        (Faults(status=429), Throttled),
        (Faults(state_offset=-1), WrongState),
        (Faults(null_methods={"eth_getBalance"}), MalformedAnswer),
    ],
    ids=["chain", "pruned", "throttled", "stale", "null"],
)
async def test_examination_raises_what_is_no_matter_of_asking(
    faults: Faults, error: type[ProviderError]
) -> None:
    examined = Examined(faults)
    async with examined as node:
        with pytest.raises(error):
            await node.examine(examined.block, ALL, examined.journal, about=Method.OVERRIDE)


async def test_gas_is_named_only_after_it_was_capped() -> None:
    examined = Examined(Faults(gas_cap=1 << 24))
    async with examined as node:
        with pytest.raises(TooLarge):
            await node.read(Method.OVERRIDE, examined.block, None, accounts(5), examined.journal)
        assert node.cap_gas() is True
        assert node.cap_gas() is False
        assert len(await node.read(Method.OVERRIDE, examined.block, None, accounts(5), [])) == 5


async def test_bad_answer_is_blamed_on_the_node_and_written_down() -> None:
    examined = Examined(Faults(answers_at_latest=True))
    async with examined as node:
        with pytest.raises(WrongState) as caught:
            await node.read(Method.OVERRIDE, examined.block, None, accounts(5), examined.journal)
        assert caught.value.source == examined.fake.url
        assert examined.journal == [f"{examined.fake.url}: {caught.value}"]


async def test_questions_go_out_with_their_identification_in_one_request() -> None:
    examined = Examined(Faults())
    async with examined as node:
        values = await node.ask(examined.block, BALANCES, examined.journal)
        assert values == [hex(truth(n)) for n in range(5)]
        assert examined.fake.http_requests == 1
        assert examined.fake.largest_batch == 4 + len(BALANCES)


async def test_single_questions_are_identified_before_and_after() -> None:
    examined = Examined(Faults())
    async with examined as node:
        node.give_up_batches()
        assert node.give_up_batches() is False
        values = await node.ask(examined.block, BALANCES, examined.journal)
        assert values == [hex(truth(n)) for n in range(5)]
        assert examined.fake.seen["eth_chainId"] == 2
        assert examined.fake.seen["eth_getStorageAt"] == 4


async def test_state_that_changes_between_single_questions_is_caught() -> None:
    examined = Examined(Faults())

    def turn_stale(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        if examined.fake.seen["eth_getBalance"]:
            examined.fake.faults.state_offset = -1
        return answer

    examined.fake.faults.rewrite = turn_stale
    async with examined as node:
        node.give_up_batches()
        with pytest.raises(WrongState):
            await node.ask(examined.block, BALANCES, examined.journal)


@pytest.mark.parametrize("batch", [True, False])
async def test_errors_of_members_are_values(batch: bool) -> None:
    examined = Examined(Faults())
    call = RpcRequest("eth_call", ({"to": f"0x{CONTRACT.hex()}", "data": "0x12345678"},))
    async with examined as node:
        if not batch:
            node.give_up_batches()
        first, second = await node.ask(examined.block, [call, BALANCES[0]], examined.journal)
    assert isinstance(first, CallReverted)
    assert second == hex(truth(0))


@pytest.mark.parametrize(
    ("faults", "requests"),
    [
        (Faults(hash_reference=False), BALANCES),
        (Faults(batches="refused"), BALANCES),
        (Faults(batches="refused", hash_reference=False), BALANCES),
    ],
    ids=["no hashes", "no batches", "neither"],
)
async def test_refused_way_is_replaced_by_another(
    faults: Faults, requests: list[RpcRequest]
) -> None:
    examined = Examined(faults)
    async with examined as node:
        values = await node.ask(examined.block, requests, examined.journal)
        assert values == [hex(truth(n)) for n in range(5)]


async def test_member_that_stays_refused_is_handed_back() -> None:
    examined = Examined(Faults(method_errors={"eth_getCode": (-32601, "no such method")}))
    code = RpcRequest("eth_getCode", ("0x" + "00" * 20,))
    async with examined as node:
        first, second = await node.ask(examined.block, [code, BALANCES[0]], examined.journal)
        assert isinstance(first, Incapable)
        assert second == hex(truth(0))
        assert node.abilities == ALL


async def test_throttled_single_question_throttles_the_whole() -> None:
    faults = Faults(method_errors={"eth_getBalance": (-32005, "slow down")})
    examined = Examined(faults)
    async with examined as node:
        node.give_up_batches()
        with pytest.raises(Throttled):
            await node.ask(examined.block, BALANCES, examined.journal)


async def test_batch_that_stays_malformed_is_raised() -> None:
    def spoil(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        if not isinstance(answer, list) or all(
            one == answer[0] | {"id": one["id"]} for one in answer
        ):
            return answer  # the batch of an examination
        return answer[:-1]

    examined = Examined(Faults(rewrite=spoil))
    async with examined as node:
        with pytest.raises(MalformedAnswer):
            await node.ask(examined.block, BALANCES, examined.journal)


@pytest.mark.parametrize(
    "question",
    [
        lambda node, block: node.block_at(block.height, []),
        lambda node, block: node.block_of(block.hash, []),
    ],
    ids=["by height", "by hash"],
)
async def test_blocks_are_described(question: Callable[[Node, Block], Any]) -> None:
    examined = Examined(Faults())
    async with examined as node:
        assert await question(node, examined.block) == examined.block


async def test_chain_is_required() -> None:
    examined = Examined(Faults(chain_id=9))
    async with examined as node:
        with pytest.raises(WrongState, match="chain id 9"):
            await node.require_network(examined.journal)
    assert len(examined.journal) == 1
