"""The XRP Ledger: who signed for a classic address. Pure.

The address is base58check, in the ledger's own alphabet, of 00 and HASH160 of the compressed key.
An account can be given another key (a RegularKey, a signer list), so a row whose listed key
signed but is not the address's own is `key-only`. X-addresses (XLS-5) are `unsupported`, because
their tag is part of the claim and no list explains it. The rule is `chains.secp256k1`.

Parameter of the network: ``unsigned``, see `chains.verdicts.without_signature`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.encodings import base58check_bytes
from chains.errors import AddressError, ForeignAddress
from chains.signatures import compress, hash160
from chains.verdicts import Binding, address_reader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, Parameter, Verifier

ACCOUNT_SIZE = 20
_X_MAIN, _X_TEST = b"\x05\x44", b"\x04\x93"
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_BITCOIN = str.maketrans(_RIPPLE, _BITCOIN)


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 20 bytes of an account. Letter case matters. Raises AddressError.

    >>> canonical("rrrrrrrrrrrrrrrrrrrrrhoLvTp", {}) == bytes(20)
    True
    """
    decoded = base58check_bytes(text.translate(_TO_BITCOIN))
    if len(decoded) != 1 + ACCOUNT_SIZE or decoded[0]:
        raise AddressError("not an account of 20 bytes")
    return decoded[1:]


def tagged_account(text: str) -> tuple[bytes, int | None]:
    """Return the 20 bytes of an X-address (XLS-5) and its tag, None if it has none.

    Raises ForeignAddress for a test network's, AddressError for other text.

    >>> tagged_account("X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ")[0].hex()[:8]
    '5e7b1125'
    """
    decoded = base58check_bytes(text.translate(_TO_BITCOIN))
    prefix, account, flag, tag = decoded[:2], decoded[2:22], decoded[22:23], decoded[23:]
    if prefix == _X_TEST:
        raise ForeignAddress("an address of an XRP test network")
    if prefix != _X_MAIN or len(tag) != 8:  # noqa: PLR2004 (64 bits are kept for a tag of 32)
        raise AddressError("not an X-address")
    number = int.from_bytes(tag, "little")
    if flag not in {b"\0", b"\1"} or number >= 1 << 32 or (flag == b"\0" and number):
        raise AddressError("not an X-address")
    return account, number if flag == b"\1" else None


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    return secp256k1.verifier(
        rule,
        read=address_reader(canonical, rule.parameters),
        derive=lambda key: hash160(compress(key)),
        with_key=True,
        binding=Binding.RECORD,
    )
