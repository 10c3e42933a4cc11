from __future__ import annotations

import pytest

from chains.errors import Incapable, ProviderError, Throttled, TooLarge
from chains.errors import UnresolvedReason as Reason
from chains.solana.calls import Calls, classify
from chains.transport.endpoint import Endpoint
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.transport.settings import TransportSettings
from tests.fakes.http_fake import RpcFake, RpcRefusal
from tests.fakes.surroundings import FakeTime


@pytest.mark.parametrize(
    ("code", "message", "kind", "reason"),
    [
        (429, "x", Throttled, Reason.THROTTLED),
        (-32005, "Node is behind by 42 slots", Throttled, Reason.THROTTLED),
        (-32016, "Minimum context slot has not been reached", Throttled, Reason.THROTTLED),
        (0, "Too many requests for a specific RPC call", Throttled, Reason.THROTTLED),
        (-32007, "Slot 7 was skipped", Incapable, Reason.NO_BLOCK),
        (-32001, "Block 7 cleaned up", Incapable, Reason.NO_STATE),
        (-32011, "Transaction history is not available", Incapable, Reason.NO_STATE),
        (-32018, "not available before", Incapable, Reason.NO_STATE),
        (-32601, "Method not found", Incapable, Reason.NO_METHOD),
        (-32012, "accumulated scan results exceeded the limit", TooLarge, Reason.TOO_LARGE),
        (-32000, "batch of 100 is over the limit", TooLarge, Reason.TOO_LARGE),
        (-32602, "Invalid param", ProviderError, Reason.CALL_FAILED),
    ],
)
def test_what_errors_mean(
    code: int, message: str, kind: type[ProviderError], reason: Reason
) -> None:
    found = classify(RpcError(code, message))
    assert type(found) is kind
    assert found.reason is reason


class Echo(RpcFake):
    most = 100

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        said = super().answer(path, query, body)
        if isinstance(said, list) and len(said) > self.most:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": 413, "message": "too large"}}
        return said

    def result(self, method: str, params: object) -> object:
        if method == "bad":
            raise RpcRefusal(-32602, "Invalid param")
        return params


async def asked(server: Echo, names: str, batch: int = 4) -> list[object]:
    node = Endpoint(
        server.url, "node", TransportSettings(tries=2), classify, FakeTime().surroundings()
    )
    await node.open()
    try:
        calls = Calls(node, batch)
        return await calls.many(
            [RpcRequest("bad" if name == "-" else "good", [name]) for name in names], []
        )
    finally:
        await node.close()


async def test_answers_come_in_order_whatever_the_batches() -> None:
    for most, requests in ((100, 3), (3, 3 + 6), (1, 3 + 6 + 10)):
        async with Echo() as server:
            server.most = most
            assert await asked(server, "abcdefghij") == [[one] for one in "abcdefghij"]
            assert len(server.paths) <= requests
    async with Echo() as server:
        server.batches = False
        assert await asked(server, "abc") == [["a"], ["b"], ["c"]]


async def test_one_bad_question_spoils_no_other() -> None:
    async with Echo() as server:
        first, second, third = await asked(server, "a-c")
    assert (first, third) == (["a"], ["c"])
    assert isinstance(second, ProviderError)


async def test_a_server_that_is_gone_answers_nothing() -> None:
    async with Echo() as server:
        server.faults.statuses["/"] = 403
        found = await asked(server, "abcdef", batch=2)
    assert [type(one) for one in found] == [Incapable] * 6
