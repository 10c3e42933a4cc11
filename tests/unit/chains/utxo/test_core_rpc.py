from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chains.errors import (
    Incapable,
    MalformedAnswer,
    TransportFailure,
    UnresolvedReason,
    WrongState,
)
from chains.transport.endpoint import Surroundings
from chains.transport.json_rpc import RpcError
from chains.utxo.core_rpc import CoreNode, classify
from tests.fakes import core_node as fakes
from tests.fakes.utxo_snapshot import hash_serialized
from tests.nodes.regtest import chain
from tests.unit.chains.utxo.networks import FAST


@pytest.fixture
def fake(tmp_path: Path) -> fakes.CoreNode:
    return fakes.CoreNode(chain(), tmp_path)


@pytest.fixture
async def node(fake: fakes.CoreNode) -> AsyncIterator[CoreNode]:
    async with fake.serving() as url:
        made = CoreNode(url, "node", FAST, Surroundings())
        await made.open()
        yield made
        await made.close()


def name(height: int) -> str:
    return chain().hashes[height][::-1].hex()


async def test_what_a_node_tells(node: CoreNode) -> None:
    assert await node.version() == 320_000
    assert await node.block_count() == 112
    assert await node.block_hash(104) == name(104)
    assert await node.height_of(name(104)) == 104
    assert (await node.header(name(104))).hash_hex == name(104)
    assert await node.block(name(104)) == chain().block(104)
    assert await node.hash_of_set(name(112)) == hash_serialized(chain().coins[112].values())
    assert await node.hash_of_set(name(111)) is None


async def test_a_header_of_another_block_is_refused(node: CoreNode, fake: fakes.CoreNode) -> None:
    fake.answers = {"getblockheader": chain().block(7)[:80].hex()}
    with pytest.raises(WrongState):
        await node.header(name(104))


async def test_a_block_on_a_branch_is_refused(node: CoreNode, fake: fakes.CoreNode) -> None:
    fake.answers = {"getblockhash": "11" * 32}
    with pytest.raises(WrongState, match="best chain"):
        await node.height_of(name(104))


@pytest.mark.parametrize("answer", [None, True, -1, "112", 1.5, [], {}])
async def test_a_height_is_a_whole_number(
    answer: object, node: CoreNode, fake: fakes.CoreNode
) -> None:
    fake.answers = {"getblockcount": answer}
    with pytest.raises(MalformedAnswer):
        await node.block_count()


@pytest.mark.parametrize("answer", [None, 5, "xyz", "11" * 31, "zz" * 32])
async def test_a_hash_is_a_hash(answer: object, node: CoreNode, fake: fakes.CoreNode) -> None:
    fake.answers = {"getblockhash": answer}
    with pytest.raises(MalformedAnswer):
        await node.block_hash(3)


async def test_a_hash_of_another_set_is_not_taken(node: CoreNode, fake: fakes.CoreNode) -> None:
    fake.answers = {"gettxoutsetinfo": {"bestblock": name(3), "hash_serialized_3": "11" * 32}}
    assert await node.hash_of_set(name(112)) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (-32601, UnresolvedReason.NO_METHOD),
        (-5, UnresolvedReason.NO_BLOCK),
        (-8, UnresolvedReason.NO_BLOCK),
        (-1, UnresolvedReason.CALL_FAILED),
    ],
)
def test_errors_are_sorted(code: int, reason: UnresolvedReason) -> None:
    error = classify(RpcError(code, "why"))
    assert isinstance(error, Incapable)
    assert error.reason is reason


def test_a_node_that_is_starting_is_asked_again() -> None:
    assert isinstance(classify(RpcError(-28, "Loading block index")), TransportFailure)
