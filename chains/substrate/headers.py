"""Headers of Substrate blocks: what their hash covers. Pure.

A header is its parent's hash, its number (compact), the root of the state after it, the root of its
extrinsics, and its digest items behind their number; the block's hash is BLAKE2b-256 of that.
Source: the Polkadot specification, "Block header".
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

from chains.errors import MalformedAnswer
from chains.substrate.scale import compact, from_hex

HASH_SIZE = 32
_NUMBER = re.compile(r"0x[0-9a-fA-F]{1,16}")


class Header(NamedTuple):
    """What a node says of a block, and the hash that follows from it."""

    number: int
    state_root: bytes
    hash: str
    """Lower-case hex with 0x."""


def blake2_256(data: bytes) -> bytes:
    """Return the hash of blocks and of trie nodes.

    >>> blake2_256(bytes(1)).hex()[:8]
    '03170a2e'
    """
    return blake2b(data, digest_size=HASH_SIZE).digest()


def header(answer: object) -> Header:
    """Return the header that `chain_getHeader` describes. Raises MalformedAnswer."""
    if not isinstance(answer, dict) or not isinstance(answer.get("digest"), dict):
        raise MalformedAnswer("an answer is not a block header")
    written = answer.get("number")
    if not isinstance(written, str) or not _NUMBER.fullmatch(written):
        raise MalformedAnswer("a block header lacks its number")
    logs = answer["digest"].get("logs")
    if not isinstance(logs, list):
        raise MalformedAnswer("a block header lacks its digest")
    number, state_root = int(written, 16), from_hex(answer.get("stateRoot"), HASH_SIZE)
    covered = b"".join(
        (
            from_hex(answer.get("parentHash"), HASH_SIZE),
            compact(number),
            state_root,
            from_hex(answer.get("extrinsicsRoot"), HASH_SIZE),
            compact(len(logs)),
            *map(from_hex, logs),
        )
    )
    return Header(number, state_root, f"0x{blake2_256(covered).hex()}")
