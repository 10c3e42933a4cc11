"""The fast scanner: same question, same answer and same errors as `scan.scan`. Extra `utxo`.

The file is read in chunks; what the kernel writes for the hash is hashed by a second thread.
"""

from __future__ import annotations

import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from chains.errors import TooLarge
from chains.utxo import scan_kernel as kernel
from chains.utxo.coin_hash import CoinHash
from chains.utxo.compression import MAX_TOTAL, full_key, has_short_form, read_compact_size
from chains.utxo.muhash import HEAD, MuHash
from chains.utxo.muhash_kernel import product
from chains.utxo.scan import Hit, Scan, ScanOptions, read_header
from chains.utxo.snapshot_file import LONGEST_RECORD, Fault, Header, Layout, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import FileIO
    from pathlib import Path


CHUNK = 16 * 1024 * 1024
OUT_SIZE = 32 * 1024 * 1024
LARGEST_OUT = 1 << 30
"""Bytes. One transaction's coins must fit: far more than any block of these networks holds."""
FIXES = 1 << 14
HITS = 1 << 16
NEAR_FILTER = 1 << 23
"""Bits: one megabyte, which stays in the processor's near cache."""
WAITING = 256
"""Coins that are looked up together."""


def scan(path: Path, targets: Sequence[bytes], options: ScanOptions) -> Scan:
    """Return what the file at `path` says. Raises OSError and MalformedAnswer.

    `targets` are distinct compressed scripts.
    """
    header = read_header(path)
    if header.coins >= 1 << 62:
        raise refuse(Fault.TRUNCATED, header.size)
    with path.open("rb", buffering=0) as file, ThreadPoolExecutor(1) as hasher:
        file.seek(header.size)
        return _Scan(header, _Table(targets), options, hasher).run(file)


class _Table:
    """The targets, ready to be looked up."""

    def __init__(self, targets: Sequence[bytes]) -> None:
        self.size = len(targets)
        self.keys = np.array([secrets.randbits(64) | 1 for _ in range(kernel.WORDS + 1)], np.uint64)
        sizes = np.fromiter(map(len, targets), np.uint64, self.size)
        self.blob = np.frombuffer(b"".join(targets) + bytes(8 * kernel.WORDS), np.uint8).copy()
        self.near = np.zeros(NEAR_FILTER // 64, np.uint64)
        self.index = np.full(2 * _power(self.size), 0, np.uint64)
        self.targets = np.full((self.size, kernel.TARGET_WORDS), 0, np.uint64)
        self.targets[:, kernel.SCRIPT] = (np.cumsum(sizes) - sizes) << np.uint64(16) | sizes
        if not kernel.fill_table(self.blob, self.keys, self.near, self.index, self.targets):
            raise ValueError("the targets are not distinct")

    def amounts(self) -> list[int]:
        """Return what the targets hold, in their order."""
        found: list[int] = self.targets[:, kernel.AMOUNT_HELD].tolist()
        return found


def _power(number: int) -> int:
    return 1 << max(1, number).bit_length()


class _Scan:
    """The buffers and the state of one scan."""

    def __init__(
        self, header: Header, table: _Table, options: ScanOptions, hasher: ThreadPoolExecutor
    ) -> None:
        self.header = header
        self.table = table
        self.options = options
        self.hasher = hasher
        self.hash = CoinHash()
        self.muhash = MuHash(product) if options.with_muhash else None
        self.pending: Future[None] | None = None
        self.state = np.zeros(kernel.STATE_SIZE, np.int64)
        self.data = np.zeros(CHUNK + 2 * LONGEST_RECORD, np.uint8)
        self.filled = 0
        self.offset = header.size
        size = OUT_SIZE if options.with_hash else 0
        self.outs = [np.empty(size, np.uint8), np.empty(size, np.uint8)]
        self.fixes = np.empty(FIXES if options.with_hash else 0, np.int64)
        room = HITS if options.with_hits else 0
        self.waiting = np.empty((WAITING, kernel.WAITING_WORDS), np.uint64)
        self.waiting_outpoints = np.empty((WAITING, 36), np.uint8)
        self.hit_places = np.empty(room, np.int32)
        self.hit_outpoints = np.empty((room, 36), np.uint8)
        self.hit_amounts = np.empty(room, np.uint64)
        self.hits: list[Hit] = []

    def run(self, file: FileIO) -> Scan:
        """Read the file to its end."""
        txid = np.zeros(40, np.uint8)
        state, table, options = self.state, self.table, self.options
        is_last = self._read(file)
        while True:
            status = kernel.scan_chunk(
                self.data,
                self.filled + LONGEST_RECORD if is_last else self.filled,
                self.filled if is_last else -1,
                self.header.coins,
                self.header.layout is Layout.V2,
                np.uint64(2**64 - 1 - options.mark),
                state,
                txid,
                table.keys,
                table.near,
                table.index,
                table.targets,
                table.blob,
                self.waiting,
                self.waiting_outpoints,
                options.with_hash,
                self.outs[0],
                self.fixes,
                options.with_hits,
                self.hit_places,
                self.hit_outpoints,
                self.hit_amounts,
            )
            self._fill_in_keys()
            self._take_hits()
            if status == kernel.FAILED:
                fault = Fault(int(state[kernel.FAULT]))
                raise refuse(fault, self.offset + int(state[kernel.AT]))
            if status == kernel.SORT:
                self._sort_group()
                continue
            if status == kernel.FULL_KEY:
                self._require_no_point()
                continue
            if status != kernel.HITS_FULL:
                self._hand_over(grow=status == kernel.OUT_FULL)
            if status == kernel.MORE:
                is_last = self._read(file)
                if options.progress is not None:
                    options.progress(int(state[kernel.COINS]))
            elif status == kernel.DONE:
                return self._finish(file)

    def _read(self, file: FileIO) -> bool:
        """Move what is left to the front and read on; returns whether the file ends here."""
        at = int(self.state[kernel.AT])
        left = self.filled - at
        self.data[:left] = self.data[at : self.filled].copy()
        self.offset += at
        self.state[kernel.AT] = 0
        view = self.data.data
        end = CHUNK + LONGEST_RECORD
        self.filled = left
        while self.filled < end:
            read = file.readinto(view[self.filled : end])
            if not read:
                self.data[self.filled :] = 0
                return True
            self.filled += read
        return False

    def _finish(self, file: FileIO) -> Scan:
        state, options = self.state, self.options
        at = int(state[kernel.AT])
        if at > self.filled:
            raise refuse(Fault.TRUNCATED, self.offset + at)
        if at < self.filled or file.read(1):
            raise refuse(Fault.TRAILING, self.offset + at)
        if self.pending is not None:
            self.pending.result()
        return Scan(
            self.header,
            self.header.coins,
            int(state[kernel.TOTAL]) & MAX_TOTAL,
            int(state[kernel.HIGHEST]),
            self.table.amounts(),
            self.hits if options.with_hits else None,
            self.hash.hex() if options.with_hash else "",
            self.muhash.hex() if self.muhash is not None else "",
        )

    def _fill_in_keys(self) -> None:
        """Complete the uncompressed public keys that the kernel left half written."""
        out = self.outs[0]
        for at in self.fixes[: self.state[kernel.FIXES]]:
            key = full_key(out[at + 1 : at + 33].tobytes(), int(out[at]) & 1)
            if key is None:
                raise refuse(Fault.KEY, self.offset + int(self.state[kernel.AT]))
            # The length byte before it is in place, and so is OP_CHECKSIG behind it.
            out[at : at + 65] = np.frombuffer(key, np.uint8)
        self.state[kernel.FIXES] = 0

    def _require_no_point(self) -> None:
        """Check that the script before this position, 67 bytes, has no short form."""
        at = int(self.state[kernel.AT])
        if has_short_form(self.data[at - 67 : at].tobytes()):
            raise refuse(Fault.SCRIPT_FORM, self.offset + at)

    def _take_hits(self) -> None:
        count = int(self.state[kernel.HITS])
        if count:
            outpoints = self.hit_outpoints[:count].tobytes()
            self.hits += (
                Hit(int(place), outpoints[36 * n : 36 * n + 36], int(amount))
                for n, (place, amount) in enumerate(
                    zip(self.hit_places[:count], self.hit_amounts[:count], strict=True)
                )
            )
        self.state[kernel.HITS] = 0

    def _sort_group(self) -> None:
        """Put the elements of a finished group in the order of their output numbers."""
        start, end = int(self.state[kernel.GROUP]), int(self.state[kernel.OUT])
        group = self.outs[0][start:end].tobytes()
        elements: list[tuple[int, bytes]] = []
        at = 0
        while at < len(group):
            size, script = read_compact_size(group, at + HEAD)
            vout = int.from_bytes(group[at + 32 : at + 36], "little")
            elements.append((vout, group[at : script + size]))
            at = script + size
        elements.sort()
        sorted_group = b"".join(element for _, element in elements)
        self.outs[0][start:end] = np.frombuffer(sorted_group, np.uint8)
        self.state[kernel.UNSORTED] = 0

    def _hand_over(self, *, grow: bool) -> None:
        """Give the finished groups to the hashing thread; keep the unfinished one."""
        if not self.options.with_hash:
            return
        state = self.state
        group, end = int(state[kernel.GROUP]), int(state[kernel.OUT])
        if self.pending is not None:
            self.pending.result()  # the other buffer is free from here on
            self.pending = None
        full, free = self.outs
        if grow and not group:
            if 2 * full.size > LARGEST_OUT:
                raise TooLarge("one transaction's coins take more memory than is allowed")
            bigger = np.empty(2 * full.size, np.uint8)
            bigger[:end] = full[:end]
            self.outs = [bigger, np.empty(2 * full.size, np.uint8)]
            return
        free[: end - group] = full[group:end]
        self.outs = [free, full]
        state[kernel.GROUP], state[kernel.OUT] = 0, end - group
        if group:
            self.pending = self.hasher.submit(self._take_in, full.data[:group])

    def _take_in(self, elements: memoryview) -> None:
        self.hash.update(elements)
        if self.muhash is not None:
            self.muhash.update(elements)
