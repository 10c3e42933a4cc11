"""The scripts of the UTXO family that can be judged. Pure.

* m-of-n of keys, read strictly: OP_m, n pushes of public keys, OP_n, OP_CHECKMULTISIG, nothing
  else, 1 <= m <= n. Anything looser (OP_0 for m spends without any signature) proves nothing;
* a key, or another one after a time lock (`parse_timed`), for BIP-322;
* a key's witness program.
"""

from __future__ import annotations

import re
from typing import NamedTuple

OP_0, OP_1, OP_16, OP_CHECKMULTISIG = 0x00, 0x51, 0x60, 0xAE
KEY_SIZES = (33, 65)

MAX_SCRIPT_SIZE = 10_000
"""Bytes of any script (Bitcoin Core, MAX_SCRIPT_SIZE)."""

MAX_REDEEM_SCRIPT_SIZE = 520
"""Bytes of a P2SH redeem script: a longer one cannot be pushed, so its coins cannot be spent
(Bitcoin Core, MAX_SCRIPT_ELEMENT_SIZE)."""


class Multisig(NamedTuple):
    """A script that `required` of `keys` can satisfy."""

    required: int
    keys: tuple[bytes, ...]
    """In script order, 33 or 65 bytes each; not yet known to be points of the curve."""


def parse_multisig(script: bytes) -> Multisig | None:
    """Return the threshold and the keys of a strict multisig script, None for any other script.

    >>> parse_multisig(bytes.fromhex("51" + "21" + "02" * 33 + "51" + "ae")).required
    1
    """
    if not is_multisig_like(script) or not all(
        OP_1 <= number <= OP_16 for number in (script[0], script[-2])
    ):
        return None
    keys: list[bytes] = []
    position, end = 1, len(script) - 2
    while position < end:
        size = script[position]
        key = script[position + 1 : position + 1 + size]
        if size not in KEY_SIZES or len(key) != size:
            return None
        keys.append(key)
        position += 1 + size
    required = script[0] - OP_1 + 1
    if position != end or script[end] - OP_1 + 1 != len(keys) or required > len(keys):
        return None
    return Multisig(required, tuple(keys))


def is_multisig_like(script: bytes) -> bool:
    """Return whether the script ends as a multisig does: it is then sound or invalid."""
    return len(script) >= 3 and script[-1] == OP_CHECKMULTISIG  # noqa: PLR2004 (OP_m OP_n and it)


class Timed(NamedTuple):
    """A script that `now` can satisfy at once, and `later` after a time lock."""

    now: bytes
    later: bytes
    lock: int
    """What the transaction's lock time must reach, or, when `is_relative`, its input's age."""
    is_relative: bool

    def is_open(self, version: int, lock_time: int, sequence: int) -> bool:
        """Return whether a transaction and its input with these fields pass the lock.

        Sources: BIP-65 (lock time), BIP-68 and BIP-112 (age).
        """
        if self.is_relative:
            unit, value = 1 << 22, 0xFFFF
            is_age = version >= 2 and not sequence & _NO_AGE  # noqa: PLR2004 (BIP-68)
            is_same_unit = not (self.lock ^ sequence) & unit
            return is_age and is_same_unit and self.lock & value <= sequence & value
        is_same_unit = (self.lock < _FIRST_TIME) == (lock_time < _FIRST_TIME)
        return is_same_unit and self.lock <= lock_time and sequence != 0xFFFFFFFF  # noqa: PLR2004


_NO_AGE = 1 << 31
"""Set in a sequence, or in a lock, that means no age (BIP-68)."""
_FIRST_TIME = 500_000_000
"""A lock time from here on is a moment, a smaller one a height."""

_KEY = rb"(?:\x20(.{32})|\x21(.{33}))"
_NUMBER = rb"([\x51-\x60]|\x01.|\x02.{2}|\x03.{3}|\x04.{4}|\x05.{5})"
_TIMED = re.compile(
    # IF <key> ELSE <number> CHECKLOCKTIMEVERIFY or CHECKSEQUENCEVERIFY, DROP <key> ENDIF CHECKSIG
    rb"\x63" + _KEY + rb"\x67" + _NUMBER + rb"([\xb1\xb2])\x75" + _KEY + rb"\x68\xac",
    re.DOTALL,
)


def parse_timed(script: bytes, key_size: int) -> Timed | None:
    """Return the keys and the lock of a script of two branches, None for any other script.

    Keys are of `key_size` bytes: 33, or in tapscript 32; not yet known to be points of the curve.
    """
    found = _TIMED.fullmatch(script)
    if found is None:
        return None
    short, long, number, opcode, later_short, later_long = found.groups()
    now, later = short or long, later_short or later_long
    lock = _number(number)
    is_relative = opcode == b"\xb2"
    if lock is None or (is_relative and lock & _NO_AGE) or {len(now), len(later)} != {key_size}:
        return None
    return Timed(now, later, lock, is_relative)


def _number(push: bytes) -> int | None:
    """Return the positive number that a script pushes, None unless in its shortest form."""
    if len(push) == 1:
        return push[0] - OP_1 + 1
    digits = push[1:]
    number = int.from_bytes(digits, "little")
    is_shortest = digits[-1] != 0 or (len(digits) > 1 and digits[-2] >= 0x80)  # noqa: PLR2004
    is_negative = digits[-1] >= 0x80  # noqa: PLR2004 (the sign bit)
    return number if is_shortest and not is_negative and number > 16 else None  # noqa: PLR2004


def witness_key_hash(script: bytes) -> bytes | None:
    """Return the key hash in a P2WPKH program (``00 14 <20 bytes>``), None for other scripts."""
    if len(script) == 22 and script.startswith(b"\x00\x14"):  # noqa: PLR2004
        return script[2:]
    return None
