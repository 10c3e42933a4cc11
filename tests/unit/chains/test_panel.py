from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chains.adapter import (
    Accountable,
    Assurance,
    ClockedReader,
    HoldingForm,
    SnapshotPoint,
)
from chains.errors import (
    Incapable,
    ProviderError,
    RegistryError,
    TransportFailure,
    WrongState,
)
from chains.errors import UnresolvedReason as Reason
from chains.source import Asked, Block, CaughtStale, Harvest
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.toy_servers import (
    BLOCK,
    COIN,
    NOW,
    POINT,
    TRUTH,
    A,
    B,
    C,
    Server,
    panel,
)

TOKEN = HoldingForm("USDT@toy", "USDT", "toy", "t", 6, ("USDT",))


class TokenServer(Server):
    problem: Exception | None = None

    async def check_form(self, form: HoldingForm, point: SnapshotPoint, journal: list[str]) -> None:
        assert (form.network, point.network) == ("toy", "toy")
        journal.append("form")
        if self.problem is not None:
            raise self.problem


async def test_the_first_server_that_answers_is_enough_without_a_quorum() -> None:
    one, two = Server("a.example"), Server("b.example")
    asked = panel(one, two)
    assert isinstance(asked, Accountable)
    found = await collect(asked, COIN, await pinned(asked, 100), [A, B, C])
    assert {key: observed(value).amount for key, value in found.items()} == TRUTH
    assert {observed(value).assurance for value in found.values()} == {Assurance.NODE}
    assert observed(found[A]).sources == ("http://a.example",)
    assert two.asked == []


async def test_small_pieces_are_answered_once_each() -> None:
    found = await collect(panel(Server("a.example"), piece=1), COIN, POINT, [A, B, C])
    assert {key: observed(value).amount for key, value in found.items()} == TRUTH


async def test_what_one_cannot_say_the_next_is_asked_and_only_that() -> None:
    one, two = Server("a.example", {A: 1}), Server("b.example", note="without stake")
    found = await collect(panel(one, two), COIN, POINT, [A, B])
    assert two.asked == [B]
    assert observed(found[B]).sources == ("http://b.example",)
    assert observed(found[B]).note == "without stake"


async def test_nobody_can_say() -> None:
    found = await collect(
        panel(Server("a.example", {}), Server("b.example", failure=TransportFailure("cut"))),
        COIN, POINT, [A],
    )  # fmt: skip
    value = unresolved(found[A])
    assert value.reason is Reason.NO_STATE
    assert any("cut" in line for line in value.attempts)


async def test_agreement_of_independent_servers_is_a_quorum() -> None:
    asked = panel(Server("a.example"), Server("b.example"), quorum=2)
    found = await collect(asked, COIN, await pinned(asked, 100), [A])
    assert observed(found[A]).assurance is Assurance.QUORUM
    assert len(observed(found[A]).sources) == 2


async def test_one_host_is_one_opinion() -> None:
    asked = panel(Server("a.example:1"), Server("a.example:2"), quorum=2)
    assert unresolved(await asked.pin(100)).reason is Reason.NO_ENDPOINT
    found = await collect(asked, COIN, POINT, [A])
    assert "2 independent servers" in unresolved(found[A]).detail


async def test_disagreement_is_no_number() -> None:
    asked = panel(Server("a.example"), Server("b.example", {A: 9}), quorum=2)
    value = unresolved((await collect(asked, COIN, POINT, [A]))[A])
    assert value.reason is Reason.DISAGREEMENT
    assert value.attempts == ("http://a.example: 1", "http://b.example: 9")
    assert asked.distrusted() == frozenset()


async def test_a_proof_settles_a_disagreement_and_names_who_was_wrong() -> None:
    asked = panel(Server("a.example", {A: 9}), Server("b.example", proves=True), quorum=2)
    value = observed((await collect(asked, COIN, POINT, [A]))[A])
    assert (value.amount, value.assurance) == (1, Assurance.PROOF)
    assert value.sources == ("http://b.example",)
    assert asked.distrusted() == {"http://a.example"}
    assert "http://a.example" in asked.notes()[0]


async def test_proofs_that_contradict_each_other_settle_nothing() -> None:
    asked = panel(
        Server("a.example", {A: 9}, proves=True), Server("b.example", proves=True), quorum=2
    )
    assert unresolved((await collect(asked, COIN, POINT, [A]))[A]).reason is Reason.DISAGREEMENT


async def test_a_stale_server_is_left_and_nothing_it_said_is_believed() -> None:
    stale = Server("a.example", failure=CaughtStale("answers at latest"))
    asked = panel(stale, Server("b.example"))
    assert observed((await collect(asked, COIN, POINT, [A]))[A]).sources == ("http://b.example",)
    assert asked.distrusted() == {"http://a.example"}
    assert stale.provider.out is not None


@pytest.mark.parametrize("time", [-1, 2**40, 2**64])
async def test_a_time_that_no_calendar_has_is_refused(time: int) -> None:
    odd = Server("a.example", block=Block("aa", time, 200))
    assert unresolved(await panel(odd).pin(100)).reason is Reason.MALFORMED_ANSWER
    assert (await pinned(panel(odd, Server("b.example")), 100)).block_hash == "aa"


async def test_a_server_of_another_network_is_left_without_distrust() -> None:
    foreign = Server("a.example", block=WrongState("foreign", reason=Reason.WRONG_CHAIN))
    asked = panel(foreign, Server("b.example"))
    await pinned(asked, 100)
    assert foreign.provider.out is not None
    assert asked.distrusted() == frozenset()
    alone = panel(Server("a.example", block=WrongState("foreign", reason=Reason.WRONG_CHAIN)))
    assert unresolved(await alone.pin(100)).reason is Reason.WRONG_CHAIN
    assert unresolved((await collect(alone, COIN, POINT, [A]))[A]).reason is Reason.WRONG_CHAIN


@pytest.mark.parametrize(
    ("block", "finality", "rule"),
    [
        (Block("aa", 1_700_000_000, 102), "3", "confirmations"),
        (Block("aa", 1_700_000_000, 101), "3", "age"),
        (Block("aa", int(NOW), 101), "3", None),
        (Block("aa", None, 101), "3", None),
        (Block("aa", int(NOW), 500, 100), "finalized", "finalized"),
        (Block("aa", int(NOW), 500, 99), "finalized", None),
        (Block("aa", 1_700_000_000, 500, 99), "finalized", "age"),
    ],
)
async def test_only_a_final_block_is_a_snapshot(
    block: Block, finality: str, rule: str | None
) -> None:
    found = await panel(Server("a.example", block=block), finality=finality).pin(100)
    if rule is None:
        assert unresolved(found).reason is Reason.NOT_FINAL
    else:
        assert isinstance(found, SnapshotPoint)
        assert found.finality == rule
        assert found.block_time == datetime.fromtimestamp(
            1_700_000_000 if block.time != int(NOW) else NOW, UTC
        )


@pytest.mark.parametrize(
    ("finality", "blocks", "height"),
    [
        ("1", [BLOCK], 200),
        ("3", [BLOCK, BLOCK._replace(tip=190)], 188),
        ("3", [BLOCK._replace(final=150), BLOCK._replace(final=140)], 140),
        ("3", [BLOCK, Incapable("none")], 198),
    ],
)
async def test_the_newest_final_block_is_one_that_pin_takes(
    finality: str, blocks: list[Block | ProviderError], height: int
) -> None:
    servers = [Server(f"s{number}.example", block=one) for number, one in enumerate(blocks)]
    async with panel(*servers, finality=finality) as asked:
        assert isinstance(asked, ClockedReader)
        assert await asked.latest() == height
        assert (await pinned(asked, height)).finality in {"confirmations", "finalized"}


async def test_a_young_ledger_has_no_final_block_and_nobody_tells_the_block_of_a_time() -> None:
    async with panel(Server("a.example"), finality="500") as asked:
        assert unresolved(await asked.latest()).reason is Reason.NOT_FINAL
        told = unresolved(await asked.height_at(datetime(2026, 1, 1, tzinfo=UTC)))
    assert told.reason is Reason.NO_METHOD
    assert "2026-01-01 00:00 UTC" in told.detail
    async with panel(Server("a.example", block=TransportFailure("gone"))) as asked:
        assert unresolved(await asked.latest()).reason is Reason.UNREACHABLE


async def test_servers_with_different_blocks_pin_nothing() -> None:
    asked = panel(Server("a.example"), Server("b.example", block=Block("bb", 1_700_000_000, 200)))
    assert unresolved(await asked.pin(100)).reason is Reason.DISAGREEMENT


async def test_the_block_is_looked_at_again() -> None:
    server = Server("a.example")
    asked = panel(server)
    assert await asked.recheck(POINT) is None
    server.block = Block("bb", 1_700_000_000, 200)
    assert unresolved(await asked.recheck(POINT)).reason is Reason.WRONG_STATE
    server.block = TransportFailure("gone")
    assert await asked.recheck(POINT) is None


async def test_a_token_that_nobody_reads() -> None:
    asked = panel(Server("a.example"))
    assert await asked.check_form(COIN, POINT) is None
    assert unresolved(await asked.check_form(TOKEN, POINT)).reason is Reason.NO_METHOD
    with pytest.raises(ValueError, match="is a token"):
        await collect(asked, TOKEN, POINT, [A])


async def test_a_token_is_read_by_those_who_can() -> None:
    plain, able = Server("a.example"), TokenServer("b.example")
    asked = panel(plain, able)
    assert await asked.check_form(TOKEN, POINT) is None
    assert observed((await collect(asked, TOKEN, POINT, [A]))[A]).sources == ("http://b.example",)
    able.problem = TransportFailure("cut")
    assert unresolved(await asked.check_form(TOKEN, POINT)).reason is Reason.UNREACHABLE
    able.problem = RegistryError("6 decimals there, 8 here")
    assert unresolved(await asked.check_form(TOKEN, POINT)).reason is Reason.REGISTRY


async def test_mistakes_of_the_caller() -> None:
    asked = panel(Server("a.example"))
    with pytest.raises(ValueError, match="not distinct"):
        await collect(asked, COIN, POINT, [A, A])
    with pytest.raises(ValueError, match="is not of toy"):
        await asked.check_form(HoldingForm("X@x", "X", "x", None, 6, ()), POINT)


async def test_a_source_that_leaves_an_account_out_is_a_fault_of_assay() -> None:
    class Short(Server):
        async def read(self, asked: Asked, journal: list[str]) -> Harvest:
            return Harvest({asked.accounts[0]: 1})

    with pytest.raises(AssertionError, match="does not answer what was asked"):
        await collect(panel(Short("a.example")), COIN, POINT, [A, B])


async def test_opening_closes_what_was_opened_when_one_fails() -> None:
    one, two = Server("a.example"), Server("b.example", refuses_to_open=True)
    with pytest.raises(OSError, match="no"):
        async with panel(one, two):
            pytest.fail("not reached")
    assert not one.is_open
    async with panel(one):
        pass
    assert not one.is_open
