"""A whole verification against its slowest part alone, in one run on one machine.

A list of 200,000 signed rows: three in four are ether on three networks, each served by an anvil,
one in four bitcoin from a UTXO snapshot file, hash and all. Every command is a process of its own:
signatures alone, balances alone, both together. Then a list of as many rows without bitcoin (what
a file says is not kept) is verified with a store, and once more: the finished run is given again.
`python -m tests.bench.bench_run [ROWS]`
"""

# ruff: noqa: T201 (a bench prints)

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from chains.encodings import segwit_text
from chains.signatures import hash160
from tests.bench import signed_list
from tests.fakes.utxo_snapshot import MAINNET_MAGIC, Coin, hash_serialized, snapshot_v2
from tests.nodes.anvil import Anvil

ROWS = 200_000
NETWORKS = (("ethereum", "ETH", 1), ("base", "ETH-BASE", 8453), ("optimism", "ETH-OPTIMISM", 10))
EVM_HEIGHT = 18_000_001
BITCOIN_HEIGHT = 850_000
OTHER_COINS = 200_000
SHARD = 2_500


@dataclass(frozen=True)
class Made:
    """One row and what funds it."""

    line: str
    network: str
    account: bytes
    """Or the script that a coin is locked by."""
    amount: int


def ether(number: int) -> Made:
    """Return an ether row: its key, its signature and its amount depend on its number alone."""
    secret = signed_list.key_of(f"run {number}")
    account = signed_list.account(secret)
    network, coin, _ = NETWORKS[number % 3]
    line = _line(
        coin, EVM_HEIGHT, f"0x{account.hex()}", str(1 + number),
        signed_list.hex_signature(secret, "evm-okx"),
    )  # fmt: skip
    return Made(line, network, account, (1 + number) * 10**18)


def bitcoin(number: int) -> Made:
    """Return a bitcoin row, in the same way."""
    secret = signed_list.key_of(f"run {number}")
    script = b"\x00\x14" + hash160(secret.public_key.format(compressed=True))
    amount = 10_000 + number
    line = _line(
        "BTC", BITCOIN_HEIGHT, segwit_text(script, "bc"), f"{Decimal(amount).scaleb(-8):f}",
        signed_list.text_signature(secret),
    )  # fmt: skip
    return Made(line, "bitcoin", script, amount)


def _line(coin: str, height: int, address: str, amount: str, signature: str) -> str:
    message = signed_list.MESSAGE
    return f"{coin},{coin},{height},{address},{amount},{message},{signature},,,,\n"


def _shard(make: Callable[[int], Made], first: int, last: int) -> list[Made]:
    return [make(number) for number in range(first, last)]


def make_all(make: Callable[[int], Made], first: int, last: int) -> Iterator[Made]:
    """Yield rows `first` to `last`, made on every core."""
    starts = range(first, last, SHARD)
    ends = [min(start + SHARD, last) for start in starts]
    with ProcessPoolExecutor() as pool:
        for shard in pool.map(partial(_shard, make), starts, ends):
            yield from shard


def write(path: Path, rows: Iterable[Made]) -> None:
    """Write a list."""
    with path.open("w") as stream:
        stream.write(f"coin,snapshot height,amount\n\n{signed_list.HEADER}\n")
        stream.writelines(row.line for row in rows)


def coins(held: Sequence[Made]) -> Iterator[Coin]:
    """Yield one coin for each row, among as many again that nobody asks for."""
    for number in range(len(held) + OTHER_COINS):
        txid = (number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8) + bytes(24)
        if number < len(held):
            amount, script = held[number].amount, held[number].account
        else:
            amount, script = 5_000, b"\x00\x14" + number.to_bytes(20)
        yield Coin(txid, 0, BITCOIN_HEIGHT, is_coinbase=number == 0, amount=amount, script=script)


@dataclass(frozen=True)
class Spent:
    """What a command took."""

    seconds: float
    peak_mb: int


async def spend(arguments: Sequence[str], home: Path, code: int = 0) -> Spent:
    """Run a command in a process of its own; it and its workers count."""
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home)}
    # Compiled once, as when it is installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(home / "compiled")
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MEASURED, *arguments, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, errors = await process.communicate()
    seconds = time.perf_counter() - began
    if process.returncode != code:
        raise SystemExit(f"{arguments[0]} ended with {process.returncode}: {errors.decode()}")
    return Spent(seconds, int(printed.splitlines()[-1]))


_MEASURED = """
import resource, sys
from crawler.cli import run
code = run(sys.argv[1:])
own, workers = (resource.getrusage(who).ru_maxrss // 1024
                for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print()
print(own + workers)
sys.exit(code)
"""
"""Prints the peak of the main process and of its largest worker, in megabytes."""


async def main(rows: int) -> None:
    """Measure and print."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="assay-bench-")))
        split = rows * 3 // 4
        ours = list(make_all(ether, 0, rows))
        theirs = list(make_all(bitcoin, split, rows))
        mixed, plain, snapshot = folder / "mixed.csv", folder / "ether.csv", folder / "utxo.dat"
        write(mixed, [*ours[:split], *theirs])
        write(plain, ours)
        made = list(coins(theirs))
        snapshot.write_bytes(snapshot_v2(made, bytes.fromhex("ab" * 32), magic=MAINNET_MAGIC))
        trusted = hash_serialized(made)
        del made, theirs
        endpoints = ["--quiet"]
        for network, _, chain_id in NETWORKS:
            node = await stack.enter_async_context(Anvil(chain_id=chain_id))
            await node.fund({row.account: row.amount for row in ours if row.network == network})
            if await node.seal() != EVM_HEIGHT:
                raise SystemExit("anvil stands at another height")
            endpoints += ["--endpoint", f"{network}={node.url}"]
        del ours
        print(f"{rows:,} rows", flush=True)
        asked = [*endpoints, "--utxo-snapshot", str(snapshot), "--utxo-hash", trusted]
        await compare(mixed, asked, folder)
        await resume(plain, endpoints, folder)


async def compare(listed: Path, asked: Sequence[str], folder: Path) -> None:
    """Print the parts alone, and the whole."""
    # Not counted: the first run compiles the scan of the snapshot.
    await spend(["balances", str(listed), *asked], folder)
    parts = {
        "signatures": await spend(["ownership", str(listed), "--quiet"], folder),
        "balances": await spend(["balances", str(listed), *asked], folder),
    }
    out = folder / "out"
    whole = await spend(["verify", str(listed), *asked, "--out", str(out)], folder)
    for name, part in parts.items():
        show(f"{name} alone", part)
    slowest = max(part.seconds for part in parts.values())
    show("the whole run", whole, f"{whole.seconds / slowest:.2f}x its slowest part")
    print(f"    {json.loads((out / 'report.json').read_text())['timing']['seconds']}")


async def resume(listed: Path, asked: Sequence[str], folder: Path) -> None:
    """Print what a store costs, and how soon a finished run is given again."""
    stored = [*asked, "--store", str(folder / "store.sqlite"), "--out", str(folder / "stored")]
    show("ether, with a store", await spend(["verify", str(listed), *stored], folder))
    for _ in range(3):
        show("the same once more", await spend(["verify", str(listed), *stored], folder))


def show(name: str, spent: Spent, remark: str = "") -> None:
    """Print one figure at once."""
    print(f"  {name:22} {spent.seconds:7.2f} s {spent.peak_mb:6,} MB  {remark}", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
