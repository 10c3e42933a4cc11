"""Multicall3: many calls in one, for nodes that run no code but what is deployed. Pure.

``aggregate3((address target, bool allowFailure, bytes callData)[])`` answers one
``(bool success, bytes returnData)`` per call, in order. The first calls of every bundle identify
the state and give the same seven words as the packed programs; then one call per address follows.
On Arbitrum the words come from ArbSys. A number that the bundle does not give is 0.

Layout: the Solidity ABI specification; addresses of the contract: networks.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chains.errors import MalformedAnswer
from chains.evm.programs import HISTORY_CONTRACT, HISTORY_WINDOW, HeaderWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chains.evm.blocks import Block

_WORD = 32
_AGGREGATE = bytes.fromhex("82ad56cb")
_CHAIN_ID = bytes.fromhex("3408e470")
_BLOCK_NUMBER = bytes.fromhex("42cbb15c")
_TIMESTAMP = bytes.fromhex("0f28c97d")
_LAST_HASH = bytes.fromhex("27e86d6e")
_WEI = bytes.fromhex("4d2301cc")
_BALANCE_OF = bytes.fromhex("70a08231")
_ARBSYS = bytes(19) + b"\x64"
_ARB_NUMBER = bytes.fromhex("a3b1b31d")
_ARB_HASH = bytes.fromhex("2b407a82")
_WORDS = 7

Call = tuple[bytes, bytes]
"""Target and call data."""


def bundle(
    multicall: bytes,
    block: Block,
    contract: bytes | None,
    addresses: Sequence[bytes],
    canary: bytes,
    *,
    arbsys: bool,
) -> bytes:
    """Return the call data that reads `addresses` and identifies the state.

    >>> from chains.evm.blocks import Block
    >>> block = Block(9, bytes(32), bytes(32), 0)
    >>> len(bundle(bytes(20), block, None, [bytes(20)] * 3, bytes(20), arbsys=False))
    2116
    """
    before = _number(max(0, block.height - 1))
    slot_of_own = _number(max(0, block.height - HISTORY_WINDOW))
    number = (_ARBSYS, _ARB_NUMBER) if arbsys else (multicall, _BLOCK_NUMBER)
    parent = (_ARBSYS, _ARB_HASH + before) if arbsys else (multicall, _LAST_HASH)
    calls: list[Call] = [
        (multicall, _CHAIN_ID),
        number,
        (multicall, _TIMESTAMP),
        parent,
        (HISTORY_CONTRACT, before),
        (HISTORY_CONTRACT, slot_of_own),
        (multicall, _WEI + canary.rjust(_WORD, b"\0")),
    ]
    if contract is None:
        calls += [(multicall, _WEI + one.rjust(_WORD, b"\0")) for one in addresses]
    else:
        calls += [(contract, _BALANCE_OF + one.rjust(_WORD, b"\0")) for one in addresses]
    return encode(calls)


def encode(calls: Sequence[Call]) -> bytes:
    """Return the call data of aggregate3 for `calls`, each of which may fail."""
    places, bodies, at = [], [], _WORD * len(calls)
    for target, data in calls:
        padded = data.ljust(-(-len(data) // _WORD) * _WORD, b"\0")
        body = b"".join(
            (target.rjust(_WORD, b"\0"), _number(1), _number(0x60), _number(len(data)), padded)
        )
        places.append(_number(at))
        bodies.append(body)
        at += len(body)
    return b"".join((_AGGREGATE, _number(_WORD), _number(len(calls)), *places, *bodies))


def decode(output: bytes, count: int) -> list[bytes | None]:
    """Return what each of `count` calls answered; None for one that failed.

    Raises MalformedAnswer unless `output` holds exactly that many answers.
    """
    start = _read(output, 0)
    if _read(output, start) != count:
        raise MalformedAnswer(f"Multicall3 gives another number of answers than {count}")
    base = start + _WORD
    answers: list[bytes | None] = []
    for place in range(count):
        at = base + _read(output, base + _WORD * place)
        success, data_at = _read(output, at), at + _read(output, at + _WORD)
        length = _read(output, data_at)
        data = output[data_at + _WORD : data_at + _WORD + length]
        if success > 1 or len(data) != length:
            raise MalformedAnswer("an answer of Multicall3 is cut off")
        answers.append(data if success else None)
    return answers


def unbundle(output: bytes, count: int) -> tuple[HeaderWords, list[int | None]]:
    """Return the words and one value per address; None for one that has to be looked at again."""
    chain_id, number, time, parent, ring, own, canary, *values = decode(output, _WORDS + count)
    words = HeaderWords(
        chain_id=_word(chain_id) or 0,
        number=_word(number) or 0,
        time=_word(time) or 0,
        parent_hash=_number(_word(parent) or 0),
        state_parent_hash=_number(_word(ring) or 0),
        state_next_slot=_number(_word(own) or 0),
        canary=_word(canary) or 0,
    )
    return words, [_word(value) for value in values]


def _word(answer: bytes | None) -> int | None:
    if answer is None or len(answer) != _WORD:
        return None
    return int.from_bytes(answer, "big")


def _number(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")


def _read(output: bytes, at: int) -> int:
    word = output[at : at + _WORD]
    if len(word) != _WORD:
        raise MalformedAnswer("the answer of Multicall3 breaks off")
    return int.from_bytes(word, "big")
