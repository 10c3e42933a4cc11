"""Accounts of Tezos. Pure.

``tz1`` is base58check of 06a19f and BLAKE2b-160 of the Ed25519 key; ``tz2``, ``tz3`` and ``tz4``
are accounts of other curves, ``KT1`` contracts. No parameters of the network are read.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains.encodings import base58check_bytes, base58check_text
from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

HASH_SIZE = 20
TZ1 = bytes.fromhex("06a19f")
_PREFIXES = (
    TZ1,
    bytes.fromhex("06a1a1"),
    bytes.fromhex("06a1a4"),
    bytes.fromhex("06a1a6"),
    bytes.fromhex("025a79"),
)
"""tz1, tz2, tz3, tz4, KT1."""


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the prefix and the 20-byte hash of an address. Raises AddressError.

    >>> canonical("tz1Ke2h7sDdakHJQh8WX4Z372du1KChsksyU", {}).hex()
    '06a19f0000000000000000000000000000000000000000'
    """
    decoded = base58check_bytes(text)
    if len(decoded) != 3 + HASH_SIZE or not decoded.startswith(_PREFIXES):
        raise AddressError("not a Tezos address")
    return decoded


def derive(key: bytes) -> bytes:
    """Return the canonical ``tz1`` address of an Ed25519 key."""
    return TZ1 + blake2b(key, digest_size=HASH_SIZE).digest()


def encode(account: bytes) -> str:
    """Return the address of canonical bytes.

    >>> encode(TZ1 + bytes(20))
    'tz1Ke2h7sDdakHJQh8WX4Z372du1KChsksyU'
    """
    return base58check_text(account)
