"""Long files of lines, as text, in flat memory. Pure: reads what a ProofFile hands out."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

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


class Duplicates:
    """Finds values that occur twice among millions, exactly, in two passes and bounded memory.

    Pass 1 (`note`) marks a bit per value and keeps the values whose bit was marked before; most
    of these only share a bit. Pass 2 (`count`) counts those exactly.

    >>> finder = Duplicates(bits=4)
    >>> values = [str(number) for number in range(40)] + ["7"]
    >>> finder.note(values)
    >>> finder.count(values)
    >>> finder.repeated()
    {'7': 2}
    """

    LIMIT = 2_000_000
    """Suspects that are kept. Of 50 million values about 2.2 million share a bit by chance; what
    is beyond the limit is not looked at, and `is_complete` says so."""

    def __init__(self, *, bits: int = 29) -> None:
        self._mask = (1 << bits) - 1
        self._seen = bytearray(1 << max(bits - 3, 0))
        self._suspects: dict[str, int] = {}
        self.is_complete = True

    @property
    def has_suspects(self) -> bool:
        """Return whether a second pass is needed."""
        return bool(self._suspects)

    def note(self, values: Iterable[str]) -> None:
        """Pass 1: take the values in."""
        seen, mask, suspects = self._seen, self._mask, self._suspects
        for value in values:
            key = hash(value) & mask
            place = key >> 3
            bit = 1 << (key & 7)
            if seen[place] & bit:
                suspects[value] = 0
            else:
                seen[place] |= bit
        if len(suspects) > self.LIMIT:
            self.is_complete = False
            for value in list(suspects)[self.LIMIT :]:
                del suspects[value]

    def count(self, values: Iterable[str]) -> None:
        """Pass 2: take all the values again."""
        suspects = self._suspects
        for value in values:
            if value in suspects:
                suspects[value] += 1

    def repeated(self) -> dict[str, int]:
        """Return the values that occur more than once, and how often."""
        return {value: times for value, times in self._suspects.items() if times > 1}
