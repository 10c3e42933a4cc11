"""A wallet list in a file: CSV, gzip of a CSV, or zip. Told by content, not by name."""

from __future__ import annotations

import gzip
import hashlib
from functools import partial
from typing import TYPE_CHECKING

from chains.errors import plain_text
from crawler.errors import ListError
from crawler.lists.lines import split_lines
from crawler.sources.archive import open_archive
from crawler.sources.interface import ListSource, Member
from crawler.sources.recognise import recognise
from crawler.sources.stream import (
    GZIP_MAGIC,
    ZIP_MAGICS,
    FileRange,
    Fingerprint,
    bounded,
    faults_of,
    fingerprint,
    pieces,
    require_unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def open_list(path: Path) -> ListSource:
    """Return the list at `path`: digest taken, format recognised, rows still unread.

    Raises ListError, with one sentence and a hint, when it is missing, a folder, unreadable,
    empty, damaged, encrypted, binary, or of no known format. Damage further inside a packed
    file shows while its lines are read, as ListError too.
    """
    shown = plain_text(path)
    with faults_of(shown):
        if path.is_dir():
            raise ListError(
                f"{shown} is a folder", hint="name the list itself: a .csv, .gz or .zip"
            )
        if path.exists() and not path.is_file():
            hint = "save it to a file first: it is read more than once"
            raise ListError(f"{shown} is not an ordinary file", hint=hint)
        expected = fingerprint(path)
        with path.open("rb") as stream:
            magic = stream.read(4)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    name = plain_text(path.name)
    if magic in ZIP_MAGICS:
        members, left_out = open_archive(path, expected, name)
        return ListSource(name=name, digest=digest, members=members, left_out=left_out)
    if magic.startswith(GZIP_MAGIC):
        whole = None
        read: Callable[[], Iterator[bytes]] = partial(_read_gzip, path, expected, name)
    else:
        whole = FileRange(path, expected, name, 0, expected.size)
        read = whole.pieces
    list_format = recognise(split_lines(read()), name)
    member = Member(name=name, format=list_format, read=read, whole=whole)
    return ListSource(name=name, digest=digest, members=(member,))


def _read_gzip(path: Path, expected: Fingerprint, name: str) -> Iterator[bytes]:
    with faults_of(name), gzip.open(path, "rb") as stream:
        require_unchanged(path, expected, name)
        yield from bounded(pieces(stream), packed_size=expected.size, name=name)
