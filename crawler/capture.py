"""`assay run --capture`: keep what every listed account holds now, for networks without history.

Nothing is compared. Each network is read at its newest final block, and the readings are kept under
that block's hash, as those of any run: a later verification at that very block finds them, and one
at another block shows them as `live`, which is never a match.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chains.adapter import Observed, SnapshotPoint
from chains.registry import Network
from crawler.assess import ExitCode
from crawler.models import Claim
from crawler.moments import written
from crawler.plan import Plan, canonical_of
from crawler.readings import NEWEST, Observer, Reader, read_plan
from crawler.run import ungrouped
from crawler.store.database import open_database
from crawler.store.reader import stored_reader
from crawler.store.readings import StoredReadings
from crawler.wallet_list import WalletList


@dataclass(frozen=True, slots=True)
class Captured:
    """What a capture of one list has kept."""

    accounts: int
    """Holdings of the list that could be looked up; each counts once."""
    kept: int
    points: tuple[SnapshotPoint, ...]
    """Where they were read, by network."""
    missing: Mapping[str, int]
    """Reason -> accounts that were not read."""

    def exit_code(self) -> ExitCode:
        """Return 0 when every account was kept, 3 otherwise; no account at all is no capture."""
        return ExitCode.HOLDS if 0 < self.accounts == self.kept else ExitCode.INCOMPLETE

    def sentence(self) -> str:
        """Return how much was kept, where, and why the rest was not."""
        places = ", ".join(
            f"{point.network} {point.height:,}"
            + ("" if point.block_time is None else f" ({written(point.block_time)})")
            for point in self.points
        )
        text = f"Captured {self.kept:,} of {self.accounts:,} accounts"
        text += f": {places}." if places else "."
        if self.missing:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.missing.items())
            text += f" Not read: {reasons}."
        return text


def capture(
    wallet_list: WalletList,
    networks: Mapping[str, Network],
    reader: Reader,
    observer: Observer,
    store: str,
) -> Captured:
    """Read and keep the balances of every account of a list. Raises ListError and StoreError."""
    plan = Plan(canonical_of(wallet_list.entity.coins, networks), is_timed=True)
    for ordinal, row in enumerate(wallet_list.rows()):
        if isinstance(row, Claim):
            plan.add(replace(row, height=None), ordinal)
    with ungrouped():
        return asyncio.run(_capture(plan, networks, reader, observer, store))


async def _capture(
    plan: Plan,
    networks: Mapping[str, Network],
    reader: Reader,
    observer: Observer,
    store: str,
) -> Captured:
    async with open_database(store) as engine:
        found = await read_plan(
            plan,
            networks,
            observer,
            stored_reader(reader, StoredReadings(engine)),
            moment=NEWEST,
        )
    kept, missing = 0, Counter[str]()
    for reading in plan.readings():
        if isinstance(reading, Observed):
            kept += 1
        else:
            missing[reading.reason.value] += 1
    points = tuple(point for _, point in sorted(found.points.items()))
    return Captured(kept + missing.total(), kept, points, dict(sorted(missing.items())))
