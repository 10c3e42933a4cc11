"""Two endpoints over one real chain, one of which lies by one wei: the state proof decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from chains.adapter import Assurance, HoldingForm, Observed, Reading
from chains.evm.balances import EvmBalanceReader
from chains.evm.settings import EvmSettings
from chains.registry import Network
from chains.transport.endpoint import Surroundings
from chains.transport.settings import TransportSettings
from tests.nodes.anvil import Anvil, binary
from tests.nodes.deployed import send

pytestmark = pytest.mark.skipif(
    binary() is None, reason="anvil is not installed: npm ci --prefix tests/nodes"
)
ETHER = 10**18
NATIVE = HoldingForm("ETH@ethereum", "ETH", "ethereum", None, 18, ())
ACCOUNTS = [bytes([0xA0 + n]) * 20 for n in range(4)]


@asynccontextmanager
async def liar(url: str, account: bytes) -> AsyncIterator[str]:
    """Forward to a node, but add one wei to one balance; packed calls are refused."""

    def told(call: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if call["method"] == "eth_call":
            return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32601, "message": "no"}}
        if call["method"] == "eth_getBalance" and call["params"][0] == f"0x{account.hex()}":
            return {**answer, "result": hex(int(answer["result"], 16) + 1)}
        return answer

    async def serve(request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read())
        async with session.post(url, json=body) as node:
            answer = msgspec.json.decode(await node.read())
        if isinstance(body, list):
            by_id = {one["id"]: one for one in answer}
            answer = [told(call, by_id[call["id"]]) for call in body]
        else:
            answer = told(body, answer)
        return web.json_response(answer)

    application = web.Application()
    application.router.add_post("/", serve)
    runner = web.AppRunner(application, access_log=None)
    async with aiohttp.ClientSession() as session:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()


async def test_the_proof_decides_and_the_liar_is_named() -> None:
    network = Network("ethereum", "Ethereum", "evm", "ETH", 18, chain_id=1)
    settings = EvmSettings(quorum=2, transport=TransportSettings(call_timeout_s=5))
    async with Anvil() as node, liar(node.url, ACCOUNTS[1]) as other:
        heights = [
            await send(node, account, value=(number + 1) * ETHER)
            for number, account in enumerate(ACCOUNTS)
        ]
        await node.rpc("evm_mine")
        reader = EvmBalanceReader(
            network, [node.url, other], settings=settings, surroundings=Surroundings()
        )
        readings: dict[bytes, Reading] = {}
        async with reader as asked:
            point = await asked.pin(heights[-1])
            async for batch in asked.balances(NATIVE, point, ACCOUNTS):  # type: ignore[arg-type]
                readings.update(batch)
            notes = asked.notes()
    for number, account in enumerate(ACCOUNTS):
        reading = readings[account]
        assert isinstance(reading, Observed)
        assert reading.amount == (number + 1) * ETHER
        expected = Assurance.PROOF if number == 1 else Assurance.QUORUM
        assert reading.assurance is expected
    assert notes == [f"{other} gave 1 balances of ETH@ethereum that a state proof refutes"]
