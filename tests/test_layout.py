"""The house rules that no linter knows: what lies where, and what may not stand in a file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(
    not (CHECKOUT / ".git").exists(), reason="these rules are about a git checkout"
)

TOP_LEVEL = {
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "Makefile", "requirements.lock",
    ".ci", ".pre-commit-config.yaml", ".gitignore",
    "chains", "crawler", "config", "tests", "docs",
}  # fmt: skip

LONGEST_MODULE = 600

WITHOUT_MIRROR = {
    "chains/__init__.py": "a docstring",
    "chains/adapter.py": "the contract: protocols and plain values; every family's tests use it",
    "chains/probed.py": "plain values and a protocol; every family's probe uses it",
    "chains/judgements.py": "plain values; every family's tests use them",
    "chains/readings.py": "plain values; every family's tests use them",
    "chains/utxo/server_settings.py": "plain values",
    "crawler/__init__.py": "a docstring and the version",
    "crawler/__main__.py": "a few lines, run by test_cli and tests/e2e",
    "crawler/store/schema.py": "declarations; compared with the migrations in test_database.py",
    "crawler/store/migrations/env.py": "run by Alembic in every test of the store",
    "crawler/store/migrations/versions/v0001_first.py": "run by Alembic; see test_database.py",
    "crawler/errors.py": "exceptions without behaviour of their own",
    "crawler/outcome.py": "plain values",
    "crawler/reports/formats.py": "plain values",
    "crawler/cli/options.py": "declarations; run by tests/unit/crawler/test_cli.py",
    "crawler/cli/verify.py": "run by tests/unit/crawler/test_cli.py",
    "crawler/cli/balances.py": "run by tests/unit/crawler/test_cli_balances.py",
    "crawler/cli/ownership.py": "run by tests/unit/crawler/test_cli.py",
    "crawler/cli/networks.py": "run by tests/unit/crawler/test_cli.py",
    "crawler/cli/overlaps.py": "run by tests/unit/crawler/test_overlaps.py",
    "crawler/cli/replay.py": "run by tests/unit/crawler/evidence/test_bundle.py",
    "crawler/cli/run.py": "run by tests/unit/crawler/test_cli_run.py",
    "crawler/cli/demo.py": "run by tests/e2e/test_demo.py",
    "crawler/cli/report.py": "run by tests/unit/crawler/test_cli_report.py",
    "crawler/demo/__init__.py": "composes the parts; run by tests/e2e/test_demo.py",
}
"""Modules with no test module of the same name, and why not."""

MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:work|root|home/\w+|tmp/wt)/")
REGISTRY_HOST = re.compile(r"(?:pypi|npmjs|pythonhosted)\.(?:org|com)")
HEAVY = {"web3", "bitcoinlib", "numba", "sqlalchemy", "aiohttp", "pydantic", "asyncio"}


@cache
def files() -> tuple[str, ...]:
    """Return the paths of the checkout that git keeps, or would keep if they were added."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return tuple(sorted(name for name in listed.stdout.split("\0") if (CHECKOUT / name).is_file()))


def modules(*packages: str) -> list[str]:
    return [name for name in files() if name.endswith(".py") and name.split("/")[0] in packages]


def texts() -> list[tuple[str, str]]:
    found = []
    for name in files():
        try:
            found.append((name, (CHECKOUT / name).read_text("utf-8")))
        except UnicodeDecodeError:
            continue  # a binary vector
    return found


def mirror_of(module: str) -> str:
    folder, _, name = module.rpartition("/")
    if name == "__init__.py":
        folder, _, name = folder.rpartition("/")
        name += ".py"
    return f"tests/unit/{folder}/test_{name.removeprefix('_')}".replace("//", "/")


def test_the_top_level_is_exactly_as_agreed() -> None:
    assert {name.split("/")[0] for name in files()} == TOP_LEVEL
    assert [name for name in files() if name.startswith(".ci/")] == [".ci/run"]


def test_no_file_names_a_machine() -> None:
    assert [name for name, text in texts() if MACHINE_PATH.search(text)] == []


def test_no_file_names_a_package_registry() -> None:
    assert [name for name, text in texts() if REGISTRY_HOST.search(text)] == []


def test_lock_files_name_no_host_at_all() -> None:
    locks = [name for name in files() if name.endswith(("requirements.lock", "package-lock.json"))]
    assert len(locks) == 3
    for name in locks:
        text = (CHECKOUT / name).read_text()
        assert "://" not in text, name
        assert "index-url" not in text, name
        assert "find-links" not in text, name


def test_every_locked_package_has_its_hashes() -> None:
    lock = (CHECKOUT / "requirements.lock").read_text()
    entries = re.findall(r"^(\S+)==.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+", lock, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[a-z]", lock, re.MULTILINE)) > 50


def test_the_lock_covers_what_the_project_asks_for() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    # Benches and fuzzing install their own on top.
    groups = [
        item
        for name, group in project["dependency-groups"].items()
        if name not in {"bench", "fuzz"}
        for item in group
    ]
    asked = [
        *project["project"]["dependencies"],
        *(item for item in groups if isinstance(item, str)),
    ]
    names = {re.split(r"[^\w.-]", item)[0].lower() for item in asked}
    lock = (CHECKOUT / "requirements.lock").read_text()
    assert names <= set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))


def test_every_module_has_its_test_module() -> None:
    missing = {
        module
        for module in modules("crawler", "chains")
        if module not in WITHOUT_MIRROR
        and mirror_of(module) not in files()
        # a module that holds nothing but its docstring has nothing to test
        and len(ast.parse((CHECKOUT / module).read_text()).body) > 1
    }
    assert missing == set()


def test_every_exception_to_the_mirror_is_needed() -> None:
    known = set(modules("crawler", "chains"))
    assert {
        name for name in WITHOUT_MIRROR if name not in known or mirror_of(name) in files()
    } == set()


def test_no_module_is_too_long() -> None:
    lengths = {
        name: len((CHECKOUT / name).read_text().splitlines())
        for name in modules("crawler", "chains", "tests")
    }
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_the_map_names_every_room_once() -> None:
    """A family may be a module or a package: the map's suffixes are not compared."""
    rows = [
        line.split("|")[1]
        for line in (CHECKOUT / "docs/architecture.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    named = re.findall(r"`((?:chains|crawler)/\w+)(?:\.py|/)?`", " ".join(rows))
    rooms = {
        "/".join(name.split("/")[:2]).removesuffix(".py")
        for name in modules("crawler", "chains")
        if not re.fullmatch(r"\w+/__\w+__\.py", name)
    }
    assert sorted(named) == sorted(rooms)


def test_no_module_is_named_after_nothing() -> None:
    vague = {"utils", "helpers", "common", "base", "misc"}
    assert [name for name in files() if vague & set(re.split(r"[/.]", name))] == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Otherwise two test modules of one name shadow each other."""
    folders = {str(Path(name).parent) for name in modules("tests")}
    assert {folder for folder in folders if f"{folder}/__init__.py" not in files()} == set()


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys, crawler.cli\n"
        "code = crawler.cli.run(['--help'])\n"
        "print(code, *sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr)\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, check=True, text=True
    )
    code, *imported = shown.stderr.split()
    assert code == "0"
    assert "Usage: " in shown.stdout
    assert HEAVY & set(imported) == set()
