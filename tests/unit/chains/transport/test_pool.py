from __future__ import annotations

import pytest

from chains.errors import ChainsError, ProviderError
from chains.transport.json_rpc import RpcError
from chains.transport.pool import EndpointPool
from chains.transport.settings import TransportSettings
from tests.fakes.surroundings import FakeTime

URLS = ["http://127.0.0.1:1/a", "http://127.0.0.1:2", "http://127.0.0.1:1/a", "http://127.0.0.1:3"]


def _classify(error: RpcError) -> ChainsError:
    return ProviderError(error.message)


def _pool(time: FakeTime) -> EndpointPool:
    return EndpointPool(URLS, TransportSettings(), _classify, time.surroundings())


def _usable(pool: EndpointPool) -> list[str]:
    return [endpoint.label[-1] for endpoint in pool.usable()]


def test_same_url_twice_is_one_endpoint() -> None:
    assert [e.label for e in _pool(FakeTime()).endpoints] == [
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
        "http://127.0.0.1:3",
    ]


async def test_freest_endpoint_comes_first_and_paused_ones_last() -> None:
    time = FakeTime()
    pool = _pool(time)
    assert _usable(pool) == ["1", "2", "3"]
    first, second, third = pool.endpoints
    async with first.window, first.window, second.window:
        assert _usable(pool) == ["3", "2", "1"]
        third.rate.pause(10)
        assert _usable(pool) == ["2", "1", "3"]
        time.now += 10
        assert _usable(pool) == ["3", "2", "1"]


def test_endpoint_that_was_left_is_not_offered() -> None:
    pool = _pool(FakeTime())
    pool.endpoints[0].leave(ProviderError("wrong"))
    assert _usable(pool) == ["2", "3"]


async def test_pool_opens_and_closes_all() -> None:
    pool = _pool(FakeTime())
    await pool.open()
    assert all(endpoint._http._session is not None for endpoint in pool.endpoints)
    await pool.close()
    assert all(endpoint._http._session is None for endpoint in pool.endpoints)


async def test_failure_to_close_one_does_not_keep_the_others_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pool = _pool(FakeTime())
    await pool.open()
    http = pool.endpoints[0]._http
    close = http.close

    async def failing() -> None:
        await close()
        raise OSError("no")

    monkeypatch.setattr(http, "close", failing)
    with pytest.raises(OSError, match="no"):
        await pool.close()
    assert all(endpoint._http._session is None for endpoint in pool.endpoints)


def test_bad_url_is_refused() -> None:
    with pytest.raises(ValueError, match="http or https"):
        EndpointPool(["file:///x"], TransportSettings(), _classify, FakeTime().surroundings())
