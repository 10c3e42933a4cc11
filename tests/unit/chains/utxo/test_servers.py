from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chains.adapter import Accountable, Assurance, ClockedReader, HoldingForm, SnapshotPoint
from chains.errors import RegistryError
from chains.errors import UnresolvedReason as Reason
from chains.transport.provider import Surroundings
from chains.utxo.servers import SCHEMES, from_settings
from chains.utxo.settings import UtxoSettings
from crawler.registries import UTXO_SCHEMES, endpoint_problem
from tests.fakes.electrum_server import ElectrumFake, scripthash
from tests.fakes.explorers import BlockbookFake, DeltasFake, EsploraFake
from tests.fakes.readings import observed, pinned, unresolved
from tests.fakes.utxo_scene import (
    COIN,
    TOKEN,
    TRANSPORT,
    collect,
    network,
    reading,
    scene,
    settings,
)

if TYPE_CHECKING:
    from chains.utxo.servers import ServerReader

NOWHERE = "tcp://127.0.0.1:1"


def test_the_schemes_that_settings_accept_are_those_that_are_read() -> None:
    assert set(UTXO_SCHEMES) == set(SCHEMES)
    for scheme in SCHEMES:
        assert endpoint_problem(f"{scheme}://127.0.0.1:1", "utxo") is None
        assert endpoint_problem(f"{scheme}://127.0.0.1:1", "evm") is not None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ssl://user:secret@electrum.example:50002/secret", "ssl://electrum.example:50002"),
        ("tcp://electrum.example", "tcp://electrum.example"),
        ("esplora+https://e.example/api?key=secret", "esplora+https://e.example"),
        ("deltas+http://u:secret@127.0.0.1:9998", "deltas+http://127.0.0.1:9998"),
    ],
)
def test_labels_hold_no_credentials(url: str, shown: str) -> None:
    assert [one.provider.label for one in reading([url]).sources] == [shown]


@pytest.mark.parametrize("url", ["ftp://secret.example", "esplora+tcp://secret.example", "tcp://"])
def test_other_endpoints_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="an endpoint must be") as caught:
        reading([url])
    assert "secret" not in str(caught.value)


def test_options_that_mean_nothing_are_a_registry_problem() -> None:
    with pytest.raises(RegistryError):
        reading([NOWHERE], net=network(options={"pow": "x11"}))


def test_servers_of_one_host_are_one() -> None:
    urls = ["tcp://Node.example:50001", "ssl://node.example:50002", "esplora+https://node.example"]
    assert set(reading(urls)._hosts.values()) == {"node.example"}
    assert len(set(reading(["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"])._hosts.values())) == 2


async def test_two_independent_servers_that_agree_are_a_quorum() -> None:
    told = scene()
    async with (
        ElectrumFake(told.ledger, told.owners) as electrum,
        EsploraFake(told.ledger, told.owners) as esplora,
        BlockbookFake(told.ledger, told.owners) as blockbook,
        reading([electrum.url, esplora.url, blockbook.url]) as asked,
    ):
        found = await collect(asked, await pinned(asked, told.height), told.owners)
        assert blockbook.paths  # it was asked for the block
        assert not [path for path in blockbook.paths if "/address/" in path]
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth
    for value in found.values():
        assert observed(value).assurance is Assurance.QUORUM
        assert len(observed(value).sources) == 2
        assert observed(value).sources == tuple(
            source.provider.label for source in asked.sources[:2]
        )


async def test_two_ports_of_one_host_are_no_quorum() -> None:
    told = scene()
    async with (
        ElectrumFake(told.ledger, told.owners) as one,
        ElectrumFake(told.ledger, told.owners) as two,
        reading([one.url, two.url]) as asked,
    ):
        asked._hosts = dict.fromkeys(asked._hosts, "the same")
        found = await collect(asked, await pinned(asked, told.height), told.owners)
    assert {observed(value).assurance for value in found.values()} == {Assurance.REPLAYED}


async def test_servers_that_disagree_leave_the_balance_unresolved() -> None:
    told = scene()
    lying = {told.named["first"].txid}
    async with (
        ElectrumFake(told.ledger, told.owners) as honest,
        ElectrumFake(told.ledger, told.owners, left_out=lying) as other,
        reading([other.url, honest.url]) as asked,
    ):
        found = await collect(asked, await pinned(asked, told.height), told.owners)
    # Owner 0's coin is left out so that nothing contradicts it: only the second server tells.
    value = unresolved(found[told.owners[0]])
    assert value.reason is Reason.DISAGREEMENT
    assert len(value.attempts) == 2
    assert any("1070" in line for line in value.attempts)
    # Owner 1's omission contradicts itself: what is left is one server's word.
    assert observed(found[told.owners[1]]).assurance is Assurance.REPLAYED
    assert observed(found[told.owners[2]]).assurance is Assurance.QUORUM


async def test_what_one_server_cannot_say_the_next_ones_are_asked() -> None:
    told = scene()
    refuse = {scripthash(told.owners[1]): (1, "history too large")}
    async with (
        ElectrumFake(told.ledger, told.owners, refuse=refuse) as one,
        ElectrumFake(told.ledger, told.owners) as two,
        ElectrumFake(told.ledger, told.owners) as three,
        reading([NOWHERE, one.url, two.url, three.url]) as asked,
    ):
        found = await collect(asked, await pinned(asked, told.height), told.owners)
    assert {observed(value).assurance for value in found.values()} == {Assurance.QUORUM}
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_servers_with_different_blocks_leave_the_height_unresolved() -> None:
    told, other = scene(), scene()
    other.ledger.cut(other.height - 1)
    for _ in range(4):
        other.ledger.mine()
    async with (
        ElectrumFake(told.ledger, told.owners) as one,
        ElectrumFake(other.ledger, told.owners) as two,
        reading([one.url, two.url]) as asked,
    ):
        value = unresolved(await asked.pin(told.height))
    assert value.reason is Reason.DISAGREEMENT
    assert told.ledger.blocks[told.height].hash in value.detail


async def _pin(told_height: int, finality: str, *, age_s: int) -> SnapshotPoint | object:
    told = scene()
    net = network(finality=finality)
    async with ElectrumFake(told.ledger, told.owners) as server:
        made: ServerReader = reading([server.url], net=net)
        block_time = told.ledger.genesis_time + 600 * told_height
        made._now = lambda: block_time + age_s
        async with made as asked:
            return await asked.pin(told_height)


async def test_a_block_is_final_by_confirmations_or_by_age() -> None:
    tip = scene().ledger.height
    deep = await _pin(tip - 2, "3", age_s=0)
    assert isinstance(deep, SnapshotPoint)
    assert deep.finality == "confirmations"
    young = unresolved(await _pin(tip - 1, "3", age_s=86_399))
    assert young.reason is Reason.NOT_FINAL
    assert "2 confirmations" in young.detail
    old = await _pin(tip - 1, "3", age_s=86_400)
    assert isinstance(old, SnapshotPoint)
    assert old.finality == "age"


async def test_the_newest_final_block_and_no_block_by_time() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server:
        async with reading([server.url], net=network(finality="3")) as asked:
            assert isinstance(asked, ClockedReader)
            height = await asked.latest()
            assert height == told.ledger.height - 2
            assert isinstance(await asked.pin(height), SnapshotPoint)
            told_time = unresolved(await asked.height_at(datetime.now(UTC)))
        async with reading([server.url], net=network(finality="5000")) as asked:
            young = unresolved(await asked.latest())
    assert (told_time.reason, young.reason) == (Reason.NO_METHOD, Reason.NOT_FINAL)
    async with reading([NOWHERE]) as asked:
        assert unresolved(await asked.latest()).reason is Reason.UNREACHABLE


async def test_a_quorum_that_is_asked_for_is_had_or_nothing_is() -> None:
    told = scene()
    refuse = {scripthash(told.owners[1]): (1, "history too large")}
    surroundings = Surroundings()
    wanted = UtxoSettings(transport=TRANSPORT, quorum=2)
    async with (
        ElectrumFake(told.ledger, told.owners, refuse=refuse) as one,
        ElectrumFake(told.ledger, told.owners) as two,
    ):
        async with from_settings(network(), [one.url, two.url], wanted, surroundings) as asked:
            found = await collect(asked, await pinned(asked, told.height), told.owners)
        async with from_settings(network(), [two.url], wanted, surroundings) as asked:
            alone = unresolved(await asked.pin(told.height))
    value = unresolved(found[told.owners[1]])
    assert value.reason is Reason.NO_ENDPOINT
    assert any("history too large" in line for line in value.attempts)
    assert observed(found[told.owners[0]]).assurance is Assurance.QUORUM
    assert "2 independent servers" in alone.detail


async def test_the_end_of_a_run_looks_at_the_block_again() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        assert isinstance(asked, Accountable)
        point = await pinned(asked, told.height)
        assert await asked.recheck(point) is None
        told.ledger.cut(told.height - 1)
        for _ in range(3):
            told.ledger.mine()
        assert unresolved(await asked.recheck(point)).reason is Reason.WRONG_STATE
        assert (asked.distrusted(), asked.notes()) == (frozenset(), ())


async def test_a_token_is_unresolved_with_its_reason() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        point = await pinned(asked, told.height)
        assert await asked.check_form(COIN, point) is None
        value = unresolved(await asked.check_form(TOKEN, point))
        assert value.reason is Reason.NO_METHOD
        assert "omni:31" in value.detail
        with pytest.raises(ValueError, match="is a token"):
            await anext(asked.balances(TOKEN, point, told.owners))


async def test_foreign_forms_and_repeated_addresses_are_mistakes_of_the_caller() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        point = await pinned(asked, told.height)
        with pytest.raises(ValueError, match="not distinct"):
            await collect(asked, point, [told.owners[0]] * 2)
        foreign = HoldingForm("LTC@litecoin", "LTC", "litecoin", None, 8, ())
        with pytest.raises(ValueError, match="is not of bitcoin"):
            await asked.check_form(foreign, point)


async def test_without_a_server_that_answers_every_address_is_unresolved() -> None:
    told = scene()
    async with ElectrumFake(told.ledger, told.owners) as server, reading([server.url]) as asked:
        point = await pinned(asked, told.height)
    async with reading([NOWHERE]) as asked:
        assert unresolved(await asked.pin(told.height)).reason is Reason.UNREACHABLE
        found = await collect(asked, point, told.owners)
    for value in found.values():
        assert unresolved(value).reason is Reason.UNREACHABLE
        assert unresolved(value).attempts
    async with reading([]) as asked:
        assert unresolved(await asked.pin(told.height)).reason is Reason.NO_ENDPOINT


async def test_pieces_answer_every_address_once() -> None:
    told = scene()
    async with (
        ElectrumFake(told.ledger, told.owners) as server,
        reading([server.url], limits=settings(piece=1, pieces=2)) as asked,
    ):
        found = await collect(asked, await pinned(asked, told.height), told.owners)
        assert not await collect(asked, await pinned(asked, told.height), [])
    assert {owner: observed(value).amount for owner, value in found.items()} == told.truth


async def test_all_four_kinds_agree() -> None:
    told = scene()
    async with (
        ElectrumFake(told.ledger, told.owners) as electrum,
        EsploraFake(told.ledger, told.owners) as esplora,
        BlockbookFake(told.ledger, told.owners) as blockbook,
        DeltasFake(told.ledger, told.owners) as deltas,
        reading(
            [electrum.url, esplora.url, blockbook.url, deltas.url], limits=settings(opinions=4)
        ) as asked,
    ):
        for height in range(1, told.ledger.height + 1):
            found = await collect(asked, await pinned(asked, height), told.owners)
            for owner, value in found.items():
                assert observed(value).amount == told.ledger.balance(owner, height)
                assert len(observed(value).sources) == 4


def test_the_transport_of_the_tests_does_not_wait() -> None:
    assert TRANSPORT.first_wait_s < 0.01
