"""Text encodings of addresses, keys and signatures: bytes out, or a refusal. Pure.

Every decoder is total (any text gives a result or AddressError) and strict: one value has one
text, apart from the letter case where the encoding allows two. Lengths are checked before any
library sees the text, because base58 takes quadratic time and because libwally stops at a NUL.

Sources: BIP-173 (bech32), BIP-350 (bech32m), the Bitcoin Cash cashaddr specification, RFC 4648.
"""

from __future__ import annotations

import base64
import binascii

import wallycore

from chains.errors import AddressError, ForeignAddress

MAX_ADDRESS_TEXT = 130
"""Characters. BIP-173 allows 90; ``bitcoincash:`` and the longest hash of its code take 124."""

BECH32_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_VALUES = {character: value for value, character in enumerate(BECH32_ALPHABET)}
_BECH32_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CASHADDR_GENERATORS = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)

BECH32 = 1
BECH32M = 0x2BC830A3
"""What the checksum polynomial leaves: tells the two variants apart."""


def hex_bytes(text: str, size: int) -> bytes | None:
    r"""Return the `size` bytes that `text` writes in hex, any case, ``0x`` optional; or None.

    >>> hex_bytes("0xFf00", 2), hex_bytes("ff 0", 2), hex_bytes("0xff", 2)
    (b'\xff\x00', None, None)
    """
    digits = len(text)
    if digits == 2 * size + 2 and text[0] == "0" and text[1] in "xX":
        text = text[2:]
    elif digits != 2 * size:
        return None
    try:
        decoded = bytes.fromhex(text)
    except ValueError:
        return None
    return decoded if len(decoded) == size else None  # fromhex skips blanks


def hex_script(text: str, limit: int) -> bytes | None:
    """Return the bytes that `text` writes in hex, at most `limit` of them; None otherwise."""
    size, odd = divmod(len(text) - 2 * text.startswith(("0x", "0X")), 2)
    return None if odd or size > limit else hex_bytes(text, size)


def base64_bytes(text: str, size: int) -> bytes | None:
    """Return the `size` bytes that `text` writes in standard padded base64, or None.

    The unused bits of the last character must be zero, so that no two texts give one value.
    """
    if len(text) != 4 * ((size + 2) // 3):
        return None
    try:
        decoded = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    if len(decoded) != size or binascii.b2a_base64(decoded, newline=False).decode() != text:
        return None
    return decoded


def base32_bytes(text: str) -> bytes:
    """Return the bytes of a lower-case RFC 4648 base32 text without padding.

    Raises AddressError, also when the unused bits of the last character are not zero.
    """
    if len(text) > MAX_ADDRESS_TEXT or not text.isascii() or text != text.lower():
        raise AddressError("not lower-case base32")
    try:
        decoded = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError as error:
        raise AddressError("not base32") from error
    if base64.b32encode(decoded).decode().rstrip("=").lower() != text:
        raise AddressError("base32 with surplus bits")
    return decoded


def upper_base32_bytes(text: str) -> bytes:
    """Return the bytes of an upper-case RFC 4648 base32 text without padding; AddressError."""
    if not text.isascii() or text != text.upper():
        raise AddressError("not upper-case base32")
    return base32_bytes(text.lower())


def crc16(data: bytes) -> int:
    """Return the CRC-16/XMODEM of `data`: polynomial 0x1021, no reflection, initial value 0.

    >>> hex(crc16(b"123456789"))
    '0x31c3'
    """
    return binascii.crc_hqx(data, 0)


def base58_bytes(text: str) -> bytes:
    """Return the bytes of a base58 text in the Bitcoin alphabet; raises AddressError."""
    return _base58(text, 0)


def base58check_bytes(text: str) -> bytes:
    """Return version and payload of a base58check text; raises AddressError.

    >>> base58check_bytes("1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT")[:1].hex()
    '00'
    """
    return _base58(text, wallycore.BASE58_FLAG_CHECKSUM)


def _base58(text: str, flags: int) -> bytes:
    if len(text) > MAX_ADDRESS_TEXT or not (text.isascii() and text.isalnum()):
        raise AddressError("not base58")
    try:
        return bytes(wallycore.base58_to_bytes(text, flags))
    except ValueError as error:
        raise AddressError("not base58, or its checksum does not match") from error


def base58_text(data: bytes) -> str:
    """Return `data` in base58."""
    return str(wallycore.base58_from_bytes(data, 0))


def base58check_text(data: bytes) -> str:
    """Return version and payload in base58check."""
    return str(wallycore.base58_from_bytes(data, wallycore.BASE58_FLAG_CHECKSUM))


def segwit_script(text: str, prefix: str) -> bytes:
    """Return the output script of a segwit address: version opcode, length, program.

    Raises ForeignAddress for a sound bech32 text of another prefix, AddressError otherwise.
    """
    if len(text) > MAX_ADDRESS_TEXT or not (text.isascii() and text.isalnum()):
        raise AddressError("not bech32")
    try:
        return bytes(wallycore.addr_segwit_to_bytes(text, prefix, 0))
    except ValueError as error:
        if bech32_values(text)[0] != prefix:
            raise ForeignAddress("a bech32 text of another network") from error
        raise AddressError("bech32, but no segwit address") from error


def segwit_text(script: bytes, prefix: str) -> str:
    """Return the segwit address of an output script: version opcode, length, program."""
    return str(wallycore.addr_segwit_from_bytes(script, prefix, 0))


def bech32_values(text: str) -> tuple[str, list[int], int]:
    """Return the prefix, the 5-bit values without checksum, and BECH32 or BECH32M.

    Raises AddressError for mixed case, foreign characters or a wrong checksum.
    """
    prefix, mark, data = text.lower().rpartition("1")
    if (
        len(text) > MAX_ADDRESS_TEXT
        or not text.isascii()
        or text not in (text.lower(), text.upper())
        or not mark
        or not prefix
        or len(data) < 6  # noqa: PLR2004 (the checksum)
    ):
        raise AddressError("not bech32")
    values = _values(data)
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    remainder = _polymod(expanded + values, _BECH32_GENERATORS, 25)
    if remainder not in (BECH32, BECH32M):
        raise AddressError("the bech32 checksum does not match")
    return prefix, values[:-6], remainder


def bech32_bytes(text: str, prefix: str) -> bytes:
    """Return the bytes of a classic bech32 text without witness version (``lat1``, ``ex1``).

    Raises ForeignAddress for another prefix, AddressError for anything else.
    """
    found, values, variant = bech32_values(text)
    if variant != BECH32:
        raise AddressError("bech32m where bech32 is used")
    if found != prefix:
        raise ForeignAddress("a bech32 text of another network")
    return _regroup(values)


def bech32_text(data: bytes, prefix: str) -> str:
    """Return the classic bech32 text of bytes, without witness version.

    >>> bech32_bytes(bech32_text(bytes(20), "cosmos"), "cosmos") == bytes(20)
    True
    """
    bits = 8 * len(data)
    number, size = int.from_bytes(data, "big") << -bits % 5, -(-bits // 5)
    values = [number >> 5 * place & 31 for place in reversed(range(size))]
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    rest = _polymod([*expanded, *values, *[0] * 6], _BECH32_GENERATORS, 25) ^ BECH32
    values += [rest >> 5 * place & 31 for place in reversed(range(6))]
    return f"{prefix}1{''.join(BECH32_ALPHABET[value] for value in values)}"


def cashaddr_payload(text: str, prefix: str) -> bytes:
    """Return version byte and hash of a cashaddr, whose prefix may be left out.

    Raises ForeignAddress for a sound text of another prefix, AddressError otherwise.
    """
    if len(text) > MAX_ADDRESS_TEXT or not text.isascii():
        raise AddressError("not cashaddr")
    if text not in (text.lower(), text.upper()):
        raise AddressError("cashaddr in mixed case")
    written, mark, data = text.lower().rpartition(":")
    found = written if mark else prefix
    return cashaddr_bytes(_values(data), found, prefix)


def cashaddr_bytes(values: list[int], found: str, prefix: str) -> bytes:
    """Return the bytes in the 5-bit `values` of a text that was written with the prefix `found`.

    Also the checksum of Conflux (CIP-37), whose alphabet differs. Raises ForeignAddress when the
    prefix is not `prefix`, AddressError when the checksum does not match.
    """
    checked = [ord(c) & 31 for c in found] + [0] + values
    if len(values) < 8 or _polymod(checked, _CASHADDR_GENERATORS, 35) != 1:  # noqa: PLR2004
        raise AddressError("the checksum does not match")
    if found != prefix:
        raise ForeignAddress("an address of another network")
    return _regroup(values[:-8])


def _values(data: str) -> list[int]:
    try:
        return [_BECH32_VALUES[character] for character in data]
    except KeyError as error:
        raise AddressError("a character outside the bech32 alphabet") from error


def _polymod(values: list[int], generators: tuple[int, ...], shift: int) -> int:
    """Return the remainder of the checksum polynomial; both codes differ only in constants."""
    mask = (1 << shift) - 1
    remainder = 1
    for value in values:
        top = remainder >> shift
        remainder = (remainder & mask) << 5 ^ value
        for bit, generator in enumerate(generators):
            if top >> bit & 1:
                remainder ^= generator
    return remainder


def _regroup(values: list[int]) -> bytes:
    """Return 5-bit groups as bytes; raises AddressError unless the padding is short and zero."""
    number = 0
    for value in values:
        number = number << 5 | value
    size, spare = divmod(5 * len(values), 8)
    if spare > 4 or number & ((1 << spare) - 1):  # noqa: PLR2004 (a whole spare group)
        raise AddressError("surplus or non-zero padding")
    return (number >> spare).to_bytes(size, "big")
