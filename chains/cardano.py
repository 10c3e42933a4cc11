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
from chains.encodings import base58_bytes, bech32_bytes
from chains.errors import AddressError, ForeignAddress
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, OwnershipVerdict, Parameter, Verifier

HASH_SIZE = 28
MAINNET = 1
_SIZES = {0: 57, 1: 57, 2: 57, 3: 57, 6: 29, 7: 29}
"""Header type -> bytes of the address; pointers have no fixed size."""
_PAYMENT_KEY = frozenset({0, 2, 6})
_SHELLEY_TYPES = 8
_BYRON = ("Ae2", "DdzFF", "37bt")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the bytes of an address: header, credentials.

    Raises ForeignAddress for a sound address of a test network or another ledger, AddressError
    for other text.

    >>> canonical("addr1v80axvuddhj0mhlyzk9ness59ev752qvpw53fvf5xjy24yqhvxq3j", {}).hex()[:4]
    '61df'
    """
    if text.startswith(_BYRON):
        return b"\x80" + base58_bytes(text)
    address = bech32_bytes(text, "addr")
    kind, network = (address[0] >> 4, address[0] & 15) if address else (-1, 0)
    if not 0 <= kind < _SHELLEY_TYPES or len(address) != _SIZES.get(kind, len(address)):
        raise AddressError("not a Shelley address")
    if network != MAINNET:
        raise ForeignAddress("an address of a Cardano test network")
    return address


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
