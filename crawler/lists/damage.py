"""Amounts, heights and cells that a spreadsheet has rewritten: what is wrong, in words. Pure.

A custodian's list that went through a spreadsheet comes out with long numbers in exponent form,
zeros lost, and error words. Such a row must fail as what it is, and not as a false signature.
"""

from __future__ import annotations

import re

from chains.errors import plain_text
from chains.owners import NULL_TOKENS
from crawler.lists.interface import MalformedReason
from crawler.lists.lines import RowError
from crawler.models import AMOUNT_DIGITS, Amount, parse_amount

HEIGHT_GRAMMAR = re.compile(r"[0-9]{1,19}", re.ASCII)
"""Decimal; 19 digits hold every signed 64-bit number."""

HEIGHT_LIMIT = 2**63
"""Heights are below: planned rows keep theirs as signed 64-bit numbers."""

SHORT_CELL = 24
"""Characters. Only shorter cells can hold spreadsheet damage: a spreadsheet keeps 15 digits."""

SHOWN = 40
"""Characters of a cell that a sentence shows."""

_EXPONENT = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]*)?[eE][-+]?[0-9]+", re.ASCII)
_SPREADSHEET_EXPONENT = re.compile(r"[-+]?[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{2,3}", re.ASCII)
_ERROR_WORD = re.compile(r"#+|#(?:NAME\?|VALUE!|REF!|DIV/0!|N/A|NUM!|NULL!)")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[,'\u2019_\s][0-9]{3})+(?:\.[0-9]+)?")
_LOST_ZERO = re.compile(r"\.[0-9]+", re.ASCII)


def cell_damage(text: str) -> str:
    """Return what a spreadsheet has done to an address, key or signature, or nothing.

    >>> cell_damage("1.23E+17")
    'in exponent form, as spreadsheets write long numbers: its digits are lost'
    >>> cell_damage("0x0cdc")
    ''
    """
    if len(text) >= SHORT_CELL:
        return ""
    if _SPREADSHEET_EXPONENT.fullmatch(text) is not None:
        return "in exponent form, as spreadsheets write long numbers: its digits are lost"
    if _ERROR_WORD.fullmatch(text) is not None:
        return "a spreadsheet's error word: the value is lost"
    return ""


def hex_damage(text: str) -> str:
    """Return the damage of a cell that should hold hex digits, or nothing.

    Bytes have two digits each; an odd number of plain decimal digits has lost a leading zero.
    """
    if len(text) < SHORT_CELL and text.isdecimal() and len(text) % 2 == 1:
        return "an odd number of plain digits: a spreadsheet has dropped its leading zeros"
    return cell_damage(text)


def require_undamaged(address: str, signature1: str, signature2: str, key: str) -> None:
    """Raise RowError when one of these cells of a row was rewritten by a spreadsheet."""
    found = (
        ("address", cell_damage(address)),
        ("first signature", hex_damage(signature1)),
        ("second signature", hex_damage(signature2)),
        ("redeem script or public key", hex_damage(key)),
    )
    for name, damage in found:
        if damage:
            raise RowError(MalformedReason.SPREADSHEET, f"the {name} is {damage}")


def read_amount(text: str) -> Amount:
    """Return the amount of a cell. Raises RowError that says what is wrong with it.

    >>> read_amount("5.2834")
    Amount(units=52834, decimals=4)
    >>> read_amount("-5")
    Traceback (most recent call last):
    crawler.lists.lines.RowError: the amount '-5' has a sign
    """
    amount = parse_amount(text)
    if amount is None:
        raise _amount_error(text)
    return amount


def _amount_error(text: str) -> RowError:
    shown = f"the amount {_shown(text)}"
    if text in NULL_TOKENS:
        return RowError(MalformedReason.AMOUNT, "the row gives no amount")
    if damage := _number_damage(text):
        return RowError(MalformedReason.SPREADSHEET, f"{shown} {damage}")
    if text[0] in "+-":
        why = "has a sign"
    elif _GROUPED.fullmatch(text) is not None:
        why = "has thousands separators"
    elif not text.isascii():
        why = "has characters that are not ASCII"
    elif text.replace(".", "", 1).isdecimal() and len(text) > AMOUNT_DIGITS:
        why = f"has more than {AMOUNT_DIGITS} digits"
    else:
        why = "is not digits with at most one point between them"
    return RowError(MalformedReason.AMOUNT, f"{shown} {why}")


def read_height(text: str) -> int | None:
    """Return the height of a cell, None when it is a null token.

    Raises RowError when it is neither.

    >>> read_height("20914735"), read_height("-")
    (20914735, None)
    >>> read_height("0x10")
    Traceback (most recent call last):
    crawler.lists.lines.RowError: the height '0x10' is not a decimal number
    """
    if HEIGHT_GRAMMAR.fullmatch(text) is not None and (height := int(text)) < HEIGHT_LIMIT:
        return height
    if text in NULL_TOKENS:
        return None
    shown = f"the height {_shown(text)}"
    if damage := _number_damage(text):
        raise RowError(MalformedReason.SPREADSHEET, f"{shown} {damage}")
    if text.isascii() and text.isdecimal():
        raise RowError(MalformedReason.HEIGHT, f"{shown} is beyond any ledger")
    raise RowError(MalformedReason.HEIGHT, f"{shown} is not a decimal number")


def _number_damage(text: str) -> str:
    if _EXPONENT.fullmatch(text) is not None:
        return "is in exponent form, as spreadsheets write long numbers: digits are lost"
    if _LOST_ZERO.fullmatch(text) is not None:
        return "has lost the zero before its point, as spreadsheets do"
    if _ERROR_WORD.fullmatch(text) is not None:
        return "is a spreadsheet's error word: the number is lost"
    return ""


def _shown(text: str) -> str:
    cut = plain_text(text[:SHOWN])
    return f"'{cut}…'" if len(text) > SHOWN else f"'{cut}'"
