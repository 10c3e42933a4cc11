"""Cardano: who signed for a Shelley address. Pure.

The address is bech32 ``addr`` of a header byte and credentials (CIP-19). Its payment credential
decides who spends, and is BLAKE2b-224 of the Ed25519 key for these header types:

* 0 and 2, base addresses: payment key, then a staking key or script;
* 6, enterprise addresses: payment key only.

Payment scripts (1, 3, 7), pointers (4, 5) and Byron addresses are `unsupported`. The stake part of
a base address is not judged: it earns rewards and spends nothing. The rule is `chains.ed25519`.
No parameters of the network are read.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains import ed25519
from chains.cardano.addresses import canonical
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, OwnershipVerdict, Verifier

HASH_SIZE = 28
_PAYMENT_KEY = frozenset({0, 2, 6})


def fits(key: bytes, address: bytes) -> bool:
    """Return whether the payment credential of `address` is that of an Ed25519 key."""
    return blake2b(key, digest_size=HASH_SIZE).digest() == address[1 : 1 + HASH_SIZE]


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    other_form = verdict(Reason.ADDRESS_FORM)

    def read_payment_key(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        if isinstance(address, bytes) and address[0] >> 4 not in _PAYMENT_KEY:
            return other_form
        return address

    return ed25519.verifier(rule, read=read_payment_key, fits=fits)
