"""One scheduled run at a time: a file lock that the system itself releases when a run dies."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from chains.errors import plain_text
from crawler.errors import CrawlerError


class LockedError(CrawlerError):
    """Another run is at work."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock at `path` while the block runs.

    A lock left by a run that was killed is taken over: the file may stay, the lock does not.
    Raises LockedError, saying who holds it and since when, and CrawlerError when the folder
    cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise CrawlerError(f"the lock {path} cannot be made: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LockedError(
                f"another run is at work: {_holder(path)}",
                hint=f"its lock is {path}; wait for it, or end that process",
            ) from error
        os.ftruncate(handle, 0)
        holder = {"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        os.pwrite(handle, json.dumps(holder).encode(), 0)
        yield
        os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
        return plain_text(f"process {holder['pid']}, since {holder['since']}")
    except (OSError, ValueError, KeyError, TypeError):
        return "an unknown process"
