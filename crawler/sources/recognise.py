"""Which format a stream of lines has, or, in one sentence, why it is no wallet list."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from chains.errors import plain_text
from crawler.errors import ListError
from crawler.lists.detect import KNOWN_HEADERS, find_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawler.lists.interface import ListFormat

WINDOW = 2000
"""Lines looked at together."""

HEAD_BYTES = 16 * 1024
"""Bytes of a line that are looked at; no header is longer."""

SHOWN = 60
_CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\r\f"})
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
CSV_HINT = "save it as CSV in UTF-8"


class UnrecognisedError(ListError):
    """The bytes can be read, but they are no wallet list of a known format."""


def recognise(lines: Iterator[bytes], name: str) -> ListFormat:
    """Return the format whose header is the first one found, at any line.

    Raises UnrecognisedError when the stream is empty, binary, in UTF-16, or has no known header.
    """
    first = b""
    while window := [line[:HEAD_BYTES] for line in islice(lines, WINDOW)]:
        head = [line.decode("utf-8", errors="replace").rstrip("\r\n") for line in window]
        found = find_format(head)
        if found is not None:
            return found
        if not first:
            _require_text(b"".join(window)[:HEAD_BYTES], name)
            first = next((line for line in window if line.strip(b"\xef\xbb\xbf \t\r\n,")), b"")
    if not first:
        raise UnrecognisedError(f"{name} is empty", hint="download it again")
    shown = plain_text(first[: 4 * SHOWN].decode("utf-8", errors="replace"))[:SHOWN]
    raise UnrecognisedError(
        f"{name} has no header that is known; its first line reads '{shown}'", hint=KNOWN_HEADERS
    )


def _require_text(sample: bytes, name: str) -> None:
    """Raise UnrecognisedError when the first bytes of a file are no text."""
    if sample.startswith(_UTF16_MARKS):
        raise UnrecognisedError(f"{name} is text in UTF-16", hint=CSV_HINT)
    undecodable = sample.decode("utf-8", errors="replace").count("\ufffd")
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if 10 * (controls + undecodable) > len(sample):
        raise UnrecognisedError(f"{name} is binary data, not a list", hint=CSV_HINT)
