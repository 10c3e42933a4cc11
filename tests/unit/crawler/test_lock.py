from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.errors import CrawlerError
from crawler.lock import LockedError, exclusive

HOLD = """
import sys
from pathlib import Path
from crawler.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "run.lock"
    with (
        holder(path) as process,
        pytest.raises(LockedError, match=f"process {process.pid}, since 20"),
        exclusive(path),
    ):
        pass
    with exclusive(path):
        pass


def test_the_lock_of_a_killed_run_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    with holder(path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.read_text() != ""  # its name still stands there
        with exclusive(path):
            assert str(os.getpid()) in path.read_text()


def test_a_lock_that_cannot_be_made_is_one_sentence() -> None:
    with pytest.raises(CrawlerError, match="cannot be made"), exclusive(Path("/dev/null/x.lock")):
        pass
