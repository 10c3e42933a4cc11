from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.adapter import Assurance, HoldingForm
from chains.errors import Incapable, ProviderError, Throttled, TooLarge
from chains.errors import UnresolvedReason as Reason
from chains.sui.source import STAKE_APART, SUI, SuiLimits, classify
from chains.transport.graphql import Refusal
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.sui_ledger import COIN, START, Ledger, SuiService, digest, named
from tests.fakes.sui_scene import (
    COLD,
    LATE,
    NOBODY,
    OLD,
    OWNERS,
    RECENT,
    TOKEN,
    WARM,
    ledger,
    read,
    reading,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS = pytest.mark.parametrize("form", [COIN, TOKEN], ids=["native", "token"])
BOTH = pytest.mark.parametrize("height", [OLD, RECENT])


@FORMS
@pytest.mark.parametrize("height", [99, OLD - 1, OLD, OLD + 1, 949, 950, RECENT, 990, 1_000])
async def test_balances_at_every_checkpoint_are_the_ledgers_own(
    form: HoldingForm, height: int
) -> None:
    made = ledger()
    found = await read(SuiService(made), form, height)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, form, height
    )
    assurance = Assurance.NODE if height >= 950 else Assurance.REPLAYED
    assert {observed(one).assurance for one in found.values()} == {assurance}


WALLETS = [named(f"wallet {number}") for number in range(3)]
MOVES = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 2), st.integers(0, 9)), max_size=20)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(MOVES, st.integers(0, 100), st.integers(1, 4))
async def test_taking_back_what_came_later_gives_what_was(
    moves: list[tuple[int, int, int]], height: int, size: int
) -> None:
    made = Ledger(tip=100)
    for at, wallet, amount in moves:
        made.send(at, (WALLETS[wallet], SUI, amount), (WALLETS[0], SUI, 1))
    service = SuiService(made)
    service.first_balance, service.page, service.changes_page = 80, 7, size
    found = await read(service, height=height, owners=WALLETS)
    assert [observed(found[one]).amount for one in WALLETS] == [
        made.balance(one, height) for one in WALLETS
    ]


@BOTH
async def test_a_number_beyond_two_to_the_53_is_exact(height: int) -> None:
    found = await read(SuiService(ledger()), height=height)
    assert observed(found[COLD]).amount == 2**63 + 1
    assert observed(found[NOBODY]).amount == 0


async def test_staked_sui_stands_apart() -> None:
    made = ledger()
    made.staked = {COLD: [5, 6]}
    found = await read(SuiService(made), height=RECENT)
    assert observed(found[COLD]).note == "11 MIST in StakedSui are not in the amount."
    assert observed(found[WARM]).note == STAKE_APART
    assert observed((await read(SuiService(made)))[COLD]).note == STAKE_APART
    assert observed((await read(SuiService(made), TOKEN))[COLD]).note == ""


async def test_the_checkpoint_of_a_height() -> None:
    service = SuiService(ledger())
    async with service, reading(service) as asked:
        point = await pinned(asked, OLD)
        assert (point.block_hash, point.finality) == (digest(f"checkpoint {OLD}"), "finalized")
        assert point.block_time == datetime.fromtimestamp(START + OLD, UTC)
        assert await asked.recheck(point) is None
        assert unresolved(await asked.pin(1_001)).reason is Reason.NO_BLOCK
        service.changed["checkpoint"] = None
        assert unresolved(await asked.pin(OLD)).reason is Reason.MALFORMED_ANSWER
        service.identifier = "4c78adac"
        assert unresolved(await asked.pin(OLD)).reason is Reason.WRONG_CHAIN


@pytest.mark.parametrize(
    ("said", "is_ours"),
    [
        ("35834a8a", True),  # until 2026
        ("4btiuiMPvEENsttpZC7CZ53DruC3MAgfznDbASZ7DR6S", True),
        ("69WiPg3DAQiwdxfncX6wYQ2siKwAe6L9BZthQea3JNMD", False),  # the test network
        ("4btiuiMPvEENsttpZC7CZ53DruC3MAgfznDbASZ7DR6", False),
        ("", False),
    ],
)
async def test_the_network_is_told_by_four_bytes_or_by_the_whole_digest(
    said: str, *, is_ours: bool
) -> None:
    service = SuiService(ledger())
    service.identifier = said
    async with service, reading(service) as asked:
        found = await asked.pin(OLD)
        if is_ours:
            assert (await pinned(asked, OLD)).height == OLD
        else:
            assert unresolved(found).reason is Reason.WRONG_CHAIN


@BOTH
async def test_another_checkpoint_than_the_pinned_one(height: int) -> None:
    service = SuiService(ledger())
    async with service, reading(service) as asked:
        point = await pinned(asked, height)
        told = {"timestamp": "2023-11-14T22:13:20Z"}
        service.changed["checkpoint"] = told | {"sequenceNumber": height, "digest": "x"}
        found = await collect(asked, COIN, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}
        service.changed["checkpoint"] = told | {
            "sequenceNumber": height - 1, "digest": point.block_hash,
        }  # fmt: skip
        found = await collect(asked, COIN, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}


@FORMS
async def test_trap_transactions_are_kept_for_months_only(form: HoldingForm) -> None:
    service = SuiService(ledger())
    service.first_transaction = OLD + 1
    found = await read(service, form)
    assert observed(found[COLD]).amount == 2**63 + 1
    service = SuiService(ledger())
    service.first_transaction = OLD + 2
    found = await read(service, form)
    assert {unresolved(one).reason for one in found.values()} == {Reason.NO_STATE}


async def test_trap_a_service_without_a_range_of_balances() -> None:
    service = SuiService(ledger())
    service.has_balances = False
    found = await read(service)
    assert {unresolved(one).reason for one in found.values()} == {Reason.NO_STATE}


@BOTH
async def test_trap_an_answer_of_the_latest_checkpoint_is_noticed(height: int) -> None:
    service = SuiService(ledger())
    service.answers_at_latest = service.says_latest = True
    found = await read(service, height=height)
    assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}


async def test_trap_no_balance_is_not_a_zero() -> None:
    service = SuiService(ledger())
    async with service, reading(service) as asked:
        point = await pinned(asked, RECENT)
        query = {"multiGetAddresses": [{"address": f"0x{COLD.hex()}", "balance": None}]}
        head = {"sequenceNumber": RECENT, "timestamp": "2023-11-14T22:13:20Z"}
        service.changed["checkpoint"] = head | {"digest": point.block_hash, "query": query}
        found = await collect(asked, COIN, point, [COLD])
        assert unresolved(found[COLD]).reason is Reason.NO_STATE


async def test_trap_one_transaction_with_very_many_changes() -> None:
    made = ledger()
    service = SuiService(made)
    service.changes_page = 1
    found = await read(service)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(made, COIN, OLD)


async def test_a_dropped_transaction_that_makes_a_balance_negative() -> None:
    made = Ledger()
    made.send(100, (WARM, SUI, 5))
    gone = made.send(600, (WARM, SUI, -5))
    made.send(700, (WARM, SUI, 3))
    made.send(710, (WARM, SUI, -3))
    made.send(720, (WARM, SUI, 2))
    service = SuiService(made)
    service.dropped = {gone.digest, made.transactions[3].digest}
    assert unresolved((await read(service, owners=[WARM]))[WARM]).reason is Reason.WRONG_STATE


@FORMS
async def test_pages_are_read_to_their_end_and_not_in_circles(form: HoldingForm) -> None:
    made = ledger()
    service = SuiService(made)
    service.page = 2
    found = await read(service, form)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(made, form, OLD)
    service = SuiService(made)
    service.page, service.pages_loop = 2, True
    found = await read(service, form)
    assert unresolved(found[WARM]).reason is Reason.MALFORMED_ANSWER
    assert observed(found[LATE]).amount == 0


async def test_too_many_transactions_are_no_number_and_spoil_no_other() -> None:
    made = ledger()
    service = SuiService(made)
    service.page = 1
    limits = SuiLimits(accounts=3, histories=2, most_pages=3)
    found = await read(service, limits=limits)
    assert unresolved(found[WARM]).reason is Reason.TOO_LARGE
    assert observed(found[COLD]).amount == made.balance(COLD, OLD)


@BOTH
async def test_questions_are_as_large_as_the_service_likes(height: int) -> None:
    made = ledger()
    service = SuiService(made)
    service.most_accounts = 1
    found = await read(service, height=height)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, COIN, height
    )


@BOTH
async def test_requests_too_fast_and_answers_cut_off_are_asked_again(height: int) -> None:
    made = ledger()
    service = SuiService(made)
    service.faults.throttle = service.faults.garbage = 1
    found = await read(service, height=height)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, COIN, height
    )


@pytest.mark.parametrize("said", [None, [], {}, {"nodes": []}, {"nodes": {}, "pageInfo": {}}, 7])
async def test_what_is_no_list_of_transactions_is_no_number(said: object) -> None:
    service = SuiService(ledger())
    service.changed["t0"] = said
    found = await read(service, owners=[WARM])
    assert unresolved(found[WARM]).reason is Reason.MALFORMED_ANSWER


def other_decimals(service: SuiService) -> None:
    service.ledger.decimals = 9


def other_symbol(service: SuiService) -> None:
    service.ledger.symbol = "FAKE"


def no_coin(service: SuiService) -> None:
    service.changed["coinMetadata"] = None


@pytest.mark.parametrize("spoil", [other_decimals, other_symbol, no_coin])
async def test_a_coin_must_be_what_assets_toml_says(spoil: Callable[[SuiService], None]) -> None:
    service = SuiService(ledger())
    async with service, reading(service) as asked:
        point = await pinned(asked, OLD)
        spoil(service)
        assert unresolved(await asked.check_form(TOKEN, point)).reason is Reason.REGISTRY


@BOTH
async def test_questions_stay_small_and_few(height: int) -> None:
    service = SuiService(ledger())
    many = [named(f"account {number}") for number in range(200)]
    found = await read(service, height=height, owners=many, limits=SuiLimits())
    assert {observed(one).amount for one in found.values()} == {0}
    assert len(service.paths) < 70


@pytest.mark.parametrize(
    ("refusal", "kind", "reason"),
    [
        (Refusal("", "Rate limit exceeded"), Throttled, Reason.THROTTLED),
        (
            Refusal("BAD_USER_INPUT", "Request is outside consistent range"),
            Incapable,
            Reason.NO_STATE,
        ),
        (Refusal("REQUEST_TIMEOUT", "x"), TooLarge, Reason.TOO_LARGE),
        (Refusal("BAD_USER_INPUT", "Query has too many rich queries"), TooLarge, Reason.TOO_LARGE),
        (Refusal("GRAPHQL_VALIDATION_FAILED", "Unknown field"), Incapable, Reason.NO_METHOD),
        (Refusal("INTERNAL_SERVER_ERROR", "x"), ProviderError, Reason.CALL_FAILED),
    ],
)
def test_what_refusals_mean(refusal: Refusal, kind: type[ProviderError], reason: Reason) -> None:
    found = classify(refusal)
    assert type(found) is kind
    assert found.reason is reason
