"""Accounts of Stellar and Pi. Pure.

The address is upper-case base32 of 0x30, the Ed25519 key and its CRC-16/XMODEM, little-endian
(SEP-23), and begins with ``G``. Muxed accounts (``M``) and contracts (``C``) have other versions.
No parameters of the network are read.
"""

from __future__ import annotations

from base64 import b32encode
from typing import TYPE_CHECKING

from chains.encodings import crc16, upper_base32_bytes
from chains.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ACCOUNT = 6 << 3
MUXED, CONTRACT = 12 << 3, 2 << 3
_SIZES = {ACCOUNT: 32, MUXED: 40, CONTRACT: 32}


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the version byte and the payload of an address; raises AddressError.

    >>> canonical("GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF", {}).hex()[:4]
    '3000'
    """
    decoded = upper_base32_bytes(text)
    address, checksum = decoded[:-2], decoded[-2:]
    if not address or _SIZES.get(address[0]) != len(address) - 1:
        raise AddressError("not a Stellar address")
    if crc16(address).to_bytes(2, "little") != checksum:
        raise AddressError("the checksum does not match")
    return address


def encode(account: bytes) -> str:
    """Return the address of canonical bytes.

    >>> encode(b"0" + bytes(32))
    'GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF'
    """
    return b32encode(account + crc16(account).to_bytes(2, "little")).decode().rstrip("=")
