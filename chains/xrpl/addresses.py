"""Addresses of the XRP Ledger: base58check in the ledger's own alphabet. Pure.

A classic address is 00 and the 20 bytes of an account. An X-address (XLS-5) is 05 44 (05 and 44 in
hex; 04 93 on test networks), the account, one byte of flags and eight of a destination tag. The tag
says whom of its customers the account's owner should credit; the ledger knows only the account, so
an X-address with any tag and the classic address are one and the same account.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.encodings import base58check_bytes, base58check_text
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

ACCOUNT_SIZE = 20
_X_SIZE = 31
_X_MAIN, _X_TEST = b"\x05\x44", b"\x04\x93"
_NO_TAG, _SHORT_TAG = 0, 1
_RIPPLE = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BITCOIN = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_TO_BITCOIN = str.maketrans(_RIPPLE, _BITCOIN)
_TO_RIPPLE = str.maketrans(_BITCOIN, _RIPPLE)


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return the 20 bytes of an account. Letter case matters.

    Raises ForeignAddress for an X-address of a test network, AddressError for other text.

    >>> canonical("rrrrrrrrrrrrrrrrrrrrrhoLvTp", {}) == bytes(20)
    True
    """
    decoded = base58check_bytes(text.translate(_TO_BITCOIN))
    if len(decoded) == _X_SIZE:
        return _account_of(decoded)
    if len(decoded) != 1 + ACCOUNT_SIZE or decoded[0]:
        raise AddressError("not an account of 20 bytes")
    return decoded[1:]


def _account_of(decoded: bytes) -> bytes:
    """Return the account in an X-address, whose tag must be one that XLS-5 allows."""
    prefix, account, flags, tag = decoded[:2], decoded[2:22], decoded[22], decoded[23:]
    if prefix == _X_TEST:
        raise ForeignAddress("an X-address of a test network")
    if prefix != _X_MAIN:
        raise AddressError("neither a classic address nor an X-address")
    if not (flags == _SHORT_TAG and not any(tag[4:])) and not (flags == _NO_TAG and not any(tag)):
        raise AddressError("an X-address with a tag that XLS-5 does not allow")
    return account


def encode(account: bytes) -> str:
    """Return the classic address of an account.

    >>> encode(bytes(20))
    'rrrrrrrrrrrrrrrrrrrrrhoLvTp'
    """
    return base58check_text(b"\0" + account).translate(_TO_RIPPLE)
