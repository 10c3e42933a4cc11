from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chains.adapter import Assurance, HoldingForm
from chains.errors import UnresolvedReason as Reason
from chains.solana.history import SolanaLimits
from chains.solana.past import ENTERED, UNCHECKED
from chains.solana.source import NO_STAKE
from chains.solana.token_accounts import TOKEN as PROGRAM
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.solana_ledger import COIN, RENT, Account, Ledger, SolanaNode, block_hash, named
from tests.fakes.solana_scene import (
    CLOSED,
    COLD,
    HOT,
    NOBODY,
    OWNERS,
    SNAPSHOT,
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
OWN_MINT = Account(RENT, owner=COLD, mint=named("mint"), amount=1)


@FORMS
@pytest.mark.parametrize("slot", [99, SNAPSHOT - 1, SNAPSHOT, SNAPSHOT + 2, 605, 634, 999])
async def test_balances_at_every_slot_are_the_ledgers_own(form: HoldingForm, slot: int) -> None:
    made = ledger()
    found = await read(SolanaNode(made), form, slot)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(made, form, slot)
    assert {observed(one).assurance for one in found.values()} == {Assurance.REPLAYED}


async def test_a_number_beyond_two_to_the_53_is_exact() -> None:
    found = await read(SolanaNode(ledger()))
    assert observed(found[COLD]).amount == 2**63 + 1
    assert observed(found[COLD]).note == NO_STAKE


async def test_the_block_of_a_slot() -> None:
    node = SolanaNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        assert (point.block_hash, point.finality) == (block_hash(SNAPSHOT), "finalized")
        assert point.block_time == datetime.fromtimestamp(1_700_000_000 + SNAPSHOT, UTC)
        assert await asked.recheck(point) is None
        # A skipped slot has the state of the block before it.
        assert (await pinned(asked, SNAPSHOT + 1)).block_hash == block_hash(SNAPSHOT)
        assert (await pinned(asked, 8)).block_hash == block_hash(6)
        assert unresolved(await asked.pin(1_001)).reason is Reason.NO_BLOCK


async def test_a_block_that_the_node_lacks_is_no_skipped_slot() -> None:
    node = SolanaNode(ledger())
    node.missing_blocks = {SNAPSHOT}
    async with node, reading(node) as asked:
        assert unresolved(await asked.pin(SNAPSHOT)).reason is Reason.NO_BLOCK
        node.missing_blocks = set(range(900, 1_001))
        assert unresolved(await asked.pin(950)).reason is Reason.NO_BLOCK
        node.missing_blocks = set(range(800, 1_001))
        assert unresolved(await asked.pin(900)).reason is Reason.NO_BLOCK


async def test_a_node_of_another_network_is_not_asked_for_balances() -> None:
    node = SolanaNode(ledger())
    node.genesis = block_hash(3)
    async with node, reading(node) as asked:
        assert unresolved(await asked.pin(SNAPSHOT)).reason is Reason.WRONG_CHAIN
    assert {method for method, _ in node.calls} == {"getGenesisHash"}


@FORMS
async def test_another_block_at_the_slot_than_the_pinned_one(form: HoldingForm) -> None:
    honest, other = SolanaNode(ledger()), SolanaNode(ledger())
    async with honest, other, reading(honest) as asked, reading(other) as asking:
        point = await pinned(asked, SNAPSHOT)
        other.changed["getBlocks"] = [SNAPSHOT - 1, SNAPSHOT + 2]
        found = await collect(asking, form, point, OWNERS)
    assert {unresolved(one).reason for one in found.values()} <= {
        Reason.NO_BLOCK, Reason.WRONG_STATE,
    }  # fmt: skip


@FORMS
async def test_a_pruned_ledger_gives_no_number(form: HoldingForm) -> None:
    node = SolanaNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        node.first_available = SNAPSHOT - 10
        found = await collect(asked, form, point, OWNERS)
        # It has no transaction of the account that rests, so nothing says since when it does.
        assert unresolved(found.pop(COLD)).reason is Reason.NO_STATE
        right = truth(node.ledger, form, SNAPSHOT)
        assert all(observed(one).amount == right[owner] for owner, one in found.items())
        node.first_available = SNAPSHOT + 1
        node.changed["getBlocks"] = [SNAPSHOT]
        node.changed["getBlock"] = {
            "blockhash": point.block_hash, "previousBlockhash": "x", "parentSlot": 1,
            "blockTime": None,
        }  # fmt: skip
        found = await collect(asked, form, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.NO_STATE}


# --- the traps of the ledger


async def test_trap_rewards_are_written_without_a_transaction() -> None:
    made = ledger()
    made.write(700, {COLD: Account(2**63 + 77)})
    found = await read(SolanaNode(made))
    assert unresolved(found[COLD]).reason is Reason.NO_STATE
    assert "without a transaction between slot 100 and now" in unresolved(found[COLD]).detail
    assert observed(found[WARM]).amount == 6

    made = Ledger()
    made.pay(100, COLD, 1)
    made.write(300, {COLD: Account(2)})
    made.pay(700, COLD, 3)
    found = await read(SolanaNode(made), owners=[COLD])
    assert "between slot 100 and slot 700" in unresolved(found[COLD]).detail
    # Where the reward lies on one side of a transaction, it takes nothing away.
    assert observed((await read(SolanaNode(made), slot=800, owners=[COLD]))[COLD]).amount == 3


async def test_trap_a_failed_transaction_still_pays() -> None:
    made = Ledger()
    made.pay(100, COLD, 10_000)
    made.send(200, {COLD: Account(5_000)}, is_failed=True)
    made.send(600, {COLD: Account(1)}, is_failed=True)
    assert observed((await read(SolanaNode(made), owners=[COLD]))[COLD]).amount == 5_000


async def test_trap_the_order_within_a_slot_is_the_blocks() -> None:
    node = SolanaNode(ledger())
    found = await read(node, owners=[HOT])
    assert observed(found[HOT]).amount == 9
    slots = [
        params[0]
        for method, params in node.calls
        if method == "getBlock" and isinstance(params, list) and "none" not in params[1].values()
    ]
    assert slots == [SNAPSHOT, SNAPSHOT + 2]


async def test_trap_a_busy_address_is_entered_behind_the_slot() -> None:
    made = ledger()
    for slot in range(700, 800):
        made.pay(slot, HOT, slot)
    node = SolanaNode(made)
    found = observed((await read(node, owners=[HOT]))[HOT])
    assert found.amount == 9
    assert ENTERED in found.note
    node = SolanaNode(made)
    node.knows_any_cursor = False
    assert unresolved((await read(node, owners=[HOT]))[HOT]).reason is Reason.TOO_LARGE
    patient = SolanaLimits(first_page=3, page=50, most_pages=6)
    node = SolanaNode(made)
    node.knows_any_cursor = False
    assert observed((await read(node, owners=[HOT], limits=patient))[HOT]).amount == 9


async def test_a_transaction_that_is_no_longer_kept() -> None:
    made = ledger()
    node = SolanaNode(made)
    node.forgotten = {one.signature for one in made.transactions if one.slot <= 100}
    assert UNCHECKED in observed((await read(node, owners=[COLD]))[COLD]).note
    node = SolanaNode(made)
    node.forgotten = {one.signature for one in made.transactions if one.slot > 600}
    assert unresolved((await read(node, owners=[WARM]))[WARM]).reason is Reason.NO_STATE
    assert unresolved((await read(node, TOKEN, owners=[CLOSED]))[CLOSED]).reason is Reason.NO_STATE


async def test_a_dropped_line_of_a_history_shows() -> None:
    made = ledger()
    node = SolanaNode(made)
    node.dropped = {one.signature for one in made.transactions if one.slot == 601}
    found = await read(node)
    assert unresolved(found[WARM]).reason is Reason.NO_STATE
    assert observed(found[COLD]).amount == made.lamports(COLD, SNAPSHOT)


@FORMS
async def test_pages_that_loop_give_no_number(form: HoldingForm) -> None:
    node = SolanaNode(ledger())
    node.pages_loop = True
    found = await read(node, form)
    assert unresolved(found[HOT]).reason in {Reason.MALFORMED_ANSWER, Reason.TOO_LARGE}


# --- other faults


@FORMS
async def test_a_node_that_is_behind_the_slot(form: HoldingForm) -> None:
    node = SolanaNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        node.lag = 501
        node.changed["getBlocks"] = [SNAPSHOT]
        node.changed["getBlock"] = {
            "blockhash": point.block_hash, "previousBlockhash": "x", "parentSlot": 1,
            "blockTime": 7,
        }  # fmt: skip
        found = await collect(asked, form, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}


@pytest.mark.parametrize(
    "method",
    ["getMultipleAccounts", "getSignaturesForAddress", "getTransaction", "getFirstAvailableBlock"],
)
@pytest.mark.parametrize("said", [[], {}, "x", 7.5, [{"signature": 1}], {"context": {"slot": 1e3}}])
async def test_what_is_no_answer_gives_no_number(method: str, said: object) -> None:
    node = SolanaNode(ledger())
    node.changed[method] = said
    found = await read(node, owners=[WARM])
    assert unresolved(found[WARM]).reason in {
        Reason.MALFORMED_ANSWER, Reason.MISSING_ANSWER, Reason.NO_STATE,
    }  # fmt: skip


@FORMS
async def test_trap_a_node_without_an_index_of_addresses_knows_no_history(
    form: HoldingForm,
) -> None:
    node = SolanaNode(ledger())
    node.has_index = False
    found = await read(node, form)
    assert {unresolved(one).reason for one in found.values()} == {Reason.NO_STATE}


async def test_another_address_shows_the_index_as_well_as_the_token_program() -> None:
    node = SolanaNode(ledger())
    asked_of: list[object] = []
    for owners in ([NOBODY], [NOBODY, WARM]):
        node.calls.clear()
        found = await read(node, owners=owners)
        assert observed(found[NOBODY]).amount == 0
        asked_of.append(any(isinstance(one, list) and PROGRAM in one for _, one in node.calls))
    assert asked_of == [True, False]


@FORMS
async def test_requests_too_fast_and_answers_cut_off_are_asked_again(form: HoldingForm) -> None:
    node = SolanaNode(ledger())
    node.faults.throttle = 1
    node.faults.garbage = 1
    found = await read(node, form)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        node.ledger, form, SNAPSHOT
    )


def no_batches(node: SolanaNode) -> None:
    node.batches = False


def small_batches(node: SolanaNode) -> None:
    node.most_in_a_batch = 2


@FORMS
@pytest.mark.parametrize("restrict", [no_batches, small_batches])
async def test_batches_as_small_as_the_node_likes(
    form: HoldingForm, restrict: Callable[[SolanaNode], None]
) -> None:
    node = SolanaNode(ledger())
    restrict(node)
    found = await read(node, form)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        node.ledger, form, SNAPSHOT
    )


async def test_a_mint_must_be_what_assets_toml_says() -> None:
    node = SolanaNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        node.ledger.decimals = 9
        assert unresolved(await asked.check_form(TOKEN, point)).reason is Reason.REGISTRY
        node.ledger.mint_program = "11111111111111111111111111111111"
        assert unresolved(await asked.check_form(TOKEN, point)).reason is Reason.REGISTRY


async def test_few_requests_for_many_addresses() -> None:
    made = Ledger()
    many = [named(f"wallet {number}") for number in range(250)]
    for number, owner in enumerate(many):
        made.pay(100 + number, owner, number + 1)
    node = SolanaNode(made)
    limits = SolanaLimits()
    found = await read(node, owners=many, limits=limits)
    assert [observed(found[owner]).amount for owner in many] == list(range(1, 251))
    # 3 for all accounts, and one history and one transaction each.
    assert len(node.calls) < 2 * len(many) + 20
    assert len(node.paths) < 30
