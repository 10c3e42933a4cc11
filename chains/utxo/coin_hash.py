"""`hash_serialized_3`: the one number that stands for a whole UTXO set; and names of hashes. Pure.

Source: Bitcoin Core, src/kernel/coinstats.cpp. It is SHA-256d over every coin, ordered by txid (in
the order of its bytes) and then by output number: txid, output number in 4 bytes, height * 2 +
coinbase in 4 bytes, amount in 8 bytes, CompactSize length of the script, script. Scripts are
whole, also where a file has them compressed.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from chains.utxo.compression import write_compact_size

if TYPE_CHECKING:
    from chains.utxo.compression import Bytes


HASH_SERIALIZED, MUHASH = "hash_serialized_3", "muhash"
"""Names of the hashes of a UTXO set, as `gettxoutsetinfo` has them."""

_SET_HASH = re.compile(rf"(?:({HASH_SERIALIZED}|{MUHASH}):)?([0-9a-f]{{64}})", re.IGNORECASE)


class SetHash(NamedTuple):
    """One hash of a UTXO set."""

    kind: str
    """HASH_SERIALIZED or MUHASH."""
    digest: str
    """64 hex digits, lower case."""


def parse_set_hash(text: str) -> SetHash | None:
    """Return the hash that a user writes: hex, with its kind before a colon; None if it is none.

    >>> parse_set_hash("muhash:" + 32 * "AB").kind, parse_set_hash(32 * "ab").kind
    ('muhash', 'hash_serialized_3')
    """
    match = _SET_HASH.fullmatch(text)
    if match is None:
        return None
    return SetHash((match[1] or HASH_SERIALIZED).lower(), match[2].lower())


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
