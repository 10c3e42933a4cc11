"""Open the store: SQLite in the user's data directory, or any URL that SQLAlchemy knows."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from chains.errors import plain_text
from crawler.errors import CrawlerError
from crawler.resources import data_dir
from crawler.store.schema import HEAD

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_S = 30
"""How long a writer waits for another one; readers never wait (WAL)."""

MIGRATION_LOCK = 0x617373_6179
"""What those who migrate a PostgreSQL store wait for: a number of this program's own."""

READ_ONLY = {"server_settings": {"default_transaction_read_only": "on"}}
"""For asyncpg: every transaction of the connection only reads."""


class StoreError(CrawlerError):
    """The store cannot be opened, read or written."""


def default_location(environment: Mapping[str, str]) -> Path | None:
    """Return ``store.sqlite`` in the user's data directory; None without a home directory."""
    folder = data_dir(environment)
    return None if folder is None else folder / "store.sqlite"


def store_or_default(location: str | None, environment: Mapping[str, str]) -> str:
    """Return the named store, or the one in the user's data directory.

    Raises StoreError when there is neither a name nor a home directory.
    """
    if location:
        return location
    default = default_location(environment)
    if default is None:
        raise StoreError("there is no home directory for the store", hint="name one with --store")
    return str(default)


def lock_path(location: str, environment: Mapping[str, str]) -> Path:
    """Return where the lock of a store lies: beside its file, or in the user's data directory.

    A database elsewhere is locked for this user on this machine only.
    """
    if "://" not in location:
        path = Path(location).expanduser()
        return path.with_name(path.name + ".lock")
    name = hashlib.sha256(location.encode()).hexdigest()[:16]
    folder = (default_location(environment) or Path(tempfile.gettempdir()) / "assay" / "x").parent
    return folder / f"run-{name}.lock"


def store_url(location: str) -> str:
    """Return the SQLAlchemy URL of a path or of a ``postgresql://`` or ``sqlite://`` URL.

    Raises StoreError for any other scheme; the message never repeats the URL (it may hold a
    password).
    """
    if "://" not in location:
        path = Path(location).expanduser().absolute()
        return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string()
    drivers = {"postgresql": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
    try:
        url = make_url(location)
    except (ArgumentError, ValueError) as error:
        raise StoreError("the store's URL cannot be read") from error
    driver = drivers.get(url.get_backend_name())
    if driver is None:
        raise StoreError(
            f"a store cannot be in {plain_text(url.get_backend_name())}",
            hint="name a file, or a postgresql:// URL",
        )
    return url.set(drivername=driver).render_as_string(hide_password=False)


@asynccontextmanager
async def open_database(location: str, *, is_read_only: bool = False) -> AsyncIterator[AsyncEngine]:
    """Yield the engine of a store that is there, reachable and of this program's schema.

    A store that is `is_read_only` is neither made nor migrated, and refuses to be written.
    Raises StoreError with one sentence otherwise. The caller's own errors pass through; a
    StoreError gets the path of the file, if it is one, as its place.
    """
    place = make_url(store_url(location))
    try:
        async with _opened(place, is_read_only=is_read_only) as engine:
            yield engine
    except (StoreError, ExceptionGroup) as error:
        if place.get_backend_name() == "sqlite":
            _name(error, plain_text(place.database or ""))
        raise


def _name(error: Exception, place: str) -> None:
    """Tell a StoreError where it happened, also those of a group."""
    if isinstance(error, ExceptionGroup):
        for one in error.exceptions:
            _name(one, place)
    elif isinstance(error, StoreError):
        error.place = error.place or place


@asynccontextmanager
async def _opened(place: URL, *, is_read_only: bool) -> AsyncIterator[AsyncEngine]:
    sqlite = place.get_backend_name() == "sqlite"
    if sqlite:
        path = Path(place.database or "")
        if is_read_only:
            _require_presence(path)
        else:
            _require_folder(path)
        await asyncio.to_thread(_require_file, path, is_read_only=is_read_only)
        if is_read_only:
            place = place.set(database=_read_only_uri(path), query={"uri": "true"})
    try:
        engine = create_async_engine(
            place, connect_args=READ_ONLY if is_read_only and not sqlite else {}
        )
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            "the PostgreSQL driver is not installed",
            hint="install reserve-assay with its extra: postgres",
        ) from error
    if sqlite:
        tune = _tune_reader if is_read_only else _tune_writer
        event.listen(engine.sync_engine, "connect", tune)
    try:
        with faults_of_store():
            async with engine.begin() as connection:
                await connection.run_sync(_require_schema if is_read_only else _migrate)
        yield engine
    finally:
        await engine.dispose()


@contextmanager
def faults_of_store() -> Iterator[None]:
    """Turn a database's own faults into StoreError, without its URL or its SQL."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the store failed: {plain_text(error.orig)}") from error
    except OSError as error:
        raise StoreError(f"the store cannot be reached: {plain_text(error)}") from error


def _require_presence(path: Path) -> None:
    if not path.is_file():
        raise StoreError("the store is not there yet", hint="assay run fills it.")


def _require_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the store's folder cannot be made: {error.strerror}") from error


def _read_only_uri(path: Path) -> str:
    """Return SQLite's URI of a file that this connection cannot write, not even to tidy it."""
    return f"{path.absolute().as_uri()}?mode=ro"


def _require_file(path: Path, *, is_read_only: bool) -> None:
    """Open the file once without the driver, which prints faults that it also raises.

    A file that will be written is put into WAL mode, where it stays.
    """
    place = _read_only_uri(path) if is_read_only else path
    try:
        with closing(
            sqlite3.connect(place, timeout=BUSY_TIMEOUT_S, uri=is_read_only)
        ) as connection:
            connection.execute("PRAGMA schema_version").fetchone()
            if not is_read_only:
                _UNTIL_FREE(connection.execute, "PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise StoreError(f"the store failed: {plain_text(error)}") from error


def _is_busy(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


_UNTIL_FREE = Retrying(
    retry=retry_if_exception(_is_busy),
    stop=stop_after_delay(BUSY_TIMEOUT_S),
    wait=wait_random(0.01, 0.1),
    reraise=True,
)
"""For the change of the journal's mode: where two want it at once SQLite refuses one of them
at once, whatever its busy timeout, lest they wait for each other."""


def _tune_writer(connection: Any, _record: object) -> None:  # noqa: ANN401 (a DBAPI connection)
    _set(connection, _PATIENCE, "synchronous=NORMAL")


def _tune_reader(connection: Any, _record: object) -> None:  # noqa: ANN401 (a DBAPI connection)
    """Leave the mode of the journal as it is: to set it would write the file."""
    _set(connection, _PATIENCE, "query_only=ON")


_PATIENCE = f"busy_timeout={BUSY_TIMEOUT_S * 1000}"


def _set(connection: Any, *settings: str) -> None:  # noqa: ANN401 (a DBAPI connection)
    cursor = connection.cursor()
    for setting in settings:
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _require_schema(connection: Connection) -> None:
    found = None
    if inspect(connection).has_table("alembic_version"):
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found != HEAD:
        raise StoreError(
            "the store is not of this version of Assay", hint="assay run brings it up to date."
        )


def _migrate(connection: Connection) -> None:
    """Bring the schema up to date; Alembic, which takes its time to load, only where it is not."""
    if inspect(connection).has_table("alembic_version"):
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if found == HEAD:
            return
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    _alone(connection)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"the store was made by a newer Assay: {plain_text(error)}",
            hint="update Assay, or name another store",
        ) from error


def _alone(connection: Connection) -> None:
    """Let nobody else migrate until this transaction ends, and make all of it one transaction.

    By itself SQLite's driver begins none for tables, so that a kill would leave some of them.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
