from __future__ import annotations

import pytest

from chains.adapter import Assurance, HoldingForm
from chains.aptos.indexer import IndexerLimits, classify
from chains.errors import Incapable, ProviderError, Throttled
from chains.errors import UnresolvedReason as Reason
from chains.transport.graphql import Refusal
from tests.fakes.aptos_ledger import AptosIndexer, AptosNode, Ledger, block_hash, named
from tests.fakes.aptos_scene import (
    COIN,
    COLD,
    LATE,
    OWNERS,
    SNAPSHOT,
    TOKEN,
    WARM,
    ledger,
    read,
    reading,
    truth,
)
from tests.fakes.readings import collect, observed, pinned, unresolved

FORMS = pytest.mark.parametrize("form", [COIN, TOKEN], ids=["native", "token"])


@FORMS
@pytest.mark.parametrize("version", [99, SNAPSHOT - 1, SNAPSHOT, SNAPSHOT + 1, 605, 1_000])
async def test_balances_at_every_version_are_the_ledgers_own(
    form: HoldingForm, version: int
) -> None:
    made = ledger()
    found = await read(AptosIndexer(made), form, version)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, form, version
    )
    assert {observed(one).assurance for one in found.values()} == {Assurance.REPLAYED}


async def test_what_a_pruned_node_cannot_say_the_indexer_replays() -> None:
    made = ledger()
    node, index = AptosNode(made), AptosIndexer(made)
    async with node, index, reading(node, index) as asked:
        point = await pinned(asked, SNAPSHOT)
        node.oldest = SNAPSHOT + 1
        assert await asked.check_form(TOKEN, point) is None
        found = await collect(asked, TOKEN, point, OWNERS)
        assert {observed(one).sources for one in found.values()} == {(index.url,)}
        assert {owner: observed(one).amount for owner, one in found.items()} == truth(
            made, TOKEN, SNAPSHOT
        )


async def test_node_and_indexer_that_agree_are_a_quorum() -> None:
    made = ledger()
    node, index = AptosNode(made), AptosIndexer(made)
    async with node, index, reading(node, index, quorum=2) as asked:
        point = await pinned(asked, SNAPSHOT)
        assert point.block_hash == block_hash(50)
        found = await collect(asked, COIN, point, OWNERS)
    assert {observed(one).assurance for one in found.values()} == {Assurance.QUORUM}


async def test_trap_the_payer_of_a_fee_need_not_be_the_signer() -> None:
    made = Ledger()
    made.deposit(100, WARM, 50)
    made.deposit(100, COLD, 50)
    made.fee(600, WARM, 4, signer=COLD)
    found = await read(AptosIndexer(made), version=700, owners=[COLD, WARM])
    assert [observed(found[one]).amount for one in (COLD, WARM)] == [50, 46]


async def test_trap_a_coin_that_became_an_asset_without_a_withdrawal() -> None:
    made = ledger()
    made.migrate(700, WARM)
    found = await read(AptosIndexer(made))
    assert unresolved(found[WARM]).reason is Reason.MISSING_ANSWER
    assert observed(found[COLD]).amount == made.balance(COLD, SNAPSHOT)


async def test_a_change_left_out_of_the_list_shows() -> None:
    index = AptosIndexer(ledger())
    index.dropped = {600}
    found = await read(index)
    for owner in OWNERS:
        if owner == LATE:
            assert unresolved(found[owner]).reason is Reason.MISSING_ANSWER
        else:
            assert observed(found[owner]).amount == index.ledger.balance(owner, SNAPSHOT)


async def test_trap_an_index_that_knows_nothing_is_not_full_of_zeros() -> None:
    index = AptosIndexer(ledger())
    index.is_empty = True
    index.changed["current_fungible_asset_balances"] = []
    found = await read(index)
    assert {unresolved(one).reason for one in found.values()} == {Reason.NO_STATE}


@FORMS
async def test_long_lists_come_in_pages(form: HoldingForm) -> None:
    made = ledger()
    found = await read(AptosIndexer(made), form, limits=IndexerLimits(page=3))
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        made, form, SNAPSHOT
    )


async def test_a_list_that_is_too_long_spoils_no_other() -> None:
    made = ledger()
    found = await read(AptosIndexer(made), limits=IndexerLimits(page=2, most_pages=3))
    assert unresolved(found[WARM]).reason is Reason.TOO_LARGE
    assert observed(found[COLD]).amount == made.balance(COLD, SNAPSHOT)


async def test_pages_that_loop_are_refused() -> None:
    index = AptosIndexer(ledger())
    index.pages_loop = True
    found = await read(index, owners=[WARM], limits=IndexerLimits(page=2))
    assert unresolved(found[WARM]).reason is Reason.MALFORMED_ANSWER


async def test_a_secondary_store_is_no_number_and_spoils_no_other() -> None:
    made = ledger()
    index = AptosIndexer(made)
    index.secondary = {WARM}
    found = await read(index)
    assert unresolved(found[WARM]).reason is Reason.NO_METHOD
    assert observed(found[COLD]).amount == made.balance(COLD, SNAPSHOT)


async def test_a_balance_that_moves_meanwhile_is_no_number() -> None:
    made = ledger()
    index = AptosIndexer(made)
    index.lag = 385
    found = await read(index)
    assert unresolved(found[WARM]).reason is Reason.WRONG_STATE
    assert observed(found[COLD]).amount == made.balance(COLD, SNAPSHOT)


async def test_an_indexer_behind_the_version_or_of_another_network() -> None:
    index = AptosIndexer(ledger())
    async with index, reading(index) as asked:
        point = await pinned(asked, SNAPSHOT)
        index.lag = 600
        assert unresolved(await asked.pin(SNAPSHOT)).reason is Reason.NO_BLOCK
        found = await collect(asked, COIN, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.NO_BLOCK}
        index.lag = 0
        index.changed["block_metadata_transactions"] = [
            {"id": block_hash(7), "version": 500, "timestamp": "2023-11-14T22:13:20"}
        ]
        found = await collect(asked, COIN, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}
        index.ledger.chain_id = 2
        assert unresolved(await asked.pin(SNAPSHOT)).reason is Reason.WRONG_CHAIN


async def test_blocks_are_not_asked_of_an_indexer() -> None:
    index = AptosIndexer(ledger())
    async with index, reading(index, height_is="block") as asked:
        assert unresolved(await asked.pin(50)).reason is Reason.NO_METHOD


async def test_an_asset_must_be_what_assets_toml_says() -> None:
    index = AptosIndexer(ledger())
    async with index, reading(index) as asked:
        point = await pinned(asked, SNAPSHOT)
        assert await asked.check_form(TOKEN, point) is None
        index.ledger.symbol = "FAKE"
        assert unresolved(await asked.check_form(TOKEN, point)).reason is Reason.REGISTRY
        other = HoldingForm("X@aptos", "X", "aptos", "0x5", 6, ())
        assert unresolved(await asked.check_form(other, point)).reason is Reason.REGISTRY


async def test_an_answer_about_somebody_else_is_refused() -> None:
    index = AptosIndexer(ledger())
    index.changed["current_fungible_asset_balances"] = [
        {"owner_address": "0x5", "amount": 1, "is_primary": True, "last_transaction_version": 1}
    ]
    found = await read(index, owners=[COLD])
    assert unresolved(found[COLD]).reason is Reason.WRONG_STATE


async def test_a_refused_query_gives_no_number() -> None:
    index = AptosIndexer(ledger())
    async with index, reading(index) as asked:
        point = await pinned(asked, SNAPSHOT)
        index.refusal = {"message": "field not found", "extensions": {"code": "validation-failed"}}
        found = await collect(asked, COIN, point, OWNERS)
        assert {unresolved(one).reason for one in found.values()} == {Reason.NO_METHOD}


async def test_many_accounts_take_few_requests() -> None:
    index = AptosIndexer(ledger())
    await read(index, owners=[named(f"account {number}") for number in range(100)])
    assert len(index.paths) < 30


@pytest.mark.parametrize(
    ("refusal", "kind", "reason"),
    [
        (Refusal("", "Rate limit exceeded"), Throttled, Reason.THROTTLED),
        (Refusal("validation-failed", "no such field"), Incapable, Reason.NO_METHOD),
        (Refusal("unexpected", "timeout"), ProviderError, Reason.CALL_FAILED),
    ],
)
def test_what_refusals_mean(refusal: Refusal, kind: type[ProviderError], reason: Reason) -> None:
    found = classify(refusal)
    assert type(found) is kind
    assert found.reason is reason
