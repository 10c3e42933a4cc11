"""Cardano addresses: bech32 of a header and credentials (CIP-19), or Byron's. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.encodings import base58_bytes, base58_text, bech32_bytes, bech32_text
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

MAINNET = 1
PREFIX = "addr"
_SIZES = {0: 57, 1: 57, 2: 57, 3: 57, 6: 29, 7: 29}
"""Header type -> bytes of the address; pointers have no fixed size."""
_STAKED = frozenset({0, 1, 2, 3})
"""Header types of base addresses, which name a stake credential."""
_SHELLEY_TYPES = 8
_BYRON = ("Ae2", "DdzFF", "37bt")
_BYRON_MARK = b"\x80"
"""Stands before the bytes of a Byron address, as type 8 of CIP-19."""


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the bytes of an address: header, credentials.

    Raises ForeignAddress for a sound address of a test network or another ledger, AddressError
    for other text.

    >>> canonical("addr1v80axvuddhj0mhlyzk9ness59ev752qvpw53fvf5xjy24yqhvxq3j", {}).hex()[:4]
    '61df'
    """
    if text.startswith(_BYRON):
        return _BYRON_MARK + base58_bytes(text)
    address = bech32_bytes(text, PREFIX)
    kind, network = (address[0] >> 4, address[0] & 15) if address else (-1, 0)
    if not 0 <= kind < _SHELLEY_TYPES or len(address) != _SIZES.get(kind, len(address)):
        raise AddressError("not a Shelley address")
    if network != MAINNET:
        raise ForeignAddress("an address of a Cardano test network")
    return address


def encode(address: bytes) -> str:
    r"""Return the text of the bytes that `canonical` returns.

    >>> encode(b"\x61" + bytes(28))[:10]
    'addr1vyqqq'
    """
    if is_byron(address):
        return base58_text(address[1:])
    return bech32_text(address, PREFIX)


def is_byron(address: bytes) -> bool:
    """Return whether an address is of the first era, without credentials."""
    return address[:1] == _BYRON_MARK


def is_staked(address: bytes) -> bool:
    """Return whether an address names a stake credential, which earns rewards elsewhere."""
    return address[0] >> 4 in _STAKED
