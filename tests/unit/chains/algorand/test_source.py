"""The traps of Algorand."""

from __future__ import annotations

import pytest

from chains.algorand.addresses import encode
from chains.errors import UnresolvedReason as Reason
from tests.fakes.account_history import scene
from tests.fakes.algorand_ledger import BANK, USDT, account, server_of, trial
from tests.fakes.ledger_trials import Trial, asking
from tests.fakes.readings import collect, observed, pinned, unresolved


def made(**lies: object) -> Trial:
    one = trial(scene(account))
    for name, value in lies.items():
        setattr(server_of(one).lies, name, value)
    return one


async def reason(one: Trial, asked: bytes | None = None) -> Reason:
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        account_asked = asked or one.scene.moving
        found = await collect(panel, one.form, point, [account_asked])
    return unresolved(found[account_asked]).reason


async def test_block_payouts_are_no_transactions() -> None:
    one = made()
    told = one.scene
    server_of(one).lies.payouts = {told.heights[2]: encode(told.moving)}
    async with one.server, asking(one) as panel:
        point = await pinned(panel, told.height)
        found = await collect(panel, one.form, point, [told.moving])
    assert observed(found[told.moving]).amount == 1_500_000
    assert any(path.startswith("/v2/block-headers") for path in one.server.paths)


async def test_an_account_that_may_propose_is_asked_for_its_payouts() -> None:
    one = made()
    server_of(one).lies.online = {encode(one.scene.still)}
    async with one.server, asking(one) as panel:
        point = await pinned(panel, one.scene.height)
        found = await collect(panel, one.form, point, [one.scene.still])
    assert observed(found[one.scene.still]).amount == 7_000_000
    assert any(path.startswith("/v2/block-headers") for path in one.server.paths)


async def test_participation_rewards_since_the_snapshot_leave_no_number() -> None:
    one = made()
    server_of(one).lies.level_since = one.scene.height + 2
    assert await reason(one) is Reason.NO_METHOD


async def test_an_indexer_that_threw_old_transactions_away() -> None:
    """A still account looks the same there as one that moved."""
    one = made()
    server_of(one).lies.first = one.scene.height + 1
    assert await reason(one, one.scene.still) is Reason.NO_STATE


async def test_a_list_that_is_behind_the_account() -> None:
    assert await reason(made(lag=3)) is Reason.WRONG_STATE


async def test_pages_that_go_round() -> None:
    assert await reason(made(circle=True)) is Reason.MALFORMED_ANSWER


async def test_a_kind_of_transaction_that_nobody_knows() -> None:
    one = made()
    one_more = {
        "id": "NEW", "confirmed-round": one.scene.height + 1, "fee": 1, "tx-type": "novel",
        "sender": encode(one.scene.moving),
    }  # fmt: skip
    server_of(one).lies.more = [one_more]
    assert await reason(one) is Reason.NO_METHOD


async def test_an_account_never_seen_that_has_transactions() -> None:
    one = made()
    payment = {"receiver": BANK, "amount": 5}
    one_more = {
        "id": "NEW", "confirmed-round": one.scene.height + 1, "fee": 1, "tx-type": "pay",
        "sender": encode(one.scene.unknown), "payment-transaction": payment,
    }  # fmt: skip
    server_of(one).lies.more = [one_more]
    assert await reason(one, one.scene.unknown) is Reason.MALFORMED_ANSWER


async def test_a_server_that_is_no_indexer_knows_nobody() -> None:
    one = made()
    one.server.faults.statuses = {f"/v2/accounts/{encode(one.scene.moving)}?": 404}
    assert await reason(one) is Reason.NO_METHOD


@pytest.mark.parametrize(("decimals", "word"), [(6, None), (8, "6")])
async def test_an_asset_is_compared_with_the_table(decimals: int, word: str | None) -> None:
    one = trial(scene(account), USDT)
    server_of(one).lies.decimals = decimals
    async with one.server, asking(one) as panel:
        problem = await panel.check_form(USDT, await pinned(panel, one.scene.height))
    if word is None:
        assert problem is None
    else:
        assert unresolved(problem).reason is Reason.REGISTRY
