"""Filecoin's own addresses: who signed for an ``f1`` account. Pure.

``f1`` is lower-case base32 of BLAKE2b-160 of the 65-byte uncompressed key and a four-byte
checksum, BLAKE2b of the protocol byte and the hash (Filecoin specification, addresses). Other
protocols are `unsupported`: no secp256k1 key determines them (``f0`` ids, ``f2`` actors, ``f3``
BLS keys); ``f410`` belongs to the family evm. The rule is `chains.secp256k1`.
No parameters of the network are read.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains import secp256k1
from chains.encodings import base32_bytes
from chains.errors import AddressError, ForeignAddress
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, OwnershipVerdict, Parameter, Verifier

HASH_SIZE = 20
CHECKSUM_SIZE = 4
_PAYLOADS = {"1": HASH_SIZE, "2": HASH_SIZE, "3": 48}
_MAX_ID_DIGITS = 20


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


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    other_form = verdict(Reason.ADDRESS_FORM)

    def read_key_address(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        return other_form if isinstance(address, bytes) and address[0] != 1 else address

    return secp256k1.verifier(rule, read=read_key_address, derive=derive, with_key=True)
