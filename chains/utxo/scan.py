"""One pass over a snapshot file: what the targets hold, and whether the file is whole and sound.

What must hold, or `chains.errors.MalformedAnswer` is raised and there is no result at all:

1. every record lies inside the file and follows the rules of `snapshot_file`;
2. there are exactly as many coins as the header says, and nothing after them;
3. no coin is there twice; no amount, and not their sum, overflows.

A target is the compressed script of an account, so that nothing but a dictionary is asked for each
coin. This scanner needs no other package; `scan_numba` gives the same answer much faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chains.utxo.coin_hash import CoinHash, element
from chains.utxo.compression import (
    MAX_SCRIPT,
    MAX_TOTAL,
    SPECIAL_SCRIPTS,
    Malformed,
    decompress_amount,
    decompress_script,
    has_short_form,
    special_size,
)
from chains.utxo.muhash import MuHash
from chains.utxo.snapshot_file import (
    HASH_SIZE,
    LONGEST_RECORD,
    MAX_HEIGHT,
    PROBE_SIZE,
    Fault,
    Header,
    Layout,
    database_order,
    parse_header,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import BufferedIOBase
    from pathlib import Path

CHUNK = 4 * 1024 * 1024


class Hit(NamedTuple):
    """A coin that a target holds."""

    target: int
    """Its position among the targets."""
    outpoint: bytes
    """txid and output number, 36 bytes, as transactions spend it."""
    amount: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What a whole and sound file says."""

    header: Header
    coins: int
    total: int
    """Base units of all coins."""
    max_height: int
    """Of any coin; the newest block's own reward cannot be spent yet, so it is that block's."""
    amounts: list[int]
    """Base units, one per target, in their order."""
    hits: list[Hit] | None
    """None when they were not asked for."""
    hash_serialized: str
    """`hash_serialized_3`; empty when it was not asked for."""
    muhash: str = ""
    """MuHash3072; empty when it was not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """What a scan is to find out besides the amounts."""

    with_hash: bool = True
    with_muhash: bool = False
    """Only with the hash, and slow: see `muhash`."""
    with_hits: bool = False
    mark: int = 0
    """Bits of a coin's code that are neither its height nor the coinbase: they are left out."""
    progress: Callable[[int], None] | None = None
    """Told the number of coins read so far, now and then; called from the scanning thread."""


class Scanner(Protocol):
    """Scans one file for distinct targets."""

    def __call__(self, path: Path, targets: Sequence[bytes], options: ScanOptions) -> Scan:
        """Return what the file says. Raises OSError and MalformedAnswer."""
        ...


def scanner() -> Scanner:
    """Return the fast scanner where numba is installed (extra `utxo`), else the plain one."""
    if find_spec("numba") is None:
        return scan
    from chains.utxo import scan_numba  # noqa: PLC0415 (an extra, and slow to import)

    return scan_numba.scan


def read_header(path: Path) -> Header:
    """Return the header of the file at `path`. Raises OSError and MalformedAnswer."""
    with path.open("rb") as file:
        return parse_header(file.read(PROBE_SIZE))


def scan(path: Path, targets: Sequence[bytes], options: ScanOptions) -> Scan:
    """Return what the file at `path` says, without any other package.

    `targets` are distinct compressed scripts. Raises OSError and MalformedAnswer.
    """
    header = read_header(path)
    with path.open("rb") as file:
        file.seek(header.size)
        return _Scan(header, targets, options, _Window(file, header.size)).run()


class _Window:
    """The part of a file that is in memory. `data[at]` is the next byte."""

    def __init__(self, file: BufferedIOBase, offset: int) -> None:
        self._file = file
        self.data = b""
        self.offset = offset
        """Of `data` in the file."""

    def refill(self, at: int) -> int:
        """Drop what lies before `at`, read on, and return the new position of `at`."""
        self.offset += at
        self.data = self.data[at:] + self._file.read(CHUNK)
        return 0


class _Scan:
    """The state of one scan."""

    def __init__(
        self, header: Header, targets: Sequence[bytes], options: ScanOptions, window: _Window
    ) -> None:
        self.header = header
        self.places = {target: place for place, target in enumerate(targets)}
        if len(self.places) != len(targets):
            raise ValueError("the targets are not distinct")
        self.options = options
        self.window = window
        self.amounts = [0] * len(targets)
        self.hits: list[Hit] = []
        self.hash = CoinHash() if options.with_hash else None
        self.muhash = MuHash() if options.with_muhash else None
        self.total = self.max_height = 0

    def run(self) -> Scan:
        at = self.window.refill(0)
        try:
            at = self._groups(at) if self.header.layout is Layout.V2 else self._singles(at)
        except IndexError:
            raise self._refused(Fault.TRUNCATED, len(self.window.data)) from None
        at = self.window.refill(at)
        if self.window.data:
            raise self._refused(Fault.TRAILING, 0)
        return Scan(
            self.header,
            self.header.coins,
            self.total,
            self.max_height,
            self.amounts,
            self.hits if self.options.with_hits else None,
            self.hash.hex() if self.hash is not None else "",
            self.muhash.hex() if self.muhash is not None else "",
        )

    def _groups(self, at: int) -> int:
        """Read a file of version 2, in which the coins of a transaction stand together."""
        left = self.header.coins
        last = b""
        while left:
            at = self._room(at)
            txid = self._take(at, HASH_SIZE)
            if txid <= last:
                raise self._refused(Fault.TXID_ORDER, at)
            last = txid
            count, at = self._compact_size(at + HASH_SIZE)
            if not 0 < count <= left:
                raise self._refused(Fault.GROUP_SIZE, at)
            self._report(left, count)
            left -= count
            elements: list[tuple[int, bytes]] = []
            order = -1
            for _ in range(count):
                at = self._room(at)
                vout, at = self._compact_size(at)
                order = self._next(order, vout, at)
                at = self._coin(txid, vout, elements, at)
            self._hash(elements)
        return at

    def _singles(self, at: int) -> int:
        """Read a file of the old format, in which every coin has its own txid."""
        last, order = b"", -1
        elements: list[tuple[int, bytes]] = []
        for left in range(self.header.coins, 0, -1):
            at = self._room(at)
            txid = self._take(at, HASH_SIZE)
            vout = int.from_bytes(self._take(at + HASH_SIZE, 4), "little")
            if txid != last:
                if txid < last:
                    raise self._refused(Fault.TXID_ORDER, at)
                self._hash(elements)
                elements, last, order = [], txid, -1
            order = self._next(order, vout, at)
            self._report(left, 1)
            at = self._coin(txid, vout, elements, at + 36)
        self._hash(elements)
        return at

    def _next(self, order: int, vout: int, at: int) -> int:
        """Return the place of `vout` in the database's order; it must lie behind `order`."""
        if vout >> 32:
            raise self._refused(Fault.VOUT, at)
        place = database_order(vout)
        if place <= order:
            raise self._refused(Fault.VOUT_ORDER, at)
        return place

    def _coin(self, txid: bytes, vout: int, elements: list[tuple[int, bytes]], at: int) -> int:
        """Read the coin at `at`; returns the position after it."""
        code, at = self._varint(at)
        code &= ~self.options.mark
        height = code >> 1
        if height > MAX_HEIGHT:
            raise self._refused(Fault.HEIGHT, at)
        self.max_height = max(self.max_height, height)
        compressed, at = self._varint(at)
        try:
            amount = decompress_amount(compressed)
        except Malformed:
            raise self._refused(Fault.AMOUNT, at) from None
        self.total += amount
        if self.total > MAX_TOTAL:
            raise self._refused(Fault.TOTAL, at)
        start = at
        kind, at = self._varint(at)
        size = special_size(kind) if kind < SPECIAL_SCRIPTS else kind - SPECIAL_SCRIPTS
        if size > MAX_SCRIPT:
            raise self._refused(Fault.SCRIPT_SIZE, at)
        body = self._take(at, size)
        if kind >= SPECIAL_SCRIPTS and has_short_form(body):
            # It would hide from its target, and the hash of the set would be the same.
            raise self._refused(Fault.SCRIPT_FORM, at)
        end = at + size
        place = self.places.get(self.window.data[start:end])
        if place is not None:
            self.amounts[place] += amount
        outpoint = txid + vout.to_bytes(4, "little")
        if place is not None and self.options.with_hits:
            self.hits.append(Hit(place, outpoint, amount))
        if self.hash is not None:
            try:
                script = decompress_script(kind, body)
            except Malformed:
                raise self._refused(Fault.KEY, at) from None
            elements.append((vout, element(outpoint, code, amount, script)))
        return end

    def _hash(self, elements: list[tuple[int, bytes]]) -> None:
        if self.hash is not None and elements:
            elements.sort()  # from FIRST_UNORDERED on, the file's order is not that of the numbers
            written = b"".join(written for _, written in elements)
            self.hash.update(written)
            if self.muhash is not None:
                self.muhash.update(written)

    def _report(self, left: int, count: int) -> None:
        if self.options.progress is not None:
            done = self.header.coins - left
            if done >> 20 != (done + count) >> 20:
                self.options.progress(done + count)

    def _room(self, at: int) -> int:
        """Return the position of `at` in a window that holds the next record whole."""
        if at + LONGEST_RECORD > len(self.window.data):
            return self.window.refill(at)
        return at

    def _take(self, at: int, size: int) -> bytes:
        taken = self.window.data[at : at + size]
        if len(taken) != size:
            raise self._refused(Fault.TRUNCATED, at)
        return taken

    def _varint(self, at: int) -> tuple[int, int]:
        data = self.window.data
        value = 0
        while True:
            byte = data[at]
            at += 1
            value = value << 7 | byte & 0x7F
            if value >> 64:
                raise self._refused(Fault.VARINT, at)
            if byte < 0x80:  # noqa: PLR2004 (the mark of the last byte)
                return value, at
            value += 1

    def _compact_size(self, at: int) -> tuple[int, int]:
        first = self.window.data[at]
        if first < 0xFD:  # noqa: PLR2004 (the mark of a longer form)
            return first, at + 1
        size = 2 << (first - 0xFD)
        value = int.from_bytes(self._take(at + 1, size), "little")
        if value < (0xFD, 1 << 16, 1 << 32)[first - 0xFD]:
            raise self._refused(Fault.COMPACT_SIZE, at)
        return value, at + 1 + size

    def _refused(self, fault: Fault, at: int) -> Malformed:
        return refuse(fault, self.window.offset + at)
