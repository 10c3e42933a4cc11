"""Validators of Ethereum's consensus layer (BETH rows): who signed with a validator key. Pure.

The "address" is the validator's 48-byte BLS public key in hex. What must hold for `proven`:

1. The key is 48 bytes in hex, ``0x`` optional, the canonical encoding of a point of the subgroup
   other than infinity: nothing is cut off, nothing padded.
2. The row carries a signature, in the first filled signature column.
3. The message is one of the agreed statements; its 32-byte digest is what is signed.
4. The signature is 96 bytes in hex, a point of the subgroup other than infinity.
5. It is valid in the proof-of-possession ciphersuite.

The verdict's sentence says what remains open: a validator key signs duties, it cannot withdraw
the stake. Owner and staking columns are judged by `chains.owners`.
No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipVerdict, Verifier
from chains.encodings import hex_bytes
from chains.errors import AddressError
from chains.owners import with_owners
from chains.secp256k1 import hashed_statements
from chains.verdicts import Reason, address_reader, verdict, without_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

KEY_SIZE, SIGNATURE_SIZE = 48, 96

CAVEAT = (
    "The validator key signed the agreed message. It does not move the stake: who may withdraw is "
    "in the validator's withdrawal credentials, on the beacon chain."
)


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 48 bytes of a validator key, not yet known to be a point; raises AddressError.

    >>> canonical("0x" + "ab" * 48, {})[:1].hex()
    'ab'
    """
    key = hex_bytes(text, KEY_SIZE)
    if key is None:
        raise AddressError("not a validator key of 48 bytes")
    return key


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    from chains import bls12381  # noqa: PLC0415 (a rare curve is loaded when its first row comes)

    agreed = hashed_statements(rule)
    unsigned = without_signature(rule)
    read = address_reader(canonical, rule.parameters)

    def judge(row: OwnershipMaterial) -> OwnershipVerdict:  # noqa: PLR0911 (one return a check)
        encoded = read(row.address)  # 1
        if isinstance(encoded, OwnershipVerdict):
            return encoded
        key = bls12381.read_key(encoded)
        if key is None:
            return verdict(Reason.ADDRESS_UNDECODABLE)
        text = row.signature1 or row.signature2  # 2
        if not text:
            return unsigned
        candidates = agreed.get(row.message)  # 3
        if candidates is None:
            return verdict(Reason.MESSAGE_NOT_AGREED)
        cell = hex_bytes(text, SIGNATURE_SIZE)  # 4
        if cell is None:
            return verdict(Reason.SIGNATURE_MALFORMED)
        signature = bls12381.read_signature(cell)
        if signature is None:
            return verdict(Reason.SIGNATURE_INVALID)
        for candidate in candidates:  # 5
            if bls12381.is_signature(key, signature, candidate.signed):
                return verdict(Reason.ADDRESS_SIGNED, candidate.digest, row.message, CAVEAT)
        return verdict(Reason.SIGNATURE_INVALID)

    return with_owners(judge, read, rule.family)
