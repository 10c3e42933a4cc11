from __future__ import annotations

from chains.utxo.assumeutxo import BITCOIN, assumed


def test_the_entries_are_hashes_in_ascending_order() -> None:
    assert [entry.height for entry in BITCOIN] == sorted({entry.height for entry in BITCOIN})
    for entry in BITCOIN:
        assert len(bytes.fromhex(entry.hash_serialized)) == 32
        assert int(entry.block_hash, 16) < 2**190  # a block hash with Bitcoin's work
        assert assumed(entry.block_hash) == entry


def test_of_other_blocks_nothing_is_said() -> None:
    assert assumed("00" * 32) is None
