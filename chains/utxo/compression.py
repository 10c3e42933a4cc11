"""How Bitcoin Core writes coins: VARINT, CompactSize, compressed amounts and scripts. Pure.

Source: Bitcoin Core, src/serialize.h (VARINT, CompactSize) and src/compressor.cpp. A reader raises
`Malformed` for what Core never writes; it never reads outside of `data`.
"""

from __future__ import annotations

from coincurve import PublicKey

from chains.errors import MalformedAnswer

Bytes = bytes | bytearray | memoryview

MAX_AMOUNT = 2**63 - 1
"""Base units in one coin: what Core's CAmount can hold."""
MAX_TOTAL = 2**64 - 1
"""Base units in all coins together. Dogecoin's are more than a CAmount can hold."""

MAX_SCRIPT = 10_000
"""Bytes. Core never stores a longer output script (MAX_SCRIPT_SIZE): it cannot be spent."""

SPECIAL_SCRIPTS = 6
"""Script codes below this stand for a template; others are 6 plus the length of a raw script."""

P2PKH, P2SH, KEY_EVEN, KEY_ODD, FULL_KEY_EVEN, FULL_KEY_ODD = range(SPECIAL_SCRIPTS)
HASH_SIZE, X_SIZE = 20, 32
_SHORTENED = frozenset({23, 25, 35, 67})
"""Sizes of the scripts that have a template."""


class Malformed(MalformedAnswer):
    """The bytes are not what Bitcoin Core writes."""


class Truncated(Malformed):
    """The bytes end inside a value."""


def special_size(code: int) -> int:
    """Return how many bytes follow script code `code`, which is below SPECIAL_SCRIPTS."""
    return HASH_SIZE if code <= P2SH else X_SIZE


def read_varint(data: Bytes, at: int) -> tuple[int, int]:
    """Return the VARINT at `at` and the position after it; Malformed above 64 bits.

    >>> read_varint(bytes.fromhex("8000"), 0), read_varint(bytes.fromhex("ff7f"), 0)
    ((128, 2), (16511, 2))
    """
    value = 0
    while True:
        if at >= len(data):
            raise Truncated("the bytes end inside a VARINT")
        byte = data[at]
        at += 1
        value = value << 7 | byte & 0x7F
        if value >= 1 << 64:
            raise Malformed("a VARINT overflows 64 bits")
        if byte < 0x80:  # noqa: PLR2004 (the mark of the last byte)
            return value, at
        value += 1


def write_varint(value: int) -> bytes:
    """Return the VARINT of a number that is not negative.

    >>> write_varint(127).hex(), write_varint(128).hex(), write_varint(16512).hex()
    ('7f', '8000', '808000')
    """
    written = [value & 0x7F]
    while value > 0x7F:  # noqa: PLR2004
        value = (value >> 7) - 1
        written.append(value & 0x7F | 0x80)
    return bytes(reversed(written))


def read_compact_size(data: Bytes, at: int) -> tuple[int, int]:
    """Return the CompactSize at `at` and the position after it.

    Raises Malformed when the number is not in its shortest form, as Core does.
    """
    if at >= len(data):
        raise Truncated("the bytes end inside a CompactSize")
    first = data[at]
    if first < 0xFD:  # noqa: PLR2004
        return first, at + 1
    size = 2 << (first - 0xFD)
    end = at + 1 + size
    if end > len(data):
        raise Truncated("the bytes end inside a CompactSize")
    value = int.from_bytes(data[at + 1 : end], "little")
    if value < (0xFD, 1 << 16, 1 << 32)[first - 0xFD]:
        raise Malformed("a CompactSize is not in its shortest form")
    return value, end


def write_compact_size(value: int) -> bytes:
    """Return the CompactSize of a number below 2**64."""
    if value < 0xFD:  # noqa: PLR2004
        return bytes([value])
    for first, size in ((0xFD, 2), (0xFE, 4), (0xFF, 8)):
        if value < 1 << (8 * size):
            return bytes([first]) + value.to_bytes(size, "little")
    raise ValueError("a CompactSize has at most 64 bits")


def decompress_amount(code: int) -> int:
    """Return the base units that a compressed amount stands for; Malformed above MAX_AMOUNT.

    >>> decompress_amount(0x09), decompress_amount(0x32), decompress_amount(0x1406F40)
    (100000000, 5000000000, 2100000000000000)
    """
    if code == 0:
        return 0
    rest, exponent = divmod(code - 1, 10)
    if exponent < 9:  # noqa: PLR2004 (the tenth exponent has no last digit)
        rest, last = divmod(rest, 9)
        number = rest * 10 + last + 1
    else:
        number = rest + 1
    amount: int = number * 10**exponent
    if amount > MAX_AMOUNT:
        raise Malformed("an amount overflows")
    return amount


def compress_script(script: bytes) -> bytes:
    r"""Return a script as it stands in a coin record: one script, one value.

    >>> compress_script(b"\x00\x14" + bytes(20)).hex()
    '1c00140000000000000000000000000000000000000000'
    """
    size = len(script)
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":  # noqa: PLR2004
        return bytes([P2PKH]) + script[3:23]
    if size == 23 and script[:2] == b"\xa9\x14" and script[22] == 0x87:  # noqa: PLR2004
        return bytes([P2SH]) + script[2:22]
    if size == 35 and script[0] == 33 and script[1] in {2, 3} and script[34] == 0xAC:  # noqa: PLR2004
        return script[1:34]
    if size == 67 and script[:2] == b"\x41\x04" and script[66] == 0xAC:  # noqa: PLR2004
        key = script[1:66]
        if full_key(key[1:33], key[64] & 1) == key:
            return bytes([FULL_KEY_EVEN | key[64] & 1]) + key[1:33]
    return write_varint(size + SPECIAL_SCRIPTS) + script


def has_short_form(script: bytes) -> bool:
    r"""Return whether Core stores this script in a shorter form than written out.

    >>> has_short_form(b"\xa9\x14" + bytes(20) + b"\x87"), has_short_form(b"\x00\x14" + bytes(20))
    (True, False)
    """
    return len(script) in _SHORTENED and len(compress_script(script)) < len(script)


def full_key(x: bytes, parity: int) -> bytes | None:
    """Return the 65-byte public key with this x and the parity of its y, None if there is none."""
    try:
        return PublicKey(bytes([2 | parity]) + x).format(compressed=False)
    except ValueError:
        return None


def decompress_script(code: int, body: bytes) -> bytes:
    """Return the output script of a coin record: `body` is what follows the script code.

    Raises Malformed for an uncompressed key that is not a point: Core never writes one.
    """
    match code:
        case 0:
            return b"\x76\xa9\x14" + body + b"\x88\xac"
        case 1:
            return b"\xa9\x14" + body + b"\x87"
        case 2 | 3:
            return b"\x21" + bytes([code]) + body + b"\xac"
        case 4 | 5:
            key = full_key(body, code & 1)
            if key is None:
                raise Malformed("a coin pays to a public key that is not a point")
            return b"\x41" + key + b"\xac"
        case _:
            return body
