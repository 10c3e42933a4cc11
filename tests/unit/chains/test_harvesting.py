from __future__ import annotations

from typing import Any

import pytest

from chains.adapter import Reach
from chains.errors import CallReverted, Incapable, MalformedAnswer, ProviderError, UnresolvedReason
from chains.harvesting import Batches, Told, harvested, nodes, one_by_one, rest_servers, told
from chains.registry import Network, family_module
from chains.source import CaughtStale
from chains.transport.json_rpc import RpcError, RpcRequest
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.ledger_trials import PATIENCE
from tests.fakes.surroundings import FakeTime

A, B, C = b"a", b"b", b"c"


@pytest.mark.parametrize("family", ["algorand", "cosmos", "filecoin", "near", "starknet"])
def test_an_endpoint_that_is_no_url_is_refused_without_repeating_it(family: str) -> None:
    module = family_module(family, "balances")
    network = Network("net", "Net", family, "X", 6, options={"denom": "x"})
    with pytest.raises(ValueError, match="must be an") as caught:
        module.reader(network, ["ftp://user:secret@node.example"])
    assert "secret" not in str(caught.value)
    assert module.METHODS[0].reach is not Reach.NONE


def test_a_server_that_is_named_twice_is_one_server() -> None:
    urls = ["http://a.example/x", "http://b.example", "http://a.example/x"]
    servers = rest_servers(urls, PATIENCE, FakeTime().surroundings())
    assert [one.label for one in servers] == ["http://a.example", "http://b.example"]


async def test_each_account_has_its_own_failure() -> None:
    async def read(account: bytes) -> Told:
        if account == B:
            raise Incapable("pruned")
        return 7, "staked besides" if account == C else ""

    harvest = await one_by_one([A, B, C], read)
    assert harvest.amounts == {A: 7, C: 7}
    assert harvest.notes == {C: "staked besides"}
    assert str(harvest.failed[B]) == "pruned"


async def test_one_stale_answer_spoils_all() -> None:
    async def read(account: bytes) -> Told:
        if account == B:
            raise CaughtStale("another state")
        return 7, ""

    with pytest.raises(CaughtStale):
        await one_by_one([A, B], read)


def test_a_harvest_has_as_many_answers_as_accounts() -> None:
    with pytest.raises(ValueError, match="zip"):
        harvested([A, B], [(1, "")])


def test_what_an_answer_means() -> None:
    def parse(value: object) -> Told:
        if value == "stale":
            raise CaughtStale("another state")
        if value == "bad":
            raise MalformedAnswer("bad")
        return 1, ""

    error = ProviderError("no")
    assert told("good", parse) == (1, "")
    assert told(error, parse) is error
    assert isinstance(told("bad", parse), MalformedAnswer)
    reverted = told(CallReverted("paused"), parse)
    assert isinstance(reverted, ProviderError)
    assert reverted.reason is UnresolvedReason.CALL_FAILED
    with pytest.raises(CaughtStale):
        told("stale", parse)


class Node(RpcFake):
    """Takes batches of up to `most` members; answers each with its parameter."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.batches = most > 1
        self.sizes: list[int] = []

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        size = body.count(b'"id"')
        self.sizes.append(size)
        if 1 < self.most < size:
            refusal = {"code": -32600, "message": "batch too large"}
            return {"jsonrpc": "2.0", "id": None, "error": refusal}
        return super().answer(path, query, body)

    def result(self, method: str, params: Any) -> object:  # noqa: ANN401 (whatever was sent)
        if params == [13]:
            raise RpcRefusal(1, "unlucky")
        return params[0]


def classify(error: RpcError) -> ProviderError:
    if error.code == -32600:
        return Incapable(error.message, reason=UnresolvedReason.NO_METHOD)
    return ProviderError(error.message)


async def numbers(server: Node, count: int) -> list[object]:
    (node,) = nodes([server.url, server.url], classify, PATIENCE, FakeTime().surroundings())
    await node.open()
    try:
        batches = Batches(node, 100)
        requests = [RpcRequest("n", (number,)) for number in range(count)]
        return await batches.call(requests, [])
    finally:
        await node.close()


@pytest.mark.parametrize("most", [1_000, 30, 1])
async def test_batches_are_as_large_as_the_server_takes(most: int) -> None:
    async with Node(most) as server:
        found = await numbers(server, 230)
    assert isinstance(found.pop(13), ProviderError)
    assert found == [number for number in range(230) if number != 13]
    if most == 1_000:
        assert server.sizes == [100, 100, 30]


async def test_a_broken_batch_fails_its_members_only() -> None:
    async with Node(1_000) as server:
        server.faults.garbage = 1 << 30
        found = await numbers(server, 120)
    assert len(found) == 120
    assert all(isinstance(one, ProviderError) for one in found)
