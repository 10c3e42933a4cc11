"""`assay demo` as a user runs it, and the same scene through `assay verify`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler import cli
from crawler.demo.play import AGREES, play
from crawler.resources import config_dir

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.usefixtures("anvil")

ASSAY = [sys.executable, "-m", "crawler"]


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """An environment whose folder for temporary files is the test's own."""
    (tmp_path / "temporary").mkdir()
    return os.environ | {"TMPDIR": str(tmp_path / "temporary"), "NO_COLOR": "1"}


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of all processes that were told about `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue  # it ended while we looked
        if str(folder).encode() in command:
            found.append(command.decode(errors="replace"))
    return found


def test_it_shows_every_planted_case_and_leaves_nothing(
    tmp_path: Path, surroundings: dict[str, str], home: Path
) -> None:
    shown = subprocess.run(
        [*ASSAY, "demo", "--out", tmp_path / "out"],
        env=surroundings, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stdout + shown.stderr
    for words in (
        "surplus (observed-more), ownership proven",
        "shortfall (observed-less), ownership proven",
        "match (equal), ownership failed",
        "out-of-scope (duplicate)",
        "unresolved (unreachable)",
        "observed figures equal the nodes' own",
        str(tmp_path / "out"),
    ):
        assert words in shown.stdout
    assert {"okx_demo.csv", "report.json", "report.html", "findings.jsonl"} <= {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert shown.stdout.splitlines()[-1].endswith(str(tmp_path / "out" / "report.html"))
    assert json.loads((tmp_path / "out" / "report.json").read_text())
    assert list((tmp_path / "temporary").iterdir()) == []
    assert list(home.iterdir()) == []
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_when_it_is_stopped_its_nodes_stop(
    tmp_path: Path, surroundings: dict[str, str], sent: signal.Signals
) -> None:
    with subprocess.Popen(
        [*ASSAY, "demo", "--out", tmp_path / "out"],
        env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        assert "anvil with chain id" in running.stdout.readline()
        running.send_signal(sent)
        _, said = running.communicate()
    assert running.returncode == 130, said
    assert "Traceback" not in said
    assert processes_of(tmp_path) == []
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "out" / "report.json").exists()


def test_without_anvil_it_says_how_to_get_one(tmp_path: Path, surroundings: dict[str, str]) -> None:
    shown = subprocess.run(
        [*ASSAY, "demo", "--out", tmp_path / "out"],
        env=surroundings | {"ASSAY_ANVIL": str(tmp_path / "none")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 2
    assert "ASSAY_ANVIL" in shown.stderr
    assert shown.stdout == ""
    assert not (tmp_path / "out").exists()


def test_the_verify_command_finds_the_same(tmp_path: Path) -> None:
    codes = []

    def verify(wallet_list: Path, *, endpoints: Sequence[str], out: Path) -> int:
        flags = [word for endpoint in endpoints for word in ("--endpoint", endpoint)]
        code = cli.run(["verify", str(wallet_list), *flags, "--out", str(out), "--quiet"])
        codes.append(code)
        return code

    said: list[str] = []
    data = config_dir().joinpath("demo")
    assert play(verify, data=data, out=tmp_path, say=said.append) == AGREES, said
    assert codes == [1]  # a shortfall and a false signature outrank what could not be checked
    summary = json.loads((tmp_path / "report.json").read_text())
    assert summary["exit_code"] == 1
