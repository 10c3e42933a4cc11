from __future__ import annotations

import pytest

from chains.errors import ProviderError
from chains.errors import UnresolvedReason as Reason
from chains.sui.answers import coin_type
from chains.sui.source import SUI, classify
from chains.sui.walk import Stretch, Walk
from chains.transport.graphql import GraphQlEndpoint
from chains.transport.settings import TransportSettings
from tests.fakes.sui_ledger import Ledger, SuiService, named
from tests.fakes.surroundings import FakeTime

A, B = named("a"), named("b")
STRETCH = Stretch(10, 90, coin_type(SUI))


def service() -> SuiService:
    made = Ledger(tip=100)
    for at in (10, 11, 50, 50, 90, 91):
        made.send(at, (A, SUI, 1), (B, SUI, -1), (A, SUI, 1))
    return SuiService(made)


async def walked(server: SuiService, most_pages: int = 9) -> dict[bytes, int | ProviderError]:
    async with server:
        endpoint = GraphQlEndpoint(
            server.url, "service", TransportSettings(), classify, FakeTime().surroundings()
        )
        await endpoint.open()
        try:
            return await Walk(endpoint, STRETCH, most_pages, []).gained([A, B])
        finally:
            await endpoint.close()


@pytest.mark.parametrize("page", [1, 2, 3, 4, 50])
@pytest.mark.parametrize("changes", [1, 2, 50])
async def test_only_the_stretch_counts_whatever_the_pages(page: int, changes: int) -> None:
    server = service()
    server.page, server.changes_page = page, changes
    assert await walked(server) == {A: 8, B: -4}


async def test_a_line_that_is_there_from_one_end_only_is_noticed() -> None:
    server = service()
    gone = server.ledger.transactions[2].digest

    def drop(_: str) -> None:
        server.dropped = {gone} if len(server.paths) > 1 else set()

    server.on_call = drop
    found = await walked(server)
    for value in found.values():
        assert isinstance(value, ProviderError)
        assert value.reason is Reason.MISSING_ANSWER


async def test_too_many_pages_are_no_number() -> None:
    server = service()
    server.page = 1
    for value in (await walked(server, most_pages=3)).values():
        assert isinstance(value, ProviderError)
        assert value.reason is Reason.TOO_LARGE
