"""A list cut into blocks of whole physical lines, so that several can read it at once.

A plain file is cut into byte ranges, which whoever reads them opens for himself; a packed one
into pieces of text. No block ends inside a line, nor between a CR and its LF, and together the
blocks are the file: every line once, in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from crawler.lists.lines import split_lines
from crawler.sources.interface import Member
from crawler.sources.stream import PIECE, FileRange, faults_of, require_unchanged

SMALLEST = 1 << 13
"""Bytes of the first block. It holds the headers, and nothing can be foreseen before it is read."""

LARGEST = 1 << 18
"""Bytes that blocks grow to, doubling: the bookkeeping of a block is then noise beside its rows."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some successive physical lines of a file."""

    lines: int
    content: bytes | FileRange

    def pieces(self) -> Iterator[bytes]:
        """Yield the text, cut anywhere. Raises ListError when the file is no longer the same."""
        content = self.content
        return iter((content,)) if isinstance(content, bytes) else content.pieces()

    def without(self, lines: int) -> Block:
        """Return what is left of the block when its first `lines` lines are taken away.

        A line beyond `LINE_LIMIT`, of which only the beginning is ever read, must not be one of
        them. It is always the last line of its block.
        """
        content = self.content
        skipped = sum(map(len, islice(split_lines(self.pieces()), lines)))
        if isinstance(content, bytes):
            return Block(self.lines - lines, content[skipped:])
        rest = replace(content, offset=content.offset + skipped, length=content.length - skipped)
        return Block(self.lines - lines, rest)

    def joined(self, following: Block) -> Block:
        """Return this block and the one right after it as one."""
        first, second = self.content, following.content
        lines = self.lines + following.lines
        if isinstance(first, bytes) and isinstance(second, bytes):
            return Block(lines, first + second)
        if isinstance(first, FileRange) and isinstance(second, FileRange):
            return Block(lines, replace(first, length=first.length + second.length))
        raise TypeError("blocks of two kinds are not of one file")


def cut(member: Member, *, largest: int = LARGEST) -> Iterator[Block]:
    """Yield a file of a list as blocks of about `largest` bytes, the first ones smaller.

    A line longer than that makes its block longer. Raises ListError when the file has changed
    or turns out damaged.
    """
    if member.whole is not None:
        return _cut_ranges(member.whole, largest)
    return _cut_lines(member, largest)


def _cut_ranges(whole: FileRange, largest: int) -> Iterator[Block]:
    offset, size = whole.offset, min(SMALLEST, largest)
    with faults_of(whole.name), whole.path.open("rb") as stream:
        require_unchanged(whole.path, whole.expected, whole.name)
        while True:
            stream.seek(offset)
            head = stream.read(size)
            if not head:
                return
            # A CR at the very end may be half of a line end.
            length = max(head.rfind(b"\n"), head.rfind(b"\r", 0, len(head) - 1)) + 1
            count = _Lines()
            if len(head) == size and length > 0:
                count.add(head[:length])
            else:  # the end of the file, or a line longer than a block
                count.add(head)
                length = len(head)
                while len(head) == size and (further := stream.readline(PIECE)):
                    count.add(further)
                    length += len(further)
                    if further.endswith(b"\n"):
                        break
            yield Block(count.lines(), replace(whole, offset=offset, length=length))
            offset += length
            size = min(2 * size, largest)


def _cut_lines(member: Member, largest: int) -> Iterator[Block]:
    lines: list[bytes] = []
    length, size = 0, min(SMALLEST, largest)
    for line in member.lines():
        lines.append(line)
        length += len(line)
        if length >= size:
            yield Block(len(lines), b"".join(lines))
            lines.clear()
            length, size = 0, min(2 * size, largest)
    if lines:
        yield Block(len(lines), b"".join(lines))


class _Lines:
    """Counts physical lines in successive parts of a text."""

    def __init__(self) -> None:
        self._ends = 0
        self._last = b""

    def add(self, part: bytes) -> None:
        ends = part.count(b"\n")
        if b"\r" in part:
            ends += part.count(b"\r") - part.count(b"\r\n")
        if self._last == b"\r" and part.startswith(b"\n"):
            ends -= 1
        self._ends += ends
        self._last = part[-1:]

    def lines(self) -> int:
        """Return the lines so far; one that has not ended yet counts."""
        return self._ends + (self._last not in {b"", b"\n", b"\r"})
