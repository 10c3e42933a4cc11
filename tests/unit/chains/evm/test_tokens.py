from __future__ import annotations

from dataclasses import replace

import pytest

from chains.adapter import Unresolved
from chains.errors import UnresolvedReason as Reason
from chains.evm.tokens import TokenDescription, disagreement
from tests.fakes.evm_ledger import FakeLedger, FakeToken, abi_string, word
from tests.fakes.evm_node import FakeNode, Faults
from tests.fakes.evm_scene import CONTRACT, NATIVE, TOKEN, ledger, point, reader, unresolved

TOLD = TokenDescription(has_code=True, decimals=6, symbol="USDT")


def test_agreement_is_silent() -> None:
    assert disagreement(TOLD, TOKEN) is None
    several = replace(TOKEN, symbols=("USD₮0", "USDT"))
    assert disagreement(TOLD, several) is None


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (replace(TOLD, has_code=False), "there is no code at"),
        (replace(TOLD, decimals=18), "says 18 decimals, assets.toml 6"),
        (replace(TOLD, decimals=None), "gives no decimals"),
        (replace(TOLD, symbol="usdt"), "says 'usdt', assets.toml 'USDT'"),
        (replace(TOLD, symbol="USDT "), "says"),
        (replace(TOLD, symbol=None), "gives no symbol"),
        (replace(TOLD, symbol=""), "says ''"),
    ],
)
def test_disagreement_names_both_sides(told: TokenDescription, words: str) -> None:
    sentence = disagreement(told, TOKEN)
    assert sentence is not None
    assert sentence.startswith("USDT@ethereum: ")
    assert words in sentence


def test_symbol_that_would_break_a_line_is_cleaned() -> None:
    sentence = disagreement(replace(TOLD, symbol="A\nB\x1b[31m" + "x" * 500), TOKEN)
    assert sentence is not None
    assert sentence.isprintable()
    assert len(sentence) < 400


def test_table_without_symbols_is_a_gap_of_the_table() -> None:
    assert disagreement(TOLD, replace(TOKEN, symbols=())) is not None


async def _check(book: FakeLedger, faults: Faults) -> Unresolved | None:
    async with FakeNode(book, faults) as node, reader([node.url]) as asked:
        return await asked.check_form(TOKEN, point(book))


@pytest.mark.parametrize(
    "faults",
    [
        Faults(),
        Faults(batches="refused"),
        Faults(hash_reference=False),
        Faults(overrides="refused"),
        Faults(hash_reference=False, batches="refused"),
    ],
    ids=["plain", "no batches", "no hashes", "no overrides", "neither"],
)
async def test_right_table_passes(faults: Faults) -> None:
    assert await _check(ledger(1), faults) is None


async def test_old_style_symbol_passes() -> None:
    book = ledger(1)
    book.tokens[CONTRACT].symbol = b"USDT".ljust(32, b"\0")
    assert await _check(book, Faults()) is None


async def test_native_coin_needs_no_check() -> None:
    async with reader(["http://127.0.0.1:1"]) as asked:
        assert await asked.check_form(NATIVE, point(ledger(0))) is None


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "no code"),
        (FakeToken(abi_string("USDT"), word(18)), "18 decimals"),
        (FakeToken(abi_string("OKB"), word(6)), "'OKB'"),
        (FakeToken(abi_string("USDT"), word(6), created_at=20_000_001), "no code"),
        (FakeToken(abi_string("USDT"), b""), "no decimals"),
        (FakeToken(b"", word(6)), "no symbol"),
    ],
    ids=["absent", "decimals", "symbol", "created later", "mute decimals", "mute symbol"],
)
async def test_wrong_table_is_a_registry_problem(token: FakeToken | None, words: str) -> None:
    book = ledger(1)
    if token is None:
        del book.tokens[CONTRACT]
    else:
        book.tokens[CONTRACT] = token
    async with FakeNode(book) as node, reader([node.url]) as asked:
        told = unresolved(await asked.check_form(TOKEN, point(book)))
    assert told.reason is Reason.REGISTRY
    assert words in told.detail
    assert told.attempts == (f"{node.url}: {told.detail}",)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        (Faults(pruned=True), Reason.NO_STATE),
        (Faults(chain_id=2), Reason.WRONG_CHAIN),
        (Faults(answers_at_latest=True), Reason.WRONG_STATE),
        (Faults(state_offset=-40), Reason.WRONG_STATE),
        (Faults(null_methods={"eth_getCode"}), Reason.MISSING_ANSWER),
        (Faults(status=500), Reason.UNREACHABLE),
        (Faults(method_errors={"eth_getCode": (3, "reverted")}), Reason.MALFORMED_ANSWER),
        (Faults(method_errors={"eth_call": (-32000, "out of gas")}), Reason.TOO_LARGE),
    ],
    ids=["pruned", "chain", "latest", "stale", "null", "500", "reverted code", "gas"],
)
async def test_failed_question_does_not_blame_the_table(faults: Faults, reason: Reason) -> None:
    book = ledger(1)
    told = unresolved(await _check(book, faults))
    assert told.reason is reason


async def test_next_endpoint_is_asked() -> None:
    book = ledger(1)
    async with (
        FakeNode(book, Faults(pruned=True)) as bad,
        FakeNode(book) as good,
        reader([bad.url, good.url]) as asked,
    ):
        assert await asked.check_form(TOKEN, point(book)) is None
