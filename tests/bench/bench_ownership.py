"""The whole of `assay ownership` beside the bare recoveries of its signatures, in one run.

Run: ``python -m tests.bench.bench_ownership [ROWS [ROUNDS]]`` (default 200,000 and 3). The limit
is libsecp256k1 alone: two processes that do nothing but recover and serialise the keys of the
same signatures, already decoded. What the command takes is measured from the outside, process
start included; memory is the sum over all of its processes. Only the ratios mean anything: the
rounds are interleaved, because the clock of a shared machine is not to be trusted.
"""

from __future__ import annotations

import base64
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from coincurve import GLOBAL_CONTEXT
from coincurve._libsecp256k1 import ffi, lib

from chains.messages import digest
from tests.bench.signed_list import BITCOIN_HEADER, MESSAGE, make_lists

DEFAULT_ROWS = 200_000
DEFAULT_ROUNDS = 3
PROCESSES = 2
SAMPLE_S = 0.05

Recovery = tuple[bytes, int, bytes]


def recoveries(path: Path) -> Iterator[Recovery]:
    """Yield r || s, recovery id and digest of every recoverable signature of a list."""
    evm, tron = digest("evm-okx", MESSAGE), digest("tron-v2", MESSAGE)
    bitcoin = digest("bitcoin-message", MESSAGE, BITCOIN_HEADER)
    with path.open(newline="") as stream:
        for cells in csv.reader(stream):
            if len(cells) < 9 or cells[1] not in {"ETH", "BTC", "TRX"}:
                continue
            for text in cells[6:8]:
                if text and cells[1] == "BTC":
                    data = base64.b64decode(text)
                    yield data[1:], (data[0] - 27) & 3, bitcoin
                elif text:
                    data = bytes.fromhex(text[2:])
                    signed = evm if cells[1] == "ETH" else tron
                    yield data[:64], (data[64] - 27) & 3, signed


_work: list[Recovery] = []


def recover_share(first: int) -> int:
    """Recover and serialise the keys of every `PROCESSES`-th signature; return how many."""
    context = GLOBAL_CONTEXT.ctx
    signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
    key, output = ffi.new("secp256k1_pubkey *"), ffi.new("unsigned char[65]")
    size = ffi.new("size_t *", 65)
    parse, recover = (
        lib.secp256k1_ecdsa_recoverable_signature_parse_compact,
        lib.secp256k1_ecdsa_recover,
    )
    serialise, form = lib.secp256k1_ec_pubkey_serialize, lib.SECP256K1_EC_UNCOMPRESSED
    done = 0
    for compact, recovery_id, signed in _work[first::PROCESSES]:
        if parse(context, signature, compact, recovery_id) and recover(
            context, key, signature, signed
        ):
            serialise(context, output, size, key, form)
        done += 1
    return done


def time_recoveries() -> float:
    """Return the wall time of all recoveries in processes that are already running, in seconds."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("fork")) as pool:
        list(pool.map(abs, range(PROCESSES)))
        started = time.perf_counter()
        done = sum(pool.map(recover_share, range(PROCESSES)))
        seconds = time.perf_counter() - started
    if done != len(_work):
        raise SystemExit(f"{done} of {len(_work)} signatures were recovered")
    return seconds


def time_command(path: Path, out: Path) -> tuple[float, float]:
    """Return wall time in seconds and peak memory in MB of judging a list, all processes."""
    command = [sys.executable, "-m", "crawler", "ownership", str(path), "--out", str(out)]
    started = time.perf_counter()
    with subprocess.Popen(
        [*command, "--jobs", str(PROCESSES), "--quiet"],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            try:
                process.wait(SAMPLE_S)
            except subprocess.TimeoutExpired:
                continue
        seconds = time.perf_counter() - started
    if process.returncode != 1:  # some rows are damaged
        raise SystemExit(f"the command ended with {process.returncode}")
    return seconds, peak / 2**20


def _resident(group: int) -> int:
    """Return the bytes of memory that the processes of a group hold together."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) == group:
                total += int((entry / "statm").read_text().split()[1])
        except (ProcessLookupError, FileNotFoundError):
            continue
    return total * os.sysconf("SC_PAGE_SIZE")


def lists(rows: int) -> tuple[Path, Path]:
    """Return the two lists, made once and kept in the folder for temporary files."""
    folder = Path(tempfile.gettempdir()) / f"assay-bench-{rows}"
    distinct, repeated = folder / "distinct.csv", folder / "repeated.csv"
    if not repeated.exists():
        folder.mkdir(exist_ok=True)
        fresh = folder / "new.csv"
        make_lists(distinct, fresh, rows)
        fresh.replace(repeated)
    return distinct, repeated


def main() -> None:
    """Print what the command takes, as a multiple of the recoveries, round by round."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROWS
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_ROUNDS
    distinct, repeated = lists(rows)
    _work.extend(recoveries(distinct))
    sys.stdout.write(f"{rows:,} rows, {len(_work):,} recoveries, {PROCESSES} processes\n")
    out = distinct.parent / "verdicts.jsonl"
    ratios: list[tuple[float, float]] = []
    for _ in range(rounds):
        before = time_recoveries()
        seconds, memory = time_command(distinct, out)
        limit = (before + time_recoveries()) / 2
        again, memory_again = time_command(repeated, out)
        ratios.append((seconds / limit, seconds / again))
        sys.stdout.write(
            f"recoveries {limit:5.2f} s; distinct rows {seconds:5.2f} s = {seconds / limit:.2f}x, "
            f"{rows / seconds:,.0f} rows/s, {memory:.0f} MB; each address on 4 rows "
            f"{again:5.2f} s, {seconds / again:.2f}x faster a row, {memory_again:.0f} MB\n"
        )
        sys.stdout.flush()
    out.unlink()
    first, second = (statistics.median(column) for column in zip(*ratios, strict=True))
    sys.stdout.write(f"median: {first:.2f}x the recoveries; repeated {second:.2f}x faster a row\n")


if __name__ == "__main__":
    main()
