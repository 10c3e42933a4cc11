"""Bytes to physical lines to text. Pure.

A physical line ends at LF, CRLF or a lone CR, as every editor counts them; the last line may lack
its end. Lines are handed on as bytes, because one bad byte must only cost its own row.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from crawler.lists.interface import MalformedReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LINE_LIMIT = 16 * 2**20
"""Bytes of one line, or of one row that spans several. Longer lines are malformed rows."""

BYTE_ORDER_MARK = "\ufeff"
LINE_END = re.compile(rb"[\r\n]")
CURLY_QUOTES = re.compile("[\u2018-\u201f]")


class RowError(Exception):
    """A line, or a row of several lines, that is no row. Never leaves `crawler.lists`.

    `text` is what could be read of the line, only to show its coin and address; `is_open` means
    that the line ends inside a quoted cell, so that the next lines may belong to it.
    """

    def __init__(
        self, reason: MalformedReason, detail: str, *, text: str = "", is_open: bool = False
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.text = text
        self.is_open = is_open


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Yield the physical lines of a byte stream with their ends, whatever the chunks.

    Of a line longer than `LINE_LIMIT` the first ``LINE_LIMIT + 1`` bytes are kept for certain,
    so that its length still shows, and memory stays bounded.

    >>> list(split_lines([b"a\r", b"\nb\rc", b"\n", b"d"]))
    [b'a\r\n', b'b\r', b'c\n', b'd']
    """
    carry = b""
    for chunk in chunks:
        rest = chunk
        if len(carry) > LINE_LIMIT and not carry.endswith(b"\r"):
            line_end = LINE_END.search(chunk)
            if line_end is None:
                continue
            rest = chunk[line_end.start() :]
        pieces = (carry + rest).splitlines(keepends=True)
        carry = b""
        if pieces and not pieces[-1].endswith(b"\n"):  # a CR may yet turn out to be a CRLF
            carry = pieces.pop()
            if len(carry) > LINE_LIMIT and not carry.endswith(b"\r"):
                carry = carry[: LINE_LIMIT + 1]
        yield from pieces
    if carry:
        yield carry


def decode_line(raw: bytes) -> str:
    r"""Return the text of a line with its end, without a byte order mark at its start.

    Raises RowError when it is too long, is not UTF-8, or holds characters that cannot be seen
    (control characters other than tab and line ends; zero-width and direction marks), or quotes
    that a word processor or spreadsheet has curled.

    >>> decode_line(b"\xef\xbb\xbfcoin\n")
    'coin\n'
    >>> decode_line(b"ETH,\xff\n")
    Traceback (most recent call last):
    crawler.lists.lines.RowError: the line is not UTF-8: byte 0xff at position 5
    """
    if len(raw) > LINE_LIMIT:
        shown = raw[:4096].decode("utf-8", errors="replace")
        detail = f"the line is longer than {LINE_LIMIT} bytes"
        raise RowError(MalformedReason.LENGTH, detail, text=shown)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        shown = raw.decode("utf-8", errors="replace")
        place = f"byte 0x{raw[error.start]:02x} at position {error.start + 1}"
        detail = f"the line is not UTF-8: {place}"
        raise RowError(MalformedReason.ENCODING, detail, text=shown) from error
    text = text.removeprefix(BYTE_ORDER_MARK)
    for character in sorted(set(text)):
        if unicodedata.category(character) in {"Cc", "Cf"} and character not in "\t\r\n":
            detail = f"the line holds the invisible character U+{ord(character):04X}"
            raise RowError(MalformedReason.ENCODING, detail, text=text)
    if CURLY_QUOTES.search(text) is not None:
        detail = "the line holds curly quotes: a spreadsheet or word processor has rewritten it"
        raise RowError(MalformedReason.SPREADSHEET, detail, text=text)
    return text
