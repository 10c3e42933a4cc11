"""A zip of which every byte is accounted for: ordinary, with a digest of itself in its comment.

The comment, ``assay sha256 `` and 64 hex digits, is the SHA-256 of everything before the end
record, and the end record is the one that belongs there. It shows accidents and clumsy changes;
whoever changes the bundle on purpose can seal it again, so trust rests on the manifest's signature.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from chains.errors import plain_text
from crawler.evidence.manifest import MOST_MEMBERS, BundleError, is_safe_name

PREFIX = b"assay sha256 "
COMMENT_SIZE = len(PREFIX) + 64
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LONG_FROM, _LONGEST = 2**31 - 1, 2**32 - 1
_LONG_RECORDS = 56 + 20
_PLAIN_FILE = 0o100644 << 16
_KIND = 0o170000
_PLAIN_KINDS = frozenset({0, 0o100000})
_ENCRYPTED = 0x1
_UNICODE_NAME = 0x800
_TOLD = (
    "date_time", "compress_type", "comment", "extra", "create_system", "create_version",
    "extract_version", "reserved", "volume", "internal_attr", "external_attr", "flag_bits",
)  # fmt: skip
"""What a directory says of a member and no other byte does."""

RATIO_LIMIT = 200
RATIO_FLOOR = 64 * 2**20
"""A member larger than this, and than `RATIO_LIMIT` times its packed size, is a zip bomb."""

UNPACKED_LIMIT = 16 * 2**30
"""Bytes of all members together."""


def _as_written(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)  # dated 1980: a zip says nothing of its time
    info.create_system = 3
    info.external_attr = _PLAIN_FILE
    is_packed = name.endswith((".gz", ".zip"))
    info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    return info


def write_zip(stream: BinaryIO, folder: Path, names: Iterable[str]) -> None:
    """Write the files of `folder` with these names, in order: same files, same bytes."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in names:
            info = _as_written(name)
            info.file_size = (folder / name).stat().st_size
            with (folder / name).open("rb") as source, archive.open(info, "w") as target:
                copyfileobj(source, target, 1 << 20)


def seal(path: Path) -> None:
    """Write the digest of a zip without a comment into its comment."""
    with path.open("r+b") as stream:
        size = stream.seek(0, 2) - _END.size
        stream.seek(size)
        end = bytearray(stream.read())
        end[-2:] = COMMENT_SIZE.to_bytes(2, "little")
        comment = PREFIX + _digest(stream, size).encode()
        stream.seek(size)
        stream.write(end + comment)


def seal_problem(path: Path) -> str:
    """Return why the bytes of a zip are not those that were sealed, or nothing."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2) - _END.size - COMMENT_SIZE
        stream.seek(max(0, size))
        end = stream.read()
        if size < 0 or not end.startswith(_END_MARK) or end[_END.size :][: len(PREFIX)] != PREFIX:
            return "the zip has no seal: it was changed, or packed by another program"
        if end[_END.size + len(PREFIX) :] != _digest(stream, size).encode():
            changed = ", ".join(_changed_headers(path, stream))
            where = f": see the header of {changed}" if changed else ""
            return f"the bytes of the zip are not those that were sealed{where}"
    with zipfile.ZipFile(path) as archive:
        count, start = len(archive.infolist()), archive.start_dir
    # Beyond 2 GiB a second, sealed record stands before the end record.
    directory = size - start - (_LONG_RECORDS if start > _LONG_FROM else 0)
    offset = min(start, _LONGEST)
    if end[: _END.size] != _END.pack(
        _END_MARK, 0, 0, count, count, directory, offset, COMMENT_SIZE
    ):
        return "the end record of the zip was changed"
    return ""


def _changed_headers(path: Path, stream: BinaryIO) -> Iterator[str]:
    """Yield the members whose header, or entry in the directory, is not as `write_zip` writes it.

    Of a zip that opens: what decides where a member lies has been believed.
    """
    with zipfile.ZipFile(path) as archive:
        for found in archive.infolist():
            made = _as_written(found.filename)
            made.CRC, made.file_size = found.CRC, found.file_size
            made.compress_size = found.compress_size
            made.flag_bits = 0 if found.filename.isascii() else _UNICODE_NAME
            header = made.FileHeader()
            stream.seek(found.header_offset)
            if stream.read(len(header)) != header or any(
                getattr(found, name) != getattr(made, name) for name in _TOLD
            ):
                yield plain_text(found.filename)


def _digest(stream: BinaryIO, size: int) -> str:
    stream.seek(0)
    digest = hashlib.sha256()
    while size and (piece := stream.read(min(size, 1 << 20))):
        size -= len(piece)
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose directory is safe to unpack.

    Raises BundleError for names that leave the folder or stand there twice, links, folders,
    encryption, and sizes beyond belief.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _require_safe(archive.infolist(), path.stat().st_size)
            yield archive
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise BundleError(f"the zip is damaged: {plain_text(error)}") from error


def _require_safe(infos: list[zipfile.ZipInfo], packed: int) -> None:
    if len(infos) > MOST_MEMBERS:
        raise BundleError(f"the zip holds {len(infos):,} members")
    # The name as it stands there: zipfile shortens one at a zero byte.
    for name, count in Counter(info.orig_filename for info in infos).items():
        shown = plain_text(repr(name))
        if not is_safe_name(name):
            raise BundleError(f"the zip holds a member whose name is not safe: {shown}")
        if count > 1:
            raise BundleError(f"the zip holds {count} members named {shown}")
    for info in infos:
        shown = plain_text(info.filename)
        if info.external_attr >> 16 & _KIND not in _PLAIN_KINDS:
            raise BundleError(f"{shown} is a link or another special file in the zip")
        if info.flag_bits & _ENCRYPTED:
            raise BundleError(f"{shown} is encrypted")
        if info.file_size > max(RATIO_FLOOR, RATIO_LIMIT * min(info.compress_size, packed)):
            raise BundleError(
                f"{shown} would unpack to {info.file_size:,} bytes from {info.compress_size:,}"
            )
    total = sum(info.file_size for info in infos)
    if total > UNPACKED_LIMIT or total > max(RATIO_FLOOR, RATIO_LIMIT * packed):
        raise BundleError(f"the zip would unpack to {total:,} bytes")
