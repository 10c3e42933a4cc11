"""What only the fast scanner has: buffers that fill up, and groups that do not fit them."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.errors import TooLarge
from chains.utxo import scan as plain
from chains.utxo.compression import compress_script
from chains.utxo.scan import ScanOptions
from tests.fakes.utxo_snapshot import Coin, hash_serialized, snapshot_old, snapshot_v2
from tests.nodes.regtest import P2PK_FULL
from tests.unit.chains.utxo.snapshots import BLOCK, random_coins

scan_numba = pytest.importorskip("chains.utxo.scan_numba", reason="the extra `utxo` is not here")

ONE_TRANSACTION = [
    Coin(
        b"\x11" * 32,
        vout,
        100,
        is_coinbase=False,
        amount=vout,
        script=b"\x00\x14" + vout.to_bytes(20, "big"),
    )
    for vout in range(20_000)
]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Buffers so small that each of them fills up again and again."""
    for name, size in (
        ("CHUNK", 20_480),
        ("OUT_SIZE", 32_768),
        ("FIXES", 3),
        ("HITS", 5),
        ("WAITING", 3),
    ):
        monkeypatch.setattr(scan_numba, name, size)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("write", [snapshot_v2, snapshot_old])
def test_the_size_of_the_buffers_does_not_matter(tmp_path: Path, write: object) -> None:
    coins = [*random_coins(8, 600), *ONE_TRANSACTION]
    path = tmp_path / "utxo.dat"
    path.write_bytes(write(coins, BLOCK))  # type: ignore[operator]
    targets = list({compress_script(coin.script): None for coin in coins[::5]})
    options = ScanOptions(with_hits=True)
    found = scan_numba.scan(path, targets, options)
    assert found == plain.scan(path, targets, options)
    without_hits = scan_numba.scan(path, targets, ScanOptions(with_hash=False))
    assert without_hits.amounts == found.amounts
    assert found.hash_serialized == hash_serialized(coins)


@pytest.mark.usefixtures("small")
def test_a_transaction_beyond_the_memory_that_is_allowed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_numba, "LARGEST_OUT", 65_536)
    path = tmp_path / "utxo.dat"
    path.write_bytes(snapshot_v2(ONE_TRANSACTION, BLOCK))
    with pytest.raises(TooLarge, match="memory"):
        scan_numba.scan(path, [], ScanOptions())
    assert scan_numba.scan(path, [], ScanOptions(with_hash=False)).coins == 20_000


def test_uncompressed_keys_are_completed(tmp_path: Path) -> None:
    coins = [
        Coin(bytes([n]) * 32, 0, 1, is_coinbase=True, amount=1, script=P2PK_FULL)
        for n in range(1, 40)
    ]
    path = tmp_path / "utxo.dat"
    path.write_bytes(snapshot_v2(coins, BLOCK))
    found = scan_numba.scan(path, [compress_script(P2PK_FULL)], ScanOptions())
    assert found.amounts == [39]
    assert found.hash_serialized == hash_serialized(coins)
