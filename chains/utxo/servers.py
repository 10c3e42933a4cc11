"""Balances of a UTXO network from servers that index addresses.

None of them can read an old state. Each works out the balance at the snapshot height from what it
knows today (assurance `replayed`); where two independent servers give the same number, it is
`quorum`, and where they give different ones, there is none. Servers are independent when their
hosts differ.

Endpoints are told apart by their scheme:

* ``tcp://``, ``ssl://``: Electrum (`electrum`);
* ``esplora+https://host/api``: Esplora (`esplora`);
* ``blockbook+https://host``: Blockbook (`blockbook`);
* ``deltas+http://user:password@host:port``: a node with `getaddressdeltas` (`address_deltas`).
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from chains.adapter import Assurance, Observed, SnapshotPoint, Unresolved
from chains.errors import ProviderError, UnresolvedReason, WrongState
from chains.transport.endpoint import Endpoint
from chains.transport.labels import host, labels
from chains.transport.rest import RestEndpoint
from chains.utxo import address_deltas, electrum
from chains.utxo.address_deltas import AddressDeltasSource
from chains.utxo.blockbook import BlockbookSource
from chains.utxo.electrum_source import ElectrumSource
from chains.utxo.esplora import EsploraSource
from chains.utxo.headers import rules
from chains.utxo.server_settings import ServerSettings
from chains.utxo.source import Harvest, Source, landmark

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Sequence

    from chains.adapter import HoldingForm, Reading
    from chains.registry import Network
    from chains.transport.health import EndpointHealth
    from chains.transport.provider import Surroundings
    from chains.utxo.settings import UtxoSettings
    from chains.utxo.source import Block

HTTP_SCHEMES = tuple(
    f"{kind}+{http}" for kind in ("esplora", "blockbook", "deltas") for http in ("https", "http")
)
SCHEMES = (*electrum.SCHEMES, *HTTP_SCHEMES)
"""What an endpoint of this kind may begin with."""

ATTEMPTS_KEPT = 20
"""Lines of attempts in one reading: the first half and the last half of them."""

MOST_TELLING = (
    UnresolvedReason.WRONG_CHAIN,
    UnresolvedReason.WRONG_STATE,
    UnresolvedReason.NO_BLOCK,
    UnresolvedReason.MISSING_ANSWER,
    UnresolvedReason.MALFORMED_ANSWER,
    UnresolvedReason.TOO_LARGE,
    UnresolvedReason.CALL_FAILED,
    UnresolvedReason.NO_STATE,
    UnresolvedReason.NO_METHOD,
    UnresolvedReason.THROTTLED,
    UnresolvedReason.DEADLINE,
)
"""Of several servers' reasons, the first of these is the reading's; all are in its attempts."""


def reader(
    network: Network,
    endpoints: Sequence[str],
    settings: ServerSettings,
    surroundings: Surroundings,
) -> ServerReader:
    """Return a reader of `network`; nothing is opened or sent before it is entered.

    Raises RegistryError for options of the network that cannot be used, and ValueError, without
    repeating the URL, for an endpoint of another kind.
    """
    urls = tuple(dict.fromkeys(endpoints))
    sources = [
        _source(network, url, label, settings, surroundings)
        for url, label in zip(urls, labels(urls, SCHEMES), strict=True)
    ]
    return ServerReader(network, sources, settings, surroundings.wall)


def from_settings(
    network: Network,
    endpoints: Sequence[str],
    settings: UtxoSettings,
    surroundings: Surroundings,
) -> ServerReader:
    """Return a reader as `reader` does, with the limits of `settings`."""
    limits = ServerSettings(
        quorum=settings.quorum,
        opinions=max(settings.quorum, ServerSettings().opinions),
        transport=settings.transport,
    )
    return reader(network, endpoints, limits, surroundings)


def _source(
    network: Network,
    url: str,
    label: str,
    settings: ServerSettings,
    surroundings: Surroundings,
) -> Source:
    kind, _, plain = url.rpartition("+") if url.startswith(HTTP_SCHEMES) else ("", "", url)
    mark, transport = landmark(network.options), settings.transport
    match kind:
        case "":
            server = electrum.ElectrumServer(plain, label, transport, surroundings)
            return ElectrumSource(server, rules(network.options), mark, settings)
        case "deltas":
            node = Endpoint(plain, label, transport, address_deltas.classify, surroundings)
            form = rules(network.options).form
            return AddressDeltasSource(node, network.address, mark, settings, form=form)
        case "esplora":
            rest = RestEndpoint(plain, label, transport, surroundings)
            return EsploraSource(rest, mark, settings)
        case _:
            rest = RestEndpoint(plain, label, transport, surroundings)
            return BlockbookSource(rest, network.address, mark, settings)


class ServerReader:
    """A `chains.adapter.BalanceReader`; made by `reader`."""

    def __init__(
        self,
        network: Network,
        sources: Sequence[Source],
        settings: ServerSettings,
        now: Callable[[], float],
    ) -> None:
        """Ask `sources`; `now` tells the time in seconds since 1970."""
        self._network = network
        self.sources = tuple(sources)
        self._hosts = {one.provider.label: host(one.provider.label) for one in sources}
        self._settings = settings
        self._now = now

    async def __aenter__(self) -> Self:
        for source in self.sources:
            await source.open()
        return self

    async def __aexit__(self, *exception: object) -> None:
        outcomes = await asyncio.gather(
            *(source.close() for source in self.sources), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        """Return the block at `height`, on which every server that answers agrees, and is final.

        Final means as many confirmations as networks.toml asks for, or an age of a day.
        """
        journal: list[str] = []
        sources = self._usable()
        found = await asyncio.gather(*(self._block(one, height, journal) for one in sources))
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
                _attempts(journal),
            )
        if len({self._hosts[label] for label in blocks}) < self._settings.quorum:
            return self._too_few(blocks, f"describe block {height}", journal)
        return self._point(height, list(blocks.values()), journal)

    def _too_few(self, said: Collection[str], what: str, journal: Sequence[str]) -> Unresolved:
        return Unresolved(
            UnresolvedReason.NO_ENDPOINT,
            f"{self._settings.quorum} independent servers must {what}; "
            f"only {len({self._hosts[label] for label in said})} did",
            _attempts(journal),
        )

    def _point(
        self, height: int, blocks: Sequence[Block], journal: list[str]
    ) -> SnapshotPoint | Unresolved:
        block, tip = blocks[0], min(block.tip for block in blocks)
        confirmations = tip - height + 1
        asked = int(self._network.finality) if self._network.finality.isdecimal() else 1
        finality = "confirmations" if confirmations >= asked else "age"
        if finality == "age" and self._now() - block.time < self._settings.final_age_s:
            return Unresolved(
                UnresolvedReason.NOT_FINAL,
                f"block {height} has {confirmations} confirmations, {self._network.title} "
                f"needs {asked}, and it is less than a day old",
                _attempts(journal),
            )
        moment = datetime.fromtimestamp(block.time, UTC)
        return SnapshotPoint(self._network.name, height, block.hash, moment, finality)

    async def recheck(self, point: SnapshotPoint) -> Unresolved | None:
        """Return None unless a server has another block at the height of `point` by now."""
        journal: list[str] = []
        sources = self._usable()
        found = await asyncio.gather(*(self._block(one, point.height, journal) for one in sources))
        for source, answer in zip(sources, found, strict=True):
            if not isinstance(answer, ProviderError) and answer.hash != point.block_hash:
                return Unresolved(
                    UnresolvedReason.WRONG_STATE,
                    f"{source.provider.label}: block {point.height} is {answer.hash} by now",
                    _attempts(journal),
                )
        return None

    def distrusted(self) -> frozenset[str]:
        """Return no labels: an answer that is not to be believed is never given out."""
        return frozenset()

    def notes(self) -> Sequence[str]:
        """Return no sentences: each reading carries its own."""
        return ()

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        """Return None for the native coin; these servers know no tokens, such as Omni's."""
        self._require_own(form, point)
        if form.contract is None:
            return None
        return Unresolved(
            UnresolvedReason.NO_METHOD,
            f"{form.id} is a token ({form.contract}); servers that index {self._network.title} "
            "do not know its balances, and no endpoint for it can be configured yet",
        )

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        """Yield batches that together answer every address exactly once, in any order.

        Raises ValueError when an address occurs twice or the form is a token.
        """
        self._require_own(form, point)
        if form.contract is not None:
            raise ValueError(f"{form.id} is not the native coin")
        if len(set(addresses)) != len(addresses):
            raise ValueError("the addresses are not distinct")
        size = self._settings.piece
        pieces = (addresses[at : at + size] for at in range(0, len(addresses), size))
        pending: set[asyncio.Task[list[tuple[bytes, Reading]]]] = set()
        answered = 0
        try:
            while True:
                while len(pending) < self._settings.pieces and (piece := next(pieces, None)):
                    pending.add(asyncio.create_task(self._settle(point, piece)))
                if not pending:
                    break
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    batch = task.result()
                    answered += len(batch)
                    yield batch
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        if answered != len(addresses):
            raise AssertionError(f"{answered} of {len(addresses)} addresses were answered")

    async def _settle(
        self, point: SnapshotPoint, scripts: Sequence[bytes]
    ) -> list[tuple[bytes, Reading]]:
        """Answer every one of `scripts`, in order, from whichever servers it takes."""
        journal: list[str] = []
        said: dict[bytes, dict[str, int]] = {script: {} for script in scripts}
        errors: dict[bytes, list[ProviderError]] = {script: [] for script in scripts}
        left = self._usable()
        while left:
            lacking = [s for s in scripts if len(said[s]) < self._settings.opinions]
            if not lacking:
                break
            # As many at once as opinions are lacking: they do not wait for one another.
            width = self._settings.opinions - min(len(said[s]) for s in lacking)
            asked, left = _independent(left, self._hosts, width)
            harvests = await asyncio.gather(
                *(self._read(source, point, lacking, journal) for source in asked)
            )
            for source, harvest in zip(asked, harvests, strict=True):
                for script, amount in harvest.amounts.items():
                    said[script][source.provider.label] = amount
                for script, error in harvest.failed.items():
                    errors[script].append(error)
        return [
            (script, self._reading(point, said[script], errors[script], journal))
            for script in scripts
        ]

    def _reading(
        self,
        point: SnapshotPoint,
        said: dict[str, int],
        errors: Sequence[ProviderError],
        journal: Sequence[str],
    ) -> Reading:
        if not said:
            return self._unresolved(errors, journal)
        if len(set(said.values())) > 1:
            each = tuple(f"{label}: {amount}" for label, amount in said.items())
            return Unresolved(
                UnresolvedReason.DISAGREEMENT,
                f"the servers disagree: {'; '.join(each)}",
                each,
            )
        hosts = {self._hosts[label] for label in said}
        if len(hosts) < self._settings.quorum:
            lines = [*journal, *(f"{error.source}: {error}" for error in errors)]
            return self._too_few(said, "give the balance", lines)
        assurance = Assurance.QUORUM if len(hosts) > 1 else Assurance.REPLAYED
        return Observed(next(iter(said.values())), point, assurance, tuple(said))

    async def _read(
        self, source: Source, point: SnapshotPoint, scripts: Sequence[bytes], journal: list[str]
    ) -> Harvest:
        """Return what `source` says; its failure becomes that of each script."""
        try:
            harvest = await source.read(point, scripts, journal)
        except ProviderError as error:
            self._note(source, error)
            return Harvest({}, dict.fromkeys(scripts, error))
        for failure in harvest.failed.values():
            failure.source = failure.source or source.provider.label
        if harvest.amounts.keys() | harvest.failed.keys() != set(scripts):
            raise AssertionError("a server's harvest does not answer what was asked")
        return harvest

    async def _block(
        self, source: Source, height: int, journal: list[str]
    ) -> Block | ProviderError:
        try:
            return await source.block_at(height, journal)
        except ProviderError as error:
            return self._note(source, error)

    def _note(self, source: Source, error: ProviderError) -> ProviderError:
        """Return `error` with its source; a server of another network is not asked again."""
        error.source = error.source or source.provider.label
        if isinstance(error, WrongState) and error.reason is UnresolvedReason.WRONG_CHAIN:
            source.provider.leave(error)
        return error

    def health(self) -> list[EndpointHealth]:
        """Return the health of every server, in the order of the configuration."""
        return [source.provider.health() for source in self.sources]

    def _usable(self) -> list[Source]:
        return [source for source in self.sources if source.provider.out is None]

    def _unresolved(self, errors: Sequence[ProviderError], journal: Sequence[str]) -> Unresolved:
        known = list(errors) or [one.provider.out for one in self.sources if one.provider.out]
        if not known:
            return Unresolved(
                UnresolvedReason.NO_ENDPOINT,
                f"no endpoint is configured for {self._network.name}",
            )
        telling = min(known, key=_telling)
        lines = dict.fromkeys([*journal, *(f"{error.source}: {error}" for error in known)])
        return Unresolved(telling.reason, f"{telling.source}: {telling}", _attempts(list(lines)))

    def _require_own(self, form: HoldingForm, point: SnapshotPoint) -> None:
        if not form.network == point.network == self._network.name:
            raise ValueError(f"{form.id} at {point.network} is not of {self._network.name}")


def _independent(
    left: Sequence[Source], hosts: dict[str, str], width: int
) -> tuple[list[Source], list[Source]]:
    """Return up to `width` servers with different hosts, and the others."""
    chosen: dict[str, Source] = {}
    for source in left:
        if len(chosen) < width:
            chosen.setdefault(hosts[source.provider.label], source)
    asked = list(chosen.values())
    return asked, [source for source in left if source not in asked]


def _telling(error: ProviderError) -> int:
    return MOST_TELLING.index(error.reason) if error.reason in MOST_TELLING else len(MOST_TELLING)


def _attempts(lines: Sequence[str]) -> tuple[str, ...]:
    """Return `lines`, or their beginning and end when there are many."""
    if len(lines) <= ATTEMPTS_KEPT:
        return tuple(lines)
    half = ATTEMPTS_KEPT // 2
    return (*lines[:half], f"... {len(lines) - 2 * half} more ...", *lines[-half:])
