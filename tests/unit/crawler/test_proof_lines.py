from __future__ import annotations

import io
from collections.abc import Mapping

import msgspec

from crawler.proof_lines import ProofWriter


def kinds(stream: io.BytesIO) -> list[str]:
    return [msgspec.json.decode(line)["kind"] for line in stream.getvalue().splitlines()]


def test_lines_are_written_once_between_start_and_end() -> None:
    stream = io.BytesIO()
    writer = ProofWriter(stream)
    records: list[Mapping[str, str | int | None]] = [
        {"kind": "node", "rlp": "0xc0"},
        {"kind": "node", "rlp": "0xc0"},
        {"kind": "balance", "account": "0x00"},
        {"kind": "layout", "form": "USDT", "text": "solady", "tested": 3, "fitting": 3},
    ]
    for record in records:
        writer.keep(record)
    writer.finish()
    assert kinds(stream) == ["proofs", "node", "balance", "layout", "end"]
    assert msgspec.json.decode(stream.getvalue().splitlines()[-1]) == {"kind": "end", "balances": 1}
    assert writer.layouts["USDT"]["text"] == "solady"


def test_without_a_file_only_layouts_are_remembered() -> None:
    writer = ProofWriter(None)
    writer.keep({"kind": "layout", "form": "USDT", "text": "solady", "tested": 3})
    writer.keep({"kind": "balance"})
    writer.finish()
    assert list(writer.layouts) == ["USDT"]
