"""Stacks: who signed for a single-key account. Pure.

The address is ``S``, the version and c32check of 20 bytes (SIP-005). ``SP`` (version 22) is
HASH160 of the key: of its 65-byte form in OKX's lists, of its 33-byte form in most wallets, and
either is accepted, because either names this key and no other. ``SM`` (multisig) is `unsupported`;
the test networks' ``ST`` and ``SN`` are foreign. The rule is `chains.secp256k1`.
No parameters of the network are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains import secp256k1
from chains.errors import AddressError, ForeignAddress
from chains.signatures import compress, hash160, sha256d
from chains.verdicts import Reason, address_reader, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import OwnershipRule, OwnershipVerdict, Parameter, Verifier

HASH_SIZE, CHECKSUM_SIZE = 20, 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
MAX_TEXT = 41
SINGLE, MULTIPLE, TEST_SINGLE, TEST_MULTIPLE = 22, 20, 26, 21


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the version byte and the 20-byte hash.

    Upper case only, without the look-alikes of c32: one account, one text. Raises ForeignAddress
    for a test network's address, AddressError for other text.

    >>> canonical("SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7", {}).hex()[:6]
    '16a46f'
    """
    if len(text) > MAX_TEXT or text[:1] != "S":
        raise AddressError("not a Stacks address")
    try:
        version, *values = [_VALUES[character] for character in text[1:]]
    except (KeyError, ValueError) as error:
        raise AddressError("a character outside the c32 alphabet") from error
    number = 0
    for value in values:
        number = number << 5 | value
    size = HASH_SIZE + CHECKSUM_SIZE
    if number >> 8 * size:
        raise AddressError("longer than 20 bytes and a checksum")
    data = number.to_bytes(size, "big")
    zeros = size - len(data.lstrip(b"\0"))
    digits = -(-number.bit_length() // 5)
    if len(values) != zeros + digits:
        raise AddressError("leading zeros that c32 does not write so")
    payload = bytes([version]) + data[:HASH_SIZE]
    if sha256d(payload)[:CHECKSUM_SIZE] != data[HASH_SIZE:]:
        raise AddressError("the c32 checksum does not match")
    if version in (TEST_SINGLE, TEST_MULTIPLE):
        raise ForeignAddress("an address of a Stacks test network")
    if version not in (SINGLE, MULTIPLE):
        raise AddressError("a version without meaning")
    return payload


def verifier(rule: OwnershipRule) -> Verifier:
    """Return the judge of the rows of `rule`; raises RegistryError when it cannot be used."""
    read = address_reader(canonical, rule.parameters)
    multisig = verdict(Reason.ADDRESS_FORM)

    def read_single(text: str) -> bytes | OwnershipVerdict:
        address = read(text)
        return multisig if isinstance(address, bytes) and address[0] == MULTIPLE else address

    return secp256k1.verifier(
        rule,
        read=read_single,
        derive=lambda key: bytes([SINGLE]) + hash160(compress(key)),
        or_derive=lambda key: bytes([SINGLE]) + hash160(key),
        with_key=True,
    )
