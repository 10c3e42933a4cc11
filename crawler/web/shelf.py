"""Snapshots whose rows are open: indexed once, shared by all requests, closed when unused."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO

from crawler.reports.changes import changes_between
from crawler.reports.findings import read_lines
from crawler.reports.publication import FINDINGS
from crawler.reports.rows import Block, RowsWriter, read_blocks
from crawler.reports.snapshots import Changes
from crawler.web.findings_index import FindingsIndex
from crawler.web.kept import Kept, UnavailableError

SHELVED = 4
"""Snapshots that stay open while nobody asks for them."""

AT_ONCE = 2
"""Pieces of heavy work that are done at the same time; others wait for their turn."""


@dataclass(slots=True)
class _Slot:
    """One open snapshot and who is reading it."""

    making: asyncio.Task[FindingsIndex]
    readers: int = 0
    packing: asyncio.Task[IO[bytes]] | None = None
    comparing: dict[str, asyncio.Task[Changes]] = field(default_factory=dict)

    async def close(self) -> None:
        """Close what was made, after it was made."""
        (index,) = await asyncio.gather(self.making, return_exceptions=True)
        if not isinstance(index, BaseException):
            index.close()
        if self.packing is not None:
            (packed,) = await asyncio.gather(self.packing, return_exceptions=True)
            if not isinstance(packed, BaseException):
                packed.close()


class Shelf:
    """Open snapshots. A slow request never has a file closed under it.

    Work that a request began goes on when the request is given up: the next one may want it.
    """

    def __init__(self) -> None:
        self._slots: OrderedDict[str, _Slot] = OrderedDict()
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def opened(self, kept: Kept) -> AsyncIterator[FindingsIndex]:
        """Give the findings of a snapshot. Raises UnavailableError when they cannot be read."""
        async with self._held(kept) as slot:
            yield await asyncio.shield(slot.making)

    @asynccontextmanager
    async def packed(self, kept: Kept) -> AsyncIterator[BinaryIO]:
        """Give the rows in columns (`reports.rows`), at their beginning."""
        async with self._held(kept) as slot:
            index = await asyncio.shield(slot.making)
            if slot.packing is None or _has_failed(slot.packing):
                slot.packing = asyncio.create_task(self._pack(index))
            yield io.BufferedReader(_Reader(await asyncio.shield(slot.packing)))

    async def changes(self, before: Kept, after: Kept) -> Changes:
        """Return what changed between two snapshots; worked out once while the later is open."""
        async with self._held(after) as slot:
            task = slot.comparing.get(before.identity)
            if task is None or _has_failed(task):
                task = asyncio.create_task(self._compare(before, after))
                slot.comparing[before.identity] = task
            return await asyncio.shield(task)

    async def close(self) -> None:
        """Close everything; nobody is reading any more."""
        comparing = [task for slot in self._slots.values() for task in slot.comparing.values()]
        await asyncio.gather(*comparing, return_exceptions=True)
        while self._slots:
            _, slot = self._slots.popitem()
            await slot.close()

    @asynccontextmanager
    async def _held(self, kept: Kept) -> AsyncIterator[_Slot]:
        """Give the slot of a snapshot; it stays open as long as the block lasts."""
        slot = self._slots.get(kept.identity)
        if slot is None or _has_failed(slot.making):
            slot = self._slots[kept.identity] = _Slot(asyncio.create_task(self._index(kept)))
        self._slots.move_to_end(kept.identity)
        slot.readers += 1
        try:
            yield slot
        finally:
            slot.readers -= 1
            await self._tidy()

    async def _tidy(self) -> None:
        unused = [key for key, slot in self._slots.items() if not slot.readers]
        for key in unused[: max(0, len(self._slots) - SHELVED)]:
            await self._slots.pop(key).close()

    async def _index(self, kept: Kept) -> FindingsIndex:
        async with self._turns:
            file = await kept.place.findings(kept)
            try:
                digest = kept.summary.digests.get(FINDINGS, "") if kept.has_report else ""
                return await asyncio.to_thread(FindingsIndex, file, digest)
            except ValueError as error:
                file.close()
                raise UnavailableError(str(error)) from error
            except BaseException:
                file.close()
                raise

    async def _pack(self, index: FindingsIndex) -> IO[bytes]:
        async with self._turns:
            return await asyncio.to_thread(_packed, index)

    async def _compare(self, before: Kept, after: Kept) -> Changes:
        async with self.packed(before) as old, self.packed(after) as new, self._turns:
            return await asyncio.to_thread(_compared, before, after, old, new)


class _Reader(io.RawIOBase):
    """A place of its own in a file that others read too; closing it leaves the file open."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_CUR:
            offset += self._place
        elif whence == io.SEEK_END:
            offset += os.fstat(self._file.fileno()).st_size
        self._place = offset
        return offset

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        found = os.pread(self._file.fileno(), len(buffer), self._place)
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)


def _has_failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _packed(index: FindingsIndex) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed with its slot)
    try:
        writer = RowsWriter(file)
        for line in read_lines(index.pieces()):
            writer.add(line)
        writer.finish()
    except BaseException:
        file.close()
        raise
    return file


def _compared(before: Kept, after: Kept, old: BinaryIO, new: BinaryIO) -> Changes:
    def rows_before() -> Iterator[Block]:
        old.seek(0)
        return read_blocks(old)

    with tempfile.TemporaryFile() as rows:
        return changes_between(before.summary, after.summary, rows_before, read_blocks(new), rows)
