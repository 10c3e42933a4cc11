from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.fakes.evidence_scene import make_bundle


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run's bundle, as a folder and as a zip."""
    folder = tmp_path_factory.mktemp("evidence")
    for name in ("folder", "bundle.zip"):
        asyncio.run(make_bundle(folder, name))
    return folder


@pytest.fixture
def bundle(_made: Path, tmp_path: Path) -> Path:
    """A bundle in a folder, to be damaged."""
    return Path(shutil.copytree(_made / "folder", tmp_path / "bundle"))


@pytest.fixture
def zipped(_made: Path, tmp_path: Path) -> Path:
    """A bundle in a zip, to be damaged."""
    return Path(shutil.copyfile(_made / "bundle.zip", tmp_path / "bundle.zip"))
