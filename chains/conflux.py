"""Conflux Core Space: who signed for an account. Pure.

The account is the tail of Keccak-256 of the key's x || y with its first four bits set to 0001.
Its text is CIP-37: ``cfx:`` and base32 in Conflux's own alphabet with the checksum of cashaddr;
the long form ``CFX:TYPE.USER:`` is read too. The rule is `chains.secp256k1`.
No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.encodings import MAX_ADDRESS_TEXT, cashaddr_bytes
from chains.errors import AddressError
from chains.signatures import evm_account
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

ACCOUNT_SIZE = 20
ALPHABET = "abcdefghjkmnprstuvwxyz0123456789"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_TYPES = {0: "builtin", 1: "user", 8: "contract"}


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 20 bytes of an account.

    Raises ForeignAddress for a sound address of another network, AddressError for other text.

    >>> canonical("cfx:aameksd3gwvmtduc861ym2uzkfaawu9566k0jnte55", {}).hex()[:6]
    '1444b8'
    """
    if len(text) > MAX_ADDRESS_TEXT or text not in (text.lower(), text.upper()):
        raise AddressError("not a Conflux address")
    prefix, *kind = text.lower().split(":")
    if not text.isascii() or not prefix or len(kind) not in (1, 2):
        raise AddressError("not a Conflux address")
    data = kind.pop()
    try:
        values = [_VALUES[character] for character in data]
    except KeyError as error:
        raise AddressError("a character outside Conflux's alphabet") from error
    decoded = cashaddr_bytes(values, prefix, "cfx")
    version, account = decoded[:1], decoded[1:]
    if version != b"\x00" or len(account) != ACCOUNT_SIZE:
        raise AddressError("not an account of 20 bytes")
    if kind and kind[0] != f"type.{_TYPES.get(account[0] >> 4)}":
        raise AddressError("the type written in the address is not its type")
    return account


def derive(key: bytes) -> bytes:
    """Return the account of an uncompressed key."""
    account = evm_account(key)
    return bytes([account[0] & 0x0F | 0x10]) + account[1:]


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return secp256k1.verifier(rule, read=read, derive=derive, with_key=True)
