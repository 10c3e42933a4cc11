from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chains.transport.health import CALLS_KEPT, EndpointHealth, Latency
from chains.transport.quarantine import Standing


def test_without_calls_there_is_no_latency() -> None:
    assert Latency().percentile(95) is None
    assert len(Latency()) == 0


def test_only_the_last_calls_count() -> None:
    latency = Latency()
    latency.add(1_000)
    for _ in range(CALLS_KEPT):
        latency.add(1)
    assert latency.percentile(100) == 1
    assert len(latency) == CALLS_KEPT


@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=CALLS_KEPT),
    st.integers(1, 100),
)
def test_a_percentile_is_a_duration_that_so_many_calls_do_not_exceed(
    seconds: list[float], percent: int
) -> None:
    latency = Latency()
    for one in seconds:
        latency.add(one)
    found = latency.percentile(percent)
    assert found in seconds
    assert found is not None
    assert 100 * sum(one <= found for one in seconds) >= percent * len(seconds)
    assert 100 * sum(one < found for one in seconds) < percent * len(seconds)


def health(**changes: object) -> EndpointHealth:
    known: dict[str, object] = {
        "label": "http://127.0.0.1:1", "standing": Standing.IN_USE, "why": "", "requests": 1_200,
        "calls": 2_400, "retries": 0, "hedged": 0, "throttled": 0, "failures": (),
        "p50_s": 0.01, "p95_s": 1.5, "bytes_sent": 10_000, "bytes_received": 20_000,
    }  # fmt: skip
    return EndpointHealth(**{**known, **changes})  # type: ignore[arg-type]


def test_a_healthy_endpoint_in_one_line() -> None:
    assert health().line() == (
        "http://127.0.0.1:1: 1,200 requests, p50 10 ms, p95 1,500 ms, "
        "10,000 bytes out, 20,000 in; in use"
    )


def test_an_ailing_endpoint_in_one_line() -> None:
    ailing = health(
        standing=Standing.LEFT, why="another chain", retries=3, hedged=2, p50_s=None,
        failures=(("TimedOut", 2), ("WrongState", 1)),
    )  # fmt: skip
    assert ailing.line() == (
        "http://127.0.0.1:1: 1,200 requests, 10,000 bytes out, 20,000 in, 3 tried again, "
        "2 in place of a slow endpoint, 2 TimedOut, 1 WrongState; left: another chain"
    )
