"""A published list of an entity: it can be read again and again, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from crawler.entities import Entity
from crawler.errors import ListError
from crawler.lists.interface import Vocabulary
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
        self._vocabulary = Vocabulary(entity.title, entity.coins, heights)
        self.files: list[ListFile] = []
        """Renewed by every pass; complete when `rows` is exhausted."""
        self.summaries: list[SummaryRow] = []

    def rows(self) -> Iterator[Claim | MalformedRow]:
        """Yield every detail row in list order.

        Raises ListError when the list has no rows at all, or turns out damaged.
        """
        self.files.clear()
        self.summaries.clear()
        for member in self.source.members:
            file = ListFile(member.name, member.format.name)
            self.files.append(file)
            for entry in member.format.parse(
                member.lines(), file=member.name, vocabulary=self._vocabulary, census=file.census
            ):
                if isinstance(entry, SummaryRow):
                    self.summaries.append(entry)
                else:
                    yield entry
            if not file.census.is_complete():
                raise RuntimeError(f"{file.name}: lines were lost between classes: {file.census}")
        if not any(file.census.detail_rows() for file in self.files):
            raise ListError(
                f"{self.source.name} has a header but no rows below it",
                hint="nothing was checked, so nothing can be reported",
            )


def open_wallet_list(path: Path, entity: Entity, heights: Mapping[str, int]) -> WalletList:
    """Open a published list of an entity. Raises ListError with one clear sentence."""
    return WalletList(open_list(path), entity, heights)
