"""A store for one run that names none: what a killed run had read is not asked for again.

It lies in the user's data directory, is named by what the run depends on, and goes when the run
has ended. It is a convenience: where it cannot be kept, the run goes on without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from crawler.errors import CrawlerError
from crawler.lock import LockedError, exclusive
from crawler.resources import data_dir

WORTH_KEEPING = 2_000
"""Accounts; fewer are read again in a moment."""

KEPT_S = 30 * 86_400
"""How long the journal of a run that was never taken up again stays."""

_ENDINGS = ("", "-wal", "-shm")


def journals(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of journals, ``assay/resume`` in the user's data directory, or None."""
    folder = data_dir(environment)
    return None if folder is None else folder / "resume"


@contextmanager
def journal(
    folder: Path, run: str, say: Callable[[str], None], *, now: Callable[[], float] = time.time
) -> Iterator[str | None]:
    """Yield the path of the journal of `run`; None where none can be kept, after saying why.

    It is removed when the block ends well, and stays when it does not.
    """
    path = folder / f"{run}.sqlite"
    with ExitStack() as held:
        try:
            held.enter_context(exclusive(path.with_suffix(".lock")))
            _remove_old(folder, before=now() - KEPT_S)
        except LockedError:
            say("Another run of this list is at work: this one could not be resumed.")
            yield None
            return
        except (CrawlerError, OSError) as error:
            say(f"What is read is not kept, so this run could not be resumed: {error}")
            yield None
            return
        yield str(path)
        _remove(path)


def _remove_old(folder: Path, *, before: float) -> None:
    for path in folder.glob("*.sqlite"):
        if path.stat().st_mtime < before:
            _remove(path)


def _remove(path: Path) -> None:
    for ending in _ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)
    # Whoever waits for a lock that is gone keeps no journal: see `LockedError` above.
    path.with_suffix(".lock").unlink(missing_ok=True)
