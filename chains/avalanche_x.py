"""Avalanche's X-Chain: who signed for an account. Pure.

The address is ``X-`` and classic bech32 of HASH160 of the compressed key. The same key has
addresses on other chains of Avalanche (``P-``, ``C-``); they are foreign here. The rule is
`chains.secp256k1`. Parameter of the network: ``bech32_hrp``, ``"avax"`` when absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.encodings import bech32_bytes
from chains.errors import AddressError, ForeignAddress
from chains.signatures import compress, hash160
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

ACCOUNT_SIZE = 20


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the 20 bytes of an account.

    Raises ForeignAddress for a sound address of another chain, AddressError for other text.
    """
    chain, mark, address = text.partition("-")
    if not mark:
        raise AddressError("an address without its chain")
    account = bech32_bytes(address, str(parameters.get("bech32_hrp", "avax")))
    if len(account) != ACCOUNT_SIZE:
        raise AddressError("not an account of 20 bytes")
    if chain != "X":
        raise ForeignAddress("an address of another chain of Avalanche")
    return account


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return secp256k1.verifier(
        rule, read=read, derive=lambda key: hash160(compress(key)), with_key=True
    )
