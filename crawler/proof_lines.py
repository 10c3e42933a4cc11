"""The file of proofs, proofs.jsonl: written line by line while balances are proven."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import BinaryIO

import msgspec

from chains.evm.proof_file import end_record, start_record

_KEY_SIZE = 16
Record = Mapping[str, str | int | None]


class ProofWriter:
    """Takes records as `chains.adapter.Keep`; a line that is there already is left out."""

    def __init__(self, stream: BinaryIO | None) -> None:
        """Write to `stream`, or only remember the layouts when there is none."""
        self.layouts: dict[str, Record] = {}
        """Holding form -> its last layout record."""
        self._stream = stream
        self._seen: set[bytes] = set()
        self._balances = 0
        self._write(start_record())

    def keep(self, record: Record) -> None:
        """Write one record."""
        if record.get("kind") == "layout":
            self.layouts[str(record["form"])] = record
        self._write(record)

    def finish(self) -> None:
        """Write the last line. Without it the file counts as cut off."""
        self._write(end_record(self._balances))

    def _write(self, record: Record) -> None:
        if self._stream is None:
            return
        line = msgspec.json.encode(record)
        key = blake2b(line, digest_size=_KEY_SIZE).digest()
        if key in self._seen:
            return
        self._seen.add(key)
        self._balances += record.get("kind") == "balance"
        self._stream.write(line + b"\n")
