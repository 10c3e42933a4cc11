"""A small assembler, so that the programs sent to nodes can be read and checked. Pure.

One instruction per word. ``PUSH x`` takes the shortest form for the number `x` (never PUSH0, which
nodes do not know before Shanghai); ``PUSH @name`` pushes the place of ``name:``, a jump
destination. What follows ``;`` on a line is a comment.
"""

from __future__ import annotations

OPCODES = {
    "ADD": 0x01,
    "MUL": 0x02,
    "SUB": 0x03,
    "LT": 0x10,
    "EQ": 0x14,
    "ISZERO": 0x15,
    "AND": 0x16,
    "OR": 0x17,
    "NOT": 0x19,
    "SHL": 0x1B,
    "SHR": 0x1C,
    "BALANCE": 0x31,
    "CALLDATALOAD": 0x35,
    "CALLDATASIZE": 0x36,
    "CODESIZE": 0x38,
    "CODECOPY": 0x39,
    "RETURNDATASIZE": 0x3D,
    "BLOCKHASH": 0x40,
    "TIMESTAMP": 0x42,
    "NUMBER": 0x43,
    "CHAINID": 0x46,
    "POP": 0x50,
    "MLOAD": 0x51,
    "MSTORE": 0x52,
    "JUMP": 0x56,
    "JUMPI": 0x57,
    "GAS": 0x5A,
    "DUP1": 0x80,
    "DUP2": 0x81,
    "DUP3": 0x82,
    "DUP7": 0x86,
    "SWAP1": 0x90,
    "RETURN": 0xF3,
    "STATICCALL": 0xFA,
}
"""Ethereum yellow paper, appendix H, and EIP-145, 211, 214, 1344. Only what is used."""

_JUMPDEST = 0x5B
_PUSH1 = 0x60
_PUSH2 = 0x61
_WORD = 32


def assemble(source: str) -> bytes:
    """Return the bytecode of `source`. Raises ValueError for words that are no instructions.

    >>> assemble("PUSH 0x20 MSTORE again: PUSH @again JUMP").hex()
    '6020525b61000356'
    """
    code = bytearray()
    places: dict[str, int] = {}
    uses: dict[int, str] = {}
    words = iter(word for line in source.splitlines() for word in line.partition(";")[0].split())
    for word in words:
        if word.endswith(":"):
            if word[:-1] in places:
                raise ValueError(f"the place {word[:-1]} occurs twice")
            places[word[:-1]] = len(code)
            code.append(_JUMPDEST)
        elif word == "PUSH":
            operand = next(words, "")
            if operand.startswith("@"):
                uses[len(code) + 1] = operand[1:]
                code += bytes((_PUSH2, 0, 0))
            else:
                number = int(operand, 0)
                length = max(1, (number.bit_length() + 7) // 8)
                if length > _WORD:
                    raise ValueError(f"{number} does not fit into a word")
                code += bytes((_PUSH1 + length - 1,)) + number.to_bytes(length, "big")
        elif word in OPCODES:
            code.append(OPCODES[word])
        else:
            raise ValueError(f"no instruction is called {word}")
    for at, name in uses.items():
        if name not in places:
            raise ValueError(f"no place is called {name}")
        code[at : at + 2] = places[name].to_bytes(2, "big")
    return bytes(code)
