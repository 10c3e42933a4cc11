"""Who signed for a TRON account. Pure.

The rule is `chains.secp256k1`, with: the address is the version byte and the tail of Keccak-256
of the key's x || y. Lists of 2022 sign the digest ``tron-v1``, those of 2025 ``tron-v2``; the
rule of the entity names both.

Parameter of the network: ``version``, one byte in hex, ``"41"`` when absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.signatures import evm_account
from chains.tron import addresses
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    version = addresses.version(rule.parameters)

    def derive(key: bytes) -> bytes:
        return version + evm_account(key)

    read = address_reader(addresses.canonical, rule.parameters)
    return secp256k1.verifier(rule, read=read, derive=derive)
