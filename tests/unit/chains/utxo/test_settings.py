from __future__ import annotations

from chains.utxo.settings import UtxoSettings


def test_by_default_no_node_is_rolled_back_and_nothing_is_said() -> None:
    settings = UtxoSettings()
    assert not settings.may_roll_back
    assert (settings.snapshot, settings.snapshot_hash, settings.blocks) == (None, "", "")
    settings.say("into the dark")
