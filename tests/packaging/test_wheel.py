"""What is in the wheel, and what is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(
    not (CHECKOUT / "crawler").is_dir(), reason="a wheel is built from a checkout"
)


def build(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=CHECKOUT, check=True, capture_output=True,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1735689600"},
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_two_packages_and_nothing_else(names: set[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"crawler", "chains"}


def test_every_module_of_the_checkout_is_in_it(names: set[str]) -> None:
    modules = {
        str(path.relative_to(CHECKOUT))
        for package in ("crawler", "chains")
        for path in (CHECKOUT / package).rglob("*.py")
    }
    assert modules
    assert modules <= names


def test_the_configuration_is_in_it_byte_for_byte(wheel: Path, names: set[str]) -> None:
    bundled = [path for path in (CHECKOUT / "config").rglob("*") if path.is_file()]
    assert {"networks.toml", "okx.toml", "okx_demo.csv"} <= {path.name for path in bundled}
    with ZipFile(wheel) as archive:
        for path in bundled:
            name = f"crawler/_config/{path.relative_to(CHECKOUT / 'config')}"
            assert name in names
            assert archive.read(name) == path.read_bytes()


def test_it_says_that_it_is_typed(names: set[str]) -> None:
    assert {"crawler/py.typed", "chains/py.typed"} <= names


def test_no_test_and_no_cache_is_in_it(names: set[str]) -> None:
    stray = ("test", "conftest", "__pycache__", "node_modules", ".pyc")
    assert [name for name in names if any(word in name for word in stray)] == []


def test_the_same_sources_make_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()
