"""Balances of one network from several servers that are asked side by side.

What a server is and how it is asked is a `chains.source.Source`; here stands what holds for every
ledger: the block is one that all servers name by the same hash, each account is answered exactly
once, what one server cannot say the next is asked, and numbers of different servers are compared,
never mixed. Where one opinion is enough and the server that gives it is slow, compared with its own
pieces before, another one is asked as well, and the first whole answer counts. Where two
independent servers give the same number, it is `quorum`, and where they give different ones, there
is none, unless one of them proves it. Servers are independent when their hosts differ.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

from chains.adapter import (
    Assurance,
    Observed,
    SnapshotPoint,
    Unresolved,
)
from chains.attempts import attempts_of, telling
from chains.errors import (
    MalformedAnswer,
    ProviderError,
    RegistryError,
    UnresolvedReason,
    WrongState,
)
from chains.source import (
    Asked,
    Block,
    CaughtStale,
    Harvest,
    NotYet,
    Source,
    TokenSource,
)
from chains.spare import Spares
from chains.transport.labels import host
from chains.transport.settings import TransportSettings
from chains.transport.together import as_ready, together

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Sequence

    from chains.adapter import HoldingForm, Reading
    from chains.registry import Network
    from chains.transport.health import EndpointHealth

LATEST_TIME = 253_402_300_799
"""The last second of the year 9999: what a date can hold."""

BEYOND = 2**53 - 1
"""A height that no ledger has, and that every server can read as a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """How much is asked at once, and how many servers must agree."""

    piece: int = 2_000
    """Accounts that are read, checked and yielded together."""
    pieces: int = 4
    """Pieces under way at the same time."""
    quorum: int = 1
    """Independent servers that must agree on a balance; with fewer it is unresolved."""
    opinions: int = 1
    """Independent servers asked for each balance, where there are so many; at least `quorum`."""
    final_age_s: int = 86_400
    """A block as old as this counts as final whatever its confirmations."""
    transport: TransportSettings = field(default_factory=TransportSettings)


class _Word(NamedTuple):
    """What one server said of one account."""

    amount: int
    assurance: Assurance
    note: str


S = TypeVar("S", bound=Source)


class Panel(Generic[S]):
    """A `chains.adapter.BalanceReader` over the servers of one network."""

    def __init__(
        self,
        network: Network,
        sources: Sequence[S],
        settings: PanelSettings,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Ask `sources`, in this order; `now` tells the time in seconds since 1970."""
        self._network = network
        self.sources = tuple(sources)
        self._hosts = {one.provider.label: host(one.provider.label) for one in sources}
        self._settings = settings
        self._opinions = max(settings.quorum, settings.opinions)
        self._now = now
        self._caught: dict[str, str] = {}
        self._spares = Spares[S](settings.transport)

    async def __aenter__(self) -> Self:
        opened: list[S] = []
        try:
            for source in self.sources:
                opened.append(source)
                await source.open()
        except BaseException:
            await asyncio.gather(*(one.close() for one in opened), return_exceptions=True)
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        outcomes = await asyncio.gather(
            *(source.close() for source in self.sources), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    # --- the block

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`, on which every server that answers agrees, and is final.

        Final means: the ledger says so, or as many confirmations as networks.toml asks for, or an
        age of a day.
        """
        journal: list[str] = []
        sources = self._usable()
        found = await together(*(self._block(one, height, journal) for one in sources))
        blocks = {
            source.provider.label: answer
            for source, answer in zip(sources, found, strict=True)
            if not isinstance(answer, ProviderError)
        }
        if not blocks:
            errors = [answer for answer in found if isinstance(answer, ProviderError)]
            return self._unresolved(errors, journal)
        if len({block.hash for block in blocks.values()}) > 1:
            said = "; ".join(f"{label}: {block.hash}" for label, block in blocks.items())
            return Unresolved(
                UnresolvedReason.DISAGREEMENT,
                f"the servers disagree about block {height}: {said}",
                attempts_of(journal),
            )
        if len({self._hosts[label] for label in blocks}) < self._settings.quorum:
            return self._too_few(blocks, f"describe block {height}", journal)
        return self._point(height, list(blocks.values()), journal)

    def _point(
        self, height: int, blocks: Sequence[Block], journal: list[str]
    ) -> SnapshotPoint | Unresolved:
        block, tip = blocks[0], min(block.tip for block in blocks)
        finality, shown = self._finality(height, blocks, tip)
        if not finality:
            old = block.time is not None and self._now() - block.time >= self._settings.final_age_s
            if not old:
                return Unresolved(
                    UnresolvedReason.NOT_FINAL,
                    f"block {height} {shown}, and it is not known to be more than a day old"
                    if block.time is None
                    else f"block {height} {shown}, and it is less than a day old",
                    attempts_of(journal),
                )
            finality = "age"
        moment = None if block.time is None else datetime.fromtimestamp(block.time, UTC)
        return SnapshotPoint(self._network.name, height, block.hash, moment, finality)

    def _finality(self, height: int, blocks: Sequence[Block], tip: int) -> tuple[str, str]:
        """Return by what rule the block is final, or nothing and what it lacks."""
        finals = [block.final for block in blocks if block.final is not None]
        if finals:
            if height <= min(finals):
                return "finalized", ""
            return "", f"comes after the last final block {min(finals)}"
        confirmations, asked = tip - height + 1, self._confirmations()
        if confirmations >= asked:
            return "confirmations", ""
        return "", f"has {confirmations} confirmations, {self._network.title} needs {asked}"

    def _confirmations(self) -> int:
        """Return how many a final block has, where the ledger itself names none."""
        return int(self._network.finality) if self._network.finality.isdecimal() else 1

    async def height_at(self, moment: datetime) -> int | Unresolved:
        """Return why not: servers are asked by height, and times need not be in its order."""
        return Unresolved(
            UnresolvedReason.NO_METHOD,
            f"Servers of {self._network.title} do not find the last block of a time "
            f"({moment:%Y-%m-%d %H:%M} UTC); name its height with --height.",
        )

    async def latest(self) -> int | Unresolved:
        """Return the height of the newest block that every server that answers has as final.

        A server that is asked for a block far beyond its tip says where its tip is.
        """
        journal: list[str] = []
        sources = self._usable()
        refused = await together(*(self._block(one, BEYOND, journal) for one in sources))
        tips = [answer.tip for answer in refused if isinstance(answer, NotYet | Block)]
        blocks: list[Block] = []
        if tips:
            found = await together(
                *(self._block(one, min(tips), journal) for one in self._usable())
            )
            blocks = [answer for answer in found if not isinstance(answer, ProviderError)]
            refused = found
        if not blocks:
            errors = [answer for answer in refused if isinstance(answer, ProviderError)]
            return self._unresolved(errors, journal)
        finals = [block.final for block in blocks if block.final is not None]
        tip = min(block.tip for block in blocks)
        height = min(finals) if finals else tip + 1 - self._confirmations()
        if height < 0:
            return Unresolved(
                UnresolvedReason.NOT_FINAL,
                f"{self._network.title} has no final block yet: its tip is {tip:,}",
                attempts_of(journal),
            )
        return height

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Return None unless a server has another block at the height of `point` by now."""
        journal: list[str] = []
        sources = self._usable()
        found = await together(*(self._block(one, point.height, journal) for one in sources))
        for source, answer in zip(sources, found, strict=True):
            if not isinstance(answer, ProviderError) and answer.hash != point.block_hash:
                return Unresolved(
                    UnresolvedReason.WRONG_STATE,
                    f"{source.provider.label}: block {point.height} is {answer.hash} by now",
                    attempts_of(journal),
                )
        return None

    def distrusted(self) -> frozenset[str]:
        """Return the labels of servers that were caught answering from another state."""
        return frozenset(self._caught)

    def notes(self) -> Sequence[str]:
        """Return one sentence for each server that was caught."""
        return tuple(f"{label}: {why}" for label, why in self._caught.items())

    # --- the balances

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return None for the native coin, and for a token that the ledger knows as we do."""
        self._require_own(form, point)
        if form.contract is None:
            return None
        journal: list[str] = []
        errors: list[ProviderError] = []
        for source in self._usable():
            if not isinstance(source, TokenSource):
                continue
            try:
                await source.check_form(form, point, journal)
            except RegistryError as error:
                return Unresolved(UnresolvedReason.REGISTRY, f"{source.provider.label}: {error}")
            except ProviderError as error:
                errors.append(self._note(source, error))
            else:
                return None
        if errors:
            return self._unresolved(errors, journal)
        return Unresolved(UnresolvedReason.NO_METHOD, self._no_tokens(form))

    def _no_tokens(self, form: HoldingForm) -> str:
        return (
            f"{form.id} is a token ({form.contract}); no endpoint of {self._network.title} that "
            "is configured can read its balances"
        )

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield batches that together answer every address exactly once, in any order.

        Raises ValueError when an address occurs twice, the form is of another network, or it is a
        token and none of the servers reads tokens.
        """
        self._require_own(form, point)
        if form.contract is not None and not self._token_sources():
            raise ValueError(self._no_tokens(form))
        if len(set(addresses)) != len(addresses):
            raise ValueError("the addresses are not distinct")
        size = self._settings.piece
        pieces = (
            self._settle(Asked(form, point, addresses[at : at + size]))
            for at in range(0, len(addresses), size)
        )
        answered = 0
        async with aclosing(as_ready(pieces, self._settings.pieces)) as batches:
            async for batch in batches:
                answered += len(batch)
                yield batch
        if answered != len(addresses):
            raise AssertionError(f"{answered} of {len(addresses)} addresses were answered")

    async def _settle(self, asked: Asked) -> list[tuple[bytes, Reading]]:
        """Answer every account, in order, from whichever servers it takes."""
        journal: list[str] = []
        said: dict[bytes, dict[str, _Word]] = {account: {} for account in asked.accounts}
        errors: dict[bytes, list[ProviderError]] = {account: [] for account in asked.accounts}
        left = [
            source
            for source in self._usable()
            if asked.form.contract is None or source in self._token_sources()
        ]
        while left:
            lacking = [one for one in asked.accounts if len(said[one]) < self._opinions]
            if not lacking:
                break
            # As many at once as opinions are lacking: they do not wait for one another.
            width = self._opinions - min(len(said[one]) for one in lacking)
            some, left = independent(left, self._hosts, width)
            consulted = await self._consult(some, left, asked._replace(accounts=lacking), journal)
            spares = [source for source, _ in consulted if source in left]
            left = [source for source in left if source not in spares]
            for source, harvest in consulted:
                for account, amount in harvest.amounts.items():
                    said[account][source.provider.label] = _Word(
                        amount,
                        harvest.assurance.get(account, source.assurance),
                        harvest.notes.get(account, ""),
                    )
                for account, error in harvest.failed.items():
                    errors[account].append(error)
        return [
            (account, self._reading(asked.point, said[account], errors[account], journal))
            for account in asked.accounts
        ]

    def _reading(
        self,
        point: SnapshotPoint,
        said: dict[str, _Word],
        errors: Sequence[ProviderError],
        journal: Sequence[str],
    ) -> Reading:
        if not said:
            return self._unresolved(errors, journal)
        proven = {name: word for name, word in said.items() if word.assurance is Assurance.PROOF}
        believed = proven or said
        each = tuple(f"{label}: {word.amount}" for label, word in said.items())
        if len({word.amount for word in believed.values()}) > 1:
            return Unresolved(
                UnresolvedReason.DISAGREEMENT, f"the servers disagree: {'; '.join(each)}", each
            )
        first = next(iter(believed.values()))
        if proven:
            for label, word in said.items():
                if word.amount != first.amount:
                    self._caught.setdefault(label, "a state proof contradicts one of its balances")
            return Observed(
                first.amount, point, Assurance.PROOF, tuple(proven), _one_note(believed)
            )
        hosts = {self._hosts[label] for label in said}
        if len(hosts) < self._settings.quorum:
            lines = [*journal, *(f"{error.source}: {error}" for error in errors)]
            return self._too_few(said, "give the balance", lines)
        assurance = Assurance.QUORUM if len(hosts) > 1 else first.assurance
        return Observed(first.amount, point, assurance, tuple(said), _one_note(believed))

    async def _consult(
        self, some: Sequence[S], left: Sequence[S], asked: Asked, journal: list[str]
    ) -> list[tuple[S, Harvest]]:
        """Return what `some` say; in place of a slow one, perhaps what one of `left` says.

        Only where a single opinion is asked for: otherwise every word is needed.
        """
        if self._opinions > 1:
            harvests = await together(*(self._read(one, asked, journal) for one in some))
            return list(zip(some, harvests, strict=True))
        own = self._hosts[some[0].provider.label]
        spares = [one for one in left if self._hosts[one.provider.label] != own]
        return await self._spares.consult(
            some[0], spares, lambda one: self._read(one, asked, journal), journal
        )

    async def _read(self, source: S, asked: Asked, journal: list[str]) -> Harvest:
        """Return what `source` says; its failure becomes that of each account."""
        try:
            harvest = await source.read(asked, journal)
        except ProviderError as error:
            self._note(source, error)
            return Harvest({}, dict.fromkeys(asked.accounts, error))
        for failure in harvest.failed.values():
            failure.source = failure.source or source.provider.label
        answered = len(harvest.amounts) + len(harvest.failed)
        if answered != len(asked.accounts) or (
            harvest.amounts.keys() | harvest.failed.keys() != set(asked.accounts)
        ):
            raise AssertionError("a server's harvest does not answer what was asked")
        return harvest

    # --- what servers say

    async def _block(self, source: S, height: int, journal: list[str]) -> Block | ProviderError:
        try:
            found = await source.block_at(height, journal)
            if found.time is not None and not 0 <= found.time <= LATEST_TIME:
                raise MalformedAnswer(f"block {height} states a time that no calendar has")
        except ProviderError as error:
            return self._note(source, error)
        return found

    def _note(self, source: S, error: ProviderError) -> ProviderError:
        """Return `error` with its source; a liar or a server of another network is left."""
        error.source = error.source or source.provider.label
        if isinstance(error, CaughtStale):
            self._caught.setdefault(source.provider.label, str(error))
            source.provider.leave(error)
        elif isinstance(error, WrongState) and error.reason is UnresolvedReason.WRONG_CHAIN:
            source.provider.leave(error)
        return error

    def _token_sources(self) -> list[S]:
        return [source for source in self.sources if isinstance(source, TokenSource)]

    def health(self) -> list[EndpointHealth]:
        """Return the health of every server, in the order of the configuration."""
        return [source.provider.health() for source in self.sources]

    def _usable(self) -> list[S]:
        return [source for source in self.sources if source.provider.out is None]

    def _too_few(self, said: Collection[str], what: str, journal: Sequence[str]) -> Unresolved:
        return Unresolved(
            UnresolvedReason.NO_ENDPOINT,
            f"{self._settings.quorum} independent servers must {what}; "
            f"only {len({self._hosts[label] for label in said})} did",
            attempts_of(journal),
        )

    def _unresolved(self, errors: Sequence[ProviderError], journal: Sequence[str]) -> Unresolved:
        known = list(errors) or [one.provider.out for one in self.sources if one.provider.out]
        if not known:
            return Unresolved(
                UnresolvedReason.NO_ENDPOINT,
                f"no endpoint is configured for {self._network.name}",
            )
        most = min(known, key=telling)
        lines = dict.fromkeys([*journal, *(f"{error.source}: {error}" for error in known)])
        return Unresolved(most.reason, f"{most.source}: {most}", attempts_of(list(lines)))

    def _require_own(self, form: HoldingForm, point: SnapshotPoint) -> None:
        if not form.network == point.network == self._network.name:
            raise ValueError(f"{form.id} at {point.network} is not of {self._network.name}")


def independent(left: Sequence[S], hosts: dict[str, str], width: int) -> tuple[list[S], list[S]]:
    """Return up to `width` servers with different hosts, and the others."""
    chosen: dict[str, S] = {}
    for source in left:
        if len(chosen) < width:
            chosen.setdefault(hosts[source.provider.label], source)
    asked = list(chosen.values())
    return asked, [source for source in left if source not in asked]


def _one_note(said: dict[str, _Word]) -> str:
    return next((word.note for word in said.values() if word.note), "")
