"""Cardano addresses: bech32 of a header and credentials (CIP-19), or Byron's. Pure.

A Byron address is base58 of CBOR: a list of its payload, as bytes with tag 24, and the CRC-32 of
them. The payload is a list of a hash of 28 bytes, attributes, and a type; of the attributes, 2 is
the magic number of a test network, and absent on the main one (CIP-19).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

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
_BYRON = ("Ae2", "DdzFF", "37bt", "2cW")
_BYRON_MARK = b"\x80"
"""Stands before the bytes of a Byron address, as type 8 of CIP-19."""
_FRAME = bytes.fromhex("82d81858")
"""A list of two, tag 24, bytes whose length follows."""
_CRC_SIZES = {0x18: 1, 0x19: 2, 0x1A: 4}
"""First byte of a CBOR number -> bytes that follow; a smaller one is the number itself."""
_PAYLOAD = bytes.fromhex("83581c")
_ATTRIBUTES = len(_PAYLOAD) + 28
_MAGIC = 2
_MAP, _BYTES, _LONG_BYTES = 0xA0, 0x40, 0x58
"""How CBOR begins a map of no keys, no bytes, and bytes whose length follows."""


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the bytes of an address: header, credentials.

    Raises ForeignAddress for a sound address of a test network or another ledger, AddressError
    for other text.

    >>> canonical("addr1v80axvuddhj0mhlyzk9ness59ev752qvpw53fvf5xjy24yqhvxq3j", {}).hex()[:4]
    '61df'
    """
    if text.startswith(_BYRON):
        return _BYRON_MARK + _byron(base58_bytes(text))
    address = bech32_bytes(text, PREFIX)
    kind, network = (address[0] >> 4, address[0] & 15) if address else (-1, 0)
    if not 0 <= kind < _SHELLEY_TYPES or len(address) != _SIZES.get(kind, len(address)):
        raise AddressError("not a Shelley address")
    if network != MAINNET:
        raise ForeignAddress("an address of a Cardano test network")
    return address


def _byron(address: bytes) -> bytes:
    """Return `address` if its checksum holds and it is of the main network."""
    start = len(_FRAME) + 1
    end = start + (address[len(_FRAME)] if len(address) > len(_FRAME) else 0)
    payload, written = address[start:end], address[end:]
    if not address.startswith(_FRAME) or not payload.startswith(_PAYLOAD) or not written:
        raise AddressError("not a Byron address")
    size = _CRC_SIZES.get(written[0], 0)
    checksum = int.from_bytes(written[1:] if size else written, "big")
    if len(written) != 1 + size or checksum != crc32(payload):
        raise AddressError("the Byron checksum does not match")
    try:
        if _is_of_test_network(payload[_ATTRIBUTES:]):
            raise ForeignAddress("a Byron address of a Cardano test network")
    except IndexError:
        raise AddressError("not a Byron address") from None
    return address


def _is_of_test_network(attributes: bytes) -> bool:
    """Return whether there is a magic number. Raises IndexError where they end too early."""
    at = 1
    for _ in range(attributes[0] - _MAP):
        if attributes[at] == _MAGIC:
            return True
        head = attributes[at + 1]
        at += 3 + attributes[at + 2] if head == _LONG_BYTES else 2 + head - _BYTES
    return False


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
