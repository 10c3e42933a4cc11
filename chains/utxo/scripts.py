"""The scripts of the UTXO family that can be judged: m-of-n of keys, and a key's witness. Pure.

A script is read strictly: OP_m, n pushes of public keys, OP_n, OP_CHECKMULTISIG, nothing else,
1 <= m <= n. Anything looser (OP_0 for m spends without any signature) proves nothing.
"""

from __future__ import annotations

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


def witness_key_hash(script: bytes) -> bytes | None:
    """Return the key hash in a P2WPKH program (``00 14 <20 bytes>``), None for other scripts."""
    if len(script) == 22 and script.startswith(b"\x00\x14"):  # noqa: PLR2004
        return script[2:]
    return None
