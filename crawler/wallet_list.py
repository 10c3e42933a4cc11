"""A published list of an entity: it can be read again and again, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from crawler.entities import Entity
from crawler.errors import ListError
from crawler.lists.interface import Census, Vocabulary
from crawler.models import Claim, MalformedRow, SummaryRow
from crawler.outcome import ListFile
from crawler.sources.file import open_list
from crawler.sources.interface import ListSource


class WalletList:
    """The rows of a list in the words of its entity."""

    def __init__(self, source: ListSource, entity: Entity, heights: Mapping[str, int]) -> None:
        """`heights` (network -> height) replace the list's own."""
        self.source = source
        self.entity = entity
        self.vocabulary = Vocabulary(entity.title, entity.coins, heights, entity.fresh)
        self.files: list[ListFile] = []
        """Renewed by every pass, when it is done."""
        self.summaries: list[SummaryRow] = []
        self._censuses: list[Census] = []

    def again(self) -> WalletList:
        """Return the same list for a second pass at the same time."""
        return WalletList(self.source, self.entity, self.vocabulary.heights)

    def rows(self) -> Iterator[Claim | MalformedRow]:
        """Yield every detail row in list order.

        Raises ListError when the list has no rows at all, or turns out damaged.
        """
        self.begin()
        for entry in self.source.entries(self.vocabulary, self._censuses):
            if isinstance(entry, SummaryRow):
                self.summaries.append(entry)
            else:
                yield entry
        self.end()

    def begin(self) -> None:
        """Forget the last pass. Whoever reads the members himself calls this first."""
        self.files.clear()
        self.summaries.clear()
        self._censuses = []

    def begin_file(self) -> Census:
        """Return the census to be filled for the next member."""
        self._censuses.append(Census())
        return self._censuses[-1]

    def end(self) -> None:
        """Draw up `files` from the censuses. Raises ListError when the list has no rows at all."""
        self.source.require_rows(self._censuses)
        self.files.extend(
            ListFile(member.name, member.format.name, census)
            for member, census in zip(self.source.members, self._censuses, strict=True)
        )


def open_wallet_list(path: Path, entity: Entity, heights: Mapping[str, int]) -> WalletList:
    """Open a published list of an entity. Raises ListError with one clear sentence.

    Also for a list in a format that the entity does not publish: its names would be misread.
    """
    source = open_list(path)
    for member in source.members:
        if member.format.name not in entity.formats:
            raise ListError(
                f"{member.name} has the format {member.format.name!r}, and {entity.title} "
                f"publishes {' and '.join(map(repr, entity.formats))}",
                hint="name the entity whose list it is with --entity",
            )
    return WalletList(source, entity, heights)
