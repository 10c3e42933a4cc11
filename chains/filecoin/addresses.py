"""Filecoin addresses: ids, keys, actors and delegated ones (Filecoin specification). Pure."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b
from typing import TYPE_CHECKING

from chains.encodings import base32_bytes
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

HASH_SIZE = 20
CHECKSUM_SIZE = 4
_PAYLOADS = {"1": HASH_SIZE, "2": HASH_SIZE, "3": 48}
_MAX_ID_DIGITS = 20
_DELEGATED = 4


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the protocol byte and the payload of an address (an id as its digits).

    Raises ForeignAddress for a test network's address, AddressError for other text.

    >>> canonical("f1lzszobfjwres2otlbitgpbeo6ha72sujwsdjy5i", {}).hex()[:8]
    '015e6597'
    """
    if text[:1] not in {"f", "t"}:
        raise AddressError("not a Filecoin address")
    protocol, rest = text[1:2], text[2:]
    if protocol == "0":
        if not (rest.isascii() and rest.isdecimal()) or len(rest) > _MAX_ID_DIGITS:
            raise AddressError("not an actor id")
        address = b"\x00" + rest.encode()
    elif protocol in _PAYLOADS:
        mark = bytes([int(protocol)])
        address = mark + _checked(mark, rest, _PAYLOADS[protocol])
    elif text[1:4] == "410" and text[4:5] == "f":
        address = b"\x04\x0a" + _checked(b"\x04\x0a", text[5:], HASH_SIZE)
    else:
        raise AddressError("not a Filecoin address")
    if text[0] == "t":
        raise ForeignAddress("an address of a Filecoin test network")
    return address


def _checked(mark: bytes, text: str, size: int) -> bytes:
    decoded = base32_bytes(text)
    payload, checksum = decoded[:size], decoded[size:]
    if checksum != blake2b(mark + payload, digest_size=CHECKSUM_SIZE).digest():
        raise AddressError("the Filecoin checksum does not match")
    return payload


def derive(key: bytes) -> bytes:
    """Return the canonical ``f1`` address of an uncompressed key."""
    return b"\x01" + blake2b(key, digest_size=HASH_SIZE).digest()


def encode(address: bytes) -> str:
    r"""Return the text of a canonical address of the main network.

    >>> encode(b"\x001729"), encode(canonical("f1lzszobfjwres2otlbitgpbeo6ha72sujwsdjy5i", {}))
    ('f01729', 'f1lzszobfjwres2otlbitgpbeo6ha72sujwsdjy5i')
    """
    if address[0] == 0:
        return f"f0{address[1:].decode()}"
    mark, head = (address[:2], "f410f") if address[0] == _DELEGATED else (address[:1], "")
    checked = address[len(mark) :] + blake2b(address, digest_size=CHECKSUM_SIZE).digest()
    return (head or f"f{address[0]}") + b32encode(checked).decode().rstrip("=").lower()
