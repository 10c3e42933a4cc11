"""The reader as a whole, against simulated nodes with every fault: never a wrong number."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from chains.adapter import Assurance, HoldingForm, Observed
from chains.errors import UnresolvedReason as Reason
from chains.evm.balances import reader as public_reader
from chains.evm.methods import Method
from chains.evm.settings import EvmSettings
from chains.transport.settings import TransportSettings
from tests.fakes.evm_ledger import FakeLedger, Quirk
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import (
    CONTRACT,
    HEIGHT,
    NATIVE,
    QUICK,
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
from tests.fakes.surroundings import FakeTime

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 40
FORMS = pytest.mark.parametrize("form", [NATIVE, TOKEN], ids=lambda form: form.id)


def _each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    """Change every member of an answer, batch or not."""

    def rewrite(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        return [change(m) for m in answer] if isinstance(answer, list) else change(answer)

    return rewrite


def _in_batch(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    def rewrite(answer: Any) -> Any:  # noqa: ANN401 (JSON)
        return change(answer) if isinstance(answer, list) else answer

    return rewrite


class Case(NamedTuple):
    """Faults under which not one balance can be read, and the reasons that may be given."""

    name: str
    faults: Callable[[], Faults]
    reasons: set[Reason]


MULTICALL = bytes.fromhex("ca" * 20)
WITH_MULTICALL = network(multicall3=f"0x{MULTICALL.hex()}")
WRONG_STATES: dict[str, dict[str, Any]] = {
    "answers at latest": {"answers_at_latest": True},
    "stale state": {"state_offset": -1},
    "state too new": {"state_offset": 1},
}
OTHER_WAYS: dict[str, dict[str, Any]] = {
    "deployless": {"overrides": "refused", "deployless": "accepted"},
    "by Multicall3": {"overrides": "refused", "multicall": MULTICALL},
}
CASES = [
    Case("wrong chain", lambda: Faults(chain_id=56), {Reason.WRONG_CHAIN}),
    Case("answers at latest", lambda: Faults(answers_at_latest=True), {Reason.WRONG_STATE}),
    Case("stale state", lambda: Faults(state_offset=-1), {Reason.WRONG_STATE}),
    Case("much older state", lambda: Faults(state_offset=-40), {Reason.WRONG_STATE}),
    Case("state too new", lambda: Faults(state_offset=1), {Reason.WRONG_STATE}),
    Case("much newer state", lambda: Faults(state_offset=90), {Reason.WRONG_STATE}),
    Case(
        "answers at latest, in batches",
        lambda: Faults(answers_at_latest=True, overrides="refused"),
        {Reason.WRONG_STATE},
    ),
    Case(
        "stale state, in batches",
        lambda: Faults(state_offset=-1, overrides="refused"),
        {Reason.WRONG_STATE},
    ),
    Case(
        "state too new, in batches",
        lambda: Faults(state_offset=1, overrides="refused"),
        {Reason.WRONG_STATE},
    ),
    Case(
        "stale state, one by one",
        lambda: Faults(state_offset=-1, overrides="refused", batches="refused"),
        {Reason.WRONG_STATE},
    ),
    *(
        Case(f"{name}, {way}", partial(Faults, **wrong, **how), {Reason.WRONG_STATE})
        for name, wrong in WRONG_STATES.items()
        for way, how in OTHER_WAYS.items()
    ),
    Case("pruned", lambda: Faults(pruned=True), {Reason.NO_STATE}),
    Case(
        "pruned, in batches",
        lambda: Faults(pruned=True, overrides="refused"),
        {Reason.NO_STATE},
    ),
    Case(
        "null for every balance",
        lambda: Faults(null_methods={"eth_call", "eth_getBalance"}),
        {Reason.MISSING_ANSWER},
    ),
    Case(
        "an empty quantity",
        lambda: Faults(results={"eth_call": "0x", "eth_getBalance": "0x"}),
        {Reason.MALFORMED_ANSWER},
    ),
    Case(
        "numbers as floats",
        lambda: Faults(rewrite=_each(lambda m: m | {"result": 1.5})),
        {Reason.MALFORMED_ANSWER},
    ),
    Case(
        "ids as texts",
        lambda: Faults(rewrite=_each(lambda m: m | {"id": str(m["id"])})),
        {Reason.MALFORMED_ANSWER},
    ),
    Case(
        "no result and no error",
        lambda: Faults(rewrite=_each(lambda m: {"jsonrpc": "2.0", "id": m["id"]})),
        {Reason.MISSING_ANSWER},
    ),
    Case("HTML", lambda: Faults(body=b"<html>sorry</html>"), {Reason.MALFORMED_ANSWER}),
    Case("an empty body", lambda: Faults(body=b""), {Reason.MALFORMED_ANSWER}),
    Case("a truncated body", lambda: Faults(truncated=True), {Reason.UNREACHABLE}),
    Case("a reset connection", lambda: Faults(reset=True), {Reason.UNREACHABLE}),
    Case("401", lambda: Faults(status=401), {Reason.UNREACHABLE}),
    Case("403", lambda: Faults(status=403), {Reason.UNREACHABLE}),
    Case("500", lambda: Faults(status=500), {Reason.UNREACHABLE}),
    Case("a redirect", lambda: Faults(status=302), {Reason.UNREACHABLE}),
    Case("429", lambda: Faults(status=429), {Reason.THROTTLED}),
    Case("429 for a second", lambda: Faults(status=429, retry_after="1"), {Reason.THROTTLED}),
    Case("429 for a day", lambda: Faults(status=429, retry_after="86400"), {Reason.THROTTLED}),
    Case("429 with nonsense", lambda: Faults(status=429, retry_after="-"), {Reason.THROTTLED}),
    Case(
        "throttled in JSON",
        lambda: Faults(
            method_errors={"eth_call": (-32005, "daily request count exceeded, request limited")}
        ),
        {Reason.THROTTLED},
    ),
    Case("an oversized body", lambda: Faults(padding=300_000), {Reason.TOO_LARGE}),
    Case("a gzip bomb", lambda: Faults(gzip_bomb=2_000_000), {Reason.TOO_LARGE}),
    Case("too slow", lambda: Faults(delay_s=3), {Reason.UNREACHABLE}),
    Case("a trickle", lambda: Faults(trickle=True), {Reason.UNREACHABLE}),
]


def _settings(case: Case) -> EvmSettings:
    """A small body limit; and little time only where time is what is tested."""
    timeout_s = 0.7 if case.name in {"too slow", "a trickle"} else 10
    limits = TransportSettings(
        call_timeout_s=timeout_s, connect_timeout_s=timeout_s, body_limit=200_000
    )
    return EvmSettings(transport=limits)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@FORMS
async def test_fault_gives_no_number_but_the_reason(case: Case, form: HoldingForm) -> None:
    book = ledger(COUNT)
    async with (
        FakeNode(book, case.faults()) as node,
        reader([node.url], settings=_settings(case), on=WITH_MULTICALL) as asked,
    ):
        readings = await collect(asked, form, point(book), accounts(COUNT))
    for reading in readings.values():
        told = unresolved(reading)
        assert told.reason in case.reasons, told
        assert told.attempts
        assert all(line.startswith(node.url) for line in told.attempts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@FORMS
async def test_other_endpoint_gives_the_right_number(case: Case, form: HoldingForm) -> None:
    book = ledger(COUNT)
    async with (
        FakeNode(book, case.faults()) as bad,
        FakeNode(book) as good,
        reader([bad.url, good.url], settings=_settings(case), on=WITH_MULTICALL) as asked,
    ):
        readings = await collect(asked, form, point(book), accounts(COUNT))
    for number in range(COUNT):
        reading = readings[account(number)]
        assert isinstance(reading, Observed), reading
        assert reading.amount == truth(number)
        assert reading.sources == (good.url,)
        assert reading.assurance is Assurance.NODE
        assert reading.point == point(book)


RIGHT_ANYWAY = {
    "deployless": Faults(overrides="refused", deployless="accepted"),
    "deployless, small": Faults(overrides="refused", deployless="accepted", most_packed=7),
    "deployless where overrides are ignored": Faults(overrides="ignored", deployless="accepted"),
    "Multicall3": Faults(overrides="refused", multicall=MULTICALL),
    "Multicall3, small": Faults(overrides="refused", multicall=MULTICALL, most_packed=9),
    "Multicall3 that burns all gas": Faults(
        overrides="refused", multicall=MULTICALL, most_packed=0
    ),
    "Multicall3 and a BLOCKHASH of another kind": Faults(
        overrides="refused", multicall=MULTICALL, blockhash_opcode_lies=True
    ),
    "nothing wrong": Faults(),
    "no overrides": Faults(overrides="refused"),
    "overrides ignored": Faults(overrides="ignored"),
    "no hashes as references": Faults(hash_reference=False),
    "no hashes and no overrides": Faults(hash_reference=False, overrides="refused"),
    "no overrides and no batches": Faults(overrides="refused", batches="refused"),
    "nothing but single calls by number": Faults(
        overrides="ignored", batches="refused", hash_reference=False
    ),
    "shuffled batches": Faults(overrides="refused", rewrite=_in_batch(lambda b: b[::-1])),
    "batches short by one": Faults(overrides="refused", rewrite=_in_batch(lambda b: b[:-1])),
    "batches with one answer twice": Faults(
        overrides="refused", rewrite=_in_batch(lambda b: [*b[:-1], b[0]])
    ),
    "batches with an answer too many": Faults(
        overrides="refused", rewrite=_in_batch(lambda b: [*b, b[0] | {"id": 999_999}])
    ),
    "batches answered with HTML": Faults(overrides="refused", batches="html"),
    "small packed calls": Faults(most_packed=7),
    "packed calls with a gas cap": Faults(gas_cap=1 << 24),
    "single calls with a gas cap": Faults(overrides="refused", gas_cap=1 << 24),
    "small batches": Faults(overrides="refused", most_batch=9),
    "batches of the identification and one": Faults(overrides="refused", most_batch=5),
    "batches too small for the identification": Faults(overrides="refused", most_batch=3),
    "batches cut off without a word": Faults(
        overrides="refused", rewrite=_in_batch(lambda b: b[:6])
    ),
    "batches too small for any": Faults(overrides="refused", most_batch=1),
    "BLOCKHASH of another kind": Faults(blockhash_opcode_lies=True),
    "compressed": Faults(gzipped=True),
    "throttled at first": Faults(status=429, retry_after="2", for_requests=2),
    "broken at first": Faults(reset=True, for_requests=2),
    "HTML at first": Faults(body=b"<html>", for_requests=1),
    "truncated at first": Faults(truncated=True, for_requests=1),
    "too large without words for it": Faults(most_packed=20, size_error=(-32603, "whoops")),
    "too large by the arguments": Faults(most_packed=20, size_error=(-32602, "invalid params")),
}


@pytest.mark.parametrize("name", RIGHT_ANYWAY)
@FORMS
async def test_shortcoming_does_not_change_the_number(name: str, form: HoldingForm) -> None:
    book = ledger(COUNT)
    faults = Faults(**vars(RIGHT_ANYWAY[name]))
    async with FakeNode(book, faults) as node, reader([node.url], on=WITH_MULTICALL) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


@pytest.mark.parametrize("name", RIGHT_ANYWAY)
async def test_shortcoming_does_not_hide_what_the_token_says_of_itself(name: str) -> None:
    book = ledger(1)
    faults = Faults(**vars(RIGHT_ANYWAY[name]))
    async with FakeNode(book, faults) as node, reader([node.url], on=WITH_MULTICALL) as asked:
        assert await asked.check_form(TOKEN, point(book)) is None


async def test_gas_cap_that_several_calls_meet_at_once_is_no_limit_of_size() -> None:
    book, settings = ledger(28), EvmSettings(native_chunk=10, transport=QUICK)
    async with (
        FakeNode(book, Faults(gas_cap=1 << 24)) as node,
        reader([node.url], settings=settings) as asked,
    ):
        readings = await collect(asked, NATIVE, point(book), accounts(28))
        (met,) = asked.panel.nodes
    assert [amount(readings[account(n)]) for n in range(28)] == [truth(n) for n in range(28)]
    assert not met.outgrown
    assert met.chunk(Method.OVERRIDE, None).limit == 10


@pytest.mark.parametrize("overrides", ["accepted", "refused"])
@pytest.mark.parametrize("multicall", [MULTICALL, None], ids=["multicall", "no multicall"])
async def test_first_block_of_all_has_no_block_before_it(
    overrides: str, multicall: bytes | None
) -> None:
    book = FakeLedger(tip=300)
    book.fund(account(0), 0, truth(0))
    book.fund(account(0), 1, 2)
    faults = Faults(overrides=overrides, multicall=multicall)
    async with FakeNode(book, faults) as node, reader([node.url], on=WITH_MULTICALL) as asked:
        readings = await collect(asked, NATIVE, point(book, 0), accounts(2))
    assert [amount(readings[account(n)]) for n in range(2)] == [truth(0), 0]


QUIRKS = {
    Quirk.REVERT: "fails",
    Quirk.BURN_GAS: "cannot finish",
    Quirk.SHORT: "31 bytes",
    Quirk.LONG: "64 bytes",
    Quirk.LARGEST: "2**256 - 1",
}


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
@pytest.mark.parametrize("overrides", ["accepted", "refused"])
@pytest.mark.parametrize("batches", ["accepted", "refused"])
async def test_odd_holder_of_a_token_spoils_only_itself(
    quirk: Quirk, overrides: str, batches: str
) -> None:
    book = ledger(100)
    odd = {account(0), account(41), account(99)}
    book.tokens[CONTRACT].quirks |= dict.fromkeys(odd, quirk)
    faults = Faults(overrides=overrides, batches=batches)
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        readings = await collect(asked, TOKEN, point(book), accounts(100))
        assert (
            asked.panel.nodes[0].chunk(Method.OVERRIDE, CONTRACT).limit == EvmSettings().token_chunk
        )
    for number in range(100):
        reading = readings[account(number)]
        if account(number) in odd:
            told = unresolved(reading)
            assert told.reason is Reason.CALL_FAILED
            assert QUIRKS[quirk] in told.detail
        else:
            assert amount(reading) == truth(number)


async def test_holder_that_fails_at_one_node_is_asked_of_the_next() -> None:
    book, wrong = ledger(3), ledger(3)
    wrong.tokens[CONTRACT].quirks[account(1)] = Quirk.REVERT
    async with (
        FakeNode(wrong) as first,
        FakeNode(book) as second,
        reader([first.url, second.url]) as asked,
    ):
        readings = await collect(asked, TOKEN, point(book), accounts(3))
    assert [amount(readings[account(n)]) for n in range(3)] == [truth(n) for n in range(3)]


async def test_native_balance_beyond_the_packed_field_is_read_whole() -> None:
    book = ledger(3)
    for number, wei in enumerate((2**128 - 2, 2**128 - 1, 2**200)):
        book.fund(account(number), HEIGHT, wei)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        readings = await collect(asked, NATIVE, point(book), accounts(3))
    assert [amount(readings[account(n)]) for n in range(3)] == [2**128 - 2, 2**128 - 1, 2**200]


async def test_token_without_code_gives_no_zero() -> None:
    book = ledger(3)
    book.tokens[CONTRACT].created_at = HEIGHT + 1
    async with FakeNode(book) as node, reader([node.url]) as asked:
        readings = await collect(asked, TOKEN, point(book), accounts(3))
    assert {unresolved(r).reason for r in readings.values()} == {Reason.CALL_FAILED}


async def test_packed_programs_are_not_sent_where_they_cannot_run() -> None:
    book = ledger(COUNT)
    settled = network(packed_programs=False)
    async with FakeNode(book) as node, reader([node.url], on=settled) as asked:
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert node.packed_sizes == []
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


LAYER_1 = {
    "ArbSys answers": Faults(arbsys=True, l1_number=19_000_000),
    "a stand-in without ArbSys": Faults(),
    "neither ArbSys nor a usable word": Faults(l1_number=19_000_000),
}


@pytest.mark.parametrize("name", LAYER_1)
@FORMS
async def test_number_of_layer_1_is_not_compared(name: str, form: HoldingForm) -> None:
    book = ledger(COUNT)
    faults = Faults(**vars(LAYER_1[name]))
    arbitrum = network(number_opcode="l1")
    async with FakeNode(book, faults) as node, reader([node.url], on=arbitrum) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


@pytest.mark.parametrize("overrides", ["accepted", "refused"])
@FORMS
async def test_latest_state_is_caught_on_arbitrum_too(overrides: str, form: HoldingForm) -> None:
    book = ledger(COUNT)
    faults = Faults(arbsys=True, l1_number=19_000_000, answers_at_latest=True, overrides=overrides)
    arbitrum = network(number_opcode="l1")
    async with FakeNode(book, faults) as node, reader([node.url], on=arbitrum) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
    assert {unresolved(r).reason for r in readings.values()} == {Reason.WRONG_STATE}


@FORMS
async def test_absent_history_contract_is_allowed_and_noted(form: HoldingForm) -> None:
    book = ledger(COUNT)
    book.has_history_contract = False
    async with FakeNode(book) as node, reader([node.url]) as asked:
        readings = await collect(asked, form, point(book), accounts(COUNT))
        assert asked.panel.nodes[0].state_speaks is False
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


async def test_chunk_shrinks_for_size_and_not_for_throttles() -> None:
    book = ledger(COUNT)
    async with FakeNode(book, Faults(most_packed=13)) as node, reader([node.url]) as asked:
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert asked.panel.nodes[0].chunk(Method.OVERRIDE, None).limit == 10
    async with FakeNode(book) as node, reader([node.url]) as asked:
        await asked.pin(HEIGHT)
        node.faults = Faults(status=429, retry_after="1", for_requests=3)
        await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert asked.panel.nodes[0].chunk(Method.OVERRIDE, None).limit == EvmSettings().native_chunk
        assert asked.panel.nodes[0].endpoint.counters.throttled == 3
        assert node.packed_sizes == [COUNT] * 4  # the simulator executes before it throttles


async def test_zero_is_read_as_zero_and_only_from_a_number() -> None:
    book = ledger(0)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        readings = await collect(asked, NATIVE, point(book), [account(1)])
    assert amount(readings[account(1)]) == 0


async def test_closed_port_is_unreachable() -> None:
    async with FakeNode(ledger(0)) as node:
        url = node.url
    async with reader([url]) as asked:
        readings = await collect(asked, NATIVE, point(ledger(0)), [account(1)])
    told = unresolved(readings[account(1)])
    assert told.reason is Reason.UNREACHABLE
    assert len(told.attempts) == QUICK.tries


async def test_no_endpoint_is_its_own_reason() -> None:
    async with reader([]) as asked:
        readings = await collect(asked, NATIVE, point(ledger(0)), [account(1)])
        told = unresolved(await asked.pin(HEIGHT))
    assert unresolved(readings[account(1)]).reason is Reason.NO_ENDPOINT
    assert told.reason is Reason.NO_ENDPOINT


async def test_endpoint_keys_are_shown_nowhere() -> None:
    book = ledger(2)
    async with FakeNode(book, Faults(status=403)) as node:
        secret = node.url.replace("http://", "http://user:hunter2@") + "/v3/hunter2?key=hunter2"
        async with reader([secret]) as asked:
            readings = await collect(asked, NATIVE, point(book), accounts(2))
    told = unresolved(readings[account(0)])
    assert "hunter2" not in f"{told}"
    assert told.attempts[0].startswith(f"{node.url}: ")


async def test_deadline_of_the_run_leaves_the_rest_unresolved() -> None:
    book = ledger(COUNT)
    time = FakeTime()
    settings = EvmSettings(transport=TransportSettings(deadline_s=60), native_chunk=COUNT // 2)
    async with FakeNode(book) as node, reader([node.url], settings=settings, time=time) as asked:
        at = await asked.pin(HEIGHT)
        time.now += 61
        readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
    assert at == point(book)
    assert {unresolved(r).reason for r in readings.values()} == {Reason.DEADLINE}


async def test_wrong_state_is_not_asked_again() -> None:
    book = ledger(COUNT)
    settings = EvmSettings(transport=QUICK, native_chunk=4, pieces_per_endpoint=1)
    async with FakeNode(book, Faults(state_offset=-1)) as node:
        async with reader([node.url], settings=settings) as asked:
            await asked.pin(HEIGHT)
            before = node.http_requests
            readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        assert node.http_requests == before + 1
    assert {unresolved(r).reason for r in readings.values()} == {Reason.WRONG_STATE}


async def test_dead_endpoint_is_left_after_some_strikes() -> None:
    book = ledger(COUNT)
    settings = EvmSettings(transport=QUICK, native_chunk=1, pieces_per_endpoint=1)
    async with FakeNode(book, Faults(reset=True)) as dead, FakeNode(book) as good:
        async with reader([dead.url, good.url], settings=settings) as asked:
            readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
        # One block header and the pieces: three calls of three tries each, then no more.
        assert dead.http_requests <= QUICK.strikes * QUICK.tries
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


async def test_what_one_endpoint_leaves_is_asked_of_the_next() -> None:
    book = ledger(COUNT)
    settings = EvmSettings(transport=QUICK, native_chunk=COUNT)
    async with FakeNode(book) as first, FakeNode(book) as second:

        def break_down(answer: Any) -> Any:  # noqa: ANN401 (JSON)
            first.faults.reset = len(first.packed_sizes) > 2
            return answer

        first.faults.rewrite = break_down
        async with reader([first.url, second.url], settings=settings) as asked:
            asked.panel.nodes[0].chunk(Method.OVERRIDE, None).shrink(10)
            readings = await collect(asked, NATIVE, point(book), accounts(COUNT))
    sources = [reading.sources[0] for reading in readings.values() if isinstance(reading, Observed)]
    assert sources == [first.url] * 20 + [second.url] * 20
    assert [amount(readings[account(n)]) for n in range(COUNT)] == [truth(n) for n in range(COUNT)]


async def test_many_pieces_use_few_requests() -> None:
    book = ledger(0)
    addresses = accounts(10_000)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        at = point(book)
        await asked.pin(HEIGHT)
        before = node.http_requests
        await collect(asked, NATIVE, at, addresses)
        natives = node.http_requests - before
        await collect(asked, TOKEN, at, addresses)
        tokens = node.http_requests - before - natives
    assert natives == 2
    assert tokens == 4


async def test_leaving_early_cancels_what_is_under_way() -> None:
    book = ledger(0)
    settings = EvmSettings(transport=QUICK, native_chunk=10)
    async with FakeNode(book) as node, reader([node.url], settings=settings) as asked:
        batches = asked.balances(NATIVE, point(book), accounts(1_000))
        first = await anext(batches)
        await batches.aclose()
    assert len(first) == 10
    assert node.seen["eth_call"] < 100


@pytest.mark.parametrize(
    ("addresses", "why"),
    [([b"short"], "20 bytes"), ([account(1), account(1)], "distinct")],
    ids=["length", "twice"],
)
async def test_wrong_question_is_refused(addresses: list[bytes], why: str) -> None:
    book = ledger(0)
    async with reader(["http://127.0.0.1:1"]) as asked:
        with pytest.raises(ValueError, match=why):
            await collect(asked, NATIVE, point(book), addresses)


async def test_form_of_another_network_is_refused() -> None:
    other = HoldingForm("ETH@base", "ETH", "base", None, 18, ())
    async with reader(["http://127.0.0.1:1"]) as asked:
        with pytest.raises(ValueError, match="is not of ethereum"):
            await asked.check_form(other, point(ledger(0)))


async def test_point_that_is_not_the_block_of_its_hash_is_refused() -> None:
    book = ledger(1)
    forged = replace(point(book), height=HEIGHT - 1)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        readings = await collect(asked, NATIVE, forged, [account(0)])
        told = await asked.check_form(TOKEN, forged)
    assert unresolved(readings[account(0)]).reason is Reason.WRONG_STATE
    assert unresolved(told).reason is Reason.WRONG_STATE


async def test_no_addresses_no_request() -> None:
    book = ledger(0)
    async with FakeNode(book) as node, reader([node.url]) as asked:
        assert await collect(asked, NATIVE, point(book), []) == {}
        assert node.http_requests == 0


async def test_public_function_makes_a_reader() -> None:
    book = ledger(1)
    async with FakeNode(book) as node, public_reader(network(), [node.url]) as asked:
        at = await asked.pin(HEIGHT)
        assert at == point(book)
        assert await asked.check_form(TOKEN, point(book)) is None
        batches = [batch async for batch in asked.balances(TOKEN, point(book), [account(0)])]
    ((address, reading),) = batches[0]
    assert (address, amount(reading)) == (account(0), truth(0))


def test_endpoint_that_is_no_url_is_refused() -> None:
    with pytest.raises(ValueError, match="must be an http or https URL"):
        public_reader(network(), ["ftp://example"])
