"""The packed programs: many balances in one `eth_call`, with proof of where they came from. Pure.

A program is put at an unused address by state override and called with packed 20-byte addresses:
the canary's, the token's if any, and those that are asked about. Where overrides are refused the
same is sent *deployless*: as the init code of a contract creation, with the addresses behind the
code; what it returns would become the code of the contract.

The output starts with seven words that identify the state, then one field per address:

* native coin: 16 bytes of wei. 2**128 - 1 stands for "that much or more": look again.
* token by override: 32 bytes; deployless: 16 bytes. All ones stand for a `balanceOf` that failed or
  did not answer with exactly 32 bytes, or does not fit: look again. It is never a balance.

The seven words, for block n: CHAINID, NUMBER, TIMESTAMP, BLOCKHASH(n - 1), two words that *state*
keeps of the ledger, in the ring of the EIP-2935 history contract, written when a block begins:
the hash of n - 1, and what lies in the slot where the hash of n itself will be written next, which
is the hash of n - 8191; and the canary's balance in wei. A node that executes over an older state
with the right header lacks the first ring word; one that executes over a later state already has
the hash of n in the second. Both are 0 where that contract is absent: there the canary speaks. On
Arbitrum, NUMBER and BLOCKHASH speak of the layer 1; there the words come from ArbSys (precompile
0x64), and the second is 0 where ArbSys is absent.

Limits of the deployless form: init code of 49,152 bytes (EIP-3860) and 24,576 bytes of returned
code (EIP-170) which must not start with 0xEF (EIP-3541): it starts with the chain id, a zero byte.

No PUSH0, so that blocks before Shanghai can be read. Design: specs for balances, 1.3; EIP-2935.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer
from chains.evm.assembly import assemble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HISTORY_CONTRACT = bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935")
HISTORY_WINDOW = 8191
"""EIP-2935: the hash of block n lies in slot n % 8191."""

ADDRESS_LENGTH = 20
_WORD = 32
_HEADER_LENGTH = 7 * _WORD
_NOBODY = bytes(ADDRESS_LENGTH)

_NUMBERS_OF_THIS_LEDGER = """
    NUMBER PUSH 0x20 MSTORE
    PUSH 1 NUMBER SUB DUP1 BLOCKHASH PUSH 0x60 MSTORE
"""
"""Leaves the number of the block before on the stack."""

_NUMBERS_OF_ARBSYS = """
    PUSH 0xa3b1b31d PUSH 0xe0 SHL PUSH 0x20 MSTORE          ; arbBlockNumber()
    PUSH 0x20 PUSH 0x20 PUSH 4 PUSH 0x20 PUSH 0x64 GAS STATICCALL
    RETURNDATASIZE PUSH 0x20 EQ AND
    PUSH 0x20 MLOAD MUL DUP1 PUSH 0x20 MSTORE               ; 0 if there is no ArbSys
    DUP1 PUSH @arbsys JUMPI
    POP PUSH 1 NUMBER SUB DUP1 BLOCKHASH PUSH 0x60 MSTORE
    PUSH @state JUMP
arbsys:
    PUSH 1 SWAP1 SUB
    PUSH 0x2b407a82 PUSH 0xe0 SHL PUSH 0x60 MSTORE          ; arbBlockHash(uint256)
    DUP1 PUSH 0x64 MSTORE
    PUSH 0x20 PUSH 0x60 PUSH 0x24 PUSH 0x60 PUSH 0x64 GAS STATICCALL
    RETURNDATASIZE PUSH 0x20 EQ AND
    PUSH 0x60 MLOAD MUL PUSH 0x60 MSTORE
state:
"""

_HEADER = """
    CHAINID PUSH 0 MSTORE
    TIMESTAMP PUSH 0x40 MSTORE
{numbers}                                               ; n - 1
    DUP1 PUSH 0x80 MSTORE
    PUSH 8190 SWAP1 SUB PUSH 0xa0 MSTORE                    ; n - 8191
    PUSH 0x20 PUSH 0x80 PUSH 0x20 PUSH 0x80
    PUSH 0xf90827f1c53a10cb7a02335b175320002935 GAS STATICCALL
    RETURNDATASIZE PUSH 0x20 EQ AND
    PUSH 0x80 MLOAD MUL PUSH 0x80 MSTORE                    ; 0 unless it answered 32 bytes
    PUSH 0x20 PUSH 0xa0 PUSH 0x20 PUSH 0xa0
    PUSH 0xf90827f1c53a10cb7a02335b175320002935 GAS STATICCALL
    RETURNDATASIZE PUSH 0x20 EQ AND
    PUSH 0xa0 MLOAD MUL PUSH 0xa0 MSTORE
    {input} DUP1 {load} PUSH 0x60 SHR BALANCE PUSH 0xc0 MSTORE
    PUSH 0x14 ADD                                           ; in
"""
"""Leaves the place behind the canary on the stack."""

_SATURATE = "DUP1 PUSH 0x80 SHR ISZERO ISZERO PUSH 0 SUB OR"
"""All ones from 2**128 on."""

_READ_ACCOUNTS = """
    PUSH {first}                                            ; in, out
next:
    {size} DUP3 LT ISZERO PUSH @done JUMPI
    DUP2 {load} PUSH 0x60 SHR BALANCE
    {saturate}
    PUSH 0x80 SHL DUP2 MSTORE
    PUSH 0x10 ADD SWAP1 PUSH 0x14 ADD SWAP1
    PUSH @next JUMP
done:
    PUSH 0 RETURN
"""

_HOLDERS_BEGIN = """
    PUSH 0x70a08231 PUSH 0xe0 SHL PUSH 0xe0 MSTORE          ; balanceOf(address)
    DUP1 {load} PUSH 0x60 SHR SWAP1                         ; token, in
    PUSH 0x14 ADD PUSH {first}                              ; token, in, out
next:
    {size} DUP3 LT ISZERO PUSH @done JUMPI
    DUP2 {load} PUSH 0x60 SHR PUSH 0xe4 MSTORE
"""

_READ_HOLDERS = (
    _HOLDERS_BEGIN
    + """
    PUSH 0x20 DUP2 PUSH 0x24 PUSH 0xe0 DUP7 PUSH 1000000 STATICCALL
    RETURNDATASIZE PUSH 0x20 EQ AND PUSH @answered JUMPI
    PUSH 0 NOT DUP2 MSTORE
answered:
    PUSH 0x20 ADD SWAP1 PUSH 0x14 ADD SWAP1
    PUSH @next JUMP
done:
    PUSH 0 RETURN
"""
)
"""A holder may use a million gas: one that burns everything does not take the rest along."""

_READ_HOLDERS_NARROW = (
    _HOLDERS_BEGIN
    + """
    PUSH 0x20 PUSH 0x120 PUSH 0x24 PUSH 0xe0 DUP7 PUSH 1000000 STATICCALL
    RETURNDATASIZE PUSH 0x20 EQ AND PUSH @answered JUMPI
    PUSH 0 NOT PUSH 0x120 MSTORE
answered:
    PUSH 0x120 MLOAD {saturate}
    PUSH 0x80 SHL DUP2 MSTORE
    PUSH 0x10 ADD SWAP1 PUSH 0x14 ADD SWAP1
    PUSH @next JUMP
done:
    PUSH 0 RETURN
"""
)

_BY_CALL_DATA = {"input": "PUSH 0", "load": "CALLDATALOAD", "size": "CALLDATASIZE"}
_BY_CODE = {
    "input": "PUSH 1 PUSH @input ADD",
    "load": "PUSH 0x20 SWAP1 PUSH 0x120 CODECOPY PUSH 0x120 MLOAD",
    "size": "CODESIZE",
}
_INPUT = "input:"
"""The last instruction of a deployless program; the addresses follow."""

MOST_DEPLOYLESS = (24_576 - 0x140) // 16
"""Addresses in one deployless call: what may be returned as code. Their init code fits as well."""


@dataclass(frozen=True, slots=True)
class Program:
    """Bytecode and the shape of what it returns."""

    code: bytes
    first_field: int
    """Bytes of the output before the first field."""
    field: int
    """Bytes per address."""

    @property
    def sentinel(self) -> int:
        """The value that is no balance: all ones."""
        return (1 << 8 * self.field) - 1


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """What the state says of itself; see the module. Absent words are 0."""

    chain_id: int
    number: int
    time: int
    parent_hash: bytes
    state_parent_hash: bytes
    state_next_slot: bytes
    """What lies where the block's own hash will be written: the hash of n - 8191, or 0."""
    canary: int = 0
    """Wei of the account that was named as the canary."""


def _override(numbers: str, body: str, *, first_field: int, field: int) -> Program:
    source = _fill(_HEADER + body, numbers, first_field, _BY_CALL_DATA)
    return Program(assemble(source), first_field, field)


def _deployless(numbers: str, body: str) -> Program:
    source = _fill(_HEADER + body + _INPUT, numbers, 0x140, _BY_CODE)
    return Program(assemble(source), 0x140, 16)


def _fill(source: str, numbers: str, first_field: int, words: Mapping[str, str]) -> str:
    return source.format(numbers=numbers, first=first_field, saturate=_SATURATE, **words)


NATIVE = _override(_NUMBERS_OF_THIS_LEDGER, _READ_ACCOUNTS, first_field=0xE0, field=16)
TOKEN = _override(_NUMBERS_OF_THIS_LEDGER, _READ_HOLDERS, first_field=0x140, field=32)
NATIVE_ARBSYS = _override(_NUMBERS_OF_ARBSYS, _READ_ACCOUNTS, first_field=0xE0, field=16)
TOKEN_ARBSYS = _override(_NUMBERS_OF_ARBSYS, _READ_HOLDERS, first_field=0x140, field=32)
NATIVE_DEPLOYLESS = _deployless(_NUMBERS_OF_THIS_LEDGER, _READ_ACCOUNTS)
TOKEN_DEPLOYLESS = _deployless(_NUMBERS_OF_THIS_LEDGER, _READ_HOLDERS_NARROW)
NATIVE_ARBSYS_DEPLOYLESS = _deployless(_NUMBERS_OF_ARBSYS, _READ_ACCOUNTS)
TOKEN_ARBSYS_DEPLOYLESS = _deployless(_NUMBERS_OF_ARBSYS, _READ_HOLDERS_NARROW)


def program(*, token: bool, arbsys: bool, deployless: bool = False) -> Program:
    """Return the program for a kind of holding on a kind of ledger."""
    if deployless:
        if token:
            return TOKEN_ARBSYS_DEPLOYLESS if arbsys else TOKEN_DEPLOYLESS
        return NATIVE_ARBSYS_DEPLOYLESS if arbsys else NATIVE_DEPLOYLESS
    if token:
        return TOKEN_ARBSYS if arbsys else TOKEN
    return NATIVE_ARBSYS if arbsys else NATIVE


def call_data(contract: bytes | None, addresses: Sequence[bytes], canary: bytes = _NOBODY) -> bytes:
    """Return the input of a program: canary, token if any, and the addresses, 20 bytes each."""
    return canary + (contract or b"") + b"".join(addresses)


def unpack(program: Program, output: bytes, count: int) -> tuple[HeaderWords, list[int]]:
    """Return the header and `count` values, in the order of the addresses.

    Values equal to `program.sentinel` are no balances. Raises MalformedAnswer unless `output` is
    exactly as long as it must be.
    """
    due = program.first_field + count * program.field
    if len(output) != due:
        raise MalformedAnswer(f"{len(output)} bytes were answered where {due} are due")
    words = [output[at : at + _WORD] for at in range(0, _HEADER_LENGTH, _WORD)]
    header = HeaderWords(
        chain_id=int.from_bytes(words[0], "big"),
        number=int.from_bytes(words[1], "big"),
        time=int.from_bytes(words[2], "big"),
        parent_hash=words[3],
        state_parent_hash=words[4],
        state_next_slot=words[5],
        canary=int.from_bytes(words[6], "big"),
    )
    field, read = program.field, int.from_bytes
    values = [read(output[at : at + field], "big") for at in range(program.first_field, due, field)]
    return header, values
