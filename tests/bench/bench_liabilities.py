"""How fast full trees and long lists are checked, and how much memory that takes.

Run: ``python -m tests.bench.bench_liabilities [--rows N] [--lines N]``. It makes the files first.
Printed are rows a second, the peak memory of the process, and both as ratios to what one core of
this machine does alone (SHA-256 of 200 bytes), measured in the same run.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from crawler.liabilities.interface import Request
from crawler.liabilities.registry import named
from crawler.liability_files import open_files

ONE = 10**8


def plain(units: int) -> str:
    whole, fraction = divmod(units, ONE)
    return f"{whole}.{fraction:08d}".rstrip("0").rstrip(".") if fraction else str(whole)


def make_table(path: Path, rows: int) -> None:
    chance = random.Random(1)  # noqa: S311 (test data)
    with path.open("w", encoding="ascii") as out:
        out.write("Hashed Client ID,BTC,ETH,USDT,USDC,USD\n")
        for number in range(rows):
            amounts = (f"{chance.randrange(100)}.{chance.randrange(ONE):08d}" for _ in range(5))
            out.write(f"{sha256(b'%d' % number).hexdigest()},{','.join(amounts)}\n")


def make_tree(path: Path, leaves: int) -> int:
    """Write a full tree and return its lines."""
    chance = random.Random(1)  # noqa: S311 (test data)

    def amount() -> int:
        return chance.randrange(10**12)

    level: list[tuple[str, int, int, int]] = [
        (sha256(b"%d" % number).hexdigest(), amount(), amount(), amount())
        for number in range(leaves)
    ]
    levels = [level]
    while len(level) > 1:
        if len(level) % 2:
            level.append((level[-1][0], 0, 0, 0))
        height = len(levels) + 1
        parents = []
        for left, right in zip(level[::2], level[1::2], strict=True):
            sums = (left[1] + right[1], left[2] + right[2], left[3] + right[3])
            text = f"{left[0]}{right[0]}{''.join(map(plain, sums))}{height}"
            parents.append((sha256(text.encode()).hexdigest(), *sums))
        level = parents
        levels.append(level)
    lines = 0
    with path.open("w", encoding="ascii") as out:
        for height in range(len(levels), 0, -1):
            for node, btc, eth, usdt in reversed(levels[height - 1]):
                balances = f'"BTC":"{plain(btc)}","ETH":"{plain(eth)}","USDT":"{plain(usdt)}"'
                out.write(f"{node},{height},{{{balances}}}\n")
                lines += 1
    return lines


def hashes_per_second() -> float:
    data, count = b"x" * 200, 400_000
    began = time.perf_counter()
    for _ in range(count):
        sha256(data).hexdigest()
    return count / (time.perf_counter() - began)


def measure(name: str, path: Path) -> None:
    """Check one file in this process and print what it took."""
    system = named(name)
    alone = hashes_per_second()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.perf_counter(), time.process_time()
    result = system.verify(open_files([path]), Request())
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    rows = int(dict(result.facts)["rows" if name == "phemex" else "nodes"].replace(",", ""))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(  # noqa: T201 (a script)
        f"{name}: exit {result.exit_code}, {rows:,} rows, {rows / seconds:,.0f} a second "
        f"({rows / cpu:,.0f} a second of processor time), peak {peak / 1024:.0f} MiB "
        f"({before / 1024:.0f} before), {alone * seconds / rows:.2f} plain hashes a row"
    )


def main() -> None:
    """Make the files and measure each system in a process of its own, at two sizes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--make", nargs=3, metavar=("SYSTEM", "SIZE", "FILE"))
    parser.add_argument("--measure", nargs=2, metavar=("SYSTEM", "FILE"))
    arguments = parser.parse_args()
    makers: dict[str, Callable[[Path, int], object]]
    makers = {"phemex": make_table, "okx-merkle-v2": make_tree}
    if arguments.measure:
        measure(arguments.measure[0], Path(arguments.measure[1]))
        return
    if arguments.make:
        name, size, path = arguments.make
        makers[name](Path(path), int(size))
        return
    # Files are made in processes of their own: a child's peak memory begins with its parent's.
    sizes = {"phemex": arguments.rows, "okx-merkle-v2": arguments.lines // 2}
    own = [sys.executable, "-m", "tests.bench.bench_liabilities"]
    with tempfile.TemporaryDirectory() as folder:
        for name, count in sizes.items():
            for size in (count // 5, count):
                path = str(Path(folder) / f"{name}-{size}")
                subprocess.run([*own, "--make", name, str(size), path], check=True)
                subprocess.run([*own, "--measure", name, path], check=True)
                Path(path).unlink()


if __name__ == "__main__":
    main()
