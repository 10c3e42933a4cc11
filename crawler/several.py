"""Balances of several lists in one run, without a look at signatures (`shared_readers`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from crawler.ownership import NoJudgement
from crawler.readers import ReaderOptions, SnapshotRequest, reader_of
from crawler.readings import Observer
from crawler.reports.folder import require_folder
from crawler.reports.model import Report
from crawler.run import Stopwatch, Verifier, conclude, ungrouped
from crawler.settings import Settings
from crawler.shared_readers import SharedReaders
from crawler.wallet_list import WalletList


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
