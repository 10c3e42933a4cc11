from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.unit.crawler.web.scenes import Client, client_of, make_folder, make_store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "out")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return make_store(tmp_path / "store.sqlite")


@pytest_asyncio.fixture
async def client(folder: Path) -> AsyncIterator[Client]:
    async with client_of(folders=(folder,)) as made:
        yield made
