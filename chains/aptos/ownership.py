"""Aptos: who signed for an account. Pure.

The address is SHA3-256 of the Ed25519 key and a zero byte. The rule is `chains.ed25519`.

A rotated account keeps its address. Its row lists the present authentication key, which has the
form of an address, as owner: such a row is `key-only` until the account record at the snapshot
version shows that authentication_key (`control`). No parameters of the network are read.
"""

from __future__ import annotations

from hashlib import sha3_256
from typing import TYPE_CHECKING

from chains import ed25519
from chains.aptos.addresses import canonical
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier

SINGLE_KEY = b"\x00"
"""The scheme byte of a single Ed25519 key."""


def derive(key: bytes) -> bytes:
    """Return the address, and the authentication key, of an Ed25519 key."""
    return sha3_256(key + SINGLE_KEY).digest()


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return ed25519.verifier(rule, read=read, fits=ed25519.hashed(derive))
