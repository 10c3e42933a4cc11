from __future__ import annotations

import asyncio
import zlib

from hypothesis import given
from hypothesis import strategies as st

from crawler.store.database import open_database
from crawler.store.runs import StoredRuns, compressed, run_id

LINES = [b'{"row":%d}\n' % n for n in range(30_000)]


async def test_a_finished_run_is_given_again_whole(location: str) -> None:
    async with open_database(location) as engine:
        stored = StoredRuns(engine)
        await stored.begin("r", entity="okx", list_name="l.csv", list_digest="ab")
        assert await stored.finished("r") is None
        await stored.finish(
            "r", exit_code=1, settled=True, report='{"a":1}\n', parts=compressed(LINES)
        )
    async with open_database(location) as engine:
        stored = StoredRuns(engine)
        run = await stored.finished("r")
        assert run is not None
        assert (run.entity, run.exit_code, run.settled, run.report) == ("okx", 1, True, '{"a":1}\n')
        assert b"".join([piece async for piece in stored.findings("r")]) == b"".join(LINES)
        assert await stored.latest("okx") == run
        assert await stored.latest("htx") is None
        assert await stored.heads() == {"r": run.finished.isoformat()}


async def test_finishing_again_replaces_and_does_not_grow(location: str) -> None:
    async with open_database(location) as engine:
        stored = StoredRuns(engine)
        for number in range(5):
            await stored.begin("r", entity="okx", list_name="l.csv", list_digest="ab")
            lines = [b"%d\n" % number]
            await stored.finish(
                "r", exit_code=3, settled=False, report="{}", parts=compressed(lines)
            )
        assert [piece async for piece in stored.findings("r")] == [b"4\n"]


async def test_two_that_finish_the_same_run_at_once_leave_one_of_them_whole(location: str) -> None:
    async def finish(number: int) -> None:
        async with open_database(location) as engine:
            stored = StoredRuns(engine)
            await stored.begin("r", entity="okx", list_name="l.csv", list_digest="ab")
            await ready.wait()
            parts = [*compressed([b"%d\n" % number])] * (10 + number)
            await stored.finish("r", exit_code=0, settled=True, report=str(number), parts=parts)

    async with open_database(location):
        pass
    ready = asyncio.Barrier(2)
    await asyncio.gather(finish(1), finish(2))
    async with open_database(location) as engine:
        run = await StoredRuns(engine).finished("r")
        assert run is not None
        number = int(run.report)
        found = [piece async for piece in StoredRuns(engine).findings("r")]
    assert found == [b"%d\n" % number] * (10 + number)


@given(st.lists(st.binary(max_size=2000), max_size=50))
def test_parts_are_the_lines_again(lines: list[bytes]) -> None:
    parts = compressed(lines)
    assert b"".join(map(zlib.decompress, parts)) == b"".join(lines)


def test_any_part_changes_the_identity() -> None:
    base = {"list": "ab", "heights": {"ethereum": 1}}
    assert run_id(base) == run_id(dict(reversed(base.items())))
    assert run_id(base) != run_id({**base, "heights": {"ethereum": 2}})
