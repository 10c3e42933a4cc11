"""Proof files on disk: single files, folders of them, gzip and zip, as ProofFile streams."""

from __future__ import annotations

import gzip
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chains.errors import plain_text
from crawler.errors import ListError
from crawler.liabilities.interface import DOCUMENT_BYTES, HEAD_BYTES, LiabilitiesError, ProofFile
from crawler.sources.stream import (
    GZIP_MAGIC,
    ZIP_MAGICS,
    Fingerprint,
    bounded,
    faults_of,
    fingerprint,
    pieces,
    require_unchanged,
)

MEMBERS = 20_000
"""Files that one folder or zip may hold."""

Progress = Callable[[int], None]
"""Told how many bytes were read."""


def _no_progress(count: int) -> None:
    del count


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on disk, or a member of a zip. Refused when it changes between two readings."""

    name: str
    path: Path
    expected: Fingerprint
    head: bytes
    member: str = ""
    """Name inside the zip; empty for a file of its own."""
    progress: Progress = _no_progress

    def chunks(self) -> Iterator[bytes]:
        """Yield the file, unpacked, from its start. Raises LiabilitiesError when it cannot be."""
        try:
            for piece in _open(self.path, self.expected, self.name, self.member):
                self.progress(len(piece))
                yield piece
        except ListError as error:
            raise LiabilitiesError(str(error), hint=error.hint) from error

    def read(self, limit: int = DOCUMENT_BYTES) -> bytes:
        """Return the whole file, unpacked. Raises LiabilitiesError over `limit` bytes."""
        parts: list[bytes] = []
        size = 0
        for piece in self.chunks():
            size += len(piece)
            if size > limit:
                raise LiabilitiesError(
                    f"{self.name} is longer than {limit:,} bytes", hint="is it the right file?"
                )
            parts.append(piece)
        return b"".join(parts)


def _open(path: Path, expected: Fingerprint, name: str, member: str) -> Iterator[bytes]:
    with faults_of(name):
        require_unchanged(path, expected, name)
        if member:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                yield from bounded(pieces(stream), packed_size=expected.size, name=name)
            return
        with path.open("rb") as stream:
            is_packed = stream.read(2) == GZIP_MAGIC
        if is_packed:
            with gzip.open(path, "rb") as stream:
                yield from bounded(pieces(stream), packed_size=expected.size, name=name)
            return
        with path.open("rb") as stream:
            yield from pieces(stream)


def open_files(paths: Sequence[Path], progress: Progress = _no_progress) -> list[ProofFile]:
    """Return the files of these paths in order; of a folder or zip, all members sorted by name.

    Of paths that end in one name, the folder is named too: ``a0/sum_proof.json``.
    Raises LiabilitiesError, with one sentence, when one is missing, unreadable or empty.
    """
    files: list[ProofFile] = []
    names = Counter(path.name for path in paths)
    for path in paths:
        folder = path.parent.name if names[path.name] > 1 else ""
        shown = plain_text(f"{folder}/{path.name}" if folder else path.name or str(path))
        try:
            with faults_of(plain_text(path)):
                files.extend(_files_of(path, shown, progress))
        except ListError as error:
            raise LiabilitiesError(str(error), hint=error.hint) from error
    return files


def _files_of(path: Path, shown: str, progress: Progress) -> Iterator[ProofFile]:
    if path.is_dir():
        inside = sorted(entry for entry in path.rglob("*") if entry.is_file())
        if not inside or len(inside) > MEMBERS:
            raise LiabilitiesError(f"{shown} is a folder with {len(inside):,} files")
        for entry in inside:
            name = f"{shown}/{plain_text(entry.relative_to(path).as_posix())}"
            yield _stored(entry, name, progress)
        return
    if path.exists() and not path.is_file():
        hint = "save it to a file first: it is read more than once"
        raise LiabilitiesError(f"{shown} is not an ordinary file", hint=hint)
    expected = fingerprint(path)
    with path.open("rb") as stream:
        is_zip = stream.read(4) in ZIP_MAGICS
    if not is_zip:
        yield _stored(path, shown, progress)
        return
    with zipfile.ZipFile(path) as archive:
        members = sorted(info.filename for info in archive.infolist() if not info.is_dir())
    if not members or len(members) > MEMBERS or len(set(members)) != len(members):
        raise LiabilitiesError(f"{shown} is a zip with {len(members):,} members")
    for member in members:
        head = _head(path, expected, shown, member)
        name = plain_text(member)
        yield StoredFile(name, path, expected, head, member=member, progress=progress)


def _stored(path: Path, name: str, progress: Progress) -> StoredFile:
    expected = fingerprint(path)
    head = _head(path, expected, name, "")
    if not head:
        raise LiabilitiesError(f"{name} is empty")
    return StoredFile(name, path, expected, head, progress=progress)


def _head(path: Path, expected: Fingerprint, name: str, member: str) -> bytes:
    head = b""
    for piece in _open(path, expected, name, member):
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]
