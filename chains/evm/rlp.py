r"""Recursive length prefix: the byte form of headers, accounts and trie nodes. Pure.

Yellow paper, appendix B. Decoding is strict: a length written longer than needed, or bytes left
over, are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORT_TEXT = 0x80
_SHORT_LIST = 0xC0
_MOST_SHORT = 55


def encode_text(octets: bytes) -> bytes:
    r"""Return the form of a byte string.

    >>> encode_text(b"\x7f"), encode_text(b""), encode_text(b"dog")
    (b'\x7f', b'\x80', b'\x83dog')
    """
    if len(octets) == 1 and octets[0] < _SHORT_TEXT:
        return octets
    return _prefix(len(octets), _SHORT_TEXT) + octets


def encode_number(number: int) -> bytes:
    r"""Return the form of an unsigned integer: big-endian, no leading zeros, 0 is empty."""
    return encode_text(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def encode_list(encoded: Sequence[bytes]) -> bytes:
    """Return the list of items that are encoded already."""
    payload = b"".join(encoded)
    return _prefix(len(payload), _SHORT_LIST) + payload


def _prefix(length: int, short: int) -> bytes:
    if length <= _MOST_SHORT:
        return bytes((short + length,))
    size = (length.bit_length() + 7) // 8
    return bytes((short + _MOST_SHORT + size,)) + length.to_bytes(size, "big")


def spans(octets: bytes) -> list[tuple[int, int, bool]]:
    """Return (start, end, whether it is a list) of each item of the list `octets`.

    For a string, start and end bound its content; for a list, its whole encoding. Raises
    MalformedAnswer.

    >>> spans(bytes.fromhex("c583646f6780"))
    [(2, 5, False), (6, 6, False)]
    """
    start, end, nested = _item(octets, 0, len(octets))
    if not nested or end != len(octets):
        raise MalformedAnswer("an RLP list does not end where it says")
    found: list[tuple[int, int, bool]] = []
    at = start
    while at < end:
        content, stop, nested = _item(octets, at, end)
        found.append((at if nested else content, stop, nested))
        at = stop
    return found


def _item(octets: bytes, at: int, limit: int) -> tuple[int, int, bool]:
    """Return where the content of the item at `at` starts and ends, and whether it is a list."""
    if at >= limit:
        raise MalformedAnswer("an RLP item is missing")
    first = octets[at]
    if first < _SHORT_TEXT:
        return at, at + 1, False
    nested = first >= _SHORT_LIST
    length = first - (_SHORT_LIST if nested else _SHORT_TEXT)
    content = at + 1
    if length > _MOST_SHORT:
        size = length - _MOST_SHORT
        content += size
        if content > limit or octets[at + 1] == 0:
            raise MalformedAnswer("an RLP length is damaged")
        length = int.from_bytes(octets[at + 1 : content], "big")
        if length <= _MOST_SHORT:
            raise MalformedAnswer("an RLP length is longer than needed")
    elif length == 1 and not nested and content < limit and octets[content] < _SHORT_TEXT:
        raise MalformedAnswer("an RLP byte is longer than needed")
    if content + length > limit:
        raise MalformedAnswer("an RLP item does not end where it says")
    return content, content + length, nested


def number_of(content: bytes) -> int:
    """Return the integer whose content this is; raises MalformedAnswer for leading zeros."""
    if content[:1] == b"\0":
        raise MalformedAnswer("an RLP number has leading zeros")
    return int.from_bytes(content, "big")
