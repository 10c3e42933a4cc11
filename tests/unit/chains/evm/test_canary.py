"""States that do not name their block: told apart by nonces and by a canary."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from chains.errors import UnresolvedReason as Reason
from chains.evm.identification import Canary
from chains.evm.methods import Method
from tests.fakes.evm_ledger import FakeLedger
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import (
    CONTRACT,
    HEIGHT,
    NATIVE,
    TOKEN,
    account,
    accounts,
    amount,
    collect,
    ledger,
    network,
    point,
    reader,
    truth,
    unresolved,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chains.adapter import HoldingForm

COUNT = 10
SENDER, LATER = account(900), account(901)
MULTICALL = bytes.fromhex("ca" * 20)
FORMS = pytest.mark.parametrize("form", [NATIVE, TOKEN], ids=lambda form: form.id)
ASKING = {"eth_call", "eth_getBalance"}
WAYS = {
    "override": Faults(),
    "deployless": Faults(overrides="refused", deployless="accepted"),
    "multicall": Faults(overrides="refused", multicall=MULTICALL),
    "batch": Faults(overrides="refused"),
    "one by one": Faults(overrides="refused", batches="refused"),
}


def _silent(count: int = COUNT, *, busy: bool = True) -> FakeLedger:
    """A ledger without EIP-2935 whose accounts have not moved since; `busy`: others have."""
    book = FakeLedger(has_history_contract=False, tip=HEIGHT + 100)
    book.tokens = ledger(0).tokens
    for number in range(count):
        book.fund(account(number), HEIGHT - 50, truth(number))
        book.tokens[CONTRACT].give(account(number), HEIGHT - 50, truth(number))
    if busy:
        for sender, height in ((SENDER, HEIGHT), (LATER, HEIGHT + 1)):
            book.sent += [(height - 90, sender, 0), (height, sender, 1), (height + 95, sender, 2)]
            book.fund(sender, HEIGHT - 95, 10**20)
            book.fund(sender, height, 10**19)
            book.fund(sender, height + 50, 10**18)
    return book


@pytest.mark.parametrize("way", WAYS)
@FORMS
async def test_canary_is_found_and_the_balances_are_right(way: str, form: HoldingForm) -> None:
    book = _silent()
    on = network(multicall3=f"0x{MULTICALL.hex()}")
    async with FakeNode(book, replace(WAYS[way])) as node, reader([node.url], on=on) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
        kept = asked.panel.nodes[0]
        canary = kept.canaries[book.hash_of(HEIGHT)]
        assert canary is not None
        assert canary.account in {SENDER, LATER}
        assert canary.wei == book.wei(canary.account, HEIGHT)
        assert asked.notes() == []
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


@pytest.mark.parametrize("offset", [-60, -1, 1, 60, 100])
@pytest.mark.parametrize("way", WAYS)
@FORMS
async def test_other_state_under_the_right_header_is_caught(
    way: str, form: HoldingForm, offset: int
) -> None:
    book = _silent()
    faults = replace(WAYS[way], state_offset=offset)
    on = network(multicall3=f"0x{MULTICALL.hex()}")
    async with (
        FakeNode(book, faults) as wrong,
        FakeNode(book) as right,
        reader([wrong.url, right.url], on=on) as asked,
    ):
        readings = await collect(asked, form, point(book), accounts(COUNT))
        assert asked.distrusted() == {wrong.url}
        assert "left out" in asked.notes()[0]
    for number in range(COUNT):
        reading = readings[account(number)]
        assert amount(reading) == truth(number)
        assert getattr(reading, "sources", ()) == (right.url,)


async def test_state_that_turns_wrong_after_the_canary_was_found_is_caught() -> None:
    book = _silent()
    async with FakeNode(book) as node, reader([node.url]) as asked:
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        node.faults.state_offset = 60
        readings = await collect(asked, TOKEN, point(book), accounts(COUNT))
    assert {unresolved(one).reason for one in readings.values()} == {Reason.WRONG_STATE}


@pytest.mark.parametrize("way", ["override", "batch"])
async def test_answer_that_was_under_way_while_the_canary_was_found_is_asked_for_again(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = _silent()
    for holder in accounts(COUNT):
        book.fund(holder, HEIGHT + 60, 77)
    fake = FakeNode(book, replace(WAYS[way], state_offset=60))
    async with fake, reader([fake.url]) as asked:
        node = asked.panel.nodes[0]
        answered = node.endpoint.call
        begun = False

        async def overtaken(*args: Any, **named: Any) -> list[object]:  # noqa: ANN401 (passed on)
            nonlocal begun
            first = not begun and any(method in ASKING for method, *_ in args[0])
            begun = begun or first
            values = await answered(*args, **named)
            if first:  # answered from a later state, and on its way while others find the canary
                fake.faults.state_offset = 0
                await collect(asked, NATIVE, point(book), [account(COUNT)])
                assert node.canaries[book.hash_of(HEIGHT)] is not None
            return values

        node.abilities = replace(node.abilities, methods=node.abilities.methods & _methods(way))
        monkeypatch.setattr(node.endpoint, "call", overtaken)
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


def _methods(way: str) -> set[Method]:
    return {Method.OVERRIDE} if way == "override" else set()


async def test_accounts_of_the_question_serve_where_nobody_sent_anything() -> None:
    book = _silent(busy=False)
    book.fund(account(3), HEIGHT + 10, 5)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        canary = asked.panel.nodes[0].canaries[book.hash_of(HEIGHT)]
    assert canary is not None
    assert canary.account == account(3)


async def test_missing_canary_is_told() -> None:
    book = _silent(busy=False)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        at = await asked.pin(HEIGHT)
        assert at == point(book)
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        (note,) = asked.notes()
    assert "no account was found that could serve as a canary" in note
    assert amount(readings[account(1)]) == truth(1)


def _proven() -> FakeLedger:
    """A silent ledger where nobody sent anything, and whose block at HEIGHT has a header."""
    book = _silent(busy=False)
    for height in (HEIGHT - 95, HEIGHT - 50, HEIGHT + 50):
        book.fund(SENDER, height, 7 + height)  # not asked about: no canary, but another state
    book.has_header_at = HEIGHT
    return book


def _timed() -> FakeLedger:
    """A silent ledger where nobody sent anything, with the contract of EIP-4788."""
    book = _silent(busy=False)
    book.has_beacon_roots = True
    return book


@pytest.mark.parametrize("offset", [-51, 60])
@pytest.mark.parametrize("make", [_proven, _timed])
@pytest.mark.parametrize("way", WAYS)
@FORMS
async def test_quiet_ledger_s_other_state_is_caught_by_a_proof_or_by_the_time_that_it_keeps(
    way: str, form: HoldingForm, make: Callable[[], FakeLedger], offset: int
) -> None:
    book = make()
    on = network(multicall3=f"0x{MULTICALL.hex()}")
    fake = FakeNode(book, replace(WAYS[way], state_offset=offset))
    async with fake, reader([fake.url], on=on) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
        assert asked.distrusted() == {fake.url}
    assert {unresolved(one).reason for one in readings.values()} == {Reason.WRONG_STATE}


@pytest.mark.parametrize("make", [_proven, _timed])
@pytest.mark.parametrize("way", WAYS)
async def test_quiet_ledger_s_own_state_is_shown_and_only_the_canary_is_missed(
    way: str, make: Callable[[], FakeLedger]
) -> None:
    book = make()
    on = network(multicall3=f"0x{MULTICALL.hex()}")
    async with FakeNode(book, WAYS[way]) as node, reader([node.url], on=on) as asked:
        await asked.pin(HEIGHT)
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        (note,) = asked.notes()
    assert amount(readings[account(1)]) == truth(1)
    assert note.endswith("its block, and no account was found that could serve as a canary")


async def test_canary_of_a_quiet_ledger_is_proven() -> None:
    book = _proven()
    book.fund(account(3), HEIGHT + 10, 5)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        await asked.pin(HEIGHT)
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert asked.panel.nodes[0].canaries[book.hash_of(HEIGHT)] == Canary(account(3), truth(3))
        assert asked.notes() == []


async def test_account_that_has_not_moved_since_goes_along_but_never_that_of_the_sender() -> None:
    book = _proven()
    book.fund(bytes(20), HEIGHT - 95, 77)
    asked_about = [bytes(20), *accounts(COUNT)]
    async with FakeNode(book) as node, reader([node.url]) as asked:
        await asked.pin(HEIGHT)
        await collect(asked, NATIVE, point(book), asked_about)
        canary = asked.panel.nodes[0].canaries[book.hash_of(HEIGHT)]
        (note,) = asked.notes()
        # From here on only what is executed comes from another state, with the right header.
        node.faults.executed_offset = -51
        readings = await collect(asked, NATIVE, point(book), asked_about)
    assert canary == Canary(account(0), truth(0), moved=False)
    assert "could serve as a canary" in note
    assert {unresolved(one).reason for one in readings.values()} == {Reason.WRONG_STATE}


@pytest.mark.parametrize("form", [NATIVE, TOKEN], ids=lambda form: form.id)
async def test_calls_into_another_state_are_caught_from_the_first_one_on(form: HoldingForm) -> None:
    book = _proven()
    async with FakeNode(book, Faults(executed_offset=-51)) as node, reader([node.url]) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
    assert {unresolved(one).reason for one in readings.values()} == {Reason.WRONG_STATE}


async def test_proof_is_believed_more_than_the_balance_beside_it() -> None:
    book = _proven()
    async with FakeNode(book, Faults(wei_offset=1)) as node, reader([node.url]) as asked:
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
    assert {unresolved(one).reason for one in readings.values()} == {Reason.WRONG_STATE}


_JUNK = {"accountProof": ["0x00112233"], "storageProof": []}


@pytest.mark.parametrize(
    "faults",
    [
        Faults(method_errors={"eth_getProof": (-32601, "no such method")}),
        Faults(method_errors={"eth_getProof": (-32000, "proofs only for recent blocks")}),
        Faults(results={"eth_getProof": _JUNK}),  # a state that is no Merkle-Patricia trie
        Faults(results={"eth_getProof": {"accountProof": [], "storageProof": []}}),
    ],
)
async def test_state_that_nothing_shows_is_told_also_where_there_is_a_canary(
    faults: Faults,
) -> None:
    book = _proven()
    book.fund(account(3), HEIGHT + 10, 5)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        await asked.pin(HEIGHT)
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        (note,) = asked.notes()
    assert amount(readings[account(1)]) == truth(1)
    assert note.endswith("and neither transactions nor a proof showed that it is the block's")


async def test_question_without_accounts_does_not_settle_that_there_is_none() -> None:
    book = _silent(busy=False)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        assert await asked.check_form(TOKEN, point(book)) is None
        assert asked.panel.nodes[0].canaries == {}


async def test_transactions_of_other_kinds_show_nothing() -> None:
    """Layer 2 systems number their own transactions in their own ways."""
    book = _silent()

    def system(answer: object) -> object:
        if isinstance(answer, dict) and isinstance(answer.get("result"), dict):
            for one in answer["result"].get("transactions", []):
                one |= {"type": "0x7e", "nonce": "0x63"}
        return answer

    async with FakeNode(book, Faults(rewrite=system)) as node, reader([node.url]) as asked:
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
    assert amount(readings[account(1)]) == truth(1)


@pytest.mark.parametrize("junk", [None, "0x", {"transactions": [7, {"type": 2}]}, []])
async def test_block_that_is_junk_is_no_reason_to_stop(junk: object) -> None:
    book = _silent(busy=False)
    faults = Faults(results={"eth_getBlockByNumber": junk})
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
    assert amount(readings[account(1)]) == truth(1)


async def test_history_contract_makes_a_canary_needless() -> None:
    book = ledger(COUNT)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert asked.panel.nodes[0].canaries == {}
        assert node.seen["eth_getTransactionCount"] == 0
        assert Method.OVERRIDE in asked.panel.nodes[0].abilities.methods
