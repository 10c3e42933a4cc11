from __future__ import annotations

import pytest

from chains.adapter import OwnershipMaterial, OwnershipRule, OwnershipWord
from crawler.entities import CoinMapping
from crawler.models import Claim, ClaimKind, MalformedRow
from crawler.ownership import CHUNK_ROWS, Judge, OwnershipEngine, malformed_verdict
from tests.unit.crawler.samples import claim

AGREED = "I am an OKX address"
RULES = [
    OwnershipRule("ethereum", "evm", ("evm-okx",), (AGREED,), {}),
    OwnershipRule("tron", "tron", ("tron-v1", "tron-v2"), (AGREED,), {"version": "41"}),
]


def row(number: int, rule: OwnershipRule | None = RULES[0], message: str = AGREED) -> Claim:
    mapping = CoinMapping("ETH", "ETH", rule.network if rule else None, None, rule, "", 18)
    material = OwnershipMaterial(f"0x{number:040x}", message, "", "", "", "", "", "")
    return Claim("l", number, "ETH", mapping, ClaimKind.WALLET, "", None, None, material, "OKX")


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("rows", [0, 1, CHUNK_ROWS, CHUNK_ROWS + 1, 3 * CHUNK_ROWS + 7])
def test_every_row_comes_back_once_in_order(rows: int, workers: int) -> None:
    claims = [row(n, RULES[n % 2]) for n in range(rows)]
    with OwnershipEngine(RULES, workers=workers) as engine:
        judged = [pair for chunk in engine.judge(iter(claims)) for pair in chunk]
    assert [one for one, _ in judged] == claims
    # Row by row: unsigned, or not even an address of its network.
    expected = [OwnershipWord.UNSIGNED, OwnershipWord.FAILED]
    assert [verdict.word for _, verdict in judged] == [expected[n % 2] for n in range(rows)]


def test_rows_without_a_rule_keep_their_place() -> None:
    bad = MalformedRow("l", 2, "ETH", "0x", "amount", "Not an amount.")
    rows: list[Claim | MalformedRow] = [row(1), bad, row(3, None), claim(4, mapped=False), row(5)]
    with OwnershipEngine(RULES, workers=1) as engine:
        judged = [pair for chunk in engine.judge(rows) for pair in chunk]
    assert [(one.row, verdict.word.value, verdict.reason) for one, verdict in judged] == [
        (1, "unsigned", "no-signature"),
        (2, "failed", "malformed-amount"),
        (3, "unsupported", "no-rule"),
        (4, "unsupported", "unmapped-coin"),
        (5, "unsigned", "no-signature"),
    ]


def test_the_same_row_gets_the_same_verdict_whatever_came_before() -> None:
    fresh, used = Judge(RULES), Judge(RULES)
    for n in range(50):
        used.verdict(n % 2, row(n).material)
    material = row(7).material
    assert used.verdict(0, material) == fresh.verdict(0, material)
    assert used.verdict(0, material) is used.verdict(0, material)


def test_a_fault_in_a_worker_is_loud() -> None:
    broken = OwnershipRule("x", "no-such-family", ("evm-okx",), (AGREED,), {})
    rows = [row(n, broken) for n in range(3 * CHUNK_ROWS)]
    with OwnershipEngine([broken], workers=2) as engine, pytest.raises(Exception, match="no-such"):
        list(engine.judge(rows))


def test_a_stray_line_outside_the_detail_section_is_a_gap_not_a_failure() -> None:
    stray = MalformedRow("l", 1, "", "", "summary", "Neither summary, header nor blank.")
    assert malformed_verdict(stray).word is OwnershipWord.UNSUPPORTED
    assert malformed_verdict(MalformedRow("l", 9, "", "", "cells", "d")).word.value == "failed"
