"""aelf: who signed for an account of the main chain. Pure.

The address is base58 of SHA-256d of the 65-byte uncompressed key and the first four bytes of
SHA-256d of that. The wallet form ``ELF_<address>_AELF`` is read too; another chain's suffix makes
a foreign address. The rule is `chains.secp256k1`. No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.encodings import base58check_bytes
from chains.errors import AddressError, ForeignAddress
from chains.signatures import sha256d
from chains.verdicts import address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

ADDRESS_SIZE = 32


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 32 bytes of an address. Letter case matters.

    Raises ForeignAddress for a sound address of a side chain, AddressError for other text.

    >>> canonical("2XNagboftecQgKRtgG8W5zpdRiZWinUfsfZm62a5NmmEVoZG7X", {}).hex()[:6]
    'c8a8dd'
    """
    symbol, mark, rest = text.partition("_")
    address, _, chain = rest.partition("_") if mark else (text, "", "AELF")
    decoded = base58check_bytes(address)
    if len(decoded) != ADDRESS_SIZE or (mark and symbol != "ELF"):
        raise AddressError("not an address of 32 bytes")
    if chain != "AELF":
        raise ForeignAddress("an address of an aelf side chain")
    return decoded


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    return secp256k1.verifier(rule, read=read, derive=sha256d, with_key=True)
