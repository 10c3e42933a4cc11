"""Random coins, faults of files, and both scanners: shared by the tests of both."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

from chains.utxo.snapshot_file import Fault
from tests.fakes.utxo_snapshot import (
    Coin,
    body_v2,
    compact,
    header_v2,
    in_database_order,
    packed_amount,
    packed_coin,
    snapshot_v2,
    varint,
)
from tests.nodes.regtest import EVERY_SCRIPT

BLOCK = bytes(range(32))
VOUTS = (0, 1, 2, 127, 128, 255, 256, 16_511, 16_512, 16_513, 70_000, 2**32 - 1)


def random_coins(seed: int, transactions: int) -> list[Coin]:
    """Coins of every script, with output numbers around every change of their length."""
    source = random.Random(seed)  # noqa: S311 (a sample)
    scripts = [*EVERY_SCRIPT.values()]
    coins = []
    for _ in range(transactions):
        txid = source.randbytes(32)
        for vout in source.sample(VOUTS, source.choice([1, 1, 1, 2, 5, 12])):
            script = source.choice(scripts)
            if source.random() < 0.5:
                script = b"\x00\x14" + source.randbytes(20)
            elif source.random() < 0.2:
                script = source.randbytes(source.randrange(300))
            amount = source.choice([0, 1, 10**8, source.randrange(2**40)])
            coins.append(
                Coin(txid, vout, source.randrange(900_000), source.random() < 0.1, amount, script)
            )
    return coins


def _coin(vout: int = 0, txid: bytes = b"\x11" * 32, amount: int = 5) -> Coin:
    return Coin(txid, vout, 100, is_coinbase=False, amount=amount, script=b"\x00\x14" + bytes(20))


def _v2(body: bytes, count: int) -> bytes:
    return header_v2(BLOCK, count) + body


def _raw(coin: bytes) -> bytes:
    return _v2(b"\x11" * 32 + b"\x01\x00" + coin, 1)


def _written_out(script: bytes | str) -> bytes:
    """A script in a form that no node gives it: the hash of the set stays the same."""
    whole = EVERY_SCRIPT[script] if isinstance(script, str) else script
    return _raw(varint(200) + varint(1) + varint(6 + len(whole)) + whole)


_GOOD = [_coin(n) for n in range(4)]
_SCRIPT = varint(6 + 22) + b"\x00\x14" + bytes(20)

FAULTS: dict[str, tuple[Callable[[], bytes], Fault]] = {
    "cut in the middle": (lambda: snapshot_v2(_GOOD, BLOCK)[:-40], Fault.TRUNCATED),
    "one byte short": (lambda: snapshot_v2(_GOOD, BLOCK)[:-1], Fault.TRUNCATED),
    "no coins at all": (lambda: header_v2(BLOCK, 3), Fault.TRUNCATED),
    "a byte too many": (lambda: snapshot_v2(_GOOD, BLOCK) + b"\0", Fault.TRAILING),
    "the header counts too few": (
        lambda: _v2(body_v2([*_GOOD, _coin(0, b"\x22" * 32)]), 4), Fault.TRAILING
    ),
    "the header counts too many": (lambda: _v2(body_v2(_GOOD), 5), Fault.TRUNCATED),
    "the header counts without end": (lambda: _v2(body_v2(_GOOD), 2**63), Fault.TRUNCATED),
    "a group larger than the file": (lambda: _v2(body_v2(_GOOD), 3), Fault.GROUP_SIZE),
    "an empty group": (lambda: _v2(b"\x11" * 32 + b"\x00" + body_v2(_GOOD), 4), Fault.GROUP_SIZE),
    "a group without end": (lambda: _v2(b"\x11" * 32 + b"\xff" * 9, 4), Fault.GROUP_SIZE),
    "a varint of 70 bits as height": (
        lambda: _raw(varint(2**70) + varint(1) + _SCRIPT), Fault.VARINT
    ),
    "a varint without end as amount": (
        lambda: _raw(varint(200) + b"\xff" * 30 + _SCRIPT), Fault.VARINT
    ),
    "a script of 4 GB": (
        lambda: _raw(varint(200) + varint(1) + varint(2**32 + 6) + bytes(30)), Fault.SCRIPT_SIZE
    ),
    "a script of 10,001 bytes": (
        lambda: _raw(varint(200) + varint(1) + varint(10_007) + bytes(10_001)), Fault.SCRIPT_SIZE
    ),
    "a script longer than the file": (
        lambda: _raw(varint(200) + varint(1) + varint(5_006) + bytes(30)), Fault.TRUNCATED
    ),
    "a height beyond any": (lambda: _raw(varint(2**33) + varint(1) + _SCRIPT), Fault.HEIGHT),
    "an amount beyond 63 bits": (
        lambda: _raw(varint(200) + varint(packed_amount(10**19)) + _SCRIPT), Fault.AMOUNT
    ),
    "amounts that overflow together": (
        lambda: _v2(body_v2([_coin(n, amount=9 * 10**18) for n in range(3)]), 3),
        Fault.TOTAL,
    ),
    "a transaction twice": (
        lambda: _v2(body_v2([_coin(0)]) + body_v2([_coin(1)]), 2), Fault.TXID_ORDER
    ),
    "transactions out of order": (
        lambda: _v2(body_v2([_coin(0, b"\x22" * 32), _coin(0)]), 2), Fault.TXID_ORDER
    ),
    "an output twice": (lambda: _v2(body_v2([_coin(3), _coin(3)]), 2), Fault.VOUT_ORDER),
    "outputs out of order": (lambda: _v2(body_v2([_coin(3), _coin(2)]), 2), Fault.VOUT_ORDER),
    "outputs in the order of numbers": (
        lambda: _v2(body_v2([_coin(16_511), _coin(16_512)]), 2), Fault.VOUT_ORDER
    ),
    "an output number of 33 bits": (
        lambda: _v2(b"\x11" * 32 + b"\x01" + compact(2**32) + packed_coin(_coin()), 1), Fault.VOUT
    ),
    "an output number in a long form": (
        lambda: _v2(b"\x11" * 32 + b"\x01\xfd\x05\x00" + packed_coin(_coin()), 1),
        Fault.COMPACT_SIZE,
    ),
    "a key that is no point": (
        lambda: _raw(varint(200) + varint(1) + b"\x04" + b"\x05" * 32), Fault.KEY
    ),
    "a key hash written out": (lambda: _written_out("p2pkh"), Fault.SCRIPT_FORM),
    "a script hash written out": (lambda: _written_out("p2sh"), Fault.SCRIPT_FORM),
    "an even short key written out": (
        lambda: _written_out(b"\x21\x02" + bytes(32) + b"\xac"), Fault.SCRIPT_FORM
    ),
    "an odd short key written out": (
        lambda: _written_out(b"\x21\x03" + bytes(32) + b"\xac"), Fault.SCRIPT_FORM
    ),
    "a long key written out": (lambda: _written_out("p2pk-full"), Fault.SCRIPT_FORM),
}  # fmt: skip
"""What is wrong -> the file, and what it is refused for."""


def old_body(coins: list[Coin]) -> bytes:
    return b"".join(coin.outpoint + packed_coin(coin) for coin in coins)


def _old(coins: list[Coin], count: int) -> bytes:
    return BLOCK + struct.pack("<Q", count) + old_body(coins)


_MANY = in_database_order(random_coins(3, 80))

OLD_FAULTS: dict[str, tuple[Callable[[], bytes], Fault]] = {
    "cut": (lambda: _old(_MANY, len(_MANY))[:-3], Fault.TRUNCATED),
    "too many": (lambda: _old(_MANY, len(_MANY)) + b"\0", Fault.TRAILING),
    "counts too few": (lambda: _old(_MANY, len(_MANY) - 1), Fault.TRAILING),
    "counts too many": (lambda: _old(_MANY, len(_MANY) + 1), Fault.TRUNCATED),
    "a coin twice": (lambda: _old([*_MANY, _MANY[-1]], len(_MANY) + 1), Fault.VOUT_ORDER),
    "out of order": (lambda: _old([*_MANY, _MANY[0]], len(_MANY) + 1), Fault.TXID_ORDER),
}
