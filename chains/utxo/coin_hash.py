"""`hash_serialized_3`: the one number that stands for a whole UTXO set. Pure.

Source: Bitcoin Core, src/kernel/coinstats.cpp. It is SHA-256d over every coin, ordered by txid (in
the order of its bytes) and then by output number: txid, output number in 4 bytes, height * 2 +
coinbase in 4 bytes, amount in 8 bytes, CompactSize length of the script, script. Scripts are
whole, also where a file has them compressed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chains.utxo.compression import write_compact_size

if TYPE_CHECKING:
    from chains.utxo.compression import Bytes


def element(outpoint: bytes, code: int, amount: int, script: bytes) -> bytes:
    """Return what is hashed of one coin: `outpoint` is txid and output number, 36 bytes.

    `code` is height * 2 + coinbase, `amount` is in base units.
    """
    return b"".join(
        (
            outpoint,
            code.to_bytes(4, "little"),
            amount.to_bytes(8, "little"),
            write_compact_size(len(script)),
            script,
        )
    )


class CoinHash:
    """Takes in elements in their order; nothing is kept of them."""

    def __init__(self) -> None:
        """Begin with the empty set."""
        self._sha = hashlib.sha256()

    def update(self, elements: Bytes) -> None:
        """Take in the next elements."""
        self._sha.update(elements)

    def hex(self) -> str:
        """Return the hash as Bitcoin Core writes it: 64 hex digits, last byte first."""
        return hashlib.sha256(self._sha.digest()).digest()[::-1].hex()
