from __future__ import annotations

import pytest

from chains.errors import Incapable, ProviderError, Throttled, TooLarge, TransportFailure
from chains.transport.json_rpc import RpcError
from chains.transport.settings import TransportSettings
from chains.tron.node import TronNode, classify
from tests.fakes.http_fake import HttpFake
from tests.fakes.surroundings import FakeTime


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (-32005, "query returned more than 10000 results", TooLarge),
        (-32600, "exceed max block range: 5000", TooLarge),
        (-32000, "request rate limit", Throttled),
        (-32601, "the method does not exist", Incapable),
        (-32000, "internal error", ProviderError),
    ],
)
def test_errors_are_told_apart(code: int, message: str, kind: type[ProviderError]) -> None:
    assert type(classify(RpcError(code, message))) is kind


class Answering(HttpFake):
    def __init__(self, said: object) -> None:
        super().__init__()
        self.said = said

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        return self.said


@pytest.mark.parametrize(
    ("said", "kind", "times"),
    [
        ({"Error": "request rate limit exceeded"}, Throttled, 3),
        ({"Error": "node is not ready"}, TransportFailure, 2),
        ({"Error": "lite node"}, Incapable, 1),
        ([], ProviderError, 2),
    ],
    ids=["throttle", "not ready", "refusal", "no object"],
)
async def test_what_another_try_may_better_is_tried_again(
    said: object, kind: type[ProviderError], times: int
) -> None:
    settings = TransportSettings(tries=2, throttle_tries=3)
    async with Answering(said) as server:
        node = TronNode(server.url, "the node", settings, FakeTime().surroundings())
        await node.open()
        try:
            with pytest.raises(kind):
                await node.block(7, [])
            assert len(server.paths) >= times
        finally:
            await node.close()


@pytest.mark.parametrize("status", [429, 405, 502])
async def test_statuses_of_its_json_rpc_are_errors(status: int) -> None:
    async with Answering({}) as server:
        server.faults.statuses["/jsonrpc"] = status
        settings = TransportSettings(tries=1, throttle_tries=1)
        node = TronNode(server.url, "the node", settings, FakeTime().surroundings())
        await node.open()
        try:
            with pytest.raises(ProviderError):
                await node.logs({}, [])
        finally:
            await node.close()
