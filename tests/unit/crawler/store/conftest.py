"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.fakes.postgres import Postgres, find_server

_names = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    binaries = find_server()
    if binaries is None:
        reason = "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with Postgres(binaries) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store."""
    if request.param == "sqlite":
        return str(tmp_path / "store.sqlite")
    server: Postgres = request.getfixturevalue("postgres")
    name = f"store{next(_names)}"
    server.create_database(name)
    return server.url.replace("/postgres", f"/{name}")
