"""The folder that a run writes: every file appears whole or not at all."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from crawler.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary neighbour of `path` that takes its place when the block ends well.

    On any error or interrupt the neighbour is removed and `path` is as it was.
    Raises OutputError when the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_rests(path)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.{os.getpid()}.", dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as stream:
            yield stream
        # mkstemp makes private files; a report is as readable as any other new file.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _remove_rests(path: Path) -> None:
    """Remove the neighbours that runs left behind which were killed."""
    for rest in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        owner = rest.name.removeprefix(f".{path.name}.").partition(".")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            rest.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def require_folder(path: Path) -> None:
    """Make sure that files can be written into `path`, before any long work is done.

    Raises OutputError otherwise.
    """
    if path.exists() and not path.is_dir():
        raise OutputError(f"{path} is not a folder.", hint="--out names a folder for the report.")
    probe = path
    while not probe.exists():
        probe = probe.parent
    if not os.access(probe, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: permission denied.")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
