"""SPL token accounts: where an owner's associated one is, and what their bytes say. Pure.

Layouts: `spl_token::state::{Account, Mint}`; Token-2022 appends extensions to the same beginning.
Derived addresses: Solana's documentation of program derived addresses.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from chains.errors import MalformedAnswer
from chains.solana.addresses import canonical

TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"  # noqa: S105 (an address)
TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"  # noqa: S105 (an address)
PROGRAMS = (TOKEN, TOKEN_2022)
ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"

MINT_SIZE = 82
ACCOUNT_SIZE = 165
_FIELD_PRIME = 2**255 - 19
_CURVE_D = -121665 * pow(121666, -1, _FIELD_PRIME) % _FIELD_PRIME
_MARKER = b"ProgramDerivedAddress"
_KEY = 32
_AMOUNT_END = 72
_STATE_AT = 108
_DECIMALS_AT = 44
_INITIALISED_AT = 45


class TokenAccount(NamedTuple):
    """The beginning of a token account."""

    mint: bytes
    owner: bytes
    amount: int
    """In base units of the mint."""


def is_on_curve(point: bytes) -> bool:
    """Return whether 32 bytes are the encoding of a point of Curve25519 in Edwards form.

    >>> is_on_curve(canonical("11111111111111111111111111111111", {}))
    True
    """
    y = int.from_bytes(point, "little") & (1 << 255) - 1
    squared = y * y % _FIELD_PRIME
    # x^2 = (y^2 - 1) / (d y^2 + 1) has a root where numerator times denominator is a square.
    product = (squared - 1) * (_CURVE_D * squared + 1) % _FIELD_PRIME
    return pow(product, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) in {0, 1}


def associated(owner: bytes, mint: bytes, program: str) -> bytes:
    """Return the address of the associated token account of `owner` for `mint` of `program`."""
    creator = canonical(ASSOCIATED, {})
    seeds = owner + canonical(program, {}) + mint
    for bump in range(255, -1, -1):
        found = hashlib.sha256(seeds + bytes([bump]) + creator + _MARKER).digest()
        if not is_on_curve(found):
            return found
    raise AssertionError("256 hashes in a row are points of the curve")


def token_account(data: bytes) -> TokenAccount:
    """Return what an account of a token program says. Raises MalformedAnswer for other data."""
    if len(data) < ACCOUNT_SIZE or data[_STATE_AT] not in {1, 2}:
        raise MalformedAnswer("an account is not an initialised token account")
    amount = int.from_bytes(data[2 * _KEY : _AMOUNT_END], "little")
    return TokenAccount(data[:_KEY], data[_KEY : 2 * _KEY], amount)


def mint_decimals(data: bytes) -> int:
    """Return the decimals of a mint. Raises MalformedAnswer for other data."""
    if len(data) < MINT_SIZE or data[_INITIALISED_AT] != 1:
        raise MalformedAnswer("an account is not an initialised mint")
    return data[_DECIMALS_AT]
