"""A published list whose format is known: it can be read again and again, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from crawler.errors import ListError
from crawler.lists import detect
from crawler.lists.interface import Entry, Vocabulary
from crawler.models import Claim, MalformedRow, SummaryRow
from crawler.outcome import ListFile
from crawler.settings import Entity
from crawler.sources import ListSource, open_list

HEAD_LINES = 2_000
"""Lines that a format may look at to recognise a list."""


class WalletList:
    """A published list whose format is known; its rows can be read again and again."""

    def __init__(self, source: ListSource, entity: Entity, heights: Mapping[str, int]) -> None:
        """Recognise the format of every file. Raises ListError."""
        self.source = source
        self.entity = entity
        self._vocabulary = Vocabulary(entity.title, entity.coins, heights)
        self._formats = [detect(member.head(HEAD_LINES)) for member in source.members]
        self.files: list[ListFile] = []
        self.summaries: list[SummaryRow] = []

    def rows(self) -> Iterator[Claim | MalformedRow]:
        """Yield every detail row in list order; `files` and `summaries` are renewed meanwhile.

        Raises ListError when the list has no rows at all.
        """
        self.files.clear()
        self.summaries.clear()
        rows = 0
        for entry in self._entries():
            if isinstance(entry, SummaryRow):
                self.summaries.append(entry)
            else:
                rows += 1
                yield entry
        for file in self.files:
            if not file.census.is_complete():
                raise RuntimeError(f"{file.name}: lines were lost between classes: {file.census}")
        if rows == 0:
            raise ListError(
                f"{self.source.name} has no detail rows: there is nothing to verify.",
                hint="A list needs a header line with coin and address, and rows below it.",
            )

    def _entries(self) -> Iterator[Entry]:
        for member, form in zip(self.source.members, self._formats, strict=True):
            file = ListFile(member.name, form.name)
            self.files.append(file)
            with member.lines() as lines:
                yield from form.parse(
                    lines, file=member.name, vocabulary=self._vocabulary, census=file.census
                )


def open_wallet_list(path: Path, entity: Entity, heights: Mapping[str, int]) -> WalletList:
    """Open a published list of an entity. Raises ListError with one clear sentence."""
    return WalletList(open_list(path), entity, heights)
