from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, inspect, text

from crawler.store.database import (
    MIGRATIONS,
    StoreError,
    default_location,
    open_database,
    store_url,
)
from crawler.store.runs import StoredRuns
from crawler.store.schema import HEAD, metadata


async def test_the_migrations_make_the_tables_of_the_schema(location: str) -> None:
    for _ in range(2):  # the second time there is nothing to do
        async with open_database(location) as engine, engine.connect() as connection:
            found = await connection.run_sync(
                lambda sync: {
                    table: {column["name"] for column in inspect(sync).get_columns(table)}
                    for table in inspect(sync).get_table_names()
                }
            )
        found.pop("alembic_version")
        assert found == {
            name: {column.name for column in table.columns}
            for name, table in metadata.tables.items()
        }


def test_the_newest_migration_is_the_one_that_the_schema_names() -> None:
    assert ScriptDirectory(MIGRATIONS).get_current_head() == HEAD


async def test_a_store_of_an_unknown_version_is_not_used(location: str) -> None:
    async with open_database(location) as engine, engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer"):
        async with open_database(location):
            pass


@pytest.mark.parametrize("reached", range(1, len(metadata.tables) + 1))
async def test_a_store_that_was_cut_off_while_it_was_made_is_made_anew(
    location: str, reached: int
) -> None:
    made = 0

    def cut_off(*arguments: object) -> None:
        nonlocal made
        made += str(arguments[2]).lstrip().startswith("CREATE TABLE")
        if made > reached:
            raise InterruptedError

    event.listen(Engine, "before_cursor_execute", cut_off)
    try:
        with pytest.raises((InterruptedError, StoreError)):
            async with open_database(location):
                pass
    finally:
        event.remove(Engine, "before_cursor_execute", cut_off)
    await test_the_migrations_make_the_tables_of_the_schema(location)


async def test_many_that_open_a_new_store_at_once_make_it_once(location: str) -> None:
    async def use() -> int:
        async with open_database(location) as engine, engine.connect() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM runs")) or 0)

    assert await asyncio.gather(*(use() for _ in range(5))) == [0] * 5


async def test_a_new_store_whose_file_another_program_writes_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")  # SQLite refuses a change of mode at once for this one
        asyncio.get_running_loop().call_later(0.3, other.execute, "ROLLBACK")
        async with open_database(str(path)) as engine:
            assert await StoredRuns(engine).heads() == {}
        assert not other.in_transaction


async def test_a_store_that_is_only_read_refuses_to_be_written(location: str) -> None:
    async with open_database(location) as engine:
        await StoredRuns(engine).begin("ab", entity="okx", list_name="l", list_digest="cd")
    async with open_database(location, is_read_only=True) as engine:
        runs = StoredRuns(engine)
        assert await runs.heads() == {}
        with pytest.raises(StoreError, match=r"(?i)read-?only"):
            await runs.begin("ef", entity="okx", list_name="l", list_digest="cd")


async def test_a_store_that_is_only_read_is_neither_made_nor_migrated(
    tmp_path: Path, location: str
) -> None:
    with pytest.raises(StoreError, match="not there yet"):
        async with open_database(str(tmp_path / "deep" / "none.sqlite"), is_read_only=True):
            pass
    assert not await asyncio.to_thread((tmp_path / "deep").exists)
    async with open_database(location) as engine, engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(StoreError, match="not of this version"):
        async with open_database(location, is_read_only=True):
            pass


ENDED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode=" + sys.argv[2])
connection.execute("UPDATE runs SET report='{}', finished='2026-01-01'")
connection.commit()
os._exit(0)
"""


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
async def test_reading_leaves_the_file_of_a_store_as_it_is(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a b%23#.sqlite"  # what a URI would take for something else
    async with open_database(str(path)) as engine:
        await StoredRuns(engine).begin("ab", entity="okx", list_name="l", list_digest="cd")
    # A program that ended in the middle: its last words are still in the write-ahead log.
    await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", ENDED, str(path), mode], check=True
    )
    before = await asyncio.to_thread(path.read_bytes)
    async with open_database(str(path), is_read_only=True) as engine:
        assert await StoredRuns(engine).heads() == {"ab": "2026-01-01"}
    assert await asyncio.to_thread(path.read_bytes) == before


async def test_sqlite_is_in_wal_mode(tmp_path: Path) -> None:
    location = str(tmp_path / "deep" / "store.sqlite")
    async with open_database(location) as engine, engine.connect() as connection:
        mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
    assert mode == "wal"


@pytest.mark.parametrize(
    ("location", "message", "place"),
    [
        ("mysql://u:secret@h/d", "cannot be in mysql", ""),
        ("postgresql://u:secret@127.0.0.1:1/d", "cannot be reached", ""),
        ("/dev/null/x/store.sqlite", "folder cannot be made", "/dev/null/x/store.sqlite"),
        ("/usr", "unable to open", "/usr"),
        ("sqlite:////usr", "unable to open", "/usr"),
    ],
)
async def test_a_store_that_cannot_be_used_is_one_sentence_without_the_password(
    location: str, message: str, place: str
) -> None:
    with pytest.raises(StoreError, match=message) as caught:
        async with open_database(location):
            pass
    assert "secret" not in str(caught.value)
    assert "/" not in str(caught.value), "a page may show it, and not where things lie"
    assert caught.value.place == place


async def test_a_store_that_fails_later_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with pytest.raises(StoreError) as caught:
        async with open_database(str(path)):
            raise StoreError("the store failed: it is full")
    assert caught.value.place == str(path)
    error = StoreError("the store failed: it is full")
    with pytest.raises(ExceptionGroup):
        async with open_database(str(path)):
            raise ExceptionGroup("of a task", [ExceptionGroup("of its task", [error])])
    assert error.place == str(path)


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes " * 1000)
    with pytest.raises(StoreError, match="not a database"):
        async with open_database(str(path)):
            pass
    assert path.read_text() == "my notes " * 1000


def test_where_the_store_is_by_default() -> None:
    home = {"HOME": "/users/me", "XDG_DATA_HOME": "relative"}
    assert default_location(home) == Path("/users/me/.local/share/assay/store.sqlite")
    assert default_location({"XDG_DATA_HOME": "/data"}) == Path("/data/assay/store.sqlite")
    assert default_location({}) is None


def test_urls_get_their_asynchronous_drivers() -> None:
    assert store_url("postgresql://a:b@h/d") == "postgresql+asyncpg://a:b@h/d"
    assert store_url("sqlite:////x.db") == "sqlite+aiosqlite:////x.db"
    assert store_url("/x.db") == "sqlite+aiosqlite:////x.db"
