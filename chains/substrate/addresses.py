"""SS58 addresses of Substrate ledgers. Pure.

An address is base58 of the network's prefix, the 32-byte public key and the first two bytes of
BLAKE2b-512 of ``SS58PRE`` and both.

Parameter of the network: ``ss58_prefix``, a number; without one, an address of any network is read.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains.encodings import base58_bytes
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

KEY_SIZE, CHECKSUM_SIZE = 32, 2
SIMPLE_PREFIXES = 64
"""Smaller prefixes are written in one byte, others in two."""
_TWO_BYTES = 0x40


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the 32 bytes of an account. Letter case matters.

    Without ``ss58_prefix`` an address of any network is read. Raises ForeignAddress for a sound
    address of another network, AddressError for other text.

    >>> canonical("15WXogcgXnHsZ1FeuNc6cg34i8R6JCXgWrDLNLERLLesJ7bf", {"ss58_prefix": 0}).hex()[:6]
    'c776bf'
    """
    decoded = base58_bytes(text)
    size = 2 if decoded[:1] >= bytes([_TWO_BYTES]) else 1
    if len(decoded) != size + KEY_SIZE + CHECKSUM_SIZE:
        raise AddressError("not an account of 32 bytes")
    body, checksum = decoded[:-CHECKSUM_SIZE], decoded[-CHECKSUM_SIZE:]
    if blake2b(b"SS58PRE" + body).digest()[:CHECKSUM_SIZE] != checksum:
        raise AddressError("the SS58 checksum does not match")
    prefix = parameters.get("ss58_prefix")
    if isinstance(prefix, int) and body[:size] != prefix_bytes(prefix):
        raise ForeignAddress("an SS58 address of another network")
    return body[size:]


def prefix_bytes(prefix: int) -> bytes:
    """Return how SS58 writes a prefix of 0 to 16383.

    >>> prefix_bytes(0).hex(), prefix_bytes(2135).hex()
    ('00', '55c8')
    """
    if prefix < SIMPLE_PREFIXES:
        return bytes([prefix])
    return bytes([_TWO_BYTES | (prefix & 0xFC) >> 2, prefix >> 8 | (prefix & 3) << 6])
