"""Lists of accounts of the regtest chain, as if they were Bitcoin's, and its snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from chains.utxo import snapshot_reader
from chains.utxo.addresses import Address as Payload
from chains.utxo.addresses import Form, encode, scheme
from chains.utxo.scan import Scan, Scanner, ScanOptions, scanner
from tests.fakes.utxo_snapshot import MAINNET_MAGIC, hash_serialized, snapshot_v2
from tests.nodes.regtest import P2PKH, P2SH_ANYONE, P2TR, P2WPKH, P2WSH_ANYONE, chain
from tests.unit.crawler.lists_of_ours import HEADER

BITCOIN = scheme({"p2pkh_version": "00", "p2sh_version": "05", "bech32_hrp": "bc"})
ADDRESSES = {
    encode(Payload(Form.P2PKH, P2PKH[3:23]), BITCOIN): P2PKH,
    encode(Payload(Form.P2SH, P2SH_ANYONE[2:22]), BITCOIN): P2SH_ANYONE,
    encode(Payload(Form.P2WPKH, P2WPKH[2:]), BITCOIN): P2WPKH,
    encode(Payload(Form.P2WSH, P2WSH_ANYONE[2:]), BITCOIN): P2WSH_ANYONE,
    encode(Payload(Form.P2TR, P2TR[2:]), BITCOIN): P2TR,
}
HEIGHT = 106
HASH = hash_serialized(chain().coins[HEIGHT].values())


def amount(script: bytes, height: int, more: int = 0) -> str:
    return f"{Decimal(chain().balance(script, height) + more).scaleb(-8):f}"


def listing(folder: Path, *, height: int = HEIGHT, more: Sequence[int] = (0,) * 5) -> Path:
    rows = [
        f"BTC,BTC,{height},{address},{amount(script, height, extra)},,,,,,"
        for (address, script), extra in zip(ADDRESSES.items(), more, strict=True)
    ]
    path = folder / "list.csv"
    path.write_text("\n".join(["coin,snapshot height,amount", "", HEADER, *rows]) + "\n")
    return path


def snapshot(folder: Path, *, height: int = HEIGHT, magic: bytes = MAINNET_MAGIC) -> Path:
    path = folder / "utxo.dat"
    coins, block = chain().coins[height].values(), chain().hashes[height]
    path.write_bytes(snapshot_v2(coins, block, magic=magic))
    return path


def counted_passes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return what grows by a path whenever a snapshot is scanned."""
    scanned: list[Path] = []

    def counting() -> Scanner:
        scan = scanner()

        def one(path: Path, targets: Sequence[bytes], options: ScanOptions) -> Scan:
            scanned.append(path)
            return scan(path, targets, options)

        return one

    monkeypatch.setattr(snapshot_reader, "scanner", counting)
    return scanned
