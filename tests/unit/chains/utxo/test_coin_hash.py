from __future__ import annotations

import hashlib

import pytest

from chains.utxo.coin_hash import CoinHash, SetHash, element, parse_set_hash
from tests.fakes.utxo_snapshot import Coin, hash_serialized


def test_the_empty_set_is_the_double_hash_of_nothing() -> None:
    nothing = hashlib.sha256(hashlib.sha256(b"").digest()).digest()
    assert CoinHash().hex() == nothing[::-1].hex() == hash_serialized([])


def test_an_element_is_laid_out_as_core_does() -> None:
    written = element(b"\x11" * 36, 2 * 100 + 1, 5_000, b"\x51")
    assert written == b"\x11" * 36 + bytes.fromhex("c900000088130000000000000151")


def test_the_pieces_do_not_matter() -> None:
    coins = [Coin(bytes([n]) * 32, n, n, n % 2 == 0, n, b"\x51" * n) for n in range(300 // 10)]
    written = b"".join(
        element(coin.outpoint, coin.height * 2 + coin.is_coinbase, coin.amount, coin.script)
        for coin in coins
    )
    whole, pieces = CoinHash(), CoinHash()
    whole.update(written)
    for at in range(0, len(written), 7):
        pieces.update(memoryview(written)[at : at + 7])
    assert whole.hex() == pieces.hex() == hash_serialized(coins)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ab" * 32, SetHash("hash_serialized_3", "ab" * 32)),
        ("HASH_SERIALIZED_3:" + "AB" * 32, SetHash("hash_serialized_3", "ab" * 32)),
        ("MuHash:" + "0A" * 32, SetHash("muhash", "0a" * 32)),
        ("muhash:" + "0a" * 31, None),
        ("none:" + "0a" * 32, None),
        ("0a" * 32 + "\n", None),
    ],
)
def test_hashes_are_read_with_their_kind(text: str, expected: SetHash | None) -> None:
    assert parse_set_hash(text) == expected
