"""UTXO sets whose hash stands in Bitcoin Core's own source. Pure data.

Source: Bitcoin Core, src/kernel/chainparams.cpp, `m_assumeutxo_data` of the main network (versions
28 to 32): height, `hash_serialized_3` of the set after that block, and the block's hash. Whoever
runs Core trusts these numbers as much as the rest of its code.
"""

from __future__ import annotations

from typing import NamedTuple


class Assumed(NamedTuple):
    """One set that Core's source vouches for."""

    height: int
    hash_serialized: str
    block_hash: str


BITCOIN = (
    Assumed(
        840_000,
        "a2a5521b1b5ab65f67818e5e8eccabb7171a517f9e2382208f77687310768f96",
        "0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5",
    ),
    Assumed(
        880_000,
        "dbd190983eaf433ef7c15f78a278ae42c00ef52e0fd2a54953782175fbadcea9",
        "000000000000000000010b17283c3c400507969a9c2afd1dcf2082ec5cca2880",
    ),
    Assumed(
        910_000,
        "4daf8a17b4902498c5787966a2b51c613acdab5df5db73f196fa59a4da2f1568",
        "0000000000000000000108970acb9522ffd516eae17acddcb1bd16469194a821",
    ),
    Assumed(
        935_000,
        "e4b90ef9eae834f56c4b64d2d50143cee10ad87994c614d7d04125e2a6025050",
        "0000000000000000000147034958af1652b2b91bba607beacc5e72a56f0fb5ee",
    ),
    Assumed(
        965_000,
        "4a8d794337118c0c615b574f817c7306c687584a537184b8d233df42bf477ec2",
        "00000000000000000001595977e6000ce56129f5c9b4073e31ccc30b90b97da9",
    ),
)

_BY_BLOCK = {entry.block_hash: entry for entry in BITCOIN}


def assumed(block_hash: str) -> Assumed | None:
    """Return what Core's source says of the set after this block, None if it says nothing.

    >>> assumed("0000000000000000000320283a032748cef8227873ff4872689bf23f1cda83a5").height
    840000
    """
    return _BY_BLOCK.get(block_hash)
