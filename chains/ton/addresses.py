"""TON addresses: workchain and 32-byte account, in a raw and a user-friendly text form. Pure.

* raw: ``0:`` or ``-1:`` and 64 hex digits;
* user-friendly: base64 or base64url of tag, workchain, account and CRC-16/XMODEM, 48 characters;
  the tag 0x11 says bounceable (``EQ``), 0x51 not (``UQ``), 0x80 more a test network.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from chains.encodings import crc16, hex_bytes
from chains.errors import AddressError, ForeignAddress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chains.adapter import Parameter

HASH_SIZE = 32
FRIENDLY_TEXT = 48
_TAGS = (0x11, 0x51)
_TEST_ONLY = 0x80
_WORKCHAINS = {"0": b"\x00", "-1": b"\xff"}
_URL_TO_STANDARD = str.maketrans("-_", "+/")


def canonical(text: str, parameters: Mapping[str, Parameter]) -> bytes:  # noqa: ARG001 (contract)
    """Return 33 bytes: the workchain (00 or ff) and the account.

    Raises ForeignAddress for a test network's address, AddressError for other text.

    >>> canonical("EQA5rifVSCc8qQfpCXvq4zJGJPsA0EPCDoWdtg234INftsWj", {}).hex()[:8]
    '0039ae27'
    """
    return _friendly(text) if len(text) == FRIENDLY_TEXT else _raw(text)


def encode(address: bytes, *, bounceable: bool = False) -> str:
    """Return the user-friendly base64url text of 33 address bytes."""
    tagged = bytes([_TAGS[0] if bounceable else _TAGS[1]]) + address
    data = tagged + crc16(tagged).to_bytes(2, "big")
    return binascii.b2a_base64(data, newline=False).decode().translate(str.maketrans("+/", "-_"))


def _raw(text: str) -> bytes:
    number, _, digits = text.partition(":")
    workchain = _WORKCHAINS.get(number)
    account = hex_bytes(digits, HASH_SIZE) if len(digits) == 2 * HASH_SIZE else None
    if workchain is None or account is None:
        raise AddressError("not a TON address")
    return workchain + account


def _friendly(text: str) -> bytes:
    is_url, is_standard = not {"+", "/"} & set(text), not {"-", "_"} & set(text)
    if not text.isascii() or not (is_url or is_standard):
        raise AddressError("not base64, or two alphabets in one text")
    try:
        data = binascii.a2b_base64(text.translate(_URL_TO_STANDARD), strict_mode=True)
    except ValueError as error:
        raise AddressError("not base64") from error
    tag, address, checksum = data[:1], data[1:-2], data[-2:]
    if len(address) != 1 + HASH_SIZE or crc16(tag + address).to_bytes(2, "big") != checksum:
        raise AddressError("the checksum does not match")
    if tag[0] & ~_TEST_ONLY not in _TAGS or address[:1] not in _WORKCHAINS.values():
        raise AddressError("not a TON address")
    if tag[0] & _TEST_ONLY:
        raise ForeignAddress("an address of a TON test network")
    return address
