from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from crawler.reports.rows import read_blocks
from crawler.web.folders import FolderPlace
from crawler.web.kept import Kept, UnavailableError
from crawler.web.shelf import SHELVED, Shelf
from tests.unit.crawler.reports.test_publication import month, publish
from tests.unit.crawler.web.scenes import FEBRUARY, JANUARY, MARCH, kept_in, looked


@pytest.fixture
async def months(tmp_path: Path) -> list[Kept]:
    for number in range(1, SHELVED + 4):
        publish(tmp_path, month(number))
    found = await FolderPlace(tmp_path).look()
    return sorted(found, key=lambda kept: kept.summary.snapshot)


async def test_a_snapshot_is_indexed_once_for_all_requests(folder: Path) -> None:
    kept = await looked(FolderPlace(folder / "okx"), MARCH)
    shelf = Shelf()

    async def asked() -> int:
        async with shelf.opened(kept) as index:
            await asyncio.sleep(0)
            return id(index)

    assert len(set(await asyncio.gather(*(asked() for _ in range(9))))) == 1
    await shelf.close()


async def test_what_is_unused_is_closed_beyond_a_few(months: list[Kept]) -> None:
    shelf = Shelf()
    async with shelf.opened(months[0]) as first:
        indexes = []
        for kept in months[1:]:
            async with shelf.opened(kept) as index:
                indexes.append(index)
        # One that is being read stays, however many come after it.
        assert first.page({}, 0, 1).matched == 8
        closed = [index for index in indexes if index._file.closed]
        assert closed == indexes[: len(months) - SHELVED]
    await shelf.close()
    assert first._file.closed
    assert all(index._file.closed for index in indexes)


async def test_a_fault_is_told_to_all_and_tried_again(folder: Path) -> None:
    findings = folder / "okx" / "findings.jsonl"
    kept = await looked(FolderPlace(folder / "okx"), MARCH)
    content = findings.read_bytes()
    findings.write_bytes(content[:-10])
    shelf = Shelf()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="cut short"):
            async with shelf.opened(kept):
                raise AssertionError("it was given")
    findings.write_bytes(content)
    async with shelf.opened(kept) as index:
        assert index.rows == 8
    await shelf.close()


async def test_readers_of_packed_rows_do_not_move_each_other(folder: Path) -> None:
    kept = await looked(FolderPlace(folder / "okx"), MARCH)
    shelf = Shelf()
    async with shelf.packed(kept) as one, shelf.packed(kept) as other:
        assert one.read(5) == other.read(5)
        assert one.read() == other.read()
        rest, end = one.seek(-7, io.SEEK_END), one.seek(0, io.SEEK_END)
        assert (end - rest, one.read()) == (7, b"")
        one.seek(rest)
        assert one.seek(2, io.SEEK_CUR) == rest + 2
        assert len(one.read()) == 5
    async with shelf.packed(kept) as again:
        assert [block["rows"] for block in read_blocks(again)] == [8]
    await shelf.close()


async def test_a_comparison_goes_on_when_the_request_is_given_up(folder: Path) -> None:
    found = await FolderPlace(folder / "okx").look()
    before, after = kept_in(found, JANUARY), kept_in(found, FEBRUARY)
    shelf = Shelf()
    given_up = asyncio.create_task(shelf.changes(before, after))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert (await shelf.changes(before, after)).counts.new == 1
    await shelf.close()


async def test_closing_waits_for_what_is_being_made(folder: Path) -> None:
    found = await FolderPlace(folder / "okx").look()
    shelf = Shelf()
    waiting = asyncio.create_task(shelf.changes(kept_in(found, JANUARY), kept_in(found, MARCH)))
    await asyncio.sleep(0)
    await shelf.close()
    assert (await waiting).counts.new == 2
