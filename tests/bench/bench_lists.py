"""How fast and in how much memory a list is parsed, beside the bare `csv.reader` on the same file.

Run: ``python -m tests.bench.bench_lists [ROWS]`` (default 200,000; each figure from a fresh
process; CPU seconds, and the peak resident memory of the process).
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key, eoa1, eoa2"
)
COINS = ("ETH", "USDT-ERC20", "ETH-ARBITRUM", "TRX", "BTC", "SOL")
DEFAULT_ROWS = 200_000


def make_list(path: Path, rows: int) -> None:
    """Write a list of layout A11 with unsigned-looking but well-formed rows, always the same."""
    random_source = random.Random(7)  # noqa: S311 (a sample, not a secret)
    with path.open("w", newline="") as stream:
        stream.write("coin,snapshot height,amount\n")
        stream.writelines(f"{coin},{20_000_000 + place},1\n" for place, coin in enumerate(COINS))
        stream.write(f"\n{HEADER}\n")
        for number in range(rows):
            coin = COINS[number % len(COINS)]
            address = f"0x{random_source.getrandbits(160):040x}"
            amount = f"{number}.{random_source.getrandbits(59):018d}"
            signature = f"0x{random_source.getrandbits(512):0128x}1b"
            owners = f",{address},{address}" if number % 20 == 0 else ""
            key = f"{random_source.getrandbits(840):0210x}" if coin == "BTC" else ""
            stream.write(
                f"{coin},{coin[:3]},{20_000_000 + number % 6},{address},{amount},"
                f"I am an OKX address,{signature},,{key}{owners}\n"
            )


def parse(path: Path) -> None:
    """Parse the whole list the way a run does; keep nothing."""
    from crawler.entities import CoinMapping  # noqa: PLC0415
    from crawler.lists.interface import Census, Vocabulary  # noqa: PLC0415 (not for csv's process)
    from crawler.sources.file import open_list  # noqa: PLC0415

    coins = {
        coin: CoinMapping(
            coin=coin, asset=coin, network="x", form=None, rule=None, gap="", decimals=18
        )
        for coin in COINS
    }
    censuses: list[Census] = []
    vocabulary = Vocabulary(entity="bench", coins=coins)
    deque(open_list(path).entries(vocabulary, censuses), maxlen=0)
    if any(census.malformed for census in censuses):
        raise SystemExit(f"unexpected: {censuses}")


def read_bare(path: Path) -> None:
    """Let csv.reader split the whole list."""
    with path.open(newline="") as stream:
        deque(csv.reader(stream), maxlen=0)


def measure(task: str, path: str, rows: int) -> None:
    """Run one task and print its figures."""
    started = time.process_time()
    {"parse": parse, "csv.reader": read_bare}[task](Path(path))
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{task:12} {seconds:7.2f} s  {seconds / rows * 1e6:6.2f} us/row  "
        f"{rows / seconds:10,.0f} rows/s  {peak:5.0f} MB\n"
    )


def main() -> None:
    """Make the list, then measure each task in a process of its own."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS
    handle, name = tempfile.mkstemp(suffix=".csv")
    os.close(handle)
    try:
        make_list(Path(name), rows)
        sys.stdout.write(f"{rows:,} rows, {Path(name).stat().st_size / 2**20:,.0f} MB\n")
        sys.stdout.flush()
        for task in ("csv.reader", "parse", "csv.reader", "parse"):
            code = (
                f"from tests.bench.bench_lists import measure; measure({task!r}, {name!r}, {rows})"
            )
            subprocess.run([sys.executable, "-c", code], check=True)
    finally:
        Path(name).unlink()


if __name__ == "__main__":
    main()
