"""SCALE, the byte code of Substrate, as far as balances need it; and hex as nodes write it. Pure.

Source: the Polkadot specification, appendix "Data structures and encoding", SCALE codec.
"""

from __future__ import annotations

from chains.errors import MalformedAnswer

_MODES = {0b01: 2, 0b10: 4}
"""Low two bits of a compact number -> the bytes it takes; 0b00 is one byte, 0b11 says itself."""


def compact(number: int) -> bytes:
    """Return how SCALE writes a number that is mostly small.

    >>> compact(1).hex(), compact(64).hex(), compact(1 << 30).hex()
    ('04', '0101', '0300000040')
    """
    if number < 1 << 6:
        return bytes([number << 2])
    for mode, size in _MODES.items():
        if number < 1 << (8 * size - 2):
            return (number << 2 | mode).to_bytes(size, "little")
    size = max(4, (number.bit_length() + 7) // 8)
    return bytes([size - 4 << 2 | 0b11]) + number.to_bytes(size, "little")


class Reader:
    """Reads bytes from the front. Every method raises MalformedAnswer when they end too early."""

    def __init__(self, data: bytes) -> None:
        """Read `data` from its first byte."""
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise MalformedAnswer("SCALE bytes end too early")
        self._at += size
        return found

    def number(self, size: int) -> int:
        """Return an unsigned number of `size` bytes."""
        return int.from_bytes(self.take(size), "little")

    def compact(self) -> int:
        """Return a compact number."""
        first = self.number(1)
        mode = first & 0b11
        if mode == 0:
            return first >> 2
        if mode in _MODES:
            size = _MODES[mode]
            return (first | self.number(size - 1) << 8) >> 2
        return self.number((first >> 2) + 4)

    def sized(self) -> bytes:
        """Return bytes behind their own length."""
        return self.take(self.compact())

    def end(self) -> None:
        """Raise MalformedAnswer when bytes are left."""
        if self._at != len(self._data):
            raise MalformedAnswer("SCALE bytes go on where they should end")


def from_hex(value: object, size: int | None = None) -> bytes:
    """Return the bytes of a 0x text, of `size` bytes if that is given. Raises MalformedAnswer."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise MalformedAnswer("an answer lacks bytes that belong there")
    try:
        found = bytes.fromhex(value[2:])
    except ValueError:
        raise MalformedAnswer("an answer holds bytes that are not hex") from None
    if 2 * len(found) + 2 != len(value) or (size is not None and len(found) != size):
        raise MalformedAnswer("an answer holds bytes of a wrong length")
    return found
