from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from aiohttp import web

from chains.errors import MalformedAnswer, ProviderError, TransportFailure
from chains.errors import UnresolvedReason as Reason
from chains.transport.graphql import GraphQlEndpoint, Refusal
from chains.transport.settings import TransportSettings
from tests.fakes.http_fake import HttpFake
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import Mapping


class Server(HttpFake):
    said: object = None
    status = 200

    def answer(self, path: str, query: dict[str, str], body: bytes) -> object:
        self.body = msgspec.json.decode(body)
        return web.Response(status=self.status, body=msgspec.json.encode(self.said))


def classified(refusal: Refusal) -> ProviderError:
    return ProviderError(f"{refusal.code}: {refusal.message}", reason=Reason.CALL_FAILED)


async def asked(server: Server, journal: list[str]) -> Mapping[str, object]:
    endpoint = GraphQlEndpoint(
        server.url, "the server", TransportSettings(tries=2), classified, FakeTime().surroundings()
    )
    await endpoint.open()
    try:
        return await endpoint.query("{a}", {"b": 1}, journal=journal)
    finally:
        await endpoint.close()


async def test_data_comes_back_as_it_is() -> None:
    async with Server() as server:
        server.said = {"data": {"a": "123456789012345678901"}, "errors": None}
        assert await asked(server, []) == {"a": "123456789012345678901"}
        assert server.body == {"query": "{a}", "variables": {"b": 1}}


@pytest.mark.parametrize("status", [200, 400])
async def test_a_refusal_is_the_familys_to_name_and_partial_data_is_no_answer(status: int) -> None:
    async with Server() as server:
        server.status = status
        error = {"message": "too\nfar", "extensions": {"code": "BAD_USER_INPUT"}}
        server.said = {"data": {"a": "1"}, "errors": [error]}
        journal: list[str] = []
        with pytest.raises(ProviderError, match="BAD_USER_INPUT: too far"):
            await asked(server, journal)
        assert len(journal) == 1


@pytest.mark.parametrize("errors", [["broken"], "broken", {"message": "broken"}, [{"message": 7}]])
async def test_odd_refusals_are_refusals(errors: object) -> None:
    async with Server() as server:
        server.said = {"data": {"a": "1"}, "errors": errors}
        with pytest.raises(ProviderError) as caught:
            await asked(server, [])
        assert caught.value.reason is Reason.CALL_FAILED


@pytest.mark.parametrize("said", [[], {}, {"data": None}, {"data": []}, 7])
async def test_an_answer_without_data_is_malformed(said: object) -> None:
    async with Server() as server:
        server.said = said
        with pytest.raises(MalformedAnswer):
            await asked(server, [])


async def test_a_failing_server_is_asked_again() -> None:
    async with Server() as server:
        server.status, server.said = 500, {"errors": ["busy"]}
        with pytest.raises(TransportFailure):
            await asked(server, [])
        assert len(server.paths) == 2
