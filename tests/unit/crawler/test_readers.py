from __future__ import annotations

from chains.adapter import Unresolved
from chains.errors import UnresolvedReason
from chains.registry import Network
from crawler.readers import ReaderOptions, reader_of
from crawler.settings import Limits

OPTIONS = ReaderOptions(limits=Limits(60, 5, 5, 2, 4, 0, 100, 50, 1 << 20, 0))
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


def test_limits_reach_the_transport() -> None:
    transport = OPTIONS.transport()
    assert (transport.tries, transport.most_concurrency, transport.requests_per_s) == (2, 4, None)
    assert (transport.call_timeout_s, transport.body_limit) == (5, 1 << 20)
