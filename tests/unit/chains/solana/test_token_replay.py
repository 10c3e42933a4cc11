from __future__ import annotations

from chains.errors import UnresolvedReason as Reason
from chains.solana.addresses import encode
from chains.solana.past import UNCHECKED
from chains.solana.token_accounts import TOKEN_2022
from tests.fakes.readings import observed, unresolved
from tests.fakes.solana_ledger import RENT, Account, Ledger, SolanaNode, named
from tests.fakes.solana_scene import COLD, SNAPSHOT, TOKEN, WARM, ledger, read


async def test_trap_an_associated_account_that_was_closed_and_made_again() -> None:
    made = Ledger()
    made.hold(100, COLD, 50)
    made.hold(600, COLD, None)
    made.hold(700, COLD, 9)
    made.hold(100 + 700, WARM, 4)
    found = await read(SolanaNode(made), TOKEN, owners=[COLD, WARM])
    assert [observed(found[one]).amount for one in (COLD, WARM)] == [50, 0]


async def test_trap_an_account_beside_the_associated_one_that_was_closed_since() -> None:
    made = Ledger()
    aside = named("aside")
    made.hold(100, COLD, 50)
    made.hold(110, COLD, 7, at=aside)
    made.hold(600, COLD, None, at=aside)
    assert observed((await read(SolanaNode(made), TOKEN, owners=[COLD]))[COLD]).amount == 57


async def test_trap_an_account_that_changed_hands() -> None:
    made = Ledger()
    aside = named("aside")
    made.hold(100, COLD, 7, at=aside)
    made.send(600, {aside: Account(RENT, made.mint_program, named("mint"), WARM, 7)},
              mentions=[COLD])  # fmt: skip
    found = await read(SolanaNode(made), TOKEN, owners=[COLD, WARM])
    assert [observed(found[one]).amount for one in (COLD, WARM)] == [7, 0]


async def test_trap_both_token_programs() -> None:
    made = Ledger(mint_program=TOKEN_2022)
    made.hold(100, COLD, 50)
    made.hold(600, COLD, None)
    assert observed((await read(SolanaNode(made), TOKEN, owners=[COLD]))[COLD]).amount == 50


async def test_trap_an_owner_with_too_many_transactions_to_search() -> None:
    made = ledger()
    for slot in range(700, 722):
        made.pay(slot, WARM, slot)
    found = await read(SolanaNode(made), TOKEN)
    assert unresolved(found[WARM]).reason is Reason.TOO_LARGE
    assert observed(found[COLD]).amount == made.tokens(COLD, SNAPSHOT)


async def test_a_list_with_an_account_of_somebody_else_is_malformed() -> None:
    made = Ledger()
    made.hold(100, COLD, 50)
    node = SolanaNode(made)
    listed = node.result("getTokenAccountsByOwner", [encode(COLD), {"mint": TOKEN.contract}, {}])
    node.changed["getTokenAccountsByOwner"] = listed
    found = await read(node, TOKEN, owners=[COLD, WARM])
    assert observed(found[COLD]).amount == 50
    assert unresolved(found[WARM]).reason is Reason.MALFORMED_ANSWER


async def test_a_last_transaction_too_old_to_name_owners_is_only_not_compared() -> None:
    made = Ledger()
    first = made.hold(100, COLD, 50)
    node = SolanaNode(made)
    told = node.result("getTransaction", [first.signature, {}])
    assert isinstance(told, dict)
    for line in told["meta"]["postTokenBalances"]:
        del line["owner"]
    node.changed["getTransaction"] = told
    found = observed((await read(node, TOKEN, owners=[COLD]))[COLD])
    assert (found.amount, found.note) == (50, UNCHECKED)
