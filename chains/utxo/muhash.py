"""MuHash3072 of a UTXO set: a hash that a node keeps up to date block by block. Pure.

Source: Bitcoin Core, src/crypto/muhash.h and .cpp, src/kernel/coinstats.cpp. Every coin, written as
for `hash_serialized_3` (`coin_hash.element`), becomes a number: SHA-256 of it is the key of a
ChaCha20 stream (nonce and counter 0) whose first 384 bytes, read little-endian, are the number. The
numbers are multiplied modulo 2**3072 - 1103717, in any order; the hash is SHA-256 of the product.

A node with ``-coinstatsindex`` knows it for every block, so that a snapshot of any height can be
checked. It takes a multiplication of 3,072 bits for each coin: slow here, and with `muhash_kernel`
some microseconds a coin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from chains.utxo.compression import read_compact_size

if TYPE_CHECKING:
    from chains.utxo.compression import Bytes

BITS = 3072
NUMBER_SIZE = BITS // 8
"""Bytes of a number."""
EXCESS = 1_103_717
MODULUS = 2**BITS - EXCESS
HEAD = 48
"""Bytes of an element before the size of its script."""

_WORD = 2**32 - 1
_CONSTANTS = tuple(
    int.from_bytes(b"expand 32-byte k"[at : at + 4], "little") for at in (0, 4, 8, 12)
)
_QUARTERS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip

Product = Callable[[bytes], int]
"""Keys of 32 bytes, one after another -> the product of their numbers modulo MODULUS."""


def product(keys: bytes) -> int:
    """Return the product of the numbers of all keys (32 bytes each), modulo MODULUS."""
    number = 1
    for at in range(0, len(keys), 32):
        number = number * number_of(keys[at : at + 32]) % MODULUS
    return number


def number_of(key: bytes) -> int:
    """Return the number that a key of 32 bytes stands for: 384 bytes of its ChaCha20 stream."""
    words = [int.from_bytes(key[at : at + 4], "little") for at in range(0, 32, 4)]
    return int.from_bytes(
        b"".join(_chacha_block(words, counter) for counter in range(NUMBER_SIZE // 64)), "little"
    )


def _chacha_block(key: list[int], counter: int) -> bytes:
    """Return 64 bytes of the stream (RFC 8439 section 2.3, with a nonce of zero)."""
    start = [*_CONSTANTS, *key, counter, 0, 0, 0]
    x = list(start)
    for _ in range(10):
        for a, b, c, d in _QUARTERS:
            x[a] = x[a] + x[b] & _WORD
            x[d] = _turned(x[d] ^ x[a], 16)
            x[c] = x[c] + x[d] & _WORD
            x[b] = _turned(x[b] ^ x[c], 12)
            x[a] = x[a] + x[b] & _WORD
            x[d] = _turned(x[d] ^ x[a], 8)
            x[c] = x[c] + x[d] & _WORD
            x[b] = _turned(x[b] ^ x[c], 7)
    return b"".join((a + b & _WORD).to_bytes(4, "little") for a, b in zip(x, start, strict=True))


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & _WORD


class MuHash:
    """Takes in elements in any order; nothing is kept of them but one number."""

    def __init__(self, multiply: Product = product) -> None:
        """Begin with the empty set; `multiply` is `product` or something faster."""
        self._multiply = multiply
        self._number = 1

    def update(self, elements: Bytes) -> None:
        """Take in whole elements, one after another as `coin_hash.element` writes them."""
        data = memoryview(elements)
        keys = []
        at = 0
        while at < len(data):
            size = data[at + HEAD]
            end = at + HEAD + 1 + size
            if size >= 0xFD:  # noqa: PLR2004 (the mark of a longer form)
                long_size, script = read_compact_size(data, at + HEAD)
                end = script + long_size
            keys.append(hashlib.sha256(data[at:end]).digest())
            at = end
        if keys:
            self._number = self._number * self._multiply(b"".join(keys)) % MODULUS

    def hex(self) -> str:
        """Return the hash as Bitcoin Core writes it: 64 hex digits, last byte first.

        >>> MuHash().hex()
        'dd5ad2a105c2d29495f577245c357409002329b9f4d6182c0af3dc2f462555c8'
        """
        return hashlib.sha256(self._number.to_bytes(NUMBER_SIZE, "little")).digest()[::-1].hex()
