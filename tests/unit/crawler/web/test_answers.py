from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from crawler.web.answers import etag_of, gathered, query_of, streamed, whole
from crawler.web.guard import RefusalError
from crawler.web.operations import PageQuery


@asynccontextmanager
async def answering(pieces: Iterator[bytes]) -> AsyncIterator[TestClient[Any, Any]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        return await streamed(request, pieces, media="text/plain", etag="ab")

    made = web.Application()
    made.router.add_get("/", handler)
    async with TestClient(TestServer(made)) as client:
        yield client


@given(st.lists(st.binary(max_size=5)), st.integers(1, 9))
def test_gathering_changes_no_byte(pieces: list[bytes], size: int) -> None:
    found = list(gathered(iter(pieces), size))
    assert b"".join(found) == b"".join(pieces)
    assert all(len(piece) >= size for piece in found[:-1])
    assert all(found)


def test_an_etag_depends_on_every_part_and_on_where_they_end() -> None:
    assert len({etag_of("a", "b"), etag_of("ab"), etag_of("", "ab"), etag_of("b", "a")}) == 4
    assert etag_of("a") == etag_of(b"a")


async def test_a_stream_arrives_whole() -> None:
    async with (
        answering(iter([b"one", b"two", b"three"])) as client,
        client.get("/") as answer,
    ):
        assert await answer.read() == b"onetwothree"


async def test_a_stream_of_nothing_is_an_empty_body() -> None:
    async with answering(iter([])) as client, client.get("/") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_a_stream_that_fails_never_looks_whole() -> None:
    def failing() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("a fault on the way")

    async with answering(failing()) as client, client.get("/") as answer:
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


async def test_head_makes_no_piece() -> None:
    pieces = iter([b"one"])
    async with answering(pieces) as client, client.head("/") as answer:
        assert answer.headers["ETag"] == '"ab"'
    assert next(pieces) == b"one"


def test_an_error_is_never_said_to_be_known() -> None:
    request = make_mocked_request("GET", "/", headers={"If-None-Match": "*"})
    assert whole(request, b"{}", status=HTTPStatus.SERVICE_UNAVAILABLE).status == 503
    assert whole(request, b"{}").status == 304


def test_every_problem_of_a_query_is_named_and_none_is_repeated_at_length() -> None:
    request = make_mocked_request("GET", f"/?limit=0&{'x' * 500}=1")
    with pytest.raises(RefusalError) as refused:
        query_of(request, PageQuery)
    assert "limit: " in refused.value.detail
    assert "x" * 60 + ": " in refused.value.detail
    assert "x" * 61 not in refused.value.detail
