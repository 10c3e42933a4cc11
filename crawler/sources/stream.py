"""Reading a file in pieces, packed or not, and saying in one sentence why it cannot be read.

Packed files are streamed, never unpacked to disk or memory, within stated limits.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from chains.errors import plain_text
from crawler.errors import ListError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PIECE = 1 << 18
"""Bytes read at once."""

UNPACKED_LIMIT = 64 * 2**30
"""Bytes that a packed list may unpack to. The largest published lists have under 1 GiB."""

RATIO_LIMIT = 200
"""How many times its packed size a list may unpack to, once it is over `RATIO_FLOOR`. Addresses
and signatures are random digits: packing saves little more than half."""

RATIO_FLOOR = 2**30

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells that a file is still the one that was opened first."""

    device: int
    inode: int
    size: int
    changed_ns: int


@contextmanager
def faults_of(name: str) -> Iterator[None]:
    """Turn what the libraries raise about a bad file into ListError, naming the file."""
    try:
        yield
    except FileNotFoundError as error:
        raise ListError(f"there is no file {name}", hint="check the path") from error
    except PermissionError as error:
        hint = "check who may read it"
        raise ListError(f"{name} may not be read by this user", hint=hint) from error
    except EOFError as error:
        hint = "it ends too early; download it again"
        raise ListError(f"{name} is an incomplete archive", hint=hint) from error
    except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        hint = "download it again and compare its digest"
        message = f"{name} is a damaged archive: {plain_text(error)}"
        raise ListError(message, hint=hint) from error
    except NotImplementedError as error:  # zipfile: a compression method that it does not know
        hint = "pack it with the ordinary method (deflate), or unpack it first"
        raise ListError(f"{name} is packed in a way that cannot be read", hint=hint) from error
    except OSError as error:
        raise ListError(f"{name} cannot be read: {plain_text(error.strerror or error)}") from error


def fingerprint(path: Path) -> Fingerprint:
    """Return what identifies the content of a file without reading it. Raises OSError."""
    status = path.stat()
    return Fingerprint(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def require_unchanged(path: Path, expected: Fingerprint, name: str) -> None:
    """Raise ListError when the file is no longer the one whose digest was taken."""
    if fingerprint(path) != expected:
        raise ListError(
            f"{name} has changed while it was being read",
            hint="run again once nothing writes to it any more",
        )


def pieces(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """Yield a stream in pieces of at most `PIECE` bytes."""
    while piece := stream.read(PIECE):
        yield piece


def bounded(parts: Iterable[bytes], *, packed_size: int, name: str) -> Iterator[bytes]:
    """Yield unpacked parts. Raises ListError when they are beyond belief (an archive bomb)."""
    total = 0
    for part in parts:
        total += len(part)
        if total > UNPACKED_LIMIT or (
            total > RATIO_FLOOR and total > RATIO_LIMIT * max(packed_size, 1)
        ):
            raise ListError(
                f"{name} unpacks to over {total // 2**20} MiB from {packed_size} bytes",
                hint=f"no list does: the limit is {RATIO_LIMIT} times its packed size "
                f"beyond {RATIO_FLOOR // 2**20} MiB, and {UNPACKED_LIMIT // 2**30} GiB in all",
            )
        yield part


@dataclass(frozen=True, slots=True)
class FileRange:
    """Some bytes of a plain file that must not have changed since it was opened first."""

    path: Path
    expected: Fingerprint
    name: str
    """For messages: without the folder."""
    offset: int
    length: int

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes in pieces. Raises ListError when the file is no longer the same."""
        with faults_of(self.name), self.path.open("rb") as stream:
            require_unchanged(self.path, self.expected, self.name)
            stream.seek(self.offset)
            left = self.length
            while left and (piece := stream.read(min(PIECE, left))):
                left -= len(piece)
                yield piece
