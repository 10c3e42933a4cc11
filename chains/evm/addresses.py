"""Addresses of EVM networks: 20 bytes, in up to three text forms. Pure.

* 40 hex digits, ``0x`` optional, any letter case: the EIP-55 checksum is not enforced, because
  a capital letter in the wrong place changes no bit of the account;
* with the parameter ``bech32_hrp`` (``lat``, ``ex``): classic bech32 of the same 20 bytes;
* with the parameter ``f410``: Filecoin's delegated form ``f410f...``, and ``f0<id>``, which is
  the account ``ff``, eleven zero bytes, id (FIP-0048, FIP-0054).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from chains.encodings import base32_bytes, bech32_bytes, hex_bytes
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ACCOUNT_SIZE = 20
ID_MASK = b"\xff" + bytes(11)
"""What an EVM account begins with that stands for a Filecoin actor id."""

_DELEGATED = b"\x04\x0a"
"""Protocol 4, namespace 10 (the Ethereum address manager)."""
_MAX_ID_DIGITS = 20


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:
    """Return the 20 bytes of an account.

    Raises ForeignAddress for a sound address of another network, AddressError for other text.

    >>> canonical("0x52B311C52436789F3754bd199bf3886b8ccbab4c", {}).hex()
    '52b311c52436789f3754bd199bf3886b8ccbab4c'
    """
    account = hex_bytes(text, ACCOUNT_SIZE)
    if account is not None:
        return account
    if parameters.get("f410") and text.startswith(("f0", "f4", "t0", "t4")):
        return _filecoin(text)
    prefix = parameters.get("bech32_hrp")
    if isinstance(prefix, str) and prefix:
        account = bech32_bytes(text, prefix)
        if len(account) == ACCOUNT_SIZE:
            return account
    raise AddressError("not an account of 20 bytes")


def encode(account: bytes) -> str:
    """Return the lower-case hex form of 20 account bytes, with ``0x``."""
    return "0x" + account.hex()


def is_actor_id(account: bytes) -> bool:
    """Return whether `account` stands for a Filecoin actor id: no key hashes to it."""
    return account.startswith(ID_MASK)


def _filecoin(text: str) -> bytes:
    if text.startswith("t"):
        raise ForeignAddress("an address of a Filecoin test network")
    if text.startswith("f0"):
        digits = text[2:]
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > _MAX_ID_DIGITS:
            raise AddressError("not a Filecoin actor id")
        number = int(digits)
        if digits != str(number) or number >= 1 << 64:
            raise AddressError("not a Filecoin actor id")
        return ID_MASK + number.to_bytes(8, "big")
    if not text.startswith("f410f"):
        raise AddressError("not a delegated address of namespace 10")
    decoded = base32_bytes(text[5:])
    account, checksum = decoded[:ACCOUNT_SIZE], decoded[ACCOUNT_SIZE:]
    if checksum != blake2b(_DELEGATED + account, digest_size=4).digest():
        raise AddressError("the Filecoin checksum does not match")
    return account
