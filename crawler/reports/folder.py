"""The folder that a run writes: every file appears whole or not at all."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from crawler.errors import OutputError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary neighbour of `path` that takes its place when the block ends well.

    On any error or interrupt the neighbour is removed and `path` is as it was. What a link leads
    to is replaced, not the link; what is no ordinary file (a device, a pipe) is written as it is.
    Raises OutputError when the folder cannot be written.
    """
    if path.exists() and not path.is_file():
        with _in_place(path) as stream:
            yield stream
        return
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_rests(path)
        handle, name = tempfile.mkstemp(prefix=_prefix(path), dir=path.parent)
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


@contextmanager
def _in_place(path: Path) -> Iterator[BinaryIO]:
    """Open what is no ordinary file, and must never be replaced by one."""
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


@contextmanager
def whole_files() -> Iterator[Callable[[Path], BinaryIO]]:
    """Give what opens files that appear together, in the order they were opened, at the end.

    Each is as whole as with `whole_file`; on any error none of them has changed, save when the
    disk itself fails between two renames. Raises OutputError.
    """
    waiting: list[AbstractContextManager[BinaryIO]] = []
    folder = Path()

    def opened(path: Path) -> BinaryIO:
        nonlocal folder
        file = whole_file(path)
        stream = file.__enter__()
        waiting.append(file)
        folder = path.parent
        return stream

    with ExitStack() as stack:
        stack.push(lambda *error: _abandon(waiting, *error))
        try:
            yield opened
        except OSError as error:
            if error.filename is not None:
                raise
            raise OutputError(f"{folder} cannot be written: {error.strerror}.") from error
        while waiting:
            waiting.pop(0).__exit__(None, None, None)


def _abandon(
    files: list[AbstractContextManager[BinaryIO]],
    kind: type[BaseException] | None,
    error: BaseException | None,
    trace: TracebackType | None,
) -> None:
    """Remove what has not taken its place, when there was an error."""
    for file in files:
        with suppress(BaseException):  # it raises what it is given, which is on its way already
            file.__exit__(kind, error, trace)


@contextmanager
def working_folder(path: Path) -> Iterator[Path]:
    """Give an empty folder beside `path` that is gone at the end, with those of killed runs.

    Raises OutputError when it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_rests(path)
        made = tempfile.TemporaryDirectory(prefix=_prefix(path), dir=path.parent)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error
    with made as name:
        yield Path(name)


def _prefix(path: Path) -> str:
    """Return how the names of this process's temporary neighbours of `path` begin."""
    return f".{path.name}.{os.getpid()}."


def rests(path: Path) -> list[Path]:
    """Return the temporary neighbours of `path` that runs left behind which were killed."""
    found = []
    for rest in path.parent.glob(f".{glob.escape(path.name)}.*.*"):
        owner = rest.name.removeprefix(f".{path.name}.").partition(".")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            found.append(rest)
    return found


def _remove_rests(path: Path) -> None:
    for rest in rests(path):
        if rest.is_dir() and not rest.is_symlink():
            shutil.rmtree(rest, ignore_errors=True)
        else:
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
        raise OutputError(f"{path} is not a folder.", hint="Name a folder, or a new place.")
    probe = path
    while not probe.exists():
        probe = probe.parent
    try:
        # Rights alone do not tell: file systems may be read-only, or take no files at all.
        with tempfile.TemporaryFile(dir=probe):
            pass
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
