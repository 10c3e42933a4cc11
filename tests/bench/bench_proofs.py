"""How many account proofs one core checks in a second, nodes near the root checked once.

The trie is generated: `accounts` random paths, so that a proof has as many nodes as on a ledger of
that size. Run: ``python -m tests.bench.bench_proofs [ACCOUNTS] [PROOFS]``. Printed, measured in
one run: proofs per second with a memo, without one, and keccak alone over the same bytes, which no
checker can beat.
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import TYPE_CHECKING

from sha3 import keccak_256

from chains.evm.proofs import TrieMemo, account_at
from tests.fakes.tries import account_leaf, keccak, rlp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Entry = tuple[str, bytes]


def address(place: int) -> bytes:
    return hashlib.sha256(b"bench %d" % place).digest()[:20]


def _build(entries: Sequence[Entry], depth: int, nodes: dict[str, bytes], prefix: str) -> bytes:
    """Write the nodes below `prefix` to `nodes`; return the reference. Entries are sorted."""
    if len(entries) == 1:
        path, value = entries[0]
        rest = path[depth:]
        compact = bytes.fromhex(("3" if len(rest) % 2 else "20") + rest)
        raw = rlp([compact, value])
    elif (shared := _shared(entries[0][0], entries[-1][0], depth)) > depth:
        part = entries[0][0][depth:shared]
        compact = bytes.fromhex(("1" if len(part) % 2 else "00") + part)
        raw = rlp([compact, _build(entries, shared, nodes, entries[0][0][:shared])])
    else:
        places = [b""] * 17
        start = 0
        while start < len(entries):
            digit = entries[start][0][depth]
            end = start
            while end < len(entries) and entries[end][0][depth] == digit:
                end += 1
            places[int(digit, 16)] = _build(entries[start:end], depth + 1, nodes, prefix + digit)
            start = end
        raw = rlp([*places])
    nodes[prefix] = raw
    return keccak(raw)


def _shared(first: str, last: str, depth: int) -> int:
    while first[depth] == last[depth]:
        depth += 1
    return depth


def generate(accounts: int, proofs: int) -> tuple[bytes, list[tuple[bytes, list[bytes]]]]:
    """Return a state root and the proofs of the first accounts."""
    addresses = [address(place) for place in range(accounts)]
    entries = sorted(
        (keccak(one).hex(), account_leaf(10**18 + place)) for place, one in enumerate(addresses)
    )
    nodes: dict[str, bytes] = {}
    root = _build(entries, 0, nodes, "")
    made = []
    for one in addresses[:proofs]:
        path = keccak(one).hex()
        # copies, as a decoder would make them: equal bytes, but not the same objects
        proof = [bytes(bytearray(nodes[path[:n]])) for n in range(64) if path[:n] in nodes]
        made.append((one, proof))
    return root, made


def main() -> None:
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    root, proofs = generate(accounts, count)
    nodes = sum(len(proof) for _, proof in proofs)
    say = sys.stdout.write
    say(f"{accounts:,} accounts, {count:,} proofs, {nodes / count:.2f} nodes a proof\n")
    floor = _timed(lambda: [keccak_256(raw).digest() for _, proof in proofs for raw in proof])
    memo = TrieMemo()
    with_memo = _timed(lambda: [account_at(root, key, proof, memo) for key, proof in proofs])
    without = _timed(lambda: [account_at(root, key, proof, TrieMemo()) for key, proof in proofs])
    for name, seconds in (("memo", with_memo), ("no memo", without), ("keccak of all", floor)):
        say(f"{name:14} {count / seconds:9,.0f} proofs/s {seconds / count * 1e6:7.1f} us/proof\n")
    say(f"kept in the memo: {len(memo):,} nodes\n")
    say(f"speed with memo / without: {without / with_memo:.2f}; ")
    say(f"/ keccak alone: {floor / with_memo:.2f}\n")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
