from __future__ import annotations

from typing import Any, Self

import pytest

from chains.errors import (
    CallReverted,
    ChainsError,
    Incapable,
    MalformedAnswer,
    ProviderError,
    Throttled,
    TimedOut,
    TooLarge,
    TransportFailure,
    UnresolvedReason,
)
from chains.transport.endpoint import Endpoint
from chains.transport.json_rpc import RpcError, RpcRequest
from chains.transport.settings import TransportSettings
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.surroundings import FakeTime

CHAIN_ID = RpcRequest("eth_chainId", ())
SETTINGS = TransportSettings(call_timeout_s=5, longest_wait_s=20)


def _classify(error: RpcError) -> ChainsError:
    match error.code:
        case 3:
            return CallReverted(error.message)
        case -32005:
            return Throttled(error.message)
        case _:
            return Incapable(error.message)


class Opened:
    """A fake node and an endpoint to it."""

    def __init__(self, faults: Faults, settings: TransportSettings = SETTINGS) -> None:
        self.node = FakeNode(FakeLedger(chain_id=7), faults)
        self.settings = settings
        self.time = FakeTime()
        self.journal: list[str] = []

    async def __aenter__(self) -> Self:
        await self.node.__aenter__()
        self.endpoint = Endpoint(
            self.node.url, "the label", self.settings, _classify, self.time.surroundings()
        )
        await self.endpoint.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.endpoint.close()
        await self.node.__aexit__()

    async def one(self, method: str = "eth_chainId", *params: object) -> object:
        return await self.endpoint.one(method, params, journal=self.journal)


async def test_result_comes_back() -> None:
    async with Opened(Faults()) as opened:
        assert await opened.one() == "0x7"
        assert opened.journal == []
        assert opened.endpoint.counters.http_requests == 1


KEY = "k3yk3yk3y9876"


@pytest.mark.parametrize(
    "faults",
    [
        Faults(method_errors={"eth_chainId": (-32000, f"no project {KEY}")}),
        Faults(method_errors={"eth_chainId": (3, f"reverted for {KEY}")}),
        Faults(method_errors={"eth_chainId": (-32000, "x" * 190 + KEY)}),
        Faults(body=f"unknown path /v3/{KEY}".encode()),
    ],
    ids=["refusal", "revert", "cut off", "not JSON"],
)
@pytest.mark.parametrize("place", [f"/v3/{KEY}", f"/?apikey={KEY}"])
async def test_key_that_the_server_repeats_is_not_shown(faults: Faults, place: str) -> None:
    async with Opened(faults) as opened:
        time = opened.time.surroundings()
        asked = Endpoint(opened.node.url + place, "the label", SETTINGS, _classify, time)
        await asked.open()
        try:
            with pytest.raises(ChainsError) as caught:
                await asked.one("eth_chainId", journal=opened.journal)
        finally:
            await asked.close()
    shown = [str(caught.value), repr(caught.value), *opened.journal, asked.health().line()]
    assert not [text for text in shown if KEY[:6] in text]
    assert "[hidden]" in str(caught.value)


async def test_bad_tries_are_repeated_with_growing_waits_and_written_down() -> None:
    async with Opened(Faults(reset=True, for_requests=2)) as opened:
        assert await opened.one() == "0x7"
        assert opened.time.slept == [0.5, 1.0]
        assert opened.journal == ["the label: the connection was lost"] * 2
        assert opened.endpoint.counters.failures == 2
        assert opened.endpoint.out is None


async def test_last_error_is_raised_with_its_source() -> None:
    async with Opened(Faults(body=b"<html>")) as opened:
        with pytest.raises(TransportFailure) as caught:
            await opened.one()
        assert caught.value.source == "the label"
        assert opened.node.http_requests == 3


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [
        (401, Incapable, 1),
        (403, Incapable, 1),
        (404, Incapable, 1),
        (400, Incapable, 1),
        (413, TooLarge, 1),
        (500, TransportFailure, 3),
        (502, TransportFailure, 3),
        (503, TransportFailure, 3),
        (504, TimedOut, 2),
        (429, Throttled, 6),
    ],
)
async def test_status_decides_about_kind_and_tries(
    status: int, error: type[ProviderError], tries: int
) -> None:
    async with Opened(Faults(status=status)) as opened:
        with pytest.raises(error, match=f"HTTP status {status}"):
            await opened.one()
        assert opened.node.http_requests == tries


async def test_json_rpc_error_under_a_bad_status_is_understood() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"no"}}'
    async with Opened(Faults(status=400, body=body)) as opened:
        with pytest.raises(CallReverted):
            await opened.one()


async def test_retry_after_is_waited_for() -> None:
    async with Opened(Faults(status=429, retry_after="7", for_requests=2)) as opened:
        assert await opened.one() == "0x7"
        assert [wait for wait in opened.time.slept if wait] == [7, 7]
        assert opened.endpoint.counters.throttled == 2


async def test_unavailable_with_retry_after_is_a_throttle() -> None:
    async with Opened(Faults(status=503, retry_after="1", for_requests=1)) as opened:
        assert await opened.one() == "0x7"
        assert opened.endpoint.counters.throttled == 1


LIMIT = b'{"Error": "The key exceeds the frequency limit(15), the server is suspended for 30s"}'


@pytest.mark.parametrize("status", [403, 503])
async def test_a_limit_that_is_told_in_words_is_a_throttle(status: int) -> None:
    """As TronGrid does: 403 without a key, 503 with one."""
    async with Opened(Faults(status=status, body=LIMIT, for_requests=4)) as opened:
        assert await opened.one() == "0x7"
        assert opened.endpoint.counters.throttled == 4


async def test_too_long_a_wait_is_not_waited_for() -> None:
    async with Opened(Faults(status=429, retry_after="3600")) as opened:
        with pytest.raises(Throttled):
            await opened.one()
        assert opened.node.http_requests == 1
        assert opened.time.slept == []


async def test_throttle_narrows_the_window() -> None:
    async with Opened(Faults(status=429, for_requests=2)) as opened:
        await opened.one()
        # From 4, halved twice, and widened by one after a whole window of one success.
        assert opened.endpoint.window.limit == 2


async def test_throttled_member_throttles_the_batch() -> None:
    faults = Faults(method_errors={"eth_blockNumber": (-32005, "slow down")})
    async with Opened(faults) as opened:
        requests = [CHAIN_ID, RpcRequest("eth_blockNumber", ())]
        with pytest.raises(Throttled):
            await opened.endpoint.call(requests, batch=True, journal=opened.journal)
        assert opened.node.http_requests == SETTINGS.throttle_tries


async def test_errors_of_members_are_values() -> None:
    faults = Faults(method_errors={"a": (3, "reverted"), "b": (-32601, "unknown")})
    async with Opened(faults) as opened:
        requests = [RpcRequest("a", ()), CHAIN_ID, RpcRequest("b", ())]
        first, second, third = await opened.endpoint.call(
            requests, batch=True, journal=opened.journal
        )
    assert isinstance(first, CallReverted)
    assert second == "0x7"
    assert isinstance(third, Incapable)


async def test_refusal_of_a_single_request_is_raised_once_and_written_down() -> None:
    async with Opened(Faults(method_errors={"eth_chainId": (-32601, "unknown")})) as opened:
        with pytest.raises(Incapable) as caught:
            await opened.one()
        assert caught.value.source == "the label"
        assert opened.journal == ["the label: unknown"]
        assert opened.node.http_requests == 1


async def test_refusal_of_a_whole_batch_is_raised() -> None:
    async with Opened(Faults(batches="refused")) as opened:
        with pytest.raises(Incapable, match="not supported"):
            await opened.endpoint.call([CHAIN_ID] * 2, batch=True, journal=opened.journal)


async def test_missing_member_is_tried_again() -> None:
    def drop(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        return answer[:-1] if opened.node.http_requests < 3 else answer

    async with Opened(Faults()) as opened:
        opened.node.faults.rewrite = drop
        values = await opened.endpoint.call([CHAIN_ID] * 2, batch=True, journal=opened.journal)
        assert values == ["0x7", "0x7"]
        opened.node.faults.rewrite = lambda answer: answer[:-1]
        with pytest.raises(MalformedAnswer) as caught:
            await opened.endpoint.call([CHAIN_ID] * 2, batch=True, journal=opened.journal)
    assert caught.value.reason is UnresolvedReason.MISSING_ANSWER


async def test_endpoint_is_left_after_strikes_in_a_row() -> None:
    async with Opened(Faults(body=b"")) as opened:
        for strike in range(1, SETTINGS.strikes + 1):
            with pytest.raises(TransportFailure):
                await opened.one()
            assert (opened.endpoint.out is not None) is (strike == SETTINGS.strikes)


async def test_success_between_failures_forgives() -> None:
    async with Opened(Faults()) as opened:
        for _ in range(2 * SETTINGS.strikes):
            opened.node.faults.body = b""
            with pytest.raises(TransportFailure):
                await opened.one()
            opened.node.faults.body = None
            await opened.one()
        assert opened.endpoint.out is None


async def test_first_reason_for_leaving_stays() -> None:
    async with Opened(Faults()) as opened:
        opened.endpoint.leave(ProviderError("first"))
        opened.endpoint.leave(ProviderError("second"))
        assert str(opened.endpoint.out) == "first"


async def test_nothing_is_sent_after_the_deadline() -> None:
    async with Opened(Faults(), TransportSettings(deadline_s=10)) as opened:
        await opened.one()
        opened.time.now += 10
        with pytest.raises(ProviderError) as caught:
            await opened.one()
        assert caught.value.reason is UnresolvedReason.DEADLINE
        assert opened.node.http_requests == 1


async def test_ids_differ_from_call_to_call() -> None:
    ids: list[object] = []

    def remember(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        ids.append(answer["id"])
        return answer

    async with Opened(Faults(rewrite=remember)) as opened:
        for _ in range(3):
            await opened.one()
    assert len(set(ids)) == 3


async def test_programming_errors_are_not_caught() -> None:
    async with Opened(Faults()) as opened:
        with pytest.raises(TypeError):
            await opened.one("eth_chainId", object())
        assert opened.journal == []
