"""Scanning a UTXO snapshot: how far from reading the file, and what the hash adds.

Makes a file of synthetic coins (a realistic mix of scripts and sizes), then prints ratios that were
measured in one run, warm, the best of several rounds. Run from the checkout:

    python -m tests.bench.bench_utxo_scan [COINS]
"""

# ruff: noqa: T201 (a bench prints)

from __future__ import annotations

import hashlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import numpy as np
from coincurve import PrivateKey
from numba import njit

from chains.utxo.coin_hash import CoinHash
from chains.utxo.compression import Bytes, compress_script
from chains.utxo.scan import Scan, ScanOptions
from chains.utxo.scan import scan as plain_scan
from chains.utxo.scan_numba import scan
from tests.fakes.utxo_snapshot import header_v2

COINS = 20_000_000
TARGETS = 200_000
ROUNDS = 5
PLAIN_COINS = 1_000_000


@njit(cache=True)
def _put_varint(data, at, number):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Write a VARINT; returns the position after it."""
    parts = np.empty(10, np.uint8)
    size = 0
    while True:
        parts[size] = number & 0x7F | (0x80 if size else 0)
        size += 1
        if number <= 0x7F:
            break
        number = (number >> 7) - 1
    for n in range(size):
        data[at + n] = parts[size - 1 - n]
    return at + size


@njit(cache=True)
def _fill(data, order, noise, keys, coins):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202, C901, PLR0912, PLR0915
    """Write groups of coins into `data`; returns its length and the start of every script."""
    at, done, random = 0, 0, np.uint64(88172645463325252)
    starts = np.empty(coins, np.int64)
    sizes = np.empty(coins, np.int16)
    for group in range(order.size):
        if done == coins:
            break
        for n in range(8):
            data[at + n] = (order[group] >> np.uint64(56 - 8 * n)) & np.uint64(255)
        for n in range(24):
            data[at + 8 + n] = noise[(group * 24 + n) % noise.size]
        random ^= random << np.uint64(13)
        random ^= random >> np.uint64(7)
        random ^= random << np.uint64(17)
        pick = np.int64(random & np.uint64(1023))
        members = 1 if pick < 780 else 2 if pick < 940 else 4 if pick < 1018 else 12
        members = min(members, coins - done)
        data[at + 32] = members
        at += 33
        for vout in range(members):
            random ^= random << np.uint64(13)
            random ^= random >> np.uint64(7)
            random ^= random << np.uint64(17)
            data[at] = vout
            at += 1
            height = (np.int64(random >> np.uint64(20)) & 0x7FFFF) + 200_000
            at = _put_varint(data, at, 2 * height)
            # 1 to 5 bytes: up to 42 coins, the last digit not zero.
            number = (np.int64(random >> np.uint64(30)) & 0xFFFFFFFF) >> np.int64(
                random & np.uint64(31)
            )
            at = _put_varint(data, at, 1 + 10 * (number // 10 * 9 + number % 9))
            pick = np.int64(random >> np.uint64(54))
            starts[done] = at
            if pick < 2 and group % 8 == 0:
                data[at] = 4 + keys[group % 5, 32] if pick else 2
                for n in range(32):
                    data[at + 1 + n] = keys[group % 5, n]
                size = 33
            elif pick < 440:
                data[at] = 0
                size = 21
            elif pick < 560:
                data[at] = 1
                size = 21
            elif pick < 860:
                data[at], data[at + 1], data[at + 2] = 28, 0, 20
                size = 23
            elif pick < 1010:
                data[at], data[at + 1], data[at + 2] = 40, 0x51, 32
                size = 35
            else:
                data[at], data[at + 1], data[at + 2] = 77, 0x51, 33
                size = 72
            if data[at] not in (2, 4, 5):
                head = 1 if size == 21 else 3
                for n in range(head, size):
                    data[at + n] = noise[(done * 37 + n * 8191) % noise.size] ^ (
                        (done >> (8 * (n & 3))) & 255
                    )
            at += size
            sizes[done] = size
            done += 1
    return at, starts, sizes


def make(path: Path, coins: int) -> tuple[list[bytes], float]:
    """Write a file of `coins` coins; returns TARGETS / 2 scripts of it, the rest are not in it."""
    began = time.perf_counter()
    random = np.random.default_rng(7)
    order = np.sort(random.integers(0, 2**64, coins, np.uint64, endpoint=False))
    noise = random.integers(0, 256, 1 << 20, np.uint8, endpoint=False)
    points = [PrivateKey(bytes([n]) * 32).public_key.format(compressed=False) for n in range(1, 6)]
    keys = np.array([[*point[1:33], point[64] & 1] for point in points], np.uint8)
    data = np.empty(coins * 80 + 1000, np.uint8)
    end, starts, sizes = _fill(data, order, noise, keys, coins)
    with path.open("wb") as file:
        file.write(header_v2(bytes(32), coins))
        file.write(data.data[:end])
    chosen = random.choice(coins, min(coins, 120_000), replace=False)
    scripts = [data[starts[n] : starts[n] + sizes[n]].tobytes() for n in chosen]
    return list(dict.fromkeys(scripts)), time.perf_counter() - began


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_through(path: Path) -> None:
    buffer = bytearray(32 * 1024 * 1024)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def targets_of(scripts: list[bytes], count: int) -> list[bytes]:
    """Return `count` targets, half of them in the file."""
    absent = (compress_script(b"\x00\x14" + n.to_bytes(20, "big")) for n in range(count))
    present = scripts[: count // 2]
    return [*present, *(next(absent) for _ in range(count - len(present)))]


def main() -> None:
    coins = int(sys.argv[1]) if len(sys.argv) > 1 else COINS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "utxo.dat"
        # In a process of its own: its memory is not that of the scan.
        with ProcessPoolExecutor(1, get_context("spawn")) as maker:
            scripts, seconds = maker.submit(make, path, coins).result()
        size = path.stat().st_size
        print(f"{coins:,} coins, {size / 1e6:,.0f} MB, made in {seconds:.1f} s")
        targets = targets_of(scripts, TARGETS)
        bare, whole = ScanOptions(with_hash=False), ScanOptions()
        found: Scan = scan(path, targets, whole)  # compiles, and warms the cache
        print(f"targets found: {sum(amount > 0 for amount in found.amounts):,}")
        elements = _element_bytes(path)
        # As many found among the many as before: what is found costs a look-up of its own.
        many = targets_of(scripts[: TARGETS // 2], 1_000_000)
        works: dict[str, Callable[[], object]] = {
            "reading": lambda: read_through(path),
            "scanning": lambda: scan(path, targets, bare),
            "hashing": lambda: scan(path, targets, whole),
            "sha": lambda: _sha256(elements),
            "few": lambda: scan(path, targets[-10:], bare),
            "many": lambda: scan(path, many, bare),
        }
        # Interleaved, and the best of each: other processes only ever make it slower.
        rounds = [{name: timed(work) for name, work in works.items()} for _ in range(ROUNDS)]
        best = {name: min(one[name] for one in rounds) for name in works}
        reading, scanning, hashing, sha = (
            best[name] for name in ("reading", "scanning", "hashing", "sha")
        )
        few_s, many_s = best["few"], best["many"]
        print(f"reading          {reading:7.3f} s")
        print(
            f"scan             {scanning:7.3f} s  {coins / scanning / 1e6:5.1f} M coins/s  "
            f"{scanning / reading:4.1f} x reading (allowed: 12)"
        )
        print(
            f"scan with hash   {hashing:7.3f} s  sha256 of the same {elements / 1e6:,.0f} MB "
            f"{sha:.3f} s;  {hashing / (sha + scanning):.2f} x (sha256 + scan) (allowed: 1.6)"
        )
        print(
            f"10 targets {few_s:.3f} s, 1,000,000 targets {many_s:.3f} s: "
            f"{many_s / few_s:.2f} x (1.5)"
        )
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this process: {peak:,.0f} MB (allowed: 600)")
        small = Path(folder) / "small.dat"
        scripts, _ = make(small, PLAIN_COINS)
        plain = timed(lambda: plain_scan(small, scripts[:1000], bare))
        print(f"plain Python     {PLAIN_COINS / plain / 1e6:.2f} M coins/s without the hash")


def _element_bytes(path: Path) -> int:
    """Return how many bytes are hashed for the file."""
    seen = 0

    def count(_hash: CoinHash, elements: Bytes) -> None:
        nonlocal seen
        seen += len(elements)

    with patch.object(CoinHash, "update", count):
        scan(path, [], ScanOptions())
    return seen


def _sha256(size: int) -> None:
    piece = bytes(1 << 20)
    state = hashlib.sha256()
    for _ in range(size >> 20):
        state.update(piece)
    state.digest()


if __name__ == "__main__":
    main()
