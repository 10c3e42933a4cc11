"""Balances of several lists in one run: what one pass can answer for all of them is asked once.

A snapshot of a whole UTXO set is read once, whatever the number of lists: their accounts are known
before it is opened. Networks that are asked account by account are asked list by list.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from chains.adapter import (
    BalanceReader,
    ForeseeingReader,
    HoldingForm,
    Reading,
    SnapshotPoint,
    Unresolved,
)
from chains.registry import Network
from crawler.ownership import NoJudgement
from crawler.plan import BalanceQuery
from crawler.readers import ReaderOptions, SnapshotRequest, reader_of
from crawler.readings import Observer, Reader
from crawler.reports.folder import require_folder
from crawler.reports.model import Report
from crawler.run import Stopwatch, Verifier, conclude, ungrouped
from crawler.settings import Settings
from crawler.wallet_list import WalletList


class SharedReaders:
    """Makes readers, but lends the same one again and again if it answers all in one pass.

    An async context: what was lent is open until it ends.
    """

    def __init__(self, make: Reader) -> None:
        """`make` makes the reader of a network."""
        self._make = make
        self._lent: dict[str, _Lent | None] = {}
        self._open = AsyncExitStack()

    def __call__(self, network: Network) -> BalanceReader | Unresolved:
        """Return the reader of a network, or why there is none."""
        return self._shared(network) or self._make(network)

    def expect(self, queries: Iterable[BalanceQuery], networks: Mapping[str, Network]) -> None:
        """Note what will be asked for. To be called for all lists before anything is read."""
        for query in queries:
            lent = self._shared(networks[query.network])
            if lent is not None and not query.stake:
                lent.expect(query.addresses)

    async def __aenter__(self) -> Self:
        await self._open.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._open.aclose()

    def _shared(self, network: Network) -> _Lent | None:
        if network.name not in self._lent:
            made = self._make(network)
            lent = None
            if not isinstance(made, Unresolved) and isinstance(made, ForeseeingReader):
                lent = _Lent(made, made, self._open)
            self._lent[network.name] = lent
        return self._lent[network.name]


class _Lent:
    """A reader that is entered once, by whoever comes first, and left by its owner."""

    def __init__(
        self, inner: BalanceReader, foreseeing: ForeseeingReader, owner: AsyncExitStack
    ) -> None:
        """`inner` and `foreseeing` are the same reader."""
        self._inner = inner
        self._foreseeing = foreseeing
        self._owner = owner
        self._is_open = False

    async def __aenter__(self) -> Self:
        if not self._is_open:
            self._is_open = True
            await self._owner.enter_async_context(self._inner)
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Leave it open for the next list."""

    def expect(self, addresses: Iterable[bytes]) -> None:
        self._foreseeing.expect(addresses)

    async def pin(self, height: int) -> SnapshotPoint | Unresolved:
        return await self._inner.pin(height)

    async def check_form(self, form: HoldingForm, point: SnapshotPoint) -> Unresolved | None:
        return await self._inner.check_form(form, point)

    async def balances(
        self, form: HoldingForm, point: SnapshotPoint, addresses: Sequence[bytes]
    ) -> AsyncGenerator[Sequence[tuple[bytes, Reading]], None]:
        async for batch in self._inner.balances(form, point, addresses):
            yield batch


class Compared(NamedTuple):
    """What became of one list."""

    report: Report
    folder: Path | None
    """Where its files are; None: nowhere."""


def compare_lists(
    lists: Sequence[WalletList],
    settings: Settings,
    observer: Observer,
    *,
    out: Path | None = None,
    store: str | None = None,
    snapshot: SnapshotRequest | None = None,
    moment: datetime | None = None,
) -> list[Compared]:
    """Compare the amounts of every list with the balances; returns one report each, in order.

    No signature is looked at. With `out`, the files of a single list go there, those of several
    to a folder in it for each (`folders`). `store`, `snapshot` and `moment` as in
    `crawler.run.verify_list`. Raises ListError, OutputError and StoreError.
    """
    started = datetime.now(UTC)
    clock = Stopwatch()
    outs: list[Path | None] = [out]
    if len(lists) > 1:
        outs = [None if out is None else out / name for name in folders(lists)]
    for folder in outs:
        if folder is not None:
            require_folder(folder)
    request = snapshot or SnapshotRequest()
    options = ReaderOptions(limits=settings.limits, snapshot=request, say=observer.note)
    shared = SharedReaders(reader_of(options))
    verifiers = []
    for one in lists:
        with NoJudgement() as engine:
            verifier = Verifier(one, settings.networks, engine, observer, shared, moment=moment)
            verifier.plan()
        verifiers.append(verifier)
    clock.lap("ownership")

    async def read() -> None:
        for verifier in verifiers:
            shared.expect(verifier.queries(), settings.networks)
        async with shared:
            for verifier in verifiers:
                await verifier.read_within(store if snapshot is None else None)

    with ungrouped():
        asyncio.run(read())
    clock.lap("balances")
    compared = []
    for verifier, folder in zip(verifiers, outs, strict=True):
        report = conclude(
            verifier, verifier.outcome(), started, clock, settings,
            out=folder, folder=folder, judge=False,
        )  # fmt: skip
        compared.append(Compared(report, folder))
    return compared


def folders(lists: Sequence[WalletList]) -> list[str]:
    """Return a name for each list's folder: entity and file, with a number where it was taken."""
    names: list[str] = []
    for one in lists:
        name = stem = f"{one.entity.name}-{one.source.name.partition('.')[0]}"
        number = 1
        while name in names:
            number += 1
            name = f"{stem}-{number}"
        names.append(name)
    return names
