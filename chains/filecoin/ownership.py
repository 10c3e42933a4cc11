"""Filecoin's own addresses: who signed for an ``f1`` account. Pure.

``f1`` is lower-case base32 of BLAKE2b-160 of the 65-byte uncompressed key and a four-byte
checksum, BLAKE2b of the protocol byte and the hash (Filecoin specification, addresses). Other
protocols are `unsupported`: no secp256k1 key determines them (``f0`` ids, ``f2`` actors, ``f3``
BLS keys); ``f410`` belongs to the family evm. The rule is `chains.secp256k1`.
No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.filecoin.addresses import canonical, derive
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from chains.adapter import OwnershipRule, OwnershipVerdict, Verifier


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    other_form = verdict(Reason.ADDRESS_FORM)

    def read_key_address(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        return other_form if isinstance(address, bytes) and address[0] != 1 else address

    return secp256k1.verifier(rule, read=read_key_address, derive=derive, with_key=True)
