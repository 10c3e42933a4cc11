"""Ethereum JSON-RPC's hexadecimal texts, read strictly. Pure.

Execution APIs write quantities as ``0x`` and at least one digit, data as ``0x`` and pairs of
digits. A null, an empty text or a bare ``0x`` where a quantity is due is never a zero.
"""

from __future__ import annotations

import re

from chains.errors import MalformedAnswer, UnresolvedReason, plain_text

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*", re.ASCII)


def quantity(value: object) -> int:
    """Return the unsigned integer, below 2**256, that a node wrote as `value`.

    Leading zeros are accepted (some nodes write them). Raises MalformedAnswer for all else.

    >>> quantity("0x1a"), quantity("0x0")
    (26, 0)
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value) is not None:
        return int(value, 16)
    raise _malformed(value, "a quantity")


def data(value: object, length: int | None = None) -> bytes:
    r"""Return the bytes that a node wrote as `value`; exactly `length` of them if it is given.

    Raises MalformedAnswer for anything else.

    >>> data("0xC0ffee"), data("0x")
    (b'\xc0\xff\xee', b'')
    """
    if not isinstance(value, str) or _DATA.fullmatch(value) is None:
        raise _malformed(value, "hexadecimal data")
    octets = bytes.fromhex(value[2:])
    if length is not None and len(octets) != length:
        raise MalformedAnswer(f"{len(octets)} bytes were answered where {length} are due")
    return octets


def written(octets: bytes) -> str:
    """Return `octets` as lower-case data text with 0x."""
    return f"0x{octets.hex()}"


def _malformed(value: object, due: str) -> MalformedAnswer:
    if value is None:
        return MalformedAnswer(
            f"null was answered where {due} is due", reason=UnresolvedReason.MISSING_ANSWER
        )
    return MalformedAnswer(f"{plain_text(value)[:40]!r} was answered where {due} is due")
