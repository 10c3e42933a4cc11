"""A wallet list that was found: its name, its digest, and lines that can be read many times.

A run needs several passes (signatures first, findings later) and must not hold the list in
memory, so a list is a recipe for streams, never a list of lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crawler.errors import ListError
from crawler.lists.interface import Census, Entry, ListFormat, Vocabulary
from crawler.lists.lines import split_lines
from crawler.sources.stream import FileRange


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a published list."""

    name: str
    """A label for reports. Never a path to open or write: it may come from inside a zip."""
    format: ListFormat
    read: Callable[[], Iterator[bytes]]
    """Opens the file anew and yields it in pieces. Raises ListError when it turns out damaged."""
    whole: FileRange | None = None
    """The file itself when it is not packed: others can then read parts of it."""

    def lines(self) -> Iterator[bytes]:
        """Yield the raw physical lines with their ends, from the first."""
        return split_lines(self.read())


@dataclass(frozen=True, slots=True)
class ListSource:
    """A published list."""

    name: str
    """Name of the file, without its folder."""
    digest: str
    """SHA-256 of the file as it lies there (packed, if it is packed), lower-case hex."""
    members: tuple[Member, ...]
    """At least one; the main list first, then staking lists."""
    left_out: tuple[str, ...] = ()
    """One sentence for each CSV file of a zip that is no wallet list. To be reported."""

    def entries(self, vocabulary: Vocabulary, censuses: list[Census]) -> Iterator[Entry]:
        """Yield the entries of all members in order; add each member's census as it begins.

        Raises ListError at the end when there was no detail row at all, and while reading when
        a member turns out damaged.
        """
        for member in self.members:
            census = Census()
            censuses.append(census)
            yield from member.format.parse(
                member.lines(), file=member.name, vocabulary=vocabulary, census=census
            )
        self.require_rows(censuses)

    def require_rows(self, censuses: list[Census]) -> None:
        """Raise ListError when there was no detail row in any member.

        Raises RuntimeError when a line of one of them was not counted in any class.
        """
        for member, census in zip(self.members, censuses, strict=True):
            if not census.is_complete():
                raise RuntimeError(f"{member.name}: lines were lost between classes: {census}")
        if not any(census.detail_rows() for census in censuses):
            raise ListError(
                f"{self.name} has a header but no rows below it",
                hint="nothing was checked, so nothing can be reported",
            )
