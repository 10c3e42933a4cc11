"""Algorand: who signed for an account. Pure.

The address is upper-case base32 of the Ed25519 key and the last four bytes of its SHA-512/256.
An account can be rekeyed, so another listed key is `key-only`. The rule is `chains.ed25519`.
Parameter of the network: ``unsigned``, see `chains.verdicts.without_signature`.
"""

from __future__ import annotations

import hashlib
from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.encodings import upper_base32_bytes
from chains.errors import AddressError
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

KEY_SIZE, CHECKSUM_SIZE = 32, 4


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 32 bytes of the key in an address; raises AddressError.

    >>> canonical("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAY5HFKQ", {}) == bytes(32)
    True
    """
    decoded = upper_base32_bytes(text)
    key, checksum = decoded[:KEY_SIZE], decoded[KEY_SIZE:]
    if checksum != sha512_256(key)[-CHECKSUM_SIZE:]:
        raise AddressError("the Algorand checksum does not match")
    return key


def sha512_256(data: bytes) -> bytes:
    """Return SHA-512/256 (FIPS 180-4), 32 bytes."""
    return hashlib.new("sha512_256", data).digest()


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=eq, binding=Binding.RECORD)
