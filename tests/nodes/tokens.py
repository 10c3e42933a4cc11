"""A small ERC-20 as bytecode, for real nodes: balances in a Solidity-like mapping in slot 0."""

from __future__ import annotations

from unittest.mock import patch

import sha3

from chains.evm.assembly import OPCODES, assemble

_MORE = {"KECCAK256": 0x20, "SLOAD": 0x54, "REVERT": 0xFD, "INVALID": 0xFE}

REVERTS = 1 << 255
BURNS = 1 << 254
SHORT = 1 << 253
LONG = 1 << 252
"""Stored in place of a balance, they make balanceOf misbehave for that holder."""

_RUNTIME = """
    PUSH 0 CALLDATALOAD PUSH 0xe0 SHR
    DUP1 PUSH 0x70a08231 EQ PUSH @balance JUMPI
    DUP1 PUSH 0x313ce567 EQ PUSH @decimals JUMPI
    PUSH 0x95d89b41 EQ PUSH @symbol JUMPI
reverts:
    PUSH 0 PUSH 0 REVERT
burns:
    INVALID
balance:
    PUSH 4 CALLDATALOAD PUSH 0 MSTORE
    PUSH 0 PUSH 0x20 MSTORE
    PUSH 0x40 PUSH 0 KECCAK256 SLOAD
    DUP1 PUSH {reverts} EQ PUSH @reverts JUMPI
    DUP1 PUSH {burns} EQ PUSH @burns JUMPI
    DUP1 PUSH {short} EQ PUSH @short JUMPI
    DUP1 PUSH {long} EQ PUSH @long JUMPI
    PUSH 0 MSTORE PUSH 0x20 PUSH 0 RETURN
short:
    PUSH 31 PUSH 0 RETURN
long:
    PUSH 64 PUSH 0 RETURN
decimals:
    PUSH 6 PUSH 0 MSTORE PUSH 0x20 PUSH 0 RETURN
symbol:
    PUSH 0x20 PUSH 0 MSTORE
    PUSH 4 PUSH 0x20 MSTORE
    PUSH 0x5553445400000000000000000000000000000000000000000000000000000000 PUSH 0x40 MSTORE
    PUSH 0x60 PUSH 0 RETURN
"""

# The real ArbSys knows the height of the layer 2 and its recent hashes; this one, of the node.
_ARBSYS = """
    PUSH 0 CALLDATALOAD PUSH 0xe0 SHR
    PUSH 0xa3b1b31d EQ PUSH @number JUMPI
    PUSH 4 CALLDATALOAD BLOCKHASH PUSH 0 MSTORE PUSH 0x20 PUSH 0 RETURN
number:
    NUMBER PUSH 0 MSTORE PUSH 0x20 PUSH 0 RETURN
"""

with patch.dict(OPCODES, _MORE):
    TOKEN_CODE = assemble(_RUNTIME.format(reverts=REVERTS, burns=BURNS, short=SHORT, long=LONG))
    ARBSYS_CODE = assemble(_ARBSYS)


def balance_slot(holder: bytes) -> int:
    """The storage slot of a holder's balance."""
    digest: bytes = sha3.keccak_256(holder.rjust(32, b"\0") + bytes(32)).digest()
    return int.from_bytes(digest, "big")
