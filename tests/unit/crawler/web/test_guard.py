from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from crawler.errors import CrawlerError
from crawler.web.guard import HEADERS, guard, host_name, is_loopback, names_of, secure
from crawler.web.operations import OPERATIONS
from tests.unit.crawler.web.scenes import OKX, Client, client_of


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:1", 200),
        ("127.0.0.1.evil.example", 421),
        ("evil.example:8080", 421),
        ("localhost.evil.example", 421),
        ("localhost@evil.example", 421),
        ("", 421),
        ("[::2]", 421),
        ("localhost:80:80", 421),
    ],
)
async def test_a_name_that_is_not_ours_is_refused(client: Client, host: str, status: int) -> None:
    for path in ("/", "/api/v1/entities", "/metrics", "/nowhere"):
        async with client.get(path, headers={"Host": host}) as answer:
            assert answer.status == (404 if path == "/nowhere" and status == 200 else status)


async def test_further_names_may_be_allowed(folder: Path) -> None:
    async with client_of(folders=(folder,), allowed_names=("Assay.Example",)) as client:
        for host, status in (("assay.example", 200), ("localhost", 200), ("other.example", 421)):
            async with client.get("/", headers={"Host": host}) as answer:
                assert answer.status == status


def test_bound_to_the_world_every_name_counts_unless_some_are_given() -> None:
    assert names_of("0.0.0.0", ()) is None  # noqa: S104 (nothing is bound)
    assert names_of("192.0.2.1", ("a.example",)) == frozenset({"192.0.2.1", "a.example"})
    assert not is_loopback("192.0.2.1")
    assert not is_loopback("a.example")
    assert is_loopback("127.8.9.1")
    assert host_name("a.example:") == "a.example"


async def test_every_answer_has_the_headers(client: Client) -> None:
    paths = [one.path.format(entity="okx", snapshot="latest") for one in OPERATIONS]
    pages = ["/", "/entities/okx", "/entities/okx/snapshots/latest", "/metrics", "/nowhere"]
    for path in [*paths, *pages, f"{OKX}/latest/findings?limit=0"]:
        async with client.get(path) as answer:
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, path
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; ")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert "script-src" not in policy


async def test_no_fault_shows_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(request: web.Request) -> web.StreamResponse:
        raise {"a": ZeroDivisionError("secret"), "b": CrawlerError("said", hint="Do so.")}[
            request.match_info["how"]
        ]

    made = web.Application(middlewares=[guard(None)])
    made.on_response_prepare.append(secure)
    made.router.add_get("/{how:.*}", fail)
    made.router.add_get("/api/{how}", fail)
    async with TestClient(TestServer(made)) as client:
        with caplog.at_level(logging.CRITICAL, "assay.serve"):
            async with client.get("/a") as answer:
                assert (answer.status, answer.content_type) == (500, "text/html")
                assert "secret" not in await answer.text()
        async with client.get("/b") as answer:
            assert answer.status == 503
            assert "said. Do so." in await answer.text()


async def exchange(client: Client, sent: bytes) -> bytes:
    """Return all that the server says to some bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    try:
        writer.write(sent)
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"NONSENSE / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_refused_without_a_trace(client: Client, sent: bytes) -> None:
    answer = await exchange(client, sent)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert b"Traceback" not in answer
    assert b".py" not in answer


async def test_a_body_is_not_waited_for(client: Client) -> None:
    sent = b"POST /api/v1/entities HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    answer = await exchange(client, sent + b"Content-Length: 5\r\n\r\nxxxxx")
    assert answer.startswith(b"HTTP/1.1 405 ")
