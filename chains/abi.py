"""Words of the Solidity ABI, as contracts on several ledgers answer them. Pure."""

from __future__ import annotations

from chains.errors import MalformedAnswer

WORD = 32
_MOST_DECIMALS = 255


def word(number: int) -> bytes:
    """Return an unsigned integer as one word."""
    return number.to_bytes(WORD, "big")


def read_word(output: bytes, at: int) -> int:
    """Return the word at byte `at`. Raises MalformedAnswer when `output` ends before its end."""
    found = output[at : at + WORD]
    if len(found) != WORD:
        raise MalformedAnswer("the answer of a contract breaks off")
    return int.from_bytes(found, "big")


def read_bytes(output: bytes, at: int) -> bytes:
    """Return the bytes whose length stands at `at`. Raises MalformedAnswer when they break off."""
    length = read_word(output, at)
    found = output[at + WORD : at + WORD + length]
    if len(found) != length:
        raise MalformedAnswer("the answer of a contract breaks off")
    return found


def decode_decimals(output: bytes) -> int | None:
    r"""Return the uint8 in `output`, or None when it is not one.

    >>> decode_decimals(bytes(31) + b"\x06"), decode_decimals(b"")
    (6, None)
    """
    if len(output) != WORD:
        return None
    decimals = int.from_bytes(output, "big")
    return decimals if decimals <= _MOST_DECIMALS else None


def decode_symbol(output: bytes) -> str | None:
    """Return the text in `output`, an ABI string or 32 bytes padded with zeros; None if neither.

    >>> decode_symbol(b"MKR" + bytes(29))
    'MKR'
    """
    if len(output) == WORD:
        octets = output.rstrip(b"\0")
    else:
        start = int.from_bytes(output[:WORD], "big")
        length = int.from_bytes(output[start : start + WORD], "big")
        octets = output[start + WORD : start + WORD + length]
        if start < WORD or len(output) < start + WORD or len(octets) != length:
            return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
