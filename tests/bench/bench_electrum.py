"""10,000 addresses over a real ElectrumX on loopback, everything checked, and what it is made of.

Needs bcoin (`npm ci --prefix tests/nodes`) and ElectrumX (`e-x`). All figures are of one run: the
generator builds the chain first, then the same addresses are read (1) through the adapter's public
method, with transactions, Merkle proofs and header chain checked, and (2) as bare `get_balance`
calls in batches that check nothing.

    python tests/bench/bench_electrum.py [ADDRESSES]
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chains.adapter import Observed
from chains.transport.json_rpc import RpcRequest
from chains.transport.provider import Surroundings
from chains.transport.settings import TransportSettings
from chains.utxo.electrum import ElectrumServer
from chains.utxo.electrum_source import script_hash
from chains.utxo.server_settings import ServerSettings
from chains.utxo.servers import reader
from tests.fakes.utxo_scene import COIN, network
from tests.nodes.bcoin import Bcoin
from tests.nodes.bcoin_chain import Regtest, script_of, spendable
from tests.nodes.electrumx import ElectrumX

ADDRESSES = 10_000
PER_TRANSACTION = 2_500
SPENT = 200
"""Addresses that are spent from after the snapshot."""


def build(chain: Regtest, count: int) -> tuple[list[bytes], int]:
    """Fund `count` addresses, end the snapshot, then spend from and pay to some of them."""
    chain.begin()
    inputs = {}
    scripts = [script_of(number) for number in range(count - SPENT)]
    for number in range(SPENT):
        script, shown = spendable(number + 1_000)
        inputs[script] = shown
        scripts.insert(number * (count // SPENT), script)
    coins = []
    for at in range(0, count, PER_TRANSACTION):
        some = scripts[at : at + PER_TRANSACTION]
        paid, _ = chain.pay([(10_000 + at + place, script) for place, script in enumerate(some)])
        coins += [
            (paid.txid, place, inputs[script])
            for place, script in enumerate(some)
            if script in inputs
        ]
    snapshot = chain.node.height()
    for at in range(0, len(coins), 50):
        chain.spend(coins[at : at + 50], [(5_000, scripts[at])])
    chain.node.mine(3, chain.address)
    return scripts, snapshot


async def checked(url: str, scripts: list[bytes], height: int) -> tuple[float, dict[bytes, int]]:
    settings = ServerSettings()
    found: dict[bytes, int] = {}
    start = time.perf_counter()
    async with reader(network(), [url], settings, Surroundings()) as asked:
        point = await asked.pin(height)
        async for batch in asked.balances(COIN, point, scripts):  # type: ignore[arg-type]
            for script, reading in batch:
                assert isinstance(reading, Observed), reading
                found[script] = reading.amount
    return time.perf_counter() - start, found


async def bare(url: str, scripts: list[bytes]) -> float:
    server = ElectrumServer(url, "bare", TransportSettings(), Surroundings())
    start = time.perf_counter()
    method = "blockchain.scripthash.get_balance"
    await server.many(
        [RpcRequest(method, (script_hash(script),)) for script in scripts], journal=[], batch=200
    )
    elapsed = time.perf_counter() - start
    await server.close()
    return elapsed


async def caught_up(url: str, height: int) -> None:
    async with reader(network(), [url], ServerSettings(), Surroundings()) as asked:
        while (await asked.sources[0].block_at(0, [])).tip < height:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Print seconds, rates and ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ADDRESSES
    with Bcoin() as node:
        chain = Regtest(node)
        start = time.perf_counter()
        scripts, snapshot = build(chain, count)
        _say(f"chain of {count:,} addresses built in {time.perf_counter() - start:.1f} s")
        with ElectrumX(node.url) as server:
            asyncio.run(caught_up(server.url, node.height()))
            elapsed, found = asyncio.run(checked(server.url, scripts, snapshot))
            tip = asyncio.run(bare(server.url, scripts))
        truth: dict[bytes, int] = {}
        for made, height in chain.placed:
            if height <= snapshot:
                for value, script in made.outputs:
                    truth[script] = truth.get(script, 0) + value
        assert found == {script: truth[script] for script in scripts}
        _say(f"checked, at the snapshot: {elapsed:6.2f} s  {count / elapsed:8,.0f} addresses/s")
        _say(f"bare batches, tip only:   {tip:6.2f} s  {count / tip:8,.0f} addresses/s")
        _say(f"checked / bare: {elapsed / tip:.2f}")


if __name__ == "__main__":
    main()
