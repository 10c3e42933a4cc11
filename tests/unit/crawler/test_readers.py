from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.adapter import Unresolved
from chains.errors import UnresolvedReason
from chains.evm.balances import EvmBalanceReader
from chains.registry import Network
from chains.utxo.servers import ServerReader
from chains.utxo.snapshot_reader import SnapshotReader
from crawler.readers import MAKERS, ReaderOptions, SnapshotRequest, reader_of
from crawler.settings import Limits

OPTIONS = ReaderOptions(limits=Limits(60, 5, 5, 2, 4, 8, 0, 100, 50, 1 << 20, 0))
ETHEREUM = Network("ethereum", "Ethereum", "evm", "ETH", 18, chain_id=1)


def reason(network: Network) -> UnresolvedReason | None:
    made = reader_of(OPTIONS)(network)
    return made.reason if isinstance(made, Unresolved) else None


def test_a_network_without_a_method_or_an_endpoint_says_so() -> None:
    nothing = Network("x", "X", "no-such-family", "X", 8, endpoints=("http://127.0.0.1:1",))
    assert reason(nothing) is UnresolvedReason.NO_METHOD
    assert reason(ETHEREUM) is UnresolvedReason.NO_ENDPOINT
    made = reader_of(OPTIONS)(ETHEREUM)
    assert isinstance(made, Unresolved)
    assert "--endpoint ethereum=URL" in made.detail


def test_a_table_that_cannot_identify_states_is_a_registry_problem() -> None:
    nameless = Network("x", "X", "evm", "X", 18, endpoints=("http://127.0.0.1:1",))
    assert reason(nameless) is UnresolvedReason.REGISTRY


def test_the_time_of_the_run_begins_before_its_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[float | None] = []

    def maker(_network: Network, options: ReaderOptions) -> Unresolved:
        left.append(options.transport().deadline_s)
        return Unresolved(UnresolvedReason.NO_METHOD, "")

    monkeypatch.setitem(MAKERS, "evm", maker)
    times = iter([100.0, 100.5, 150.0, 170.0])
    make = reader_of(OPTIONS, lambda: next(times))
    for _ in range(3):
        make(ETHEREUM)
    assert left == [60, 10, 1]


def test_limits_reach_the_transport() -> None:
    transport = OPTIONS.transport()
    assert (transport.tries, transport.most_concurrency, transport.requests_per_s) == (2, 4, None)
    assert (transport.call_timeout_s, transport.body_limit) == (5, 1 << 20)


def test_servers_of_a_utxo_network_are_told_by_their_scheme() -> None:
    for url in ("tcp://127.0.0.1:1", "ssl://a.example", "esplora+https://a.example/api"):
        network = Network("bitcoin", "Bitcoin", "utxo", "BTC", 8, endpoints=(url,))
        made = reader_of(replace(OPTIONS, quorum=3))(network)
        assert isinstance(made, ServerReader)
        assert made._settings.quorum == made._settings.opinions == 3
        assert made._settings.transport.tries == 2


def test_quorum_reaches_the_reader() -> None:
    network = replace(
        Network("ethereum", "Ethereum", "evm", "ETH", 18, chain_id=1),
        endpoints=("http://127.0.0.1:1", "http://127.0.0.1:2"),
    )
    for wanted in (1, 2):
        made = reader_of(replace(OPTIONS, quorum=wanted))(network)
        assert isinstance(made, EvmBalanceReader)
        assert made.quorum.size == wanted


BITCOIN = Network("bitcoin", "Bitcoin", "utxo", "BTC", 8, options={"magic": "f9beb4d9"})


def test_a_snapshot_is_read_for_its_own_network_only(tmp_path: Path) -> None:
    request = SnapshotRequest(file=tmp_path / "utxo.dat", network="bitcoin")
    make = reader_of(ReaderOptions(limits=OPTIONS.limits, snapshot=request))
    assert isinstance(make(BITCOIN), SnapshotReader)
    litecoin = make(replace(BITCOIN, name="litecoin", title="Litecoin"))
    assert isinstance(litecoin, Unresolved)
    assert litecoin.reason is UnresolvedReason.NO_ENDPOINT
    assert reason(BITCOIN) is UnresolvedReason.NO_ENDPOINT


def test_a_request_is_told_by_its_file_and_what_is_trusted_of_it(tmp_path: Path) -> None:
    file = tmp_path / "utxo.dat"
    asked = SnapshotRequest(file=file)
    assert (SnapshotRequest().identity(), SnapshotRequest().covers) == ("", "")
    assert asked.covers == "bitcoin"
    absent = asked.identity()
    file.write_bytes(b"1")
    present = asked.identity()
    file.write_bytes(b"12")
    others = [replace(asked, trusted_hash="ab"), replace(asked, blocks="x"),
              replace(asked, network="litecoin")]  # fmt: skip
    told = {absent, present, asked.identity(), *(one.identity() for one in others)}
    assert len(told) == 6
