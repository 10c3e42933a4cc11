from __future__ import annotations

import pytest

from chains.adapter import Assurance, HoldingForm
from chains.errors import UnresolvedReason as Reason
from chains.solana.addresses import encode
from chains.solana.archive import ACCOUNT, TOKEN_ACCOUNTS
from tests.fakes.readings import collect, observed, pinned, unresolved
from tests.fakes.solana_ledger import COIN, SolanaNode
from tests.fakes.solana_scene import (
    COLD,
    HOT,
    LATE,
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

FORMS = pytest.mark.parametrize("form", [COIN, TOKEN], ids=["native", "token"])


def archive(first: int = 0) -> SolanaNode:
    node = SolanaNode(ledger())
    node.archive_from = first
    return node


@FORMS
async def test_old_states_are_taken_where_they_are_kept(form: HoldingForm) -> None:
    node = archive()
    found = {owner: observed(one) for owner, one in (await read(node, form)).items()}
    assert {owner: one.amount for owner, one in found.items()} == truth(node.ledger, form, SNAPSHOT)
    # Of an account that is absent there, the transactions are asked.
    replayed = {owner for owner, one in found.items() if one.assurance is Assurance.REPLAYED}
    assert replayed == {LATE, NOBODY}


@FORMS
async def test_old_states_that_begin_later_are_replayed(form: HoldingForm) -> None:
    node = archive(SNAPSHOT + 1)
    found = await read(node, form)
    assert {owner: observed(one).amount for owner, one in found.items()} == truth(
        node.ledger, form, SNAPSHOT
    )


@FORMS
async def test_trap_old_states_answered_with_the_present_ones(form: HoldingForm) -> None:
    node = archive()
    node.archive_lies = True
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        found = await collect(asked, form, point, [WARM, HOT])
        assert asked.distrusted() == {node.url}
    assert {unresolved(one).reason for one in found.values()} == {Reason.WRONG_STATE}


@pytest.mark.parametrize(
    ("form", "method"), [(COIN, ACCOUNT), (TOKEN, TOKEN_ACCOUNTS)], ids=["native", "token"]
)
@pytest.mark.parametrize("changes", [{"owner": 7}, {"lastUpdatedAt": None}, {"lamports": -1}])
async def test_another_form_of_answer_is_left_to_the_transactions(
    form: HoldingForm, method: str, changes: dict[str, object]
) -> None:
    node = archive()
    config = {"encoding": "base64"}
    answer = node.result(method, [encode(COLD), {"slot": SNAPSHOT}, config])
    assert isinstance(answer, dict)
    value = answer["value"]
    (value["accounts"][0]["account"] if form is TOKEN else value).update(changes)
    node.changed[method] = answer
    found = observed((await read(node, form, owners=[COLD]))[COLD])
    assert found.amount == truth(node.ledger, form, SNAPSHOT)[COLD]
    assert found.assurance is Assurance.REPLAYED


async def test_more_pages_of_token_accounts_are_left_to_the_transactions() -> None:
    node = archive()
    answer = node.result(TOKEN_ACCOUNTS, [encode(COLD), {"slot": SNAPSHOT}, {}])
    assert isinstance(answer, dict)
    answer["value"]["paginationKey"] = "more"
    node.changed[TOKEN_ACCOUNTS] = answer
    found = observed((await read(node, TOKEN, owners=[COLD]))[COLD])
    assert found.assurance is Assurance.REPLAYED


async def test_a_node_without_an_archive_is_asked_for_it_once() -> None:
    node = SolanaNode(ledger())
    async with node, reading(node) as asked:
        point = await pinned(asked, SNAPSHOT)
        for _ in range(3):
            await collect(asked, COIN, point, OWNERS)
    assert [method for method, _ in node.calls].count(ACCOUNT) == 1
