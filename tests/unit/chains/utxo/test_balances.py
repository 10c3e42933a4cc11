from __future__ import annotations

from pathlib import Path

import pytest

from chains.errors import RegistryError
from chains.utxo.balances import reader, scheme
from chains.utxo.node_reader import NodeReader
from chains.utxo.settings import UtxoSettings
from chains.utxo.snapshot_reader import SnapshotReader
from tests.unit.chains.utxo.networks import REGTEST

NODE = "http://127.0.0.1:9"


def test_a_snapshot_goes_before_a_node() -> None:
    settings = UtxoSettings(snapshot=Path("utxo.dat"))
    assert isinstance(reader(REGTEST, [NODE], settings=settings), SnapshotReader)
    assert isinstance(reader(REGTEST, [], settings=settings), SnapshotReader)


def test_a_node_goes_before_servers() -> None:
    assert isinstance(reader(REGTEST, ["gopher://x", NODE]), NodeReader)


def test_nothing_to_ask_is_an_error() -> None:
    with pytest.raises(ValueError, match="neither"):
        reader(REGTEST, [])


def test_a_scheme_without_a_method_is_an_error_without_the_url() -> None:
    with pytest.raises(RegistryError, match="gopher") as caught:
        reader(REGTEST, ["gopher://user:secret@x"])
    assert "secret" not in str(caught.value)


def test_schemes_are_read_without_case() -> None:
    assert scheme("HTTPS://x") == "https"
