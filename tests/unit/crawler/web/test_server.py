from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest

from crawler.web.folders import FolderPlace
from crawler.web.server import ServeError, ServeOptions, serving
from crawler.web.stored import StorePlace


async def test_a_free_port_is_found_and_left_again(folder: Path) -> None:
    options = ServeOptions(port=0, folders=(folder,))
    async with (
        serving(options) as url,
        aiohttp.ClientSession() as session,
        session.get(url) as answer,
    ):
        assert answer.status == 200
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as session, session.get(url):
            pass


async def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServeError, match=f"port {port} of 127.0.0.1 is taken") as refused:
            async with serving(ServeOptions(port=port)):
                raise AssertionError("it listens")
        assert "--port" in refused.value.hint


async def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(ServeError, match=r"nothing can listen at port 0 of 192\.0\.2\.1"):
        async with serving(ServeOptions(host="192.0.2.1", port=0)):
            raise AssertionError("it listens")


async def test_an_address_of_version_6_is_written_in_brackets() -> None:
    try:
        async with serving(ServeOptions(host="::1", port=0)) as url:
            assert url.startswith("http://[::1]:")
    except ServeError as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_every_place_is_shown() -> None:
    places = ServeOptions(store="x.sqlite", folders=(Path("a"), Path("b"))).places()
    assert [type(place) for place in places] == [FolderPlace, FolderPlace, StorePlace]


async def test_what_is_no_http_is_refused_and_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(ServeOptions(port=0)) as url:
        port = int(url.rstrip("/").rpartition(":")[2])
        for request in (b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 9000):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request + b"\r\n\r\n")
                assert b" 400 " in await reader.readline()
            finally:
                writer.close()
                await writer.wait_closed()
    assert caplog.records == []
