"""The wallet contracts of TON that a key alone determines, and their account hashes. Pure.

A cell's hash is SHA-256 of two descriptor bytes, its data padded with a one and zeros to whole
bytes, then the depth (two bytes) and the hash of each referenced cell. An account is the hash of
its StateInit cell: the five bits 00110 and references to code and data (TON whitepaper, 3.1.5;
block.tlb). Code hashes and depths: the published wallet contracts, checked against the code cells
that @ton/ton 15 ships.

==================  =============================================================================
wallet              data, most significant bit first
==================  =============================================================================
v3 revision 2       seqno u32 = 0, wallet id u32, key
v4 revision 2       the same, then one zero bit (no plugins)
v5 revision 1       one 1 bit (signatures allowed), seqno u32 = 0, wallet id u32, key, one zero
                    bit (no extensions)
highload v3         key, wallet id u32, 66 zero bits, timeout u22
==================  =============================================================================
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

V3_WALLET_ID = 698983191
V5_WALLET_ID = 0x7FFFFF11
"""The network's global id, -239, combined with wallet number 0 of workchain 0."""
HIGHLOAD_WALLET_ID = 4269
HIGHLOAD_TIMEOUT = 43_200

_STATE_INIT = (0b00110, 5)
_KEY_BITS = 256


class Code(NamedTuple):
    """The code cell of a wallet contract."""

    hash: bytes
    depth: int


V3R2 = Code(bytes.fromhex("84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599"), 0)
V4R2 = Code(bytes.fromhex("feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0"), 7)
V5R1 = Code(bytes.fromhex("20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f"), 6)
HIGHLOAD_V3 = Code(
    bytes.fromhex("11acad7955844090f283bf238bc1449871f783e7cc0979408d3f4859483e8525"), 6
)


def cell_hash(value: int, bits: int, references: tuple[Code, ...] = (), *, kind: int = 0) -> bytes:
    """Return the hash of a cell: `bits` of `value`, and cells by hash and depth.

    `kind` is what the first descriptor says besides: 8 for an exotic cell, 32 times its levels.
    """
    spare = -bits % 8
    if spare:
        value = (value << 1 | 1) << spare - 1
    data = value.to_bytes((bits + spare) // 8, "big")
    descriptors = bytes([len(references) | kind, bits // 8 + (bits + 7) // 8])
    depths = b"".join(cell.depth.to_bytes(2, "big") for cell in references)
    hashes = b"".join(cell.hash for cell in references)
    return sha256(descriptors + data + depths + hashes).digest()


def state_init_hash(code: Code, data: Code) -> bytes:
    """Return the account of a contract with this code and this data at first."""
    return cell_hash(*_STATE_INIT, (code, data))


@lru_cache(maxsize=4096)
def accounts(key: bytes) -> frozenset[bytes]:
    """Return the accounts (32 bytes, workchain 0) of an Ed25519 key's wallets, one per contract."""
    number = int.from_bytes(key, "big")
    key_and_id = V3_WALLET_ID << _KEY_BITS | number
    v5 = (1 << 32 | 0) << 32 | V5_WALLET_ID
    data = {
        V3R2: (key_and_id, 320),
        V4R2: (key_and_id << 1, 321),
        V5R1: ((v5 << _KEY_BITS | number) << 1, 322),
        HIGHLOAD_V3: (
            ((number << 32 | HIGHLOAD_WALLET_ID) << 66) << 22 | HIGHLOAD_TIMEOUT,
            _KEY_BITS + 32 + 66 + 22,
        ),
    }
    return frozenset(
        state_init_hash(code, Code(cell_hash(value, bits), 0))
        for code, (value, bits) in data.items()
    )
