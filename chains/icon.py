"""ICON: who signed for an account. Pure.

The address is ``hx`` and the tail of SHA3-256 (NIST's, not Keccak) of the key's x || y, in hex.
A contract (``cx``) has no key and is `unsupported`. The rule is `chains.secp256k1`.
No parameters of the network are read.
"""

from __future__ import annotations

import re
from hashlib import sha3_256
from typing import TYPE_CHECKING

from chains import secp256k1
from chains.errors import AddressError
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, OwnershipVerdict, Parameter, Verifier

CONTRACT = b"c"
_TEXT = re.compile(r"[hc]x[0-9a-f]{40}")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    r"""Return 21 bytes: ``h`` or ``c`` and the account; raises AddressError, also for capitals.

    >>> canonical("hx" + "00" * 20, {})[:2]
    b'h\x00'
    """
    if not _TEXT.fullmatch(text):
        raise AddressError("not an ICON address")
    return text[:1].encode() + bytes.fromhex(text[2:])


def derive(key: bytes) -> bytes:
    """Return the canonical address of an uncompressed key."""
    return b"h" + sha3_256(key[1:]).digest()[12:]


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    contract = verdict(Reason.ADDRESS_FORM)

    def read_account(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        return contract if isinstance(address, bytes) and address[:1] == CONTRACT else address

    return secp256k1.verifier(rule, read=read_account, derive=derive, with_key=True)
