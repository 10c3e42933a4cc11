"""Workers end with the work, on Ctrl-C and with a parent that is killed; no file is left half."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path
from time import sleep  # noqa: TID251 (nothing asynchronous runs here)
from types import FrameType
from typing import Any

import pytest

from crawler.worker_pool import WorkerPool
from tests.unit.crawler.lists_of_ours import MESSAGE, published

PATIENCE_S = 30


def long_list(path: Path, rows: int) -> None:
    """Write a list that takes seconds: every signature is another one, of nobody."""
    chance = random.Random(1)  # noqa: S311 (a sample)
    path.write_bytes(
        published(
            [
                f"ETH,ETH,1,0x{chance.getrandbits(160):040x},1,{MESSAGE},"
                f"0x{chance.getrandbits(511):0128x}1b,,,,"
                for _ in range(rows)
            ]
        )
    )


def wait_until(condition: object) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if callable(condition) and condition():
            return True
        sleep(0.02)
    return False


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def processes_of(group: int) -> int:
    found = 0
    for entry in Path("/proc").iterdir():
        try:
            found += entry.name.isdigit() and os.getpgid(int(entry.name)) == group
        except ProcessLookupError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="counts processes in /proc")
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)  # fmt: skip
def test_an_interrupted_run_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    long_list(tmp_path / "list.csv", 150_000)
    out = tmp_path / "out" / "verdicts.jsonl"
    command = [sys.executable, "-m", "crawler", "ownership", "list.csv", "--jobs", "2"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    process = subprocess.Popen(
        [*command, "--out", str(out)], cwd=tmp_path, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        # itself, the server of the workers, the tracker of resources, and the workers
        assert wait_until(lambda: processes_of(process.pid) >= 5)
        if number is signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, number)  # what a terminal does, and systemd
        _, errors = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == code
        assert wait_until(lambda: group_is_gone(process.pid))
    finally:
        if not group_is_gone(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
    assert not out.exists()
    if number is not signal.SIGKILL:
        assert errors == "assay: interrupted; what was not finished was not written.\n"
        assert list(out.parent.iterdir()) == []


def stop_in_the_middle_of_a_result(told: Path) -> None:
    """Called in a worker: write the first bytes of a result, and no more."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and "result_queue" not in frame.f_locals:
        frame = frame.f_back
    assert frame is not None
    os.write(frame.f_locals["result_queue"]._writer.fileno(), (1000).to_bytes(4, "big") + b"half")
    told.touch()
    sleep(600)


def test_a_result_that_is_cut_off_does_not_hold_up_the_end(tmp_path: Path) -> None:
    pool = WorkerPool(2)
    cut_off = pool.submit(stop_in_the_middle_of_a_result, tmp_path / "told")
    reader: Any = pool._executor_manager_thread
    results: Any = pool._result_queue
    try:
        assert wait_until((tmp_path / "told").exists)
        pool.abandon()
        reader.join(PATIENCE_S)
        assert not reader.is_alive()
        assert cut_off.done()
    finally:
        results._writer.close()


def test_workers_end_when_they_are_abandoned() -> None:
    pool = WorkerPool(2)
    assert pool.submit(abs, -3).result() == 3
    busy = [pool.submit(sleep, 600) for _ in range(2)]
    workers = active_children()
    assert workers
    assert wait_until(lambda: all(future.running() for future in busy))
    pool.abandon()
    assert wait_until(lambda: not any(worker.is_alive() for worker in workers))
