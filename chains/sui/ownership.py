"""Sui: who signed for an account. Pure.

The address is BLAKE2b-256 of a zero byte (the scheme of Ed25519) and the key. The rule is
`chains.ed25519`. No parameters of the network are read.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains import ed25519
from chains.sui.addresses import ADDRESS_SIZE, canonical
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier

ED25519_SCHEME = b"\x00"


def derive(key: bytes) -> bytes:
    """Return the address of an Ed25519 key."""
    return blake2b(ED25519_SCHEME + key, digest_size=ADDRESS_SIZE).digest()


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=ed25519.hashed(derive))
