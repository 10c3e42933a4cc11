"""BLS and Starknet rows: milliseconds per row through the configured rules, against the curve.

python -m tests.bench.bench_curves
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time

from chains.adapter import OwnershipMaterial, OwnershipRule
from chains.registry import family_module
from chains.starknet import curve, ownership
from tests.unit.chains.rules import MESSAGE
from tests.vectors.rare_rows import (
    short,
    stark_accounts,
    stark_key,
    stark_signature,
    validator,
)

ROUNDS, ROWS = 9, 20


def milliseconds(work: Callable[[], object]) -> float:
    """Return the best mean of several rounds, in milliseconds of processor time a call."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = process_time()
        for _ in range(ROWS):
            work()
        best = min(best, (process_time() - start) / ROWS)
    return best * 1000


def row(address: str, signature: str, key: str = "") -> OwnershipMaterial:
    return OwnershipMaterial(address, MESSAGE, signature, "", key, "", "", "")


def judge(family: str, digest: str, material: OwnershipMaterial, word: str) -> float:
    """Return the milliseconds of judging one row, which must get this verdict."""
    rule = OwnershipRule("bench", family, (digest,), (MESSAGE,), {})
    verifier = family_module(family, "ownership").verifier(rule)

    def work() -> None:
        ownership.is_account_of.cache_clear()  # every row has a key of its own
        curve.is_key.cache_clear()
        if verifier(material).word != word:
            raise AssertionError(verifier(material))

    work()
    return milliseconds(work)


def main() -> None:
    """Print one line per kind of row; the limits are 5 ms (BLS) and 3 ms (Starknet)."""
    key, signature = validator(1)
    spent = judge("beth", "evm-okx", row(key, signature), "proven")
    sys.stdout.write(f"BETH                            {spent:6.2f} ms\n")
    contents, listed = short(MESSAGE), hex(stark_key(1))
    one, proxy = stark_accounts(1)
    stranger, _ = stark_accounts(2)
    for name, account, word in (
        ("Cairo 1 account", one, "proven"),
        ("Cairo 0 proxy", proxy, "proven"),
        ("account of another key", stranger, "key-only"),
    ):
        material = row(hex(account), stark_signature(1, account, contents), listed)
        spent = judge("starknet", "okx-starknet", material, word)
        sys.stdout.write(f"Starknet {name:<23}{spent:6.2f} ms\n")
    r, s = (int(text, 16) for text in (signature_of(one)[:64], signature_of(one)[64:]))
    hashed = ownership.message_hash(one, contents)

    def verify() -> None:
        curve.is_key.cache_clear()
        if not curve.is_signature(stark_key(1), hashed, r, s):
            raise AssertionError

    alone = milliseconds(verify)
    sys.stdout.write(f"  its signature alone   {alone:6.2f} ms" + "\n")
    sys.stdout.write(
        f"  one Pedersen hash     {milliseconds(lambda: curve.pedersen(one, proxy)):6.2f} ms" + "\n"
    )


def signature_of(account: int) -> str:
    return stark_signature(1, account, short(MESSAGE))


if __name__ == "__main__":
    main()
