from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from chains.utxo.coin_hash import element
from chains.utxo.muhash import MODULUS, NUMBER_SIZE, MuHash, number_of, product
from tests.fakes.utxo_snapshot import Coin, muhash


def test_the_vector_of_bitcoin_core() -> None:
    # Bitcoin Core, src/test/crypto_tests.cpp, muhash_tests: 0 * 1 / 2.
    zero, one, two = (number_of(hashlib.sha256(bytes([n]) + bytes(31)).digest()) for n in range(3))
    number = zero * one * pow(two, -1, MODULUS) % MODULUS
    digest = hashlib.sha256(number.to_bytes(NUMBER_SIZE, "little")).digest()
    assert digest[::-1].hex() == "10d312b100cbd32ada024a6646e40d3482fcff103668d2625f10002a607d5863"


def written(coins: list[Coin]) -> list[bytes]:
    return [
        element(coin.outpoint, coin.height * 2 + coin.is_coinbase, coin.amount, coin.script)
        for coin in coins
    ]


COINS = [
    Coin(bytes([n]) * 32, n, n, is_coinbase=n % 2 == 0, amount=n, script=b"\x51" * size)
    for n, size in enumerate((0, 1, 25, 252, 253, 254, 10_000))
]


@given(st.permutations(range(len(COINS))), st.integers(0, len(COINS)))
def test_neither_the_order_nor_the_pieces_matter(order: list[int], cut: int) -> None:
    elements = [written(COINS)[n] for n in order]
    found = MuHash()
    found.update(b"".join(elements[:cut]))
    found.update(b"".join(elements[cut:]))
    assert found.hex() == EXPECTED


EXPECTED = muhash(COINS)


def test_a_coin_more_is_another_set() -> None:
    found = MuHash()
    found.update(b"".join(written(COINS[:-1])))
    assert found.hex() == muhash(COINS[:-1]) != EXPECTED


def test_no_keys_are_the_empty_product() -> None:
    assert product(b"") == 1
