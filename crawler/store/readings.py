"""Readings by block hash: written in batches as they come, never changed, shared by all runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter

from sqlalchemy import Executable, Select, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chains.adapter import Assurance, HoldingForm, Observed, SnapshotPoint
from crawler.store.database import faults_of_store
from crawler.store.schema import points, readings

PAGE_ROWS = 10_000
"""Rows that are fetched at once."""

ASSURANCES = {assurance.value: assurance for assurance in Assurance}


class StoredReadings:
    """Reads and writes the readings of one store. Safe to share between tasks of one loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
        self._insert_point = insert(points).on_conflict_do_nothing()
        # Compiled once and sent as plain text: compiling it for every batch costs as much as
        # the insert itself.
        compiled = insert(readings).on_conflict_do_nothing().compile(dialect=engine.dialect)
        self._insert_reading = str(compiled)
        if compiled.positiontup != list(readings.c.keys()):
            raise RuntimeError("the columns of a reading are not sent in the table's order")
        self._point_numbers: dict[SnapshotPoint, int] = {}

    async def fetch(
        self, form: HoldingForm, point: SnapshotPoint, accounts: Iterable[bytes]
    ) -> dict[bytes, Observed]:
        """Return what is known of `accounts` at `point`. Raises StoreError."""
        wanted = frozenset(accounts)
        found: dict[bytes, Observed] = {}
        labels: dict[str, tuple[str, ...]] = {}
        query = _of_point(point).where(readings.c.form == form.id)
        with faults_of_store():
            async with self._engine.connect() as connection:
                result = await connection.stream(query)
                async for page in result.partitions(PAGE_ROWS):
                    for account, amount, assurance, sources in page:
                        if account in wanted:
                            if sources not in labels:
                                labels[sources] = tuple(json.loads(sources))
                            found[account] = Observed(
                                int(amount), point, ASSURANCES[assurance], labels[sources]
                            )
        return found

    async def nearest(
        self, form: HoldingForm, height: int, accounts: Iterable[bytes]
    ) -> dict[bytes, Observed]:
        """Return what is known of `accounts` at other heights, each at the nearest to `height`.

        Of two that are equally near it is the earlier one. Raises StoreError.
        """
        left = set(accounts)
        found: dict[bytes, Observed] = {}
        points = [
            point
            for point in await self.points()
            if point.network == form.network and point.height != height
        ]
        for point in sorted(points, key=lambda one: (abs(one.height - height), one.height)):
            if not left:
                break
            known = await self.fetch(form, point, left)
            found.update(known)
            left -= known.keys()
        return found

    async def has(self, form: HoldingForm, point: SnapshotPoint) -> bool:
        """Return whether any reading of `form` at `point` is kept. Raises StoreError."""
        query = _of_point(point).where(readings.c.form == form.id).limit(1)
        with faults_of_store():
            async with self._engine.connect() as connection:
                return (await connection.execute(query)).first() is not None

    async def save(
        self, form: HoldingForm, point: SnapshotPoint, batch: Sequence[tuple[bytes, Observed]]
    ) -> None:
        """Keep a batch in one transaction; what is there already stays. Raises StoreError."""
        if not batch:
            return
        with faults_of_store():
            async with self._engine.begin() as connection:
                number = await self._point(connection, point)
                distinct = {one.sources for _, one in batch}
                labels = {sources: json.dumps(sources) for sources in distinct}
                await connection.exec_driver_sql(
                    self._insert_reading,
                    [
                        (
                            number, form.id, account, str(one.amount), one.assurance.value,
                            labels[one.sources],
                        )
                        # In one order, lest two who keep the same wait for each other.
                        for account, one in sorted(batch, key=itemgetter(0))
                    ],
                )  # fmt: skip
        self._point_numbers[point] = number

    async def forget(self, point: SnapshotPoint, labels: Iterable[str]) -> None:
        """Drop every reading at `point` that rests on one of `labels`. Raises StoreError."""
        of_point = select(points.c.id).where(
            points.c.network == point.network, points.c.block_hash == point.block_hash
        )
        with faults_of_store():
            async with self._engine.begin() as connection:
                for label in labels:
                    await connection.execute(
                        delete(readings).where(
                            readings.c.point.in_(of_point),
                            readings.c.sources.contains(json.dumps(label), autoescape=True),
                        )
                    )

    async def points(self) -> list[SnapshotPoint]:
        """Return every snapshot point that readings were kept of, oldest first."""
        with faults_of_store():
            async with self._engine.connect() as connection:
                rows = await connection.execute(select(points).order_by(points.c.id))
        return [
            SnapshotPoint(
                row.network,
                int(row.height),
                row.block_hash,
                datetime.fromisoformat(row.block_time) if row.block_time else None,
            )
            for row in rows
        ]

    async def _point(self, connection: AsyncConnection, point: SnapshotPoint) -> int:
        if point in self._point_numbers:
            return self._point_numbers[point]
        await connection.execute(
            self._insert_point.values(
                network=point.network,
                height=str(point.height),
                block_hash=point.block_hash,
                block_time="" if point.block_time is None else point.block_time.isoformat(),
            )
        )
        query: Executable = select(points.c.id).where(
            points.c.network == point.network, points.c.block_hash == point.block_hash
        )
        number: int = (await connection.execute(query)).scalar_one()
        return number


def _of_point(point: SnapshotPoint) -> Select[bytes, str, str, str]:
    return (
        select(readings.c.account, readings.c.amount, readings.c.assurance, readings.c.sources)
        .join(points, points.c.id == readings.c.point)
        .where(points.c.network == point.network, points.c.block_hash == point.block_hash)
    )
