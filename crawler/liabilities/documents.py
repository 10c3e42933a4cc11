"""Strict reading of the JSON that customers' proofs are written in. Pure.

What must hold: UTF-8 (a byte order mark is taken off), one value, no key twice in an object, no
float (a number with a point or an exponent is kept as the text that stood there), no NaN, whole
numbers of at most 100 digits, no half of a surrogate pair, at most 100 levels deep.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NoReturn

from crawler.liabilities.interface import LiabilitiesError, ProofFile
from crawler.models import AMOUNT_DIGITS, Amount, parse_amount

DEPTH = 100
SMALL_DOCUMENT = 16 * 1024 * 1024
"""Largest proof of one customer that is taken."""

SHOWN = 60
"""Characters of a member's name that a message quotes."""

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""Strings whole, so that brackets within them do not count; and brackets."""
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""What writes half a character; two halves in a row make a whole one."""
_HEX = re.compile(r"[0-9a-f]*", re.ASCII)
_SIGNED = re.compile(r"-?[0-9]{1,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NumberText:
    """A JSON number with a point or an exponent, as it was written."""

    text: str


class _RefusedError(ValueError):
    """Why the text is not taken; turned into LiabilitiesError with the file's name."""


def _whole(text: str) -> int:
    if len(text) > AMOUNT_DIGITS + 1:
        raise _RefusedError(f"a whole number has over {AMOUNT_DIGITS} digits")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise _RefusedError(f"{text} is no number")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, value in pairs:
        if key in members:
            raise _RefusedError(f"the key {key[:SHOWN]!r} stands twice in one object")
        members[key] = value
    return members


def parse(data: bytes | str, name: str) -> object:
    """Return the value that `data` writes. Raises LiabilitiesError, naming the file.

    >>> parse(b'{"a": [1, 2.50]}', "x.json")
    {'a': [1, NumberText(text='2.50')]}
    >>> parse(b'{"a": 1, "a": 2}', "x.json")
    Traceback (most recent call last):
    crawler.liabilities.interface.LiabilitiesError: x.json: the key 'a' stands twice in one object
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        _limit_depth(text)
        value: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_int=_whole,
            parse_float=NumberText,
            parse_constant=_constant,
        )
        if _HALF.search(text) is not None:
            _refuse_halves(value)
    except UnicodeDecodeError as error:
        raise LiabilitiesError(f"{name}: not UTF-8 text (byte {error.start})") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise LiabilitiesError(f"{name}: not JSON: {error.msg} at {where}") from error
    except _RefusedError as error:
        raise LiabilitiesError(f"{name}: {error}") from error
    return value


def _limit_depth(text: str) -> None:
    """Count brackets before anything recurses: the parser's own limit is the interpreter's."""
    if text.count("[") + text.count("{") <= DEPTH:
        return
    depth = 0
    for found in _STRUCTURE.finditer(text):
        sign = found.group()
        if sign in "[{":
            depth += 1
            if depth > DEPTH:
                raise _RefusedError(f"nested more than {DEPTH} levels deep")
        elif sign in "]}":
            depth -= 1


def _refuse_halves(value: object) -> None:
    """Refuse half a character, anywhere: such a text can be neither hashed nor shown."""
    match value:
        case str():
            if any("\ud800" <= sign <= "\udfff" for sign in value):
                raise _RefusedError("a text has half a character in it")
        case dict():
            for key, item in value.items():
                _refuse_halves(key)
                _refuse_halves(item)
        case list():
            for item in value:
                _refuse_halves(item)


def document(file: ProofFile, limit: int = SMALL_DOCUMENT) -> Node:
    """Return the top of a JSON file. Raises LiabilitiesError."""
    return Node(parse(file.read(limit), file.name), file.name)


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value and where it stands; every accessor raises LiabilitiesError with that place."""

    value: object
    where: str

    def refuse(self, what: str) -> NoReturn:
        """Raise LiabilitiesError with the place and `what`."""
        raise LiabilitiesError(f"{self.where}: {what}")

    def members(self) -> dict[str, object]:
        """Return the members of an object, in file order."""
        if not isinstance(self.value, dict):
            self.refuse("an object was expected")
        return self.value

    def member(self, key: str) -> Node:
        """Return one member of an object; it must be there."""
        members = self.members()
        if key not in members:
            self.refuse(f"the member {key!r} is missing")
        return Node(members[key], f"{self.where}: {key[:SHOWN]}")

    def maybe(self, key: str) -> Node | None:
        """Return one member of an object, or None when it is absent or null."""
        members = self.members()
        return None if members.get(key) is None else self.member(key)

    def only(self, *keys: str) -> None:
        """Refuse an object with a member that is not among `keys`."""
        strange = [key for key in self.members() if key not in keys]
        if strange:
            self.refuse(f"the member {strange[0][:SHOWN]!r} is not known here")

    def items(self, *, least: int = 0, most: int = 1_000_000) -> list[Node]:
        """Return the items of a list with `least` to `most` of them."""
        if not isinstance(self.value, list):
            self.refuse("a list was expected")
        if not least <= len(self.value) <= most:
            size = f"{least}" if least == most else f"{least} to {most}"
            self.refuse(f"a list of {size} was expected, not of {len(self.value)}")
        return [Node(item, f"{self.where}[{place}]") for place, item in enumerate(self.value)]

    def text(self, *, longest: int = 1000) -> str:
        """Return a string of at most `longest` characters."""
        if not isinstance(self.value, str):
            self.refuse("a string was expected")
        if len(self.value) > longest:
            self.refuse(f"a string of at most {longest} characters was expected")
        return self.value

    def hex(self, digits: int) -> str:
        """Return a string of exactly `digits` lowercase hex digits."""
        text = self.text()
        if len(text) != digits or _HEX.fullmatch(text) is None:
            self.refuse(f"{digits} lowercase hex digits were expected")
        return text

    def integer(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most` (a JSON number, never true or false)."""
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            self.refuse("a whole number was expected")
        if not least <= self.value <= most:
            self.refuse(f"a number from {least} to {most} was expected, not {self.value}")
        return self.value

    def integer_text(self, least: int, most: int) -> int:
        """Return the whole number that a string writes in decimal."""
        text = self.text()
        if _SIGNED.fullmatch(text) is None or not least <= int(text) <= most:
            self.refuse(f"the text of a whole number from {least} to {most} was expected")
        return int(text)

    def amount_text(self) -> str:
        """Return a string that writes a decimal with no sign and no exponent."""
        text = self.text()
        if parse_amount(text) is None:
            self.refuse("the text of a decimal, not negative, without exponent, was expected")
        return text

    def amount(self) -> Amount:
        """Return the decimal that a string writes."""
        found = parse_amount(self.text())
        if found is None:
            self.refuse("the text of a decimal, not negative, without exponent, was expected")
        return found
