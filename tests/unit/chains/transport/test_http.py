"""The HTTP client against a real server on loopback."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web

from chains.errors import TimedOut, TooLarge, TransportFailure
from chains.transport.http import HttpClient, retry_after
from chains.transport.settings import TransportSettings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMITS = TransportSettings(body_limit=10_000)


@asynccontextmanager
async def _served(handler: Handler) -> AsyncIterator[HttpClient]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    client = HttpClient(f"http://{host}:{port}/secret", LIMITS, now=lambda: NOW)
    await client.open()
    try:
        yield client
    finally:
        await client.close()
        await runner.cleanup()


async def test_body_goes_out_and_comes_back() -> None:
    async def echo(request: web.Request) -> web.Response:
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["Accept-Encoding"] == "gzip"
        return web.Response(body=await request.read(), status=418, headers={"Retry-After": "3"})

    async with _served(echo) as client:
        reply = await client.post(b"[1]", timeout_s=5)
    assert (reply.body, reply.status, reply.retry_after_s) == (b"[1]", 418, 3)


async def test_credentials_of_the_url_are_used() -> None:
    async def seen(request: web.Request) -> web.Response:
        return web.Response(text=request.headers["Authorization"] + request.path_qs)

    async with _served(seen) as client:
        url = client._url.replace("http://", "http://name:word@") + "?key=1"
        named = HttpClient(url, LIMITS)
        await named.open()
        reply = await named.post(b"", timeout_s=5)
        await named.close()
    assert reply.body == b"Basic bmFtZTp3b3Jk/secret?key=1"


async def test_paths_below_the_url_are_posted_and_got() -> None:
    async def seen(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {request.path_qs}")

    async with _served(seen) as client:
        assert (await client.get("/eth/v1/x", timeout_s=5)).body == b"GET /secret/eth/v1/x"
        posted = await client.post(b"{}", timeout_s=5, path="/eth/v1/y")
        assert posted.body == b"POST /secret/eth/v1/y"


@pytest.mark.parametrize("size", [10_000, 10_001, 5_000_000])
@pytest.mark.parametrize("compressed", [True, False])
async def test_size_limit_holds_after_decompression(size: int, compressed: bool) -> None:
    async def large(_: web.Request) -> web.Response:
        body = b"x" * size
        if not compressed:
            return web.Response(body=body)
        return web.Response(body=gzip.compress(body), headers={"Content-Encoding": "gzip"})

    async with _served(large) as client:
        if size <= 10_000:
            assert len((await client.post(b"", timeout_s=5)).body) == size
        else:
            with pytest.raises(TooLarge):
                await client.post(b"", timeout_s=5)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"not gzip", "gzip"),
        (gzip.compress(b"x" * 99)[:-9], "gzip"),
        (gzip.compress(b"x" * 99) + bytes(9), "gzip"),
        (gzip.compress(b"x" * 99) + bytes(9_000_000), "gzip"),
        (b"x", "br"),
    ],
    ids=["junk", "truncated", "followed", "followed by a lot", "unasked"],
)
async def test_bad_compression_is_a_bad_transport(body: bytes, encoding: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    async with _served(answer) as client:
        with pytest.raises(TransportFailure):
            await client.post(b"", timeout_s=5)


async def test_slow_answer_times_out() -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async with _served(slow) as client:
        with pytest.raises(TimedOut):
            await client.post(b"", timeout_s=0.1)


async def test_redirect_is_not_followed() -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/")

    async with _served(elsewhere) as client:
        assert (await client.post(b"", timeout_s=5)).status == 302


async def test_cookies_are_not_kept() -> None:
    seen: list[bool] = []

    async def cookie(request: web.Request) -> web.Response:
        seen.append("Cookie" in request.headers)
        response = web.Response()
        response.set_cookie("who", "me")
        return response

    async with _served(cookie) as client:
        await client.post(b"", timeout_s=5)
        await client.post(b"", timeout_s=5)
    assert seen == [False, False]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/secret", "https://127.0.0.1:1/secret"])
async def test_refused_connection_says_so_without_the_url(url: str) -> None:
    client = HttpClient(url, LIMITS)
    await client.open()
    try:
        with pytest.raises(TransportFailure, match="cannot connect") as caught:
            await client.post(b"", timeout_s=5)
    finally:
        await client.close()
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "http://a..b/secret",
        f"http://{'a' * 64}.invalid/secret",
        "http://us%3Aer:secret@127.0.0.1:1/",
    ],
    ids=["empty label", "long label", "colon in the name"],
)
async def test_url_that_cannot_be_asked_is_a_bad_transport(url: str) -> None:
    client = HttpClient(url, LIMITS)
    await client.open()
    try:
        with pytest.raises(TransportFailure) as caught:
            await client.post(b"", timeout_s=5)
    finally:
        await client.close()
    assert "secret" not in str(caught.value)


async def test_plain_server_behind_an_https_url_is_a_tls_failure() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    async with _served(answer) as client:
        secure = HttpClient(client._url.replace("http://", "https://"), LIMITS)
        await secure.open()
        with pytest.raises(TransportFailure, match=r"TLS|connect"):
            await secure.post(b"", timeout_s=5)
        await secure.close()


@pytest.mark.parametrize("junk", [b"what?\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 100])
async def test_what_is_no_http_is_a_bad_transport(junk: bytes) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(junk)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = HttpClient(f"http://127.0.0.1:{port}/secret", LIMITS)
    await client.open()
    with pytest.raises(TransportFailure) as caught:
        await client.post(b"", timeout_s=5)
    await client.close()
    server.close()
    await server.wait_closed()
    assert "secret" not in str(caught.value)


async def test_client_must_be_open() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await HttpClient("http://127.0.0.1:1", LIMITS).post(b"", timeout_s=1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 120 ", 120),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60),
        ("9" * 400, 999_999_999),
        ("Thu, 01 Jan 2026 00:01:00 +" + "9" * 30, None),
        ("Thu, 01 Jan 2026 " + "9" * 30 + ":01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds
