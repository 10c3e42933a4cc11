"""Many constant calls in one: ``aggregate((address,bytes)[])`` of the first Multicall. Pure.

It returns the number of the block whose state it saw, and what each call returned; it fails as a
whole when one of them does. Addresses in the ABI are 20 bytes, without TRON's version byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chains.abi import WORD, read_bytes, read_word, word
from chains.errors import MalformedAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

SELECTOR = "aggregate((address,bytes)[])"
_BALANCE_OF = bytes.fromhex("70a08231")
_HEAD = 3 * WORD
"""Address, place of the bytes, their length."""


class Balances(NamedTuple):
    """What `aggregate` says of several accounts."""

    height: int
    amounts: list[int]


def argument(token: bytes, accounts: Sequence[bytes]) -> bytes:
    """Return the argument that asks `token` (20 bytes) for the balances of `accounts` (20 each).

    >>> len(argument(bytes(20), [bytes(20)] * 2))
    448
    """
    size = _HEAD + 2 * WORD
    places = b"".join(word(WORD * len(accounts) + size * at) for at in range(len(accounts)))
    bodies = b"".join(_call(token, account) for account in accounts)
    return word(WORD) + word(len(accounts)) + places + bodies


def _call(token: bytes, account: bytes) -> bytes:
    data = _BALANCE_OF + account.rjust(WORD, b"\0")
    return token.rjust(WORD, b"\0") + word(2 * WORD) + word(len(data)) + data.ljust(2 * WORD, b"\0")


def balances(output: bytes, count: int) -> Balances:
    """Return what `aggregate` answered for `count` accounts, in order.

    Raises MalformedAnswer unless each gave exactly one word.
    """
    start = read_word(output, WORD)
    if read_word(output, start) != count:
        raise MalformedAnswer(f"the multicall gives another number of answers than {count}")
    base = start + WORD
    amounts = []
    for place in range(count):
        found = read_bytes(output, base + read_word(output, base + WORD * place))
        if len(found) != WORD:
            raise MalformedAnswer("a token gave no balance")
        amounts.append(int.from_bytes(found, "big"))
    return Balances(read_word(output, 0), amounts)
