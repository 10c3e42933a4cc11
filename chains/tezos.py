"""Tezos: who signed for a ``tz1`` account. Pure.

``tz1`` is base58check of 06a19f and BLAKE2b-160 of the Ed25519 key. Accounts of other curves
(``tz2``, ``tz3``, ``tz4``), contracts (``KT1``) and other text are `key-only`: this key does not
determine them. The rule is `chains.ed25519`. No parameters of the network are read.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains import ed25519
from chains.encodings import base58check_bytes
from chains.errors import AddressError
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

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


def _canonical_tz1(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    address = canonical(text, parameters)
    if not address.startswith(TZ1):
        raise AddressError("not the address of an Ed25519 key")
    return address


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(_canonical_tz1, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=ed25519.hashed(derive), binding=Binding.FORM)
