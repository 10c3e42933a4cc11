"""Numbers of things, in words that fit the number. Pure."""

from __future__ import annotations


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number and its noun; `several` where the plural is not `one` with an s.

    >>> counted(1, "row"), counted(1200, "row"), counted(0, "summary", "summaries")
    ('1 row', '1,200 rows', '0 summaries')
    """
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def all_of(number: int, noun: str) -> str:
    """Return all of a number of things as the beginning of a sentence, with its verb.

    >>> all_of(1, "row"), all_of(3, "row")
    ('the only row is', 'all 3 rows are')
    """
    return f"the only {noun} is" if number == 1 else f"all {counted(number, noun)} are"
