"""The contract of a list format: text lines in, classified lines out. Pure; reads no files.

Every input line ends in exactly one class of `Census`; their sum is the line count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from crawler.models import Claim, MalformedRow, SummaryRow
from crawler.settings import CoinMapping

Entry = Claim | MalformedRow | SummaryRow
"""What a parser yields. Headers and blank lines are only counted."""

NULL_TOKENS = frozenset({"", "null", "NULL", "Null", "\\N", "-"})
"""Cells that mean "no value" (specs/wallet-lists: III.5)."""


@dataclass(slots=True)
class Census:
    """How many lines of each class were seen; complete when the iterator is exhausted."""

    lines: int = 0
    summary: int = 0
    header: int = 0
    blank: int = 0
    claims: int = 0
    malformed: int = 0
    continuation: int = 0
    """Further physical lines of a quoted row that spans several."""
    unknown_columns: list[str] = field(default_factory=list)
    """Header cells that no rule knows; kept and reported."""

    def is_complete(self) -> bool:
        """Return whether every line is accounted for in exactly one class."""
        classes = (
            self.summary, self.header, self.blank, self.claims, self.malformed, self.continuation,
        )  # fmt: skip
        return sum(classes) == self.lines


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a parser needs to know of the entity. Lookup of coins ignores case and blanks."""

    entity: str
    coins: Mapping[str, CoinMapping]
    """Keyed by the published name, upper case."""
    heights: Mapping[str, int] = field(default_factory=dict)
    """Network -> height that replaces the list's own (``--height``)."""


class ListFormat(Protocol):
    """One published format. Stateless; `parse` may be called several times on one list."""

    name: str

    def recognises(self, head: list[str]) -> bool:
        """Return whether the first lines (at most 2,000, without line ends) are of this format."""
        ...

    def parse(
        self, lines: Iterable[bytes], *, file: str, vocabulary: Vocabulary, census: Census
    ) -> Iterator[Entry]:
        """Yield the entries in file order, counting into `census`.

        `lines` are raw physical lines with their ends. Raises ListError only when there is
        no detail header at all.
        """
        ...
