"""A list of signed rows for the benches: real signatures by throw-away keys, always the same.

60 % EVM (every twentieth row a contract wallet that names two owners), 25 % Bitcoin in four
forms (P2PKH, P2WPKH, 2-of-3 in P2SH and in P2WSH), 10 % TRON, 5 % Solana; 1 % of the rows are
damaged in an address, a signature or a message. Layout A11 of OKX.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nacl.bindings
from coincurve import PrivateKey

from chains.encodings import base58_text, base58check_text, segwit_text
from chains.messages import digest
from chains.signatures import hash160, keccak256

MESSAGE = "I am an OKX address"
BITCOIN_HEADER = "Bitcoin Signed Message:\n"
HEADER = (
    "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key, eoa1, eoa2"
)
SHARD = 2_500
"""Rows made by one task; every shard has a random source of its own."""

TOKENS = {
    "ETH": ("ETH", "USDT-ERC20", "USDC", "SHIB"),
    "BTC": ("BTC", "USDT-OMNI", "BTC", "BTC"),
    "TRX": ("TRX", "USDT-TRC20", "USDC-TRC", "TRX"),
    "SOL": ("SOL", "USDT-SPL", "USDC-SPL", "SOL"),
}
"""The coins under which an address is listed in a list where addresses repeat."""


class Row(NamedTuple):
    """The cells of one row that its signatures decide on."""

    coin: str
    address: str
    message: str
    signature1: str
    signature2: str = ""
    key: str = ""
    owner1: str = ""
    owner2: str = ""

    def line(self, coin: str, number: int) -> str:
        """Return the row as a line of the list; the amount is of no consequence."""
        return (
            f"{coin},{self.coin},{20_000_000 + number % 6},{self.address},"
            f"{number}.{number * 7919 % 10**9:09d},{self.message},{self.signature1},"
            f"{self.signature2},{self.key},{self.owner1},{self.owner2}\n"
        )


def key_of(name: str) -> PrivateKey:
    return PrivateKey(hashlib.sha256(f"assay bench key {name}".encode()).digest())


def hex_signature(secret: PrivateKey, name: str) -> str:
    signed = secret.sign_recoverable(digest(name, MESSAGE), hasher=None)
    return "0x" + (signed[:64] + bytes([27 + signed[64]])).hex()


def text_signature(secret: PrivateKey) -> str:
    signed = secret.sign_recoverable(
        digest("bitcoin-message", MESSAGE, BITCOIN_HEADER), hasher=None
    )
    return base64.b64encode(bytes([31 + signed[64]]) + signed[:64]).decode()


def account(secret: PrivateKey) -> bytes:
    return keccak256(secret.public_key.format(compressed=False)[1:])[12:]


def _evm(number: int) -> Row:
    secret = key_of(f"{number}")
    address = "0x" + account(secret).hex()
    signature = hex_signature(secret, "evm-okx")
    if number % 20:
        return Row("ETH", address, MESSAGE, signature)
    second = key_of(f"{number} second")
    contract = "0x" + hashlib.sha256(address.encode()).hexdigest()[:40]
    return Row(
        "ETH", contract, MESSAGE, signature, hex_signature(second, "evm-okx"), "", address,
        "0x" + account(second).hex(),
    )  # fmt: skip


def _bitcoin(number: int) -> Row:
    secret = key_of(f"{number}")
    key = secret.public_key.format(compressed=True)
    signature = text_signature(secret)
    form = number % 4
    if form == 0:
        return Row("BTC", base58check_text(b"\x00" + hash160(key)), MESSAGE, signature)
    if form == 1:
        return Row("BTC", segwit_text(b"\x00\x14" + hash160(key), "bc"), MESSAGE, signature)
    others = [key_of(f"{number} {place}") for place in (2, 3)]
    keys = [key, *(other.public_key.format(compressed=True) for other in others)]
    script = b"\x52" + b"".join(b"\x21" + key for key in keys) + b"\x53\xae"
    address = (
        base58check_text(b"\x05" + hash160(script))
        if form == 2
        else segwit_text(b"\x00\x20" + hashlib.sha256(script).digest(), "bc")
    )
    return Row("BTC", address, MESSAGE, signature, text_signature(others[0]), script.hex())


def _tron(number: int) -> Row:
    secret = key_of(f"{number}")
    address = base58check_text(b"\x41" + account(secret))
    return Row("TRX", address, MESSAGE, hex_signature(secret, "tron-v2"))


def _solana(number: int) -> Row:
    seed = hashlib.sha256(f"assay bench seed {number}".encode()).digest()
    public, secret = nacl.bindings.crypto_sign_seed_keypair(seed)
    signature = nacl.bindings.crypto_sign(digest("okx-raw", MESSAGE), secret)[:64]
    return Row("SOL", base58_text(public), MESSAGE, "0x" + signature.hex(), "", public.hex())


def _damaged(row: Row, randomness: random.Random) -> Row:
    kind = randomness.randrange(3)
    if kind == 0:
        place = randomness.randrange(10, 60)
        text = row.signature1
        other = "a" if text[place] != "a" else "b"
        return row._replace(signature1=text[:place] + other + text[place + 1 :])
    if kind == 1:
        return row._replace(address=row.address[:-1] + ("1" if row.address[-1] != "1" else "2"))
    return row._replace(message="I am another address")


def rows(first: int, count: int) -> Iterator[Row]:
    """Yield rows `first` to `first + count`; each depends on its number alone, and all differ."""
    for number in range(first, first + count):
        randomness = random.Random(number)  # noqa: S311 (a sample, not a secret)
        share = randomness.random()
        make = _evm if share < 0.6 else _bitcoin if share < 0.85 else _tron if share < 0.95 else _solana  # fmt: skip # noqa: E501
        row = make(number)
        yield _damaged(row, randomness) if randomness.random() < 0.01 else row


def _shard(first: int, count: int) -> list[Row]:
    return list(rows(first, count))


def make_lists(distinct: Path, repeated: Path, count: int) -> None:
    """Write a list of `count` distinct rows, and one of as many rows on a quarter of addresses.

    In the second every address stands on four rows, sorted by the place of the token as published
    lists are by coin: the rows of one address are a quarter of the list apart.
    """
    starts = range(0, count, SHARD)
    with ProcessPoolExecutor() as pool, distinct.open("w") as stream:
        stream.write(f"coin,snapshot height,amount\n\n{HEADER}\n")
        quarter: list[Row] = []
        number = 0
        for shard in pool.map(_shard, starts, [min(SHARD, count - start) for start in starts]):
            for row in shard:
                stream.write(row.line(row.coin, number))
                number += 1
                if len(quarter) < count // 4:
                    quarter.append(row)
    with repeated.open("w") as stream:
        stream.write(f"coin,snapshot height,amount\n\n{HEADER}\n")
        number = 0
        for place in range(4):
            for row in quarter:
                stream.write(row.line(TOKENS[row.coin][place], number))
                number += 1
