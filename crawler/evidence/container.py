"""Open a bundle, a folder or a zip: every member hashed, everything that is odd named."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO

from chains.errors import plain_text
from crawler.evidence.manifest import (
    MANIFEST,
    MOST_MEMBERS,
    UNLISTED,
    BundleError,
    Member,
    is_safe_name,
    read_manifest,
)
from crawler.evidence.sealed_zip import opened_zip, seal_problem
from crawler.sources.stream import ZIP_MAGICS

SMALL = 64 * 2**20
"""Bytes of a manifest, a signature or a token, at most."""

_PIECE = 1 << 20


@dataclass(slots=True)
class Bundle:
    """A bundle in a folder, its manifest checked."""

    folder: Path
    manifest: bytes
    members: dict[str, Member]
    problems: list[str] = field(default_factory=list)
    """One sentence each, with the member's name first."""
    damaged: set[str] = field(default_factory=set)
    """Members that are missing or not what the manifest says."""
    extras: frozenset[str] = frozenset()
    """Those of `UNLISTED` that are there."""

    def path(self, name: str) -> Path:
        """Return where a member lies."""
        return self.folder / name

    def blame(self, name: str, what: str) -> None:
        """Note that something about a member does not hold."""
        self.problems.append(f"{name}: {what}")
        self.damaged.add(name)


@contextmanager
def open_bundle(path: Path, advance: Callable[[int], None] = lambda _: None) -> Iterator[Bundle]:
    """Open the bundle at `path`; `advance` is told how many bytes were hashed.

    A zip is unpacked into a temporary folder. Raises BundleError when it is none, or is not safe
    to read: names outside, links, bombs.
    """
    if _is_folder(path):
        yield _checked(_Folder(path), path, advance)
        return
    with (
        tempfile.TemporaryDirectory(prefix="assay-") as temporary,
        opened_zip(path) as archive,
    ):
        bundle = _checked(_Zip(archive), Path(temporary), advance)
        if problem := seal_problem(path):
            bundle.problems.append(f"{plain_text(path.name)}: {problem}")
        yield bundle


def _is_folder(path: Path) -> bool:
    """Return whether `path` is a folder; if not, it is a zip. Raises BundleError for others."""
    shown = plain_text(path)
    try:
        if path.is_dir():
            return True
        with path.open("rb") as stream:
            is_zip = stream.read(4) in ZIP_MAGICS
    except OSError as error:
        raise BundleError(f"{shown} cannot be read: {error.strerror or error}") from error
    if not is_zip:
        raise BundleError(f"{shown} is no evidence bundle", hint="it is a folder or a zip")
    return False


class _Folder:
    """Reads where it lies; nothing is copied."""

    copies = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self.names = set(self._walk())

    def _walk(self) -> Iterator[str]:
        count = 0
        for folder, folders, files in os.walk(self._root):
            for name in (*folders, *files):
                path = Path(folder, name)
                inside = path.relative_to(self._root).as_posix()
                mode = path.lstat().st_mode
                if not is_safe_name(inside):
                    shown = plain_text(repr(inside))
                    raise BundleError(f"the folder holds a file whose name is not safe: {shown}")
                if stat.S_ISDIR(mode):
                    continue
                if not stat.S_ISREG(mode):
                    raise BundleError(f"{plain_text(inside)} is a link or another special file")
                count += 1
                if count > MOST_MEMBERS:
                    raise BundleError(f"the folder holds over {MOST_MEMBERS:,} files")
                yield inside

    def open(self, name: str) -> BinaryIO:
        return (self._root / name).open("rb")


class _Zip:
    copies = True

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.names = set(archive.namelist())

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)


def _checked(source: _Folder | _Zip, folder: Path, advance: Callable[[int], None]) -> Bundle:
    if MANIFEST not in source.names:
        raise BundleError(f"there is no {MANIFEST}: this is no evidence bundle")
    extras = frozenset(UNLISTED & source.names)
    for name in extras:
        problem = _copy(source, name, folder, Member(name, "", SMALL), advance)
        if problem:
            raise BundleError(f"{name}: {problem}")
    manifest = (folder / MANIFEST).read_bytes()
    members = {member.name: member for member in read_manifest(manifest)}
    bundle = Bundle(folder, manifest, members, extras=extras)
    for name, member in members.items():
        if name not in source.names:
            bundle.blame(name, "is missing")
        elif problem := _copy(source, name, folder, member, advance):
            bundle.blame(name, problem)
    for name in sorted(source.names - members.keys() - UNLISTED):
        bundle.problems.append(f"{name}: stands in no manifest")
    return bundle


def _copy(
    source: _Folder | _Zip, name: str, folder: Path, member: Member, advance: Callable[[int], None]
) -> str:
    """Hash a member, unpacking it if it is packed; return what is wrong with it, or nothing."""
    try:
        with ExitStack() as stack:
            stream = stack.enter_context(source.open(name))
            into = None
            if source.copies:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                into = stack.enter_context(target.open("xb"))
            size, found = _hash(stream, into, member.size, advance)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
        # zipfile: RuntimeError asks for a password, or is NotImplementedError
        return f"cannot be unpacked: {plain_text(error)}"
    except OSError as error:
        return f"cannot be read: {error.strerror or plain_text(error)}"
    return _told(size, found, member)


def _told(size: int, found: str, member: Member) -> str:
    if size > member.size:
        return f"is longer than {member.size:,} bytes"
    if not member.sha256:
        return ""
    if size != member.size:
        return f"has {size:,} bytes where the manifest says {member.size:,}"
    if found != member.sha256:
        return f"its SHA-256 is {found}, the manifest says {member.sha256}"
    return ""


def _hash(
    stream: IO[bytes], into: IO[bytes] | None, limit: int, advance: Callable[[int], None]
) -> tuple[int, str]:
    """Return size and digest of a stream, of which no more than `limit` + 1 bytes are read."""
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(min(_PIECE, limit + 1 - size)):
        size += len(piece)
        digest.update(piece)
        advance(len(piece))
        if into is not None:
            into.write(piece)
    return size, digest.hexdigest()
