r"""Hostile text made harmless to look at: what is invisible or reorders a line is written out.

A zero-width character in an address makes it another address; a bidirectional control turns a
line around. Both are shown as what they are. Pure.

>>> visible("0xab\u200bcd"), visible("\u202etxt"), visible("plain ✓")
('0xab\\u{200B}cd', '\\u{202E}txt', 'plain ✓')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""General categories (UAX #44) that are not seen, or not seen as what they are."""

_PLAIN = re.compile(r"[ -~]*", re.ASCII)
_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by category, and blank all the same."""


def is_hidden(character: str) -> bool:
    """Return whether a character is written out: it is unseen, or a blank that is no space."""
    if character == " ":
        return False
    category = unicodedata.category(character)
    return category in HIDDEN or category == "Zs" or character in _FILLERS


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in pieces, each with whether it stands for a hidden character."""
    shown = ""
    for character in text:
        if is_hidden(character):
            if shown:
                yield shown, False
                shown = ""
            yield f"\\u{{{ord(character):X}}}", True
        else:
            shown += character
    if shown:
        yield shown, False


def visible(text: str) -> str:
    r"""Return the text with every hidden character written as ``\u{...}``."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(piece for piece, _ in pieces(text))
