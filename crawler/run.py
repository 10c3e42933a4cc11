"""One verification from list to findings: two passes over the file, memory per row a few bytes.

Pass 1 judges the signatures and plans the look-ups; then the balances are read; pass 2 reads
the list again and hands out one finding per row, in list order.
"""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from chains.adapter import OwnershipVerdict, Unresolved
from chains.errors import UnresolvedReason
from chains.registry import Network, family_module
from crawler.aggregate import Aggregate, SummaryComparison
from crawler.assess import Finding, assess, assess_duplicate, assess_malformed
from crawler.errors import ListError
from crawler.lists import detect
from crawler.lists.interface import Census, Entry, Vocabulary
from crawler.models import Claim, MalformedRow, SummaryRow
from crawler.ownership import Judged, OwnershipEngine
from crawler.plan import Plan
from crawler.readings import Observer, Reader, Readings, default_reader, read_plan
from crawler.settings import CoinMapping, Entity
from crawler.sources import ListSource

HEAD_LINES = 2_000
"""Lines that a format may look at to recognise a list."""


@dataclass(slots=True)
class ListFile:
    """One file of a list, as read."""

    name: str
    format: str
    census: Census = field(default_factory=Census)


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
        self.files = []
        self.summaries = []
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


@dataclass(slots=True)
class Verification:
    """Everything known when the last finding was handed out."""

    list: WalletList
    readings: Readings
    aggregate: Aggregate
    comparisons: list[SummaryComparison]


def canonical_of(
    coins: Mapping[str, CoinMapping], networks: Mapping[str, Network]
) -> Callable[[str, str], bytes]:
    """Return `canonical(coin, text)`: the account bytes by the rules of the coin's network."""
    codecs: dict[str, Callable[[str], bytes]] = {}

    def codec(coin: str) -> Callable[[str], bytes]:
        mapping = coins[coin.upper()]
        if mapping.rule is not None:
            family, parameters = mapping.rule.family, mapping.rule.parameters
        else:
            network = networks[mapping.network or ""]
            family, parameters = network.family, network.address
        decode = family_module(family, "addresses").canonical
        return lambda text: decode(text, parameters)

    def canonical(coin: str, text: str) -> bytes:
        found = codecs.get(coin)
        if found is None:
            found = codecs[coin] = codec(coin)
        return found(text)

    return canonical


class Verifier:
    """Runs one verification step by step, so that each step can be watched and tested."""

    def __init__(
        self,
        wallet_list: WalletList,
        networks: Mapping[str, Network],
        engine: OwnershipEngine,
        observer: Observer,
        *,
        reader: Reader = default_reader,
    ) -> None:
        """Nothing is read yet."""
        self.list = wallet_list
        self._networks = networks
        self._engine = engine
        self._observer = observer
        self._reader = reader
        self._plan = Plan(canonical_of(wallet_list.entity.coins, networks))
        self._verdicts: dict[OwnershipVerdict, int] = {}
        self._numbers = array("I")
        self._readings = Readings()

    def judge(self) -> Iterator[list[Judged]]:
        """Pass 1: yield the rows with their verdicts, in list order, planning the look-ups."""
        self._observer.start("ownership", None)
        for chunk in self._engine.judge(self.list.rows()):
            for row, verdict in chunk:
                ordinal = len(self._numbers)
                number = self._verdicts.setdefault(verdict, len(self._verdicts))
                self._numbers.append(number)
                if isinstance(row, Claim):
                    self._plan.add(row, ordinal)
            self._observer.advance("ownership", len(chunk))
            yield chunk

    def read(self) -> None:
        """Read the balances of every planned account."""
        self._readings = asyncio.run(
            read_plan(self._plan, self._networks, self._observer, self._reader)
        )

    def findings(self, verification: Verification) -> Iterator[Finding]:
        """Pass 2: yield one finding per row in list order, counting each into `verification`.

        Raises ListError when the list is not the one that pass 1 read.
        """
        verdicts = list(self._verdicts)
        labels: dict[int, str] = {}
        ordinal = -1
        for ordinal, row in enumerate(self.list.rows()):
            if ordinal >= len(self._numbers):
                break
            if ordinal in self._plan.repeated:
                labels[ordinal] = self._label(row)
            finding = self._finding(row, ordinal, verdicts[self._numbers[ordinal]], labels)
            verification.aggregate.add(finding)
            yield finding
        if ordinal + 1 != len(self._numbers):
            raise ListError(f"{self.list.source.name} changed while it was being verified.")
        verification.comparisons = [
            verification.aggregate.compare(summary, unit=self.list.entity.unit_of(summary.coin))
            for summary in self.list.summaries
        ]

    def verification(self) -> Verification:
        """Return the record that `findings` fills."""
        return Verification(self.list, self._readings, Aggregate(), [])

    def _finding(
        self,
        row: Claim | MalformedRow,
        ordinal: int,
        verdict: OwnershipVerdict,
        labels: Mapping[int, str],
    ) -> Finding:
        if isinstance(row, MalformedRow):
            return assess_malformed(row, verdict)
        place = self._plan.place(row, ordinal)
        if place.problem is not None:
            return assess(row, verdict, place.problem)
        if place.holdings is None:
            return assess(row, verdict, _unmapped(row))
        if place.primary != ordinal:
            return assess_duplicate(row, verdict, first_row=labels[place.primary])
        reading = place.holdings.readings[place.slot]
        if reading is None:
            raise RuntimeError(f"{self._label(row)} was planned and never answered")
        return assess(row, verdict, reading)

    def _label(self, row: Claim | MalformedRow) -> str:
        if len(self.list.files) > 1:
            return f"Line {row.row} of {row.file}"
        return f"Line {row.row}"


def _unmapped(claim: Claim) -> Unresolved:
    if claim.mapping is None:
        return Unresolved(
            UnresolvedReason.UNMAPPED_COIN,
            "The entity's table does not know this coin name, so nothing is looked up for it.",
        )
    return Unresolved(UnresolvedReason.NO_HOLDING_FORM, claim.mapping.gap)
