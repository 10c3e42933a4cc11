"""Long files of lines, as text, in flat memory. Pure: reads what a ProofFile hands out."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence

from crawler.liabilities.interface import LiabilitiesError, ProofFile

LINE_LIMIT = 1 << 20
"""Characters of one line; the longest line of a known system has a few thousand."""


def text_blocks(file: ProofFile) -> Iterator[str]:
    r"""Yield the text of a file in blocks of whole lines, every line ended by a plain ``\n``.

    A byte order mark is taken off, ``\r\n`` becomes ``\n``, and the last line gets its end if it
    has none. Raises LiabilitiesError for bytes that are not UTF-8 and for lines over LINE_LIMIT.

    >>> from crawler.liabilities.interface import HeldFile
    >>> list(text_blocks(HeldFile("x", b"\xef\xbb\xbfa\r\nb")))
    ['a\n', 'b\n']
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    try:
        for chunk in file.chunks():
            text = rest + decoder.decode(chunk)
            end = text.rfind("\n") + 1
            if len(text) - end > LINE_LIMIT:
                raise LiabilitiesError(
                    f"{file.name}: a line is longer than {LINE_LIMIT} characters"
                )
            rest = text[end:]
            if end:
                block = text[:end]
                yield block.replace("\r\n", "\n") if "\r" in block else block
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise LiabilitiesError(f"{file.name}: not UTF-8 text") from error
    if rest:
        yield rest.removesuffix("\r") + "\n"


def all_hex(texts: Sequence[str]) -> bool:
    """Return whether texts of one even length are all lowercase hex.

    Much faster than to match each character: patterns say ``.{64}``, and this looks afterwards.

    >>> all_hex(["ab01", "cd02"]), all_hex(["AB01"]), all_hex(["ab 1"]), all_hex(["xy01"])
    (True, False, False, False)
    """
    joined = "".join(texts)
    try:
        raw = bytes.fromhex(joined)
    except ValueError:
        return False
    return 2 * len(raw) == len(joined) and joined == joined.lower()


class Duplicates:
    """Finds values that occur twice among millions, exactly, in two passes and bounded memory.

    Pass 1 (`note`) marks a bit per value and keeps the values whose bit was marked before; most
    of these only share a bit. Pass 2 (`count`) counts those exactly.

    >>> finder = Duplicates(bits=4, exact=0)
    >>> values = [str(number) for number in range(40)] + ["7"]
    >>> finder.note(values)
    >>> finder.count(values)
    >>> finder.repeated()
    {'7': 2}
    """

    LIMIT = 2_000_000
    """Suspects that are kept. Of 50 million values about 2.2 million share a bit by chance; what
    is beyond the limit is not looked at, and `is_complete` says so."""

    EXACT = 50_000
    """So many values are simply kept, before any bit is marked."""

    def __init__(self, *, bits: int = 29, exact: int = EXACT) -> None:
        self._bits = bits
        self._first: set[str] | None = set()
        self._exact = exact
        self._seen = bytearray()
        self._suspects: dict[str, int] = {}
        self.is_complete = True

    @property
    def has_suspects(self) -> bool:
        """Return whether a second pass is needed."""
        return bool(self._suspects)

    def note(self, values: Sequence[str]) -> None:
        """Pass 1: take the values in."""
        if self._first is not None:
            if len(self._first) + len(values) <= self._exact:
                self._keep(self._first, values)
                return
            kept, self._first = self._first, None
            self._seen = bytearray(1 << max(self._bits - 3, 0))
            self._mark(kept)
        self._mark(values)
        if len(self._suspects) > self.LIMIT:
            self.is_complete = False
            for value in list(self._suspects)[self.LIMIT :]:
                del self._suspects[value]

    def _keep(self, first: set[str], values: Sequence[str]) -> None:
        before = len(first)
        first.update(values)
        if len(first) != before + len(values):
            # Which of them it is does not matter: all that are here are counted in pass 2.
            self._suspects.update(dict.fromkeys(first, 0))

    def _mark(self, values: Iterable[str]) -> None:
        seen, mask, suspects = self._seen, (1 << self._bits) - 1, self._suspects
        for value in values:
            key = hash(value) & mask
            place = key >> 3
            bit = 1 << (key & 7)
            if seen[place] & bit:
                suspects[value] = 0
            else:
                seen[place] |= bit

    def count(self, values: Iterable[str]) -> None:
        """Pass 2: take all the values again."""
        suspects = self._suspects
        for value in values:
            if value in suspects:
                suspects[value] += 1

    def repeated(self) -> dict[str, int]:
        """Return the values that occur more than once, and how often."""
        return {value: times for value, times in self._suspects.items() if times > 1}
