"""Verdicts that the workers of a pool tell one another, in memory that they share.

The rows of one address lie far apart in a list, so that without it every worker would verify
every signature. A slot is written once, under a lock, and read without one: a slot that is half
written names either another row or a verdict that nobody knows, and the reader verifies the row
itself. What the board lacks, or has no room for, costs time and nothing else.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ctypes import Array, c_char
    from multiprocessing.context import BaseContext
    from multiprocessing.synchronize import Lock

    from chains.adapter import OwnershipVerdict

KEY_SIZE = 32
MARK_SIZE = 16
SLOT_SIZE = KEY_SIZE + MARK_SIZE
SLOTS_IN_GROUP = 4
GROUP_SIZE = SLOTS_IN_GROUP * SLOT_SIZE
GROUPS = 1 << 15
"""Room for 131,072 rows in 6 MB."""

VERDICTS_KEPT = 4096
"""Different verdicts that one worker tells of or recognises."""

_FREE = bytes(SLOT_SIZE)

Shared = tuple["Array[c_char]", "Lock"]


class VerdictBoard:
    """What one worker sees of the board; the memory itself belongs to all of them."""

    def __init__(self, shared: Shared) -> None:
        """Take part in `shared`, as `new_board` made it."""
        memory, self._lock = shared
        self._memory = memoryview(memory).cast("B")
        self._verdicts: dict[bytes, OwnershipVerdict] = {}
        self._marks: dict[int, bytes] = {}
        self._kept: list[OwnershipVerdict] = []
        """So that no other verdict can come to have an identity in `_marks`."""

    def find(self, key: bytes) -> OwnershipVerdict | None:
        """Return the verdict posted for the row of this key (32 bytes of a hash), or None.

        None as well for a verdict of a kind that this worker has not posted itself.
        """
        start = self._start(key)
        group = self._memory[start : start + GROUP_SIZE].tobytes()
        for place in range(0, GROUP_SIZE, SLOT_SIZE):
            if group.startswith(key, place):
                return self._verdicts.get(group[place + KEY_SIZE : place + SLOT_SIZE])
        return None

    def post(self, found: Iterable[tuple[bytes, OwnershipVerdict]]) -> None:
        """Tell the other workers the verdicts of these keys, as far as there is room."""
        marked = [(key, mark) for key, verdict in found if (mark := self._mark(verdict))]
        memory = self._memory
        with self._lock:
            for key, mark in marked:
                start = self._start(key)
                for place in range(start, start + GROUP_SIZE, SLOT_SIZE):
                    slot = memory[place : place + SLOT_SIZE]
                    if slot == _FREE:
                        slot[:] = key + mark
                        break
                    if slot[:KEY_SIZE] == key:
                        break

    def _mark(self, verdict: OwnershipVerdict) -> bytes:
        """Return what stands for a verdict in all processes, or nothing for one too many."""
        mark = self._marks.get(id(verdict))
        if mark is None:
            if len(self._marks) >= VERDICTS_KEPT:
                return b""
            mark = sha256(repr(verdict).encode(errors="surrogatepass")).digest()[:MARK_SIZE]
            self._verdicts.setdefault(mark, verdict)
            self._kept.append(verdict)
            self._marks[id(verdict)] = mark
        return mark

    @staticmethod
    def _start(key: bytes) -> int:
        return int.from_bytes(key[:4], "big") % GROUPS * GROUP_SIZE


_boards: list[VerdictBoard] = []


def new_board(context: BaseContext) -> Shared:
    """Return an empty board, to be given to the workers of a pool when they start."""
    return context.RawArray("c", GROUPS * GROUP_SIZE), context.Lock()


def join(shared: Shared) -> None:
    """Use this board in this process from now on."""
    _boards[:] = [VerdictBoard(shared)]


def board() -> VerdictBoard | None:
    """Return the board of this process, or None when it works alone."""
    return _boards[0] if _boards else None
