from __future__ import annotations

import json

import pytest

from crawler.liabilities.id_table import Table
from crawler.liabilities.interface import Grade, LiabilitiesError, Outcome, Request
from crawler.liabilities.merkle_rules import Climber, Rule, leaf_maker, rules
from crawler.liabilities.phemex import Phemex
from tests.shared_data import SHARED, WITHOUT_SHARED
from tests.unit.crawler.liabilities.files import (
    SAMPLES,
    held,
    outcome,
    refuses,
    sample,
    totals,
    wrong,
)
from tests.vectors.liability_proofs import id_table, other_text, seeded

SYSTEM = Phemex()
NOTHING = Request()
TABLE = id_table(1)
FIRST_ID = TABLE.splitlines()[1].split(",")[0]


def root_of(text: str, rule: Rule) -> str:
    table = Table(held(text))
    climber, make = Climber(rule), leaf_maker(rule, table.currencies)
    for row in table.rows():
        climber.add(make(row) or b"")
    root = climber.root()
    assert root is not None
    return root.hex()


def test_the_list_alone_is_consistent() -> None:
    assert SYSTEM.recognises([held(TABLE)])
    result = SYSTEM.verify([held(TABLE)], NOTHING)
    assert (result.exit_code, result.grade) == (0, Grade.CONSISTENT)
    assert outcome(result, "published root") is Outcome.NOT_POSSIBLE


def test_a_root_that_a_rule_leads_to_proves_the_sums() -> None:
    rule = list(rules())[30]
    result = SYSTEM.verify([held(TABLE)], Request(root=root_of(TABLE, rule)))
    assert (result.exit_code, result.grade) == (0, Grade.PROVEN)
    assert dict(result.facts)["rule of the root"] == str(rule)


def test_a_root_that_no_rule_leads_to_cannot_be_checked() -> None:
    result = SYSTEM.verify([held(TABLE)], Request(root="00" * 32))
    assert result.exit_code == 3
    assert outcome(result, "published root") is Outcome.NOT_POSSIBLE
    with pytest.raises(LiabilitiesError, match="64 hex digits"):
        SYSTEM.verify([held(TABLE)], Request(root="ab"))


def test_no_changed_character_leads_to_the_root() -> None:
    rule = next(rules())
    request = Request(root=root_of(TABLE, rule), rule=str(rule))
    assert SYSTEM.verify([held(TABLE)], request).exit_code == 0
    chance = seeded(0)
    lines = TABLE.splitlines()
    for _ in range(250):
        place = chance.randrange(1, len(lines))  # names of columns are in no hash
        changed = other_text(lines[place], chance)
        text = "\n".join([*lines[:place], changed, *lines[place + 1 :]])
        assert refuses(SYSTEM, text, request=request), changed


def test_an_id_is_found_with_its_balances_its_position_and_its_path() -> None:
    root = root_of(TABLE, next(rules()))
    result = SYSTEM.find(held(TABLE), FIRST_ID, Request(root=root))
    assert result.exit_code == 0
    assert dict(result.found)["position"] == "row 1 of 9"
    assert [dict(result.found)[coin] for coin in ("BTC", "USDT")] == TABLE.splitlines()[1].split(
        ","
    )[1:]
    assert result.path[-1].node == root
    outline = SYSTEM.find(held(TABLE), FIRST_ID, NOTHING).path
    assert [step.sibling for step in outline] == [
        "row 2", "rows 3 to 4", "rows 5 to 8", "row 9", "",
    ]  # fmt: skip


def test_an_id_that_is_not_there_fails() -> None:
    assert wrong(SYSTEM.find(held(TABLE), "ab", NOTHING)) == ["id ab"]
    with pytest.raises(LiabilitiesError, match="no hashed client id"):
        SYSTEM.find(held(TABLE), " ", NOTHING)


def test_a_customers_rows_must_have_the_balances_they_expect() -> None:
    header, row, *_ = TABLE.splitlines()
    assert SYSTEM.include([held(TABLE), held(f"{header}\n{row}\n")], NOTHING).exit_code == 0
    assert SYSTEM.include([held(TABLE), held(f"{FIRST_ID}\n")], NOTHING).exit_code == 0
    other = f"{header}\n{FIRST_ID},1,2\n"
    assert wrong(SYSTEM.include([held(TABLE), held(other)], NOTHING)) == [f"id {FIRST_ID[:16]}"]
    for text in ("client,BTC\nab,1\n", "", f"{FIRST_ID}\n{FIRST_ID}\n"):
        with pytest.raises(LiabilitiesError):
            SYSTEM.include([held(TABLE), held(text)], NOTHING)


def test_repeated_irregular_and_negative_rows_fail() -> None:
    header, row, *_ = TABLE.splitlines()
    text = f"{header}\n{row}\n{row}\nzz,-1,2\n"
    assert wrong(SYSTEM.verify([held(text)], NOTHING)) == [
        "ids are different", "ids are of one form", "no negative balance",
    ]  # fmt: skip


def test_reserves_are_set_beside_the_sums() -> None:
    text = "client,BTC,ETH\nab,2,0\n"
    result = SYSTEM.verify([held(text), held("asset,amount\nBTC,2.1\nETH,5\nX,1\n")], NOTHING)
    assert dict(result.facts)["BTC held / owed"] == "2.1 / 2 = 105.00%"
    assert dict(result.facts)["ETH held / owed"].endswith("nothing is owed")


@pytest.mark.skipif(SHARED is None, reason=WITHOUT_SHARED)
def test_the_sample_holds() -> None:
    file = sample("phemex_like/liabilities.csv")
    expected = json.loads((SAMPLES / "phemex_like" / "expected_totals.json").read_text("utf-8"))
    result = SYSTEM.verify([file], NOTHING)
    assert result.exit_code == 0
    assert totals(result) == expected
