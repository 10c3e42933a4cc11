"""Stellar and Pi: who signed for an account. Pure.

The address is upper-case base32 of 0x30, the Ed25519 key and its CRC-16/XMODEM, little-endian
(SEP-23), and begins with ``G``. Muxed accounts (``M``) and contracts (``C``) are `unsupported`.
The rule is `chains.ed25519`. No parameters of the network are read.
"""

from __future__ import annotations

from operator import eq
from typing import TYPE_CHECKING

from chains import ed25519
from chains.adapter import OwnershipVerdict
from chains.encodings import crc16, upper_base32_bytes
from chains.errors import AddressError
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

ACCOUNT = 6 << 3
MUXED, CONTRACT = 12 << 3, 2 << 3
_SIZES = {ACCOUNT: 32, MUXED: 40, CONTRACT: 32}


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the version byte and the payload of an address; raises AddressError.

    >>> canonical("GAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAWHF", {}).hex()[:4]
    '3000'
    """
    decoded = upper_base32_bytes(text)
    address, checksum = decoded[:-2], decoded[-2:]
    if not address or _SIZES.get(address[0]) != len(address) - 1:
        raise AddressError("not a Stellar address")
    if crc16(address).to_bytes(2, "little") != checksum:
        raise AddressError("the checksum does not match")
    return address


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    other_form = verdict(Reason.ADDRESS_FORM)

    def read_account(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        if isinstance(address, OwnershipVerdict):
            return address
        return address[1:] if address[0] == ACCOUNT else other_form

    return ed25519.verifier(rule, read=read_account, fits=eq)
