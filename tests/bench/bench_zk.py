"""How long the zk systems take to verify, beside the permutations that they are made of.

Run: ``python -m tests.bench.bench_zk`` (with the sample data beside the checkout, the samples
too; each whole verification is a fresh process, interpreter start included; best of three).
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from crawler.liabilities import poseidon_bn254
from crawler.liabilities.plonky2 import poseidon
from tests.shared_data import SHARED
from tests.unit.crawler.liabilities.plonky2.test_poseidon import plain_permutation

RUNS = 3


def best(action: Callable[[], object]) -> float:
    """Return the shortest of some runs, in seconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def report(name: str, figure: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{name:<58} {figure}\n")


def permutations() -> None:
    """Time the two permutations, and the short cut beside the definition."""
    state, repeats = list(range(12)), 300

    def repeated(permute: Callable[[list[int]], list[int]], start: list[int]) -> float:
        def run() -> None:
            lanes = start
            for _ in range(repeats):
                lanes = permute(lanes)

        return best(run) / repeats

    short, plain = repeated(poseidon.permute, state), repeated(plain_permutation, state)
    report("Poseidon over Goldilocks", f"{short * 1e6:.0f} us")
    report("  beside the definition followed round by round", f"{plain / short:.1f} times faster")
    for width in (3, 13):
        each = repeated(poseidon_bn254.permute, list(range(width)))
        report(f"Poseidon over BN254, width {width}", f"{each * 1e6:.0f} us")


def whole(name: str, arguments: list[str]) -> None:
    """Time one command, from the start of the interpreter to its end."""
    command = [sys.executable, "-m", "crawler", "liabilities", *arguments]

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True)

    report(name, f"{best(run):.2f} s")


def main() -> None:
    """Print all figures."""
    permutations()
    if SHARED is None:
        report("whole verifications", "left out: the sample data is not beside the checkout")
        return
    samples: Path = SHARED / "data" / "liabilities"
    v1, v2 = samples / "okx_zkstark_v1", samples / "okx_zk_v2"
    whole("the command with nothing to do", ["--help"])
    for name in ("sum_proof_data.json", "wide64/sum_proof_data.json", "batch_proof0.json"):
        whole(f"okx-zk-v2 {name}", ["verify", "okx-zk-v2", str(v2 / name)])
    whole("okx-zk-v1, three batches and trunk", ["verify", "okx-zk-v1", str(v1 / "sum_proof_data")])


if __name__ == "__main__":
    main()
