"""`assay serve` as a process: it starts, answers, and ends as it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.crawler.web.scenes import make_folder


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the command, and give it with the URL that it says it serves at."""
    command = [sys.executable, "-m", "crawler", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert said.startswith("assay: serving at http://127.0.0.1:"), said
            yield process, said.split()[3]
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    with started("--dir", str(make_folder(tmp_path))) as (process, url):
        with urllib.request.urlopen(url) as answer:  # noqa: S310 (our own server)
            assert b"/entities/okx" in answer.read()
        process.send_signal(number)
        assert process.wait() == 0
        assert process.stderr is not None
        assert process.stderr.read() == "assay: ended\n"


def test_a_port_that_is_taken_ends_it_with_a_sentence(tmp_path: Path) -> None:
    with started("--dir", str(tmp_path)) as (_, url):
        port = url.rstrip("/").rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "crawler", "serve", "--dir", str(tmp_path), "--port", port],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert second.returncode == 2
    assert f"port {port} of 127.0.0.1 is taken" in second.stderr
    assert "Traceback" not in second.stderr


def test_what_cannot_be_shown_is_said_at_once(tmp_path: Path) -> None:
    with started("--store", str(tmp_path / "none.sqlite")) as (process, _):
        assert process.stderr is not None
        assert process.stderr.readline() == (
            "assay: warning: not shown: store: the store is not there yet. assay run fills it.\n"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_can_never_be_one_ends_it_with_a_sentence() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "crawler", "serve", "--store", "mysql://u:secret@h/d"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.startswith("assay: a store cannot be in mysql\n")
    assert "secret" not in ended.stderr
