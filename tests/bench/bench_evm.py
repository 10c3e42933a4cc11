"""EVM balances through the adapter, with all its checks, against clients that check nothing.

    python -m tests.bench.bench_evm            everything
    python -m tests.bench.bench_evm million    one million addresses in one query, memory and time

Needs anvil (tests/nodes) and, for one comparison, web3 (dependency group `bench`). Candidates take
turns within one run, medians of the rounds; only the ratios mean anything.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec

from chains.adapter import HoldingForm, Unresolved
from chains.evm.balances import EvmBalanceReader
from chains.evm.settings import EvmSettings
from chains.transport.endpoint import Surroundings
from tests.fakes.evm_scene import CONTRACT, NATIVE, TOKEN, account, accounts, network, truth
from tests.nodes.anvil import Anvil
from tests.nodes.tokens import TOKEN_CODE, balance_slot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

COUNT = 10_000
ROUNDS = 5
SINGLE_CALLS = 400
"""One call at a time is too slow for all of them; its rate does not depend on their number."""
BATCH = 500
MILLION = 1_000_000

_ADDRESS = f"0x{CONTRACT.hex()}"


def say(line: str) -> None:
    """Print a figure at once."""
    print(line, flush=True)  # noqa: T201 (what a bench is for)


async def main() -> None:
    """Print requests and ratios for both forms, then time and memory of the large query."""
    async with Anvil() as node:
        await node.fund({account(n): truth(n) for n in range(COUNT)})
        await node.rpc("anvil_setCode", _ADDRESS, f"0x{TOKEN_CODE.hex()}")
        await node.store(_ADDRESS, {balance_slot(account(n)): truth(n) for n in range(COUNT)})
        height = await node.seal()
        await node.fund({account(n): 5 for n in range(100)})
        await node.seal()
        for form in (NATIVE, TOKEN):
            await _compare(node.url, height, form)
    # A process of its own has its own memory.
    subprocess.run(  # noqa: ASYNC221 (nothing else is going on)
        [sys.executable, "-m", "tests.bench.bench_evm", "million"], check=True
    )


async def _compare(url: str, height: int, form: HoldingForm) -> None:
    rates: dict[str, list[float]] = {}
    requests = 0

    async def adapter() -> int:
        nonlocal requests
        requests = await _through_adapter(url, height, form, COUNT)
        return COUNT

    async def batches() -> int:
        return len(await _bare_batches(url, height, form))

    candidates: dict[str, Callable[[], Awaitable[int]]] = {
        "adapter": adapter,
        "aiohttp batches, unchecked": batches,
    }
    single = _one_at_a_time(url, height, form)
    if single is not None:
        candidates["AsyncWeb3, one at a time"] = single
    for _ in range(ROUNDS):
        for name, candidate in candidates.items():
            began = time.perf_counter()
            done = await candidate()
            rates.setdefault(name, []).append(done / (time.perf_counter() - began))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    say(f"{form.id}: {COUNT:,} balances in {requests} HTTP requests (pinning not counted)")
    for name, rate in medians.items():
        say(f"  {name:26} {rate:12,.0f}/s   adapter is {medians['adapter'] / rate:8.1f}x")


async def _through_adapter(url: str, height: int, form: HoldingForm, count: int) -> int:
    """Read `count` balances and compare each with the truth; return the HTTP requests it took."""
    asked = accounts(count)
    first = int.from_bytes(account(0), "big")
    async with EvmBalanceReader(
        network(), [url], settings=EvmSettings(), surroundings=Surroundings()
    ) as made:
        point = await made.pin(height)
        if isinstance(point, Unresolved):
            raise RuntimeError(point.detail)  # noqa: TRY004 (a failed read, not a type)
        counters = made.panel.nodes[0].endpoint.counters
        pinning, answered = counters.http_requests, 0
        async for batch in made.balances(form, point, asked):
            for holder, reading in batch:
                number = int.from_bytes(holder, "big") - first
                due = truth(number) if number < COUNT else 0
                if getattr(reading, "amount", None) != due:
                    raise RuntimeError(f"{holder.hex()}: {reading}")
                answered += 1
        if answered != count:
            raise RuntimeError(f"{answered} of {count} were answered")
        return counters.http_requests - pinning


def _question(form: HoldingForm, height: int, number: int) -> dict[str, object]:
    holder = account(number).hex()
    params: list[object] = [f"0x{holder}", hex(height)]
    if form.contract is not None:
        params = [{"to": form.contract, "data": f"0x70a08231{holder:0>64}"}, hex(height)]
    method = "eth_getBalance" if form.contract is None else "eth_call"
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


async def _bare_batches(url: str, height: int, form: HoldingForm) -> dict[int, int]:
    found: dict[int, int] = {}
    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession() as session:
        for at in range(0, COUNT, BATCH):
            body = msgspec.json.encode([_question(form, height, n) for n in range(at, at + BATCH)])
            async with session.post(url, data=body, headers=headers) as answer:
                for one in msgspec.json.decode(await answer.read()):
                    found[one["id"]] = int(one["result"], 16)
    return found


def _one_at_a_time(url: str, height: int, form: HoldingForm) -> Callable[[], Awaitable[int]] | None:
    try:
        from web3 import AsyncHTTPProvider, AsyncWeb3  # noqa: PLC0415 (only where it is installed)
    except ImportError:
        say("web3 is not installed: no comparison with AsyncWeb3")
        return None

    async def run() -> int:
        web3: Any = AsyncWeb3(AsyncHTTPProvider(url))
        for number in range(SINGLE_CALLS):
            holder = account(number).hex()
            if form.contract is None:
                address = web3.to_checksum_address(f"0x{holder}")
                amount = await web3.eth.get_balance(address, height)
            else:
                contract = web3.to_checksum_address(form.contract)
                call = {"to": contract, "data": f"0x70a08231{holder:0>64}"}
                amount = int.from_bytes(await web3.eth.call(call, height), "big")
            if amount != truth(number):
                raise RuntimeError(f"{holder}: {amount}")
        await web3.provider.disconnect()
        return SINGLE_CALLS

    return run


async def million() -> None:
    """Print time and peak memory of one query for a million addresses, streamed."""
    seconds: dict[int, float] = {}
    requests = 0
    async with Anvil() as node:
        await node.fund({account(n): truth(n) for n in range(COUNT)})
        height = await node.seal()
        for count in (MILLION // 10, MILLION):
            began = time.perf_counter()
            requests = await _through_adapter(node.url, height, NATIVE, count)
            seconds[count] = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    growth = seconds[MILLION] / seconds[MILLION // 10]
    say(f"{MILLION:,} addresses in one query: {requests} HTTP requests, peak {peak:,.0f} MiB")
    say(f"  {growth:.1f}x the time of a tenth of them (10 is linear)")


if __name__ == "__main__":
    asyncio.run(million() if sys.argv[1:] == ["million"] else main())
