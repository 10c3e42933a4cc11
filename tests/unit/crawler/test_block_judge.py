from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.adapter import OwnershipMaterial, OwnershipRule
from crawler import block_judge
from crawler.block_judge import (
    BlockJudge,
    Judge,
    JudgedBlock,
    Task,
    as_briefs,
    instruct,
    judge_block,
    malformed_verdict,
)
from crawler.entities import CoinMapping
from crawler.lists.interface import Standing, Vocabulary
from crawler.models import MalformedRow
from crawler.reports.findings import encode_line, ownership_line
from crawler.sources.blocks import Block
from tests.unit.crawler.lists_of_ours import HEADER, MESSAGE, row
from tests.unit.crawler.samples import claim

RULE = OwnershipRule("ethereum", "evm", ("evm-okx",), (MESSAGE,), {})
TRON = OwnershipRule("tron", "tron", ("tron-v1", "tron-v2"), (MESSAGE,), {"version": "41"})
VOCABULARY = Vocabulary("OKX", {"ETH": CoinMapping("ETH", "ETH", "ethereum", None, RULE, "", 18)})
STANDING = Standing(tuple(cell.strip() for cell in HEADER.split(",")), is_detail=True)


def material(address: str = "0x", message: str = MESSAGE) -> OwnershipMaterial:
    return OwnershipMaterial(address, message, "", "", "", "", "", "")


def task_of(list_format: str, block: Block) -> Task:
    return Task(
        instructions=instruct(VOCABULARY),
        format=list_format,
        file="f",
        block=block,
        standing=STANDING,
        lines_before=6,
        is_last=True,
        with_text=True,
    )


def test_the_same_row_gets_the_same_verdict_whatever_came_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block_judge, "CACHE_ROWS", 3)
    used = Judge()
    for number in range(20):
        used.verdict(RULE if number % 2 else TRON, material(f"0x{number:040x}"))
        fresh = Judge().verdict(RULE, material(f"0x{7:040x}"))
        assert used.verdict(RULE, material(f"0x{7:040x}")) is fresh


def test_rows_are_remembered_by_rule_and_never_confused() -> None:
    judge = Judge()
    account = f"0x{1:040x}"
    assert judge.verdict(RULE, material(account)).word == "unsigned"
    assert judge.verdict(TRON, material(account)).word == "failed"
    elsewhere = OwnershipRule("base", "evm", ("evm-okx",), (MESSAGE,), {})
    assert judge.verdict(elsewhere, material(account)).word == "unsigned"
    assert len(judge._schemes) == 2
    assert len(judge._young) == 2


@given(st.lists(st.sampled_from(["", "\0", "a", "\0a", "\ud800"]), min_size=8, max_size=8))
def test_cells_that_look_like_two_are_judged_alone(cells: list[str]) -> None:
    odd = OwnershipMaterial(*cells)
    judge = Judge()
    verdict = judge.verdict(RULE, odd)
    assert len(judge._young) == ("\0" not in "".join(cells))
    assert judge.verdict(RULE, odd) == verdict


def test_rows_without_a_rule_and_lines_that_are_none() -> None:
    bad = MalformedRow("l", 2, "ETH", "0x", "amount", "Not an amount.")
    unmapped = claim(4, mapped=False)
    found = JudgedBlock()
    judge = BlockJudge(VOCABULARY)
    judge.fill(found, as_briefs([bad, unmapped]), file="l", with_text=True)
    assert found.counts == [1, 1]
    assert [verdict.reason for verdict in found.verdicts] == ["malformed-amount", "unmapped-coin"]
    numbered = JudgedBlock()
    judge.fill(numbered, as_briefs([unmapped, bad, unmapped]), file="l", with_text=False)
    assert list(numbered.numbers) == [0, 1, 0]
    assert numbered.text == b""


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=12), st.text(max_size=5))
def test_lines_are_those_of_the_encoder(address: str, coin: str) -> None:
    judge = BlockJudge(VOCABULARY)
    coin = coin.encode(errors="replace").decode()
    mapping = VOCABULARY.coins["ETH"]
    one = claim(3)
    entry = type(one)("f.csv", 3, coin, mapping, one.kind, "", None, None, material(address), "OKX")
    found = JudgedBlock()
    judge.fill(found, as_briefs([entry]), file="f.csv", with_text=True)
    assert found.text == encode_line(ownership_line(entry, found.verdicts[0], VOCABULARY.fresh))
    assert json.loads(found.text)["address"] == address


def test_a_worker_learns_its_run_once_and_forgets_the_last() -> None:
    task = task_of("okx", Block(1, row(1, "1").encode()))
    first = judge_block(task)
    judge = block_judge._judges[task.instructions.run]
    assert judge_block(task).text == first.text
    assert block_judge._judges == {task.instructions.run: judge}
    assert json.loads(first.text)["row"] == 7
    assert json.loads(first.text)["verdict"] == "proven"
    other = task._replace(instructions=instruct(VOCABULARY))
    judge_block(other)
    assert set(block_judge._judges) == {other.instructions.run}


def test_a_format_that_cannot_be_divided_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Whole:
        name = "whole"

    monkeypatch.setattr(block_judge, "FORMATS", (Whole(),))
    task = task_of("whole", Block(1, b"a"))
    with pytest.raises(TypeError, match="cannot be divided"):
        BlockJudge(VOCABULARY).judged(task)


def test_a_stray_line_outside_the_detail_section_is_a_gap_not_a_failure() -> None:
    stray = MalformedRow("l", 1, "", "", "summary", "Neither summary, header nor blank.")
    assert malformed_verdict(stray).word == "unsupported"
    assert malformed_verdict(MalformedRow("l", 9, "", "", "cells", "d")).word == "failed"
